/* SPDX-License-Identifier: MIT */
#include "run/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "unit/unit.h"

#define PATH "journal.jsonl"

static char *folder;
static int open_before;
static struct error error;
static struct journal journal;
static struct buffer lines; /* what collect() was given, each line with a | behind it */

/* ---- the kernel, watched: these stand before those of the C library ---- */

static int syncs;
static void (*before_sync)(void);
static size_t longest_write = SIZE_MAX;

int fdatasync(int fd)
{
    syncs++;
    if (before_sync != NULL)
        before_sync();
    return (int)syscall(SYS_fdatasync, fd);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    return syscall(SYS_write, fd, bytes, count < longest_write ? count : longest_write);
}

/* ---- help ---- */

static int count_descriptors(void)
{
    DIR *descriptors = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(descriptors) != NULL)
        count++;
    (void)closedir(descriptors);
    return count;
}

static void set_up(void)
{
    ck_assert_int_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
    ck_assert_msg(file_make_temporary_folder(&folder, &error) == 0, "%s", error.text);
    ck_assert_int_eq(chdir(folder), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    error.text[0] = '\0';
    journal = (struct journal){.fd = -1};
    open_before = count_descriptors();
}

static void tear_down(void)
{
    journal_close(&journal);
    ck_assert_int_eq(count_descriptors(), open_before);
    buffer_done(&lines);
    ck_assert_int_eq(file_remove_tree(folder, &error), 0);
    free(folder);
}

static void create(void)
{
    ck_assert_msg(journal_create(&journal, PATH, &error) == 0, "%s", error.text);
}

static void add(const char *text)
{
    struct buffer line = BUFFER_INIT;

    buffer_add(&line, text);
    journal_add(&journal, &line);
    ck_assert_ptr_null(line.data);
}

/* A line of SIZE bytes. */
static void add_large(size_t size)
{
    struct buffer line = BUFFER_INIT;

    buffer_reserve(&line, size);
    memset(line.data, 'x', size);
    line.length = size;
    line.data[size] = '\0';
    journal_add(&journal, &line);
}

static void commit(void)
{
    ck_assert_msg(journal_commit(&journal, &error) == 0, "%s", error.text);
}

/* The error is told once, and what is added behind it is dropped. */
static void expect_broken(const char *words)
{
    int before;

    ck_assert_int_eq(journal_commit(&journal, &error), -1);
    ck_assert_msg(strstr(error.text, words) != NULL, "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, PATH));
    before = syncs;
    commit();
    add("late");
    add_large(JOURNAL_MOST_HELD);
    commit();
    ck_assert_int_eq(syncs, before);
}

static off_t size_of(const char *path)
{
    struct stat status;

    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_size;
}

static void put_file(const char *bytes, size_t length)
{
    ck_assert_int_eq(file_write(PATH, 0600, bytes, length, &error), 0);
}

static int collect(void *context, size_t number, const char *line, size_t length,
                   struct error *problem)
{
    size_t *count = context;

    (void)problem;
    ck_assert_uint_eq(number, ++*count);
    ck_assert_int_eq(line[length], '\0');
    buffer_append(&lines, line, length);
    buffer_add_char(&lines, '|');
    return 0;
}

static void expect_lines(const char *expected)
{
    size_t count = 0;

    buffer_done(&lines);
    ck_assert_msg(journal_read(PATH, collect, &count, &error) == 0, "%s", error.text);
    ck_assert_str_eq(buffer_text(&lines), expected);
}

/*
 * Forks a process that does WORK and then stays until it is killed; returns when WORK is done. In
 * such a process nothing of Check is called: it shares the file that the results go to.
 */
static pid_t start(bool (*work)(void))
{
    int done[2];
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe2(done, O_CLOEXEC), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (!work() || write(done[1], "", 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    (void)close(done[1]);
    ck_assert_int_eq(read(done[0], &byte, 1), 1);
    (void)close(done[0]);
    return pid;
}

static void end(pid_t pid)
{
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* ---- writing ---- */

/* Protects the promise of a commit, and that others cannot read what scripts printed. */
START_TEST(commit_puts_lines_into_the_file)
{
    struct stat status;

    create();
    expect_lines("");
    add("{\"a\":1}");
    add("{\"b\":2}");
    expect_lines("");
    commit();
    expect_lines("{\"a\":1}|{\"b\":2}|");
    add("{}");
    commit();
    expect_lines("{\"a\":1}|{\"b\":2}|{}|");
    ck_assert_int_eq(stat(PATH, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    ck_assert_int_eq(status.st_size, journal.committed);
    ck_assert_int_eq(fcntl(journal.fd, F_GETFD), FD_CLOEXEC);
}
END_TEST

/* Protects a run of thousands of VMs from a sync a line, and the disk from syncs of nothing. */
START_TEST(commit_syncs_once)
{
    create();
    syncs = 0;
    commit();
    ck_assert_int_eq(syncs, 0);
    for (int i = 0; i < 30; i++)
        add("line");
    ck_assert_int_eq(syncs, 0);
    commit();
    ck_assert_int_eq(syncs, 1);
    commit();
    ck_assert_int_eq(syncs, 1);
    ck_assert_int_eq(size_of(PATH), 30 * 5);
}
END_TEST

/* Protects the memory of a run whose VMs print much, and the count of syncs then too. */
START_TEST(more_than_is_held_goes_to_the_file)
{
    enum { LINES = 64, SIZE = 256 * 1024 };

    create();
    syncs = 0;
    for (int i = 0; i < LINES; i++) {
        add_large(SIZE);
        ck_assert_uint_le(journal.pending.capacity, 2 * JOURNAL_MOST_HELD);
    }
    ck_assert_int_gt(size_of(PATH), (LINES - 5) * SIZE);
    ck_assert_int_eq(syncs, 0);
    commit();
    ck_assert_int_eq(syncs, 1);
    ck_assert_int_eq(size_of(PATH), LINES * (SIZE + 1));
    add_large(JOURNAL_MOST_HELD); /* nothing of it is held, and yet it is to be synced */
    commit();
    ck_assert_int_eq(syncs, 2);
    ck_assert_int_eq(journal.committed, size_of(PATH));
}
END_TEST

/* Protects a line around and far beyond what is held: it is whole, in its place, and not copied. */
static const size_t sizes[] = {JOURNAL_MOST_HELD - 2, JOURNAL_MOST_HELD - 1, JOURNAL_MOST_HELD,
                               JOURNAL_MOST_HELD + 1, 10 * 1024 * 1024};

START_TEST(large_line)
{
    size_t count = 0;

    create();
    add("before");
    add_large(sizes[_i]);
    add("after");
    ck_assert_uint_le(journal.pending.capacity, 2 * JOURNAL_MOST_HELD);
    commit();
    ck_assert_int_eq(journal_read(PATH, collect, &count, &error), 0);
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(lines.length, strlen("before|") + sizes[_i] + strlen("|after|"));
    ck_assert_int_eq(memcmp(lines.data, "before|xxx", 10), 0);
    ck_assert_str_eq(lines.data + lines.length - 10, "xxx|after|");
}
END_TEST

/* Protects against a journal that its own reader would refuse. */
START_TEST(line_that_is_too_long)
{
    struct buffer line = BUFFER_INIT;

    create();
    add("one");
    commit();
    add("two");
    buffer_add(&line, "x");
    line.length = (size_t)JOURNAL_LONGEST_LINE + 1; /* it is refused before it is looked at */
    journal_add(&journal, &line);
    expect_broken("a line of 1073741825 bytes is too long");
    expect_lines("one|");
}
END_TEST

/* Protects lines from a kernel that writes a few bytes at a time. */
START_TEST(short_writes)
{
    create();
    longest_write = 3;
    add("a long line");
    add("another line");
    commit();
    longest_write = SIZE_MAX;
    expect_lines("a long line|another line|");
}
END_TEST

/* Protects a reader from events whose commit never came: nobody acted on them. */
START_TEST(closing_loses_what_was_not_committed)
{
    create();
    add("one");
    commit();
    add("two");
    add_large(2 * JOURNAL_MOST_HELD);
    ck_assert_int_gt(size_of(PATH), 2 * JOURNAL_MOST_HELD);
    add("three");
    journal_close(&journal);
    expect_lines("one|");
    ck_assert_int_eq(size_of(PATH), 4);
    journal_close(&journal); /* once more does nothing */
}
END_TEST

/* ---- failures of writing ---- */

static const struct {
    const char *probe;
    int code;
    const char *words;
} write_faults[] = {
    {"journal.write", ENOSPC, "cannot write journal.jsonl: No space left on device"},
    {"journal.write", EDQUOT, "cannot write journal.jsonl: Disk quota exceeded"},
    {"journal.write", EIO, "cannot write journal.jsonl: Input/output error"},
    {"journal.write", EROFS, "cannot write journal.jsonl: Read-only file system"},
    {"journal.write", EFBIG, "cannot write journal.jsonl: it may not become larger (see ulimit"},
    {"journal.fdatasync", EIO, "cannot put journal.jsonl on disk: Input/output error"},
    {"journal.fdatasync", ENOSPC, "cannot put journal.jsonl on disk: No space left on device"},
};

/* Protects what was committed, and a reader from half lines and from lines that were disowned. Once
 * only: what fails the first time would go well the second time, and mean nothing. */
START_TEST(failure_leaves_the_committed_lines)
{
    create();
    add("one");
    add("two");
    commit();
    add("three");
    fault_arm(write_faults[_i].probe, 1, write_faults[_i].code);
    expect_broken(write_faults[_i].words);
    ck_assert_int_eq(fault_hits(), 1);
    expect_lines("one|two|");
    ck_assert_int_eq(size_of(PATH), 8);
    journal_close(&journal);
    ck_assert_int_eq(size_of(PATH), 8);
}
END_TEST

/* Protects against an error that is lost because it came between two commits. */
START_TEST(failure_of_adding_is_told_by_the_next_commit)
{
    create();
    add("one");
    commit();
    fault_arm("journal.write", 1, ENOSPC);
    add_large(JOURNAL_MOST_HELD);
    ck_assert_int_eq(fault_hits(), 1);
    add("two");
    expect_broken("No space left on device");
    expect_lines("one|");
}
END_TEST

static const char *const interrupted[] = {"journal.write", "journal.fdatasync"};

/* Protects a run from a signal that comes during a system call. */
START_TEST(interruption_is_no_failure)
{
    create();
    fault_arm(interrupted[_i], 3, EINTR);
    add("one");
    commit();
    ck_assert_int_eq(fault_hits(), 3);
    expect_lines("one|");
}
END_TEST

enum { FULL_LINE = 10000, FULL_AT = 155000 }; /* Check's own file of results is smaller */

/* Ten lines that are committed, and ten of which five and a half find room. */
static void fill(void)
{
    struct rlimit before;
    struct rlimit small;

    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = FULL_AT;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 10; i++)
        add_large(FULL_LINE - 1);
    commit();
    for (int i = 0; i < 10; i++)
        add_large(FULL_LINE - 1);
    expect_broken("cannot write journal.jsonl: it may not become larger");
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
}

/* Protects against the real thing: the kernel writes what fits, the rest of a line does not. */
START_TEST(full_disk_in_the_middle_of_a_line)
{
    create();
    fill();
    ck_assert_int_eq(size_of(PATH), 10 * FULL_LINE);
}
END_TEST

/* Protects a reader when not even the cutting goes well: the end is torn and stays the end. */
START_TEST(full_disk_and_no_cutting)
{
    size_t count = 0;

    create();
    fault_arm("journal.ftruncate", 1, EIO);
    fill();
    ck_assert_int_eq(fault_hits(), 1);
    ck_assert_int_eq(size_of(PATH), FULL_AT);
    ck_assert_int_eq(journal_read(PATH, collect, &count, &error), 0);
    ck_assert_uint_eq(count, FULL_AT / FULL_LINE);
    ck_assert_uint_eq(lines.length, FULL_AT / FULL_LINE * FULL_LINE);
}
END_TEST

static void remove_folder(void)
{
    ck_assert_int_eq(file_remove_tree(folder, &error), 0);
}

static void remove_file(void)
{
    ck_assert_int_eq(unlink(PATH), 0);
}

static void replace_file(void)
{
    ck_assert_int_eq(file_write("new", 0600, "mine\n", 5, &error), 0);
    ck_assert_int_eq(rename("new", PATH), 0);
}

static void empty_file(void)
{
    ck_assert_int_eq(truncate(PATH, 0), 0);
}

static const struct {
    void (*act)(void);
    const char *words;
} intrusions[] = {
    {remove_folder, "journal.jsonl was removed while the run went on"},
    {remove_file, "journal.jsonl was removed while the run went on"},
    {replace_file, "journal.jsonl was removed while the run went on"},
    {empty_file, "journal.jsonl was cut short while the run went on"},
};

/* Protects against a run that believes in a record nobody can find any more. */
START_TEST(somebody_destroys_the_journal)
{
    create();
    add("one");
    commit();
    intrusions[_i].act();
    add("two");
    expect_broken(intrusions[_i].words);
    if (intrusions[_i].act == replace_file)
        expect_lines("mine|");
}
END_TEST

/* The same in the middle of a commit: it must not say that all went well. */
START_TEST(somebody_destroys_the_journal_during_a_commit)
{
    create();
    add("one");
    commit();
    add("two");
    before_sync = intrusions[_i].act;
    ck_assert_int_eq(journal_commit(&journal, &error), -1);
    before_sync = NULL;
    ck_assert_str_eq(error.text, intrusions[_i].words);
    if (intrusions[_i].act == empty_file)
        ck_assert_int_eq(size_of(PATH), 0); /* not made larger with NULs by the cutting back */
}
END_TEST

/* Protects committed lines: where others wrote too, nobody knows where to cut. */
START_TEST(end_of_others_is_not_cut)
{
    int fd;

    create();
    add("one");
    commit();
    fd = open(PATH, O_WRONLY | O_APPEND | O_CLOEXEC);
    ck_assert_int_eq(fd_write_all(fd, "theirs\n", 7), 0);
    fd_close(&fd);
    add("two");
    commit();
    add("three");
    fault_arm("journal.fdatasync", 1, EIO);
    expect_broken("Input/output error");
    expect_lines("one|theirs|two|three|");
}
END_TEST

/* Protects a person who moves the folder of a run that goes on: nothing is lost. */
START_TEST(moved_file_is_written_on)
{
    create();
    ck_assert_int_eq(rename(PATH, "moved"), 0);
    add("one");
    commit();
    ck_assert_int_eq(rename("moved", PATH), 0);
    expect_lines("one|");
}
END_TEST

/* ---- making ---- */

static void put_journal(void)
{
    put_file("one\n", 4);
}

static void put_link(void)
{
    put_file("one\n", 4);
    ck_assert_int_eq(rename(PATH, "target"), 0);
    ck_assert_int_eq(symlink("target", PATH), 0);
}

static void put_dangling_link(void)
{
    ck_assert_int_eq(symlink("target", PATH), 0);
}

static void put_folder(void)
{
    ck_assert_int_eq(mkdir(PATH, 0700), 0);
}

static void put_fifo(void)
{
    ck_assert_int_eq(mkfifo(PATH, 0600), 0);
}

static const struct {
    void (*put)(void);
    const char *words;
} obstacles[] = {
    {put_journal, "the journal of another run is there; choose another --run-dir"},
    {put_link, "something that is not a file is in its place"},
    {put_dangling_link, "something that is not a file is in its place"},
    {put_folder, "something that is not a file is in its place"},
    {put_fifo, "something that is not a file is in its place"},
};

/* Protects the record of another run, and what a link points to. */
START_TEST(what_is_there_is_refused)
{
    struct stat before;
    struct stat after;

    obstacles[_i].put();
    ck_assert_int_eq(lstat(PATH, &before), 0);
    ck_assert_int_eq(journal_create(&journal, PATH, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "cannot make journal.jsonl: "));
    ck_assert_msg(strstr(error.text, obstacles[_i].words) != NULL, "%s", error.text);
    ck_assert_int_eq(lstat(PATH, &after), 0);
    ck_assert_uint_eq(after.st_ino, before.st_ino);
    ck_assert_int_eq(after.st_size, before.st_size);
    if (obstacles[_i].put == put_dangling_link)
        ck_assert_int_lt(access("target", F_OK), 0);
}
END_TEST

/* Protects a run that goes on from a second one in its folder. */
START_TEST(second_journal_is_refused)
{
    struct journal second;

    create();
    add("one");
    commit();
    ck_assert_int_eq(journal_create(&second, PATH, &error), -1);
    journal_close(&second);
    add("two");
    commit();
    expect_lines("one|two|");
    ck_assert(journal_is_live(PATH));
}
END_TEST

START_TEST(no_folder_to_make_it_in)
{
    ck_assert_int_eq(journal_create(&journal, "none/" PATH, &error), -1);
    ck_assert_str_eq(error.text, "cannot make none/journal.jsonl: No such file or directory");
}
END_TEST

static const struct {
    const char *probe;
    int code;
    const char *words;
} create_faults[] = {
    {"journal.create", ENOSPC, "cannot make journal.jsonl: No space left on device"},
    {"journal.create", EROFS, "cannot make journal.jsonl: Read-only file system"},
    {"journal.flock", EOPNOTSUPP, "cannot lock journal.jsonl: Operation not supported; choose"},
    {"journal.flock", ENOLCK, "cannot lock journal.jsonl: No locks available; choose a --run-dir"},
    {"journal.flock", EWOULDBLOCK, "cannot lock journal.jsonl: another program holds its lock"},
    {"file.sync_name", EIO, "cannot put journal.jsonl on disk: folder .: Input/output error"},
};

/* Protects the next try: nothing is left in its way. */
START_TEST(failed_creation_leaves_nothing)
{
    fault_arm(create_faults[_i].probe, 100000, create_faults[_i].code);
    ck_assert_int_eq(journal_create(&journal, PATH, &error), -1);
    ck_assert_msg(strstr(error.text, create_faults[_i].words) != NULL, "%s", error.text);
    ck_assert_int_gt(fault_hits(), 0);
    ck_assert_int_lt(access(PATH, F_OK), 0);
    ck_assert_int_eq(count_descriptors(), open_before);
    fault_arm(create_faults[_i].probe, 0, 0);
    create();
}
END_TEST

static const struct {
    const char *probe;
    int code;
} passing[] = {
    {"journal.flock", EINTR},
    {"journal.flock", EWOULDBLOCK}, /* a reader asked at that moment */
    {"journal.flock", EACCES},      /* the same over SMB */
    {"file.sync_name", EINVAL},     /* the file system cannot sync a folder */
};

START_TEST(creation_goes_on)
{
    fault_arm(passing[_i].probe, 1, passing[_i].code);
    create();
    ck_assert_int_eq(fault_hits(), 1);
    ck_assert(journal_is_live(PATH));
}
END_TEST

/* Protects the start of a run from somebody who lists the runs at that moment, for real. */
START_TEST(readers_do_not_disturb_creation)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    while (pid == 0)
        (void)journal_is_live(PATH);
    for (int i = 0; i < 200; i++) {
        create();
        ck_assert(journal_is_live(PATH));
        journal_close(&journal);
        ck_assert_int_eq(unlink(PATH), 0);
    }
    end(pid);
}
END_TEST

/* ---- the lock ---- */

static bool create_and_commit(void)
{
    struct buffer line = BUFFER_INIT;

    buffer_add(&line, "one");
    if (journal_create(&journal, PATH, &error) < 0)
        return false;
    journal_add(&journal, &line);
    return journal_commit(&journal, &error) == 0;
}

/* Protects a run that goes on from being taken for dead, and a dead one from being left alone. */
START_TEST(lock_ends_with_its_holder)
{
    pid_t pid = start(create_and_commit);

    ck_assert(journal_is_live(PATH));
    ck_assert(journal_is_live(PATH)); /* asking took nothing away */
    end(pid);
    ck_assert(!journal_is_live(PATH));
    expect_lines("one|");
}
END_TEST

/* Protects against two people who look at a dead run at once, and see each other as azfan. */
START_TEST(readers_do_not_see_each_other)
{
    int fd;

    put_journal();
    fd = open(PATH, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(flock(fd, LOCK_SH | LOCK_NB), 0);
    ck_assert(!journal_is_live(PATH));
    fd_close(&fd);
}
END_TEST

START_TEST(lock_ends_with_close)
{
    create();
    ck_assert(journal_is_live(PATH));
    journal_close(&journal);
    ck_assert(!journal_is_live(PATH));
}
END_TEST

static int to_child[2];
static int from_child[2];

static bool create_and_start_cat(void)
{
    if (journal_create(&journal, PATH, &error) < 0)
        return false;
    if (fork() != 0)
        return true;
    (void)dup2(to_child[0], STDIN_FILENO);
    (void)dup2(from_child[1], STDOUT_FILENO);
    (void)execl("/bin/cat", "cat", (char *)NULL);
    _exit(1);
}

/* cat is there, and no longer the copy of its parent that it was before exec. */
static void expect_echo(void)
{
    char byte = 0;

    ck_assert_int_eq(write(to_child[1], "x", 1), 1);
    ck_assert_int_eq(read(from_child[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'x');
}

/* Protects against an az that outlives a killed azfan and keeps its lock. */
START_TEST(children_do_not_inherit_the_lock)
{
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe2(to_child, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(from_child, O_CLOEXEC), 0);
    pid = start(create_and_start_cat);
    expect_echo();
    ck_assert(journal_is_live(PATH));
    end(pid);
    ck_assert(!journal_is_live(PATH));
    expect_echo();
    fd_close(&to_child[0]);
    fd_close(&to_child[1]);
    fd_close(&from_child[1]);
    ck_assert_int_eq(read(from_child[0], &byte, 1), 0); /* it has ended */
    fd_close(&from_child[0]);
}
END_TEST

static const struct {
    int code;
    bool live;
} lock_answers[] = {
    {EWOULDBLOCK, true}, {EACCES, true},  {ENOLCK, true}, /* for the moment: it cannot be said */
    {EOPNOTSUPP, false}, {ENOSYS, false},                 /* here no journal can be written */
};

/* Protects a run that goes on from being taken for dead because nobody could be asked. */
START_TEST(lock_that_cannot_be_asked_for)
{
    put_journal();
    fault_arm("journal.flock_shared", 1, lock_answers[_i].code);
    ck_assert(journal_is_live(PATH) == lock_answers[_i].live);
    ck_assert_int_eq(fault_hits(), 1);
}
END_TEST

/* ---- reading ---- */

#define ROW(text) text, sizeof(text) - 1

static const struct {
    const char *bytes;
    size_t length;
    const char *expected;
    const char *first;
} ends[] = {
    {ROW(""), "", ""},
    {ROW("a"), "", ""},
    {ROW("\n"), "|", "|"},
    {ROW("a\n"), "a|", "a|"},
    {ROW("a\nb"), "a|", "a|"},
    {ROW("a\n\nb\n"), "a||b|", "a|"},
    {ROW("\0"), "", ""},
    {ROW("\0\0\n"), "", ""},
    {ROW("\0\na\n"), "", ""},
    {ROW("a\n\0\0\0\0"), "a|", "a|"},
    {ROW("a\nb\0\0\0\n"), "a|", "a|"},
    {ROW("a\nb\n\0\0\nc\n"), "a|b|", "a|"},
    {ROW("a\nb\0b\nc\nd\n"), "a|", "a|"},
    {ROW("a\r\n\x1b[31m\xff\n"), "a\r|\x1b[31m\xff|", "a\r|"},
};

/* Protects what was committed before a crash, and a reader from the torn rest. */
START_TEST(torn_ends_are_dropped)
{
    size_t count = 0;

    put_file(ends[_i].bytes, ends[_i].length);
    expect_lines(ends[_i].expected);
    buffer_done(&lines);
    ck_assert_int_eq(journal_read_first(PATH, 1, collect, &count, &error), 0);
    ck_assert_str_eq(buffer_text(&lines), ends[_i].first);
}
END_TEST

static const struct {
    const char *bytes;
    size_t length;
    size_t most;
    const char *expected;
} tails[] = {
    {ROW("aa\nbb\ncc\n"), 100, "aa|bb|cc|"},
    {ROW("aa\nbb\ncc\n"), 9, "aa|bb|cc|"},
    {ROW("aa\nbb\ncc\n"), 8, "bb|cc|"},
    {ROW("aa\nbb\ncc\n"), 6, "bb|cc|"}, /* begins just where a line does */
    {ROW("aa\nbb\ncc\n"), 5, "cc|"},
    {ROW("aa\nbb\ncc\n"), 3, "cc|"},
    {ROW("aa\nbb\ncc\n"), 2, ""},
    {ROW("aa\nbb\ncc\n"), 1, ""},
    {ROW("aa\nbb\ncc\n"), 0, ""},
    {ROW("aa\nbb\ncc\n"), SIZE_MAX, "aa|bb|cc|"},
    {ROW("aa\nbb\ncc"), 6, "bb|"}, /* of a torn end too only what is whole */
    {ROW("aa\nbb\n\0\0"), 6, "bb|"},
    {ROW("aa\nb\0\ncc\n"), 5, ""},
    {ROW(""), 0, ""},
    {ROW(""), 5, ""},
};

/* Protects a list of runs from half lines, and from losing the last one at the edge. */
START_TEST(tail)
{
    size_t count = 0;

    put_file(tails[_i].bytes, tails[_i].length);
    ck_assert_msg(journal_read_tail(PATH, tails[_i].most, collect, &count, &error) == 0, "%s",
                  error.text);
    ck_assert_str_eq(buffer_text(&lines), tails[_i].expected);
}
END_TEST

/* Protects the memory of whoever reads what a crash left: a hole of 64 GiB, in which no newline is.
 */
START_TEST(hole_is_not_collected)
{
    struct rlimit small = {0, 0};

    put_file("a\nb", 3);
    if (truncate(PATH, INT64_C(64) << 30) < 0)
        return; /* a file system that has no holes */
    ck_assert_int_eq(getrlimit(RLIMIT_CPU, &small), 0);
    small.rlim_cur = 2;
    ck_assert_int_eq(setrlimit(RLIMIT_CPU, &small), 0); /* nor read */
    expect_lines("a|");
}
END_TEST

static const struct {
    void (*put)(void);
    const char *path, *words;
} not_files[] = {
    {put_fifo, PATH, "cannot read journal.jsonl: it is not a regular file"},
    {put_folder, PATH, "cannot read journal.jsonl: it is not a regular file"},
    {put_folder, "/dev/zero", "cannot read /dev/zero: it is not a regular file"},
    {put_folder, "none", "cannot open none: No such file or directory"},
    {put_dangling_link, PATH, "cannot open journal.jsonl: No such file or directory"},
};

/* Protects from waiting for ever, and from reading what never ends. */
START_TEST(what_is_no_file_is_refused)
{
    size_t count = 0;

    not_files[_i].put();
    ck_assert_int_eq(journal_read(not_files[_i].path, collect, &count, &error), -1);
    ck_assert_str_eq(error.text, not_files[_i].words);
    ck_assert_int_eq(journal_read_first(not_files[_i].path, 1, collect, &count, &error), -1);
    ck_assert_str_eq(error.text, not_files[_i].words);
    ck_assert_int_eq(journal_read_tail(not_files[_i].path, 9, collect, &count, &error), -1);
    ck_assert_str_eq(error.text, not_files[_i].words);
    ck_assert(!journal_is_live(not_files[_i].path));
    ck_assert_uint_eq(count, 0);
}
END_TEST

/* Protects an administrator who looks at a run of somebody else. */
START_TEST(owner_does_not_matter)
{
    put_journal();
    if (chown(PATH, 65534, 65534) < 0)
        return; /* only root can try this */
    expect_lines("one|");
}
END_TEST

static int stop_at_second(void *context, size_t number, const char *line, size_t length,
                          struct error *problem)
{
    (void)length;
    ++*(int *)context;
    return number == 2 ? error_set(problem, "%s is no event", line) : 0;
}

/* Protects who has to repair a journal: the error says where. */
START_TEST(readers_error_stops_the_reading)
{
    int calls = 0;

    put_file("a\nb\nc\n", 6);
    ck_assert_int_eq(journal_read(PATH, stop_at_second, &calls, &error), -1);
    ck_assert_str_eq(error.text, "cannot read journal.jsonl, line 2: b is no event");
    ck_assert_int_eq(calls, 2);
    ck_assert_int_eq(journal_read_tail(PATH, 4, stop_at_second, &calls, &error), -1);
    ck_assert_str_eq(error.text, "cannot read the end of journal.jsonl: c is no event");
    ck_assert_int_eq(calls, 4);
    ck_assert_int_eq(journal_read_first(PATH, 1, stop_at_second, &calls, &error), 0);
    ck_assert_int_eq(calls, 5);
}
END_TEST

static const struct {
    const char *probe;
    int code;
    const char *words; /* NULL: it goes well */
} read_faults[] = {
    {"journal.open", EACCES, "cannot open journal.jsonl: Permission denied"},
    {"journal.read", EIO, "cannot read journal.jsonl: Input/output error"},
    {"journal.read", EINTR, NULL},
    {"journal.realloc", ENOMEM, "cannot read journal.jsonl, line 1: there is no memory for it"},
    {"journal.long_line", 0, "cannot read journal.jsonl, line 1: it is too long to be a journal's"},
};

START_TEST(failure_of_reading)
{
    size_t count = 0;

    put_journal();
    fault_arm(read_faults[_i].probe, 1, read_faults[_i].code);
    ck_assert_int_eq(journal_read(PATH, collect, &count, &error),
                     read_faults[_i].words != NULL ? -1 : 0);
    ck_assert_int_eq(fault_hits(), 1);
    ck_assert_str_eq(error.text, read_faults[_i].words != NULL ? read_faults[_i].words : "");
    ck_assert_uint_eq(count, read_faults[_i].words != NULL ? 0 : 1);
}
END_TEST

/* ---- reading what is cut or grows ---- */

/* What is expected of every line: its number, and as many x as SIZE says; sometimes a long one. */
static void print_line(struct buffer *line, int number)
{
    size_t size = (size_t)number * 7919 % 200 + (number % 16 == 15 ? 70000 : 0);

    buffer_print(line, "%d ", number);
    buffer_reserve(line, size);
    memset(line->data + line->length, 'x', size);
    line->length += size;
    line->data[line->length] = '\0';
}

static int compare(void *context, size_t number, const char *line, size_t length,
                   struct error *problem)
{
    size_t *count = context;
    struct buffer expected = BUFFER_INIT;

    (void)problem;
    ck_assert_uint_eq(number, ++*count);
    print_line(&expected, (int)number);
    ck_assert_uint_eq(length, expected.length);
    ck_assert_int_eq(memcmp(line, expected.data, length), 0);
    buffer_done(&expected);
    return 0;
}

/* Lines of BYTES that have their newline. */
static size_t count_lines(const char *bytes, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += bytes[i] == '\n' ? 1 : 0;
    return count;
}

enum { CUTS = 300, CUT_LINES = 64 };

/* Protects a resumed run: wherever a crash cut the file, what is read is how it began. */
START_TEST(every_cut_reads_as_a_beginning)
{
    struct buffer whole = BUFFER_INIT;
    unsigned seed = 20261123;

    for (int i = 1; i <= CUT_LINES; i++) {
        print_line(&whole, i);
        buffer_add_char(&whole, '\n');
    }
    for (int i = 0; i < CUTS; i++) {
        size_t cut = ((size_t)rand_r(&seed) << 8 ^ (size_t)rand_r(&seed)) % (whole.length + 1);
        size_t nuls = i % 3 == 0 ? (size_t)rand_r(&seed) % 9000 : 0;
        size_t count = 0;

        put_file(whole.data, cut);
        ck_assert_int_eq(truncate(PATH, (off_t)(cut + nuls)), 0);
        ck_assert_int_eq(journal_read(PATH, compare, &count, &error), 0);
        ck_assert_msg(count == count_lines(whole.data, cut), "cut at %zu: %zu lines", cut, count);
    }
    buffer_done(&whole);
}
END_TEST

enum { GROWN_LINES = 400 };

static bool grow(void)
{
    if (journal_create(&journal, PATH, &error) < 0)
        return false;
    for (int i = 1; i <= GROWN_LINES; i++) {
        struct buffer line = BUFFER_INIT;

        print_line(&line, i);
        journal_add(&journal, &line);
        if (i % 3 == 0 && journal_commit(&journal, &error) < 0)
            return false;
    }
    return journal_commit(&journal, &error) == 0;
}

/* Protects who looks at a run that goes on: at any moment it reads as far as it has come. */
START_TEST(journal_that_grows_is_read)
{
    size_t last = 0;
    pid_t pid = fork();
    bool ended = false;

    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(grow() ? 0 : 1);
    while (!ended) {
        size_t count = 0;

        ended = waitpid(pid, NULL, WNOHANG) == pid; /* then read once more */
        if (access(PATH, F_OK) < 0)
            continue;
        ck_assert_msg(journal_read(PATH, compare, &count, &error) == 0, "%s", error.text);
        ck_assert_uint_ge(count, last);
        last = count;
    }
    ck_assert_uint_eq(last, GROWN_LINES);
}
END_TEST

/* ---- one that grows ---- */

static bool has_news(const struct journal_follow *follow)
{
    struct pollfd changes = {.fd = journal_follow_fd(follow), .events = POLLIN};

    return poll(&changes, 1, 10 * 1000) == 1;
}

static void expect_more(struct journal_follow *follow, size_t *count, const char *expected)
{
    ck_assert_int_eq(journal_follow_lines(follow, collect, count, &error), 0);
    ck_assert_str_eq(buffer_text(&lines), expected);
    buffer_done(&lines);
}

START_TEST(each_line_comes_once)
{
    struct journal_follow *follow;
    size_t count = 0;

    create();
    add("one");
    commit();
    ck_assert_int_eq(journal_follow_open(&follow, PATH, &error), 0);
    expect_more(follow, &count, "one|");
    expect_more(follow, &count, "");
    add("two");
    add("three");
    commit();
    ck_assert(has_news(follow));
    expect_more(follow, &count, "two|three|");
    ck_assert_int_eq(write(journal.fd, "fo", 2), 2);
    expect_more(follow, &count, "");
    ck_assert_int_eq(write(journal.fd, "ur\nfive", 7), 7);
    expect_more(follow, &count, "four|");
    ck_assert(journal_follow_is_live(follow) && journal_follow_is_live(follow));
    ck_assert(!journal_follow_is_removed(follow));
    ck_assert_int_eq(rename(PATH, "elsewhere"), 0);
    ck_assert(journal_follow_is_live(follow));
    ck_assert_int_eq(unlink("elsewhere"), 0);
    ck_assert(journal_follow_is_removed(follow));
    journal_close(&journal);
    ck_assert(!journal_follow_is_live(follow));
    journal_follow_close(follow);
}
END_TEST

/* Another machine's file may have its new size before its bytes. */
START_TEST(bytes_that_come_late_are_read)
{
    struct journal_follow *follow;
    size_t count = 0;

    create();
    add("one");
    commit();
    ck_assert_int_eq(journal_follow_open(&follow, PATH, &error), 0);
    ck_assert_int_eq(ftruncate(journal.fd, 8), 0);
    expect_more(follow, &count, "one|");
    ck_assert_int_eq(ftruncate(journal.fd, 4), 0);
    add("two");
    commit();
    expect_more(follow, &count, "two|");
    journal_follow_close(follow);
}
END_TEST

START_TEST(what_cannot_be_followed)
{
    struct journal_follow *follow;

    ck_assert_int_eq(journal_follow_open(&follow, "nowhere", &error), -1);
    ck_assert_ptr_null(follow);
    ck_assert_str_eq(error.text, "cannot open nowhere: No such file or directory");
}
END_TEST

static void add_writing(Suite *suite)
{
    TCase *tests = tcase_create("writing");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, commit_puts_lines_into_the_file);
    tcase_add_test(tests, commit_syncs_once);
    tcase_add_test(tests, more_than_is_held_goes_to_the_file);
    tcase_add_loop_test(tests, large_line, 0, UNIT_COUNT(sizes));
    tcase_add_test(tests, line_that_is_too_long);
    tcase_add_test(tests, short_writes);
    tcase_add_test(tests, closing_loses_what_was_not_committed);
    tcase_add_loop_test(tests, failure_leaves_the_committed_lines, 0, UNIT_COUNT(write_faults));
    tcase_add_test(tests, failure_of_adding_is_told_by_the_next_commit);
    tcase_add_loop_test(tests, interruption_is_no_failure, 0, UNIT_COUNT(interrupted));
    tcase_add_test(tests, full_disk_in_the_middle_of_a_line);
    tcase_add_test(tests, full_disk_and_no_cutting);
    tcase_add_loop_test(tests, somebody_destroys_the_journal, 0, UNIT_COUNT(intrusions));
    tcase_add_loop_test(tests, somebody_destroys_the_journal_during_a_commit, 0,
                        UNIT_COUNT(intrusions));
    tcase_add_test(tests, end_of_others_is_not_cut);
    tcase_add_test(tests, moved_file_is_written_on);
    suite_add_tcase(suite, tests);
}

static void add_making(Suite *suite)
{
    TCase *tests = tcase_create("making");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, what_is_there_is_refused, 0, UNIT_COUNT(obstacles));
    tcase_add_test(tests, second_journal_is_refused);
    tcase_add_test(tests, no_folder_to_make_it_in);
    tcase_add_loop_test(tests, failed_creation_leaves_nothing, 0, UNIT_COUNT(create_faults));
    tcase_add_loop_test(tests, creation_goes_on, 0, UNIT_COUNT(passing));
    tcase_add_test(tests, readers_do_not_disturb_creation);
    tcase_add_test(tests, lock_ends_with_its_holder);
    tcase_add_test(tests, lock_ends_with_close);
    tcase_add_test(tests, readers_do_not_see_each_other);
    tcase_add_test(tests, children_do_not_inherit_the_lock);
    tcase_add_loop_test(tests, lock_that_cannot_be_asked_for, 0, UNIT_COUNT(lock_answers));
    suite_add_tcase(suite, tests);
}

static void add_reading(Suite *suite)
{
    TCase *tests = tcase_create("reading");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, torn_ends_are_dropped, 0, UNIT_COUNT(ends));
    tcase_add_loop_test(tests, tail, 0, UNIT_COUNT(tails));
    tcase_add_test(tests, hole_is_not_collected);
    tcase_add_loop_test(tests, what_is_no_file_is_refused, 0, UNIT_COUNT(not_files));
    tcase_add_test(tests, owner_does_not_matter);
    tcase_add_test(tests, readers_error_stops_the_reading);
    tcase_add_loop_test(tests, failure_of_reading, 0, UNIT_COUNT(read_faults));
    tcase_add_test(tests, every_cut_reads_as_a_beginning);
    tcase_add_test(tests, journal_that_grows_is_read);
    tcase_add_test(tests, each_line_comes_once);
    tcase_add_test(tests, bytes_that_come_late_are_read);
    tcase_add_test(tests, what_cannot_be_followed);
    suite_add_tcase(suite, tests);
}

static Suite *make_suite(void)
{
    Suite *suite = suite_create("journal");

    add_writing(suite);
    add_making(suite);
    add_reading(suite);
    return suite;
}

UNIT_MAIN(make_suite)
