/* SPDX-License-Identifier: MIT */
/*
 * shebang: the "#!" line by which a script names its own interpreter.
 *
 * Read as Linux does: the program's path, and all after it as one argument.
 * Pure and thread-safe.
 */
#ifndef AZFAN_JOB_SHEBANG_H
#define AZFAN_JOB_SHEBANG_H

#include <stdbool.h>
#include <stddef.h>

enum { SHEBANG_LONGEST = 32 };

struct shebang {
    char program[SHEBANG_LONGEST]; /* its name alone, and of "/usr/bin/env bash" bash; cut when
                                      longer */
    bool has_command;              /* after it stands what is no option: something else was meant */
};

/* Does SCRIPT, NUL-terminated, begin with one? */
bool shebang_is_there(const char *script);

/* The same; reads it. */
bool shebang_read(const char *script, struct shebang *ret);

#endif
