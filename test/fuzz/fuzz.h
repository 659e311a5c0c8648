/* SPDX-License-Identifier: MIT */
/*
 * fuzz: what the fuzzers have in common.
 *
 *   must(holds);                       // what is always true; else the input is kept and shown
 *   fuzz_number(&input, 5);            // numbers and texts, taken from the front of the input
 *   text = fuzz_text(&input, &length); // up to the next FUZZ_END; free()
 *
 * Texts are long, numbers are one byte each: so a seed can be written by hand ('0' is 0), and a
 * mutation of one part leaves the others what they were.
 */
#ifndef AZFAN_TEST_FUZZ_H
#define AZFAN_TEST_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

#define FUZZ_END '\x1e' /* ends a text within the input */

struct fuzz_input {
    const char *at;
    size_t left;
};

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(holds) ((holds) ? (void)0 : fuzz_broken(#holds, __FILE__, __LINE__))

static inline void fuzz_broken(const char *rule, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, rule);
    abort();
}

static inline struct fuzz_input fuzz_begin(const uint8_t *data, size_t size)
{
    return (struct fuzz_input){(const char *)data, size};
}

/* One byte as a number from 0 to COUNT - 1 (at most 256); 0 when nothing is left. */
static inline int fuzz_number(struct fuzz_input *input, int count)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return ((unsigned char)*input->at++ ^ '0') % count;
}

/* The bytes up to the next FUZZ_END, or all that are left, and a NUL behind them. */
static inline char *fuzz_text(struct fuzz_input *input, size_t *length)
{
    const char *end = input->left > 0 ? memchr(input->at, FUZZ_END, input->left) : NULL;
    size_t taken = end != NULL ? (size_t)(end - input->at) : input->left;
    char *text = memory_zeroed(taken + 1, 1);

    if (taken > 0)
        memcpy(text, input->at, taken);
    input->at += taken + (end != NULL ? 1 : 0);
    input->left -= taken + (end != NULL ? 1 : 0);
    if (length != NULL)
        *length = taken;
    return text;
}

/* Is TEXT valid UTF-8 without control characters (C0 but for those in KEPT, DEL, C1)? */
static inline bool fuzz_is_clean(const char *text, size_t length, const char *kept)
{
    size_t bad;

    if (!text_is_utf8(text, length, &bad))
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        bool c1 = byte == 0xc2 && (unsigned char)text[i + 1] < 0xa0;

        if (c1 || byte == 0x7f || (byte < ' ' && (byte == '\0' || strchr(kept, byte) == NULL)))
            return false;
    }
    return true;
}

/* Is it what text_append_plain() makes: besides, nothing that hides or turns other text round? */
static inline bool fuzz_is_plain(const char *text, size_t length)
{
    struct buffer plain = {NULL, 0, 0};
    bool same;

    text_append_plain(&plain, text, length);
    same = plain.length == length && (length == 0 || memcmp(plain.data, text, length) == 0);
    buffer_done(&plain);
    return same;
}

static inline bool fuzz_is_line(const char *text)
{
    return fuzz_is_clean(text, strlen(text), "");
}

#endif
