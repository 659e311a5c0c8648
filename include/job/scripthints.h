/* SPDX-License-Identifier: MIT */
/*
 * scripthints: what of a script is right, but may not be meant.
 *
 * A suffix of another language, a "#!" that is not in the first line, lines
 * that were folded. Remarks, no problems. Part of job/jobfile.
 */
#ifndef AZFAN_JOB_SCRIPTHINTS_H
#define AZFAN_JOB_SCRIPTHINTS_H

struct loading;

/* Adds remarks about the script of a job that is loaded completely, and has no problem. */
void scripthints_add(const struct loading *loading);

#endif
