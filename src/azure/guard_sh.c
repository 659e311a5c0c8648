/* SPDX-License-Identifier: MIT */
/*
 * The guard for sh. Theory of operation:
 *
 * It runs under whatever /bin/sh is (dash, bash, busybox), with hardly any
 * environment, and uses POSIX alone; setsid and a sleep that knows fractions
 * are used where they exist. Three processes: the guard, which waits; the
 * script, in a session of its own (a background child of a shell without job
 * control leads no group, so setsid need not fork and $! is the script); and
 * the watchdog, which sleeps.
 *
 * The watchdog ends with 3 once it has begun to stop the script. It is called
 * off by USR1: until its trap is set that signal ends it, from then on the
 * trap does, and once it has begun to stop the script it ignores USR1. So
 * there is no moment in which the two ends get mixed up, whoever is first. The
 * trap kills the sleep: $! is still the script as long as there is no sleep.
 *
 * Until the guard has its own trap a signal ends it alone; the watchdog, which
 * lives on, still stops the script when its time is over.
 *
 * The script prints into files, which the guard has open to read (7 and 8; 9 is its
 * own standard error): so nothing that the script leaves behind can print after the
 * trailer, and the script may remove the folder. A file of zeros holds room for the
 * ends of both, and for the trailer.
 *
 * The mark of a script that must not run twice is made at the last moment: what
 * was broken before it may be tried again. It is looked for in every place where
 * it may be before it is made in the first that takes it: a disk may have been
 * full the last time; and again where it cannot be made, for of two guards at once
 * one is second. /var/lib outlives a boot, which a script may have asked
 * for; it and /run belong to root alone. Last comes /tmp, where anybody else might
 * have put something of that name: only a folder of our own is believed. A mark
 * that cannot be made holds up no script.
 *
 * kill is written as in "kill -TERM -123": dash and busybox do not both take
 * any other form with a group.
 */
#include <inttypes.h>
#include <string.h>

#include "azure/guard_shell.h"
#include "base/buffer.h"
#include "base/number.h"
#include "job/shebang.h"

static const char report[] = "began=$(date +%s)\n"
                             "\n"
                             "# The last line, which azfan looks for.\n"
                             "report() {\n"
                             "    printf '\\nazfan:%s end=%s status=%d seconds=%d\\n' \\\n"
                             "        \"$azfan_nonce\" \"$1\" \"$2\" \"$(($(date +%s) - began))\"\n"
                             "}\n"
                             "\n"
                             "# Only the script sees its parameters.\n"
                             "launch() {\n";

static const char functions[] =
    "    exec \"$@\"\n"
    "}\n"
    "\n"
    "# To the script's process group; to the script alone where there is no setsid.\n"
    "signal_script() {\n"
    "    kill \"-$1\" \"-$script\" || kill \"-$1\" \"$script\"\n"
    "}\n"
    "\n"
    "# TERM, two seconds to leave in good order, KILL. False: it was gone.\n"
    "stop_script() {\n"
    "    signal_script TERM || return 1\n"
    "    for signal in 0 0 0 0 0 0 0 0 0 KILL 0 0 0 0 0; do\n"
    "        sleep 0.2\n"
    "        signal_script \"$signal\" || return 0\n"
    "    done\n"
    "}\n"
    "\n"
    "# The watchdog. Status 3: it had to stop the script. USR1 calls it off.\n"
    "watch() {\n"
    "    trap '[ \"$!\" = \"$script\" ] || kill \"$!\"; exit 0' USR1\n"
    "    sleep \"$1\" &\n"
    "    wait \"$!\" || exit 0\n"
    "    trap '' USR1\n"
    "    stop_script || exit 0\n"
    "    exit 3\n"
    "}\n"
    "\n";

/* guard_sh_write_output() stands between. */
static const char endings[] =
    "# With room for that and for the trailer, however full the disk has become.\n"
    "finish() {\n"
    "    rm -f \"$folder/room\"\n"
    "    print_output\n"
    "}\n"
    "\n"
    "# Somebody stops the guard itself.\n"
    "leave() {\n"
    "    trap '' HUP INT TERM\n"
    "    stop_script &\n"
    "    wait \"$!\"\n"
    "    kill -USR1 \"$watchdog\"\n"
    "    finish\n"
    "    rm -rf \"$folder\"\n"
    "    exit 143\n"
    "}\n"
    "\n"
    "unpack() {\n"
    "    mkdir -m 700 \"$folder\" || return\n";

/* Between the two stands the script. A script with an interpreter must be executable there. */
static const char unpacked_head[] = "    chmod 700 \"$folder/script\" &&\n"
                                    "    head -c 147456 /dev/zero >\"$folder/room\" &&\n"
                                    "    true >\"$folder/output\" && true >\"$folder/errors\"";

static const char unpacked_runs[] = " &&\n"
                                    "    chmod 700 \"$folder/output\" && \"$folder/output\"";

static const char unpacked_tail[] =
    " &&\n"
    "    return\n"
    "    rm -rf \"$folder\"\n"
    "    return 1\n"
    "}\n"
    "\n"
    "# Run Command's own folder is never mounted noexec; that for temporary files may be.\n"
    "for place in \"$PWD\" \"${TMPDIR:-/tmp}\"; do\n"
    "    folder=$place/azfan-$azfan_nonce\n"
    "    trouble=${trouble:+$trouble; }$(unpack 2>&1) && break\n"
    "done || {\n"
    "    printf '%s\\n' \"$trouble\" >&2\n"
    "    report broken 1\n"
    "    exit 0\n"
    "}\n"
    "\n"
    "setsid=$(command -v setsid)\n"
    "exec 7<\"$folder/output\" 8<\"$folder/errors\"\n"
    "exec 9>&2 2>/dev/null # bash would remark on ended children\n";

/* Between the two stands the mark's name. */
static const char once_head[] =
    "\n"
    "# Azure may have started a script though it refused it: with this mark it starts only once.\n"
    "mark=/azfan-once-";

static const char once_tail[] =
    "\n"
    "set -- \"${TMPDIR:-/var/lib/azfan}\" /run /tmp\n"
    "[ -n \"$TMPDIR\" ] || mkdir -m 700 \"$1\"\n"
    "leave_started() {\n"
    "    [ -d \"$1$mark\" ] && [ ! -L \"$1$mark\" ] && [ -O \"$1$mark\" ] || return 0\n"
    "    rm -rf \"$folder\"\n"
    "    report again 1\n"
    "    exit 0\n"
    "}\n"
    "for place in \"$@\"; do\n"
    "    leave_started \"$place\"\n"
    "done\n"
    "for place in \"$@\"; do\n"
    "    mkdir \"$place$mark\" && break\n"
    "    leave_started \"$place\" # by another guard, a moment ago\n"
    "done\n"
    "find \"$place\" -maxdepth 1 -name 'azfan-once-*' -mtime +7 -exec rmdir {} + # of old runs\n"
    "\n";

static const char finish[] = "watchdog=$!\n"
                             "trap leave HUP INT TERM\n"
                             "wait \"$script\"\n"
                             "status=$?\n"
                             "end=exit\n"
                             "kill -USR1 \"$watchdog\"\n"
                             "wait \"$watchdog\"\n"
                             "[ \"$?\" -ne 3 ] || end=timeout\n"
                             "finish\n"
                             "rm -rf \"$folder\"\n"
                             "report \"$end\" \"$status\"\n"
                             "exit 0\n";

void guard_sh_quote(struct buffer *buffer, const char *value)
{
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '\'')
            buffer_add(buffer, "'\\''");
        else
            buffer_add_char(buffer, *at);
    }
}

void guard_sh_assign(struct buffer *buffer, const char *name, const char *value)
{
    buffer_print(buffer, "    %s='", name);
    guard_sh_quote(buffer, value);
    buffer_print(buffer, "'\n    export %s\n", name);
}

void guard_sh_pass(struct buffer *buffer, const char *value)
{
    buffer_add(buffer, " '");
    guard_sh_quote(buffer, value);
    buffer_add(buffer, "'");
}

/* Behind the script's own name, which stands last in what is launched. */
static void write_arguments(struct buffer *buffer, const struct guard *guard)
{
    if (guard_count_arguments(guard) == 0)
        return;
    buffer_add(buffer, "    set -- \"$@\"");
    guard_write_arguments(buffer, guard, guard_sh_pass);
    buffer_add(buffer, "\n");
}

/* What sleep takes: whole seconds, rounded up; below a second, a fraction. */
static void print_seconds(struct buffer *buffer, int64_t duration)
{
    int64_t milliseconds = (duration + NUMBER_MILLISECOND - 1) / NUMBER_MILLISECOND;

    if (duration >= NUMBER_SECOND)
        buffer_print(buffer, "%" PRId64, (duration + NUMBER_SECOND - 1) / NUMBER_SECOND);
    else if (milliseconds == 1000)
        buffer_add(buffer, "1");
    else
        buffer_print(buffer, "0.%03" PRId64, milliseconds > 0 ? milliseconds : 1);
}

static void write_script(struct buffer *buffer, const struct guard *guard)
{
    const char *script = guard->job->script;
    size_t length = guard->job->script_length;

    buffer_print(buffer, "    cat >\"$folder/script\" <<'azfan_script_%s' &&\n", guard->nonce);
    buffer_append(buffer, script, length);
    if (length > 0 && script[length - 1] != '\n')
        buffer_add_char(buffer, '\n');
    buffer_print(buffer, "azfan_script_%s\n%s", guard->nonce, unpacked_head);
    if (shebang_is_there(script))
        buffer_add(buffer, unpacked_runs);
    buffer_add(buffer, unpacked_tail);
}

void guard_sh_write(struct buffer *buffer, const struct guard *guard)
{
    buffer_add(buffer, "#!/bin/sh\n# azfan's guard: runs the script below, stops it after ");
    number_print_exact_duration(buffer, guard->job->script_timeout);
    buffer_print(buffer, ", and says how it ended.\n%s%s\n", GUARD_SH_NONCE, guard->nonce);
    buffer_add(buffer, report);
    guard_write_parameters(buffer, guard, guard_sh_assign);
    write_arguments(buffer, guard);
    buffer_add(buffer, functions);
    guard_sh_write_output(buffer, guard);
    buffer_add(buffer, endings);
    write_script(buffer, guard);
    if (guard->once != NULL)
        buffer_print(buffer, "%s%s%s", once_head, guard->once, once_tail);
    buffer_print(buffer,
                 "launch ${setsid:+\"$setsid\"} %s\"$folder/script\" </dev/null \\\n"
                 "    >>\"$folder/output\" 2>>\"$folder/errors\" 7<&- 8<&- 9>&- &\n"
                 "script=$!\n"
                 "watch ",
                 shebang_is_there(guard->job->script) ? "" : "/bin/sh ");
    print_seconds(buffer, guard->job->script_timeout);
    buffer_add(buffer, " >/dev/null 7<&- 8<&- 9>&- &\n");
    buffer_add(buffer, finish);
}
