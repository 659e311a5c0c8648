/* SPDX-License-Identifier: MIT */
#include "run/result.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

void result_init(struct result *result, const struct job *job, const char *run)
{
    *result = (struct result){.run = memory_string(run), .job = job};
    result->targets = memory_zeroed(job->target_count, sizeof *result->targets);
    for (size_t i = 0; i < job->target_count; i++) {
        result->targets[i].target = &job->targets[i];
        result->targets[i].batch = 1;
        /* Until it is settled, nothing has happened to it: never let it look ok. */
        result->targets[i].outcome =
            (struct outcome){.kind = OUTCOME_SKIPPED, .reason = REASON_HALTED, .exit_code = -1};
    }
}

void result_done(struct result *result)
{
    for (size_t i = 0; i < result->job->target_count; i++) {
        struct result_target *target = &result->targets[i];

        free(target->id);
        free(target->attempts);
        outcome_done(&target->outcome);
        buffer_done(&target->output);
        buffer_done(&target->errors);
    }
    free(result->targets);
    free(result->run);
    free(result->trouble);
    free(result->halt_cause);
    free(result->folder);
}

void result_add_attempt(struct result *result, size_t index, const struct result_attempt *attempt)
{
    struct result_target *target = &result->targets[index];

    target->attempts =
        memory_resize(target->attempts, target->attempt_count + 1, sizeof *target->attempts);
    target->attempts[target->attempt_count++] = *attempt;
    target->duration += attempt->duration;
}

void result_settle(struct result *result, size_t index, struct answer *answer)
{
    struct result_target *target = &result->targets[index];

    assert(!target->settled);
    assert(outcome_is_valid(answer->outcome.kind, answer->outcome.reason));
    target->outcome = answer->outcome;
    target->output = answer->output;
    target->errors = answer->errors;
    target->output_truncated = answer->output_truncated;
    target->errors_truncated = answer->errors_truncated;
    *answer = (struct answer){.outcome = {.kind = target->outcome.kind}};
    target->settled = true;
    result->settled++;
    result->counts[target->outcome.kind]++;
}

void result_skip(struct result *result, size_t index, enum outcome_reason reason,
                 const char *message)
{
    struct answer answer = {.outcome = {.kind = OUTCOME_SKIPPED,
                                        .reason = reason,
                                        .script = SCRIPT_NOT_STARTED,
                                        .exit_code = -1,
                                        .message = memory_string(message)}};

    result_settle(result, index, &answer);
}

static bool is_halt(enum result_ending ending)
{
    return ending == RESULT_LOGIN || ending == RESULT_HALTED;
}

void result_end_early(struct result *result, enum result_ending ending, int signal,
                      const char *cause)
{
    bool first = result->ending == RESULT_COMPLETE;

    if (!first && (!is_halt(result->ending) || is_halt(ending)))
        return;
    result->ending = ending;
    result->signal = signal;
    if (first)
        result->halt_cause = memory_string(cause);
}

void result_trouble(struct result *result, const char *text)
{
    if (result->trouble == NULL)
        result->trouble = memory_string(text);
}

int result_exit_status(const struct result *result)
{
    const size_t *counts = result->counts;

    if (result->ending == RESULT_SIGNAL)
        return 128 + result->signal;
    if (result->ending == RESULT_DEADLINE)
        return 124;
    if (result->trouble != NULL)
        return 1;
    if (result->job->target_count == 0)
        return 7;
    if (result->ending != RESULT_COMPLETE)
        return 6;
    if (counts[OUTCOME_ERROR] > 0)
        return 5;
    if (counts[OUTCOME_TIMEOUT] > 0 || counts[OUTCOME_UNKNOWN] > 0)
        return 4;
    if (counts[OUTCOME_FAILED] > 0)
        return 3;
    /* Whatever is left that is not ok was cut short by an ending that was told above. */
    return counts[OUTCOME_OK] == result->job->target_count ? 0 : 1;
}
