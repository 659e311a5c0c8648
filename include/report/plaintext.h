/* SPDX-License-Identifier: MIT */
/*
 * plaintext: a run as text: a line for every target, what the VMs printed, and the summary. Pure.
 */
#ifndef AZFAN_REPORT_PLAINTEXT_H
#define AZFAN_REPORT_PLAINTEXT_H

#include <stdio.h>

struct result;
struct view;

/* Errors of writing stay in STREAM (ferror()). */
void plaintext_write(FILE *stream, const struct result *result, const struct view *view);

#endif
