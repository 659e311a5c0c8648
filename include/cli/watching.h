/* SPDX-License-Identifier: MIT */
/*
 * watching: a run that another azfan is at, shown until it is over.
 *
 * Prints the run as that azfan does, and its summary. Ctrl-C ends the watching alone.
 */
#ifndef AZFAN_CLI_WATCHING_H
#define AZFAN_CLI_WATCHING_H

struct buffer;
struct options;
struct result;

enum watching_end {
    WATCHING_OVER,
    WATCHING_INTERRUPTED, /* its azfan was killed */
    WATCHING_REMOVED,     /* it was given up before anything was started */
    WATCHING_LEFT,        /* the run goes on; *RET_SIGNAL has ended the watching */
    WATCHING_FAILED
};

/* The run in FOLDER; NOTES, lines that are said first, is emptied. Returns the run's exit status,
 * or what azfan is to exit with where it has none. */
int watching_run(const struct options *options, const char *folder, struct buffer *notes,
                 enum watching_end *ret, int *ret_signal);

/* The same of a run that was over before. */
int watching_tell_past(const struct options *options, const struct result *run);

#endif
