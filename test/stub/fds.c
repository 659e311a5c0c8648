/* SPDX-License-Identifier: MIT */
/*
 * fds: prints what it was born with, one thing a line:
 *
 *   fd NUMBER TARGET          every open descriptor
 *   SigBlk: HEX, SigIgn: HEX  from /proc/self/status
 *   pid N, pgid N, sid N      numbers
 *   cwd PATH
 *   env NAME=VALUE            every variable
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *entry;

    if (folder == NULL)
        exit(1);
    while ((entry = readdir(folder)) != NULL) {
        char target[PATH_MAX];
        ssize_t length;

        if (entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(folder))
            continue;
        length = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        printf("fd %s %s\n", entry->d_name, target);
    }
    (void)closedir(folder);
}

static void print_signals(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[4096];

    if (status == NULL)
        exit(1);
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "SigBlk:", 7) == 0 || strncmp(line, "SigIgn:", 7) == 0)
            printf("%.7s %s", line, line + 8);
    }
    (void)fclose(status);
}

int main(void)
{
    char folder[PATH_MAX];

    (void)alarm(30);
    print_descriptors();
    print_signals();
    printf("pid %d\npgid %d\nsid %d\n", (int)getpid(), (int)getpgrp(), (int)getsid(0));
    if (getcwd(folder, sizeof folder) != NULL)
        printf("cwd %s\n", folder);
    for (char **variable = environ; *variable != NULL; variable++)
        printf("env %s\n", *variable);
    return fflush(stdout) == 0 ? 0 : 1;
}
