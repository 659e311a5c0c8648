/* SPDX-License-Identifier: MIT */
/*
 * connection: how a job gets to Azure: by which client, as whom, and where that is.
 *
 * A part of job/jobfile. Main thread.
 */
#ifndef AZFAN_JOB_CONNECTION_H
#define AZFAN_JOB_CONNECTION_H

struct jobkeys_value;
struct loading;

/* VALUES are those of KEYTABLE_TOP. */
void connection_load(const struct loading *loading, const struct jobkeys_value *values);

/* Once the targets are known: without az nobody has a subscription for those that name none. */
void connection_check(const struct loading *loading, const struct jobkeys_value *values);

#endif
