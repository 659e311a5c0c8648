/* SPDX-License-Identifier: MIT */
/*
 * code: what somebody else wrote, as code in Markdown.
 *
 * In code nothing is markup, a mention or a link; what is to be kept from is
 * that a text ends its code. So the delimiters are longer than any run of
 * backticks in it, and within a line the 17th of a run and those after it are
 * written as \x60: no reader of Markdown has to know delimiters of any length.
 * Control characters are shown, as text_append_plain() does.
 * Pure.
 */
#ifndef AZFAN_REPORT_CODE_H
#define AZFAN_REPORT_CODE_H

#include <stddef.h>

struct buffer;

/* Appends TEXT as code within a line; its line ends become spaces. Of more than MOST bytes the
 * first, and "…". */
void code_print_span(struct buffer *buffer, const char *text, size_t most);

/* The same as a cell of a table, which ends at a pipe: one in it is written as \x7c. */
void code_print_cell(struct buffer *buffer, const char *text, size_t most);

/* The same in HTML, for places that Markdown does not reach: "<code>a &lt; b</code>". */
void code_print_html(struct buffer *buffer, const char *text, size_t most);

/* Appends TEXT, which drawn_append() has made, as a fenced block. Of more than MOST bytes the
 * first and the last half, with a line between them that says how much is missing. */
void code_print_block(struct buffer *buffer, const char *text, size_t length, size_t most);

#endif
