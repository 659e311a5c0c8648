/* SPDX-License-Identifier: MIT */
#include "azure/login.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "azure/refusal.h"
#include "azure/rest.h"
#include "base/caseless.h"
#include "base/memory.h"
#include "base/number.h"
#include "job/keytable.h"
#include "job/names.h"
#include "job/outcome.h"

/* Drops --scripts and lets the VM run Microsoft's sample script instead (azure-cli#32258). */
static const char refused_version[] = "2.78.0";

/* What stands between the quotes after "accessToken"; NULL: nothing. A JWT has no escapes. */
static char *find_token(const struct capture_text *text, size_t *ret_length)
{
    static const char key[] = "\"accessToken\"";
    char *at = text->length > 0 ? memmem(text->data, text->length, key, sizeof key - 1) : NULL;
    const char *end;
    const char *quote;

    if (at == NULL)
        return NULL;
    end = text->data + text->length;
    at += sizeof key - 1;
    while (at < end && (*at == ':' || *at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    if (at >= end || *at != '"')
        return NULL;
    at++;
    quote = memchr(at, '"', (size_t)(end - at));
    *ret_length = (size_t)((quote != NULL ? quote : end) - at);
    return at;
}

/*
 * Overwrites the token where it stands, so that no parser makes a copy. free() what comes back,
 * which is the only one, or NULL.
 */
static char *take_token(struct capture_text *text)
{
    size_t length = 0;
    char *token = find_token(text, &length);
    char *copy;

    if (token == NULL)
        return NULL;
    copy = memory_copy(token, length);
    memset(token, '*', length);
    return copy;
}

/* ---- which tokens ------------------------------------------------------------------------- */

size_t login_add(struct login *login, const char *asked, const char *tenant)
{
    login->tokens = memory_grow(login->tokens, login->token_count, sizeof *login->tokens);
    login->tokens[login->token_count] =
        (struct login_token){.asked = memory_string(asked), .tenant = memory_string(tenant)};
    return login->token_count++;
}

size_t login_find(struct login *login, const struct accounts *accounts, const char *subscription)
{
    const struct account *account = accounts_find(accounts, subscription);
    const char *tenant = account != NULL && account->tenant[0] != '\0' ? account->tenant : NULL;

    for (size_t i = 0; i < login->token_count; i++) {
        struct login_token *token = &login->tokens[i];

        if (tenant != NULL && token->tenant != NULL && caseless_is_same(token->tenant, tenant))
            return i;
        if (token->asked == NULL || !caseless_is_same(token->asked, subscription))
            continue;
        if (token->tenant == NULL)
            token->tenant = memory_string(tenant);
        return i;
    }
    return login_add(login, subscription, tenant);
}

const char *login_asked(const struct login *login, size_t number)
{
    const char *asked = login->tokens[number].asked;

    return asked == NULL && login->rest != NULL ? login->subscription : asked;
}

/* No az is asked, but azfan-rest. */
static bool is_own(const struct login *login)
{
    return login->rest != NULL && login->rest->identity != JOB_IDENTITY_AZ;
}

/* ---- one token ---------------------------------------------------------------------------- */

/* For the clients of REST, where there are any. */
static int hand_on(const struct login *login, size_t number, const char *token, struct error *error)
{
    if (login->rest == NULL)
        return 0;
    if (login->tokens[number].asked == NULL && login->subscription != NULL &&
        rest_open_page(login->rest, login->subscription, number, error) < 0)
        return -1;
    return rest_take_token(login->rest, number, token, error);
}

static void wipe(struct finish *finish)
{
    if (finish->output.length > 0)
        explicit_bzero(finish->output.data, finish->output.length);
    capture_text_done(&finish->output);
}

static void explain_silence(const struct finish *finish, bool own, struct error *error)
{
    long long seconds = (long long)(finish->duration / NUMBER_SECOND);

    if (own)
        (void)error_set(
            error, "azfan-rest got no token within %lld s: see whether the network works", seconds);
    else
        (void)error_set(error,
                        "az did not answer within %lld s when asked for its login: see whether "
                        "`az account get-access-token` works by hand, and whether the network "
                        "does",
                        seconds);
}

/* az, or azfan-rest where it is OWN, did not end by itself, or ended badly. LOGIN_OK: it ended
 * well.
 */
static enum login_result read_process(const struct finish *finish, bool own, struct error *error)
{
    const char *program = own ? "azfan-rest" : "az";

    if (finish->end == FINISH_NOT_STARTED) {
        (void)error_set(error, "%s", finish->error.text);
        return LOGIN_NO_AZ;
    }
    if (finish->stop == FINISH_CANCELLED) {
        (void)error_set(error, "stopped while %s was checking the login", program);
        return LOGIN_CANCELLED;
    }
    if (finish->stop == FINISH_TIMED_OUT || finish->end == FINISH_ABANDONED) {
        explain_silence(finish, own, error);
        return LOGIN_NO_ANSWER;
    }
    if (finish->exit.known && finish->exit.signaled) {
        (void)error_set(error, "%s itself was ended by signal %d", program, finish->exit.status);
        return LOGIN_NO_AZ;
    }
    return LOGIN_OK;
}

/* az refused: who is to blame? */
static enum login_result read_refusal(const struct finish *finish, struct error *error)
{
    struct outcome outcome;
    enum login_result result = LOGIN_NO_AZ;

    refusal_read_login(finish->errors.data, finish->errors.length, finish->exit.status, &outcome);
    if (outcome.reason == REASON_LOGIN || outcome.reason == REASON_NOT_FOUND) /* a subscription */
        result = LOGIN_BROKEN;
    else if (outcome.reason == REASON_NETWORK || outcome.reason == REASON_THROTTLED ||
             outcome.cause == CAUSE_CACHE_LOCK)
        result = LOGIN_NO_ANSWER;
    (void)error_set(error, "%s%s", result == LOGIN_NO_AZ ? "az cannot be used: " : "",
                    outcome.message);
    outcome_done(&outcome);
    return result;
}

/* There is no az to blame. */
static enum login_result read_own_refusal(const struct login *login, const struct finish *finish,
                                          struct error *error)
{
    struct outcome outcome;
    enum login_result result = LOGIN_BROKEN;

    refusal_read_token(finish->errors.data, finish->errors.length, &outcome);
    if (outcome.reason == REASON_NETWORK || outcome.reason == REASON_THROTTLED)
        result = LOGIN_NO_ANSWER;
    (void)error_set(error, "identity: %s: %s", keytable[KEY_IDENTITY].words[login->rest->identity],
                    outcome.message);
    outcome_done(&outcome);
    return result;
}

/* One string of an answer; NULL when it is not there. free() it. */
static char *read_key(const json_t *root, const char *key)
{
    return memory_string(json_string_value(json_object_get(root, key)));
}

static json_t *parse(const struct capture_text *text)
{
    return text->length == 0 ? NULL
                             : json_loadb(text->data, text->length, JSON_DISABLE_EOF_CHECK, NULL);
}

/* What is no subscription is none: it goes into every id. */
static char *read_subscription(const json_t *root)
{
    char *subscription = read_key(root, "subscription");

    if (subscription == NULL || names_is_subscription(subscription))
        return subscription;
    free(subscription);
    return NULL;
}

/* "2026-11-23 04:00:00.000000", by azure/az's zone. */
static int64_t read_local_time(const char *text)
{
    struct tm time = {.tm_isdst = 0};
    const char *end = text == NULL ? NULL : strptime(text, "%Y-%m-%d %H:%M:%S", &time);
    time_t seconds = end == NULL ? -1 : timegm(&time);

    return seconds > 0 && seconds < INT64_MAX / NUMBER_SECOND ? seconds * NUMBER_SECOND : 0;
}

static int64_t read_expiry(const json_t *root)
{
    int64_t seconds = (int64_t)json_integer_value(json_object_get(root, "expires_on"));

    if (seconds > 0 && seconds < INT64_MAX / NUMBER_SECOND)
        return seconds * NUMBER_SECOND;
    return read_local_time(json_string_value(json_object_get(root, "expiresOn")));
}

static enum login_result read_answer(struct login *login, size_t number,
                                     const struct finish *finish, struct error *error)
{
    json_t *root = parse(&finish->output);
    char *token = read_key(root, "accessToken"); /* asterisks by now */
    bool found = token != NULL && token[0] != '\0';

    free(token);
    if (found && login->subscription == NULL)
        login->subscription = read_subscription(root);
    login->tokens[number].expires = read_expiry(root);
    json_decref(root);
    if (found)
        return LOGIN_OK;
    (void)error_set(
        error, "az succeeded when asked for a token, but gave none: is the program the Azure CLI?");
    return LOGIN_NO_AZ;
}

enum login_result login_read_token(struct login *login, size_t number, struct finish *finish,
                                   struct error *error)
{
    enum login_result result = read_process(finish, is_own(login), error);
    char *token = take_token(&finish->output);

    if (result == LOGIN_OK && finish->exit.known && finish->exit.status != 0)
        result =
            is_own(login) ? read_own_refusal(login, finish, error) : read_refusal(finish, error);
    else if (result == LOGIN_OK)
        result = read_answer(login, number, finish, error);
    if (result == LOGIN_OK && hand_on(login, number, token, error) < 0)
        result = LOGIN_NO_AZ;
    if (token != NULL)
        explicit_bzero(token, strlen(token));
    free(token);
    wipe(finish);
    return result;
}

enum login_result login_read_cloud(struct login *login, const struct finish *finish,
                                   struct error *error)
{
    enum login_result result = read_process(finish, false, error);
    json_t *root;
    char *endpoint;

    if (result == LOGIN_OK && finish->exit.known && finish->exit.status != 0)
        return read_refusal(finish, error);
    if (result != LOGIN_OK)
        return result;
    root = parse(&finish->output);
    endpoint = read_key(json_object_get(root, "endpoints"), "resourceManager");
    json_decref(root);
    if (endpoint == NULL) {
        (void)error_set(error, "az does not say where its cloud is: see whether `az cloud show` "
                               "works by hand");
        return LOGIN_NO_AZ;
    }
    rest_set_endpoint(login->rest, endpoint);
    free(endpoint);
    return LOGIN_OK;
}

static enum login_result read_version(struct login *login, struct finish *finish,
                                      struct error *error)
{
    json_t *root;

    if (finish->end == FINISH_NOT_STARTED || finish->stop == FINISH_CANCELLED)
        return read_process(finish, false, error);
    root = parse(&finish->output);
    free(login->az_version);
    login->az_version = read_key(root, "azure-cli");
    json_decref(root);
    if (login->az_version == NULL)
        login->az_version = memory_string("");
    if (strcmp(login->az_version, refused_version) != 0)
        return LOGIN_OK;
    (void)error_set(error,
                    "azure-cli %s must not be used: it drops --scripts, and the VMs would run "
                    "Microsoft's sample script instead (azure-cli#32258); install another version",
                    refused_version);
    return LOGIN_NO_AZ;
}

enum login_result login_read(struct login *login, struct finish *token, struct finish *version,
                             bool needs_subscription, struct error *error)
{
    struct error token_error = {""};
    /* The token's answer is always read, for that wipes it. */
    enum login_result token_result = login_read_token(login, 0, token, &token_error);
    enum login_result result = version == NULL ? LOGIN_OK : read_version(login, version, error);

    if (result == LOGIN_OK) {
        result = token_result;
        *error = token_error;
    }
    if (result == LOGIN_OK && login->subscription == NULL && needs_subscription) {
        result = LOGIN_NO_AZ;
        (void)error_set(error, "az has no default subscription, and the job names none for every "
                               "target: add targets.subscription, or use `az account set`");
    }
    return result;
}

void login_done(struct login *login)
{
    free(login->subscription);
    free(login->az_version);
    for (size_t i = 0; i < login->token_count; i++) {
        free(login->tokens[i].asked);
        free(login->tokens[i].tenant);
    }
    free(login->tokens);
    accounts_done(&login->accounts);
    free(login->no_accounts);
    *login = (struct login){.subscription = NULL};
}
