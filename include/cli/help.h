/* SPDX-License-Identifier: MIT */
/*
 * help: what --help says.
 */
#ifndef AZFAN_CLI_HELP_H
#define AZFAN_CLI_HELP_H

#include "cli/commands.h"

struct buffer;

/* Appends the help of the command ABOUT; of COMMAND_HELP: that of azfan itself. */
void help_print(struct buffer *buffer, enum commands_id about);

#endif
