/* SPDX-License-Identifier: MIT */
/*
 * run/conduct: the order of things. Nothing is started or shown before it is on disk, and what the
 * machine refuses for a moment is no failure.
 */
#include "run/conduct.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "azure/az.h"
#include "azure/login.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/child.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/problems.h"
#include "run/event.h"
#include "run/folder.h"
#include "run/journal.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/rules.h"
#include "run/warden.h"
#include "run/watcher.h"
#include "stub/stub.h"
#include "sys/fault.h"
#include "sys/file.h"
#include "unit/dump.h"
#include "unit/unit.h"

enum { TARGETS = 12, NEVER = 1000 };

static char *place;
static struct job *job;
static struct az az;
static struct folder folder;
static struct journal journal;
static struct result result;

/* What the watcher saw. */
static size_t settled;
static size_t started;
static size_t put_back;
static size_t ask_at_start; /* at which start somebody asks who is running; 0: nobody does */
static int questions;
static size_t asked_about;
static struct buffer lines; /* of the journal */
static int stops;
static int no_rooms;
static size_t fault_after = NEVER;
static const char *fault;
static int fault_errno = ENOSPC;
static int fault_count = NEVER;

/* ---- the watcher -------------------------------------------------------------------------- */

static size_t count_lines(const char *event)
{
    struct buffer text = BUFFER_INIT;
    struct error error;
    size_t count = 0;

    ck_assert_msg(file_read(folder.journal, 1 << 20, &text, &error) == 0, "%s", error.text);
    for (const char *at = buffer_text(&text); (at = strstr(at, event)) != NULL; at++)
        count++;
    buffer_done(&text);
    return count;
}

static void see_settled(const struct result *shown, size_t index)
{
    char event[128];

    settled++;
    /* What is shown is on disk by now, unless that is just what failed. */
    (void)snprintf(event, sizeof event, "\"target\":\"%s\",\"attempt\":1,\"settled\":true",
                   shown->targets[index].label);
    if (shown->trouble == NULL && shown->targets[index].attempt_count > 0)
        ck_assert_msg(count_lines(event) == 1, "%s is shown, and not in the journal",
                      shown->targets[index].label);
    if (settled == fault_after)
        fault_arm(fault, fault_count, fault_errno);
}

static void see_no_room(void *context, const char *why)
{
    (void)context;
    ck_assert_ptr_nonnull(strstr(why, "az"));
    no_rooms++;
}

static void see_continued(void *context, const struct result *shown, size_t running)
{
    (void)context;
    (void)shown;
    (void)running;
}

static void see_login(void *context, const struct login *login)
{
    (void)context;
    (void)login;
}

static void see_leaving(void *context)
{
    (void)context;
}

static int64_t waits_for_nothing(void *context, struct watcher_waits *ret)
{
    (void)context;
    *ret = (struct watcher_waits){.to_write = {-1, -1}, .to_read = -1};
    return CLOCK_NEVER;
}

static void see_writable(void *context)
{
    (void)context;
}

static void (*see_start_of)(void *context, const struct result *shown, size_t index);

/* A start is told once it is on disk, too. */
static void see_start(void *context, const struct result *shown, size_t index)
{
    char event[128];

    (void)context;
    started++;
    (void)snprintf(event, sizeof event, "\"target\":\"%s\",\"attempt\":1",
                   shown->targets[index].label);
    ck_assert_uint_ge(count_lines(event), 1);
    if (started == ask_at_start)
        (void)kill(getpid(), SIGUSR1);
}

static void see_event(void *context, const struct result *shown, const struct event *event)
{
    if (event->kind == EVENT_START)
        (see_start_of != NULL ? see_start_of : see_start)(context, shown, event->target);
    if (event->kind == EVENT_PUT_BACK)
        put_back++;
    if (event->kind == EVENT_END && event->end.settled)
        see_settled(shown, event->target);
    if (event->kind != EVENT_HALT)
        return;
    for (size_t i = 0; i < event->halt.settled_count; i++)
        see_settled(shown, event->halt.settled[i]);
    if (event->halt.stage != SCHEDULE_GOING)
        stops++;
}

static void see_line(void *context, const char *line, size_t length)
{
    (void)context;
    buffer_append(&lines, line, length);
}

static void see_question(void *context, const struct result *shown,
                         const struct watcher_running *list, size_t count)
{
    (void)context;
    questions++;
    asked_about += count;
    for (size_t i = 0; i < count; i++) {
        ck_assert(i == 0 || list[i].age <= list[i - 1].age); /* the longest first */
        ck_assert_int_eq(shown->targets[list[i].target].state, RESULT_STARTED);
    }
}

static void see_tick(void *context, const struct result *shown)
{
    (void)context;
    (void)shown;
}

static void see_limit(void *context, int64_t until)
{
    (void)context;
    (void)until;
}

static const struct watcher watcher = {.logged_in = see_login,
                                       .happened = see_event,
                                       .no_room = see_no_room,
                                       .limited = see_limit,
                                       .asked = see_question,
                                       .leaving = see_leaving,
                                       .continued = see_continued,
                                       .resized = see_leaving,
                                       .journaled = see_line,
                                       .waiting = waits_for_nothing,
                                       .writable = see_writable,
                                       .readable = see_writable,
                                       .tick = see_tick};

/* ---- the stage ---------------------------------------------------------------------------- */

static void set_up(void)
{
    static const char text[] = "version: 1\nname: test\nscript: {inline: echo hello}\n"
                               "targets: {resource_group: rg, vms: [\"vm-[01-12]\"]}\n"
                               "concurrency: 3\n";
    struct problems problems = {.count = 0};
    struct error error = {""};
    char *path;

    ck_assert_msg(file_make_temporary_folder(&place, &error) == 0, "%s", error.text);
    (void)setenv("XDG_RUNTIME_DIR", place, 1);
    job = jobfile_parse("job.yaml", text, strlen(text), NULL, &problems);
    ck_assert_ptr_nonnull(job);
    problems_done(&problems);
    ck_assert_msg(az_find(&az, "build/stub/az", &error) == 0, "%s", error.text);
    path = memory_print("%s/run", place);
    ck_assert_msg(folder_open(&folder, path, "run", &error) == 0, "%s", error.text);
    free(path);
    ck_assert_msg(journal_create(&journal, folder.journal, &error) == 0, "%s", error.text);
}

static void tear_down(void)
{
    struct error error;

    journal_close(&journal);
    folder_close(&folder);
    ck_assert_int_eq(az_done(&az, &error), 0);
    job_free(job);
    ck_assert_msg(file_remove_tree(place, &error) == 0, "%s", error.text);
    free(place);
}

/* Asked before anything is started; NULL: nobody asks. */
static bool (*asks)(void *context, const struct login *login);

static int64_t patience; /* with az's names of subscriptions */

/* Returns whether the run began. */
static bool conduct_or_not(void)
{
    struct error error = {""};
    int *batches = rules_batches(job);
    struct conduct conduct = {.job = job,
                              .az = &az,
                              .folder = &folder,
                              .journal = &journal,
                              .watcher = &watcher,
                              .batches = batches,
                              .workers = 3,
                              .accounts_patience = patience,
                              .may_begin = asks,
                              .context = &journal};
    bool began;

    child_adopt_orphans();
    ck_assert_msg(warden_open(&conduct.warden, &error) == 0, "%s", error.text);
    result_init(&result, "run");
    result_take_job(&result, job, batches);
    began = conduct_run(&conduct, &result);
    ck_assert_int_eq(warden_close(conduct.warden), 0);
    free(batches);
    ck_assert_int_eq(stub_count_children(), 0);
    return began;
}

/* What the journal says is what the result knows, byte for byte, however the run went. */
static void check_replay(void)
{
    struct buffer dumps[2] = {BUFFER_INIT, BUFFER_INIT};
    struct error error = {""};
    struct result copy;

    ck_assert_msg(replay_run(folder.path, &copy, &error) == 0, "%s", error.text);
    dump_known(&dumps[0], &result);
    dump_course(&dumps[0], &result);
    dump_known(&dumps[1], &copy);
    dump_course(&dumps[1], &copy);
    ck_assert_str_eq(buffer_text(&dumps[1]), buffer_text(&dumps[0]));
    buffer_done(&dumps[0]);
    buffer_done(&dumps[1]);
    result_done(&copy);
}

static void conduct(void)
{
    ck_assert(conduct_or_not());
    if (result.trouble == NULL) /* which may be that there is no journal */
        check_replay();
    ck_assert_uint_eq(result.settled, TARGETS);
    ck_assert_uint_eq(settled, TARGETS);
}

/* ---- the tests ---------------------------------------------------------------------------- */

START_TEST(all_is_well)
{
    conduct();
    ck_assert_uint_eq(result.counts[OUTCOME_OK], TARGETS);
    ck_assert_uint_eq(count_lines("\"event\":\"start\""), TARGETS);
    ck_assert_uint_eq(count_lines("\"event\":\"finish\""), 1);
    ck_assert_int_eq(result_exit_status(&result), 0);
    ck_assert_uint_eq(started, TARGETS);
    result_done(&result);
}
END_TEST

static bool refuse(void *context, const struct login *login)
{
    ck_assert_ptr_eq(context, &journal);
    ck_assert_str_eq(login->subscription, "00000000-0000-0000-0000-000000000001");
    ck_assert_uint_eq(started, 0);
    ck_assert_uint_eq(count_lines("\"event\":\"login\""), 1);
    return false;
}

START_TEST(nothing_is_started_that_may_not_begin)
{
    asks = refuse;
    ck_assert(!conduct_or_not());
    ck_assert_uint_eq(started, 0);
    ck_assert_uint_eq(settled, 0);
    ck_assert_uint_eq(result.settled, 0);
    ck_assert_uint_eq(count_lines("\"event\":\"start\""), 0);
    result_done(&result);
}
END_TEST

static char *names_known;

static bool see_names(void *context, const struct login *login)
{
    (void)context;
    names_known = memory_string(login->accounts.count > 0 ? login->accounts.list[0].name
                                                          : login->no_accounts);
    return true;
}

static const struct {
    const char *mode;
    int64_t patience;
    const char *known;
} names[] = {
    {"", 60 * NUMBER_SECOND, "Test"},
    {"hang:nap:20000", NUMBER_SECOND / 2, "`az account list` did not answer within 500ms"},
    {"hang:stubborn:20000", NUMBER_SECOND / 2, "`az account list` did not answer within 500ms"},
    {"exit1", 60 * NUMBER_SECOND, "`az account list` ended with status 1"},
    {"garbage", 60 * NUMBER_SECOND,
     "the answer of `az account list` is not a list of subscriptions"},
};

/* They are only shown: without them it goes on all the same. */
START_TEST(what_az_calls_the_subscriptions_is_no_condition)
{
    struct error error;

    (void)setenv("STUB_AZ_ACCOUNTS", names[_i].mode, 1);
    ck_assert_int_eq(az_done(&az, &error), 0); /* it has the environment of its making */
    ck_assert_int_eq(az_find(&az, "build/stub/az", &error), 0);
    patience = names[_i].patience;
    asks = see_names;
    conduct();
    ck_assert_uint_eq(result.counts[OUTCOME_OK], TARGETS);
    ck_assert_str_eq(names_known, names[_i].known);
    free(names_known);
    result_done(&result);
}
END_TEST

#define THOUGHT (300 * NUMBER_MILLISECOND)

static bool think_about_it(void *context, const struct login *login)
{
    int64_t until = clock_now() + THOUGHT;
    struct timespec left;

    (void)context;
    (void)login;
    while (clock_now() < until)
        (void)ppoll(NULL, 0, clock_left(until, clock_now(), &left), NULL);
    return true;
}

START_TEST(while_somebody_is_asked_no_clock_goes_on)
{
    int64_t began = clock_now();

    asks = think_about_it;
    conduct();
    ck_assert_int_eq(result.ending, RESULT_COMPLETE);
    ck_assert_int_le(result.duration + THOUGHT, clock_now() - began);
    result_done(&result);
}
END_TEST

/* --progress json is the journal, to the letter. */
START_TEST(the_watcher_gets_the_lines_of_the_journal)
{
    struct buffer text = BUFFER_INIT;
    struct error error;

    conduct();
    ck_assert_msg(file_read(folder.journal, 1 << 20, &text, &error) == 0, "%s", error.text);
    ck_assert_str_eq(buffer_text(&lines), buffer_text(&text));
    buffer_done(&text);
    result_done(&result);
}
END_TEST

/* SIGUSR1 ends nothing, and finds those that run. */
START_TEST(somebody_asks_who_is_running)
{
    ask_at_start = 3;
    conduct();
    ck_assert_int_eq(questions, 1);
    ck_assert_uint_le(asked_about, 3);
    ck_assert_uint_eq(result.counts[OUTCOME_OK], TARGETS);
    result_done(&result);
}
END_TEST

static const struct {
    const char *probe;
    int error_number;
} shortages[] = {{"child.posix_spawn", EAGAIN},
                 {"child.posix_spawn", ENOMEM},
                 {"child.pipe2", EMFILE},
                 {"child.pidfd_open", ENFILE}};

/* Another program's peak must not make targets fail: neither in the login nor later. */
START_TEST(what_the_machine_is_short_of_is_waited_out)
{
    fault_arm(shortages[_i].probe, 6, shortages[_i].error_number);
    conduct();
    ck_assert_int_eq(fault_hits(), 6);
    ck_assert_uint_eq(result.counts[OUTCOME_OK], TARGETS);
    ck_assert_int_eq(no_rooms, 1);
    for (size_t i = 0; i < TARGETS; i++)
        ck_assert_uint_eq(result.targets[i].attempt_count, 1);
    result_done(&result);
}
END_TEST

/* The same once the login has passed: the journal says that these were no attempts. */
START_TEST(a_target_is_put_back)
{
    fault = "child.posix_spawn";
    fault_errno = EAGAIN;
    fault_count = 4;
    fault_after = 2;
    conduct();
    ck_assert_uint_eq(count_lines("\"event\":\"put_back\""), 4);
    ck_assert_uint_eq(put_back, 4);
    ck_assert_uint_eq(started, TARGETS + 4);
    ck_assert_uint_eq(count_lines("\"event\":\"start\""), TARGETS + 4);
    ck_assert_uint_eq(result.counts[OUTCOME_OK], TARGETS);
    result_done(&result);
}
END_TEST

static const char *const disk_faults[] = {"journal.write", "journal.fdatasync"};

/* A full disk: nothing more is started, nothing is forgotten, and what is on disk stays readable.
 */
START_TEST(a_journal_that_cannot_be_written_halts_the_run)
{
    struct result past;
    struct error error;
    size_t kept = 0;

    fault = disk_faults[_i];
    fault_after = 4;
    conduct();
    ck_assert_int_eq(stops, 1);
    ck_assert_ptr_nonnull(result.trouble);
    ck_assert_int_eq(result_exit_status(&result), 1);
    ck_assert_uint_ge(result.counts[OUTCOME_OK], 4);
    ck_assert_uint_gt(result.counts[OUTCOME_SKIPPED], 0);
    /* What could not be put on disk was not begun, and is not shown as begun. */
    ck_assert_uint_eq(started - put_back, TARGETS - result.counts[OUTCOME_SKIPPED]);
    journal_close(&journal);
    ck_assert_msg(replay_run(folder.path, &past, &error) == 0, "%s", error.text);
    for (size_t i = 0; i < TARGETS; i++) {
        if (past.targets[i].outcome.kind != OUTCOME_OK)
            continue;
        kept++;
        ck_assert_int_eq(result.targets[i].outcome.kind, OUTCOME_OK);
    }
    ck_assert_uint_ge(kept, 4);
    result_done(&past);
    result_done(&result);
}
END_TEST

/* From the very first line on: then nothing at all has happened. */
START_TEST(without_a_journal_nothing_is_started)
{
    fault_arm("journal.write", NEVER, ENOSPC);
    conduct();
    ck_assert_uint_eq(result.counts[OUTCOME_SKIPPED], TARGETS);
    ck_assert_int_eq(result_exit_status(&result), 1);
    result_done(&result);
}
END_TEST

/* That is this machine's trouble, not the targets', and a new folder is all it wants. */
START_TEST(a_script_that_cannot_be_written_is_written_elsewhere)
{
    char *before = memory_string(az.folder.path);

    fault = "command.write";
    fault_errno = EROFS;
    fault_count = 1;
    fault_after = 4;
    conduct();
    ck_assert_uint_eq(result.counts[OUTCOME_OK], TARGETS);
    ck_assert_ptr_null(result.trouble);
    ck_assert_uint_eq(started, TARGETS);
    ck_assert_str_ne(az.folder.path, before);
    free(before);
    result_done(&result);
}
END_TEST

static const int script_errors[] = {ENOSPC, EROFS, ENOENT, EDQUOT};

START_TEST(scripts_that_cannot_be_written_halt_the_run)
{
    fault = "command.open";
    fault_errno = script_errors[_i];
    fault_after = 4;
    conduct();
    ck_assert_int_eq(stops, 1);
    ck_assert_ptr_nonnull(result.trouble);
    ck_assert_ptr_nonnull(strstr(result.trouble, strerror(script_errors[_i])));
    ck_assert_int_eq(result_exit_status(&result), 1);
    ck_assert_uint_ge(result.counts[OUTCOME_OK], 4);
    ck_assert_uint_eq(result.counts[OUTCOME_OK] + result.counts[OUTCOME_SKIPPED], TARGETS);
    ck_assert_uint_eq(started - put_back, result.counts[OUTCOME_OK]);
    result_done(&result);
}
END_TEST

#ifdef AZFAN_FAULTS
/* Sends one SIGTERM once the disk hangs, and lets that go on when all that ran has been stopped. */
static void *stop_in_a_commit(void *argument)
{
    bool *stopped = argument;
    int children = 0;
    sigset_t all;

    (void)sigfillset(&all); /* the signal is for azfan's threads, which block it from now on */
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    ck_assert(fault_await_held(20));
    for (int i = 0; i < 400 && (children = stub_count_children()) < 3; i++)
        (void)poll(NULL, 0, 5);
    (void)kill(getpid(), SIGTERM);
    for (int i = 0; i < 2000 && (children = stub_count_children()) > 1; i++)
        (void)poll(NULL, 0, 5);
    *stopped = children <= 1; /* the one that may be left is who waits for the disk */
    fault_let_go();
    return NULL;
}

static void hang_the_disk(void *context, const struct result *shown, size_t index)
{
    see_start(context, shown, index);
    if (started == 3)
        fault_arm_hold("journal.fdatasync", 1);
}

/*
 * The disk hangs while three run. What stops a run stops them although nobody can put a line on
 * disk; and afterwards it is all told as if the disk had been quick.
 */
START_TEST(a_signal_is_obeyed_while_the_disk_hangs)
{
    struct error error;
    pthread_t thread;
    bool stopped = false;

    (void)setenv("STUB_AZ", "hang:nap:20000", 1);
    (void)setenv("STUB_AZ_FOR", "vm-02 vm-03", 1);
    (void)setenv("STUB_AZ_MS", "300", 1);
    ck_assert_int_eq(az_done(&az, &error), 0); /* it has the environment of its making */
    ck_assert_int_eq(az_find(&az, "build/stub/az", &error), 0);
    see_start_of = hang_the_disk;
    ck_assert_int_eq(pthread_create(&thread, NULL, stop_in_a_commit, &stopped), 0);
    conduct();
    (void)pthread_join(thread, NULL);
    ck_assert(stopped);
    ck_assert_int_eq(result.ending, RESULT_SIGNAL);
    ck_assert_int_eq(result.signal, SIGTERM);
    ck_assert_uint_eq(result.counts[OUTCOME_CANCELLED], 2);
    ck_assert_uint_eq(result.counts[OUTCOME_OK], 1);
    ck_assert_uint_eq(result.counts[OUTCOME_SKIPPED], TARGETS - 3);
    ck_assert_uint_eq(count_lines("\"event\":\"finish\""), 1);
    ck_assert_uint_eq(count_lines("\"event\":\"start\""),
                      3 + count_lines("\"event\":\"put_back\""));
    result_done(&result);
}
END_TEST
#endif

static Suite *conduct_suite(void)
{
    Suite *suite = suite_create("conduct");
    TCase *tests = tcase_create("conduct");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, all_is_well);
    tcase_add_test(tests, nothing_is_started_that_may_not_begin);
    tcase_add_loop_test(tests, what_az_calls_the_subscriptions_is_no_condition, 0,
                        UNIT_COUNT(names));
    tcase_add_test(tests, while_somebody_is_asked_no_clock_goes_on);
    tcase_add_test(tests, the_watcher_gets_the_lines_of_the_journal);
    tcase_add_test(tests, somebody_asks_who_is_running);
    tcase_add_loop_test(tests, what_the_machine_is_short_of_is_waited_out, 0,
                        UNIT_COUNT(shortages));
    tcase_add_test(tests, a_target_is_put_back);
    tcase_add_loop_test(tests, a_journal_that_cannot_be_written_halts_the_run, 0,
                        UNIT_COUNT(disk_faults));
    tcase_add_test(tests, without_a_journal_nothing_is_started);
    tcase_add_test(tests, a_script_that_cannot_be_written_is_written_elsewhere);
    tcase_add_loop_test(tests, scripts_that_cannot_be_written_halt_the_run, 0,
                        UNIT_COUNT(script_errors));
#ifdef AZFAN_FAULTS
    tcase_add_test(tests, a_signal_is_obeyed_while_the_disk_hangs);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(conduct_suite)
