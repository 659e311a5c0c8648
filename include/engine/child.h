/* SPDX-License-Identifier: MIT */
/*
 * child: one process, its group and its pipes.
 *
 * The only file that knows posix_spawn(), pidfds, waiting and kill(). A child
 * gets a session (and so a process group) of its own, /dev/null as standard
 * input (but see `led`), default signals, an empty mask, and no descriptor
 * beyond 0-2 that its command does not name.
 *
 * Order: child_start(); then child_signal() as often as needed; once
 * child_has_exited(), child_kill_rest() while the leader is still a zombie
 * (its number cannot have been recycled then), and last child_reap(), which
 * ends it. One thread owns a child from start to reap. Linux >= 5.4.
 */
#ifndef AZFAN_ENGINE_CHILD_H
#define AZFAN_ENGINE_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* The descriptors beyond standard error that a child may get. */
enum { CHILD_EXTRA = 3, CHILD_LEAD = 4 };

struct child_command {
    const char *program;      /* an absolute path */
    char *const *arguments;   /* NULL-terminated, with argv[0] */
    char *const *environment; /* NULL-terminated */
    const char *folder;       /* the child's working folder; NULL: ours */
    int input;                /* a descriptor to be its standard input; -1: /dev/null */
    int output;               /* likewise; -1: a pipe to us */
    int errors;               /* likewise */
    int extra;                /* a descriptor to be its CHILD_EXTRA; 0: none */
    bool led; /* its standard input is a socket, or its CHILD_LEAD where it has an extra: on that
                 the child says that it is ready, and at its end it goes on */
};

struct child {
    int pid;
    int pidfd;  /* readable when the leader has exited */
    int output; /* our ends of the pipes, non-blocking; -1 when there is none or it is closed */
    int errors;
    int lead; /* likewise, of a child that is led: a socket */
};

struct child_exit {
    bool known;    /* false: somebody else took the status (ECHILD), or a tracer holds it */
    bool signaled; /* ended by a signal; then STATUS is its number, else the exit status */
    int status;
    int64_t cpu_time; /* nanoseconds of user and system time: the leader and what it waited for */
    long max_rss_kib; /* the largest of the same processes */
};

/*
 * Starts COMMAND. On error nothing is left behind; returns the negative errno
 * that posix_spawn(), pipe2() or pidfd_open() gave, and error says which.
 */
int child_start(struct child *child, const struct child_command *command, struct error *error);

/*
 * Kills what the thread THREAD_ID (the kernel's number) is starting at this moment: a child_start()
 * that does not return, since the program's file or folder hangs. True: there was something, and it
 * is certain that its program never runs. Any thread.
 */
bool child_kill_unborn(int thread_id);

/* Sends SIGNAL to the whole process group. Only before child_reap(). */
void child_signal(const struct child *child, int signal);

/* Has the leader exited (a zombie counts)? Does not wait. */
bool child_has_exited(const struct child *child);

/*
 * Kills what is left of the group after the leader's exit, and what has left
 * the group but not the session; reaps those of it that this process has adopted. Returns how many
 * of them it killed. Waits at most 500 ms for them. Counting needs the subreaper
 * (child_adopt_orphans()); killing does not.
 */
int child_kill_rest(const struct child *child);

/*
 * Closes the pipes, reaps the leader and closes the pidfd. Only after child_has_exited(). Waits at
 * most 500 ms: a zombie that somebody traces is left to child_sweep().
 */
void child_reap(struct child *child, struct child_exit *ret);

/* Gives up a child that will not die: closes everything, leaves the process to child_sweep(). */
void child_abandon(struct child *child);

/*
 * Makes this process the one that orphans of its children go to, and remembers
 * the children it had before (a shell may have left it some): those are never
 * touched. Main thread, before any other thread starts.
 */
void child_adopt_orphans(void);

/*
 * Reaps the orphans that have ended by now, so that daemons which children leave
 * do not pile up as zombies in a long run. Main thread, which must have
 * started no child itself; now and then.
 */
void child_reap_orphans(void);

/*
 * Kills every process that is our child and was not there at child_adopt_orphans(), its group, and
 * what they leave us, and reaps none. For the very end, when nothing else can be waited for: at
 * most 500 ms. Any thread, whatever the others do.
 */
void child_kill_all(void);

/*
 * Kills and reaps every process that is our child and was not there at
 * child_adopt_orphans(), and theirs, for at most one second. Returns how many
 * were still alive. Only when no other thread has a child any more.
 */
int child_sweep(void);

#endif
