/* SPDX-License-Identifier: MIT */
#include "azure/rest.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "azure/identity.h"
#include "base/ascii.h"
#include "base/buffer.h"
#include "base/caseless.h"
#include "base/memory.h"
#include "base/number.h"
#include "job/targets.h"
#include "sys/fd.h"
#include "sys/file.h"

/* The shape of the operation never changed; this version is one that tools of many kinds use. */
#define API_VERSION "2024-07-01"

/* The engine decides when an attempt's time is over: the client itself ends later. */
#define DEADLINE_GRACE NUMBER_MINUTE

static const char program[] = "azfan-rest";
static const char certificates[] = "/etc/ssl/certs";

/* ---- whom to trust ------------------------------------------------------------------------ */

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Names by which OpenSSL finds a certificate: of a folder without them it would trust nobody. */
static bool has_hashes(const char *folder)
{
    char *pattern = memory_print("%s/*.0", folder);
    glob_t found;
    bool has = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;

    globfree(&found);
    free(pattern);
    return has;
}

/*
 * As az does, which takes what requests takes; else a folder of certificates, of which one is read,
 * not all 143: that is 50 of the 60 ms of processor time that a client took.
 */
static void find_trust(struct rest *rest)
{
    const char *bundle = getenv("REQUESTS_CA_BUNDLE");

    if (bundle == NULL || bundle[0] == '\0')
        bundle = getenv("CURL_CA_BUNDLE");
    if (bundle != NULL && bundle[0] != '\0')
        *(is_folder(bundle) ? &rest->ca_path : &rest->ca_file) = memory_string(bundle);
    else if (has_hashes(certificates))
        rest->ca_path = memory_string(certificates);
}

/* ---- the program -------------------------------------------------------------------------- */

/* Tokens come through here: into no core, and no other process of this user reads them. But what
 * looks for leaks must (LeakSanitizer). */
static void hide(void)
{
#ifndef __SANITIZE_ADDRESS__
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

int rest_open(struct rest *ret, struct error *error)
{
    *ret = (struct rest){.tempo = tempo_of(NULL)};
    ret->program = file_own_helper(program);
    if (ret->program == NULL)
        return error_set(error,
                         "%s is neither beside azfan nor in ../libexec/azfan: `make "
                         "install` puts it there",
                         program);
    hide();
    find_trust(ret);
    identity_keep_environment(&ret->environment);
    return 0;
}

void rest_simulate(struct rest *ret, const char *simulator, const char *command)
{
    *ret = (struct rest){.program = memory_string(simulator), .prefix = command};
}

void rest_set_endpoint(struct rest *rest, const char *endpoint)
{
    size_t length = strlen(endpoint);

    while (length > 0 && endpoint[length - 1] == '/')
        length--;
    free(rest->endpoint);
    rest->endpoint = memory_copy(endpoint, length);
    rest->tempo = tempo_of(rest->endpoint);
    for (size_t i = 0; i < rest->page_count; i++)
        tokenpage_set_interval(&rest->pages[i].token, tempo_base(&rest->tempo, 0));
}

int rest_set_identity(struct rest *rest, enum job_identity identity, const struct cloud *cloud,
                      struct error *error)
{
    json_t *source;

    rest->identity = identity;
    rest->authority = cloud->authority;
    rest_set_endpoint(rest, cloud->endpoint);
    if (identity == JOB_IDENTITY_AZ)
        return 0;
    source = identity_source(identity, cloud, error);
    json_decref(source);
    return source != NULL ? 0 : -1;
}

/* ---- pages -------------------------------------------------------------------------------- */

static struct rest_page *find_page(const struct rest *rest, const char *subscription)
{
    for (size_t i = 0; i < rest->page_count; i++) {
        if (caseless_is_same(rest->pages[i].subscription, subscription))
            return &rest->pages[i];
    }
    return NULL;
}

struct tokenpage *rest_page(const struct rest *rest, const char *subscription)
{
    struct rest_page *page = find_page(rest, subscription);

    return page != NULL ? &page->token : NULL;
}

struct rest_page *rest_page_of(const struct rest *rest, const char *id)
{
    struct targets_id parts;
    struct rest_page *page;
    struct error ignored;

    if (targets_parse_id(id, &parts, &ignored) < 0)
        return NULL;
    page = find_page(rest, parts.subscription);
    free(parts.subscription);
    free(parts.resource_group);
    free(parts.name);
    return page;
}

int rest_open_page(struct rest *rest, const char *subscription, size_t login, struct error *error)
{
    struct rest_page page = {.login = login};

    if (rest_page(rest, subscription) != NULL)
        return 0;
    if (tokenpage_make(&page.token, error) < 0)
        return -1;
    tokenpage_set_interval(&page.token, tempo_base(&rest->tempo, 0));
    page.subscription = memory_string(subscription);
    rest->pages = memory_grow(rest->pages, rest->page_count, sizeof *rest->pages);
    rest->pages[rest->page_count++] = page;
    return 0;
}

void rest_set_running(struct rest *rest, const char *subscription, size_t running)
{
    struct tokenpage *page = rest_page(rest, subscription);

    if (page != NULL)
        tokenpage_set_interval(page, tempo_base(&rest->tempo, running));
}

/* Who waits for another one would take it for that, and be refused again. */
static bool has_token(const struct rest_page *page, const char *token)
{
    struct token present;
    bool has = tokenpage_read(&page->token, &present) == 0 && strcmp(present.text, token) == 0;

    explicit_bzero(&present, sizeof present);
    return has;
}

int rest_take_token(struct rest *rest, size_t login, const char *token, struct error *error)
{
    for (size_t i = 0; i < rest->page_count; i++) {
        struct rest_page *page = &rest->pages[i];

        if (page->login != login || has_token(page, token))
            continue;
        if (tokenpage_write(&page->token, token, error) < 0)
            return -1;
    }
    return 0;
}

bool rest_take_refusal(struct rest *rest, size_t login)
{
    bool refused = false;

    for (size_t i = 0; i < rest->page_count; i++) {
        struct rest_page *page = &rest->pages[i];

        if (page->login != login || !page->is_refused)
            continue;
        page->is_refused = false;
        refused = true;
    }
    return refused;
}

void rest_close(struct rest *rest)
{
    for (size_t i = 0; i < rest->page_count; i++) {
        tokenpage_close(&rest->pages[i].token);
        free(rest->pages[i].subscription);
    }
    free(rest->pages);
    strings_done(&rest->environment);
    free(rest->program);
    free(rest->endpoint);
    free(rest->ca_file);
    free(rest->ca_path);
    *rest = (struct rest){.program = NULL};
}

/* ---- a request ---------------------------------------------------------------------------- */

/* A group's name may have any letter: what a URL has no letter for is %XX. */
static char *make_path(const char *id)
{
    struct buffer path = BUFFER_INIT;

    for (; *id != '\0'; id++) {
        if (ascii_is_alphanumeric(*id) || strchr("/-._~()", *id) != NULL)
            buffer_add_char(&path, *id);
        else
            buffer_print(&path, "%%%02X", (unsigned char)*id);
    }
    buffer_add(&path, "/runCommand");
    return buffer_take(&path);
}

void rest_show(struct buffer *buffer, const char *id)
{
    char *path = make_path(id);

    buffer_print(buffer, "POST %s?api-version=" API_VERSION, path);
    free(path);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(object, key, json_string(text));
}

/* One of its own for each request: by it Azure's support finds one that has no answer. */
static void set_request_id(json_t *object)
{
    uint8_t random[16];
    struct buffer text = BUFFER_INIT;

    if (getrandom(random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        return;
    random[6] = (uint8_t)(0x40 | (random[6] & 0x0f)); /* version 4 and variant 1: RFC 4122, 4.4 */
    random[8] = (uint8_t)(0x80 | (random[8] & 0x3f));
    for (size_t i = 0; i < sizeof random; i++)
        buffer_print(&text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", random[i]);
    set_text(object, "client_request_id", buffer_text(&text));
    buffer_done(&text);
}

static json_t *make_body(const struct rest_request *request)
{
    return json_pack("{s:s, s:[s]}", "commandId", request->command_id, "script", request->script);
}

static void set_post(json_t *object, const struct rest_request *request)
{
    char *path = make_path(request->id);

    set_text(object, "path", path);
    set_text(object, "api_version", API_VERSION);
    (void)json_object_set_new(object, "body", make_body(request));
    free(path);
}

static char *make_text(const struct rest *rest, const struct rest_request *request)
{
    json_t *object = json_object();
    char *text;

    set_text(object, "endpoint", rest->endpoint);
    if (request->operation != NULL)
        set_text(object, "operation", request->operation);
    else
        set_post(object, request);
    set_text(object, "ca_file", rest->ca_file);
    set_text(object, "ca_path", rest->ca_path);
    set_request_id(object);
    (void)json_object_set_new(
        object, "deadline_ms",
        json_integer((request->deadline + DEADLINE_GRACE) / NUMBER_MILLISECOND));
    (void)json_object_set_new(object, "first_poll_ms",
                              json_integer(rest->tempo.first_question / NUMBER_MILLISECOND));
    text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

/* TEXT, which is used up, in a memfd: secrets are in it. WHOM: whom it is for. */
static int write_sealed(char *text, const char *whom, struct error *error)
{
    const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    int fd = memfd_create("request", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int code = fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));

    if (code == 0 && (lseek(fd, 0, SEEK_SET) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0))
        code = -errno;
    explicit_bzero(text, strlen(text));
    free(text);
    if (code == 0)
        return fd;
    fd_close(&fd);
    return error_set(error, "cannot write the request for %s: %s", whom, strerror(-code));
}

int rest_write_request(const struct rest *rest, const struct rest_request *request,
                       struct error *error)
{
    return write_sealed(make_text(rest, request), request->id, error);
}

int rest_write_token_request(const struct rest *rest, int64_t deadline, struct error *error)
{
    struct cloud cloud = {.endpoint = rest->endpoint, .authority = rest->authority};
    json_t *source = identity_source(rest->identity, &cloud, error);
    json_t *object;
    char *text;

    if (source == NULL)
        return -1;
    object = json_object();
    (void)json_object_set_new(object, "token", source);
    set_text(object, "ca_file", rest->ca_file);
    set_text(object, "ca_path", rest->ca_path);
    (void)json_object_set_new(object, "deadline_ms", json_integer(deadline / NUMBER_MILLISECOND));
    text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return write_sealed(text, "a token", error);
}

/* ---- what a client says ------------------------------------------------------------------- */

static char *take_text(const json_t *object, const char *key)
{
    return memory_string(json_string_value(json_object_get(object, key)));
}

static struct rest_said read_acceptance(const char *text, size_t length)
{
    json_t *object = json_loadb(text, length, 0, NULL);
    struct rest_said said = {.word = REST_ACCEPTED,
                             .operation = take_text(object, "operation"),
                             .request_id = take_text(object, "request_id"),
                             .correlation_id = take_text(object, "correlation_id")};

    json_decref(object);
    if (said.operation == NULL)
        said.word = REST_OTHER;
    return said;
}

static int64_t take_count(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? (int64_t)json_integer_value(value) : -1;
}

static struct rest_said read_limits(const char *text, size_t length)
{
    json_t *object = json_loadb(text, length, 0, NULL);
    struct rest_said said = {.word = REST_LIMITS,
                             .region = take_text(object, "region"),
                             .writes = take_count(object, "writes"),
                             .compute = take_count(object, "compute")};

    if (!json_is_object(object))
        said.word = REST_OTHER;
    json_decref(object);
    return said;
}

/* What follows WORD and a blank; NULL: LINE does not begin so. */
static const char *after_word(const char *line, size_t length, const char *word)
{
    size_t begin = strlen(word);

    return length > begin && memcmp(line, word, begin) == 0 && line[begin] == ' ' ? line + begin + 1
                                                                                  : NULL;
}

static bool is_word(const char *line, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(line, word, length) == 0;
}

struct rest_said rest_read_line(const char *line, size_t length)
{
    const char *accepted = after_word(line, length, "accepted");
    const char *limits = after_word(line, length, "limits");

    if (accepted != NULL)
        return read_acceptance(accepted, length - (size_t)(accepted - line));
    if (limits != NULL)
        return read_limits(limits, length - (size_t)(limits - line));
    if (is_word(line, length, "sent"))
        return (struct rest_said){.word = REST_SENT};
    if (is_word(line, length, "token"))
        return (struct rest_said){.word = REST_TOKEN};
    return (struct rest_said){.word = REST_OTHER};
}

bool rest_is_said(const char *line, size_t length)
{
    struct rest_said said = rest_read_line(line, length);

    free(said.operation);
    free(said.request_id);
    free(said.correlation_id);
    free(said.region);
    return said.word != REST_OTHER;
}

char *rest_operation_id(const char *operation)
{
    size_t end = strcspn(operation, "?");
    size_t begin = end;

    while (begin > 0 && operation[begin - 1] != '/')
        begin--;
    return memory_copy(operation + begin, end - begin);
}
