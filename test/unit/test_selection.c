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
#include "job/problems.h"
#include "unit/unit.h"

#define HEAD  "version: 1\nname: try\nscript: {inline: \"true\"}\n"
#define RG    HEAD "targets:\n  resource_group: rg\n"
#define MANY  RG "  vms: [\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-[00001-99999]\"]\n"
#define SIXTY "a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5"
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

static struct job *load(const struct buffer *lines, const struct jobfile_overrides *overrides)
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
     "\"*b\": up to here the patterns are too much work with 99999 targets"},
    {"one long glob", MANY "  exclude: [\"", "?*", "\"]\n", 400000, "job.yaml:7:13: \"?*?*"},
    {"stars", MANY "  exclude: [\"", "*", "b\"]\n", 1000000, "job.yaml:7:13: \"****"},
    {"a glob with a range of many numbers", MANY "  exclude: [\"*[1", ",1", "]*b\"]\n", 400000,
     "job.yaml:7:13: \"*[1,1,1"},
    {"ranges as patterns", MANY "  exclude: [",
     "\""
     "aaaaaaaaaa*-[00001-00002]b"
     "\",",
     "]\n", 30000, "up to here the patterns are too much work with 99999 targets"},
    {"names alone", MANY "  exclude: [", "web-01,", "]\n", 100000, NULL},
    {"parameters of many ranges", RG "  vms:\n",
     "    - {name: \"a#-[1-100]\", parameters: {X: " KB KB KB KB KB KB KB KB KB KB "}}\n", "", 900,
     "the parameters of all VMs of a725-[1-100] and of those before it are more than 64 MiB"},
};

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
    /* of processor time; without a budget it is minutes, and a sanitizer makes seconds of tenths */
    ck_assert_msg(seconds_of_work() - start < 6, "%s: %.1f s", files[_i].name,
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
    struct jobfile_overrides overrides = {.settings = settings, .setting_count = MOST};
    struct buffer lines = BUFFER_INIT;

    for (int i = 0; i < MOST; i++)
        settings[i] = "A=b";
    buffer_add(&lines, "version: 1\nname: try\nscript:\n  inline: x\n  parameters:\n");
    for (int i = 0; i < MOST; i++)
        buffer_print(&lines, "    A%d: x\n", i);
    buffer_add(&lines, "targets: {resource_group: rg, vms: [a]}\n");
    ck_assert_ptr_null(load(&lines, &overrides));
    ck_assert_str_eq(buffer_text(&text), "--set: given more than 1000 times\n"
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
    struct jobfile_overrides overrides = {.excludes = patterns, .exclude_count = MOST};
    struct buffer lines = BUFFER_INIT;

    for (int i = 0; i < MOST; i++)
        patterns[i] = "*b";
    buffer_add(&lines, MANY);
    ck_assert_ptr_null(load(&lines, &overrides));
    ck_assert_msg(strncmp(buffer_text(&text), "--exclude: \"*b\": up to here", 27) == 0, "%s",
                  buffer_text(&text));
    tear_down();
    set_up();
    overrides = (struct jobfile_overrides){.limits = patterns, .limit_count = MOST};
    ck_assert_ptr_null(load(&lines, &overrides));
    ck_assert_msg(strncmp(buffer_text(&text), "--limit: \"*b\": up to here", 25) == 0, "%s",
                  buffer_text(&text));
    buffer_done(&lines);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("selection");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, small_files_are_no_large_work, 0, UNIT_COUNT(files));
    tcase_add_test(tests, parameters_and_settings_have_a_number);
    tcase_add_test(tests, the_command_line_has_the_same_budget);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
