/* SPDX-License-Identifier: MIT */
/*
 * file: reading whole files, writing them atomically, private folders.
 *
 * Errors name the path and the cause. Not thread-safe only where said.
 */
#ifndef AZFAN_SYS_FILE_H
#define AZFAN_SYS_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

struct buffer;

/*
 * Appends a regular file of at most LIMIT bytes to BUFFER. A folder, FIFO or
 * device is refused without being read, a larger file is refused, not cut.
 */
int file_read(const char *path, size_t limit, struct buffer *buffer, struct error *error);

/* Appends what stands on standard input, at most LIMIT bytes. */
int file_read_standard_input(size_t limit, struct buffer *buffer, struct error *error);

/* PATH relative to the folder of BASE; an absolute PATH as it is. free() the result. */
char *file_beside(const char *base, const char *path);

/* PATH from wherever it is opened, for who comes from another folder. free() the result. */
char *file_absolute(const char *path);

/* place_make(), for those who need no descriptor. */
int file_make_private_folder(const char *path, struct error *error);

/* 1 when the folder PATH holds nothing, 0 when it does, -1 when it is no folder that can be read.
 */
int file_is_empty_folder(const char *path);

/*
 * Locks the folder PATH until *RET is closed: 0, or -1 when somebody else has the lock. Where that
 * cannot be asked for (NFS has no locks of folders) it is 0 too, and *RET may be -1.
 */
int file_lock_folder(const char *path, int *ret);

/*
 * Makes a new 0700 folder in the first place of place_temporary() that is safe and can be written.
 * free() *RET. The error says of each place what is wrong with it.
 */
int file_make_temporary_folder(char **ret, struct error *error);

/* Removes all that is in FOLDER, and follows no link. Returns -1 and leaves errno when it cannot.
 */
int file_empty_folder(int folder);

/* Removes PATH and all below it, following no link. What is already gone is no error. */
int file_remove_tree(const char *path, struct error *error);

/* Writes a new file with MODE, or empties an old one. Not atomic, not synced. */
int file_write(const char *path, unsigned mode, const char *bytes, size_t length,
               struct error *error);

/*
 * Puts the name of the file PATH on disk, which its own sync does not (fsync(2)): its folder is
 * synced. Where a file system knows no such thing (SMB) nothing can be done, and that is no error.
 */
int file_sync_name(const char *path, struct error *error);

/*
 * A file that appears whole or not at all: written beside its place under a
 * temporary name, synced, renamed, its folder synced. Where PATH is a symbolic
 * link to a file, that file is replaced; a link of another user's is refused. What is not a regular
 * file (a terminal, a FIFO that has a reader, /dev/stdout) is written directly.
 *
 *   struct file_replacement file;
 *   if (file_replace_begin(&file, path, 0600, error) < 0) return -1;
 *   fprintf(file.stream, …);            // errors are kept by the stream
 *   return file_replace_commit(&file, error);   // or file_replace_abandon(&file)
 */
struct file_replacement {
    FILE *stream;
    char *path;
    char *temporary; /* NULL when written directly */
};

int file_replace_begin(struct file_replacement *file, const char *path, unsigned mode,
                       struct error *error);

/* Ends it either way: after an error the temporary file is gone and PATH is as it was. */
int file_replace_commit(struct file_replacement *file, struct error *error);
void file_replace_abandon(struct file_replacement *file);

/*
 * The absolute path of a program: PROGRAM itself when it has a slash, else the
 * first executable regular file of that name in $PATH. free() *RET. The error
 * says where it was looked for.
 */
int file_find_program(const char *program, char **ret, struct error *error);

/* The path of the program that this is. free() *RET. */
int file_own_program(char **ret, struct error *error);

/* The program NAME that belongs to this one: it stands beside it, or in ../libexec/azfan. free()
 * it; NULL: it is in neither place. */
char *file_own_helper(const char *name);

#endif
