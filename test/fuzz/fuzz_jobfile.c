/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a job file: it loads, or there are problems, and nothing leaks.
 * With FUZZ_REPLAY it is a program that takes files, for compilers without
 * libFuzzer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/problems.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems problems = {.count = 0};
    struct buffer text = BUFFER_INIT;
    struct job *job;

    (void)close(STDIN_FILENO); /* "file: -" must not wait for a person */
    job = jobfile_parse("test/fuzz/job.yaml", (const char *)data, size, NULL, &problems);
    if ((job == NULL) != (problems_total(&problems) > 0))
        abort();
    problems_print(&problems, &text);
    buffer_done(&text);
    problems_done(&problems);
    job_free(job);
    return 0;
}

#ifdef FUZZ_REPLAY
#include "base/error.h"
#include "sys/file.h"

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct buffer data = BUFFER_INIT;
        struct error error;

        if (file_read(argv[i], JOB_FILE_LIMIT, &data, &error) < 0) {
            fprintf(stderr, "%s\n", error.text);
            return 1;
        }
        (void)LLVMFuzzerTestOneInput((const uint8_t *)buffer_text(&data), data.length);
        buffer_done(&data);
    }
    return 0;
}
#endif
