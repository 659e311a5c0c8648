/* SPDX-License-Identifier: MIT */
#include "sys/fault.h"

#ifdef AZFAN_FAULTS
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

static _Atomic(const char *) armed_name;
static atomic_int armed_error;
static atomic_int armed_count; /* of hits that are still to fail: what is armed is told by it */
static atomic_int hits;

void fault_arm(const char *name, int count, int error_number)
{
    armed_count = 0;
    armed_name = name;
    armed_error = error_number;
    hits = 0;
    armed_count = count;
}

int fault_hits(void)
{
    return hits;
}

bool fault_hit(const char *name)
{
    const char *armed = armed_name;

    if (armed == NULL || strcmp(armed, name) != 0)
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
