/* SPDX-License-Identifier: MIT */
#include "sys/process.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/fault.h"

int process_open(int64_t pid)
{
    int fd;

    if (pid < 1 || pid > INT_MAX)
        return -ESRCH;
    fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    return fd < 0 ? -errno : fd;
}

int process_signal(int fd, int signal)
{
    if (FAULT("process.signal"))
        return -EPERM;
    return syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) < 0 ? -errno : 0;
}

/* ---- locks -------------------------------------------------------------------------------- */

/*
 * "1: FLOCK  ADVISORY  WRITE 4711 fe:00:11663920 0 EOF", as proc(5) has it. The device there is
 * that of the file system below where several are one over the other, and stat(2) knows another
 * one: the number of the file has to be enough, beside that of the process.
 */
static bool is_lock(char *line, const char *pid, const char *file)
{
    enum { TYPE = 1, MODE = 3, HOLDER, PLACE, WORDS };
    const char *words[WORDS];
    char *rest = NULL;
    size_t count = 0;

    for (char *word = strtok_r(line, " ", &rest); word != NULL && count < WORDS;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    return count == WORDS && strcmp(words[TYPE], "FLOCK") == 0 &&
           strcmp(words[MODE], "WRITE") == 0 && strcmp(words[HOLDER], pid) == 0 &&
           strrchr(words[PLACE], ':') != NULL && strcmp(strrchr(words[PLACE], ':') + 1, file) == 0;
}

int process_has_lock(int64_t pid, const char *path)
{
    struct stat status;
    char holder[32];
    char file[32];
    FILE *locks;
    char *line = NULL;
    size_t size = 0;
    int has = 0;

    if (stat(path, &status) < 0)
        return -errno;
    (void)snprintf(holder, sizeof holder, "%" PRId64, pid);
    (void)snprintf(file, sizeof file, "%" PRIu64, (uint64_t)status.st_ino);
    locks = FAULT("process.locks") ? NULL : fopen("/proc/locks", "re");
    if (locks == NULL)
        return -errno;
    while (!has && getline(&line, &size, locks) >= 0)
        has = is_lock(line, holder, file);
    free(line);
    (void)fclose(locks);
    return has;
}

/* ---- what it is doing --------------------------------------------------------------------- */

/* The value of KEY in /proc/PID/status, "T (stopped)"; NULL: there is none. free() it. */
static char *read_status(int64_t pid, const char *key)
{
    char path[64];
    FILE *status;
    char *line = NULL;
    size_t size = 0;
    size_t length = strlen(key);
    bool found = false;

    (void)snprintf(path, sizeof path, "/proc/%" PRId64 "/status", pid);
    status = fopen(path, "re");
    while (status != NULL && !found && getline(&line, &size, status) >= 0)
        found = strncmp(line, key, length) == 0 && line[length] == ':';
    if (found)
        memmove(line, line + length + 1, strlen(line + length + 1) + 1);
    if (status != NULL)
        (void)fclose(status);
    if (found)
        return line;
    free(line);
    return NULL;
}

bool process_ignores(int64_t pid, int signal)
{
    char *ignored = read_status(pid, "SigIgn");
    uint64_t set = ignored != NULL ? strtoull(ignored, NULL, 16) : 0;

    free(ignored);
    return (set >> (signal - 1) & 1) != 0;
}

bool process_is_stopped(int64_t pid)
{
    char *state = read_status(pid, "State");
    bool is = state != NULL && state[strspn(state, " \t")] == 'T';

    free(state);
    return is;
}
