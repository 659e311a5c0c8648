/* SPDX-License-Identifier: MIT */
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "unit/unit.h"

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) == 1;
}

START_TEST(test_close)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int old = fd;

    fd_close(&fd);
    ck_assert_int_eq(fd, -1);
    ck_assert(!is_open(old));
    fd_close(&fd); /* closed already: nothing */
    ck_assert_int_eq(fd, -1);
    fd = -EMFILE; /* an error that was kept as a descriptor */
    fd_close(&fd);
    ck_assert_int_eq(fd, -1);
}
END_TEST

/* Every set of standard descriptors that can be missing at the start: `azfan <&- >&-`. */
START_TEST(test_sanitize_standard)
{
    int ends[2];
    int kept[3];
    int result;
    bool good = true;

    for (int fd = 0; fd <= 2; fd++) { /* Check prints on them: they must come back */
        kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
        if ((_i & 1 << fd) != 0)
            (void)close(fd);
    }
    result = fd_sanitize_standard();
    good = good && pipe2(ends, O_CLOEXEC) == 0;
    for (int fd = 0; fd <= 2; fd++) {
        int flags = fcntl(fd, F_GETFL);

        good = good && is_open(fd) && fcntl(fd, F_GETFD) == 0; /* it survives an exec */
        if ((_i & 1 << fd) != 0)
            good = good && (flags & O_ACCMODE) == O_RDWR;
        (void)dup2(kept[fd], fd);
    }
    ck_assert_int_eq(result, 0);
    ck_assert(good);
    ck_assert_int_gt(ends[0], 2); /* a pipe cannot land there any more */
    ck_assert_int_gt(ends[1], 2);
}
END_TEST

enum { MUCH = 3 * 1000 * 1000 };

struct reader {
    pthread_t thread;
    int fd;
    size_t total;
};

static atomic_int interruptions;

/*
 * Reads nothing until the writer, on a full pipe, has been interrupted often: the first time the
 * write is a short one, from then on it is EINTR.
 */
static void *read_late(void *argument)
{
    struct reader *reader = argument;
    char bytes[30011];
    ssize_t count;

    while (interruptions < 20)
        (void)poll(NULL, 0, 1);
    while ((count = read(reader->fd, bytes, sizeof bytes)) > 0)
        reader->total += (size_t)count;
    return NULL;
}

static void count_interruption(int signal_number)
{
    (void)signal_number;
    interruptions++;
}

/* All of it arrives, though the pipe takes it in pieces and signals interrupt the write. */
START_TEST(test_write_all)
{
    static char bytes[MUCH];
    struct itimerval often = {{0, 500}, {0, 500}};
    struct sigaction action = {.sa_handler = count_interruption}; /* no SA_RESTART: EINTR */
    struct reader reader = {.total = 0};
    sigset_t alarm_only;
    int ends[2];
    int code;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    reader.fd = ends[0];
    (void)sigemptyset(&alarm_only);
    (void)sigaddset(&alarm_only, SIGALRM);
    (void)sigaction(SIGALRM, &action, NULL);
    (void)pthread_sigmask(SIG_BLOCK, &alarm_only, NULL);
    ck_assert_int_eq(pthread_create(&reader.thread, NULL, read_late, &reader), 0);
    (void)pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL);
    (void)setitimer(ITIMER_REAL, &often, NULL);
    code = fd_write_all(ends[1], bytes, sizeof bytes);
    (void)setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    (void)close(ends[1]);
    (void)pthread_join(reader.thread, NULL);
    ck_assert_int_eq(code, 0);
    ck_assert_uint_eq(reader.total, sizeof bytes);
}
END_TEST

START_TEST(test_write_errors)
{
    int ends[2];

    (void)signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    (void)close(ends[0]);
    ck_assert_int_eq(fd_write_all(ends[1], "x", 1), -EPIPE);
    ck_assert_int_eq(fd_write_all(-1, "x", 1), -EBADF);
    ck_assert_int_eq(fd_write_all(-1, "", 0), 0);
}
END_TEST

/* An event: raised any number of times it is readable, and one clear takes that back. */
START_TEST(test_event)
{
    int fd = fd_event();

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert(!is_readable(fd));
    fd_event_clear(fd); /* nothing to clear: does not wait */
    fd_event_raise(fd);
    fd_event_raise(fd);
    ck_assert(is_readable(fd));
    ck_assert(is_readable(fd));
    fd_event_clear(fd);
    ck_assert(!is_readable(fd));
    fd_event_raise(fd);
    ck_assert(is_readable(fd));
    fd_close(&fd);
}
END_TEST

START_TEST(test_event_without_descriptors)
{
    struct rlimit old;
    struct rlimit none;
    int fd;

    (void)getrlimit(RLIMIT_NOFILE, &old);
    none = (struct rlimit){0, old.rlim_max};
    (void)setrlimit(RLIMIT_NOFILE, &none);
    fd = fd_event();
    (void)setrlimit(RLIMIT_NOFILE, &old);
    ck_assert_int_eq(fd, -EMFILE);
}
END_TEST

/* stdio does not keep why a write failed: the descriptor is asked. */
START_TEST(test_reader_has_left)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert(!fd_reader_has_left(ends[1]));
    fd_close(&ends[0]);
    ck_assert(fd_reader_has_left(ends[1]));
    ck_assert(!fd_reader_has_left(full));
    fd_close(&ends[1]);
    fd_close(&full);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("fd");
    TCase *tcase = tcase_create("fd");

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, test_close);
    tcase_add_loop_test(tcase, test_sanitize_standard, 0, 8);
    tcase_add_test(tcase, test_write_all);
    tcase_add_test(tcase, test_write_errors);
    tcase_add_test(tcase, test_reader_has_left);
    tcase_add_test(tcase, test_event);
    tcase_add_test(tcase, test_event_without_descriptors);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(make_suite)
