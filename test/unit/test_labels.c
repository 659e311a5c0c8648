/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "job/job.h"
#include "job/labels.h"
#include "unit/unit.h"

#define ONE "00000000-0000-0000-0000-000000000001"
#define TWO "00000000-0000-0000-0000-00000000000b"

static struct job_target make(const char *subscription, const char *group, const char *name)
{
    return (struct job_target){.name = memory_string(name),
                               .resource_group = memory_string(group),
                               .subscription =
                                   subscription != NULL ? memory_string(subscription) : NULL};
}

/* Each of them, and the label that it has among all. */
static const struct {
    const char *subscription, *group, *name;
    const char *label;
} rows[] = {
    {NULL, "rg1", "web", "web"},
    {NULL, "rg1", "db", "rg1/db"},
    {ONE, "RG2", "DB", "RG2/DB"},
    {ONE, "rg", "x", ONE "/rg/x"},
    {TWO, "RG", "X", TWO "/RG/X"},
    {NULL, "rg", "x", "rg/x"},
    {ONE, "rg3", "y", ONE "/rg3/y"},
    {NULL, "rg3", "y", "rg3/y"},
    {ONE, "rg4", "y", "rg4/y"},
    {ONE, "\xc3\xa4", "z", ONE "/\xc3\xa4/z"},
    {TWO, "\xc3\x84", "z", TWO "/\xc3\x84/z"},
};

START_TEST(labels_are_as_short_as_can_be)
{
    struct job_target list[UNIT_COUNT(rows)];

    for (int i = 0; i < UNIT_COUNT(rows); i++)
        list[i] = make(rows[i].subscription, rows[i].group, rows[i].name);
    labels_give(list, UNIT_COUNT(rows));
    labels_give(list, UNIT_COUNT(rows)); /* the same again: the former ones are freed */
    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        ck_assert_msg(strcmp(list[i].label, rows[i].label) == 0, "%s, not %s", list[i].label,
                      rows[i].label);
        job_target_done(&list[i]);
    }
}
END_TEST

START_TEST(hundred_thousand)
{
    struct job_target *list = memory_zeroed(JOB_TARGETS_MOST, sizeof *list);
    char name[32];

    for (int i = 0; i < JOB_TARGETS_MOST; i++) {
        snprintf(name, sizeof name, "vm-%d", i / 2);
        list[i] = make(NULL, i % 2 == 0 ? "a" : "b", name);
    }
    labels_give(list, JOB_TARGETS_MOST);
    ck_assert_str_eq(list[JOB_TARGETS_MOST - 1].label, "b/vm-49999");
    for (int i = 0; i < JOB_TARGETS_MOST; i++)
        job_target_done(&list[i]);
    free(list);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("labels");
    TCase *tests = tcase_create("labels");

    tcase_add_test(tests, labels_are_as_short_as_can_be);
    tcase_add_test(tests, hundred_thousand);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
