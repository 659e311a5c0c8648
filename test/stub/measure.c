/* SPDX-License-Identifier: MIT */
/*
 * measure FILE PROGRAM ARGUMENTS...: runs it and writes "WALL_MS PEAK_KIB CPU_MS" to FILE.
 * Exits as PROGRAM did.
 *
 * PEAK_KIB is the ru_maxrss of wait4(): the largest of PROGRAM and of every process below it that
 * somebody waited for. It is PROGRAM's own as long as what it starts is smaller, and the stubs,
 * being static, need less than 2 MiB. (The child of a posix_spawn() is born with its parent's
 * peak, which changes nothing here.) CPU_MS is the sum of the same processes.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long milliseconds_now(void)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long long milliseconds(struct timeval time)
{
    return (long long)time.tv_sec * 1000 + time.tv_usec / 1000;
}

int main(int count, char **arguments)
{
    long long started = milliseconds_now();
    struct rusage usage;
    int status = 0;
    FILE *file;
    pid_t pid;

    if (count < 3)
        return 2;
    pid = fork();
    if (pid == 0) {
        (void)execvp(arguments[2], arguments + 2);
        perror(arguments[2]);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
        return 126;
    file = fopen(arguments[1], "we");
    if (file == NULL)
        return 126;
    (void)fprintf(file, "%lld %ld %lld\n", milliseconds_now() - started, usage.ru_maxrss,
                  milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime));
    if (fclose(file) != 0)
        return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
