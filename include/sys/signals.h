/* SPDX-License-Identifier: MIT */
/*
 * signals: asynchronous signals as data to read, no handlers anywhere.
 *
 * signals_open() is called by the main thread before any other thread starts:
 * it blocks SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGUSR1 and
 * SIGWINCH (threads inherit that; one that was ignored at the start, as under
 * nohup, stays ignored), ignores SIGPIPE and SIGXFSZ (then errors of write(),
 * not deaths) and SIGTTOU (what is printed from the background must not stop
 * azfan, whose clocks go on), puts SIGCHLD back to its default (a parent may
 * have left it ignored, and then exit statuses would be lost), and returns a
 * descriptor that becomes readable when one of them arrives (run/warden reads it).
 *
 * SIGTSTP (Ctrl-Z) is read as well, so that the terminal can be left clean; then
 * signals_stop() does what it is for. azfan's children have sessions of their
 * own, so no terminal stops them: they go on, and so do deadlines.
 * SIGCONT lets azfan go on even though it is blocked (signal(7)); that it can be
 * read as well tells that the terminal may show something else by now. It is
 * no wish that anything end: shells, timeout(1) and systemd send it after
 * SIGTERM.
 */
#ifndef AZFAN_SYS_SIGNALS_H
#define AZFAN_SYS_SIGNALS_H

/* The descriptor (close-on-exec, non-blocking), or -errno. Owned by the caller. */
int signals_open(void);

/* The part of it that all of azfan needs: a reader that leaves is an error of write(), SIGPIPE,
 * which would be the exit status then, is ignored. Main thread. */
void signals_outlive_readers(void);

/* The part of it that a child for a moment needs, before signals_open() or without it: SIGXFSZ and
 * SIGCHLD. Main thread. */
void signals_expect_children(void);

/* Stops this process as Ctrl-Z does, and returns once it is continued; at once where nobody could
 * continue it (an orphaned process group). */
void signals_stop(void);

/*
 * Back to what signals do by themselves: from now on one of them ends this
 * process (SIGCONT, SIGUSR1 and SIGWINCH do nothing then). For the end, when nothing is left that
 * must be tidied up.
 */
void signals_release(void);

/* The next signal that has arrived, or 0 when there is none. */
int signals_read(int fd);

/* Ends this process by SIGNAL, so that its parent sees it. Returns only if that is impossible. */
void signals_die_of(int signal);

#endif
