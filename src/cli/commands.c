/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <string.h>

#include "base/nearest.h"
#include "cli/cli.h"

/* In the order of --help. */
const struct commands_row commands[COMMANDS_COUNT] = {
    [COMMAND_RUN] = {"run", OPERAND_JOB, true, cli_run, "run the job on its targets"},
    [COMMAND_REHEARSE] = {"rehearse", OPERAND_JOB, true, cli_rehearse,
                          "the same run against a simulated Azure: no cloud, no login"},
    [COMMAND_EXEC] = {"exec", OPERAND_TARGETS, true, cli_exec,
                      "run a command or a script on targets, without a job file"},
    [COMMAND_PLAN] = {"plan", OPERAND_JOB, true, cli_plan,
                      "show what run would do, and start nothing"},
    [COMMAND_CHECK] = {"check", OPERAND_JOBS, false, cli_check,
                       "validate job files, or all those in a folder"},
    [COMMAND_TARGETS] = {"targets", OPERAND_JOB, false, cli_targets,
                         "show the selected targets and where they are"},
    [COMMAND_REPORT] = {"report", OPERAND_RUN, false, cli_report,
                        "show a past run again: by its id or job, or the latest"},
    [COMMAND_RERUN] = {"rerun", OPERAND_RUN, true, cli_rerun,
                       "rerun the targets of a past run that are not ok"},
    [COMMAND_RECOVER] = {"recover", OPERAND_RUN, true, cli_recover,
                         "ask Azure what became of a past run's unknown ends, and run nothing"},
    [COMMAND_RUNS] = {"runs", OPERAND_RUNS, false, cli_runs,
                      "list past runs, or a job's, newest first"},
    [COMMAND_WATCH] = {"watch", OPERAND_RUN, false, cli_watch,
                       "show a run that goes on elsewhere, until it is over"},
    [COMMAND_STOP] = {"stop", OPERAND_RUN, false, cli_stop,
                      "end a run that goes on elsewhere, and wait until it is over"},
    [COMMAND_PRUNE] = {"prune", OPERAND_NONE, false, cli_prune, "delete old runs"},
    [COMMAND_SCHEMA] = {"schema", OPERAND_NONE, false, cli_schema,
                        "print the JSON Schema of job files, for editors"},
    [COMMAND_MK] = {"mk", OPERAND_NONE, false, cli_mk,
                    "print where azfan.mk is, for make: include $(shell azfan mk)"},
    [COMMAND_HELP] = {"help", OPERAND_COMMAND, false, cli_help, "show this help, or a command's"},
    [COMMAND_VERSION] = {"version", OPERAND_NONE, false, cli_version, "show the version"},
};

const char *commands_operand_word(enum commands_operand operand)
{
    static const char *const words[] = {[OPERAND_NONE] = "",
                                        [OPERAND_JOB] = "JOB",
                                        [OPERAND_JOBS] = "JOB...",
                                        [OPERAND_RUN] = "[RUN]",
                                        [OPERAND_RUNS] = "[JOB]",
                                        [OPERAND_TARGETS] = "TARGET...",
                                        [OPERAND_COMMAND] = "[COMMAND]"};

    return words[operand];
}

int commands_find(const char *word, enum commands_id *ret, struct error *error)
{
    const char *names[COMMANDS_COUNT];
    const char *nearest;

    for (int i = 0; i < COMMANDS_COUNT; i++) {
        names[i] = commands[i].name;
        if (strcmp(word, names[i]) != 0)
            continue;
        *ret = (enum commands_id)i;
        return 0;
    }
    nearest = nearest_word(word, names, COMMANDS_COUNT);
    if (nearest != NULL)
        return error_set(error, "there is no command %s; did you mean %s?", word, nearest);
    return error_set(error, "there is no command %s; azfan --help lists them", word);
}
