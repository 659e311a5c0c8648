/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "azure/guard_shell.h"
#include "base/buffer.h"
#include "base/memory.h"

static const char target_name[] = "AZFAN_TARGET";

static const struct job_parameter *find(const struct job_parameters *parameters, const char *name)
{
    for (size_t i = 0; i < parameters->count; i++) {
        if (strcmp(parameters->list[i].name, name) == 0)
            return &parameters->list[i];
    }
    return NULL;
}

static const char *value_of(const struct guard *guard, const struct job_parameter *parameter)
{
    return guard->masked && parameter->secret ? "***" : parameter->value;
}

static void assign_parameter(struct buffer *buffer, const struct guard *guard, guard_assign *assign,
                             const struct job_parameter *parameter)
{
    assign(buffer, parameter->name, value_of(guard, parameter));
}

/* The parameters that the job has for the target. */
static void write_given(struct buffer *buffer, const struct guard *guard, guard_assign *assign)
{
    const struct job_parameters *common = &guard->job->parameters;
    const struct job_parameters *own = &guard->target->parameters;

    for (size_t i = 0; i < common->count; i++) {
        const struct job_parameter *over = find(own, common->list[i].name);

        assign_parameter(buffer, guard, assign, over != NULL ? over : &common->list[i]);
    }
    for (size_t i = 0; i < own->count; i++) {
        if (find(common, own->list[i].name) == NULL)
            assign_parameter(buffer, guard, assign, &own->list[i]);
    }
}

void guard_write_parameters(struct buffer *buffer, const struct guard *guard, guard_assign *assign)
{
    char number[16];

    write_given(buffer, guard, assign);
    assign(buffer, target_name, guard->target->name);
    assign(buffer, "AZFAN_RUN", guard->run);
    (void)snprintf(number, sizeof number, "%d", guard->batch);
    assign(buffer, "AZFAN_BATCH", number);
}

static const struct job_parameters *arguments_of(const struct guard *guard)
{
    return guard->target->args.count > 0 ? &guard->target->args : &guard->job->args;
}

size_t guard_count_arguments(const struct guard *guard)
{
    return arguments_of(guard)->count;
}

void guard_write_arguments(struct buffer *buffer, const struct guard *guard, guard_pass *pass)
{
    const struct job_parameters *arguments = arguments_of(guard);

    for (size_t i = 0; i < arguments->count; i++)
        pass(buffer, value_of(guard, &arguments->list[i]));
}

/* ---- as people read them ------------------------------------------------------------------ */

static void show(struct buffer *buffer, const char *name, const char *value)
{
    buffer_print(buffer, "  %s='", name);
    guard_sh_quote(buffer, value);
    buffer_add(buffer, "'\n");
}

bool guard_has_values(const struct guard *guard)
{
    return guard->job->parameters.count > 0 || guard->target->parameters.count > 0 ||
           guard_count_arguments(guard) > 0;
}

void guard_show_values(struct buffer *buffer, const struct guard *guard)
{
    write_given(buffer, guard, show);
    if (guard_count_arguments(guard) == 0)
        return;
    buffer_add(buffer, "  --");
    guard_write_arguments(buffer, guard, guard_sh_pass);
    buffer_add(buffer, "\n");
}

/* ---- how large they are ------------------------------------------------------------------- */

/* One of the job's own parameters, as large as it is written. */
struct common {
    const char *name;
    int64_t size;
};

struct scale {
    struct guard_form form;
    struct buffer room;
    struct common *common; /* sorted by name */
    size_t count;
};

static int compare_common(const void *a, const void *b)
{
    return strcmp(((const struct common *)a)->name, ((const struct common *)b)->name);
}

static int64_t weigh(struct scale *scale, const char *name, const char *value)
{
    scale->room.length = 0;
    scale->form.assign(&scale->room, name, value);
    return (int64_t)scale->room.length;
}

static struct scale make_scale(const struct job *job, struct guard_form form)
{
    const struct job_parameters *parameters = &job->parameters;
    struct scale scale = {form, BUFFER_INIT, memory_zeroed(parameters->count, sizeof *scale.common),
                          parameters->count};

    for (size_t i = 0; i < parameters->count; i++)
        scale.common[i] =
            (struct common){parameters->list[i].name,
                            weigh(&scale, parameters->list[i].name, parameters->list[i].value)};
    if (scale.count > 0)
        qsort(scale.common, scale.count, sizeof *scale.common, compare_common);
    return scale;
}

/* What PARAMETERS, which go over the common ones, add to a script. */
static int64_t weigh_own(struct scale *scale, const struct job_parameters *parameters)
{
    int64_t size = 0;

    for (size_t i = 0; i < parameters->count; i++) {
        const struct job_parameter *own = &parameters->list[i];
        struct common key = {own->name, 0};
        const struct common *under = NULL;

        if (scale->count > 0)
            under = bsearch(&key, scale->common, scale->count, sizeof key, compare_common);
        size += weigh(scale, own->name, own->value) - (under != NULL ? under->size : 0);
    }
    return size;
}

static int64_t weigh_arguments(struct scale *scale, const struct job_parameters *arguments)
{
    scale->room.length = 0;
    for (size_t i = 0; i < arguments->count; i++)
        scale->form.pass(&scale->room, arguments->list[i].value);
    return (int64_t)scale->room.length;
}

const struct job_target *guard_find_largest(const struct job *job, struct guard_form form,
                                            int64_t *ret_more)
{
    struct scale scale = make_scale(job, form);
    int64_t nameless = weigh(&scale, target_name, "");
    int64_t common_arguments = weigh_arguments(&scale, &job->args);
    const struct job_target *largest = NULL;

    *ret_more = 0;
    for (size_t i = 0; i < job->target_count; i++) {
        const struct job_target *target = &job->targets[i];
        int64_t more = weigh(&scale, target_name, target->name) - nameless +
                       weigh_own(&scale, &target->parameters);

        if (target->args.count > 0)
            more += weigh_arguments(&scale, &target->args) - common_arguments;
        if (largest == NULL || more > *ret_more) {
            largest = target;
            *ret_more = more;
        }
    }
    buffer_done(&scale.room);
    free(scale.common);
    return largest;
}
