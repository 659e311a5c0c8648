/* SPDX-License-Identifier: MIT */
#include "cli/execute.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "azure/accounts.h"
#include "azure/az.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "cli/beginning.h"
#include "cli/display.h"
#include "cli/execution.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/pastline.h"
#include "cli/reports.h"
#include "cli/setup.h"
#include "cli/speed.h"
#include "engine/aside.h"
#include "job/job.h"
#include "job/keytable.h"
#include "job/problems.h"
#include "run/conduct.h"
#include "run/folder.h"
#include "run/journal.h"
#include "run/origin.h"
#include "run/result.h"
#include "run/rules.h"
#include "run/status.h"
#include "run/warden.h"
#include "run/watcher.h"
#include "screen/live.h"
#include "sys/file.h"
#include "sys/signals.h"

/* ---- reports ------------------------------------------------------------------------------ */

/* Reports are written aside: a disk that hangs must not keep azfan from ending by a signal. */
struct writing {
    const char *own; /* the run's own report; NULL: those that were asked for */
    const struct options *options;
    struct result *result;
    struct buffer written; /* of those that were asked for: a line each */
    int status;
    struct error error;
};

static void write_reports(void *context)
{
    struct writing *writing = context;

    writing->status = writing->own != NULL
                          ? reports_write(writing->own, 0600, writing->result, &writing->error)
                          : reports_write_asked(writing->options, writing->result,
                                                &writing->written, &writing->error);
}

static int write_aside(struct writing *writing)
{
    if (aside_call(write_reports, writing) != 0)
        writing->status = error_set(&writing->error, "cannot write the report: the process that "
                                                     "wrote it was killed");
    return writing->status;
}

static void write_own_report(const struct setup *setup, struct result *result)
{
    struct writing writing = {.own = setup->folder.report, .result = result};

    if (write_aside(&writing) == 0)
        return;
    result_trouble(result, writing.error.text);
    free(result->folder); /* the summary must not send anybody there */
    result->folder = NULL;
}

/* From here on a signal ends azfan, also one that came before and that nobody took. */
static void end_watch(struct setup *setup, struct live *live)
{
    int untaken;

    setup_clear(setup, live);
    live_leave(live); /* a signal that waits ends azfan in the next lines */
    untaken = warden_close(setup->warden);
    setup->warden = NULL;
    signals_release();
    if (untaken != 0)
        signals_die_of(untaken);
    live_close(live);
}

/*
 * The run's own report first, for it must be there whatever happens. Then
 * nothing of value is left to lose, and from here on a signal ends azfan: what
 * is still to be written may go to somebody who does not read.
 */
static void finish(const struct options *options, struct setup *setup, struct result *result,
                   struct live *live)
{
    struct writing asked = {.options = options, .result = result};
    int status;

    write_own_report(setup, result);
    status = result_exit_status(result);
    end_watch(setup, live);
    (void)write_aside(&asked); /* RESULT has what went wrong */
    if (result_exit_status(result) != status)
        write_own_report(setup, result);
    display_end(options, result, buffer_text(&asked.written));
    buffer_done(&asked.written);
}

/* ---- the run ------------------------------------------------------------------------------ */

static void keep_origin(struct result *result, const struct job *job)
{
    origin_find(&result->origin, job, ORIGIN_PATIENCE);
    /* Not what a link leads to: the job's files are beside the link. */
    result->job.path = file_absolute(job->path);
}

static void prepare_result(struct result *result, const struct execution *execution,
                           const struct setup *setup)
{
    result_init(result, setup->run);
    result_take_job(result, execution->job, setup->batches);
    result->rehearsal = execution->rehearsal;
    result->speed = setup->speed;
    result->client = memory_string(keytable[KEY_CLIENT].words[execution->job->client]);
    if (execution->job->client == JOB_REST)
        result->identity = memory_string(keytable[KEY_IDENTITY].words[execution->job->identity]);
    result->rerun_of = memory_string(execution->rerun_of);
    result->again = execution->options->again;
    result->recover = execution->only_asks;
    result->folder = memory_string(setup->folder.path);
    pastline_keep(&result->overrides, execution->options, execution->job);
    keep_origin(result, execution->job);
}

static void say_what_begins(const struct execution *execution, const struct setup *setup,
                            struct live *live)
{
    const struct job *job = execution->job;
    int batches = setup->batches[job->target_count - 1];
    struct buffer text = BUFFER_INIT;

    buffer_print(&text, "%s%s%s%s: %zu %s, %zu at once", job->name,
                 execution->rehearsal ? " (a rehearsal)" : "",
                 execution->only_asks          ? ", asking Azure what became of "
                 : execution->rerun_of != NULL ? ", rerun of what was not ok in "
                                               : "",
                 execution->rerun_of != NULL ? execution->rerun_of : "", job->target_count,
                 job->target_count == 1 ? "target" : "targets",
                 rules_at_once(job, setup->batches, setup->room.children));
    if (batches > 1)
        buffer_print(&text, ", in %d batches", batches);
    live_note(live, buffer_text(&text));
    buffer_done(&text);
    if (setup->speed == 1)
        return;
    buffer_print(&text,
                 "in time-lapse, %d times as fast: times are the real run's (--speed 1: without)",
                 setup->speed);
    live_note(live, buffer_text(&text));
    buffer_done(&text);
}

/* What may spoil the run is said before it begins, also to those who want no progress. */
static void say_what_is_short(const struct execution *execution, const struct setup *setup,
                              struct live *live)
{
    struct buffer warning = BUFFER_INIT;

    problems_sort(execution->job->remarks);
    problems_print(execution->job->remarks, &warning);
    live_note_lines(live, &warning);
    if (setup->room.bound != MACHINE_ENOUGH) {
        buffer_print(&warning, "running only %d at once: %s", setup->room.children,
                     setup->room.text);
        live_note(live, buffer_text(&warning));
        buffer_done(&warning);
    }
    if (!execution->only_asks && rules_warn(&warning, execution->job, setup->batches,
                                            setup->room.children, execution->rehearsal))
        live_note(live, buffer_text(&warning));
    buffer_done(&warning);
}

static void open_live(struct live *live, const struct execution *execution,
                      const struct setup *setup, const struct result *result)
{
    display_open(live, execution->options, false, result, execution->job, execution->not_before);
    if (beginning_is_told(execution->options))
        say_what_begins(execution, setup, live);
    say_what_is_short(execution, setup, live);
}

static uint64_t make_seed(const struct execution *execution)
{
    uint64_t seed = execution->options->seed;

    if (!execution->rehearsal && getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint64_t)clock_now(); /* it only spreads delays */
    return seed;
}

/* Nothing was started, and so nothing is kept. */
static void leave_nothing(struct setup *setup, struct live *live)
{
    struct error error;

    if (setup_remove_folder(setup, &error) < 0)
        live_note(live, error.text);
    end_watch(setup, live);
}

/* *RET_DOUBLES_IN: not NULL: as in struct beginning. */
static int try_to_run(struct execution *execution, struct setup *setup, char **ret_doubles_in,
                      int *ret_signal)
{
    const struct options *options = execution->options;
    struct live live;
    struct watcher watcher;
    struct beginning beginning;
    struct conduct conduct = {.job = execution->job,
                              .az = &setup->az,
                              .folder = &setup->folder,
                              .journal = &setup->journal,
                              .watcher = &watcher,
                              .batches = setup->batches,
                              .not_before = execution->not_before,
                              .marks = execution->marks,
                              .questions = execution->questions,
                              .only_asks = execution->only_asks,
                              .workers = setup->room.children,
                              .seed = make_seed(execution),
                              .warden = setup->warden,
                              .may_begin = beginning_may,
                              .context = &beginning};
    struct result result;
    int status = STATUS_USAGE;
    bool ran;

    setup_foresee(setup, &conduct);
    prepare_result(&result, execution, setup);
    open_live(&live, execution, setup, &result);
    watcher = live_watcher(&live);
    beginning_init(&beginning, execution, setup->batches, setup->warden, &live, &result);
    if (beginning.shows && !execution->rehearsal)
        conduct.accounts_patience = ACCOUNTS_TIMEOUT;
    ran = conduct_run(&conduct, &result);
    beginning_end(&beginning);
    execution->ran = ran;
    *ret_doubles_in = beginning.doubles_in;
    if (ran) {
        finish(options, setup, &result, &live);
        status = result_exit_status(&result);
        *ret_signal = result.ending == RESULT_SIGNAL ? result.signal : 0;
    } else if (beginning.doubles_in != NULL) {
        live_close(&live);
    } else {
        leave_nothing(setup, &live);
        *ret_signal = beginning.signal;
    }
    result_done(&result);
    return status;
}

/*
 * Two targets are one VM: the job is another one than was told and put into the journal, which
 * begins anew, and nothing has been started.
 */
static int prepare_anew(struct execution *execution, struct setup *setup, const char *subscription,
                        struct error *error)
{
    execution_merge(execution, subscription);
    return setup_renew(setup, execution, error);
}

static int run_with(struct execution *execution, struct setup *setup, int *ret_signal)
{
    struct error error;
    char *doubles_in;
    int status = try_to_run(execution, setup, &doubles_in, ret_signal);

    while (doubles_in != NULL) {
        int result = prepare_anew(execution, setup, doubles_in, &error);

        free(doubles_in);
        if (result < 0) {
            status = message_fail(STATUS_TROUBLE, error.text);
            (void)setup_remove_folder(setup, &error);
            return status;
        }
        status = try_to_run(execution, setup, &doubles_in, ret_signal);
    }
    return status;
}

int execute_job(struct execution *execution, int *ret_signal)
{
    struct setup setup;
    struct error error;
    int status;

    if (reports_check(execution->options, &error) < 0)
        return message_fail(STATUS_USAGE, error.text);
    if (beginning_check(execution, &error) < 0)
        return message_fail(STATUS_USAGE, error.text);
    if (speed_check(execution, &error) < 0)
        return message_fail(STATUS_USAGE, error.text);
    if (setup_open(&setup, execution, &error) < 0)
        status = message_fail(STATUS_TROUBLE, error.text);
    else
        status = run_with(execution, &setup, ret_signal);
    setup_close(&setup);
    return status;
}
