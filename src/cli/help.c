/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/buffer.h"
#include "cli/cli.h"
#include "cli/options.h"

int cli_help(const struct options *options, int *ret_signal)
{
    struct buffer buffer = BUFFER_INIT;

    (void)ret_signal;
    options_print_help(&buffer, options->help_about);
    (void)fputs(buffer_text(&buffer), stdout);
    buffer_done(&buffer);
    return 0;
}

int cli_version(const struct options *options, int *ret_signal)
{
    (void)options;
    (void)ret_signal;
    puts("azfan " AZFAN_VERSION);
    return 0;
}
