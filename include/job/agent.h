/* SPDX-License-Identifier: MIT */
/*
 * agent: does a script stop the VM's own agent, which runs it?
 *
 * Run Command goes through the agent. Where a script restarts it the result is
 * lost, and the VM may refuse every other script for 90 minutes
 * (azure-cli#14642). What is looked for is words, line by line: a command that
 * stops something, with the agent's name or with a variable that holds it. Pure.
 */
#ifndef AZFAN_JOB_AGENT_H
#define AZFAN_JOB_AGENT_H

struct job;

/* The line of JOB's script, from 1, that seems to do so; 0: none. */
int agent_find_stop(const struct job *job);

#endif
