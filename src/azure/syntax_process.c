/* SPDX-License-Identifier: MIT */
#include "azure/syntax_process.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/number.h"
#include "job/job.h"
#include "sys/fault.h"
#include "sys/fd.h"

enum { OUTPUT_LIMIT = 16 * 1024 };

/* The script as a descriptor that can be read from its start; -1: there is none to be had. */
static int open_script(const struct job *job)
{
    int fd = FAULT("syntax.memfd_create") ? -1 : memfd_create("script", MFD_CLOEXEC);

    if (fd < 0)
        return -1;
    if (fd_write_all(fd, job->script, job->script_length) < 0 || lseek(fd, 0, SEEK_SET) < 0)
        fd_close(&fd);
    return fd;
}

void syntax_process_run(const struct syntax_process *process, const struct job *job,
                        struct finish *ret)
{
    const struct supervise_limits limits = {.timeout = process->seconds * NUMBER_SECOND,
                                            .output_limit = OUTPUT_LIMIT};
    const struct supervise_stop nobody = {-1, -1};
    struct child_command command = {.program = process->program,
                                    .arguments = process->arguments.list,
                                    .environment = process->environment.list,
                                    .folder = "/",
                                    .input = open_script(job),
                                    .output = -1,
                                    .errors = -1};

    *ret = (struct finish){.end = FINISH_NOT_STARTED};
    if (command.input >= 0)
        supervise_run(&command, &limits, &nobody, NULL, ret);
    fd_close(&command.input);
}

bool syntax_process_ended(const struct finish *finish)
{
    return finish->end == FINISH_EXITED && finish->stop == FINISH_UNSTOPPED && finish->exit.known &&
           !finish->exit.signaled;
}

void syntax_process_done(struct syntax_process *process)
{
    strings_done(&process->arguments);
    strings_done(&process->environment);
}
