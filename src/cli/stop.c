/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The journal names a process, and that says little: the number may be another
 * process's by now, or one of another machine's. So the signal goes only where the process that has
 * that number holds the journal's lock, and through a descriptor (sys/process) that was opened
 * before the lock was looked at: an azfan takes its lock before anything else, and gives it up when
 * it ends.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/owner.h"
#include "cli/pastrun.h"
#include "cli/watching.h"
#include "run/origin.h"
#include "run/result.h"
#include "run/status.h"
#include "sys/fd.h"
#include "sys/process.h"

/* ---- who is at it ------------------------------------------------------------------------- */

static void print_command(struct buffer *text, const struct options *options,
                          const struct result *run)
{
    buffer_add(text, "azfan stop ");
    text_add_word(text, result_word(run));
    if (options->now)
        buffer_add(text, " --now");
}

static int refuse(struct buffer *text, struct error *error)
{
    (void)error_set(error, "%s", buffer_text(text));
    buffer_done(text);
    return -1;
}

static int check_host(const struct options *options, const struct result *run, struct error *error)
{
    const char *host = run->origin.host;
    char *own = origin_host();
    bool is_here = host == NULL || own == NULL || strcmp(host, own) == 0;
    struct buffer text = BUFFER_INIT;

    if (!is_here) {
        owner_print(&text, run);
        buffer_add(&text, ": it can be stopped there alone: ssh ");
        text_add_word(&text, host);
        buffer_add(&text, " ");
        print_command(&text, options, run);
    }
    free(own);
    return is_here ? 0 : refuse(&text, error);
}

static int refuse_process(const struct result *run, struct error *error)
{
    struct buffer text = BUFFER_INIT;

    owner_print(&text, run);
    buffer_add(&text, ", but that process is not at it here: nothing was sent. It may be in a "
                      "container, or on another machine of this name: stop it there");
    return refuse(&text, error);
}

/* Only one that is at RUN; -1: the error says why it is not. */
static int open_process(const struct options *options, const struct result *run,
                        struct error *error)
{
    char *journal = memory_print("%s/journal.jsonl", run->folder);
    int fd = -1;
    int has = 0;

    if (check_host(options, run, error) == 0) {
        fd = process_open(run->origin.pid);
        has = fd >= 0 ? process_has_lock(run->origin.pid, journal) : fd;
        if (has == -ESRCH)
            has = 0;
        if (has < 0)
            (void)error_set(error, "cannot tell who is at %s, and nothing was sent: %s",
                            result_word(run), strerror(-has));
        else if (has == 0)
            (void)refuse_process(run, error);
        if (has != 1)
            fd_close(&fd);
    }
    free(journal);
    return has == 1 ? fd : -1;
}

/* ---- the signal --------------------------------------------------------------------------- */

static int refuse_to_send(const struct result *run, int code, struct error *error)
{
    struct buffer text = BUFFER_INIT;

    owner_print(&text, run);
    if (code == EPERM) {
        buffer_add(&text, ", and you may not stop it: that user and root may: sudo azfan stop ");
        text_add_word(&text, run->folder);
    } else {
        buffer_print(&text, ", and cannot be stopped: %s", strerror(code));
    }
    return refuse(&text, error);
}

static int refuse_ignored(const struct result *run, struct error *error)
{
    struct buffer text = BUFFER_INIT;

    owner_print(&text, run);
    buffer_add(&text, " and was started so that it ignores SIGINT, as in the background of a "
                      "script: only --now can stop it, which also stops what runs");
    return refuse(&text, error);
}

/* SIGINT is what a first Ctrl-C sends; SIGTERM is as good as the second one, and does not have to
 * wait for the first one to be taken. */
static int send(const struct options *options, const struct result *run, struct error *error)
{
    int64_t pid = run->origin.pid;
    int number = options->now ? SIGTERM : SIGINT;
    int fd = open_process(options, run, error);
    int code;

    if (fd < 0)
        return -1;
    if (process_ignores(pid, number)) {
        fd_close(&fd);
        return refuse_ignored(run, error);
    }
    code = process_signal(fd, number);
    if (code == 0 && process_is_stopped(pid)) /* it takes no signal until it goes on */
        code = process_signal(fd, SIGCONT);
    fd_close(&fd);
    /* It has ended by itself in this moment. */
    return code == 0 || code == -ESRCH ? 0 : refuse_to_send(run, -code, error);
}

/* ---- the command -------------------------------------------------------------------------- */

static bool is_being_stopped(const struct options *options, const struct result *run)
{
    return run->stage >= (options->now ? SCHEDULE_STOPPING : SCHEDULE_DRAINING);
}

/* "ID has been going on since … (…)", and what is done about it. */
static void print_notes(struct buffer *notes, const struct options *options,
                        const struct result *run)
{
    owner_print(notes, run);
    if (is_being_stopped(options, run))
        buffer_add(notes, "\nit is being ended already: only waiting for that");
    else if (options->now)
        buffer_add(notes, "\nSIGTERM sent: no new starts, and what runs is stopped");
    else
        buffer_add(notes, "\nSIGINT sent: no new starts; what runs may end (azfan stop --now stops "
                          "it)");
}

/* A run that is over is what was wanted, however it went; of one whose azfan was killed nobody
 * knows what still runs. */
static int stop(const struct options *options, const struct result *run, int *ret_signal)
{
    struct buffer notes = BUFFER_INIT;
    struct error error;
    enum watching_end end;
    int status;

    if (!is_being_stopped(options, run) && send(options, run, &error) < 0)
        return message_fail(STATUS_TROUBLE, error.text);
    print_notes(&notes, options, run);
    status = watching_run(options, run->folder, &notes, &end, ret_signal);
    return end == WATCHING_OVER || end == WATCHING_REMOVED ? STATUS_OK : status;
}

int cli_stop(const struct options *options, int *ret_signal)
{
    struct result run;
    int status = pastrun_read_going(options, &run);

    if (status == STATUS_OK && run.ending == RESULT_GOING)
        status = stop(options, &run, ret_signal);
    else if (status == STATUS_OK)
        (void)watching_tell_past(options, &run);
    result_done(&run);
    return status;
}
