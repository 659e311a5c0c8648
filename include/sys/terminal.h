/* SPDX-License-Identifier: MIT */
/*
 * terminal: what the kernel and the environment know of a terminal.
 *
 * Asks only: no mode is ever changed. Each takes a descriptor, which may be no terminal at all.
 * What is to be done with the answer (colours, lines that are drawn anew, a question) is the
 * business of who asks. Main thread.
 */
#ifndef AZFAN_SYS_TERMINAL_H
#define AZFAN_SYS_TERMINAL_H

#include <stdbool.h>

struct terminal_size {
    int columns; /* 0: not known; likewise */
    int rows;
};

/* Is it a terminal at all? */
bool terminal_is(int fd);

/* Is it one that knows escape sequences: does TERM name one, other than "dumb"? */
bool terminal_has_escapes(int fd);

/* How large it is now. */
struct terminal_size terminal_size(int fd);

/* Is this process in its foreground? Where it has none to be in: yes. */
bool terminal_is_ours(int fd);

/* Are ONE and OTHER the same terminal, also when one was opened as /dev/tty? */
bool terminal_is_same(int one, int other);

/* Does what is typed there show, line by line? */
bool terminal_echoes(int fd);

/* How many bytes wait there to be read: of whole lines, where it hands over lines. */
int terminal_waiting(int fd);

/* A descriptor that can be read each time a line has been typed there, until
 * terminal_clear_watch(); what was typed stays where it is. -1: there is none. */
int terminal_watch_lines(int fd);
void terminal_clear_watch(int watch);

/* Is this process a job of its own, to which a shell has lent its terminal? Then the shell takes it
 * back, and writes there, when the process is stopped. */
bool terminal_is_lent(void);

/* Another descriptor of the same terminal that never waits, for reading; -1: there is none. */
int terminal_open_again(int fd);

/* Is what the environment calls its text UTF-8? The program's own locale stays as it is. */
bool terminal_is_unicode(void);

#endif
