/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/buffer.h"
#include "cli/cli.h"
#include "job/schema.h"
#include "run/status.h"

int cli_schema(const struct options *options, int *ret_signal)
{
    struct buffer buffer = BUFFER_INIT;

    (void)options;
    (void)ret_signal;
    schema_print(&buffer);
    (void)fputs(buffer_text(&buffer), stdout);
    buffer_done(&buffer);
    return STATUS_OK;
}
