/* SPDX-License-Identifier: MIT */
/*
 * A terminal of one's own (pty(7)), which is nobody's controlling one. In the foreground, and in a
 * background, azfan is in test/terminal.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "sys/terminal.h"
#include "unit/unit.h"

static int master = -1;
static int slave = -1;

static int open_slave(void)
{
    return open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static void set_up(void)
{
    master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert_int_ge(master, 0);
    ck_assert_int_eq(grantpt(master), 0);
    ck_assert_int_eq(unlockpt(master), 0);
    slave = open_slave();
    ck_assert_int_ge(slave, 0);
}

static void tear_down(void)
{
    (void)close(slave);
    (void)close(master);
}

static const struct {
    const char *term;
    bool escapes;
} terms[] = {{"xterm", true}, {"dumb", false}, {"", false}, {NULL, false}};

START_TEST(escapes_by_the_environment)
{
    if (terms[_i].term != NULL)
        ck_assert_int_eq(setenv("TERM", terms[_i].term, 1), 0);
    else
        ck_assert_int_eq(unsetenv("TERM"), 0);
    ck_assert(terminal_has_escapes(slave) == terms[_i].escapes);
}
END_TEST

START_TEST(what_is_no_terminal)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(setenv("TERM", "xterm", 1), 0);
    ck_assert(!terminal_is(ends[0]));
    ck_assert(!terminal_has_escapes(ends[0]));
    ck_assert_int_eq(terminal_size(ends[0]).columns, 0);
    ck_assert(!terminal_echoes(ends[0]));
    ck_assert(!terminal_is_same(ends[0], ends[0]));
    ck_assert(terminal_is_ours(ends[0]));
    ck_assert_int_eq(terminal_open_again(-1), -1);
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

START_TEST(its_size_is_that_of_now)
{
    struct winsize size = {.ws_col = 100, .ws_row = 30};

    ck_assert_int_eq(terminal_size(slave).columns, 0); /* nobody has said yet */
    ck_assert_int_eq(ioctl(master, TIOCSWINSZ, &size), 0);
    ck_assert_int_eq(terminal_size(slave).columns, 100);
    ck_assert_int_eq(terminal_size(slave).rows, 30);
}
END_TEST

START_TEST(the_same_one_opened_twice)
{
    int again = open_slave();
    int first_master = master;
    int first_slave = slave;

    ck_assert(terminal_is(slave));
    ck_assert(terminal_is_same(slave, again));
    set_up();
    ck_assert(!terminal_is_same(slave, again));
    tear_down();
    master = first_master;
    slave = first_slave;
    (void)close(again);
}
END_TEST

START_TEST(what_is_typed)
{
    struct termios modes;
    char line[8];
    int again = terminal_open_again(slave);
    struct pollfd watch = {again, POLLIN, 0};

    ck_assert_int_ge(again, 0);
    ck_assert_int_eq((int)read(again, line, sizeof line), -1); /* it does not wait */
    ck_assert(terminal_echoes(slave));
    ck_assert_int_eq(terminal_waiting(slave), 0);
    ck_assert_int_eq((int)write(master, "yes\n", 4), 4);
    ck_assert_int_eq(poll(&watch, 1, 10000), 1); /* the kernel hands it over in its own time */
    ck_assert_int_eq(terminal_waiting(slave), 4);
    ck_assert_int_eq((int)read(again, line, sizeof line), 4);
    ck_assert_int_eq(tcgetattr(slave, &modes), 0);
    modes.c_lflag &= ~(tcflag_t)ECHO;
    ck_assert_int_eq(tcsetattr(slave, TCSANOW, &modes), 0);
    ck_assert(!terminal_echoes(slave));
    (void)close(again);
}
END_TEST

START_TEST(its_text_is_what_the_locale_says)
{
    ck_assert_int_eq(setenv("LC_ALL", "C.UTF-8", 1), 0);
    ck_assert(terminal_is_unicode());
    ck_assert_int_eq(setenv("LC_ALL", "C", 1), 0);
    ck_assert(!terminal_is_unicode());
    ck_assert_int_eq(setenv("LC_ALL", "no_such.locale", 1), 0);
    ck_assert(!terminal_is_unicode());
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("terminal");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, escapes_by_the_environment, 0, UNIT_COUNT(terms));
    tcase_add_test(tests, what_is_no_terminal);
    tcase_add_test(tests, its_size_is_that_of_now);
    tcase_add_test(tests, the_same_one_opened_twice);
    tcase_add_test(tests, what_is_typed);
    tcase_add_test(tests, its_text_is_what_the_locale_says);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
