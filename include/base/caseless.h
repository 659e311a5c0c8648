/* SPDX-License-Identifier: MIT */
/*
 * caseless: texts that are the same whatever the case of their letters.
 *
 * Azure's names are: a VM, a resource group or a subscription is found in either case, and two that
 * differ only in case cannot be. A resource group may have letters of any language. Azure compares
 * character by character (.NET's OrdinalIgnoreCase), and so does this: no letter becomes two, and
 * none of another alphabet becomes one of ASCII. What is not UTF-8 is compared by its bytes. The
 * locale has no say. Pure and thread-safe.
 */
#ifndef AZFAN_BASE_CASELESS_H
#define AZFAN_BASE_CASELESS_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;

/* As strcmp(), without regard to case. NULL is before all texts. */
int caseless_compare(const char *one, const char *other);
bool caseless_is_same(const char *one, const char *other);

/* Goes on with HASH (base/hash), the same for texts that are the same. NULL is as "". */
uint64_t caseless_hash(uint64_t hash, const char *text);

/* Appends the one spelling of all texts that are the same: of ASCII it is the lower case. */
void caseless_append(struct buffer *buffer, const char *text);

#endif
