/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include <stdio.h>

#include "base/ascii.h"
#include "base/buffer.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/optiontable.h"
#include "simulator/plan.h"

/* What follows the options and operands of a command. */
static const char *rest_of(enum commands_id command)
{
    if (!commands[command].passes_arguments)
        return "";
    return commands[command].operand == OPERAND_TARGETS ? " [-- COMMAND...]" : " [-- ARGUMENT...]";
}

static void print_options(struct buffer *buffer, enum commands_id about)
{
    buffer_add(buffer, "\nOptions:\n");
    for (int i = 0; i < OPTIONTABLE_COUNT; i++) {
        const struct optiontable_row *row = &optiontable[i];
        char form[64];

        if (!optiontable_has(row, about))
            continue;
        (void)snprintf(form, sizeof form, "--%s%s%s", row->name, row->argument != NULL ? " " : "",
                       row->argument != NULL ? row->argument : "");
        if (row->letter != 0)
            buffer_print(buffer, "  -%c, ", row->letter);
        else
            buffer_add(buffer, "      ");
        buffer_print(buffer, "%-25s %s\n", form, row->help);
    }
    if (about == COMMAND_REHEARSE) {
        buffer_add(buffer, "\nFaults:\n");
        simulator_describe_faults(buffer);
    }
}

void help_print(struct buffer *buffer, enum commands_id about)
{
    const char *word = commands_operand_word(commands[about].operand);
    const char *help = commands[about].help;

    if (about != COMMAND_HELP) {
        buffer_print(buffer, "Usage: azfan %s [OPTIONS]%s%s%s\n\n%c%s.\n", commands[about].name,
                     word[0] != '\0' ? " " : "", word, rest_of(about), ascii_upper(help[0]),
                     help + 1);
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

int cli_help(const struct options *options, int *ret_signal)
{
    struct buffer buffer = BUFFER_INIT;

    (void)ret_signal;
    help_print(&buffer, options->help_about);
    (void)fputs(buffer_text(&buffer), stdout);
    buffer_done(&buffer);
    return 0;
}

int cli_version(const struct options *options, int *ret_signal)
{
    (void)options;
    (void)ret_signal;
    puts("azfan " AZFAN_VERSION);
    return 0;
}
