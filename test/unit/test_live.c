/* SPDX-License-Identifier: MIT */
/*
 * screen/live: what goes where and when, on a terminal of its own (a pty) and with a clock of its
 * own. What a terminal makes of the bytes is tested in test/terminal.
 */
#include "screen/live.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "happen.h"
#include "job/job.h"
#include "report/style.h"
#include "run/result.h"
#include "unit.h"

enum { TARGETS = 3 };

static struct job_target targets[TARGETS] = {
    {.name = (char[]){"web-01"}, .resource_group = (char[]){"rg"}, .label = (char[]){"web-01"}},
    {.name = (char[]){"web-02"}, .resource_group = (char[]){"rg"}, .label = (char[]){"web-02"}},
    {.name = (char[]){"web-03"}, .resource_group = (char[]){"rg"}, .label = (char[]){"web-03"}}};
static struct job job = {.path = (char[]){"job.yaml"},
                         .name = (char[]){"demo"},
                         .digest = "d",
                         .script_digest = "s",
                         .targets = targets,
                         .target_count = TARGETS,
                         .concurrency = 3,
                         .timeout = 220 * NUMBER_SECOND,
                         .retry = {.attempts = 3}};
static struct result result;
static struct live live;
static struct watcher watcher;
static int64_t now;
static int output; /* what we read of standard output, and of standard error */
static int notes;
static int slave = -1; /* of the terminal */

static int64_t made_up_now(void)
{
    return now;
}

/* Standard output and standard error are pipes, or one terminal of 60 columns and 24 rows. */
static void redirect(bool terminal)
{
    int fds[2];

    if (terminal) {
        struct winsize size = {.ws_row = 24, .ws_col = 60};
        struct termios raw;

        ck_assert_int_eq(openpty(&output, &slave, NULL, NULL, &size), 0);
        ck_assert_int_eq(tcgetattr(slave, &raw), 0);
        cfmakeraw(&raw);
        ck_assert_int_eq(tcsetattr(slave, TCSANOW, &raw), 0);
        notes = output;
        ck_assert(dup2(slave, 1) == 1 && dup2(slave, 2) == 2);
    } else {
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        output = fds[0];
        ck_assert_int_eq(dup2(fds[1], 1), 1);
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        notes = fds[0];
        ck_assert_int_eq(dup2(fds[1], 2), 2);
    }
    ck_assert_int_eq(fcntl(output, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(fcntl(notes, F_SETFL, O_NONBLOCK), 0);
}

static void open_live(struct live_choices choices)
{
    static const int batches[TARGETS] = {1, 1, 1};

    result_init(&result, "run-1");
    result_take_job(&result, &job, batches);
    live_open(&live, &choices, &result, &job, NULL);
    now = live.board.started;
    live.now = made_up_now;
    live.frames.utf8 = false;
    watcher = live_watcher(&live);
}

static void begin(enum live_mode mode, bool terminal, struct live_choices choices)
{
    choices.mode = mode;
    redirect(terminal);
    open_live(choices);
}

static void end(void)
{
    live_close(&live);
    result_done(&result);
}

/* What has come on FD; free() it. */
static char *read_all(int fd)
{
    struct buffer text = BUFFER_INIT;
    char bytes[4096];
    ssize_t count;

    while ((count = read(fd, bytes, sizeof bytes)) > 0)
        buffer_append(&text, bytes, (size_t)count);
    return buffer_take(&text);
}

static void expect(int fd, const char *expected)
{
    char *seen = read_all(fd);

    ck_assert_msg(strcmp(seen, expected) == 0, "seen:\n%s\nexpected:\n%s", seen, expected);
    free(seen);
}

static void show(struct event event)
{
    watcher.happened(watcher.context, &result, &event);
}

static void start(size_t index)
{
    happen_start(&result, index, 0, 0);
    show(happen_event(EVENT_START, index));
}

static void settle(size_t index, const char *output_text)
{
    struct result_attempt attempt = {.outcome = OUTCOME_OK, .duration = NUMBER_SECOND};
    struct answer answer = {.outcome = {.kind = OUTCOME_OK}};

    buffer_add(&answer.output, output_text);
    happen_end(&result, index, &attempt, &answer, true);
    show((struct event){.kind = EVENT_END, .target = index, .end = {.settled = true}});
}

static int64_t wake(void)
{
    struct watcher_waits waits;

    return watcher.waiting(watcher.context, &waits);
}

static void let_pass(int64_t time)
{
    now += time;
    watcher.tick(watcher.context, &result);
}

static size_t count(const char *text, const char *word)
{
    size_t found = 0;

    for (; (text = strstr(text, word)) != NULL; text++)
        found++;
    return found;
}

/* ---- pipes -------------------------------------------------------------------------------- */

/* A log gets a line the moment a target ends, and one about the state every 30 s, no more. */
START_TEST(plain_lines)
{
    begin(LIVE_PLAIN, false, (struct live_choices){.colour = false});
    start(0);
    start(1);
    settle(0, "");
    expect(output, "[1/3] web-01  ok           1.0s\n");
    let_pass(29 * NUMBER_SECOND);
    expect(notes, "");
    ck_assert_int_eq(wake(), now + NUMBER_SECOND);
    let_pass(NUMBER_SECOND);
    expect(notes, "azfan: 30s: 1 of 3 have ended (1 ok), 1 running, the longest web-02 for 30s of "
                  "3m40s\n");
    /* azfan was stopped for a while: one line, not one for each time that was missed. */
    let_pass(300 * NUMBER_SECOND);
    let_pass(0);
    free(read_all(notes));
    ck_assert_int_eq(wake(), now + 30 * NUMBER_SECOND);
    end();
}
END_TEST

/* Why nothing is started: told once where it takes a while, and with every line about the state. */
START_TEST(a_log_says_that_azure_throttles)
{
    int64_t until = 0;

    begin(LIVE_PLAIN, false, (struct live_choices){.colour = false});
    watcher.limited(watcher.context, now + NUMBER_SECOND / 5);
    expect(notes, "");
    until = now + 60 * NUMBER_SECOND;
    watcher.limited(watcher.context, until);
    expect(notes, "azfan: Azure throttles starts: the next one in 1m00s\n");
    watcher.limited(watcher.context, until);
    watcher.limited(watcher.context, until + NUMBER_SECOND / 5); /* the next one of a burst */
    expect(notes, "");
    let_pass(30 * NUMBER_SECOND);
    expect(notes, "azfan: 30s: 0 of 3 have ended, 0 running; waits for Azure's limit of starts, "
                  "31s\n");
    watcher.limited(watcher.context, CLOCK_NEVER);
    let_pass(30 * NUMBER_SECOND);
    expect(notes, "azfan: 1m: 0 of 3 have ended, 0 running\n");
    end();
}
END_TEST

static const struct {
    const char *name;
    enum live_mode mode;
    bool quiet;
    const char *expected;
} silent[] = {{"none", LIVE_NONE, false, "[1/3] web-01  ok           1.0s\n"},
              {"quiet", LIVE_PLAIN, true, ""}};

START_TEST(who_wants_no_progress_gets_none)
{
    begin(silent[_i].mode, false, (struct live_choices){.quiet = silent[_i].quiet});
    start(0);
    ck_assert_int_eq(wake(), CLOCK_NEVER);
    let_pass(100 * NUMBER_SECOND);
    expect(notes, "");
    settle(0, "");
    expect(output, silent[_i].expected);
    end();
}
END_TEST

/* Standard error is JSON lines and nothing else: events of the journal as they are, and notes. */
START_TEST(json_lines)
{
    static const struct watcher_running running[] = {{2, 90 * NUMBER_SECOND, "a\033[31m\xff", 7}};
    char *seen;

    begin(LIVE_JSON, false, (struct live_choices){.verbose = true});
    watcher.journaled(watcher.context, "{\"event\":\"run\"}\n", 16);
    live_note(&live, "mind the \"gap\"");
    watcher.asked(watcher.context, &result, running, 1);
    ck_assert_int_eq(wake(), CLOCK_NEVER);
    seen = read_all(notes);
    ck_assert_uint_eq(count(seen, "\n"), 3);
    ck_assert_ptr_nonnull(strstr(seen, "{\"event\":\"run\"}\n{\"event\":\"note\","));
    ck_assert_ptr_nonnull(strstr(seen, "\"text\":\"mind the \\\"gap\\\"\"}\n"));
    ck_assert_ptr_nonnull(strstr(seen, "{\"target\":\"web-03\",\"age_s\":90.0,\"last_line\":"
                                       "\"a\\u001B[31m\xef\xbf\xbd\"}"));
    free(seen);
    end();
}
END_TEST

/* SIGUSR1: the state, and who runs, with what each said last, made harmless. */
START_TEST(who_is_running)
{
    static const struct watcher_running running[] = {
        {1, 90 * NUMBER_SECOND + 7, "a\033[31m\xff", 7}, {0, 3 * NUMBER_SECOND, "", 0}};

    begin(LIVE_PLAIN, false, (struct live_choices){.quiet = true});
    start(1);
    start(0);
    watcher.asked(watcher.context, &result, running, 2);
    expect(notes, "azfan: 0s: 0 of 3 have ended, 2 running, the longest web-02 for 0s of 3m40s\n"
                  "azfan:   web-02  1m30s of 3m40s: a\xef\xbf\xbd\n"
                  "azfan:   web-01  3s of 3m40s\n");
    end();
}
END_TEST

/* ---- a terminal --------------------------------------------------------------------------- */

#define UP     "\033[A\033[2K"
#define ERASE3 "\r\033[J" UP UP UP
#define ERASE4 ERASE3 UP
#define ERASE8 ERASE4 UP UP UP UP
#define TITLE  "demo  Ctrl-C: no new starts\n"
#define BAR40  "---------------------------------------"
#define THIRD  "#############---------------------------"

/* A result scrolls by above the lines, which are taken away at the end. */
START_TEST(lines_at_the_bottom)
{
    begin(LIVE_SCREEN, true, (struct live_choices){.colour = false});
    start(0);
    expect(output, TITLE BAR40 "- 0 of 3  0s\nlogging in\n  web-01  0s of 3m40s\n");
    now += NUMBER_SECOND;
    settle(0, "");
    expect(output, ERASE4
           "[1/3] web-01  ok           1.0s\n" TITLE
           "###########---------------------- 1 of 3  1s, about 1s left\n1 ok  logging in\n");
    end();
    expect(output, ERASE3);
}
END_TEST

/* A line that is too long for the terminal is cut, a note is broken between words. */
START_TEST(lines_fit_the_terminal)
{
    struct result_attempt attempt = {.outcome = OUTCOME_FAILED, .duration = NUMBER_SECOND};
    struct answer answer = {
        .outcome = {.kind = OUTCOME_FAILED, .reason = REASON_EXIT, .exit_code = 1}};
    char *seen;

    begin(LIVE_SCREEN, true, (struct live_choices){.colour = false});
    start(0);
    now += NUMBER_SECOND;
    buffer_add(&answer.errors, "nginx: unknown directive \"workr\" in a.conf\n");
    happen_end(&result, 0, &attempt, &answer, true);
    show((struct event){.kind = EVENT_END, .target = 0, .end = {.settled = true}});
    live_note(&live, "one two three four five six seven eight nine ten eleven");
    let_pass(NUMBER_SECOND);
    seen = read_all(output);
    ck_assert_msg(strstr(seen, "[1/3] web-01  failed       1.0s  exit 1: nginx: unknown dir…\n"),
                  "%s", seen);
    ck_assert_msg(strstr(seen, "azfan: one two three four five six seven eight nine ten\n"
                               "         eleven\n"),
                  "%s", seen);
    free(seen);
    end();
}
END_TEST

/* Ten frames a second, whatever happens; and one when nothing does. */
START_TEST(no_more_than_ten_frames_a_second)
{
    char *seen;
    int seconds = 0;

    begin(LIVE_SCREEN, true, (struct live_choices){.colour = false});
    start(0);
    for (int i = 0; i < 1000; i++) { /* a second */
        now += NUMBER_MILLISECOND;
        show(happen_event(EVENT_PUT_BACK, 0));
        show(happen_event(EVENT_START, 0));
        watcher.tick(watcher.context, &result);
    }
    seen = read_all(output);
    ck_assert_uint_le(count(seen, "of 3  "), 11);
    ck_assert_uint_ge(count(seen, "of 3  "), 9);
    free(seen);
    let_pass(NUMBER_SECOND);
    free(read_all(output));
    for (int64_t stop = now + 20 * NUMBER_SECOND; now < stop; seconds++) {
        ck_assert_int_gt(wake(), now); /* it never spins */
        now = wake();
        watcher.tick(watcher.context, &result);
    }
    seen = read_all(output);
    ck_assert_uint_eq(count(seen, "of 3  "), (size_t)seconds);
    ck_assert_int_le(seconds, 21);
    free(seen);
    end();
}
END_TEST

/* A narrower terminal has wrapped the lines: what is taken away is what they take now. */
START_TEST(a_narrower_terminal)
{
    struct winsize size = {.ws_row = 24, .ws_col = 20};

    begin(LIVE_SCREEN, true, (struct live_choices){.colour = false});
    start(0);
    free(read_all(output));
    ck_assert_int_eq(ioctl(slave, TIOCSWINSZ, &size), 0);
    watcher.resized(watcher.context);
    let_pass(NUMBER_SECOND / 10);
    expect(output, ""); /* it may get yet another size */
    let_pass(NUMBER_SECOND / 5);
    /* 27 columns are 2 rows of 20, 52 are 3, 10 are 1, and 21 are 2. */
    expect(output, ERASE8 "demo\n-------- 0 of 3  0s\nlogging in\n  web-01  0s\n");
    end();
}
END_TEST

static void resize(unsigned short rows, unsigned short columns)
{
    struct winsize size = {.ws_row = rows, .ws_col = columns};

    ck_assert_int_eq(ioctl(slave, TIOCSWINSZ, &size), 0);
    watcher.resized(watcher.context);
    let_pass(3 * NUMBER_SECOND / 10);
}

/* A terminal of three rows has scrolled two of four lines away. It gets no text, and keeps to its
 * last row, until it brings them back. */
START_TEST(a_terminal_that_is_low_for_a_while)
{
    begin(LIVE_SCREEN, true, (struct live_choices){.colour = false});
    start(0);
    start(1);
    free(read_all(output));
    resize(3, 60);
    expect(output, "\r\033[J" UP UP "\n" BAR40 "- 0 of 3  0s\n");
    settle(0, "");
    let_pass(NUMBER_SECOND);
    expect(output, "\r\033[J" UP UP "\n" THIRD " 1 of 3  1s\n");
    resize(24, 60);
    expect(output, ERASE4 "[1/3] web-01  ok           1.0s\n" TITLE THIRD
                          " 1 of 3  1s\n1 ok  logging in\n  web-02  1s of 3m40s\n");
    end();
}
END_TEST

/* One that stays low gets its text, and what it has scrolled away stays there. */
START_TEST(a_terminal_that_stays_low)
{
    begin(LIVE_SCREEN, true, (struct live_choices){.colour = false});
    start(0);
    free(read_all(output));
    resize(3, 60);
    settle(0, "");
    let_pass(NUMBER_SECOND);
    free(read_all(output));
    for (int i = 0; i < 20; i++) {
        char *seen = read_all(output);

        ck_assert_ptr_null(strstr(seen, "web-01"));
        free(seen);
        let_pass(NUMBER_SECOND);
    }
    expect(output, "\r\033[J" UP UP "[1/3] web-01  ok           1.0s\n"
                   "##########---------------------- 1 of 3  21s, about 1s left\n");
    resize(24, 60);
    end();
}
END_TEST

/* Each Enter has moved the lines up by one. */
START_TEST(enters)
{
    struct watcher_waits waits;
    struct pollfd typed;
    struct termios modes;

    redirect(true);
    ck_assert_int_eq(dup2(slave, 0), 0);
    ck_assert_int_eq(tcgetattr(slave, &modes), 0);
    modes.c_lflag |= ICANON | ECHO;
    ck_assert_int_eq(tcsetattr(slave, TCSANOW, &modes), 0);
    open_live((struct live_choices){.mode = LIVE_SCREEN});
    start(0);
    free(read_all(output));
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(write(output, "\n", 1), 1);
        (void)watcher.waiting(watcher.context, &waits);
        typed = (struct pollfd){waits.to_read, POLLIN, 0};
        ck_assert_int_eq(poll(&typed, 1, 10000), 1);
        watcher.readable(watcher.context);
        ck_assert_int_eq(poll(&typed, 1, 0), 0); /* it does not spin */
    }
    free(read_all(output));
    let_pass(NUMBER_SECOND / 10);
    expect(output, ERASE4 UP UP UP TITLE BAR40 "- 0 of 3  0s\nlogging in\n  web-01  0s of 3m40s\n");
    end();
}
END_TEST

/* Ctrl-Z takes the lines away; after fg they are drawn anew, and nothing above is erased. */
START_TEST(ctrl_z_and_fg)
{
    begin(LIVE_SCREEN, true, (struct live_choices){.colour = false});
    start(0);
    free(read_all(output));
    watcher.leaving(watcher.context);
    expect(output, ERASE4);
    now += 5 * NUMBER_SECOND;
    watcher.continued(watcher.context, &result, 1);
    expect(output, "azfan: continued: 0 of 3 have ended, 1 running\n" TITLE BAR40 "- 0 of 3  5s\n"
                   "logging in\n  web-01  5s of 3m40s\n");
    end();
}
END_TEST

/* A terminal that takes nothing (Ctrl-S) holds up nobody, and gets no more frames. */
START_TEST(a_terminal_that_takes_nothing)
{
    size_t before;

    begin(LIVE_SCREEN, true, (struct live_choices){.verbose = true});
    start(0);
    start(1);
    for (int i = 0; i < 100 && !outlet_is_waiting(&live.notes); i++) {
        char text[2048];

        memset(text, 'x', sizeof text);
        text[sizeof text - 1] = '\0';
        now += NUMBER_SECOND;
        live_note(&live, text);
    }
    ck_assert(outlet_is_waiting(&live.notes));
    before = live.notes.waiting.length;
    ck_assert_int_eq(wake(), CLOCK_NEVER);
    for (int i = 0; i < 100; i++)
        let_pass(NUMBER_SECOND);
    settle(0, "hello\n");
    ck_assert_uint_eq(live.notes.waiting.length, before);
    while (outlet_is_waiting(&live.notes)) {
        free(read_all(output));
        watcher.writable(watcher.context);
    }
    let_pass(NUMBER_SECOND);
    free(read_all(output));
    let_pass(NUMBER_SECOND);
    end();
}
END_TEST

/* Results that go elsewhere do not wait for frames, and are not on the terminal. */
START_TEST(results_to_a_file)
{
    int fds[2];

    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    redirect(true);
    ck_assert_int_eq(dup2(fds[1], 1), 1);
    open_live((struct live_choices){.mode = LIVE_SCREEN});
    start(0);
    settle(0, "");
    ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    expect(fds[0], "[1/3] web-01  ok           1.0s\n");
    end();
}
END_TEST

static Suite *live_suite(void)
{
    Suite *suite = suite_create("live");
    TCase *tests = tcase_create("live");

    tcase_add_test(tests, plain_lines);
    tcase_add_test(tests, a_log_says_that_azure_throttles);
    tcase_add_loop_test(tests, who_wants_no_progress_gets_none, 0, UNIT_COUNT(silent));
    tcase_add_test(tests, json_lines);
    tcase_add_test(tests, who_is_running);
    tcase_add_test(tests, lines_at_the_bottom);
    tcase_add_test(tests, lines_fit_the_terminal);
    tcase_add_test(tests, no_more_than_ten_frames_a_second);
    tcase_add_test(tests, a_narrower_terminal);
    tcase_add_test(tests, a_terminal_that_is_low_for_a_while);
    tcase_add_test(tests, a_terminal_that_stays_low);
    tcase_add_test(tests, enters);
    tcase_add_test(tests, ctrl_z_and_fg);
    tcase_add_test(tests, a_terminal_that_takes_nothing);
    tcase_add_test(tests, results_to_a_file);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(live_suite)
