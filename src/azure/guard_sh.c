/* SPDX-License-Identifier: MIT */
/*
 * The guard for sh. Theory of operation:
 *
 * It runs under whatever /bin/sh is (dash, bash, busybox), with hardly any
 * environment, and uses POSIX alone; setsid and a sleep that knows fractions
 * are used where they exist, and /proc. Three processes: the guard, which waits; the
 * script, in a session of its own (a background child of a shell without job
 * control leads no group, so setsid need not fork and $! is the script); and
 * the watchdog, which sleeps.
 *
 * The script is all that has its session: what the kernel says in /proc/PID/stat after
 * the last parenthesis. The guard's own pid in the same list says that there is a list.
 * TERM goes to the script's group at once, so that none of it can start a child in
 * between that gets none, and to each of the others; KILL goes again and again, for
 * what forks. What has another session is only told of: a daemon may be meant to stay.
 *
 * The watchdog ends with 3, or 4, once it has begun to stop the script. It is called
 * off by USR1: until its trap is set that signal ends it, from then on the
 * trap does, and once it has begun to stop the script it ignores USR1. So
 * there is no moment in which the two ends get mixed up, whoever is first. The
 * trap kills the sleep: $! is still the script as long as there is no sleep. It sleeps
 * twice, a second first: mksh loses a signal that comes just when it begins to wait,
 * and most scripts end soon. One that ends then costs a second; only one that ends when
 * the second nap begins costs all its time.
 *
 * Until the guard has its own trap a signal ends it alone; the watchdog, which
 * lives on, still stops the script when its time is over.
 *
 * The script prints into files, which the guard has open to read (7 and 8; 9 is its
 * own standard error): so nothing that the script leaves behind can print after the
 * trailer, and the script may remove the folder. A file of zeros holds room for the
 * ends of both, and for the trailer. The folder stays as long as something of the
 * script lives, which may start it again; `session` says to later guards what to look
 * for (it is open before the script, which could put a pipe there that nobody reads). While
 * a guard lives, the output that it has open is that of its folder. What a script has
 * mounted there is never removed: rm would go through it.
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
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "azure/guard_shell.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "job/shebang.h"

static const char report[] =
    "began=$(date +%s)\n"
    "left='' trouble='' azfan_cr=$(printf '\\r')\n"
    "\n"
    "# The last line, which azfan looks for.\n"
    "report() {\n"
    "    printf '\\nazfan:%s end=%s status=%d seconds=%d%s\\n' \\\n"
    "        \"$azfan_nonce\" \"$1\" \"$2\" \"$(($(date +%s) - began))\" \"$left\"\n"
    "}\n"
    "\n"
    "# Only the script sees its parameters.\n"
    "parameters() {\n";

static const char launch[] = "}\n"
                             "\n"
                             "launch() {\n"
                             "    parameters\n";

static const char functions[] =
    "    exec \"$@\"\n"
    "}\n"
    "\n"
    "# What lives of the script's session, in $pids. False: this VM does not show it.\n"
    "members() {\n"
    "    see='' pids=''\n"
    "    for stat in $(grep -l -e \"^$$ (\" -e \") [^ZX] [0-9]* [0-9]* $script \" "
    "/proc/[0-9]*/stat); do\n"
    "        stat=${stat#/proc/}\n"
    "        stat=${stat%/*}\n"
    "        if [ \"$stat\" = \"$$\" ]; then see=$setsid; else pids=\"$pids $stat\"; fi\n"
    "    done\n"
    "    [ \"$see\" ]\n"
    "}\n"
    "\n"
    "# Without that: is the script's process group gone, or the script alone where there is no "
    "setsid?\n"
    "gone() {\n"
    "    if members; then\n"
    "        [ -z \"$pids\" ]\n"
    "    else\n"
    "        ! kill -0 \"-$script\" && ! kill -0 \"$script\"\n"
    "    fi\n"
    "}\n"
    "\n"
    "# Has something left the session that has the script's environment?\n"
    "escaped() {\n"
    "    cat /proc/[0-9]*/environ | tr '\\000' '\\n' | grep -qxF \"AZFAN_RUN=$run\" || return\n"
    "    set -- /proc/[0-9]*/environ\n"
    "    # Most greps see what stands behind a zero byte: then few are left to look at.\n"
    "    ! printf '\\000x' | grep -q x || set -- $(grep -lF \"AZFAN_TARGET=$target\" \"$@\")\n"
    "    for stat in \"$@\"; do\n"
    "        [ \"$(tr '\\000' '\\n' <\"$stat\" |\n"
    "            grep -cxF -e \"AZFAN_RUN=$run\" -e \"AZFAN_TARGET=$target\")\" != 2 ] || return "
    "0\n"
    "    done\n"
    "    return 1\n"
    "}\n"
    "\n"
    "# TERM, the grace, KILL. Status 1: it was gone; 2: something may be left.\n"
    "stop_script() {\n"
    "    if members; then\n"
    "        # It may not have its session yet.\n"
    "        [ \"$pids\" ] || grep -q ') [^ZX]' \"/proc/$script/stat\" || return 1\n"
    "        # All at once, then those in other groups.\n"
    "        kill -TERM \"-$script\" || kill -TERM \"$script\"\n"
    "        for pid in $pids; do\n"
    "            grep -q \") . [0-9]* $script \" \"/proc/$pid/stat\" || kill -TERM \"$pid\"\n"
    "        done\n"
    "    else\n"
    "        kill -TERM \"-$script\" || kill -TERM \"$script\" || return 1\n"
    "    fi\n"
    "    sleep \"$grace\" &\n"
    "    timer=$!\n"
    "    while kill -0 \"$timer\" && ! gone; do\n"
    "        sleep 0.1 || sleep 1\n"
    "    done\n"
    "    kill -KILL \"$timer\"\n"
    "    for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do\n"
    "        ! gone || break\n"
    "        kill -KILL \"-$script\" $pids || kill -KILL \"$script\"\n"
    "        sleep 0.1 || sleep 1\n"
    "    done\n"
    "    [ \"$see\" ] && [ -z \"$pids\" ] && ! escaped || return 2\n"
    "}\n"
    "\n"
    "# The watchdog. Status 3: it had to stop the script; 4: and may have failed. USR1 calls it "
    "off.\n"
    "watch() {\n"
    "    trap '[ \"$!\" = \"$script\" ] || kill \"$!\"; exit 0' USR1\n"
    "    for nap in \"$@\"; do\n"
    "        sleep \"$nap\" &\n"
    "        wait \"$!\" || exit 0\n"
    "    done\n"
    "    trap '' USR1\n"
    "    stop_script\n"
    "    case $? in\n"
    "    0) exit 3 ;;\n"
    "    1) exit 0 ;;\n"
    "    esac\n"
    "    kill -USR2 $$ # which may wait for ever\n"
    "    exit 4\n"
    "}\n"
    "\n";

/* guard_sh_write_output() stands between. */
static const char endings[] =
    "# With room for that and for the trailer, however full the disk has become. What is left of "
    "the\n"
    "# script finds its folder.\n"
    "finish() {\n"
    "    [ -f \"$folder/room\" ] && [ ! -L \"$folder/room\" ] && ! echo >>\"$folder/room\" &&\n"
    "        left=\"$left full=1\"\n"
    "    rm -f \"$folder/room\"\n"
    "    print_output\n"
    "    tidy\n"
    "}\n"
    "\n"
    "# What is mounted there is not the guard's to remove.\n"
    "tidy() {\n"
    "    gone && ! escaped || return\n"
    "    case $(cat /proc/mounts || echo \"$folder\") in\n"
    "    *\"${folder##*/}\"*) ;;\n"
    "    *) rm -rf \"$folder\" ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "# Somebody stops the guard itself.\n"
    "leave() {\n"
    "    trap '' HUP INT TERM\n"
    "    stop_script &\n"
    "    wait \"$!\"\n"
    "    kill -USR1 \"$watchdog\"\n"
    "    finish\n"
    "    exit 143\n"
    "}\n"
    "\n";

static const char unpack[] = "unpack() {\n"
                             "    mkdir -m 700 \"$folder\" || return\n";

/*
 * The files, for those scripts that have some. gzip and base64 are on nearly every VM; else there
 * is the language of Azure's own agent. take cuts one file out of all; tail and head know no names.
 */
static const char files_head[] =
    "# Puts the files into the script's folder.\n"
    "unpack_files() {\n"
    "    if command -v base64 >/dev/null && command -v gzip >/dev/null; then\n"
    "        base64 -d | gzip -dc\n"
    "    elif command -v python3 >/dev/null; then\n"
    "        python3 -c 'import base64, sys, zlib\n"
    "sys.stdout.buffer.write(zlib.decompress(base64.b64decode(sys.stdin.read()), 31))'\n"
    "    else\n"
    "        echo 'no gzip and base64, nor python3, to unpack the files of the script: install "
    "them' >&2\n"
    "        return 1\n"
    "    fi >\"$folder/.azfan\" <<'azfan_files_";

static const char files_middle[] =
    "    take() {\n"
    "        tail -c \"+$1\" \"$folder/.azfan\" | head -c \"$2\" >\"$folder/$3\"\n"
    "    }\n";

static const char files_tail[] = "    rm \"$folder/.azfan\"\n"
                                 "}\n"
                                 "\n";

/* Between the two stands the script. A script with an interpreter must be executable there. */
static const char unpacked_head[] =
    "    chmod 700 \"$folder/script\" &&\n"
    "    head -c 147456 /dev/zero >\"$folder/room\" &&\n"
    "    true </dev/null >\"$folder/output\" && true >\"$folder/errors\" && sleep 0";

static const char unpacked_runs[] = " &&\n"
                                    "    chmod 700 \"$folder/output\" && \"$folder/output\"";

static const char unpacked_tail[] =
    " &&\n"
    "    return\n"
    "    rm -rf \"$folder\"\n"
    "    return 1\n"
    "}\n"
    "\n"
    "setsid=$(command -v setsid)\n"
    "\n"
    "# What other guards had to leave.\n"
    "for folder in \"${PWD%/*}\"/*/azfan-* \"${TMPDIR:-/tmp}\"/azfan-*; do\n"
    "    [ -O \"$folder\" ] && [ ! -L \"$folder\" ] && [ -f \"$folder/session\" ] || continue\n"
    "    { read -r guard; read -r script; read -r run; read -r target; } <\"$folder/session\"\n"
    "    [ \"/proc/$guard/fd/7\" -ef \"$folder/output\" ] || tidy\n"
    "done 2>/dev/null\n"
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
    "exec 6>\"$folder/session\" 7<\"$folder/output\" 8<\"$folder/errors\"\n"
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

static const char launch_head[] = "launch ${setsid:+\"$setsid\"} ";

static const char launch_tail[] =
    "\"$folder/script\" </dev/null \\\n"
    "    >>\"$folder/output\" 2>>\"$folder/errors\" 6>&- 7<&- 8<&- 9>&- &\n"
    "script=$!\n"
    "run=$(parameters && echo \"$AZFAN_RUN\") target=$(parameters && echo \"$AZFAN_TARGET\")\n"
    "printf '%s\\n' \"$$\" \"$script\" \"$run\" \"$target\" >&6\n"
    "exec 6>&-\n";

static const char finish[] = " >/dev/null 7<&- 8<&- 9>&- &\n"
                             "watchdog=$!\n"
                             "trap leave HUP INT TERM\n"
                             "trap : USR2\n"
                             "wait \"$script\"\n"
                             "status=$?\n"
                             "trap '' USR2\n"
                             "end=exit\n"
                             "kill -USR1 \"$watchdog\"\n"
                             "wait \"$watchdog\"\n"
                             "case $? in\n"
                             "3) end=timeout ;;\n"
                             "4) end=timeout left=' left=1' ;;\n"
                             "esac\n"
                             "finish\n"
                             "report \"$end\" \"$status\"\n"
                             "exit 0\n";

void guard_sh_quote(struct buffer *buffer, const char *value)
{
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '\'')
            buffer_add(buffer, "'\\''");
        else if (*at == '\r') /* the extension takes it away in front of a line's end */
            buffer_add(buffer, "'\"$azfan_cr\"'");
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

/* Appends a file's path on the VM, as a word. */
static void add_path(struct buffer *buffer, const char *name, size_t length)
{
    char *path = memory_copy(name, length);

    buffer_add(buffer, " \"$folder\"'/");
    guard_sh_quote(buffer, path);
    buffer_add(buffer, "'");
    free(path);
}

/* All folders of files; a folder's name stands as often as it has files. */
static void write_folders(struct buffer *buffer, const struct job_files *files)
{
    bool any = false;

    for (size_t i = 0; i < files->count; i++) {
        const char *slash = strrchr(files->list[i].name, '/');

        if (slash == NULL)
            continue;
        buffer_add(buffer, any ? "" : "    mkdir -p");
        add_path(buffer, files->list[i].name, (size_t)(slash - files->list[i].name));
        any = true;
    }
    buffer_add(buffer, any ? " || return\n" : "");
}

static void write_run_bits(struct buffer *buffer, const struct job_files *files)
{
    bool any = false;

    for (size_t i = 0; i < files->count; i++) {
        if (!files->list[i].executable)
            continue;
        buffer_add(buffer, any ? "" : "    chmod 700");
        add_path(buffer, files->list[i].name, strlen(files->list[i].name));
        any = true;
    }
    buffer_add(buffer, any ? " || return\n" : "");
}

static void write_files(struct buffer *buffer, const struct guard *guard)
{
    const struct job_files *files = &guard->job->files;
    size_t at = 1;

    if (files->count == 0)
        return;
    buffer_print(buffer, "%s%s' || return\n", files_head, guard->nonce);
    guard_add_base64(buffer, files->packed, files->packed_length);
    buffer_print(buffer, "azfan_files_%s\n%s", guard->nonce, files_middle);
    write_folders(buffer, files);
    for (size_t i = 0; i < files->count; i++) {
        buffer_print(buffer, "    take %zu %zu '", at, files->list[i].length);
        guard_sh_quote(buffer, files->list[i].name);
        buffer_add(buffer, "' || return\n");
        at += files->list[i].length;
    }
    write_run_bits(buffer, files);
    buffer_add(buffer, files_tail);
}

/* The script's AZFAN_FILES. */
static void write_file_names(struct buffer *buffer, const struct job_files *files)
{
    if (files->count == 0)
        return;
    buffer_add(buffer, "    AZFAN_FILES=$folder");
    for (size_t i = 0; i < files->count; i++) {
        buffer_add(buffer, ":'");
        guard_sh_quote(buffer, files->list[i].name);
        buffer_add(buffer, "'");
    }
    buffer_add(buffer, "\n    export AZFAN_FILES\n");
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

/* How long the watchdog sleeps each time. */
static void print_naps(struct buffer *buffer, int64_t timeout)
{
    int64_t seconds = (timeout + NUMBER_SECOND - 1) / NUMBER_SECOND;

    print_seconds(buffer, timeout < NUMBER_SECOND ? timeout : NUMBER_SECOND);
    if (seconds > 1)
        buffer_print(buffer, " %" PRId64, seconds - 1);
}

static void write_script(struct buffer *buffer, const struct guard *guard)
{
    const char *script = guard->job->script;
    size_t length = guard->job->script_length;

    buffer_print(buffer, "    cat >\"$folder/script\" <<'azfan_script_%s' &&\n", guard->nonce);
    buffer_append(buffer, script, length);
    if (length > 0 && script[length - 1] != '\n')
        buffer_add_char(buffer, '\n');
    buffer_print(buffer, "azfan_script_%s\n%s%s", guard->nonce,
                 guard->job->files.count > 0 ? "    unpack_files &&\n" : "", unpacked_head);
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
    write_file_names(buffer, &guard->job->files); /* before a parameter is called "folder" */
    guard_write_parameters(buffer, guard, guard_sh_assign);
    buffer_add(buffer, launch);
    write_arguments(buffer, guard);
    buffer_add(buffer, functions);
    guard_sh_write_output(buffer, guard);
    buffer_add(buffer, endings);
    write_files(buffer, guard);
    buffer_add(buffer, unpack);
    write_script(buffer, guard);
    if (guard->once != NULL)
        buffer_print(buffer, "%s%s%s", once_head, guard->once, once_tail);
    buffer_add(buffer, "grace=");
    print_seconds(buffer, guard->job->script_grace);
    buffer_print(buffer, "\n%s%s%swatch ", launch_head,
                 shebang_is_there(guard->job->script) ? "" : "/bin/sh ", launch_tail);
    print_naps(buffer, guard->job->script_timeout);
    buffer_add(buffer, finish);
}
