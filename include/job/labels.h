/* SPDX-License-Identifier: MIT */
/*
 * labels: what azfan calls the targets of a job. Pure. Main thread.
 */
#ifndef AZFAN_JOB_LABELS_H
#define AZFAN_JOB_LABELS_H

#include <stddef.h>

struct job_target;

/* Gives every target of LIST the shortest label that no other has, whatever the case: see struct
 * job_target. It replaces the one that a target may have. */
void labels_give(struct job_target *list, size_t count);

#endif
