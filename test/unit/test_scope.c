/* SPDX-License-Identifier: MIT */
/* cli/scope and job/places: where a job goes, however large it is, in a few lines. */
#include "cli/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "azure/accounts.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "job/job.h"
#include "job/labels.h"
#include "job/places.h"
#include "job/targets.h"
#include "unit/unit.h"

#define ONE "00000000-0000-0000-0000-00000000000a"
#define TWO "00000000-0000-0000-0000-00000000000b"

enum { BATCHES_ALL_IN_ONE, LARGE = 10000 };

static struct job job;
static int *batches;
static struct targets targets = TARGETS_INIT;
static struct buffer text;

static void add(const char *subscription, const char *group, const char *name)
{
    (void)targets_add(&targets, subscription, group, name, NULL);
}

/* FIRST: how many are in the first batch; SIZE: in each other. */
static void take(size_t first, size_t size)
{
    labels_give(targets.list, targets.count);
    job.targets = targets_take(&targets, &job.target_count);
    batches = memory_zeroed(job.target_count, sizeof *batches);
    for (size_t i = 0; i < job.target_count; i++)
        batches[i] = first == BATCHES_ALL_IN_ONE || i < first ? 1 : (int)((i - first) / size) + 2;
}

static void tear_down(void)
{
    for (size_t i = 0; i < job.target_count; i++)
        job_target_done(&job.targets[i]);
    free(job.targets);
    free(batches);
    targets_done(&targets);
    buffer_done(&text);
}

#define ACCOUNT(id, name, user, type, is_default)                                                  \
    {                                                                                              \
        (char[]){id}, (char[]){name}, (char[]){"t"}, (char[]){user}, (char[]){type}, is_default    \
    }

static struct account accounts_of_two[] = {
    ACCOUNT(ONE, "Production", "ops@example.com", "user", true),
    ACCOUNT(TWO, "Test", "ops@example.com", "user", false),
};
static const struct accounts two = {accounts_of_two, 2};

static void print(const char *subscription, const struct accounts *accounts, const char *unknown)
{
    struct scope scope = {&job, batches, subscription, accounts, unknown};

    scope_print(&text, &scope);
}

static size_t count_lines(void)
{
    size_t count = 0;

    for (size_t i = 0; i < text.length; i++)
        count += text.data[i] == '\n';
    return count;
}

START_TEST(all_that_is_known_is_told)
{
    add(NULL, "rg-web", "web-1");
    add(TWO, "rg-db", "db-1");
    add(ONE, "RG-WEB", "web-2"); /* the same group of the same subscription */
    add(NULL, "rg-web", "web-3");
    add(NULL, "rg-db", "db-1");
    take(1, 2);
    print(ONE, &two, NULL);
    ck_assert_str_eq(buffer_text(&text), "5 VMs in 3 resource groups of 2 subscriptions, in 3 "
                                         "batches (1, 2 × 2)\n"
                                         "  logged in as ops@example.com (user)\n"
                                         "  subscription Production (" ONE "): 4 VMs\n"
                                         "    rg-web: 3 VMs: web-[1-3]\n"
                                         "    rg-db: 1 VM: db-1\n"
                                         "  subscription Test (" TWO "): 1 VM\n"
                                         "    rg-db: 1 VM: db-1\n");
}
END_TEST

START_TEST(what_is_not_known_is_told_to_be_so)
{
    add(NULL, "rg", "a");
    add(TWO, "rg", "a");
    take(BATCHES_ALL_IN_ONE, 1);
    print(NULL, &(struct accounts){NULL, 0}, "az is away");
    ck_assert_str_eq(buffer_text(&text),
                     "2 VMs in 2 resource groups of 2 subscriptions, in one batch\n"
                     "  who is logged in is not known: az is away\n"
                     "  az's default subscription (not known: az is away): 1 VM\n"
                     "    rg: 1 VM: a\n"
                     "  subscription " TWO ": 1 VM\n"
                     "    rg: 1 VM: a\n");
}
END_TEST

START_TEST(nobody_is_asked_in_a_rehearsal)
{
    add(TWO, "rg", "a");
    take(BATCHES_ALL_IN_ONE, 1);
    print(NULL, NULL, "a rehearsal does not ask az");
    ck_assert_str_eq(buffer_text(&text), "1 VM in 1 resource group of 1 subscription, in one "
                                         "batch\n"
                                         "  subscription " TWO ": 1 VM\n"
                                         "    rg: 1 VM: a\n");
}
END_TEST

START_TEST(each_subscription_has_its_user_where_they_differ)
{
    struct account list[] = {ACCOUNT(ONE, "Production", "ops@example.com", "user", true),
                             ACCOUNT(TWO, "", "1234", "servicePrincipal", false)};
    struct accounts accounts = {list, 2};

    add(ONE, "rg", "a");
    add(TWO, "rg", "b");
    add("00000000-0000-0000-0000-00000000000c", "rg", "c");
    take(BATCHES_ALL_IN_ONE, 1);
    print(NULL, &accounts, NULL);
    ck_assert_ptr_null(strstr(buffer_text(&text), "logged in"));
    ck_assert_ptr_nonnull(
        strstr(buffer_text(&text), "Production (" ONE "), as ops@example.com (user): 1 VM\n"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text),
                                 "  subscription " TWO
                                 " (az does not know its name), as 1234 (servicePrincipal): "));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "c (az does not know its name): 1 VM\n"));
}
END_TEST

/* Names are data: they steer no terminal, and none is longer than a line. */
START_TEST(a_name_of_azure_is_made_harmless)
{
    char longest[1001] = "";
    struct account list[] = {{(char[]){ONE}, (char[]){"a\033[31mb\nc\342\200\256"}, (char[]){""},
                              longest, (char[]){""}, true}};
    struct accounts accounts = {list, 1};

    memset(longest, 'x', sizeof longest - 1);
    memcpy(longest + 119, "\303\244", 2); /* not cut in the middle */
    add(ONE, "rg", "a");
    take(BATCHES_ALL_IN_ONE, 1);
    print(NULL, &accounts, NULL);
    ck_assert_uint_eq(count_lines(), 4);
    ck_assert_ptr_null(strchr(buffer_text(&text), '\033'));
    ck_assert_ptr_null(strstr(buffer_text(&text), "\342\200\256"));
    ck_assert(text_is_utf8(buffer_text(&text), text.length, &(size_t){0}));
    ck_assert_uint_lt(text.length, 500);
}
END_TEST

START_TEST(many_vms_are_a_few_lines)
{
    char name[32];
    char group[32];

    for (int i = 0; i < LARGE; i++) {
        (void)snprintf(name, sizeof name, "vm-%c%c-%d", 'a' + i % 26, 'a' + i / 26 % 26, i);
        (void)snprintf(group, sizeof group, "rg-%03d", i % 500);
        add(i % 2 == 0 ? ONE : TWO, group, name);
    }
    take(1, 7);
    print(NULL, &two, NULL);
    ck_assert_uint_le(count_lines(), 20);
    ck_assert_uint_lt(text.length, 20 * 250);
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "10000 VMs in 500 resource groups of 2 "
                                                     "subscriptions, in 1430 batches (1, 1428 × 7, "
                                                     "3)\n"));
    ck_assert_ptr_nonnull(
        strstr(buffer_text(&text), "    and 240 more groups with 4800 VMs: rg-["));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "    250 groups with 5000 VMs: rg-["));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), ", …\n"));
}
END_TEST

START_TEST(many_subscriptions_are_counted)
{
    char subscription[64];

    for (int i = 0; i < 100; i++) {
        (void)snprintf(subscription, sizeof subscription, "00000000-0000-0000-0000-%012d", i);
        add(subscription, "rg", "a");
    }
    take(BATCHES_ALL_IN_ONE, 1);
    print(NULL, &two, NULL);
    ck_assert_uint_le(count_lines(), 20);
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "  and 95 more subscriptions with 95 VMs\n"));
}
END_TEST

/* Ten groups and one more: a line for that one tells more than that there is one. */
START_TEST(one_more_is_shown_and_not_counted)
{
    char group[32];

    for (int i = 0; i < 11; i++) {
        (void)snprintf(group, sizeof group, "g%c", 'a' + i);
        add(ONE, group, "a");
    }
    take(BATCHES_ALL_IN_ONE, 1);
    print(NULL, &two, NULL);
    ck_assert_ptr_null(strstr(buffer_text(&text), "more group"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "    gk: 1 VM: a\n"));
}
END_TEST

START_TEST(targets_show_every_name)
{
    static const char head[] =
        "subscription Production (" ONE "): 500 VMs\n  even: 250 VMs: vm-aa, ";
    struct scope scope = {.job = &job, .accounts = &two};
    char name[32];

    for (int i = 0; i < 500; i++) {
        (void)snprintf(name, sizeof name, "vm-%c%c", 'a' + i % 26, 'a' + i / 26);
        add(ONE, i % 2 == 0 ? "even" : "odd", name);
    }
    take(BATCHES_ALL_IN_ONE, 1);
    scope_print_targets(&text, &scope);
    ck_assert_uint_eq(count_lines(), 3);
    ck_assert_int_eq(strncmp(buffer_text(&text), head, sizeof head - 1), 0);
    for (size_t i = 0; i < job.target_count; i++)
        ck_assert_ptr_nonnull(strstr(buffer_text(&text), job.targets[i].name));
}
END_TEST

/* Groups differ by subscription, and by no case; in the order of the job. */
START_TEST(places_are_in_the_order_of_the_job)
{
    struct places places;

    add(TWO, "b", "1");
    add(NULL, "a", "2");
    add(TWO, "A", "3");
    add(TWO, "B", "4");
    add(TWO, "\303\274", "5");
    add(TWO, "\303\234", "6"); /* the same letter, in its other case */
    take(BATCHES_ALL_IN_ONE, 1);
    places_find(&places, &job, NULL);
    ck_assert_uint_eq(places.count, 2);
    ck_assert_uint_eq(places.group_count, 4);
    ck_assert_str_eq(places.list[0].id, TWO);
    ck_assert_uint_eq(places.list[0].count, 5);
    ck_assert_uint_eq(places.list[0].group_count, 3);
    ck_assert_str_eq(places.list[0].groups[0].name, "b");
    ck_assert_uint_eq(places.list[0].groups[0].count, 2);
    ck_assert_uint_eq(places.list[0].groups[0].order[1], 3);
    ck_assert_str_eq(places.list[0].groups[1].name, "A");
    ck_assert_uint_eq(places.list[0].groups[2].count, 2);
    ck_assert_ptr_null(places.list[1].id);
    places_done(&places);
    places_find(&places, &job, TWO);
    ck_assert_uint_eq(places.count, 1);
    ck_assert_uint_eq(places.group_count, 3);
    ck_assert_uint_eq(places.list[0].groups[1].count, 2);
    places_done(&places);
}
END_TEST

static Suite *scope_suite(void)
{
    Suite *suite = suite_create("scope");
    TCase *tests = tcase_create("scope");

    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_test(tests, all_that_is_known_is_told);
    tcase_add_test(tests, what_is_not_known_is_told_to_be_so);
    tcase_add_test(tests, nobody_is_asked_in_a_rehearsal);
    tcase_add_test(tests, each_subscription_has_its_user_where_they_differ);
    tcase_add_test(tests, a_name_of_azure_is_made_harmless);
    tcase_add_test(tests, many_vms_are_a_few_lines);
    tcase_add_test(tests, many_subscriptions_are_counted);
    tcase_add_test(tests, one_more_is_shown_and_not_counted);
    tcase_add_test(tests, targets_show_every_name);
    tcase_add_test(tests, places_are_in_the_order_of_the_job);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(scope_suite)
