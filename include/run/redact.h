/* SPDX-License-Identifier: MIT */
/*
 * redact: keeps a job's secrets out of what VMs and az print.
 *
 * A script, or az, may echo a secret parameter, also one of another VM. Each
 * place where one stands is replaced by "***". Recognised are, of all secrets
 * of the job and its targets:
 *   - the value, also without the line ends after it, with LF for CRLF, and
 *     with CRLF for LF;
 *   - of several lines, each line of four bytes or more;
 *   - these as the guards quote them, for sh and for PowerShell, and with apostrophes doubled;
 *   - these as JSON and Python write them in a string, also one in another;
 *   - these as they look in a message: blanks for control characters, and no
 *     blanks and full stops at the end;
 *   - where text was cut, or its writer was stopped: four bytes or more of a
 *     secret's beginning before the cut, and of its end after it.
 * Runs of backslashes count as one, since each string in a string doubles them.
 * A stream that holds a secret only as people see it, without colours
 * (base/drawn), is kept as they see it.
 * Not recognised are other encodings (base64, URLs, hashes), values that were
 * wrapped, joined, indented or given another case, and a piece cut out of a
 * secret's inside. A secret of line ends alone masks nothing. Main thread.
 */
#ifndef AZFAN_RUN_REDACT_H
#define AZFAN_RUN_REDACT_H

struct answer;
struct buffer;
struct error;
struct job;
struct redact;

/* Learns the secrets of JOB, which need not live on. For redact_free(). */
struct redact *redact_new(const struct job *job);

void redact_free(struct redact *redact); /* NULL is fine */

/* Cleans the streams and the message of ANSWER. */
void redact_answer(const struct redact *redact, struct answer *answer);

/* Cleans a line that an az has printed while it runs: both of its ends may be cuts. */
void redact_line(const struct redact *redact, struct buffer *line);

/* Cleans an error made of az's words that belong to no target. */
void redact_error(const struct redact *redact, struct error *error);

#endif
