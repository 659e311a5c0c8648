/* SPDX-License-Identifier: MIT */
#include "azure/guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "azure/guard_shell.h"
#include "base/buffer.h"
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

const char *guard_script(const struct guard *guard, size_t *ret_length)
{
    const char *script = guard->job->script;
    size_t length = guard->job->script_length;
    size_t mark = length >= 3 && memcmp(script, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    *ret_length = length - mark;
    return script + mark;
}

static void assign(struct buffer *buffer, const struct guard *guard, const char *name,
                   const char *value)
{
    if (guard->job->shell == JOB_POWERSHELL)
        guard_powershell_assign(buffer, name, value);
    else
        guard_sh_assign(buffer, name, value);
}

static const struct job_parameter *find(const struct job_parameters *parameters, const char *name)
{
    for (size_t i = 0; i < parameters->count; i++) {
        if (strcmp(parameters->list[i].name, name) == 0)
            return &parameters->list[i];
    }
    return NULL;
}

static void assign_parameter(struct buffer *buffer, const struct guard *guard,
                             const struct job_parameter *parameter)
{
    bool hidden = guard->masked && parameter->source != NULL;

    assign(buffer, guard, parameter->name, hidden ? "***" : parameter->value);
}

void guard_write_parameters(struct buffer *buffer, const struct guard *guard)
{
    const struct job_parameters *common = &guard->job->parameters;
    const struct job_parameters *own = &guard->target->parameters;
    char number[16];

    for (size_t i = 0; i < common->count; i++) {
        const struct job_parameter *over = find(own, common->list[i].name);

        assign_parameter(buffer, guard, over != NULL ? over : &common->list[i]);
    }
    for (size_t i = 0; i < own->count; i++) {
        if (find(common, own->list[i].name) == NULL)
            assign_parameter(buffer, guard, &own->list[i]);
    }
    assign(buffer, guard, "AZFAN_TARGET", guard->target->name);
    assign(buffer, guard, "AZFAN_RUN", guard->run);
    (void)snprintf(number, sizeof number, "%d", guard->batch);
    assign(buffer, guard, "AZFAN_BATCH", number);
}

void guard_write(struct buffer *buffer, const struct guard *guard)
{
    if (guard->job->shell == JOB_POWERSHELL)
        guard_powershell_write(buffer, guard);
    else
        guard_sh_write(buffer, guard);
}

/*
 * The target with the most bytes of parameters. The rest of a guard is the
 * same for all, so its guard is the largest. Targets without parameters of
 * their own differ in their name only.
 */
static const struct job_target *find_largest(struct guard *guard)
{
    const struct job *job = guard->job;
    const struct job_target *largest = NULL;
    struct buffer parameters = BUFFER_INIT;
    size_t longest_name = 0;
    size_t most = 0;

    for (size_t i = 0; i < job->target_count; i++) {
        guard->target = &job->targets[i];
        if (guard->target->parameters.count == 0) {
            if (largest != NULL && strlen(guard->target->name) <= longest_name)
                continue;
            longest_name = strlen(guard->target->name);
        }
        parameters.length = 0;
        guard_write_parameters(&parameters, guard);
        if (largest == NULL || parameters.length > most) {
            largest = guard->target;
            most = parameters.length;
        }
    }
    buffer_done(&parameters);
    return largest;
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
    const struct job_target *largest;
    size_t without;
    size_t size;

    memset(nonce, '0', sizeof nonce - 1);
    nonce[sizeof nonce - 1] = '\0';
    guard.batch = JOB_TARGETS_MOST;
    without = size_of(&guard);
    largest = find_largest(&guard);
    guard.target = largest != NULL ? largest : &nobody;
    size = size_of(&guard);
    free(run);
    if (size <= JOB_SCRIPT_LIMIT)
        return 0;
    if (without > JOB_SCRIPT_LIMIT || largest == NULL)
        return error_set(error,
                         "the script is too large: %zu bytes with azfan's guard around it, and "
                         "Azure takes %d KiB",
                         without, JOB_SCRIPT_LIMIT / 1024);
    return error_set(error,
                     "the script is too large for target %s: %zu bytes with its parameters and "
                     "azfan's guard around it, and Azure takes %d KiB",
                     largest->name, size, JOB_SCRIPT_LIMIT / 1024);
}

struct reader {
    const char *at;
    const char *end;
};

static bool read_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

/* At most 12 digits, so that nothing overflows. */
static bool read_integer(struct reader *reader, int64_t *ret)
{
    bool negative = read_word(reader, "-");
    const char *start = reader->at;

    *ret = 0;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9' &&
           reader->at - start < 12)
        *ret = *ret * 10 + (*reader->at++ - '0');
    if (negative)
        *ret = -*ret;
    return reader->at > start;
}

static bool read_end(struct reader *reader, enum guard_end *ret)
{
    static const struct {
        const char *word;
        enum guard_end end;
    } ends[] = {{"exit ", GUARD_EXIT}, {"timeout ", GUARD_TIMEOUT}, {"broken ", GUARD_BROKEN}};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (read_word(reader, ends[i].word)) {
            *ret = ends[i].end;
            return true;
        }
    }
    return false;
}

/* Reads a trailer that begins at START; the number of its bytes, with the newline, is in *RET. */
static bool read_trailer(const char *start, const char *end, const char *nonce,
                         struct guard_trailer *ret, size_t *ret_length)
{
    struct reader reader = {start, end};
    int64_t status = 0;

    if (!read_word(&reader, "azfan:") || !read_word(&reader, nonce) ||
        !read_word(&reader, " end=") || !read_end(&reader, &ret->end) ||
        !read_word(&reader, "status=") || !read_integer(&reader, &status) ||
        !read_word(&reader, " seconds=") || !read_integer(&reader, &ret->seconds))
        return false;
    (void)read_word(&reader, "\r"); /* Windows */
    if (reader.at < end && !read_word(&reader, "\n"))
        return false;
    if (status < INT32_MIN || status > INT32_MAX)
        return false;
    ret->status = (int)status;
    if (ret->seconds < 0)
        ret->seconds = 0; /* the VM's clock was set back */
    *ret_length = (size_t)(reader.at - start);
    return true;
}

/* How many bytes of TEXT before AT are the newline (of Windows, perhaps) that the guard wrote. */
static size_t newline_before(const char *text, const char *at)
{
    if (at == text)
        return 0;
    return at - text >= 2 && at[-2] == '\r' ? 2 : 1;
}

bool guard_find_trailer(const char *text, size_t length, const char *nonce,
                        struct guard_trailer *ret)
{
    static const char begin[] = "azfan:";
    const char *end = text + length;
    const char *at = text;
    bool found = false;

    if (nonce[0] == '\0')
        return false;
    while (at != NULL && at < end &&
           (at = memmem(at, (size_t)(end - at), begin, sizeof begin - 1)) != NULL) {
        struct guard_trailer trailer;
        size_t size = 0;

        if ((at == text || at[-1] == '\n') && read_trailer(at, end, nonce, &trailer, &size)) {
            trailer.start = (size_t)(at - text) - newline_before(text, at);
            trailer.stop = (size_t)(at - text) + size;
            *ret = trailer;
            found = true;
        }
        at += sizeof begin - 1;
    }
    return found;
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
