/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <stdlib.h>

#include "base/memory.h"
#include "job/overrides.h"

void options_add(struct options_list *list, const char *value)
{
    list->list = memory_grow(list->list, list->count, sizeof *list->list);
    list->list[list->count++] = value;
}

/* NULL: it is not set, or empty. */
static const char *get_variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

struct overrides options_overrides(const struct options *options)
{
    const char *az = get_variable("AZFAN_AZ");
    const char *client = get_variable("AZFAN_CLIENT");
    const char *identity = get_variable("AZFAN_IDENTITY");

    return (struct overrides){.concurrency = options->concurrency,
                              .concurrency_percent = options->concurrency_percent,
                              .timeout = options->timeout,
                              .deadline = options->deadline,
                              .script_timeout = options->script_timeout,
                              .attempts = options->attempts,
                              .batches = options->batches,
                              .max_failures = options->max_failures,
                              .targets = options->targets,
                              .has_confirm = options->has_confirm,
                              .confirm = options->confirm,
                              .az = options->az != NULL ? options->az : az,
                              .client = options->client != NULL ? options->client : client,
                              .identity = options->identity,
                              .identity_variable = identity,
                              .settings = options->settings.list,
                              .setting_count = options->settings.count,
                              .has_args = options->has_args,
                              .args = options->args.list,
                              .arg_count = options->args.count,
                              .limits = options->limits.list,
                              .limit_count = options->limits.count,
                              .excludes = options->excludes.list,
                              .exclude_count = options->excludes.count,
                              .injections = options->injections.list,
                              .injection_count = options->injections.count};
}

void options_done(struct options *options)
{
    free(options->jobs.list);
    free(options->args.list);
    free(options->limits.list);
    free(options->excludes.list);
    free(options->settings.list);
    free(options->reports.list);
    free(options->injections.list);
    ignore_done(&options->ignore);
}
