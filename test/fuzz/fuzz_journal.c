/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a journal: there is one error that says why, or a result that adds up and can be
 * shown, and the list of runs says the same of it; and nothing leaks.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "fuzz.h"
#include "report/csv.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/markdown.h"
#include "report/plaintext.h"
#include "report/view.h"
#include "run/replay.h"
#include "run/result.h"
#include "sys/file.h"

static char *folder;
static int fd; /* the journal, which is in memory alone */
static FILE *nowhere;

static void clear_away(void)
{
    struct error error;

    (void)file_remove_tree(folder, &error);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    struct error error;
    char *memory;
    char *path;

    (void)count;
    (void)arguments;
    must(file_make_temporary_folder(&folder, &error) == 0);
    (void)atexit(clear_away);
    path = memory_print("%s/journal.jsonl", folder);
    fd = memfd_create("journal", MFD_CLOEXEC);
    memory = memory_print("/proc/self/fd/%d", fd);
    nowhere = fopen("/dev/null", "we");
    must(fd >= 0 && nowhere != NULL && symlink(memory, path) == 0);
    free(memory);
    free(path);
    return 0;
}

static void check_result(const struct result *result)
{
    size_t settled = 0;
    size_t counted = 0;

    for (size_t i = 0; i < result->target_count; i++) {
        settled += result->targets[i].state == RESULT_SETTLED ? 1 : 0;
        must(result->targets[i].busy_until >= 0);
    }
    for (int kind = 0; kind < OUTCOME_KINDS; kind++)
        counted += result->counts[kind];
    must(settled == result->target_count && settled == result->settled && counted == settled);
    /* The one thing that must never be made up. */
    must(result_exit_status(result) != 0 || result->counts[OUTCOME_OK] == result->target_count);
    json_write(nowhere, result);
    junit_write(nowhere, result);
    csv_write(nowhere, result);
    markdown_write(nowhere, result, NULL);
    plaintext_write(nowhere, result, &(struct view){.outputs = VIEW_GROUPED, .colour = true});
}

static void check_summary(const struct result *result)
{
    struct result summary;
    struct error error;
    size_t count;

    must(replay_summary(folder, &summary, &count, &error) == 0);
    must(count == result->target_count && summary.settled == result->settled);
    must(memcmp(summary.counts, result->counts, sizeof result->counts) == 0);
    must(summary.ending == result->ending);
    must(strcmp(summary.run, result->run) == 0);
    result_done(&summary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {""};
    struct result result;
    size_t count;

    must(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    if (replay_run(folder, &result, &error) == 0) {
        check_result(&result);
        check_summary(&result);
        result_done(&result);
        return 0;
    }
    must(strstr(error.text, folder) != NULL && strchr(error.text, '\n') == NULL);
    /* What is damaged in the middle is not seen by the list. */
    if (replay_summary(folder, &result, &count, &error) == 0)
        result_done(&result);
    return 0;
}
