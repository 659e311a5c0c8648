/* SPDX-License-Identifier: MIT */
/* dump: all that a result knows, as a text: to compare two of them byte for byte. */
#ifndef AZFAN_TEST_DUMP_H
#define AZFAN_TEST_DUMP_H

#include <inttypes.h>

#include "base/buffer.h"
#include "run/result.h"

static inline void dump_text(struct buffer *dump, const char *name, const char *text)
{
    buffer_print(dump, "%s=%s\n", name, text != NULL ? text : "(null)");
}

static inline void dump_number(struct buffer *dump, const char *name, int64_t number)
{
    buffer_print(dump, "%s=%" PRId64 "\n", name, number);
}

static inline void dump_job(struct buffer *dump, const struct result_job *job)
{
    dump_text(dump, "name", job->name);
    dump_text(dump, "file", job->file);
    dump_text(dump, "path", job->path);
    dump_text(dump, "digest", job->digest);
    dump_text(dump, "script_digest", job->script_digest);
    dump_text(dump, "runbook", job->runbook);
    dump_number(dump, "timeout", job->timeout);
    dump_number(dump, "script_timeout", job->script_timeout);
    dump_number(dump, "script_grace", job->script_grace);
    dump_number(dump, "deadline", job->deadline);
    dump_number(dump, "attempts", job->attempts);
    dump_number(dump, "batches", job->batches);
    for (size_t i = 0; i < job->file_count; i++) {
        dump_text(dump, "file", job->files[i].name);
        dump_text(dump, "digest", job->files[i].digest);
        dump_number(dump, "executable", job->files[i].executable);
    }
}

static inline void dump_overrides(struct buffer *dump, const struct result_overrides *overrides)
{
    dump_number(dump, "concurrency", overrides->concurrency);
    dump_number(dump, "timeout", overrides->timeout);
    dump_number(dump, "deadline", overrides->deadline);
    dump_text(dump, "az", overrides->az);
    for (size_t i = 0; i < overrides->setting_count; i++)
        dump_text(dump, "set", overrides->settings[i]);
    for (size_t i = 0; i < overrides->secret_count; i++)
        dump_text(dump, "secret", overrides->secrets[i]);
    dump_number(dump, "has_args", overrides->has_args);
    for (size_t i = 0; i < overrides->arg_count; i++)
        dump_text(dump, "arg", overrides->args[i]);
}

static inline void dump_outcome(struct buffer *dump, const struct outcome *outcome)
{
    dump_number(dump, "kind", outcome->kind);
    dump_number(dump, "reason", outcome->reason);
    dump_number(dump, "cause", outcome->cause);
    dump_number(dump, "script", outcome->script);
    dump_number(dump, "may_still_run", outcome->may_still_run);
    dump_number(dump, "exit_code", outcome->exit_code);
    dump_number(dump, "retry_after", outcome->retry_after);
    dump_text(dump, "message", outcome->message);
}

static inline void dump_operation(struct buffer *dump, const struct result_operation *operation)
{
    dump_number(dump, "sent", operation->sent);
    dump_text(dump, "url", operation->url);
    dump_text(dump, "request_id", operation->request_id);
    dump_text(dump, "correlation_id", operation->correlation_id);
    dump_text(dump, "nonce", operation->nonce);
    dump_number(dump, "busy_until", operation->busy_until);
}

static inline void dump_attempt(struct buffer *dump, const struct result_attempt *attempt)
{
    dump_number(dump, "at", attempt->at);
    dump_number(dump, "wall_started", attempt->wall_started);
    dump_number(dump, "duration", attempt->duration);
    dump_number(dump, "outcome", attempt->outcome);
    dump_number(dump, "reason", attempt->reason);
    dump_text(dump, "message", attempt->message);
    dump_number(dump, "az_exit", attempt->az_exit);
    dump_number(dump, "az_signal", attempt->az_signal);
    dump_number(dump, "stopped", attempt->stopped);
    dump_number(dump, "leftovers_killed", attempt->leftovers_killed);
    dump_number(dump, "cpu_time", attempt->cpu_time);
    dump_number(dump, "max_rss_kib", attempt->max_rss_kib);
    dump_number(dump, "worker", attempt->worker);
    dump_number(dump, "asks", attempt->asks);
    dump_operation(dump, &attempt->operation);
}

static inline void dump_target(struct buffer *dump, const struct result_target *target)
{
    dump_text(dump, "target", target->name);
    dump_text(dump, "resource_group", target->resource_group);
    dump_text(dump, "subscription", target->subscription);
    dump_text(dump, "label", target->label);
    dump_text(dump, "id", target->id);
    dump_number(dump, "batch", target->batch);
    dump_number(dump, "state", target->state);
    dump_outcome(dump, &target->outcome);
    dump_number(dump, "wall_ended", target->wall_ended);
    dump_number(dump, "busy_until", target->busy_until);
    dump_number(dump, "marked", target->marked);
    dump_text(dump, "mark_of", target->mark_of);
    dump_number(dump, "doubtful", target->doubtful);
    dump_number(dump, "open", target->open);
    dump_number(dump, "began", target->began);
    dump_number(dump, "asking", target->asking);
    dump_number(dump, "answered", target->answered);
    dump_number(dump, "recovered", target->recovered);
    dump_number(dump, "unanswered", target->unanswered);
    dump_operation(dump, &target->operation);
    dump_operation(dump, &target->question);
    dump_number(dump, "duration", target->duration);
    buffer_append(dump, buffer_text(&target->output), target->output.length);
    dump_number(dump, "\noutput_truncated", target->output_truncated);
    buffer_append(dump, buffer_text(&target->errors), target->errors.length);
    dump_number(dump, "\nerrors_truncated", target->errors_truncated);
    for (size_t i = 0; i < target->attempt_count; i++)
        dump_attempt(dump, &target->attempts[i]);
}

/* What is known beforehand, but for the folder and the pid, which a run does not know of itself. */
static inline void dump_known(struct buffer *dump, const struct result *result)
{
    dump_text(dump, "run", result->run);
    dump_job(dump, &result->job);
    dump_overrides(dump, &result->overrides);
    dump_text(dump, "user", result->origin.user);
    dump_text(dump, "host", result->origin.host);
    dump_text(dump, "commit", result->origin.commit);
    dump_number(dump, "dirty", result->origin.dirty);
    dump_text(dump, "az_version", result->origin.az_version);
    dump_text(dump, "subscription", result->origin.subscription);
    dump_number(dump, "rehearsal", result->rehearsal);
    dump_text(dump, "rerun_of", result->rerun_of);
    dump_number(dump, "again", result->again);
    dump_number(dump, "recover", result->recover);
}

/* What has happened. */
static inline void dump_course(struct buffer *dump, const struct result *result)
{
    dump_number(dump, "wall_started", result->wall_started);
    dump_number(dump, "wall_ended", result->wall_ended);
    dump_number(dump, "duration", result->duration);
    dump_number(dump, "ending", result->ending);
    dump_number(dump, "signal", result->signal);
    dump_text(dump, "trouble", result->trouble);
    dump_text(dump, "halt_cause", result->halt_cause);
    dump_number(dump, "concurrency", result->concurrency);
    dump_number(dump, "workers", result->workers);
    dump_number(dump, "least_limit", result->least_limit);
    dump_number(dump, "cuts", (int64_t)result->cuts);
    dump_number(dump, "settled", (int64_t)result->settled);
    for (int kind = 0; kind < OUTCOME_KINDS; kind++)
        dump_number(dump, "count", (int64_t)result->counts[kind]);
    for (size_t i = 0; i < result->target_count; i++)
        dump_target(dump, &result->targets[i]);
}

#endif
