/* SPDX-License-Identifier: MIT */
/*
 * optiontable: every option of the command line, in one table.
 *
 * Of each it has the name, what it takes, which commands know it, how it is read, and what --help
 * says of it. One that says something else of another command has a row for that. Constant.
 */
#ifndef AZFAN_CLI_OPTIONTABLE_H
#define AZFAN_CLI_OPTIONTABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cli/commands.h"

struct options;

struct optiontable_row {
    const char *name;
    char letter;          /* the short form; 0: it has none */
    const char *argument; /* NULL: takes none */
    unsigned commands;    /* a bit each: 1U << enum commands_id */
    /* Puts VALUE, NULL without an argument, into OPTIONS, which point to it from then on; -1: it is
     * wrong. */
    int (*take)(const struct optiontable_row *row, const char *value, struct options *options,
                struct error *error);
    size_t field; /* of struct options, where TAKE serves more than one option */
    const char *help;
};

enum { OPTIONTABLE_COUNT = 60 };

extern const struct optiontable_row optiontable[OPTIONTABLE_COUNT];

/* Does COMMAND take it, and is this what --help says there? */
bool optiontable_has(const struct optiontable_row *row, enum commands_id command);

#endif
