/* SPDX-License-Identifier: MIT */
/* What a small job file may cost: each of these would be minutes of work, and is refused at once.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/overrides.h"
#include "job/problems.h"
#include "unit/unit.h"

#define HEAD   "version: 1\nname: try\nscript: {inline: \"true\"}\n"
#define RG     HEAD "targets:\n  resource_group: rg\n"
#define LONG_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define MANY   RG "  vms: [\"" LONG_A "-[00001-99999]\"]\n"
#define SIXTY  "a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5"
#define KB                                                                                         \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static double seconds_of_work(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static struct problems problems;
static struct buffer text;

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

static struct job *load(const struct buffer *lines, const struct overrides *overrides)
{
    struct job *job =
        jobfile_parse("job.yaml", buffer_text(lines), lines->length, overrides, &problems);

    problems_print(&problems, &text);
    return job;
}

/* Adds ITEM, with NUMBER for each '#' in it. */
static void add_item(struct buffer *lines, const char *item, int number)
{
    for (; *item != '\0'; item++) {
        if (*item == '#')
            buffer_print(lines, "%d", number);
        else
            buffer_add_char(lines, *item);
    }
}

static const struct {
    const char *name;
    const char *head, *item, *tail;
    int count;
    const char *expected; /* NULL: it is a job, and cheap enough */
} files[] = {
    {"ranges", RG "  vms: [", "\"a[1-99999]\",", "]\n", 60000,
     "job.yaml:6:22: more than 100000 targets\n"},
    {"ranges without a group", HEAD "targets:\n  vms: [", "\"a[1-99999]\",", "]\n", 60000,
     "job.yaml:5:9: a[1-99999] has no resource group"},
    {"ranges whose last names are too long", RG "  vms: [", "\"" SIXTY "[1-99999]\",", "]\n", 10000,
     "job.yaml:6:9: \"" SIXTY "[1-99999]\": a VM's name has 1 to 64 characters"},
    {"one range with many brackets", RG "  vms: [\"[1-99999]", "[1]", "\"]\n", 59, NULL},
    {"globs", MANY "  exclude: [", "\"*b\",", "]\n", 100000,
     "\"*b\": up to here the patterns are too much work for 99999 targets"},
    {"one long glob", MANY "  exclude: [\"", "?*", "\"]\n", 400000, "job.yaml:7:13: \"?*?*"},
    {"stars", MANY "  exclude: [\"", "*", "b\"]\n", 1000000, "job.yaml:7:13: \"****"},
    {"a glob with a range of many numbers", MANY "  exclude: [\"*[1", ",1", "]*b\"]\n", 400000,
     "job.yaml:7:13: \"*[1,1,1"},
    {"ranges as patterns", MANY "  exclude: [",
     "\""
     "aaaaaaaaaa*-[00001-00002]b"
     "\",",
     "]\n", 30000, "up to here the patterns are too much work for 99999 targets"},
    {"names alone", MANY "  exclude: [", "\"" LONG_A "-00001\",", "]\n", 10000, NULL},
    {"names alone that are not there", MANY "  exclude: [", "web-#,", "]\n", 100000,
     "job.yaml:7:13: \"web-0\" matches none of 99999: " LONG_A "-[00001-01000] and 98999 more\n"},
    {"names that are near", MANY "  exclude: [", "\"" LONG_A "-9#x\",", "]\n", 10000,
     "job.yaml:7:13: \"" LONG_A "-90x\" matches no target; did you mean " LONG_A "-"},
    {"too many names", MANY "  exclude: [\"", LONG_A "-00001,", "x\"]\n", 100001,
     "job.yaml:7:13: more than 100000 names\n"},
    {"a range of too many", MANY "  exclude: [", "\"a[1-99999]\",", "]\n", 60000,
     "\"a[1-99999]\": up to here the patterns are too much work for 99999 targets"},
    {"groups", MANY "  exclude: [", "\"*r*g*/*\",", "]\n", 60000,
     "\"*r*g*/*\": up to here the patterns are too much work for 99999 targets"},
    {"ranges of groups", MANY "  exclude: [", "\"r[1-1000]/a[1-99999]\",", "]\n", 40000,
     "\"r[1-1000]/a[1-99999]\": up to here the patterns are too much work for 99999 targets"},
    {"parameters of many ranges", RG "  vms:\n",
     "    - {name: \"a#-[1-100]\", parameters: {X: " KB KB KB KB KB KB KB KB KB KB "}}\n", "", 900,
     "the parameters of all VMs of a725-[1-100] and of those before it are more than 64 MiB"},
};

/* Seconds of processor time: without a budget it is minutes. */
#ifdef __SANITIZE_THREAD__
enum { MOST_WORK = 60 }; /* which makes seconds of tenths */
#else
enum { MOST_WORK = 6 };
#endif

START_TEST(small_files_are_no_large_work)
{
    struct buffer lines = BUFFER_INIT;
    double start;
    struct job *job;

    buffer_add(&lines, files[_i].head);
    for (int i = 0; i < files[_i].count; i++)
        add_item(&lines, files[_i].item, i);
    buffer_add(&lines, files[_i].tail);
    start = seconds_of_work();
    job = load(&lines, NULL);
    ck_assert_msg(seconds_of_work() - start < MOST_WORK, "%s: %.1f s", files[_i].name,
                  seconds_of_work() - start);
    ck_assert_msg((job != NULL) == (files[_i].expected == NULL) &&
                      (job != NULL || strstr(buffer_text(&text), files[_i].expected) != NULL),
                  "%s: %.300s", files[_i].name, buffer_text(&text));
    job_free(job);
    buffer_done(&lines);
}
END_TEST

/* Each would be compared with each. */
START_TEST(parameters_and_settings_have_a_number)
{
    enum { MOST = 50000 };
    const char **settings = memory_zeroed(MOST, sizeof *settings);
    struct overrides overrides = {.settings = settings, .setting_count = MOST};
    struct buffer lines = BUFFER_INIT;

    for (int i = 0; i < MOST; i++)
        settings[i] = "A=b";
    buffer_add(&lines, "version: 1\nname: try\nscript:\n  inline: x\n  parameters:\n");
    for (int i = 0; i < MOST; i++)
        buffer_print(&lines, "    A%d: x\n", i);
    buffer_add(&lines, "targets: {resource_group: rg, vms: [a]}\n");
    ck_assert_ptr_null(load(&lines, &overrides));
    ck_assert_str_eq(buffer_text(&text), "azfan: --set: given more than 1000 times\n"
                                         "job.yaml:6:5: more than 1000 parameters\n");
    buffer_done(&lines);
    free(settings);
}
END_TEST

/* The budget is one for all: what the file leaves is for the command line. */
START_TEST(the_command_line_has_the_same_budget)
{
    enum { MOST = 1000 };
    const char *patterns[MOST];
    struct overrides overrides = {.excludes = patterns, .exclude_count = MOST};
    struct buffer lines = BUFFER_INIT;

    for (int i = 0; i < MOST; i++)
        patterns[i] = "*1*";
    buffer_add(&lines, MANY);
    ck_assert_ptr_null(load(&lines, &overrides));
    ck_assert_msg(strncmp(buffer_text(&text), "azfan: --exclude: \"*1*\": up to here", 35) == 0,
                  "%s", buffer_text(&text));
    tear_down();
    set_up();
    overrides = (struct overrides){.limits = patterns, .limit_count = MOST};
    ck_assert_ptr_null(load(&lines, &overrides));
    ck_assert_msg(strncmp(buffer_text(&text), "azfan: --limit: \"*1*\": up to here", 33) == 0, "%s",
                  buffer_text(&text));
    buffer_done(&lines);
}
END_TEST

/* Of web-[01-12] and db-1 in rg, web-01 in Rg2, and db-2 in RG3 of subscription TWO. */
#define TWO "00000000-0000-0000-0000-00000000000b"
#define ID3                                                                                        \
    "/subscriptions/" TWO "/resourceGroups/RG3/providers/Microsoft.Compute/virtualMachines/db-2"
#define VMS "  vms: [\"web-[01-12]\", db-1, {name: web-01, resource_group: Rg2}, \"" ID3 "\"]\n"

static const struct {
    const char *exclude;    /* of the job, as YAML; NULL: none */
    const char *options[4]; /* "limit", "exclude" or "inject" each with its value behind it */
    const char *expected;   /* the labels of those that are left, or the problems, with line ends */
} choices[] = {
    {"web-*", {NULL}, "db-1 db-2"},
    {"[\"web-[02-12]\", db-1]", {NULL}, "rg/web-01 Rg2/web-01 db-2"},
    {"\"web-[02-12], db-1\"", {NULL}, "rg/web-01 Rg2/web-01 db-2"},
    {"[rg/*, rg3/DB-2]", {NULL}, "Rg2/web-01"},
    {"[\"r?/web-*\", \"" ID3 "\"]", {NULL}, "db-1 Rg2/web-01"},
    {"\"rg[2-3]/*\"", {"limit", "db*"}, "db-1"},
    {"[\"nothing*\", \"rg9/w*\", \"web-[90-99]*\"]", {"limit", "db*"}, "db-1 db-2"},
    {"web-99", {NULL}, "job.yaml:7:12: \"web-99\" matches no target; did you mean web-09?\n"},
    {"[db-1, wbe-03]",
     {NULL},
     "job.yaml:7:19: \"wbe-03\" matches no target; did you mean web-03?\n"},
    {"\"web-[11-40]\"",
     {NULL},
     "job.yaml:7:12: web-[13-40] of web-[11-40] match no target; there is only web-[11-12]\n"},
    {"\"web-[12-13]\"",
     {NULL},
     "job.yaml:7:12: web-13 of web-[12-13] matches no target; there is only web-12\n"},
    {"\"web-[13-20]\"",
     {NULL},
     "job.yaml:7:12: \"web-[13-20]\" matches no target; did you mean web-10?\n"},
    {"rg2/web-02",
     {NULL},
     "job.yaml:7:12: \"rg2/web-02\" matches no target; did you mean rg/web-02?\n"},
    {"rg/wbe-02",
     {NULL},
     "job.yaml:7:12: \"rg/wbe-02\" matches no target; did you mean rg/web-02?\n"},
    {"\"rg[1-3]/db-2\"",
     {NULL},
     "job.yaml:7:12: rg1/db-2, rg2/db-2 of rg[1-3]/db-2 match no target; there is only rg3/db-2\n"},
    {"\"!db-1\"",
     {NULL},
     "job.yaml:7:12: \"!db-1\": a \"!\" is for --limit: every entry here names what is left out\n"},
    {"\"db-1,\"", {NULL}, "job.yaml:7:12: \"\": the name is empty\n"},
    {"\"@file\"",
     {NULL},
     "job.yaml:7:12: \"@file\": a VM's name has only letters, digits, \"-\", \"_\" and \".\"\n"},

    {NULL, {"limit", "rg2/WEB-01,db-1"}, "db-1 Rg2/web-01"},
    {NULL, {"limit", "web-01"}, "rg/web-01 Rg2/web-01"},
    {NULL, {"limit", "db-1", "limit", "web-[02,04], db-2"}, "web-02 web-04 db-1 db-2"},
    {NULL, {"limit", "!web-*"}, "db-1 db-2"},
    {NULL, {"limit", "web-0[1-3],!rg2/*,!web-02"}, "rg/web-01 web-03"},
    {NULL, {"limit", "!web-[03-12]", "limit", "web-*"}, "rg/web-01 web-02 Rg2/web-01"},
    {NULL, {"limit", "web-02", "exclude", "db-1"}, "web-02"},
    {NULL, {"limit", "web-02", "exclude", "web-02"}, ""},
    {"db-1", {"limit", "db-1"}, ""},
    {"db-1", {"exclude", "db-1", "limit", "db-*"}, "db-2"},
    {NULL, {"exclude", "rg/*, rg2/web-01"}, "db-2"},
    {NULL, {"limit", ID3}, "db-2"},
    {NULL, {"limit", TWO "/rg3/db-2"}, "db-2"},
    {NULL, {"limit", "web-02", "inject", "db-1=hang"}, "web-02"},
    {NULL, {"limit", "web-02", "inject", "!db-1,web-0*=exit:1@50"}, "web-02"},
    {NULL,
     {"limit", "nobody"},
     "azfan: --limit: \"nobody\" matches none of 15: rg/web-01, web-[02-12], db-[1-2], "
     "Rg2/web-01\n"},
    {NULL,
     {"limit", "wbe-03"},
     "azfan: --limit: \"wbe-03\" matches none of 15: rg/web-01, web-[02-12], db-[1-2], Rg2/web-01; "
     "did "
     "you "
     "mean web-03?\n"},
    {NULL,
     {"limit", "wbe-03,!nobody,db-3"},
     "azfan: --limit: \"wbe-03\" matches none of 15: rg/web-01, web-[02-12], db-[1-2], Rg2/web-01; "
     "did "
     "you "
     "mean web-03?\n"
     "azfan: --limit: \"nobody\" matches no target\n"
     "azfan: --limit: \"db-3\" matches no target; did you mean db-1?\n"},
    {NULL,
     {"limit", "zz*"},
     "azfan: --limit: \"zz*\" matches none of 15: rg/web-01, web-[02-12], db-[1-2], Rg2/web-01\n"},
    {NULL,
     {"exclude", "zz*"},
     "azfan: --exclude: \"zz*\" matches none of 15: rg/web-01, web-[02-12], db-[1-2], "
     "Rg2/web-01\n"},
    {NULL,
     {"exclude", "web-3"},
     "azfan: --exclude: \"web-3\" matches no target; did you mean web-03?\n"},
    {NULL,
     {"exclude", "!web-03"},
     "azfan: --exclude: \"!web-03\": a \"!\" is for --limit: every entry here names what is left "
     "out\n"},
    {NULL,
     {"inject", "web-98=hang"},
     "azfan: --inject: \"web-98\" matches no target; did you mean web-08?\n"},
    {NULL,
     {"inject", "rg9/*=hang"},
     "azfan: --inject: \"rg9/*\" matches none of 15: rg/web-01, web-[02-12], db-[1-2], "
     "Rg2/web-01\n"},
    {NULL, {"limit", ""}, "azfan: --limit: \"\": the name is empty\n"},
    {NULL,
     {"limit", "web-[01-13]"},
     "azfan: --limit: web-13 of web-[01-13] matches no target; there is only web-[01-12]\n"},
    /* A subscription that is named is the one that is meant, where the job names none. */
    {NULL, {"limit", TWO "/RG2/web-01"}, "Rg2/web-01"},
    {NULL,
     {"limit", "00000000-0000-0000-0000-00000000000c/rg3/db-2"},
     "azfan: --limit: \"00000000-0000-0000-0000-00000000000c/rg3/db-2\" matches none of 15: "
     "rg/web-01, "
     "web-[02-12], db-[1-2], Rg2/web-01; did you mean " TWO "/RG3/db-2?\n"},
};

START_TEST(chosen)
{
    const char *limits[2];
    const char *excludes[1];
    const char *injections[1];
    struct overrides overrides = {.limits = limits, .excludes = excludes, .injections = injections};
    struct buffer lines = BUFFER_INIT;
    struct job *job;

    for (size_t i = 0; i < 4 && choices[_i].options[i] != NULL; i += 2) {
        const char *value = choices[_i].options[i + 1];

        if (strcmp(choices[_i].options[i], "limit") == 0)
            limits[overrides.limit_count++] = value;
        else if (strcmp(choices[_i].options[i], "exclude") == 0)
            excludes[overrides.exclude_count++] = value;
        else
            injections[overrides.injection_count++] = value;
    }
    buffer_add(&lines, RG VMS);
    if (choices[_i].exclude != NULL)
        buffer_print(&lines, "  exclude: %s\n", choices[_i].exclude);
    job = load(&lines, &overrides);
    for (size_t i = 0; job != NULL && i < job->target_count; i++)
        buffer_print(&text, "%s%s", i > 0 ? " " : "", job->targets[i].label);
    ck_assert_str_eq(buffer_text(&text), choices[_i].expected);
    job_free(job);
    buffer_done(&lines);
}
END_TEST

/* The one that is named is the one that is reached. */
START_TEST(a_subscription_is_taken)
{
    const char *const limits[] = {TWO "/rg2/web-01"};
    struct overrides overrides = {.limits = limits, .limit_count = 1};
    struct buffer lines = BUFFER_INIT;
    struct job *job;

    buffer_add(&lines, RG VMS);
    job = load(&lines, &overrides);
    ck_assert_uint_eq(job->target_count, 1);
    ck_assert_str_eq(job->targets[0].subscription, TWO);
    job_free(job);
    buffer_done(&lines);
    /* But not where another target is that VM. */
    buffer_add(&lines, RG "  vms: [a, {name: a, subscription: " TWO "}]\n");
    overrides.limits = (const char *const[]){TWO "/rg/a"};
    job = load(&lines, &overrides);
    ck_assert_uint_eq(job->target_count, 1);
    ck_assert_str_eq(job->targets[0].label, TWO "/rg/a");
    job_free(job);
    /* And what is left out is left out whichever subscription az has. */
    overrides = (struct overrides){.excludes = overrides.limits, .exclude_count = 1};
    job = load(&lines, &overrides);
    ck_assert_uint_eq(job->target_count, 0);
    job_free(job);
    overrides =
        (struct overrides){.limits = (const char *const[]){"a,!" TWO "/rg/a"}, .limit_count = 1};
    job = load(&lines, &overrides);
    ck_assert_uint_eq(job->target_count, 0);
    job_free(job);
    buffer_done(&lines);
}
END_TEST

/* What is wrong with the list is told, not what follows from that; and an empty list is none. */
START_TEST(a_list_that_is_wrong_says_nothing_of_names)
{
    struct buffer lines = BUFFER_INIT;

    buffer_add(&lines, RG "  vms: [\"web-[3-1]\"]\n  exclude: web-01\n");
    ck_assert_ptr_null(load(&lines, NULL));
    ck_assert_str_eq(buffer_text(&text), "job.yaml:6:9: \"web-[3-1]\": the range [3-1] runs "
                                         "backwards: the smaller number comes first\n");
    buffer_done(&lines);
}
END_TEST

/* Of a past run's VMs the job's own exclude may name some that were left out then. */
START_TEST(targets_of_a_past_run)
{
    const char *const limits[] = {"web-02"};
    struct overrides overrides = {.standard_input = "web-01\nweb-02\n"};
    struct buffer lines = BUFFER_INIT;
    struct job *job;

    buffer_add(&lines, RG "  file: \"-\"\n  exclude: web-03\n");
    job = load(&lines, &overrides);
    ck_assert_msg(job != NULL && job->target_count == 2, "%s", buffer_text(&text));
    job_free(job);
    overrides.limits = limits;
    overrides.limit_count = 1;
    job = load(&lines, &overrides);
    ck_assert(job != NULL && job->target_count == 1);
    job_free(job);
    overrides.limits = (const char *const[]){"web-03"};
    ck_assert_ptr_null(load(&lines, &overrides));
    buffer_done(&lines);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("selection");
    TCase *tests = tcase_create("all");

    tcase_set_timeout(tests, 20); /* Check takes it times CK_TIMEOUT_MULTIPLIER */
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, small_files_are_no_large_work, 0, UNIT_COUNT(files));
    tcase_add_test(tests, parameters_and_settings_have_a_number);
    tcase_add_test(tests, the_command_line_has_the_same_budget);
    tcase_add_loop_test(tests, chosen, 0, UNIT_COUNT(choices));
    tcase_add_test(tests, a_subscription_is_taken);
    tcase_add_test(tests, a_list_that_is_wrong_says_nothing_of_names);
    tcase_add_test(tests, targets_of_a_past_run);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
