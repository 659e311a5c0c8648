/* SPDX-License-Identifier: MIT */
/*
 * redact_forms: the forms in which a secret may have been printed. A part of run/redact.
 *
 * As it is, and as a guard quotes it for its shell; each of these without the
 * line ends after it, with other line ends, line by line, as JSON and
 * Python write it in a string, and as a message of az's looks (no control
 * characters, no full stop at the end).
 *
 * JSON within JSON doubles backslashes, and so does each further layer: here a
 * run of backslashes is always written as one, and so it must be in the text
 * in which the forms are looked for. Pure. Main thread.
 */
#ifndef AZFAN_RUN_REDACT_FORMS_H
#define AZFAN_RUN_REDACT_FORMS_H

struct strings;

enum {
    REDACT_FORMS_SHORTEST = 4
}; /* bytes of a piece of a secret: what is shorter tells little, and is often a word */

/*
 * Adds the forms of SECRET, none empty, some perhaps twice; of an empty one, or one of line ends
 * alone, there are none.
 */
void redact_forms_add(struct strings *forms, const char *secret);

#endif
