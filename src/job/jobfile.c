/* SPDX-License-Identifier: MIT */
#include "job/jobfile.h"

#include <ctype.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/strings.h"
#include "job/connection.h"
#include "job/job.h"
#include "job/jobkeys.h"
#include "job/keytable.h"
#include "job/limits.h"
#include "job/loading.h"
#include "job/names.h"
#include "job/overrides.h"
#include "job/parameters.h"
#include "job/problems.h"
#include "job/retry.h"
#include "job/script.h"
#include "job/scripthints.h"
#include "job/selection.h"
#include "job/yaml.h"
#include "sys/file.h"

/* A script that is stopped by then has its end told by its guard. */

/* It becomes part of a folder's name. */
static bool is_job_name(const char *name)
{
    size_t length = 0;

    while (isascii((unsigned char)name[length]) &&
           (isalnum((unsigned char)name[length]) ||
            (name[length] != '\0' && strchr("-_.", name[length]) != NULL)))
        length++;
    return length >= 1 && length <= 64 && name[length] == '\0' && name[0] != '.' && name[0] != '-';
}

static void load_identity(const struct loading *loading, const struct jobkeys_value *values)
{
    const struct jobkeys_value *version = &values[KEY_VERSION];
    const struct yaml_node *name = values[KEY_NAME].node;
    const struct yaml_node *description = values[KEY_DESCRIPTION].node;
    const struct yaml_node *runbook = values[KEY_RUNBOOK].node;

    if (version->node != NULL && version->number != 1)
        loading_problem(loading, version->node, "version must be 1: this azfan knows no other");
    if (name != NULL && !is_job_name(name->text))
        loading_problem(
            loading, name,
            "name must be 1 to 64 letters, digits and - _ . (and not start with - or .)");
    loading->job->name = name != NULL ? memory_string(name->text) : NULL;
    loading->job->description = description != NULL ? memory_string(description->text) : NULL;
    loading->job->runbook = runbook != NULL ? memory_string(runbook->text) : NULL;
}

/* What a grace takes of the script's time: LIMITS_OVERHEAD has room for the usual one. */
static int64_t more_grace(const struct job *job)
{
    return job->script_grace > JOB_SCRIPT_GRACE ? job->script_grace - JOB_SCRIPT_GRACE : 0;
}

/* What counts when the file gives none. */
static int64_t work_out_script_timeout(const struct job *job)
{
    int64_t timeout = job->timeout - more_grace(job);
    int64_t script = timeout - LIMITS_OVERHEAD;
    int64_t most = LIMITS_SCRIPT_TIME - more_grace(job);

    if (script < timeout / 2)
        script = timeout / 2;
    return script < most ? script : most;
}

static const char script_timeout_option[] = "--script-timeout";

static void complain_of_time(const struct loading *loading, const struct yaml_node *node,
                             const char *format, ...) __attribute__((format(printf, 3, 4)));

/* NODE: NULL where --script-timeout is what is wrong; so below. */
static void complain_of_time(const struct loading *loading, const struct yaml_node *node,
                             const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = memory_print_list(format, arguments);
    va_end(arguments);
    if (node != NULL)
        loading_problem(loading, node, "%s", text);
    else
        loading_option_problem(loading, script_timeout_option, "%s", text);
    free(text);
}

static void warn_of_late_results(const struct loading *loading, const struct yaml_node *node,
                                 const char *most)
{
    static const char format[] =
        "warning: Run Command ends the request of every script after " LIMITS_REQUEST_TEXT
        ": with a script_timeout of more than %s a result that comes late is lost";

    if (node != NULL)
        loading_remark(loading, node, format, most);
    else
        loading_option_remark(loading, script_timeout_option, format, most);
}

/* Is what was given within Azure's own limit? */
static void check_script_timeout(const struct loading *loading, const struct yaml_node *node)
{
    int64_t grace = more_grace(loading->job);
    struct buffer most = BUFFER_INIT;

    number_print_exact_duration(&most, LIMITS_SCRIPT_TIME - grace);
    if (loading->job->script_timeout > LIMITS_REQUEST - grace)
        complain_of_time(loading, node,
                         "%s must not be longer than " LIMITS_REQUEST_TEXT
                         ": then Run Command ends the request of every script, which goes on "
                         "without a result (at most %s leaves time for the result)",
                         grace > 0 ? "script_timeout and script_grace together" : "script_timeout",
                         buffer_text(&most));
    else if (loading->job->script_timeout > LIMITS_SCRIPT_TIME - grace)
        warn_of_late_results(loading, node, buffer_text(&most));
    buffer_done(&most);
}

/* LENGTH, which WHAT at NODE have together, is within the time of an attempt. */
static void check_timeout(const struct loading *loading, const struct jobkeys_value *timeout,
                          const struct yaml_node *node, const char *what, int64_t length)
{
    bool overridden = loading->overrides->timeout > 0;
    struct buffer most = BUFFER_INIT;

    /* A timeout that is wrong itself says nothing about others. */
    if (length <= loading->job->timeout ||
        (!overridden && timeout->key != NULL && timeout->node == NULL))
        return;
    number_print_exact_duration(&most, loading->job->timeout);
    complain_of_time(loading, node, "%s must not be longer than %s (%s)", what,
                     overridden ? "--timeout" : "timeout", buffer_text(&most));
    buffer_done(&most);
}

static void load_timeouts(const struct loading *loading, const struct jobkeys_value *values)
{
    const struct jobkeys_value *script = &values[KEY_SCRIPT_TIMEOUT];
    const struct jobkeys_value *timeout = &values[KEY_TIMEOUT];
    const struct jobkeys_value *grace = &values[KEY_SCRIPT_GRACE];
    const struct overrides *overrides = loading->overrides;
    bool overridden = overrides->script_timeout > 0;
    struct job *job = loading->job;

    job->timeout =
        overrides->timeout > 0 ? overrides->timeout : jobkeys_number(values, KEY_TIMEOUT);
    job->script_grace = jobkeys_number(values, KEY_SCRIPT_GRACE);
    job->script_timeout = overridden             ? overrides->script_timeout
                          : script->node != NULL ? script->number
                                                 : work_out_script_timeout(job);
    if (overridden || script->node != NULL) {
        const struct yaml_node *node = overridden ? NULL : script->node;

        check_script_timeout(loading, node);
        check_timeout(loading, timeout, node, "script_timeout", job->script_timeout);
    }
    /* The usual grace is in nobody's way: az is stopped all the same. */
    if (grace->node != NULL && job->script_timeout <= job->timeout)
        check_timeout(loading, timeout, overridden ? NULL : grace->node,
                      "script_timeout and script_grace together",
                      job->script_timeout + job->script_grace);
}

static int load_concurrency(const struct loading *loading, const struct jobkeys_value *values)
{
    if (loading->overrides->concurrency > 0)
        return loading->overrides->concurrency;
    loading->job->usual_concurrency = values[KEY_CONCURRENCY].node == NULL;
    return loading->job->usual_concurrency ? job_usual_concurrency(loading->job->client)
                                           : (int)jobkeys_number(values, KEY_CONCURRENCY);
}

static void load_settings(const struct loading *loading, const struct jobkeys_value *values)
{
    const struct overrides *overrides = loading->overrides;
    const struct yaml_node *az = values[KEY_AZ].node;
    struct job *job = loading->job;

    connection_load(loading, values);
    job->concurrency = load_concurrency(loading, values);
    job->deadline =
        overrides->deadline > 0 ? overrides->deadline : jobkeys_number(values, KEY_DEADLINE);
    job->has_confirm = overrides->has_confirm || values[KEY_CONFIRM].node != NULL;
    job->confirm =
        overrides->has_confirm ? overrides->confirm : (size_t)jobkeys_number(values, KEY_CONFIRM);
    job->kill_grace = jobkeys_number(values, KEY_KILL_GRACE);
    job->output_limit = (size_t)jobkeys_number(values, KEY_OUTPUT_LIMIT);
    job->az = memory_string(overrides->az != NULL ? overrides->az
                            : az != NULL          ? az->text
                                                  : keytable[KEY_AZ].normal_text);
    load_timeouts(loading, values);
}

static void load_batches(const struct loading *loading, const struct yaml_node *node)
{
    bool is_list = node->kind == YAML_SEQUENCE;
    size_t count = is_list ? node->count : 1;
    struct job *job = loading->job;

    if (count > JOB_BATCHES_MOST) {
        loading_problem(loading, node, "batches must have at most %d entries, not %zu",
                        JOB_BATCHES_MOST, count);
        return;
    }
    job->batches = memory_zeroed(count, sizeof *job->batches);
    for (size_t i = 0; i < count; i++) {
        if (jobkeys_read_share(loading, KEY_BATCHES, is_list ? "an entry of batches" : "batches",
                               is_list ? node->items[i] : node, &job->batches[job->batch_count]))
            job->batch_count++;
    }
}

/* As the command line has them, instead of what the file has. */
static void override_batches(const struct loading *loading)
{
    struct job *job = loading->job;
    struct error error;

    free(job->batches);
    if (jobkeys_parse_shares(KEY_BATCHES, loading->overrides->batches, &job->batches,
                             &job->batch_count, &error) < 0)
        loading_option_problem(loading, "--batches", "%s", error.text);
}

/* Likewise. */
static void override_max_failures(const struct loading *loading)
{
    struct job *job = loading->job;
    struct job_share *share;
    struct error error;
    size_t count;

    job->has_max_failures = jobkeys_parse_shares(KEY_MAX_FAILURES, loading->overrides->max_failures,
                                                 &share, &count, &error) == 0;
    if (job->has_max_failures)
        job->max_failures = *share;
    else
        loading_option_problem(loading, "--max-failures", "%s", error.text);
    free(share);
}

/* In which steps the job goes over its targets, and when it goes no further. */
static void load_steps(const struct loading *loading, const struct jobkeys_value *values)
{
    const struct jobkeys_value *batches = &values[KEY_BATCHES];
    const struct jobkeys_value *pause = &values[KEY_PAUSE_BETWEEN];
    const struct yaml_node *most = values[KEY_MAX_FAILURES].node;
    struct job *job = loading->job;

    if (batches->node != NULL)
        load_batches(loading, batches->node);
    if (loading->overrides->batches != NULL)
        override_batches(loading);
    job->pause_between = jobkeys_number(values, KEY_PAUSE_BETWEEN);
    if (pause->node != NULL && batches->key == NULL)
        loading_problem(
            loading, pause->key,
            "pause_between needs batches: without them there is nothing to pause between");
    job->has_max_failures =
        most != NULL &&
        jobkeys_read_share(loading, KEY_MAX_FAILURES, "max_failures", most, &job->max_failures);
    if (loading->overrides->max_failures != NULL)
        override_max_failures(loading);
    job->on_halt = (enum job_halt)jobkeys_number(values, KEY_ON_HALT);
}

static void load_repeats(const struct loading *loading, const struct jobkeys_value *values)
{
    const struct jobkeys_value *idempotent = &values[KEY_IDEMPOTENT];

    /* What stands there but is wrong was reported: retry must not call for it again. */
    loading->job->idempotent =
        idempotent->key != NULL && (idempotent->node == NULL || idempotent->number != 0);
    retry_load(loading, values[KEY_RETRY].node);
}

/* A percentage of the targets: what is cut off of them is not worth another one, but one there is.
 */
static void load_percentage(const struct loading *loading)
{
    size_t percent = (size_t)loading->overrides->concurrency_percent;
    size_t count = loading->job->target_count * percent / 100;
    size_t most = (size_t)keytable[KEY_CONCURRENCY].most;

    if (percent == 0)
        return;
    loading->job->concurrency = (int)(count < 1 ? 1 : count < most ? count : most);
    loading->job->usual_concurrency = false;
}

static void load_job(const struct loading *loading, const struct yaml_node *root)
{
    struct jobkeys_value values[KEYTABLE_COUNT] = {{NULL, NULL, 0}};

    jobkeys_read(loading, KEYTABLE_TOP, root, values);
    load_identity(loading, values);
    load_settings(loading, values);
    load_repeats(loading, values);
    load_steps(loading, values);
    script_load(loading, values[KEY_SCRIPT].node);
    selection_load(loading, values[KEY_TARGETS].node);
    load_percentage(loading);
    connection_check(loading, values);
    parameters_check_settings(loading);
    parameters_keep_secrets(loading->job);
    if (problems_total(loading->problems) == 0)
        scripthints_add(loading);
}

struct job *jobfile_parse(const char *path, const char *text, size_t length,
                          const struct overrides *overrides, struct problems *problems)
{
    static const struct overrides none;
    struct strings declared = STRINGS_INIT;
    struct loading loading = {.path = path,
                              .overrides = overrides != NULL ? overrides : &none,
                              .problems = problems,
                              .declared = &declared};
    size_t before = problems_total(problems);
    struct yaml_node *root = yaml_parse(path, text, length, problems);

    if (root != NULL) {
        loading.job = memory_zeroed(1, sizeof *loading.job);
        loading.job->path = memory_string(path);
        loading.job->remarks = memory_zeroed(1, sizeof *loading.job->remarks);
        digest_print(text, length, loading.job->digest);
        load_job(&loading, root);
        yaml_discard(root);
        strings_done(&declared);
    }
    if (problems_total(problems) == before)
        return loading.job;
    problems_sort(problems);
    job_free(loading.job);
    return NULL;
}

struct job *jobfile_load(const char *path, const struct overrides *overrides,
                         struct problems *problems)
{
    struct buffer text = BUFFER_INIT;
    struct job *job = NULL;
    struct error error;

    if (file_read(path, JOB_FILE_LIMIT, &text, &error) < 0)
        problems_add(problems, "", 0, 0, "%s", error.text);
    else
        job = jobfile_parse(path, buffer_text(&text), text.length, overrides, problems);
    buffer_done(&text);
    return job;
}
