/* SPDX-License-Identifier: MIT */
#include "cli/execute.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "azure/az.h"
#include "azure/simulator.h"
#include "base/clock.h"
#include "base/memory.h"
#include "cli/load.h"
#include "cli/options.h"
#include "cli/tell.h"
#include "engine/child.h"
#include "job/job.h"
#include "report/json.h"
#include "report/live.h"
#include "report/summary.h"
#include "report/text.h"
#include "run/conduct.h"
#include "run/folder.h"
#include "run/result.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/signals.h"

enum { EXIT_TROUBLE = 1, EXIT_USAGE = 2 };

/* ---- az, real or simulated ---------------------------------------------------------------- */

/* What a run needs besides its job. */
struct stage {
    struct az az;
    char *simulation; /* the folder of the simulated Azure; NULL: it is the real one */
    struct folder folder;
    char *run;
    int signals;
};

static int set_up_simulation(struct stage *stage, const struct options *options,
                             struct error *error)
{
    struct simulator_plan plan = {.injections = options->injections.list,
                                  .injection_count = options->injections.count,
                                  .seed = options->seed,
                                  .execute = options->execute};
    char *setting;
    int result;

    if (file_make_temporary_folder(&stage->simulation, error) < 0)
        return -1;
    if (simulator_prepare(&plan, stage->simulation, &setting, error) < 0)
        return -1;
    result = az_simulated(&stage->az, setting, error);
    free(setting);
    return result;
}

static int set_up_az(struct stage *stage, const struct options *options, const struct job *job,
                     struct error *error)
{
    if (options->command == OPTIONS_REHEARSE)
        return set_up_simulation(stage, options, error);
    return az_find(&stage->az, job->az, error);
}

static int set_up(struct stage *stage, const struct options *options, const struct job *job,
                  struct error *error)
{
    *stage = (struct stage){.signals = -1};
    child_adopt_orphans();
    stage->signals = signals_open();
    if (stage->signals < 0)
        return error_set(error, "cannot watch signals: %s", strerror(-stage->signals));
    if (set_up_az(stage, options, job, error) < 0)
        return -1;
    if (folder_name_run(job->name, clock_wall(), &stage->run, error) < 0)
        return -1;
    return folder_open(&stage->folder, options->run_dir, stage->run, error);
}

/* Script files and the simulated Azure: nothing may be left of them, whatever comes next. */
static void clear_away(struct stage *stage)
{
    struct error error;

    if (az_done(&stage->az, &error) < 0)
        (void)tell(0, error.text);
    if (stage->simulation != NULL && file_remove_tree(stage->simulation, &error) < 0)
        (void)tell(0, error.text);
    free(stage->simulation);
    stage->simulation = NULL;
}

static void tear_down(struct stage *stage)
{
    clear_away(stage);
    folder_close(&stage->folder);
    free(stage->run);
    fd_close(&stage->signals);
}

/* ---- reports ------------------------------------------------------------------------------ */

static int check_report(const char *path, struct error *error)
{
    char *copy = memory_string(path);
    const char *parent = dirname(copy);
    struct stat status;
    int result = 0;

    if (access(parent, W_OK | X_OK) < 0)
        result = error_set(error, "cannot write --report %s: %s is not a folder one can write to",
                           path, parent);
    else if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        result = error_set(error, "cannot write --report %s: it is a folder", path);
    free(copy);
    return result;
}

/* A typing error in --report must be told before the run, not after it. */
static int check_reports(const struct options *options, struct error *error)
{
    for (size_t i = 0; i < options->reports.count; i++) {
        if (check_report(options->reports.list[i], error) < 0)
            return -1;
    }
    return 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static int write_report(const char *path, unsigned mode, const struct result *result,
                        struct error *error)
{
    struct file_replacement file;

    if (file_replace_begin(&file, path, mode, error) < 0)
        return -1;
    if (ends_with(path, ".txt"))
        text_report_write(file.stream, result);
    else
        json_write(file.stream, result);
    return file_replace_commit(&file, error);
}

static void write_own_report(const struct stage *stage, struct result *result)
{
    struct error error;

    if (write_report(stage->folder.report, 0600, result, &error) == 0)
        return;
    result_trouble(result, error.text);
    free(result->folder); /* the summary must not send anybody there */
    result->folder = NULL;
}

static void write_asked_reports(const struct options *options, struct result *result)
{
    mode_t mask = umask(0);
    struct error error;

    (void)umask(mask);
    for (size_t i = 0; i < options->reports.count; i++) {
        if (write_report(options->reports.list[i], 0666 & ~mask, result, &error) < 0)
            result_trouble(result, error.text);
    }
}

/*
 * The run's own report first, for it must be there whatever happens. Then
 * nothing of value is left to lose, and from here on a signal ends azfan: what
 * is still to be written may go to somebody who does not read.
 */
static void finish(const struct options *options, struct stage *stage, struct result *result,
                   struct live *live)
{
    int status;

    write_own_report(stage, result);
    status = result_exit_status(result);
    clear_away(stage);
    signals_release();
    live_close(live);
    write_asked_reports(options, result);
    if (result_exit_status(result) != status)
        write_own_report(stage, result);
    summary_write(stdout, result, live->colour);
    (void)fflush(stdout);
}

/* ---- the command -------------------------------------------------------------------------- */

static void say_what_begins(const struct options *options, const struct job *job)
{
    if (options->quiet || options->silent_progress)
        return;
    (void)fprintf(
        stderr, "azfan: %s%s: %zu %s, %d at once\n", job->name,
        options->command == OPTIONS_REHEARSE ? " (rehearsal, nothing is sent to Azure)" : "",
        job->target_count, job->target_count == 1 ? "target" : "targets",
        (size_t)job->concurrency < job->target_count ? job->concurrency : (int)job->target_count);
}

static int run_on_stage(const struct options *options, const struct job *job, struct stage *stage,
                        int *ret_signal)
{
    struct live live = {.colour = style_wanted(options->color, STDOUT_FILENO),
                        .quiet = options->quiet,
                        .verbose = options->verbose};
    struct conduct_watcher watcher = live_watcher(&live);
    struct conduct conduct = {.job = job,
                              .az = &stage->az,
                              .folder = &stage->folder,
                              .watcher = &watcher,
                              .signals = stage->signals};
    struct result result;
    int status;

    live_open(&live, job);
    result_init(&result, job, stage->run);
    result.folder = memory_string(stage->folder.path);
    say_what_begins(options, job);
    conduct_run(&conduct, &result);
    finish(options, stage, &result, &live);
    status = result_exit_status(&result);
    *ret_signal = result.ending == RESULT_SIGNAL ? result.signal : 0;
    result_done(&result);
    return status;
}

int execute_run(const struct options *options, int *ret_signal)
{
    struct stage stage;
    struct error error;
    struct job *job;
    int status = load_job(options, options->jobs[0], &job);

    if (status != LOAD_OK)
        return status;
    if (check_reports(options, &error) < 0) {
        job_free(job);
        return tell(EXIT_USAGE, error.text);
    }
    if (set_up(&stage, options, job, &error) < 0)
        status = tell(EXIT_TROUBLE, error.text);
    else
        status = run_on_stage(options, job, &stage, ret_signal);
    tear_down(&stage);
    job_free(job);
    return status;
}
