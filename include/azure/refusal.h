/* SPDX-License-Identifier: MIT */
/*
 * refusal: what az and Azure say when they refuse, and what that means.
 *
 * Their words are taken apart by azure/said and looked up in the tables of
 * azure/refusal_rules. Pure.
 */
#ifndef AZFAN_AZURE_REFUSAL_H
#define AZFAN_AZURE_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

#include "azure/rest.h"
#include "job/outcome.h"

struct buffer;

/* In a message: what az's words end with where they were cut, and what they stand after. */
#define REFUSAL_CUT_MARK   "…"
#define REFUSAL_QUOTE_MARK ": "

/*
 * Reads what az wrote to standard error when it ended with AZ_EXIT (not 0)
 * into RET, for outcome_done(): always OUTCOME_ERROR. What is not in the table
 * is REASON_OTHER with az's own words, and the script may have started.
 */
void refusal_read(const char *errors, size_t length, int az_exit, struct outcome *ret);

/* The same of an az that was asked for its login: the message has no word of any script. */
void refusal_read_login(const char *errors, size_t length, int az_exit, struct outcome *ret);

/*
 * The same of azfan-rest, whose last line is a failure (rest/failure.h): the words of Azure are
 * looked up in the same tables, and the client knows whether the script can have started. *RET_END:
 * what it knows of the operation. False: it is none, and there is nothing in RET.
 */
bool refusal_read_rest(const char *errors, size_t length, bool own, struct outcome *ret,
                       enum rest_end *ret_end);

/* Appends what such a client wrote as az would have: without the lines that it says on the way to
 * azfan alone, and its failure in words. */
void refusal_add_rest_words(struct buffer *buffer, const char *errors, size_t length);

/* The same of azfan-rest that was asked for a token of the run's own identity. */
void refusal_read_token(const char *errors, size_t length, struct outcome *ret);

/*
 * The same for a failure that Azure reports inside an answer, as "Enable
 * failed: …": TEXT is Azure's own. RET is REASON_EXTENSION.
 */
void refusal_read_extension(const char *text, size_t length, struct outcome *ret);

/* Appends TEXT as one line of valid UTF-8 without control characters, and without the password of
 * any URL in it, cut after about 300 bytes. */
void refusal_add_line(struct buffer *buffer, const char *text, size_t length);

#endif
