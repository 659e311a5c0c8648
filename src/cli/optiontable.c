/* SPDX-License-Identifier: MIT */
/*
 * The file is longer than others, on purpose: it is one table, and beside it how each row is read.
 */
#include "cli/optiontable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/options.h"
#include "cli/reports.h"
#include "engine/lapse.h"
#include "job/jobkeys.h"
#include "job/keytable.h"
#include "job/outcome.h"
#include "report/ignore.h"
#include "run/folder.h"
#include "simulator/plan.h"

/* ---- what several options have in common -------------------------------------------------- */

/* Where in OPTIONS the row's value goes. */
static void *find_field(const struct optiontable_row *row, struct options *options)
{
    return (char *)options + row->field;
}

static int take_flag(const struct optiontable_row *row, const char *value, struct options *options,
                     struct error *error)
{
    bool *field = find_field(row, options);

    (void)value;
    (void)error;
    *field = true;
    return 0;
}

static int take_text(const struct optiontable_row *row, const char *value, struct options *options,
                     struct error *error)
{
    const char **field = find_field(row, options);

    (void)error;
    *field = value;
    return 0;
}

/* One more each time that the option is given. */
static int take_another(const struct optiontable_row *row, const char *value,
                        struct options *options, struct error *error)
{
    (void)error;
    options_add(find_field(row, options), value);
    return 0;
}

/* The same values as in a job file. */
static int read_value(const struct optiontable_row *row, enum keytable_key key, const char *value,
                      int64_t *ret, struct error *error)
{
    struct error cause;

    if (jobkeys_parse(key, value, ret, &cause) < 0)
        return error_set(error, "--%s %s", row->name, cause.text);
    return 0;
}

/* Which of WORDS it is, a list with a NULL at its end; -1: none. */
static int read_word(const struct optiontable_row *row, const char *const *words, const char *value,
                     struct error *error)
{
    struct buffer list = BUFFER_INIT;

    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(value, words[i]) == 0) {
            buffer_done(&list);
            return i;
        }
        buffer_print(&list, "%s%s", i == 0 ? "" : words[i + 1] != NULL ? ", " : " or ", words[i]);
    }
    (void)error_set(error, "--%s is %s, not %s", row->name, buffer_text(&list),
                    value[0] != '\0' ? value : "empty");
    buffer_done(&list);
    return -1;
}

#define DAY (24 * NUMBER_HOUR)

/* ---- what one option takes ---------------------------------------------------------------- */

/* As in a job file, or a percentage of the targets. */
static int take_concurrency(const struct optiontable_row *row, const char *value,
                            struct options *options, struct error *error)
{
    int64_t concurrency = 0;
    struct error cause;

    options->concurrency_percent = 0;
    if (strchr(value, '%') != NULL) {
        bool percent;

        if (number_parse_share(value, 1, keytable[KEY_CONCURRENCY].most, &percent, &concurrency,
                               &cause) < 0)
            return error_set(error, "--%s %s", row->name, cause.text);
        options->concurrency_percent = (int)concurrency;
        return 0;
    }
    if (read_value(row, KEY_CONCURRENCY, value, &concurrency, error) < 0)
        return -1;
    options->concurrency = (int)concurrency;
    return 0;
}

static int take_timeout(const struct optiontable_row *row, const char *value,
                        struct options *options, struct error *error)
{
    return read_value(row, KEY_TIMEOUT, value, &options->timeout, error);
}

static int take_deadline(const struct optiontable_row *row, const char *value,
                         struct options *options, struct error *error)
{
    return read_value(row, KEY_DEADLINE, value, &options->deadline, error);
}

static int take_script_timeout(const struct optiontable_row *row, const char *value,
                               struct options *options, struct error *error)
{
    return read_value(row, KEY_SCRIPT_TIMEOUT, value, &options->script_timeout, error);
}

/* How often after the first attempt; a job counts them all. */
static int take_retry(const struct optiontable_row *row, const char *value, struct options *options,
                      struct error *error)
{
    const struct keytable_row *key = &keytable[KEY_RETRY_ATTEMPTS];
    struct error cause;
    int64_t retries = 0;

    if (number_parse(value, 0, key->most - 1, &retries, &cause) < 0)
        return error_set(error, "--%s %s", row->name, cause.text);
    options->attempts = (int)retries + 1;
    return 0;
}

/* VALUE goes on as it is, once it is known to be right. */
static int take_shares(const struct optiontable_row *row, enum keytable_key key, const char *value,
                       const char **ret, struct error *error)
{
    struct job_share *shares;
    struct error cause;
    size_t count;

    if (jobkeys_parse_shares(key, value, &shares, &count, &cause) < 0)
        return error_set(error, "--%s %s", row->name, cause.text);
    free(shares);
    *ret = value;
    return 0;
}

static int take_batches(const struct optiontable_row *row, const char *value,
                        struct options *options, struct error *error)
{
    return take_shares(row, KEY_BATCHES, value, &options->batches, error);
}

static int take_max_failures(const struct optiontable_row *row, const char *value,
                             struct options *options, struct error *error)
{
    return take_shares(row, KEY_MAX_FAILURES, value, &options->max_failures, error);
}

static int take_confirm(const struct optiontable_row *row, const char *value,
                        struct options *options, struct error *error)
{
    int64_t confirm = 0;

    if (read_value(row, KEY_CONFIRM, value, &confirm, error) < 0)
        return -1;
    options->confirm = (size_t)confirm;
    options->has_confirm = true;
    return 0;
}

static int take_run_id(const struct optiontable_row *row, const char *value,
                       struct options *options, struct error *error)
{
    struct error cause;

    if (folder_check_id(value, &cause) < 0)
        return error_set(error, "--%s %s", row->name, cause.text);
    options->run_id = value;
    return 0;
}

/* "failed,timeout" */
static int take_only(const struct optiontable_row *row, const char *value, struct options *options,
                     struct error *error)
{
    char *words = memory_string(value);
    int result = 0;

    (void)row;
    for (char *word = words, *next; word != NULL && result == 0; word = next) {
        enum outcome_kind kind;

        next = strchr(word, ',');
        if (next != NULL)
            *next++ = '\0';
        kind = outcome_find_kind(word);
        if (kind == OUTCOME_KINDS || kind == OUTCOME_OK)
            result = error_set(error,
                               "--only takes failed, timeout, error, unknown, cancelled and "
                               "skipped, with commas between them, not %s",
                               word[0] != '\0' ? word : "nothing");
        else
            options->only |= 1U << kind;
    }
    free(words);
    return result;
}

static int take_format(const struct optiontable_row *row, const char *value,
                       struct options *options, struct error *error)
{
    (void)row;
    if (!reports_has_format(value))
        return error_set(error, "--format is " REPORTS_FORMATS ", not %s", value);
    options->format = value;
    return 0;
}

static int take_output(const struct optiontable_row *row, const char *value,
                       struct options *options, struct error *error)
{
    static const char *const words[] = {"grouped", "lines", "each", "none", NULL};
    int choice = read_word(row, words, value, error);

    if (choice < 0)
        return -1;
    options->output = (enum options_output)(OUTPUT_GROUPED + choice);
    return 0;
}

static int take_progress(const struct optiontable_row *row, const char *value,
                         struct options *options, struct error *error)
{
    static const char *const words[] = {
        [PROGRESS_AUTO] = "auto", [PROGRESS_LIVE] = "live", [PROGRESS_PLAIN] = "plain",
        [PROGRESS_JSON] = "json", [PROGRESS_NONE] = "none", NULL};
    int choice = read_word(row, words, value, error);

    if (choice < 0)
        return -1;
    options->progress = (enum options_progress)choice;
    return 0;
}

static int take_color(const struct optiontable_row *row, const char *value, struct options *options,
                      struct error *error)
{
    static const char *const words[] = {"auto", "always", "never", NULL};
    int choice = read_word(row, words, value, error);

    if (choice < 0)
        return -1;
    options->color = (enum style_choice)choice;
    return 0;
}

static int take_ignore(const struct optiontable_row *row, const char *value,
                       struct options *options, struct error *error)
{
    (void)row;
    return ignore_add(&options->ignore, value, error);
}

static int take_injection(const struct optiontable_row *row, const char *value,
                          struct options *options, struct error *error)
{
    struct error cause;

    (void)row;
    if (simulator_check_injection(value, &cause) < 0)
        return error_set(error, "--inject %s", cause.text);
    options_add(&options->injections, value);
    return 0;
}

static int take_count(const struct optiontable_row *row, const char *value, struct options *options,
                      struct error *error)
{
    size_t *field = find_field(row, options);
    struct error cause;
    int64_t count = 0;

    if (number_parse(value, 1, INT32_MAX, &count, &cause) < 0)
        return error_set(error, "--%s %s", row->name, cause.text);
    *field = (size_t)count;
    return 0;
}

/* Days, which no other duration has, or one of the others. */
static int take_older(const struct optiontable_row *row, const char *value, struct options *options,
                      struct error *error)
{
    size_t length = strspn(value, "0123456789");
    int64_t older = 0;
    struct error cause;

    if (length > 0 && length <= 5 && strcmp(value + length, "d") == 0)
        older = strtol(value, NULL, 10) * DAY;
    else if (number_parse_duration(value, &older, &cause) < 0)
        older = 0;
    if (older == 0)
        return error_set(error, "--%s must be an age such as 90d or 12h, not %s", row->name, value);
    options->older = older;
    return 0;
}

static int take_seed(const struct optiontable_row *row, const char *value, struct options *options,
                     struct error *error)
{
    struct error cause;
    int64_t seed = 0;

    (void)row;
    if (number_parse(value, 0, INT64_MAX, &seed, &cause) < 0)
        return error_set(error, "--seed %s", cause.text);
    options->seed = (uint64_t)seed;
    return 0;
}

static int take_client(const struct optiontable_row *row, const char *value,
                       struct options *options, struct error *error)
{
    int choice = read_word(row, keytable[KEY_CLIENT].words, value, error);

    if (choice < 0)
        return -1;
    options->client = keytable[KEY_CLIENT].words[choice];
    return 0;
}

static int take_identity(const struct optiontable_row *row, const char *value,
                         struct options *options, struct error *error)
{
    int choice = read_word(row, keytable[KEY_IDENTITY].words, value, error);

    if (choice < 0)
        return -1;
    options->identity = keytable[KEY_IDENTITY].words[choice];
    return 0;
}

static int take_shell(const struct optiontable_row *row, const char *value, struct options *options,
                      struct error *error)
{
    int choice = read_word(row, keytable[KEY_SCRIPT_SHELL].words, value, error);

    if (choice < 0)
        return -1;
    options->shell = (enum job_shell)choice;
    return 0;
}

static int take_speed(const struct optiontable_row *row, const char *value, struct options *options,
                      struct error *error)
{
    struct error cause;
    int64_t speed = 0;

    (void)row;
    if (number_parse(value, 1, LAPSE_SPEED_MOST, &speed, &cause) < 0)
        return error_set(error, "--speed %s", cause.text);
    options->speed = (int)speed;
    return 0;
}

static int take_help(const struct optiontable_row *row, const char *value, struct options *options,
                     struct error *error)
{
    (void)row;
    (void)value;
    (void)error;
    options->command = COMMAND_HELP;
    return 0;
}

static int take_version(const struct optiontable_row *row, const char *value,
                        struct options *options, struct error *error)
{
    (void)row;
    (void)value;
    (void)error;
    options->command = COMMAND_VERSION;
    return 0;
}

/* ---- the table ---------------------------------------------------------------------------- */

enum {
    ON_RUN = 1 << COMMAND_RUN,
    ON_REHEARSE = 1 << COMMAND_REHEARSE,
    ON_EXEC = 1 << COMMAND_EXEC,
    ON_PLAN = 1 << COMMAND_PLAN,
    ON_CHECK = 1 << COMMAND_CHECK,
    ON_TARGETS = 1 << COMMAND_TARGETS,
    ON_REPORT = 1 << COMMAND_REPORT,
    ON_RERUN = 1 << COMMAND_RERUN,
    ON_RECOVER = 1 << COMMAND_RECOVER,
    ON_RUNS = 1 << COMMAND_RUNS,
    ON_WATCH = 1 << COMMAND_WATCH,
    ON_STOP = 1 << COMMAND_STOP,
    ON_PRUNE = 1 << COMMAND_PRUNE,
    RUNNING = ON_RUN | ON_REHEARSE | ON_EXEC | ON_RERUN,
    KEEPING = RUNNING | ON_RECOVER,
    LOADING = RUNNING | ON_PLAN,
    SELECTING = LOADING | ON_TARGETS,
    SHOWING = KEEPING | ON_REPORT,
    FOLLOWING = KEEPING | ON_WATCH | ON_STOP,
    PRINTING = FOLLOWING | ON_REPORT
};

#define FIELD(name) offsetof(struct options, name)

/* In the order of --help. */
const struct optiontable_row optiontable[] = {
    {"resource-group", 'g', "GROUP", ON_EXEC, take_text, FIELD(resource_group),
     "the resource group of targets that name none"},
    {"subscription", 0, "ID", ON_EXEC, take_text, FIELD(subscription),
     "their subscription (else az's own)"},
    {"script", 0, "FILE", ON_EXEC, take_text, FIELD(script),
     "run this script; what stands after -- are its arguments"},
    {"shell", 0, "SHELL", ON_EXEC, take_shell, 0, "sh, or powershell for Windows VMs"},
    {"concurrency", 'c', "N", LOADING | ON_RECOVER, take_concurrency, 0,
     "run N attempts at once; 10%: one for each ten targets"},
    {"timeout", 0, "DURATION", LOADING, take_timeout, 0,
     "give each attempt this long (220s, 3m40s)"},
    {"script-timeout", 0, "DURATION", LOADING, take_script_timeout, 0,
     "stop the script on the VM after this long"},
    {"deadline", 0, "DURATION", LOADING, take_deadline, 0, "stop the whole run after this long"},
    {"batches", 0, "SIZES", LOADING, take_batches, 0,
     "in batches of these sizes: 1, 10%, or 1,10% (the last repeats)"},
    {"max-failures", 0, "N|N%", LOADING, take_max_failures, 0,
     "start nothing more once more than these have failed"},
    {"retry", 0, "N", LOADING, take_retry, 0,
     "try a target up to N times more, as the job's retry says; 0: never"},
    {"targets", 0, "FILE", SELECTING & ~ON_RERUN, take_text, FIELD(targets),
     "the VMs that FILE lists, instead of the job's; - is standard input"},
    {"limit", 0, "SELECTORS", SELECTING, take_another, FIELD(limits),
     "only these: names, ranges, globs, GROUP/NAME, ids, !NAME, @FILE; repeatable"},
    {"exclude", 0, "SELECTORS", SELECTING, take_another, FIELD(excludes), "not these; repeatable"},
    {"set", 0, "NAME=VALUE", (LOADING & ~ON_EXEC) | ON_RECOVER, take_another, FIELD(settings),
     "set a parameter that the job declares; repeatable"},
    {"confirm", 0, "N", LOADING, take_confirm, 0, "ask only when there are more targets than N"},
    {"names", 0, NULL, ON_TARGETS, take_flag, FIELD(names), "one per line, as --limit takes them"},
    {"ids", 0, NULL, ON_TARGETS, take_flag, FIELD(ids), "full ids, one per line"},
    {"list", 0, NULL, ON_CHECK, take_flag, FIELD(list),
     "only list them: targets, and the job's description"},
    {"guard", 0, NULL, ON_PLAN, take_flag, FIELD(guard),
     "print the script as the first target gets it, and nothing else"},
    {"az", 0, "PROGRAM", SELECTING | ON_RECOVER, take_text, FIELD(az),
     "the az to use (else AZFAN_AZ, the job's, or az); not by rehearse"},
    {"client", 0, "CLIENT", LOADING, take_client, 0,
     "what asks Azure: az or rest (else AZFAN_CLIENT, the job's, or az)"},
    {"identity", 0, "IDENTITY", LOADING | ON_RECOVER, take_identity, 0,
     "whose token rest has: az, managed, workload or environment"},
    {"run-dir", 0, "DIR", KEEPING, take_text, FIELD(run_dir), "keep the run in DIR"},
    {"run-id", 0, "ID", KEEPING, take_run_id, 0, "call the run ID; no two runs may have the same"},
    {"only", 0, "OUTCOMES", ON_RERUN, take_only, 0,
     "only these: failed,timeout,error,unknown,cancelled,skipped"},
    {"changed", 0, NULL, ON_RERUN | ON_RECOVER, take_flag, FIELD(changed),
     "go on even if job, script or targets have changed since"},
    {"now", 0, NULL, ON_RERUN, take_flag, FIELD(now),
     "do not wait for scripts that may still be running"},
    {"now", 0, NULL, ON_STOP, take_flag, FIELD(now),
     "stop what runs as well, as a second Ctrl-C does"},
    {"again", 0, NULL, ON_RERUN, take_flag, FIELD(again),
     "also run scripts that may have run before"},
    {"report", 0, "FILE", KEEPING, take_another, FIELD(reports),
     "write a report too: " REPORTS_SUFFIXES "; repeatable"},
    {"report", 0, "FILE", ON_REPORT, take_another, FIELD(reports),
     "write it to FILE, and show nothing: " REPORTS_SUFFIXES "; repeatable"},
    {"format", 0, "FORMAT", SHOWING, take_format, 0,
     "of --report - (standard output) and names without a suffix: json, txt, …"},
    {"output", 0, "HOW", PRINTING, take_output, 0,
     "what VMs printed: grouped, lines, each or none"},
    {"ignore", 0, "REGEX", PRINTING, take_ignore, 0,
     "leave out what always differs in it; repeatable"},
    {"progress", 0, "HOW", FOLLOWING, take_progress, 0, "auto, live, plain, json or none"},
    {"color", 0, "WHEN", PRINTING, take_color, 0, "auto, always or never"},
    {"inject", 0, "SPEC", ON_REHEARSE, take_injection, 0,
     "let targets fail: SELECTORS=FAULT[:VALUE][@PERCENT]; repeatable"},
    {"inject", 0, "SPEC", ON_RERUN, take_injection, 0,
     "of a rehearsal: let targets fail, see azfan rehearse --help; repeatable"},
    {"seed", 0, "N", ON_REHEARSE | ON_RERUN, take_seed, 0,
     "another rehearsal: other durations, other victims"},
    {"speed", 0, "N", ON_REHEARSE | ON_RERUN, take_speed, 0,
     "a rehearsal N times as fast (default: over in 20s; 1: as it is)"},
    {"execute", 0, NULL, ON_REHEARSE, take_flag, FIELD(execute),
     "really run the script, on this machine, once per target"},
    {"execute", 0, NULL, ON_RERUN, take_flag, FIELD(execute),
     "of a rehearsal: really run the script, on this machine"},
    {"overlap", 0, NULL, RUNNING, take_flag, FIELD(overlap),
     "run even if another run has some of these VMs"},
    {"yes", 'y', NULL, RUNNING, take_flag, FIELD(yes), "do not ask whether to go on"},
    {"quiet", 'q', NULL, FOLLOWING | ON_CHECK, take_flag, FIELD(quiet), "no lines for what is ok"},
    {"quiet", 'q', NULL, ON_REPORT, take_flag, FIELD(quiet),
     "no lines for each target, only the summary"},
    {"quiet", 'q', NULL, ON_RUNS, take_flag, FIELD(quiet),
     "only the ids, one per line; nothing when there are none"},
    {"verbose", 'v', NULL, FOLLOWING, take_flag, FIELD(verbose), "show what each VM printed"},
    {"dry-run", 0, NULL, ON_RERUN, take_flag, FIELD(dry_run),
     "say what would be run, and start nothing"},
    {"dry-run", 0, NULL, ON_RECOVER, take_flag, FIELD(dry_run),
     "say what Azure would be asked, and ask nothing"},
    {"last", 'n', "N", ON_RUNS, take_count, FIELD(last), "only the N newest"},
    {"failed", 0, NULL, ON_RUNS, take_flag, FIELD(failed), "only those in which not all went well"},
    {"json", 0, NULL, ON_RUNS, take_flag, FIELD(json), "one JSON object per line"},
    {"older", 0, "AGE", ON_PRUNE, take_older, 0, "runs that ended longer ago than this (90d, 12h)"},
    {"keep", 0, "N", ON_PRUNE, take_count, FIELD(keep), "but none of the N newest"},
    {"dry-run", 0, NULL, ON_PRUNE, take_flag, FIELD(dry_run),
     "say which would be deleted, and delete none"},
    {"yes", 'y', NULL, ON_PRUNE, take_flag, FIELD(yes), "do not ask before they are deleted"},
    {"help", 'h', NULL, ~0U, take_help, 0, "show this help"},
    {"version", 0, NULL, ~0U, take_version, 0, "show the version"},
};

bool optiontable_has(const struct optiontable_row *row, enum commands_id command)
{
    return (row->commands & 1U << command) != 0;
}
