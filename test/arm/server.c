/* SPDX-License-Identifier: MIT */
#include "arm/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

enum {
    BACKLOG = 4096,
    EVENTS = 256,
    READ_SIZE = 16 * 1024,
    REQUEST_MOST = 2 * 1024 * 1024,
    DAYS_2 = 172800
};

/* What listens, and each connection, is one of these. */
struct peer {
    int fd;
    bool listens;
    SSL_CTX *tls;
    server_answer *answer;
    void *context;
    SSL *ssl;
    struct buffer in;
    struct buffer out;
    size_t sent;
    bool last; /* hung up on once all is sent */
    uint32_t events;
};

static int queue = -1;
static struct server_counts counts;

struct server_counts server_counts(void)
{
    return counts;
}

static void give_up(const char *what)
{
    (void)fprintf(stderr, "server: %s: %s\n", what, strerror(errno));
    _exit(1);
}

static void watch(struct peer *peer, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = peer};

    if (operation == EPOLL_CTL_MOD && peer->events == events)
        return;
    peer->events = events;
    if (epoll_ctl(queue, operation, peer->fd, &event) < 0)
        give_up("epoll_ctl");
}

/* ---- connections ---------------------------------------------------------------------------- */

static void hang_up(struct peer *peer)
{
    counts.open--;
    SSL_free(peer->ssl);
    (void)close(peer->fd);
    buffer_done(&peer->in);
    buffer_done(&peer->out);
    free(peer);
}

static void accept_all(const struct peer *listener)
{
    const int yes = 1;
    int fd;

    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct peer *peer = memory_zeroed(1, sizeof *peer);

        *peer = (struct peer){.fd = fd, .answer = listener->answer, .context = listener->context};
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (listener->tls != NULL) {
            peer->ssl = SSL_new(listener->tls);
            (void)SSL_set_fd(peer->ssl, fd);
            SSL_set_accept_state(peer->ssl);
        }
        counts.connections++;
        if (++counts.open > counts.most_open)
            counts.most_open = counts.open;
        watch(peer, EPOLL_CTL_ADD, EPOLLIN);
    }
}

/* Like read(): 0 at the end or on an error, -1: not now. */
static ssize_t take_bytes(struct peer *peer, char *bytes, size_t size)
{
    int count;

    if (peer->ssl == NULL) {
        ssize_t got = read(peer->fd, bytes, size);

        return got < 0 && errno != EAGAIN ? 0 : got;
    }
    ERR_clear_error();
    count = SSL_read(peer->ssl, bytes, (int)size);
    if (count > 0)
        return count;
    return SSL_get_error(peer->ssl, count) == SSL_ERROR_WANT_READ ? -1 : 0;
}

/* Likewise write(). */
static ssize_t give_bytes(struct peer *peer, const char *bytes, size_t size)
{
    int count;

    if (peer->ssl == NULL) {
        ssize_t put = send(peer->fd, bytes, size, MSG_NOSIGNAL);

        return put < 0 && errno != EAGAIN ? 0 : put;
    }
    ERR_clear_error();
    count = SSL_write(peer->ssl, bytes, (int)size);
    if (count > 0)
        return count;
    return SSL_get_error(peer->ssl, count) == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

/* ---- requests ------------------------------------------------------------------------------- */

/* The value of NAME in the lines of HEAD, in place; NULL: there is none. */
static char *find_header(char *head, const char *name)
{
    size_t length = strlen(name);

    for (char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " ");
    }
    return NULL;
}

/* Cuts what begins at TEXT off before END. */
static char *cut(char *text, const char *end)
{
    if (text != NULL)
        text[strcspn(text, end)] = '\0';
    return text;
}

/* What stands in HEAD, which loses its blanks and line ends. */
static void answer_one(struct peer *peer, char *head, const char *body)
{
    static const char bearer[] = "Bearer ";
    char *token = find_header(head, "Authorization");
    char *connection = find_header(head, "Connection");
    char *rest = head;
    struct request request = {.body = body};

    peer->last = connection != NULL && strncasecmp(connection, "close", 5) == 0;
    token = cut(token, "\r");
    request.method = strsep(&rest, " ");
    request.path = strsep(&rest, " ");
    if (token != NULL && strncmp(token, bearer, sizeof bearer - 1) == 0)
        request.token = token + sizeof bearer - 1;
    counts.requests++;
    peer->answer(&request, &peer->out, peer->context);
}

/* Answers the request that `in` begins with. False: not all of it is there. */
static bool take_request(struct peer *peer)
{
    struct buffer *in = &peer->in;
    char *end = in->length > 0 ? strstr(in->data, "\r\n\r\n") : NULL;
    const char *size;
    size_t head;
    size_t all;
    char saved;

    if (end == NULL)
        return false;
    *end = '\0';
    size = find_header(in->data, "Content-Length");
    head = (size_t)(end - in->data) + 4;
    all = head + (size != NULL ? strtoul(size, NULL, 10) : 0);
    if (all > in->length) {
        *end = '\r';
        return false;
    }
    saved = in->data[all];
    in->data[all] = '\0';
    answer_one(peer, in->data, in->data + head);
    in->data[all] = saved;
    memmove(in->data, in->data + all, in->length - all + 1);
    in->length -= all;
    return true;
}

/* ---- events --------------------------------------------------------------------------------- */

/* False: the connection is over. */
static bool receive(struct peer *peer)
{
    char bytes[READ_SIZE];
    ssize_t count;

    while ((count = take_bytes(peer, bytes, sizeof bytes)) > 0) {
        buffer_append(&peer->in, bytes, (size_t)count);
        if (peer->in.length > REQUEST_MOST)
            return false;
    }
    while (!peer->last && take_request(peer))
        ;
    return count != 0;
}

static bool transmit(struct peer *peer)
{
    while (peer->sent < peer->out.length) {
        ssize_t count =
            give_bytes(peer, peer->out.data + peer->sent, peer->out.length - peer->sent);

        if (count <= 0) {
            watch(peer, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return count < 0;
        }
        peer->sent += (size_t)count;
    }
    buffer_done(&peer->out); /* it may be long until the next one */
    peer->sent = 0;
    watch(peer, EPOLL_CTL_MOD, EPOLLIN);
    if (peer->last && peer->ssl != NULL)
        (void)SSL_shutdown(peer->ssl);
    return !peer->last;
}

static void handle(struct peer *peer)
{
    bool more;

    if (peer->listens) {
        accept_all(peer);
        return;
    }
    more = receive(peer);
    if (!transmit(peer) || !more)
        hang_up(peer);
}

/* ---- TLS ------------------------------------------------------------------------------------ */

static void add_extension(X509 *certificate, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);

    (void)X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/* Its own authority, with a key as Azure's own. */
static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);

    (void)X509_set_version(certificate, X509_VERSION_3);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)time(NULL));
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), DAYS_2);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost",
                                     -1, -1, 0);
    (void)X509_set_issuer_name(certificate, name);
    (void)X509_set_pubkey(certificate, key);
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    if (X509_sign(certificate, key, EVP_sha256()) == 0)
        give_up("cannot make a certificate");
    return certificate;
}

SSL_CTX *server_tls(FILE *file)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509 *certificate = make_certificate(key);

    (void)PEM_write_X509(file, certificate);
    if (SSL_CTX_use_certificate(tls, certificate) != 1 || SSL_CTX_use_PrivateKey(tls, key) != 1)
        give_up("cannot use the certificate");
    (void)SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return tls;
}

/* ---- from the beginning --------------------------------------------------------------------- */

/* A thousand clients have a thousand connections. */
static void lift_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int server_listen(SSL_CTX *tls, server_answer *answer, void *context)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct peer *peer = memory_zeroed(1, sizeof *peer);

    if (queue < 0)
        queue = epoll_create1(EPOLL_CLOEXEC);
    *peer = (struct peer){.listens = true, .tls = tls, .answer = answer, .context = context};
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (peer->fd < 0 || bind(peer->fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(peer->fd, BACKLOG) < 0 ||
        getsockname(peer->fd, (struct sockaddr *)&address, &length) < 0)
        give_up("cannot listen");
    watch(peer, EPOLL_CTL_ADD, EPOLLIN);
    return ntohs(address.sin_port);
}

void server_end_with(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

    if (epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event) < 0)
        give_up("epoll_ctl");
}

void server_run(void)
{
    struct epoll_event events[EVENTS];

    lift_limit();
    for (;;) {
        int count = epoll_wait(queue, events, EVENTS, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                return;
            handle(events[i].data.ptr);
        }
    }
}
