/* SPDX-License-Identifier: MIT */
/*
 * guardpath: the guard's own folder, taken out of what a VM printed.
 *
 * A guard runs the script in a folder azfan-NONCE, and so shells and interpreters put that name
 * into their messages. It says nothing to anybody, and it makes a text of its own of what every VM
 * printed alike. A path into the folder becomes one that is relative to it: "script", "lib/a.sh";
 * the folder itself becomes "."; the nonce anywhere else becomes "…".
 *
 * Knows paths of both systems, in either case, with slashes doubled (as JSON does), and broken into
 * lines as PowerShell's view of an error breaks them. Pure, thread-safe, and linear in time.
 */
#ifndef AZFAN_AZURE_GUARDPATH_H
#define AZFAN_AZURE_GUARDPATH_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

/*
 * Takes it out of the LENGTH bytes of TEXT (NULL when there are none), in place; returns how many
 * are left. NONCE may be "": then there is nothing to be found. CUT: the text's head is missing,
 * perhaps with the first part of a path.
 */
size_t guardpath_remove(char *text, size_t length, const char *nonce, bool cut);

/* The same for a buffer. */
void guardpath_clean(struct buffer *buffer, const char *nonce, bool cut);

#endif
