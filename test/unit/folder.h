/* SPDX-License-Identifier: MIT */
/*
 * folder: a folder of the test program's own, for files. folder_make() and folder_remove() are the
 * two halves of a fixture. Where that is unchecked, both run in the parent, so that the folder goes
 * even after a failed test.
 */
#ifndef AZFAN_TEST_FOLDER_H
#define AZFAN_TEST_FOLDER_H

#include <stdlib.h>

#include "base/error.h"
#include "sys/file.h"

static char *folder;

static inline void folder_make(void)
{
    struct error error;

    if (file_make_temporary_folder(&folder, &error) < 0)
        abort();
}

static inline void folder_remove(void)
{
    struct error error;

    (void)file_remove_tree(folder, &error);
    free(folder);
}

#endif
