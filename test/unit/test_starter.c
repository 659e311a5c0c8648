/* SPDX-License-Identifier: MIT */
/*
 * engine/starter: a program whose file hangs holds up nobody. The hang is a lease that this process
 * has on the file and does not give back (fcntl(2), F_SETLEASE): execve() waits for it for as long
 * as /proc/sys/fs/lease-break-time says, 45 s by custom. Where there are no leases, a probe hangs.
 */
#include "engine/starter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/supervise.h"
#include "stub/stub.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "unit/unit.h"

enum { LONG_MS = 20000, GRACE_MS = 100, END_MS = 700 };

static char *place;
static struct stub stub;
static int lease = -1;

static void set_up(void)
{
    struct error error = {""};

    ck_assert_msg(file_make_temporary_folder(&place, &error) == 0, "%s", error.text);
    stub_command(&stub, "hang nap 0");
    child_adopt_orphans();
}

static void tear_down(void)
{
    struct error error = {""};

    (void)child_sweep();
    ck_assert_int_eq(stub_count_children(), 0);
    ck_assert_msg(file_remove_tree(place, &error) == 0, "%s", error.text);
    free(place);
}

/* Copies the stub's program into our place, and takes a lease on it. False: none is to be had. */
static bool hang_the_file(void)
{
    static char bytes[4 * 1024 * 1024];
    char *path = memory_print("%s/hang", place);
    int from = open(stub.path, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(from, bytes, sizeof bytes);

    ck_assert_int_gt(size, 0);
    fd_close(&from);
    lease = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    ck_assert_int_eq(fd_write_all(lease, bytes, (size_t)size), 0);
    (void)snprintf(stub.path, sizeof stub.path, "%s", path);
    free(path);
    (void)signal(SIGIO, SIG_IGN); /* that is how the kernel asks for it back */
    if (fcntl(lease, F_SETLEASE, F_WRLCK) == 0)
        return true;
    printf("not tested: there are no leases here (%s)\n", strerror(errno));
    fd_close(&lease);
    return false;
}

static struct finish run(int timeout, const struct supervise_stop *stop)
{
    struct supervise_limits limits = {.timeout = timeout * NUMBER_MILLISECOND,
                                      .kill_grace = GRACE_MS * NUMBER_MILLISECOND,
                                      .output_limit = 4096};
    struct finish finish;

    supervise_run(&stub.command, &limits, stop, NULL, &finish);
    return finish;
}

static void check_took(const struct finish *finish, int least)
{
    int took = (int)(finish->duration / NUMBER_MILLISECOND);

    printf("given up after %d ms (%d)\n", took, least);
    ck_assert_int_ge(took, least);
    ck_assert_int_le(took, least + END_MS + stub_slack());
}

static void check_words(const struct finish *finish, const char *words)
{
    ck_assert_msg(strstr(finish->error.text, stub.path) != NULL, "%s", finish->error.text);
    ck_assert_msg(strstr(finish->error.text, words) != NULL, "%s", finish->error.text);
}

/* execve() does not come back: that is known not to have run, and nothing is left of it. */
START_TEST(a_file_that_hangs_is_given_up)
{
    static const struct supervise_stop stop = {-1, -1};
    struct finish finish;
    int descriptors;

    if (!hang_the_file())
        return;
    descriptors = stub_count_descriptors();
    finish = run(300, &stop);
    check_took(&finish, 300 + STARTER_PATIENCE_MS);
    ck_assert_int_eq(finish.end, FINISH_NOT_STARTED);
    ck_assert_int_eq(finish.stop, FINISH_TIMED_OUT);
    check_words(&finish, "before its time was up");
    ck_assert_int_eq(stub_count_children(), 0);
    ck_assert_int_eq(stub_count_descriptors(), descriptors);
    finish_done(&finish);
    fd_close(&lease);
}
END_TEST

/* What the main thread does on Ctrl-C, here once the start hangs. */
static void *raise_stop(void *argument)
{
    const int *event = argument;

    while (stub_count_children() == 0)
        (void)poll(NULL, 0, 5);
    fd_event_raise(*event);
    return NULL;
}

/* A stop, the soft one (0) and the hard one, is obeyed although nothing runs yet. */
START_TEST(a_stop_gives_it_up)
{
    struct supervise_stop stop = {fd_event(), fd_event()};
    struct finish finish;
    pthread_t thread;

    if (!hang_the_file())
        return;
    ck_assert_int_eq(pthread_create(&thread, NULL, raise_stop, _i == 0 ? &stop.soft : &stop.hard),
                     0);
    finish = run(LONG_MS, &stop);
    (void)pthread_join(thread, NULL);
    check_took(&finish, STARTER_PATIENCE_MS);
    ck_assert_int_eq(finish.end, FINISH_NOT_STARTED);
    ck_assert_int_eq(finish.stop, FINISH_CANCELLED);
    check_words(&finish, "before the run was stopped");
    ck_assert_int_eq(stub_count_children(), 0);
    finish_done(&finish);
    fd_close(&lease);
    fd_close(&stop.soft);
    fd_close(&stop.hard);
}
END_TEST

/* Gives the file back once somebody waits for it. */
static void *end_lease(void *argument)
{
    (void)argument;
    while (stub_count_children() == 0)
        (void)poll(NULL, 0, 5);
    fd_close(&lease);
    return NULL;
}

/* Who is late is not given up before the time is over. */
START_TEST(a_slow_file_is_waited_for)
{
    static const struct supervise_stop stop = {-1, -1};
    struct finish finish;
    pthread_t thread;

    if (!hang_the_file())
        return;
    ck_assert_int_eq(pthread_create(&thread, NULL, end_lease, NULL), 0);
    finish = run(LONG_MS, &stop);
    (void)pthread_join(thread, NULL);
    ck_assert_int_eq(finish.end, FINISH_EXITED);
    ck_assert_int_eq(finish.stop, FINISH_UNSTOPPED);
    ck_assert(finish.exit.known && finish.exit.status == 0);
    ck_assert_uint_eq(finish.output.length, strlen("partial output\n"));
    finish_done(&finish);
}
END_TEST

#ifdef AZFAN_FAULTS
/*
 * A thread that nothing gets out of its start: it is left behind, and nobody can say what it will
 * do. When it comes back it ends what it has started; what the caller had is long gone by then.
 */
START_TEST(a_thread_that_hangs_is_left)
{
    static const struct supervise_stop stop = {-1, -1};
    int descriptors = stub_count_descriptors();
    struct finish finish;

    fault_arm_hold("child.posix_spawn", 1);
    stub_command(&stub, "hang stubborn");
    finish = run(100, &stop);
    ck_assert(fault_await_held(10));
    check_took(&finish, 100 + STARTER_PATIENCE_MS + 500);
    ck_assert_int_eq(finish.end, FINISH_ABANDONED);
    ck_assert_int_eq(finish.stop, FINISH_TIMED_OUT);
    check_words(&finish, "before its time was up");
    finish_done(&finish);
    memset(&stub, 0x55, sizeof stub);

    ck_assert_int_gt(stub_count_descriptors(), descriptors); /* it still has its pipes */
    fault_let_go();
    while (stub_count_descriptors() > descriptors) /* until the case's time is over */
        (void)poll(NULL, 0, 5);
    ck_assert_int_eq(stub_count_children(), 0);
}
END_TEST

/* No thread, no start: as with any other shortage. */
START_TEST(without_a_thread_nothing_is_started)
{
    static const struct supervise_stop stop = {-1, -1};
    int descriptors = stub_count_descriptors();
    struct finish finish;

    fault_arm("starter.pthread_create", 1, EAGAIN);
    finish = run(LONG_MS, &stop);
    ck_assert_int_eq(finish.end, FINISH_NOT_STARTED);
    ck_assert_int_eq(finish.stop, FINISH_UNSTOPPED);
    ck_assert_int_eq(finish.error_number, EAGAIN);
    check_words(&finish, strerror(EAGAIN));
    ck_assert_int_eq(stub_count_descriptors(), descriptors);
    finish_done(&finish);
}
END_TEST
#endif

static Suite *make_suite(void)
{
    Suite *suite = suite_create("starter");
    TCase *tests = tcase_create("starter");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_file_that_hangs_is_given_up);
    tcase_add_loop_test(tests, a_stop_gives_it_up, 0, 2);
    tcase_add_test(tests, a_slow_file_is_waited_for);
#ifdef AZFAN_FAULTS
    tcase_add_test(tests, a_thread_that_hangs_is_left);
    tcase_add_test(tests, without_a_thread_nothing_is_started);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
