/* SPDX-License-Identifier: MIT */
#include "sys/fault.h"

#ifdef AZFAN_FAULTS
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

static const char *armed_name;
static int armed_error;
static atomic_int armed_count;
static atomic_int hits;

void fault_arm(const char *name, int count, int error_number)
{
    armed_name = name;
    armed_error = error_number;
    armed_count = count;
    hits = 0;
}

int fault_hits(void)
{
    return hits;
}

bool fault_hit(const char *name)
{
    if (armed_name == NULL || strcmp(armed_name, name) != 0)
        return false;
    if (atomic_fetch_sub(&armed_count, 1) <= 0)
        return false;
    atomic_fetch_add(&hits, 1);
    errno = armed_error;
    return true;
}
#else
typedef int fault_is_not_compiled_in; /* ISO C wants something in every file */
#endif
