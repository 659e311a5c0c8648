/* SPDX-License-Identifier: MIT */
/* run/runs: which past run is meant, and what reruns have left to do of it; and run/kept. */
#include "base/strings.h"
#include "run/runs.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "run/event.h"
#include "run/journal.h"
#include "run/kept.h"
#include "run/order.h"
#include "run/replay.h"
#include "run/result.h"
#include "sys/file.h"
#include "unit/happen.h"
#include "unit/unit.h"

enum { MOST_TARGETS = 8, MOST_PASTS = 6 };

/* The start of every run, and so of every attempt. */
static const int64_t started = INT64_C(1795402800) * NUMBER_SECOND;

static char *folder; /* also the working directory, and the state's home */
static char *place;  /* the folder of runs */
static struct error error;
static struct journal journal; /* of the run that was written last */

/* ---- past runs ---- */

/* A run as a test tells it. */
struct past {
    const char *run;
    const char *rerun_of;
    const char *targets; /* "NAME[@GROUP[/SUBSCRIPTION]]=OUTCOME …"; "started": it was killed then;
                  "marked": unknown, for the guard had found its mark */
    bool without_login;  /* the ids are not known */
    const char *mark;    /* … its guards look for that of this run; NULL: of their own */
    bool without_mark;   /* an older azfan wrote the journal, or the job is idempotent */
    int timeout;         /* seconds, of az; half of it for the script; 0: 200 */
    bool keeps_going;    /* the journal stays open */
    const char *job;     /* its name; NULL: demo */
    bool rehearsal;
};

struct word {
    char name[32], group[32], subscription[32], outcome[32];
};

/* The next of the words of *TEXT. */
static bool read_word(const char **text, struct word *ret)
{
    char word[100];
    int length = 0;

    *ret = (struct word){.group = "g"};
    if (sscanf(*text, " %99s%n", word, &length) != 1)
        return false;
    *text += length;
    if (sscanf(word, "%31[^@=]@%31[^/=]/%31[^=]=%31s", ret->name, ret->group, ret->subscription,
               ret->outcome) == 4)
        return true;
    ret->subscription[0] = '\0';
    return sscanf(word, "%31[^@=]@%31[^=]=%31s", ret->name, ret->group, ret->outcome) == 3 ||
           sscanf(word, "%31[^=]=%31s", ret->name, ret->outcome) == 2;
}

static void take_target(struct result_target *target, const struct word *word)
{
    bool has_own = word->subscription[0] != '\0';

    target->name = memory_string(word->name);
    target->resource_group = memory_string(word->group);
    target->subscription = has_own ? memory_string(word->subscription) : NULL;
    target->label = memory_print("%s/%s/%s", word->subscription, word->group, word->name);
}

static void begin(struct result *result, const struct past *past)
{
    int64_t timeout = (past->timeout > 0 ? past->timeout : 200) * NUMBER_SECOND;
    const char *job = past->job != NULL ? past->job : "demo";
    const char *rest = past->targets;
    struct word word;
    size_t count = 0;

    while (read_word(&rest, &word))
        count++;
    result_init(result, past->run);
    result_take_targets(result, count);
    rest = past->targets;
    for (size_t i = 0; read_word(&rest, &word); i++)
        take_target(&result->targets[i], &word);
    result->rerun_of = memory_string(past->rerun_of);
    result->rehearsal = past->rehearsal;
    result->job = (struct result_job){.name = memory_string(job),
                                      .file = memory_print("jobs/%s.yaml", job),
                                      .path = memory_print("/nowhere/jobs/%s.yaml", job),
                                      .digest = memory_string("d1"),
                                      .script_digest = memory_string("d2"),
                                      .timeout = timeout,
                                      .script_timeout = timeout / 2,
                                      .attempts = 1,
                                      .batches = 1};
    result->wall_started = result->wall_ended = started;
    result->concurrency = result->workers = result->least_limit = 1;
    happen_put_head(&journal, result, started);
}

static void log_in(struct result *result)
{
    struct event event = {.kind = EVENT_LOGIN, .wall = started};

    event.login.subscription = memory_string("default");
    happen_put(&journal, result, event);
}

static const enum outcome_reason reasons[OUTCOME_KINDS] = {
    [OUTCOME_OK] = REASON_NONE,         [OUTCOME_FAILED] = REASON_EXIT,
    [OUTCOME_TIMEOUT] = REASON_AZ,      [OUTCOME_ERROR] = REASON_BUSY,
    [OUTCOME_UNKNOWN] = REASON_ANSWER,  [OUTCOME_CANCELLED] = REASON_SIGNAL,
    [OUTCOME_SKIPPED] = REASON_DEADLINE};

/* MARKED: its guard had found the mark. */
static void end(struct result *result, size_t index, enum outcome_kind kind, bool marked)
{
    struct result_attempt attempt = {.wall_started = started, .az_exit = -1};
    struct answer answer = {
        .outcome = {.kind = kind,
                    .reason = reasons[kind],
                    .script = kind == OUTCOME_ERROR ? SCRIPT_NOT_STARTED : SCRIPT_MAY_HAVE_STARTED,
                    .may_still_run = kind == OUTCOME_TIMEOUT}};
    struct event event = {.kind = EVENT_END, .wall = started, .target = index};

    if (marked)
        answer.outcome.script = SCRIPT_STARTED;
    event.end.attempt = attempt;
    event.end.answer = answer;
    event.end.number = 1;
    event.end.settled = true;
    happen_put(&journal, result, event);
}

/* True: azfan was killed while this target's attempt went on. */
static bool run_target(struct result *result, const struct past *past, size_t index,
                       const char *outcome)
{
    struct event event = {.kind = EVENT_START, .wall = started, .target = index};

    if (strcmp(outcome, "skipped") == 0)
        return false;
    if (!past->without_mark)
        event.start.mark = memory_string(past->mark != NULL ? past->mark : past->run);
    event.start.number = 1;
    happen_put(&journal, result, event);
    if (strcmp(outcome, "started") == 0)
        return true;
    if (strcmp(outcome, "marked") == 0) {
        end(result, index, OUTCOME_UNKNOWN, true);
        return false;
    }
    ck_assert_int_ne(outcome_find_kind(outcome), OUTCOME_KINDS);
    end(result, index, outcome_find_kind(outcome), false);
    return false;
}

static void finish(struct result *result)
{
    struct event event = {.kind = EVENT_HALT, .wall = started};

    event.halt.ending = RESULT_DEADLINE;
    if (result->settled < result->target_count)
        happen_put(&journal, result, event);
    happen_put(&journal, result, event_finish_of(result, started, 0));
}

static void write_run(const struct past *past)
{
    char *path = memory_print("%s/%s/journal.jsonl", place, past->run);
    char *own = memory_print("%s/%s", place, past->run);
    const char *rest = past->targets;
    bool killed = past->keeps_going;
    struct result result;
    struct word word;

    ck_assert_msg(file_make_private_folder(own, &error) == 0, "%s", error.text);
    ck_assert_msg(journal_create(&journal, path, &error) == 0, "%s", error.text);
    begin(&result, past);
    if (!past->without_login)
        log_in(&result);
    for (size_t i = 0; read_word(&rest, &word); i++)
        killed = run_target(&result, past, i, word.outcome) || killed;
    if (!killed)
        finish(&result);
    ck_assert_msg(journal_commit(&journal, &error) == 0, "%s", error.text);
    if (!past->keeps_going)
        journal_close(&journal);
    result_done(&result);
    free(path);
    free(own);
}

/* ---- help ---- */

static void set_up(void)
{
    ck_assert_int_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
    ck_assert_msg(file_make_temporary_folder(&folder, &error) == 0, "%s", error.text);
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(setenv("XDG_STATE_HOME", folder, 1), 0);
    place = memory_print("%s/azfan/runs", folder);
    journal = (struct journal){.fd = -1};
    error.text[0] = '\0';
}

static void tear_down(void)
{
    journal_close(&journal);
    ck_assert_int_eq(file_remove_tree(folder, &error), 0);
    free(folder);
    free(place);
}

/* A folder that looks like a run's, with something as its journal. */
static void make_run(const char *path, time_t written)
{
    const struct timespec times[2] = {{written, 0}, {written, 0}};
    char *own = memory_print("%s", path);
    char *file = memory_print("%s/journal.jsonl", path);

    ck_assert_msg(file_make_private_folder(own, &error) == 0, "%s", error.text);
    ck_assert_msg(file_write(file, 0600, "x", 1, &error) == 0, "%s", error.text);
    ck_assert_int_eq(utimensat(AT_FDCWD, file, times, 0), 0);
    free(own);
    free(file);
}

static void make_place(void)
{
    ck_assert_msg(file_make_private_folder(place, &error) == 0, "%s", error.text);
    ck_assert_int_eq(chdir(place), 0);
}

/* ---- the list ---- */

static void check_list(const char *const *expected, size_t count)
{
    struct strings runs;

    ck_assert_msg(runs_list(&runs, &error) == 0, "%s", error.text);
    for (size_t i = 0; i < runs.count && i < count; i++) {
        char *path = memory_print("%s/%s", place, expected[i]);

        ck_assert_str_eq(runs.list[i], path);
        free(path);
    }
    ck_assert_uint_eq(runs.count, count);
    strings_done(&runs);
    ck_assert_uint_eq(runs.count, 0);
}

/* "latest" is what people act on: it must be the run that was started last. */
START_TEST(the_newest_is_first)
{
    static const char *const expected[] = {"20261123T030001Z-a-0001", "20261123T030000Z-z-0002",
                                           "20261123T030000Z-b-0001", "20261123T030000Z-c-0003",
                                           "20261122T235959Z-z-0009", "20251123T030000Z-a-0001"};

    make_place();
    make_run("20261123T030000Z-c-0003", 1000);
    make_run("20251123T030000Z-a-0001", 9000);
    make_run("20261123T030000Z-z-0002", 3000);
    make_run("20261122T235959Z-z-0009", 1000);
    make_run("20261123T030001Z-a-0001", 1000);
    make_run("20261123T030000Z-b-0001", 2000);
    check_list(expected, 6);
}
END_TEST

/* One run while the clock was ahead must not be the latest for a day. */
START_TEST(a_clock_that_was_ahead_does_not_count)
{
    static const char *const expected[] = {
        "20261123T030500Z-copied-0006", "20261123T030400Z-last-0005", "20261124T030000Z-ahead-0002",
        "20261123T030000Z-first-0001", "20261123T020000Z-older-0007"};

    make_place();
    for (size_t i = 0; i < UNIT_COUNT(expected); i++)
        make_run(expected[i], 1);
    order_note(place, expected[3]);
    order_note(place, expected[2]);
    order_note(place, "20261123T030300Z-gone-0003"); /* removed since then */
    order_note(place, expected[1]);
    check_list(expected, UNIT_COUNT(expected));
}
END_TEST

/* Set back for a while: of two the one that was started last is the latest. */
START_TEST(a_clock_that_was_set_back_does_not_count)
{
    static const char *const expected[] = {"20261123T020000Z-c-0003", "20261123T010000Z-b-0002",
                                           "20261123T030000Z-a-0001"};

    make_place();
    for (size_t i = UNIT_COUNT(expected); i > 0; i--) {
        make_run(expected[i - 1], 1);
        order_note(place, expected[i - 1]);
    }
    check_list(expected, UNIT_COUNT(expected));
}
END_TEST

/* Whatever is in its place, the file of the order is a help and no more. */
START_TEST(an_order_that_cannot_be_read_is_none)
{
    static const char *const expected[] = {"20261123T030001Z-a-0001", "20261123T030000Z-z-0002"};

    make_place();
    make_run(expected[1], 1);
    make_run(expected[0], 1);
    ck_assert_int_eq(mkfifo(".order", 0600), 0);
    order_note(place, expected[1]);
    check_list(expected, 2);
    ck_assert_int_eq(unlink(".order"), 0);
    ck_assert_int_eq(file_write(".order", 0600, "a\0b\n\n/\nx", 8, &error), 0);
    check_list(expected, 2);
}
END_TEST

/* Somebody moved a run here: it stands where it was written, not in front of all. */
START_TEST(a_name_without_a_time_is_put_by_its_own)
{
    static const char *const expected[] = {"20261123T030000Z-a-0001", "saved",
                                           "20261122T030000Z-a-0001", "20200101-notes", "0"};

    make_place();
    make_run("saved", 1795364000);
    make_run("20261122T030000Z-a-0001", 1);
    make_run("20261123T030000Z-a-0001", 1);
    make_run("0", 86400);
    make_run("20200101-notes", 1577836800);
    check_list(expected, 5);
}
END_TEST

START_TEST(what_is_no_run_is_not_listed)
{
    static const char *const expected[] = {"20261123T030000Z-a-0002", "20261123T030000Z-a-0001"};

    make_place();
    make_run("20261123T030000Z-a-0001", 1);
    make_run(".hidden", 2);
    make_run("../elsewhere", 3);
    ck_assert_int_eq(mkdir("20261123T030000Z-empty-0001", 0700), 0);
    ck_assert_int_eq(mkdir("20261123T030000Z-odd-0001", 0700), 0);
    ck_assert_int_eq(mkdir("20261123T030000Z-odd-0001/journal.jsonl", 0700), 0);
    ck_assert_int_eq(file_write("20261123T030000Z-file-0001", 0600, "", 0, &error), 0);
    ck_assert_int_eq(symlink("nowhere", "20261123T030000Z-dangling-0001"), 0);
    ck_assert_int_eq(symlink("../elsewhere", "20261123T030000Z-a-0002"), 0);
    check_list(expected, 2);
}
END_TEST

START_TEST(no_folder_is_no_run)
{
    char *ret, *note;

    check_list(NULL, 0);
    ck_assert_int_eq(runs_find(NULL, &ret, &note, &error), -1);
    ck_assert_msg(strstr(error.text, "no runs yet") != NULL, "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, place));
}
END_TEST

START_TEST(a_folder_that_cannot_be_read_is_told)
{
    struct strings runs;
    char *ret, *note;

    ck_assert_int_eq(mkdir("azfan", 0700), 0);
    ck_assert_int_eq(file_write("azfan/runs", 0600, "", 0, &error), 0);
    ck_assert_int_eq(runs_list(&runs, &error), -1);
    ck_assert_msg(strstr(error.text, place) != NULL, "%s", error.text);
    ck_assert_int_eq(runs_find("latest", &ret, &note, &error), -1);
    ck_assert_msg(strstr(error.text, place) != NULL, "%s", error.text);
}
END_TEST

/* ---- one of them ---- */

static const struct {
    const char *word;     /* NULL: none was given */
    const char *expected; /* %: the folder of runs; NULL: there is no such run */
} words[] = {
    {NULL, "%/20261123T030000Z-b-0002"},
    {"latest", "%/20261123T030000Z-b-0002"},
    {"20261122T030000Z-a-0001", "%/20261122T030000Z-a-0001"},
    {"20261122T030000Z-v1.2-0001", "%/20261122T030000Z-v1.2-0001"},
    {"20261122T030000Z-a-000", NULL},
    {"20261122t030000z-a-0001", NULL},
    {"both", "%/both"},
    {"./both", "./both"},
    {"here", "here"},
    {"here/", "here/"},
    {"./here", "./here"},
    {"..here", "..here"},
    {".", "."},
    {"..", ".."},
    {"../runs/here", NULL},
    {"%/20261122T030000Z-a-0001", "%/20261122T030000Z-a-0001"},
    {"here/journal.jsonl", "here/"},
    {"here/report.json", NULL},
    {"here/other.json", NULL},
    {"0002", "%/20261123T030000Z-b-0002"},
    {"00Af", "%/20261121T030000Z-b-00af"},
    {"0001", NULL}, /* two end so */
    {"002", NULL},
    {"-0002", NULL},
    {"file", NULL},
    {"nothing", NULL},
    {".hidden", NULL},
    {"", NULL},
    {"%/nothing", NULL},
};

/* TEXT with the folder of runs for %. free() it; NULL stays NULL. */
static char *with_place(const char *text)
{
    if (text == NULL || text[0] != '%')
        return memory_string(text);
    return memory_print("%s%s", place, text + 1);
}

/* An id goes before a folder of that name here; nothing leads out of the folder of runs unseen. */
START_TEST(a_word_means_a_run)
{
    char *word = with_place(words[_i].word);
    char *expected = with_place(words[_i].expected);
    char *found = NULL;
    char *note;

    make_place();
    make_run("20261122T030000Z-a-0001", 5000);
    make_run("20261122T030000Z-v1.2-0001", 5000);
    make_run("20261123T030000Z-b-0002", 1000);
    make_run("20261121T030000Z-b-00af", 1000);
    make_run("both", 1);
    make_run(".hidden", 9000);
    ck_assert_int_eq(chdir(folder), 0);
    make_run("here", 1);
    make_run("both", 1);
    make_run("..here", 1);
    ck_assert_int_eq(file_write("file", 0600, "", 0, &error), 0);
    if (expected == NULL) {
        ck_assert_msg(runs_find(word, &found, &note, &error) == -1, "%s was found", word);
        ck_assert_msg(strstr(error.text, word) != NULL, "%s", error.text);
    } else {
        ck_assert_msg(runs_find(word, &found, &note, &error) == 0, "%s", error.text);
        ck_assert_str_eq(found, expected);
        free(found);
    }
    free(word);
    free(expected);
}
END_TEST

/* ---- jobs ---- */

static const struct job_case {
    const char *name;
    struct past pasts[MOST_PASTS]; /* the oldest first */
    const char *word;              /* NULL: none was given */
    const char *expected;          /* NULL: there is none */
    const char *note;              /* a part of it; NULL: there is none */
} job_cases[] = {
    {"by its name",
     {{.run = "20261123T030000Z-a-0001", .job = "a", .targets = "v=ok"},
      {.run = "20261123T030100Z-a-0002", .job = "a", .targets = "v=ok"},
      {.run = "20261123T030200Z-b-0003", .job = "b", .targets = "v=ok"}},
     "a",
     "20261123T030100Z-a-0002",
     NULL},
    {"by its file",
     {{.run = "20261123T030000Z-a-0001", .job = "a", .targets = "v=ok"},
      {.run = "20261123T030200Z-b-0003", .job = "b", .targets = "v=ok"}},
     "jobs/a.yaml",
     "20261123T030000Z-a-0001",
     NULL},
    {"a rehearsal says so",
     {{.run = "20261123T030000Z-a-0001", .job = "a", .targets = "v=ok"},
      {.run = "20261123T030100Z-a-0002", .job = "a", .targets = "v=ok", .rehearsal = true}},
     "a",
     "20261123T030100Z-a-0002",
     "the latest run of a is a rehearsal: 20261123T030100Z-a-0002"},
    {"the latest is no rehearsal",
     {{.run = "20261123T030000Z-a-0001", .job = "a", .targets = "v=ok"},
      {.run = "20261123T030100Z-a-0002", .job = "a", .targets = "v=ok", .rehearsal = true}},
     NULL,
     "20261123T030000Z-a-0001",
     "the rehearsal after it is 20261123T030100Z-a-0002"},
    {"an older rehearsal is not worth a word",
     {{.run = "20261123T030000Z-a-0001", .job = "a", .targets = "v=ok", .rehearsal = true},
      {.run = "20261123T030100Z-a-0002", .job = "a", .targets = "v=ok"}},
     "latest",
     "20261123T030100Z-a-0002",
     NULL},
    {"there are none but rehearsals",
     {{.run = "20261123T030000Z-a-0001", .job = "a", .targets = "v=ok", .rehearsal = true},
      {.run = "20261123T030100Z-b-0002", .job = "b", .targets = "v=ok", .rehearsal = true}},
     NULL,
     "20261123T030100Z-b-0002",
     "no run yet but rehearsals"},
    {"no run of that job",
     {{.run = "20261123T030000Z-a-0001", .job = "a", .targets = "v=ok"}},
     "b",
     NULL,
     NULL},
};

START_TEST(a_job_means_its_latest_run)
{
    const struct job_case *row = &job_cases[_i];
    char *found = NULL;
    char *note = NULL;

    for (int i = 0; i < MOST_PASTS && row->pasts[i].run != NULL; i++)
        write_run(&row->pasts[i]);
    ck_assert_int_eq(runs_find(row->word, &found, &note, &error), row->expected != NULL ? 0 : -1);
    if (row->expected != NULL)
        ck_assert_str_eq(strrchr(found, '/') + 1, row->expected);
    ck_assert_msg((note == NULL) == (row->note == NULL), "%s: %s", row->name, note);
    if (row->note != NULL)
        ck_assert_msg(strstr(note, row->note) != NULL, "%s: %s", row->name, note);
    free(found);
    free(note);
}
END_TEST

/* In a container there may be no home; a folder that was named needs none. */
START_TEST(a_folder_is_found_without_a_home)
{
    char *found, *note;

    make_run("here", 1);
    ck_assert_int_eq(unsetenv("XDG_STATE_HOME"), 0);
    ck_assert_int_eq(unsetenv("HOME"), 0);
    ck_assert_msg(runs_find("here", &found, &note, &error) == 0, "%s", error.text);
    ck_assert_str_eq(found, "here");
    free(found);
    ck_assert_int_eq(runs_find("nothing", &found, &note, &error), -1);
    ck_assert_msg(strstr(error.text, "nothing") != NULL, "%s", error.text);
    ck_assert_int_eq(runs_find(NULL, &found, &note, &error), -1);
    ck_assert_msg(strstr(error.text, "HOME") != NULL, "%s", error.text);
}
END_TEST

/* ---- reruns ---- */

#define RUN(second) "20261123T0300" second "Z-demo-0000"

static const struct rerun_case {
    const char *name;
    struct past pasts[MOST_PASTS]; /* the first one is rerun */
    const char *expected;
} rerun_cases[] = {
    {"nobody has rerun it", {{.run = RUN("00"), .targets = "a=ok b=failed"}}, "a=ok b=failed"},
    {"a rerun",
     {{.run = RUN("00"), .targets = "a=ok b=failed c=skipped d=error"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "b=ok c=ok d=timeout"}},
     "a=ok b=ok c=ok d=timeout"},
    {"a rerun of a rerun",
     {{.run = RUN("00"), .targets = "a=failed b=failed c=failed"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=ok b=error c=error"},
      {.run = RUN("02"), .rerun_of = RUN("01"), .targets = "b=ok c=failed"},
      {.run = RUN("03"), .rerun_of = RUN("02"), .targets = "c=ok"}},
     "a=ok b=ok c=ok"},
    {"what a rerun skips stays as it was",
     {{.run = RUN("00"), .targets = "a=failed b=timeout c=skipped"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=ok b=skipped c=skipped"},
      {.run = RUN("02"), .rerun_of = RUN("00"), .targets = "a=skipped b=skipped c=failed"}},
     "a=ok b=timeout c=failed"},
    {"it fails again",
     {{.run = RUN("00"), .targets = "a=failed b=ok"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=error"},
      {.run = RUN("02"), .rerun_of = RUN("00"), .targets = "a=timeout"}},
     "a=timeout b=ok"},
    {"the rerun was killed",
     {{.run = RUN("00"), .targets = "a=failed b=failed c=failed"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=ok b=started c=skipped"}},
     "a=ok b=unknown c=failed"},
    {"other runs do not matter",
     {{.run = RUN("02"), .targets = "a=failed"},
      {.run = RUN("04"), .targets = "a=ok"},
      {.run = RUN("05"), .rerun_of = "", .targets = "a=ok"}},
     "a=failed"},
    {"a rerun goes back to the first run, and to its other reruns",
     {{.run = RUN("02"), .rerun_of = RUN("00"), .targets = "a=failed"},
      {.run = RUN("00"), .targets = "a=error b=failed c=failed"},
      {.run = RUN("03"), .rerun_of = RUN("00"), .targets = "c=ok"}},
     "a=failed b=failed c=ok"},
    {"one name in two groups",
     {{.run = RUN("00"), .targets = "a@x=failed a@y=failed b@x=failed"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a@y=ok"},
      {.run = RUN("02"), .rerun_of = RUN("00"), .targets = "b@y=ok"}},
     "a=failed a=ok b=failed"},
    {"one name in two subscriptions",
     {{.run = RUN("00"), .targets = "a@g/s1=failed a@g=failed a@g/s2=failed"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a@g/s2=ok"},
      {.run = RUN("02"), .rerun_of = RUN("01"), .targets = "a@g/default=error a@g/s1=timeout"}},
     "a=timeout a=error a=ok"},
    {"names are the same in capitals",
     {{.run = RUN("00"), .targets = "web@Rg/S1=failed db=failed"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "WEB@rG/s1=ok DB@G=ok"}},
     "web=ok db=ok"},
    {"ids were not known",
     {{.run = RUN("00"), .targets = "a@x=skipped a@y=skipped", .without_login = true},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a@y=ok"}},
     "a=skipped a=ok"},
    {"ids were known of some",
     {{.run = RUN("00"), .targets = "a@g=skipped a@g/s1=skipped", .without_login = true},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a@g/s1=ok a@g=failed"}},
     "a=failed a=ok"},
    {"one VM that was two targets until the rerun knew the default subscription",
     {{.run = RUN("00"), .targets = "a@g=skipped a@g/default=skipped", .without_login = true},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "A@G=ok"}},
     "a=ok a=ok"},
    {"the same, named with its subscription",
     {{.run = RUN("00"), .targets = "a@g/default=skipped a@g=skipped", .without_login = true},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a@g/DEFAULT=ok"}},
     "a=ok a=ok"},
    {"they are two VMs, and one of them was rerun",
     {{.run = RUN("00"), .targets = "a@g=skipped a@g/s1=skipped", .without_login = true},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a@g/s1=ok"}},
     "a=skipped a=ok"},
    {"an older azfan took one VM for two",
     {{.run = RUN("00"), .targets = "a@g=failed b@g=failed a@g/default=unknown"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a@g=ok"}},
     "a=ok b=failed a=ok"},
    {"a rerun whose login was broken",
     {{.run = RUN("00"), .targets = "a=failed b=ok"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=skipped", .without_login = true}},
     "a=failed b=ok"},
    {"a target that the run did not have",
     {{.run = RUN("00"), .targets = "a=failed"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "b=ok a=ok"}},
     "a=ok"},
    {"the clock was set back between them",
     {{.run = RUN("30"), .targets = "a=failed b=failed"},
      {.run = RUN("20"), .rerun_of = RUN("30"), .targets = "a=ok b=failed"},
      {.run = RUN("10"), .rerun_of = RUN("20"), .targets = "b=ok"}},
     "a=ok b=ok"},
    {"a run of itself",
     {{.run = RUN("00"), .rerun_of = RUN("00"), .targets = "a=failed"}},
     "a=failed"},
};

static struct result replayed(const char *run)
{
    char *path = memory_print("%s/%s", place, run);
    struct result result;

    ck_assert_msg(replay_run(path, &result, &error) == 0, "%s", error.text);
    free(path);
    return result;
}

/* What is left of RUN and its reruns: 0, or -1 with the error. */
static int gather(const char *run, struct result *ret)
{
    char *path = memory_print("%s/%s", place, run);
    struct result named;
    int lock;
    int status = runs_gather(path, &named, ret, &lock, &error);

    free(path);
    if (status == 0) {
        result_done(&named);
        (void)close(lock);
    }
    return status;
}

static struct result gathered(const char *run)
{
    struct result result;

    ck_assert_msg(gather(run, &result) == 0, "%s", error.text);
    return result;
}

static void check_targets(const char *name, const struct result *result, const char *expected)
{
    size_t counts[OUTCOME_KINDS] = {0};
    struct buffer text = BUFFER_INIT;

    for (size_t i = 0; i < result->target_count; i++) {
        enum outcome_kind kind = result->targets[i].outcome.kind;

        counts[kind]++;
        buffer_print(&text, "%s%s=%s", i == 0 ? "" : " ", result->targets[i].name,
                     outcome_name(kind));
    }
    ck_assert_msg(strcmp(buffer_text(&text), expected) == 0, "%s: %s, not %s", name,
                  buffer_text(&text), expected);
    ck_assert_msg(memcmp(counts, result->counts, sizeof counts) == 0, "%s: the counts are wrong",
                  name);
    buffer_done(&text);
}

/* A script that has done its work is not run again, and one that has not is. */
START_TEST(reruns_are_put_over)
{
    const struct rerun_case *row = &rerun_cases[_i];
    struct result result;

    for (size_t i = 0; i < MOST_PASTS && row->pasts[i].run != NULL; i++)
        write_run(&row->pasts[i]);
    result = gathered(row->pasts[0].run);
    check_targets(row->name, &result, row->expected);
    result_done(&result);
}
END_TEST

/* Only a forged journal makes one; nobody can say what it means, but it must not take for ever. */
START_TEST(a_circle_has_an_end)
{
    static const struct past circle[] = {
        {.run = RUN("00"), .rerun_of = RUN("02"), .targets = "a=failed b=failed"},
        {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=ok b=failed"},
        {.run = RUN("02"), .rerun_of = RUN("01"), .targets = "b=ok"}};
    struct result result;

    for (int i = 0; i < UNIT_COUNT(circle); i++)
        write_run(&circle[i]);
    result = gathered(RUN("01"));
    result_done(&result);
}
END_TEST

/* The ids that the rerun's login told are needed for the next one. */
START_TEST(ids_are_learnt_from_a_rerun)
{
    static const struct past first = {
        .run = RUN("00"), .targets = "a=skipped", .without_login = true};
    static const struct past second = {
        .run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=failed"};
    struct result result;

    write_run(&first);
    write_run(&second);
    result = replayed(RUN("00"));
    ck_assert_ptr_null(result.targets[0].id);
    result_done(&result);
    result = gathered(RUN("00"));
    ck_assert_ptr_nonnull(strstr(result.targets[0].id, "/subscriptions/default/"));
    result_done(&result);
}
END_TEST

static const struct past base_run = {.run = RUN("00"), .targets = "a=failed b=failed"};

/* Two azfans must not run one script on one VM. */
START_TEST(a_rerun_that_goes_on_is_refused)
{
    static const struct past between = {
        .run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=ok b=failed"};
    static const struct past going = {
        .run = RUN("02"), .rerun_of = RUN("01"), .targets = "b=started", .keeps_going = true};
    struct result result;

    write_run(&base_run);
    write_run(&between);
    write_run(&going);
    ck_assert_int_eq(gather(RUN("00"), &result), -1);
    ck_assert_msg(strstr(error.text, RUN("02")) != NULL, "%s", error.text);
    journal_close(&journal);
    result = gathered(RUN("00"));
    check_targets("killed", &result, "a=ok b=unknown");
    result_done(&result);
}
END_TEST

START_TEST(another_run_may_go_on)
{
    static const struct past going = {
        .run = RUN("01"), .targets = "a=started", .keeps_going = true};
    struct result result;

    write_run(&base_run);
    write_run(&going);
    result = gathered(RUN("00"));
    result_done(&result);
}
END_TEST

/* A damaged journal of some other run must not keep anybody from going on with this one. */
START_TEST(what_cannot_be_read_is_passed_over)
{
    static const struct past rerun = {
        .run = RUN("03"), .rerun_of = RUN("00"), .targets = "a=ok b=failed"};
    struct result result;

    write_run(&base_run);
    write_run(&rerun);
    ck_assert_int_eq(chdir(place), 0);
    make_run(RUN("02"), 1);
    ck_assert_int_eq(truncate(RUN("02") "/journal.jsonl", 0), 0);
    make_run(RUN("04"), 1);
    result = gathered(RUN("00"));
    check_targets("unreadable", &result, "a=ok b=failed");
    result_done(&result);
}
END_TEST

/* ---- what may still run ---- */

static const struct {
    const char *name;
    struct past pasts[2];
    int64_t hold; /* seconds from the start */
} holds[] = {
    {"the run's own clocks", {{.run = RUN("00"), .targets = "a=timeout"}}, 100 + 60},
    {"azfan was killed", {{.run = RUN("00"), .targets = "a=started"}}, 200 + 100 + 60},
    {"a rerun with longer clocks",
     {{.run = RUN("00"), .targets = "a=timeout"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=timeout", .timeout = 1000}},
     500 + 60},
    {"a rerun with shorter clocks",
     {{.run = RUN("00"), .targets = "a=timeout"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=timeout", .timeout = 20}},
     10 + 60},
    {"the rerun was killed",
     {{.run = RUN("00"), .targets = "a=timeout"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=started", .timeout = 1000}},
     1000 + 500 + 60},
    {"the run was killed, the rerun was not",
     {{.run = RUN("00"), .targets = "a=started"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=timeout"}},
     100 + 60},
    {"the rerun skipped it",
     {{.run = RUN("00"), .targets = "a=timeout"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=skipped", .timeout = 1000}},
     100 + 60},
    {"the rerun came to an end",
     {{.run = RUN("00"), .targets = "a=timeout"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=failed", .timeout = 1000}},
     0},
};

/*
 * The next rerun waits until the VM is free of the script that was left there last, by the clocks
 * of the run that left it.
 */
START_TEST(a_rerun_holds_its_vm_by_its_own_clocks)
{
    int64_t expected = holds[_i].hold * NUMBER_SECOND;
    const struct result_target *target;
    struct result result;

    for (size_t i = 0; i < 2 && holds[_i].pasts[i].run != NULL; i++)
        write_run(&holds[_i].pasts[i]);
    result = gathered(RUN("00"));
    target = &result.targets[0];
    ck_assert_msg(target->busy_until == (expected > 0 ? target->wall_ended + expected : 0),
                  "%s: %lld s", holds[_i].name,
                  (long long)((target->busy_until - target->wall_ended) / NUMBER_SECOND));
    result_done(&result);
}
END_TEST

/* ---- what may have started ---- */

static const struct {
    const char *name;
    struct past pasts[MOST_PASTS];
    const char *mark; /* that the next rerun's guard must look for; NULL: none of these */
} marks[] = {
    {"an answer that was lost", {{.run = RUN("00"), .targets = "a=unknown"}}, RUN("00")},
    {"az was stopped", {{.run = RUN("00"), .targets = "a=timeout"}}, RUN("00")},
    {"azfan was killed", {{.run = RUN("00"), .targets = "a=started"}}, RUN("00")},
    {"it is known how it ended", {{.run = RUN("00"), .targets = "a=failed"}}, NULL},
    {"it did not start", {{.run = RUN("00"), .targets = "a=error"}}, NULL},
    {"nothing was done", {{.run = RUN("00"), .targets = "a=skipped"}}, NULL},
    {"it may run twice", {{.run = RUN("00"), .targets = "a=unknown", .without_mark = true}}, NULL},
    {"a rerun of it was refused",
     {{.run = RUN("00"), .targets = "a=unknown"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=error", .mark = RUN("00")}},
     RUN("00")},
    {"a rerun of it was refused, with another mark",
     {{.run = RUN("00"), .targets = "a=unknown"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=error"}},
     RUN("00")},
    {"a rerun of it found the mark, or was lost itself",
     {{.run = RUN("00"), .targets = "a=unknown"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=unknown", .mark = RUN("00")},
      {.run = RUN("02"), .rerun_of = RUN("01"), .targets = "a=unknown", .mark = RUN("00")}},
     RUN("00")},
    {"reruns of the first and of the second",
     {{.run = RUN("00"), .targets = "a=failed"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=timeout"},
      {.run = RUN("02"), .rerun_of = RUN("00"), .targets = "a=error", .mark = RUN("01")},
      {.run = RUN("03"), .rerun_of = RUN("01"), .targets = "a=skipped"}},
     RUN("01")},
    {"a rerun that ran it all the same",
     {{.run = RUN("00"), .targets = "a=unknown"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=unknown"}},
     RUN("01")},
    {"a rerun came to its end",
     {{.run = RUN("00"), .targets = "a=unknown"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=failed", .mark = RUN("00")}},
     NULL},
};

/* Nothing is run twice that may have started, however often it is rerun. */
START_TEST(a_rerun_looks_for_the_right_mark)
{
    const struct result_target *target;
    struct result result;
    const char *mark;

    for (size_t i = 0; i < MOST_PASTS && marks[_i].pasts[i].run != NULL; i++)
        write_run(&marks[_i].pasts[i]);
    result = gathered(RUN("00"));
    target = &result.targets[0];
    mark = target->doubtful ? result_mark(&result, target) : NULL;
    ck_assert_msg((mark == NULL) == (marks[_i].mark == NULL) &&
                      (mark == NULL || strcmp(mark, marks[_i].mark) == 0),
                  "%s: %s", marks[_i].name, mark != NULL ? mark : "none");
    result_done(&result);
}
END_TEST

/* ---- what Azure knows ---- */

/*
 * What befell the one target of a run, word by word: acc: an attempt begins, and Azure accepts it;
 * ask: Azure is asked about what RUN("00") had sent; then how that ended: an outcome, marked, or
 * silent and gone: Azure did not say, or has forgotten it; or kill: azfan was killed. An outcome
 * without acc or ask is that of an attempt of which Azure tells nothing.
 */
static const struct recovery_case {
    const char *name;
    const char *courses[MOST_PASTS]; /* of RUN("00"), and of reruns, each of the one before */
    const char *outcome;             /* after all of them */
    bool asks;                       /* the next rerun can ask */
    bool doubtful;                   /* the mark decides */
    bool recovered;                  /* a report of RUN("00") has what Azure said */
} recoveries[] = {
    {"azfan was killed", {"acc kill"}, "unknown", true, true, false},
    {"the client was stopped", {"acc timeout"}, "timeout", true, true, false},
    {"it ended as it should", {"acc over-ok"}, "ok", false, false, false},
    {"Azure has said how it ended, and the guard has not",
     {"acc over-unknown"},
     "unknown",
     false,
     true,
     false},
    {"by az nobody can ask", {"kill"}, "unknown", false, true, false},
    {"it was ok", {"acc kill", "ask over-ok"}, "ok", false, false, true},
    {"it has failed", {"acc kill", "ask over-failed"}, "failed", false, false, true},
    {"it has failed, and is run again",
     {"acc kill", "ask over-failed acc over-ok"},
     "ok",
     false,
     false,
     true},
    {"it has failed, and is refused",
     {"acc kill", "ask over-failed error"},
     "error",
     false,
     false,
     true},
    {"it has failed, and what runs again is lost",
     {"acc kill", "ask over-failed acc kill"},
     "unknown",
     true,
     true,
     true},
    {"Azure says that it has broken off",
     {"acc kill", "ask over-unknown"},
     "unknown",
     false,
     true,
     true},
    {"Azure does not say", {"acc timeout", "ask silent"}, "timeout", true, true, false},
    {"Azure has forgotten it", {"acc timeout", "ask gone"}, "timeout", false, true, false},
    {"azfan was killed while it asked", {"acc timeout", "ask kill"}, "timeout", true, true, false},
    {"and then it asked again",
     {"acc timeout", "ask kill", "ask over-ok"},
     "ok",
     false,
     false,
     true},
    {"recover, rerun, rerun",
     {"acc kill", "ask silent", "ask over-failed", "acc over-ok"},
     "ok",
     false,
     false,
     true},
    {"Azure does not say, and the mark is there",
     {"acc kill", "ask silent marked"},
     "unknown",
     true,
     true,
     false},
    {"and is asked once more",
     {"acc kill", "ask silent marked", "ask over-ok"},
     "ok",
     false,
     false,
     true},
    {"Azure does not say, and the VM refuses",
     {"acc kill", "ask silent error"},
     "error",
     true,
     true,
     false},
    {"Azure has forgotten it, and the VM refuses",
     {"acc kill", "ask gone error"},
     "error",
     false,
     true,
     false},
    {"what was lost by az after it is the news",
     {"acc timeout", "ask silent unknown"},
     "unknown",
     false,
     true,
     false},
    {"two attempts, the second refused", {"acc unknown error"}, "error", true, true, false},
};

static struct answer answer_for(const char *word)
{
    struct answer answer = {.outcome = {.kind = OUTCOME_UNKNOWN,
                                        .reason = REASON_ANSWER,
                                        .script = SCRIPT_MAY_HAVE_STARTED,
                                        .may_still_run = true,
                                        .exit_code = -1}};

    answer.operation = strcmp(word, "gone") == 0        ? REST_FORGOTTEN
                       : strncmp(word, "over-", 5) == 0 ? REST_OVER
                                                        : REST_OPEN;
    word += answer.operation == REST_OVER ? 5 : 0;
    if (strcmp(word, "silent") == 0 || strcmp(word, "gone") == 0)
        return answer;
    if (strcmp(word, "marked") == 0)
        answer.outcome.script = SCRIPT_STARTED;
    else
        answer.outcome.kind = outcome_find_kind(word);
    ck_assert_int_ne(answer.outcome.kind, OUTCOME_KINDS);
    answer.outcome.reason = reasons[answer.outcome.kind];
    if (answer.outcome.kind == OUTCOME_ERROR)
        answer.outcome.script = SCRIPT_NOT_STARTED;
    answer.outcome.may_still_run = answer.outcome.kind == OUTCOME_TIMEOUT;
    buffer_print(&answer.output, "%s", word);
    return answer;
}

static struct result_operation operation_of(const char *run)
{
    return (struct result_operation){.url = memory_print("https://arm.example/operations/%s", run),
                                     .nonce = memory_string("0123456789abcdef0123456789abcdef")};
}

static void begin_attempt(struct result *result, enum event_kind kind)
{
    struct event event = {.kind = kind, .wall = started};

    if (kind == EVENT_ASK) {
        event.ask.operation = operation_of(RUN("00"));
        event.ask.operation.busy_until = started + NUMBER_HOUR;
        event.ask.mark = memory_string(RUN("00"));
    } else {
        event.start.mark = memory_string(RUN("00"));
    }
    happen_put(&journal, result, event);
}

static void accept(struct result *result)
{
    struct event event = {.kind = EVENT_ACCEPTED, .wall = started};

    event.accepted.operation = operation_of(result->run);
    happen_put(&journal, result, event);
}

static void end_attempt(struct result *result, const char *word, bool settled)
{
    struct event event = {.kind = EVENT_END, .wall = started};

    if (result->targets[0].state == RESULT_WAITING)
        begin_attempt(result, EVENT_START);
    event.end.answer = answer_for(word);
    if (result->targets[0].operation.url == NULL)
        event.end.answer.operation = REST_NONE;
    event.end.attempt = (struct result_attempt){.wall_started = started, .az_exit = -1};
    event.end.settled = settled;
    happen_put(&journal, result, event);
}

/* True: azfan was killed. */
static bool play_course(struct result *result, const char *course)
{
    char word[32];
    int length = 0;

    for (; sscanf(course, " %31s%n", word, &length) == 1; course += length) {
        if (strcmp(word, "acc") == 0) {
            begin_attempt(result, EVENT_START);
            accept(result);
        } else if (strcmp(word, "ask") == 0) {
            begin_attempt(result, EVENT_ASK);
        } else if (strcmp(word, "kill") == 0) {
            if (result->targets[0].state == RESULT_WAITING)
                begin_attempt(result, EVENT_START);
            return true;
        } else {
            end_attempt(result, word, course[length] == '\0');
        }
    }
    return false;
}

static void write_course(const struct past *past, const char *course)
{
    char *own = memory_print("%s/%s", place, past->run);
    char *path = memory_print("%s/journal.jsonl", own);
    struct result result;

    ck_assert_msg(file_make_private_folder(own, &error) == 0, "%s", error.text);
    ck_assert_msg(journal_create(&journal, path, &error) == 0, "%s", error.text);
    begin(&result, past);
    log_in(&result);
    if (!play_course(&result, course))
        finish(&result);
    ck_assert_msg(journal_commit(&journal, &error) == 0, "%s", error.text);
    journal_close(&journal);
    result_done(&result);
    free(path);
    free(own);
}

START_TEST(what_azure_says_counts)
{
    static const char *const runs[MOST_PASTS] = {RUN("00"), RUN("01"), RUN("02"), RUN("03")};
    const struct recovery_case *row = &recoveries[_i];
    const struct result_target *target;
    struct result result;

    for (size_t i = 0; i < MOST_PASTS && row->courses[i] != NULL; i++)
        write_course(&(struct past){.run = runs[i],
                                    .rerun_of = i > 0 ? runs[i - 1] : NULL,
                                    .targets = "a=x"},
                     row->courses[i]);
    result = gathered(RUN("00"));
    target = &result.targets[0];
    ck_assert_msg(strcmp(outcome_name(target->outcome.kind), row->outcome) == 0, "%s: %s",
                  row->name, outcome_name(target->outcome.kind));
    ck_assert_msg((result_question(target) != NULL) == row->asks, "%s: asks", row->name);
    ck_assert_msg(target->doubtful == row->doubtful, "%s: doubtful", row->name);
    result_done(&result);
    result = replayed(RUN("00"));
    runs_recover(&result);
    target = &result.targets[0];
    ck_assert_msg(target->recovered == row->recovered, "%s: recovered", row->name);
    if (row->recovered) {
        ck_assert_ptr_null(result_question(target));
        ck_assert_str_eq(buffer_text(&target->output), outcome_name(target->outcome.kind));
    }
    result_done(&result);
}
END_TEST

/* A guard that finds its mark tells that the script has begun, not that it is over. */
START_TEST(to_find_the_mark_frees_no_vm)
{
    struct result result;
    int64_t until;

    write_run(&(struct past){.run = RUN("00"), .targets = "a=timeout"});
    result = gathered(RUN("00"));
    until = result.targets[0].busy_until;
    ck_assert_int_gt(until, started);
    result_done(&result);
    write_run(&(struct past){
        .run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=marked", .mark = RUN("00")});
    result = gathered(RUN("00"));
    ck_assert_int_eq(result.targets[0].busy_until, until);
    ck_assert(result.targets[0].doubtful);
    result_done(&result);
}
END_TEST

/* ---- which may go ---- */

static const struct kept_case {
    const char *name;
    struct past pasts[MOST_PASTS];
    int days[MOST_PASTS]; /* how long ago each journal was written last */
    size_t least;
    const char *goes; /* the seconds in their ids, the newest first */
} kept_cases[] = {
    {"those that are older than 10 days",
     {{.run = RUN("00"), .targets = "a=ok"},
      {.run = RUN("01"), .targets = "a=ok"},
      {.run = RUN("02"), .targets = "a=ok"}},
     {30, 11, 9},
     0,
     "01 00"},
    {"but the newest",
     {{.run = RUN("00"), .targets = "a=ok"},
      {.run = RUN("01"), .targets = "a=ok"},
      {.run = RUN("02"), .targets = "a=ok"}},
     {30, 30, 30},
     2,
     "00"},
    {"a rerun needs those that it goes back to, and their reruns",
     {{.run = RUN("00"), .targets = "a=failed"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=failed"},
      {.run = RUN("02"), .targets = "a=ok"},
      {.run = RUN("03"), .rerun_of = RUN("01"), .targets = "a=ok"}},
     {30, 20, 20, 1},
     0,
     "02"},
    {"all of a family",
     {{.run = RUN("00"), .targets = "a=failed"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=failed"},
      {.run = RUN("03"), .rerun_of = RUN("01"), .targets = "a=ok"}},
     {30, 20, 11},
     0,
     "03 01 00"},
    {"a rerun of one that is gone",
     {{.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=failed"}},
     {30},
     0,
     "01"},
    {"one that goes on",
     {{.run = RUN("00"), .targets = "a=ok"},
      {.run = RUN("01"), .targets = "a=started", .keeps_going = true}},
     {30, 30},
     0,
     "00"},
    {"a circle, which only forged journals make, and a young rerun of one in it",
     {{.run = RUN("00"), .rerun_of = RUN("01"), .targets = "a=failed"},
      {.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=failed"},
      {.run = RUN("02"), .rerun_of = RUN("00"), .targets = "a=ok"},
      {.run = RUN("03"), .targets = "a=ok"}},
     {30, 30, 1, 30},
     0,
     "03"},
    {"a circle of an odd number",
     {{.run = RUN("00"), .rerun_of = RUN("00"), .targets = "a=failed"},
      {.run = RUN("01"), .rerun_of = RUN("02"), .targets = "a=failed"},
      {.run = RUN("02"), .rerun_of = RUN("01"), .targets = "a=failed"}},
     {30, 30, 30},
     0,
     "00"},
};

static void write_kept(const struct kept_case *row)
{
    for (int i = 0; i < MOST_PASTS && row->pasts[i].run != NULL; i++) {
        int64_t written = started / NUMBER_SECOND + (int64_t)(100 - row->days[i]) * 24 * 3600;
        const struct timespec times[2] = {{written, 0}, {written, 0}};
        char *path = memory_print("%s/%s/journal.jsonl", place, row->pasts[i].run);

        write_run(&row->pasts[i]);
        ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
        free(path);
    }
}

START_TEST(old_runs_may_go)
{
    const struct kept_case *row = &kept_cases[_i];
    struct buffer text = BUFFER_INIT;
    struct strings left;
    struct kept kept;
    size_t chosen, removed;

    write_kept(row);
    ck_assert_msg(kept_read(&kept, &error) == 0, "%s", error.text);
    chosen = kept_choose(&kept, started + 90 * 24 * NUMBER_HOUR, row->least);
    for (size_t i = 0; i < kept.count; i++) {
        if (kept.runs[i].goes)
            buffer_print(&text, "%s%.2s", text.length > 0 ? " " : "", kept.runs[i].id + 13);
    }
    ck_assert_msg(strcmp(buffer_text(&text), row->goes) == 0, "%s: %s", row->name,
                  buffer_text(&text));
    ck_assert_msg(kept_remove(&kept, &removed, &error) == 0, "%s", error.text);
    ck_assert_uint_eq(removed, chosen);
    ck_assert_int_eq(runs_list(&left, &error), 0);
    ck_assert_uint_eq(left.count, kept.count - removed);
    strings_done(&left);
    kept_done(&kept);
    buffer_done(&text);
}
END_TEST

/* Somebody else's, a newer azfan's, or a link to where it is really kept. */
START_TEST(what_is_not_ours_to_judge_stays)
{
    struct kept kept;
    size_t removed;

    write_run(&(struct past){.run = RUN("00"), .targets = "a=ok"});
    ck_assert_int_eq(chdir(place), 0);
    make_run(RUN("02"), 1);
    ck_assert_int_eq(rename(RUN("00"), "../moved"), 0);
    ck_assert_int_eq(symlink("../moved", RUN("00")), 0);
    ck_assert_int_eq(kept_read(&kept, &error), 0);
    ck_assert_uint_eq(kept.count, 2);
    ck_assert_uint_eq(kept_choose(&kept, INT64_MAX, 0), 0);
    ck_assert_int_eq(kept_remove(&kept, &removed, &error), 0);
    ck_assert_uint_eq(removed, 0);
    kept_done(&kept);
}
END_TEST

/* Two reruns at once, or two that recover, would both do what is left. */
START_TEST(only_one_goes_on_with_a_run)
{
    char *path = memory_print("%s/%s", place, RUN("00"));
    struct result result;
    int lock = -1;

    write_run(&(struct past){.run = RUN("00"), .targets = "a=failed"});
    ck_assert_int_eq(file_lock_folder(path, &lock), 0);
    ck_assert_int_eq(gather(RUN("00"), &result), -1);
    ck_assert_str_eq(error.text, RUN("00") " is being rerun or recovered right now");
    (void)close(lock);
    result = gathered(RUN("00"));
    result_done(&result);
    free(path);
}
END_TEST

/* Between the choice and the end: who asked may have thought for an hour. */
START_TEST(what_is_rerun_by_now_stays)
{
    char *first = memory_print("%s/%s", place, RUN("00"));
    struct kept kept;
    size_t removed;
    int lock = -1;

    write_run(&(struct past){.run = RUN("00"), .targets = "a=failed"});
    write_run(&(struct past){.run = RUN("01"), .rerun_of = RUN("00"), .targets = "a=failed"});
    ck_assert_int_eq(kept_read(&kept, &error), 0);
    ck_assert_uint_eq(kept_choose(&kept, INT64_MAX, 0), 2);
    ck_assert_int_eq(file_lock_folder(first, &lock), 0);
    ck_assert_int_eq(kept_remove(&kept, &removed, &error), 0);
    ck_assert_uint_eq(removed, 0);
    (void)close(lock);
    ck_assert_int_gt(kept_measure(first), 100);
    ck_assert_int_eq(kept_remove(&kept, &removed, &error), 0);
    ck_assert_uint_eq(removed, 2);
    ck_assert_int_eq(kept_measure(first), 0);
    kept_done(&kept);
    free(first);
}
END_TEST

static Suite *runs_suite(void)
{
    Suite *suite = suite_create("runs");
    TCase *tests = tcase_create("runs");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_newest_is_first);
    tcase_add_test(tests, only_one_goes_on_with_a_run);
    tcase_add_test(tests, a_clock_that_was_ahead_does_not_count);
    tcase_add_test(tests, a_clock_that_was_set_back_does_not_count);
    tcase_add_test(tests, an_order_that_cannot_be_read_is_none);
    tcase_add_test(tests, a_name_without_a_time_is_put_by_its_own);
    tcase_add_test(tests, what_is_no_run_is_not_listed);
    tcase_add_test(tests, no_folder_is_no_run);
    tcase_add_test(tests, a_folder_that_cannot_be_read_is_told);
    tcase_add_loop_test(tests, a_word_means_a_run, 0, UNIT_COUNT(words));
    tcase_add_loop_test(tests, a_job_means_its_latest_run, 0, UNIT_COUNT(job_cases));
    tcase_add_test(tests, a_folder_is_found_without_a_home);
    tcase_add_loop_test(tests, a_rerun_looks_for_the_right_mark, 0, UNIT_COUNT(marks));
    tcase_add_test(tests, to_find_the_mark_frees_no_vm);
    tcase_add_loop_test(tests, what_azure_says_counts, 0, UNIT_COUNT(recoveries));
    tcase_add_loop_test(tests, reruns_are_put_over, 0, UNIT_COUNT(rerun_cases));
    tcase_add_test(tests, ids_are_learnt_from_a_rerun);
    tcase_add_test(tests, a_rerun_that_goes_on_is_refused);
    tcase_add_test(tests, another_run_may_go_on);
    tcase_add_test(tests, what_cannot_be_read_is_passed_over);
    tcase_add_test(tests, a_circle_has_an_end);
    tcase_add_loop_test(tests, a_rerun_holds_its_vm_by_its_own_clocks, 0, UNIT_COUNT(holds));
    tcase_add_loop_test(tests, old_runs_may_go, 0, UNIT_COUNT(kept_cases));
    tcase_add_test(tests, what_is_not_ours_to_judge_stays);
    tcase_add_test(tests, what_is_rerun_by_now_stays);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(runs_suite)
