/* SPDX-License-Identifier: MIT */
#include "cli/pastrun.h"

#include <stdlib.h>

#include "cli/message.h"
#include "cli/options.h"
#include "run/runs.h"

int pastrun_find(const struct options *options, char **ret, struct error *error)
{
    const char *word = options->jobs.count > 0 ? options->jobs.list[0] : NULL;
    char *note;
    int result = runs_find(word, ret, &note, error);

    if (note != NULL)
        (void)message_fail(0, note);
    free(note);
    return result;
}
