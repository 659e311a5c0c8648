/* SPDX-License-Identifier: MIT */
#include "run/redact.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "azure/answer.h"
#include "base/memory.h"
#include "base/text.h"
#include "job/job.h"

enum { SHORTEST_LINE = 8, SHORTEST_REST = 4 };

static void redact_lines(struct buffer *buffer, const char *secret)
{
    while (*secret != '\0') {
        size_t length = strcspn(secret, "\n");

        if (length >= SHORTEST_LINE) {
            char *line = memory_copy(secret, length);

            text_redact(buffer, line);
            free(line);
        }
        secret += length + (secret[length] == '\n' ? 1 : 0);
    }
}

/* The head of BUFFER was cut off: does what is left begin in the middle of SECRET? */
static void redact_cut_head(struct buffer *buffer, const char *secret)
{
    size_t length = strlen(secret);

    for (size_t start = 1; start + SHORTEST_REST <= length; start++) {
        size_t rest = length - start;

        if (rest <= buffer->length && memcmp(buffer->data, secret + start, rest) == 0) {
            memset(buffer->data, '*', rest);
            return;
        }
    }
}

static void redact_buffer(struct buffer *buffer, const char *secret, bool truncated)
{
    if (buffer->length == 0)
        return;
    text_redact(buffer, secret);
    if (strchr(secret, '\n') != NULL)
        redact_lines(buffer, secret);
    if (truncated)
        redact_cut_head(buffer, secret);
}

static void redact_message(char **message, const char *secret)
{
    struct buffer buffer = BUFFER_INIT;

    if (*message == NULL || strstr(*message, secret) == NULL)
        return;
    buffer_add(&buffer, *message);
    text_redact(&buffer, secret);
    free(*message);
    *message = buffer_take(&buffer);
}

static void redact_parameters(struct answer *answer, const struct job_parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++) {
        const struct job_parameter *parameter = &parameters->list[i];

        if (parameter->source == NULL || parameter->value[0] == '\0')
            continue;
        redact_buffer(&answer->output, parameter->value, answer->output_truncated);
        redact_buffer(&answer->errors, parameter->value, answer->errors_truncated);
        redact_message(&answer->outcome.message, parameter->value);
    }
}

void redact_answer(struct answer *answer, const struct job *job, const struct job_target *target)
{
    redact_parameters(answer, &job->parameters);
    redact_parameters(answer, &target->parameters);
}
