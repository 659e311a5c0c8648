/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "job/targets.h"
#include "unit/unit.h"

#define ONE "00000000-0000-0000-0000-000000000001"
#define TWO "00000000-0000-0000-0000-00000000000b"
#define ID  "/subscriptions/" ONE "/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/"

static struct targets targets;

static void set_up(void)
{
    targets = (struct targets)TARGETS_INIT;
}

static void tear_down(void)
{
    targets_done(&targets);
}

static bool add(const char *subscription, const char *group, const char *name)
{
    return targets_add(&targets, subscription, group, name, NULL);
}

START_TEST(doubles_run_once)
{
    ck_assert(add(NULL, "rg", "web"));
    ck_assert(!add(NULL, "RG", "WEB"));
    ck_assert(add(ONE, "rg", "web"));
    ck_assert(add(TWO, "rg", "web"));
    ck_assert(!add("00000000-0000-0000-0000-00000000000B", "rg", "web"));
    ck_assert(add(NULL, "rg2", "web"));
    ck_assert(add(NULL, "rg", "web2"));
    ck_assert_uint_eq(targets.count, 5);
    ck_assert(add(NULL, "rg-\xc3\xa4", "web"));
    ck_assert(!add(NULL, "RG-\xc3\x84", "web"));
    ck_assert(add(NULL, "rg-\xc3\xb6", "web"));
    ck_assert_str_eq(targets.list[0].name, "web");
}
END_TEST

START_TEST(parameters_are_taken_over)
{
    struct job_parameters parameters = {memory_zeroed(1, sizeof(struct job_parameter)), 1};
    struct job_parameters again = {memory_zeroed(1, sizeof(struct job_parameter)), 1};

    parameters.list[0].name = memory_string("ROLE");
    again.list[0].name = memory_string("ROLE");
    ck_assert(targets_add(&targets, NULL, "rg", "a", &parameters));
    ck_assert_ptr_null(parameters.list);
    ck_assert_str_eq(targets.list[0].parameters.list[0].name, "ROLE");
    ck_assert(!targets_add(&targets, NULL, "rg", "a", &again));
    ck_assert_ptr_null(again.list);
}
END_TEST

START_TEST(some_are_dropped)
{
    static const bool dropped[] = {false, true, false, true};

    add(NULL, "rg", "web-1");
    add(NULL, "rg", "db-1");
    add(NULL, "rg", "web-2");
    add(NULL, "rg", "web-4");
    targets_drop(&targets, dropped);
    ck_assert_uint_eq(targets.count, 2);
    ck_assert_str_eq(targets.list[0].name, "web-1");
    ck_assert_str_eq(targets.list[1].name, "web-2");
    /* The index is right again after targets have gone. */
    ck_assert(!add(NULL, "rg", "WEB-2"));
    ck_assert(add(NULL, "rg", "db-1"));
}
END_TEST

START_TEST(hundred_thousand)
{
    char name[32];

    for (int i = 0; i < JOB_TARGETS_MOST; i++) {
        snprintf(name, sizeof name, "vm-%d", i / 2);
        ck_assert(add(NULL, i % 2 == 0 ? "a" : "b", name));
    }
    ck_assert_uint_eq(targets.count, JOB_TARGETS_MOST);
    ck_assert_str_eq(targets.list[JOB_TARGETS_MOST - 1].name, "vm-49999");
}
END_TEST

/* Of one name and group: each is found by the one of its subscription, in whatever order. */
START_TEST(wanted_ones_are_kept_and_told_apart)
{
    static const char *const expected[] = {"one", "two", "az's", "nobody's", "elsewhere"};
    static const size_t places[] = {1, 2, 3, SIZE_MAX, 0};
    struct targets_wanted wanted[] = {
        {.subscription = ONE, .resource_group = "rg", .name = "web"},
        {.subscription = TWO, .resource_group = "RG", .name = "WEB"},
        {.subscription = NULL, .resource_group = "rg", .name = "web"},
        {.subscription = ONE, .resource_group = "gone", .name = "web"},
        {.subscription = TWO, .resource_group = "rg2", .name = "db"},
    };

    add(NULL, "rg2", "db"); /* it was TWO's then */
    add(ONE, "rg", "other");
    add(ONE, "rg", "web");
    add("00000000-0000-0000-0000-00000000000B", "rg", "web");
    add("00000000-0000-0000-0000-00000000000c", "rg", "web"); /* it left that to az then */
    add("00000000-0000-0000-0000-00000000000d", "rg", "web"); /* nothing is left for it */
    targets_keep(&targets, wanted, UNIT_COUNT(wanted));
    ck_assert_uint_eq(targets.count, 4);
    for (size_t i = 0; i < UNIT_COUNT(wanted); i++) {
        ck_assert_msg(wanted[i].found == (places[i] != SIZE_MAX), "%s", expected[i]);
        ck_assert_msg(!wanted[i].found || wanted[i].place == places[i], "%s: %zu", expected[i],
                      wanted[i].place);
    }
    ck_assert_str_eq(targets.list[0].subscription, TWO);
    ck_assert_str_eq(targets.list[3].subscription, "00000000-0000-0000-0000-00000000000c");
}
END_TEST

/* The past run had it twice, and knew later that it was one: it is one target now. */
START_TEST(what_is_wanted_twice_is_one)
{
    struct targets_wanted wanted[] = {{.subscription = ONE, .resource_group = "rg", .name = "a"},
                                      {.subscription = TWO, .resource_group = "rg", .name = "a"},
                                      {.subscription = TWO, .resource_group = "RG", .name = "A"},
                                      {.subscription = TWO, .resource_group = "rg", .name = "b"}};

    add(ONE, "rg", "a");
    add(NULL, "rg", "a");
    add(TWO, "rg", "a");
    add(NULL, "rg", "b");
    targets_keep(&targets, wanted, UNIT_COUNT(wanted));
    ck_assert_uint_eq(targets.count, 3);
    for (int i = 0; i < UNIT_COUNT(wanted); i++)
        ck_assert(wanted[i].found);
    ck_assert_uint_eq(wanted[0].place, 0);
    ck_assert_uint_eq(wanted[1].place, 1);
    ck_assert_uint_eq(wanted[2].place, 1);
    ck_assert_uint_eq(wanted[3].place, 2);
    ck_assert(!add(TWO, "rg", "b"));
}
END_TEST

/* One name and group in as many subscriptions as there may be targets: no step is quadratic. */
START_TEST(hundred_thousand_of_one_name_are_wanted)
{
    struct targets_wanted *wanted = memory_zeroed(JOB_TARGETS_MOST, sizeof *wanted);
    char(*ids)[40] = memory_zeroed(JOB_TARGETS_MOST, sizeof *ids);

    for (size_t i = 0; i < JOB_TARGETS_MOST; i++) {
        snprintf(ids[i], sizeof ids[i], "00000000-0000-0000-0000-%012zu", i);
        wanted[i] =
            (struct targets_wanted){.subscription = ids[i], .resource_group = "rg", .name = "vm"};
    }
    for (size_t i = JOB_TARGETS_MOST; i > 0; i--)
        ck_assert(add(ids[i - 1], "RG", "VM"));
    targets_keep(&targets, wanted, JOB_TARGETS_MOST);
    ck_assert_uint_eq(targets.count, JOB_TARGETS_MOST);
    for (size_t i = 0; i < JOB_TARGETS_MOST; i++)
        ck_assert(wanted[i].found && wanted[i].place == JOB_TARGETS_MOST - 1 - i);
    free(ids);
    free(wanted);
}
END_TEST

START_TEST(id_goes_both_ways)
{
    struct targets_id id;
    struct error error;
    char *text;

    ck_assert_int_eq(targets_parse_id("/SUBSCRIPTIONS/" ONE "/resourcegroups/Rg/PROVIDERS/"
                                      "microsoft.compute/virtualmachines/Web-01",
                                      &id, &error),
                     0);
    text = targets_print_id(id.subscription, id.resource_group, id.name);
    ck_assert_str_eq(text, "/subscriptions/" ONE "/resourceGroups/Rg/providers/Microsoft.Compute/"
                           "virtualMachines/Web-01");
    free(text);
    free(id.subscription);
    free(id.resource_group);
    free(id.name);
}
END_TEST

static const struct {
    const char *id;
    const char *expected;
} wrong[] = {
    {"", "too short"},
    {"/", "too short"},
    {"web-01", "too short"},
    {"/subscriptions//resourceGroups", "too short"},
    {"/subscriptions/" ONE, "too short"},
    {ID, "too short"},
    {ID "a/", "goes on with \"/\""},
    {ID "a/b", "goes on with \"/b\""},
    {ID "a b", "is not a VM name"},
    {ID "a[1-2]", "is not a VM name"},
    {"/subscription/x", "has \"subscriptions\" where this one has \"subscription\""},
    {"/subscriptions/prod/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/a",
     "\"prod\" is not a GUID"},
    {"/subscriptions/" ONE "/resourceGroups/r g/providers/Microsoft.Compute/virtualMachines/a",
     "resource group \"r g\""},
    {"/subscriptions/" ONE "/resourceGroups/rg/providers/Microsoft.Web/sites/a",
     "has \"Microsoft.Compute\" where"},
};

START_TEST(wrong_ids)
{
    struct targets_id id;
    struct error error = {""};

    ck_assert_msg(targets_parse_id(wrong[_i].id, &id, &error) < 0, "%s: taken", wrong[_i].id);
    ck_assert_msg(strstr(error.text, wrong[_i].expected) != NULL, "%s: %s", wrong[_i].id,
                  error.text);
    ck_assert_ptr_null(id.name);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("targets");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, what_is_wanted_twice_is_one);
    tcase_add_test(tests, doubles_run_once);
    tcase_add_test(tests, parameters_are_taken_over);
    tcase_add_test(tests, some_are_dropped);
    tcase_add_test(tests, hundred_thousand);
    tcase_add_test(tests, wanted_ones_are_kept_and_told_apart);
    tcase_add_test(tests, hundred_thousand_of_one_name_are_wanted);
    tcase_add_test(tests, id_goes_both_ways);
    tcase_add_loop_test(tests, wrong_ids, 0, UNIT_COUNT(wrong));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
