/* SPDX-License-Identifier: MIT */
/*
 * commands: what a person can type after "azfan", in one table.
 *
 * Which options each takes stands in cli/optiontable. Constant.
 */
#ifndef AZFAN_CLI_COMMANDS_H
#define AZFAN_CLI_COMMANDS_H

#include <stdbool.h>

#include "base/error.h"

struct options;

enum commands_id {
    COMMAND_RUN,
    COMMAND_REHEARSE,
    COMMAND_EXEC,
    COMMAND_PLAN,
    COMMAND_CHECK,
    COMMAND_TARGETS,
    COMMAND_REPORT,
    COMMAND_RERUN,
    COMMAND_RECOVER,
    COMMAND_RUNS,
    COMMAND_WATCH,
    COMMAND_STOP,
    COMMAND_PRUNE,
    COMMAND_SCHEMA,
    COMMAND_MK,
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMANDS_COUNT
};

/* What stands beside a command's options. */
enum commands_operand {
    OPERAND_NONE,
    OPERAND_JOB,
    OPERAND_JOBS, /* at least one */
    OPERAND_RUN,  /* or none: the latest */
    OPERAND_RUNS, /* a job whose runs are meant, or none: all */
    OPERAND_TARGETS,
    OPERAND_COMMAND /* or none */
};

struct commands_row {
    const char *name;
    enum commands_operand operand;
    bool passes_arguments;                                       /* to the script: those after -- */
    int (*obey)(const struct options *options, int *ret_signal); /* as in cli/cli */
    const char *help;
};

extern const struct commands_row commands[COMMANDS_COUNT];

/* How --help has it; "" for none. */
const char *commands_operand_word(enum commands_operand operand);

/* -1: there is no command WORD; the error has the nearest. */
int commands_find(const char *word, enum commands_id *ret, struct error *error);

#endif
