/* SPDX-License-Identifier: MIT */
#include "screen/pen.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

enum { GAP = 2 };

void pen_add(const struct pen *pen, const char *before, const char *text, const char *after)
{
    int room = pen->most - *pen->width;
    int length = (int)strlen(text);
    int size = length < room ? length : room;

    if (size <= 0)
        return;
    if (pen->colour)
        buffer_add(pen->text, before);
    buffer_append(pen->text, text, (size_t)size);
    if (pen->colour)
        buffer_add(pen->text, after);
    *pen->width += size;
}

void pen_print(const struct pen *pen, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = memory_print_list(format, arguments);
    va_end(arguments);
    pen_add(pen, "", text, "");
    free(text);
}

/* Does every terminal show it in one column? Of what it may show in none or in two the lines would
 * wrap where nobody expects it. */
static bool is_one_column(uint32_t character)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {{0x20, 0x7e},     {0xa1, 0xac},     {0xae, 0x2ff},    {0x370, 0x482},
                  {0x48a, 0x52f},   {0x2010, 0x2027}, {0x2030, 0x205e}, {0x20a0, 0x20bf},
                  {0x2190, 0x21ff}, {0x2500, 0x257f}, {0xfffd, 0xfffd}};

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    }
    return false;
}

void pen_add_text(const struct pen *pen, const char *text)
{
    size_t length = strlen(text);
    uint32_t character;

    while (length > 0 && *pen->width < pen->most) {
        size_t size = text_read_character(text, length, &character);
        bool is_shown = size > 0 && is_one_column(character) && (size == 1 || pen->utf8);
        bool is_cut = pen->utf8 && *pen->width + 1 == pen->most && size < length;

        size = size > 0 ? size : 1;
        if (is_cut)
            buffer_add(pen->text, "…");
        else
            buffer_append(pen->text, is_shown ? text : "?", is_shown ? size : 1);
        ++*pen->width;
        text += size;
        length -= size;
    }
}

bool pen_add_coloured_piece(const struct pen *pen, const char *before, const char *text,
                            const char *after)
{
    int gap = *pen->width > 0 ? GAP : 0;

    if (text[0] == '\0' || (int)strlen(text) + gap > pen->most - *pen->width)
        return false;
    pen_print(pen, "%*s", gap, "");
    pen_add(pen, before, text, after);
    return true;
}

bool pen_add_piece(const struct pen *pen, const char *text)
{
    return pen_add_coloured_piece(pen, "", text, "");
}
