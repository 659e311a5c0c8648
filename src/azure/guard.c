/* SPDX-License-Identifier: MIT */
#include "azure/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <nettle/base16.h>
#include <nettle/base64.h>

#include "azure/guard_shell.h"
#include "base/buffer.h"
#include "base/caseless.h"
#include "base/digest.h"
#include "base/memory.h"
#include "job/limits.h"
#include "sys/fault.h"

enum {
    NONCE_BYTES = (GUARD_NONCE_SIZE - 1) / 2,
    LINE = 96,  /* of base64 */
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
    base16_encode_update(nonce, sizeof bytes, bytes);
    nonce[GUARD_NONCE_SIZE - 1] = '\0';
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

void guard_add_base64(struct buffer *buffer, const char *bytes, size_t length)
{
    size_t size = BASE64_ENCODE_RAW_LENGTH(length);
    char *encoded = memory_zeroed(size + 1, 1);

    base64_encode_raw(encoded, length, (const uint8_t *)bytes);
    for (size_t at = 0; at < size; at += LINE) {
        buffer_append(buffer, encoded + at, size - at < LINE ? size - at : LINE);
        buffer_add_char(buffer, '\n');
    }
    free(encoded);
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

static const struct job_file *find_largest_file(const struct job_files *files)
{
    const struct job_file *largest = NULL;

    for (size_t i = 0; i < files->count; i++) {
        if (largest == NULL || files->list[i].length > largest->length)
            largest = &files->list[i];
    }
    return largest;
}

/* What there is beside the script, of which a target may have some of its own. */
static void add_contents(struct buffer *text, const struct job *job,
                         const struct job_target *target)
{
    const char *contents[3];
    size_t count = 0;

    if (target != NULL || job->parameters.count > 0)
        contents[count++] = "its parameters";
    if (target != NULL || job->args.count > 0)
        contents[count++] = "its arguments";
    if (job->files.count > 0)
        contents[count++] = "the files packed";
    for (size_t i = 0; i < count; i++)
        buffer_print(text, "%s%s", contents[i], i + 1 < count ? ", " : " and ");
}

/* TARGET: the one that the SIZE is of; NULL: it would be of any. */
static int say_too_large(const struct job *job, const struct job_target *target, size_t size,
                         struct error *error)
{
    const struct job_file *file = find_largest_file(&job->files);
    struct buffer text = BUFFER_INIT;

    buffer_print(&text, "the script%s too large", file != NULL ? " and its files are" : " is");
    if (target != NULL)
        buffer_print(&text, " for target %s", target->name);
    buffer_print(&text, ": %zu bytes with ", size);
    add_contents(&text, job, target);
    buffer_print(&text, "azfan's guard around it, %zu more than the %d KiB that Azure takes",
                 size - LIMITS_SCRIPT, LIMITS_SCRIPT / 1024);
    if (file != NULL)
        buffer_print(&text, "; the largest file is %s with %zu bytes", file->name, file->length);
    (void)error_set(error, "%s", buffer_text(&text));
    buffer_done(&text);
    return -1;
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
    if (without > LIMITS_SCRIPT)
        return say_too_large(job, NULL, without, error);
    largest = guard_find_largest(job, form, &more);
    size = without + (size_t)more;
    return size <= LIMITS_SCRIPT ? 0 : say_too_large(job, largest, size, error);
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
