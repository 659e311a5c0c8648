/* SPDX-License-Identifier: MIT */
/*
 * owner: who is at a run that goes on, in words.
 */
#ifndef AZFAN_CLI_OWNER_H
#define AZFAN_CLI_OWNER_H

struct buffer;
struct result;

/* Appends "20261126T030000Z-agents-1a2b has been going on since 2026-11-26T03:00:00Z (user anna on
 * ops-1, pid 4711)". */
void owner_print(struct buffer *text, const struct result *run);

#endif
