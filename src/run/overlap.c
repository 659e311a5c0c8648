/* SPDX-License-Identifier: MIT */
#include "run/overlap.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/caseless.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/strings.h"
#include "run/going.h"
#include "run/replay.h"
#include "sys/fd.h"

/* ---- VMs in common ------------------------------------------------------------------------ */

/* Many ids begin alike: they are told apart by their hashes. */
struct vm {
    uint64_t hash;
    const char *id;
};

static struct vm vm_of(const struct result_target *target)
{
    return (struct vm){caseless_hash(HASH_BEGIN, target->id), target->id};
}

static int compare_vms(const void *a, const void *b)
{
    const struct vm *one = a;
    const struct vm *other = b;

    if (one->hash != other->hash)
        return one->hash < other->hash ? -1 : 1;
    return caseless_compare(one->id, other->id);
}

/* Those of which the id is known. */
static struct vm *sort_vms(const struct result *run, size_t *ret_count)
{
    struct vm *vms = memory_zeroed(run->target_count, sizeof *vms);

    *ret_count = 0;
    for (size_t i = 0; i < run->target_count; i++) {
        if (run->targets[i].id != NULL)
            vms[(*ret_count)++] = vm_of(&run->targets[i]);
    }
    qsort(vms, *ret_count, sizeof *vms, compare_vms);
    return vms;
}

static void find_common(const struct result *result, struct overlap_run *other)
{
    size_t count;
    struct vm *vms = sort_vms(&other->run, &count);

    other->labels = memory_zeroed(result->target_count, sizeof *other->labels);
    for (size_t i = 0; i < result->target_count; i++) {
        struct vm vm = vm_of(&result->targets[i]);

        if (vm.id != NULL && bsearch(&vm, vms, count, sizeof vm, compare_vms) != NULL)
            other->labels[other->count++] = result->targets[i].label;
    }
    free(vms);
}

/* ---- runs --------------------------------------------------------------------------------- */

static void forget(struct overlap_run *run)
{
    result_done(&run->run);
    free(run->labels);
}

/* A run of an older azfan is entered nowhere; what it has started says that it has begun. */
static bool has_begun(const struct result *run)
{
    for (size_t i = 0; i < run->target_count; i++) {
        if (run->targets[i].state != RESULT_WAITING)
            return true;
    }
    return going_has(run->run);
}

static bool counts(const struct result *run)
{
    return run->ending == RESULT_GOING && !run->rehearsal && has_begun(run);
}

/* Whatever their paths look like. */
static bool is_same(const char *folder, const char *other)
{
    struct stat one;
    struct stat two;

    return folder != NULL && stat(folder, &one) == 0 && stat(other, &two) == 0 &&
           one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

static void compare_run(const struct result *result, const char *folder, struct overlap *overlap)
{
    struct overlap_run other = {.count = 0};
    struct error ignored;

    /* A run's own journal is locked, too, and may be long. */
    if (is_same(result->folder, folder) || replay_beginning(folder, &other.run, &ignored) < 0)
        return;
    if (counts(&other.run))
        find_common(result, &other);
    if (other.count == 0) {
        forget(&other);
        return;
    }
    overlap->list = memory_grow(overlap->list, overlap->count, sizeof *overlap->list);
    overlap->list[overlap->count++] = other;
}

void overlap_find(const struct result *result, struct overlap *ret)
{
    struct strings runs;

    *ret = (struct overlap){NULL, 0};
    going_list(&runs);
    for (size_t i = 0; i < runs.count; i++)
        compare_run(result, runs.list[i], ret);
    strings_done(&runs);
}

enum overlap_answer overlap_enter(const struct result *result, bool regardless, struct overlap *ret,
                                  struct error *error)
{
    enum overlap_answer answer = OVERLAP_ENTERED;
    bool taken;
    int lock = going_lock(&taken, error);

    if (lock < 0)
        answer = taken && !regardless ? OVERLAP_HELD_UP : OVERLAP_NOT_KEPT;
    overlap_find(result, ret);
    if (answer != OVERLAP_HELD_UP && ret->count > 0 && !regardless)
        answer = OVERLAP_FOUND;
    else if (answer == OVERLAP_ENTERED && going_enter(result->run, result->folder, error) < 0)
        answer = OVERLAP_NOT_KEPT;
    fd_close(&lock);
    return answer;
}

void overlap_leave(const struct result *result)
{
    going_leave(result->run);
}

void overlap_done(struct overlap *overlap)
{
    for (size_t i = 0; i < overlap->count; i++)
        forget(&overlap->list[i]);
    free(overlap->list);
    *overlap = (struct overlap){NULL, 0};
}
