/* SPDX-License-Identifier: MIT */
#include "sys/machine.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/file.h"
#include "unit/unit.h"

enum { FILES_MOST = 12, PLENTY = 1000 };

#define MIB       UINT64_C(1048576)
#define MIB_100   "104857600"
#define MIB_200   "209715200"
#define MIB_300   "314572800"
#define MIB_500   "524288000"
#define MIB_1000  "1048576000"
#define UNLIMITED "9223372036854771712" /* as version 1 writes it */

static char *root;
static struct error error;

static void set_up(void)
{
    ck_assert_int_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
    ck_assert_msg(file_make_temporary_folder(&root, &error) == 0, "%s", error.text);
}

static void tear_down(void)
{
    ck_assert_int_eq(file_remove_tree(root, &error), 0);
    free(root);
}

static void put(const char *name, const char *content)
{
    char *path = memory_print("%s/%s", root, name);
    char *folder = memory_string(path);

    *strrchr(folder, '/') = '\0';
    ck_assert_msg(file_make_private_folder(folder, &error) == 0, "%s", error.text);
    ck_assert_msg(file_write(path, 0600, content, strlen(content), &error) == 0, "%s", error.text);
    free(folder);
    free(path);
}

/* ---- memory --------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int children; /* of 50 MiB each; PLENTY: enough for all */
    const char *files[FILES_MOST][2];
} memories[] = {
    {"nothing can be read", PLENTY, {{"proc/other", ""}}},
    {"the machine's own",
     20,
     {{"proc/meminfo", "MemTotal:       24684096 kB\nMemFree:          102400 kB\n"
                       "MemAvailable:    1024000 kB\nBuffers:            4828 kB\n"}}},
    {"a kernel without MemAvailable",
     PLENTY,
     {{"proc/meminfo", "MemTotal: 102400 kB\nMemFree: 102400 kB\nMemAvailableNot: 102400 kB\n"}}},
    {"no number", PLENTY, {{"proc/meminfo", "MemAvailable: -1 kB\n"}}},
    {"a number beyond all", PLENTY, {{"proc/meminfo", "MemAvailable: 99999999999999999999 kB\n"}}},
    {"version 2",
     4, /* 300 - (200 - 100) */
     {{"proc/meminfo", "MemAvailable: 1024000 kB\n"},
      {"proc/self/cgroup", "0::/user.slice/a b\n"},
      {"sys/fs/cgroup/user.slice/a b/memory.max", MIB_300 "\n"},
      {"sys/fs/cgroup/user.slice/a b/memory.current", MIB_200 "\n"},
      {"sys/fs/cgroup/user.slice/a b/memory.stat",
       "anon 1\nactive_file 7\ninactive_file " MIB_100 "\n"}}},
    {"the machine has less than the cgroup may use",
     2,
     {{"proc/meminfo", "MemAvailable: 102400 kB\n"},
      {"proc/self/cgroup", "0::/\n"},
      {"sys/fs/cgroup/memory.max", MIB_300 "\n"},
      {"sys/fs/cgroup/memory.current", "0\n"}}},
    {"no memory.stat",
     2,
     {{"proc/self/cgroup", "0::/a\n"},
      {"sys/fs/cgroup/a/memory.max", MIB_300 "\n"},
      {"sys/fs/cgroup/a/memory.current", MIB_200 "\n"}}},
    {"max is no limit",
     PLENTY,
     {{"proc/self/cgroup", "0::/a\n"},
      {"sys/fs/cgroup/a/memory.max", "max\n"},
      {"sys/fs/cgroup/a/memory.current", MIB_200 "\n"}}},
    {"a parent's limit counts",
     8, /* 500 - 100 */
     {{"proc/self/cgroup", "0::/a/b/c\n"},
      {"sys/fs/cgroup/a/b/c/memory.max", "max\n"},
      {"sys/fs/cgroup/a/b/c/memory.current", "4096\n"},
      {"sys/fs/cgroup/a/b/memory.max", MIB_1000 "\n"},
      {"sys/fs/cgroup/a/b/memory.current", "4096\n"},
      {"sys/fs/cgroup/a/memory.max", MIB_500 "\n"},
      {"sys/fs/cgroup/a/memory.current", MIB_100 "\n"}}},
    {"its own limit is less than its parent's",
     2,
     {{"proc/self/cgroup", "0::/a/b\n"},
      {"sys/fs/cgroup/a/b/memory.max", MIB_100 "\n"},
      {"sys/fs/cgroup/a/b/memory.current", "0\n"},
      {"sys/fs/cgroup/a/memory.max", MIB_500 "\n"},
      {"sys/fs/cgroup/a/memory.current", "0\n"}}},
    {"more is used than allowed: one at least",
     1,
     {{"proc/self/cgroup", "0::/a\n"},
      {"sys/fs/cgroup/a/memory.max", MIB_100 "\n"},
      {"sys/fs/cgroup/a/memory.current", MIB_200 "\n"}}},
    {"more is inactive than used: read at different times",
     2,
     {{"proc/self/cgroup", "0::/a\n"},
      {"sys/fs/cgroup/a/memory.max", MIB_100 "\n"},
      {"sys/fs/cgroup/a/memory.current", MIB_200 "\n"},
      {"sys/fs/cgroup/a/memory.stat", "inactive_file " MIB_300 "\n"}}},
    {"a container: the path is the host's, the mount is its own",
     6,
     {{"proc/self/cgroup", "0::/docker/0123456789abcdef\n"},
      {"sys/fs/cgroup/memory.max", MIB_300 "\n"},
      {"sys/fs/cgroup/memory.current", "0\n"}}},
    {"a path beside the namespace's root leads nowhere",
     6,
     {{"proc/self/cgroup", "0::/../../../secret\n"},
      {"secret/memory.max", MIB_100 "\n"},
      {"secret/memory.current", "0\n"},
      {"sys/fs/cgroup/memory.max", MIB_300 "\n"},
      {"sys/fs/cgroup/memory.current", "0\n"}}},
    {"version 1",
     4,
     {{"proc/self/cgroup", "8:pids:/\n4:cpu,memory:/lxc/a:b\n1:name=systemd:/\n0::/\n"},
      {"sys/fs/cgroup/memory/lxc/a:b/memory.limit_in_bytes", MIB_300 "\n"},
      {"sys/fs/cgroup/memory/lxc/a:b/memory.usage_in_bytes", MIB_200 "\n"},
      {"sys/fs/cgroup/memory/lxc/a:b/memory.stat",
       "inactive_file 7\ntotal_inactive_file " MIB_100 "\n"},
      {"sys/fs/cgroup/memory/lxc/memory.limit_in_bytes", UNLIMITED "\n"},
      {"sys/fs/cgroup/memory/lxc/memory.usage_in_bytes", MIB_200 "\n"}}},
    {"version 1, a container",
     6,
     {{"proc/self/cgroup", "4:memory:/docker/0123456789abcdef\n"},
      {"sys/fs/cgroup/memory/memory.limit_in_bytes", MIB_300 "\n"},
      {"sys/fs/cgroup/memory/memory.usage_in_bytes", "0\n"}}},
    {"version 1, without a limit",
     PLENTY,
     {{"proc/self/cgroup", "4:memory:/\n"},
      {"sys/fs/cgroup/memory/memory.limit_in_bytes", UNLIMITED "\n"},
      {"sys/fs/cgroup/memory/memory.usage_in_bytes", MIB_200 "\n"}}},
    {"controllers that only sound alike",
     PLENTY,
     {{"proc/self/cgroup", "4:memory2,name=memory:/\n"},
      {"sys/fs/cgroup/memory/memory.limit_in_bytes", MIB_100 "\n"},
      {"sys/fs/cgroup/memory/memory.usage_in_bytes", "0\n"}}},
    {"lines that are none",
     6,
     {{"proc/self/cgroup", "\n0\n0:\n0::\n0::a\n::::\n0::/"},
      {"sys/fs/cgroup/memory.max", MIB_300},
      {"sys/fs/cgroup/memory.current", "0"}}},
};

START_TEST(memory_is_counted)
{
    const char *name = memories[_i].name;
    struct machine_needs needs = {.child = "child", .memory = 50 * MIB};
    struct machine_room room;

    for (int i = 0; i < FILES_MOST && memories[_i].files[i][0] != NULL; i++)
        put(memories[_i].files[i][0], memories[_i].files[i][1]);
    room = machine_room(root, &needs, PLENTY);
    ck_assert_msg(room.children == memories[_i].children, "%s: %d children, %s", name,
                  room.children, room.text);
    ck_assert_msg(room.bound == (room.children == PLENTY ? MACHINE_ENOUGH : MACHINE_MEMORY),
                  "%s: bound %d", name, room.bound);
    ck_assert_msg((room.text[0] == '\0') == (room.bound == MACHINE_ENOUGH), "%s: %s", name,
                  room.text);
}
END_TEST

static const struct {
    const char *meminfo;
    uint64_t each;
    const char *text;
    uint64_t own;
    int children;
} texts[] = {
    {"MemAvailable: 1239040 kB\n", 110 * MIB,
     "1,210 MiB of memory are free, and one az takes 110 MiB", 0, 11},
    {"MemAvailable: 1239040 kB\n", 110 * MIB,
     "1,210 MiB of memory are free, and one az takes 110 MiB", MIB - 1, 10},
    {"MemAvailable: 1239040 kB\n", 110 * MIB,
     "1,210 MiB of memory are free, 220 of them are kept for what the VMs print, and one az takes "
     "110 MiB",
     220 * MIB, 9},
    {"MemAvailable: 1239040 kB\n", 110 * MIB,
     "1,210 MiB of memory are free, 605 of them are kept for what the VMs print, and one az takes "
     "110 MiB",
     UINT64_MAX, 5},
    {"MemAvailable: 1023 kB\n", 110 * MIB - 1, "0 MiB of memory are free, and one az takes 110 MiB",
     0, 1},
    {"MemAvailable: 1048575999 kB\n", 1000000 * MIB,
     "1,023,999 MiB of memory are free, and one az takes 1,000,000 MiB", 0, 1},
    {"MemAvailable: 104448000 kB\n", 12000 * MIB,
     "102,000 MiB of memory are free, and one az takes 12,000 MiB", 0, 8},
};

START_TEST(memory_in_words)
{
    struct machine_needs needs = {.child = "az",
                                  .own_memory_use = "what the VMs print",
                                  .memory = texts[_i].each,
                                  .own_memory = texts[_i].own};
    struct machine_room room;

    put("proc/meminfo", texts[_i].meminfo);
    room = machine_room(root, &needs, PLENTY);
    ck_assert_str_eq(room.text, texts[_i].text);
    ck_assert_int_eq(room.children, texts[_i].children);
}
END_TEST

START_TEST(memory_that_nobody_needs)
{
    struct machine_needs needs = {.memory = 0};
    struct machine_room room;

    put("proc/meminfo", "MemAvailable: 4 kB\n");
    room = machine_room(root, &needs, 30);
    ck_assert_int_eq(room.children, 30);
    ck_assert_int_eq(room.bound, MACHINE_ENOUGH);
}
END_TEST

/* What version 1 writes for "no limit" is never less than what is needed, however much that is. */
START_TEST(no_limit_is_no_number)
{
    struct machine_needs needs = {.child = "child", .memory = UINT64_C(1) << 62};

    put("proc/self/cgroup", "4:memory:/\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", UNLIMITED "\n");
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "0\n");
    ck_assert_int_eq(machine_room(root, &needs, 30).bound, MACHINE_ENOUGH);
}
END_TEST

/* ---- files ---------------------------------------------------------------------------------- */

static void limit(int resource, rlim_t value)
{
    struct rlimit both;

    ck_assert_int_eq(getrlimit((__rlimit_resource_t)resource, &both), 0);
    both.rlim_cur = value;
    ck_assert_int_eq(setrlimit((__rlimit_resource_t)resource, &both), 0);
}

static const struct {
    rlim_t limit;
    int wanted;
    int children;
} files[] = {
    {64, 30, 8}, /* (64 - 24) / 5 */
    {64, 8, 8},  {64, 9, 8}, {63, 30, 7}, {24, 30, 1}, {20, 30, 1}, {64, 1, 1}, {20, 1, 1},
};

START_TEST(files_are_counted)
{
    struct machine_needs needs = {.files = 5, .own_files = 24};
    struct machine_room room;
    char text[64];

    limit(RLIMIT_NOFILE, files[_i].limit);
    room = machine_room(root, &needs, files[_i].wanted);
    limit(RLIMIT_NOFILE, 1024);
    (void)snprintf(text, sizeof text, "the limit on open files (ulimit -n) is %d",
                   (int)files[_i].limit);
    ck_assert_msg(room.children == files[_i].children, "row %d: %d", _i, room.children);
    ck_assert_int_eq(room.bound,
                     files[_i].children < files[_i].wanted ? MACHINE_FILES : MACHINE_ENOUGH);
    ck_assert_str_eq(room.text, room.bound == MACHINE_FILES ? text : "");
}
END_TEST

/* ---- processes ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    const char *own_user; /* real and effective */
    const char *capabilities;
    rlim_t limit;
    int children; /* of 4 processes each, and 3 besides; 30 are wanted */
    const char *text;
} processes[] = {
    {"some are there", "1000\t1000", "0000000000000000", 100, 1,
     "the limit on processes (ulimit -u) is 100 and 93 are there"},
    {"room for some", "1000\t1000", "0000000000000000", 130, 8,
     "the limit on processes (ulimit -u) is 130 and 93 are there"},
    {"room for all", "1000\t1000", "0000000000000000", 216, 30, ""},
    {"more are there than allowed", "1000\t1000", "0000000000000000", 50, 1,
     "the limit on processes (ulimit -u) is 50 and 93 are there"},
    {"the real user counts", "1000\t0", "0000000000000000", 130, 8,
     "the limit on processes (ulimit -u) is 130 and 93 are there"},
    {"another user", "2000\t2000", "0000000000000000", 50, 9,
     "the limit on processes (ulimit -u) is 50 and 8 are there"},
    {"other capabilities", "1000\t1000", "00000000fedfffff", 100, 1,
     "the limit on processes (ulimit -u) is 100 and 93 are there"},
    {"CAP_SYS_RESOURCE", "1000\t1000", "0000000001000000", 100, 30, ""},
    {"CAP_SYS_ADMIN", "1000\t1000", "0000000000200000", 100, 30, ""},
    {"root", "0\t0", "0000000000000000", 100, 30, ""},
};

START_TEST(processes_are_counted)
{
    struct machine_needs needs = {.processes = 4, .own_processes = 3};
    char *own = memory_print("Name:\tazfan\nUid:\t%s\t1000\t1000\nThreads:\t1\nCapEff:\t%s\n",
                             processes[_i].own_user, processes[_i].capabilities);
    struct machine_room room;

    put("proc/self/status", own); /* in a real /proc it is one of the numbers */
    put("proc/1/status", "Name:\tinit\nUid:\t0\t0\t0\t0\nThreads:\t500\n");
    put("proc/20/status", "Name:\ta\nUid:\t1000\t1000\t1000\t1000\nThreads:\t90\n");
    put("proc/21/status", "Name:\tb\nUid:\t1000\t0\t0\t0\nThreads:\t3\n");
    put("proc/22/status", "Name:\tc\nUid:\t2000\t1000\t1000\t1000\nThreads:\t8\n");
    put("proc/23/other", ""); /* it has just gone */
    put("proc/sys/status", "Uid:\t1000\nThreads:\t1000\n");
    limit(RLIMIT_NPROC, processes[_i].limit);
    room = machine_room(root, &needs, 30);
    ck_assert_msg(room.children == processes[_i].children, "%s: %d children", processes[_i].name,
                  room.children);
    ck_assert_msg(strcmp(room.text, processes[_i].text) == 0, "%s: %s", processes[_i].name,
                  room.text);
    ck_assert_int_eq(room.bound, room.text[0] != '\0' ? MACHINE_PROCESSES : MACHINE_ENOUGH);
    free(own);
}
END_TEST

/* ---- all of it ------------------------------------------------------------------------------ */

/* The smallest counts, wherever it comes in the order of looking. */
START_TEST(smallest_counts)
{
    static const struct {
        rlim_t files;
        rlim_t processes;
        int children;
        enum machine_bound bound;
    } rows[] = {
        {64, 64, 10, MACHINE_MEMORY},
        {9, 64, 9, MACHINE_FILES},
        {9, 16, 8, MACHINE_PROCESSES},
        {64, 16, 8, MACHINE_PROCESSES},
    };
    struct machine_needs needs = {.memory = 100 * MIB, .files = 1, .processes = 2};

    put("proc/meminfo", "MemAvailable: 1024000 kB\n");
    put("proc/self/status", "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0\n");
    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        struct machine_room room;

        limit(RLIMIT_NOFILE, rows[i].files);
        limit(RLIMIT_NPROC, rows[i].processes);
        room = machine_room(root, &needs, 30);
        ck_assert_msg(room.children == rows[i].children, "row %d: %d", i, room.children);
        ck_assert_msg(room.bound == rows[i].bound, "row %d: %s", i, room.text);
    }
    limit(RLIMIT_NOFILE, 1024);
}
END_TEST

/* The files of a real kernel, whose sizes are 0, are read. */
START_TEST(this_machine)
{
    struct machine_needs needs = {"child", "nothing", 110 * MIB, 5, 24, 6, 40, 0};
    struct machine_needs much = {.memory = UINT64_C(1) << 59};
    struct machine_room room = machine_room("", &needs, 30);

    printf("room for %d of 30: %s\n", room.children, room.text);
    ck_assert_int_ge(machine_processors(), 1);
    ck_assert_int_ge(room.children, 1);
    ck_assert_int_le(room.children, 30);
    ck_assert((room.text[0] == '\0') == (room.bound == MACHINE_ENOUGH));
    ck_assert((room.children == 30) == (room.bound == MACHINE_ENOUGH));
    room = machine_room("", &much, 30);
    printf("and for much larger ones: %s\n", room.text);
    ck_assert_int_eq(room.children, 1);
    ck_assert_int_eq(room.bound, MACHINE_MEMORY);
    ck_assert_ptr_null(strstr(room.text, " 0 MiB of memory"));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("machine");
    TCase *tests = tcase_create("all");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, memory_is_counted, 0, UNIT_COUNT(memories));
    tcase_add_loop_test(tests, memory_in_words, 0, UNIT_COUNT(texts));
    tcase_add_test(tests, memory_that_nobody_needs);
    tcase_add_test(tests, no_limit_is_no_number);
    tcase_add_loop_test(tests, files_are_counted, 0, UNIT_COUNT(files));
    tcase_add_loop_test(tests, processes_are_counted, 0, UNIT_COUNT(processes));
    tcase_add_test(tests, smallest_counts);
    tcase_add_test(tests, this_machine);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
