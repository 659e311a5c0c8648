/* SPDX-License-Identifier: MIT */
#include "run/runs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/strings.h"
#include "run/event.h"
#include "run/folder.h"
#include "run/order.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/sequel.h"
#include "sys/fd.h"
#include "sys/file.h"

/* ---- the list ----------------------------------------------------------------------------- */

static const char stamp_pattern[] = "00000000T000000Z"; /* 0: any digit */

struct entry {
    char *folder;
    char stamp[CLOCK_TEXT_SIZE]; /* "20261123T030000Z" */
    size_t order;                /* of its start, from 1; 0: it is not known */
    int64_t written;             /* when the journal was written last */
};

static bool begins_with_stamp(const char *name)
{
    for (size_t i = 0; stamp_pattern[i] != '\0'; i++) {
        if (stamp_pattern[i] == '0' ? !isdigit((unsigned char)name[i])
                                    : name[i] != stamp_pattern[i])
            return false;
    }
    return true;
}

static bool read_entry(const char *runs, const char *name, struct entry *ret)
{
    char *path = memory_print("%s/%s/journal.jsonl", runs, name);
    struct stat status;
    /* An azfan that was killed before it wrote its first line has done nothing. */
    bool found =
        name[0] != '.' && stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;

    free(path);
    if (!found)
        return false;
    *ret = (struct entry){.folder = memory_print("%s/%s", runs, name)};
    ret->written = (int64_t)status.st_mtim.tv_sec * NUMBER_SECOND + status.st_mtim.tv_nsec;
    if (begins_with_stamp(name))
        (void)snprintf(ret->stamp, sizeof ret->stamp, "%.*s", (int)strlen(stamp_pattern), name);
    else
        clock_print_compact(ret->written, ret->stamp);
    return true;
}

/* The newest first; of one second, the last started, and then the last written. */
static int compare_entries(const void *a, const void *b)
{
    const struct entry *one = a;
    const struct entry *other = b;
    int order = strcmp(other->stamp, one->stamp);

    if (order == 0)
        order = (one->order < other->order) - (one->order > other->order);
    if (order == 0)
        order = (one->written < other->written) - (one->written > other->written);
    return order;
}

static int compare_folders(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->folder, ((const struct entry *)b)->folder);
}

/*
 * Who claims a later time than one that was started after it had a clock that was ahead: it is put
 * right before that one. So what is known of the order counts, and the names say the rest.
 */
static void mend_stamps(struct entry *entries, size_t count, const char *runs)
{
    const char *earliest = NULL;
    struct order order;

    order_read(runs, &order);
    qsort(entries, count, sizeof *entries, compare_folders);
    for (size_t i = order.count; i > 0; i--) {
        struct entry key = {.folder = memory_print("%s/%s", runs, order.ids[i - 1])};
        struct entry *found = bsearch(&key, entries, count, sizeof key, compare_folders);

        free(key.folder);
        if (found == NULL || found->order > 0)
            continue;
        found->order = i;
        if (earliest != NULL && strcmp(found->stamp, earliest) > 0)
            memcpy(found->stamp, earliest, sizeof found->stamp);
        earliest = found->stamp;
    }
    order_done(&order);
}

static int read_folder(const char *path, struct entry **ret, size_t *ret_count, struct error *error)
{
    DIR *folder = opendir(path);
    struct dirent *item;

    if (folder == NULL && errno == ENOENT)
        return 0;
    if (folder == NULL)
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    while ((item = readdir(folder)) != NULL) {
        struct entry entry;

        if (!read_entry(path, item->d_name, &entry))
            continue;
        *ret = memory_grow(*ret, *ret_count, sizeof **ret);
        (*ret)[(*ret_count)++] = entry;
    }
    (void)closedir(folder);
    return 0;
}

int runs_list(struct strings *ret, struct error *error)
{
    struct entry *entries = NULL;
    size_t count = 0;
    char *path;
    int result;

    *ret = (struct strings)STRINGS_INIT;
    if (folder_of_runs(&path, error) < 0)
        return -1;
    result = read_folder(path, &entries, &count, error);
    if (count > 0) {
        mend_stamps(entries, count, path);
        qsort(entries, count, sizeof *entries, compare_entries);
    }
    free(path);
    if (result < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        strings_adopt(ret, entries[i].folder);
    free(entries);
    return 0;
}

/* ---- one of them -------------------------------------------------------------------------- */

char *runs_folder(const char *id)
{
    struct error ignored;
    struct stat status;
    char *place = NULL;
    char *path;

    if (id[0] == '.' || id[0] == '\0' || strchr(id, '/') != NULL ||
        folder_of_runs(&place, &ignored) < 0)
        return NULL;
    path = memory_print("%s/%s", place, id);
    free(place);
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return path;
    free(path);
    return NULL;
}

/* ---- reruns ------------------------------------------------------------------------------- */

/*
 * FAMILY has the ids of a run and of its reruns. Is the run of HEAD a rerun of one of them, which
 * it does not have yet?
 */
static bool is_rerun(const struct strings *family, const struct result *head)
{
    return head->rerun_of != NULL && strings_has(family, head->rerun_of) &&
           !strings_has(family, head->run);
}

static int put_rerun_over(struct strings *family, struct result *rerun, struct result *whole,
                          struct error *error)
{
    strings_add(family, rerun->run);
    if (rerun->ending == RESULT_GOING)
        return error_set(
            error, "%s is still going on: wait for its end (azfan watch), or stop it (azfan stop)",
            rerun->run);
    sequel_add(whole, rerun);
    return 0;
}

/* What the run in FOLDER adds to WHOLE when it is a rerun of FAMILY. NAMED was read already. */
static int add_rerun(struct strings *family, const char *folder, struct result *named,
                     struct result *whole, struct error *error)
{
    struct result run;
    struct error ignored;
    bool wanted, read;
    int status = 0;

    if (replay_head(folder, &run, &ignored) < 0)
        return 0;
    wanted = is_rerun(family, &run);
    read = wanted && strcmp(run.run, named->run) == 0;
    result_done(&run);
    if (read)
        return put_rerun_over(family, named, whole, error);
    if (!wanted || replay_run(folder, &run, &ignored) < 0)
        return 0;
    status = put_rerun_over(family, &run, whole, error);
    result_done(&run);
    return status;
}

/* Every rerun of WHOLE's run in the folder of runs, the oldest first. */
static int add_reruns(struct strings *family, struct result *named, struct result *whole,
                      struct error *error)
{
    struct strings runs;
    size_t known;
    int status = 0;

    if (runs_list(&runs, error) < 0)
        return -1;
    do { /* again: where the clock was set back, a rerun of one of the family stands before it */
        known = family->count;
        for (size_t i = runs.count; i > 0 && status == 0; i--)
            status = add_rerun(family, runs.list[i - 1], named, whole, error);
    } while (status == 0 && family->count > known);
    strings_done(&runs);
    return status;
}

/*
 * Reads into WHOLE the run that NAMED goes back to, as far back as there are any; false: it is no
 * rerun of any that can be read. Those on the way are remembered: in a circle, which only a forged
 * journal can make, there would be no end.
 */
static bool climb(const struct result *named, struct result *whole)
{
    struct strings seen = STRINGS_INIT;
    const struct result *at = named;

    while (at->rerun_of != NULL && !strings_has(&seen, at->run)) {
        char *folder = runs_folder(at->rerun_of);
        struct result parent;
        struct error ignored;
        bool found = folder != NULL && replay_run(folder, &parent, &ignored) == 0;

        free(folder);
        strings_add(&seen, at->run);
        if (!found)
            break;
        if (at == whole)
            result_done(whole);
        *whole = parent;
        at = whole;
    }
    strings_done(&seen);
    return at == whole;
}

/* Puts all reruns over WHOLE, which NAMED goes back to. GOING: NAMED is not at its end. */
static int gather(struct result *named, bool going, struct result *whole, int *ret_lock,
                  struct error *error)
{
    struct strings family = STRINGS_INIT;
    bool locked;
    int status;

    strings_add(&family, whole->run);
    locked = file_lock_folder(whole->folder, ret_lock) == 0; /* before its reruns are looked at */
    status = add_reruns(&family, named, whole, error);
    if (status == 0 && going)
        status = error_set(
            error, "%s is still going on: wait for its end (azfan watch), or stop it (azfan stop)",
            named->run);
    if (status == 0 && !locked)
        status = error_set(error, "%s is being rerun or recovered right now", whole->run);
    if (status == 0 && !strings_has(&family, named->run)) /* it is kept elsewhere */
        sequel_add(whole, named);
    strings_done(&family);
    if (status < 0)
        fd_close(ret_lock);
    return status;
}

int runs_gather(const char *folder, struct result *named, struct result *whole, int *ret_lock,
                struct error *error)
{
    int status = 0;
    bool going;

    *ret_lock = -1;
    if (replay_run(folder, named, error) < 0)
        return -1;
    going = named->ending == RESULT_GOING;
    if (!climb(named, whole)) { /* it is the whole itself: it is not read a second time */
        *whole = *named;
        status = replay_head(folder, named, error);
    }
    if (status == 0)
        status = gather(named, going, whole, ret_lock, error);
    if (status == 0)
        return 0;
    result_done(named);
    result_done(whole);
    return -1;
}

/* ---- what Azure said afterwards ----------------------------------------------------------- */

static void take_answer(void *context, const struct result *rerun, const struct event *event,
                        const char *line, size_t length)
{
    (void)line;
    (void)length;
    if (event->kind == EVENT_END)
        sequel_recover(context, rerun, event->target);
}

static bool has_questions(const struct result *result)
{
    for (size_t i = 0; i < result->target_count; i++) {
        if (result_question(&result->targets[i]) != NULL)
            return true;
    }
    return false;
}

/* The run in FOLDER, where it is a rerun of FAMILY. */
static void take_answers(struct strings *family, const char *folder, struct result *result)
{
    struct result run;
    struct error ignored;
    bool wanted;

    if (replay_head(folder, &run, &ignored) < 0)
        return;
    wanted = is_rerun(family, &run);
    if (wanted)
        strings_add(family, run.run);
    result_done(&run);
    if (wanted && replay_run_seen(folder, &run, take_answer, result, &ignored) == 0)
        result_done(&run);
}

void runs_recover(struct result *result)
{
    struct strings family = STRINGS_INIT;
    struct strings runs;
    struct error ignored;
    size_t known;

    if (!has_questions(result) || runs_list(&runs, &ignored) < 0)
        return;
    strings_add(&family, result->run);
    do { /* as add_reruns() does */
        known = family.count;
        for (size_t i = runs.count; i > 0 && has_questions(result); i--)
            take_answers(&family, runs.list[i - 1], result);
    } while (family.count > known);
    strings_done(&runs);
    strings_done(&family);
}
