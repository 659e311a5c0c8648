/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/strings.h"
#include "run/folder.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/runs.h"

enum { LETTERS = 4 }; /* at the end of an id (run/folder) */

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* ---- the latest --------------------------------------------------------------------------- */

/* What cannot be read may be a real run: who asks for it is told why. */
static bool is_rehearsal(const char *folder)
{
    struct result head;
    struct error ignored;
    bool rehearsal;

    if (replay_head(folder, &head, &ignored) < 0)
        return false;
    rehearsal = head.rehearsal;
    result_done(&head);
    return rehearsal;
}

static char *pick_latest(const struct strings *runs, char **ret_note)
{
    const char *newest = last_name(runs->list[0]);
    size_t i = 0;

    while (i < runs->count && is_rehearsal(runs->list[i]))
        i++;
    if (i == runs->count) {
        *ret_note = memory_print("there is no run yet but rehearsals: this is %s", newest);
        return memory_string(runs->list[0]);
    }
    if (i > 0)
        *ret_note = memory_print("the latest run is %s; the rehearsal after it is %s",
                                 last_name(runs->list[i]), newest);
    return memory_string(runs->list[i]);
}

static int find_latest(const struct strings *runs, char **ret, char **ret_note, struct error *error)
{
    char *place;

    if (runs->count > 0) {
        *ret = pick_latest(runs, ret_note);
        return 0;
    }
    if (folder_of_runs(&place, error) < 0)
        return -1;
    (void)error_set(error, "there are no runs yet in %s", place);
    free(place);
    return -1;
}

/* ---- a path ------------------------------------------------------------------------------- */

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool has_journal(const char *folder)
{
    char *path = memory_print("%s/journal.jsonl", folder);
    struct stat status;
    bool has = stat(path, &status) == 0;

    free(path);
    return has;
}

/* The run folder WORD, or the one that the file WORD is in; NULL: it is neither. */
static char *find_by_path(const char *word)
{
    struct stat status;
    char *folder;

    if (stat(word, &status) < 0)
        return NULL;
    if (S_ISDIR(status.st_mode))
        return has_journal(word) ? memory_string(word) : NULL;
    if (strcmp(last_name(word), "report.json") != 0 &&
        strcmp(last_name(word), "journal.jsonl") != 0)
        return NULL;
    folder = last_name(word) == word ? memory_string(".")
                                     : memory_copy(word, (size_t)(last_name(word) - word));
    if (has_journal(folder))
        return folder;
    free(folder);
    return NULL;
}

/* ---- letters ------------------------------------------------------------------------------ */

static bool are_letters(const char *word)
{
    size_t count = 0;

    while (isxdigit((unsigned char)word[count]))
        count++;
    return count == LETTERS && word[count] == '\0';
}

const char *runs_letters(const char *id)
{
    const char *dash = strrchr(id, '-');

    return dash != NULL && are_letters(dash + 1) ? dash + 1 : id + strlen(id);
}

/* Nobody is to guess which of several is meant: that is an error. *RET stays NULL where there is
 * none. */
static int find_by_letters(const struct strings *runs, const char *word, char **ret,
                           struct error *error)
{
    for (size_t i = 0; i < runs->count; i++) {
        if (strcasecmp(runs_letters(last_name(runs->list[i])), word) != 0)
            continue;
        if (*ret != NULL) {
            (void)error_set(error, "%s are the last letters of more than one run: %s and %s", word,
                            last_name(*ret), last_name(runs->list[i]));
            free(*ret);
            *ret = NULL;
            return -1;
        }
        *ret = memory_string(runs->list[i]);
    }
    return 0;
}

/* ---- a job -------------------------------------------------------------------------------- */

static bool is_same_file(const char *path, const char *real)
{
    char resolved[PATH_MAX];

    return realpath(path, resolved) != NULL && strcmp(resolved, real) == 0;
}

bool runs_is_of_job(const struct result *head, const char *word)
{
    const struct result_job *job = &head->job;
    char real[PATH_MAX];

    if (job->name != NULL && strcmp(job->name, word) == 0)
        return true;
    if (job->path == NULL || strcmp(last_name(job->path), last_name(word)) != 0)
        return false;
    if (realpath(word, real) != NULL) /* there are files of this name in other folders */
        return is_same_file(job->path, real);
    return strcmp(job->path, word) == 0 || (job->file != NULL && strcmp(job->file, word) == 0);
}

static char *find_by_job(const struct strings *runs, const char *word, char **ret_note)
{
    for (size_t i = 0; i < runs->count; i++) {
        struct result head;
        struct error ignored;
        bool found;

        if (replay_head(runs->list[i], &head, &ignored) < 0)
            continue;
        found = runs_is_of_job(&head, word);
        if (found && head.rehearsal)
            *ret_note = memory_print("the latest run of %s is a rehearsal: %s", head.job.name,
                                     last_name(runs->list[i]));
        result_done(&head);
        if (found)
            return memory_string(runs->list[i]);
    }
    return NULL;
}

/* Another user's is there as well, and hidden. */
static int refuse(const char *word, struct error *error)
{
    char *journal = memory_print("%s/journal.jsonl", word);
    struct stat status;
    bool is_hidden = strchr(word, '/') != NULL && stat(journal, &status) < 0 && errno == EACCES;

    free(journal);
    if (is_hidden)
        return error_set(error, "cannot look into %s: %s; its owner and root can", word,
                         strerror(EACCES));
    return error_set(
        error, "there is no run %s, and none of a job of that name: `azfan runs` lists all runs",
        word);
}

/* ---- any of these ------------------------------------------------------------------------- */

static int find_among(const struct strings *runs, const char *word, char **ret, char **ret_note,
                      struct error *error)
{
    if (word == NULL || strcmp(word, "latest") == 0)
        return find_latest(runs, ret, ret_note, error);
    if (are_letters(word) && find_by_letters(runs, word, ret, error) < 0)
        return -1;
    if (*ret == NULL)
        *ret = find_by_job(runs, word, ret_note);
    if (*ret == NULL && is_folder(word)) /* its reader says what is wrong with it */
        *ret = memory_string(word);
    if (*ret != NULL)
        return 0;
    return refuse(word, error);
}

int runs_find(const char *word, char **ret, char **ret_note, struct error *error)
{
    struct strings runs;
    struct error cause;
    int result;

    *ret_note = NULL;
    *ret = word != NULL ? runs_folder(word) : NULL;
    if (*ret == NULL && word != NULL)
        *ret = find_by_path(word);
    if (*ret != NULL)
        return 0;
    /* Without a folder of runs a folder that was named is one all the same. */
    if (runs_list(&runs, &cause) < 0 && (word == NULL || strcmp(word, "latest") == 0))
        return error_set(error, "%s", cause.text);
    result = find_among(&runs, word, ret, ret_note, error);
    strings_done(&runs);
    return result;
}
