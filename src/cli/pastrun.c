/* SPDX-License-Identifier: MIT */
#include "cli/pastrun.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/owner.h"
#include "run/going.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/runs.h"
#include "run/status.h"

static const char *word_of(const struct options *options)
{
    return options->jobs.count > 0 ? options->jobs.list[0] : NULL;
}

int pastrun_find(const struct options *options, char **ret, struct error *error)
{
    char *note;
    int result = runs_find(word_of(options), ret, &note, error);

    if (note != NULL)
        (void)message_fail(0, note);
    free(note);
    return result;
}

/* ---- of those that go on ------------------------------------------------------------------ */

/* Is the run in FOLDER meant by WORD? NULL: any is. */
static bool is_meant(const char *folder, const char *word)
{
    struct result head;
    struct error ignored;
    bool is;

    if (word == NULL)
        return true;
    if (replay_head(folder, &head, &ignored) < 0)
        return false;
    is = strcmp(head.run, word) == 0 || strcasecmp(runs_letters(head.run), word) == 0 ||
         runs_is_of_job(&head, word);
    result_done(&head);
    return is;
}

static void list_meant(struct strings *ret, const char *word)
{
    struct strings going;

    *ret = (struct strings)STRINGS_INIT;
    going_list(&going);
    for (size_t i = 0; i < going.count; i++) {
        if (is_meant(going.list[i], word))
            strings_add(ret, going.list[i]);
    }
    strings_done(&going);
}

static int refuse_several(const struct options *options, const struct strings *runs)
{
    struct error error;

    (void)error_set(&error, "%zu runs are going on: which one? azfan %s RUN", runs->count,
                    commands[options->command].name);
    (void)message_fail(0, error.text);
    for (size_t i = 0; i < runs->count; i++) {
        struct buffer line = BUFFER_INIT;
        struct result head;

        if (replay_head(runs->list[i], &head, &error) < 0)
            continue;
        owner_print(&line, &head);
        (void)message_fail(0, buffer_text(&line));
        buffer_done(&line);
        result_done(&head);
    }
    return STATUS_USAGE;
}

static int find_past(const struct options *options, char **ret)
{
    struct error error;

    if (word_of(options) == NULL)
        return message_fail(STATUS_NOTHING,
                            "no run of yours is going on here; `azfan report` shows the latest");
    return pastrun_find(options, ret, &error) < 0 ? message_fail(STATUS_USAGE, error.text)
                                                  : STATUS_OK;
}

static int find_going(const struct options *options, char **ret)
{
    struct strings meant;
    int status = STATUS_OK;

    *ret = NULL;
    list_meant(&meant, word_of(options));
    if (meant.count == 1)
        *ret = memory_string(meant.list[0]);
    else if (meant.count > 1)
        status = refuse_several(options, &meant);
    else
        status = find_past(options, ret);
    strings_done(&meant);
    return status;
}

int pastrun_read_going(const struct options *options, struct result *ret)
{
    struct error error;
    char *folder;
    int status = find_going(options, &folder);

    *ret = (struct result){.run = NULL};
    if (status == STATUS_OK && replay_run(folder, ret, &error) < 0)
        status = message_fail(STATUS_TROUBLE, error.text);
    free(folder);
    return status;
}
