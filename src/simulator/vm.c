/* SPDX-License-Identifier: MIT */
#include "simulator/vm.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/caseless.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/strings.h"
#include "base/text.h"
#include "engine/child.h"
#include "job/limits.h"
#include "job/targets.h"
#include "sys/fd.h"
#include "sys/file.h"

enum {
    RUNS_MOST = 1000000,
    DIGEST_MOST = 16 /* characters of a digest in a name */
};

#define SCRIPT_SH         "script.sh"
#define SCRIPT_POWERSHELL "script0.ps1"

static void add_digest(struct buffer *path, const struct buffer *text)
{
    char digest[DIGEST_TEXT_SIZE];

    digest_print(text->data, text->length, digest);
    buffer_append(path, digest, DIGEST_MOST);
}

/*
 * Appends NAME in lower case, one '_' for each character that has no place in a file's name, and
 * then what tells it from others that look the same.
 */
static void add_safe(struct buffer *path, const char *name)
{
    struct buffer text = BUFFER_INIT;
    bool whole = true;

    caseless_append(&text, name);
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool safe = byte < 0x80 && (isalnum(byte) || strchr("-_.()", byte) != NULL);

        if (safe || !text_is_within_character(text.data[i]))
            buffer_add_char(path, (char)(safe ? byte : '_'));
        whole = whole && safe;
    }
    if (!whole)
        add_digest(path, &text);
    buffer_done(&text);
}

void simulator_vm_init(struct simulator_vm *vm, const char *folder, const struct targets_id *id)
{
    struct buffer path = BUFFER_INIT;

    buffer_print(&path, "%s/vm/", folder);
    add_safe(&path, id->name);
    buffer_add_char(&path, '+'); /* in no name and in no group */
    add_safe(&path, id->resource_group);
    buffer_add_char(&path, '+');
    add_safe(&path, id->subscription);
    vm->path = buffer_take(&path);
    vm->lock = -1;
    vm->folder = NULL;
}

void simulator_vm_done(struct simulator_vm *vm)
{
    fd_close(&vm->lock);
    free(vm->path);
    free(vm->folder);
    vm->path = NULL;
    vm->folder = NULL;
}

/* The file's size is the count: appending is atomic, and there is nothing to parse. */
int simulator_vm_count(struct simulator_vm *vm, int64_t *ret, struct error *error)
{
    char *path = memory_print("%s.attempts", vm->path);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat status;
    int result = 0;

    if (fd < 0 || fd_write_all(fd, ".", 1) < 0 || fstat(fd, &status) < 0)
        result = error_set(error, "cannot write %s: %s", path, strerror(errno));
    else
        *ret = status.st_size;
    fd_close(&fd);
    free(path);
    return result;
}

int simulator_vm_lock(struct simulator_vm *vm, struct error *error)
{
    char *path = memory_print("%s.lock", vm->path);
    int result = 1;

    vm->lock = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
    if (vm->lock < 0 || flock(vm->lock, LOCK_EX | LOCK_NB) < 0) {
        result = vm->lock >= 0 && errno == EWOULDBLOCK
                     ? 0
                     : error_set(error, "cannot lock %s: %s", path, strerror(errno));
        fd_close(&vm->lock);
    }
    free(path);
    return result;
}

/* The next free number, as the agent counts (/var/lib/waagent/run-command/download/N). */
static int make_folder(struct simulator_vm *vm, struct error *error)
{
    if (mkdir(vm->path, 0700) < 0 && errno != EEXIST)
        return error_set(error, "cannot make folder %s: %s", vm->path, strerror(errno));
    for (int number = 0; number < RUNS_MOST; number++) {
        vm->folder = memory_print("%s/%d", vm->path, number);
        if (mkdir(vm->folder, 0700) == 0)
            return 0;
        if (errno != EEXIST)
            return error_set(error, "cannot make folder %s: %s", vm->folder, strerror(errno));
        free(vm->folder);
        vm->folder = NULL;
    }
    return error_set(error, "cannot use folder %s: it is full", vm->path);
}

static int open_stream(const struct simulator_vm *vm, const char *stream, struct error *error)
{
    char *path = memory_print("%s/%s", vm->folder, stream);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0)
        (void)error_set(error, "cannot write %s: %s", path, strerror(errno));
    free(path);
    return fd;
}

/* Uses ARGUMENTS, the first of which is the program, and ENVIRONMENT up. */
static int start_process(struct simulator_vm *vm, struct strings *arguments,
                         struct strings *environment, int output, int errors, struct child *child,
                         struct error *error)
{
    struct child_command command = {.program = arguments->list[0],
                                    .arguments = arguments->list,
                                    .environment = environment->list,
                                    .folder = vm->folder,
                                    .input = vm->lock,
                                    .output = output,
                                    .errors = errors};

    int result = child_start(child, &command, error) < 0 ? -1 : 0;

    strings_done(arguments);
    strings_done(environment);
    return result;
}

#define USUAL_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* The agent's environment is that small: no HOME, no USER (azure-cli#9596). */
static int start_shell(struct simulator_vm *vm, int output, int errors, struct child *child,
                       struct error *error)
{
    struct strings arguments = STRINGS_INIT;
    struct strings environment = STRINGS_INIT;

    /* As the agent's "/bin/sh -c PATH" (main/exec.go), but this path may have blanks in it. */
    strings_add_all(&arguments, (const char *const[]){"/bin/sh", "-c", "./" SCRIPT_SH, NULL});
    strings_add(&environment, "PATH=" USUAL_PATH);
    strings_print(&environment, "PWD=%s", vm->folder);
    strings_add(&environment, "LANG=C.UTF-8");
    strings_add(&environment, "SHLVL=1");
    return start_process(vm, &arguments, &environment, output, errors, child, error);
}

/* What a Windows VM has, for Linux: powershell.exe, and taskkill.exe with the guard's own
 * arguments, the last of which is the process. */
static const char taskkill[] =
    "#!/bin/sh\n"
    "kill_tree() {\n"
    "    kill -STOP \"$1\" # or it starts more\n"
    "    for child in $(pgrep -P \"$1\"); do kill_tree \"$child\"; done\n"
    "    kill -KILL \"$1\"\n"
    "}\n"
    "case $* in */F*) ;; *) exit 1 ;; esac # no console program heeds it\n"
    "for last; do :; done\n"
    "kill_tree \"$last\"\n";

static int install_windows(const char *bin, const char *powershell, struct error *error)
{
    char *program = memory_print("%s/powershell.exe", bin);
    char *killer = memory_print("%s/taskkill.exe", bin);
    int result = 0;

    if (mkdir(bin, 0700) < 0 || symlink(powershell, program) < 0)
        result = error_set(error, "cannot make %s: %s", program, strerror(errno));
    else
        result = file_write(killer, 0700, taskkill, strlen(taskkill), error);
    free(program);
    free(killer);
    return result;
}

/* As the agent's powershell -ExecutionPolicy Unrestricted -File PATH. */
static int start_powershell(struct simulator_vm *vm, const char *powershell, int output, int errors,
                            struct child *child, struct error *error)
{
    const char *dotnet = getenv("DOTNET_ROOT");
    struct strings arguments = STRINGS_INIT;
    struct strings environment = STRINGS_INIT;
    char *bin = memory_print("%s/bin", vm->folder);
    int result = install_windows(bin, powershell, error);

    if (result == 0) {
        strings_print(&arguments, "%s/powershell.exe", bin);
        strings_add(&arguments, "-File");
        strings_add(&arguments, SCRIPT_POWERSHELL);
        /* What Windows has one of for all programs, a simulated VM has for itself. */
        strings_add(&environment, "NO_COLOR=1");
        strings_add(&environment, "LC_ALL=C.UTF-8");
        strings_print(&environment, "PATH=%s:" USUAL_PATH, bin);
        strings_print(&environment, "HOME=%s", vm->folder);
        strings_print(&environment, "TMPDIR=%s", vm->folder);
        strings_print(&environment, "ProgramData=%s", vm->path);
        if (dotnet != NULL)
            strings_print(&environment, "DOTNET_ROOT=%s", dotnet);
        result = start_process(vm, &arguments, &environment, output, errors, child, error);
    }
    free(bin);
    return result;
}

/* The extension does that to the whole file, for a script that was written on Windows. */
static void add_with_unix_lines(struct buffer *buffer, const struct buffer *script)
{
    for (size_t i = 0; i < script->length; i++) {
        bool ends =
            script->data[i] == '\r' && i + 1 < script->length && script->data[i + 1] == '\n';

        if (!ends)
            buffer_add_char(buffer, script->data[i]);
    }
}

int simulator_vm_start(struct simulator_vm *vm, const struct buffer *script, const char *powershell,
                       struct child *child, struct error *error)
{
    struct buffer text = BUFFER_INIT;
    char *path;
    int output = -1;
    int errors = -1;
    int result;

    if (make_folder(vm, error) < 0)
        return -1;
    path = memory_print("%s/%s", vm->folder, powershell != NULL ? SCRIPT_POWERSHELL : SCRIPT_SH);
    if (powershell != NULL)
        buffer_append(&text, script->data, script->length);
    else
        add_with_unix_lines(&text, script);
    result = file_write(path, 0500, buffer_text(&text), text.length, error);
    buffer_done(&text);
    free(path);
    /* Files, not pipes: what the script leaves running holds nobody up. */
    if (result == 0)
        output = open_stream(vm, "stdout", error);
    if (output >= 0)
        errors = open_stream(vm, "stderr", error);
    if (errors < 0)
        result = -1;
    else if (powershell != NULL)
        result = start_powershell(vm, powershell, output, errors, child, error);
    else
        result = start_shell(vm, output, errors, child, error);
    fd_close(&output);
    fd_close(&errors);
    /* Now only the guard holds it. */
    fd_close(&vm->lock);
    return result;
}

int simulator_vm_read(const struct simulator_vm *vm, const char *stream, struct buffer *buffer,
                      struct error *error)
{
    char *path = memory_print("%s/%s", vm->folder, stream);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    ssize_t got = -1;

    if (fd >= 0 && fstat(fd, &status) == 0) {
        buffer_reserve(buffer, LIMITS_STREAM);
        got = pread(fd, buffer->data + buffer->length, LIMITS_STREAM,
                    status.st_size > LIMITS_STREAM ? status.st_size - LIMITS_STREAM : 0);
    }
    if (got < 0) {
        (void)error_set(error, "cannot read %s: %s", path, strerror(errno));
    } else {
        buffer->length += (size_t)got;
        buffer->data[buffer->length] = '\0';
    }
    fd_close(&fd);
    free(path);
    return got < 0 ? -1 : 0;
}
