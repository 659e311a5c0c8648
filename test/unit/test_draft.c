/* SPDX-License-Identifier: MIT */
/* The job file of a job that nobody wrote: loaded, it is the job that was meant. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "job/draft.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/problems.h"
#include "sys/file.h"
#include "unit/folder.h"
#include "unit/unit.h"

#define ONE "00000000-0000-0000-0000-000000000001"
#define ID                                                                                         \
    "/subscriptions/" ONE "/resourceGroups/rg-id/providers/Microsoft.Compute/virtualMachines/vm"

static struct buffer text;

static void set_up(void)
{
    text = (struct buffer)BUFFER_INIT;
}

static void tear_down(void)
{
    buffer_done(&text);
}

/* Where a test's lists are: the program's own folder. */
static void write_list(const char *name, const char *list)
{
    char *path = memory_print("%s/%s", folder, name);
    struct error error;

    ck_assert_int_eq(file_write(path, 0600, list, strlen(list), &error), 0);
    free(path);
}

static struct job *load(void)
{
    struct problems problems = {.count = 0};
    struct buffer told = BUFFER_INIT;
    struct job *job = jobfile_parse("job.yaml", buffer_text(&text), text.length, NULL, &problems);

    problems_print(&problems, &told);
    ck_assert_msg(job != NULL, "%s%s", buffer_text(&told), buffer_text(&text));
    problems_done(&problems);
    buffer_done(&told);
    return job;
}

static const char *const scripts[] = {
    "uptime\n",
    "df -h '/my disk' | tail -1 # \"all\"\n",
    "  starts with blanks\n",
    "a: b\n- c\n",
    "cat <<E\n  two\n\n\ttab\n \nE\n",
    "echo '\xc3\xa4 \xe2\x82\xac'\n",
    "\n\nafter empty lines\n",
    "%TAG\n",
    "--- \n...\n",
};

START_TEST(a_script_arrives_as_it_is)
{
    const char *const targets[] = {"web-01"};
    const struct draft draft = {.name = "exec",
                                .script = scripts[_i],
                                .resource_group = "rg",
                                .targets = targets,
                                .target_count = 1};
    const char *wrong;
    struct error error;
    struct job *job;

    ck_assert_int_eq(draft_write(&draft, &text, &wrong, &error), 0);
    job = load();
    ck_assert_str_eq(job->script, scripts[_i]);
    ck_assert_ptr_null(job->script_file);
    ck_assert_int_eq(job->shell, JOB_SH);
    job_free(job);
}
END_TEST

START_TEST(targets_in_every_form)
{
    char *hosts = memory_print("@%s/hosts", folder);
    const char *const targets[] = {"web-[01-02], db-1", "rg-[1-2]/app", ONE "/rg-x/vm", ID, hosts};
    const struct draft draft = {.name = "exec-x",
                                .script = "true\n",
                                .resource_group = "rg",
                                .subscription = "00000000-0000-0000-0000-000000000002",
                                .targets = targets,
                                .target_count = 5};
    static const char *const expected[] = {"rg/web-01",     "rg/web-02",    "rg/db-1",
                                           "rg-1/app",      "rg-2/app",     ONE "/rg-x/vm",
                                           ONE "/rg-id/vm", "rg/listed-01", "rg-y/listed-02"};
    const char *wrong;
    struct error error;
    struct job *job;

    write_list("hosts", "listed-01 # one\n\nrg-y/listed-02\n");
    ck_assert_int_eq(draft_write(&draft, &text, &wrong, &error), 0);
    job = load();
    ck_assert_uint_eq(job->target_count, UNIT_COUNT(expected));
    for (size_t i = 0; i < job->target_count; i++) {
        const struct job_target *target = &job->targets[i];
        struct buffer found = BUFFER_INIT;

        if (strcmp(target->subscription, ONE) == 0)
            buffer_add(&found, ONE "/");
        buffer_print(&found, "%s/%s", target->resource_group, target->name);
        ck_assert_str_eq(buffer_text(&found), expected[i]);
        buffer_done(&found);
    }
    job_free(job);
    free(hosts);
}
END_TEST

START_TEST(a_script_file_and_a_group_that_is_none)
{
    const char *const targets[] = {"web-01"};
    struct draft draft = {.name = "exec-fix",
                          .shell = JOB_POWERSHELL,
                          .script_file = "/a \"quoted\\ path\x01/fix.ps1",
                          .resource_group = "rg\nvms: []",
                          .targets = targets,
                          .target_count = 1};
    struct problems problems = {.count = 0};
    struct buffer told = BUFFER_INIT;
    const char *wrong;
    struct error error;

    ck_assert_int_eq(draft_write(&draft, &text, &wrong, &error), 0);
    ck_assert_ptr_null(jobfile_parse("job.yaml", buffer_text(&text), text.length, NULL, &problems));
    problems_print(&problems, &told);
    ck_assert_ptr_nonnull(
        strstr(buffer_text(&told), "cannot open /a \"quoted\\ path\\x01/fix.ps1"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&told), "is not a resource group"));
    problems_done(&problems);
    buffer_done(&told);
}
END_TEST

static const struct {
    const char *target, *group, *expected;
} wrong_targets[] = {
    {"web-*", "rg", "a * or ? means VMs of a job, and here is none"},
    {"rg-?/web", NULL, "a * or ? means VMs of a job, and here is none"},
    {"!web-01", "rg", "a \"!\" is for --limit"},
    {"web-[01", "rg", "a bracket is not closed"},
    {"web-01", NULL, "no resource group: give one with -g, or write GROUP/NAME"},
    {"web-01,,web-02", "rg", "the name is empty"},
    {"", "rg", "the name is empty"},
    {"@gone", "rg", "/gone: No such file or directory"},
    {"@bad", "rg", "/bad:2:1: a * or ? means VMs of a job"},
    {"@empty", "rg", "it names no VM"},
};

START_TEST(targets_that_are_wrong)
{
    const char *text_of = wrong_targets[_i].target;
    char *target =
        text_of[0] == '@' ? memory_print("@%s/%s", folder, text_of + 1) : memory_string(text_of);
    const char *const targets[] = {"rg/good", target, "!never seen"};
    const struct draft draft = {.name = "exec",
                                .script = "true\n",
                                .resource_group = wrong_targets[_i].group,
                                .targets = targets,
                                .target_count = 3};
    const char *wrong;
    struct error error;

    write_list("bad", "a\n*\n");
    write_list("empty", "# none\n");
    ck_assert_int_eq(draft_write(&draft, &text, &wrong, &error), -1);
    ck_assert_str_eq(wrong, target);
    ck_assert_msg(strstr(error.text, wrong_targets[_i].expected) != NULL, "%s: %s", target,
                  error.text);
    free(target);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("draft");
    TCase *tests = tcase_create("draft");

    tcase_add_unchecked_fixture(tests, folder_make, folder_remove);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_script_arrives_as_it_is, 0, UNIT_COUNT(scripts));
    tcase_add_test(tests, targets_in_every_form);
    tcase_add_test(tests, a_script_file_and_a_group_that_is_none);
    tcase_add_loop_test(tests, targets_that_are_wrong, 0, UNIT_COUNT(wrong_targets));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
