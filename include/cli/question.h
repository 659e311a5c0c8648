/* SPDX-License-Identifier: MIT */
/*
 * question: yes or no, asked of whoever sits at the terminal.
 *
 * Asked on standard error, answered on standard input. While nobody answers signals are taken, as
 * long as it takes. Main thread.
 */
#ifndef AZFAN_CLI_QUESTION_H
#define AZFAN_CLI_QUESTION_H

#include <stdbool.h>

struct live;
struct warden;

/* Are both terminals, and azfan in the foreground? Nobody else is ever asked. */
bool question_can_be_asked(void);

/*
 * Asks TEXT below what LIVE has shown. True: somebody said "y" or "yes". All else is no: another
 * answer or none (Ctrl-D), Ctrl-C, a terminal that has gone, and a signal that ends azfan, which is
 * in *RET_SIGNAL then (0: none; Ctrl-C is an answer).
 */
bool question_ask(struct live *live, struct warden *warden, const char *text, int *ret_signal);

#endif
