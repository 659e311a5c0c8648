/* SPDX-License-Identifier: MIT */
/*
 * pastline: what a command line put over its job, kept with the run for a rerun, and put under the
 * rerun's own command line.
 *
 * What is kept is one option a field of struct result_overrides; who adds an option adds it to both
 * functions. Main thread.
 */
#ifndef AZFAN_CLI_PASTLINE_H
#define AZFAN_CLI_PASTLINE_H

struct job;
struct options;
struct result_overrides;

/* Fills *RET, which is the result's and goes with it. No secret is ever written down: of a setting
 * there is its name, of an argument its place. */
void pastline_keep(struct result_overrides *ret, const struct options *options,
                   const struct job *job);

/* OPTIONS, and where they say nothing what PAST says. *RET points into both; for
 * pastline_done(). */
void pastline_merge(struct options *ret, const struct options *options,
                    const struct result_overrides *past);

/* Not for options_done(): all else is still that of OPTIONS. */
void pastline_done(struct options *merged);

#endif
