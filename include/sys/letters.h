/* SPDX-License-Identifier: MIT */
/*
 * letters: which characters are letters, as the C library knows them.
 *
 * By its locale C.UTF-8, whatever the user's is; no table of Unicode is kept here. Thread-safe.
 */
#ifndef AZFAN_SYS_LETTERS_H
#define AZFAN_SYS_LETTERS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Is CHARACTER, which is not ASCII, a letter, a digit or a mark on a letter, of any language? Where
 * there is no such locale, all are but those that do harm in a terminal.
 */
bool letters_is_one(uint32_t character);

#endif
