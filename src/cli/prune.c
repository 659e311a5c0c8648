/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/question.h"
#include "run/kept.h"
#include "run/status.h"

/* Those that go, one a line, and all of them in one. */
static void print_going(const struct kept *kept, size_t count)
{
    struct buffer text = BUFFER_INIT;
    int64_t bytes = 0;

    for (size_t i = 0; i < kept->count; i++) {
        const struct kept_run *run = &kept->runs[i];
        char touched[CLOCK_TEXT_SIZE];
        int64_t size;

        if (!run->goes)
            continue;
        size = kept_measure(run->folder);
        bytes += size;
        clock_print_local(run->touched, touched);
        buffer_print(&text, "%s  ", touched);
        text_add_line(&text, run->id);
        buffer_add(&text, "  ");
        number_print_size(&text, size);
        buffer_add(&text, "\n");
    }
    number_print_count(&text, count, "run", "runs");
    buffer_print(&text, " of %zu to delete, ", kept->count);
    number_print_size(&text, bytes);
    buffer_add(&text, "\n");
    message_print(&text);
    (void)fflush(stdout);
    buffer_done(&text);
}

/* Nothing has begun that Ctrl-C would leave half done: it ends azfan as it does any command. */
static bool is_wanted(void)
{
    char answer[8];

    (void)fputs("azfan: delete them? [y/N] ", stderr);
    return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static int remove_chosen(const struct kept *kept, size_t count)
{
    struct buffer text = BUFFER_INIT;
    struct error error;
    size_t removed;
    int result = kept_remove(kept, &removed, &error);

    number_print_count(&text, removed, "run", "runs");
    buffer_add(&text, " deleted");
    if (result == 0 && removed < count)
        buffer_print(&text, "; %zu that go on or are being rerun stay", count - removed);
    buffer_add(&text, "\n");
    message_print(&text);
    buffer_done(&text);
    return result < 0 ? message_fail(STATUS_TROUBLE, error.text) : STATUS_OK;
}

static int prune(const struct options *options, struct kept *kept)
{
    size_t count = kept_choose(kept, clock_wall() - options->older, options->keep);

    if (count == 0)
        return message_fail(STATUS_OK,
                            "there is no run to delete: each is younger, or kept, goes on, "
                            "cannot be read, or is needed by a later rerun");
    print_going(kept, count);
    if (options->dry_run)
        return STATUS_OK;
    if (!options->yes && !question_can_be_asked())
        return message_fail(STATUS_USAGE,
                            "nothing is deleted: there is no terminal here to ask on; add --yes");
    if (!options->yes && !is_wanted())
        return message_fail(STATUS_USAGE, "nothing is deleted");
    return remove_chosen(kept, count);
}

int cli_prune(const struct options *options, int *ret_signal)
{
    struct kept kept;
    struct error error;
    int status;

    (void)ret_signal;
    if (options->older == 0)
        return message_fail(STATUS_USAGE, "how old? azfan prune --older 90d");
    if (kept_read(&kept, &error) < 0)
        return message_fail(STATUS_TROUBLE, error.text);
    status = prune(options, &kept);
    kept_done(&kept);
    return status;
}
