/* SPDX-License-Identifier: MIT */
#include "report/markup.h"

#include <assert.h>
#include <libxml/entities.h>
#include <libxml/xmlwriter.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

/* The library fails only where there is no memory, and there base/memory would end azfan too. */
static void must(int status)
{
    assert(status >= 0);
}

static const xmlChar *chars(const char *text)
{
    return (const xmlChar *)text;
}

/* A failure is remembered by the stream, which then drops what follows. */
static int write_stream(void *context, const char *bytes, int length)
{
    struct markup *markup = context;

    markup->written += (size_t)length;
    (void)fwrite(bytes, 1, (size_t)length, markup->stream);
    return length;
}

static int leave_stream_open(void *context)
{
    (void)context;
    return 0;
}

void markup_open(struct markup *markup, FILE *stream)
{
    xmlOutputBufferPtr output;

    *markup = (struct markup){.stream = stream};
    output = xmlOutputBufferCreateIO(write_stream, leave_stream_open, markup, NULL);
    assert(output != NULL);
    markup->writer = xmlNewTextWriter(output);
    assert(markup->writer != NULL);
    must(xmlTextWriterWriteDTD(markup->writer, chars("html"), NULL, NULL, NULL));
}

void markup_close(struct markup *markup)
{
    must(xmlTextWriterEndDocument(markup->writer));
    xmlFreeTextWriter(markup->writer);
    buffer_done(&markup->plain);
}

/* ---- elements ----------------------------------------------------------------------------- */

static const char *make_plain(struct markup *markup, const char *bytes, size_t length)
{
    markup->plain.length = 0;
    text_append_plain(&markup->plain, bytes, length);
    return buffer_text(&markup->plain);
}

static void add_attribute(struct markup *markup, const char *name, const char *value)
{
    must(xmlTextWriterWriteAttribute(markup->writer, chars(name),
                                     chars(make_plain(markup, value, strlen(value)))));
}

static void begin(struct markup *markup, const char *element, va_list pairs)
{
    const char *name;

    must(xmlTextWriterStartElement(markup->writer, chars(element)));
    markup->depth++;
    while ((name = va_arg(pairs, const char *)) != NULL) {
        const char *value = va_arg(pairs, const char *);

        if (value != NULL)
            add_attribute(markup, name, value);
    }
}

void markup_begin(struct markup *markup, const char *element, ...)
{
    va_list pairs;

    va_start(pairs, element);
    begin(markup, element, pairs);
    va_end(pairs);
}

void markup_empty(struct markup *markup, const char *element, ...)
{
    va_list pairs;

    va_start(pairs, element);
    begin(markup, element, pairs);
    va_end(pairs);
    must(xmlTextWriterEndElement(markup->writer));
    markup->depth--;
}

void markup_attribute(struct markup *markup, const char *name, const char *format, ...)
{
    va_list arguments;
    char *value;

    va_start(arguments, format);
    value = memory_print_list(format, arguments);
    va_end(arguments);
    add_attribute(markup, name, value);
    free(value);
}

void markup_end(struct markup *markup)
{
    must(xmlTextWriterFullEndElement(markup->writer));
    markup->depth--;
}

/* ---- text --------------------------------------------------------------------------------- */

void markup_bytes(struct markup *markup, const char *bytes, size_t length)
{
    assert(markup->depth > 0); /* outside of all elements the library escapes nothing */
    must(xmlTextWriterWriteString(markup->writer, chars(make_plain(markup, bytes, length))));
}

void markup_text(struct markup *markup, const char *text)
{
    if (text != NULL)
        markup_bytes(markup, text, strlen(text));
}

void markup_print(struct markup *markup, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = memory_print_list(format, arguments);
    va_end(arguments);
    markup_text(markup, text);
    free(text);
}

void markup_duration(struct markup *markup, int64_t duration)
{
    struct buffer text = BUFFER_INIT;

    number_print_duration(&text, duration);
    markup_text(markup, buffer_text(&text));
    buffer_done(&text);
}

void markup_element(struct markup *markup, const char *element, const char *class, const char *text)
{
    markup_begin(markup, element, "class", class, NULL);
    markup_text(markup, text);
    markup_end(markup);
}

void markup_raw(struct markup *markup, const char *bytes, size_t length)
{
    must(xmlTextWriterWriteRawLen(markup->writer, chars(bytes), (int)length));
}

void markup_escape(struct buffer *buffer, const char *text)
{
    struct buffer plain = BUFFER_INIT;
    xmlChar *escaped;

    text_add_plain(&plain, text);
    escaped = xmlEncodeSpecialChars(NULL, chars(buffer_text(&plain)));
    assert(escaped != NULL);
    buffer_add(buffer, (const char *)escaped);
    xmlFree(escaped);
    buffer_done(&plain);
}
