/* SPDX-License-Identifier: MIT */
#include "run/room.h"

#include "azure/az.h"
#include "job/job.h"
#include "job/limits.h"

enum {
    FILES_PER_WORKER = 6, /* pidfd, two pipes, an event, and two more while a child is started */
    FILES_OF_OUR_OWN = 32,
    PROCESSES_OF_OUR_OWN = 8
};

/* What the result keeps of what the VMs print until the run is over: two streams of each. A payload
 * may hold more than a full stream has, but hardly that of every VM. */
static uint64_t memory_for_outputs(const struct job *job)
{
    size_t stream = job->output_limit < LIMITS_STREAM ? job->output_limit : LIMITS_STREAM;

    return (uint64_t)job->target_count * 2 * stream;
}

struct machine_room room_for(const struct job *job, const struct az *az, int wanted)
{
    struct machine_needs needs = {.child = az->called,
                                  .own_memory_use = "what the VMs print",
                                  .memory = az->memory,
                                  .files = FILES_PER_WORKER + az->files,
                                  .own_files = FILES_OF_OUR_OWN,
                                  .processes = az->processes + 2, /* and our two threads */
                                  .own_processes = PROCESSES_OF_OUR_OWN,
                                  .own_memory = memory_for_outputs(job)};

    return machine_room("", &needs, wanted);
}

struct machine_room room_for_targets(const struct job *job, const struct az *az)
{
    return room_for(job, az, job_at_once(job));
}
