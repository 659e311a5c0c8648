/* SPDX-License-Identifier: MIT */
#include "sys/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int watched[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                              SIGTSTP, SIGCONT, SIGUSR1, SIGWINCH};

enum { WATCHED = sizeof watched / sizeof watched[0] };

/* nohup and a shell's background jobs start us with signals ignored; that is the user's word. */
static void add_unless_ignored(sigset_t *set, int signal_number)
{
    struct sigaction old;

    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        (void)sigaddset(set, signal_number);
}

void signals_expect_children(void)
{
    (void)signal(SIGXFSZ, SIG_IGN); /* a file over the limit (ulimit -f) is an error of write() */
    (void)signal(SIGCHLD, SIG_DFL);
}

void signals_outlive_readers(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
}

int signals_open(void)
{
    sigset_t set;
    int fd;

    signals_outlive_readers();
    signals_expect_children();
    (void)signal(SIGTTOU, SIG_IGN);
    (void)sigemptyset(&set);
    for (int i = 0; i < WATCHED; i++)
        add_unless_ignored(&set, watched[i]);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

void signals_stop(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTSTP);
    (void)raise(SIGTSTP); /* pending while blocked; delivered by the next line */
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void signals_release(void)
{
    sigset_t set;

    (void)signal(SIGUSR1, SIG_IGN); /* it only asks, and there is nothing left to ask for */
    (void)sigemptyset(&set);
    for (int i = 0; i < WATCHED; i++)
        (void)sigaddset(&set, watched[i]);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int signals_read(int fd)
{
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof info) != (ssize_t)sizeof info)
        return 0;
    return (int)info.ssi_signo;
}

void signals_die_of(int signal_number)
{
    sigset_t set;

    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number); /* pending while blocked; delivered by the next line */
    (void)sigemptyset(&set);
    (void)sigaddset(&set, signal_number);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
