/* SPDX-License-Identifier: MIT */
/*
 * tell: a word to the user, in which nothing from outside does anything to a terminal.
 */
#ifndef AZFAN_CLI_TELL_H
#define AZFAN_CLI_TELL_H

struct buffer;

/*
 * Prints "azfan: TEXT" on standard error, in one line and without the control
 * characters that a file's name may bring along. Returns STATUS.
 */
int tell(int status, const char *text);

/* Prints BUFFER, which may have many lines, on standard output. */
void tell_plainly(const struct buffer *buffer);

#endif
