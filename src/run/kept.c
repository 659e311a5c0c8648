/* SPDX-License-Identifier: MIT */
#include "run/kept.h"

#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/strings.h"
#include "run/journal.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/runs.h"
#include "sys/fd.h"
#include "sys/file.h"

/* ---- what there is ------------------------------------------------------------------------ */

static bool goes_on(const char *folder)
{
    char *path = memory_print("%s/journal.jsonl", folder);
    bool live = journal_is_live(path);

    free(path);
    return live;
}

/* What a link leads to is kept elsewhere, and not ours. */
static bool is_link(const char *folder)
{
    struct stat status;

    return lstat(folder, &status) < 0 || S_ISLNK(status.st_mode);
}

static int64_t written(const char *folder)
{
    char *path = memory_print("%s/journal.jsonl", folder);
    struct stat status = {.st_size = 0};

    (void)stat(path, &status);
    free(path);
    return (int64_t)status.st_mtim.tv_sec * NUMBER_SECOND;
}

/* *RET_RERUN_OF: of which run it is a rerun; NULL: of none. free() it. */
static struct kept_run read_one(char *folder, char **ret_rerun_of)
{
    struct kept_run run = {.folder = folder, .id = strrchr(folder, '/') + 1};
    struct result head;
    struct error ignored;

    *ret_rerun_of = NULL;
    run.touched = written(folder);
    run.going = goes_on(folder);
    if (is_link(folder) || replay_head(folder, &head, &ignored) < 0)
        return run;
    run.readable = true;
    if (head.wall_started > run.touched)
        run.touched = head.wall_started;
    *ret_rerun_of = memory_string(head.rerun_of);
    result_done(&head);
    return run;
}

/* ---- families ----------------------------------------------------------------------------- */

struct place {
    const char *id;
    size_t index;
};

static int compare_places(const void *a, const void *b)
{
    return strcmp(((const struct place *)a)->id, ((const struct place *)b)->id);
}

/* The run before each of them, by its id; itself where there is none. */
static void find_parents(struct kept *kept, char *const *rerun_of)
{
    struct place *places = memory_zeroed(kept->count, sizeof *places);

    for (size_t i = 0; i < kept->count; i++)
        places[i] = (struct place){kept->runs[i].id, i};
    qsort(places, kept->count, sizeof *places, compare_places);
    for (size_t i = 0; i < kept->count; i++) {
        struct place key = {.id = rerun_of[i]};
        const struct place *found =
            key.id != NULL ? bsearch(&key, places, kept->count, sizeof key, compare_places) : NULL;

        kept->runs[i].first = found != NULL ? found->index : i;
    }
    free(places);
}

/* The one without a run before it. In a circle, which only a forged journal can make, there is
 * none: its newest stands for all of them, and *RET_CIRCLE says so. */
static size_t climb(const struct kept *kept, size_t index, bool *ret_circle)
{
    size_t first;

    for (size_t steps = 0; steps < kept->count && kept->runs[index].first != index; steps++)
        index = kept->runs[index].first;
    first = index;
    *ret_circle = kept->runs[index].first != index;
    for (size_t at = kept->runs[index].first; at != index; at = kept->runs[at].first)
        first = at < first ? at : first;
    return first;
}

static void find_firsts(struct kept *kept)
{
    size_t *firsts = memory_zeroed(kept->count, sizeof *firsts);

    for (size_t i = 0; i < kept->count; i++) {
        bool circle;

        firsts[i] = climb(kept, i, &circle);
        if (circle) /* nobody can say what it means: it stays, and so do its reruns */
            kept->runs[i].readable = false;
    }
    for (size_t i = 0; i < kept->count; i++)
        kept->runs[i].first = firsts[i];
    free(firsts);
}

int kept_read(struct kept *ret, struct error *error)
{
    struct strings folders;
    char **rerun_of;

    *ret = (struct kept){.runs = NULL};
    if (runs_list(&folders, error) < 0)
        return -1;
    ret->count = folders.count;
    ret->runs = memory_zeroed(ret->count, sizeof *ret->runs);
    rerun_of = memory_zeroed(ret->count, sizeof *rerun_of);
    for (size_t i = 0; i < ret->count; i++)
        ret->runs[i] = read_one(memory_string(folders.list[i]), &rerun_of[i]);
    find_parents(ret, rerun_of);
    find_firsts(ret);
    for (size_t i = 0; i < ret->count; i++)
        free(rerun_of[i]);
    free(rerun_of);
    strings_done(&folders);
    return 0;
}

/* ---- which of them go --------------------------------------------------------------------- */

size_t kept_choose(struct kept *kept, int64_t before, size_t least)
{
    bool *stays = memory_zeroed(kept->count, sizeof *stays); /* the family of such a first one */
    size_t count = 0;

    for (size_t i = 0; i < kept->count; i++) {
        const struct kept_run *run = &kept->runs[i];

        if (i < least || run->going || !run->readable || run->touched >= before)
            stays[run->first] = true;
    }
    for (size_t i = 0; i < kept->count; i++) {
        kept->runs[i].goes = !stays[kept->runs[i].first];
        count += kept->runs[i].goes;
    }
    free(stays);
    return count;
}

int64_t kept_measure(const char *folder)
{
    char *paths[] = {memory_string(folder), NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry;
    int64_t bytes = 0;

    while (tree != NULL && (entry = fts_read(tree)) != NULL) {
        if (entry->fts_info == FTS_F)
            bytes += entry->fts_statp->st_size;
    }
    if (tree != NULL)
        (void)fts_close(tree);
    free(paths[0]);
    return bytes;
}

/* ---- away with them ----------------------------------------------------------------------- */

/* The journal last, as far as it is in our hands: what is left of a run is in the list still. */
static int remove_one(const struct kept_run *run, struct error *error)
{
    char *output = memory_print("%s/output", run->folder);
    int result = file_remove_tree(output, error);

    free(output);
    return result == 0 ? file_remove_tree(run->folder, error) : -1;
}

static bool some_goes_on(const struct kept *kept, size_t first)
{
    for (size_t i = 0; i < kept->count; i++) {
        if (kept->runs[i].first == first && goes_on(kept->runs[i].folder))
            return true;
    }
    return false;
}

/* The reruns of the first one before it, for they are nothing without it. */
static int remove_family(const struct kept *kept, size_t first, size_t *count, struct error *error)
{
    for (size_t i = 0; i < kept->count; i++) {
        if (kept->runs[i].first != first || i == first)
            continue;
        if (remove_one(&kept->runs[i], error) < 0)
            return -1;
        ++*count;
    }
    if (remove_one(&kept->runs[first], error) < 0)
        return -1;
    ++*count;
    return 0;
}

int kept_remove(const struct kept *kept, size_t *ret, struct error *error)
{
    int result = 0;

    *ret = 0;
    for (size_t i = 0; i < kept->count; i++) {
        const struct kept_run *run = &kept->runs[i];
        struct error cause;
        int lock = -1;

        if (!run->goes || run->first != i)
            continue;
        /* The lock of who reruns it: runs_gather() */
        if (file_lock_folder(run->folder, &lock) == 0 && !some_goes_on(kept, i) &&
            remove_family(kept, i, ret, &cause) < 0 && result == 0)
            result = error_set(error, "%s", cause.text);
        fd_close(&lock);
    }
    return result;
}

void kept_done(struct kept *kept)
{
    for (size_t i = 0; i < kept->count; i++)
        free(kept->runs[i].folder);
    free(kept->runs);
    *kept = (struct kept){.runs = NULL};
}
