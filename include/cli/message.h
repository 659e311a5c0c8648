/* SPDX-License-Identifier: MIT */
/*
 * message: a word to the user, in which nothing from outside does anything to a terminal.
 */
#ifndef AZFAN_CLI_MESSAGE_H
#define AZFAN_CLI_MESSAGE_H

struct buffer;

/*
 * Prints "azfan: TEXT" on standard error, in one line and without the control
 * characters that a file's name may bring along; on a terminal broken between words. Returns
 * STATUS.
 */
int message_fail(int status, const char *text);

/* Prints BUFFER, which may have many lines, on standard output. */
void message_print(const struct buffer *buffer);

#endif
