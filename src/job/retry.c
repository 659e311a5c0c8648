/* SPDX-License-Identifier: MIT */
#include "job/retry.h"

#include <stdbool.h>

#include "base/buffer.h"
#include "base/nearest.h"
#include "base/number.h"
#include "job/job.h"
#include "job/jobkeys.h"
#include "job/loading.h"
#include "job/outcome.h"
#include "job/overrides.h"
#include "job/problems.h"
#include "job/yaml.h"

static void report_unknown(const struct loading *loading, const struct yaml_node *node)
{
    bool is_shown = loading->problems->count < PROBLEMS_MOST;
    const char *names[REASONS] = {NULL};
    size_t count = is_shown ? outcome_list_reasons(outcome_repeatable(), names) : 0;
    const char *nearest = nearest_word(node->text, names, count);
    struct buffer list = BUFFER_INIT;

    for (size_t i = 0; i < count; i++)
        buffer_print(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    if (nearest != NULL)
        loading_problem(loading, node, "unknown reason \"%.80s\"; did you mean \"%s\"?", node->text,
                        nearest);
    else
        loading_problem(loading, node, "unknown reason \"%.80s\"; there are %s", node->text,
                        buffer_text(&list));
    buffer_done(&list);
}

/* May the job repeat what ends for REASON? If not, adds a problem. */
static bool check_reason(const struct loading *loading, const struct yaml_node *node,
                         enum outcome_reason reason)
{
    enum outcome_repeat repeat = outcome_repeat(reason);
    const char *name = node->text;

    if (repeat == REPEAT_OVER || repeat == REPEAT_MENDED)
        loading_problem(loading, node, "\"%s\" is never repeated: %s", name,
                        repeat == REPEAT_MENDED ? "a person has to fix that first"
                                                : "the run is over by then");
    else if (outcome_is_in(loading->job->retry.on, reason))
        loading_problem(loading, node, "\"%s\" is named twice", name);
    else if (repeat != REPEAT_ASKED && !loading->job->idempotent)
        loading_problem(loading, node,
                        "\"%s\": the script has %srun by then; to repeat it, declare that it may "
                        "run twice on a VM: \"idempotent: true\" at the left margin",
                        name, repeat == REPEAT_MAYBE ? "perhaps " : "");
    else
        return true;
    return false;
}

/* Adds the reason that NODE names to the job's. */
static void load_reason(const struct loading *loading, const struct yaml_node *node)
{
    enum outcome_reason reason;

    if (!jobkeys_is_text(loading, "an entry of on", node))
        return;
    reason = outcome_find_reason(node->text);
    if (reason == REASONS)
        report_unknown(loading, node);
    else if (check_reason(loading, node, reason))
        loading->job->retry.on |= outcome_bit(reason);
}

static void load_reasons(const struct loading *loading, const struct yaml_node *node)
{
    if (node == NULL)
        loading->job->retry.on = outcome_repeated_by_default();
    else if (node->kind == YAML_SCALAR)
        load_reason(loading, node);
    for (size_t i = 0; node != NULL && i < node->count; i++)
        load_reason(loading, node->items[i]);
}

/* Where only one of the two is given, the other's default gives way to it. */
static void load_delays(const struct loading *loading, const struct jobkeys_value *values)
{
    const struct jobkeys_value *delay = &values[KEY_RETRY_DELAY];
    const struct jobkeys_value *most = &values[KEY_RETRY_MAX_DELAY];
    struct job_retry *retry = &loading->job->retry;

    retry->delay = jobkeys_number(values, KEY_RETRY_DELAY);
    retry->max_delay = jobkeys_number(values, KEY_RETRY_MAX_DELAY);
    if (retry->max_delay >= retry->delay)
        return;
    if (delay->node != NULL && most->node != NULL) {
        struct buffer least = BUFFER_INIT;

        number_print_exact_duration(&least, retry->delay);
        loading_problem(loading, most->node, "max_delay must not be shorter than delay (%s)",
                        buffer_text(&least));
        buffer_done(&least);
    } else if (delay->node != NULL) {
        retry->max_delay = retry->delay;
    } else {
        retry->delay = retry->max_delay;
    }
}

void retry_load(const struct loading *loading, const struct yaml_node *section)
{
    struct jobkeys_value values[KEYTABLE_COUNT] = {{NULL, NULL, 0}};
    struct job_retry *retry = &loading->job->retry;

    if (section != NULL)
        jobkeys_read(loading, KEYTABLE_RETRY, section, values);
    retry->attempts = loading->overrides->attempts > 0 ? loading->overrides->attempts
                      : section == NULL                ? 1
                                        : (int)jobkeys_number(values, KEY_RETRY_ATTEMPTS);
    retry->factor = (int)jobkeys_number(values, KEY_RETRY_FACTOR);
    load_delays(loading, values);
    if (section != NULL || retry->attempts > 1)
        load_reasons(loading, values[KEY_RETRY_ON].node);
}
