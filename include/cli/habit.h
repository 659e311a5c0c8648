/* SPDX-License-Identifier: MIT */
/*
 * habit: what people type who are used to another tool, and what azfan has for it.
 *
 * Pure, but for habit_find_job(). A text is half a sentence, to stand after "there is no …; ".
 */
#ifndef AZFAN_CLI_HABIT_H
#define AZFAN_CLI_HABIT_H

#include "cli/commands.h"

/* For WORD, which is no command; NULL: nothing is known of it. free() it. */
char *habit_of_command(const char *word);

/* For ARGUMENT ("-n", "--dry-run=1"), which is no option of COMMAND; NULL likewise. */
const char *habit_of_option(const char *argument, enum commands_id command);

/* The job file that is meant by PATH, which is not there; NULL: there is none. free() it. */
char *habit_find_job(const char *path);

/* Is it called like a job file? */
bool habit_names_job(const char *word);

#endif
