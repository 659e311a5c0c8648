/* SPDX-License-Identifier: MIT */
/*
 * tokenpage: an access token in memory that azfan and its clients share.
 *
 * One memfd a tenant. azfan alone can write to it; a client gets the descriptor, maps it and reads
 * the token before every request, so that a token which azfan renews reaches the clients that run
 * already, without a command line, an environment or a file. The seals forbid a client to write,
 * and anybody to change its size (memfd_create(2), F_SEAL_FUTURE_WRITE, Linux 5.1).
 *
 * Whoever reads while a token is being written sees an odd sequence, or another one afterwards, and
 * reads again: nobody waits for a lock that a stopped process may hold.
 */
#ifndef AZFAN_SYS_TOKENPAGE_H
#define AZFAN_SYS_TOKENPAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Bytes of a token, with its NUL. Azure's have 1.5 to 4 KiB, more with many groups. */
enum { TOKENPAGE_LONGEST = 16 * 1024 };

struct tokenpage {
    int fd; /* close-on-exec; posix_spawn's dup2 gives it to a client */
    struct tokenpage_memory *memory;
};

/* What a client finds there. */
struct token {
    char text[TOKENPAGE_LONGEST];
    uint64_t sequence; /* another one with each token; even */
    int64_t interval;  /* how often a client asks at most, in nanoseconds; 0: its own counts */
};

/* azfan's side: a page without a token. For tokenpage_close(). */
int tokenpage_make(struct tokenpage *ret, struct error *error);

/* Main thread alone. An error leaves what is there. */
int tokenpage_write(struct tokenpage *page, const char *token, struct error *error);
void tokenpage_set_interval(struct tokenpage *page, int64_t interval);

/* A client's side: maps FD for reading, and takes it over. For tokenpage_close(), also on error. */
int tokenpage_open(struct tokenpage *ret, int fd, struct error *error);

/* Copies the token out; -1 when there is none yet, or its writer died within a write. */
int tokenpage_read(const struct tokenpage *page, struct token *ret);

/* Unmaps and closes. */
void tokenpage_close(struct tokenpage *page);

#endif
