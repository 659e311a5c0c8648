/* SPDX-License-Identifier: MIT */
#include "job/retry.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/nearest.h"
#include "base/number.h"
#include "job/job.h"
#include "job/jobkeys.h"
#include "job/loading.h"
#include "job/problems.h"
#include "job/yaml.h"

/* What a reason tells of the script. */
enum script {
    NOT_RUN,     /* it has not begun, or the single attempt tells whether it has */
    PERHAPS_RUN, /* it may have */
    RUN,         /* it has */
    MENDED,      /* whatever it tells: it ends so again until a person has mended something */
    OVER         /* likewise, and nothing is started any more */
};

static const struct reason {
    const char *name; /* as job/outcome has it */
    enum script script;
    bool is_default;
} reasons[] = {
    {"busy", NOT_RUN, true},
    {"throttled", NOT_RUN, true},
    {"network", NOT_RUN, true},
    {"start", NOT_RUN, false},
    {"agent", NOT_RUN, false},
    {"extension", NOT_RUN, false},
    {"not_running", NOT_RUN, false},
    {"not_found", NOT_RUN, false},
    {"forbidden", NOT_RUN, false},
    {"other", NOT_RUN, false},
    {"exit", RUN, false},
    {"signal", RUN, false},
    {"script", RUN, false},
    {"az", PERHAPS_RUN, false},
    {"no_trailer", PERHAPS_RUN, false},
    {"interrupted", PERHAPS_RUN, false},
    {"answer", PERHAPS_RUN, false},
    {"login", MENDED, false},
    {"az_broken", MENDED, false},
    {"halted", OVER, false},
    {"deadline", OVER, false},
};

enum { REASON_COUNT = sizeof reasons / sizeof reasons[0] };

_Static_assert((int)REASON_COUNT <= (int)RETRY_REASONS_MOST, "a reason is a bit of job_retry.on");

static unsigned bit(const struct reason *reason)
{
    return 1U << (unsigned)(reason - reasons);
}

static const struct reason *find(const char *name)
{
    for (size_t i = 0; i < REASON_COUNT; i++) {
        if (strcmp(reasons[i].name, name) == 0)
            return &reasons[i];
    }
    return NULL;
}

size_t retry_list_reasons(bool only_default, const char *names[RETRY_REASONS_MOST])
{
    size_t count = 0;

    for (size_t i = 0; i < REASON_COUNT; i++) {
        if (only_default ? reasons[i].is_default : reasons[i].script < MENDED)
            names[count++] = reasons[i].name;
    }
    return count;
}

static unsigned default_reasons(void)
{
    unsigned all = 0;

    for (size_t i = 0; i < REASON_COUNT; i++)
        all |= reasons[i].is_default ? bit(&reasons[i]) : 0;
    return all;
}

static void report_unknown(const struct loading *loading, const struct yaml_node *node)
{
    bool is_shown = loading->problems->count < PROBLEMS_MOST;
    const char *names[RETRY_REASONS_MOST] = {NULL};
    size_t count = is_shown ? retry_list_reasons(false, names) : 0;
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
                         const struct reason *reason)
{
    if (reason->script >= MENDED)
        loading_problem(loading, node, "\"%s\" is never repeated: %s", reason->name,
                        reason->script == MENDED ? "a person has to mend that first"
                                                 : "the run is over by then");
    else if ((loading->job->retry.on & bit(reason)) != 0)
        loading_problem(loading, node, "\"%s\" is named twice", reason->name);
    else if (reason->script != NOT_RUN && !loading->job->idempotent)
        loading_problem(loading, node,
                        "\"%s\": the script has %srun by then; to repeat it, say that it may run "
                        "twice on a VM: \"idempotent: true\" at the left margin",
                        reason->name, reason->script == PERHAPS_RUN ? "perhaps " : "");
    else
        return true;
    return false;
}

/* Adds the reason that NODE names to the job's. */
static void load_reason(const struct loading *loading, const struct yaml_node *node)
{
    const struct reason *reason;

    if (!jobkeys_is_text(loading, "an entry of on", node))
        return;
    reason = find(node->text);
    if (reason == NULL)
        report_unknown(loading, node);
    else if (check_reason(loading, node, reason))
        loading->job->retry.on |= bit(reason);
}

static void load_reasons(const struct loading *loading, const struct yaml_node *node)
{
    if (node == NULL)
        loading->job->retry.on = default_reasons();
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
    struct jobkeys_value values[JOBKEYS_COUNT] = {{NULL, NULL, 0}};
    struct job_retry *retry = &loading->job->retry;

    if (section != NULL)
        jobkeys_read(loading, JOBKEYS_RETRY, section, values);
    retry->attempts = section == NULL ? 1 : (int)jobkeys_number(values, KEY_RETRY_ATTEMPTS);
    retry->factor = (int)jobkeys_number(values, KEY_RETRY_FACTOR);
    load_delays(loading, values);
    if (section != NULL)
        load_reasons(loading, values[KEY_RETRY_ON].node);
}

bool job_retries(const struct job *job, const char *reason)
{
    const struct reason *known = find(reason);

    return known != NULL && (job->retry.on & bit(known)) != 0;
}
