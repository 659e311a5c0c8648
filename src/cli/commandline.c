/* SPDX-License-Identifier: MIT */
#include "cli/commandline.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/habit.h"
#include "cli/options.h"
#include "cli/optiontable.h"

/* What getopt_long() calls a word that is no option, and the long form of the first row. */
enum { WORD = 1, LONG = 256 };

static const char *nearest_option(const char *word, enum commands_id command)
{
    const char *names[OPTIONTABLE_COUNT];
    size_t count = 0;

    for (int i = 0; i < OPTIONTABLE_COUNT; i++) {
        if (optiontable_has(&optiontable[i], command))
            names[count++] = optiontable[i].name;
    }
    return nearest_word(word, names, count);
}

/* getopt_long() found nothing it knows at ARGUMENT, or no value after it, or one that it takes not.
 */
static int complain(int code, const char *argument, enum commands_id command, struct error *error)
{
    char program[32] = "azfan"; /* its options stand after it, or after a command */
    const char *habit = habit_of_option(argument, command);
    const char *nearest =
        argument[0] == '-' && argument[1] == '-' ? nearest_option(argument + 2, command) : NULL;

    if (command != COMMAND_HELP)
        (void)snprintf(program, sizeof program, "azfan %s", commands[command].name);
    if (code == ':')
        return error_set(error, "%s needs a value; see %s --help", argument, program);
    if (optopt >= LONG)
        return error_set(error, "%s takes no value; see %s --help", argument, program);
    if (habit != NULL)
        return error_set(error, "%s has no option %s; %s", program, argument, habit);
    if (nearest != NULL)
        return error_set(error, "%s has no option %s; did you mean --%s?", program, argument,
                         nearest);
    return error_set(error, "%s has no option %s; see %s --help", program, argument, program);
}

/*
 * What stands after --: the script's arguments, where the command takes some; but a job that does
 * not stand before it is the first word after it, and another -- may follow that.
 */
static void read_rest(int count, char **words, struct options *options)
{
    const struct commands_row *command = &commands[options->command];
    bool takes = command->passes_arguments;
    bool names_job = !takes || (options->jobs.count == 0 && command->operand == OPERAND_JOB);

    for (int i = 0; i < count; i++) {
        if (!names_job) {
            options_add(&options->args, words[i]);
        } else if (takes && options->jobs.count > 0 && strcmp(words[i], "--") == 0) {
            names_job = false;
        } else {
            options_add(&options->jobs, words[i]);
        }
    }
    options->has_args = !names_job;
}

/* What getopt_long() is to know of a command's options. */
struct known {
    struct option options[OPTIONTABLE_COUNT + 1];
    char letters[2 * OPTIONTABLE_COUNT + 3];
};

static struct known list_known(enum commands_id command)
{
    /* Words that are no option come in their place, and a value that is missing as ':'. */
    struct known known = {.letters = "-:"};
    size_t count = 0;

    for (int i = 0; i < OPTIONTABLE_COUNT; i++) {
        const struct optiontable_row *row = &optiontable[i];
        bool takes = row->argument != NULL;

        if (!optiontable_has(row, command))
            continue;
        known.options[count++] =
            (struct option){row->name, takes ? required_argument : no_argument, NULL, LONG + i};
        if (row->letter != 0)
            (void)snprintf(known.letters + strlen(known.letters), 3, "%c%s", row->letter,
                           takes ? ":" : "");
    }
    return known;
}

/* The row of what getopt_long() has found; NULL: it is none that COMMAND has. */
static const struct optiontable_row *find_row(int code, enum commands_id command)
{
    if (code >= LONG)
        return &optiontable[code - LONG];
    for (int i = 0; i < OPTIONTABLE_COUNT; i++) {
        if (optiontable[i].letter == code && optiontable_has(&optiontable[i], command))
            return &optiontable[i];
    }
    return NULL;
}

/*
 * Is this a word of exec's command, where its -- is forgotten: `exec web-01 df -h`? With two words
 * before it, and not one that exec knows itself; but -h is also that of many commands.
 */
static bool is_of_command(const struct options *options, int code)
{
    return commands[options->command].operand == OPERAND_TARGETS && options->jobs.count > 1 &&
           (code == '?' || code == 'h');
}

static int read_options(int argc, char **argv, struct options *options, struct error *error)
{
    enum commands_id command = options->command; /* --help makes another one of it */
    struct known known = list_known(command);
    int before = 1; /* the word that is read next */
    int code;

    opterr = 0;
    optind = 0; /* GNU: start anew */
    while ((code = getopt_long(argc, argv, known.letters, known.options, NULL)) != -1) {
        const struct optiontable_row *row = find_row(code, command);
        char letter[3] = {'-', (char)optopt, '\0'};
        bool is_letter = optopt > 0 && optopt < 0x80; /* else it may be half a character */

        if (is_of_command(options, code))
            return error_set(error,
                             "the command goes after --: azfan %s TARGET... "
                             "-- %s... %s",
                             commands[command].name, options->jobs.list[options->jobs.count - 1],
                             argv[before]);
        if (row == NULL && code != WORD)
            return complain(code, is_letter ? letter : argv[before], command, error);
        before = optind;
        if (code == WORD)
            options_add(&options->jobs, optarg);
        else if (row->take(row, optarg, options, error) < 0)
            return -1;
    }
    if (optind > before) /* after a -- */
        read_rest(argc - optind, argv + optind, options);
    return 0;
}

/* What stands after the first two of COUNT words. */
static const char *dots_after_two(size_t count)
{
    return count > 2 ? ", …" : "";
}

/* More than one word, where one is a job file: often the others are VMs. */
static int refuse_words(const struct options *options, struct error *error)
{
    const char *const *list = options->jobs.list;
    struct buffer vms = BUFFER_INIT;

    for (size_t i = 1; i < options->jobs.count && !habit_names_job(list[i]); i++)
        buffer_print(&vms, "%s%s", i == 1 ? "; for some of its VMs: --limit " : ",", list[i]);
    (void)error_set(error, "azfan %s takes one job file, not %zu (%s, %s%s)%s",
                    commands[options->command].name, options->jobs.count, list[0], list[1],
                    dots_after_two(options->jobs.count), buffer_text(&vms));
    buffer_done(&vms);
    return -1;
}

/* Is there as much beside the options as the command takes? */
static int check_operands(const struct options *options, struct error *error)
{
    const struct commands_row *command = &commands[options->command];
    const char *const *list = options->jobs.list;
    size_t count = options->jobs.count;
    const char *more = dots_after_two(count);

    /* By an option, they may stand among anything. */
    if (options->command == COMMAND_HELP || options->command == COMMAND_VERSION)
        return 0;
    switch (command->operand) {
    case OPERAND_NONE:
        return count == 0 ? 0
                          : error_set(error, "azfan %s takes no argument, but got %s",
                                      command->name, list[0]);
    case OPERAND_RUN:
        return count <= 1 ? 0
                          : error_set(error, "azfan %s takes one run, not %zu (%s, %s%s)",
                                      command->name, count, list[0], list[1], more);
    case OPERAND_RUNS:
        return count <= 1 ? 0
                          : error_set(error, "azfan %s takes one job, not %zu (%s, %s%s)",
                                      command->name, count, list[0], list[1], more);
    case OPERAND_JOB:
    case OPERAND_JOBS:
        if (count == 0)
            return error_set(error, "which job? azfan %s %s", command->name,
                             commands_operand_word(command->operand));
        if (count > 1 && command->operand == OPERAND_JOB)
            return refuse_words(options, error);
        return 0;
    case OPERAND_TARGETS:
        if (count == 0 && options->targets == NULL)
            return error_set(error, "which VMs? azfan %s TARGET... -- COMMAND...", command->name);
        if (options->script == NULL && options->args.count == 0)
            return error_set(error,
                             "what is to be run? azfan %s TARGET... -- COMMAND..., or --script "
                             "FILE",
                             command->name);
        return 0;
    case OPERAND_COMMAND:
        break;
    }
    return 0;
}

static int find_command(const char *word, enum commands_id *ret, struct error *error)
{
    int result = commands_find(word, ret, error);
    char *habit = result < 0 ? habit_of_command(word) : NULL;

    if (habit != NULL)
        (void)error_set(error, "there is no command %s; %s", word, habit);
    free(habit);
    return result;
}

int commandline_read(int argc, char **argv, struct options *ret, struct error *error)
{
    *ret = (struct options){.command = COMMAND_HELP, .help_about = COMMAND_HELP};
    if (argc < 2)
        return error_set(error, "which command?");
    if (argv[1][0] == '-' && argv[1][1] != '\0') /* azfan --help, azfan --version */
        return read_options(argc, argv, ret, error);
    if (find_command(argv[1], &ret->command, error) < 0)
        return -1;
    ret->help_about = ret->command;
    if (ret->command == COMMAND_HELP && argc > 3 && argv[2][0] != '-')
        return error_set(error, "azfan help takes one command, not %d", argc - 2);
    if (ret->command == COMMAND_HELP && argc > 2 && argv[2][0] != '-')
        return find_command(argv[2], &ret->help_about, error);
    if (read_options(argc - 1, argv + 1, ret, error) < 0)
        return -1;
    return check_operands(ret, error);
}
