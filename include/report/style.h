/* SPDX-License-Identifier: MIT */
/*
 * style: colours of a terminal, or none. Pure.
 */
#ifndef AZFAN_REPORT_STYLE_H
#define AZFAN_REPORT_STYLE_H

#include <stdbool.h>

#include "job/outcome.h"

enum style_choice { STYLE_AUTO, STYLE_ALWAYS, STYLE_NEVER };

/* Should output to FD be coloured? With STYLE_AUTO: on a terminal, unless NO_COLOR is set or
 * TERM=dumb. */
bool style_wanted(enum style_choice choice, int fd);

/* The escape sequence that begins an outcome's colour and the one that ends it; "" when not COLOUR.
 */
const char *style_begin(bool colour, enum outcome_kind kind);
const char *style_bold(bool colour);
/* Of a line of diff_print() that begins with MARK; "" for one that is the same. */
const char *style_of_mark(bool colour, char mark);
const char *style_end(bool colour);

#endif
