/* SPDX-License-Identifier: MIT */
#include "sys/fault.h"

#ifdef AZFAN_FAULTS
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

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

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* over all below */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static const char *holding; /* NULL: no probe holds anybody */
static int to_hold;
static int held;

void fault_arm_hold(const char *name, int count)
{
    (void)pthread_mutex_lock(&mutex);
    holding = name;
    to_hold = count;
    held = 0;
    (void)pthread_mutex_unlock(&mutex);
}

void fault_let_go(void)
{
    (void)pthread_mutex_lock(&mutex);
    holding = NULL;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&mutex);
}

bool fault_await_held(int seconds)
{
    struct timespec until;
    int code = 0;
    bool result;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    (void)pthread_mutex_lock(&mutex);
    while (held == 0 && code == 0)
        code = pthread_cond_timedwait(&changed, &mutex, &until);
    result = held > 0;
    (void)pthread_mutex_unlock(&mutex);
    return result;
}

void fault_hold(const char *name)
{
    (void)pthread_mutex_lock(&mutex);
    if (holding != NULL && to_hold > 0 && strcmp(holding, name) == 0) {
        to_hold--;
        held++;
        (void)pthread_cond_broadcast(&changed);
        while (holding != NULL)
            (void)pthread_cond_wait(&changed, &mutex);
    }
    (void)pthread_mutex_unlock(&mutex);
}
#else
typedef int fault_is_not_compiled_in; /* ISO C wants something in every file */
#endif
