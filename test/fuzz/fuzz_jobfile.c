/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a job file: it loads, or there are problems, and nothing leaks.
 */
#include "base/buffer.h"
#include "fuzz.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/problems.h"

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    must(freopen("/dev/null", "re", stdin) != NULL); /* "file: -" must not wait for a person */
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems problems = {.count = 0};
    struct buffer text = BUFFER_INIT;
    struct job *job;

    job = jobfile_parse("test/fuzz/job.yaml", (const char *)data, size, NULL, &problems);
    must((job == NULL) == (problems_total(&problems) > 0));
    problems_print(&problems, &text);
    must(fuzz_is_clean(buffer_text(&text), text.length, "\n"));
    buffer_done(&text);
    problems_done(&problems);
    job_free(job);
    return 0;
}
