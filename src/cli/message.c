/* SPDX-License-Identifier: MIT */
#include "cli/message.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/text.h"
#include "sys/terminal.h"

void message_print(const struct buffer *buffer)
{
    struct buffer plain = BUFFER_INIT;

    text_append_plain(&plain, buffer_text(buffer), buffer->length);
    (void)fwrite(buffer_text(&plain), 1, plain.length, stdout);
    buffer_done(&plain);
}

int message_fail(int status, const char *text)
{
    struct buffer plain = BUFFER_INIT;
    struct buffer line = BUFFER_INIT;

    text_add_line(&plain, text);
    buffer_add(&line, "azfan: ");
    text_add_wrapped(&line, buffer_text(&plain), (int)line.length, (int)line.length,
                     terminal_size(STDERR_FILENO).columns);
    buffer_add(&line, "\n");
    (void)fputs(buffer_text(&line), stderr);
    buffer_done(&line);
    buffer_done(&plain);
    return status;
}
