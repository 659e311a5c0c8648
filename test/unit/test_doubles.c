/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "job/doubles.h"
#include "job/job.h"
#include "job/targets.h"
#include "unit/unit.h"

#define ONE "00000000-0000-0000-0000-00000000000a"
#define TWO "00000000-0000-0000-0000-00000000000b"

enum { MOST = 8 };

struct vm {
    const char *subscription;
    const char *group;
    const char *name;
};

static const struct {
    const char *title;
    struct vm vms[MOST];
    const char *subscription;
    const char *labels; /* of those that are left; "": the labels stay */
    size_t moved[MOST];
} rows[] = {
    {"nothing", {{0}}, ONE, "", {0}},
    {"once without it, once with it",
     {{NULL, "rg", "web"}, {ONE, "rg", "web"}},
     ONE,
     "web ",
     {0, 0}},
    {"once with it, once without it",
     {{ONE, "rg", "web"}, {NULL, "rg", "web"}},
     ONE,
     "web ",
     {0, 0}},
    {"in another case",
     {{NULL, "rg-\xc3\xa4", "web"}, {ONE, "RG-\xc3\x84", "WEB"}},
     "00000000-0000-0000-0000-00000000000A",
     "web ",
     {0, 0}},
    {"another subscription is the default",
     {{NULL, "rg", "web"}, {ONE, "rg", "web"}},
     TWO,
     "",
     {0, 1}},
    {"the default is not known", {{NULL, "rg", "web"}, {ONE, "rg", "web"}}, NULL, "", {0, 1}},
    {"another group", {{NULL, "rg1", "web"}, {ONE, "rg2", "web"}}, ONE, "", {0, 1}},
    {"both name it, as a list that was changed may",
     {{ONE, "rg", "web"}, {TWO, "rg", "web"}, {ONE, "rg", "web"}},
     NULL,
     ONE "/rg/web " TWO "/rg/web ",
     {0, 1, 0}},
    {"what is behind moves up, and labels become as short as can be",
     {{NULL, "rg", "a"},
      {ONE, "rg", "b"},
      {ONE, "RG", "A"},
      {TWO, "rg", "b"},
      {NULL, "rg", "B"},
      {ONE, "rg", "c"},
      {NULL, "rg", "c"}},
     ONE,
     "a " ONE "/rg/b " TWO "/rg/b c ",
     {0, 1, 0, 2, 1, 3, 3}},
};

START_TEST(doubles_are_merged)
{
    struct targets targets = TARGETS_INIT;
    size_t moved[MOST] = {0};
    char labels[500] = "";
    struct job_target *list;
    size_t before;
    size_t expected;
    size_t count = 0;

    for (const struct vm *vm = rows[_i].vms; vm->name != NULL; vm++) {
        targets.list = memory_resize(targets.list, targets.count + 1, sizeof *targets.list);
        targets.list[targets.count++] =
            (struct job_target){.name = memory_string(vm->name),
                                .resource_group = memory_string(vm->group),
                                .subscription = memory_string(vm->subscription),
                                .label = memory_string("as it was")};
    }
    list = targets_take(&targets, &before);
    expected = doubles_count(list, before, rows[_i].subscription);
    count = doubles_merge(list, before, rows[_i].subscription, moved);
    ck_assert_uint_eq(before - count, expected);
    for (size_t i = 0; i < count; i++) {
        if (count < before)
            (void)snprintf(labels + strlen(labels), sizeof labels - strlen(labels), "%s ",
                           list[i].label);
        else
            ck_assert_str_eq(list[i].label, "as it was");
    }
    ck_assert_msg(strcmp(labels, rows[_i].labels) == 0, "%s: %s", rows[_i].title, labels);
    for (size_t i = 0; i < before; i++)
        ck_assert_msg(moved[i] == rows[_i].moved[i], "%s: %zu is at %zu", rows[_i].title, i,
                      moved[i]);
    for (size_t i = 0; i < count; i++)
        job_target_done(&list[i]);
    free(list);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("doubles");
    TCase *cases = tcase_create("doubles");

    tcase_add_loop_test(cases, doubles_are_merged, 0, UNIT_COUNT(rows));
    suite_add_tcase(suite, cases);
    return suite;
}

UNIT_MAIN(make_suite)
