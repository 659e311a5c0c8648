/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A sequence lock: the writer makes the sequence odd, writes, makes it even
 * again; a reader copies between two looks at the sequence, and what it has copied counts only when
 * both were the same even number. All that is shared is atomic, the token in words of 8 bytes, so
 * that reading amid a write is no data race, only of no use.
 */
#include "sys/tokenpage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fd.h"

enum { WORDS = TOKENPAGE_LONGEST / sizeof(uint64_t), TRIES_MOST = 1000 };

struct tokenpage_memory {
    _Atomic uint64_t sequence;
    _Atomic int64_t interval;
    _Atomic uint64_t words[WORDS];
};

static int map(struct tokenpage *page, int protection, struct error *error)
{
    void *memory = mmap(NULL, sizeof *page->memory, protection, MAP_SHARED, page->fd, 0);

    if (memory == MAP_FAILED)
        return error_set(error, "cannot map the token's memory: %s", strerror(errno));
    page->memory = memory;
    return 0;
}

/* Azfan's own mapping stands before the seal, which forbids any later one to write. */
int tokenpage_make(struct tokenpage *ret, struct error *error)
{
    *ret = (struct tokenpage){.fd = memfd_create("token", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (ret->fd < 0)
        return error_set(error, "cannot make memory for a token: %s", strerror(errno));
    if (ftruncate(ret->fd, sizeof *ret->memory) < 0 ||
        map(ret, PROT_READ | PROT_WRITE, error) < 0 ||
        fcntl(ret->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE) < 0) {
        int cause = errno;

        tokenpage_close(ret);
        return error_set(error, "cannot make memory for a token: %s", strerror(cause));
    }
    return 0;
}

int tokenpage_write(struct tokenpage *page, const char *token, struct error *error)
{
    uint64_t words[WORDS] = {0};
    uint64_t sequence = atomic_load(&page->memory->sequence);

    if (strlen(token) >= sizeof words)
        return error_set(error, "the token is longer than %zu bytes", sizeof words - 1);
    memcpy(words, token, strlen(token));
    atomic_store(&page->memory->sequence, sequence + 1);
    for (size_t i = 0; i < WORDS; i++)
        atomic_store(&page->memory->words[i], words[i]);
    atomic_store(&page->memory->sequence, sequence + 2);
    explicit_bzero(words, sizeof words);
    return 0;
}

void tokenpage_set_interval(struct tokenpage *page, int64_t interval)
{
    atomic_store(&page->memory->interval, interval);
}

int tokenpage_open(struct tokenpage *ret, int fd, struct error *error)
{
    struct stat status;

    *ret = (struct tokenpage){.fd = fd};
    if (fstat(fd, &status) < 0)
        return error_set(error, "cannot look at the token's memory: %s", strerror(errno));
    if (status.st_size < (off_t)sizeof *ret->memory) /* to read past its end is a SIGBUS */
        return error_set(error, "the token's memory has only %lld bytes",
                         (long long)status.st_size);
    return map(ret, PROT_READ, error);
}

static uint64_t copy(const struct tokenpage_memory *memory, struct token *ret)
{
    uint64_t before = atomic_load(&memory->sequence);
    uint64_t words[WORDS];

    for (size_t i = 0; i < WORDS; i++)
        words[i] = atomic_load(&memory->words[i]);
    memcpy(ret->text, words, sizeof words);
    explicit_bzero(words, sizeof words);
    ret->text[sizeof ret->text - 1] = '\0';
    ret->interval = atomic_load(&memory->interval);
    ret->sequence = atomic_load(&memory->sequence);
    return before;
}

int tokenpage_read(const struct tokenpage *page, struct token *ret)
{
    for (int i = 0; i < TRIES_MOST; i++) {
        uint64_t before = copy(page->memory, ret);

        if (before % 2 == 0 && before == ret->sequence)
            return before > 0 ? 0 : -1;
    }
    return -1;
}

void tokenpage_close(struct tokenpage *page)
{
    if (page->memory != NULL)
        (void)munmap(page->memory, sizeof *page->memory);
    page->memory = NULL;
    fd_close(&page->fd);
}
