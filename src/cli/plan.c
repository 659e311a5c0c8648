/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>

#include "azure/az.h"
#include "azure/command.h"
#include "azure/guard.h"
#include "azure/rest.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/lookup.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/scope.h"
#include "job/fold.h"
#include "job/job.h"
#include "job/keytable.h"
#include "job/outcome.h"
#include "job/targets.h"
#include "run/cost.h"
#include "run/halting.h"
#include "run/room.h"
#include "run/rules.h"
#include "run/status.h"
#include "sys/machine.h"

static void print_label(struct buffer *buffer, const char *label)
{
    buffer_print(buffer, "%-17s", label);
}

/* What a job file says stands beside its key, as the file spells it. */
static void print_duration(struct buffer *buffer, const char *key, int64_t duration)
{
    print_label(buffer, key);
    number_print_exact_duration(buffer, duration);
    buffer_add(buffer, "\n");
}

static void print_retry(struct buffer *buffer, const struct job *job)
{
    const char *reasons[REASONS];
    size_t count = outcome_list_reasons(job->retry.on, reasons);

    if (job->retry.attempts == 1)
        return;
    print_label(buffer, "retry:");
    buffer_print(buffer, "up to %d attempts, the second after ", job->retry.attempts);
    number_print_exact_duration(buffer, job->retry.delay);
    buffer_add(buffer, "; for");
    for (size_t i = 0; i < count; i++)
        buffer_print(buffer, " %s", reasons[i]);
    buffer_add(buffer, job->idempotent ? "; also when the script may have run\n"
                                       : "; never when the script may have run\n");
}

static void print_halt(struct buffer *buffer, const struct job *job, const int *batches)
{
    print_label(buffer, "Halt:");
    halting_print(buffer, job, batches);
    buffer_add(buffer, "\n");
}

static void print_ok_statuses(struct buffer *buffer, const struct job *job)
{
    if (job->ok.count == 0)
        return;
    print_label(buffer, "ok_status:");
    for (size_t i = 0; i < job->ok.count; i++)
        buffer_print(buffer, "%s%d", i == 0 ? "" : ", ", job->ok.list[i]);
    buffer_add(buffer, "\n");
}

static void print_duration_at_worst(struct buffer *buffer, const struct job *job,
                                    const int *batches)
{
    struct rules_duration duration = rules_duration(job, batches, job_at_once(job));
    bool is_cut = job->deadline > 0 && job->deadline < duration.worst;

    print_label(buffer, "Duration:");
    buffer_print(buffer, "%zu at once, so at worst ",
                 rules_at_once(job, batches, job_at_once(job)));
    number_print_duration(buffer, is_cut ? job->deadline : duration.worst);
    buffer_print(buffer, " after the login%s\n", is_cut ? ", when the deadline stops it" : "");
}

static void print_clocks(struct buffer *buffer, const struct job *job, const int *batches)
{
    print_duration(buffer, "script_timeout:", job->script_timeout);
    print_duration(buffer, "script_grace:", job->script_grace);
    print_duration(buffer, "timeout:", job->timeout);
    print_label(buffer, "deadline:");
    if (job->deadline > 0)
        number_print_exact_duration(buffer, job->deadline);
    else
        buffer_add(buffer, "none");
    buffer_add(buffer, "\n");
    print_ok_statuses(buffer, job);
    print_retry(buffer, job);
    print_halt(buffer, job, batches);
    print_duration_at_worst(buffer, job, batches);
}

/* For how many at once there is room here. */
static int find_room(const struct job *job, enum job_client client, int wanted)
{
    struct az az = {.program = NULL};

    az_set_client(&az, client);
    return room_for(job, &az, wanted).children;
}

/* What CLIENT would take, with as many at once as it would have. */
static void print_cost(struct buffer *buffer, const struct job *job, const int *batches,
                       enum job_client client)
{
    int concurrency = job->usual_concurrency ? job_usual_concurrency(client) : job->concurrency;
    int wanted = (int)rules_at_once(job, batches, concurrency);
    int room = find_room(job, client, wanted);
    struct cost cost = cost_of(job, batches, client, room, machine_processors());

    buffer_print(buffer, "%s, %zu at once", keytable[KEY_CLIENT].words[client], cost.at_once);
    if (room < wanted)
        buffer_print(buffer, " (no room here for %d)", wanted);
    buffer_add(buffer, client == job->client ? ": for an empty script " : ": ");
    cost_print(buffer, &cost);
}

/* Neither is better for all: whoever chooses shall know the other's price. */
static void print_client(struct buffer *buffer, const struct job *job, const int *batches)
{
    enum job_client other = job->client == JOB_REST ? JOB_AZ : JOB_REST;

    print_label(buffer, "client:");
    print_cost(buffer, job, batches, job->client);
    buffer_add(buffer, "\n");
    print_label(buffer, "");
    print_cost(buffer, job, batches, other);
    buffer_print(buffer, " (--client %s)\n", keytable[KEY_CLIENT].words[other]);
    if (job->client != JOB_REST)
        return;
    print_label(buffer, "identity:");
    buffer_print(buffer, "%s\n", keytable[KEY_IDENTITY].words[job->identity]);
    if (job->cloud.endpoint == NULL)
        return;
    print_label(buffer, "cloud:");
    buffer_print(buffer, "%s\n", job->cloud.endpoint);
}

static void print_warning(struct buffer *buffer, const struct job *job, const int *batches)
{
    struct buffer warning = BUFFER_INIT;

    if (rules_warn(&warning, job, batches, job_at_once(job), false))
        buffer_print(buffer, "\nWarning: %s\n", buffer_text(&warning));
    buffer_done(&warning);
}

static void print_question(struct buffer *buffer, const struct job *job)
{
    if (!job->has_confirm)
        return;
    print_label(buffer, "confirm:");
    buffer_print(buffer, "asks above %zu targets; without a terminal, add --yes\n", job->confirm);
}

static void print_where(struct buffer *buffer, const struct job *job, const int *batches,
                        const struct lookup *lookup)
{
    struct scope scope = lookup_scope(lookup, job, batches);

    print_label(buffer, "Where:");
    scope_print(buffer, &scope);
}

/* The labels of the targets from START to END, folded. */
static void print_labels(struct buffer *buffer, const struct job *job, size_t start, size_t end)
{
    const char **labels = memory_zeroed(end - start, sizeof *labels);

    for (size_t i = start; i < end; i++)
        labels[i - start] = job->targets[i].label;
    fold_names(buffer, labels, end - start);
    buffer_add(buffer, "\n");
    free(labels);
}

static void print_files(struct buffer *buffer, const struct job_files *files)
{
    if (files->count == 0)
        return;
    buffer_print(buffer, "\nFiles (%zu, %zu bytes when packed):\n", files->count,
                 files->packed_length);
    for (size_t i = 0; i < files->count; i++)
        buffer_print(buffer, "  %s: %zu bytes%s\n", files->list[i].name, files->list[i].length,
                     files->list[i].executable ? ", executable" : "");
}

static void print_targets(struct buffer *buffer, const struct job *job, const int *batches)
{
    size_t end;
    int count = batches[job->target_count - 1];

    if (count == 1)
        buffer_print(buffer, "\nTargets (%zu, one batch):\n", job->target_count);
    else
        buffer_print(buffer, "\nTargets (%zu, in %d batches):\n", job->target_count, count);
    for (size_t start = 0; start < job->target_count; start = end) {
        for (end = start; end < job->target_count && batches[end] == batches[start];)
            end++;
        buffer_add(buffer, "  ");
        if (count > 1)
            buffer_print(buffer, "Batch %d (%zu): ", batches[start], end - start);
        print_labels(buffer, job, start, end);
    }
}

/* The guard of the first target, with nothing in it that only a run has. */
static struct guard guard_of_first(const struct job *job)
{
    static const char placeholder[GUARD_NONCE_SIZE] = "00000000000000000000000000000000";

    return (struct guard){.job = job,
                          .target = &job->targets[0],
                          .run = "RUN",
                          .batch = 1,
                          .nonce = placeholder,
                          .once = guard_needs_once(job) ? placeholder : NULL,
                          .masked = true};
}

static void print_command(struct buffer *buffer, const struct job *job,
                          const char *default_subscription)
{
    const struct job_target *first = &job->targets[0];
    const char *subscription = first->subscription != NULL    ? first->subscription
                               : default_subscription != NULL ? default_subscription
                                                              : "DEFAULT-SUBSCRIPTION";
    char *id = targets_print_id(subscription, first->resource_group, first->name);

    if (job->client == JOB_REST) {
        buffer_add(buffer, "Request (for the first target, by azfan-rest):\n  ");
        rest_show(buffer, id);
    } else {
        buffer_add(buffer, "Command (for the first target):\n  ");
        command_show(buffer, job->az, job->shell, id);
    }
    buffer_add(buffer, "\n");
    free(id);
}

static void print_script(struct buffer *buffer, const struct job *job)
{
    struct guard guard = guard_of_first(job);

    buffer_add(buffer, "\nScript (--guard shows it as it is sent):\n");
    buffer_append(buffer, job->script, job->script_length);
    if (buffer->data[buffer->length - 1] != '\n')
        buffer_add_char(buffer, '\n');
    if (!guard_has_values(&guard))
        return;
    buffer_add(buffer, "\nParameters (of the first target; secrets are masked):\n");
    guard_show_values(buffer, &guard);
}

static void print_summary(struct buffer *buffer, const struct job *job, const int *batches,
                          const struct lookup *lookup)
{
    print_label(buffer, "Job:");
    buffer_print(buffer, "%s (", job->name);
    text_add_line(buffer, job->path);
    buffer_add(buffer, ")\n");
    if (job->description != NULL)
        buffer_print(buffer, "Description:     %s\n", job->description);
    if (job->runbook != NULL)
        buffer_print(buffer, "Runbook:         %s\n", job->runbook);
    print_where(buffer, job, batches, lookup);
    print_question(buffer, job);
    print_clocks(buffer, job, batches);
    print_client(buffer, job, batches);
    print_warning(buffer, job, batches);
}

/* What matters most stands last, where a terminal ends. */
static void print_plan(const struct job *job, const struct lookup *lookup)
{
    struct buffer buffer = BUFFER_INIT;
    int *batches = rules_batches(job);

    print_command(&buffer, job, lookup->subscription);
    print_script(&buffer, job);
    print_files(&buffer, &job->files);
    print_targets(&buffer, job, batches);
    buffer_add(&buffer, "\n");
    print_summary(&buffer, job, batches, lookup);
    free(batches);
    message_print(&buffer);
    buffer_done(&buffer);
}

static void print_guard(const struct job *job)
{
    struct guard guard = guard_of_first(job);
    struct buffer buffer = BUFFER_INIT;

    guard_write(&buffer, &guard);
    message_print(&buffer);
    buffer_done(&buffer);
}

/* Returns the signal that ended it, or 0. */
static int ask_and_print(struct job *job)
{
    struct lookup lookup;
    int signal;

    lookup_ask(&lookup, job);
    signal = lookup.signal;
    if (signal == 0)
        print_plan(job, &lookup);
    lookup_done(&lookup);
    return signal;
}

int cli_plan(const struct options *options, int *ret_signal)
{
    struct job *job;
    int status = load_job(options, options->jobs.list[0], LOAD_TO_SHOW, &job);

    if (status != STATUS_OK)
        return status;
    if (options->guard)
        print_guard(job);
    else
        *ret_signal = ask_and_print(job);
    job_free(job);
    return STATUS_OK;
}
