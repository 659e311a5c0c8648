/* SPDX-License-Identifier: MIT */
/*
 * files: src/page/page.css and page.js, as the build put them into the program.
 */
#ifndef AZFAN_PAGE_FILES_H
#define AZFAN_PAGE_FILES_H

#include <stdint.h>

extern const char page_style[];
extern const uint32_t page_style_length;
extern const char page_script[];
extern const uint32_t page_script_length;

#endif
