/* SPDX-License-Identifier: MIT */
/*
 * markup: HTML with SVG in it, streamed onto a file.
 *
 * The only place where text for HTML is escaped, by the library that writes it
 * (report/junit leaves XML to the same one). Text and the values of attributes may be anybody's:
 * text_append_plain() makes them harmless first. Names of elements and
 * attributes are the program's own. What comes out is well-formed XML too, but
 * for what markup_raw() adds. Main thread.
 *
 *   markup_open(&markup, stream);
 *   markup_begin(&markup, "p", "class", "note", NULL);
 *   markup_text(&markup, "1 < 2");
 *   markup_end(&markup);
 *   markup_close(&markup);   // ends what is still begun
 *
 * Errors of writing stay in STREAM (ferror()).
 */
#ifndef AZFAN_REPORT_MARKUP_H
#define AZFAN_REPORT_MARKUP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"

struct markup { /* does not move while it is open */
    struct _xmlTextWriter *writer;
    FILE *stream;
    int depth;           /* elements that are begun */
    struct buffer plain; /* what is being written, made harmless */
    size_t written;      /* bytes, but for the last few kilobytes */
};

/* Writes "<!DOCTYPE html>" too. */
void markup_open(struct markup *markup, FILE *stream);
void markup_close(struct markup *markup);

/*
 * Begins an element, and makes an empty one ("<br/>": for HTML's void elements and SVG alone).
 * Pairs of an attribute's name and its value follow, and a NULL; a value that is NULL leaves its
 * attribute out.
 */
void markup_begin(struct markup *markup, const char *element, ...) __attribute__((sentinel));
void markup_empty(struct markup *markup, const char *element, ...) __attribute__((sentinel));

/* Adds an attribute to the element that was begun right before. */
void markup_attribute(struct markup *markup, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Ends the element that was begun last, with a tag of its own. */
void markup_end(struct markup *markup);

/* Text, within an element; NULL is none. */
void markup_text(struct markup *markup, const char *text);
void markup_bytes(struct markup *markup, const char *bytes, size_t length);
void markup_print(struct markup *markup, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "34.2s" */
void markup_duration(struct markup *markup, int64_t duration);

/* A whole element with nothing but text in it. CLASS may be NULL. */
void markup_element(struct markup *markup, const char *element, const char *class,
                    const char *text);

/* Bytes as they are: the program's own style and script. */
void markup_raw(struct markup *markup, const char *bytes, size_t length);

/* Appends TEXT as markup_text() writes it: for a place in somebody else's format that takes HTML.
 */
void markup_escape(struct buffer *buffer, const char *text);

#endif
