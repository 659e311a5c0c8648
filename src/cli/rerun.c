/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The past run's journal says which VMs are not ok, what
 * the job and the script were, and what the command line had put over the job.
 * The job file is loaded again, with the same put over it, and only those VMs
 * are kept of what it selects: so their parameters come from the job as it is
 * now. A job or script that is another one by now, or a VM that the job does not
 * select any more, is told, and stops the rerun unless --changed says it may.
 * What may have started is left alone until it must be over, and its guard looks
 * for the mark that the attempt before was to leave. What Azure can be asked about it is asked
 * first, and `azfan recover` does that alone.
 *
 * The file is longer than others, on purpose: both are one story.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/changes.h"
#include "cli/cli.h"
#include "cli/execute.h"
#include "cli/execution.h"
#include "cli/load.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/pastline.h"
#include "cli/pastrun.h"
#include "cli/recovery.h"
#include "job/fold.h"
#include "job/job.h"
#include "job/keytable.h"
#include "job/names.h"
#include "job/outcome.h"
#include "job/overrides.h"
#include "job/targets.h"
#include "run/result.h"
#include "run/runs.h"
#include "run/status.h"
#include "sys/fd.h"

enum { NAMES_SHOWN = 10 };

/* ---- which targets ------------------------------------------------------------------------ */

struct rerun {
    const struct options *options;
    bool only_asks;                    /* it is `azfan recover` */
    struct result past;                /* the run that was named: its job and command line count */
    struct result whole;               /* the run that it goes back to, with all reruns over it */
    const struct result_target **left; /* of the whole, those that are to run again, in its order */
    size_t left_count;
    struct targets_id *ids; /* of each of them; all NULL where the id is not known */
    struct targets_wanted *wanted;
    struct buffer names; /* what stands in for standard input */
    int lock;            /* of runs_gather() */
    bool asked;          /* Azure was */
};

static bool is_wanted(const struct rerun *self, const struct result_target *target)
{
    const struct options *options = self->options;
    enum outcome_kind kind = target->outcome.kind;

    if (self->only_asks)
        return recovery_can_ask(&self->past, target);
    if (kind == OUTCOME_OK)
        return false;
    return options->only == 0 || (options->only & 1U << kind) != 0;
}

/*
 * As a list of targets has it. With --targets any group may have been given; a job's own list
 * knows none but its own and that of a full id.
 */
static void add_name(struct rerun *self, const struct result_target *target)
{
    bool has_group = target->id == NULL && self->past.overrides.targets != NULL;

    if (has_group && target->subscription != NULL)
        buffer_print(&self->names, "%s/", target->subscription);
    if (has_group)
        buffer_print(&self->names, "%s/", target->resource_group);
    buffer_print(&self->names, "%s\n", target->id != NULL ? target->id : target->name);
}

static void pick_targets(struct rerun *self)
{
    struct error ignored;

    self->left = memory_zeroed(self->whole.target_count, sizeof(void *));
    for (size_t i = 0; i < self->whole.target_count; i++) {
        if (is_wanted(self, &self->whole.targets[i]))
            self->left[self->left_count++] = &self->whole.targets[i];
    }
    self->ids = memory_zeroed(self->left_count, sizeof *self->ids);
    self->wanted = memory_zeroed(self->left_count, sizeof *self->wanted);
    for (size_t i = 0; i < self->left_count; i++) {
        const struct result_target *target = self->left[i];

        if (target->id != NULL)
            (void)targets_parse_id(target->id, &self->ids[i], &ignored);
        self->wanted[i] = (struct targets_wanted){.subscription = self->ids[i].subscription,
                                                  .resource_group = target->resource_group,
                                                  .name = target->name};
    }
    /* Also those that are ok: --limit and --exclude may name them. */
    for (size_t i = 0; i < self->whole.target_count; i++)
        add_name(self, &self->whole.targets[i]);
}

static int find_past(struct rerun *self, struct error *error)
{
    const struct options *options = self->options;
    char *folder;
    int status;

    if (pastrun_find(options, &folder, error) < 0)
        return STATUS_USAGE;
    status = runs_gather(folder, &self->past, &self->whole, &self->lock, error);
    free(folder);
    if (status < 0)
        return STATUS_TROUBLE;
    if (self->past.job.path == NULL) {
        (void)error_set(error, "%s does not say where its job file is", self->past.run);
        return STATUS_TROUBLE;
    }
    return 0;
}

/* ---- the job, as it is now ---------------------------------------------------------------- */

static int load(struct rerun *self, const struct options *merged, struct job **ret)
{
    struct overrides overrides = options_overrides(merged);

    overrides.settings_kept = self->past.overrides.setting_count;
    overrides.only_wanted = true;
    overrides.wanted = self->wanted;
    overrides.wanted_count = self->left_count;
    overrides.standard_input = buffer_text(&self->names);
    return load_job_with(&overrides, self->past.job.path, ret);
}

/* ---- what has changed --------------------------------------------------------------------- */

/* False: none is. */
static bool report_missing(const struct rerun *self)
{
    struct buffer names = BUFFER_INIT;
    size_t missing = 0;

    for (size_t i = 0; i < self->left_count; i++) {
        if (self->wanted[i].found)
            continue;
        if (missing++ < NAMES_SHOWN)
            buffer_print(&names, "%s%s", missing == 1 ? "" : ", ", self->wanted[i].name);
    }
    if (missing > NAMES_SHOWN)
        buffer_print(&names, " and %zu more", missing - NAMES_SHOWN);
    if (missing > 0) {
        buffer_print(&names, "%s", " - the job no longer selects this");
        (void)message_fail(0, buffer_text(&names));
    }
    buffer_done(&names);
    return missing > 0;
}

static bool is_narrowed(const struct options *options)
{
    return options->limits.count > 0 || options->excludes.count > 0;
}

static bool has_changed(const struct rerun *self, const struct job *job)
{
    bool changed = changes_tell(&self->past, job);

    /* With --limit and --exclude nobody expects all of them. */
    return (!is_narrowed(self->options) && report_missing(self)) || changed;
}

/* ---- what the command line does not say again --------------------------------------------- */

static bool is_set(const struct options_list *settings, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < settings->count; i++) {
        if (strncmp(settings->list[i], name, length) == 0 && settings->list[i][length] == '=')
            return true;
    }
    return false;
}

/* No journal has them: the job's own value counts, or none. */
static void report_unset(const struct rerun *self)
{
    const struct result_overrides *past = &self->past.overrides;

    for (size_t i = 0; i < past->secret_count; i++) {
        struct error error;

        if (is_set(&self->options->settings, past->secrets[i]))
            continue;
        (void)error_set(&error,
                        "%s was given with --set in %s and is a secret, which is not kept: give it "
                        "again unless you mean the job's own value",
                        past->secrets[i], self->past.run);
        (void)message_fail(0, error.text);
    }
}

/* Without all of them nobody knows what the script would do. False after an error. */
static bool has_all_args(const struct rerun *self)
{
    const struct result_overrides *past = &self->past.overrides;

    for (size_t i = 0; i < past->arg_count && !self->options->has_args; i++) {
        struct error error;

        if (past->args[i] != NULL)
            continue;
        (void)error_set(&error,
                        "argument %zu was given after -- in %s and is a secret, which is not kept: "
                        "give all arguments again, after --",
                        i + 1, self->past.run);
        (void)message_fail(0, error.text);
        return false;
    }
    return true;
}

/* ---- those that can be asked -------------------------------------------------------------- */

/* What Azure is asked became of each of the job's targets, before it is run again. NULL: nothing.
 */
static const struct result_operation **plan_questions(const struct rerun *self,
                                                      const struct job *job)
{
    const struct result_operation **questions;
    size_t count = 0;

    for (size_t i = 0; i < self->left_count; i++)
        count += self->wanted[i].found && recovery_can_ask(&self->past, self->left[i]);
    if (count > 0 && job->client != JOB_REST)
        recovery_tell_unasked(count);
    if (count == 0 || job->client != JOB_REST)
        return NULL;
    questions = memory_zeroed(job->target_count, sizeof(struct result_operation *));
    for (size_t i = 0; i < self->left_count; i++) {
        if (self->wanted[i].found && recovery_can_ask(&self->past, self->left[i]))
            questions[self->wanted[i].place] = result_question(self->left[i]);
    }
    if (!self->only_asks)
        recovery_tell_asked(count, self->options->dry_run);
    return questions;
}

/* ---- those that may still run ------------------------------------------------------------- */

/* How long from now TARGET must be left alone; never longer than a script can take. */
static int64_t time_to_wait(const struct result_target *target)
{
    int64_t most = target->busy_until > 0 ? target->busy_until - target->wall_ended : 0;
    int64_t wait = most > 0 ? target->busy_until - clock_wall() : 0;

    if (wait <= 0)
        return 0;
    return wait < most ? wait : most; /* the wall clock may have been set back */
}

static void report_waiting(const struct job_target *target, int64_t wait)
{
    struct buffer text = BUFFER_INIT;

    buffer_print(&text, "%s: its script may still be running on the VM, for up to ", target->label);
    number_print_duration(&text, wait);
    buffer_add(&text, " more; it is started after that (--now: at once)");
    (void)message_fail(0, buffer_text(&text));
    buffer_done(&text);
}

/* How long each of the job's targets must wait; the past run may have two targets for one. */
static int64_t *find_waits(const struct rerun *self, const struct job *job)
{
    int64_t *waits = memory_zeroed(job->target_count, sizeof *waits);

    for (size_t i = 0; i < self->left_count && !self->options->now; i++) {
        size_t place = self->wanted[i].place;
        int64_t wait = self->wanted[i].found ? time_to_wait(self->left[i]) : 0;

        if (wait > 0 && wait > waits[place])
            waits[place] = wait;
    }
    return waits;
}

/* When each target may be started. free() it. Of what is asked first nobody knows yet. */
static int64_t *plan_starts(const struct rerun *self, const struct job *job,
                            const struct result_operation *const *questions)
{
    int64_t *starts = find_waits(self, job);
    int64_t now = clock_now();

    for (size_t i = 0; i < job->target_count; i++) {
        if (starts[i] == 0)
            continue;
        if (questions == NULL || questions[i] == NULL)
            report_waiting(&job->targets[i], starts[i]);
        starts[i] += now;
    }
    return starts;
}

/* ---- those that may have started ---------------------------------------------------------- */

static void report_marked(size_t count)
{
    char text[256];

    (void)snprintf(text, sizeof text,
                   "%zu %s may have started the script before: the mark on the VM decides; if it "
                   "had started, it is not run again (--again: run it anyway)",
                   count, count == 1 ? "target" : "targets");
    (void)message_fail(0, text);
}

/*
 * The run whose mark the guard of each target looks for, so that it starts no script that an
 * attempt before had started, of which nobody knows how it ended. The mark stands for the work that
 * was begun, not for the script's text: also when that has changed.
 */
static const char **plan_marks(const struct rerun *self, const struct job *job,
                               const struct result_operation *const *questions)
{
    const char **marks = memory_zeroed(job->target_count, sizeof *marks);
    size_t count = 0;

    for (size_t i = 0; i < self->left_count && !self->options->again; i++) {
        const struct targets_wanted *wanted = &self->wanted[i];

        if (!wanted->found || !self->left[i]->doubtful || marks[wanted->place] != NULL)
            continue;
        marks[wanted->place] = result_mark(&self->whole, self->left[i]);
        count +=
            marks[wanted->place] != NULL && (questions == NULL || questions[wanted->place] == NULL);
    }
    if (count > 0 && !job->idempotent)
        report_marked(count);
    return marks;
}

/* ---- what would be done ------------------------------------------------------------------- */

/* Those of JOB that came to KIND before; OUTCOMES has it of each. */
static void print_group(struct buffer *text, const struct job *job, const int *outcomes, int kind)
{
    const char **labels = memory_zeroed(job->target_count, sizeof *labels);
    size_t count = 0;

    for (size_t i = 0; i < job->target_count; i++) {
        if (outcomes[i] == kind)
            labels[count++] = job->targets[i].label;
    }
    if (count > 0) {
        buffer_print(text, "  %zu %s: ", count, outcome_name((enum outcome_kind)kind));
        fold_names(text, labels, count);
        buffer_add(text, "\n");
    }
    free(labels);
}

static int show_left(const struct rerun *self, const struct job *job)
{
    int *outcomes = memory_zeroed(job->target_count, sizeof *outcomes);
    struct buffer text = BUFFER_INIT;

    for (size_t i = 0; i < self->left_count; i++) {
        if (self->wanted[i].found)
            outcomes[self->wanted[i].place] = (int)self->left[i]->outcome.kind;
    }
    if (self->only_asks)
        buffer_print(&text, "%s: Azure would be asked what became of ", self->past.run);
    else
        buffer_print(&text, "%s: a rerun would run %s on ", self->past.run, job->name);
    number_print_count(&text, job->target_count, "target", "targets");
    buffer_print(&text, " of %zu%s, which came to\n", self->whole.target_count,
                 self->past.rehearsal ? " (a rehearsal)" : "");
    for (int kind = 0; kind < OUTCOME_KINDS; kind++)
        print_group(&text, job, outcomes, kind);
    message_print(&text);
    buffer_done(&text);
    free(outcomes);
    return STATUS_OK;
}

/* ---- the command -------------------------------------------------------------------------- */

static int run_left(struct rerun *self, const struct options *merged, struct job *job,
                    int *ret_signal)
{
    const struct result_operation **questions = plan_questions(self, job);
    int64_t *not_before = plan_starts(self, job, questions);
    const char **marks = plan_marks(self, job, questions);
    struct execution execution = {.options = merged,
                                  .job = job,
                                  .rehearsal = self->past.rehearsal,
                                  .rerun_of = self->past.run,
                                  .not_before = not_before,
                                  .marks = marks,
                                  .questions = questions,
                                  .only_asks = self->only_asks};
    int status =
        self->options->dry_run ? show_left(self, job) : execute_job(&execution, ret_signal);

    self->asked = !self->options->dry_run && execution.ran;

    free(questions);
    free(not_before);
    free(marks);
    return status;
}

static int load_and_run(struct rerun *self, int *ret_signal)
{
    struct options merged;
    struct job *job;
    int status;

    pastline_merge(&merged, self->options, &self->past.overrides);
    if (self->only_asks)
        merged.client = keytable[KEY_CLIENT].words[JOB_REST];
    status = load(self, &merged, &job);

    if (status == STATUS_OK && has_changed(self, job) && !self->options->changed)
        status = message_fail(STATUS_USAGE, "to go on with it as it is now, add --changed");
    else if (status == STATUS_OK) {
        report_unset(self);
        status = run_left(self, &merged, job, ret_signal);
    }
    job_free(job);
    pastline_done(&merged);
    return status;
}

static void say_nothing_left(const char *run)
{
    struct buffer line = BUFFER_INIT;

    buffer_print(&line, "%s: nothing left to do, all its targets are ok\n", run);
    message_print(&line);
    buffer_done(&line);
}

static int report_nothing_left(const struct rerun *self)
{
    const struct result *whole = &self->whole;
    struct error error;

    if (whole->counts[OUTCOME_OK] == whole->target_count) {
        if (!self->options->quiet)
            say_nothing_left(whole->run);
        return STATUS_OK;
    }
    (void)error_set(&error, "%s has no target that --only selects: nothing to do", whole->run);
    return message_fail(STATUS_NOTHING, error.text);
}

/* Faults are the simulated Azure's: with the real one they would be silently ignored. */
static bool wants_faults(const struct options *options)
{
    return options->injections.count > 0 || options->execute || options->speed > 0;
}

static int rerun(struct rerun *self, int *ret_signal)
{
    struct error error;
    int status = find_past(self, &error);

    if (status != 0)
        return message_fail(status, error.text);
    if (wants_faults(self->options) && !self->past.rehearsal) {
        (void)error_set(
            &error, "%s was not a rehearsal: --inject, --execute and --speed are for rehearsals",
            self->past.run);
        return message_fail(STATUS_USAGE, error.text);
    }
    pick_targets(self);
    if (self->left_count == 0 && self->only_asks)
        return recovery_tell_nothing(self->options, &self->past, &self->whole);
    if (self->left_count == 0)
        return report_nothing_left(self);
    if (!has_all_args(self))
        return STATUS_USAGE;
    return load_and_run(self, ret_signal);
}

static void free_rerun(struct rerun *self)
{
    for (size_t i = 0; i < self->left_count; i++) {
        free(self->ids[i].subscription);
        free(self->ids[i].resource_group);
        free(self->ids[i].name);
    }
    free(self->ids);
    free(self->wanted);
    free(self->left);
    buffer_done(&self->names);
    result_done(&self->past);
    result_done(&self->whole);
    fd_close(&self->lock);
}

int cli_rerun(const struct options *options, int *ret_signal)
{
    struct rerun self = {.options = options, .names = BUFFER_INIT, .lock = -1};
    int status = rerun(&self, ret_signal);

    free_rerun(&self);
    return status;
}

/* What the run itself has come to, by what is known now, is the status. */
int cli_recover(const struct options *options, int *ret_signal)
{
    struct rerun self = {.options = options, .only_asks = true, .names = BUFFER_INIT, .lock = -1};
    int status = rerun(&self, ret_signal);
    char *folder = self.asked ? memory_string(self.past.folder) : NULL;

    free_rerun(&self); /* and with it the lock */
    if (folder != NULL && *ret_signal == 0)
        status = recovery_tell_now(options, folder, status);
    free(folder);
    return status;
}
