/* SPDX-License-Identifier: MIT */
/*
 * redact: keeps a job's secrets out of what a VM or az printed.
 *
 * A script, or az, may echo a secret parameter. Each place where one stands is
 * replaced by "***". Recognised are, of all secrets of the job and the target:
 *   - the value, also without the line ends behind it, with LF for CRLF, and
 *     with CRLF for LF;
 *   - of several lines, each line of four bytes or more;
 *   - these as JSON writes them in a string, with and without \u escapes;
 *   - these as they look in a message: blanks for control characters, and no
 *     blanks and full stops at the end;
 *   - where text was cut, or its writer was stopped: four bytes or more of a
 *     secret's beginning before the cut, and of its end behind it.
 * Not recognised are other encodings (base64, URLs, hashes, JSON within JSON),
 * values that were wrapped, joined, indented or given another case, and a piece
 * cut out of a secret's inside. A secret of line ends alone masks nothing.
 * Main thread.
 */
#ifndef AZFAN_RUN_REDACT_H
#define AZFAN_RUN_REDACT_H

struct answer;
struct buffer;
struct error;
struct job;
struct job_target;

/* Cleans the streams and the message of ANSWER, which came from TARGET. */
void redact_answer(struct answer *answer, const struct job *job, const struct job_target *target);

/* Cleans a line that TARGET's az has printed while it runs: both of its ends may be cuts. */
void redact_line(struct buffer *line, const struct job *job, const struct job_target *target);

/* Cleans an error made of az's words that belong to no target: of the secrets of all of them. */
void redact_error(struct error *error, const struct job *job);

#endif
