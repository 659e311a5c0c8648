/* SPDX-License-Identifier: MIT */
#include "engine/supervise.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "engine/lapse.h"
#include "stub/stub.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "unit/unit.h"

enum {
    LIMIT = 65536,
    END_MS = 300 /* what may follow the last deadline: reading the pipes, and so on */
};

static const struct supervise_stop no_stop = {-1, -1};

static struct supervise_limits limits_of(int timeout, int kill_grace)
{
    return (struct supervise_limits){.timeout = timeout * NUMBER_MILLISECOND,
                                     .kill_grace = kill_grace * NUMBER_MILLISECOND,
                                     .output_limit = LIMIT};
}

static struct finish run(const char *line, int timeout, int kill_grace,
                         const struct supervise_stop *stop)
{
    struct supervise_limits limits = limits_of(timeout, kill_grace);
    struct finish finish;
    struct stub stub;

    stub_command(&stub, line);
    supervise_run(&stub.command, &limits, stop, NULL, &finish);
    return finish;
}

static bool holds(const struct capture_text *text, const char *words)
{
    return text->data != NULL && memmem(text->data, text->length, words, strlen(words)) != NULL;
}

static void check_partial(const struct finish *finish, const char *line)
{
    ck_assert_msg(holds(&finish->output, "partial output\n"), "%s: no partial output", line);
    ck_assert_msg(holds(&finish->errors, "partial errors\n"), "%s: no partial errors", line);
}

/* Not sooner than LEAST, and not later than MOST and what a busy machine needs. Milliseconds. */
static void check_duration(int64_t duration, const char *line, int least, int most)
{
    int took = (int)(duration / NUMBER_MILLISECOND);

    printf("%-24s %5d ms (%d to %d)\n", line, took, least, most);
    (void)fflush(stdout);
    ck_assert_msg(took >= least, "%s: %d ms, sooner than %d", line, took, least);
    ck_assert_msg(took <= most + stub_slack(), "%s: %d ms, later than %d", line, took, most);
}

static void check_time(const struct finish *finish, const char *line, int least, int most)
{
    check_duration(finish->duration, line, least, most);
}

/* What the sweep has to kill, and that nothing at all is left after it. */
static void check_rest(const char *line, int escaped)
{
    int swept = child_sweep();

    ck_assert_msg(swept == escaped, "%s: %d had to be swept, not %d", line, swept, escaped);
    ck_assert_msg(stub_count_children() == 0, "%s: processes are left", line);
}

/* ---- the ways to hang ----------------------------------------------------------------------- */

enum { TIMEOUT = 600, GRACE = 500 };

static const struct {
    const char *line;
    enum finish_stop stop;
    int signal;    /* that ended the leader; 0: it exited with 0 */
    int least;     /* milliseconds */
    int most;      /* without END_MS */
    int leftovers; /* of the group */
    int escaped;
    bool complete; /* both streams ended */
} hangs[] = {
    /* asked in vain, killed */
    {"hang stubborn", FINISH_TIMED_OUT, SIGKILL, TIMEOUT + GRACE, TIMEOUT + GRACE, 0, 0, true},
    /* the launcher is gone at once; az cleans up within the grace, and no more time is spent */
    {"hang launcher 200", FINISH_TIMED_OUT, SIGINT, TIMEOUT + 200, TIMEOUT + 200, 0, 0, true},
    /* the launcher is gone at once; what is behind it uses up its grace */
    {"hang launcher 20000", FINISH_TIMED_OUT, SIGINT, TIMEOUT + GRACE, TIMEOUT + GRACE, 1, 0, true},
    {"hang deaf-launcher", FINISH_TIMED_OUT, SIGINT, TIMEOUT + GRACE, TIMEOUT + GRACE, 1, 0, true},
    /* an exit is an exit, whoever holds the pipes */
    {"hang background 1", FINISH_UNSTOPPED, 0, 0, 0, 1, 0, true},
    {"hang background 3", FINISH_UNSTOPPED, 0, 0, 0, 3, 0, true},
    {"hang quiet 2", FINISH_UNSTOPPED, 0, 0, 0, 2, 0, true},
    {"hang escaped 1", FINISH_UNSTOPPED, 0, SUPERVISE_DRAIN_MS, 0, 0, 1, false},
    {"hang escaped-hang 1", FINISH_TIMED_OUT, SIGKILL, TIMEOUT + GRACE + SUPERVISE_DRAIN_MS,
     TIMEOUT + GRACE, 0, 1, false},
    /* a stopped process gets SIGINT when it is continued, and dies of it */
    {"hang stopped", FINISH_TIMED_OUT, SIGINT, TIMEOUT, TIMEOUT, 0, 0, true},
};

/* Each ends in its time, with what it had printed, and nothing of it is left. */
START_TEST(test_ways_to_hang)
{
    const char *line = hangs[_i].line;
    int descriptors = stub_count_descriptors();
    struct finish finish;

    child_adopt_orphans();
    finish = run(line, TIMEOUT, GRACE, &no_stop);
    check_time(&finish, line, hangs[_i].least, hangs[_i].most + END_MS);
    ck_assert_int_eq(finish.end, FINISH_EXITED);
    ck_assert_msg(finish.stop == hangs[_i].stop, "%s: stop %d", line, finish.stop);
    ck_assert_msg(finish.exit.known, "%s: status unknown", line);
    ck_assert_msg(finish.exit.signaled == (hangs[_i].signal != 0), "%s: exit", line);
    ck_assert_msg(finish.exit.status == hangs[_i].signal, "%s: %d", line, finish.exit.status);
    ck_assert_msg(finish.leftovers_killed == hangs[_i].leftovers, "%s: %d leftovers", line,
                  finish.leftovers_killed);
    check_partial(&finish, line);
    ck_assert_msg(finish.output.complete == hangs[_i].complete, "%s: output complete", line);
    ck_assert_msg(finish.errors.complete == hangs[_i].complete, "%s: errors complete", line);
    ck_assert_int_eq(stub_count_descriptors(), descriptors);
    ck_assert_int_eq(stub_count_children(), hangs[_i].escaped); /* without the sweep's help */
    check_rest(line, hangs[_i].escaped);
    finish_done(&finish);
}
END_TEST

/* A launcher that does not exec dies of SIGINT at once; az behind it closes its token cache. */
START_TEST(test_grandchild_gets_its_grace)
{
    struct finish finish;

    child_adopt_orphans();
    finish = run("hang launcher 300", TIMEOUT, 5000, &no_stop);
    check_time(&finish, "grandchild cleans up", TIMEOUT + 300, TIMEOUT + 300 + END_MS);
    check_partial(&finish, "launcher");
    ck_assert(holds(&finish.output, "cleaned up\n"));
    ck_assert_int_eq(finish.leftovers_killed, 0);
    check_rest("launcher", 0);
    finish_done(&finish);
}
END_TEST

/* No grace, no SIGINT. */
START_TEST(test_no_grace)
{
    struct finish finish;

    child_adopt_orphans();
    finish = run("hang launcher 100", 300, 0, &no_stop);
    check_time(&finish, "no grace", 300, 300 + END_MS);
    ck_assert_int_eq(finish.stop, FINISH_TIMED_OUT);
    ck_assert_int_eq(finish.exit.status, SIGKILL);
    ck_assert(!holds(&finish.output, "cleaned up\n"));
    check_rest("no grace", 0);
    finish_done(&finish);
}
END_TEST

/*
 * A process that SIGKILL does not end (here a tracer holds it) is given up and blocks nobody. The
 * sweep gives it one more second, and then azfan ends.
 */
START_TEST(test_unkillable_is_abandoned)
{
    int descriptors = stub_count_descriptors();
    struct finish finish;
    int64_t before;
    int swept;

    child_adopt_orphans();
    finish = run("hang unkillable 9000", 300, 100, &no_stop);
    if (holds(&finish.errors, "cannot be traced")) {
        printf("hang unkillable: not tested, this machine allows no ptrace()\n");
    } else {
        check_time(&finish, "hang unkillable", 400 + SUPERVISE_ABANDON_MS,
                   400 + SUPERVISE_ABANDON_MS + END_MS);
        ck_assert_int_eq(finish.end, FINISH_ABANDONED);
        ck_assert_int_eq(finish.stop, FINISH_TIMED_OUT);
        ck_assert(!finish.exit.known);
        check_partial(&finish, "unkillable");
        ck_assert(!finish.output.complete);
        ck_assert_int_eq(stub_count_descriptors(), descriptors);
        before = clock_now();
        (void)child_sweep();
        swept = (int)((clock_now() - before) / NUMBER_MILLISECOND);
        printf("%-24s %5d ms\n", "sweep of unkillable", swept);
        ck_assert_int_le(swept, 1000 + END_MS + stub_slack());
        ck_assert_int_eq(stub_count_descriptors(), descriptors);
    }
    finish_done(&finish);
}
END_TEST

/*
 * A zombie that a tracer holds cannot be reaped before the tracer lets it go: its status is
 * unknown, what it had printed is not, and nobody waits for the tracer.
 */
START_TEST(test_traced_zombie_is_left)
{
    int descriptors = stub_count_descriptors();
    struct finish finish;

    child_adopt_orphans();
    finish = run("hang traced 20000", 10000, GRACE, &no_stop);
    if (holds(&finish.errors, "cannot be traced")) {
        printf("hang traced: not tested, this machine allows no ptrace()\n");
    } else {
        check_time(&finish, "hang traced", 0, 1000 + END_MS);
        ck_assert_int_eq(finish.end, FINISH_EXITED);
        ck_assert_int_eq(finish.stop, FINISH_UNSTOPPED);
        ck_assert(!finish.exit.known);
        check_partial(&finish, "traced");
        ck_assert(finish.output.complete && finish.errors.complete);
        ck_assert_int_eq(stub_count_descriptors(), descriptors);
    }
    (void)child_sweep();
    ck_assert_int_eq(stub_count_children(), 0); /* the sweep kills the tracer, and so gets both */
    finish_done(&finish);
}
END_TEST

/* ---- ends without a stop -------------------------------------------------------------------- */

/* The end of a child is its exit, never the end of its pipes. */
START_TEST(test_pipes_closed_early)
{
    struct finish finish;

    child_adopt_orphans();
    finish = run("hang closed 300", 10000, GRACE, &no_stop);
    check_time(&finish, "hang closed 300", 300, 300 + END_MS);
    ck_assert_int_eq(finish.stop, FINISH_UNSTOPPED);
    ck_assert_int_eq(finish.exit.status, 3);
    check_partial(&finish, "closed");
    ck_assert(finish.output.complete && finish.errors.complete);
    finish_done(&finish);
}
END_TEST

/* And a child that has closed them has its clock all the same. */
START_TEST(test_pipes_closed_early_and_hung)
{
    struct finish finish;

    child_adopt_orphans();
    finish = run("hang closed 20000", 300, GRACE, &no_stop);
    check_time(&finish, "hang closed 20000", 300, 300 + END_MS);
    ck_assert_int_eq(finish.stop, FINISH_TIMED_OUT);
    ck_assert_int_eq(finish.exit.status, SIGINT);
    check_rest("closed", 0);
    finish_done(&finish);
}
END_TEST

static const struct {
    const char *line;
    bool signaled;
    int status;
} exits[] = {
    {"exits exit 0", false, 0},
    {"exits exit 7", false, 7},
    {"exits signal 11", true, SIGSEGV},
    {"exits signal 2", true, SIGINT}, /* its own doing, not ours */
};

START_TEST(test_exits)
{
    struct finish finish = run(exits[_i].line, 20000, GRACE, &no_stop);

    ck_assert_int_eq(finish.end, FINISH_EXITED);
    ck_assert_int_eq(finish.stop, FINISH_UNSTOPPED);
    ck_assert(finish.exit.known);
    ck_assert(finish.exit.signaled == exits[_i].signaled);
    ck_assert_int_eq(finish.exit.status, exits[_i].status);
    ck_assert_uint_eq(finish.output.length, 0);
    ck_assert(finish.output.complete && finish.errors.complete);
    ck_assert_int_gt(finish.wall_started, INT64_C(1500000000) * NUMBER_SECOND);
    ck_assert_int_gt(finish.duration, 0);
    finish_done(&finish);
}
END_TEST

/*
 * Exit and deadline in the same wake-up: an exit that is seen before any signal was sent is an
 * exit. So it is after Ctrl-Z and fg: az has long answered when azfan looks at the clock again.
 */
START_TEST(test_exit_before_the_clock)
{
    struct finish finish;

    child_adopt_orphans();
    finish = run("hang stop-parent 700", 600, GRACE, &no_stop);
    check_time(&finish, "stopped and continued", 800, 800 + END_MS);
    ck_assert_int_eq(finish.stop, FINISH_UNSTOPPED);
    ck_assert(finish.exit.known && !finish.exit.signaled);
    ck_assert_int_eq(finish.exit.status, 0);
    check_partial(&finish, "stop-parent");
    (void)child_sweep();
    ck_assert_int_eq(stub_count_children(), 0);
    finish_done(&finish);
}
END_TEST

/*
 * The timeout is over before the child can start, and the child has exited before the clock is
 * looked at, or it has not: either answer is right, but each must be whole.
 */
START_TEST(test_very_short_timeout)
{
    int unstopped = 0;

    child_adopt_orphans();
    for (int i = 0; i < 200; i++) {
        struct supervise_limits limits = limits_of(0, i % 2 == 0 ? 0 : GRACE);
        struct finish finish;
        struct stub stub;

        limits.timeout = i < 20 ? 1 : i * 10000;
        stub_command(&stub, "exits exit 7");
        supervise_run(&stub.command, &limits, &no_stop, NULL, &finish);
        ck_assert_int_eq(finish.end, FINISH_EXITED);
        ck_assert(finish.exit.known);
        if (finish.stop == FINISH_UNSTOPPED) {
            ck_assert(!finish.exit.signaled);
            ck_assert_int_eq(finish.exit.status, 7);
            unstopped++;
        } else {
            ck_assert_int_eq(finish.stop, FINISH_TIMED_OUT);
            ck_assert_int_eq(finish.exit.status,
                             finish.exit.signaled ? (i % 2 == 0 ? SIGKILL : SIGINT) : 7);
        }
        finish_done(&finish);
    }
    printf("very short timeouts: %d of 200 had exited in time\n", unstopped);
    ck_assert_int_eq(stub_count_children(), 0);
}
END_TEST

/* Everything that stood in the pipe at the exit is there. */
START_TEST(test_nothing_is_lost_at_the_exit)
{
    for (int i = 0; i < 100; i++) {
        struct finish finish = run("flood 65536 out", 20000, GRACE, &no_stop); /* a full pipe */

        ck_assert_uint_eq(finish.output.length, 65536);
        ck_assert(finish.output.complete);
        finish_done(&finish);
    }
}
END_TEST

static const struct {
    const char *line;
    uint64_t output;
    uint64_t errors;
} floods[] = {
    {"flood 268435456 both", 134217728, 134217728},
    {"flood 268435456 out", 268435456, 0},
    {"flood 268435456 err", 0, 268435456},
    {"flood 150000001 both", 75000001, 75000000},
};

static void check_flood(const struct capture_text *text, uint64_t bytes, size_t limit)
{
    ck_assert(text->complete);
    ck_assert_uint_eq(text->dropped, bytes > limit ? bytes - limit : 0);
    ck_assert_uint_le(text->length, limit + 64);
    if (bytes > 0)
        ck_assert_int_eq(memcmp(text->data + text->length - 8, "the end\n", 8), 0);
}

/* Beyond the limit reading goes on: the child never blocks, and its last words are kept. */
START_TEST(test_flood_with_small_limits)
{
    struct supervise_limits limits = limits_of(25000, GRACE);
    struct finish finish;
    struct stub stub;

    limits.output_limit = 1000;
    stub_command(&stub, floods[_i].line);
    supervise_run(&stub.command, &limits, &no_stop, NULL, &finish);
    printf("%-24s %5d ms\n", floods[_i].line, (int)(finish.duration / NUMBER_MILLISECOND));
    ck_assert_int_eq(finish.stop, FINISH_UNSTOPPED);
    ck_assert_int_eq(finish.exit.status, 0);
    check_flood(&finish.output, floods[_i].output, 1000);
    check_flood(&finish.errors, floods[_i].errors, 1000);
    finish_done(&finish);
}
END_TEST

/* A flood has its clock too: reading never starves the deadline. */
START_TEST(test_flood_is_stopped)
{
    struct finish finish;

    child_adopt_orphans();
    finish = run("flood 1000000000000", 400, GRACE, &no_stop);
    check_time(&finish, "flood without end", 400, 400 + END_MS);
    ck_assert_int_eq(finish.stop, FINISH_TIMED_OUT);
    ck_assert_int_eq(finish.exit.status, SIGINT);
    ck_assert_uint_gt(finish.output.dropped, 0);
    ck_assert_uint_gt(finish.errors.dropped, 0);
    check_rest("flood", 0);
    finish_done(&finish);
}
END_TEST

/* ---- starts that fail ----------------------------------------------------------------------- */

START_TEST(test_start_failure)
{
    struct supervise_limits limits = limits_of(1000, GRACE);
    int descriptors = stub_count_descriptors();
    struct finish finish;
    struct stub stub;

    stub_command(&stub, "exits exit 0");
    stub.command.program = "/nonexistent/az";
    supervise_run(&stub.command, &limits, &no_stop, NULL, &finish);
    ck_assert_int_eq(finish.end, FINISH_NOT_STARTED);
    ck_assert_int_eq(finish.error_number, ENOENT);
    ck_assert_ptr_nonnull(strstr(finish.error.text, "/nonexistent/az"));
    ck_assert_int_eq(finish.stop, FINISH_UNSTOPPED);
    ck_assert(!finish.exit.known);
    ck_assert_ptr_null(finish.output.data);
    ck_assert_int_eq(stub_count_descriptors(), descriptors);
    ck_assert_int_eq(stub_count_children(), 0);
    finish_done(&finish);
}
END_TEST

#ifdef AZFAN_FAULTS
static const struct {
    const char *name;
    int error_number;
} probes[] = {
    {"child.pipe2", EMFILE},       {"child.pipe2", ENFILE},       {"child.pipe2", ENOMEM},
    {"child.posix_spawn", EAGAIN}, {"child.posix_spawn", ENOMEM}, {"child.posix_spawn", EMFILE},
    {"child.pidfd_open", EMFILE},  {"child.pidfd_open", ENFILE},  {"child.pidfd_open", ENOMEM},
};

START_TEST(test_start_failure_by_probe)
{
    int descriptors = stub_count_descriptors();
    struct finish finish;

    fault_arm(probes[_i].name, 1, probes[_i].error_number);
    finish = run("hang stubborn", 20000, GRACE, &no_stop);
    ck_assert_int_eq(fault_hits(), 1);
    ck_assert_int_eq(finish.end, FINISH_NOT_STARTED);
    ck_assert_msg(finish.error_number == probes[_i].error_number, "%s: %d, not %d", probes[_i].name,
                  finish.error_number, probes[_i].error_number);
    ck_assert_ptr_nonnull(strstr(finish.error.text, strerror(probes[_i].error_number)));
    ck_assert_int_eq(stub_count_descriptors(), descriptors);
    ck_assert_int_eq(stub_count_children(), 0);
    finish_done(&finish);
}
END_TEST
#endif

/* ---- stops ---------------------------------------------------------------------------------- */

/* A thread that raises stops at their times: what the main thread does on Ctrl-C. */
struct raiser {
    pthread_t thread;
    struct supervise_stop stop;
    int soft_after; /* milliseconds; -1: never */
    int hard_after;
};

static void sleep_for(int milliseconds)
{
    (void)poll(NULL, 0, milliseconds);
}

static void *raise_stops(void *argument)
{
    struct raiser *raiser = argument;

    if (raiser->soft_after >= 0) {
        sleep_for(raiser->soft_after);
        fd_event_raise(raiser->stop.soft);
    }
    if (raiser->hard_after >= 0) {
        sleep_for(raiser->hard_after - (raiser->soft_after > 0 ? raiser->soft_after : 0));
        fd_event_raise(raiser->stop.hard);
    }
    return NULL;
}

static const struct {
    const char *name;
    const char *line;
    int soft_after; /* -1: never */
    int hard_after;
    int signal;
    int least; /* milliseconds */
    int most;
    bool cleaned_up;
} stops[] = {
    {"soft stop", "hang launcher 200", 500, -1, SIGINT, 700, 700, true},
    {"soft stop in vain", "hang stubborn", 500, -1, SIGKILL, 500 + GRACE, 500 + GRACE, false},
    {"hard stop", "hang launcher 200", -1, 500, SIGKILL, 500, 500, false},
    {"hard stop in the grace", "hang stubborn", 400, 600, SIGKILL, 600, 600, false},
    {"hard stop, leader gone", "hang launcher 20000", 400, 600, SIGINT, 600, 600, false},
};

START_TEST(test_stops)
{
    struct raiser raiser = {.soft_after = stops[_i].soft_after, .hard_after = stops[_i].hard_after};
    struct finish finish;
    int64_t started;

    raiser.stop = (struct supervise_stop){fd_event(), fd_event()};
    child_adopt_orphans();
    started = clock_now(); /* before the thread that raises the stops starts */
    ck_assert_int_eq(pthread_create(&raiser.thread, NULL, raise_stops, &raiser), 0);
    finish = run(stops[_i].line, 20000, GRACE, &raiser.stop);
    (void)pthread_join(raiser.thread, NULL);
    check_duration(clock_now() - started, stops[_i].name, stops[_i].least, stops[_i].most + END_MS);
    ck_assert_int_eq(finish.end, FINISH_EXITED);
    ck_assert_int_eq(finish.stop, FINISH_CANCELLED);
    ck_assert_msg(finish.exit.status == stops[_i].signal, "%s: %d", stops[_i].name,
                  finish.exit.status);
    ck_assert(holds(&finish.output, "cleaned up\n") == stops[_i].cleaned_up);
    check_rest(stops[_i].name, 0);
    fd_close(&raiser.stop.soft);
    fd_close(&raiser.stop.hard);
    finish_done(&finish);
}
END_TEST

/* After a stop nothing is started any more: the soft one (0), the hard one. */
START_TEST(test_stop_before_the_start)
{
    struct supervise_stop stop = {fd_event(), fd_event()};
    struct finish finish;

    child_adopt_orphans();
    fd_event_raise(_i == 0 ? stop.soft : stop.hard);
    finish = run("hang nap 20000", 20000, GRACE, &stop);
    check_time(&finish, "stop before the start", 0, END_MS);
    ck_assert_int_eq(finish.end, FINISH_NOT_STARTED);
    ck_assert_int_eq(finish.stop, FINISH_CANCELLED);
    ck_assert_ptr_nonnull(strstr(finish.error.text, "hang was not started"));
    ck_assert_int_eq(stub_count_children(), 0);
    fd_close(&stop.soft);
    fd_close(&stop.hard);
    finish_done(&finish);
}
END_TEST

/* Why it was stopped is decided once: a stop that comes during the grace of a timeout changes
 * nothing. */
START_TEST(test_timeout_stays_a_timeout)
{
    struct raiser raiser = {.soft_after = 500, .hard_after = 600};
    struct finish finish;
    int64_t started;

    raiser.stop = (struct supervise_stop){fd_event(), fd_event()};
    child_adopt_orphans();
    started = clock_now();
    ck_assert_int_eq(pthread_create(&raiser.thread, NULL, raise_stops, &raiser), 0);
    finish = run("hang stubborn", 300, 20000, &raiser.stop);
    (void)pthread_join(raiser.thread, NULL);
    check_duration(clock_now() - started, "timeout, then stops", 600, 600 + END_MS);
    ck_assert_int_eq(finish.stop, FINISH_TIMED_OUT);
    check_rest("timeout, then stops", 0);
    fd_close(&raiser.stop.soft);
    fd_close(&raiser.stop.hard);
    finish_done(&finish);
}
END_TEST

/* Waiting costs nothing: a stop stays raised, a pipe stays closed, and nobody polls them in a
 * circle. */
START_TEST(test_waiting_does_not_spin)
{
    struct supervise_stop stop = {fd_event(), fd_event()};
    struct timespec used;
    struct finish finish;
    int milliseconds;

    child_adopt_orphans();
    fd_event_raise(stop.soft);
    finish = run("hang stubborn", 20000, 1000, &stop);
    ck_assert_int_eq(finish.stop, FINISH_CANCELLED);
    finish_done(&finish);
    finish = run("hang closed 500", 20000, 1000, &no_stop);
    finish_done(&finish);
    finish = run("hang escaped 1", 20000, 1000, &no_stop);
    finish_done(&finish);
    (void)child_sweep();
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    milliseconds = (int)(used.tv_sec * 1000 + used.tv_nsec / 1000000);
    printf("1.7 s of waiting took    %5d ms of processor time\n", milliseconds);
    ck_assert_int_lt(milliseconds, 400);
    fd_close(&stop.soft);
    fd_close(&stop.hard);
}
END_TEST

/* ---- led, in time-lapse --------------------------------------------------------------------- */

static const struct {
    const char *line;
    int64_t needs; /* seconds, as all here; -1: for ever */
    int timeout;
    int grace;
    enum finish_stop stop;
    int status; /* with a signal: -1 */
    int64_t duration;
} led[] = {
    {"hang led 0", 0, 10, 5, FINISH_UNSTOPPED, 0, 0},
    {"hang led 0", 5, 10, 5, FINISH_UNSTOPPED, 0, 5},
    {"hang led 0", 10, 10, 5, FINISH_UNSTOPPED, 0, 10}, /* an exit is an exit */
    {"hang led 0", 11, 10, 5, FINISH_TIMED_OUT, 1, 10},
    {"hang led 0", -1, 86400, 5, FINISH_TIMED_OUT, 1, 86400},
    /* not there yet when its time comes */
    {"hang led 300", 5, 10, 5, FINISH_UNSTOPPED, 0, 5},
    {"hang led 300", -1, 10, 5, FINISH_TIMED_OUT, 1, 10},
    {"hang deaf-led 300", -1, 10, 7, FINISH_TIMED_OUT, -1, 17},
    {"hang deaf-led 0", -1, 10, 0, FINISH_TIMED_OUT, -1, 10},
    /* ends by itself, and before anybody expects it */
    {"exits exit 3", 0, 10, 5, FINISH_UNSTOPPED, 3, 0},
};

/* Protects the outcomes of a time-lapse: they and the durations are exact, however long the child
 * takes to be started, to answer, or to die. */
START_TEST(test_led)
{
    struct supervise_limits limits = limits_of(1000 * led[_i].timeout, 1000 * led[_i].grace);
    const char *line = led[_i].line;
    struct error error = {""};
    struct finish finish;
    struct stub stub;

    stub_command(&stub, line);
    stub.command.led = true;
    limits.needs = led[_i].needs < 0 ? CLOCK_NEVER : led[_i].needs * NUMBER_SECOND;
    limits.deaf = strstr(line, "deaf") != NULL;
    ck_assert_msg(lapse_begin(LAPSE_SPEED_MOST, 1, &error) == 0, "%s", error.text);
    supervise_run(&stub.command, &limits, &no_stop, NULL, &finish);
    lapse_end();
    ck_assert_msg(finish.end == FINISH_EXITED, "%s: %s", line, finish.error.text);
    ck_assert_msg(finish.stop == led[_i].stop, "%s: stopped by %d", line, finish.stop);
    ck_assert_msg(finish.duration == led[_i].duration * NUMBER_SECOND, "%s: %lld ns", line,
                  (long long)finish.duration);
    ck_assert_msg(finish.exit.signaled == (led[_i].status < 0) &&
                      (led[_i].status < 0 || finish.exit.status == led[_i].status),
                  "%s: ended with %d", line, finish.exit.status);
    ck_assert_msg(holds(&finish.output, "interrupted") ==
                      (led[_i].stop == FINISH_TIMED_OUT && led[_i].status == 1),
                  "%s", line);
    finish_done(&finish);
}
END_TEST

static void add_led(Suite *suite)
{
    TCase *tcase = tcase_create("led");

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, test_led, 0, UNIT_COUNT(led));
    suite_add_tcase(suite, tcase);
}

static void add_hangs(Suite *suite)
{
    TCase *tcase = tcase_create("hang");

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, test_ways_to_hang, 0, UNIT_COUNT(hangs));
    tcase_add_test(tcase, test_grandchild_gets_its_grace);
    tcase_add_test(tcase, test_no_grace);
    tcase_add_test(tcase, test_unkillable_is_abandoned);
    tcase_add_test(tcase, test_traced_zombie_is_left);
    suite_add_tcase(suite, tcase);
}

static void add_exits(Suite *suite)
{
    TCase *tcase = tcase_create("exit");

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, test_pipes_closed_early);
    tcase_add_test(tcase, test_pipes_closed_early_and_hung);
    tcase_add_loop_test(tcase, test_exits, 0, UNIT_COUNT(exits));
    tcase_add_loop_test(tcase, test_exit_before_the_clock, 0, 5); /* it takes some luck to fail */
    tcase_add_test(tcase, test_very_short_timeout);
    tcase_add_test(tcase, test_nothing_is_lost_at_the_exit);
    tcase_add_loop_test(tcase, test_flood_with_small_limits, 0, UNIT_COUNT(floods));
    tcase_add_test(tcase, test_flood_is_stopped);
    tcase_add_test(tcase, test_start_failure);
#ifdef AZFAN_FAULTS
    tcase_add_loop_test(tcase, test_start_failure_by_probe, 0, UNIT_COUNT(probes));
#endif
    suite_add_tcase(suite, tcase);
}

static void add_stops(Suite *suite)
{
    TCase *tcase = tcase_create("stop");

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, test_stops, 0, UNIT_COUNT(stops));
    tcase_add_loop_test(tcase, test_stop_before_the_start, 0, 2);
    tcase_add_test(tcase, test_timeout_stays_a_timeout);
    tcase_add_test(tcase, test_waiting_does_not_spin);
    suite_add_tcase(suite, tcase);
}

static Suite *make_suite(void)
{
    Suite *suite = suite_create("supervise");

    add_hangs(suite);
    add_exits(suite);
    add_stops(suite);
    add_led(suite);
    return suite;
}

UNIT_MAIN(make_suite)
