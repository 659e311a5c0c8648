/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A child is started with posix_spawn(), which in glibc
 * is a vfork: only the calling thread waits for the exec, and nothing of ours
 * runs in between (sysdeps/unix/sysv/linux/spawni.c). It leads a session and a
 * group of its own, so that one kill() reaches the launcher and what it
 * launched: many a launcher is a shell script that does not exec.
 *
 * The pidfd tells of the leader's exit. The number of the group stays reserved
 * as long as its leader is an unreaped zombie, so the group is signalled only
 * before the reap. Orphans of the group become our children because we are a
 * subreaper; the kernel gives them to our first thread, the main one, and that
 * is where they are looked up.
 */
#include "engine/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/children.h"
#include "sys/fault.h"
#include "sys/fd.h"

enum {
    KILL_REST_MS = 500, /* a killed process is gone in far less, unless the kernel holds it */
    REAP_MS = 500,      /* a zombie is there at once, unless a tracer has the first word about it */
    PAUSE_MS = 2,
    SWEEP_MS = 1000,
    ORPHANS_MOST = 1024 /* looked at in one go; more are met on the next round */
};

/*
 * Held while orphans are listed, and while one is reaped: the kernel's list of
 * children is read entry by entry, and skips one when another is taken out of
 * it meanwhile (fs/proc/array.c, get_children_pid()).
 */
static pthread_mutex_t orphans_mutex = PTHREAD_MUTEX_INITIALIZER;

/* The children we were born with. Written once, before any other thread starts. */
static struct {
    int *list;
    size_t count;
} inherited;

static int open_pidfd(pid_t pid)
{
    return FAULT("child.pidfd_open") ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Like waitid(), which in glibc does not tell what the child used. Returns 0 or -errno. */
static int wait_on(int pidfd, int options, siginfo_t *info, struct rusage *usage)
{
    info->si_pid = 0;
    while (syscall(SYS_waitid, P_PIDFD, pidfd, info, options, usage) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}

static void pause_shortly(void)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * NUMBER_MILLISECOND};

    (void)nanosleep(&pause, NULL);
}

/*
 * Reaps the child behind PIDFD, which has ended or is about to. Never waits without an end: of a
 * zombie that somebody traces we are told nothing until the tracer has waited for it or is gone
 * (ptrace(2)), and that may be never. False when nothing could be learned within REAP_MS.
 */
static bool reap(int pidfd, siginfo_t *info, struct rusage *usage)
{
    int64_t deadline = clock_now() + REAP_MS * NUMBER_MILLISECOND;

    while (wait_on(pidfd, WEXITED | WNOHANG, info, usage) == 0) {
        if (info->si_pid != 0)
            return true;
        if (clock_now() >= deadline)
            return false;
        pause_shortly();
    }
    return false;
}

/* ---- starting ---------------------------------------------------------------------------- */

/* The child's ends of its streams; -1 where the command brought its own. */
struct far_ends {
    int output;
    int errors;
    int lead;
};

/* A pipe whose near end does not block. The far end must: a child's writes have to wait for us. */
static int open_pipe(int *near, int *far)
{
    int ends[2];

    if (FAULT("child.pipe2") || pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    *near = ends[0];
    *far = ends[1];
    return fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

/* Likewise a socket, whose far end has a number to which nothing else is copied in the child. */
static int open_lead(int *near, int *far)
{
    int ends[2];

    if (FAULT("child.socketpair") || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    *near = ends[0];
    *far = fcntl(ends[1], F_DUPFD_CLOEXEC, CHILD_LEAD + 1);
    (void)close(ends[1]);
    return *far < 0 ? -errno : 0;
}

static int open_streams(struct child *child, struct far_ends *far,
                        const struct child_command *command)
{
    int code = 0;

    if (command->output < 0)
        code = open_pipe(&child->output, &far->output);
    if (code == 0 && command->errors < 0)
        code = open_pipe(&child->errors, &far->errors);
    if (code == 0 && command->led)
        code = open_lead(&child->lead, &far->lead);
    return code;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    /* SETSID alone: together with SETPGROUP posix_spawn() fails with EPERM. */
    short flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    sigset_t all;
    sigset_t none;

    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    (void)posix_spawnattr_setsigdefault(attributes, &all);
    (void)posix_spawnattr_setsigmask(attributes, &none);
    return posix_spawnattr_setflags(attributes, flags);
}

static int set_actions(posix_spawn_file_actions_t *actions, const struct far_ends *far,
                       const struct child_command *command)
{
    int output = command->output < 0 ? far->output : command->output;
    int errors = command->errors < 0 ? far->errors : command->errors;
    bool lead_apart = command->led && command->extra > 0;
    int input = command->led && !lead_apart ? far->lead : command->input;
    int first_closed = lead_apart           ? CHILD_LEAD + 1
                       : command->extra > 0 ? CHILD_EXTRA + 1
                                            : CHILD_EXTRA;
    int code;

    code = input < 0 ? posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0)
                     : posix_spawn_file_actions_adddup2(actions, input, 0);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(actions, output, 1);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(actions, errors, 2);
    /* Also what azfan itself inherited without close-on-exec; and before anything that may hang, or
     * the journal's lock would hang with it. */
    if (code == 0 && command->extra > 0)
        code = posix_spawn_file_actions_adddup2(actions, command->extra, CHILD_EXTRA);
    if (code == 0 && lead_apart)
        code = posix_spawn_file_actions_adddup2(actions, far->lead, CHILD_LEAD);
    if (code == 0)
        code = posix_spawn_file_actions_addclosefrom_np(actions, first_closed);
    if (code == 0 && command->folder != NULL)
        code = posix_spawn_file_actions_addchdir_np(actions, command->folder);
    return code;
}

static int spawn(struct child *child, const struct far_ends *far,
                 const struct child_command *command)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code;

    if (FAULT("child.posix_spawn"))
        return -errno;
    FAULT_HOLD("child.posix_spawn");
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    code = set_attributes(&attributes);
    if (code == 0)
        code = set_actions(&actions, far, command);
    if (code == 0)
        code = posix_spawn(&child->pid, command->program, &actions, &attributes, command->arguments,
                           command->environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return -code;
}

/* Kills and reaps a child that nothing can be learned of; what is not gone soon, child_sweep()
 * finds.
 */
static void kill_unwatched(const struct child *child)
{
    int64_t deadline = clock_now() + REAP_MS * NUMBER_MILLISECOND;

    (void)kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, WNOHANG) == 0 && clock_now() < deadline)
        pause_shortly();
}

static int watch(struct child *child)
{
    int code;

    child->pidfd = open_pidfd(child->pid); /* cannot miss it: nobody but us reaps */
    if (child->pidfd >= 0)
        return 0;
    code = -errno;
    kill_unwatched(child);
    return code;
}

int child_start(struct child *child, const struct child_command *command, struct error *error)
{
    struct far_ends far = {-1, -1, -1};
    const char *step = "open a pipe for";
    int code;

    *child = (struct child){.pid = -1, .pidfd = -1, .output = -1, .errors = -1, .lead = -1};
    code = open_streams(child, &far, command);
    if (code == 0) {
        step = "start";
        code = spawn(child, &far, command);
    }
    fd_close(&far.output);
    fd_close(&far.errors);
    fd_close(&far.lead);
    if (code == 0) {
        step = "watch";
        code = watch(child);
    }
    if (code == 0)
        return 0;
    fd_close(&child->output);
    fd_close(&child->errors);
    fd_close(&child->lead);
    (void)error_set(error, "cannot %s %s: %s", step, command->program, strerror(-code));
    return code;
}

bool child_kill_unborn(int thread_id)
{
    int children[ORPHANS_MOST];
    char task[16];
    size_t count;
    bool killed = false;

    (void)snprintf(task, sizeof task, "%d", thread_id);
    count = children_of_task(task, children, ORPHANS_MOST);
    for (size_t i = 0; i < count; i++) {
        if (!children_is_unborn(children[i]))
            continue;
        (void)kill(children[i], SIGKILL);
        /* Now, not before: a program that is loaded from here on dies before it runs. */
        killed = killed || children_is_unborn(children[i]);
    }
    return killed;
}

/* ---- stopping and ending ------------------------------------------------------------------ */

void child_signal(const struct child *child, int signal)
{
    (void)kill(-child->pid, signal);
}

bool child_has_exited(const struct child *child)
{
    struct pollfd poll_fd = {.fd = child->pidfd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) > 0;
}

static size_t read_orphans(int *list)
{
    char main_thread[16];
    size_t count;

    (void)snprintf(main_thread, sizeof main_thread, "%d", getpid());
    (void)pthread_mutex_lock(&orphans_mutex);
    count = children_of_task(main_thread, list, ORPHANS_MOST);
    (void)pthread_mutex_unlock(&orphans_mutex);
    return count;
}

static bool was_inherited(int pid)
{
    for (size_t i = 0; i < inherited.count; i++) {
        if (inherited.list[i] == pid)
            return true;
    }
    return false;
}

/*
 * Reaps PID, which SIGKILL was sent to, when it is gone by DEADLINE. True when
 * that signal ended it, false when it had ended before or is not gone.
 */
static bool reap_killed(int pid, int64_t deadline)
{
    struct pollfd poll_fd = {.fd = open_pidfd(pid), .events = POLLIN};
    siginfo_t info = {.si_pid = 0};
    struct rusage usage;
    struct timespec left;
    bool killed;

    if (poll_fd.fd < 0)
        return false;
    (void)ppoll(&poll_fd, 1, clock_left(deadline, clock_now(), &left), NULL);
    (void)pthread_mutex_lock(&orphans_mutex);
    killed = wait_on(poll_fd.fd, WEXITED | WNOHANG, &info, &usage) == 0 && info.si_pid == pid &&
             info.si_code == CLD_KILLED && info.si_status == SIGKILL;
    (void)pthread_mutex_unlock(&orphans_mutex);
    fd_close(&poll_fd.fd);
    return killed;
}

/*
 * Is the orphan PID of this child's making? A launcher with job control gives
 * what it starts groups of their own, but they stay in the child's session.
 * The leader is in the list when the main thread started it: child_reap()
 * needs it.
 */
static bool is_left_by(const struct child *child, int pid)
{
    return pid != child->pid && getsid(pid) == child->pid && !was_inherited(pid);
}

/* What was FOUND may have left others, or may not be ours to reap yet: is another look due? */
static bool look_again(bool found, int64_t deadline)
{
    if (!found || clock_now() >= deadline)
        return false;
    pause_shortly();
    return true;
}

int child_kill_rest(const struct child *child)
{
    int64_t deadline = clock_now() + KILL_REST_MS * NUMBER_MILLISECOND;
    int orphans[ORPHANS_MOST];
    int killed = 0;
    bool found;

    (void)kill(-child->pid, SIGKILL);
    do { /* the death of one may give us its own children: look again */
        size_t count = read_orphans(orphans);

        found = false;
        for (size_t i = 0; i < count; i++) {
            if (!is_left_by(child, orphans[i]))
                continue;
            found = true;
            (void)kill(orphans[i], SIGKILL);
            if (reap_killed(orphans[i], deadline))
                killed++;
        }
    } while (look_again(found, deadline));
    return killed;
}

static int64_t nanoseconds(struct timeval time)
{
    return (int64_t)time.tv_sec * NUMBER_SECOND + (int64_t)time.tv_usec * 1000;
}

void child_reap(struct child *child, struct child_exit *ret)
{
    siginfo_t info = {.si_pid = 0};
    struct rusage usage = {.ru_maxrss = 0};

    *ret = (struct child_exit){.known = false};
    if (reap(child->pidfd, &info, &usage)) {
        ret->known = true;
        ret->signaled = info.si_code != CLD_EXITED;
        ret->status = info.si_status;
        ret->cpu_time = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
        ret->max_rss_kib = usage.ru_maxrss;
    }
    child_abandon(child);
}

void child_abandon(struct child *child)
{
    fd_close(&child->output);
    fd_close(&child->errors);
    fd_close(&child->lead);
    fd_close(&child->pidfd);
}

/* ---- orphans ------------------------------------------------------------------------------ */

void child_adopt_orphans(void)
{
    int children[ORPHANS_MOST];
    size_t count = children_of_all(children, ORPHANS_MOST);

    free(inherited.list);
    inherited.list = memory_zeroed(count, sizeof *inherited.list);
    memcpy(inherited.list, children, count * sizeof *children);
    inherited.count = count;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Does the one that leads PID's session still exist? Then a worker may be about to count PID. */
static bool has_leader(int pid)
{
    pid_t leader = getsid(pid);

    return leader > 0 && leader != pid && kill(leader, 0) == 0;
}

void child_reap_orphans(void)
{
    int orphans[ORPHANS_MOST];
    size_t count = read_orphans(orphans);

    (void)pthread_mutex_lock(&orphans_mutex);
    for (size_t i = 0; i < count; i++) {
        if (!was_inherited(orphans[i]) && !has_leader(orphans[i]))
            (void)waitpid(orphans[i], NULL, WNOHANG);
    }
    (void)pthread_mutex_unlock(&orphans_mutex);
}

void child_kill_all(void)
{
    int64_t deadline = clock_now() + KILL_REST_MS * NUMBER_MILLISECOND;
    int children[ORPHANS_MOST];
    bool found;

    do { /* the death of one may give us its own children */
        size_t count = children_of_all(children, ORPHANS_MOST);

        found = false;
        for (size_t i = 0; i < count; i++) {
            if (was_inherited(children[i]))
                continue;
            found = true;
            if (getpgid(children[i]) == children[i])
                (void)kill(-children[i], SIGKILL);
            (void)kill(children[i], SIGKILL);
        }
    } while (look_again(found, deadline));
}

int child_sweep(void)
{
    int64_t deadline = clock_now() + SWEEP_MS * NUMBER_MILLISECOND;
    int children[ORPHANS_MOST];
    int killed = 0;
    bool found;

    do {
        size_t count = children_of_all(children, ORPHANS_MOST);

        found = false;
        for (size_t i = 0; i < count; i++) {
            if (!was_inherited(children[i])) {
                found = true;
                (void)kill(children[i], SIGKILL);
            }
        }
        for (size_t i = 0; i < count; i++) {
            if (!was_inherited(children[i]) && reap_killed(children[i], deadline))
                killed++;
        }
    } while (look_again(found, deadline));
    return killed;
}
