/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/number.h"
#include "cli/commands.h"
#include "cli/reports.h"
#include "job/jobkeys.h"
#include "job/outcome.h"
#include "job/overrides.h"
#include "simulator/plan.h"

/* ---- the tables --------------------------------------------------------------------------- */

enum {
    ON_RUN = 1 << COMMAND_RUN,
    ON_REHEARSE = 1 << COMMAND_REHEARSE,
    ON_PLAN = 1 << COMMAND_PLAN,
    ON_CHECK = 1 << COMMAND_CHECK,
    ON_TARGETS = 1 << COMMAND_TARGETS,
    ON_REPORT = 1 << COMMAND_REPORT,
    ON_RERUN = 1 << COMMAND_RERUN,
    ON_RUNS = 1 << COMMAND_RUNS,
    RUNNING = ON_RUN | ON_REHEARSE | ON_RERUN,
    LOADING = RUNNING | ON_PLAN,
    SELECTING = LOADING | ON_TARGETS,
    SHOWING = RUNNING | ON_REPORT
};

enum option_id {
    CONCURRENCY = 'c',
    YES = 'y',
    QUIET = 'q',
    VERBOSE = 'v',
    HELP = 'h',
    TIMEOUT = 256,
    DEADLINE,
    CONFIRM,
    OVERLAP,
    NAMES,
    IDS,
    LIMIT,
    EXCLUDE,
    SET,
    AZ,
    RUN_DIR,
    REPORT,
    PROGRESS,
    OUTPUT,
    IGNORE,
    COLOR,
    INJECT,
    SEED,
    EXECUTE,
    ONLY,
    CHANGED,
    NOW,
    AGAIN,
    VERSION
};

enum { WORD = 1 }; /* what getopt_long() says of a word that is no option */

static const struct option_row {
    enum option_id id; /* below 256: the short form too */
    const char *name;
    const char *argument; /* NULL: takes none */
    unsigned commands;
    const char *help;
} rows[] = {
    {CONCURRENCY, "concurrency", "N", LOADING, "run N az processes at once"},
    {TIMEOUT, "timeout", "DURATION", LOADING, "give each attempt this long (220s, 3m40s)"},
    {DEADLINE, "deadline", "DURATION", LOADING, "stop the whole run after this long"},
    {LIMIT, "limit", "SELECTORS", SELECTING,
     "only these: names, ranges, globs, GROUP/NAME, ids, !NAME, @FILE; repeatable"},
    {EXCLUDE, "exclude", "SELECTORS", SELECTING, "not these; repeatable"},
    {SET, "set", "NAME=VALUE", LOADING, "set a parameter that the job declares; repeatable"},
    {CONFIRM, "confirm", "N", LOADING, "ask only when there are more targets than N"},
    {NAMES, "names", NULL, ON_TARGETS, "one a line, as --limit takes them"},
    {IDS, "ids", NULL, ON_TARGETS, "full ids, one a line"},
    {AZ, "az", "PROGRAM", SELECTING,
     "the az to use (else AZFAN_AZ, the job's, or az); not by rehearse"},
    {RUN_DIR, "run-dir", "DIR", RUNNING, "keep the run in DIR"},
    {ONLY, "only", "OUTCOMES", ON_RERUN,
     "only these: failed,timeout,error,unknown,cancelled,skipped"},
    {CHANGED, "changed", NULL, ON_RERUN, "go on though job, script or targets have changed since"},
    {NOW, "now", NULL, ON_RERUN, "do not wait for scripts that may still be running"},
    {AGAIN, "again", NULL, ON_RERUN, "run also scripts that may have run before"},
    {REPORT, "report", "FILE", RUNNING, "write a report too: " REPORTS_SUFFIXES "; repeatable"},
    {REPORT, "report", "FILE", ON_REPORT,
     "write it to FILE, and show nothing: " REPORTS_SUFFIXES "; repeatable"},
    {OUTPUT, "output", "HOW", SHOWING, "what VMs printed: grouped, each or none"},
    {IGNORE, "ignore", "REGEX", SHOWING, "leave out what always differs in it; repeatable"},
    {PROGRESS, "progress", "HOW", RUNNING, "auto, live, plain, json or none"},
    {COLOR, "color", "WHEN", RUNNING | ON_REPORT, "auto, always or never"},
    {INJECT, "inject", "SPEC", ON_REHEARSE,
     "let targets fail: SELECTORS=FAULT[:VALUE][@PERCENT]; repeatable"},
    {INJECT, "inject", "SPEC", ON_RERUN,
     "of a rehearsal: let targets fail, see azfan rehearse --help; repeatable"},
    {SEED, "seed", "N", ON_REHEARSE | ON_RERUN,
     "another rehearsal: other durations, other victims"},
    {EXECUTE, "execute", NULL, ON_REHEARSE,
     "really run the script, on this machine, once a target"},
    {EXECUTE, "execute", NULL, ON_RERUN, "of a rehearsal: really run the script, on this machine"},
    {OVERLAP, "overlap", NULL, RUNNING, "run though another run has some of these VMs"},
    {YES, "yes", NULL, RUNNING, "do not ask whether to go on"},
    {QUIET, "quiet", NULL, RUNNING | ON_CHECK, "no lines for what is ok"},
    {QUIET, "quiet", NULL, ON_REPORT, "no lines for each target, only the summary"},
    {QUIET, "quiet", NULL, ON_RUNS, "not a word when there is no run yet"},
    {VERBOSE, "verbose", NULL, RUNNING, "show what each VM printed"},
    {HELP, "help", NULL, ~0U, "show this help"},
    {VERSION, "version", NULL, ~0U, "show the version"},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

/* ---- help --------------------------------------------------------------------------------- */

static void print_options(struct buffer *buffer, enum commands_id about)
{
    buffer_add(buffer, "\nOptions:\n");
    for (int i = 0; i < ROWS; i++) {
        char form[64];

        if ((rows[i].commands & 1U << about) == 0)
            continue;
        (void)snprintf(form, sizeof form, "--%s%s%s", rows[i].name,
                       rows[i].argument != NULL ? " " : "",
                       rows[i].argument != NULL ? rows[i].argument : "");
        if (rows[i].id < 256)
            buffer_print(buffer, "  -%c, ", (char)rows[i].id);
        else
            buffer_add(buffer, "      ");
        buffer_print(buffer, "%-22s %s\n", form, rows[i].help);
    }
    if (about == COMMAND_REHEARSE) {
        buffer_add(buffer, "\nFaults:\n");
        simulator_describe_faults(buffer);
    }
}

void options_print_help(struct buffer *buffer, enum commands_id about)
{
    const char *word = commands_operand_word(commands[about].operand);

    if (about != COMMAND_HELP) {
        buffer_print(buffer, "Usage: azfan %s [OPTIONS]%s%s%s\n\n%s.\n", commands[about].name,
                     word[0] != '\0' ? " " : "", word,
                     commands[about].passes_arguments ? " [-- ARGUMENT...]" : "",
                     commands[about].help);
        print_options(buffer, about);
        return;
    }
    buffer_add(buffer, "Usage: azfan COMMAND [OPTIONS] [JOB or RUN]\n\n"
                       "Runs one script on many Azure VMs and says what became of every one.\n\n"
                       "Commands:\n");
    for (int i = 0; i < COMMANDS_COUNT; i++) {
        buffer_print(buffer, "  %-9s %-10s %s\n", commands[i].name,
                     commands_operand_word(commands[i].operand), commands[i].help);
    }
    buffer_add(buffer,
               "\n'azfan COMMAND --help' lists a command's options. The manual is azfan(1), "
               "the job file azfan-job(5).\n");
}

/* ---- reading ------------------------------------------------------------------------------ */

static void list_add(struct options_list *list, const char *value)
{
    list->list = memory_grow(list->list, list->count, sizeof *list->list);
    list->list[list->count++] = value;
}

/* What WORD is in WORDS, or -1. */
static int find_word(const char *word, const char *const *words, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0)
            return i;
    }
    return -1;
}

static int read_color(const char *value, struct options *options, struct error *error)
{
    static const char *const words[] = {"auto", "always", "never"};
    int choice = find_word(value, words, 3);

    if (choice < 0)
        return error_set(error, "--color is auto, always or never, not %s", value);
    options->color = (enum style_choice)choice;
    return 0;
}

static int read_progress(const char *value, struct options *options, struct error *error)
{
    static const char *const words[] = {"auto", "live", "plain", "json", "none"};
    int choice = find_word(value, words, 5);

    if (choice < 0)
        return error_set(error, "--progress is auto, live, plain, json or none, not %s", value);
    options->progress = (enum options_progress)choice;
    return 0;
}

static int read_output(const char *value, struct options *options, struct error *error)
{
    static const char *const words[] = {"grouped", "each", "none"};
    int choice = find_word(value, words, 3);

    if (choice < 0)
        return error_set(error, "--output is grouped, each or none, not %s", value);
    options->output = (enum options_output)(OUTPUT_GROUPED + choice);
    return 0;
}

static int read_report(const char *value, struct options *options, struct error *error)
{
    if (!reports_knows(value))
        return error_set(error,
                         "cannot tell the format of --report %s: the name must end in one "
                         "of " REPORTS_SUFFIXES,
                         value);
    list_add(&options->reports, value);
    return 0;
}

/* The same values as in a job file. */
static int read_value(const char *name, enum keytable_key key, const char *value, int64_t *ret,
                      struct error *error)
{
    struct error cause;

    if (jobkeys_parse(key, value, ret, &cause) < 0)
        return error_set(error, "--%s %s", name, cause.text);
    return 0;
}

static int read_seed(const char *value, struct options *options, struct error *error)
{
    struct error cause;
    int64_t seed = 0;

    if (number_parse(value, 0, INT64_MAX, &seed, &cause) < 0)
        return error_set(error, "--seed %s", cause.text);
    options->seed = (uint64_t)seed;
    return 0;
}

static int read_concurrency(const char *value, struct options *options, struct error *error)
{
    int64_t concurrency = 0;

    if (read_value("concurrency", KEY_CONCURRENCY, value, &concurrency, error) < 0)
        return -1;
    options->concurrency = (int)concurrency;
    return 0;
}

static int read_confirm(const char *value, struct options *options, struct error *error)
{
    int64_t confirm = 0;

    if (read_value("confirm", KEY_CONFIRM, value, &confirm, error) < 0)
        return -1;
    options->confirm = (size_t)confirm;
    options->has_confirm = true;
    return 0;
}

/* "failed,timeout" */
static int read_only(const char *value, struct options *options, struct error *error)
{
    char *words = memory_string(value);
    int result = 0;

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

static int read_injection(const char *value, struct options *options, struct error *error)
{
    struct error cause;

    if (simulator_check_injection(value, &cause) < 0)
        return error_set(error, "--inject %s: %s", value, cause.text);
    list_add(&options->injections, value);
    return 0;
}

static int read_option(const struct option_row *row, const char *value, struct options *options,
                       struct error *error)
{
    switch (row->id) {
    case CONCURRENCY:
        return read_concurrency(value, options, error);
    case TIMEOUT:
        return read_value(row->name, KEY_TIMEOUT, value, &options->timeout, error);
    case DEADLINE:
        return read_value(row->name, KEY_DEADLINE, value, &options->deadline, error);
    case CONFIRM:
        return read_confirm(value, options, error);
    case NAMES:
        options->names = true;
        return 0;
    case IDS:
        options->ids = true;
        return 0;
    case LIMIT:
        list_add(&options->limits, value);
        return 0;
    case EXCLUDE:
        list_add(&options->excludes, value);
        return 0;
    case SET:
        list_add(&options->settings, value);
        return 0;
    case AZ:
        options->az = value;
        return 0;
    case RUN_DIR:
        options->run_dir = value;
        return 0;
    case REPORT:
        return read_report(value, options, error);
    case PROGRESS:
        return read_progress(value, options, error);
    case OUTPUT:
        return read_output(value, options, error);
    case IGNORE:
        return ignore_add(&options->ignore, value, error);
    case COLOR:
        return read_color(value, options, error);
    case INJECT:
        return read_injection(value, options, error);
    case SEED:
        return read_seed(value, options, error);
    case EXECUTE:
        options->execute = true;
        return 0;
    case ONLY:
        return read_only(value, options, error);
    case CHANGED:
        options->changed = true;
        return 0;
    case NOW:
        options->now = true;
        return 0;
    case AGAIN:
        options->again = true;
        return 0;
    case OVERLAP:
        options->overlap = true;
        return 0;
    case YES:
        options->yes = true;
        return 0;
    case QUIET:
        options->quiet = true;
        return 0;
    case VERBOSE:
        options->verbose = true;
        return 0;
    case HELP:
        options->help_about = options->command;
        options->command = COMMAND_HELP;
        return 0;
    case VERSION:
        options->command = COMMAND_VERSION;
        return 0;
    }
    return 0;
}

static const struct option_row *find_row(int id)
{
    for (int i = 0; i < ROWS; i++) {
        if ((int)rows[i].id == id)
            return &rows[i];
    }
    return NULL;
}

static const char *nearest_option(const char *word, enum commands_id command)
{
    const char *names[ROWS];
    size_t count = 0;

    for (int i = 0; i < ROWS; i++) {
        if ((rows[i].commands & 1U << command) != 0)
            names[count++] = rows[i].name;
    }
    return nearest_word(word, names, count);
}

/* getopt_long() found nothing it knows at ARGUMENT, or no value behind it. */
static int complain(int code, const char *argument, enum commands_id command, struct error *error)
{
    const char *name = commands[command].name;
    const char *nearest =
        argument[0] == '-' && argument[1] == '-' ? nearest_option(argument + 2, command) : NULL;

    if (code == ':')
        return error_set(error, "%s needs a value; see azfan %s --help", argument, name);
    if (nearest != NULL)
        return error_set(error, "azfan %s has no option %s; did you mean --%s?", name, argument,
                         nearest);
    return error_set(error, "azfan %s has no option %s; see azfan %s --help", name, argument, name);
}

/*
 * What stands behind --: the script's arguments, where the command takes some; but a job that does
 * not stand before it is the first word behind it, and another -- may follow that.
 */
static void read_rest(int count, char **words, struct options *options)
{
    const struct commands_row *command = &commands[options->command];
    bool takes = command->passes_arguments;
    bool names_job = !takes || (options->jobs.count == 0 && command->operand != OPERAND_RUN);

    for (int i = 0; i < count; i++) {
        if (!names_job) {
            list_add(&options->args, words[i]);
        } else if (takes && options->jobs.count > 0 && strcmp(words[i], "--") == 0) {
            names_job = false;
        } else {
            list_add(&options->jobs, words[i]);
        }
    }
    options->has_args = !names_job;
}

/* The option as the user wrote it: optind is behind it, or on it within a cluster of short ones. */
static int read_options(int argc, char **argv, struct options *options, struct error *error)
{
    struct option known[ROWS + 1] = {{NULL, 0, NULL, 0}};
    char letters[2 * ROWS + 3] = "-:"; /* words that are no option come in their place, as 1 */
    enum commands_id command = options->command;
    int before = 1;
    int code;

    for (int i = 0, count = 0; i < ROWS; i++) {
        bool takes = rows[i].argument != NULL;

        if ((rows[i].commands & 1U << command) == 0)
            continue;
        known[count++] = (struct option){rows[i].name, takes ? required_argument : no_argument,
                                         NULL, (int)rows[i].id};
        if (rows[i].id < 256)
            (void)snprintf(letters + strlen(letters), 3, "%c%s", (char)rows[i].id,
                           takes ? ":" : "");
    }
    opterr = 0;
    optind = 0; /* GNU: start anew */
    while ((code = getopt_long(argc, argv, letters, known, NULL)) != -1) {
        const struct option_row *row = find_row(code);
        char letter[3] = {'-', (char)optopt, '\0'};

        before = optind;
        if (code == WORD) {
            list_add(&options->jobs, optarg);
            continue;
        }
        if (row == NULL)
            return complain(code, optopt > 0 && optopt < 256 ? letter : argv[optind - 1], command,
                            error);
        if (read_option(row, optarg, options, error) < 0)
            return -1;
    }
    if (optind > before) /* behind a -- */
        read_rest(argc - optind, argv + optind, options);
    return 0;
}

/* Is there as much beside the options as the command takes? */
static int check_operands(const struct options *options, struct error *error)
{
    const struct commands_row *command = &commands[options->command];
    const char *const *list = options->jobs.list;
    size_t count = options->jobs.count;

    /* By an option, they may stand among anything. */
    if (options->command == COMMAND_HELP || options->command == COMMAND_VERSION)
        return 0;
    switch (command->operand) {
    case OPERAND_NONE:
        return count == 0 ? 0
                          : error_set(error, "azfan %s takes no argument, and got %s",
                                      command->name, list[0]);
    case OPERAND_RUN:
        return count <= 1 ? 0
                          : error_set(error, "azfan %s takes one run, not %zu (%s, %s…)",
                                      command->name, count, list[0], list[1]);
    case OPERAND_JOB:
    case OPERAND_JOBS:
        if (count == 0)
            return error_set(error, "which job? azfan %s %s", command->name,
                             commands_operand_word(command->operand));
        if (count > 1 && command->operand == OPERAND_JOB)
            return error_set(error, "azfan %s takes one job file, not %zu (%s, %s…)", command->name,
                             count, list[0], list[1]);
        return 0;
    case OPERAND_COMMAND:
        break;
    }
    return 0;
}

int options_parse(int argc, char **argv, struct options *ret, struct error *error)
{
    *ret = (struct options){.command = COMMAND_HELP, .help_about = COMMAND_HELP};
    if (argc < 2)
        return error_set(error, "what shall it do? azfan --help lists the commands");
    if (argv[1][0] == '-' && argv[1][1] != '\0') { /* azfan --help, azfan --version */
        if (read_options(argc, argv, ret, error) < 0)
            return -1;
        ret->help_about = COMMAND_HELP;
        return 0;
    }
    if (commands_find(argv[1], &ret->command, error) < 0)
        return -1;
    if (ret->command == COMMAND_HELP && argc > 3 && argv[2][0] != '-')
        return error_set(error, "azfan help takes one command, not %d", argc - 2);
    if (ret->command == COMMAND_HELP && argc > 2 && argv[2][0] != '-')
        return commands_find(argv[2], &ret->help_about, error);
    if (read_options(argc - 1, argv + 1, ret, error) < 0)
        return -1;
    return check_operands(ret, error);
}

struct overrides options_overrides(const struct options *options)
{
    const char *environment = getenv("AZFAN_AZ");

    if (environment != NULL && environment[0] == '\0')
        environment = NULL;
    return (struct overrides){.concurrency = options->concurrency,
                              .timeout = options->timeout,
                              .deadline = options->deadline,
                              .has_confirm = options->has_confirm,
                              .confirm = options->confirm,
                              .az = options->az != NULL ? options->az : environment,
                              .settings = options->settings.list,
                              .setting_count = options->settings.count,
                              .has_args = options->has_args,
                              .args = options->args.list,
                              .arg_count = options->args.count,
                              .limits = options->limits.list,
                              .limit_count = options->limits.count,
                              .excludes = options->excludes.list,
                              .exclude_count = options->excludes.count,
                              .injections = options->injections.list,
                              .injection_count = options->injections.count};
}

void options_done(struct options *options)
{
    free(options->jobs.list);
    free(options->args.list);
    free(options->limits.list);
    free(options->excludes.list);
    free(options->settings.list);
    free(options->reports.list);
    free(options->injections.list);
    ignore_done(&options->ignore);
}
