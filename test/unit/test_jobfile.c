/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/strings.h"
#include "job/arguments.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/limits.h"
#include "job/names.h"
#include "job/outcome.h"
#include "job/overrides.h"
#include "job/parameters.h"
#include "job/problems.h"
#include "sys/file.h"
#include "unit/folder.h"
#include "unit/unit.h"

#define BAD    "test/jobs-bad"
#define GUID   "00000000-0000-0000-0000-000000000001"
#define HEAD   "version: 1\nname: try\nscript: {inline: \"true\"}\n"
#define PLACES "targets: {resource_group: rg, vms: [a, b, \"c-[1-3]\"]}\n"

static struct problems problems;
static struct buffer text; /* what problems print */
static struct strings bad_jobs = STRINGS_INIT;

static void set_up(void)
{
    memset(&problems, 0, sizeof problems);
    memset(&text, 0, sizeof text);
}

static void tear_down(void)
{
    problems_done(&problems);
    buffer_done(&text);
}

/* Loads the job that LINES make, as if it were FOLDER/job.yaml. */
static struct job *load(const char *lines, const struct overrides *overrides)
{
    char *path = memory_print("%s/job.yaml", folder);
    struct job *job = jobfile_parse(path, lines, strlen(lines), overrides, &problems);

    free(path);
    problems_print(&problems, &text);
    return job;
}

static void write_file(const char *name, const char *bytes, size_t length)
{
    char *path = memory_print("%s/%s", folder, name);
    struct error error;

    ck_assert_msg(file_write(path, 0600, bytes, length, &error) == 0, "%s", error.text);
    free(path);
}

static struct job *load_well(const char *lines, const struct overrides *overrides)
{
    struct job *job = load(lines, overrides);

    ck_assert_msg(job != NULL && problems_total(&problems) == 0, "%s", buffer_text(&text));
    return job;
}

/* LINES must give exactly one problem with WANTED in it. */
static void load_badly(const char *lines, const struct overrides *overrides, const char *wanted)
{
    struct job *job = load(lines, overrides);

    ck_assert_msg(job == NULL, "%s: no problem", wanted);
    ck_assert_msg(problems_total(&problems) == 1 && strstr(buffer_text(&text), wanted) != NULL,
                  "expected \"%s\", got: %s", wanted, buffer_text(&text));
}

START_TEST(defaults)
{
    struct job *job = load_well(HEAD PLACES, NULL);

    ck_assert_str_eq(job->name, "try");
    ck_assert_ptr_null(job->description);
    ck_assert_str_eq(job->script, "true");
    ck_assert_uint_eq(job->script_length, 4);
    ck_assert_ptr_null(job->script_file);
    ck_assert_str_eq(job->script_digest,
                     "b5bea41b6c623f7c09f1bf24dcae58ebab3c0cdd90ad966bc43a45b44867e12b");
    ck_assert_uint_eq(strlen(job->digest), JOB_DIGEST_SIZE - 1);
    ck_assert_int_eq(job->shell, JOB_SH);
    ck_assert_int_eq(job->concurrency, 30);
    ck_assert_int_eq(job->timeout, 220 * NUMBER_SECOND);
    ck_assert_int_eq(job->script_timeout, 130 * NUMBER_SECOND);
    ck_assert_int_eq(job->deadline, 0);
    ck_assert_int_eq(job->kill_grace, 2 * NUMBER_SECOND);
    ck_assert_uint_eq(job->output_limit, 1024 * 1024);
    ck_assert_str_eq(job->az, "az");
    ck_assert_int_eq(job->retry.attempts, 1);
    ck_assert_uint_eq(job->retry.on, 0);
    ck_assert(!job->idempotent);
    ck_assert_ptr_null(job->batches);
    ck_assert_uint_eq(job->batch_count, 0);
    ck_assert_int_eq(job->pause_between, 0);
    ck_assert(!job->has_max_failures);
    ck_assert_int_eq(job->on_halt, JOB_DRAIN);
    ck_assert_uint_eq(job->target_count, 5);
    ck_assert_str_eq(job->targets[4].name, "c-3");
    ck_assert_str_eq(job->targets[4].label, "c-3");
    ck_assert_str_eq(job->targets[4].resource_group, "rg");
    ck_assert_ptr_null(job->targets[4].subscription);
    job_free(job);
}
END_TEST

START_TEST(everything)
{
    static const char hosts[] =
        "\xef\xbb\xbf# all of them\r\nf-[1-2]  # two\r\n\n   \n\tf-2\r\n/subscriptions/" GUID
        "/resourceGroups/g3/providers/Microsoft.Compute/virtualMachines/f-3";
    struct job *job;

    ck_assert_int_eq(setenv("AZFAN_TEST_TOKEN", "s3cret", 1), 0);
    write_file("run.ps1", "a\r\nb\r\n", 6);
    write_file("hosts.txt", hosts, strlen(hosts));
    job = load_well("version: 1\nname: A.b_c-1\ndescription: 'what: it does'\nrunbook: docs/x.md\n"
                    "script:\n  file: run.ps1\n  shell: powershell\n  parameters:\n"
                    "    SERVICE: 007\n    EMPTY: \"\"\n    TOKEN: {env: AZFAN_TEST_TOKEN}\n"
                    "targets:\n  subscription: " GUID "\n  resource_group: rg\n  vms:\n"
                    "    - 007\n    - no\n"
                    "    - /subscriptions/" GUID
                    "/resourceGroups/g2/providers/Microsoft.Compute/virtualMachines/no\n"
                    "    - {name: \"m-[1-2]\", resource_group: g4, parameters: {ROLE: primary}}\n"
                    "    - NO\n    - x-canary\n    - gone\n"
                    "  file: hosts.txt\n  exclude: [gone, \"*-canary\"]\n"
                    "concurrency: 3\ntimeout: \"2m30s\"\nscript_timeout: 100s\ndeadline: 1h\n"
                    "kill_grace: 0s\noutput_limit: 64KiB\naz: /opt/az\n",
                    NULL);
    ck_assert_str_eq(job->description, "what: it does");
    ck_assert_str_eq(job->runbook, "docs/x.md");
    ck_assert_str_eq(job->script, "a\r\nb\r\n"); /* PowerShell keeps its line ends */
    ck_assert_ptr_nonnull(strstr(job->script_file, "/run.ps1"));
    ck_assert_int_eq(job->shell, JOB_POWERSHELL);
    ck_assert_uint_eq(job->parameters.count, 3);
    ck_assert_str_eq(job->parameters.list[0].value, "007");
    ck_assert_str_eq(job->parameters.list[1].value, "");
    ck_assert(!job->parameters.list[1].secret);
    ck_assert_str_eq(job->parameters.list[2].value, "s3cret");
    ck_assert(job->parameters.list[2].secret);
    ck_assert_int_eq(job->timeout, 150 * NUMBER_SECOND);
    ck_assert_int_eq(job->script_timeout, 100 * NUMBER_SECOND);
    ck_assert_int_eq(job->deadline, NUMBER_HOUR);
    ck_assert_int_eq(job->kill_grace, 0);
    ck_assert_uint_eq(job->output_limit, 65536);
    ck_assert_str_eq(job->az, "/opt/az");
    ck_assert_uint_eq(job->target_count, 8);
    ck_assert_str_eq(job->targets[0].name, "007");
    ck_assert_str_eq(job->targets[1].label, "rg/no");
    ck_assert_str_eq(job->targets[2].label, "g2/no");
    ck_assert_str_eq(job->targets[4].name, "m-2");
    ck_assert_str_eq(job->targets[4].parameters.list[0].value, "primary");
    ck_assert_str_eq(job->targets[4].subscription, GUID);
    ck_assert_str_eq(job->targets[6].name, "f-2");
    ck_assert_str_eq(job->targets[7].resource_group, "g3");
    job_free(job);
}
END_TEST

/* SHARE as a job file has it, for comparisons. */
static char *print_share(struct job_share share)
{
    return memory_print("%d%s", share.value, share.percent ? "%" : "");
}

static void check_shares(const struct job *job, const char *const *expected, size_t count)
{
    ck_assert_uint_eq(job->batch_count, count);
    for (size_t i = 0; i < count; i++) {
        char *share = print_share(job->batches[i]);

        ck_assert_str_eq(share, expected[i]);
        free(share);
    }
}

static void check_args(const struct job_parameters *args, const char *const *values, size_t count,
                       const char *secrets)
{
    ck_assert_uint_eq(args->count, count);
    for (size_t i = 0; i < count; i++) {
        char *name = memory_print("%zu", i + 1);

        ck_assert_str_eq(args->list[i].name, name);
        ck_assert_str_eq(args->list[i].value, values[i]);
        ck_assert_int_eq(args->list[i].secret, secrets[i] == '*');
        free(name);
    }
}

#define ARGS_HEAD "version: 1\nname: try\nscript:\n  inline: a\n"
#define ARGS_SCRIPT                                                                                \
    "  args: [a b, \"\", -x, 5, true, 1.50, ~, {env: TEST_ARG}, \"l1\\nl2\\r\\n\", \xc3\xa4, "     \
    "--]\n"
#define ARGS_VMS                                                                                   \
    "targets:\n  resource_group: rg\n  vms: [{name: a, args: [{env: TEST_ARG}, b]}, "              \
    "{name: \"b-[1-2]\", args: [c]}, c]\n"

/* A position that is a secret once is one everywhere. */
START_TEST(arguments)
{
    static const char *const common[] = {
        "a b", "", "-x", "5", "true", "1.50", "~", "it's secret", "l1\nl2\r\n", "\xc3\xa4", "--"};
    static const char *const own[] = {"it's secret", "b"};
    static const char *const words[] = {"x", "", "--set"};
    struct overrides overrides = {.has_args = true, .args = words, .arg_count = 3};
    struct job *job;

    setenv("TEST_ARG", "it's secret", 1);
    job = load_well(ARGS_HEAD ARGS_SCRIPT ARGS_VMS, NULL);
    check_args(&job->args, common, UNIT_COUNT(common), "*------*---");
    check_args(&job->targets[0].args, own, 2, "*-");
    check_args(&job->targets[2].args, (const char *const[]){"c"}, 1, "*");
    ck_assert_uint_eq(job->targets[3].args.count, 0);
    ck_assert(arguments_is_secret(job, 0) && arguments_is_secret(job, 7));
    ck_assert(!arguments_is_secret(job, 1) && !arguments_is_secret(job, 70));
    job_free(job);
    unsetenv("TEST_ARG"); /* what does not count is not asked for */
    job = load_well(ARGS_HEAD ARGS_SCRIPT ARGS_VMS, &overrides);
    check_args(&job->args, words, 3, "*--");
    for (size_t i = 0; i < job->target_count; i++)
        ck_assert_uint_eq(job->targets[i].args.count, 0);
    job_free(job);
    overrides.arg_count = 0;
    job = load_well(ARGS_HEAD ARGS_SCRIPT ARGS_VMS, &overrides);
    ck_assert_uint_eq(job->args.count, 0);
    job_free(job);
}
END_TEST

START_TEST(wrong_arguments_of_the_command_line)
{
    const char *const words[1001] = {"a", "\xff"};
    const struct overrides overrides = {
        .has_args = true, .args = words, .arg_count = _i == 0 ? 2 : 1001};

    load_badly(HEAD PLACES, &overrides,
               _i == 0 ? "--: the value of argument 2 is not UTF-8\n"
                       : "--: more than 1000 arguments\n");
}
END_TEST

START_TEST(statuses_that_are_ok)
{
    static const struct {
        const char *script; /* a mapping's inside */
        int list[4];
        size_t count;
    } rows[] = {
        {"inline: a", {0}, 0},
        {"inline: a, ok_status: 3", {3}, 1},
        {"inline: a, ok_status: [255, 0, 1]", {255, 0, 1}, 3},
        {"inline: a, ok_status: [007]", {7}, 1},
        {"inline: a, shell: powershell, ok_status: [0, 3010, -2147483648, 2147483647]",
         {0, 3010, INT32_MIN, INT32_MAX},
         4},
    };

    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        char *file = memory_print("version: 1\nname: try\nscript: {%s}\n" PLACES, rows[i].script);
        struct job *job = load_well(file, NULL);

        ck_assert_uint_eq(job->ok.count, rows[i].count);
        ck_assert_mem_eq(job->ok.list, rows[i].list, rows[i].count * sizeof(int));
        job_free(job);
        free(file);
    }
}
END_TEST

START_TEST(steps)
{
    static const char *const expected[] = {"1", "10%", "100000", "1%", "100%"};
    struct job *job = load_well(HEAD PLACES "batches: [1, 10%, 100000, \"1%\", 100%]\n"
                                            "pause_between: 24h\nmax_failures: 10%\n"
                                            "on_halt: stop\nidempotent: true\n",
                                NULL);

    check_shares(job, expected, UNIT_COUNT(expected));
    ck_assert_int_eq(job->pause_between, 24 * NUMBER_HOUR);
    ck_assert(job->has_max_failures);
    ck_assert(job->max_failures.percent);
    ck_assert_int_eq(job->max_failures.value, 10);
    ck_assert_int_eq(job->on_halt, JOB_STOP);
    ck_assert(job->idempotent);
    job_free(job);
}
END_TEST

START_TEST(steps_at_their_limits)
{
    static const char *const expected[] = {"25%"};
    struct job *job = load_well(HEAD PLACES "batches: 25%\npause_between: 0s\nmax_failures: 0\n"
                                            "on_halt: drain\nidempotent: false\n",
                                NULL);

    check_shares(job, expected, UNIT_COUNT(expected));
    ck_assert_int_eq(job->pause_between, 0);
    ck_assert(job->has_max_failures); /* none may fail: not the same as no limit */
    ck_assert(!job->max_failures.percent);
    ck_assert_int_eq(job->max_failures.value, 0);
    ck_assert_int_eq(job->on_halt, JOB_DRAIN);
    ck_assert(!job->idempotent);
    job_free(job);
}
END_TEST

START_TEST(as_many_batches_as_may_be)
{
    struct buffer lines = BUFFER_INIT;
    struct job *job;

    buffer_add(&lines, HEAD PLACES "batches:\n");
    for (int i = 0; i < 1000; i++)
        buffer_add(&lines, "- 1\n");
    job = load_well(buffer_text(&lines), NULL);
    ck_assert_uint_eq(job->batch_count, 1000);
    job_free(job);
    buffer_done(&lines);
}
END_TEST

static const struct {
    const char *timeout;
    int64_t expected; /* milliseconds */
} script_timeouts[] = {{"220s", 130000},
                       {"181s", 91000},
                       {"180s", 90000},
                       {"100s", 50000},
                       {"100ms", 50},
                       {"90m", 5310000},
                       {"24h", 5310000},
                       {"220s\nscript_grace: 0s", 130000},
                       {"220s\nscript_grace: 5s", 130000},
                       {"220s\nscript_grace: 6s", 129000},
                       {"220s\nscript_grace: 1m5s", 80000},
                       {"220s\nscript_grace: 215s", 5000},
                       {"24h\nscript_grace: 10m", 4715000}};

/* What messages and the schema say is what counts. */
START_TEST(the_words_of_limits_are_their_numbers)
{
    struct error error;
    int64_t longest;

    ck_assert_int_eq(number_parse_duration(LIMITS_SCRIPT_TIME_TEXT, &longest, &error), 0);
    ck_assert_int_eq(longest, LIMITS_SCRIPT_TIME);
    ck_assert_int_eq(strtol(LIMITS_REQUEST_TEXT, NULL, 10) * NUMBER_MINUTE, LIMITS_REQUEST);
    ck_assert_int_eq(strtol(LIMITS_OVERHEAD_TEXT, NULL, 10) * NUMBER_SECOND, LIMITS_OVERHEAD);
    ck_assert_int_eq(strtol(LIMITS_AZ_MEMORY_TEXT, NULL, 10) * 1024 * 1024, LIMITS_AZ_MEMORY);
}
END_TEST

START_TEST(script_timeout_follows_timeout)
{
    char *lines = memory_print(HEAD PLACES "timeout: %s\n", script_timeouts[_i].timeout);
    struct job *job = load_well(lines, NULL);

    ck_assert_msg(job->script_timeout == script_timeouts[_i].expected * NUMBER_MILLISECOND, "%s",
                  script_timeouts[_i].timeout);
    job_free(job);
    free(lines);
}
END_TEST

START_TEST(line_ends_for_a_shell)
{
    struct job *job;

    write_file("run.sh", "a\r\nb\rc\r\r\n", 9);
    job = load_well("version: 1\nname: try\nscript: {file: run.sh}\n" PLACES, NULL);
    ck_assert_str_eq(job->script, "a\nb\rc\r\n");
    ck_assert_uint_eq(job->script_length, 7);
    /* of the file, not of what is sent: printf 'a\r\nb\rc\r\r\n' | sha256sum */
    ck_assert_str_eq(job->script_digest,
                     "1cb3b15b4c40972f81b989ad15424e1d856b2bb91002bfcf1f0dfe20ce4cbd45");
    job_free(job);
}
END_TEST

START_TEST(overrides_go_over_the_file)
{
    const char *const values[] = {"A=x", "B=1=2", "A=y", "TOKEN=other"};
    const char *const limits[] = {"c-[1-2]", "A"};
    const char *const excludes[] = {"c-2"};
    const struct overrides overrides = {.concurrency = 7,
                                        .timeout = 100 * NUMBER_SECOND,
                                        .deadline = NUMBER_MINUTE,
                                        .az = "./az",
                                        .settings = values,
                                        .setting_count = 4,
                                        .limits = limits,
                                        .limit_count = 2,
                                        .excludes = excludes,
                                        .exclude_count = 1};
    struct job *job = load_well("version: 1\nname: try\nscript:\n  inline: x\n  parameters:\n"
                                "    A: a\n    TOKEN: {env: AZFAN_TEST_UNSET}\n    B: b\n" PLACES
                                "timeout: 10s\nconcurrency: 2\naz: old\n",
                                &overrides);

    ck_assert_int_eq(job->concurrency, 7);
    ck_assert_int_eq(job->timeout, 100 * NUMBER_SECOND);
    ck_assert_int_eq(job->script_timeout, 50 * NUMBER_SECOND);
    ck_assert_int_eq(job->deadline, NUMBER_MINUTE);
    ck_assert_str_eq(job->az, "./az");
    ck_assert_uint_eq(job->parameters.count, 3);
    ck_assert_str_eq(job->parameters.list[0].value, "y");
    ck_assert_str_eq(job->parameters.list[1].value,
                     "other"); /* and its variable is not asked for */
    ck_assert(job->parameters.list[1].secret);
    ck_assert_str_eq(job->parameters.list[2].name, "B");
    ck_assert_str_eq(job->parameters.list[2].value, "1=2");
    ck_assert_uint_eq(job->target_count, 2);
    ck_assert_str_eq(job->targets[1].name, "c-1");
    job_free(job);
}
END_TEST

/* A variable is set for all jobs, an option for one. */
static const struct {
    const char *client;
    const char *identity;
    const char *variable;
    enum job_identity wanted;
    const char *problem; /* NULL: none */
} identities[] = {
    {"az", NULL, "managed", JOB_IDENTITY_AZ, NULL},
    {"az", "az", "managed", JOB_IDENTITY_AZ, NULL},
    {"az", NULL, "nonsense", JOB_IDENTITY_AZ, NULL},
    {"az", "managed", NULL, JOB_IDENTITY_AZ, "--identity: managed needs client: rest"},
    {"rest", NULL, "managed", JOB_IDENTITY_MANAGED, NULL},
    {"rest", "workload", "managed", JOB_IDENTITY_WORKLOAD, NULL},
    {"rest", NULL, NULL, JOB_IDENTITY_AZ, NULL},
    {"rest", NULL, "nonsense", JOB_IDENTITY_AZ, "AZFAN_IDENTITY: must be"},
};

START_TEST(whose_identity)
{
    static const char lines[] =
        HEAD "targets: {subscription: 00000000-0000-0000-0000-000000000001, resource_group: rg, "
             "vms: [a]}\n";
    const struct overrides overrides = {.client = identities[_i].client,
                                        .identity = identities[_i].identity,
                                        .identity_variable = identities[_i].variable};
    struct job *job;

    if (identities[_i].problem != NULL) {
        load_badly(lines, &overrides, identities[_i].problem);
        return;
    }
    job = load_well(lines, &overrides);
    ck_assert_int_eq(job->identity, identities[_i].wanted);
    job_free(job);
}
END_TEST

START_TEST(overrides_of_the_rules)
{
    const struct overrides overrides = {.script_timeout = 20 * NUMBER_SECOND,
                                        .attempts = 5,
                                        .batches = "1,10%",
                                        .max_failures = "0"};
    const struct overrides once = {.attempts = 1};
    struct job *job = load_well(HEAD PLACES "script_timeout: 100s\nbatches: [2, 3, 4]\n"
                                            "max_failures: 10%\nretry: {delay: 7s, on: busy}\n",
                                &overrides);

    ck_assert_int_eq(job->script_timeout, 20 * NUMBER_SECOND);
    ck_assert_int_eq(job->retry.attempts, 5);
    ck_assert_int_eq(job->retry.delay, 7 * NUMBER_SECOND);
    ck_assert_uint_eq(job->retry.on, outcome_bit(REASON_BUSY));
    ck_assert_uint_eq(job->batch_count, 2);
    ck_assert(!job->batches[0].percent && job->batches[0].value == 1);
    ck_assert(job->batches[1].percent && job->batches[1].value == 10);
    ck_assert(job->has_max_failures && !job->max_failures.percent && job->max_failures.value == 0);
    job_free(job);

    job = load_well(HEAD PLACES, &overrides);
    ck_assert_uint_eq(job->retry.on, outcome_repeated_by_default());
    ck_assert_int_eq(job->retry.delay, 30 * NUMBER_SECOND);
    job_free(job);

    job = load_well(HEAD PLACES "retry: {}\n", &once);
    ck_assert_int_eq(job->retry.attempts, 1);
    job_free(job);
}
END_TEST

static const struct {
    const char *name;
    struct overrides overrides;
    const char *job;
    const char *expected;
} wrong_rules[] = {
    {"longer than the attempt",
     {.script_timeout = 221 * NUMBER_SECOND},
     HEAD PLACES,
     "--script-timeout: script_timeout must not be longer than timeout (3m40s)\n"},
    {"longer than the attempt of this run",
     {.script_timeout = 20 * NUMBER_SECOND, .timeout = 10 * NUMBER_SECOND},
     HEAD PLACES,
     "--script-timeout: script_timeout must not be longer than --timeout (10s)\n"},
    {"with its grace longer than the attempt",
     {.script_timeout = 200 * NUMBER_SECOND},
     HEAD PLACES "script_grace: 30s\n",
     "--script-timeout: script_timeout and script_grace together must not be longer than timeout "
     "(3m40s)\n"},
    {"longer than Azure waits",
     {.script_timeout = 2 * NUMBER_HOUR, .timeout = 3 * NUMBER_HOUR},
     HEAD PLACES,
     "--script-timeout: script_timeout must not be longer than 90 minutes: then Run Command ends"},
    {"a damaged journal's batches",
     {.batches = "1,0"},
     HEAD PLACES "batches: 2\n",
     "--batches: must be from 1 to 100000, not 0\n"},
    {"a damaged journal's failures",
     {.max_failures = "1,2"},
     HEAD PLACES,
     "--max-failures: must be a whole count (0 to 100000) or percentage (0% to 100%), written like "
     "5 or 10%\n"},
};

START_TEST(wrong_overrides_of_the_rules)
{
    load_badly(wrong_rules[_i].job, &wrong_rules[_i].overrides, wrong_rules[_i].expected);
}
END_TEST

/* What is too late in the file does not count, and is not looked at. */
START_TEST(a_script_timeout_goes_over_a_wrong_one)
{
    const struct overrides overrides = {.script_timeout = 5 * NUMBER_SECOND,
                                        .timeout = 10 * NUMBER_SECOND};
    struct job *job = load_well(HEAD PLACES "script_timeout: 100s\n", &overrides);

    ck_assert_int_eq(job->script_timeout, 5 * NUMBER_SECOND);
    job_free(job);
}
END_TEST

START_TEST(nothing_selected_is_no_error)
{
    const char *const names[] = {"a"};
    const struct overrides overrides = {
        .limits = names, .limit_count = 1, .excludes = names, .exclude_count = 1};
    struct job *job = load_well(HEAD PLACES, &overrides);

    ck_assert_uint_eq(job->target_count, 0);
    job_free(job);
}
END_TEST

static const struct {
    const char *setting;
    const char *expected;
} settings[] = {
    {"s3cret", "--set: write NAME=VALUE\n"},
    {"=s3cret", "--set: \"\" is not a name for a parameter"},
    {"A-B=s3cret", "--set: \"A-B\" is not a name for a parameter"},
    {"AZFAN_RUN=s3cret", "--set: AZFAN_RUN is set by azfan itself"},
    {"A=s3cret\xff", "--set: the value of A is not UTF-8\n"},
    {"TOKEN=", "--set: TOKEN is a secret and must not be empty\n"},
    {"TOKNE=s3cret", "--set: the job declares no parameter TOKNE; did you mean TOKEN?\n"},
    {"token=s3cret", "--set: the job declares no parameter token; did you mean TOKEN?\n"},
    {"GREETING=s3cret",
     "--set: the job declares no parameter GREETING: declare it under parameters in script\n"},
};

START_TEST(wrong_settings)
{
    const struct overrides overrides = {.settings = &settings[_i].setting, .setting_count = 1};

    ck_assert_int_eq(setenv("AZFAN_TEST_TOKEN", "s3cret", 1), 0);
    load_badly("version: 1\nname: try\nscript:\n  inline: x\n"
               "  parameters: {TOKEN: {env: AZFAN_TEST_TOKEN}}\n" PLACES,
               &overrides, settings[_i].expected);
    ck_assert_msg(strstr(buffer_text(&text), "s3cret") == NULL, "%s: shows the value",
                  settings[_i].expected);
}
END_TEST

/* Of one VM, also of one that is left out, is of the job; a past run's need not be of it. */
static const struct {
    const char *name;
    const char *script; /* what the script section has besides its text */
    const char *setting;
    size_t kept;
    const char *expected; /* NULL: it is right */
} declarations[] = {
    {"of the script", "parameters: {ROLE: x}", "ROLE=y", 0, NULL},
    {"of the script, to nothing", "parameters: {ROLE: x}", "ROLE=", 0, NULL},
    {"of a VM", "", "OWN=y", 0, NULL},
    {"of a VM that is excluded", "", "GONE=y", 0, NULL},
    {"nearest of a VM", "", "OWM=y", 0, "no parameter OWM; did you mean OWN?"},
    {"nearest of all", "parameters: {OVEN: x}", "OVER=y", 0, "did you mean OVEN?"},
    {"of a past run", "", "ELSEWHERE=y", 1, NULL},
    {"PowerShell has no case", "shell: powershell, parameters: {ROLE: x}", "role=y", 0, NULL},
};

START_TEST(settings_are_declared)
{
    char *file = memory_print("version: 1\nname: try\nscript: {inline: x, %s}\n"
                              "targets:\n  resource_group: rg\n  exclude: c*\n"
                              "  vms: [a, {name: b, parameters: {OWN: x}}, "
                              "{name: c, parameters: {GONE: x}}]\n",
                              declarations[_i].script);
    const struct overrides overrides = {.settings = &declarations[_i].setting,
                                        .setting_count = 1,
                                        .settings_kept = declarations[_i].kept};

    if (declarations[_i].expected != NULL)
        load_badly(file, &overrides, declarations[_i].expected);
    else
        job_free(load_well(file, &overrides));
    free(file);
}
END_TEST

START_TEST(a_job_without_parameters_takes_no_setting)
{
    const char *const setting = "GREETING=hello";
    const struct overrides overrides = {.settings = &setting, .setting_count = 1};

    load_badly(HEAD PLACES, &overrides,
               "--set: the job declares no parameter, and so not GREETING: declare it under "
               "parameters in script\n");
}
END_TEST

START_TEST(wrong_patterns)
{
    const char *const patterns[] = {"web-[3-1]"};
    const struct overrides excludes = {.excludes = patterns, .exclude_count = 1};
    const struct overrides limits = {.limits = patterns, .limit_count = 1};

    load_badly(HEAD PLACES, &excludes, "--exclude: \"web-[3-1]\": the range [3-1] runs backwards");
    problems_done(&problems);
    buffer_done(&text);
    load_badly(HEAD PLACES, &limits, "--limit: \"web-[3-1]\": the range [3-1] runs backwards");
}
END_TEST

START_TEST(timeout_option_below_script_timeout)
{
    const struct overrides overrides = {.timeout = NUMBER_MINUTE};

    load_badly(HEAD PLACES "script_timeout: 90s\n", &overrides,
               "job.yaml:5:17: script_timeout must not be longer than --timeout (1m)\n");
}
END_TEST

/* Each job has a parameter TOKEN with the value "plain", the only one, of vm b or of the script. */
static const struct {
    const char *name;
    const char *script; /* what the script section has besides its text */
    const char *vms;
    const char *setting; /* NULL: none */
    const char *limit;   /* likewise */
    bool secret;
} secrets[] = {
    {"nowhere a secret", "", "a, {name: b, parameters: {TOKEN: plain}}", NULL, NULL, false},
    {"another parameter is", "parameters: {OTHER: {env: AZFAN_TEST_TOKEN}}",
     "a, {name: b, parameters: {TOKEN: plain}}", NULL, NULL, false},
    {"of the script's", "parameters: {TOKEN: {env: AZFAN_TEST_TOKEN}}",
     "{name: b, parameters: {TOKEN: plain}}", NULL, NULL, true},
    {"of another VM", "",
     "{name: a, parameters: {TOKEN: {env: AZFAN_TEST_TOKEN}}}, "
     "{name: b, parameters: {TOKEN: plain}}",
     NULL, NULL, true},
    {"of a later VM", "",
     "{name: b, parameters: {TOKEN: plain}}, "
     "{name: c, parameters: {TOKEN: {env: AZFAN_TEST_TOKEN}}}",
     NULL, NULL, true},
    {"of a VM only, the script's is not", "parameters: {TOKEN: plain}",
     "{name: a, parameters: {TOKEN: {env: AZFAN_TEST_TOKEN}}}, b", NULL, NULL, true},
    {"of a VM only, set", "", "{name: a, parameters: {TOKEN: {env: AZFAN_TEST_UNSET}}}, b",
     "TOKEN=plain", NULL, true},
    {"of a VM that is left out, set", "",
     "{name: a, parameters: {TOKEN: {env: AZFAN_TEST_TOKEN}}}, b", "TOKEN=plain", "b", true},
    {"of a VM that is left out", "",
     "{name: a, parameters: {TOKEN: {env: AZFAN_TEST_TOKEN}}}, "
     "{name: b, parameters: {TOKEN: plain}}",
     NULL, "b", true},
    {"of a VM that is excluded", "",
     "{name: x, parameters: {TOKEN: {env: AZFAN_TEST_TOKEN}}}, "
     "{name: b, parameters: {TOKEN: plain}}",
     NULL, NULL, true},
    {"of another case", "", "{name: a, parameters: {token: {env: AZFAN_TEST_TOKEN}}}, b",
     "TOKEN=plain", NULL, false},
    {"of another case, in PowerShell", "shell: powershell",
     "{name: a, parameters: {token: {env: AZFAN_TEST_TOKEN}}}, b", "TOKEN=plain", NULL, true},
};

static const struct job_parameter *find_plain(const struct job_parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++) {
        if (strcmp(parameters->list[i].name, "TOKEN") == 0 &&
            strcmp(parameters->list[i].value, "plain") == 0)
            return &parameters->list[i];
    }
    return NULL;
}

START_TEST(a_secret_is_a_name)
{
    const struct overrides overrides = {.settings = &secrets[_i].setting,
                                        .setting_count = secrets[_i].setting != NULL,
                                        .settings_kept = secrets[_i].setting != NULL,
                                        .limits = &secrets[_i].limit,
                                        .limit_count = secrets[_i].limit != NULL};
    const struct job_parameter *found;
    struct buffer file = BUFFER_INIT;
    struct job *job;

    ck_assert_int_eq(setenv("AZFAN_TEST_TOKEN", "s3cret", 1), 0);
    buffer_print(&file,
                 "version: 1\nname: try\nscript:\n  inline: x\n  %s\n"
                 "targets: {resource_group: rg, exclude: x*, vms: [%s]}\n",
                 secrets[_i].script, secrets[_i].vms);
    job = load_well(buffer_text(&file), &overrides);
    found = find_plain(&job->parameters);
    for (size_t i = 0; found == NULL && i < job->target_count; i++)
        found = find_plain(&job->targets[i].parameters);
    ck_assert_msg(found != NULL && found->secret == secrets[_i].secret, "%s", secrets[_i].name);
    ck_assert_msg(parameters_is_secret(job, "TOKEN") == secrets[_i].secret, "%s", secrets[_i].name);
    buffer_done(&file);
    job_free(job);
}
END_TEST

START_TEST(wrong_secrets_are_not_shown)
{
    ck_assert_int_eq(setenv("AZFAN_TEST_TOKEN", "s3cret\xff", 1), 0);
    load_badly("version: 1\nname: try\nscript:\n  inline: x\n"
               "  parameters: {TOKEN: {env: AZFAN_TEST_TOKEN}}\n" PLACES,
               NULL, "job.yaml:5:23: the value of TOKEN is not UTF-8\n");
    ck_assert_ptr_null(strstr(buffer_text(&text), "s3cret"));
    problems_done(&problems);
    buffer_done(&text);
    ck_assert_int_eq(setenv("AZFAN_TEST_TOKEN", "", 1), 0);
    load_badly("version: 1\nname: try\nscript:\n  inline: x\n"
               "  parameters: {TOKEN: {env: AZFAN_TEST_TOKEN}}\n" PLACES,
               NULL, "the environment variable AZFAN_TEST_TOKEN is empty\n");
}
END_TEST

/* Files that cannot be kept in git. */
START_TEST(script_file_that_is_no_file)
{
    static const char job[] = "version: 1\nname: try\nscript: {file: special.sh}\n" PLACES;
    char *path = memory_print("%s/special.sh", folder);
    char *large = memory_zeroed(LIMITS_SCRIPT + 1, 1);

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    load_badly(job, NULL, "it is a FIFO\n");
    problems_done(&problems);
    buffer_done(&text);
    ck_assert_int_eq(unlink(path), 0);
    memset(large, ':', LIMITS_SCRIPT + 1);
    write_file("special.sh", large, LIMITS_SCRIPT + 1);
    load_badly(job, NULL, "is too large: more than 190 KiB\n");
    problems_done(&problems);
    buffer_done(&text);
    write_file("special.sh", large, LIMITS_SCRIPT);
    job_free(load_well(job, NULL));
    free(large);
    free(path);
}
END_TEST

START_TEST(targets_from_standard_input)
{
    char *path = memory_print("%s/list", folder);
    struct job *job;

    write_file("list", "a\nb # two\n", 10);
    ck_assert_ptr_nonnull(freopen(path, "r", stdin));
    free(path);
    job = load_well(HEAD "targets: {resource_group: rg, file: \"-\"}\n", NULL);
    ck_assert_uint_eq(job->target_count, 2);
    job_free(job);
}
END_TEST

START_TEST(files_that_are_no_job)
{
    char *path = memory_print("%s/nowhere.yaml", folder);
    char *large = memory_zeroed(JOB_FILE_LIMIT + 1, 1);

    ck_assert_ptr_null(jobfile_load(path, NULL, &problems));
    ck_assert_ptr_null(jobfile_load(folder, NULL, &problems));
    write_file("large.yaml", large, JOB_FILE_LIMIT + 1);
    free(path);
    path = memory_print("%s/large.yaml", folder);
    ck_assert_ptr_null(jobfile_load(path, NULL, &problems));
    problems_print(&problems, &text);
    ck_assert_uint_eq(problems.count, 3);
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "nowhere.yaml: No such file or directory\n"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "it is a folder\n"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "is too large: more than 1024 KiB\n"));
    free(large);
    free(path);
}
END_TEST

/* A small file must not become a large job. */
START_TEST(parameters_of_a_range_are_bounded)
{
    struct buffer lines = BUFFER_INIT;

    buffer_add(&lines, HEAD "targets:\n  resource_group: rg\n  vms:\n"
                            "    - {name: \"a-[1-100000]\", parameters: {X: ");
    for (int i = 0; i < 1000; i++)
        buffer_add(&lines, "x");
    buffer_add(&lines, "}}\n");
    load_badly(buffer_text(&lines), NULL,
               "the parameters of all VMs of a-[1-100000] are more than");
    buffer_done(&lines);
}
END_TEST

/* ---- what is right, but may not be meant ----------------------------------------------------- */

#define FILE_JOB(name) "version: 1\nname: try\nscript: {file: " name "}\n" PLACES
#define POWERSHELL_JOB(name)                                                                       \
    "version: 1\nname: try\nscript: {shell: powershell, file: " name "}\n" PLACES
#define INLINE_JOB(text) "version: 1\nname: try\nscript:\n  inline: " text "\n" PLACES
#define SERVICE(name)    "  parameters: {SERVICE: " name "}"

static const struct {
    const char *lines;
    const char *file; /* the script's */
    const char *script;
    const char *expected; /* of the remark, with its place; NULL: there is none */
} remarks[] = {
    {FILE_JOB("a.sh"), "a.sh", "true\n", NULL},
    {FILE_JOB("a"), "a", "true\n", NULL},
    {FILE_JOB("a.ps1"), "a.ps1", "Get-Date\n", "/a.ps1:1:1: warning: the suffix is PowerShell's"},
    {FILE_JOB("a.PS1"), "a.PS1", "Get-Date\n", "the suffix is PowerShell's"},
    {FILE_JOB("a.psm1"), "a.psm1", "Get-Date\n", "the suffix is PowerShell's"},
    {FILE_JOB("a.ps1"), "a.ps1", "#!/usr/bin/pwsh\nGet-Date\n", NULL},
    {FILE_JOB("a.py"), "a.py", "print(1)\n", "/a.py:1:1: warning: the suffix is that of Python"},
    {FILE_JOB("a.py"), "a.py", "#!/usr/bin/env python3\nprint(1)\n", NULL},
    {FILE_JOB("a.py"), "a.py", "# x\n#!/usr/bin/python3\nprint(1)\n", "/a.py:2:1: warning: #!"},
    {FILE_JOB("a.bat"), "a.bat", "dir\n", "the suffix is that of cmd.exe"},
    {FILE_JOB("a.pl"), "a.pl", "print 1\n", "the suffix is that of Perl"},
    {FILE_JOB("a.rb"), "a.rb", "puts 1\n", "the suffix is that of Ruby"},
    {FILE_JOB("a.bash"), "a.bash", "echo\n", "the suffix is that of bash"},
    {FILE_JOB("a.txt"), "a.txt", "echo\n", NULL},
    {POWERSHELL_JOB("a.ps1"), "a.ps1", "Get-Date\n", NULL},
    {POWERSHELL_JOB("a.sh"), "a.sh", "date\n", "the suffix is that of a shell, and PowerShell"},
    {POWERSHELL_JOB("a.py"), "a.py", "#!/usr/bin/python3\n1\n", "PowerShell"},
    {POWERSHELL_JOB("a"), "a", "#!/bin/sh\ndate\n", "#! is a comment for PowerShell"},
    {FILE_JOB("a"), "a", "\n#!/bin/bash\ntrue\n", "/a:2:1: warning: #! counts only"},
    {FILE_JOB("a"), "a", "  #!/bin/bash\ntrue\n", "/a:1:1: warning: #! counts only"},
    {FILE_JOB("a"), "a", "# mine\r\n\r\n#!/bin/bash\r\ntrue\r\n", "/a:3:1: warning: #! counts"},
    {FILE_JOB("a"), "a", "#!/bin/sh\n#!/bin/bash\ntrue\n", NULL},
    {FILE_JOB("a"), "a", "cat >b <<E\n#!/bin/sh\nE\n", NULL},
    {INLINE_JOB("|\n\n    #!/bin/bash\n    true\n"), NULL, NULL,
     "/job.yaml:6:1: warning: #! counts only"},
    {INLINE_JOB("\"# a\\n#!/bin/bash\\ntrue\""), NULL, NULL, "/job.yaml:4:11: warning: #!"},
    {FILE_JOB("a"), "a", "true\ntrue\rtrue\ntrue\n", "/a:2:1: warning: a carriage return"},
    {FILE_JOB("a"), "a", "true\r\ntrue\r\n", NULL},
    {INLINE_JOB("\"printf 'a\\rb'\""), NULL, NULL, NULL},
    {INLINE_JOB(">\n    echo a\n    # more\n    echo b\n"), NULL, NULL,
     "/job.yaml:4:11: warning: the script was folded by >"},
    {INLINE_JOB(">\n    echo a\n    echo b\n"), NULL, NULL, NULL},
    {INLINE_JOB("|\n    echo a # more\n    echo b\n"), NULL, NULL, NULL},
    {INLINE_JOB("|\n    true\n    systemctl restart walinuxagent\n"), NULL, NULL,
     "/job.yaml:6:1: warning: this seems to stop the VM's own agent"},
    {INLINE_JOB("systemctl restart waagent.service"), NULL, NULL, "the VM's own agent"},
    {INLINE_JOB("apt-get -y purge walinuxagent"), NULL, NULL, "the VM's own agent"},
    {INLINE_JOB("service walinuxagent stop"), NULL, NULL, "the VM's own agent"},
    {INLINE_JOB("/etc/init.d/walinuxagent restart"), NULL, NULL, "the VM's own agent"},
    {INLINE_JOB("pkill -f /usr/sbin/waagent"), NULL, NULL, "the VM's own agent"},
    {INLINE_JOB("systemctl restart \"$SERVICE\"\n" SERVICE("walinuxagent")), NULL, NULL,
     "/job.yaml:4:11: warning: this seems to stop the VM's own agent"},
    {INLINE_JOB("systemctl restart ${SERVICE}d\n" SERVICE("nginx walinuxagent")), NULL, NULL,
     "the VM's own agent"},
    {INLINE_JOB("|\n    for s in nginx walinuxagent; do\n      systemctl restart $s\n    done\n"),
     NULL, NULL, "/job.yaml:6:1: warning: this seems"},
    {INLINE_JOB("|\n    A=waagent\n    systemctl stop $A\n"), NULL, NULL, "the VM's own agent"},
    {INLINE_JOB("systemctl restart \"$SERVICE\"\n" SERVICE("nginx")), NULL, NULL, NULL},
    {INLINE_JOB("systemctl status \"$SERVICE\"\n" SERVICE("walinuxagent")), NULL, NULL, NULL},
    {INLINE_JOB("|\n    systemctl status walinuxagent\n    systemctl restart nginx\n"), NULL, NULL,
     NULL},
    {INLINE_JOB("|\n    # systemctl restart walinuxagent\n    true\n"), NULL, NULL, NULL},
    {INLINE_JOB("systemctl restart app --log /var/lib/waagent/x"), NULL, NULL, NULL},
    {INLINE_JOB("systemctl restart my-walinuxagent-watcher"), NULL, NULL, NULL},
    {INLINE_JOB("Restart-Service WindowsAzureGuestAgent\n  shell: powershell"), NULL, NULL,
     "the VM's own agent"},
    {INLINE_JOB("Get-Service RdAgent | Restart-Service\n  shell: powershell"), NULL, NULL,
     "the VM's own agent"},
    {INLINE_JOB("$s = 'RdAgent'; Stop-Service $s\n  shell: powershell"), NULL, NULL,
     "the VM's own agent"},
    {INLINE_JOB("taskkill /f /im WaAppAgent.exe\n  shell: powershell"), NULL, NULL,
     "the VM's own agent"},
    {INLINE_JOB("Restart-Service W32Time\n  shell: powershell"), NULL, NULL, NULL},
    {HEAD PLACES "timeout: 2h\nscript_timeout: 90m\n", NULL, NULL,
     "/job.yaml:6:17: warning: Run Command ends the request of every script after 90 minutes"},
    {HEAD PLACES "timeout: 2h\nscript_timeout: 88m31s\n", NULL, NULL, "of more than 1h28m30s"},
    {HEAD PLACES "timeout: 2h\nscript_timeout: 88m30s\n", NULL, NULL, NULL},
    {HEAD PLACES "timeout: 2h\nscript_timeout: 88m30s\nscript_grace: 6s\n", NULL, NULL,
     "of more than 1h28m29s"},
    {HEAD PLACES "timeout: 2h\nscript_timeout: 88m30s\nscript_grace: 0s\n", NULL, NULL, NULL},
    {HEAD PLACES "timeout: 4h\n", NULL, NULL, NULL},
};

START_TEST(what_may_not_be_meant)
{
    const char *wanted = remarks[_i].expected;
    struct job *job;

    if (remarks[_i].file != NULL)
        write_file(remarks[_i].file, remarks[_i].script, strlen(remarks[_i].script));
    job = load_well(remarks[_i].lines, NULL);
    if (job->remarks != NULL)
        problems_print(job->remarks, &text);
    if (wanted == NULL)
        ck_assert_msg(text.length == 0, "row %d: %s", _i, buffer_text(&text));
    else
        ck_assert_msg(strstr(buffer_text(&text), wanted) != NULL, "row %d: expected %s, got: %s",
                      _i, wanted, buffer_text(&text));
    job_free(job);
}
END_TEST

/* Comments are not all of it: none of these is refused. */
static const char *const works[] = {
    INLINE_JOB("|\n    # first\n    true\n"),
    INLINE_JOB(">\n    true\n    # then\n"),
    INLINE_JOB(">\n    #!/bin/bash -e\n\n    true\n"),
    INLINE_JOB(">\n    #!/usr/bin/env -S A=1 bash -e\n\n    true\n"),
    INLINE_JOB("'$a #'\n  shell: powershell"),
    INLINE_JOB("'<# a #> Get-Date'\n  shell: powershell"),
    INLINE_JOB("\"# a\\rGet-Date\"\n  shell: powershell"),
};

START_TEST(a_comment_is_not_all)
{
    job_free(load_well(works[_i], NULL));
}
END_TEST

/* test/jobs-bad: each NAME.yaml gives exactly NAME.expected. */
static int is_job(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return dot != NULL && strcmp(dot, ".yaml") == 0;
}

static void find_bad_jobs(void)
{
    struct dirent **entries = NULL;
    int count = scandir(BAD, &entries, is_job, alphasort);

    for (int i = 0; i < count; i++) {
        strings_add(&bad_jobs, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

START_TEST(bad_job)
{
    const char *name = bad_jobs.list[_i];
    char *path = memory_print(BAD "/%s", name);
    char *expected_path = memory_print(BAD "/%.*s.expected", (int)strlen(name) - 5, name);
    struct buffer expected = BUFFER_INIT;
    struct error error;

    ck_assert_msg(file_read(expected_path, 65536, &expected, &error) == 0, "%s", error.text);
    ck_assert_msg(jobfile_load(path, NULL, &problems) == NULL, "%s: no problem", name);
    problems_print(&problems, &text);
    ck_assert_msg(strcmp(buffer_text(&text), buffer_text(&expected)) == 0,
                  "%s: expected:\n%sbut got:\n%s", name, buffer_text(&expected),
                  buffer_text(&text));
    buffer_done(&expected);
    free(expected_path);
    free(path);
}
END_TEST

START_TEST(bad_jobs_are_there)
{
    ck_assert_uint_ge(bad_jobs.count, 160);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("jobfile");
    TCase *tests = tcase_create("parse");
    TCase *bad = tcase_create("jobs-bad");

    find_bad_jobs();
    tcase_add_unchecked_fixture(tests, folder_make, folder_remove);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, defaults);
    tcase_add_test(tests, everything);
    tcase_add_test(tests, arguments);
    tcase_add_loop_test(tests, wrong_arguments_of_the_command_line, 0, 2);
    tcase_add_test(tests, statuses_that_are_ok);
    tcase_add_test(tests, steps);
    tcase_add_test(tests, steps_at_their_limits);
    tcase_add_test(tests, as_many_batches_as_may_be);
    tcase_add_test(tests, the_words_of_limits_are_their_numbers);
    tcase_add_loop_test(tests, script_timeout_follows_timeout, 0, UNIT_COUNT(script_timeouts));
    tcase_add_test(tests, line_ends_for_a_shell);
    tcase_add_test(tests, overrides_go_over_the_file);
    tcase_add_loop_test(tests, whose_identity, 0, UNIT_COUNT(identities));
    tcase_add_test(tests, overrides_of_the_rules);
    tcase_add_test(tests, a_script_timeout_goes_over_a_wrong_one);
    tcase_add_loop_test(tests, wrong_overrides_of_the_rules, 0, UNIT_COUNT(wrong_rules));
    tcase_add_test(tests, nothing_selected_is_no_error);
    tcase_add_loop_test(tests, wrong_settings, 0, UNIT_COUNT(settings));
    tcase_add_loop_test(tests, settings_are_declared, 0, UNIT_COUNT(declarations));
    tcase_add_test(tests, a_job_without_parameters_takes_no_setting);
    tcase_add_test(tests, wrong_patterns);
    tcase_add_test(tests, timeout_option_below_script_timeout);
    tcase_add_test(tests, wrong_secrets_are_not_shown);
    tcase_add_loop_test(tests, a_secret_is_a_name, 0, UNIT_COUNT(secrets));
    tcase_add_test(tests, script_file_that_is_no_file);
    tcase_add_test(tests, targets_from_standard_input);
    tcase_add_test(tests, files_that_are_no_job);
    tcase_add_test(tests, parameters_of_a_range_are_bounded);
    tcase_add_loop_test(tests, what_may_not_be_meant, 0, UNIT_COUNT(remarks));
    tcase_add_loop_test(tests, a_comment_is_not_all, 0, UNIT_COUNT(works));
    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(bad, set_up, tear_down);
    tcase_add_test(bad, bad_jobs_are_there);
    tcase_add_loop_test(bad, bad_job, 0, (int)bad_jobs.count);
    suite_add_tcase(suite, bad);
    return suite;
}

UNIT_MAIN(make_suite)
