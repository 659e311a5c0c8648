/* SPDX-License-Identifier: MIT */
#include "cli/recovery.h"

#include <string.h>

#include "base/buffer.h"
#include "base/number.h"
#include "cli/message.h"
#include "cli/options.h"
#include "report/line.h"
#include "run/result.h"
#include "run/runs.h"
#include "run/status.h"
#include "sys/fd.h"

bool recovery_can_ask(const struct result *past, const struct result_target *target)
{
    return !past->rehearsal && target->outcome.kind != OUTCOME_OK &&
           result_question(target) != NULL;
}

/* ---- before it ---------------------------------------------------------------------------- */

static void tell_count(size_t count, const char *words)
{
    struct buffer text = BUFFER_INIT;

    number_print_count(&text, count, "target", "targets");
    buffer_add(&text, words);
    (void)message_fail(0, buffer_text(&text));
    buffer_done(&text);
}

void recovery_tell_asked(size_t count, bool dry)
{
    tell_count(count,
               dry ? ": Azure had accepted the script, and would be asked first what became "
                     "of it; what is ok by then would not run"
                   : ": Azure had accepted the script, and is asked first what became of it");
}

void recovery_tell_unasked(size_t count)
{
    tell_count(count, ": Azure can say what became of the script, but az cannot ask it "
                      "(azfan recover, or --client rest)");
}

/* ---- the run as it is known now ----------------------------------------------------------- */

/* That azfan was killed, or stopped, does not count any more: what became of its targets does. */
static int status_now(const struct result *whole)
{
    struct result ended = *whole;

    ended.ending = whole->counts[OUTCOME_SKIPPED] > 0 ? RESULT_HALTED : RESULT_COMPLETE;
    return result_exit_status(&ended);
}

static int tell_now(const struct options *options, const struct result *whole)
{
    struct buffer text = BUFFER_INIT;
    int status = status_now(whole);

    buffer_print(&text, "%s by now: ", whole->run);
    line_print_counts(&text, "", whole->counts, false);
    buffer_add(&text, " of ");
    number_print_count(&text, whole->target_count, "target", "targets");
    buffer_print(&text, ", exit status %d\n", status);
    if (!options->quiet)
        message_print(&text);
    buffer_done(&text);
    return status;
}

int recovery_tell_now(const struct options *options, const char *folder, int status)
{
    struct result past;
    struct result whole;
    struct error error;
    int lock;

    if (runs_gather(folder, &past, &whole, &lock, &error) < 0)
        return message_fail(status, error.text);
    status = tell_now(options, &whole);
    result_done(&past);
    result_done(&whole);
    fd_close(&lock);
    return status;
}

/* ---- nothing to ask ----------------------------------------------------------------------- */

static size_t count_doubtful(const struct result *whole)
{
    size_t count = 0;

    for (size_t i = 0; i < whole->target_count; i++)
        count += whole->targets[i].doubtful && whole->targets[i].outcome.kind != OUTCOME_OK;
    return count;
}

int recovery_tell_nothing(const struct options *options, const struct result *past,
                          const struct result *whole)
{
    bool rest = past->client != NULL && strcmp(past->client, "rest") == 0;
    size_t doubtful = count_doubtful(whole);
    struct error error;

    if (past->rehearsal)
        (void)error_set(&error, "%s was a rehearsal, of which Azure knows nothing", past->run);
    else if (doubtful == 0)
        (void)error_set(&error, "%s has no target of which Azure could say more", past->run);
    else if (rest)
        (void)error_set(&error,
                        "%s: nobody can say what became of the script on %zu of its targets: Azure "
                        "has not said where to ask, or has said all that it knows",
                        past->run, doubtful);
    else
        (void)error_set(
            &error,
            "%s: nobody can say what became of the script on %zu of its targets: az "
            "tells nobody where to ask Azure later (azfan-rest does); azfan rerun starts "
            "none that had started",
            past->run, doubtful);
    (void)message_fail(0, error.text);
    return tell_now(options, whole);
}
