/* SPDX-License-Identifier: MIT */
/*
 * redact: keeps a job's secrets out of what a VM or az printed.
 *
 * A script may echo its parameters. Every occurrence of a secret's value is
 * replaced by "***"; of a secret with several lines each line of eight bytes
 * or more as well; and where Azure or azfan cut the head off, the rest of a
 * secret that was cut in two. Values in another encoding are not recognised.
 * Main thread.
 */
#ifndef AZFAN_RUN_REDACT_H
#define AZFAN_RUN_REDACT_H

struct answer;
struct job;
struct job_target;

/* Cleans the streams and the message of ANSWER, which came from TARGET. */
void redact_answer(struct answer *answer, const struct job *job, const struct job_target *target);

#endif
