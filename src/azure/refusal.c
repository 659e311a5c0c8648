/* SPDX-License-Identifier: MIT */
#include "azure/refusal.h"

#include <ctype.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "azure/proxy.h"
#include "azure/refusal_rules.h"
#include "azure/rest.h"
#include "azure/said.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

enum { LONGEST = 300 /* of az's own words in a message */, HTTP_NOT_FOUND = 404 };

/* What was read with which rule. */
struct rule_use {
    const struct refusal_rule *rule;
    int az_exit;
    bool attempt; /* a script was to be run */
    bool own;     /* no az was asked for the token, which … */
    bool token;   /* … was all that was asked for */
};

void refusal_add_line(struct buffer *buffer, const char *text, size_t length)
{
    struct buffer masked = BUFFER_INIT;
    struct buffer clean = BUFFER_INIT;
    size_t end;

    proxy_append_masked(&masked, text, length);
    text_append_utf8(&clean, buffer_text(&masked), masked.length);
    buffer_done(&masked);
    text_blank_controls(clean.data, clean.length);
    /* A message has no full stop of its own: what it is put into may go on. */
    while (clean.length > 0 && strchr(" .", clean.data[clean.length - 1]) != NULL)
        clean.length--;
    end = text_head(clean.data, clean.length, LONGEST);
    buffer_append(buffer, buffer_text(&clean), end);
    if (end < clean.length)
        buffer_add(buffer, REFUSAL_CUT_MARK);
    buffer_done(&clean);
}

/* The rule's words without the colon that asks for az's; those about the script stand before it. */
static void add_rule(struct buffer *message, const struct refusal_rule *rule, bool attempt,
                     bool colon)
{
    bool still_runs = (rule->effect & REFUSAL_EFFECT) == REFUSAL_STILL_RUNS;
    size_t length = strlen(rule->message);

    buffer_append(message, rule->message, colon ? length - 1 : length);
    if (rule->cause == CAUSE_PROXY)
        proxy_add_name(message);
    if (attempt && rule->attempt != NULL)
        buffer_add(message, rule->attempt);
    else if (attempt && still_runs && length > 0)
        buffer_add(message, "; the script may have started");
    if (colon)
        buffer_add(message, ": ");
}

static char *write_message(const struct rule_use *use, const struct said *said, int64_t retry_after)
{
    const struct refusal_rule *rule = use->rule;
    struct buffer message = BUFFER_INIT;
    size_t length = strlen(rule->message);
    bool colon = length > 0 && rule->message[length - 1] == ':';
    struct buffer line = BUFFER_INIT;

    add_rule(&message, rule, use->attempt, colon);
    refusal_add_line(&line, said->line, said->length);
    if ((colon || length == 0) && line.length == 0)
        buffer_print(&message, "az ended with status %d and said nothing", use->az_exit);
    else if (colon || length == 0) {
        if (length == 0 && said->code[0] != '\0')
            buffer_print(&message, "(%s) ", said->code);
        buffer_append(&message, line.data, line.length);
    }
    buffer_done(&line);
    if (retry_after > 0) {
        buffer_add(&message, "; Azure asks to wait ");
        number_print_exact_duration(&message, retry_after);
    }
    return buffer_take(&message);
}

/* "'6' seconds" at AT; 0: nothing of the kind. */
static int64_t read_wait(const char *at)
{
    static const struct {
        const char *name;
        int64_t size;
    } units[] = {{"second", NUMBER_SECOND}, {"minute", NUMBER_MINUTE}, {"hour", NUMBER_HOUR}};
    int64_t value = 0;

    at += strspn(at, "'\"` ");
    for (; isdigit((unsigned char)*at) && value < 100000000; at++)
        value = value * 10 + (*at - '0');
    at += strspn(at, "'\"` ");
    for (size_t i = 0; i < sizeof units / sizeof units[0] && value > 0; i++) {
        if (strncasecmp(at, units[i].name, strlen(units[i].name)) == 0)
            return value < NUMBER_LONGEST / units[i].size ? value * units[i].size : NUMBER_LONGEST;
    }
    return 0;
}

/* "after '6' seconds", "retried in 14 seconds", as ARM and Compute write it; 0: there is none. */
static int64_t find_retry_after(const char *text)
{
    static const char *const heads[] = {"after ", "retried in "};
    int64_t wait = 0;

    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        const char *at = strcasestr(text, heads[i]);

        for (; wait == 0 && at != NULL; at = strcasestr(at, heads[i])) {
            at += strlen(heads[i]);
            wait = read_wait(at);
        }
    }
    return wait;
}

static void set_effect(struct outcome *outcome, unsigned effect)
{
    outcome->script =
        (effect & REFUSAL_EFFECT) == REFUSAL_NOTHING ? SCRIPT_NOT_STARTED : SCRIPT_MAY_HAVE_STARTED;
    outcome->may_still_run = (effect & REFUSAL_EFFECT) == REFUSAL_STILL_RUNS;
    outcome->mark_decides = (effect & REFUSAL_MARK) != 0;
    outcome->fatal = (effect & REFUSAL_FATAL) != 0;
}

/* USE has its rule by now. */
static void use_rule(const struct rule_use *use, const struct said *said, struct outcome *ret)
{
    *ret = (struct outcome){.kind = OUTCOME_ERROR,
                            .reason = use->rule->reason,
                            .cause = use->rule->cause,
                            .exit_code = -1};
    set_effect(ret, use->rule->effect);
    if (ret->reason == REASON_THROTTLED || ret->reason == REASON_BUSY)
        ret->retry_after = find_retry_after(said->own);
    ret->message = write_message(use, said, ret->retry_after);
}

static const struct refusal_rule *find_rule(const struct rule_use *use, const struct said *said)
{
    static const struct refusal_rule own_login = {
        .reason = REASON_LOGIN,
        .cause = CAUSE_OWN_IDENTITY,
        .effect = REFUSAL_STILL_RUNS | REFUSAL_FATAL,
        .message = "Azure does not accept the token of the run's own identity:"};
    const struct refusal_rule *rule =
        use->token ? refusal_rules_find_token(said) : refusal_rules_find(said, use->az_exit);

    /* The table's words are of az's login. */
    return use->own && rule->reason == REASON_LOGIN ? &own_login : rule;
}

/* USE has no rule yet. */
static void read_words(struct rule_use *use, const char *errors, size_t length, struct outcome *ret)
{
    struct said said;

    said_read(&said, errors, length, refusal_rules_know);
    use->rule = find_rule(use, &said);
    use_rule(use, &said, ret);
    said_done(&said);
}

void refusal_read(const char *errors, size_t length, int az_exit, struct outcome *ret)
{
    struct rule_use use = {.az_exit = az_exit, .attempt = true};

    read_words(&use, errors, length, ret);
}

void refusal_read_login(const char *errors, size_t length, int az_exit, struct outcome *ret)
{
    struct rule_use use = {.az_exit = az_exit};

    read_words(&use, errors, length, ret);
}

/* ---- azfan-rest --------------------------------------------------------------------------- */

/* The words that az has for an answer without an error of Azure's; NULL: those of the answer. */
static const char *status_phrase(json_int_t status)
{
    static const struct {
        json_int_t status;
        const char *phrase;
    } phrases[] = {{200, "OK"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {408, "Request Timeout"},
                   {409, "Conflict"},
                   {429, "Too Many Requests"},
                   {500, "Internal Server Error"},
                   {502, "Bad Gateway"},
                   {503, "Service Unavailable"},
                   {504, "Gateway Timeout"}};

    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (phrases[i].status == status)
            return phrases[i].phrase;
    }
    return NULL;
}

/* As az would have said it: Azure's error, the answer's status, or why there is none. */
static void print_as_az(struct buffer *text, const json_t *failure, const char *line, size_t length)
{
    const char *message = json_string_value(json_object_get(failure, "message"));
    const char *phrase = status_phrase(json_integer_value(json_object_get(failure, "http")));

    if (json_object_get(failure, "code") != NULL)
        buffer_append(text, line, length);
    else if (phrase != NULL)
        buffer_print(text, "ERROR: Operation returned an invalid status '%s'", phrase);
    else
        buffer_print(text, "ERROR: %s", message != NULL ? message : "");
}

static bool has_not_started(const json_t *failure)
{
    const char *started = json_string_value(json_object_get(failure, "started"));

    return started != NULL && strcmp(started, "no") == 0;
}

/* What the client knows goes before what a rule can only infer from words. */
static void set_started(struct outcome *outcome, bool not_started)
{
    if (not_started) {
        outcome->script = SCRIPT_NOT_STARTED;
        outcome->may_still_run = false;
        return;
    }
    outcome->mark_decides = true;
    if (outcome->script != SCRIPT_NOT_STARTED)
        return;
    outcome->script = SCRIPT_MAY_HAVE_STARTED;
    outcome->may_still_run = true;
}

/* Azure takes no token of this login until a person has done more (Continuous Access Evaluation; a
 * policy that wants another factor): another token would be refused as well. */
static void read_challenge(const json_t *failure, struct outcome *outcome)
{
    const char *challenge = json_string_value(json_object_get(failure, "challenge"));

    if (challenge == NULL || strstr(challenge, "insufficient_claims") == NULL)
        return;
    outcome->reason = REASON_LOGIN;
    outcome->cause = CAUSE_CLAIMS;
    outcome->fatal = true;
    free(outcome->message);
    outcome->message = memory_string("Azure wants another login, with more than a token can have: "
                                     "a policy of the tenant, or a change of the account");
}

/* The last line of ERRORS, where it is a failure, for json_decref(); else NULL. */
static json_t *load_failure(const char *errors, size_t length)
{
    size_t at = text_last_lines(errors, length, 1);
    json_t *failure = json_loadb(errors + at, length - at, 0, NULL);

    if (json_is_string(json_object_get(failure, "phase")))
        return failure;
    json_decref(failure);
    return NULL;
}

/* Whatever an answer to a question says but that it ended, an operation goes on (rest/operation).
 */
static enum rest_end read_end(const json_t *failure)
{
    const char *phase = json_string_value(json_object_get(failure, "phase"));
    const char *started = json_string_value(json_object_get(failure, "started"));

    if (strcmp(phase, "polling") != 0)
        return REST_NONE;
    if (started != NULL && strcmp(started, "unknown") == 0)
        return REST_OVER;
    return json_integer_value(json_object_get(failure, "http")) == HTTP_NOT_FOUND ? REST_FORGOTTEN
                                                                                  : REST_OPEN;
}

bool refusal_read_rest(const char *errors, size_t length, bool own, struct outcome *ret,
                       enum rest_end *ret_end)
{
    size_t at = text_last_lines(errors, length, 1);
    json_t *failure = load_failure(errors, length);
    const json_t *wait = json_object_get(failure, "retry_after");
    struct rule_use use = {.az_exit = 1, .attempt = !has_not_started(failure), .own = own};
    struct buffer text = BUFFER_INIT;

    if (failure == NULL)
        return false;
    *ret_end = read_end(failure);
    print_as_az(&text, failure, errors + at, length - at);
    read_words(&use, buffer_text(&text), text.length, ret);
    set_started(ret, has_not_started(failure));
    read_challenge(failure, ret);
    if (json_is_integer(wait) && json_integer_value(wait) > 0 &&
        (ret->reason == REASON_THROTTLED || ret->reason == REASON_BUSY))
        ret->retry_after = json_integer_value(wait) * NUMBER_SECOND;
    buffer_done(&text);
    json_decref(failure);
    return true;
}

/* "ERROR: (Conflict) Run command extension …", as az's own errors begin. */
static void print_error(struct buffer *text, const json_t *error)
{
    const char *code = json_string_value(json_object_get(error, "code"));
    const char *message = json_string_value(json_object_get(error, "message"));

    buffer_add(text, "ERROR: ");
    if (code != NULL)
        buffer_print(text, "(%s)%s", code, message != NULL ? " " : "");
    buffer_print(text, "%s\n", message != NULL ? message : "");
}

static void print_failure(struct buffer *text, const json_t *failure)
{
    const json_t *http = json_object_get(failure, "http");
    const json_t *details = json_object_get(failure, "details");

    print_error(text, failure);
    if (json_integer_value(http) >= 400) /* of an operation that failed it is 200 */
        buffer_print(text, "HTTP status %d\n", (int)json_integer_value(http));
    for (size_t i = 0; i < json_array_size(details); i++)
        print_error(text, json_array_get(details, i));
}

void refusal_add_rest_words(struct buffer *buffer, const char *errors, size_t length)
{
    json_t *failure = load_failure(errors, length);
    size_t end = failure != NULL ? text_last_lines(errors, length, 1) : length;
    size_t next;

    for (size_t at = 0; at < end; at = next) {
        const char *newline = memchr(errors + at, '\n', end - at);
        size_t line = newline != NULL ? (size_t)(newline - errors) - at : end - at;

        next = at + line + (newline != NULL);
        if (!rest_is_said(errors + at, line))
            buffer_append(buffer, errors + at, next - at);
    }
    if (failure != NULL)
        print_failure(buffer, failure);
    json_decref(failure);
}

/* Who gives tokens has no codes of Azure Resource Manager's: what counts is in the message. */
static void print_words(struct buffer *text, const json_t *failure, const char *line, size_t length)
{
    const char *code = json_string_value(json_object_get(failure, "code"));
    const char *message = json_string_value(json_object_get(failure, "message"));

    if (message == NULL)
        print_as_az(text, failure, line, length);
    else if (code != NULL && strstr(message, "AADSTS") == NULL)
        buffer_print(text, "ERROR: %s: %s", code, message);
    else
        buffer_print(text, "ERROR: %s", message);
}

void refusal_read_token(const char *errors, size_t length, struct outcome *ret)
{
    size_t at = text_last_lines(errors, length, 1);
    json_t *failure = load_failure(errors, length);
    struct rule_use use = {.az_exit = 1, .token = true};
    struct buffer text = BUFFER_INIT;

    print_words(&text, failure, errors + at, length - at);
    read_words(&use, buffer_text(&text), text.length, ret);
    buffer_done(&text);
    json_decref(failure);
}

void refusal_read_extension(const char *text, size_t length, struct outcome *ret)
{
    struct buffer message = BUFFER_INIT;

    *ret = (struct outcome){.kind = OUTCOME_ERROR,
                            .reason = REASON_EXTENSION,
                            .script = SCRIPT_MAY_HAVE_STARTED,
                            .exit_code = -1};
    buffer_add(&message, "the run-command extension failed" REFUSAL_QUOTE_MARK);
    refusal_add_line(&message, text, length);
    ret->message = buffer_take(&message);
}
