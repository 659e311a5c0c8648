/* SPDX-License-Identifier: MIT */
/*
 * run/replay: the report that is made from a journal is the report of the run itself, at every
 * point to which it was written; and what is damaged is told, never guessed at.
 */
#include "run/replay.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "job/job.h"
#include "report/csv.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/markdown.h"
#include "report/plaintext.h"
#include "report/view.h"
#include "run/event.h"
#include "run/journal.h"
#include "run/result.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "unit/dump.h"
#include "unit/happen.h"
#include "unit/unit.h"

enum { TARGETS = 6, MOST_LINES = 100, JOURNAL_MOST = 64 * 1024 * 1024 };

static char *folder;
static char *path;
static struct error error;

/* ---- a run, recorded as run/conduct does ---- */

static struct job_target targets[TARGETS] = {
    {.name = (char[]){"web-01"}, .resource_group = (char[]){"a"}, .label = (char[]){"a/web-01"}},
    {.name = (char[]){"web-01"}, .resource_group = (char[]){"b"}, .label = (char[]){"b/web-01"}},
    {.name = (char[]){"db"},
     .resource_group = (char[]){"a"},
     .subscription = (char[]){"own"},
     .label = (char[]){"own/a/db"}},
    {.name = (char[]){"db"}, .resource_group = (char[]){"a"}, .label = (char[]){"db"}},
    {.name = (char[]){"x"}, .resource_group = (char[]){"c"}, .label = (char[]){"x"}},
    {.name = (char[]){"x-1"}, .resource_group = (char[]){"c"}, .label = (char[]){"x-1"}}};

static const struct job job = {.path = (char[]){"jobs/\"odd\" \xff\x01.yaml"},
                               .name = (char[]){"demo"},
                               .runbook = (char[]){"docs/\xc3\xa4\xe2\x80\xae.md"},
                               .digest = "d1",
                               .script_digest = "d2",
                               .targets = targets,
                               .target_count = TARGETS,
                               .concurrency = 30,
                               .timeout = 220 * NUMBER_SECOND,
                               .script_timeout = 130 * NUMBER_SECOND,
                               .deadline = 3600 * NUMBER_SECOND,
                               .kill_grace = 10 * NUMBER_SECOND,
                               .pause_between = 30 * NUMBER_SECOND,
                               .has_max_failures = true,
                               .max_failures = {.percent = true, .value = 10},
                               .retry = {.attempts = 3}};

static struct result original;
static struct journal journal;
static int64_t now; /* since the start of the run */
static bool terse;  /* the VMs print little: for tests that read a journal thousands of times */

static int64_t wall(void)
{
    return INT64_C(1795402800) * NUMBER_SECOND + now;
}

static struct event event_of(enum event_kind kind, size_t index)
{
    return (struct event){.kind = kind, .wall = wall(), .at = now, .target = index};
}

static void put(struct event event)
{
    happen_put(&journal, &original, event);
}

static void set_known(struct result *result)
{
    result->overrides = (struct result_overrides){.concurrency = 7,
                                                  .timeout = 90 * NUMBER_SECOND,
                                                  .deadline = 1001 * NUMBER_MILLISECOND,
                                                  .script_timeout = 45 * NUMBER_SECOND,
                                                  .attempts = 4,
                                                  .batches = memory_string("1,10%"),
                                                  .max_failures = memory_string("0"),
                                                  .targets = memory_string("/srv/hosts"),
                                                  .az = memory_string("/opt/a z/az"),
                                                  .client = memory_string("rest"),
                                                  .settings = memory_zeroed(2, sizeof(char *)),
                                                  .setting_count = 2,
                                                  .secrets = memory_zeroed(1, sizeof(char *)),
                                                  .secret_count = 1,
                                                  .has_args = true,
                                                  .args = memory_zeroed(3, sizeof(char *)),
                                                  .arg_count = 3};
    result->overrides.args[0] = memory_string("-a\n");
    result->overrides.args[2] = memory_string("");
    result->overrides.secrets[0] = memory_string("TOKEN");
    result->overrides.settings[0] = memory_string("A=");
    result->overrides.settings[1] = memory_string("B=\"\n\xc3\xa4=");
    result->origin = (struct origin){.user = memory_string("ops\x7f"),
                                     .host = memory_string("h\xff"),
                                     .commit = memory_string("c0ffee"),
                                     .dirty = true};
    result->job.path = memory_string("/srv/jobs/odd.yaml");
    free(result->job.files);
    result->job.files = memory_zeroed(1, sizeof *result->job.files);
    result->job.file_count = 1;
    result->job.files[0] =
        (struct result_file){memory_string("conf/\xc3\xa4"), memory_string("d"), true};
    result->rerun_of = memory_string("20261122T030000Z-demo-0001");
    result->client = memory_string("rest");
    result->rehearsal = true;
}

static void begin(void)
{
    static const int batches[TARGETS] = {1, 1, 2, 2, 3, 3};

    now = 0;
    ck_assert_msg(journal_create(&journal, path, &error) == 0, "%s", error.text);
    result_init(&original, "20261123T030000Z-demo-1a2b");
    result_take_job(&original, &job, batches);
    set_known(&original);
    original.workers = 4;
    happen_put_head(&journal, &original, wall());
}

static void log_in(const char *subscription)
{
    struct event event = event_of(EVENT_LOGIN, 0);

    event.login.subscription = memory_string(subscription);
    event.login.az_version = memory_string("2.79.0");
    put(event);
}

static void start(size_t index)
{
    struct event event;

    now += 17 * NUMBER_MILLISECOND;
    event = event_of(EVENT_START, index);
    event.start.number = (int)original.targets[index].attempt_count + 1;
    put(event);
}

/* Every byte in both directions, so that characters are begun and not ended; and real ones. */
static void print_hostile(struct buffer *buffer)
{
    static const char pieces[] =
        "\xed\xa0\x80 \xc0\x80 \xf4\x90\x80\x80 \xf0\x9f\x92\xa9 \xe2\x80\xa8"
        "\"\\/\b\f\r\n\0</script>\xf0\x9f";

    buffer_append(buffer, pieces, sizeof pieces - 1);
    for (int byte = 0; byte < 256 && !terse; byte++)
        buffer_add_char(buffer, (char)byte);
    for (int byte = 255; byte >= 0 && !terse; byte--)
        buffer_add_char(buffer, (char)byte);
}

static struct answer answer_of(enum outcome_kind kind)
{
    static const enum outcome_reason reasons[OUTCOME_KINDS] = {
        [OUTCOME_OK] = REASON_NONE,         [OUTCOME_FAILED] = REASON_EXIT,
        [OUTCOME_TIMEOUT] = REASON_AZ,      [OUTCOME_ERROR] = REASON_THROTTLED,
        [OUTCOME_UNKNOWN] = REASON_ANSWER,  [OUTCOME_CANCELLED] = REASON_DEADLINE,
        [OUTCOME_SKIPPED] = REASON_DEADLINE};
    struct answer answer = {.outcome = {.kind = kind,
                                        .reason = reasons[kind],
                                        .script = SCRIPT_STARTED,
                                        .exit_code = kind == OUTCOME_FAILED ? -77 : -1,
                                        .may_still_run = kind == OUTCOME_TIMEOUT}};

    if (kind == OUTCOME_OK)
        answer.outcome.exit_code = 0;
    else
        answer.outcome.message = memory_string("az said \"\xff\x1b[31m\": \xe2\x82\xac");
    if (kind == OUTCOME_ERROR)
        answer.outcome.retry_after = 17 * NUMBER_SECOND;
    print_hostile(&answer.output);
    print_hostile(&answer.errors);
    answer.output_truncated = kind == OUTCOME_FAILED;
    answer.errors_truncated = kind == OUTCOME_OK;
    return answer;
}

static struct result_attempt attempt_of(const struct answer *answer)
{
    return (struct result_attempt){.at = now,
                                   .wall_started = wall(),
                                   .duration = 34567 * NUMBER_MILLISECOND,
                                   .outcome = answer->outcome.kind,
                                   .reason = answer->outcome.reason,
                                   .message = memory_string(answer->outcome.message),
                                   .az_exit = -1,
                                   .az_signal = 15,
                                   .stopped = true,
                                   .leftovers_killed = 3,
                                   .cpu_time = 999 * NUMBER_MILLISECOND,
                                   .max_rss_kib = 123456,
                                   .worker = 3};
}

static void end_with(size_t index, struct answer *answer, bool settled)
{
    struct result_attempt attempt = attempt_of(answer);
    struct event event;

    if (original.targets[index].operation.url == NULL)
        answer->operation = REST_NONE;
    else if (answer->operation == REST_NONE)
        answer->operation = REST_OPEN;
    now += attempt.duration;
    event = event_of(EVENT_END, index);
    event.end.attempt = attempt;
    event.end.answer = *answer;
    event.end.number = (int)original.targets[index].attempt_count + 1;
    event.end.settled = settled;
    event.end.again_at = now + NUMBER_SECOND;
    put(event);
}

static void end(size_t index, enum outcome_kind kind)
{
    struct answer answer = answer_of(kind);

    end_with(index, &answer, true);
}

static void run(size_t index, enum outcome_kind kind)
{
    start(index);
    end(index, kind);
}

/* One attempt after which there is another. */
static void run_in_vain(size_t index)
{
    struct answer answer = answer_of(OUTCOME_ERROR);

    start(index);
    end_with(index, &answer, false);
}

static void put_back(size_t index)
{
    struct event event = event_of(EVENT_PUT_BACK, index);

    event.put_back.message = memory_string("no \xff room");
    put(event);
}

static void send(size_t index)
{
    struct event event = event_of(EVENT_SENT, index);

    event.sent.number = (int)original.targets[index].attempt_count + 1;
    put(event);
}

static void accept_request(size_t index, const char *request_id)
{
    struct event event = event_of(EVENT_ACCEPTED, index);

    event.accepted.number = (int)original.targets[index].attempt_count + 1;
    event.accepted.operation = (struct result_operation){
        .sent = true,
        .url = memory_string("https://management.azure.com/operations/1?t=2"),
        .request_id = memory_string(request_id),
        .correlation_id = memory_string(request_id)};
    put(event);
}

static void limit(int most)
{
    struct event event = event_of(EVENT_LIMIT, 0);

    event.limit = most;
    put(event);
}

static void halt(enum result_ending ending, int signal, const char *cause)
{
    struct event event = event_of(EVENT_HALT, 0);

    event.halt.ending = ending;
    event.halt.signal = signal;
    event.halt.cause = memory_string(cause);
    put(event);
}

static void finish(void)
{
    struct event event;

    now += 3 * NUMBER_MILLISECOND;
    event = event_finish_of(&original, wall(), now);
    original.wall_ended = wall();
    original.duration = now;
    put(event);
    ck_assert_msg(journal_commit(&journal, &error) == 0, "%s", error.text);
    journal_close(&journal);
}

static void run_from(size_t first)
{
    for (size_t i = first; i < TARGETS; i++)
        run(i, OUTCOME_OK);
}

/* ---- runs that have something special ---- */

static void record_all_ok(void)
{
    log_in("default");
    run_from(0);
}

static void record_every_outcome(void)
{
    log_in(NULL);
    for (size_t i = 0; i < TARGETS; i++)
        run(i, (enum outcome_kind)(i + 1 == OUTCOME_SKIPPED ? OUTCOME_OK : i + 1));
}

static void record_retries(void)
{
    log_in("default");
    run_in_vain(0);
    start(1);
    run_in_vain(0);
    run(0, OUTCOME_OK);
    end(1, OUTCOME_FAILED);
    run_in_vain(2);
    run(2, OUTCOME_TIMEOUT);
    run_from(3);
}

/* Of clients of REST: some of which nothing was sent, or of which Azure said nothing. */
static void record_requests(void)
{
    log_in("default");
    start(0);
    start(1);
    send(1);
    start(2);
    send(2);
    accept_request(2, NULL);
    end(1, OUTCOME_UNKNOWN);
    end(0, OUTCOME_OK);
    end(2, OUTCOME_OK);
    start(3);
    send(3);
    accept_request(3, "c0ffee");
    end(3, OUTCOME_OK);
    run_from(4);
}

static void record_put_back(void)
{
    log_in("default");
    start(0);
    put_back(0);
    start(0);
    put_back(0);
    run_in_vain(1);
    start(1);
    put_back(1);
    run_from(0);
}

static void record_throttling(void)
{
    log_in("default");
    run_in_vain(0);
    limit(2);
    run_in_vain(1);
    limit(1);
    limit(3);
    run_from(0);
}

static void record_broken_login(void)
{
    halt(RESULT_LOGIN, 0, "Please run \"az login\" \xff");
}

static void record_halt(void)
{
    log_in("default");
    run(0, OUTCOME_ERROR);
    start(1);
    run_in_vain(2);
    halt(RESULT_HALTED, 0, "1 target has failed, and max_failures allows 0");
    end(1, OUTCOME_CANCELLED);
}

static void record_deadline(void)
{
    log_in("default");
    start(0);
    halt(RESULT_DEADLINE, 0, NULL);
    end(0, OUTCOME_CANCELLED);
}

static void record_signal_in_a_halt(void)
{
    log_in("default");
    start(0);
    start(1);
    halt(RESULT_HALTED, 0, "it was enough");
    end(0, OUTCOME_OK);
    halt(RESULT_SIGNAL, SIGINT, NULL);
    halt(RESULT_SIGNAL, SIGTERM, NULL);
    end(1, OUTCOME_CANCELLED);
}

/* What no worker had begun is put back before the line that says why. */
static void record_put_back_by_a_signal(void)
{
    log_in("default");
    start(0);
    start(1);
    run_in_vain(2);
    start(2);
    put_back(1);
    put_back(2);
    halt(RESULT_SIGNAL, SIGTERM, NULL);
    end(0, OUTCOME_OK);
}

static void record_late_signal(void)
{
    log_in("default");
    run_from(0);
    halt(RESULT_SIGNAL, SIGHUP, NULL);
}

static void record_trouble(void)
{
    log_in("default");
    run(0, OUTCOME_OK);
    result_trouble(&original, "cannot write \"\xff\": No space left on device");
    halt(RESULT_HALTED, 0, NULL);
}

static const struct recording {
    const char *name;
    void (*record)(void);
    int status;
} recordings[] = {
    {"all ok", record_all_ok, 0},
    {"every outcome", record_every_outcome, 5},
    {"retries", record_retries, 4},
    {"requests", record_requests, 4},
    {"put back", record_put_back, 0},
    {"throttling", record_throttling, 0},
    {"a broken login", record_broken_login, 6},
    {"a halt", record_halt, 6},
    {"the deadline", record_deadline, 124},
    {"a signal in a halt", record_signal_in_a_halt, 130},
    {"put back by a signal", record_put_back_by_a_signal, 143},
    {"a signal that comes last", record_late_signal, 129},
    {"trouble", record_trouble, 1},
};

static void record(const struct recording *recording)
{
    begin();
    recording->record();
    finish();
}

/* ---- help ---- */

static void set_up(void)
{
    ck_assert_int_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
    ck_assert_msg(file_make_temporary_folder(&folder, &error) == 0, "%s", error.text);
    path = memory_print("%s/journal.jsonl", folder);
    journal = (struct journal){.fd = -1};
    error.text[0] = '\0';
    terse = false;
}

static void tear_down(void)
{
    result_done(&original);
    journal_close(&journal);
    ck_assert_int_eq(file_remove_tree(folder, &error), 0);
    free(folder);
    free(path);
}

static char *report_of(const struct result *result)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);

    json_write(stream, result);
    (void)fclose(stream);
    return text;
}

static struct result replayed(const char *name)
{
    struct result result;

    ck_assert_msg(replay_run(folder, &result, &error) == 0, "%s: %s", name, error.text);
    return result;
}

static struct buffer read_journal(void)
{
    struct buffer text = BUFFER_INIT;

    ck_assert_msg(file_read(path, JOURNAL_MOST, &text, &error) == 0, "%s", error.text);
    return text;
}

static void write_journal(const char *text, size_t length)
{
    ck_assert_msg(file_write(path, 0600, text, length, &error) == 0, "%s", error.text);
}

/* As after a kill in the last moment. */
static void drop_last_line(void)
{
    struct buffer text = read_journal();

    ck_assert_int_eq(truncate(path, (off_t)text_last_lines(text.data, text.length, 1)), 0);
    buffer_done(&text);
}

/* The numbers add up: reports and exit status are made of them. */
static void check_sound(const char *name, const struct result *result)
{
    size_t settled = 0;
    size_t counted = 0;

    for (size_t i = 0; i < result->target_count; i++)
        settled += result->targets[i].state == RESULT_SETTLED ? 1 : 0;
    for (int kind = 0; kind < OUTCOME_KINDS; kind++)
        counted += result->counts[kind];
    ck_assert_msg(settled == result->settled && counted == settled, "%s: the counts are wrong",
                  name);
    ck_assert_msg(settled == result->target_count || result->ending == RESULT_GOING,
                  "%s: a target without an end", name);
}

/* ---- round trips ---- */

/* One way to make a report: whatever a VM printed, the past run's is the same to the byte. */
START_TEST(a_replayed_report_is_the_same)
{
    const struct recording *row = &recordings[_i];
    struct result copy;
    char *expected;
    char *report;

    record(row);
    copy = replayed(row->name);
    expected = report_of(&original);
    report = report_of(&copy);
    ck_assert_msg(strcmp(report, expected) == 0, "%s:\n%s\nnot:\n%s", row->name, report, expected);
    ck_assert_msg(result_exit_status(&copy) == row->status &&
                      result_exit_status(&original) == row->status,
                  "%s: %d, not %d", row->name, result_exit_status(&copy), row->status);
    ck_assert_int_eq(copy.signal, original.signal);
    check_sound(row->name, &copy);
    free(report);
    free(expected);
    result_done(&copy);
}
END_TEST

/* ---- random worlds ---- */

static uint64_t chance; /* splitmix64 */

static size_t draw(size_t below)
{
    uint64_t bits = chance += UINT64_C(0x9e3779b97f4a7c15);

    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (size_t)((bits ^ (bits >> 31)) % below);
}

static struct answer random_answer(void)
{
    enum outcome_kind kind = (enum outcome_kind)draw(OUTCOME_SKIPPED);
    struct answer answer = answer_of(kind);

    buffer_done(&answer.output);
    buffer_done(&answer.errors);
    free(answer.outcome.message);
    answer.outcome.message = kind != OUTCOME_OK ? memory_print("why %zu", draw(9)) : NULL;
    answer.outcome.script = (enum outcome_script)draw(3);
    answer.outcome.may_still_run = draw(2) == 0;
    buffer_print(&answer.output, "%zu\n\x1b[1m\xe2\x82\xac", draw(1000));
    buffer_append(&answer.errors, "a\0b", draw(4));
    answer.operation = (enum rest_end)draw(4);
    return answer;
}

static struct result_operation random_operation(void)
{
    return (struct result_operation){
        .sent = true,
        .url = memory_print("https://arm.example/operations/%zu?s=1", draw(9)),
        .request_id = draw(2) == 0 ? memory_print("%zu", draw(9)) : NULL,
        .correlation_id = draw(2) == 0 ? memory_print("%zu", draw(9)) : NULL,
        .nonce = draw(9) > 0 ? memory_print("%032zx", draw(9)) : NULL};
}

static void ask_random(size_t index)
{
    struct event event;

    now += (int64_t)draw(5000) * NUMBER_MILLISECOND;
    event = event_of(EVENT_ASK, index);
    event.ask.number = (int)original.targets[index].attempt_count + 1;
    event.ask.mark = draw(2) == 0 ? memory_string("another") : NULL;
    event.ask.operation = random_operation();
    event.ask.operation.busy_until = event.wall + ((int64_t)draw(20) - 10) * NUMBER_SECOND;
    put(event);
}

static void start_random(size_t index)
{
    static const char *const marks[] = {NULL, "20261123T030000Z-demo-1a2b", "another"};
    struct event event;

    now += (int64_t)draw(5000) * NUMBER_MILLISECOND;
    event = event_of(EVENT_START, index);
    event.start.number = (int)original.targets[index].attempt_count + 1;
    event.start.mark = memory_string(marks[draw(3)]);
    put(event);
}

/* A request is on its way, or was accepted. */
static void say_random(size_t index)
{
    struct event event = event_of(draw(2) == 0 ? EVENT_SENT : EVENT_ACCEPTED, index);

    if (event.kind == EVENT_ACCEPTED) {
        event.accepted.number = (int)original.targets[index].attempt_count + 1;
        event.accepted.operation = random_operation();
    } else {
        event.sent.number = (int)original.targets[index].attempt_count + 1;
    }
    put(event);
}

static void go_on_with(size_t index)
{
    struct answer answer;

    if (original.targets[index].state == RESULT_SETTLED)
        return;
    if (original.targets[index].state == RESULT_WAITING && draw(4) == 0)
        ask_random(index);
    else if (original.targets[index].state == RESULT_WAITING)
        start_random(index);
    else if (draw(4) == 0)
        put_back(index);
    else if (draw(3) == 0 && !original.targets[index].asking)
        say_random(index);
    else {
        answer = random_answer();
        end_with(index, &answer, original.ending != RESULT_COMPLETE || draw(2) == 0);
    }
}

static void happen_at_random(void)
{
    static const enum result_ending endings[] = {RESULT_SIGNAL, RESULT_DEADLINE, RESULT_LOGIN,
                                                 RESULT_HALTED};
    size_t what = draw(30);

    if (what == 0)
        halt(endings[draw(4)], draw(2) == 0 ? SIGINT : SIGTERM, draw(2) == 0 ? "cause" : NULL);
    else if (what == 1)
        limit((int)draw(5) + 1);
    else if (what == 2)
        log_in(draw(2) == 0 ? "default" : NULL);
    else
        go_on_with(draw(TARGETS));
}

static void end_all(void)
{
    struct answer answer;

    for (size_t i = 0; i < TARGETS; i++) {
        if (original.targets[i].state == RESULT_STARTED) {
            answer = random_answer();
            end_with(i, &answer, true);
        }
    }
    if (original.settled < TARGETS)
        halt(RESULT_HALTED, 0, "the rest");
}

/*
 * Whatever happens: what the run has done to its result, its journal does again, byte for byte.
 * The event's way in is the same; this holds its two ways through a line against each other.
 */
START_TEST(a_random_world_comes_back)
{
    struct result copy;
    struct buffer dumps[2] = {BUFFER_INIT, BUFFER_INIT};

    chance = (uint64_t)_i;
    begin();
    for (size_t step = draw(60); step > 0; step--)
        happen_at_random();
    end_all();
    finish();
    copy = replayed("a random world");
    dump_course(&dumps[0], &original);
    dump_course(&dumps[1], &copy);
    ck_assert_msg(dumps[0].length == dumps[1].length &&
                      memcmp(dumps[0].data, dumps[1].data, dumps[0].length) == 0,
                  "world %d:\n%s\nnot:\n%s", _i, buffer_text(&dumps[1]), buffer_text(&dumps[0]));
    buffer_done(&dumps[0]);
    buffer_done(&dumps[1]);
    result_done(&copy);
}
END_TEST

/* A rerun does the same job again, with what the command line put over it. */
START_TEST(what_a_rerun_needs_comes_back)
{
    struct result copy;

    record(&recordings[0]);
    copy = replayed("rerun");
    ck_assert_str_eq(copy.job.path, original.job.path);
    ck_assert_uint_eq(copy.job.file_count, 1);
    ck_assert_str_eq(copy.job.files[0].name, original.job.files[0].name);
    ck_assert_str_eq(copy.job.files[0].digest, "d");
    ck_assert(copy.job.files[0].executable);
    ck_assert_int_eq(copy.job.timeout, original.job.timeout);
    ck_assert_int_eq(copy.job.script_timeout, original.job.script_timeout);
    ck_assert_int_eq(copy.job.deadline, original.job.deadline);
    ck_assert_int_eq(copy.job.attempts, 3);
    ck_assert_int_eq(copy.job.batches, 3);
    ck_assert_int_eq(copy.job.kill_grace, job.kill_grace);
    ck_assert_int_eq(copy.job.pause_between, job.pause_between);
    ck_assert(copy.job.has_max_failures && copy.job.max_failures.percent);
    ck_assert_int_eq(copy.job.max_failures.value, 10);
    ck_assert_int_eq(copy.overrides.concurrency, 7);
    ck_assert_int_eq(copy.overrides.timeout, original.overrides.timeout);
    ck_assert_int_eq(copy.overrides.deadline, original.overrides.deadline);
    ck_assert_int_eq(copy.overrides.script_timeout, 45 * NUMBER_SECOND);
    ck_assert_int_eq(copy.overrides.attempts, 4);
    ck_assert_str_eq(copy.overrides.batches, "1,10%");
    ck_assert_str_eq(copy.overrides.max_failures, "0");
    ck_assert_str_eq(copy.overrides.targets, "/srv/hosts");
    ck_assert_str_eq(copy.overrides.az, original.overrides.az);
    ck_assert_uint_eq(copy.overrides.setting_count, 2);
    ck_assert_uint_eq(copy.overrides.secret_count, 1);
    ck_assert_str_eq(copy.overrides.secrets[0], "TOKEN");
    ck_assert(copy.overrides.has_args);
    ck_assert_uint_eq(copy.overrides.arg_count, 3);
    ck_assert_str_eq(copy.overrides.args[0], "-a\n");
    ck_assert_ptr_null(copy.overrides.args[1]); /* a secret */
    ck_assert_str_eq(copy.overrides.args[2], "");
    ck_assert_str_eq(copy.overrides.settings[0], "A=");
    ck_assert_str_eq(copy.overrides.settings[1], original.overrides.settings[1]);
    for (size_t i = 0; i < TARGETS; i++) {
        ck_assert_str_eq(copy.targets[i].label, original.targets[i].label);
        ck_assert_str_eq(copy.targets[i].resource_group, original.targets[i].resource_group);
        ck_assert_str_eq(copy.targets[i].id, original.targets[i].id);
        ck_assert_int_eq(copy.targets[i].wall_ended, original.targets[i].wall_ended);
    }
    result_done(&copy);
}
END_TEST

/* The largest streams there are, of bytes that take six each in JSON. */
START_TEST(a_long_line_comes_back)
{
    struct answer answer = answer_of(OUTCOME_OK);
    struct result copy;

    begin();
    buffer_reserve(&answer.output, 4 * 1024 * 1024);
    for (int i = 0; i < 4 * 1024 * 1024; i++)
        buffer_add_char(&answer.output, '\x01');
    start(0);
    end_with(0, &answer, true);
    run_from(1);
    finish();
    copy = replayed("long");
    ck_assert_uint_ge(copy.targets[0].output.length, 4 * 1024 * 1024);
    ck_assert_int_eq(result_exit_status(&copy), 0);
    result_done(&copy);
}
END_TEST

/* ---- summaries ---- */

static void check_summary(const char *name)
{
    struct result result = replayed(name);
    struct result summary;
    size_t count;

    ck_assert_msg(replay_summary(folder, &summary, &count, &error) == 0, "%s: %s", name,
                  error.text);
    ck_assert((summary.targets != NULL) == (result.ending == RESULT_GOING));
    ck_assert_msg(count == result.target_count && summary.settled == result.settled, "%s", name);
    ck_assert_msg(memcmp(summary.counts, result.counts, sizeof result.counts) == 0, "%s", name);
    ck_assert_msg(summary.ending == result.ending && summary.signal == result.signal, "%s", name);
    ck_assert_int_eq(summary.wall_started, result.wall_started);
    if (result.ending == RESULT_GOING) { /* it lasts until now */
        ck_assert_int_ge(summary.duration, result.duration);
        ck_assert_int_ge(summary.wall_ended, result.wall_ended);
    } else {
        ck_assert_int_eq(summary.duration, result.duration);
        ck_assert_int_eq(summary.wall_ended, result.wall_ended);
    }
    ck_assert_pstr_eq(summary.trouble, result.trouble);
    ck_assert_pstr_eq(summary.rerun_of, result.rerun_of);
    ck_assert_str_eq(summary.run, result.run);
    ck_assert_str_eq(summary.folder, folder);
    ck_assert(summary.rehearsal == result.rehearsal);
    result_done(&summary);
    result_done(&result);
}

/* The list of runs says what their reports say. */
START_TEST(a_summary_agrees)
{
    record(&recordings[_i]);
    check_summary(recordings[_i].name);
    drop_last_line();
    check_summary(recordings[_i].name);
}
END_TEST

/* ---- prefixes ---- */

struct expectation {
    enum result_state state;
    enum outcome_kind kind; /* of the last attempt; SKIPPED: there was none */
};

static size_t index_of(const json_t *event)
{
    const char *label = json_string_value(json_object_get(event, "target"));
    size_t index = 0;

    while (strcmp(targets[index].label, label) != 0)
        index++;
    return index;
}

/* What one more line says of the targets. */
static void expect_more(struct expectation expected[TARGETS], const char *line)
{
    json_t *event = json_loadb(line, strcspn(line, "\n"), JSON_ALLOW_NUL, NULL);
    const char *name = json_string_value(json_object_get(event, "event"));
    struct expectation *one =
        json_object_get(event, "target") != NULL ? &expected[index_of(event)] : NULL;

    if (strcmp(name, "start") == 0)
        one->state = RESULT_STARTED;
    if (strcmp(name, "put_back") == 0)
        one->state = RESULT_WAITING;
    if (strcmp(name, "end") == 0) {
        one->state =
            json_is_true(json_object_get(event, "settled")) ? RESULT_SETTLED : RESULT_WAITING;
        one->kind = outcome_find_kind(json_string_value(json_object_get(event, "outcome")));
    }
    json_decref(event);
}

static void check_known(const struct expectation expected[TARGETS], size_t length)
{
    struct result result = replayed("prefix");

    check_sound("prefix", &result);
    for (size_t i = 0; i < TARGETS; i++) {
        enum outcome_kind kind =
            expected[i].state == RESULT_STARTED ? OUTCOME_UNKNOWN : expected[i].kind;

        ck_assert_msg(result.targets[i].outcome.kind == kind, "%zu bytes: %s is %s, not %s", length,
                      targets[i].label, outcome_name(result.targets[i].outcome.kind),
                      outcome_name(kind));
    }
    result_done(&result);
}

/* Where the lines of TEXT end, and what is known of the targets then. Returns how many there are.
 */
static size_t read_lines(const struct buffer *text, size_t ends[MOST_LINES],
                         struct expectation expected[MOST_LINES][TARGETS])
{
    const char *line = text->data;
    const char *newline;
    size_t count = 0;

    for (size_t i = 0; i < TARGETS; i++)
        expected[0][i] = (struct expectation){RESULT_WAITING, OUTCOME_SKIPPED};
    while ((newline = strchr(line, '\n')) != NULL) {
        ck_assert_uint_lt(++count, MOST_LINES);
        memcpy(expected[count], expected[count - 1], sizeof expected[count]);
        expect_more(expected[count], line);
        line = newline + 1;
        ends[count] = (size_t)(line - text->data);
    }
    return count;
}

/* Cuts the journal to LENGTH bytes, which hold LINES whole lines. */
static void check_prefix(const struct expectation expected[TARGETS], size_t lines, size_t length)
{
    ck_assert_int_eq(truncate(path, (off_t)length), 0);
    if (lines >= 2) {
        check_known(expected, length);
        return;
    }
    ck_assert_int_eq(replay_run(folder, &(struct result){NULL}, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "holds no run"));
}

static void check_prefixes(const struct recording *recording, bool every_byte)
{
    static struct expectation expected[MOST_LINES][TARGETS];
    static size_t ends[MOST_LINES];
    struct buffer text;
    size_t lines;

    terse = true;
    record(recording);
    text = read_journal();
    lines = read_lines(&text, ends, expected);
    for (size_t length = text.length; length > 0; length--) {
        while (ends[lines] > length)
            lines--;
        if (every_byte || length == ends[lines] || text.data[length] == '\n')
            check_prefix(expected[lines], lines, length);
    }
    buffer_done(&text);
}

/*
 * azfan may be killed, and the disk may tear, at any moment: what has ended is known by its whole
 * line, what was started is unknown, and what was not is skipped. Nothing is ever made up.
 */
START_TEST(every_line_tells_what_has_happened)
{
    check_prefixes(&recordings[_i], false);
}
END_TEST

START_TEST(every_byte_may_be_the_last)
{
    static const struct recording all = {"all", record_put_back_by_a_signal, 143};

    check_prefixes(&all, true);
}
END_TEST

/* ---- a run that goes on ---- */

/* Records until it is killed, and says by CHANNEL when it has come so far. */
static void be_killed(int channel)
{
    begin();
    log_in("default");
    run(0, OUTCOME_OK);
    run_in_vain(1);
    start(2);
    ck_assert_int_eq(journal_commit(&journal, &error), 0);
    (void)!write(channel, "x", 1);
    for (;;)
        (void)pause();
}

static void check_going(void)
{
    struct result result = replayed("going");
    char *report = report_of(&result);

    ck_assert_int_eq(result.ending, RESULT_GOING);
    ck_assert_int_eq(result_exit_status(&result), 0);
    ck_assert_uint_eq(result.settled, 1);
    ck_assert_int_eq(result.targets[0].outcome.kind, OUTCOME_OK);
    ck_assert_int_eq(result.targets[1].state, RESULT_WAITING);
    ck_assert_int_eq(result.targets[2].state, RESULT_STARTED);
    ck_assert_ptr_nonnull(strstr(report, "\"outcome\":null"));
    check_sound("going", &result);
    check_summary("going");
    free(report);
    result_done(&result);
}

static void check_killed(void)
{
    struct result result = replayed("killed");

    ck_assert_int_eq(result.ending, RESULT_INTERRUPTED);
    ck_assert_int_eq(result_exit_status(&result), 137);
    ck_assert_int_eq(result.targets[0].outcome.kind, OUTCOME_OK);
    ck_assert_int_eq(result.targets[1].outcome.kind, OUTCOME_ERROR);
    ck_assert_int_eq(result.targets[2].outcome.kind, OUTCOME_UNKNOWN);
    ck_assert(result.targets[2].outcome.may_still_run);
    ck_assert_int_eq(result.targets[3].outcome.kind, OUTCOME_SKIPPED);
    check_sound("killed", &result);
    check_summary("killed");
    result_done(&result);
}

/* Nobody may rerun what another azfan still does; and nobody waits for one that is dead. */
START_TEST(who_holds_the_lock_is_still_going_on)
{
    int channel[2];
    char byte;
    pid_t child;

    ck_assert_int_eq(pipe(channel), 0);
    child = fork();
    if (child == 0)
        be_killed(channel[1]);
    ck_assert_int_eq(read(channel[0], &byte, 1), 1);
    check_going();
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    check_killed();
    ck_assert_int_eq(close(channel[0]), 0);
    ck_assert_int_eq(close(channel[1]), 0);
}
END_TEST

/* Between the making of the file and its first lines nothing is wrong yet. */
START_TEST(a_run_that_begins_is_not_called_dead)
{
    ck_assert_int_eq(journal_create(&journal, path, &error), 0);
    ck_assert_int_eq(replay_run(folder, &(struct result){NULL}, &error), -1);
    ck_assert_msg(strstr(error.text, "yet") != NULL, "%s", error.text);
}
END_TEST

/* ---- damage ---- */

/* A small journal with every event; ' stands for ". */
static const char base[] =
    "{'event':'run','time':'2026-11-23T03:00:00.000Z','version':1,'azfan':'0.1.0','run':'r-1',"
    "'rehearsal':false,'rerun_of':null,'job':{'name':'demo','file':'j.yaml','path':'/j.yaml',"
    "'sha256':'d1','script_sha256':'d2','runbook':null,'timeout_s':220.0,'script_timeout_s':130.0,"
    "'deadline_s':0.0,'attempts':2,'batches':1},'git':{'commit':'c','dirty':true},'user':'u',"
    "'host':'h','pid':1,'started':'2026-11-23T03:00:00.000Z','overrides':{'concurrency':2,"
    "'timeout_s':220.0,'deadline_s':0.0,'az':'az','set':['A=b']},'concurrency':3,'workers':2,"
    "'targets':3}\n"
    "{'event':'targets','time':'2026-11-23T03:00:00.000Z','targets':["
    "{'name':'a','resource_group':'g','subscription':null,'label':'a','batch':1},"
    "{'name':'b','resource_group':'g','subscription':'s','label':'b','batch':1},"
    "{'name':'c','resource_group':'g','subscription':null,'label':'c','batch':1}]}\n"
    "{'event':'login','time':'2026-11-23T03:00:01.000Z','at_s':1.0,'subscription':'s',"
    "'az_version':'2.79.0'}\n"
    "{'event':'start','time':'2026-11-23T03:00:02.000Z','at_s':2.0,'target':'a','attempt':1}\n"
    "{'event':'end','time':'2026-11-23T03:00:03.000Z','at_s':3.0,'target':'a','attempt':1,"
    "'settled':true,'started':'2026-11-23T03:00:02.000Z','started_at_s':2.0,'duration_s':1.0,"
    "'az_exit':0,'az_signal':0,'stopped':false,'leftovers_killed':0,'cpu_s':0.5,"
    "'max_rss_kib':100,'worker':1,'outcome':'ok','reason':'','message':null,'exit_code':0,"
    "'script_started':'yes','may_still_run':false,'retry_after_s':0.0,'stdout':'x','stderr':'',"
    "'stdout_truncated':false,'stderr_truncated':false}\n"
    "{'event':'limit','time':'2026-11-23T03:00:03.000Z','at_s':3.0,'limit':1}\n"
    "{'event':'start','time':'2026-11-23T03:00:03.000Z','at_s':3.0,'target':'b','attempt':1}\n"
    "{'event':'put_back','time':'2026-11-23T03:00:04.000Z','at_s':4.0,'target':'b',"
    "'message':'m'}\n"
    "{'event':'start','time':'2026-11-23T03:00:04.000Z','at_s':4.0,'target':'b','attempt':1}\n"
    "{'event':'halt','time':'2026-11-23T03:00:05.000Z','at_s':5.0,'ending':'signal','signal':15,"
    "'cause':null}\n"
    "{'event':'end','time':'2026-11-23T03:00:06.000Z','at_s':6.0,'target':'b','attempt':1,"
    "'settled':true,'started':'2026-11-23T03:00:04.000Z','started_at_s':4.0,'duration_s':2.0,"
    "'az_exit':-1,'az_signal':2,'stopped':true,'leftovers_killed':1,'cpu_s':0.5,"
    "'max_rss_kib':100,'worker':0,'outcome':'cancelled','reason':'signal','message':'m',"
    "'exit_code':-1,'script_started':'maybe','may_still_run':true,'retry_after_s':3.0,"
    "'stdout':'','stderr':'x','stdout_truncated':false,'stderr_truncated':false}\n"
    "{'event':'finish','time':'2026-11-23T03:00:06.000Z','ended':'2026-11-23T03:00:06.000Z',"
    "'duration_s':6.0,'ending':'signal','exit_status':143,'trouble':null,'counts':{'ok':1,"
    "'failed':0,'timeout':0,'error':0,'unknown':0,'cancelled':1,'skipped':1}}\n";

enum { HEAD_LINES = 2, BASE_LINES = 12 };

/* Appends TEXT of LENGTH bytes with ' as ". */
static void quote(struct buffer *buffer, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        buffer_add_char(buffer, text[i] == '\'' ? '"' : text[i]);
}

/* BASE with TO for the first FROM; "" for FROM puts it in front, NULL for both: as it is. */
static struct buffer changed(const char *name, const char *from, const char *to)
{
    struct buffer text = BUFFER_INIT;
    const char *at = from != NULL ? strstr(base, from) : base;

    ck_assert_msg(at != NULL, "%s: it is not in the journal: %s", name, from);
    quote(&text, base, (size_t)(at - base));
    if (from != NULL) {
        quote(&text, to, strlen(to));
        at += strlen(from);
    }
    quote(&text, at, strlen(at));
    return text;
}

static void check_refusal(const char *name, const char *words)
{
    struct result result;
    size_t count;
    int status = replay_run(folder, &result, &error);

    ck_assert_msg(status == -1, "%s: it was read", name);
    ck_assert_msg(strstr(error.text, words) != NULL, "%s: %s", name, error.text);
    ck_assert_msg(strstr(error.text, path) != NULL, "%s: no path in: %s", name, error.text);
    ck_assert_msg(strchr(error.text, '\n') == NULL, "%s: %s", name, error.text);
    /* The summary does not look at the middle; but what it says of the rest is the same. */
    if (replay_summary(folder, &result, &count, &error) == 0)
        result_done(&result);
    else
        ck_assert_msg(strstr(error.text, words) != NULL, "%s: %s", name, error.text);
}

static const struct damage {
    const char *name;
    const char *from;
    const char *to;
    const char *words;
} damages[] = {
    {"not JSON", "{'event':'run'", "hello", "line 1: this is not a journal of azfan"},
    {"a first line that is empty", "", "\n", "line 1: this is not a journal of azfan"},
    {"an array", "", "[]\n", "line 1: this is not a journal of azfan"},
    {"somebody else's lines", "", "{'name':'x','level':30}\n", "line 1: this is not a journal"},
    {"another event first", "", "{'event':'finish','version':1}\n",
     "line 1: this is not a journal"},
    {"no version", "'version':1,", "", "line 1: this is not a journal of azfan"},
    {"a version in words", "'version':1", "'version':'1'",
     "line 1: this is not a journal of azfan"},
    {"version 0", "'version':1", "'version':0", "line 1: this is not a journal of azfan"},
    {"a newer one", "'version':1", "'version':2", "newer azfan: version 2; this one reads 1"},
    {"2^32 + 1", "'version':1", "'version':4294967297", "newer azfan: version 4294967297"},

    {"torn in the middle", "{'event':'login'", "{'ev", "line 3: damaged: this line is not JSON"},
    {"an empty line", "{'event':'login'", "\n{'event':'login'", "line 3: damaged"},
    {"a line that is no event", "{'event':'login'", "{'x':'login'", "line 3: damaged"},
    {"a key twice", "'attempt':1}", "'attempt':1,'target':'b'}", "line 4: damaged"},
    {"a second run", "{'event':'login'", "{'event':'run'", "line 3: damaged"},
    {"targets twice", "{'event':'login'", "{'event':'targets'", "line 3: damaged"},
    {"no targets", "{'event':'targets'", "{'event':'x'", "line 4: damaged"},

    {"a target more", "'targets':3", "'targets':2", "line 2: damaged: not as many targets"},
    {"a target less", "'targets':3", "'targets':4", "line 2: damaged: not as many targets"},
    {"10^18 targets", "'targets':3", "'targets':1000000000000000000", "line 1: damaged"},
    {"fewer than none", "'targets':3", "'targets':-1", "line 1: damaged"},
    {"2^32 + 3 targets", "'targets':3", "'targets':4294967299", "line 1: damaged"},
    {"two of one label", "'label':'b'", "'label':'a'", "line 2: damaged: two targets"},
    {"no label", "'label':'b',", "", "line 2: damaged"},
    {"no name", "'name':'b',", "", "line 2: damaged"},
    {"a NUL in a label", "'label':'b'", "'label':'b\\u0000'", "line 2: damaged"},
    {"batch 0", "'batch':1", "'batch':0", "line 2: damaged"},
    {"batch 2 of 1", "'batch':1", "'batch':2", "line 2: damaged: a key of a target"},
    {"a pause that is none", "'batches':1}", "'batches':1,'pause_between_s':'x'}",
     "line 1: damaged"},
    {"failures in words", "'batches':1}", "'batches':1,'max_failures':'ten'}", "line 1: damaged"},
    {"failures without quotes", "'batches':1}", "'batches':1,'max_failures':3}", "line 1: damaged"},
    {"batch 2^32 + 1", "'batch':1", "'batch':4294967297", "line 2: damaged"},

    {"no workers", "'workers':2", "'workers':0", "line 1: damaged"},
    {"2^32 + 2 workers", "'workers':2", "'workers':4294967298", "line 1: damaged"},
    {"negative concurrency", "'concurrency':3", "'concurrency':-3", "line 1: damaged"},
    {"concurrency 2^32", "'concurrency':3", "'concurrency':4294967296", "line 1: damaged"},
    {"negative attempts", "'attempts':2", "'attempts':-2", "line 1: damaged"},
    {"10^18 batches", "'batches':1", "'batches':1000000000000000000", "line 1: damaged"},
    {"a negative timeout", "'timeout_s':220.0", "'timeout_s':-1", "line 1: damaged"},
    {"a timeout of 10^18", "'timeout_s':220.0", "'timeout_s':1e18", "line 1: damaged"},
    {"more than JSON has", "'timeout_s':220.0", "'timeout_s':1e999",
     "line 1: this is not a journal"},
    {"override -1", "'overrides':{'concurrency':2", "'overrides':{'concurrency':-1",
     "line 1: damaged"},
    {"a day that is not there", "'started':'2026-11-23", "'started':'2026-02-30",
     "line 1: damaged"},
    {"a year too far", "'started':'2026-11-23", "'started':'9999-11-23", "line 1: damaged"},

    {"an unknown target", "'target':'a'", "'target':'z'",
     "line 4: damaged: a target that the run does not have"},
    {"an end without a start", "'event':'start'", "'event':'x'",
     "line 5: damaged: the end of an attempt that was not begun"},
    {"a start twice", "'event':'put_back'", "'event':'start'", "line 8: damaged: an attempt"},
    {"put back twice", "'event':'limit'", "'target':'b','event':'put_back'", "line 6: damaged"},
    {"a start after the end", "'event':'limit'", "'target':'a','event':'start'",
     "line 6: damaged: an attempt that cannot begin now"},
    {"sent before the start", "'event':'start'", "'event':'sent'",
     "line 4: damaged: a request of an attempt that was not begun"},
    {"sent after the end", "'event':'limit'", "'target':'a','event':'sent'",
     "line 6: damaged: a request of an attempt that was not begun"},
    {"accepted after the end", "'event':'limit'",
     "'target':'a','operation':'https://a','event':'accepted'",
     "line 6: damaged: an operation of an attempt that was not begun"},
    {"accepted without an operation", "'event':'limit'", "'target':'a','event':'accepted'",
     "line 6: damaged: the operation"},
    {"an outcome that is none", "'outcome':'ok'", "'outcome':'fine'", "line 5: damaged"},
    {"a reason that is none", "'reason':''", "'reason':'fine'", "line 5: damaged"},
    {"ok for a wrong reason", "'reason':''", "'reason':'exit'", "line 5: damaged"},
    {"exit code 2^32", "'exit_code':0", "'exit_code':4294967296", "line 5: damaged"},
    {"az_exit 2^32", "'az_exit':0", "'az_exit':4294967296", "line 5: damaged"},
    {"worker -1", "'worker':1", "'worker':-1", "line 5: damaged"},
    {"an endless attempt", "'duration_s':1.0", "'duration_s':1e9", "line 5: damaged"},
    {"a limit below one", "'limit':1", "'limit':0", "line 6: damaged"},
    {"limit 2^32 + 1", "'limit':1", "'limit':4294967297", "line 6: damaged"},

    {"an ending that is none", "'ending':'signal'", "'ending':'x'", "line 10: damaged"},
    {"a halt that is none", "'ending':'signal'", "'ending':'complete'", "line 10: damaged"},
    {"interrupted, it says", "'ending':'signal'", "'ending':'interrupted'", "line 10: damaged"},
    {"signal 99", "'signal':15", "'signal':99", "line 10: damaged"},
    {"signal 0", "'signal':15", "'signal':0", "line 10: damaged"},
    {"no end of one", "'event':'end','time':'2026-11-23T03:00:06",
     "'event':'x','time':'2026-11-23T03:00:06", "line 12: damaged: the run's end, before"},
    {"no halt", "'event':'halt'", "'event':'x'", "line 12: damaged"},
    {"another ending", "'ending':'signal','exit", "'ending':'deadline','exit", "line 12: damaged"},
    {"other counts", "'cancelled':1,'skipped':1", "'cancelled':0,'skipped':2", "line 12: damaged"},
    {"negative counts", "'ok':1,'failed':0", "'ok':2,'failed':-1", "line 12: damaged"},
};

START_TEST(damage_is_told)
{
    const struct damage *row = &damages[_i];
    struct buffer text = changed(row->name, row->from, row->to);

    write_journal(text.data, text.length);
    check_refusal(row->name, row->words);
    buffer_done(&text);
}
END_TEST

START_TEST(the_undamaged_one_is_read)
{
    struct buffer text = changed("base", NULL, NULL);
    struct result result;

    write_journal(text.data, text.length);
    result = replayed("base");
    ck_assert_int_eq(result_exit_status(&result), 143);
    check_summary("base");
    result_done(&result);
    buffer_done(&text);
}
END_TEST

/* A newer azfan may write more than this one knows, in the same version. */
START_TEST(what_is_not_known_is_passed_over)
{
    struct buffer text = changed("new", "{'event':'login'",
                                 "{'event':'moon','phase':[1]}\n{'tide':1,'event':'login'");
    struct result result;

    write_journal(text.data, text.length);
    result = replayed("new");
    ck_assert_int_eq(result_exit_status(&result), 143);
    result_done(&result);
    buffer_done(&text);
}
END_TEST

/* Whose mark the guards looked for; older journals do not say, and their runs left one of their own
 * where there was more than one attempt. */
START_TEST(the_mark_comes_back)
{
    static const struct {
        const char *name, *from, *to, *mark;
    } rows[] = {
        {"older", NULL, NULL, "r-1"},
        {"older, one attempt", "'attempts':2", "'attempts':1", NULL},
        {"none", "'event':'start'", "'mark':null,'event':'start'", NULL},
        {"its own", "'event':'start'", "'mark':'r-1','event':'start'", "r-1"},
        {"another's", "'event':'start'", "'mark':'r0','event':'start'", "r0"},
    };

    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        struct buffer text = changed(rows[i].name, rows[i].from, rows[i].to);
        struct result result;
        const char *mark;

        write_journal(text.data, text.length);
        result = replayed(rows[i].name);
        mark = result_mark(&result, &result.targets[0]);
        ck_assert_msg((mark == NULL) == (rows[i].mark == NULL) &&
                          (mark == NULL || strcmp(mark, rows[i].mark) == 0),
                      "%s: %s", rows[i].name, mark != NULL ? mark : "none");
        result_done(&result);
        buffer_done(&text);
    }
}
END_TEST

/* Whoever has an operation's URL may ask what the script printed. */
START_TEST(others_see_an_operation_by_its_id)
{
    static const char line[] = "{\"event\":\"accepted\",\"attempt\":1,\"operation\":"
                               "\"https://arm.example/a/operations/7?t=1&s=2\","
                               "\"request_id\":\"8\",\"nonce\":\"9\"}\n";
    static const char other[] = "{\"event\":\"end\",\"stdout\":\"\\\"operation\\\" \\u0000\"}\n";
    struct buffer shown = BUFFER_INIT;

    event_show_line(&shown, line, strlen(line));
    ck_assert_str_eq(buffer_text(&shown), "{\"event\":\"accepted\",\"attempt\":1,"
                                          "\"operation\":\"7\",\"request_id\":\"8\"}\n");
    buffer_done(&shown);
    event_show_line(&shown, other, strlen(other));
    ck_assert_str_eq(buffer_text(&shown), other);
    buffer_done(&shown);
}
END_TEST

static const struct {
    const char *name;
    const char *more; /* behind the last line */
    const char *words;
} tails[] = {
    {"a line behind the end", "{'event':'login'}\n", "line 13: damaged: a line after"},
    {"two ends",
     "{'event':'finish','time':'2026-11-23T03:00:06.000Z','ended':'2026-11-23T03:00:06.000Z',"
     "'duration_s':6.0,'ending':'signal','exit_status':143,'trouble':null,'counts':{'ok':1,"
     "'failed':0,'timeout':0,'error':0,'unknown':0,'cancelled':1,'skipped':1}}\n",
     "line 13: damaged: a line after"},
    {"two runs", base, "line 13: damaged: a line after"},
};

START_TEST(nothing_stands_behind_the_end)
{
    struct buffer text = changed("base", NULL, NULL);
    struct result result;
    size_t count;

    quote(&text, tails[_i].more, strlen(tails[_i].more));
    write_journal(text.data, text.length);
    check_refusal(tails[_i].name, tails[_i].words);
    ck_assert_msg(replay_summary(folder, &result, &count, &error) == -1, "%s", tails[_i].name);
    buffer_done(&text);
}
END_TEST

/* Lines that stand last in the journal of a run that goes on. */
static const struct {
    const char *name;
    const char *line;
} lasts[] = {
    {"accepted", "{'event':'accepted','time':'2026-11-23T03:00:03.000Z','at_s':3.0,'target':'a',"
                 "'attempt':1,'operation':'https://arm.example/a/operations/7','request_id':'r',"
                 "'correlation_id':'c','nonce':'00112233445566778899aabbccddeeff'}\n"},
    {"ask", "{'event':'ask','time':'2026-11-23T03:00:03.000Z','at_s':3.0,'target':'b',"
            "'attempt':1,'operation':'https://arm.example/a/operations/7','request_id':'r',"
            "'correlation_id':'c','nonce':'00112233445566778899aabbccddeeff','mark':'r-0',"
            "'may_run_until':'2026-11-23T03:00:09.000Z'}\n"},
    {"halt", "{'event':'halt','time':'2026-11-23T03:00:05.000Z','at_s':5.0,'ending':'signal',"
             "'signal':15,'cause':null}\n"},
};

/* Whoever looks for other runs on its VMs reads the end of their journals: it is no end yet, and
 * what has been read of it is given back. */
START_TEST(the_beginning_of_a_run_that_goes_on)
{
    struct buffer text = BUFFER_INIT;
    struct result result;

    quote(&text, base, (size_t)(strstr(base, "{'event':'end'") - base));
    quote(&text, lasts[_i].line, strlen(lasts[_i].line));
    write_journal(text.data, text.length);
    ck_assert_msg(replay_beginning(folder, &result, &error) == 0, "%s: %s", lasts[_i].name,
                  error.text);
    ck_assert_uint_eq(result.target_count, 3);
    ck_assert_int_ne(result.ending, RESULT_COMPLETE);
    result_done(&result);
    buffer_done(&text);
}
END_TEST

static const struct {
    const char *name;
    size_t lines;
} heads[] = {{"empty", 0}, {"the first line alone", 1}};

START_TEST(a_journal_without_a_run)
{
    struct buffer text = changed("base", NULL, NULL);

    write_journal(text.data, heads[_i].lines == 0 ? 0 : strcspn(text.data, "\n") + 1);
    check_refusal(heads[_i].name, "holds no run");
    buffer_done(&text);
}
END_TEST

START_TEST(no_journal_at_all)
{
    check_refusal("missing", "cannot open");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    check_refusal("a folder", "not a regular file");
}
END_TEST

/* A parser must not be led to the end of its stack. */
START_TEST(deep_lines_are_refused)
{
    struct buffer text = BUFFER_INIT;

    for (int i = 0; i < 100000; i++)
        buffer_add(&text, _i == 0 ? "[" : "{\"event\":");
    buffer_add(&text, "\n");
    write_journal(text.data, text.length);
    check_refusal("deep", "line 1: this is not a journal of azfan");
    buffer_done(&text);
}
END_TEST

/* Years of attempts, as no run has them: no sum of theirs may overflow. */
START_TEST(long_attempts_do_not_overflow)
{
    struct buffer text = BUFFER_INIT;
    const char *begin_of_start = strstr(base, "{'event':'start'");
    const char *begin_of_limit = strstr(base, "{'event':'limit'");
    const char *settled = strstr(base, "true,'started'");
    const char *duration = strstr(base, "1.0,'az_exit'");

    quote(&text, base, (size_t)(begin_of_start - base));
    for (int i = 0; i < 100; i++) {
        quote(&text, begin_of_start, (size_t)(settled - begin_of_start));
        buffer_add(&text, "false");
        quote(&text, settled + 4, (size_t)(duration - settled - 4));
        buffer_add(&text, "300000000.0");
        quote(&text, duration + 3, (size_t)(begin_of_limit - duration - 3));
    }
    write_journal(text.data, text.length);
    check_refusal("years", "damaged");
    buffer_done(&text);
}
END_TEST

/* ---- every key, replaced by everything ---- */

static json_t *replacement(size_t index)
{
    static const char *const texts[] = {"null",
                                        "true",
                                        "\"\"",
                                        "\"a\"",
                                        "\"2199-12-31T23:59:59.999Z\"",
                                        "0",
                                        "-1",
                                        "1.5",
                                        "-0.5",
                                        "1e300",
                                        "1e18",
                                        "1000000000000000000",
                                        "2147483648",
                                        "-9223372036854775808",
                                        "9223372036854775807",
                                        "300000000",
                                        "{}",
                                        "[]",
                                        "[{}]",
                                        "[null,1,\"a\"]",
                                        "{\"ok\":7}"};

    if (index >= sizeof texts / sizeof texts[0])
        return NULL;
    return json_loads(texts[index], JSON_DECODE_ANY, NULL);
}

/* What is made of a result by those who show it, or run it again. */
static void use(const struct result *result)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);

    json_write(stream, result);
    junit_write(stream, result);
    csv_write(stream, result);
    markdown_write(stream, result, NULL);
    plaintext_write(stream, result, &(struct view){.outputs = VIEW_GROUPED, .colour = true});
    for (size_t i = 0; i < result->target_count; i++)
        ck_assert_int_ge(result->targets[i].busy_until, 0);
    (void)fclose(stream);
    free(text);
}

static void read_whatever_it_is(const char *key)
{
    struct result result;
    size_t count;

    error.text[0] = '\0';
    if (replay_run(folder, &result, &error) == 0) {
        check_sound(key, &result);
        use(&result);
        check_summary(key);
        result_done(&result);
        return;
    }
    ck_assert_msg(strstr(error.text, path) != NULL, "%s: no path in: %s", key, error.text);
    if (replay_summary(folder, &result, &count, &error) == 0)
        result_done(&result);
}

static void read_lines_of(const json_t *lines, const char *key)
{
    struct buffer text = BUFFER_INIT;
    const json_t *event;
    size_t i;

    json_array_foreach(lines, i, event)
    {
        char *line = json_dumps(event, JSON_COMPACT);

        buffer_print(&text, "%s\n", line);
        free(line);
    }
    write_journal(text.data, text.length);
    read_whatever_it_is(key);
    buffer_done(&text);
}

static void replace_each(json_t *lines, json_t *value);

static void replace_in_object(json_t *lines, json_t *object, const char *key)
{
    json_t *old = json_incref(json_object_get(object, key));
    json_t *other;

    for (size_t i = 0; (other = replacement(i)) != NULL; i++) {
        json_object_set_new(object, key, other);
        read_lines_of(lines, key);
    }
    json_object_del(object, key);
    read_lines_of(lines, key);
    json_object_set(object, key, old);
    replace_each(lines, old);
    json_decref(old);
}

static void replace_in_array(json_t *lines, json_t *array, size_t index)
{
    json_t *old = json_incref(json_array_get(array, index));
    json_t *other;

    for (size_t i = 0; (other = replacement(i)) != NULL; i++) {
        json_array_set_new(array, index, other);
        read_lines_of(lines, "an element");
    }
    json_array_set(array, index, old);
    replace_each(lines, old);
    json_decref(old);
}

static void replace_each(json_t *lines, json_t *value)
{
    json_t *keys = json_array();
    const char *key;
    json_t *member;
    size_t i;

    json_object_foreach(value, key, member) json_array_append_new(keys, json_string(key));
    json_array_foreach(keys, i, member) replace_in_object(lines, value, json_string_value(member));
    for (i = 0; i < json_array_size(value); i++)
        replace_in_array(lines, value, i);
    json_decref(keys);
}

static json_t *load_base(void)
{
    struct buffer text = changed("base", NULL, NULL);
    json_t *lines = json_array();
    const char *line = text.data;

    while (*line != '\0') {
        size_t length = strcspn(line, "\n");

        json_array_append_new(lines, json_loadb(line, length, 0, NULL));
        line += length + 1;
    }
    buffer_done(&text);
    ck_assert_uint_eq(json_array_size(lines), BASE_LINES);
    return lines;
}

/* Whatever stands in a key, it is an error or a result that can be shown; and nothing leaks. */
START_TEST(no_key_is_trusted)
{
    json_t *lines = load_base();

    replace_each(lines, json_array_get(lines, (size_t)_i));
    json_decref(lines);
}
END_TEST

/* The same where the run has not come to its end: the summary reads all of it then. */
START_TEST(no_key_of_an_unfinished_run_is_trusted)
{
    json_t *lines = load_base();

    json_array_remove(lines, BASE_LINES - 1);
    replace_each(lines, json_array_get(lines, (size_t)_i));
    json_decref(lines);
}
END_TEST

/* ---- one that goes on ---- */

/* How much was seen of a run, and the kind of what was seen last. */
struct sight {
    size_t events;
    size_t bytes; /* of lines, with their newlines */
    enum event_kind last;
};

static void see(void *context, const struct result *result, const struct event *event,
                const char *line, size_t length)
{
    struct sight *sight = context;

    ck_assert_int_eq(line[length], '\0');
    ck_assert((result->targets != NULL) == (sight->events > 0));
    sight->events++;
    sight->bytes += length + 1;
    sight->last = event->kind;
}

/* Writes TEXT bit by bit, as somebody does who has the lock, and follows. The last state. */
static enum replay_state follow(const struct buffer *text, struct result *ret, struct sight *sight)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    enum replay_state state = REPLAY_GOING;
    struct replay_follow *follow;

    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    ck_assert_int_eq(replay_follow_open(&follow, folder, ret, &error), 0);
    for (size_t at = 0; at < text->length; at += 777) {
        size_t left = text->length - at;

        ck_assert_int_eq(state, REPLAY_GOING);
        ck_assert_int_eq(fd_write_all(fd, text->data + at, left < 777 ? left : 777), 0);
        ck_assert_int_eq(replay_follow_on(follow, see, sight, &state, &error), 0);
    }
    ck_assert(state == (sight->last == EVENT_FINISH ? REPLAY_ENDING : REPLAY_GOING));
    fd_close(&fd);
    ck_assert_int_eq(replay_follow_on(follow, see, sight, &state, &error), 0);
    if (state == REPLAY_GOING) /* nothing was started: it may yet be removed */
        ck_assert_int_eq(replay_follow_on(follow, see, sight, &state, &error), 0);
    replay_follow_close(follow);
    return state;
}

static void check_followed(const struct buffer *text)
{
    struct sight sight = {.events = 0};
    struct result result;
    struct result whole = replayed("whole");
    char *report;
    char *expected = report_of(&whole);

    ck_assert_int_eq(follow(text, &result, &sight), REPLAY_OVER);
    ck_assert_uint_eq(sight.bytes, text->length);
    report = report_of(&result);
    ck_assert_str_eq(report, expected);
    free(report);
    free(expected);
    result_done(&whole);
    result_done(&result);
}

/* Also where whoever wrote it was killed. */
START_TEST(what_is_followed_is_the_run)
{
    struct buffer text;

    record(&recordings[_i]);
    text = read_journal();
    check_followed(&text);
    buffer_done(&text);
    drop_last_line();
    text = read_journal();
    check_followed(&text);
    buffer_done(&text);
}
END_TEST

START_TEST(a_run_that_is_given_up_is_removed)
{
    struct sight sight = {.events = 0};
    enum replay_state state;
    struct replay_follow *follow;
    struct result result;

    begin();
    log_in("default");
    ck_assert_int_eq(journal_commit(&journal, &error), 0);
    ck_assert_int_eq(replay_follow_open(&follow, folder, &result, &error), 0);
    ck_assert_int_eq(replay_follow_on(follow, see, &sight, &state, &error), 0);
    ck_assert_int_eq(state, REPLAY_GOING);
    ck_assert_int_eq(sight.last, EVENT_LOGIN);
    ck_assert_int_eq(unlink(path), 0);
    journal_close(&journal);
    ck_assert_int_eq(replay_follow_on(follow, see, &sight, &state, &error), 0);
    ck_assert_int_eq(state, REPLAY_REMOVED);
    replay_follow_close(follow);
    result_done(&result);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *tests = tcase_create(name);

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return tests;
}

static Suite *replay_suite(void)
{
    Suite *suite = suite_create("replay");
    TCase *whole = add_case(suite, "whole");
    TCase *prefixes = add_case(suite, "prefixes");
    TCase *damaged = add_case(suite, "damaged");
    TCase *keys = add_case(suite, "keys");

    tcase_add_loop_test(whole, a_random_world_comes_back, 0, 300);
    tcase_add_loop_test(whole, a_replayed_report_is_the_same, 0, UNIT_COUNT(recordings));
    tcase_add_test(whole, others_see_an_operation_by_its_id);
    tcase_add_test(whole, what_a_rerun_needs_comes_back);
    tcase_add_test(whole, a_long_line_comes_back);
    tcase_add_loop_test(whole, a_summary_agrees, 0, UNIT_COUNT(recordings));
    tcase_add_test(whole, who_holds_the_lock_is_still_going_on);
    tcase_add_test(whole, a_run_that_begins_is_not_called_dead);
    tcase_add_loop_test(whole, what_is_followed_is_the_run, 0, UNIT_COUNT(recordings));
    tcase_add_test(whole, a_run_that_is_given_up_is_removed);
    tcase_add_loop_test(prefixes, every_line_tells_what_has_happened, 0, UNIT_COUNT(recordings));
    tcase_add_test(prefixes, every_byte_may_be_the_last);
    tcase_add_test(damaged, the_undamaged_one_is_read);
    tcase_add_test(damaged, the_mark_comes_back);
    tcase_add_test(damaged, what_is_not_known_is_passed_over);
    tcase_add_loop_test(damaged, damage_is_told, 0, UNIT_COUNT(damages));
    tcase_add_loop_test(damaged, nothing_stands_behind_the_end, 0, UNIT_COUNT(tails));
    tcase_add_loop_test(damaged, the_beginning_of_a_run_that_goes_on, 0, UNIT_COUNT(lasts));
    tcase_add_loop_test(damaged, a_journal_without_a_run, 0, UNIT_COUNT(heads));
    tcase_add_test(damaged, no_journal_at_all);
    tcase_add_loop_test(damaged, deep_lines_are_refused, 0, 2);
    tcase_add_test(damaged, long_attempts_do_not_overflow);
    tcase_add_loop_test(keys, no_key_is_trusted, 0, BASE_LINES);
    tcase_add_loop_test(keys, no_key_of_an_unfinished_run_is_trusted, HEAD_LINES, BASE_LINES - 1);
    return suite;
}

UNIT_MAIN(replay_suite)
