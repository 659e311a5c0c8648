/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "cli/commandline.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/reports.h"
#include "run/status.h"
#include "simulator/simulator.h"
#include "sys/fd.h"
#include "sys/signals.h"

/*
 * Workers allocate what children print, the main thread frees it. With an
 * arena per thread, and a threshold that grows, that memory would stay with
 * azfan; so: few arenas, and whatever is large goes back to the kernel.
 * Small pieces that are freed are joined at once: of a hundred thousand VMs there are millions, and
 * the C library would go through all of them whenever something large is wanted.
 */
static void keep_memory_small(void)
{
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    (void)mallopt(M_TRIM_THRESHOLD, 128 * 1024);
    (void)mallopt(M_MXFAST, 0);
}

/*
 * A full disk behind standard output must not pass for success. A reader that left is no failure:
 * it is asked for, for stdio forgets why an earlier write failed.
 */
static int close_output(int status)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno == EPIPE || fd_reader_has_left(STDOUT_FILENO))
        return status;
    (void)fprintf(stderr, "azfan: cannot write to standard output: %s\n",
                  errno != 0 ? strerror(errno) : "an earlier write failed");
    return status == STATUS_OK ? STATUS_TROUBLE : status;
}

/*
 * No core, whatever ends azfan: a script with its secrets would be in it. Not by a limit
 * (setrlimit(2)), which az would inherit, and which says nothing where cores go to a pipe. It also
 * keeps other processes of this user from reading azfan's memory.
 */
static void keep_memory_private(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0);
}

/* Nothing can be cleared away any more: it is as after kill -9. */
static void end_without_memory(void)
{
    static const char text[] =
        "azfan: out of memory; what a run has done so far is in its journal (azfan report)\n";

    (void)fd_write_all(STDERR_FILENO, text, sizeof text - 1);
    _exit(STATUS_TROUBLE);
}

static void print_usage(void)
{
    struct buffer usage = BUFFER_INIT;

    help_print(&usage, COMMAND_HELP);
    (void)fputs(buffer_text(&usage), stderr);
    buffer_done(&usage);
}

int main(int argc, char **argv)
{
    struct options options;
    struct error error;
    int signal = 0;
    int status;

    keep_memory_private();
    memory_when_none(end_without_memory);
    if (fd_sanitize_standard() < 0)
        return STATUS_TROUBLE;
    if (argc > 1 && simulator_is_meant(argv[1]))
        return simulator_main(argv + 1);
    keep_memory_small();
    signals_outlive_readers();
    if (commandline_read(argc, argv, &options, &error) < 0 ||
        reports_settle(&options, &error) < 0) {
        options_done(&options);
        (void)message_fail(STATUS_USAGE, error.text);
        if (argc < 2)
            print_usage();
        return STATUS_USAGE;
    }
    if (reports_divert(&options, &error) < 0) {
        options_done(&options);
        return message_fail(STATUS_TROUBLE, error.text);
    }
    status = close_output(commands[options.command].obey(&options, &signal));
    options_done(&options);
    if (signal != 0)
        signals_die_of(signal);
    return status;
}
