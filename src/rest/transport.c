/* SPDX-License-Identifier: MIT */
#include "rest/transport.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "rest/request.h"

#define CONNECT_PATIENCE (10 * NUMBER_SECOND)
#define DIRECT_PATIENCE  (2 * NUMBER_SECOND) /* until somebody near has taken a connection */

/* Bytes of a header line of which libcurl would read 100 KB: a signed URL has 3 to 4. */
enum { HEADER_MOST = 16 * 1024 };

struct transport {
    CURL *easy;
    char *client_request_id; /* a header line */
    char cause[CURL_ERROR_SIZE];
    struct exchange *exchange; /* the one that is under way */
    transport_sending *sending;
    void *context;
};

/* ---- what libcurl calls ------------------------------------------------------------------- */

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct transport *self = context;
    struct buffer *body = &self->exchange->body;

    (void)size; /* always 1 (CURLOPT_WRITEFUNCTION(3)) */
    if (count > TRANSPORT_ANSWER_MOST - body->length) {
        (void)error_set(&self->exchange->error, "the answer has more than %d bytes",
                        TRANSPORT_ANSWER_MOST);
        return 0; /* ends the transfer */
    }
    buffer_append(body, bytes, count);
    return count;
}

/* The connection stands, its TLS included, and nothing of the request has gone out. */
static int begin_sending(void *context, char *address, char *local, int port, int local_port)
{
    struct transport *self = context;

    (void)address;
    (void)local;
    (void)port;
    (void)local_port;
    self->exchange->sent = true;
    if (self->sending != NULL)
        self->sending(self->context);
    return CURL_PREREQFUNC_OK;
}

/* ---- settings ----------------------------------------------------------------------------- */

/* CAPATH alone, where there is one: libcurl reads the whole bundle of a CAINFO for every
 * connection, 50 ms of processor time of the 60 that a client takes (OpenSSL 3.0). */
static bool set_trust(CURL *easy, const struct request *request)
{
    bool good = true;

    if (request->ca_file != NULL || request->ca_path != NULL) {
        good = curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_CAPATH, request->ca_path) == CURLE_OK;
    }
    return good &&
           curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
}

/* request_read() has let http through for this machine alone: a proxy of the environment would read
 * the token. */
static bool set_way(CURL *easy, const char *url, bool direct)
{
    bool plain = strncmp(url, "http:", 5) == 0;

    return curl_easy_setopt(easy, CURLOPT_PROXY, plain || direct ? "" : NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https") == CURLE_OK;
}

static bool set_protocol(CURL *easy, const struct request *request)
{
    const char *url = request->endpoint != NULL ? request->endpoint : request->source.url;

    return set_way(easy, url, false) &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "azfan/" AZFAN_VERSION) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            (long)(CONNECT_PATIENCE / NUMBER_MILLISECOND)) == CURLE_OK;
}

static bool set_callbacks(struct transport *self)
{
    CURL *easy = self->easy;

    return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, self) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, begin_sending) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, self) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, self->cause) == CURLE_OK;
}

struct transport *transport_make(const struct request *request, struct error *error)
{
    struct transport *self = memory_zeroed(1, sizeof *self);

    /* Keys of the connections would go to a file. */
    (void)unsetenv("SSLKEYLOGFILE");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        self->easy = curl_easy_init();
    if (request->client_request_id != NULL)
        self->client_request_id =
            memory_print("x-ms-client-request-id: %s", request->client_request_id);
    if (self->easy != NULL && set_trust(self->easy, request) && set_protocol(self->easy, request) &&
        set_callbacks(self))
        return self;
    (void)error_set(error, "libcurl %s cannot be used: it lacks TLS, or a setting that azfan needs",
                    curl_version());
    curl_easy_cleanup(self->easy);
    free(self->client_request_id);
    free(self);
    return NULL;
}

/* ---- an exchange -------------------------------------------------------------------------- */

static char *take_header(CURL *easy, const char *name)
{
    struct curl_header *header;

    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK ||
        strlen(header->value) > HEADER_MOST)
        return NULL;
    return memory_string(header->value);
}

/* The same of a header that may come several times, as one of them with a list would have it. */
static char *take_list(CURL *easy, const char *name)
{
    struct curl_header *header;
    struct buffer list = BUFFER_INIT;

    for (size_t i = 0; curl_easy_header(easy, name, i, CURLH_HEADER, -1, &header) == CURLHE_OK &&
                       list.length + strlen(header->value) < HEADER_MOST;
         i++)
        buffer_print(&list, "%s%s", i > 0 ? "," : "", header->value);
    return list.length > 0 ? buffer_take(&list) : NULL;
}

static void take_headers(CURL *easy, struct transport_headers *ret)
{
    ret->operation = take_header(easy, "Azure-AsyncOperation");
    ret->location = take_header(easy, "Location");
    ret->retry_after = take_header(easy, "Retry-After");
    ret->request_id = take_header(easy, "x-ms-request-id");
    ret->correlation_id = take_header(easy, "x-ms-correlation-request-id");
    ret->error_code = take_header(easy, "x-ms-error-code");
    ret->challenge = take_header(easy, "WWW-Authenticate");
    ret->writes = take_header(easy, "x-ms-ratelimit-remaining-subscription-writes");
    ret->reads = take_header(easy, "x-ms-ratelimit-remaining-subscription-reads");
    ret->resource = take_list(easy, "x-ms-ratelimit-remaining-resource");
}

/* A certificate that is not trusted, or a proxy that lets nobody through, stays so; one that cannot
 * reach the server (5xx) may soon. */
static bool may_pass(CURLcode code)
{
    return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_RESOLVE_HOST ||
           code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT ||
           code == CURLE_SSL_CONNECT_ERROR || code == CURLE_GOT_NOTHING ||
           code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR;
}

/* An answer that broke off is none: half a status is not to be believed. */
static void take_answer(struct transport *self, CURLcode code, struct exchange *ret)
{
    long status = 0;

    take_headers(self->easy, &ret->headers);
    (void)curl_easy_getinfo(self->easy, CURLINFO_HTTP_CONNECTCODE, &status);
    ret->proxy_status = ret->sent ? 0 : (int)status;
    ret->may_pass = may_pass(code) && (ret->proxy_status == 0 || ret->proxy_status >= 500);
    if (code == CURLE_OK) {
        (void)curl_easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &status);
        ret->status = (int)status;
    } else if (ret->error.text[0] == '\0') {
        (void)error_set(&ret->error, "%s",
                        self->cause[0] != '\0' ? self->cause : curl_easy_strerror(code));
    }
}

static struct curl_slist *make_headers(const struct transport *self, bool with_body)
{
    static const char *const of_body[] = {"Content-Type: application/json", "Expect:", NULL};
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");

    for (size_t i = 0; with_body && of_body[i] != NULL; i++)
        headers = curl_slist_append(headers, of_body[i]);
    if (self->client_request_id != NULL)
        headers = curl_slist_append(headers, self->client_request_id);
    return headers;
}

static void perform(struct transport *self, const char *url, const char *token, int64_t patience,
                    struct curl_slist *headers, struct exchange *ret)
{
    CURL *easy = self->easy;
    long milliseconds = (long)(patience / NUMBER_MILLISECOND);

    *ret = (struct exchange){.sent = false};
    self->exchange = ret;
    self->cause[0] = '\0';
    (void)curl_easy_setopt(easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPAUTH, token != NULL ? CURLAUTH_BEARER : CURLAUTH_NONE);
    (void)curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, token);
    /* 0 would be for ever. */
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds > 0 ? milliseconds : 1L);
    take_answer(self, curl_easy_perform(easy), ret);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    self->exchange = NULL;
}

static void set_body(CURL *easy, const struct buffer *body)
{
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->length);
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, buffer_text(body));
    (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
}

void transport_post(struct transport *transport, const char *url, const char *token,
                    const struct buffer *body, int64_t patience, transport_sending *sending,
                    void *context, struct exchange *ret)
{
    CURL *easy = transport->easy;

    (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    set_body(easy, body);
    transport->sending = sending;
    transport->context = context;
    perform(transport, url, token, patience, make_headers(transport, true), ret);
    transport->sending = NULL;
}

void transport_get(struct transport *transport, const char *url, const char *token,
                   int64_t patience, struct exchange *ret)
{
    (void)curl_easy_setopt(transport->easy, CURLOPT_FRESH_CONNECT, 0L);
    (void)curl_easy_setopt(transport->easy, CURLOPT_HTTPGET, 1L);
    perform(transport, url, token, patience, make_headers(transport, false), ret);
}

void transport_send(struct transport *transport, const struct transport_message *message,
                    int64_t patience, struct exchange *ret)
{
    CURL *easy = transport->easy;
    struct curl_slist *headers = make_headers(transport, false);
    int64_t connect = message->direct ? DIRECT_PATIENCE : CONNECT_PATIENCE;

    if (message->header != NULL)
        headers = curl_slist_append(headers, message->header);
    if (message->body != NULL)
        set_body(easy, message->body);
    else
        (void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    (void)set_way(easy, message->url, message->direct);
    (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect / NUMBER_MILLISECOND));
    perform(transport, message->url, message->token, patience, headers, ret);
}

void exchange_done(struct exchange *exchange)
{
    struct transport_headers *headers = &exchange->headers;

    free(headers->operation);
    free(headers->location);
    free(headers->retry_after);
    free(headers->request_id);
    free(headers->correlation_id);
    free(headers->error_code);
    free(headers->challenge);
    free(headers->writes);
    free(headers->reads);
    free(headers->resource);
    buffer_done(&exchange->body);
}
