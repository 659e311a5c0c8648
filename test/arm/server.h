/* SPDX-License-Identifier: MIT */
/*
 * server: HTTP/1.1 on loopback for one thread, with and without TLS, for thousands of connections.
 *
 * It must cost next to nothing beside those that it answers: epoll, kept connections, and an answer
 * in one write. For tests alone: whoever sends it what is no HTTP is hung up on.
 */
#ifndef AZFAN_TEST_ARM_SERVER_H
#define AZFAN_TEST_ARM_SERVER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/buffer.h"

struct request {
    const char *method;
    const char *path;  /* with its query */
    const char *token; /* of a Bearer; NULL: there was none */
    const char *body;  /* a string */
};

/* Appends the whole answer to RET. */
typedef void server_answer(const struct request *request, struct buffer *ret, void *context);

struct server_counts {
    unsigned long connections;
    unsigned long open;
    unsigned long most_open;
    unsigned long requests;
};

/* With a new certificate for localhost, its own authority, which goes to FILE; a key as Azure's own
 * has (RSA, 2048). */
SSL_CTX *server_tls(FILE *file);

/* A port of its own on 127.0.0.1; TLS may be NULL. Ends the process where it cannot be had. */
int server_listen(SSL_CTX *tls, server_answer *answer, void *context);

/* When FD is readable server_run() returns. After the first server_listen(). */
void server_end_with(int fd);

void server_run(void);

struct server_counts server_counts(void);

#endif
