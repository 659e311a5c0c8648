/* SPDX-License-Identifier: MIT */
/* run/inquiry: an az beside all else, for which nobody waits long. */
#include "run/inquiry.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "azure/accounts.h"
#include "azure/az.h"
#include "base/clock.h"
#include "base/number.h"
#include "engine/child.h"
#include "run/warden.h"
#include "stub/stub.h"
#include "sys/fault.h"
#include "sys/file.h"
#include "unit/unit.h"

static char *place;
static struct az az;
static struct accounts accounts;

static void set_up(void)
{
    struct error error = {""};

    ck_assert_msg(file_make_temporary_folder(&place, &error) == 0, "%s", error.text);
    (void)setenv("XDG_RUNTIME_DIR", place, 1);
    child_adopt_orphans();
}

static void find_az(const char *mode)
{
    struct error error = {""};

    (void)setenv("STUB_AZ_ACCOUNTS", mode, 1);
    ck_assert_msg(az_find(&az, "build/stub/az", &error) == 0, "%s", error.text);
}

static void tear_down(void)
{
    struct error error = {""};

    accounts_done(&accounts);
    (void)az_done(&az, &error);
    ck_assert_int_eq(stub_count_children(), 0);
    ck_assert_msg(file_remove_tree(place, &error) == 0, "%s", error.text);
    free(place);
}

START_TEST(an_answer_is_taken)
{
    struct inquiry inquiry;
    struct error error = {""};

    find_az("");
    inquiry_open(&inquiry, &az, ACCOUNTS_TIMEOUT);
    while (!inquiry_has_landed(&inquiry)) {
        struct pollfd watch = {inquiry_fd(&inquiry), POLLIN, 0};

        (void)poll(&watch, 1, -1);
    }
    ck_assert_int_eq(inquiry_fd(&inquiry), -1);
    ck_assert_msg(inquiry_take(&inquiry, &accounts, &error) == 0, "%s", error.text);
    ck_assert_uint_eq(accounts.count, 2);
    ck_assert_str_eq(accounts_default(&accounts)->name, "Test");
    inquiry_close(&inquiry);
}
END_TEST

/* Its child goes with it, also one that takes no signal but the last. */
START_TEST(one_that_hangs_is_left_and_ended)
{
    static const char *const modes[] = {"hang:nap:20000", "hang:stubborn:20000"};
    struct inquiry inquiry;
    struct error error = {""};
    int64_t began;

    find_az(modes[_i]);
    inquiry_open(&inquiry, &az, ACCOUNTS_TIMEOUT);
    ck_assert(!inquiry_has_landed(&inquiry));
    ck_assert_int_le(inquiry_deadline(&inquiry), clock_now() + ACCOUNTS_TIMEOUT);
    ck_assert_int_eq(inquiry_take(&inquiry, &accounts, &error), -1);
    ck_assert_str_eq(error.text, "`az account list` did not answer within 15s");
    began = clock_now();
    inquiry_close(&inquiry);
    ck_assert_int_lt(clock_now() - began, ACCOUNTS_TIMEOUT);
}
END_TEST

START_TEST(one_that_cannot_be_begun_is_an_answer)
{
    struct inquiry inquiry;
    struct error error = {""};

    find_az("");
    fault_arm("pool.pthread_create", 1, 0);
    inquiry_open(&inquiry, &az, ACCOUNTS_TIMEOUT);
    ck_assert_int_eq(inquiry_fd(&inquiry), -1);
    ck_assert(inquiry_has_landed(&inquiry));
    ck_assert_int_eq(inquiry_take(&inquiry, &accounts, &error), -1);
    ck_assert_str_ne(error.text, "");
    inquiry_close(&inquiry);
}
END_TEST

START_TEST(alone_it_waits_for_the_answer_or_a_signal)
{
    static const char *const modes[] = {"", "hang:nap:20000"};
    struct warden *warden;
    struct error error = {""};
    int64_t began = clock_now();
    int signal_number = -1;

    (void)signal(SIGTERM, SIG_DFL); /* Check has a handler */
    find_az(modes[_i]);
    ck_assert_int_eq(warden_open(&warden, &error), 0);
    if (_i == 1)
        (void)kill(getpid(), SIGTERM);
    (void)inquiry_ask(&az, warden, &accounts, &signal_number, &error);
    ck_assert_int_eq(signal_number, _i == 1 ? SIGTERM : 0);
    ck_assert_uint_eq(accounts.count, _i == 1 ? 0 : 2);
    ck_assert_int_lt(clock_now() - began, ACCOUNTS_TIMEOUT);
    ck_assert_int_eq(warden_close(warden), 0);
}
END_TEST

static Suite *inquiry_suite(void)
{
    Suite *suite = suite_create("inquiry");
    TCase *tests = tcase_create("inquiry");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, an_answer_is_taken);
    tcase_add_loop_test(tests, one_that_hangs_is_left_and_ended, 0, 2);
    tcase_add_test(tests, one_that_cannot_be_begun_is_an_answer);
    tcase_add_loop_test(tests, alone_it_waits_for_the_answer_or_a_signal, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(inquiry_suite)
