/* SPDX-License-Identifier: MIT */
/*
 * place: folders in which nobody else can put something in another's stead.
 *
 * Who can write to a folder can rename what is in it, and put something of his own there: a script
 * that is sent with the caller's login, a link to another file. So each folder on the way to a
 * place, from the root on, has to be safe: it belongs to the caller, to root or to the owner of
 * "/", and only they can write to it, or it is sticky, as /tmp is. So have symbolic links, by their
 * owner. A folder that its group may write is safe above a place when the group is the caller's
 * private one (pam_umask(8), "usergroups") and no access list is on it.
 *
 * A path is absolute, or begins at the working folder. An error names the folder that is not safe,
 * and says what to do. Descriptors are the caller's to close. Main thread.
 */
#ifndef AZFAN_SYS_PLACE_H
#define AZFAN_SYS_PLACE_H

#include <sys/types.h>

#include "base/error.h"

/*
 * Makes the folder PATH and what is missing above it, 0700; one that is there has to be the
 * caller's own, and becomes 0700. A symbolic link at PATH is an error. Opens it.
 */
int place_make(const char *path, int *ret, struct error *error);

/*
 * Opens a folder that is for what is soon gone: the caller's own, which nobody else can write, or
 * one of root's for all, which is sticky.
 */
int place_open_temporary(const char *path, int *ret, struct error *error);

/*
 * The INDEXth place to try for that, from 0 on: $XDG_RUNTIME_DIR (memory, by custom), $TMPDIR,
 * /tmp. NULL: there are no more. What is no absolute path is passed over.
 */
const char *place_temporary(size_t index);

/* Makes the file NAME in FOLDER, 0600, and opens it for writing. Returns the descriptor or -errno.
 */
int place_new_file(int folder, const char *name);

/*
 * The same, but one that is there already is opened, if it is what a new one would be: a regular
 * file of the caller's, 0600, with this one name. -EEXIST: something else is there.
 */
int place_open_file(int folder, const char *name);

#endif
