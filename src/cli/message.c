/* SPDX-License-Identifier: MIT */
#include "cli/message.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/text.h"

void message_print(const struct buffer *buffer)
{
    struct buffer plain = BUFFER_INIT;

    text_append_plain(&plain, buffer_text(buffer), buffer->length);
    (void)fwrite(buffer_text(&plain), 1, plain.length, stdout);
    buffer_done(&plain);
}

int message_fail(int status, const char *text)
{
    struct buffer line = BUFFER_INIT;

    buffer_add(&line, "azfan: ");
    text_add_line(&line, text);
    buffer_add(&line, "\n");
    (void)fputs(buffer_text(&line), stderr);
    buffer_done(&line);
    return status;
}
