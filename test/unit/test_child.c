/* SPDX-License-Identifier: MIT */
#include "engine/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "stub/stub.h"
#include "sys/fault.h"
#include "unit/unit.h"

static void start(struct child *child, const char *line)
{
    struct error error = {""};
    struct stub stub;

    stub_command(&stub, line);
    ck_assert_msg(child_start(child, &stub.command, &error) == 0, "%s", error.text);
}

static void wait_for_exit(const struct child *child)
{
    struct pollfd poll_fd = {.fd = child->pidfd, .events = POLLIN};

    ck_assert_int_eq(poll(&poll_fd, 1, 20000), 1);
    ck_assert(child_has_exited(child));
}

/* Reads FD until its end, or until it ends with END. */
static void read_until(int fd, const char *end, struct buffer *text)
{
    for (;;) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        char bytes[4096];
        ssize_t count;

        ck_assert_int_eq(poll(&poll_fd, 1, 20000), 1);
        count = read(fd, bytes, sizeof bytes);
        ck_assert_int_ge(count, 0);
        if (count == 0)
            return;
        buffer_append(text, bytes, (size_t)count);
        if (end != NULL && strstr(text->data, end) != NULL)
            return;
    }
}

/* Waits until the stub is as its mode says. */
static void wait_for_partial(const struct child *child)
{
    struct buffer text = BUFFER_INIT;

    read_until(child->output, "partial output\n", &text);
    ck_assert_ptr_nonnull(strstr(text.data != NULL ? text.data : "", "partial output\n"));
    buffer_done(&text);
}

static struct child_exit end(struct child *child)
{
    struct child_exit result;

    wait_for_exit(child);
    (void)child_kill_rest(child);
    child_reap(child, &result);
    ck_assert_int_eq(child->pidfd, -1);
    ck_assert_int_eq(child->output, -1);
    ck_assert_int_eq(child->errors, -1);
    return result;
}

/* ---- what a child is born with -------------------------------------------------------------- */

/* Starts COMMAND, which is the stub fds, and returns what it printed. */
static struct buffer report_of(const struct child_command *command)
{
    struct buffer text = BUFFER_INIT;
    struct error error = {""};
    struct child_exit result;
    struct child child;

    ck_assert_msg(child_start(&child, command, &error) == 0, "%s", error.text);
    read_until(child.output, NULL, &text);
    result = end(&child);
    ck_assert(result.known && !result.signaled && result.status == 0);
    ck_assert_ptr_nonnull(text.data);
    return text;
}

static int count_lines(const char *text, const char *start_of_line)
{
    int count = strncmp(text, start_of_line, strlen(start_of_line)) == 0 ? 1 : 0;

    for (; (text = strchr(text, '\n')) != NULL; text++) {
        if (strncmp(text + 1, start_of_line, strlen(start_of_line)) == 0)
            count++;
    }
    return count;
}

static int number_behind(const char *text, const char *word)
{
    const char *at = strstr(text, word);

    ck_assert_msg(at != NULL, "no %s in %s", word, text);
    return atoi(at + strlen(word));
}

/* Only 0, 1 and 2 are open; not even what this process has without close-on-exec. */
START_TEST(test_no_descriptor_but_the_standard_ones)
{
    struct buffer text;
    struct stub stub;
    int leaky = open("/dev/zero", O_RDONLY); /* NOLINT(android-cloexec-open) */

    ck_assert_int_eq(dup2(leaky, 10), 10);
    ck_assert_int_eq(dup2(leaky, 200), 200);
    stub_command(&stub, "fds");
    text = report_of(&stub.command);
    ck_assert_msg(count_lines(text.data, "fd ") == 3, "%s", text.data);
    ck_assert_int_eq(count_lines(text.data, "fd 0 /dev/null\n"), 1);
    ck_assert_int_eq(count_lines(text.data, "fd 1 pipe:"), 1);
    ck_assert_int_eq(count_lines(text.data, "fd 2 pipe:"), 1);
    buffer_done(&text);
}
END_TEST

/* Our own signals (SIGPIPE ignored, the others blocked; SIGINT ignored under nohup) stay ours. */
START_TEST(test_default_signals_and_empty_mask)
{
    const unsigned long long glibcs_own = 3ULL
                                          << 31; /* signals 32 and 33; posix_spawn() does that */
    unsigned long long ignored;
    struct buffer text;
    struct stub stub;
    sigset_t set;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    stub_command(&stub, "fds");
    text = report_of(&stub.command);
    ck_assert_msg(count_lines(text.data, "SigBlk: 0000000000000000\n") == 1, "%s", text.data);
    ignored = strtoull(strstr(text.data, "SigIgn: ") + 8, NULL, 16);
    ck_assert_msg((ignored & ~glibcs_own) == 0, "%s", text.data);
    buffer_done(&text);
}
END_TEST

/* A session of its own has no terminal: az cannot ask there, and Ctrl-C reaches only us. */
START_TEST(test_session_of_its_own)
{
    struct buffer text;
    struct stub stub;
    int pid;

    stub_command(&stub, "fds");
    text = report_of(&stub.command);
    pid = number_behind(text.data, "\npid ");
    ck_assert_int_eq(number_behind(text.data, "\npgid "), pid);
    ck_assert_int_eq(number_behind(text.data, "\nsid "), pid);
    ck_assert_int_ne(pid, getsid(0));
    buffer_done(&text);
}
END_TEST

/* The environment is the command's and nothing else; the folder is ours unless it names one. */
START_TEST(test_environment_and_folder)
{
    char here[STUB_PATH + 8];
    struct buffer text;
    struct stub stub;

    stub_command(&stub, "fds");
    text = report_of(&stub.command);
    ck_assert_int_eq(count_lines(text.data, "env "), 1);
    ck_assert_int_eq(count_lines(text.data, "env STUB=yes\n"), 1);
    strcpy(here, "cwd ");
    ck_assert_ptr_nonnull(getcwd(here + 4, STUB_PATH));
    ck_assert_int_eq(count_lines(text.data, here), 1);
    buffer_done(&text);
    stub.command.folder = "/usr";
    text = report_of(&stub.command);
    ck_assert_int_eq(count_lines(text.data, "cwd /usr\n"), 1);
    buffer_done(&text);
}
END_TEST

/* Descriptors that the command brings are used, and there is no pipe to us then. */
START_TEST(test_streams_of_the_command)
{
    struct buffer text = BUFFER_INIT;
    struct error error;
    struct child child;
    struct stub stub;
    int ends[2];
    int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    stub_command(&stub, "fds");
    stub.command.input = zero;
    stub.command.output = ends[1];
    stub.command.errors = ends[1];
    ck_assert_int_eq(child_start(&child, &stub.command, &error), 0);
    ck_assert_int_eq(child.output, -1);
    ck_assert_int_eq(child.errors, -1);
    (void)close(ends[1]);
    read_until(ends[0], NULL, &text);
    ck_assert_int_eq(count_lines(text.data, "fd 0 /dev/zero\n"), 1);
    ck_assert_int_eq(count_lines(text.data, "fd "), 3);
    (void)end(&child);
    ck_assert_int_eq(fcntl(zero, F_GETFD), FD_CLOEXEC); /* still ours */
    buffer_done(&text);
}
END_TEST

/* A child's write into a full pipe waits; with O_NONBLOCK at its end it would fail. */
START_TEST(test_only_our_end_does_not_block)
{
    struct buffer text = BUFFER_INIT;
    struct child_exit result;
    struct child child;

    start(&child, "flood 1048576 out");
    ck_assert_int_ne(fcntl(child.output, F_GETFL) & O_NONBLOCK, 0);
    read_until(child.output, NULL, &text);
    ck_assert_uint_eq(text.length, 1048576);
    result = end(&child);
    ck_assert_int_eq(result.status, 0);
    buffer_done(&text);
}
END_TEST

/* ---- how it ends ---------------------------------------------------------------------------- */

static const struct {
    const char *line;
    bool signaled;
    int status;
} endings[] = {
    {"exits exit 0", false, 0},         {"exits exit 1", false, 1},
    {"exits exit 7", false, 7},         {"exits exit 130", false, 130},
    {"exits exit 255", false, 255},     {"exits signal 1", true, SIGHUP},
    {"exits signal 2", true, SIGINT},   {"exits signal 6", true, SIGABRT},
    {"exits signal 9", true, SIGKILL},  {"exits signal 11", true, SIGSEGV},
    {"exits signal 13", true, SIGPIPE}, {"exits signal 15", true, SIGTERM},
    {"exits signal 64", true, 64},
};

/* An exit status of 130 and a death of SIGINT are two things. */
START_TEST(test_endings)
{
    int before = stub_count_descriptors();
    struct child_exit result;
    struct child child;

    start(&child, endings[_i].line);
    result = end(&child);
    ck_assert_msg(result.known, "%s: not known", endings[_i].line);
    ck_assert_msg(result.signaled == endings[_i].signaled, "%s", endings[_i].line);
    ck_assert_msg(result.status == endings[_i].status, "%s: %d", endings[_i].line, result.status);
    ck_assert_int_eq(stub_count_children(), 0); /* no zombie */
    ck_assert_int_eq(stub_count_descriptors(), before);
}
END_TEST

START_TEST(test_usage)
{
    struct child_exit result;
    struct child child;

    start(&child, "exits spin 60");
    result = end(&child);
    ck_assert_int_ge(result.cpu_time, 50000000);
    ck_assert_int_lt(result.cpu_time, INT64_C(20000000000));
    ck_assert_int_ge(result.max_rss_kib, 8 * 1024);
}
END_TEST

START_TEST(test_exit_is_not_seen_before_it_happens)
{
    struct child child;

    start(&child, "hang stubborn");
    wait_for_partial(&child);
    ck_assert(!child_has_exited(&child));
    child_signal(&child, SIGINT);
    child_signal(&child, SIGTERM);
    ck_assert(!child_has_exited(&child));
    child_signal(&child, SIGKILL);
    ck_assert_int_eq(end(&child).status, SIGKILL);
}
END_TEST

/* Where SIGCHLD is ignored the kernel throws the status away: that is unknown, and no success. */
START_TEST(test_status_taken_by_the_kernel)
{
    struct child_exit result;
    struct child child;

    (void)signal(SIGCHLD, SIG_IGN);
    start(&child, "hang nap 200");
    wait_for_partial(&child);
    result = end(&child);
    ck_assert(!result.known);
    ck_assert_int_eq(stub_count_children(), 0);
}
END_TEST

/* ---- starts that fail ----------------------------------------------------------------------- */

/* A start that failed leaves no descriptor and no process. */
static void check_failed_start(const struct child_command *command, int code, const char *words)
{
    int descriptors = stub_count_descriptors();
    struct error error = {""};
    struct child child;

    ck_assert_int_eq(child_start(&child, command, &error), -code);
    ck_assert_msg(strstr(error.text, words) != NULL, "%s", error.text);
    ck_assert_msg(strstr(error.text, command->program) != NULL, "%s", error.text);
    ck_assert_msg(strstr(error.text, strerror(code)) != NULL, "%s", error.text);
    ck_assert_int_eq(stub_count_descriptors(), descriptors);
    ck_assert_int_eq(stub_count_children(), 0);
    ck_assert_int_eq(child.pidfd, -1);
    ck_assert_int_eq(child.output, -1);
    ck_assert_int_eq(child.errors, -1);
}

static const struct {
    const char *program;
    const char *folder;
    int code;
} failures[] = {
    {"/nonexistent/az", NULL, ENOENT},   {"/", NULL, EACCES},
    {"/proc/self/status", NULL, EACCES}, {"/proc/self/status/az", NULL, ENOTDIR},
    {NULL, "/nonexistent", ENOENT}, /* NULL: a stub that is there */
};

START_TEST(test_program_that_cannot_be_started)
{
    struct stub stub;

    stub_command(&stub, "exits exit 0");
    if (failures[_i].program != NULL)
        stub.command.program = failures[_i].program;
    stub.command.folder = failures[_i].folder;
    check_failed_start(&stub.command, failures[_i].code, "cannot start");
}
END_TEST

/* A script without "#!" is no program: nothing hands it to a shell behind our back. */
START_TEST(test_no_shell_for_a_nameless_script)
{
    char path[] = "/tmp/azfan-test-XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC);
    struct stub stub;

    ck_assert_int_eq(write(fd, "exit 0\n", 7), 7);
    ck_assert_int_eq(fchmod(fd, 0700), 0);
    (void)close(fd);
    stub_command(&stub, "exits exit 0");
    stub.command.program = path;
    check_failed_start(&stub.command, ENOEXEC, "cannot start");
    (void)unlink(path);
}
END_TEST

/* Descriptors run out at each possible moment of a start, the second pipe and the pidfd too. */
START_TEST(test_descriptors_run_out)
{
    int before = stub_count_descriptors();
    struct child_exit result;
    struct rlimit old;
    struct stub stub;
    int code = -1;
    int failed = 0;

    stub_command(&stub, "exits exit 0");
    (void)getrlimit(RLIMIT_NOFILE, &old);
    for (rlim_t limit = 3; code < 0 && limit < 100; limit++) {
        struct rlimit few = {limit, old.rlim_max};
        struct error error = {""};
        struct child child;

        (void)setrlimit(RLIMIT_NOFILE, &few);
        code = child_start(&child, &stub.command, &error);
        (void)setrlimit(RLIMIT_NOFILE, &old);
        if (code < 0) {
            ck_assert_msg(code == -EMFILE, "%s", error.text);
            failed++;
        } else {
            result = end(&child);
            ck_assert(result.known);
            ck_assert_int_eq(result.status, 0);
        }
        ck_assert_int_eq(stub_count_descriptors(), before);
        ck_assert_int_eq(stub_count_children(), 0);
    }
    ck_assert_int_eq(code, 0);
    ck_assert_int_ge(failed, 4); /* it needs five at a time: two pipes and the pidfd */
}
END_TEST

#ifdef AZFAN_FAULTS
static const struct {
    const char *probe;
    int code;
    const char *words;
} faults[] = {
    {"child.pipe2", EMFILE, "cannot open a pipe for"},
    {"child.pipe2", ENFILE, "cannot open a pipe for"},
    {"child.posix_spawn", EAGAIN, "cannot start"},
    {"child.posix_spawn", ENOMEM, "cannot start"},
    {"child.pidfd_open", EMFILE, "cannot watch"},
    {"child.pidfd_open", ENOSYS, "cannot watch"},
};

START_TEST(test_system_call_that_fails)
{
    struct stub stub;

    stub_command(&stub, "hang stubborn"); /* must be killed when it cannot be watched */
    fault_arm(faults[_i].probe, 1, faults[_i].code);
    check_failed_start(&stub.command, faults[_i].code, faults[_i].words);
    ck_assert_int_eq(fault_hits(), 1);
}
END_TEST
#endif

/* ---- what it leaves behind ------------------------------------------------------------------ */

static const struct {
    const char *line;
    int killed;
} rests[] = {
    {"exits exit 0", 0},      {"hang background 1", 1},
    {"hang background 5", 5}, /* a chain: each becomes our child only when the one before is dead */
    {"hang zombies 3", 0},    /* they had ended by themselves */
    {"hang escaped 1", 0},    /* not in the group */
};

/* The rest of the group is killed, counted and reaped; the leader keeps its status. */
START_TEST(test_rest_of_the_group)
{
    struct child_exit result;
    struct child child;

    child_adopt_orphans();
    start(&child, rests[_i].line);
    wait_for_exit(&child);
    ck_assert_msg(child_kill_rest(&child) == rests[_i].killed, "%s", rests[_i].line);
    ck_assert_int_eq(child_kill_rest(&child), 0); /* nothing is left of it */
    child_reap(&child, &result);
    ck_assert_msg(result.known, "%s: the status is lost", rests[_i].line);
    ck_assert_int_eq(result.status, 0);
    (void)child_sweep();
    ck_assert_int_eq(stub_count_children(), 0);
}
END_TEST

/* The sweep would find them too: here it must have nothing to do. */
START_TEST(test_rest_needs_no_sweep)
{
    struct child child;

    child_adopt_orphans();
    start(&child, "hang background 3");
    (void)end(&child);
    ck_assert_int_eq(stub_count_children(), 0);
    ck_assert_int_eq(child_sweep(), 0);
}
END_TEST

/* Without the subreaper nobody counts, but all are killed: the pipe that they held ends. */
START_TEST(test_rest_is_killed_without_subreaper)
{
    struct buffer text = BUFFER_INIT;
    struct child_exit result;
    struct child child;

    start(&child, "hang background 3");
    wait_for_exit(&child);
    ck_assert_int_eq(child_kill_rest(&child), 0);
    read_until(child.output, NULL, &text);
    ck_assert_str_eq(text.data, "partial output\n");
    child_reap(&child, &result);
    ck_assert(result.known && result.status == 0);
    buffer_done(&text);
}
END_TEST

/* Two children at a time: each one's rest is its own. */
START_TEST(test_rest_of_another_group_is_left_alone)
{
    struct child first;
    struct child second;

    child_adopt_orphans();
    start(&first, "hang background 2");
    start(&second, "hang background 3");
    wait_for_exit(&first);
    wait_for_exit(&second);
    ck_assert_int_eq(child_kill_rest(&first), 2);
    ck_assert_int_eq(child_kill_rest(&second), 3);
    (void)end(&first);
    (void)end(&second);
    ck_assert_int_eq(stub_count_children(), 0);
}
END_TEST

/* ---- escapees ------------------------------------------------------------------------------- */

/* What left its group is killed by the sweep, and what hangs below it too. */
START_TEST(test_sweep_kills_escapees)
{
    struct child child;

    child_adopt_orphans();
    start(&child, "hang escaped 4");
    wait_for_partial(&child); /* all four have left before the leader exits */
    (void)end(&child);
    ck_assert_int_eq(stub_count_children(), 1); /* the first of the chain, alive */
    ck_assert_int_eq(child_sweep(), 4);
    ck_assert_int_eq(stub_count_children(), 0);
    ck_assert_int_eq(child_sweep(), 0);
}
END_TEST

/* A child that was given up closes everything and is left to the sweep. */
START_TEST(test_abandoned_child_is_swept)
{
    int before = stub_count_descriptors();
    struct child child;
    struct buffer text = BUFFER_INIT;

    child_adopt_orphans();
    start(&child, "hang stubborn");
    wait_for_partial(&child);
    read_until(child.errors, "partial errors\n", &text); /* or its last word would kill it */
    buffer_done(&text);
    child_abandon(&child);
    ck_assert_int_eq(stub_count_descriptors(), before);
    ck_assert_int_eq(stub_count_children(), 1);
    ck_assert_int_eq(child_sweep(), 1);
    ck_assert_int_eq(stub_count_children(), 0);
}
END_TEST

/* A child that had ended counts as nothing killed, and is reaped all the same. */
START_TEST(test_sweep_reaps_what_has_ended)
{
    struct child child;

    child_adopt_orphans();
    start(&child, "exits exit 0");
    wait_for_exit(&child);
    child_abandon(&child);
    ck_assert_int_eq(child_sweep(), 0);
    ck_assert_int_eq(stub_count_children(), 0);
}
END_TEST

/* A shell that execs azfan leaves it its own background jobs: they are none of our business. */
START_TEST(test_inherited_children_are_never_touched)
{
    posix_spawn_file_actions_t actions;
    siginfo_t info = {.si_pid = 0};
    struct child child;
    struct stub stub;
    pid_t inherited;

    stub_command(&stub, "hang stubborn");
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    ck_assert_int_eq(posix_spawn(&inherited, stub.path, &actions, NULL, stub.arguments, environ),
                     0);
    (void)posix_spawn_file_actions_destroy(&actions);
    child_adopt_orphans();
    start(&child, "hang escaped 1");
    wait_for_partial(&child);
    (void)end(&child);
    ck_assert_int_eq(child_sweep(), 1);
    ck_assert_int_eq(stub_count_children(), 1);
    ck_assert_int_eq(waitid(P_PID, (id_t)inherited, &info, WEXITED | WNOHANG), 0);
    ck_assert_int_eq(info.si_pid, 0); /* alive */
    (void)kill(inherited, SIGKILL);
    (void)waitpid(inherited, NULL, 0);
}
END_TEST

static void add_births(Suite *suite)
{
    TCase *tcase = tcase_create("birth");

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, test_no_descriptor_but_the_standard_ones);
    tcase_add_test(tcase, test_default_signals_and_empty_mask);
    tcase_add_test(tcase, test_session_of_its_own);
    tcase_add_test(tcase, test_environment_and_folder);
    tcase_add_test(tcase, test_streams_of_the_command);
    tcase_add_test(tcase, test_only_our_end_does_not_block);
    suite_add_tcase(suite, tcase);
}

static void add_ends(Suite *suite)
{
    TCase *tcase = tcase_create("end");

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, test_endings, 0, UNIT_COUNT(endings));
    tcase_add_test(tcase, test_usage);
    tcase_add_test(tcase, test_exit_is_not_seen_before_it_happens);
    tcase_add_test(tcase, test_status_taken_by_the_kernel);
    tcase_add_loop_test(tcase, test_program_that_cannot_be_started, 0, UNIT_COUNT(failures));
    tcase_add_test(tcase, test_no_shell_for_a_nameless_script);
    tcase_add_test(tcase, test_descriptors_run_out);
#ifdef AZFAN_FAULTS
    tcase_add_loop_test(tcase, test_system_call_that_fails, 0, UNIT_COUNT(faults));
#endif
    suite_add_tcase(suite, tcase);
}

static void add_rests(Suite *suite)
{
    TCase *tcase = tcase_create("rest");

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, test_rest_of_the_group, 0, UNIT_COUNT(rests));
    tcase_add_test(tcase, test_rest_needs_no_sweep);
    tcase_add_test(tcase, test_rest_is_killed_without_subreaper);
    tcase_add_test(tcase, test_rest_of_another_group_is_left_alone);
    tcase_add_test(tcase, test_sweep_kills_escapees);
    tcase_add_test(tcase, test_abandoned_child_is_swept);
    tcase_add_test(tcase, test_sweep_reaps_what_has_ended);
    tcase_add_test(tcase, test_inherited_children_are_never_touched);
    suite_add_tcase(suite, tcase);
}

static Suite *make_suite(void)
{
    Suite *suite = suite_create("child");

    add_births(suite);
    add_ends(suite);
    add_rests(suite);
    return suite;
}

UNIT_MAIN(make_suite)
