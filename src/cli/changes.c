/* SPDX-License-Identifier: MIT */
#include "cli/changes.h"

#include <string.h>

#include "base/buffer.h"
#include "cli/message.h"
#include "job/job.h"
#include "run/result.h"

/* True. */
static bool report_change(const struct result *past, const char *what, const char *place)
{
    struct buffer text = BUFFER_INIT;

    buffer_print(&text, "%s since %s: %s", what, past->run, place);
    (void)message_fail(0, buffer_text(&text));
    buffer_done(&text);
    return true;
}

static const struct result_file *find_past_file(const struct result_job *past, const char *name)
{
    for (size_t i = 0; i < past->file_count; i++) {
        if (strcmp(past->files[i].name, name) == 0)
            return &past->files[i];
    }
    return NULL;
}

static bool has_file(const struct job *job, const char *name)
{
    for (size_t i = 0; i < job->files.count; i++) {
        if (strcmp(job->files.list[i].name, name) == 0)
            return true;
    }
    return false;
}

/* What became of FILE; NULL: nothing. */
static const char *find_change(const struct result_file *before, const struct job_file *file)
{
    if (before == NULL)
        return "a file of the script was added";
    if (strcmp(before->digest, file->digest) != 0)
        return "a file of the script has changed";
    if (before->executable != file->executable)
        return "a file of the script has gained or lost its executable bit";
    return NULL;
}

static bool report_files(const struct result *past, const struct job *job)
{
    bool changed = false;

    for (size_t i = 0; i < job->files.count; i++) {
        const struct job_file *file = &job->files.list[i];
        const char *what = find_change(find_past_file(&past->job, file->name), file);

        if (what != NULL)
            changed = report_change(past, what, file->name);
    }
    for (size_t i = 0; i < past->job.file_count; i++) {
        if (!has_file(job, past->job.files[i].name))
            changed =
                report_change(past, "a file of the script was removed", past->job.files[i].name);
    }
    return changed;
}

bool changes_tell(const struct result *past, const struct job *job)
{
    bool changed = false;

    if (strcmp(past->job.digest, job->digest) != 0)
        changed = report_change(past, "the job file has changed", job->path);
    if (strcmp(past->job.script_digest, job->script_digest) != 0)
        changed =
            report_change(past, "the script has changed",
                          job->script_file != NULL ? job->script_file : "it is in the job file");
    return report_files(past, job) || changed;
}
