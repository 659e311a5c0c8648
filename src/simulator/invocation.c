/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. One process is one az, or one azfan-rest: it reads what that gets, lets
 * the plan say what meets this VM, and then refuses, or has the script "run"
 * and answers. SIGINT is blocked and read from a signalfd, so that a waiting
 * az ends with az's own words; azfan-rest ends by it; every other signal has its default effect.
 * In time-lapse it waits for the end of its lead instead of any time (engine/child).
 *
 * With `execute` the guarded script is a process of its own session and has
 * the VM's lock; this process only waits for it, and may be gone before it.
 * Without, nothing is run, and this process has the lock; in time-lapse none is needed.
 */
#include "simulator/invocation.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "azure/guard.h"
#include "azure/trailer.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/child.h"
#include "job/targets.h"
#include "simulator/plan.h"
#include "simulator/request.h"
#include "simulator/vm.h"
#include "simulator/voice.h"
#include "sys/fd.h"
#include "sys/file.h"

enum {
    TIMEOUT_STATUS = 143 /* of a script that the guard ended: 128 + SIGTERM */
};

/* One request for a script under way. */
struct invocation {
    const struct simulator_plan *plan;
    struct simulator_injection fault;
    struct simulator_vm vm;
    const struct targets_id *id;
    const struct buffer *script;
    const char *number; /* of the request, where azfan-rest is played; NULL: it is az */
    bool windows;
    char *powershell; /* what runs scripts for Windows VMs here; NULL: nothing does */
    int interrupt;    /* a signalfd for SIGINT; -1: nobody waits for it here */
};

/* In time-lapse, where it is led by. */
static int lead_of(const struct invocation *invocation)
{
    return invocation->number != NULL ? CHILD_LEAD : STDIN_FILENO;
}

/* A descriptor that is readable when somebody interrupts az. */
static int catch_interrupt(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* A signal that is blocked is not ignored, even where it should be: so this instead of the other.
 */
static void ignore_signals(void)
{
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
}

/* Waits until FD (-1: none) is readable or DEADLINE has come. False when SIGINT came first. */
static bool wait_for(const struct invocation *invocation, int fd, int64_t deadline)
{
    struct pollfd polled[] = {{invocation->interrupt, POLLIN, 0}, {fd, POLLIN, 0}};

    for (;;) {
        struct timespec left;
        int64_t now = clock_now();
        int count;

        if (now >= deadline)
            return true;
        count = ppoll(polled, 2, clock_left(deadline, now, &left), NULL);
        if (count < 0 && errno != EINTR)
            return true;
        if (count > 0 && polled[0].revents != 0)
            return false;
        if (count > 0)
            return true;
    }
}

/* To who leads: from now on SIGINT finds az as it is to be. */
static void say_ready(const struct invocation *invocation)
{
    (void)send(lead_of(invocation), "r", 1, MSG_NOSIGNAL); /* it may have been let go by now */
}

static bool never_answers(enum simulator_fault fault)
{
    return fault == SIMULATOR_HANG || fault == SIMULATOR_STUBBORN;
}

/* Dies as a broken Python does. */
static void crash(void)
{
    /* No core: its limit says nothing where cores go to a pipe (core(5)). */
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)signal(SIGSEGV, SIG_DFL);
    (void)raise(SIGSEGV);
}

/* Appends the trailer of guard.h, if the script was a guarded one. */
static void add_trailer(const struct invocation *invocation, struct buffer *output, const char *end,
                        int status, int64_t seconds)
{
    char nonce[GUARD_NONCE_SIZE];

    if (!guard_find_nonce(buffer_text(invocation->script), invocation->script->length, nonce))
        return;
    buffer_print(output, "\nazfan:%s end=%s status=%d seconds=%lld\n", nonce, end, status,
                 (long long)seconds);
}

/* Takes the trailer that the guard wrote out of OUTPUT. */
static void remove_trailer(const struct invocation *invocation, struct buffer *output)
{
    char nonce[GUARD_NONCE_SIZE];
    struct trailer trailer;

    if (!guard_find_nonce(buffer_text(invocation->script), invocation->script->length, nonce) ||
        !trailer_find(buffer_text(output), output->length, nonce, &trailer))
        return;
    memmove(output->data + trailer.start, output->data + trailer.stop,
            output->length - trailer.stop);
    output->length -= trailer.stop - trailer.start;
    output->data[output->length] = '\0';
}

/* The answer to a script that ended well on the VM after SECONDS, as the fault changes it. */
static int answer(const struct invocation *invocation, struct buffer *output,
                  const struct buffer *errors, int64_t seconds)
{
    switch (invocation->fault.fault) {
    case SIMULATOR_GARBAGE:
        return simulator_say_garbage();
    case SIMULATOR_REBOOT:
        return simulator_say_restarted(invocation->windows);
    case SIMULATOR_NO_TRAILER:
        remove_trailer(invocation, output);
        break;
    case SIMULATOR_EXIT:
        remove_trailer(invocation, output);
        add_trailer(invocation, output, "exit", (int)invocation->fault.value, seconds);
        break;
    case SIMULATOR_SCRIPT_TIMEOUT: /* pretend() has written it */
    case SIMULATOR_SLOW:
    case SIMULATOR_NO_FAULT:
    case SIMULATOR_HANG: /* these never come here: az does not answer, */
    case SIMULATOR_STUBBORN:
    case SIMULATOR_CRASH:
    case SIMULATOR_BUSY: /* or the script did not start */
    case SIMULATOR_THROTTLED:
    case SIMULATOR_NOT_RUNNING:
    case SIMULATOR_NOT_FOUND:
    case SIMULATOR_FORBIDDEN:
    case SIMULATOR_LOGIN:
    case SIMULATOR_NETWORK:
    case SIMULATOR_AGENT:
    case SIMULATOR_EXTENSION:
        break;
    }
    return simulator_say_streams(invocation->windows, output, errors);
}

/* In time-lapse: who leads knows how long anything takes, and who comes first. False: SIGINT. */
static bool wait_to_be_let_go(const struct invocation *invocation)
{
    if (!invocation->plan->led)
        return true;
    say_ready(invocation);
    return wait_for(invocation, lead_of(invocation), CLOCK_NEVER);
}

/* As long as the simulated script takes. */
static bool wait_out(const struct invocation *invocation, int64_t duration)
{
    return wait_for(invocation, -1, duration == CLOCK_NEVER ? CLOCK_NEVER : clock_now() + duration);
}

/* Nothing is run; the lock is this process's as long as it waits. */
static int pretend(const struct invocation *invocation)
{
    int64_t duration = simulator_wait(invocation->plan, invocation->id->name, &invocation->fault);
    enum simulator_fault fault = invocation->fault.fault;
    struct buffer output = BUFFER_INIT;
    struct buffer errors = BUFFER_INIT;
    int status;

    if (fault == SIMULATOR_CRASH)
        crash();
    if (!invocation->plan->led && !wait_out(invocation, duration))
        return simulator_say_interrupted();
    buffer_add(&output, invocation->windows && invocation->plan->execute
                            ? "rehearsal: the script was not run (there is no pwsh here)\n"
                            : "rehearsal: the script was not run (--execute runs it on this "
                              "machine)\n");
    if (fault == SIMULATOR_SCRIPT_TIMEOUT)
        add_trailer(invocation, &output, "timeout", TIMEOUT_STATUS, duration / NUMBER_SECOND);
    else
        add_trailer(invocation, &output, "exit", 0, duration / NUMBER_SECOND);
    status = answer(invocation, &output, &errors, duration / NUMBER_SECOND);
    buffer_done(&output);
    return status;
}

/* What the guard left in its files, answered. */
static int answer_from_files(const struct invocation *invocation, int64_t seconds)
{
    struct buffer output = BUFFER_INIT;
    struct buffer errors = BUFFER_INIT;
    struct error error;
    int status;

    if (simulator_vm_read(&invocation->vm, "stdout", &output, &error) < 0 ||
        simulator_vm_read(&invocation->vm, "stderr", &errors, &error) < 0)
        status = simulator_say_failure("the simulated Azure: %s", error.text);
    else
        status = answer(invocation, &output, &errors, seconds);
    buffer_done(&output);
    buffer_done(&errors);
    return status;
}

/* Really runs the script. Whoever ends this process does not end the script. */
static int execute(struct invocation *invocation)
{
    enum simulator_fault fault = invocation->fault.fault;
    int64_t start = clock_now();
    int64_t seconds;
    struct child child;
    struct child_exit ignored;
    struct error error;

    if (simulator_vm_start(&invocation->vm, invocation->script,
                           invocation->windows ? invocation->powershell : NULL, &child, &error) < 0)
        return simulator_say_failure("the simulated Azure: %s", error.text);
    if (fault == SIMULATOR_CRASH)
        crash();
    if (never_answers(fault) ? !wait_for(invocation, -1, CLOCK_NEVER)
                             : !wait_for(invocation, child.pidfd, CLOCK_NEVER))
        return simulator_say_interrupted();
    seconds = (clock_now() - start) / NUMBER_SECOND;
    child_reap(&child, &ignored);
    if (fault == SIMULATOR_SLOW && !wait_for(invocation, -1, clock_now() + invocation->fault.value))
        return simulator_say_interrupted();
    return answer_from_files(invocation, seconds);
}

/* Does the script really run? Not where the fault is that it was ended, whatever it does. */
static bool runs_here(const struct invocation *invocation)
{
    return invocation->plan->execute && (!invocation->windows || invocation->powershell != NULL) &&
           invocation->fault.fault != SIMULATOR_SCRIPT_TIMEOUT &&
           invocation->fault.fault != SIMULATOR_REBOOT;
}

/* busy:N and throttled:N end after N attempts. */
static int spend_attempt(struct invocation *invocation, struct error *error)
{
    const struct simulator_injection *fault = &invocation->fault;
    int64_t attempts = 0;

    if ((fault->fault != SIMULATOR_BUSY && fault->fault != SIMULATOR_THROTTLED) ||
        fault->value == 0)
        return 0;
    if (simulator_vm_count(&invocation->vm, &attempts, error) < 0)
        return -1;
    simulator_spend(&invocation->fault, attempts);
    return 0;
}

/* The file that says that the login has ended; free() it. */
static char *name_login_end(const char *folder)
{
    return memory_print("%s/login-ended", folder);
}

bool simulator_login_has_ended(void)
{
    const char *folder = getenv(SIMULATOR_VARIABLE);
    char *path = name_login_end(folder != NULL ? folder : "/nonexistent");
    bool ended = access(path, F_OK) == 0;

    free(path);
    return ended;
}

/* From now on az gives no token either. */
static void end_login(void)
{
    char *path = name_login_end(getenv(SIMULATOR_VARIABLE));
    struct error ignored;

    (void)file_write(path, 0600, "", 0, &ignored);
    free(path);
}

static int refuse(const struct invocation *invocation)
{
    if (invocation->fault.fault == SIMULATOR_LOGIN)
        end_login();
    return simulator_say_refusal(invocation->fault.fault, invocation->id, invocation->windows);
}

/* The VM takes one script at a time. In time-lapse nobody else is there: by the run's clock one
 * attempt is over before the next begins. Returns whether this one is taken, or -1. */
static int find_vm_free(struct invocation *invocation, struct error *error)
{
    return invocation->plan->led ? 1 : simulator_vm_lock(&invocation->vm, error);
}

/* Azure has taken the request: the script runs, or is to. */
static int go_on(struct invocation *invocation)
{
    int refused;

    simulator_say_accepted(invocation->id, invocation->number);
    if (!wait_to_be_let_go(invocation))
        return simulator_say_interrupted();
    refused = refuse(invocation); /* what comes only after that */
    if (refused >= 0)
        return refused;
    return runs_here(invocation) ? execute(invocation) : pretend(invocation);
}

/* The VM's side of the request. */
static int meet(struct invocation *invocation)
{
    enum simulator_stage stage;
    struct error error;
    int is_free;

    if (spend_attempt(invocation, &error) < 0)
        return simulator_say_failure("the simulated Azure: %s", error.text);
    stage = simulator_stage(invocation->fault.fault);
    if (stage > SIMULATOR_UNSENT)
        simulator_say_sent();
    if (stage < SIMULATOR_ACCEPTED)
        return wait_to_be_let_go(invocation) ? refuse(invocation) : simulator_say_interrupted();
    is_free = find_vm_free(invocation, &error);
    if (is_free < 0)
        return simulator_say_failure("the simulated Azure: %s", error.text);
    if (is_free == 0)
        return simulator_say_refusal(SIMULATOR_BUSY, invocation->id, invocation->windows);
    return go_on(invocation);
}

int simulator_invoke(const struct simulator_rehearsal *rehearsal, const char *folder,
                     const struct simulator_request *request, const struct targets_id *id)
{
    struct invocation invocation = {.plan = &rehearsal->plan,
                                    .id = id,
                                    .script = &request->script,
                                    .number = request->number,
                                    .interrupt = -1};
    struct error ignored;
    int status;

    if (rehearsal->plan.execute)
        (void)file_find_program("pwsh", &invocation.powershell, &ignored);
    simulator_choose(&rehearsal->plan, id, &invocation.fault);
    invocation.windows = strcasecmp(request->command_id, "RunPowerShellScript") == 0;
    if (invocation.fault.fault == SIMULATOR_STUBBORN)
        ignore_signals();
    else if (request->number == NULL)
        invocation.interrupt = catch_interrupt();
    simulator_vm_init(&invocation.vm, folder, id);
    status = meet(&invocation);
    simulator_vm_done(&invocation.vm);
    free(invocation.powershell);
    fd_close(&invocation.interrupt);
    return status;
}
