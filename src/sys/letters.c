/* SPDX-License-Identifier: MIT */
#include "sys/letters.h"

#include <locale.h>
#include <pthread.h>
#include <wctype.h>

#include "base/text.h"
#include "sys/fault.h"

/* Once for all: it stays until the end. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t unicode;
static wctype_t combining;

static void find_locale(void)
{
    unicode =
        FAULT("letters.newlocale") ? (locale_t)0 : newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (unicode != (locale_t)0)
        combining = wctype_l("combining", unicode);
}

bool letters_is_one(uint32_t character)
{
    wint_t wide = (wint_t)character;

    (void)pthread_once(&once, find_locale);
    if (unicode == (locale_t)0)
        return !text_is_harmful(character);
    return iswalnum_l(wide, unicode) || iswctype_l(wide, combining, unicode);
}
