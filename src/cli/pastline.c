/* SPDX-License-Identifier: MIT */
#include "cli/pastline.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/options.h"
#include "job/arguments.h"
#include "job/job.h"
#include "job/parameters.h"
#include "run/result.h"
#include "sys/file.h"

static void keep_options(struct result_overrides *overrides, const struct options *options,
                         const struct job *job)
{
    bool percent = options->concurrency_percent > 0;

    *overrides =
        (struct result_overrides){.concurrency = percent ? job->concurrency : options->concurrency,
                                  .timeout = options->timeout,
                                  .deadline = options->deadline,
                                  .script_timeout = options->script_timeout,
                                  .attempts = options->attempts,
                                  .batches = memory_string(options->batches),
                                  .max_failures = memory_string(options->max_failures),
                                  .client = memory_string(options->client),
                                  .identity = memory_string(options->identity)};
    if (options->targets != NULL)
        overrides->targets = strcmp(options->targets, "-") == 0 ? memory_string("-")
                                                                : file_absolute(options->targets);
    if (options->az != NULL)
        overrides->az = strchr(options->az, '/') != NULL ? file_absolute(options->az)
                                                         : memory_string(options->az);
}

static void keep_settings(struct result_overrides *overrides, const struct options *options,
                          const struct job *job)
{
    const struct options_list *settings = &options->settings;

    overrides->settings = memory_zeroed(settings->count, sizeof *overrides->settings);
    overrides->secrets = memory_zeroed(settings->count, sizeof *overrides->secrets);
    for (size_t i = 0; i < settings->count; i++) {
        const char *setting = settings->list[i];
        char *name = memory_copy(setting, strcspn(setting, "="));

        if (parameters_is_secret(job, name)) {
            overrides->secrets[overrides->secret_count++] = name;
            continue;
        }
        overrides->settings[overrides->setting_count++] = memory_string(setting);
        free(name);
    }
}

static void keep_args(struct result_overrides *overrides, const struct options *options,
                      const struct job *job)
{
    overrides->has_args = options->has_args;
    overrides->args = memory_zeroed(options->args.count, sizeof *overrides->args);
    for (size_t i = 0; i < options->args.count; i++)
        overrides->args[overrides->arg_count++] =
            arguments_is_secret(job, i) ? NULL : memory_string(options->args.list[i]);
}

void pastline_keep(struct result_overrides *ret, const struct options *options,
                   const struct job *job)
{
    keep_options(ret, options, job);
    keep_settings(ret, options, job);
    keep_args(ret, options, job);
}

static void append_all(struct options_list *list, const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        options_add(list, values[i]);
}

static void merge_settings(struct options *merged, const struct options *options,
                           const struct result_overrides *past)
{
    merged->settings = (struct options_list){NULL, 0};
    append_all(&merged->settings, (const char *const *)past->settings, past->setting_count);
    append_all(&merged->settings, options->settings.list, options->settings.count);
}

static void merge_args(struct options *merged, const struct options *options,
                       const struct result_overrides *past)
{
    merged->args = (struct options_list){NULL, 0};
    if (options->has_args)
        append_all(&merged->args, options->args.list, options->args.count);
    else
        append_all(&merged->args, (const char *const *)past->args, past->arg_count);
    merged->has_args = options->has_args || past->has_args;
}

void pastline_merge(struct options *ret, const struct options *options,
                    const struct result_overrides *past)
{
    *ret = *options;
    merge_settings(ret, options, past);
    merge_args(ret, options, past);
    if (ret->concurrency == 0 && ret->concurrency_percent == 0)
        ret->concurrency = past->concurrency;
    if (ret->timeout == 0)
        ret->timeout = past->timeout;
    if (ret->deadline == 0)
        ret->deadline = past->deadline;
    if (ret->script_timeout == 0)
        ret->script_timeout = past->script_timeout;
    if (ret->attempts == 0)
        ret->attempts = past->attempts;
    if (ret->batches == NULL)
        ret->batches = past->batches;
    if (ret->max_failures == NULL)
        ret->max_failures = past->max_failures;
    ret->targets = past->targets;
    if (ret->az == NULL)
        ret->az = past->az;
    if (ret->client == NULL)
        ret->client = past->client;
    if (ret->identity == NULL)
        ret->identity = past->identity;
}

void pastline_done(struct options *merged)
{
    free(merged->settings.list);
    free(merged->args.list);
}
