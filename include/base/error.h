/* SPDX-License-Identifier: MIT */
/*
 * error: a failure as a value, with its text made where the knowledge is.
 *
 * A function that can fail takes a `struct error *` as its last parameter and
 * returns -1 after error_set(). The caller owns the struct; nothing is
 * allocated. The text is one sentence without a trailing newline and without
 * the program's name: it says what happened, to what, and what to do.
 * Thread-safe: it touches only what it is given.
 */
#ifndef AZFAN_BASE_ERROR_H
#define AZFAN_BASE_ERROR_H

enum { ERROR_TEXT_SIZE = 1024 };

struct error {
    char text[ERROR_TEXT_SIZE]; /* empty until set; cut at the end when too long */
};

/* Sets the text. Always returns -1, so that a caller can `return error_set(…)`. */
int error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
