/* SPDX-License-Identifier: MIT */
#include "engine/children.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/fd.h"

enum { TEXT_SIZE = 8192 }; /* some thousand numbers */

size_t children_of_task(const char *task, int *list, size_t most)
{
    char text[TEXT_SIZE];
    size_t count = 0;
    ssize_t length;
    int fd;

    (void)snprintf(text, sizeof text, "/proc/self/task/%s/children", task);
    fd = open(text, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    length = read(fd, text, sizeof text - 1);
    fd_close(&fd);
    text[length > 0 ? length : 0] = '\0';
    for (char *at = text, *end; count < most; at = end + 1) {
        long pid = strtol(at, &end, 10);

        if (end == at || *end != ' ') /* a number that was cut off is no child */
            break;
        list[count++] = (int)pid;
    }
    return count;
}

size_t children_of_all(int *list, size_t most)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *entry;
    size_t count = 0;

    if (tasks == NULL)
        return 0;
    while ((entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] != '.')
            count += children_of_task(entry->d_name, list + count, most - count);
    }
    (void)closedir(tasks);
    return count;
}

bool children_is_unborn(int pid)
{
    enum {
        FORKED_AND_NOT_EXECUTED = 0x40, /* PF_FORKNOEXEC, since 2.6 */
        BLANKS_BEFORE_FLAGS = 7         /* after the name: proc(5) */
    };
    char text[512];
    const char *word;
    ssize_t length;
    int fd;

    (void)snprintf(text, sizeof text, "/proc/%d/stat", pid);
    fd = open(text, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    length = read(fd, text, sizeof text - 1);
    fd_close(&fd);
    text[length > 0 ? length : 0] = '\0';
    word = strrchr(text, ')'); /* of its name, which may hold anything */
    for (int i = 0; i < BLANKS_BEFORE_FLAGS && word != NULL; i++)
        word = strchr(word + 1, ' ');
    return word != NULL && (strtoul(word, NULL, 10) & FORKED_AND_NOT_EXECUTED) != 0;
}
