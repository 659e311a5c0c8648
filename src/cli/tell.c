/* SPDX-License-Identifier: MIT */
#include "cli/tell.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/text.h"

int tell(int status, const char *text)
{
    struct buffer line = BUFFER_INIT;

    buffer_add(&line, "azfan: ");
    text_add_plain(&line, text);
    buffer_add(&line, "\n");
    (void)fputs(buffer_text(&line), stderr);
    buffer_done(&line);
    return status;
}
