/* SPDX-License-Identifier: MIT */
#include "job/targets.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/caseless.h"
#include "base/hash.h"
#include "base/memory.h"
#include "job/doubles.h"
#include "job/names.h"

static int check_id_parts(const struct targets_id *id, struct error *error)
{
    if (!names_is_subscription(id->subscription))
        return error_set(error, "the id's subscription \"%s\" is not a GUID", id->subscription);
    if (!names_is_group(id->resource_group))
        return error_set(error, "the id's resource group \"%s\" is not a name that Azure allows",
                         id->resource_group);
    if (!names_is_valid(id->name))
        return error_set(error, "the id's last part \"%s\" is not a VM name", id->name);
    return 0;
}

int targets_parse_id(const char *text, struct targets_id *ret, struct error *error)
{
    /* NULL: a part that the id fills in. */
    static const char *const parts[] = {
        "subscriptions",   NULL, "resourceGroups", NULL, "providers", "Microsoft.Compute",
        "virtualMachines", NULL};
    char **const values[] = {&ret->subscription, &ret->resource_group, &ret->name};
    const char *at = text;
    size_t filled = 0;
    int result = 0;

    *ret = (struct targets_id){NULL, NULL, NULL};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && result == 0; i++) {
        size_t length = *at == '/' ? strcspn(at + 1, "/") : 0;

        if (length == 0)
            result = error_set(error, "a VM's id reads " TARGETS_ID_FORM "; this one is too short");
        else if (parts[i] == NULL)
            *values[filled++] = memory_copy(at + 1, length);
        else if (length != strlen(parts[i]) || strncasecmp(at + 1, parts[i], length) != 0)
            result = error_set(error, "a VM's id has \"%s\" where this one has \"%.*s\"", parts[i],
                               (int)(length < 100 ? length : 100), at + 1);
        at += length + 1;
    }
    if (result == 0 && *at != '\0')
        result =
            error_set(error, "a VM's id ends with the VM's name; this one goes on with \"%s\"", at);
    if (result == 0)
        result = check_id_parts(ret, error);
    if (result == 0)
        return 0;
    free(ret->subscription);
    free(ret->resource_group);
    free(ret->name);
    *ret = (struct targets_id){NULL, NULL, NULL};
    return -1;
}

char *targets_print_id(const char *subscription, const char *resource_group, const char *name)
{
    return memory_print("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/"
                        "virtualMachines/%s",
                        subscription, resource_group, name);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return caseless_hash(caseless_hash(hash, text), "/");
}

/*
 * The place of a VM in the index: that of its number plus one, or the free one
 * (0) where it belongs. The index is never full.
 */
static size_t find_place(const struct targets *targets, const char *subscription,
                         const char *resource_group, const char *name)
{
    uint64_t hash = hash_text(HASH_BEGIN, subscription);
    size_t place;

    hash = hash_text(hash_text(hash, resource_group), name);
    for (place = hash % targets->index_size; targets->index[place] != 0;
         place = (place + 1) % targets->index_size) {
        const struct job_target *target = &targets->list[targets->index[place] - 1];

        if (caseless_compare(target->name, name) == 0 &&
            caseless_compare(target->resource_group, resource_group) == 0 &&
            caseless_compare(target->subscription, subscription) == 0)
            break;
    }
    return place;
}

/* Makes the index anew, at most half full with CAPACITY targets. */
static void make_index(struct targets *targets, size_t capacity)
{
    free(targets->index);
    targets->index_size = 2 * capacity;
    targets->index = memory_zeroed(targets->index_size, sizeof *targets->index);
    for (size_t i = 0; i < targets->count; i++) {
        const struct job_target *target = &targets->list[i];

        targets->index[find_place(targets, target->subscription, target->resource_group,
                                  target->name)] = i + 1;
    }
}

void targets_expect(struct targets *targets, size_t more)
{
    enum { LEAST = 32 };
    size_t capacity = targets->capacity > 0 ? targets->capacity : LEAST;

    while (capacity < targets->count + more)
        capacity *= 2;
    if (capacity > targets->capacity)
        targets->list = memory_resize(targets->list, capacity, sizeof *targets->list);
    targets->capacity = capacity;
    if (targets->index_size < 2 * capacity)
        make_index(targets, capacity);
}

bool targets_add(struct targets *targets, const char *subscription, const char *resource_group,
                 const char *name, struct job_parameters *parameters)
{
    struct job_target *target;
    size_t place;

    targets_expect(targets, 1);
    place = find_place(targets, subscription, resource_group, name);
    if (targets->index[place] != 0) {
        if (parameters != NULL)
            job_parameters_done(parameters);
        return false;
    }
    target = &targets->list[targets->count++];
    targets->index[place] = targets->count;
    *target = (struct job_target){.name = memory_string(name),
                                  .resource_group = memory_string(resource_group),
                                  .subscription = memory_string(subscription)};
    if (parameters != NULL) {
        target->parameters = *parameters;
        *parameters = (struct job_parameters){NULL, 0};
    }
    return true;
}

/* Targets were dropped: the numbers in it are wrong now, and targets_expect() makes it anew. */
static void forget_index(struct targets *targets)
{
    free(targets->index);
    targets->index = NULL;
    targets->index_size = 0;
}

void targets_drop(struct targets *targets, const bool *dropped)
{
    size_t kept = 0;

    for (size_t i = 0; i < targets->count; i++) {
        if (dropped[i])
            job_target_done(&targets->list[i]);
        else
            targets->list[kept++] = targets->list[i];
    }
    targets->count = kept;
    forget_index(targets);
}

/*
 * What is wanted, sorted by name, group and subscription, those without one first. Every entry is
 * found once: NEXT leads from each to itself, or, when it was found, towards the next that was not.
 */
struct wishes {
    struct targets_wanted **sorted;
    size_t *next;
    size_t count;
};

static int compare_vms(const struct targets_wanted *one, const struct targets_wanted *other)
{
    int order = caseless_compare(one->name, other->name);

    return order != 0 ? order : caseless_compare(one->resource_group, other->resource_group);
}

static int compare_wanted(const void *a, const void *b)
{
    const struct targets_wanted *one = *(struct targets_wanted *const *)a;
    const struct targets_wanted *other = *(struct targets_wanted *const *)b;
    int order = compare_vms(one, other);

    return order != 0 ? order : caseless_compare(one->subscription, other->subscription);
}

static struct wishes sort_wishes(struct targets_wanted *wanted, size_t count)
{
    struct wishes wishes = {memory_zeroed(count, sizeof(void *)),
                            memory_zeroed(count + 1, sizeof(size_t)), count};

    for (size_t i = 0; i < count; i++)
        wishes.sorted[i] = &wanted[i];
    for (size_t i = 0; i <= count; i++)
        wishes.next[i] = i;
    qsort(wishes.sorted, count, sizeof(void *), compare_wanted);
    return wishes;
}

static void forget_wishes(struct wishes *wishes)
{
    free(wishes->sorted);
    free(wishes->next);
}

/* The first from AT on that was not found yet; the way there becomes shorter. */
static size_t skip_found(struct wishes *wishes, size_t at)
{
    while (wishes->next[at] != at) {
        wishes->next[at] = wishes->next[wishes->next[at]];
        at = wishes->next[at];
    }
    return at;
}

/* The first from KEY on in the order of the list. */
static size_t find_from(const struct wishes *wishes, const struct targets_wanted *key)
{
    size_t low = 0;
    size_t high = wishes->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_wanted(&wishes->sorted[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Takes the first that is left of the VMs like TARGET in this SUBSCRIPTION; ANY: in whichever. */
static struct targets_wanted *take_wish(struct wishes *wishes, const struct job_target *target,
                                        const char *subscription, bool any)
{
    struct targets_wanted key = {.subscription = subscription,
                                 .resource_group = target->resource_group,
                                 .name = target->name};
    size_t at = skip_found(wishes, find_from(wishes, &key));
    struct targets_wanted *wanted = at < wishes->count ? wishes->sorted[at] : NULL;

    if (wanted == NULL || compare_vms(wanted, &key) != 0 ||
        (!any && caseless_compare(wanted->subscription, subscription) != 0))
        return NULL;
    wanted->found = true;
    wishes->next[at] = at + 1;
    return wanted;
}

/*
 * The entry that means TARGET. One that another target has found already is another VM, in another
 * subscription.
 */
static struct targets_wanted *find_wanted(struct wishes *wishes, const struct job_target *target)
{
    struct targets_wanted *wanted =
        take_wish(wishes, target, target->subscription, target->subscription == NULL);

    if (wanted == NULL && target->subscription != NULL)
        wanted = take_wish(wishes, target, NULL, false);
    return wanted;
}

/* Of the targets that NAME their subscription, or of those that leave it to az. */
static void find_all_wanted(const struct targets *targets, struct wishes *wishes, bool name,
                            struct targets_wanted **ret)
{
    for (size_t i = 0; i < targets->count; i++) {
        if ((targets->list[i].subscription != NULL) == name)
            ret[i] = find_wanted(wishes, &targets->list[i]);
    }
}

/* Two of them may have become one, now that it is known which subscription was meant. */
static void merge_kept(struct targets *targets, struct targets_wanted *wanted, size_t count)
{
    size_t *moved = memory_zeroed(targets->count, sizeof *moved);

    targets->count = doubles_merge(targets->list, targets->count, NULL, moved);
    for (size_t i = 0; i < count; i++) {
        if (wanted[i].found)
            wanted[i].place = moved[wanted[i].place];
    }
    free(moved);
}

void targets_keep(struct targets *targets, struct targets_wanted *wanted, size_t count)
{
    struct targets_wanted **found = memory_zeroed(targets->count, sizeof(void *));
    struct wishes wishes = sort_wishes(wanted, count);
    size_t kept = 0;

    find_all_wanted(targets, &wishes, true, found);
    find_all_wanted(targets, &wishes, false, found);
    for (size_t i = 0; i < targets->count; i++) {
        struct job_target *target = &targets->list[i];

        if (found[i] == NULL) {
            job_target_done(target);
            continue;
        }
        if (target->subscription == NULL)
            target->subscription = memory_string(found[i]->subscription);
        found[i]->place = kept;
        targets->list[kept++] = *target;
    }
    targets->count = kept;
    merge_kept(targets, wanted, count);
    forget_index(targets);
    forget_wishes(&wishes);
    free(found);
}

struct job_target *targets_take(struct targets *targets, size_t *ret_count)
{
    struct job_target *list = targets->list;

    *ret_count = targets->count;
    targets->list = NULL;
    targets->count = 0;
    targets_done(targets);
    return list;
}

void targets_done(struct targets *targets)
{
    for (size_t i = 0; i < targets->count; i++)
        job_target_done(&targets->list[i]);
    free(targets->list);
    free(targets->index);
    *targets = (struct targets)TARGETS_INIT;
}
