/* SPDX-License-Identifier: MIT */
/*
 * hang MODE [NUMBER]: a child that does not end as it should.
 *
 *   nap MS          well-behaved: prints, sleeps, exits with 0
 *   stubborn        ignores SIGINT and SIGTERM
 *   launcher MS     does not exec, like Microsoft's /usr/bin/az, and dies of SIGINT at once; its
 *                   child holds the pipes and needs MS after SIGINT to print "cleaned up"
 *   deaf-launcher   the same, but its child ignores SIGINT
 *   background N    exits; N descendants of its group, each the child of the one before, hold the
 *                   pipes
 *   quiet N         the same, but they have closed the pipes
 *   zombies N       exits; N children of its group have ended, and nobody has reaped them
 *   escaped N       exits; N descendants, each in a session of its own, hold the pipes
 *   escaped-hang N  the same, but ignores SIGINT and does not exit
 *   stopped         stops itself by SIGSTOP
 *   closed MS       closes its standard output and error, exits with 3 after MS
 *   stop-parent MS  stops the process that started it by SIGSTOP and exits; MS later that goes on
 *   led MS          is ready after MS and says so on its standard input (engine/child); waits for
 * the end of that, or SIGINT, of which it says "interrupted" and exits with 1 deaf-led MS     the
 * same, but ignores SIGINT once it is ready traced MS       exits with 0; for MS a tracer that left
 * the group holds its zombie unkillable MS   survives SIGKILL for MS: held at its exit by a tracer
 * that left the group
 *
 * Each prints "partial output" and "partial errors" once it is as described, and not before: who
 * has read that knows that the descendants are in their places.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Nothing outlives a test for long, whatever goes wrong. fork() does not hand an alarm on. */
static void limit_life(void)
{
    (void)alarm(30);
}

static void say(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) < 0)
        _exit(120);
}

static void print_partial(void)
{
    say(1, "partial output\n");
    say(2, "partial errors\n");
}

static void ignore_requests(void)
{
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
}

static void wait_for_ever(void)
{
    for (;;)
        (void)pause();
}

static void sleep_for(int milliseconds)
{
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

static pid_t fork_or_exit(void)
{
    pid_t pid = fork();

    if (pid < 0)
        _exit(121);
    if (pid == 0)
        limit_life();
    return pid;
}

static void nap(int milliseconds)
{
    print_partial();
    sleep_for(milliseconds);
}

static void stubborn(void)
{
    ignore_requests();
    print_partial();
    wait_for_ever();
}

static void launcher(int milliseconds)
{
    sigset_t interrupt;
    int signal_number;

    (void)sigemptyset(&interrupt);
    (void)sigaddset(&interrupt, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &interrupt,
                      NULL); /* a SIGINT that comes early waits for sigwait() */
    if (fork_or_exit() == 0) {
        print_partial();
        (void)sigwait(&interrupt, &signal_number);
        sleep_for(milliseconds);
        say(1, "cleaned up\n");
        _exit(0);
    }
    (void)sigprocmask(SIG_UNBLOCK, &interrupt, NULL);
    wait_for_ever();
}

static void deaf_launcher(void)
{
    ignore_requests();
    if (fork_or_exit() == 0) {
        print_partial();
        wait_for_ever();
    }
    (void)signal(SIGINT, SIG_DFL);
    wait_for_ever();
}

enum chain { IN_GROUP, QUIET, ESCAPED };

/*
 * Starts COUNT descendants in a chain that hang, with the pipes in their hands unless QUIET.
 * Returns, in this process, when all are in their places.
 */
static void start_chain(int count, enum chain chain)
{
    int ready[2];
    char byte;

    if (pipe(ready) < 0)
        _exit(122);
    if (fork_or_exit() == 0) {
        (void)close(ready[0]);
        ignore_requests();
        if (chain == ESCAPED && setsid() < 0)
            _exit(123);
        if (count > 1)
            start_chain(count - 1, chain);
        if (chain == QUIET) {
            (void)close(1);
            (void)close(2);
        }
        say(ready[1], "!");
        (void)close(ready[1]);
        wait_for_ever();
    }
    (void)close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        _exit(124);
    (void)close(ready[0]);
}

static void background(int count, enum chain chain)
{
    start_chain(count, chain);
    print_partial();
}

static void escaped_hang(int count)
{
    ignore_requests();
    background(count, ESCAPED);
    wait_for_ever();
}

static void zombies(int count)
{
    siginfo_t info;

    for (int i = 0; i < count; i++) {
        pid_t pid = fork_or_exit();

        if (pid == 0)
            _exit(0);
        (void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    }
    print_partial();
}

static void stopped(void)
{
    print_partial();
    (void)raise(SIGSTOP);
    wait_for_ever();
}

static void closed(int milliseconds)
{
    print_partial();
    (void)close(1);
    (void)close(2);
    sleep_for(milliseconds);
    _exit(3);
}

/*
 * Writes without pause until then, so that the parent is stopped while it has something to read:
 * when it goes on, what it knows of the exit is older than what the clock says.
 */
static void stop_parent(int milliseconds)
{
    static const char block[65536];
    pid_t parent = getppid();
    int stopped_it[2];
    char byte;

    print_partial();
    if (pipe2(stopped_it, O_NONBLOCK) < 0)
        _exit(122);
    if (fork_or_exit() == 0) {
        (void)setsid();
        (void)close(1);
        (void)close(2);
        sleep_for(100);
        (void)kill(parent, SIGSTOP);
        say(stopped_it[1], "!");
        sleep_for(milliseconds);
        (void)kill(parent, SIGCONT);
        _exit(0);
    }
    (void)fcntl(1, F_SETFL, O_WRONLY | O_NONBLOCK); /* a stopped parent reads nothing */
    while (read(stopped_it[0], &byte, 1) != 1) {
        if (write(1, block, sizeof block) < 0 && errno != EAGAIN)
            _exit(124);
    }
}

/*
 * Holds its parent for MILLISECONDS: AT_EXIT, once it has been killed, or else as a zombie.
 */
static void trace_parent(pid_t parent, int ready, int milliseconds, bool at_exit)
{
    int status;

    (void)setsid();
    (void)close(1);
    (void)close(2);
    if (ptrace(PTRACE_SEIZE, parent, NULL, at_exit ? PTRACE_O_TRACEEXIT : 0) == 0)
        say(ready, "!");
    (void)close(ready);
    if (!at_exit || waitpid(parent, &status, __WALL) == parent)
        sleep_for(milliseconds);
    _exit(0); /* which lets the parent go */
}

/* Returns once the tracer is at its work. */
static void be_traced(int milliseconds, bool at_exit)
{
    pid_t self = getpid();
    int go[2];
    int ready[2];
    char byte;

    if (pipe(go) < 0 || pipe(ready) < 0)
        _exit(122);
    pid_t tracer = fork_or_exit();
    if (tracer == 0) {
        (void)close(ready[0]);
        if (read(go[0], &byte, 1) == 1)
            trace_parent(self, ready[1], milliseconds, at_exit);
        _exit(125);
    }
    (void)close(ready[1]);
    (void)prctl(PR_SET_PTRACER, tracer, 0, 0, 0); /* where Yama wants to be asked */
    say(go[1], "!");
    if (read(ready[0], &byte, 1) != 1)
        say(2, "cannot be traced\n");
}

static void interrupt(int number)
{
    (void)number;
    say(1, "interrupted\n");
    _exit(1);
}

static void led(int milliseconds, bool deaf)
{
    char byte;

    sleep_for(milliseconds);
    (void)signal(SIGINT, deaf ? SIG_IGN : interrupt);
    (void)send(0, "r", 1, MSG_NOSIGNAL); /* it may have been let go by now */
    print_partial();
    while (read(0, &byte, 1) > 0)
        ;
}

static void unkillable(int milliseconds)
{
    ignore_requests();
    be_traced(milliseconds, true);
    print_partial();
    wait_for_ever();
}

static void traced(int milliseconds)
{
    be_traced(milliseconds, false);
    print_partial();
}

int main(int count, char **arguments)
{
    const char *mode = count > 1 ? arguments[1] : "";
    int number = count > 2 ? atoi(arguments[2]) : 1;

    limit_life();
    if (strcmp(mode, "nap") == 0)
        nap(number);
    else if (strcmp(mode, "stubborn") == 0)
        stubborn();
    else if (strcmp(mode, "launcher") == 0)
        launcher(number);
    else if (strcmp(mode, "deaf-launcher") == 0)
        deaf_launcher();
    else if (strcmp(mode, "background") == 0)
        background(number, IN_GROUP);
    else if (strcmp(mode, "quiet") == 0)
        background(number, QUIET);
    else if (strcmp(mode, "zombies") == 0)
        zombies(number);
    else if (strcmp(mode, "escaped") == 0)
        background(number, ESCAPED);
    else if (strcmp(mode, "escaped-hang") == 0)
        escaped_hang(number);
    else if (strcmp(mode, "stopped") == 0)
        stopped();
    else if (strcmp(mode, "closed") == 0)
        closed(number);
    else if (strcmp(mode, "stop-parent") == 0)
        stop_parent(number);
    else if (strcmp(mode, "led") == 0)
        led(number, false);
    else if (strcmp(mode, "deaf-led") == 0)
        led(number, true);
    else if (strcmp(mode, "traced") == 0)
        traced(number);
    else if (strcmp(mode, "unkillable") == 0)
        unkillable(number);
    else
        return 2;
    return 0;
}
