/* SPDX-License-Identifier: MIT */
#include "cli/owner.h"

#include <inttypes.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "run/result.h"

static void print_who(struct buffer *text, const struct origin *origin)
{
    buffer_print(text, " (user %s", origin->user != NULL ? origin->user : "not known");
    if (origin->host != NULL)
        buffer_print(text, " on %s", origin->host);
    if (origin->pid > 0)
        buffer_print(text, ", pid %" PRId64, origin->pid);
    buffer_add(text, ")");
}

void owner_print(struct buffer *text, const struct result *run)
{
    char since[CLOCK_TEXT_SIZE];

    clock_print(run->wall_started, since);
    buffer_print(text, "%s has been going on since %s", result_word(run), since);
    print_who(text, &run->origin);
}
