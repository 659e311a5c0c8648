/* SPDX-License-Identifier: MIT */
/*
 * page_files: src/report/page.css and page.js, as the build put them into the program.
 *
 * Each ends where its end begins.
 */
#ifndef AZFAN_REPORT_PAGE_FILES_H
#define AZFAN_REPORT_PAGE_FILES_H

extern const char page_style[];
extern const char page_style_end[];
extern const char page_script[];
extern const char page_script_end[];

#endif
