/* SPDX-License-Identifier: MIT */
#include "sys/machine.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "sys/file.h"

enum {
    DECIMAL = 10,
    HEXADECIMAL = 16,
    TEXT_LIMIT = 1024 * 1024, /* a status file lists up to 65,536 groups; the others are small */
    GROUPED_SIZE = 32
};

#define MIB UINT64_C(1048576)

/* From here on a limit is none: version 1 writes LONG_MAX in whole pages (mm/memcontrol-v1.c). */
#define NO_LIMIT (UINT64_C(1) << 60)

/* What is more than anything: nothing is known to limit it. */
#define UNKNOWN UINT64_MAX

/* linux/capability.h; either one lifts RLIMIT_NPROC (kernel/fork.c, copy_process()). */
#define CAPABILITY_SYS_ADMIN    21
#define CAPABILITY_SYS_RESOURCE 24

/* ---- reading ------------------------------------------------------------------------------ */

/*
 * Replaces TEXT with the file of that name. Files of /proc and of cgroups have
 * a size of 0 and are read to their end all the same.
 */
__attribute__((format(printf, 2, 3))) static bool read_text(struct buffer *text, const char *format,
                                                            ...)
{
    struct error error;
    va_list arguments;
    char *path;
    int result;

    va_start(arguments, format);
    path = memory_print_list(format, arguments);
    va_end(arguments);
    buffer_done(text);
    result = file_read(path, TEXT_LIMIT, text, &error);
    free(path);
    return result == 0;
}

/* The number that TEXT begins with. False for "max", and for what no number holds. */
static bool read_number(const char *text, int base, uint64_t *ret)
{
    char *end;

    if (!isxdigit((unsigned char)text[0])) /* strtoull() takes blanks and a minus */
        return false;
    errno = 0;
    *ret = strtoull(text, &end, base);
    return errno == 0 && end != text;
}

/* The first number after NAME in lines such as "Threads:\t3" and "inactive_file 4096". */
static bool find_number(const struct buffer *text, const char *name, int base, uint64_t *ret)
{
    size_t length = strlen(name);

    for (const char *line = buffer_text(text); line != NULL; line = strchr(line, '\n')) {
        line += line[0] == '\n';
        if (strncmp(line, name, length) == 0 && strchr(": \t", line[length]) != NULL)
            return read_number(line + length + strspn(line + length, ": \t"), base, ret);
    }
    return false;
}

/* 1234567 as "1,234,567" */
static void print_grouped(char text[GROUPED_SIZE], uint64_t number)
{
    char digits[GROUPED_SIZE];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, number);

    for (int i = 0; i < count; i++) {
        *text++ = digits[i];
        if (i + 1 < count && (count - i - 1) % 3 == 0)
            *text++ = ',';
    }
    *text = '\0';
}

/* ---- memory ------------------------------------------------------------------------------- */

/* How a version of cgroups tells of memory (cgroup-v2.rst, cgroup-v1/memory.rst). */
static const struct version {
    const char *controller; /* as in /proc/self/cgroup; version 2 names none */
    const char *mount;
    const char *limit;
    const char *usage;
    const char *inactive; /* in memory.stat, with what is in the folders below */
} versions[] = {
    {"", "/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"},
    {"memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
     "total_inactive_file"},
};

enum { VERSIONS = sizeof versions / sizeof versions[0] };

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* What the kernel could give without swapping: proc(5). */
static uint64_t free_memory_of_machine(const char *root)
{
    struct buffer text = BUFFER_INIT;
    uint64_t kib = 0;
    uint64_t result = UNKNOWN;

    if (read_text(&text, "%s/proc/meminfo", root) &&
        find_number(&text, "MemAvailable", DECIMAL, &kib) && kib < NO_LIMIT / 1024)
        result = kib * 1024;
    buffer_done(&text);
    return result;
}

/*
 * What one cgroup has left. Cached files that nobody has used lately count as
 * usage, but are dropped before anything is refused.
 */
static uint64_t free_memory_of_cgroup(const char *folder, const struct version *version)
{
    struct buffer text = BUFFER_INIT;
    uint64_t limit = 0;
    uint64_t usage = 0;
    uint64_t inactive = 0;
    uint64_t result = UNKNOWN;

    if (read_text(&text, "%s/%s", folder, version->limit) &&
        read_number(buffer_text(&text), DECIMAL, &limit) && limit < NO_LIMIT &&
        read_text(&text, "%s/%s", folder, version->usage) &&
        read_number(buffer_text(&text), DECIMAL, &usage)) {
        if (read_text(&text, "%s/memory.stat", folder))
            (void)find_number(&text, version->inactive, DECIMAL, &inactive);
        result = less(limit, less(usage, inactive));
    }
    buffer_done(&text);
    return result;
}

/*
 * The least that the cgroup PATH and those above it have left. Where PATH is
 * not below the mount, as in a container that sees its own part of the tree
 * mounted under the host's names, or as "/../other" (cgroup_namespaces(7)),
 * only the mount's root is there, and that is the container's own.
 */
static uint64_t free_memory_along(const char *root, const struct version *version, const char *path)
{
    char *folder = memory_print("%s%s%s", root, version->mount, path);
    size_t mount = strlen(root) + strlen(version->mount);
    uint64_t result = UNKNOWN;

    if (strstr(path, "/..") != NULL)
        folder[mount] = '\0';
    for (;;) {
        result = smaller(result, free_memory_of_cgroup(folder, version));
        if (strlen(folder) <= mount)
            break;
        *strrchr(folder, '/') = '\0'; /* there is one: PATH begins with it */
    }
    free(folder);
    return result;
}

/* Does the list of controllers "cpu,memory" hold that one? The empty list holds the empty one. */
static bool has_controller(const char *list, const char *controller)
{
    size_t length = strlen(controller);

    for (;;) {
        size_t size = strcspn(list, ",");

        if (size == length && strncmp(list, controller, length) == 0)
            return true;
        if (list[size] == '\0')
            return false;
        list += size + 1;
    }
}

/* One line of /proc/self/cgroup, "4:cpu,memory:/path" or "0::/path": cgroups(7). Cuts it up. */
static uint64_t free_memory_of_line(const char *root, char *line)
{
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    uint64_t result = UNKNOWN;

    if (path == NULL || path[1] != '/')
        return result;
    *path++ = '\0';
    for (size_t i = 0; i < VERSIONS; i++) {
        if (has_controller(controllers + 1, versions[i].controller))
            result = smaller(result, free_memory_along(root, &versions[i], path));
    }
    return result;
}

static uint64_t free_memory_of_cgroups(const char *root)
{
    struct buffer text = BUFFER_INIT;
    uint64_t result = UNKNOWN;

    if (read_text(&text, "%s/proc/self/cgroup", root)) {
        char *rest = text.data;

        for (char *line; (line = strsep(&rest, "\n")) != NULL;)
            result = smaller(result, free_memory_of_line(root, line));
    }
    buffer_done(&text);
    return result;
}

/* ---- processes ---------------------------------------------------------------------------- */

/* The user that PID ("self", "17") is counted for, and its threads. */
static bool read_process(const char *root, const char *pid, uint64_t *ret_user,
                         uint64_t *ret_threads)
{
    struct buffer text = BUFFER_INIT;
    bool result = read_text(&text, "%s/proc/%s/status", root, pid) &&
                  find_number(&text, "Uid", DECIMAL, ret_user) && /* the real one comes first */
                  find_number(&text, "Threads", DECIMAL, ret_threads);

    buffer_done(&text);
    return result;
}

static uint64_t count_threads_of(const char *root, uint64_t user)
{
    char *path = memory_print("%s/proc", root);
    DIR *folder = opendir(path);
    struct dirent *entry;
    uint64_t count = 0;

    free(path);
    if (folder == NULL)
        return 0;
    while ((entry = readdir(folder)) != NULL) {
        uint64_t owner = 0;
        uint64_t threads = 0;

        if (isdigit((unsigned char)entry->d_name[0]) &&
            read_process(root, entry->d_name, &owner, &threads) && owner == user)
            count += threads;
    }
    (void)closedir(folder);
    return count;
}

/* May this process go beyond RLIMIT_NPROC? Then *RET_USER is not set. */
static bool is_above_limit(const char *root, uint64_t *ret_user)
{
    struct buffer text = BUFFER_INIT;
    uint64_t lifting =
        (UINT64_C(1) << CAPABILITY_SYS_ADMIN) | (UINT64_C(1) << CAPABILITY_SYS_RESOURCE);
    uint64_t capabilities = 0;
    uint64_t user = 0;

    if (read_text(&text, "%s/proc/self/status", root)) {
        (void)find_number(&text, "Uid", DECIMAL, &user);
        (void)find_number(&text, "CapEff", HEXADECIMAL, &capabilities);
    }
    buffer_done(&text);
    if (user == 0 || (capabilities & lifting) != 0)
        return true;
    *ret_user = user;
    return false;
}

/* ---- the room ----------------------------------------------------------------------------- */

/* Lowers ROOM to what AVAILABLE holds at EACH. True when that is less than before. */
static bool lower(struct machine_room *room, enum machine_bound bound, uint64_t available,
                  uint64_t each)
{
    uint64_t children = available / each;

    if (children == 0)
        children = 1;
    if (children >= (uint64_t)room->children)
        return false;
    room->children = (int)children;
    room->bound = bound;
    return true;
}

/* What is short, for people. OWN is what is kept free, of AVAILABLE. */
static void report_memory(struct machine_room *room, const struct machine_needs *needs,
                          uint64_t available, uint64_t own)
{
    char available_text[GROUPED_SIZE];
    char own_text[GROUPED_SIZE];
    char each_text[GROUPED_SIZE];

    print_grouped(available_text, available / MIB);
    print_grouped(own_text, own / MIB);
    print_grouped(each_text, needs->memory / MIB + (needs->memory % MIB != 0));
    if (own < MIB)
        (void)snprintf(room->text, sizeof room->text,
                       "%s MiB of memory are free, and one %s takes %s MiB", available_text,
                       needs->child, each_text);
    else
        (void)snprintf(room->text, sizeof room->text,
                       "%s MiB of memory are free, %s of them are kept for %s, and one %s takes %s "
                       "MiB",
                       available_text, own_text, needs->own_memory_use, needs->child, each_text);
}

static void look_at_memory(struct machine_room *room, const char *root,
                           const struct machine_needs *needs)
{
    uint64_t available, own;

    if (needs->memory == 0)
        return;
    available = smaller(free_memory_of_machine(root), free_memory_of_cgroups(root));
    if (available == UNKNOWN)
        return;
    own = smaller(needs->own_memory, available / 2);
    if (lower(room, MACHINE_MEMORY, available - own, needs->memory))
        report_memory(room, needs, available, own);
}

static void look_at_files(struct machine_room *room, const struct machine_needs *needs)
{
    struct rlimit limit;

    if (needs->files <= 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
        limit.rlim_cur == RLIM_INFINITY)
        return;
    if (lower(room, MACHINE_FILES, less(limit.rlim_cur, (uint64_t)needs->own_files),
              (uint64_t)needs->files))
        (void)snprintf(room->text, sizeof room->text,
                       "the limit on open files (ulimit -n) is %" PRIu64, (uint64_t)limit.rlim_cur);
}

static void look_at_processes(struct machine_room *room, const char *root,
                              const struct machine_needs *needs)
{
    struct rlimit limit;
    uint64_t user = 0;
    uint64_t there;

    if (needs->processes <= 0 || getrlimit(RLIMIT_NPROC, &limit) < 0 ||
        limit.rlim_cur == RLIM_INFINITY || is_above_limit(root, &user))
        return;
    there = count_threads_of(root, user);
    if (lower(room, MACHINE_PROCESSES, less(limit.rlim_cur, there + (uint64_t)needs->own_processes),
              (uint64_t)needs->processes))
        (void)snprintf(room->text, sizeof room->text,
                       "the limit on processes (ulimit -u) is %" PRIu64 " and %" PRIu64
                       " are there",
                       (uint64_t)limit.rlim_cur, there);
}

struct machine_room machine_room(const char *root, const struct machine_needs *needs, int wanted)
{
    struct machine_room room = {.children = wanted, .bound = MACHINE_ENOUGH};

    look_at_memory(&room, root, needs);
    look_at_files(&room, needs);
    look_at_processes(&room, root, needs);
    return room;
}

int machine_processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;

    return count > 0 ? count : 1;
}
