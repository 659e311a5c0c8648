/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The thread starts the child, says so, and stays until
 * starter_end(): the kernel would give its children to the main thread, which
 * takes what it finds there for orphans.
 *
 * When the time for the start is over, the process that is still azfan's (a
 * vfork whose execve() has not returned) is killed. Where the kernel lets it
 * die, posix_spawn() returns. Where it does not, the thread is left to itself:
 * what it works with is its own, it touches nothing else when it comes back,
 * and it kills what it finds then, and ends. A process can exit although such
 * a thread hangs: it waits for the vfork killably.
 *
 *   asked --> begun --> returned --> ended
 *     |         |          |
 *     +---------+----------+--> left: the thread frees all
 */
#include "engine/starter.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "sys/fault.h"
#include "sys/fd.h"

enum {
    STACK_SIZE = 128 * 1024, /* posix_spawn() has one of its own for the child */
    DEATH_MS = 500           /* how long a killed start may take to return */
};

struct starter {
    pthread_t thread;
    struct child_command command; /* of what is copied below */
    char *program;
    char **arguments;
    char **environment;
    char *folder;
    int returned_event; /* an eventfd: readable once child_start() has returned */

    pthread_mutex_t mutex; /* over all below */
    pthread_cond_t ending;
    int thread_id; /* the kernel's; 0: the thread has not begun */
    bool returned; /* from child_start() */
    bool ended;    /* the child is no more */
    bool left;     /* nobody waits for the thread any more */
    struct child child;
    struct error error;
    int code;
};

/* ---- beginning and end ---------------------------------------------------------------------- */

/* In one piece: an environment has many words, and this is done for every child. */
static char **copy_words(char *const *words)
{
    size_t count = 0;
    size_t size = 0;
    char **copy;
    char *at;

    for (; words[count] != NULL; count++)
        size += strlen(words[count]) + 1;
    copy = memory_resize(NULL, (count + 1) * sizeof *copy + size, 1);
    at = (char *)(copy + count + 1);
    for (size_t i = 0; i < count; i++) {
        copy[i] = at;
        at = stpcpy(at, words[i]) + 1;
    }
    copy[count] = NULL;
    return copy;
}

static struct starter *new_starter(const struct child_command *command)
{
    struct starter *self = memory_zeroed(1, sizeof *self);

    self->program = memory_string(command->program);
    self->arguments = copy_words(command->arguments);
    self->environment = copy_words(command->environment);
    self->folder = memory_string(command->folder);
    self->command = *command;
    self->command.program = self->program;
    self->command.arguments = self->arguments;
    self->command.environment = self->environment;
    self->command.folder = self->folder;
    self->returned_event = fd_event();
    (void)pthread_mutex_init(&self->mutex, NULL);
    (void)pthread_cond_init(&self->ending, NULL);
    return self;
}

static void free_starter(struct starter *self)
{
    fd_close(&self->returned_event);
    (void)pthread_cond_destroy(&self->ending);
    (void)pthread_mutex_destroy(&self->mutex);
    free(self->program);
    free(self->arguments);
    free(self->environment);
    free(self->folder);
    free(self);
}

/* ---- the thread ----------------------------------------------------------------------------- */

/* Nobody wants the child: whether it runs or not, its end is here. */
static void discard(struct child *child)
{
    struct child_exit ignored;

    child_signal(child, SIGKILL);
    (void)child_kill_rest(child);
    child_reap(child, &ignored);
}

/* False: it was given up before it began. */
static bool begin(struct starter *self)
{
    bool wanted;

    (void)pthread_mutex_lock(&self->mutex);
    self->thread_id = (int)gettid();
    wanted = !self->left;
    (void)pthread_mutex_unlock(&self->mutex);
    return wanted;
}

/* Says what has come of the start, and stays until the child's end. False: nobody listens. */
static bool hand_over(struct starter *self, const struct child *child, int code)
{
    bool left;

    (void)pthread_mutex_lock(&self->mutex);
    self->child = *child;
    self->code = code;
    self->returned = true;
    left = self->left;
    if (!left)
        fd_event_raise(self->returned_event);
    while (!left && !self->ended)
        (void)pthread_cond_wait(&self->ending, &self->mutex);
    (void)pthread_mutex_unlock(&self->mutex);
    return !left;
}

static void *work(void *argument)
{
    struct starter *self = argument;
    struct child child;
    int code;

    if (!begin(self)) {
        free_starter(self);
        return NULL;
    }
    code = child_start(&child, &self->command, &self->error);
    if (hand_over(self, &child, code))
        return NULL;
    if (code == 0)
        discard(&child);
    free_starter(self);
    return NULL;
}

static int start_thread(struct starter *self)
{
    pthread_attr_t attributes;
    int code;

    if (FAULT("starter.pthread_create"))
        return errno;
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
    code = pthread_create(&self->thread, &attributes, work, self);
    (void)pthread_attr_destroy(&attributes);
    return code;
}

/* ---- waiting for it ------------------------------------------------------------------------- */

/* Until child_start() has returned; at most until DEADLINE, or until one of STOPS. */
static void wait_for_return(const struct starter *self, int64_t deadline, const int *stops)
{
    struct pollfd watches[] = {{.fd = self->returned_event, .events = POLLIN},
                               {.fd = stops != NULL ? stops[0] : -1, .events = POLLIN},
                               {.fd = stops != NULL ? stops[1] : -1, .events = POLLIN}};
    struct timespec left;
    int ready;

    do
        ready = ppoll(watches, 3, clock_left(deadline, clock_now(), &left), NULL);
    while (ready < 0 || (ready == 0 && clock_now() < deadline));
}

static bool has_returned(struct starter *self)
{
    bool returned;

    (void)pthread_mutex_lock(&self->mutex);
    returned = self->returned;
    (void)pthread_mutex_unlock(&self->mutex);
    return returned;
}

/* Leaves the thread to itself, unless it has returned after all: then false. */
static bool leave(struct starter *self, enum starter_result *result)
{
    bool left;

    (void)pthread_mutex_lock(&self->mutex);
    left = !self->returned;
    if (left) {
        self->left = true;
        (void)pthread_detach(self->thread);
        if (self->thread_id == 0) /* nor will it begin any more */
            *result = STARTER_NEVER;
    }
    (void)pthread_mutex_unlock(
        &self->mutex); /* what was left is the thread's to free from here on */
    return left;
}

static int thread_of(struct starter *self)
{
    int thread_id;

    (void)pthread_mutex_lock(&self->mutex);
    thread_id = self->thread_id;
    (void)pthread_mutex_unlock(&self->mutex);
    return thread_id;
}

static enum starter_result give_up(struct starter *self)
{
    int thread_id = thread_of(self);
    enum starter_result result =
        thread_id != 0 && child_kill_unborn(thread_id) ? STARTER_NEVER : STARTER_UNKNOWN;

    wait_for_return(self, clock_now() + DEATH_MS * NUMBER_MILLISECOND, NULL);
    if (leave(self, &result))
        return result;
    if (self->code < 0)
        return STARTER_FAILED;
    if (result == STARTER_UNKNOWN) /* it was loaded at the last moment, and is as good as any */
        return STARTER_STARTED;
    discard(&self->child);
    starter_end(self);
    return result;
}

static enum starter_result wait_for_start(struct starter *self, int64_t deadline, const int *stops)
{
    const int64_t patience = STARTER_PATIENCE_MS * NUMBER_MILLISECOND;

    wait_for_return(self, deadline + patience, stops);
    if (!has_returned(self) && clock_now() < deadline + patience) /* a stop has been raised */
        wait_for_return(self, clock_now() + patience, NULL);
    if (!has_returned(self))
        return give_up(self);
    return self->code < 0 ? STARTER_FAILED : STARTER_STARTED;
}

enum starter_result starter_start(struct starter **ret, const struct child_command *command,
                                  int64_t deadline, const int stops[2], struct child *child,
                                  int *ret_code, struct error *error)
{
    struct starter *self = new_starter(command);
    enum starter_result result = STARTER_FAILED;

    *ret = NULL;
    *ret_code = self->returned_event < 0 ? self->returned_event : -start_thread(self);
    if (*ret_code < 0) {
        (void)error_set(error, "cannot start %s: %s", command->program, strerror(-*ret_code));
        free_starter(self);
        return result;
    }
    result = wait_for_start(self, deadline, stops);
    if (result == STARTER_STARTED) {
        *child = self->child;
        *ret = self;
    } else if (result == STARTER_FAILED) {
        *ret_code = self->code;
        *error = self->error;
        starter_end(self);
    }
    return result;
}

void starter_end(struct starter *self)
{
    (void)pthread_mutex_lock(&self->mutex);
    self->ended = true;
    (void)pthread_cond_signal(&self->ending);
    (void)pthread_mutex_unlock(&self->mutex);
    (void)pthread_join(self->thread, NULL);
    free_starter(self);
}
