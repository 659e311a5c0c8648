/* SPDX-License-Identifier: MIT */
#include "job/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/caseless.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "job/job.h"
#include "job/names.h"
#include "job/selector.h"
#include "job/targets.h"

enum { STEPS_OF_A_NAME = 60 }; /* to make one of a range, and to look it up */

static size_t place_of(const struct roster *roster, const char *name)
{
    return caseless_hash(HASH_BEGIN, name) % roster->size;
}

void roster_init(struct roster *roster, struct targets *targets)
{
    *roster = (struct roster){.targets = targets, .steps = ROSTER_STEPS_MOST};
}

/* Makes the chains: only where a name is looked up. */
static void chain(struct roster *roster)
{
    const struct targets *targets = roster->targets;

    if (roster->size > 0)
        return;
    roster->size = 2 * targets->count + 1;
    roster->first = memory_zeroed(roster->size, sizeof(size_t));
    roster->next = memory_zeroed(targets->count, sizeof(size_t));
    for (size_t i = targets->count; i > 0; i--) { /* backwards: chains go forwards */
        size_t place = place_of(roster, targets->list[i - 1].name);

        roster->next[i - 1] = roster->first[place];
        roster->first[place] = i;
    }
}

void roster_done(struct roster *roster)
{
    free(roster->first);
    free(roster->next);
    free(roster->subjects);
    *roster = (struct roster){.targets = NULL};
}

static bool take_steps(struct roster *roster, uint64_t count)
{
    roster->steps -= roster->steps < count ? roster->steps : count;
    return roster->steps > 0;
}

/* The number plus one of the next target called NAME, after AT; 0: there is none. */
static size_t next_of(const struct roster *roster, size_t at, const char *name)
{
    while (at > 0 && !caseless_is_same(roster->targets->list[at - 1].name, name))
        at = roster->next[at - 1];
    return at;
}

static size_t first_of(struct roster *roster, const char *name)
{
    chain(roster);
    return next_of(roster, roster->first[place_of(roster, name)], name);
}

const struct job_target *roster_find(struct roster *roster, const char *name)
{
    size_t at = first_of(roster, name);

    return at > 0 ? &roster->targets->list[at - 1] : NULL;
}

/* Is there a target that is TARGET in this SUBSCRIPTION? */
static bool has_twin(struct roster *roster, const struct job_target *target,
                     const char *subscription)
{
    size_t at = first_of(roster, target->name);

    for (; at > 0 && take_steps(roster, 1);
         at = next_of(roster, roster->next[at - 1], target->name)) {
        const struct job_target *other = &roster->targets->list[at - 1];

        if (other->subscription != NULL && caseless_is_same(other->subscription, subscription) &&
            caseless_is_same(other->resource_group, target->resource_group))
            return true;
    }
    return false;
}

static bool has_subscription(struct roster *roster, const struct selector *selector,
                             const struct job_target *target)
{
    if (selector->subscription == NULL)
        return true;
    if (target->subscription == NULL)
        return !roster->pins || !has_twin(roster, target, selector->subscription);
    return selector_has_subscription(selector, target->subscription);
}

/* SELECTOR means the target NUMBER. */
static void mark(struct roster *roster, const struct selector *selector, size_t number, bool *marks)
{
    struct job_target *target = &roster->targets->list[number];

    marks[number] = true;
    if (roster->pins && target->subscription == NULL)
        target->subscription = memory_string(selector->subscription);
}

/* ---- names and ranges --------------------------------------------------------------------- */

/* Marks the targets called NAME in GROUP, NULL for any that SELECTOR has. Returns how many. */
static size_t mark_name(struct roster *roster, const struct selector *selector, const char *group,
                        const char *name, bool *marks)
{
    size_t found = 0;
    size_t at = first_of(roster, name);

    for (; at > 0 && roster->steps > 0; at = next_of(roster, roster->next[at - 1], name)) {
        const struct job_target *target = &roster->targets->list[at - 1];
        bool in_group = group != NULL
                            ? caseless_is_same(group, target->resource_group)
                            : selector_has_group(selector, target->resource_group, &roster->steps);

        if (in_group && has_subscription(roster, selector, target)) {
            mark(roster, selector, at - 1, marks);
            found++;
        }
        if (roster->next[at - 1] != 0)
            (void)take_steps(roster, 1);
    }
    return found;
}

static void list_name(struct strings *list, const char *group, const char *name)
{
    if (list->count >= ROSTER_LISTED_MOST)
        return;
    if (group != NULL)
        strings_print(list, "%s/%s", group, name);
    else
        strings_add(list, name);
}

/* Of each of NAMES in GROUP. */
static void mark_names(struct roster *roster, const struct selector *selector, const char *group,
                       const struct strings *names, bool *marks, struct roster_answer *ret)
{
    for (size_t i = 0; i < names->count; i++) {
        size_t found = mark_name(roster, selector, group, names->list[i], marks);

        ret->found += found;
        ret->missing_count += found == 0;
        list_name(found > 0 ? &ret->there : &ret->missing, group, names->list[i]);
    }
}

static void mark_range(struct roster *roster, const struct selector *selector, bool *marks,
                       struct roster_answer *ret)
{
    size_t groups = selector->groups.count;
    struct strings names = STRINGS_INIT;
    struct error unused;

    /* A name alone costs nothing: there may be any number. */
    if (selector->names > 1 || groups > 1) {
        uint64_t pairs = (uint64_t)selector->names * (groups > 1 ? groups : 1);

        if (!take_steps(roster, STEPS_OF_A_NAME * pairs))
            return;
    }
    (void)names_expand(selector->name, selector->names, &names, &unused);
    if (groups == 0 || selector->is_glob)
        mark_names(roster, selector, NULL, &names, marks, ret);
    for (size_t i = 0; i < groups && !selector->is_glob; i++)
        mark_names(roster, selector, selector->groups.list[i], &names, marks, ret);
    strings_done(&names);
}

/* ---- globs -------------------------------------------------------------------------------- */

static void prepare_subjects(struct roster *roster)
{
    const struct targets *targets = roster->targets;

    if (roster->subjects != NULL)
        return;
    roster->subjects = memory_zeroed(targets->count, sizeof *roster->subjects);
    for (size_t i = 0; i < targets->count; i++)
        names_prepare(targets->list[i].name, &roster->subjects[i]);
}

static void mark_glob(struct roster *roster, const struct selector *selector, bool *marks,
                      struct roster_answer *ret)
{
    const struct targets *targets = roster->targets;
    const char *group = NULL; /* as a rule that of the target before is this one's, too */
    bool has_group = false;

    prepare_subjects(roster);
    for (size_t i = 0; i < targets->count && roster->steps > 0; i++) {
        const struct job_target *target = &targets->list[i];

        if (!names_match_within(selector->name, &roster->subjects[i], &roster->steps))
            continue;
        if (group == NULL || strcmp(group, target->resource_group) != 0) {
            group = target->resource_group;
            has_group = selector_has_group(selector, group, &roster->steps);
        }
        if (!has_group || !has_subscription(roster, selector, target))
            continue;
        mark(roster, selector, i, marks);
        ret->found++;
    }
}

void roster_mark(struct roster *roster, const struct selector *selector, bool *marks,
                 struct roster_answer *ret)
{
    *ret = (struct roster_answer){.there = STRINGS_INIT, .missing = STRINGS_INIT};
    if (selector->names > 0)
        mark_range(roster, selector, marks, ret);
    else
        mark_glob(roster, selector, marks, ret);
}

void roster_answer_done(struct roster_answer *answer)
{
    strings_done(&answer->there);
    strings_done(&answer->missing);
}
