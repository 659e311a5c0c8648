/* SPDX-License-Identifier: MIT */
#include "sys/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* nohup and a shell's background jobs start us with signals ignored; that is the user's word. */
static void add_unless_ignored(sigset_t *set, int signal_number)
{
    struct sigaction old;

    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        (void)sigaddset(set, signal_number);
}

int signals_open(void)
{
    sigset_t set;
    int fd;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file over the limit (ulimit -f) is an error of write() */
    (void)signal(SIGCHLD, SIG_DFL);
    (void)sigemptyset(&set);
    add_unless_ignored(&set, SIGINT);
    add_unless_ignored(&set, SIGTERM);
    add_unless_ignored(&set, SIGHUP);
    add_unless_ignored(&set, SIGQUIT);
    add_unless_ignored(&set, SIGCONT); /* blocked or not, it lets a stopped process go on */
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

void signals_release(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGQUIT);
    (void)sigaddset(&set, SIGCONT);
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
