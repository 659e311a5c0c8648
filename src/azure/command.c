/* SPDX-License-Identifier: MIT */
#include "azure/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "azure/rest.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "sys/place.h"

/* Makes COMMAND az with ARGUMENTS (NULL-terminated) after az's own prefix. */
static void build(struct command *command, const struct az *az, const char *const *arguments)
{
    struct strings *list = &command->arguments;

    strings_add(list, az->program);
    if (az->prefix != NULL)
        strings_add(list, az->prefix);
    strings_add_all(list, arguments);
    command->child = (struct child_command){.program = az->program,
                                            .arguments = list->list,
                                            .environment = az->environment.list,
                                            .input = -1,
                                            .output = -1,
                                            .errors = -1,
                                            .led = az->led};
}

/*
 * az opens PATH, not our descriptor; a folder that was renamed, removed or unmounted can be written
 * as before. az takes the name of a file that is not there for the script.
 */
static int check_name(const char *path, int fd)
{
    struct stat named;
    struct stat ours;

    if (lstat(path, &named) < 0 || fstat(fd, &ours) < 0)
        return -errno;
    return named.st_dev == ours.st_dev && named.st_ino == ours.st_ino ? 0 : -ENOENT;
}

/*
 * Writes the file PATH, which is NAME in FOLDER, anew, or for the first time. Files are used again
 * from one attempt to the next, and never emptied: ext4 takes longer to make and remove thousands
 * of files than it takes to start the processes, and it sends a file that was emptied and written
 * to the disk at once (auto_da_alloc in ext4(5)).
 */
static int write_file(int folder, const char *name, const char *path, const struct buffer *text)
{
    int fd = FAULT("command.open") ? -errno : place_open_file(folder, name);
    int code;

    if (fd < 0)
        return fd;
    code = FAULT("command.write") ? -errno : fd_write_all(fd, text->data, text->length);
    if (code == 0 && ftruncate(fd, (off_t)text->length) < 0)
        code = -errno;
    if (code == 0)
        code = check_name(path, fd);
    fd_close(&fd);
    if (code < 0)
        (void)unlinkat(folder, name, 0);
    return code;
}

static int write_script(struct command *command, const struct az *az, const struct guard *guard,
                        unsigned slot, struct error *error)
{
    struct guard own = *guard;
    struct buffer text = BUFFER_INIT;
    char *name = memory_print("%06u.%s", slot, guard->job->shell == JOB_POWERSHELL ? "ps1" : "sh");
    int code;

    own.nonce = command->nonce;
    guard_write(&text, &own);
    command->file = memory_print("%s/%s", az->folder.path, name);
    code = write_file(az->folder.folder, name, command->file, &text);
    if (text.data != NULL)
        explicit_bzero(text.data, text.length); /* secrets */
    buffer_done(&text);
    free(name);
    return code < 0 ? error_set(error, "cannot write %s: %s", command->file, strerror(-code)) : 0;
}

static const char *command_id(enum job_shell shell)
{
    return shell == JOB_POWERSHELL ? "RunPowerShellScript" : "RunShellScript";
}

static void build_invoke(struct command *command, const struct az *az, enum job_shell shell,
                         const char *id, const char *file)
{
    const char *kind = command_id(shell);
    char *scripts = memory_print("@%s", file);

    build(command, az,
          (const char *const[]){"vm", "run-command", "invoke", "--ids", id, "--command-id", kind,
                                "--scripts", scripts, "-o", "json", "--only-show-errors", NULL});
    free(scripts);
}

/* Makes COMMAND azfan-rest with REQUEST as its standard input. */
static void run_rest(struct command *command, const struct az *az, int request)
{
    const struct rest *rest = az->rest;
    bool simulated = rest->prefix != NULL;

    command->request = request;
    strings_add(&command->arguments, rest->program);
    if (simulated)
        strings_add(&command->arguments, rest->prefix);
    command->child = (struct child_command){.program = rest->program,
                                            .arguments = command->arguments.list,
                                            .environment = simulated ? az->environment.list
                                                                     : rest->environment.list,
                                            .input = request,
                                            .output = -1,
                                            .errors = -1};
}

/* azfan-rest: all that it needs is in its request, and its token in the page. */
static int build_rest(struct command *command, const struct az *az,
                      const struct rest_request *request, struct error *error)
{
    const struct rest_page *page = rest_page_of(az->rest, request->id);
    int fd;

    if (page == NULL)
        return error_set(error, "there is no token for the subscription of %s", request->id);
    fd = rest_write_request(az->rest, request, error);
    if (fd < 0)
        return -1;
    run_rest(command, az, fd);
    command->child.extra = page->token.fd;
    command->child.led = az->led;
    return 0;
}

static int build_request(struct command *command, const struct az *az, const struct guard *guard,
                         const char *id, struct error *error)
{
    struct guard own = *guard;
    struct buffer text = BUFFER_INIT;
    struct rest_request request = {
        .id = id, .command_id = command_id(guard->job->shell), .deadline = guard->job->timeout};
    int result;

    own.nonce = command->nonce;
    guard_write(&text, &own);
    request.script = buffer_text(&text);
    result = build_rest(command, az, &request, error);
    if (text.data != NULL)
        explicit_bzero(text.data, text.length); /* secrets */
    buffer_done(&text);
    return result;
}

int command_invoke(struct command *command, const struct az *az, const struct guard *guard,
                   const char *id, unsigned slot, struct error *error)
{
    *command = (struct command){.file = NULL};
    if (guard_make_nonce(command->nonce, error) < 0)
        return -1;
    if (az->rest != NULL)
        return build_request(command, az, guard, id, error);
    if (write_script(command, az, guard, slot, error) < 0) {
        free(command->file);
        command->file = NULL;
        return -1;
    }
    build_invoke(command, az, guard->job->shell, id, command->file);
    return 0;
}

int command_ask(struct command *command, const struct az *az, const char *id, const char *operation,
                const char *nonce, int64_t deadline, struct error *error)
{
    struct rest_request request = {.id = id, .operation = operation, .deadline = deadline};

    *command = (struct command){.file = NULL};
    (void)snprintf(command->nonce, sizeof command->nonce, "%s", nonce);
    return build_rest(command, az, &request, error);
}

static int build_token_request(struct command *command, const struct az *az, struct error *error)
{
    int fd = rest_write_token_request(az->rest, COMMAND_TOKEN_TIMEOUT, error);

    if (fd < 0)
        return -1;
    run_rest(command, az, fd);
    return 0;
}

int command_token(struct command *command, const struct az *az, const char *subscription,
                  struct error *error)
{
    *command = (struct command){.file = NULL};
    if (az->rest != NULL && az->rest->identity != JOB_IDENTITY_AZ)
        return build_token_request(command, az, error);
    build(command, az,
          (const char *const[]){"account", "get-access-token", "-o", "json", "--only-show-errors",
                                subscription != NULL ? "--subscription" : NULL, subscription,
                                NULL});
    return 0;
}

void command_accounts(struct command *command, const struct az *az)
{
    *command = (struct command){.file = NULL};
    build(command, az,
          (const char *const[]){
              "account", "list", "--all", "--query",
              "[].{id:id, name:name, tenantId:tenantId, isDefault:isDefault, user:user}", "-o",
              "json", "--only-show-errors", NULL});
}

void command_cloud(struct command *command, const struct az *az)
{
    *command = (struct command){.file = NULL};
    build(command, az,
          (const char *const[]){"cloud", "show", "--query",
                                "{endpoints:{resourceManager:endpoints.resourceManager}}", "-o",
                                "json", "--only-show-errors", NULL});
}

void command_version(struct command *command, const struct az *az)
{
    *command = (struct command){.file = NULL};
    build(command, az, (const char *const[]){"version", "-o", "json", "--only-show-errors", NULL});
}

static bool is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+=./:,@%";

    return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

static void print(const struct command *command, struct buffer *buffer)
{
    for (size_t i = 0; i < command->arguments.count; i++) {
        const char *word = command->arguments.list[i];

        if (i > 0)
            buffer_add_char(buffer, ' ');
        if (is_plain(word)) {
            buffer_add(buffer, word);
            continue;
        }
        buffer_add_char(buffer, '\'');
        for (; *word != '\0'; word++) {
            if (*word == '\'')
                buffer_add(buffer, "'\\''");
            else
                buffer_add_char(buffer, *word);
        }
        buffer_add_char(buffer, '\'');
    }
}

void command_show(struct buffer *buffer, const char *program, enum job_shell shell, const char *id)
{
    char *name = memory_string(program);
    struct az az = {.program = name};
    struct command command = {.file = NULL};

    build_invoke(&command, &az, shell, id, "SCRIPT");
    print(&command, buffer);
    command_done(&command, true);
    free(name);
}

void command_done(struct command *command, bool gone)
{
    if (command->file != NULL && !gone)
        (void)unlink(command->file);
    free(command->file);
    if (command->request > 0)
        fd_close(&command->request);
    strings_done(&command->arguments);
    *command = (struct command){.file = NULL};
}
