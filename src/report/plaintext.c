/* SPDX-License-Identifier: MIT */
#include "report/plaintext.h"

#include "base/buffer.h"
#include "report/line.h"
#include "report/outputs.h"
#include "report/summary.h"
#include "report/view.h"
#include "run/result.h"

void plaintext_write(FILE *stream, const struct result *result, const struct view *view)
{
    int width = line_name_width(result);
    struct buffer buffer = BUFFER_INIT;

    for (size_t i = 0; i < result->target_count; i++) {
        if (result->targets[i].state == RESULT_SETTLED)
            line_print(&buffer, &result->targets[i], width, view->colour);
    }
    if (buffer.length > 0)
        (void)fwrite(buffer.data, 1, buffer.length, stream);
    buffer_done(&buffer);
    outputs_write(stream, result, view);
    summary_write(stream, result, view);
}
