/* SPDX-License-Identifier: MIT */
#include "job/arguments.h"

#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "job/loading.h"
#include "job/overrides.h"
#include "job/parameters.h"
#include "job/yaml.h"

/* How the argument at an index is called. */
struct calling {
    char name[24]; /* "2" */
    char what[48]; /* "argument 2" */
};

static struct calling make_calling(size_t index)
{
    struct calling calling;

    (void)snprintf(calling.name, sizeof calling.name, "%zu", index + 1);
    (void)snprintf(calling.what, sizeof calling.what, "argument %s", calling.name);
    return calling;
}

bool arguments_is_secret(const struct job *job, size_t index)
{
    const struct calling calling = make_calling(index);

    return parameters_is_secret(job, calling.name);
}

/* When the command line gives the arguments, those of the job file are not kept: only which of them
 * are secrets, and what is wrong with them. */
static void load_one(const struct loading *loading, const struct yaml_node *node, size_t index,
                     struct job_parameters *ret)
{
    const struct calling calling = make_calling(index);
    const struct parameters_name name = {calling.name, calling.what};

    if (node->empty)
        loading_problem(loading, node, "%s has no value: write \"\" for an empty text",
                        calling.what);
    else if (parameters_check_kind(loading, &name, node))
        parameters_load_value(loading, &name, node, loading->overrides->has_args ? "" : NULL, ret);
}

void arguments_load(const struct loading *loading, const struct yaml_node *list,
                    struct job_parameters *ret)
{
    if (list == NULL)
        return;
    if (list->count > JOB_PARAMETERS_MOST) {
        loading_problem(loading, list, "more than %d arguments", JOB_PARAMETERS_MOST);
        return;
    }
    ret->list = memory_zeroed(list->count, sizeof *ret->list);
    for (size_t i = 0; i < list->count; i++)
        load_one(loading, list->items[i], i, ret);
    if (loading->overrides->has_args)
        job_parameters_done(ret);
}

static void load_words(const struct loading *loading, struct job_parameters *ret)
{
    const struct overrides *overrides = loading->overrides;

    if (overrides->arg_count > JOB_PARAMETERS_MOST) {
        loading_option_problem(loading, "--", "more than %d arguments", JOB_PARAMETERS_MOST);
        return;
    }
    ret->list = memory_zeroed(overrides->arg_count, sizeof *ret->list);
    for (size_t i = 0; i < overrides->arg_count; i++) {
        const struct calling calling = make_calling(i);
        struct error error;

        if (parameters_check_value(calling.what, overrides->args[i], &error) < 0)
            loading_option_problem(loading, "--", "%s", error.text);
        else
            parameters_append(ret, calling.name, overrides->args[i]);
    }
}

void arguments_load_common(const struct loading *loading, const struct yaml_node *list,
                           struct job_parameters *ret)
{
    arguments_load(loading, list, ret);
    if (loading->overrides->has_args)
        load_words(loading, ret);
}
