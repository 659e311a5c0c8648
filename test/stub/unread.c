/* SPDX-License-Identifier: MIT */
/*
 * unread PROGRAM ARGUMENT...: runs a program on a terminal that nobody reads.
 *
 * Its standard output and error are a pseudo-terminal whose other side is kept
 * open and never read, as behind a stalled connection. Prints "pid N" when it
 * runs and "exit N" or "signal N" when it has ended.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int open_terminal(int *master)
{
    *master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*master < 0 || grantpt(*master) < 0 || unlockpt(*master) < 0)
        return -1;
    return open(ptsname(*master), O_RDWR | O_NOCTTY | O_CLOEXEC);
}

int main(int argc, char **argv)
{
    posix_spawn_file_actions_t actions;
    int master;
    int slave;
    int status;
    pid_t pid;

    (void)alarm(60);
    slave = argc > 1 ? open_terminal(&master) : -1;
    if (slave < 0)
        return 120;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, slave, 1);
    (void)posix_spawn_file_actions_adddup2(&actions, slave, 2);
    if (posix_spawn(&pid, argv[1], &actions, NULL, argv + 1, environ) != 0)
        return 121;
    (void)close(slave);
    printf("pid %d\n", pid);
    (void)fflush(stdout);
    if (waitpid(pid, &status, 0) != pid)
        return 122;
    if (WIFSIGNALED(status))
        printf("signal %d\n", WTERMSIG(status));
    else
        printf("exit %d\n", WEXITSTATUS(status));
    return 0;
}
