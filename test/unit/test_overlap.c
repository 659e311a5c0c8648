/* SPDX-License-Identifier: MIT */
/* run/overlap and run/going: which runs are going on, and whose VMs are in common. */
#include "run/overlap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "run/event.h"
#include "run/going.h"
#include "run/journal.h"
#include "run/result.h"
#include "sys/fault.h"
#include "sys/file.h"
#include "unit/happen.h"
#include "unit/unit.h"

#define ONE "00000000-0000-0000-0000-00000000000a"
#define TWO "00000000-0000-0000-0000-00000000000b"

enum { MANY = 30000, OLD_RUNS = 1000 };

#define A_WHILE (10 * NUMBER_SECOND) /* of a processor; what is quadratic takes longer */

/* A busy machine takes none of it away. */
static int64_t processor_time(void)
{
    struct timespec time;

    ck_assert_int_eq(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time), 0);
    return time.tv_sec * NUMBER_SECOND + time.tv_nsec;
}

static char *folder; /* the state's home */
static char *place;  /* the folder of runs */
static struct error error;

/* How far a run has come. */
enum stage { BEGUN, LOGGED_IN, ENTERED, STARTED, FINISHED, KILLED, KILLED_ENTERED };

/* A run as a test tells it: "NAME[@GROUP[/SUBSCRIPTION]] …". */
struct other {
    enum stage stage;
    const char *targets;
    bool rehearsal;
    bool elsewhere; /* its folder is not in the folder of runs */
};

static void take_target(struct result_target *target, const char *word)
{
    char name[64] = "";
    char group[64] = "g";
    char subscription[64] = "";

    (void)sscanf(word, "%63[^@]@%63[^/]/%63s", name, group, subscription);
    target->name = memory_string(name);
    target->resource_group = memory_string(group);
    target->subscription = subscription[0] != '\0' ? memory_string(subscription) : NULL;
    target->label = memory_string(word);
}

static void make_result(struct result *result, const char *run, const char *targets)
{
    char *copy = memory_string(targets);
    char *rest = copy;
    const char *word;
    size_t count = 1;

    for (const char *at = targets; *at != '\0'; at++)
        count += *at == ' ';
    result_init(result, run);
    result_take_targets(result, count);
    for (size_t i = 0; (word = strsep(&rest, " ")) != NULL; i++)
        take_target(&result->targets[i], word);
    result->job = (struct result_job){.name = memory_string("demo"),
                                      .file = memory_string("job.yaml"),
                                      .digest = memory_string("d1"),
                                      .script_digest = memory_string("d2"),
                                      .attempts = 1,
                                      .batches = 1};
    result->origin.user = memory_string("anna");
    result->concurrency = result->workers = 1;
    result->wall_started = INT64_C(1795402800) * NUMBER_SECOND;
    free(copy);
}

static void put_rest(struct journal *journal, struct result *result, enum stage stage)
{
    struct event event = {.kind = EVENT_LOGIN};

    if (stage == BEGUN)
        return;
    event.login.subscription = memory_string(ONE);
    happen_put(journal, result, event);
    if (stage == STARTED || stage == KILLED)
        happen_put(journal, result, (struct event){.kind = EVENT_START, .start = {.number = 1}});
    if (stage == FINISHED) {
        event = (struct event){.kind = EVENT_HALT};
        event.halt.ending = RESULT_DEADLINE;
        happen_put(journal, result, event);
        happen_put(journal, result, event_finish_of(result, 0, 0));
    }
}

static void open_run(const struct other *other, const char *id, struct journal *journal)
{
    char *own = memory_print("%s/%s", other->elsewhere ? folder : place, id);
    char *path = memory_print("%s/journal.jsonl", own);
    struct result result;

    ck_assert_msg(file_make_private_folder(own, &error) == 0, "%s", error.text);
    ck_assert_msg(journal_create(journal, path, &error) == 0, "%s", error.text);
    make_result(&result, id, other->targets);
    result.rehearsal = other->rehearsal;
    happen_put_head(journal, &result, result.wall_started);
    put_rest(journal, &result, other->stage);
    ck_assert_int_eq(journal_commit(journal, &error), 0);
    if (other->stage >= ENTERED && other->stage != STARTED && other->stage != KILLED)
        ck_assert_msg(going_enter(id, own, &error) == 0, "%s", error.text);
    if (other->stage >= KILLED)
        journal_close(journal);
    result_done(&result);
    free(own);
    free(path);
}

static void set_up(void)
{
    char *going;

    ck_assert_int_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
    ck_assert_msg(file_make_temporary_folder(&folder, &error) == 0, "%s", error.text);
    ck_assert_int_eq(setenv("XDG_STATE_HOME", folder, 1), 0);
    place = memory_print("%s/azfan/runs", folder);
    going = memory_print("%s/azfan/going", folder);
    ck_assert_msg(file_make_private_folder(place, &error) == 0, "%s", error.text);
    ck_assert_msg(file_make_private_folder(going, &error) == 0, "%s", error.text);
    free(going);
}

static void tear_down(void)
{
    ck_assert_int_eq(file_remove_tree(folder, &error), 0);
    free(folder);
    free(place);
}

/* What the run of "own" has in common with the only other one: its labels, or "". */
static void expect_common(const char *title, const struct result *own, const char *expected)
{
    struct buffer common = BUFFER_INIT;
    struct overlap overlap;

    overlap_find(own, &overlap);
    ck_assert_msg(overlap.count == (expected[0] != '\0'), "%s: %zu runs", title, overlap.count);
    for (size_t i = 0; overlap.count > 0 && i < overlap.list[0].count; i++)
        buffer_print(&common, "%s%s", i > 0 ? " " : "", overlap.list[0].labels[i]);
    ck_assert_msg(strcmp(buffer_text(&common), expected) == 0, "%s: %s", title,
                  buffer_text(&common));
    if (overlap.count > 0) {
        ck_assert_str_eq(overlap.list[0].run.run, "other");
        ck_assert_str_eq(overlap.list[0].run.origin.user, "anna");
        ck_assert_int_eq(overlap.list[0].run.origin.pid, getpid());
    }
    overlap_done(&overlap);
    buffer_done(&common);
}

static const struct {
    const char *title;
    struct other other;
    const char *targets;
    const char *common;
} rows[] = {
    {"another VM", {.stage = STARTED, .targets = "a b"}, "c d", ""},
    {"one VM", {.stage = STARTED, .targets = "a b"}, "b c", "b"},
    {"all of them, in this one's order", {.stage = STARTED, .targets = "a b c"}, "c a b", "c a b"},
    {"in another case",
     {.stage = STARTED, .targets = "Web@Rg-\xc3\xa4/" ONE},
     "wEB@rG-\xc3\x84",
     "wEB@rG-\xc3\x84"},
    {"another group", {.stage = STARTED, .targets = "a@g"}, "a@h", ""},
    {"another subscription", {.stage = STARTED, .targets = "a@g/" TWO}, "a@g", ""},
    {"az's own one, named by the other", {.stage = STARTED, .targets = "a@g/" ONE}, "a@g", "a@g"},
    {"az's own one, named by this one",
     {.stage = STARTED, .targets = "a@g"},
     "a@g/" ONE,
     "a@g/" ONE},
    {"it may begin", {.stage = ENTERED, .targets = "a"}, "a", "a"},
    {"its folder is elsewhere", {.stage = ENTERED, .targets = "a", .elsewhere = true}, "a", "a"},
    {"it is in its login check", {.stage = BEGUN, .targets = "a"}, "a", ""},
    {"somebody is asked whether it may", {.stage = LOGGED_IN, .targets = "a"}, "a", ""},
    {"it has ended, and writes its reports", {.stage = FINISHED, .targets = "a"}, "a", ""},
    {"it was killed", {.stage = KILLED, .targets = "a"}, "a", ""},
    {"it was killed before it had started one", {.stage = KILLED_ENTERED, .targets = "a"}, "a", ""},
    {"it is a rehearsal", {.stage = STARTED, .targets = "a", .rehearsal = true}, "a", ""},
};

START_TEST(vms_in_common)
{
    struct journal journal;
    struct result own;

    open_run(&rows[_i].other, "other", &journal);
    make_result(&own, "own", rows[_i].targets);
    result_name_targets(&own, ONE);
    expect_common(rows[_i].title, &own, rows[_i].common);
    journal_close(&journal);
    result_done(&own);
}
END_TEST

/* Neither its own run, nor what is no journal, nor what cannot be read, is in anybody's way. */
START_TEST(what_is_no_other_run)
{
    static const struct other self = {.stage = STARTED, .targets = "a"};
    char *broken = memory_print("%s/broken", place);
    char *path = memory_print("%s/journal.jsonl", broken);
    struct journal journal;
    struct result own;
    int fd;

    ck_assert_int_eq(file_make_private_folder(broken, &error), 0);
    ck_assert_int_eq(file_write(path, 0600, "{\"event\":\"run\"}\n", 16, &error), 0);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    open_run(&self, "own", &journal);
    make_result(&own, "own", "a");
    result_name_targets(&own, ONE);
    free(own.folder);
    own.folder = memory_print("%s/./own", place);
    expect_common("itself", &own, "");
    journal_close(&journal);
    result_done(&own);
    (void)close(fd);
    free(path);
    free(broken);
}
END_TEST

static enum overlap_answer enter(const struct result *result, bool regardless)
{
    struct overlap overlap;
    enum overlap_answer answer = overlap_enter(result, regardless, &overlap, &error);

    overlap_done(&overlap);
    return answer;
}

/* Makes the folder and the journal of RUN, which may begin. */
static void prepare(struct result *result, const char *run, struct journal *journal)
{
    static const struct other login = {.stage = LOGGED_IN, .targets = "a"};

    open_run(&login, run, journal);
    make_result(result, run, "a");
    result->folder = memory_print("%s/%s", place, run);
    result_name_targets(result, ONE);
}

START_TEST(the_first_one_has_the_vm)
{
    struct journal journals[3];
    struct result results[3];

    prepare(&results[0], "first", &journals[0]);
    prepare(&results[1], "second", &journals[1]);
    prepare(&results[2], "third", &journals[2]);
    ck_assert_int_eq(enter(&results[0], false), OVERLAP_ENTERED);
    ck_assert_int_eq(enter(&results[1], false), OVERLAP_FOUND);
    ck_assert(!going_has("second"));
    ck_assert_int_eq(enter(&results[2], true), OVERLAP_ENTERED);
    overlap_leave(&results[0]);
    ck_assert_int_eq(enter(&results[1], false), OVERLAP_FOUND);
    journal_close(&journals[2]); /* killed: its entry is left, and goes with the next look */
    ck_assert(going_has("third"));
    ck_assert_int_eq(enter(&results[1], false), OVERLAP_ENTERED);
    ck_assert(!going_has("third"));
    for (int i = 0; i < 3; i++) {
        journal_close(&journals[i]);
        result_done(&results[i]);
    }
}
END_TEST

/* A run is not kept from its work by a register that cannot be; but by who has its lock. */
START_TEST(a_register_that_cannot_be)
{
    struct journal journal;
    struct result own;
    bool taken;
    int lock;

    prepare(&own, "own", &journal);
    fault_arm("going.lock", 1, EROFS);
    ck_assert_int_eq(enter(&own, false), OVERLAP_NOT_KEPT);
    ck_assert_ptr_nonnull(strstr(error.text, "going/.lock: Read-only file system"));
    fault_arm("going.enter", 1, ENOSPC);
    ck_assert_int_eq(enter(&own, false), OVERLAP_NOT_KEPT);
    ck_assert_ptr_nonnull(strstr(error.text, "going/own to "));
    lock = going_lock(&taken, &error);
    ck_assert_int_ge(lock, 0);
    fault_arm("going.patience", 2, EINTR);
    ck_assert_int_eq(enter(&own, false), OVERLAP_HELD_UP);
    ck_assert_ptr_nonnull(strstr(error.text, "another azfan has held the lock"));
    ck_assert_int_eq(enter(&own, true), OVERLAP_NOT_KEPT);
    ck_assert(!going_has("own"));
    (void)close(lock);
    ck_assert_int_eq(unsetenv("XDG_STATE_HOME"), 0);
    ck_assert_int_eq(unsetenv("HOME"), 0);
    ck_assert_int_eq(enter(&own, false), OVERLAP_NOT_KEPT);
    journal_close(&journal);
    result_done(&own);
    ck_assert_int_eq(setenv("XDG_STATE_HOME", folder, 1), 0);
}
END_TEST

/* They are not even opened twice. */
START_TEST(a_thousand_old_runs_are_passed_over)
{
    static const struct other other = {.stage = STARTED, .targets = "a"};
    struct journal journal;
    struct result own;
    int64_t began;

    for (int i = 0; i < OLD_RUNS; i++) {
        char *old = memory_print("%s/old-%d", place, i);
        char *path = memory_print("%s/journal.jsonl", old);

        ck_assert_int_eq(mkdir(old, 0700), 0);
        ck_assert_int_eq(file_write(path, 0600, "no journal\n", 11, &error), 0);
        free(path);
        free(old);
    }
    open_run(&other, "other", &journal);
    make_result(&own, "own", "a");
    result_name_targets(&own, ONE);
    began = processor_time();
    expect_common("among old ones", &own, "a");
    ck_assert_int_lt(processor_time() - began, A_WHILE);
    journal_close(&journal);
    result_done(&own);
}
END_TEST

/* Each with as many targets as a large company has VMs: no step is quadratic. */
START_TEST(thousands_are_compared_at_once)
{
    struct buffer targets = BUFFER_INIT;
    struct journal journal;
    struct other other = {.stage = STARTED};
    struct overlap overlap;
    struct result own;
    int64_t began;

    for (int i = 0; i < MANY; i++)
        buffer_print(&targets, "%sweb-%04d", i > 0 ? " " : "", i);
    other.targets = buffer_text(&targets);
    open_run(&other, "other", &journal);
    make_result(&own, "own", buffer_text(&targets));
    result_name_targets(&own, ONE);
    began = processor_time();
    overlap_find(&own, &overlap);
    ck_assert_int_lt(processor_time() - began, A_WHILE);
    ck_assert_uint_eq(overlap.count, 1);
    ck_assert_uint_eq(overlap.list[0].count, MANY);
    overlap_done(&overlap);
    journal_close(&journal);
    result_done(&own);
    buffer_done(&targets);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("overlap");
    TCase *cases = tcase_create("overlap");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, vms_in_common, 0, UNIT_COUNT(rows));
    tcase_add_test(cases, what_is_no_other_run);
    tcase_add_test(cases, the_first_one_has_the_vm);
    tcase_add_test(cases, a_register_that_cannot_be);
    tcase_add_test(cases, a_thousand_old_runs_are_passed_over);
    tcase_add_test(cases, thousands_are_compared_at_once);
    suite_add_tcase(suite, cases);
    return suite;
}

UNIT_MAIN(make_suite)
