/* SPDX-License-Identifier: MIT */
/*
 * stub: the stubs as commands, and what a test leaves behind. For unit tests.
 *
 *   struct stub stub;
 *   stub_command(&stub, "hang launcher 300");
 *   supervise_run(&stub.command, …);
 *
 * Tests run in the top folder of the project.
 */
#ifndef AZFAN_TEST_STUB_H
#define AZFAN_TEST_STUB_H

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/child.h"

enum { STUB_WORDS = 6, STUB_LINE = 128, STUB_PATH = 4096 };

struct stub {
    char path[STUB_PATH];
    char line[STUB_LINE];
    char *arguments[STUB_WORDS + 1];
    struct child_command command;
};

/* LINE is the stub's name and its arguments. */
static inline void stub_command(struct stub *stub, const char *line)
{
    static char variable[] = "STUB=yes";
    static char *const environment[] = {variable, NULL};
    char *rest = stub->line;
    char name[STUB_LINE + 16];
    int count = 0;

    (void)snprintf(stub->line, sizeof stub->line, "%s", line);
    while (count < STUB_WORDS && (stub->arguments[count] = strsep(&rest, " ")) != NULL)
        count++;
    stub->arguments[count] = NULL;
    (void)snprintf(name, sizeof name, "build/stub/%s", stub->arguments[0]);
    ck_assert_msg(realpath(name, stub->path) != NULL, "%s is not there: make unit builds it", name);
    stub->command = (struct child_command){.program = stub->path,
                                           .arguments = stub->arguments,
                                           .environment = environment,
                                           .input = -1,
                                           .output = -1,
                                           .errors = -1};
}

static inline int stub_count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count;
}

/*
 * The children of all threads of this process, zombies too: up to MOST of them into LIST. Returns
 * how many there are. After child_adopt_orphans() that is every process that a stub left behind.
 */
static inline int stub_list_children(int *list, int most)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *entry;
    int count = 0;

    ck_assert_ptr_nonnull(tasks);
    while ((entry = readdir(tasks)) != NULL) {
        char name[sizeof entry->d_name + 32];
        FILE *children;
        int pid;

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof name, "/proc/self/task/%s/children", entry->d_name);
        children = fopen(name, "re");
        if (children == NULL) /* a thread that ended meanwhile */
            continue;
        while (fscanf(children, "%d", &pid) == 1) {
            if (count < most)
                list[count] = pid;
            count++;
        }
        (void)fclose(children);
    }
    (void)closedir(tasks);
    return count;
}

static inline int stub_count_children(void)
{
    return stub_list_children(NULL, 0);
}

/* How much longer than promised something may take, in milliseconds: machines are busy. */
static inline int stub_slack(void)
{
    const char *multiplier = getenv("CK_TIMEOUT_MULTIPLIER");
    int factor = multiplier != NULL ? atoi(multiplier) : 1;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    int slack = 500;
#else
    int slack = 700;
#endif

    return slack * (factor > 0 ? factor : 1);
}

#endif
