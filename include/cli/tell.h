/* SPDX-License-Identifier: MIT */
/*
 * tell: a word to the user on standard error.
 */
#ifndef AZFAN_CLI_TELL_H
#define AZFAN_CLI_TELL_H

/*
 * Prints "azfan: TEXT" on standard error, in one line and without the control
 * characters that a file's name may bring along. Returns STATUS.
 */
int tell(int status, const char *text);

#endif
