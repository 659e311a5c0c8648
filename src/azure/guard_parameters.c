/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "azure/guard_shell.h"

static const struct job_parameter *find(const struct job_parameters *parameters, const char *name)
{
    for (size_t i = 0; i < parameters->count; i++) {
        if (strcmp(parameters->list[i].name, name) == 0)
            return &parameters->list[i];
    }
    return NULL;
}

static void assign_parameter(struct buffer *buffer, const struct guard *guard, guard_assign *assign,
                             const struct job_parameter *parameter)
{
    bool hidden = guard->masked && parameter->secret;

    assign(buffer, parameter->name, hidden ? "***" : parameter->value);
}

void guard_write_parameters(struct buffer *buffer, const struct guard *guard, guard_assign *assign)
{
    const struct job_parameters *common = &guard->job->parameters;
    const struct job_parameters *own = &guard->target->parameters;
    char number[16];

    for (size_t i = 0; i < common->count; i++) {
        const struct job_parameter *over = find(own, common->list[i].name);

        assign_parameter(buffer, guard, assign, over != NULL ? over : &common->list[i]);
    }
    for (size_t i = 0; i < own->count; i++) {
        if (find(common, own->list[i].name) == NULL)
            assign_parameter(buffer, guard, assign, &own->list[i]);
    }
    assign(buffer, "AZFAN_TARGET", guard->target->name);
    assign(buffer, "AZFAN_RUN", guard->run);
    (void)snprintf(number, sizeof number, "%d", guard->batch);
    assign(buffer, "AZFAN_BATCH", number);
}
