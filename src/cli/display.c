/* SPDX-License-Identifier: MIT */
#include "cli/display.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/reports.h"
#include "report/outputs.h"
#include "report/style.h"
#include "report/summary.h"
#include "report/view.h"
#include "screen/live.h"

/* As asked for; else what standard error can show. */
static enum live_mode choose_mode(const struct options *options)
{
    switch (options->progress) {
    case PROGRESS_JSON:
        return LIVE_JSON;
    case PROGRESS_NONE:
        return LIVE_NONE;
    case PROGRESS_PLAIN:
        return LIVE_PLAIN;
    case PROGRESS_LIVE:
        break;
    case PROGRESS_AUTO:
        if (!live_is_alone())
            return LIVE_PLAIN;
        break;
    }
    return live_can_draw() ? LIVE_SCREEN : LIVE_PLAIN;
}

void display_open(struct live *live, const struct options *options, bool watched,
                  const struct result *result, const struct job *job, const int64_t *not_before)
{
    struct live_choices choices = {.mode = choose_mode(options),
                                   .colour = style_wanted(options->color, STDOUT_FILENO),
                                   .notes_colour = style_wanted(options->color, STDERR_FILENO),
                                   .quiet = options->quiet,
                                   .verbose = options->verbose,
                                   .watched = watched};

    live_open(live, &choices, result, job, not_before);
    if (options->progress == PROGRESS_LIVE && choices.mode != LIVE_SCREEN)
        live_note(live, "--progress live needs a terminal on standard error: plain lines instead");
}

/* What stands last is what a terminal still shows. */
void display_end(const struct options *options, const struct result *result, const char *more)
{
    struct view view = reports_view(options, STDOUT_FILENO);

    outputs_write(stdout, result, &view);
    summary_write(stdout, result, &view);
    (void)fputs(more, stdout);
    (void)fflush(stdout);
}
