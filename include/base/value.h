/* SPDX-License-Identifier: MIT */
/*
 * value: pieces of JSON, as the journal and the reports have them.
 *
 * Writers never fail; what they return is the caller's (json_decref()).
 * Readers look a key up in an object: false or NULL when it is not there or is
 * of another kind. Times are kept to the millisecond. Main thread.
 */
#ifndef AZFAN_BASE_VALUE_H
#define AZFAN_BASE_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/* Bytes from a VM, or a name from a file system: broken UTF-8 becomes U+FFFD. */
json_t *value_bytes(const char *text, size_t length);

/* A string, or null for NULL. */
json_t *value_text(const char *text);

/* Nanoseconds as seconds with three decimals. */
json_t *value_seconds(int64_t duration);

/* "2026-11-23T03:00:00Z"; and with milliseconds. */
json_t *value_time(int64_t wall);
json_t *value_exact_time(int64_t wall);

/* Appends OBJECT as one line without a newline, which does nothing to a terminal, and frees it. */
void value_print(struct buffer *buffer, json_t *object);

/*
 * The same of an object whose last value is a long list, item by item: a hundred thousand need not
 * be in memory at once. OBJECT, which has a key already, and each ITEM are freed.
 */
struct value_list {
    struct buffer *buffer;
    bool has_items;
};
void value_list_begin(struct value_list *list, struct buffer *buffer, json_t *object,
                      const char *key);
void value_list_add(struct value_list *list, json_t *item);
void value_list_end(struct value_list *list);

/* As value_print(), but over many lines, for people. */
void value_print_indented(struct buffer *buffer, json_t *object);

/* Valid as long as OBJECT is. NULL: null, missing, no string, or one with a NUL in it. */
const char *value_get_text(const json_t *object, const char *key);

bool value_get_integer(const json_t *object, const char *key, int64_t *ret);
/* A whole number from LEAST to MOST. */
bool value_get_number(const json_t *object, const char *key, int least, int most, int *ret);
/* A copy, for free(), of a text that may be missing or null: then NULL. False: something else is in
 * its place. */
bool value_copy_optional(const json_t *object, const char *key, char **ret);
bool value_get_boolean(const json_t *object, const char *key, bool *ret);
/* No longer than ten years, so that sums of a few never overflow. */
enum { VALUE_LONGEST = 3660 * 24 * 3600 }; /* seconds */
bool value_get_seconds(const json_t *object, const char *key, int64_t *ret);
bool value_get_time(const json_t *object, const char *key, int64_t *ret);

#endif
