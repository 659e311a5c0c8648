/* SPDX-License-Identifier: MIT */
/* engine/spoken: whole lines, in their order, however they come in pieces; and an event for each.
 */
#include <poll.h>
#include <string.h>

#include "engine/spoken.h"
#include "sys/fd.h"
#include "unit/unit.h"

static struct spoken spoken;
static int event;

static void set_up(void)
{
    event = fd_event();
    spoken_init(&spoken, event);
}

static void tear_down(void)
{
    spoken_destroy(&spoken);
    fd_close(&event);
}

static bool is_raised(void)
{
    struct pollfd poll_fd = {.fd = event, .events = POLLIN};
    bool raised = poll(&poll_fd, 1, 0) == 1;

    fd_event_clear(event);
    return raised;
}

static void expect_line(const char *expected)
{
    struct buffer line = BUFFER_INIT;
    bool taken = spoken_take(&spoken, &line);

    ck_assert_int_eq(taken, expected != NULL);
    if (expected != NULL)
        ck_assert_str_eq(buffer_text(&line), expected);
    buffer_done(&line);
}

static void add(const char *text)
{
    spoken_add(&spoken, text, strlen(text));
}

START_TEST(a_line_is_there_once_it_has_ended)
{
    expect_line(NULL);
    add("se");
    expect_line(NULL);
    ck_assert(!is_raised());
    add("nt\naccepted {");
    ck_assert(is_raised());
    expect_line("sent");
    expect_line(NULL);
    add("}\n\n");
    expect_line("accepted {}");
    expect_line("");
    expect_line(NULL);
}
END_TEST

START_TEST(another_child_begins_anew)
{
    add("sent\nhalf");
    spoken_clear(&spoken);
    expect_line(NULL);
    add(" of it\n");
    expect_line(" of it");
}
END_TEST

START_TEST(a_flood_is_cut)
{
    static char flood[SPOKEN_MOST];

    memset(flood, 'x', sizeof flood);
    add("sent\n");
    for (int i = 0; i < 100; i++)
        spoken_add(&spoken, flood, sizeof flood);
    add("\n");
    expect_line("sent");
    expect_line(NULL);
    ck_assert_uint_le(spoken.text.length, SPOKEN_MOST);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("spoken");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, a_line_is_there_once_it_has_ended);
    tcase_add_test(all, another_child_begins_anew);
    tcase_add_test(all, a_flood_is_cut);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
