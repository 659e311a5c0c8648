/* SPDX-License-Identifier: MIT */
/*
 * The guard's text, and the guard at work: every script runs under each shell
 * that a VM may have as /bin/sh, with hardly any environment. All processes of
 * a guard inherit a pipe as descriptor 3: its end of file says that they are gone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <nettle/base64.h>

#include "azure/guard.h"
#include "azure/payload.h"
#include "azure/trailer.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/gzip.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "job/files.h"
#include "job/limits.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "unit/folder.h"
#include "unit/unit.h"

#define NONCE       "0123456789abcdef0123456789abcdef"
#define OTHER_NONCE "00112233445566778899aabbccddeeff"

enum { SHELLS = 4, SHORT_MS = 300, LONG_MS = 30000 };

static const char *const shells[SHELLS][3] = {{"/bin/sh", NULL, NULL},
                                              {"/bin/bash", "--posix", NULL},
                                              {"/bin/busybox", "sh", NULL},
                                              {"/bin/mksh", NULL, NULL}};

/* A guard that could not do it leaves its folder. */
static void remove_leftovers(void)
{
    char *path = memory_print("%s/azfan-%s", folder, NONCE);
    struct error error;

    if (file_remove_tree(path, &error) < 0)
        (void)unlink(path);
    free(path);
}

struct trial {
    const char *const *shell;
    const char *script;
    struct job_parameters parameters;
    struct job_parameters args;
    struct job_files files;
    int timeout_ms;
    int grace_ms;          /* 0: LONG_MS */
    const char *path;      /* the guard's PATH; NULL: the usual one */
    const char *in;        /* its working folder; NULL: one of its own */
    const char *temporary; /* its TMPDIR, or NULL */
    const char *nonce;     /* NULL: NONCE */
    const char *once;      /* its mark's name, or NULL */

    int pid;
    int alive; /* readable when a process writes to 3; at its end when all are gone */
    int status;
    struct buffer output, errors;
    size_t errors_came; /* bytes on standard error, however they were packed */
    struct trailer trailer;
    int64_t duration;
};

static void write_guard(struct buffer *text, const struct trial *trial)
{
    static int count;
    char *run = memory_print("run-%d-%d", getpid(), count++); /* no other's, here or beside us */
    struct job job = {.name = (char[]){"job"},
                      .script = memory_string(trial->script),
                      .script_length = strlen(trial->script),
                      .parameters = trial->parameters,
                      .args = trial->args,
                      .files = trial->files,
                      .script_timeout = trial->timeout_ms * NUMBER_MILLISECOND,
                      .script_grace =
                          (trial->grace_ms > 0 ? trial->grace_ms : LONG_MS) * NUMBER_MILLISECOND};
    struct job_target target = {.name = (char[]){"web-01"}};
    struct guard guard = {.job = &job,
                          .target = &target,
                          .run = run,
                          .batch = 2,
                          .nonce = trial->nonce != NULL ? trial->nonce : NONCE,
                          .once = trial->once};

    guard_write(text, &guard);
    free(run);
    free(job.script);
}

/* As Run Command's extension does: it runs dos2unix over the whole file. */
static void make_unix_lines(struct buffer *text)
{
    size_t length = 0;

    for (size_t i = 0; i < text->length; i++) {
        if (text->data[i] != '\r' || text->data[i + 1] != '\n')
            text->data[length++] = text->data[i];
    }
    text->length = length;
}

static int open_output(const char *name)
{
    char *path = memory_print("%s/%s", folder, name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    free(path);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void spawn(struct trial *trial, const char *file, int out, int err, int alive)
{
    char *path = memory_print("PATH=%s", trial->path != NULL ? trial->path : getenv("PATH"));
    char *temporary = memory_print("TMPDIR=%s", trial->temporary);
    char *const environment[] = {path, (char[]){"LANG=C"}, (char[]){"SHLVL=1"},
                                 trial->temporary != NULL ? temporary : NULL, NULL};
    char *arguments[10] = {NULL};
    posix_spawn_file_actions_t actions;
    int at = 0;

    for (; trial->shell[at] != NULL; at++)
        arguments[at] = memory_string(trial->shell[at]);
    arguments[at] = memory_string(file);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, err, 2);
    posix_spawn_file_actions_adddup2(&actions, alive, 3);
    posix_spawn_file_actions_addchdir_np(&actions, trial->in != NULL ? trial->in : folder);
    ck_assert_int_eq(posix_spawn(&trial->pid, arguments[0], &actions, NULL, arguments, environment),
                     0);
    posix_spawn_file_actions_destroy(&actions);
    for (; at >= 0; at--)
        free(arguments[at]);
    free(path);
    free(temporary);
}

static void begin(struct trial *trial)
{
    struct buffer text = BUFFER_INIT;
    struct error error;
    char *file = memory_print("%s/guard.sh", folder);
    int out = open_output("output");
    int err = open_output("errors");
    int ends[2];

    /* Be the init that a VM has: it reaps orphans at once, and a zombie is a member of its group.
     */
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    write_guard(&text, trial);
    make_unix_lines(&text);
    ck_assert_int_eq(file_write(file, 0600, text.data, text.length, &error), 0);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    trial->duration = clock_now();
    spawn(trial, file, out, err, ends[1]);
    trial->alive = ends[0];
    fd_close(&ends[1]);
    fd_close(&out);
    fd_close(&err);
    buffer_done(&text);
    free(file);
}

static void read_back(const char *name, struct buffer *buffer)
{
    char *path = memory_print("%s/%s", folder, name);
    struct error error;

    ck_assert_int_eq(file_read(path, 1 << 20, buffer, &error), 0);
    free(path);
}

/* Waits for the guard and reads its streams. True: there is a trailer; it is cut out. */
static bool end(struct trial *trial)
{
    struct buffer whole = BUFFER_INIT;
    bool found;

    for (int pid = 0; pid != trial->pid;) { /* orphans too */
        pid = wait(&trial->status);
        ck_assert_int_gt(pid, 0);
    }
    trial->duration = clock_now() - trial->duration;
    read_back("output", &whole);
    read_back("errors", &trial->errors);
    found = trailer_find(buffer_text(&whole), whole.length,
                         trial->nonce != NULL ? trial->nonce : NONCE, &trial->trailer);
    if (found) {
        ck_assert_uint_eq(trial->trailer.stop, whole.length);
        whole.length = trial->trailer.start;
    }
    buffer_append(&trial->output, whole.data, whole.length);
    buffer_done(&whole);
    trial->errors_came = trial->errors.length;
    (void)payload_unpack(&trial->output, &trial->errors,
                         trial->nonce != NULL ? trial->nonce : NONCE, 1 << 20);
    return found;
}

/* Every process that the guard had started is gone, within two seconds. */
static bool all_gone(const struct trial *trial)
{
    struct pollfd fd = {.fd = trial->alive, .events = POLLIN};
    char bytes[64];

    while (poll(&fd, 1, 2000) == 1) {
        if (read(trial->alive, bytes, sizeof bytes) == 0)
            return true;
    }
    return false;
}

static void trial_done(struct trial *trial)
{
    fd_close(&trial->alive);
    buffer_done(&trial->output);
    buffer_done(&trial->errors);
}

/* Is the shell number INDEX % SHELLS on this machine? */
static bool has_shell(int index, struct trial *trial)
{
    trial->shell = shells[index % SHELLS];
    return access(trial->shell[0], X_OK) == 0;
}

/* Only what does not heed TERM is waited for in vain: the others have all the time they need. */
static int choose_grace(const char *script)
{
    static const char *const deaf[] = {"trap '' TERM", "kill -STOP", "sleep 50; echo back"};

    for (int i = 0; i < UNIT_COUNT(deaf); i++) {
        if (strstr(script, deaf[i]) != NULL)
            return 2 * SHORT_MS;
    }
    return LONG_MS;
}

static const struct {
    const char *protects;
    const char *script;
    int timeout_ms;
    enum trailer_end end;
    int status;
    const char *output;
    const char *errors; /* a part of them; NULL: none at all */
} runs[] = {
    {"an ordinary end", "echo hello", LONG_MS, TRAILER_EXIT, 0, "hello\n", NULL},
    {"output without a last newline", "printf hello", LONG_MS, TRAILER_EXIT, 0, "hello", NULL},
    {"errors stay errors", "echo oops >&2; exit 3\n", LONG_MS, TRAILER_EXIT, 3, "", "oops"},
    {"no output at all", ":\n", LONG_MS, TRAILER_EXIT, 0, "", NULL},
    {"status 1", "exit 1\n", LONG_MS, TRAILER_EXIT, 1, "", NULL},
    {"status 2", "exit 2\n", LONG_MS, TRAILER_EXIT, 2, "", NULL},
    {"the watchdog's own status from the script", "exit 3\n", LONG_MS, TRAILER_EXIT, 3, "", NULL},
    {"status 128", "exit 128\n", LONG_MS, TRAILER_EXIT, 128, "", NULL},
    {"status 193", "exit 193\n", LONG_MS, TRAILER_EXIT, 193, "", NULL},
    {"status 255", "exit 255\n", LONG_MS, TRAILER_EXIT, 255, "", NULL},
    {"SIGKILL, without the shell's own remark", "kill -9 $$\n", LONG_MS, TRAILER_EXIT, 137, "",
     NULL},
    {"SIGTERM", "kill $$\n", LONG_MS, TRAILER_EXIT, 143, "", NULL},
    {"SIGUSR1, which the watchdog knows", "kill -USR1 $$\n", LONG_MS, TRAILER_EXIT, 138, "", NULL},
    {"kill 0 reaches the script's group only", "kill -9 0\n", LONG_MS, TRAILER_EXIT, 137, "", NULL},
    {"exec", "exec sh -c 'echo x; exit 9'\n", LONG_MS, TRAILER_EXIT, 9, "x\n", NULL},
    {"a closed stdout", "exec >&- 2>&-\nexit 4\n", LONG_MS, TRAILER_EXIT, 4, "", NULL},
    {"stdin is empty", "read x; echo \"[$x] $?\"\n", LONG_MS, TRAILER_EXIT, 0, "[] 1\n", NULL},
    {"a syntax error is the script's failure", "if\n", LONG_MS, TRAILER_EXIT, 2, "", "yntax error"},
    {"an unknown command", "azfan-no-such-command\n", LONG_MS, TRAILER_EXIT, 127, "", "not found"},
    {"a shebang", "#!/bin/cat\nyes\n", LONG_MS, TRAILER_EXIT, 0, "#!/bin/cat\nyes\n", NULL},
    {"a shebang with an argument", "#! /bin/sh -e\nfalse\necho no\n", LONG_MS, TRAILER_EXIT, 1, "",
     NULL},
    {"an empty shebang is none", "#!\necho sh\n", LONG_MS, TRAILER_EXIT, 0, "sh\n", NULL},
    {"an interpreter that does not exist is a failed script", "#!/nonexistent/python\nx\n", LONG_MS,
     TRAILER_EXIT, 127, "", "No such file"},
    {"an interpreter that may not run", "#!/etc/passwd\nx\n", LONG_MS, TRAILER_EXIT, 126, "",
     "ermission denied"},
    {"the script removes itself", "rm -r \"${0%/*}\"\nexit 5\n", LONG_MS, TRAILER_EXIT, 5, "",
     NULL},
    {"the script's own variables", "echo $AZFAN_TARGET ${AZFAN_RUN%%-*} $AZFAN_BATCH", LONG_MS,
     TRAILER_EXIT, 0, "web-01 run 2\n", NULL},
    {"the guard's variables do not leak", "echo \"[$azfan_nonce$folder$began$status]\"\n", LONG_MS,
     TRAILER_EXIT, 0, "[]\n", NULL},
    {"a trailer with another nonce is output",
     "echo azfan:"
     "ffffffffffffffffffffffffffffffff"
     " end=exit status=0 seconds=1; exit 6",
     LONG_MS, TRAILER_EXIT, 6,
     "azfan:ffffffffffffffffffffffffffffffff end=exit status=0 seconds=1\n", NULL},
    {"a time limit", "echo begun\nsleep 50\n", SHORT_MS, TRAILER_TIMEOUT, 143, "begun\n", NULL},
    {"a time limit of whole seconds", "sleep 50\n", 1000, TRAILER_TIMEOUT, 143, "", NULL},
    {"a limit shorter than any start", "sleep 50\n", 1, TRAILER_TIMEOUT, 143, "", NULL},
    {"a script that says 0 when it is stopped", "trap 'exit 0' TERM\nsleep 50 & wait\n", SHORT_MS,
     TRAILER_TIMEOUT, 0, "", NULL},
    {"a child that ignores TERM", "(trap '' TERM; sleep 50; sleep 51) &\nsleep 52\n", SHORT_MS,
     TRAILER_TIMEOUT, 143, "", NULL},
    {"a stopped script", "kill -STOP $$\n", SHORT_MS, TRAILER_TIMEOUT, 137, "", NULL},
    {"a script that removes itself and hangs", "rm -r \"${0%/*}\"\nsleep 50\n", SHORT_MS,
     TRAILER_TIMEOUT, 143, "", NULL},
};

/* mksh loses a signal that comes just when it begins to wait: of a script that ends when the
 * watchdog begins its second nap the end is told when its time is over. */
static int64_t longest(const struct trial *trial)
{
    bool may_be_late = strstr(trial->shell[0], "mksh") != NULL;

    return (may_be_late ? 2 : 1) * INT64_C(30) * NUMBER_SECOND;
}

START_TEST(a_script_runs)
{
    int row = _i / SHELLS;
    struct trial trial = {.script = runs[row].script,
                          .timeout_ms = runs[row].timeout_ms,
                          .grace_ms = choose_grace(runs[row].script)};
    const char *what = runs[row].protects;

    if (!has_shell(_i, &trial))
        return;
    begin(&trial);
    ck_assert_msg(end(&trial), "%s, %s: no trailer", trial.shell[0], what);
    ck_assert_msg(trial.trailer.end == runs[row].end && trial.trailer.status == runs[row].status,
                  "%s, %s: end %d, status %d, %s", trial.shell[0], what, (int)trial.trailer.end,
                  trial.trailer.status, buffer_text(&trial.errors));
    ck_assert_msg(trial.output.length == strlen(runs[row].output) &&
                      strcmp(buffer_text(&trial.output), runs[row].output) == 0,
                  "%s, %s: wrote \"%s\"", trial.shell[0], what, buffer_text(&trial.output));
    ck_assert_msg(runs[row].errors == NULL
                      ? trial.errors.length == 0
                      : strstr(buffer_text(&trial.errors), runs[row].errors) != NULL,
                  "%s, %s: wrote errors \"%s\"", trial.shell[0], what, buffer_text(&trial.errors));
    ck_assert_msg(trial.status == 0, "%s, %s: the guard's own status", trial.shell[0], what);
    ck_assert_msg(trial.duration < longest(&trial), "%s, %s: too slow", trial.shell[0], what);
    ck_assert_msg(all_gone(&trial), "%s, %s: processes are left", trial.shell[0], what);
    trial_done(&trial);
}
END_TEST

/* Nothing stays in Run Command's folder, which is kept on the VM for ever. */
START_TEST(the_temporary_folder_goes)
{
    struct trial trial = {.script = "echo \"${0%/*}\"; sleep 50\n", .timeout_ms = SHORT_MS};
    struct stat status;

    if (!has_shell(_i, &trial))
        return;
    begin(&trial);
    ck_assert(end(&trial));
    trial.output.data[trial.output.length - 1] = '\0';
    ck_assert_msg(strncmp(trial.output.data, folder, strlen(folder)) == 0,
                  "%s is not in the working folder", trial.output.data);
    ck_assert_int_eq(stat(trial.output.data, &status), -1);
    trial_done(&trial);
}
END_TEST

/* When the trailer says timeout, nothing of the script's group is alive. */
START_TEST(after_a_timeout_the_group_is_gone)
{
    struct trial trial = {.script = "trap '' TERM\nsleep 50 &\necho $!\nwait\n",
                          .timeout_ms = SHORT_MS,
                          .grace_ms = SHORT_MS};
    char path[64];
    char *text;
    int fd;

    if (!has_shell(_i, &trial))
        return;
    begin(&trial);
    ck_assert(end(&trial));
    ck_assert_int_eq((int)trial.trailer.end, TRAILER_TIMEOUT);
    (void)snprintf(path, sizeof path, "/proc/%d/cmdline", atoi(buffer_text(&trial.output)));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    text = (char[]){"x"};
    /* A zombie, where nobody has reaped it yet, has no command line. */
    ck_assert_msg(fd < 0 || read(fd, text, 1) <= 0, "the child is alive");
    fd_close(&fd);
    trial_done(&trial);
}
END_TEST

static const struct {
    const char *protects;
    const char *script;
    bool left; /* and its pid is the output */
    const char *output;
} stops[] = {
    {"a group of its own, as timeout(1) makes one", "timeout 60 sleep 50\n", false, ""},
    {"a shell with job control", "#!/bin/bash\nset -m\nsleep 50 &\nsleep 51 | sleep 52 &\nwait\n",
     false, ""},
    {"a group of its own that ignores TERM",
     "#!/bin/bash\nset -m\n(trap '' TERM; sleep 50; sleep 51) &\nwait\n", false, ""},
    {"a name with blanks and parentheses",
     "cp \"$(command -v sleep)\" \"${0%/*}/a) Z 1 (\"\n\"${0%/*}/a) Z 1 (\" 50\n", false, ""},
    {"a child that its parent has left",
     "(trap '' TERM; sleep 50; sleep 51) &\ntrap 'exit 0' TERM\n"
     "sleep 52 & wait\n",
     false, ""},
    {"one that forks on", "trap '' TERM\nf() { sleep 0.01; f & }\nf; f; f\nsleep 50\n", false, ""},
    {"a script that leaves in good order",
     "trap 'echo on its way; sleep 0.2; echo back; exit 0' TERM\nsleep 50 & wait\n", false,
     "on its way\nback\n"},
    {"a script that takes too long for that",
     "trap 'echo on its way; sleep 50; echo back' TERM\n"
     "sleep 51 & wait\n",
     false, "on its way\n"},
    {"a daemon in a session of its own", "setsid sleep 50 &\necho $!\nsleep 51\n", true, NULL},
};

/* When the trailer says that nothing is left, nothing is. */
START_TEST(what_is_stopped_is_gone)
{
    int row = _i / SHELLS;
    struct trial trial = {.script = stops[row].script,
                          .timeout_ms = SHORT_MS,
                          .grace_ms = choose_grace(stops[row].script)};
    const char *what = stops[row].protects;

    if (!has_shell(_i, &trial) || access("/bin/bash", X_OK) != 0)
        return;
    begin(&trial);
    ck_assert(end(&trial));
    ck_assert_int_eq((int)trial.trailer.end, TRAILER_TIMEOUT);
    ck_assert_msg(trial.trailer.left == stops[row].left, "%s, %s: left %d", trial.shell[0], what,
                  trial.trailer.left);
    if (stops[row].left) {
        ck_assert_int_eq(kill(atoi(buffer_text(&trial.output)), SIGKILL), 0);
    } else {
        ck_assert_msg(strcmp(buffer_text(&trial.output), stops[row].output) == 0,
                      "%s, %s: wrote \"%s\"", trial.shell[0], what, buffer_text(&trial.output));
    }
    ck_assert_msg(all_gone(&trial), "%s, %s: processes are left", trial.shell[0], what);
    trial_done(&trial);
}
END_TEST

/* What a script leaves running on purpose keeps running, and the guard does not wait for it. */
START_TEST(a_daemon_survives_and_is_not_waited_for)
{
    struct trial trial = {.script = "sleep 25 &\necho $!\n", .timeout_ms = LONG_MS};
    struct pollfd fd = {.events = POLLIN};
    int daemon;

    if (!has_shell(_i, &trial))
        return;
    begin(&trial);
    ck_assert(end(&trial));
    ck_assert_int_eq((int)trial.trailer.end, TRAILER_EXIT);
    ck_assert_int_lt(trial.duration, 5 * NUMBER_SECOND);
    fd.fd = trial.alive;
    daemon = atoi(buffer_text(&trial.output));
    ck_assert_int_gt(daemon, 1);
    ck_assert_int_eq(poll(&fd, 1, 0), 0); /* still open: it lives */
    ck_assert_int_eq(kill(daemon, SIGKILL), 0);
    ck_assert_msg(all_gone(&trial), "the watchdog or its sleep is left");
    trial_done(&trial);
}
END_TEST

/* The agent stops the guard: the script goes with it, and nothing claims to know its end. */
START_TEST(a_guard_that_is_stopped_stops_its_script)
{
    struct trial trial = {
        /* Ready when the guard catches signal 12, for which it sets its last trap: mksh always
         * catches 15. */
        .script = "trap 'echo stopped; exit 0' TERM\n"
                  "until grep -q '^SigCgt:.*[89a-f]..$' /proc/$PPID/status; do :; done\n"
                  "echo ready >&3\nwhile :; do sleep 1; done\n",
        .timeout_ms = LONG_MS};
    char byte;

    if (!has_shell(_i, &trial))
        return;
    begin(&trial);
    ck_assert_int_eq(read(trial.alive, &byte, 1), 1);
    ck_assert_int_eq(kill(trial.pid, SIGTERM), 0);
    ck_assert_msg(!end(&trial), "there is a trailer");
    ck_assert_str_eq(buffer_text(&trial.output), "stopped\n");
    ck_assert(all_gone(&trial));
    trial_done(&trial);
}
END_TEST

/* `killall sleep` in a script ends the watchdog's sleep as well: that is no timeout. */
START_TEST(a_killed_sleep_is_no_timeout)
{
    struct trial trial = {
        .script = "until s=$(for w in $(pgrep -P $PPID); do pgrep -P $w -x sleep; done) && "
                  "[ \"$s\" ]; do :; done\nkill $s\nsleep 0.3\nexit 8\n",
        .timeout_ms = LONG_MS};

    if (!has_shell(_i, &trial) || access("/usr/bin/pgrep", X_OK) != 0)
        return;
    if (trial.shell == shells[2])
        return; /* its own applets may have another process name */
    begin(&trial);
    ck_assert(end(&trial));
    ck_assert_int_eq((int)trial.trailer.end, TRAILER_EXIT);
    ck_assert_int_eq(trial.trailer.status, 8);
    trial_done(&trial);
}
END_TEST

/* Script and watchdog end together: exit must not come with the watchdog's TERM. */
START_TEST(a_race_has_one_winner)
{
    for (int i = 0; i < 6; i++) {
        struct trial trial = {.script = "exec sleep 0.1\n", .timeout_ms = 95 + 2 * i};

        if (!has_shell(_i, &trial))
            return;
        begin(&trial);
        ck_assert(end(&trial));
        ck_assert(trial.trailer.end == TRAILER_TIMEOUT || trial.trailer.status == 0);
        ck_assert(all_gone(&trial));
        trial_done(&trial);
    }
}
END_TEST

/* No folder for the script: the guard says so and why, and nothing runs. */
START_TEST(no_temporary_folder_is_broken)
{
    struct trial trial = {
        .script = "echo ran\n", .timeout_ms = LONG_MS, .in = "/proc", .temporary = "/proc"};

    if (!has_shell(_i, &trial))
        return;
    begin(&trial);
    ck_assert(end(&trial));
    ck_assert_int_eq((int)trial.trailer.end, TRAILER_BROKEN);
    ck_assert_ptr_nonnull(strstr(buffer_text(&trial.errors), "mkdir"));
    ck_assert_uint_eq(trial.output.length, 0);
    ck_assert_int_eq(trial.status, 0);
    trial_done(&trial);
}
END_TEST

/* ---- a VM that is not as it should be ------------------------------------------------------ */

/* May a test have mounts of its own? Only root may. */
static bool can_mount(void)
{
    char *const arguments[] = {(char[]){"unshare"}, (char[]){"-m"}, (char[]){"true"}, NULL};
    int status = -1;
    int pid;

    if (posix_spawnp(&pid, arguments[0], NULL, NULL, arguments, environ) == 0)
        (void)waitpid(pid, &status, 0);
    if (status != 0)
        (void)fputs("test_guard: no mounts of its own (not root?): skipped\n", stderr);
    return status == 0;
}

/* A guard with mounts of its own, all below the test's folder: first the shell runs FIRST there. */
static const char *const *mounting_shell(int index, const char *first, const char *words[10])
{
    const char *const *shell = shells[index % SHELLS];
    int count = 0;

    words[count++] = "/usr/bin/unshare";
    words[count++] = "-m";
    words[count++] = "/bin/sh";
    words[count++] = "-c";
    words[count++] = first; /* ends with: exec "$0" "$@" */
    for (; *shell != NULL; shell++)
        words[count++] = *shell;
    words[count] = NULL;
    return words;
}

/* What is not the guard's own stays, though the script has mounted it in the guard's folder. */
START_TEST(what_is_mounted_in_the_folder_stays)
{
    static const char *const places[] = {"\"${0%/*}\"", "\"${0%/*}/deep/er\""};

    for (int i = 0; i < UNIT_COUNT(places); i++) {
        char *script = memory_print("mkdir -p victim \"${0%%/*}/deep/er\"; echo kept >victim/file\n"
                                    "mount --bind victim %s && exit 7\n",
                                    places[i]);
        char *path = memory_print("%s/victim/file", folder);
        const char *words[10];
        struct trial trial = {.script = script, .timeout_ms = LONG_MS};

        if (has_shell(_i, &trial) && can_mount()) {
            trial.shell = mounting_shell(_i, "exec \"$0\" \"$@\"", words);
            begin(&trial);
            ck_assert(end(&trial));
            ck_assert_int_eq((int)trial.trailer.end, TRAILER_EXIT);
            ck_assert_int_eq(trial.trailer.status, 7);
            ck_assert_msg(access(path, F_OK) == 0, "%s: what was mounted is gone", places[i]);
            ck_assert_int_eq(unlink(path), 0);
            trial_done(&trial);
            remove_leftovers();
        }
        free(path);
        free(script);
    }
}
END_TEST

/* Before the guard: all with mounts of its own, which nobody else sees. %s is a folder of the test.
 */
static const struct {
    const char *lacks;
    const char *mounts;
    const char *script;
    int timeout_ms;
    enum trailer_end end; /* status 7, where it has run */
    const char *output;   /* how it ends */
    const char *errors;   /* a part */
} machines[] = {
    {"nothing", ":", "echo hi; exit 7\n", LONG_MS, TRAILER_EXIT, "hi\n", ""},
    {"a disk that takes more",
     "mount -t tmpfs -o size=64k none %s/place && head -c 65536 "
     "/dev/zero >%s/place/fill",
     "echo hi; exit 7\n", LONG_MS, TRAILER_BROKEN, "", "No space left"},
    {"room for what is printed", "mount -t tmpfs -o size=256k none %s/place",
     "head -c 400000 /dev/zero | tr '\\0' x; exit 7\n", LONG_MS, TRAILER_EXIT, "", ""},
    {"a disk that can be written", "mount -t tmpfs -o ro none %s/place", "echo hi; exit 7\n",
     LONG_MS, TRAILER_BROKEN, "", "Read-only file system"},
    {"a disk that has programs", "mount -t tmpfs -o noexec none %s/place",
     "#!/bin/sh\necho hi; exit 7\n", LONG_MS, TRAILER_BROKEN, "", "ermission denied"},
    {"that for a script of the shell", "mount -t tmpfs -o noexec none %s/place",
     "echo hi; exit 7\n", LONG_MS, TRAILER_EXIT, "hi\n", ""},
    {"/dev/null",
     "mkdir -p %s/no-null && touch %s/no-null/zero && mount --bind /dev/zero %s/no-null/zero && "
     "mount "
     "--rbind %s/no-null /dev && mount -o remount,ro,bind /dev",
     "echo hi; exit 7\n", LONG_MS, TRAILER_BROKEN, "", "/dev/null"},
    {"/dev/zero",
     "mkdir -p %s/no-zero && touch %s/no-zero/null && mount --bind /dev/null %s/no-zero/null && "
     "mount "
     "--rbind %s/no-zero /dev",
     "echo hi; exit 7\n", LONG_MS, TRAILER_BROKEN, "", "/dev/zero"},
    {"/proc", "mount -t tmpfs none /proc", "echo hi; echo no >&2; exit 7\n", LONG_MS, TRAILER_EXIT,
     "hi\n", "no\n"},
    {"/proc, and prints much", "mount -t tmpfs none /proc", "seq 20000; seq 21000 >&2; exit 7\n",
     LONG_MS, TRAILER_EXIT, "\n19999\n20000\n", "\n20999\n21000\n"},
    {"/proc, and the time is over", "mount -t tmpfs none /proc", "echo hi; sleep 50\n", SHORT_MS,
     TRAILER_TIMEOUT, "hi\n", ""},
};

/* The script has run, and all is told; or it has not, and what the VM lacks is told. */
START_TEST(a_machine_that_lacks_something)
{
    int row = _i / SHELLS;
    struct buffer first = BUFFER_INIT;
    char *place = memory_print("%s/place", folder);
    const char *words[10];
    struct trial trial = {.script = machines[row].script,
                          .timeout_ms = machines[row].timeout_ms,
                          .in = "/proc",
                          .temporary = place};
    const char *what = machines[row].lacks;
    size_t least = strlen(machines[row].output);

    for (const char *at = machines[row].mounts; *at != '\0'; at++) {
        if (at[0] == '%')
            buffer_add(&first, folder);
        else if (at == machines[row].mounts || at[-1] != '%')
            buffer_add_char(&first, *at);
    }
    buffer_add(&first, " && exec \"$0\" \"$@\"");
    ck_assert(mkdir(place, 0700) == 0 || errno == EEXIST);
    if (has_shell(_i, &trial) && can_mount()) {
        trial.shell = mounting_shell(_i, buffer_text(&first), words);
        begin(&trial);
        ck_assert_msg(end(&trial), "%s, %s: no trailer, %.300s", shells[_i % SHELLS][0], what,
                      buffer_text(&trial.errors));
        ck_assert_msg(trial.trailer.end == machines[row].end, "%s, %s: end %d, %.300s",
                      shells[_i % SHELLS][0], what, (int)trial.trailer.end,
                      buffer_text(&trial.errors));
        ck_assert(trial.trailer.end != TRAILER_EXIT || trial.trailer.status == 7);
        ck_assert(trial.trailer.full == (strncmp(what, "room", 4) == 0));
        ck_assert_msg(trial.output.length >= least &&
                          strcmp(buffer_text(&trial.output) + trial.output.length - least,
                                 machines[row].output) == 0,
                      "%s, %s: %.300s", shells[_i % SHELLS][0], what, buffer_text(&trial.output));
        ck_assert_msg(strstr(buffer_text(&trial.errors), machines[row].errors) != NULL,
                      "%s, %s: %.300s", shells[_i % SHELLS][0], what, buffer_text(&trial.errors));
        ck_assert_msg(all_gone(&trial), "%s, %s: processes are left", shells[_i % SHELLS][0], what);
        trial_done(&trial);
    }
    remove_leftovers();
    free(place);
    buffer_done(&first);
}
END_TEST

static char *make_tools(const char *name, const char *const *tools)
{
    char *path = memory_print("%s/%s", folder, name);

    ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
    for (; *tools != NULL; tools++) {
        const char *slash = strrchr(*tools, '/');
        char *link = memory_print("%s/%s", path, slash != NULL ? slash + 1 : *tools);
        char *target;
        struct error error;

        ck_assert_int_eq(file_find_program(*tools, &target, &error), 0);
        ck_assert(symlink(target, link) == 0 || errno == EEXIST);
        free(link);
        free(target);
    }
    return path;
}

/* The time is over before the script has its session, on a VM that is busy: it is stopped all the
 * same, and does not run without a limit. */
START_TEST(a_session_that_comes_late)
{
    char *slow = memory_print("%s/setsid", folder);
    char *path = memory_print("%s:/usr/bin:/bin", folder);
    const char text[] = "#!/bin/sh\nsleep 2\nexec /usr/bin/setsid \"$@\"\n";
    struct trial trial = {.script = "sleep 50\n", .timeout_ms = 1, .path = path};
    struct error error;

    ck_assert_int_eq(file_write(slow, 0700, text, sizeof text - 1, &error), 0);
    if (has_shell(_i, &trial)) {
        begin(&trial);
        ck_assert_msg(end(&trial), "%s: no trailer", trial.shell[0]);
        ck_assert_msg(trial.trailer.end == TRAILER_TIMEOUT, "%s: end %d", trial.shell[0],
                      (int)trial.trailer.end);
        ck_assert_int_lt(trial.duration, 30 * NUMBER_SECOND);
        trial_done(&trial);
    }
    ck_assert_int_eq(unlink(slow), 0);
    free(path);
    free(slow);
}
END_TEST

/* ---- the mark of a script that must not run twice ------------------------------------------ */

#define ONCE       "feedfacefeedfacefeedfacefeedface"
#define OTHER_ONCE "cafebabecafebabecafebabecafebabe"

/* An empty folder for the marks of this test. */
static char *make_place(void)
{
    char *place = memory_print("%s/marks", folder);
    struct error error;

    (void)file_remove_tree(place, &error);
    ck_assert_int_eq(mkdir(place, 0700), 0);
    return place;
}

/* Runs TRIAL's guard: did its script run? What must be so in either case is checked. */
static bool runs_script(struct trial *trial)
{
    bool ran;

    trial->script = "echo ran\nexit 7\n";
    trial->timeout_ms = LONG_MS;
    begin(trial);
    ck_assert(end(trial));
    ck_assert_int_eq(trial->status, 0);
    ck_assert_str_eq(buffer_text(&trial->errors), "");
    ran = trial->trailer.end == TRAILER_EXIT;
    ck_assert_int_eq((int)trial->trailer.end, ran ? TRAILER_EXIT : TRAILER_AGAIN);
    ck_assert_int_eq(trial->trailer.status, ran ? 7 : 1);
    ck_assert_str_eq(buffer_text(&trial->output), ran ? "ran\n" : "");
    ck_assert(all_gone(trial));
    trial_done(trial);
    return ran;
}

static bool runs_with(const char *const *shell, const char *place, const char *nonce,
                      const char *once)
{
    struct trial trial = {.shell = shell, .temporary = place, .nonce = nonce, .once = once};

    return runs_script(&trial);
}

/* How many names in the folder PATH begin with PREFIX? */
static int count_files(const char *path, const char *prefix)
{
    DIR *stream = opendir(path);
    const struct dirent *entry;
    int count = 0;

    ck_assert_ptr_nonnull(stream);
    while ((entry = readdir(stream)) != NULL)
        count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    (void)closedir(stream);
    return count;
}

/* Whatever brings the guard to the VM again. */
START_TEST(a_script_with_a_mark_runs_once)
{
    struct trial shell;
    char *place = make_place();
    char *mark = memory_print("%s/azfan-once-%s", place, ONCE);

    if (has_shell(_i, &shell)) {
        ck_assert(runs_with(shell.shell, place, NONCE, ONCE));
        ck_assert_int_eq(count_files(place, "azfan-once-"), 1);
        ck_assert(!runs_with(shell.shell, place, OTHER_NONCE, ONCE)); /* azfan's next attempt */
        ck_assert(!runs_with(shell.shell, place, NONCE, ONCE));       /* az's own */
        ck_assert_int_eq(count_files(folder, "azfan-"), 0);           /* no script is left */
        ck_assert(runs_with(shell.shell, place, NONCE, OTHER_ONCE));
        ck_assert(runs_with(shell.shell, place, NONCE, NULL));
        ck_assert_int_eq(rmdir(mark), 0); /* an empty folder, and in the right place */
        ck_assert(runs_with(shell.shell, place, NONCE, ONCE));
    }
    free(mark);
    free(place);
}
END_TEST

/* A mark's name that no other run of this test has, and where the guard goes when it cannot make
 * its mark in its place. The caller free()s *RET_MARK. */
static void name_another(char once[GUARD_ONCE_SIZE], char **ret_mark)
{
    char nonce[GUARD_NONCE_SIZE];
    struct error error;

    ck_assert_int_eq(guard_make_nonce(nonce, &error), 0);
    guard_name_once(nonce, "a test", once);
    *ret_mark = memory_print("%s/azfan-once-%s", access("/run", W_OK) == 0 ? "/run" : "/tmp", once);
}

/* Only the guard's own folder says that the script has run; anything else is left as it is, and the
 * mark is made elsewhere. */
START_TEST(a_foreign_mark_is_not_believed)
{
    char *place = make_place();
    char once[GUARD_ONCE_SIZE];
    char *elsewhere;
    char *mark;
    struct trial shell;
    struct stat before;
    struct stat after;
    struct error error;

    name_another(once, &elsewhere);
    mark = memory_print("%s/azfan-once-%s", place, once);
    for (int kind = 0; kind < 4 && has_shell(_i, &shell); kind++) {
        if (kind == 0)
            ck_assert_int_eq(file_write(mark, 0600, "", 0, &error), 0);
        else if (kind == 1)
            ck_assert_int_eq(symlink(folder, mark), 0);
        else if (kind == 2)
            ck_assert_int_eq(symlink("/nonexistent", mark), 0);
        else if (mkdir(mark, 0755) < 0 || chown(mark, 1, 1) < 0)
            break; /* that is for root only */
        ck_assert_int_eq(lstat(mark, &before), 0);
        ck_assert(runs_with(shell.shell, place, NONCE, once));
        ck_assert(!runs_with(shell.shell, place, OTHER_NONCE, once));
        ck_assert_int_eq(lstat(mark, &after), 0);
        ck_assert_uint_eq(before.st_ino, after.st_ino);
        ck_assert_int_eq(remove(mark), 0);
        ck_assert_int_eq(rmdir(elsewhere), 0);
    }
    (void)rmdir(mark);
    free(elsewhere);
    free(mark);
    free(place);
}
END_TEST

/* Where it may not write, the guard goes elsewhere; and what it has left there counts also when its
 * own place is fit again. */
START_TEST(without_its_place_the_mark_is_elsewhere)
{
    char *place = make_place();
    char once[GUARD_ONCE_SIZE];
    struct trial shell;
    char *mark;

    name_another(once, &mark);
    if (has_shell(_i, &shell)) {
        ck_assert(runs_with(shell.shell, "/nonexistent", NONCE, once));
        ck_assert(!runs_with(shell.shell, "/nonexistent", OTHER_NONCE, once));
        ck_assert(!runs_with(shell.shell, place, OTHER_NONCE, once));
        ck_assert_int_eq(count_files(place, "azfan-once-"), 0);
        ck_assert_int_eq(rmdir(mark), 0);
    }
    free(mark);
    free(place);
}
END_TEST

/* A folder of tools whose mkdir runs BEFORE, a shell's words, when a mark is to be made. */
static char *make_marking_tools(const char *name, const char *before)
{
    char *tools =
        make_tools(name, (const char *const[]){"date", "grep", "tr", "rm", "chmod", "head", "tail",
                                               "cat", "sleep", "printf", NULL});
    char *path = memory_print("%s/mkdir", tools);
    struct error error;
    char *program;
    char *text;

    ck_assert_int_eq(file_find_program("mkdir", &program, &error), 0);
    text = memory_print("#!/bin/sh\nmkdir=%s\ncase $* in *azfan-once-*) %s ;; esac\n"
                        "exec %s \"$@\"\n",
                        program, before, program);
    ck_assert_int_eq(file_write(path, 0700, text, strlen(text), &error), 0);
    free(text);
    free(program);
    free(path);
    return tools;
}

/* Of two guards that both saw no mark one is second to make it. */
START_TEST(of_two_guards_at_once_one_runs_it)
{
    char *tools = make_marking_tools("raced", "$mkdir \"$@\"");
    char *place = make_place();
    char once[GUARD_ONCE_SIZE];
    struct trial shell;
    char *elsewhere;

    name_another(once, &elsewhere);
    if (has_shell(_i, &shell) && shell.shell != shells[2]) { /* busybox has a mkdir of its own */
        struct trial trial = {
            .shell = shell.shell, .path = tools, .temporary = place, .once = once};

        ck_assert(!runs_script(&trial));
        ck_assert_int_eq(count_files(place, "azfan-once-"), 1);
        ck_assert_int_lt(access(elsewhere, F_OK), 0);
    }
    free(elsewhere);
    free(place);
    free(tools);
}
END_TEST

/* A mark that cannot be made holds up no script, and what is broken before it makes none. */
START_TEST(without_a_mark_it_runs)
{
    char *tools = make_marking_tools("markless", "exit 1");
    char *place = make_place();
    struct trial shell;

    if (has_shell(_i, &shell)) {
        for (int i = 0; i < 2; i++) {
            struct trial trial = {
                .shell = shell.shell, .path = tools, .temporary = place, .once = ONCE};
            bool applets = shell.shell == shells[2]; /* busybox has a mkdir of its own */

            ck_assert(applets || runs_script(&trial));
        }
        ck_assert_int_eq(count_files(place, "azfan-once-"), 0);
    }
    free(tools);
    free(place);
}
END_TEST

/* Of a VM that is never restarted, or whose marks are in a folder that outlives that. */
START_TEST(old_marks_go)
{
    static const struct {
        const char *name;
        int days;
        bool full;
        bool stays;
    } marks[] = {{"azfan-once-1", 9, false, false},  {"azfan-once-2", 9, false, false},
                 {"azfan-once-full", 9, true, true}, {"azfan-once-new", 6, false, true},
                 {"other", 9, false, true},          {"other/azfan-once-3", 9, false, true}};
    char *place = make_place();
    struct trial shell;

    for (int i = 0; i < UNIT_COUNT(marks); i++) {
        char *path = memory_print("%s/%s", place, marks[i].name);
        char *inner = memory_print("%s/file", path);
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                    {.tv_sec = time(NULL) - marks[i].days * 86400L}};
        struct error error;

        ck_assert_int_eq(mkdir(path, 0700), 0);
        ck_assert(!marks[i].full || file_write(inner, 0600, "", 0, &error) == 0);
        ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
        free(inner);
        free(path);
    }
    if (has_shell(_i, &shell)) {
        ck_assert(runs_with(shell.shell, place, NONCE, ONCE));
        ck_assert(!runs_with(shell.shell, place, NONCE, ONCE));
        for (int i = 0; i < UNIT_COUNT(marks); i++) {
            char *path = memory_print("%s/%s", place, marks[i].name);

            ck_assert_msg((access(path, F_OK) == 0) == marks[i].stays, "%s", path);
            free(path);
        }
    }
    free(place);
}
END_TEST

START_TEST(names_of_marks)
{
    static const char a[] =
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/a";
    static const char b[] =
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/b";
    struct job job = {.retry = {.attempts = 3}};
    char one[GUARD_ONCE_SIZE];
    char two[GUARD_ONCE_SIZE];

    guard_name_once("run-1", a, one);
    guard_name_once("run-1", a, two);
    ck_assert_str_eq(one, two);
    ck_assert_uint_eq(strlen(one), 32);
    ck_assert_uint_eq(strspn(one, "0123456789abcdef"), 32);
    guard_name_once("run-2", a, two);
    ck_assert_str_ne(one, two);
    guard_name_once("run-1", b, two);
    ck_assert_str_ne(one, two);
    guard_name_once("run-1",
                    "/subscriptions/S/resourceGroups/RG/providers/microsoft.compute/"
                    "virtualMachines/A",
                    two); /* a later run may spell it so */
    ck_assert_str_eq(one, two);

    guard_name_once("20261123T030000Z-restart-1a2b",
                    "/subscriptions/00000000-0000-0000-0000-00000000000B/resourceGroups/RG-Web/"
                    "providers/Microsoft.Compute/virtualMachines/web-01",
                    one); /* VMs have marks of this name from the first azfan on */
    ck_assert_str_eq(one, "2c0bb952914d78567bf0ae4cd491df45");
    guard_name_once("run-1", "rg-\xc3\xa4/a", one);
    guard_name_once("run-1", "RG-\xc3\x84/A", two);
    ck_assert_str_eq(one, two);

    ck_assert(guard_needs_once(&job));
    job.idempotent = true;
    ck_assert(!guard_needs_once(&job));
    job = (struct job){.retry = {.attempts = 1}}; /* a rerun will look for it */
    ck_assert(guard_needs_once(&job));
}
END_TEST

/* The disk is full while the script is written: half a script must never run. */
START_TEST(a_full_disk_is_broken)
{
    static const char fake[] = "#!/bin/sh\necho 'cat: write error: No space left on device' "
                               ">&2\necho 'rm -rf /'\nexit 1\n";
    char *tools =
        make_tools("full", (const char *const[]){"date", "grep", "tr", "rm", "chmod", "head",
                                                 "tail", "mkdir", "printf", NULL});
    char *cat = memory_print("%s/cat", tools);
    char *place = make_place();
    struct trial trial = {.script = "echo ran\n",
                          .timeout_ms = LONG_MS,
                          .path = tools,
                          .temporary = place,
                          .once = ONCE};
    struct error error;

    ck_assert_int_eq(file_write(cat, 0700, fake, sizeof fake - 1, &error), 0);
    if (has_shell(_i, &trial) && trial.shell != shells[2]) { /* busybox has a cat of its own */
        begin(&trial);
        ck_assert(end(&trial));
        ck_assert_int_eq((int)trial.trailer.end, TRAILER_BROKEN);
        ck_assert_ptr_nonnull(strstr(buffer_text(&trial.errors), "No space left"));
        ck_assert_int_eq(count_files(place, "azfan-once-"), 0); /* it may be tried again */
        trial_done(&trial);
    }
    free(place);
    free(cat);
    free(tools);
}
END_TEST

/* A VM without setsid: no group of its own, but statuses and the limit work. */
START_TEST(without_setsid_it_works)
{
    static const struct {
        const char *script;
        int timeout_ms;
        enum trailer_end end;
        int status;
    } cases[] = {{"exit 7\n", LONG_MS, TRAILER_EXIT, 7},
                 {"exec sleep 50\n", SHORT_MS, TRAILER_TIMEOUT, 143},
                 {"trap '' TERM\nwhile :; do :; done\n", SHORT_MS, TRAILER_TIMEOUT, 137}};
    char *tools =
        make_tools("plain", (const char *const[]){"date", "grep", "tr", "rm", "chmod", "head",
                                                  "tail", "mkdir", "cat", "sleep", "printf", NULL});

    for (int i = 0; i < UNIT_COUNT(cases); i++) {
        struct trial trial = {.script = cases[i].script,
                              .timeout_ms = cases[i].timeout_ms,
                              .grace_ms = SHORT_MS,
                              .path = tools};

        if (!has_shell(_i, &trial))
            break;
        begin(&trial);
        ck_assert(end(&trial));
        ck_assert_int_eq((int)trial.trailer.end, (int)cases[i].end);
        ck_assert_int_eq(trial.trailer.status, cases[i].status);
        ck_assert(all_gone(&trial));
        trial_done(&trial);
    }
    free(tools);
}
END_TEST

/* Every byte that UTF-8 can have: dash uses some of them for itself. */
static void add_all_bytes(struct buffer *text)
{
    for (int byte = 1; byte < 0x80; byte++)
        buffer_add_char(text, (char)byte);
    for (int lead = 0xc2; lead < 0xe0; lead++) {
        for (int byte = 0x80; byte < 0xc0; byte++) {
            buffer_add_char(text, (char)lead);
            buffer_add_char(text, (char)byte);
        }
    }
    buffer_add(text, "\xef\xbf\xbd\xf0\x9f\x98\x80\n\n");
}

/* A parameter arrives byte for byte, whatever a shell would do with it. */
START_TEST(parameters_arrive_exactly)
{
    struct buffer all = BUFFER_INIT;
    struct job_parameter list[] = {{(char[]){"A"}, NULL, false},
                                   {(char[]){"B"}, (char[]){"it's $HOME `id` \\n \"x\"\n'"}, NULL},
                                   {(char[]){"script"}, (char[]){"/etc/passwd"}, NULL},
                                   {(char[]){"CR"}, (char[]){"-\r\nabc\r\n\r\r\n'\r'\n\r"}, false},
                                   {(char[]){"IFS"}, (char[]){"/"}, NULL},
                                   {(char[]){"E"}, (char[]){""}, NULL}};
    struct trial trial = {.script = "printf '%s' \"$A\" \"$B\" \"$script\" \"[$E]\" \"$CR\"\n",
                          .timeout_ms = LONG_MS,
                          .parameters = {list, UNIT_COUNT(list)}};

    add_all_bytes(&all);
    list[0].value = all.data;
    if (has_shell(_i, &trial)) {
        begin(&trial);
        ck_assert(end(&trial));
        buffer_add(&all, list[1].value);
        buffer_add(&all, "/etc/passwd[]");
        buffer_add(&all, list[3].value);
        ck_assert_uint_eq(trial.output.length, all.length);
        ck_assert_mem_eq(trial.output.data, all.data, all.length);
        trial_done(&trial);
    }
    buffer_done(&all);
}
END_TEST

/* Likewise an argument, under the shell and under a #! line, and none more. */
START_TEST(arguments_arrive_exactly)
{
    static const char *const heads[] = {"", "#!/bin/sh\n"};
    struct buffer all = BUFFER_INIT;
    struct job_parameter list[] = {{.value = (char[]){"-e"}},
                                   {.value = (char[]){""}},
                                   {.value = (char[]){"it's $1 `id` \n \"$@\"\n'"}},
                                   {.value = NULL},
                                   {.value = (char[]){"--"}},
                                   {.value = (char[]){"\n"}}};

    add_all_bytes(&all);
    list[3].value = all.data;
    for (int i = 0; i < UNIT_COUNT(heads); i++) {
        char *script = memory_print("%sprintf '%%s' \"$#\" \"$@\" \"[${A-none}]\"\n", heads[i]);
        struct trial trial = {
            .script = script, .timeout_ms = LONG_MS, .args = {list, UNIT_COUNT(list)}};
        struct buffer expected = BUFFER_INIT;

        if (has_shell(_i, &trial)) {
            begin(&trial);
            ck_assert(end(&trial));
            buffer_print(&expected, "%d", UNIT_COUNT(list));
            for (int j = 0; j < UNIT_COUNT(list); j++)
                buffer_add(&expected, list[j].value);
            buffer_add(&expected, "[none]");
            ck_assert_uint_eq(trial.output.length, expected.length);
            ck_assert_mem_eq(trial.output.data, expected.data, expected.length);
            trial_done(&trial);
        }
        buffer_done(&expected);
        free(script);
    }
    buffer_done(&all);
}
END_TEST

/* The script itself arrives byte for byte, its own here-documents included. */
START_TEST(the_script_arrives_exactly)
{
    struct buffer script = BUFFER_INIT;
    struct buffer arrived = BUFFER_INIT;
    struct trial trial = {.timeout_ms = LONG_MS};

    buffer_add(&script,
               "cat \"$0\" >arrived\nexit\n$x `y` \\\n'\"\nEOF\nazfan_script_\n cat <<EOF\n");
    add_all_bytes(&script);
    for (int i = 0; i < 4000; i++) /* more than a pipe holds */
        buffer_print(&script, "line %d of a long script\n", i);
    trial.script = script.data;
    if (has_shell(_i, &trial)) {
        begin(&trial);
        ck_assert(end(&trial));
        read_back("arrived", &arrived);
        ck_assert_uint_eq(arrived.length, script.length);
        ck_assert_mem_eq(arrived.data, script.data, script.length);
        trial_done(&trial);
    }
    buffer_done(&arrived);
    buffer_done(&script);
}
END_TEST

/* A script that starts its own file again finds it, in its session and out of it; when that has
 * ended, the next guard takes the folder away, and none while it runs. */
START_TEST(what_it_left_keeps_its_folder)
{
    static const char *const starts[] = {"", "setsid "};

    for (int i = 0; i < UNIT_COUNT(starts); i++) {
        char *script =
            memory_print("#!/bin/sh\nif [ \"$1\" = again ]; then echo $$ >&3; exec sleep 50; fi\n"
                         "%s\"$0\" again &\necho started\n",
                         starts[i]);
        struct trial trial = {.script = script, .timeout_ms = LONG_MS};
        struct trial other = {
            .script = "echo other\n", .timeout_ms = LONG_MS, .nonce = OTHER_NONCE};
        char text[16] = "";

        if (has_shell(_i, &trial) && has_shell(_i, &other)) {
            begin(&trial);
            ck_assert_int_gt(read(trial.alive, text, sizeof text - 1), 0);
            ck_assert(end(&trial));
            ck_assert_int_eq((int)trial.trailer.end, TRAILER_EXIT);
            ck_assert_int_eq(count_files(folder, "azfan-"), 1);
            for (int gone = 0; gone < 2; gone++) {
                begin(&other);
                ck_assert(end(&other));
                ck_assert_str_eq(buffer_text(&other.output), "other\n");
                ck_assert_int_eq(count_files(folder, "azfan-"), gone == 0 ? 1 : 0);
                trial_done(&other);
                other.output = other.errors = (struct buffer)BUFFER_INIT;
                if (gone == 0) {
                    ck_assert_int_eq(kill(atoi(text), SIGKILL), 0);
                    ck_assert(all_gone(&trial));
                }
            }
            trial_done(&trial);
        }
        free(script);
    }
}
END_TEST

static const struct {
    const char *protects;
    const char *script;
    int timeout_ms;
    bool found; /* a trailer */
    enum trailer_end end;
} enemies[] = {
    {"it ends its guard", "kill -KILL $PPID\nsleep 0.1\n", LONG_MS, false, TRAILER_EXIT},
    {"it ends its guard and prints a trailer",
     "kill -KILL $PPID\necho; echo azfan:" NONCE " end=exit status=0 seconds=0\n", LONG_MS, false,
     TRAILER_EXIT},
    {"it ends its session", "pkill -KILL -s $$ . || kill -KILL 0\n", LONG_MS, true, TRAILER_EXIT},
    {"it prints a trailer and hangs",
     "echo; echo azfan:" NONCE " end=exit status=0 seconds=0\nsleep 50\n", SHORT_MS, true,
     TRAILER_TIMEOUT},
    {"it prints a trailer and ends badly",
     "echo; echo azfan:" NONCE " end=exit status=0 seconds=0; exit 9\n", LONG_MS, true,
     TRAILER_EXIT},
    {"it writes a trailer over its output",
     "printf '\\nazfan:" NONCE " end=exit status=0 seconds=0\\n' >\"${0%/*}/output\"\nexit 9\n",
     LONG_MS, true, TRAILER_EXIT},
    {"it takes its folder's rights", "chmod 0 \"${0%/*}\" \"${0%/*}\"/*; exit 9\n", LONG_MS, true,
     TRAILER_EXIT},
    {"it moves its folder", "mv \"${0%/*}\" \"$PWD/moved\"; exec 3>&-; exit 9\n", LONG_MS, true,
     TRAILER_EXIT},
    {"it makes a file of its folder", "rm -r \"${0%/*}\"; echo >\"${0%/*}\"; exit 9\n", LONG_MS,
     true, TRAILER_EXIT},
    {"it makes links to what is not its",
     "cd \"${0%/*}\"; rm *; for f in output errors session room; "
     "do ln -s /etc/passwd $f; done; exit 9\n",
     LONG_MS, true, TRAILER_EXIT},
    {"it makes a pipe of what the guard writes and reads",
     "cd \"${0%/*}\"; rm -f *; mkfifo output errors session room; exit 9\n", LONG_MS, true,
     TRAILER_EXIT},
    {"it makes folders of them",
     "cd \"${0%/*}\"; rm -f *; mkdir output errors session room; exit 9\n", LONG_MS, true,
     TRAILER_EXIT},
    {"it may write no file", "ulimit -f 0; echo x; exit 9\n", LONG_MS, true, TRAILER_EXIT},
    {"it signals its guard's children",
     "kill -USR1 $(pgrep -P $PPID | grep -vx $$); sleep 0.1; exit 9\n", LONG_MS, true,
     TRAILER_EXIT},
    {"it closes its streams and hangs", "exec >&- 2>&-\nsleep 50\n", SHORT_MS, true,
     TRAILER_TIMEOUT},
};

/* Never ok, and never an end that was not. */
START_TEST(a_hostile_script_has_an_honest_end)
{
    int row = _i / SHELLS;
    struct trial trial = {.script = enemies[row].script, .timeout_ms = enemies[row].timeout_ms};
    const char *what = enemies[row].protects;
    char *moved = memory_print("%s/moved", folder);
    struct stat before;
    struct stat after;
    struct error error;
    bool found;

    ck_assert_int_eq(stat("/etc/passwd", &before), 0);
    if (has_shell(_i, &trial)) {
        begin(&trial);
        found = end(&trial);
        ck_assert_msg(found == enemies[row].found, "%s, %s", trial.shell[0], what);
        if (found) {
            ck_assert_msg(trial.trailer.end == enemies[row].end, "%s, %s", trial.shell[0], what);
            ck_assert_msg(trial.trailer.status != 0, "%s, %s", trial.shell[0], what);
        }
        ck_assert_msg(all_gone(&trial) || !found, "%s, %s: processes are left", trial.shell[0],
                      what);
        trial_done(&trial);
    }
    ck_assert_int_eq(stat("/etc/passwd", &after), 0);
    ck_assert_int_eq(before.st_size, after.st_size);
    remove_leftovers();
    (void)file_remove_tree(moved, &error);
    free(moved);
}
END_TEST

/* Only the guard writes to the guard's streams: nothing can push its last line out. */
START_TEST(what_prints_on_in_the_background_changes_nothing)
{
    /* The first line of 3 says that it prints; it goes on until it is killed. */
    struct trial trial = {.script =
                              "(echo $$ >&3; while :; do echo later; echo later >&2; done) &\n"
                              "echo oops >&2\necho done\nexit 0\n",
                          .timeout_ms = LONG_MS};
    struct buffer after = BUFFER_INIT;
    char text[16] = "";

    if (!has_shell(_i, &trial))
        return;
    begin(&trial);
    ck_assert_int_gt(read(trial.alive, text, sizeof text - 1), 0);
    ck_assert(end(&trial));
    ck_assert_int_eq((int)trial.trailer.end, TRAILER_EXIT);
    ck_assert_int_eq(trial.trailer.status, 0);
    ck_assert_ptr_nonnull(strstr(buffer_text(&trial.output), "done\n"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&trial.errors), "oops\n"));
    ck_assert_int_eq(kill(-atoi(text), SIGKILL), 0);
    ck_assert(all_gone(&trial));
    read_back("errors", &after);
    ck_assert_uint_eq(after.length, trial.errors_came);
    buffer_done(&after);
    trial_done(&trial);
}
END_TEST

/* Of what is too much for Azure, also when it is compressed: the rest is in test_whole. */
START_TEST(of_a_flood_the_ends_come_back)
{
    struct trial trial = {.script = "i=0\nwhile [ $i -lt 9000 ]; do i=$((i + 1)); echo line $i; "
                                    "echo error $i >&2; done\n",
                          .timeout_ms = LONG_MS};

    if (!has_shell(_i, &trial))
        return;
    begin(&trial);
    ck_assert(end(&trial));
    ck_assert_int_eq(strncmp(buffer_text(&trial.output), "line 1\nline 2\n", 14), 0);
    ck_assert_ptr_nonnull(strstr(buffer_text(&trial.output), " bytes left out "));
    ck_assert_str_eq(trial.output.data + trial.output.length - strlen("line 8999\nline 9000\n"),
                     "line 8999\nline 9000\n");
    ck_assert_int_eq(strncmp(buffer_text(&trial.errors), "error 1\nerror 2\n", 16), 0);
    ck_assert_str_eq(trial.errors.data + trial.errors.length - strlen("error 9000\n"),
                     "error 9000\n");
    trial_done(&trial);
}
END_TEST

/* Two files: all bytes that UTF-8 can have, behind one that is no text. free() files->packed. */
static void make_files(struct job_files *files, struct job_file *list, const struct buffer *all)
{
    static char names[][16] = {"bin/my tool's", "-a/b/empty", "-a/bytes"};
    struct buffer bytes = BUFFER_INIT;
    struct buffer packed = BUFFER_INIT;

    list[0] = (struct job_file){.name = names[0], .length = 43, .executable = true};
    list[1] = (struct job_file){.name = names[1]};
    list[2] = (struct job_file){.name = names[2], .length = all->length + 3};
    buffer_append(&bytes, "#!/bin/sh\necho tool: \"$1\" in \"${0%/bin/*}\"\n", list[0].length);
    buffer_append(&bytes, "\0\r\n", 3);
    buffer_append(&bytes, all->data, all->length);
    gzip_pack(&packed, bytes.data, bytes.length);
    *files = (struct job_files){.list = list, .count = 3, .packed_length = packed.length};
    files->packed = buffer_take(&packed);
    buffer_done(&bytes);
}

/* A path is that of the program itself, which may need others where it is only called by it. */
static const char *const file_tools[][3] = {
    {"gzip", "base64", NULL}, {"/usr/bin/python3", NULL, NULL}, {NULL, NULL, NULL}};

/* Also where there is no gzip, as long as there is what Azure's own agent needs. */
START_TEST(files_arrive_exactly)
{
    static const char *const others[] = {"date",  "rm",    "chmod", "head", "tail",   "cat",
                                         "mkdir", "sleep", "grep",  "tr",   "printf", NULL};
    int tools = _i / SHELLS;
    char *name = memory_print("files-%d", tools);
    char *path = make_tools(name, others);
    struct job_parameter parameter = {(char[]){"folder"}, (char[]){"/nowhere"}, false};
    struct job_file list[3];
    struct buffer all = BUFFER_INIT;
    struct buffer arrived = BUFFER_INIT;
    struct trial trial = {
        .script = "echo \"${AZFAN_FILES#*:}\"\ncat \"${AZFAN_FILES%%:*}/-a/bytes\" >arrived\n"
                  "\"$(dirname \"$0\")/bin/my tool's\" x\n"
                  "cat \"${0%/*}/-a/b/empty\"\n[ ! -e \"${0%/*}/.azfan\" ]\n",
        .parameters = {&parameter, 1},
        .timeout_ms = LONG_MS,
        .path = path};

    free(make_tools(name, (const char *const[]){"dirname", NULL}));
    free(make_tools(name, file_tools[tools]));
    add_all_bytes(&all);
    make_files(&trial.files, list, &all);
    if (has_shell(_i % SHELLS, &trial) && (trial.shell != shells[2] || tools == 0)) {
        begin(&trial);
        ck_assert(end(&trial));
        if (file_tools[tools][0] == NULL) {
            ck_assert_int_eq((int)trial.trailer.end, TRAILER_BROKEN);
            ck_assert_ptr_nonnull(strstr(buffer_text(&trial.errors),
                                         "no gzip and base64, nor python3, to unpack the files"));
        } else {
            ck_assert_msg(trial.trailer.end == TRAILER_EXIT, "%s", buffer_text(&trial.errors));
            ck_assert_int_eq(trial.trailer.status, 0);
            read_back("arrived", &arrived);
            ck_assert_uint_eq(arrived.length, all.length + 3);
            ck_assert_mem_eq(arrived.data, "\0\r\n", 3);
            ck_assert_mem_eq(arrived.data + 3, all.data, all.length);
            ck_assert_ptr_nonnull(
                strstr(buffer_text(&trial.output), "bin/my tool's:-a/b/empty:-a/bytes\n"));
            ck_assert_ptr_nonnull(strstr(buffer_text(&trial.output), "tool: x in "));
        }
        trial_done(&trial);
    }
    free(trial.files.packed);
    free(path);
    free(name);
    buffer_done(&all);
    buffer_done(&arrived);
}
END_TEST

/* What the guard puts into the script's folder has a name that no file of a job can have. */
START_TEST(no_file_has_a_name_of_the_guards)
{
    for (int i = 0; i < 2; i++) {
        struct job_file list[] = {{.name = (char[]){"a"}, .length = 0}};
        struct job job = {.name = (char[]){"job"},
                          .script = (char[]){"#!/bin/sh\n"},
                          .script_length = 10,
                          .shell = i == 0 ? JOB_SH : JOB_POWERSHELL,
                          .files = {list, 1, (char[]){""}, 0},
                          .script_timeout = NUMBER_MINUTE};
        struct job_target target = {.name = (char[]){"web-01"}};
        struct guard guard = {
            .job = &job, .target = &target, .run = "r", .batch = 1, .nonce = NONCE, .once = ONCE};
        struct buffer text = BUFFER_INIT;
        int found = 0;

        guard_write(&text, &guard);
        for (const char *at = buffer_text(&text); (at = strstr(at, "$folder/")) != NULL;) {
            char *name;

            at += strlen("$folder/");
            name = memory_copy(at, strcspn(at, "\"`'$ "));
            ck_assert_msg(name[0] == '\0' || files_is_reserved(name), "%s", name);
            found += name[0] != '\0';
            free(name);
        }
        ck_assert_int_ge(found, 3);
        buffer_done(&text);
    }
}
END_TEST

#define LINE "azfan:" NONCE " end=exit status=7 seconds=12"

START_TEST(a_trailer_is_a_whole_line)
{
    static const struct {
        const char *text;
        bool found;
    } cases[] = {
        {LINE "\n", true},
        {LINE, true},
        {"x\n" LINE "\n", true},
        {"x\r\n" LINE "\r\n", true},
        {"x\n" LINE "\nlate output of a daemon\n", true},
        {"azfan:x\n" LINE "\n", true},
        {LINE " left=1\n", true},
        {LINE " left=1\r\n", true},
        {LINE " left=0\n", false},
        {LINE " left=1 \n", false},
        {"x" LINE "\n", false},
        {LINE " \n", false},
        {LINE "x\n", false},
        {"azfan:" NONCE " end=exit status=7 seconds=\n", false},
        {"azfan:" NONCE " end=exit status= seconds=1\n", false},
        {"azfan:" NONCE " end=exit status=+7 seconds=1\n", false},
        {"azfan:" NONCE " end=exit status=99999999999 seconds=1\n", false},
        {"azfan:" NONCE " end=exits status=7 seconds=1\n", false},
        {"azfan:" NONCE " end=exit  status=7 seconds=1\n", false},
        {"azfan:" NONCE "0 end=exit status=7 seconds=1\n", false},
        {"azfan:1123456789abcdef0123456789abcdef end=exit status=7 seconds=12\n", false},
        {"azfan:0123456789ABCDEF0123456789ABCDEF end=exit status=7 seconds=12\n", false},
        {"azfan:", false},
        {"", false},
    };

    for (int i = 0; i < UNIT_COUNT(cases); i++) {
        struct trailer trailer = {.status = -1};
        bool found = trailer_find(cases[i].text, strlen(cases[i].text), NONCE, &trailer);

        ck_assert_msg(found == cases[i].found, "%s", cases[i].text);
        if (found) {
            ck_assert_int_eq(trailer.status, 7);
            ck_assert_int_eq(trailer.seconds, 12);
        }
    }
}
END_TEST

START_TEST(the_last_trailer_wins)
{
    static const char text[] = "a\0b\xff\nazfan:" NONCE " end=timeout status=143 seconds=1\n"
                               "c\n" LINE "\nd\0";
    struct trailer trailer;
    const char *start;

    ck_assert(trailer_find(text, sizeof text - 1, NONCE, &trailer));
    ck_assert_int_eq((int)trailer.end, TRAILER_EXIT);
    start = memmem(text, sizeof text - 1, "\n" LINE, strlen("\n" LINE));
    ck_assert_uint_eq(trailer.start, (size_t)(start - text));
    ck_assert_uint_eq(trailer.stop, trailer.start + strlen("\n" LINE "\n"));
    /* No nonce, no belief. */
    ck_assert(!trailer_find("azfan: end=exit status=0 seconds=0\n", 35, "", &trailer));
}
END_TEST

START_TEST(odd_numbers_in_a_trailer)
{
    static const char windows[] = "azfan:" NONCE " end=exit status=-1073741510 seconds=1";
    static const char clock[] = "azfan:" NONCE " end=exit status=0 seconds=-3600";
    struct trailer trailer;

    ck_assert(trailer_find(windows, sizeof windows - 1, NONCE, &trailer));
    ck_assert_int_eq(trailer.status, -1073741510);
    ck_assert(trailer_find(clock, sizeof clock - 1, NONCE, &trailer));
    ck_assert_int_eq(trailer.seconds, 0); /* the VM's clock was set back */
}
END_TEST

static struct job_parameter common[] = {{(char[]){"TOKEN"}, (char[]){"s3cret"}, true},
                                        {(char[]){"ROLE"}, (char[]){"replica"}, false}};
static struct job_parameter own[] = {{(char[]){"ROLE"}, (char[]){"primary"}, false},
                                     {(char[]){"EXTRA"},
                                      (char[]){"caf\xc3\xa9 \xe2\x80\x99s "
                                               "\xf0\x9f\x98\x80"},
                                      NULL}};

static void write_sample(struct buffer *text, enum job_shell shell, bool masked, const char *once)
{
    struct job job = {.script = (char[]){"Write-Output 'caf\xc3\xa9'\n"},
                      .script_length = strlen("Write-Output 'caf\xc3\xa9'\n"),
                      .shell = shell,
                      .parameters = {common, UNIT_COUNT(common)},
                      .script_timeout = 1500 * NUMBER_MILLISECOND,
                      .script_grace = masked ? 0 : 7250 * NUMBER_MILLISECOND};
    struct job_target target = {.name = (char[]){"o'neil"}, .parameters = {own, UNIT_COUNT(own)}};
    struct guard guard = {.job = &job,
                          .target = &target,
                          .run = "run-1",
                          .batch = 2,
                          .nonce = NONCE,
                          .once = once,
                          .masked = masked};

    guard_write(text, &guard);
}

#define HAS(text, part)                                                                            \
    ck_assert_msg(strstr(buffer_text(text), part) != NULL, "%s\nis not in\n%s", part,              \
                  buffer_text(text))
#define HAS_NOT(text, part)                                                                        \
    ck_assert_msg(strstr(buffer_text(text), part) == NULL, "%s\nis in\n%s", part, buffer_text(text))

START_TEST(the_text_for_sh)
{
    struct buffer text = BUFFER_INIT;
    char nonce[GUARD_NONCE_SIZE];

    write_sample(&text, JOB_SH, false, NULL);
    ck_assert_int_eq(strncmp(text.data, "#!/bin/sh\n", 10), 0);
    HAS(&text, "    TOKEN='s3cret'\n");
    HAS(&text, "    ROLE='primary'\n"); /* the target's goes over the job's */
    HAS_NOT(&text, "replica");
    HAS(&text, "    AZFAN_TARGET='o'\\''neil'\n");
    HAS(&text, "watch 1 1 "); /* whole seconds, rounded up */
    ck_assert(guard_find_nonce(text.data, text.length, nonce));
    ck_assert_str_eq(nonce, NONCE);
    HAS_NOT(&text, "azfan-once"); /* nothing of the mark where the script may run again */
    buffer_done(&text);
    write_sample(&text, JOB_SH, true, ONCE);
    HAS(&text, "    TOKEN='***'\n");
    HAS_NOT(&text, "s3cret");
    HAS(&text, "primary");
    HAS(&text, "\nmark=/azfan-once-" ONCE "\n");
    HAS(&text,
        "\nset -- \"${TMPDIR:-/var/lib/azfan}\" /run /tmp\n"); /* the first outlives a boot */
    buffer_done(&text);
}
END_TEST

/* The script between the lines of base64, decoded. */
static void decode_script(const struct buffer *text, struct buffer *ret)
{
    const char *start = strstr(text->data, "$script = '");
    const char *stop;
    struct base64_decode_ctx context;
    size_t length;

    ck_assert_ptr_nonnull(start);
    start += strlen("$script = '");
    stop = strchr(start, '\'');
    ck_assert_ptr_nonnull(stop);
    buffer_reserve(ret, (size_t)(stop - start));
    base64_decode_init(&context);
    length = ret->capacity;
    ck_assert_int_eq(base64_decode_update(&context, &length, (uint8_t *)ret->data,
                                          (size_t)(stop - start), start),
                     1);
    ck_assert_int_eq(base64_decode_final(&context), 1);
    ret->length = length;
    ret->data[length] = '\0';
}

START_TEST(the_text_for_powershell)
{
    struct buffer text = BUFFER_INIT;
    struct buffer script = BUFFER_INIT;
    char nonce[GUARD_NONCE_SIZE];

    write_sample(&text, JOB_POWERSHELL, false, NULL);
    HAS(&text, "\n$given['TOKEN'] = 's3cret'\n");
    HAS(&text, "\n$given['ROLE'] = 'primary'\n");
    HAS_NOT(&text, "replica");
    HAS(&text, "\n$given['AZFAN_TARGET'] = 'o''neil'\n");
    HAS(&text, "\n$given['EXTRA'] = 'caf' + [char]0x00E9 + ' ' + [char]0x2019 + 's ' + "
               "[char]0xD83D + '' + "
               "[char]0xDE00 + ''\n");
    HAS(&text, "WaitForExit(1500)");
    HAS(&text, "taskkill.exe /T /F /PID");
    HAS(&text, "\n$until = (Clock) + 1.500\n");
    HAS(&text, "\n$until += 7.250\n");
    HAS(&text, "${-timer}.CancelAfter(");
    for (size_t i = 0; i < text.length; i++) /* however the extension stores it, ASCII survives */
        ck_assert_int_lt((unsigned char)text.data[i], 0x80);
    decode_script(&text, &script);
    ck_assert_str_eq(script.data, "Write-Output 'caf\xc3\xa9'\n");
    ck_assert(guard_find_nonce(text.data, text.length, nonce));
    ck_assert_str_eq(nonce, NONCE);
    HAS_NOT(&text, "azfan-once");
    HAS_NOT(&text, "$marked = ");
    buffer_done(&text);
    write_sample(&text, JOB_POWERSHELL, true, ONCE);
    HAS(&text, "\n$given['TOKEN'] = '***'\n");
    HAS_NOT(&text, "s3cret");
    HAS_NOT(&text, "$until += ");
    HAS_NOT(&text, "CancelAfter");
    HAS(&text, "\n$mark = \"$place/azfan-once-" ONCE "\"\n");
    HAS(&text, "\nTidy\nReport again 1\nexit 0\n}\n");
    HAS(&text, "$marked = ");
    /* At the last moment: when all is written, and before anything starts. */
    ck_assert(strstr(text.data, "script.ps1\", $text") < strstr(text.data, "$mark = "));
    ck_assert(strstr(text.data, "Report again") <
              strstr(text.data, "[Diagnostics.Process]::Start("));
    for (size_t i = 0; i < text.length; i++)
        ck_assert_int_lt((unsigned char)text.data[i], 0x80);
    buffer_done(&text);
    buffer_done(&script);
}
END_TEST

/* No value can end the here-string that holds the runner: "'@" never begins a line but its own. */
START_TEST(a_value_cannot_leave_the_runner)
{
    static const char *const values[] = {"\n'@\nexit\n", "\n\xe2\x80\x99@\n", "\n@", "'\n@\n",
                                         "\r'@\r"};

    for (int i = 0; i < UNIT_COUNT(values); i++) {
        struct job_parameter list[] = {{(char[]){"A"}, memory_string(values[i]), false}};
        struct job job = {.script = (char[]){"x"},
                          .script_length = 1,
                          .shell = JOB_POWERSHELL,
                          .parameters = {list, 1}};
        struct job_target target = {.name = (char[]){"a"}};
        struct guard guard = {.job = &job, .target = &target, .run = "r", .nonce = NONCE};
        struct buffer text = BUFFER_INIT;
        const char *first;

        guard_write(&text, &guard);
        first = strstr(text.data, "\n'@");
        ck_assert_ptr_nonnull(first);
        ck_assert_ptr_null(strstr(first + 1, "\n'@"));
        ck_assert_int_eq(strncmp(first - strlen("exit ${-status}"), "exit ${-status}\n", 16), 0);
        buffer_done(&text);
        free(list[0].value);
    }
}
END_TEST

START_TEST(values_as_people_read_them)
{
    struct job_parameter args[] = {{NULL, (char[]){"it's"}, false}, {NULL, (char[]){"hush"}, true}};
    struct job_target target = {.name = (char[]){"vm-1"}};
    struct job job = {.shell = JOB_POWERSHELL};
    struct guard guard = {.job = &job, .target = &target, .masked = true};
    struct buffer shown = BUFFER_INIT;

    ck_assert(!guard_has_values(&guard));
    guard_show_values(&shown, &guard);
    ck_assert_str_eq(buffer_text(&shown), "");
    job.parameters = (struct job_parameters){common, UNIT_COUNT(common)};
    target.parameters = (struct job_parameters){own, UNIT_COUNT(own)};
    job.args = (struct job_parameters){args, UNIT_COUNT(args)};
    ck_assert(guard_has_values(&guard));
    guard_show_values(&shown, &guard);
    ck_assert_str_eq(buffer_text(&shown), "  TOKEN='***'\n  ROLE='primary'\n"
                                          "  EXTRA='caf\xc3\xa9 \xe2\x80\x99s \xf0\x9f\x98\x80'\n"
                                          "  -- 'it'\\''s' '***'\n");
    buffer_done(&shown);
}
END_TEST

START_TEST(nonces)
{
    char one[GUARD_NONCE_SIZE];
    char two[GUARD_NONCE_SIZE];
    char found[GUARD_NONCE_SIZE];
    struct error error;

    ck_assert_int_eq(guard_make_nonce(one, &error), 0);
    ck_assert_int_eq(guard_make_nonce(two, &error), 0);
    ck_assert_str_ne(one, two);
    ck_assert_uint_eq(strspn(one, "0123456789abcdef"), 32);
    ck_assert_uint_eq(strlen(one), 32);
    ck_assert(!guard_find_nonce("#!/bin/sh\necho\n", 15, found));
    ck_assert(!guard_find_nonce("\nazfan_nonce=0123", 17, found));
    ck_assert(!guard_find_nonce("\nazfan_nonce=" NONCE "0\n", 47, found));
    ck_assert(!guard_find_nonce("", 0, found));
    ck_assert(guard_find_nonce("\nazfan_nonce=" NONCE, 45, found));
}
END_TEST

/* A target's own arguments stand for the job's, secrets are masked, and without any there is not a
 * word of them. */
START_TEST(the_text_of_arguments)
{
    struct job_parameter shared[] = {{.value = (char[]){"it's"}},
                                     {.value = (char[]){"s3cret"}, .secret = true}};
    struct job_parameter mine[] = {{.value = (char[]){"-\xc3\xa4\r"}}};
    struct job_target targets[] = {{.name = (char[]){"a"}},
                                   {.name = (char[]){"b"}, .args = {mine, 1}},
                                   {.name = (char[]){"c"}}};
    static const char *const expected[][2] = {
        {"    set -- \"$@\" 'it'\\''s' '***'\n",
         "[void]${-call}.AddArgument('it''s')\n[void]${-call}.AddArgument('***')\n"},
        {"    set -- \"$@\" '-\xc3\xa4'\"$azfan_cr\"''\n",
         "[void]${-call}.AddArgument('-' + [char]0x00E4 + '' + [char]0x000D + '')\n"},
    };

    for (int i = 0; i < 6; i++) {
        struct job job = {.name = (char[]){"job"},
                          .script = (char[]){"true"},
                          .script_length = 4,
                          .shell = i % 2 == 0 ? JOB_SH : JOB_POWERSHELL,
                          .args = {shared, i < 4 ? 2 : 0},
                          .script_timeout = NUMBER_MINUTE};
        struct guard guard = {.job = &job,
                              .target = &targets[i / 2],
                              .run = "run-1",
                              .batch = 1,
                              .nonce = NONCE,
                              .masked = true};
        struct buffer text = BUFFER_INIT;

        guard_write(&text, &guard);
        if (i < 4)
            ck_assert_ptr_nonnull(strstr(buffer_text(&text), expected[i / 2][i % 2]));
        else
            ck_assert(strstr(buffer_text(&text), "\"$@\" ") == NULL &&
                      strstr(buffer_text(&text), "AddArgument") == NULL);
        ck_assert_ptr_null(strstr(buffer_text(&text), "s3cret"));
        buffer_done(&text);
    }
}
END_TEST

static size_t guard_size(const struct job *job, const struct job_target *target)
{
    struct buffer text = BUFFER_INIT;
    struct guard guard = {.job = job,
                          .target = target,
                          .run = "00000000T000000Z-job-0000",
                          .batch = JOB_TARGETS_MOST,
                          .nonce = NONCE,
                          .once = guard_needs_once(job) ? ONCE : NULL};
    size_t size;

    guard_write(&text, &guard);
    size = text.length;
    buffer_done(&text);
    return size;
}

/* A script and its parameters need the room, and each byte goes through az once for each VM. */
START_TEST(a_guarded_line_is_below_8_kib)
{
    struct job job = {.name = (char[]){"job"},
                      .shell = (enum job_shell)_i,
                      .script = (char[]){"hostname\n"},
                      .script_length = strlen("hostname\n"),
                      .script_timeout = 90 * NUMBER_MINUTE};
    struct job_target target = {.name = (char[]){"web-01"}};

    ck_assert_uint_lt(guard_size(&job, &target), 8192);
}
END_TEST

/* The limit is exact to the byte, for the target that needs most, in both shells, with the mark. */
START_TEST(the_size_is_exact)
{
    struct job_parameter small[] = {{(char[]){"BIG"}, (char[]){"it's small"}, false}};
    struct job_parameter big[] = {{(char[]){"BIG"}, memory_zeroed(5000, 1), false}};
    struct job_parameter args[] = {{.value = (char[]){"it's"}}, {.value = (char[]){""}}};
    struct job_target targets[] = {{.name = (char[]){"a"}},
                                   {.name = (char[]){"big-one"}},
                                   {.name = (char[]){"a-much-longer-name"}}};
    struct job job = {.name = (char[]){"job"},
                      .script = memory_zeroed(LIMITS_SCRIPT + 1, 1),
                      .shell = _i % 2 == 0 ? JOB_SH : JOB_POWERSHELL,
                      .retry = {.attempts = _i < 4 ? 1 : 3},
                      .parameters = {small, 1},
                      .args = {args, 2},
                      .targets = targets,
                      .target_count = 3,
                      .script_timeout = NUMBER_MINUTE};
    struct error error;
    bool fits;

    if (_i % 4 < 2)
        targets[1].parameters = (struct job_parameters){big, 1};
    else
        targets[1].args = (struct job_parameters){big, 1};
    memset(big[0].value, '\'', 4000);
    memset(job.script, 'x', LIMITS_SCRIPT);
    job.script_length = 1;
    ck_assert_int_eq(guard_check_size(&job, &error), 0);
    /* From surely too small to surely too large, in steps of one around the limit. */
    job.script_length = (LIMITS_SCRIPT - guard_size(&job, &targets[1])) / (_i % 2 == 0 ? 1 : 2);
    for (size_t step = 1 << 14; step > 0; step /= 2) {
        while (guard_size(&job, &targets[1]) <= LIMITS_SCRIPT)
            job.script_length += step;
        job.script_length -= step;
    }
    fits = guard_check_size(&job, &error) == 0;
    ck_assert(fits);
    job.script_length++;
    ck_assert_int_eq(guard_check_size(&job, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "big-one"));
    job.target_count = 1; /* without the big one it fits */
    ck_assert_int_eq(guard_check_size(&job, &error), 0);
    job.script_length = LIMITS_SCRIPT;
    ck_assert_int_eq(guard_check_size(&job, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "the script is too large: "));
    ck_assert_ptr_nonnull(strstr(
        error.text, " bytes with its parameters, its arguments and azfan's guard around it, "));
    job.parameters.count = 0;
    ck_assert_int_eq(guard_check_size(&job, &error), -1);
    ck_assert_ptr_nonnull(
        strstr(error.text, " bytes with its arguments and azfan's guard around it, "));
    job.args.count = 0;
    ck_assert_int_eq(guard_check_size(&job, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, " bytes with azfan's guard around it, "));
    job.target_count = 0;
    ck_assert_int_eq(guard_check_size(&job, &error), -1);
    free(big[0].value);
    free(job.script);
}
END_TEST

/* By how much, and which file is the largest. */
START_TEST(what_is_too_large_is_named)
{
    struct job_file list[] = {{.name = (char[]){"a"}, .length = 9},
                              {.name = (char[]){"b/large"}, .length = 300000},
                              {.name = (char[]){"c"}, .length = 300000}};
    struct job_parameter big[] = {{.value = memory_zeroed(2000, 1)}};
    struct job_target targets[] = {{.name = (char[]){"big-one"}, .args = {big, 1}}};
    struct job job = {.name = (char[]){"job"},
                      .script = (char[]){"true"},
                      .script_length = 4,
                      .files = {list, 3, memory_zeroed(LIMITS_SCRIPT, 1), 10},
                      .targets = targets,
                      .target_count = 1,
                      .script_timeout = NUMBER_MINUTE};
    struct error error;

    memset(big[0].value, 'x', 1999);
    /* In steps that are smaller than the argument. */
    for (job.files.packed_length = LIMITS_SCRIPT / 2; guard_check_size(&job, &error) == 0;)
        job.files.packed_length += 600;
    ck_assert_ptr_nonnull(strstr(error.text, "the script and its files are too large for target "
                                             "big-one: "));
    ck_assert_ptr_nonnull(strstr(error.text, " bytes with its parameters, its arguments, the files "
                                             "packed and azfan's guard around it, "));
    job.files.packed_length = LIMITS_SCRIPT;
    ck_assert_int_eq(guard_check_size(&job, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "the script and its files are too large: "));
    ck_assert_ptr_nonnull(strstr(error.text, " more than the 190 KiB that Azure takes; the largest "
                                             "file is b/large with 300000 bytes"));
    free(job.files.packed);
    free(big[0].value);
}
END_TEST

enum { MANY_PARAMETERS = 4000, MANY_TARGETS = 50000 };

/* As many as a job file has room for: each target against all that the job has took minutes, which
 * the test's own limit does not allow. */
START_TEST(many_parameters_of_many_targets_are_measured_at_once)
{
    struct job_parameter *shared = memory_zeroed(MANY_PARAMETERS, sizeof *shared);
    struct job_target *targets = memory_zeroed(MANY_TARGETS, sizeof *targets);
    struct job_parameter mine[] = {{(char[]){"P7"}, (char[]){"its own"}, false}};
    struct job job = {.name = (char[]){"job"},
                      .script = (char[]){"true"},
                      .script_length = 4,
                      .shell = _i == 0 ? JOB_SH : JOB_POWERSHELL,
                      .retry = {.attempts = 1},
                      .parameters = {shared, MANY_PARAMETERS},
                      .targets = targets,
                      .target_count = MANY_TARGETS,
                      .script_timeout = NUMBER_MINUTE};
    char value[] = "x";
    char name[] = "vm";
    struct error error;

    for (size_t i = 0; i < MANY_PARAMETERS; i++)
        shared[i] = (struct job_parameter){memory_print("P%zu", i), value, false};
    for (size_t i = 0; i < MANY_TARGETS; i++)
        targets[i] = (struct job_target){.name = name, .parameters = {mine, 1}};
    ck_assert_int_eq(guard_check_size(&job, &error), 0);
    for (size_t i = 0; i < MANY_PARAMETERS; i++)
        free(shared[i].name);
    free(shared);
    free(targets);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("guard");
    TCase *text = tcase_create("text");
    TCase *work = tcase_create("work");

    tcase_add_test(text, a_trailer_is_a_whole_line);
    tcase_add_test(text, the_last_trailer_wins);
    tcase_add_test(text, odd_numbers_in_a_trailer);
    tcase_add_test(text, the_text_for_sh);
    tcase_add_test(text, the_text_for_powershell);
    tcase_add_test(text, a_value_cannot_leave_the_runner);
    tcase_add_test(text, values_as_people_read_them);
    tcase_add_test(text, nonces);
    tcase_add_loop_test(text, a_guarded_line_is_below_8_kib, JOB_SH, JOB_POWERSHELL + 1);
    tcase_add_test(text, the_text_of_arguments);
    tcase_add_test(text, no_file_has_a_name_of_the_guards);
    tcase_add_test(text, what_is_too_large_is_named);
    tcase_add_loop_test(text, the_size_is_exact, 0, 8);
    tcase_add_loop_test(text, many_parameters_of_many_targets_are_measured_at_once, 0, 2);
    tcase_add_test(text, names_of_marks);
    suite_add_tcase(suite, text);
    tcase_add_unchecked_fixture(work, folder_make, folder_remove);
    tcase_set_timeout(work, 20);
    tcase_add_loop_test(work, a_script_runs, 0, UNIT_COUNT(runs) * SHELLS);
    tcase_add_loop_test(work, the_temporary_folder_goes, 0, SHELLS);
    tcase_add_loop_test(work, after_a_timeout_the_group_is_gone, 0, SHELLS);
    tcase_add_loop_test(work, what_is_stopped_is_gone, 0, UNIT_COUNT(stops) * SHELLS);
    tcase_add_loop_test(work, a_daemon_survives_and_is_not_waited_for, 0, SHELLS);
    tcase_add_loop_test(work, a_guard_that_is_stopped_stops_its_script, 0, SHELLS);
    tcase_add_loop_test(work, a_killed_sleep_is_no_timeout, 0, SHELLS);
    tcase_add_loop_test(work, a_race_has_one_winner, 0, SHELLS);
    tcase_add_loop_test(work, no_temporary_folder_is_broken, 0, SHELLS);
    tcase_add_loop_test(work, what_is_mounted_in_the_folder_stays, 0, SHELLS);
    tcase_add_loop_test(work, a_session_that_comes_late, 0, SHELLS);
    tcase_add_loop_test(work, a_machine_that_lacks_something, 0, UNIT_COUNT(machines) * SHELLS);
    tcase_add_loop_test(work, a_script_with_a_mark_runs_once, 0, SHELLS);
    tcase_add_loop_test(work, a_foreign_mark_is_not_believed, 0, SHELLS);
    tcase_add_loop_test(work, without_its_place_the_mark_is_elsewhere, 0, SHELLS);
    tcase_add_loop_test(work, of_two_guards_at_once_one_runs_it, 0, SHELLS);
    tcase_add_loop_test(work, without_a_mark_it_runs, 0, SHELLS);
    tcase_add_loop_test(work, old_marks_go, 0, SHELLS);
    tcase_add_loop_test(work, a_full_disk_is_broken, 0, SHELLS);
    tcase_add_loop_test(work, without_setsid_it_works, 0, SHELLS);
    tcase_add_loop_test(work, parameters_arrive_exactly, 0, SHELLS);
    tcase_add_loop_test(work, arguments_arrive_exactly, 0, SHELLS);
    tcase_add_loop_test(work, files_arrive_exactly, 0, SHELLS * UNIT_COUNT(file_tools));
    tcase_add_loop_test(work, the_script_arrives_exactly, 0, SHELLS);
    tcase_add_loop_test(work, what_prints_on_in_the_background_changes_nothing, 0, SHELLS);
    tcase_add_loop_test(work, what_it_left_keeps_its_folder, 0, SHELLS);
    tcase_add_loop_test(work, a_hostile_script_has_an_honest_end, 0, UNIT_COUNT(enemies) * SHELLS);
    tcase_add_loop_test(work, of_a_flood_the_ends_come_back, 0, SHELLS);
    suite_add_tcase(suite, work);
    return suite;
}

UNIT_MAIN(make_suite)
