/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what az printed, and any end of its process: the outcome is one that exists, its
 * message is one clean line, and nothing is said to be ok, or not to have begun, against what the
 * guard reported. The same answer to somebody else's question says nothing of the script at all.
 */
#include <jansson.h>

#include "azure/accounts.h"
#include "azure/answer.h"
#include "azure/login.h"
#include "azure/refusal.h"
#include "azure/trailer.h"
#include "base/digest.h"
#include "base/number.h"
#include "fuzz.h"
#include "job/outcome.h"

static const char nonce[] = "0123456789abcdef0123456789abcdef";

struct said {
    struct finish finish;
    char *output;
    char *errors;
    size_t output_length;
    size_t errors_length;
};

static struct said said_read(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_begin(data, size);
    struct said said = {.finish = {.duration = NUMBER_SECOND}};
    int exit;

    said.finish.end = (enum finish_end)fuzz_number(&input, 3);
    said.finish.stop = (enum finish_stop)fuzz_number(&input, 3);
    exit = fuzz_number(&input, 3);
    said.finish.exit.known = exit != 2;
    said.finish.exit.signaled = exit == 1;
    said.finish.exit.status = fuzz_number(&input, exit == 1 ? 66 : 256);
    said.finish.output.dropped = (uint64_t)fuzz_number(&input, 2);
    said.finish.errors.dropped = (uint64_t)fuzz_number(&input, 2);
    said.finish.output.complete = said.finish.errors.complete = fuzz_number(&input, 2) == 0;
    if (said.finish.end == FINISH_NOT_STARTED) {
        (void)error_set(&said.finish.error, "cannot start az");
        said.output = memory_string("");
        said.errors = memory_string("");
        return said;
    }
    said.output = fuzz_text(&input, &said.output_length);
    said.errors = fuzz_text(&input, &said.errors_length);
    return said;
}

/* The finish, for one who takes the streams over. */
static struct finish give(const struct said *said)
{
    struct finish finish = said->finish;

    finish.output.length = said->output_length;
    finish.errors.length = said->errors_length;
    finish.output.data =
        said->output_length > 0 ? memory_copy(said->output, said->output_length) : NULL;
    finish.errors.data =
        said->errors_length > 0 ? memory_copy(said->errors, said->errors_length) : NULL;
    return finish;
}

static void said_done(struct said *said)
{
    free(said->output);
    free(said->errors);
}

/* Does a text of the JSON hold the guard's last line, with the end and, unless NULL, the status? */
static bool holds_trailer(const json_t *json, const char *end, const char *status)
{
    const char *key;
    json_t *value;
    size_t index;

    if (json_is_string(json)) {
        char *line = memory_print("azfan:%s end=%s status=%s", nonce, end, status);
        bool found =
            memmem(json_string_value(json), json_string_length(json), line, strlen(line)) != NULL;

        free(line);
        return found;
    }
    json_array_foreach(json, index, value)
    {
        if (holds_trailer(value, end, status))
            return true;
    }
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        if (holds_trailer(value, end, status))
            return true;
    }
    return false;
}

/* Found by other means than azure/reply's: anywhere in whatever JSON there is. */
static bool reported(const struct said *said, const char *end, const char *status)
{
    struct buffer clean = BUFFER_INIT;
    json_t *json;
    bool found;

    text_append_utf8(&clean, said->output, said->output_length);
    json = json_loadb(buffer_text(&clean), clean.length,
                      JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY, NULL);
    found = json != NULL && holds_trailer(json, end, status);
    json_decref(json);
    buffer_done(&clean);
    return found;
}

static void check_outcome(const struct outcome *outcome)
{
    must(outcome_is_valid(outcome->kind, outcome->reason));
    must((outcome->message == NULL) == (outcome->kind == OUTCOME_OK));
    must(outcome->message == NULL ||
         (outcome->message[0] != '\0' && fuzz_is_line(outcome->message)));
    must(outcome->script != SCRIPT_NOT_STARTED || !outcome->may_still_run);
    must(!outcome->mark_decides || outcome->script == SCRIPT_MAY_HAVE_STARTED);
    must(!outcome->fatal || outcome->kind == OUTCOME_ERROR);
    must(outcome->retry_after >= 0 && outcome->retry_after <= NUMBER_LONGEST);
    must(outcome->kind != OUTCOME_OK || outcome->exit_code == 0);
    must(outcome->kind != OUTCOME_FAILED || outcome->exit_code != 0);
    must(outcome->kind == OUTCOME_OK || outcome->kind == OUTCOME_FAILED ||
         outcome->exit_code == -1);
}

/* Did az end by itself, and not well? */
static bool refused(const struct finish *finish)
{
    return finish->end == FINISH_EXITED && finish->stop == FINISH_UNSTOPPED && finish->exit.known &&
           !finish->exit.signaled && finish->exit.status != 0;
}

static void check_answer(const struct said *said, const struct answer *answer)
{
    const struct outcome *outcome = &answer->outcome;

    check_outcome(outcome);
    if (outcome->kind == OUTCOME_OK) /* "0", "00", "-0" */
        must(reported(said, "exit", "0") || reported(said, "exit", "-0"));
    if (outcome->kind == OUTCOME_FAILED)
        must(reported(said, "exit", ""));
    if (outcome->kind == OUTCOME_TIMEOUT && outcome->reason == REASON_SCRIPT)
        must(reported(said, "timeout", ""));
    /* Who says that nothing began has the guard's word for it, or az's, or there was no az. */
    if (outcome->script == SCRIPT_NOT_STARTED)
        must(outcome->kind == OUTCOME_ERROR &&
             (said->finish.end == FINISH_NOT_STARTED || reported(said, "broken", "") ||
              refused(&said->finish)));
}

static struct answer ask(const struct said *said, const char *nonce_asked)
{
    struct answer_question question = {.nonce = nonce_asked,
                                       .output_limit = 1 << 20,
                                       .timeout = 90 * NUMBER_SECOND,
                                       .script_timeout = NUMBER_MINUTE};
    struct finish finish = give(said);
    struct answer answer;

    answer_read(&finish, &question, &answer);
    finish_done(&finish);
    return answer;
}

/* A nonce that the input cannot know. */
static void check_other_nonce(const struct said *said, const uint8_t *data, size_t size)
{
    char digest[DIGEST_TEXT_SIZE];
    struct answer answer;

    digest_print((const char *)data, size, digest);
    digest[sizeof nonce - 1] = '\0';
    answer = ask(said, digest);
    check_outcome(&answer.outcome);
    must(answer.outcome.kind == OUTCOME_ERROR || answer.outcome.kind == OUTCOME_UNKNOWN ||
         answer.outcome.kind == OUTCOME_CANCELLED || answer.outcome.reason == REASON_AZ);
    must(answer.outcome.script != SCRIPT_STARTED);
    answer_done(&answer);
}

static void check_parts(const struct said *said)
{
    struct outcome outcome;
    struct buffer line = BUFFER_INIT;
    struct trailer trailer;

    refusal_read_extension(said->errors, said->errors_length, &outcome);
    check_outcome(&outcome);
    must(outcome.reason == REASON_EXTENSION && outcome.script == SCRIPT_MAY_HAVE_STARTED);
    outcome_done(&outcome);
    refusal_add_line(&line, said->errors, said->errors_length);
    must(fuzz_is_line(buffer_text(&line)));
    buffer_done(&line);
    if (trailer_find(said->output, said->output_length, nonce, &trailer))
        must(trailer.start < trailer.stop && trailer.stop <= said->output_length &&
             trailer.seconds >= 0);
}

static void check_login(const struct said *said)
{
    struct finish token = give(said);
    struct finish version = give(said);
    struct login login = {.subscription = NULL};
    struct error error = {""};
    enum login_result result;

    (void)login_add(&login, NULL, NULL);
    result = login_read(&login, &token, &version, true, &error);
    if (result == LOGIN_OK)
        must(login.subscription != NULL && login.az_version != NULL);
    else
        must(error.text[0] != '\0' && fuzz_is_clean(error.text, strlen(error.text), ""));
    login_done(&login);
    finish_done(&token);
    finish_done(&version);
}

static void check_accounts(const struct said *said)
{
    struct finish finish = give(said);
    struct accounts accounts;
    struct error error = {""};

    if (accounts_read(&accounts, &finish, ACCOUNTS_TIMEOUT, &error) == 0) {
        must(accounts.count > 0 && accounts.count <= ACCOUNTS_MOST);
        for (size_t i = 0; i < accounts.count; i++)
            must(accounts_find(&accounts, accounts.list[i].subscription) != NULL &&
                 accounts.list[i].name != NULL && accounts.list[i].user_type != NULL);
    } else {
        must(accounts.count == 0 && error.text[0] != '\0');
        must(fuzz_is_clean(error.text, strlen(error.text), ""));
    }
    must(finish.output.data == NULL && finish.errors.data == NULL);
    accounts_done(&accounts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct said said = said_read(data, size);
    struct answer answer = ask(&said, nonce);

    check_answer(&said, &answer);
    answer_done(&answer);
    check_other_nonce(&said, data, size);
    check_parts(&said);
    check_login(&said);
    check_accounts(&said);
    said_done(&said);
    return 0;
}
