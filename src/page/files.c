/* SPDX-License-Identifier: MIT */
#include "page/files.h"

/* The paths are those of `make`, which runs at the top. C has no other way to take a file in. */
#define FILE_AS(name, path)                                                                        \
    __asm__(".section .rodata\n"                                                                   \
            ".global " name ", " name "_length\n" name ":\n"                                       \
            ".incbin \"" path "\"\n"                                                               \
            "1: .balign 4\n" name "_length: .long 1b - " name "\n"                                 \
            ".previous\n")

FILE_AS("page_style", "src/page/page.css");
FILE_AS("page_script", "src/page/page.js");
