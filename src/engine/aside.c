/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. This is what posix_spawn() does in glibc, without the
 * exec: clone(CLONE_VM | CLONE_VFORK). The child runs on a stack of its own
 * with the memory of this process and the thread-local storage of the calling
 * thread, and that thread does not run before the child has ended. So errno,
 * locks and malloc() are in the child what they would be in the caller, and
 * all that is written there is there afterwards. But the child is no thread of
 * this process: this one ends, by a signal or by exit, while the child still
 * waits for a disk. The wait for a vfork can be killed; and the child gets
 * SIGKILL when its parent has gone, which it obeys as soon as the disk lets it.
 *
 * It has the table of descriptors as a copy: what it holds open, and so the
 * lock of a file, can outlive us. Hence aside_keep_out().
 *
 * Sanitizers keep books about threads and stacks, and know nothing of this:
 * there the function is called directly.
 */
#include "engine/aside.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SHARES_MEMORY = false };
#else
enum { SHARES_MEMORY = true };
#endif

enum { STACK_SIZE = 1024 * 1024, GUARD_SIZE = 64 * 1024 };

struct errand {
    void (*function)(void *context);
    void *context;
};

static int kept_out = -1;
static char *stack; /* made once; NULL: not yet */

/* The whole life of the child. Its end is the return. */
static int live(void *argument)
{
    const struct errand *errand = argument;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (kept_out >= 0)
        (void)close(kept_out);
    errand->function(errand->context);
    return 0;
}

static bool make_stack(void)
{
    char *made;

    if (stack != NULL)
        return true;
    made = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
                -1, 0);
    if (made == MAP_FAILED)
        return false;
    (void)mprotect(made, GUARD_SIZE, PROT_NONE);
    stack = made;
    return true;
}

/* Returns its number once it has ended, or -1: there is none. */
static int start(struct errand *errand)
{
    if (!SHARES_MEMORY || !make_stack())
        return -1;
    return clone(live, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, errand);
}

int aside_call(void (*function)(void *context), void *context)
{
    struct errand errand = {function, context};
    int status = 0;
    int pid = start(&errand);

    if (pid < 0) {
        function(context);
        return 0;
    }
    /* It is a zombie by now, and nobody else reaps in this thread. */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

void aside_keep_out(int fd)
{
    kept_out = fd;
}
