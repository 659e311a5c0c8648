/* SPDX-License-Identifier: MIT */
/*
 * answer: what az said, read as an outcome.
 *
 * Puts together what the process did (engine/supervise), what its JSON holds
 * (azure/reply), what the guard reported, and what az and Azure say when they
 * refuse (azure/refusal). Pure.
 */
#ifndef AZFAN_AZURE_ANSWER_H
#define AZFAN_AZURE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "azure/rest.h"
#include "base/buffer.h"
#include "engine/supervise.h"
#include "job/job.h"
#include "job/outcome.h"

struct answer {
    struct outcome outcome;
    struct buffer
        output; /* what the script wrote, without the trailer; without a readable answer: */
    struct buffer errors;  /* what az itself wrote (raw bytes, any) */
    bool output_truncated; /* something is missing: the guard, Azure or azfan's limit cut it */
    bool errors_truncated;
    enum rest_end operation; /* REST_NONE: also of az */
};

/* az's own answer is read up to here, however little of a script's output is to be kept: two full
 * streams, in which JSON writes one byte as six. */
enum { ANSWER_READ_MOST = 64 * 1024 };

struct answer_question {
    bool rest;         /* azfan-rest was asked, not az */
    bool own_identity; /* … with a token that no az gave */
    bool asks; /* … and it had nothing to send: what became of an operation was the question */
    const char *nonce;
    size_t output_limit;    /* bytes of each stream that are kept */
    int64_t timeout;        /* the attempt's: for the message */
    int64_t script_timeout; /* the script's */
    struct job_statuses ok; /* which of the script's statuses are */
    const char *marked_by;  /* the earlier run that made the mark which the guard looked for; NULL:
                               it is this run's own */
};

/*
 * Reads FINISH (its streams may be taken over and left empty) into RET, for
 * answer_done(). Never ok without a trailer that has the right nonce and
 * a status that is ok. A FINISH_CANCELLED is OUTCOME_CANCELLED with REASON_SIGNAL; the
 * caller, who knows why it raised the stop, may make it REASON_DEADLINE. Where a question ASKS and
 * is not answered, that is OUTCOME_UNKNOWN with REASON_ANSWER, whatever else it was. But when az
 * was stopped and its whole answer had come all the same, the trailer counts: look at the outcome's
 * kind, not at FINISH. What is returned does not name the guard's folder (azure/guardpath), whoever
 * wrote it.
 */
void answer_read(struct finish *finish, const struct answer_question *question, struct answer *ret);

void answer_done(struct answer *answer);

#endif
