/* SPDX-License-Identifier: MIT */
#include "azure/guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "azure/guard_shell.h"
#include "base/buffer.h"
#include "base/caseless.h"
#include "base/digest.h"
#include "base/memory.h"
#include "sys/fault.h"

enum {
    NONCE_BYTES = (GUARD_NONCE_SIZE - 1) / 2,
    HEAD = 1024 /* where a guard's nonce stands: within its first bytes */
};

int guard_make_nonce(char nonce[GUARD_NONCE_SIZE], struct error *error)
{
    unsigned char bytes[NONCE_BYTES];
    ssize_t got;

    do
        got = FAULT("guard.getrandom") ? -1 : getrandom(bytes, sizeof bytes, 0);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof bytes)
        return error_set(error, "cannot get random numbers from the kernel: %s", strerror(errno));
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

bool guard_needs_once(const struct job *job)
{
    return !job->idempotent;
}

void guard_name_once(const char *run, const char *id, char once[GUARD_ONCE_SIZE])
{
    struct buffer both = BUFFER_INIT;
    char digest[DIGEST_TEXT_SIZE];

    caseless_append(&both, run);
    buffer_add_char(&both, ' ');
    caseless_append(&both, id);
    digest_print(both.data, both.length, digest);
    memcpy(once, digest, GUARD_ONCE_SIZE - 1);
    once[GUARD_ONCE_SIZE - 1] = '\0';
    buffer_done(&both);
}

void guard_quote(struct buffer *buffer, enum job_shell shell, const char *value)
{
    if (shell == JOB_POWERSHELL)
        guard_powershell_quote(buffer, value);
    else
        guard_sh_quote(buffer, value);
}

void guard_write(struct buffer *buffer, const struct guard *guard)
{
    if (guard->job->shell == JOB_POWERSHELL)
        guard_powershell_write(buffer, guard);
    else
        guard_sh_write(buffer, guard);
}

static size_t size_of(const struct guard *guard)
{
    struct buffer text = BUFFER_INIT;
    size_t size;

    guard_write(&text, guard);
    size = text.length;
    buffer_done(&text);
    return size;
}

int guard_check_size(const struct job *job, struct error *error)
{
    struct job_target nobody = {.name = (char[]){""}};
    char nonce[GUARD_NONCE_SIZE];
    char *run = memory_print("00000000T000000Z-%s-0000", job->name);
    struct guard guard = {.job = job, .target = &nobody, .run = run, .nonce = nonce};
    struct guard_form form =
        job->shell == JOB_POWERSHELL
            ? (struct guard_form){guard_powershell_assign, guard_powershell_pass}
            : (struct guard_form){guard_sh_assign, guard_sh_pass};
    const struct job_target *largest;
    int64_t more = 0;
    size_t without;
    size_t size;

    memset(nonce, '0', sizeof nonce - 1);
    nonce[sizeof nonce - 1] = '\0';
    guard.once = guard_needs_once(job) ? nonce : NULL; /* any name: all are of one size */
    guard.batch = JOB_TARGETS_MOST;
    without = size_of(&guard);
    free(run);
    if (without > JOB_SCRIPT_LIMIT)
        return error_set(error,
                         "the script is too large: %zu bytes with azfan's guard around it, and "
                         "Azure takes %d KiB",
                         without, JOB_SCRIPT_LIMIT / 1024);
    largest = guard_find_largest(job, form, &more);
    size = without + (size_t)more;
    if (size <= JOB_SCRIPT_LIMIT)
        return 0;
    return error_set(error,
                     "the script is too large for target %s: %zu bytes with its parameters, its "
                     "arguments and azfan's guard around it, and Azure takes %d KiB",
                     largest->name, size, JOB_SCRIPT_LIMIT / 1024);
}

static bool is_nonce(const char *text, size_t length)
{
    return length >= GUARD_NONCE_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == GUARD_NONCE_SIZE - 1;
}

bool guard_find_nonce(const char *script, size_t length, char nonce[GUARD_NONCE_SIZE])
{
    static const char *const marks[] = {"\n" GUARD_SH_NONCE, "\n" GUARD_POWERSHELL_NONCE};
    char *head = memory_copy(script, length < HEAD ? length : HEAD);
    bool found = false;

    for (size_t i = 0; i < sizeof marks / sizeof marks[0] && !found; i++) {
        const char *at = strstr(head, marks[i]);

        if (at == NULL)
            continue;
        at += strlen(marks[i]);
        if (is_nonce(at, strlen(at))) {
            memcpy(nonce, at, GUARD_NONCE_SIZE - 1);
            nonce[GUARD_NONCE_SIZE - 1] = '\0';
            found = true;
        }
    }
    free(head);
    return found;
}
