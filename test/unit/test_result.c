/* SPDX-License-Identifier: MIT */
/* run/result: counts, and the exit status that make targets and pipelines act on. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/number.h"
#include "happen.h"
#include "run/result.h"
#include "unit.h"

static struct result begin(size_t count)
{
    struct result result;

    result_init(&result, "run");
    result_take_targets(&result, count);
    return result;
}

static void end(struct result *result, size_t index, struct answer *answer, int64_t duration,
                bool settled)
{
    struct result_attempt attempt = {.duration = duration, .wall_started = 1000};

    happen_start(result, index, 1000, 0);
    happen_end(result, index, &attempt, answer, settled);
}

static void settle(struct result *result, size_t index, enum outcome_kind kind)
{
    static const enum outcome_reason reasons[OUTCOME_KINDS] = {
        [OUTCOME_OK] = REASON_NONE,        [OUTCOME_FAILED] = REASON_EXIT,
        [OUTCOME_TIMEOUT] = REASON_SCRIPT, [OUTCOME_ERROR] = REASON_BUSY,
        [OUTCOME_UNKNOWN] = REASON_ANSWER, [OUTCOME_CANCELLED] = REASON_SIGNAL,
        [OUTCOME_SKIPPED] = REASON_HALTED};
    struct answer answer = {
        .outcome = {.kind = kind, .reason = reasons[kind], .message = memory_string("why")}};

    end(result, index, &answer, 5, true);
}

static const struct status_case {
    const char *name;
    enum outcome_kind kinds[3];
    enum result_ending ending;
    int signal;
    const char *trouble;
    int expected;
} status_cases[] = {
    {"all ok", {OUTCOME_OK, OUTCOME_OK, OUTCOME_OK}, RESULT_COMPLETE, 0, NULL, 0},
    {"one failed", {OUTCOME_OK, OUTCOME_FAILED, OUTCOME_OK}, RESULT_COMPLETE, 0, NULL, 3},
    {"timeout beats failed",
     {OUTCOME_TIMEOUT, OUTCOME_FAILED, OUTCOME_OK},
     RESULT_COMPLETE,
     0,
     NULL,
     4},
    {"unknown is never ok", {OUTCOME_OK, OUTCOME_OK, OUTCOME_UNKNOWN}, RESULT_COMPLETE, 0, NULL, 4},
    {"error beats timeout",
     {OUTCOME_TIMEOUT, OUTCOME_ERROR, OUTCOME_FAILED},
     RESULT_COMPLETE,
     0,
     NULL,
     5},
    {"a halt beats error", {OUTCOME_ERROR, OUTCOME_SKIPPED, OUTCOME_OK}, RESULT_HALTED, 0, NULL, 6},
    {"a broken login",
     {OUTCOME_SKIPPED, OUTCOME_SKIPPED, OUTCOME_SKIPPED},
     RESULT_LOGIN,
     0,
     NULL,
     6},
    {"the deadline beats all outcomes",
     {OUTCOME_ERROR, OUTCOME_CANCELLED, OUTCOME_OK},
     RESULT_DEADLINE,
     0,
     NULL,
     124},
    {"so does a signal",
     {OUTCOME_ERROR, OUTCOME_CANCELLED, OUTCOME_OK},
     RESULT_SIGNAL,
     15,
     NULL,
     143},
    {"a signal when all was ok already",
     {OUTCOME_OK, OUTCOME_OK, OUTCOME_OK},
     RESULT_SIGNAL,
     2,
     NULL,
     130},
    {"trouble of azfan's own",
     {OUTCOME_OK, OUTCOME_OK, OUTCOME_OK},
     RESULT_COMPLETE,
     0,
     "disk full",
     1},
    {"trouble beats failures",
     {OUTCOME_ERROR, OUTCOME_OK, OUTCOME_OK},
     RESULT_COMPLETE,
     0,
     "disk full",
     1},
};

START_TEST(exit_status_follows_the_ladder)
{
    const struct status_case *row = &status_cases[_i];
    struct result result = begin(3);

    for (size_t i = 0; i < 3; i++)
        settle(&result, i, row->kinds[i]);
    if (row->ending != RESULT_COMPLETE)
        happen_halt(&result, row->ending, row->signal, NULL);
    if (row->trouble != NULL)
        result_trouble(&result, row->trouble);
    ck_assert_msg(result_exit_status(&result) == row->expected, "%s: %d, not %d", row->name,
                  result_exit_status(&result), row->expected);
    result_done(&result);
}
END_TEST

/* A target that nothing is known of must not look ok, in any report. */
START_TEST(what_is_not_settled_is_not_ok)
{
    struct result result = begin(1);

    ck_assert_int_eq(result.targets[0].outcome.kind, OUTCOME_SKIPPED);
    ck_assert_int_eq(result_exit_status(&result), 1);
    result_done(&result);
}
END_TEST

START_TEST(nothing_selected_is_seven)
{
    struct result result = begin(0);

    ck_assert_int_eq(result_exit_status(&result), 7);
    result_done(&result);
}
END_TEST

static const struct ending_case {
    const char *name;
    enum result_ending first, second, expected;
} ending_cases[] = {
    {"the first of two clocks", RESULT_DEADLINE, RESULT_SIGNAL, RESULT_DEADLINE},
    {"the first of two halts", RESULT_LOGIN, RESULT_HALTED, RESULT_LOGIN},
    {"a signal during a halt", RESULT_HALTED, RESULT_SIGNAL, RESULT_SIGNAL},
    {"the deadline during a halt", RESULT_LOGIN, RESULT_DEADLINE, RESULT_DEADLINE},
    {"a halt while stopping", RESULT_SIGNAL, RESULT_LOGIN, RESULT_SIGNAL},
};

START_TEST(the_ending_that_counts)
{
    const struct ending_case *row = &ending_cases[_i];
    struct result result = begin(1);

    happen_halt(&result, row->first, 2, "first");
    happen_halt(&result, row->second, 15, "second");
    ck_assert_msg(result.ending == row->expected, "%s", row->name);
    ck_assert_str_eq(result.halt_cause, "first");
    result_done(&result);
}
END_TEST

static struct answer answer_of(enum outcome_kind kind, enum outcome_reason reason)
{
    return (struct answer){
        .outcome = {.kind = kind, .reason = reason, .message = memory_string("why")}};
}

/* A target that is tried again counts once, with its last outcome and the time of all attempts. */
START_TEST(attempts_add_up)
{
    struct result result = begin(2);
    struct answer first = answer_of(OUTCOME_ERROR, REASON_BUSY);
    struct answer second = answer_of(OUTCOME_FAILED, REASON_EXIT);

    end(&result, 1, &first, 5, false);
    ck_assert_uint_eq(result.settled, 0);
    ck_assert_int_eq(result.targets[1].state, RESULT_WAITING);
    end(&result, 1, &second, 7, true);
    ck_assert_uint_eq(result.targets[1].attempt_count, 2);
    ck_assert_int_eq(result.targets[1].duration, 12);
    ck_assert_uint_eq(result.settled, 1);
    ck_assert_uint_eq(result.counts[OUTCOME_FAILED], 1);
    ck_assert_uint_eq(result.counts[OUTCOME_ERROR], 0);
    result_done(&result);
}
END_TEST

/* What waits when a run ends early: nobody may take it for one that was never tried. */
START_TEST(the_rest_is_settled_by_what_is_known)
{
    struct result result = begin(3);
    struct answer busy = answer_of(OUTCOME_ERROR, REASON_BUSY);
    struct event halt = happen_event(EVENT_HALT, 0);
    struct error error;

    end(&result, 1, &busy, 5, false);
    happen_start(&result, 2, 1000, 0);
    halt.halt.ending = RESULT_SIGNAL;
    halt.halt.signal = 2;
    ck_assert_int_eq(result_apply(&result, &halt, &error), 0);
    ck_assert_uint_eq(halt.halt.settled_count, 2);
    ck_assert_uint_eq(halt.halt.settled[0], 0);
    ck_assert_uint_eq(halt.halt.settled[1], 1);
    event_done(&halt);
    ck_assert_int_eq(result.targets[0].outcome.kind, OUTCOME_SKIPPED);
    ck_assert_int_eq(result.targets[0].outcome.reason, REASON_SIGNAL);
    ck_assert_int_eq(result.targets[1].outcome.kind, OUTCOME_ERROR);
    ck_assert_int_eq(result.targets[2].state, RESULT_STARTED);
    result_done(&result);
}
END_TEST

/* azfan was killed: an az that nobody watches any more may have run its script. */
START_TEST(what_was_under_way_is_unknown)
{
    struct result result = begin(2);

    result.job.timeout = 200 * NUMBER_SECOND;
    result.job.script_timeout = 100 * NUMBER_SECOND;
    happen_start(&result, 0, 1000 * NUMBER_SECOND, 0);
    happen_break(&result);
    ck_assert_int_eq(result.targets[0].outcome.kind, OUTCOME_UNKNOWN);
    ck_assert(result.targets[0].outcome.may_still_run);
    ck_assert_int_eq(result.targets[1].outcome.kind, OUTCOME_SKIPPED);
    ck_assert_int_eq(result_exit_status(&result), 137);
    ck_assert_int_eq(result.targets[0].busy_until, (1000 + 200 + 100 + 60) * NUMBER_SECOND);
    ck_assert_int_eq(result.targets[1].busy_until, 0);
    result_done(&result);
}
END_TEST

/* What is under way counts as an attempt, and nobody may be told that its script does not run. */
START_TEST(an_attempt_without_an_end)
{
    struct result result = begin(2);
    struct answer busy = answer_of(OUTCOME_ERROR, REASON_BUSY);

    busy.outcome.script = SCRIPT_NOT_STARTED;
    ck_assert_uint_eq(result_attempts(&result.targets[0]), 0);
    ck_assert(!result_may_still_run(&result.targets[0]));
    end(&result, 0, &busy, NUMBER_SECOND, false);
    ck_assert_uint_eq(result_attempts(&result.targets[0]), 1);
    ck_assert_int_eq(result_script(&result.targets[0]), SCRIPT_NOT_STARTED);
    happen_start(&result, 0, 5000 * NUMBER_SECOND, 7 * NUMBER_SECOND);
    ck_assert_uint_eq(result_attempts(&result.targets[0]), 2);
    ck_assert_int_eq(result_script(&result.targets[0]), SCRIPT_MAY_HAVE_STARTED);
    ck_assert(result_may_still_run(&result.targets[0]));
    /* Put back, it was none; the end of the one before is the last that is known. */
    happen_put_back(&result, 0);
    ck_assert_uint_eq(result_attempts(&result.targets[0]), 1);
    ck_assert_int_eq(result.targets[0].wall_ended, 1000 + NUMBER_SECOND);
    /* azfan is killed over it: it stays one. */
    happen_start(&result, 0, 5000 * NUMBER_SECOND, 7 * NUMBER_SECOND);
    happen_break(&result);
    ck_assert_uint_eq(result_attempts(&result.targets[0]), 2);
    ck_assert_int_eq(result.targets[0].began, 7 * NUMBER_SECOND);
    ck_assert_uint_eq(result_attempts(&result.targets[1]), 0);
    result_done(&result);
}
END_TEST

/* az was stopped: the guard ends the script on the VM by its own clock. */
START_TEST(a_stopped_attempt_holds_its_vm_for_the_scripts_time)
{
    struct result result = begin(1);
    struct answer stopped = answer_of(OUTCOME_TIMEOUT, REASON_AZ);

    result.job.timeout = 200 * NUMBER_SECOND;
    result.job.script_timeout = 100 * NUMBER_SECOND;
    stopped.outcome.may_still_run = true;
    end(&result, 0, &stopped, 200 * NUMBER_SECOND, true);
    ck_assert_int_eq(result.targets[0].busy_until, 1000 + (200 + 100 + 60) * NUMBER_SECOND);
    result_done(&result);
}
END_TEST

/* Azure refuses a second script while one runs: nobody needs to wait for that with a clock. */
START_TEST(a_busy_vm_is_not_waited_for)
{
    struct result result = begin(1);
    struct answer busy = answer_of(OUTCOME_ERROR, REASON_BUSY);

    result.job.script_timeout = 100 * NUMBER_SECOND;
    busy.outcome.script = SCRIPT_MAY_HAVE_STARTED;
    busy.outcome.may_still_run = true;
    end(&result, 0, &busy, 200 * NUMBER_SECOND, true);
    ck_assert(result_may_still_run(&result.targets[0]));
    ck_assert_int_eq(result.targets[0].busy_until, 0);
    result_done(&result);
}
END_TEST

/* Whose limit it was says the cause; a result that could not be read is no start. */
START_TEST(throttled_starts_are_counted)
{
    static const struct {
        enum cause cause;
        enum outcome_script script;
    } ends[] = {{CAUSE_SUBSCRIPTION_LIMIT, SCRIPT_NOT_STARTED},
                {CAUSE_NONE, SCRIPT_NOT_STARTED},
                {CAUSE_REGION_LIMIT, SCRIPT_NOT_STARTED},
                {CAUSE_VM_LIMIT, SCRIPT_NOT_STARTED},
                {CAUSE_READ_LIMIT, SCRIPT_MAY_HAVE_STARTED}};
    struct result result = begin(1);

    for (int i = 0; i < UNIT_COUNT(ends); i++) {
        struct answer answer = answer_of(OUTCOME_ERROR, REASON_THROTTLED);

        answer.outcome.cause = ends[i].cause;
        answer.outcome.script = ends[i].script;
        end(&result, 0, &answer, (i + 1) * NUMBER_SECOND, false);
    }
    ck_assert_uint_eq(result.throttled.by_subscription, 2);
    ck_assert_uint_eq(result.throttled.by_region, 1);
    ck_assert_uint_eq(result.throttled.by_vm, 1);
    result_done(&result);
}
END_TEST

/* One that starts nothing undoes nothing: what an attempt before may have started may still run. */
START_TEST(what_may_have_started_stays_so)
{
    struct result result = begin(1);
    const struct result_target *target = &result.targets[0];
    struct answer lost = answer_of(OUTCOME_ERROR, REASON_THROTTLED);
    struct answer busy = answer_of(OUTCOME_ERROR, REASON_BUSY);
    struct answer failed = answer_of(OUTCOME_FAILED, REASON_EXIT);

    result.job.script_timeout = 100 * NUMBER_SECOND;
    lost.outcome.script = SCRIPT_MAY_HAVE_STARTED;
    lost.outcome.may_still_run = true;
    end(&result, 0, &lost, 10 * NUMBER_SECOND, false);
    ck_assert(target->doubtful);
    end(&result, 0, &busy, 20 * NUMBER_SECOND, false);
    ck_assert_int_eq((int)target->outcome.reason, REASON_BUSY);
    ck_assert_int_eq((int)target->outcome.script, SCRIPT_MAY_HAVE_STARTED);
    ck_assert(target->outcome.may_still_run && target->doubtful);
    ck_assert_int_eq(target->busy_until, 1000 + (10 + 100 + 60) * NUMBER_SECOND);
    ck_assert_str_eq(target->outcome.message,
                     "why; an earlier attempt may have started the script");
    ck_assert_ptr_null(target->attempts[1].message);
    /* It is over by now. */
    busy = answer_of(OUTCOME_ERROR, REASON_BUSY);
    end(&result, 0, &busy, 300 * NUMBER_SECOND, false);
    ck_assert_int_eq((int)target->outcome.script, SCRIPT_MAY_HAVE_STARTED);
    ck_assert(!target->outcome.may_still_run && target->doubtful);
    /* What has run to its end is no doubt any more. */
    failed.outcome.script = SCRIPT_STARTED;
    end(&result, 0, &failed, 5, true);
    ck_assert(!target->doubtful);
    result_done(&result);
}
END_TEST

/* Whose mark the guards look for. */
START_TEST(a_mark_is_of_a_run)
{
    struct result result = begin(2);
    char *own = memory_string(result.run);

    ck_assert_ptr_null(result_mark(&result, &result.targets[0]));
    happen_start_marked(&result, 0, 0, 0, own);
    ck_assert_str_eq(result_mark(&result, &result.targets[0]), own);
    ck_assert_ptr_null(result.targets[0].mark_of);
    happen_put_back(&result, 0);
    happen_start_marked(&result, 0, 0, 0, "another");
    ck_assert_str_eq(result_mark(&result, &result.targets[0]), "another");
    ck_assert_str_eq(result.targets[0].mark_of, "another");
    happen_put_back(&result, 0);
    happen_start(&result, 0, 0, 0);
    ck_assert_ptr_null(result_mark(&result, &result.targets[0]));
    free(own);
    result_done(&result);
}
END_TEST

/* ---- what can be, and what cannot ---- */

/* Of one target: each letter an event. s start, e end, r end that is tried again, b put back,
 * h halt, l limit, f the last line. The last one is refused for REFUSAL; NULL: it is not. */
static const struct play {
    const char *events;
    const char *refusal;
} plays[] = {
    {"s", NULL},
    {"se", NULL},
    {"sef", NULL},
    {"srsef", NULL},
    {"sbsef", NULL},
    {"srsbhf", NULL},
    {"hf", NULL},
    {"shef", NULL},
    {"shhef", NULL},
    {"llhf", NULL},
    {"ss", "an attempt that cannot begin now"},
    {"ses", "an attempt that cannot begin now"},
    {"hs", "an attempt that cannot begin now"},
    {"e", "the end of an attempt that was not begun"},
    {"see", "the end of an attempt that was not begun"},
    {"sbe", "the end of an attempt that was not begun"},
    {"he", "the end of an attempt that was not begun"},
    {"b", "an attempt that was not begun"},
    {"seb", "an attempt that was not begun"},
    {"sbb", "an attempt that was not begun"},
    {"hb", "an attempt that was not begun"},
    {"f", "the run's end, before all targets have one"},
    {"sf", "the run's end, before all targets have one"},
    {"srf", "the run's end, before all targets have one"},
    {"shf", "the run's end, before all targets have one"},
};

static struct event event_of(const struct result *result, char letter)
{
    struct event event = happen_event(EVENT_LIMIT, 0);

    switch (letter) {
    case 's':
        event.kind = EVENT_START;
        break;
    case 'b':
        event.kind = EVENT_PUT_BACK;
        break;
    case 'h':
        event.kind = EVENT_HALT;
        event.halt.ending = RESULT_HALTED;
        break;
    case 'f':
        event = event_finish_of(result, 0, 0);
        break;
    case 'e':
    case 'r':
        event.kind = EVENT_END;
        event.end.answer = answer_of(OUTCOME_FAILED, REASON_EXIT);
        event.end.settled = letter == 'e';
        break;
    default:
        break;
    }
    return event;
}

/* A refused event changes nothing. */
START_TEST(what_cannot_be_is_refused)
{
    const struct play *row = &plays[_i];
    struct result result = begin(1);
    size_t settled = 0;
    struct error error;

    for (const char *at = row->events; *at != '\0'; at++) {
        struct event event = event_of(&result, *at);
        bool refused = row->refusal != NULL && at[1] == '\0';

        settled = result.settled;
        ck_assert_msg((result_apply(&result, &event, &error) < 0) == refused, "%s at %s",
                      row->events, at);
        event_done(&event);
    }
    if (row->refusal != NULL) {
        ck_assert_str_eq(error.text, row->refusal);
        ck_assert_uint_eq(result.settled, settled);
    }
    result_done(&result);
}
END_TEST

/* A journal's head comes once, and its targets are as many as it says, with a label each. */
START_TEST(the_head_comes_once)
{
    static const char *const labels[][2] = {{"a", "b"}, {"a", "a"}};
    struct result result = {.run = NULL};
    struct error error;
    size_t found = 9;

    for (size_t i = 0; i < 2; i++) {
        struct event event = happen_event(EVENT_RUN, 0);

        event.run.known = memory_zeroed(1, sizeof *event.run.known);
        event.run.known->run = memory_string("run");
        event.run.known->target_total = 2;
        ck_assert_int_eq(result_apply(&result, &event, &error), i == 0 ? 0 : -1);
        event_done(&event);
    }
    ck_assert_str_eq(error.text, "a second run");
    for (int i = 1; i >= -1; i--) {
        struct event event = happen_event(EVENT_TARGETS, 0);
        struct result *known = memory_zeroed(1, sizeof *known);

        result_take_targets(known, 2);
        for (size_t target = 0; target < 2; target++)
            known->targets[target].label = memory_string(labels[i > 0][target]);
        event.targets.known = known;
        ck_assert_int_eq(result_apply(&result, &event, &error), i == 0 ? 0 : -1);
        event_done(&event);
    }
    ck_assert(result_find(&result, "b", &found) && found == 1);
    ck_assert(result_find(&result, "a", &found) && found == 0);
    ck_assert(!result_find(&result, "", &found) && !result_find(&result, "c", &found));
    result_done(&result);
}
END_TEST

static Suite *result_suite(void)
{
    Suite *suite = suite_create("result");
    TCase *tests = tcase_create("result");

    tcase_add_test(tests, throttled_starts_are_counted);
    tcase_add_test(tests, what_may_have_started_stays_so);
    tcase_add_test(tests, a_mark_is_of_a_run);
    tcase_add_loop_test(tests, what_cannot_be_is_refused, 0, UNIT_COUNT(plays));
    tcase_add_test(tests, the_head_comes_once);
    tcase_add_loop_test(tests, exit_status_follows_the_ladder, 0, UNIT_COUNT(status_cases));
    tcase_add_test(tests, what_is_not_settled_is_not_ok);
    tcase_add_test(tests, an_attempt_without_an_end);
    tcase_add_test(tests, nothing_selected_is_seven);
    tcase_add_loop_test(tests, the_ending_that_counts, 0, UNIT_COUNT(ending_cases));
    tcase_add_test(tests, attempts_add_up);
    tcase_add_test(tests, the_rest_is_settled_by_what_is_known);
    tcase_add_test(tests, what_was_under_way_is_unknown);
    tcase_add_test(tests, a_stopped_attempt_holds_its_vm_for_the_scripts_time);
    tcase_add_test(tests, a_busy_vm_is_not_waited_for);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(result_suite)
