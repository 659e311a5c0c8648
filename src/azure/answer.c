/* SPDX-License-Identifier: MIT */
#include "azure/answer.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "azure/guardpath.h"
#include "azure/payload.h"
#include "azure/policy.h"
#include "azure/refusal.h"
#include "azure/reply.h"
#include "base/memory.h"
#include "base/number.h"

/* Beyond 128 a shell's status is 128 and the signal; Linux has 64 of them. */
enum { SIGNALED = 128, LAST_SIGNAL = 64 };

static const char holds_the_vm[] = "the script may still be running on the VM";
static const char had_sent_nothing[] = "it had sent nothing";

static const char *client_name(const struct answer_question *question)
{
    return question->rest ? "azfan-rest" : "az";
}

static void set(struct outcome *outcome, enum outcome_kind kind, enum outcome_reason reason,
                enum outcome_script script, char *message)
{
    *outcome = (struct outcome){
        .kind = kind, .reason = reason, .script = script, .exit_code = -1, .message = message};
}

/* "SIGKILL", or "a signal without a name". */
static const char *signal_name(int number, char *text, size_t size)
{
    const char *name = sigabbrev_np(number);

    if (name == NULL)
        return "of the real-time ones";
    (void)snprintf(text, size, "SIG%s", name);
    return text;
}

static char *describe_status(int status, bool windows)
{
    char name[32];

    if (status == 0)
        return memory_string("the script ended with status 0, which ok_status does not list");
    if (!windows && status > SIGNALED && status <= SIGNALED + LAST_SIGNAL)
        return memory_print(
            "the script ended with status %d: ended by signal %d (%s)%s", status, status - SIGNALED,
            signal_name(status - SIGNALED, name, sizeof name),
            status == SIGNALED + SIGKILL ? ", often the kernel's out-of-memory killer" : "");
    if (!windows && status == 127)
        return memory_string("the script ended with status 127: a command, or the script's "
                             "interpreter, was not found");
    if (!windows && status == 126)
        return memory_string("the script ended with status 126: a command, or the script's file, "
                             "could not be executed");
    return memory_print("the script ended with status %d", status);
}

/* One that counts as ok: NULL for 0, of which there is nothing to tell. */
static char *describe_ok_status(int status)
{
    return status == 0 ? NULL
                       : memory_print("the script ended with status %d, which counts as ok: it is "
                                      "listed in ok_status",
                                      status);
}

static void read_exit(const struct reply *reply, const struct job_statuses *ok,
                      struct outcome *outcome)
{
    int status = reply->trailer.status;
    bool signaled = !reply->windows && status > SIGNALED && status <= SIGNALED + LAST_SIGNAL;

    if (job_status_is_ok(ok, status))
        set(outcome, OUTCOME_OK, REASON_NONE, SCRIPT_STARTED, describe_ok_status(status));
    else
        set(outcome, OUTCOME_FAILED, signaled ? REASON_SIGNAL : REASON_EXIT, SCRIPT_STARTED,
            describe_status(status, reply->windows));
    outcome->exit_code = status;
}

static char *describe_script_timeout(int64_t script_timeout, bool left)
{
    struct buffer message = BUFFER_INIT;

    buffer_add(&message, "the script was stopped on the VM after its script_timeout of ");
    number_print_exact_duration(&message, script_timeout);
    if (left)
        buffer_add(&message, ", but something that it had started may still run there: it could "
                             "not be stopped, or has left the script's session");
    return buffer_take(&message);
}

static char *describe_broken(const struct reply *reply)
{
    struct buffer message = BUFFER_INIT;
    const char *text = buffer_text(&reply->errors);
    const char *policy = reply->windows ? policy_that_refused(text) : NULL;
    size_t length;

    buffer_add(&message, "the VM could not set up the script, so it did not start: ");
    length = message.length;
    if (reply->windows && reply->trailer.status == GUARD_CONSTRAINED) {
        buffer_add(&message, policy_of_language);
        return buffer_take(&message);
    }
    text += strspn(text, "\r\n");
    refusal_add_line(&message, text, strcspn(text, "\r\n"));
    if (message.length == length)
        buffer_add(&message, "no reason was given");
    if (policy != NULL)
        buffer_print(&message, "; %s", policy);
    else if (!reply->windows)
        buffer_add(&message, "; it needs room in Run Command's own folder below /var/lib/waagent "
                             "or in /tmp, on a disk that is not full, read-only or noexec, and "
                             "/dev/null and /dev/zero: fix that, and rerun");
    return buffer_take(&message);
}

static const char look_first[] = "it was not run again, and nobody can say how it ended: check the "
                                 "VM; a rerun with --again runs it anyway";

/* The guard found its mark. */
static char *describe_again(const struct answer_question *question)
{
    if (question->marked_by != NULL)
        return memory_print("the script had started in run %s; %s", question->marked_by,
                            look_first);
    return memory_print("the script had started already, by a request that Azure refused or whose "
                        "answer was lost; %s",
                        look_first);
}

static void read_trailer(const struct reply *reply, const struct answer_question *question,
                         struct outcome *outcome)
{
    switch (reply->trailer.end) {
    case TRAILER_EXIT:
        read_exit(reply, &question->ok, outcome);
        break;
    case TRAILER_TIMEOUT:
        set(outcome, OUTCOME_TIMEOUT, REASON_SCRIPT, SCRIPT_STARTED,
            describe_script_timeout(question->script_timeout, reply->trailer.left));
        outcome->may_still_run = reply->trailer.left;
        break;
    case TRAILER_BROKEN:
        set(outcome, OUTCOME_ERROR, REASON_OTHER, SCRIPT_NOT_STARTED, describe_broken(reply));
        break;
    case TRAILER_AGAIN: /* a VM runs one guard at a time: the one before has ended */
        set(outcome, OUTCOME_UNKNOWN, REASON_NO_TRAILER, SCRIPT_STARTED, describe_again(question));
        break;
    }
}

/* The guard is gone, and what it had started may have outlived it. */
static void set_orphaned(struct outcome *outcome, enum outcome_reason reason, char *message)
{
    set(outcome, OUTCOME_UNKNOWN, reason, SCRIPT_MAY_HAVE_STARTED, message);
    outcome->may_still_run = true;
}

/* Microsoft's own script, for Linux and for Windows; a script may print its first words, too. */
static bool is_sample(const char *output)
{
    static const char *const begins[] = {"This is a sample script\n",
                                         "This is a sample script with parameters "};

    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        if (strncmp(output, begins[i], strlen(begins[i])) == 0)
            return true;
    }
    return false;
}

/* The client succeeded, and the guard has not reported. */
static void read_without_trailer(const struct reply *reply, const struct answer_question *question,
                                 struct outcome *outcome)
{
    const char *message = buffer_text(&reply->message);

    if (strstr(message, "Last script execution didn't finish") != NULL)
        set_orphaned(outcome, REASON_INTERRUPTED,
                     memory_string("the VM or its agent restarted before the script had ended; if "
                                   "only the agent did, the script may still be running"));
    else if (strncmp(message, "Enable failed", strlen("Enable failed")) == 0)
        refusal_read_extension(message, reply->message.length, outcome);
    else if (is_sample(buffer_text(&reply->output)))
        set(outcome, OUTCOME_UNKNOWN, REASON_NO_TRAILER, SCRIPT_MAY_HAVE_STARTED,
            memory_string("the VM ran Microsoft's sample script instead of the job's: azure-cli "
                          "2.78.0 does that, install another version"));
    else if (reply->windows && reply->output.length == 0 &&
             policy_that_refused(buffer_text(&reply->errors)) != NULL)
        set(outcome, OUTCOME_ERROR, REASON_OTHER, SCRIPT_NOT_STARTED, describe_broken(reply));
    else
        set_orphaned(outcome, REASON_NO_TRAILER,
                     memory_print("%s succeeded, but the script's end was not reported: its guard "
                                  "was killed, perhaps without the script, or the VM went down",
                                  client_name(question)));
}

/* Nobody is to read of a folder whose name is another one each time. */
static void clean_reply(struct reply *reply, const char *nonce)
{
    guardpath_clean(&reply->output, nonce, reply->output_truncated);
    guardpath_clean(&reply->errors, nonce, reply->errors_truncated);
    guardpath_clean(&reply->message, nonce, false);
}

/* The same for what az wrote itself, which may quote a VM. */
static void clean_process(struct finish *finish, const char *nonce)
{
    struct capture_text *const texts[] = {&finish->output, &finish->errors};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        texts[i]->length = guardpath_remove(texts[i]->data, texts[i]->length, nonce, false);
}

/* Of LENGTH bytes, of which CAME had come before some were dropped, keeps the first and last half
 * of LIMIT. */
static void keep_ends(struct buffer *ret, const char *bytes, size_t length, uint64_t came,
                      size_t limit)
{
    struct capture capture;
    struct capture_text text;

    capture_init(&capture, limit);
    capture_add(&capture, bytes, length);
    capture.total = came;
    capture_finish(&capture, &text);
    buffer_append(ret, text.data, text.length);
    capture_text_done(&text);
}

/* Takes a stream of the script over. */
static bool take_script_stream(struct buffer *stream, bool is_packed, size_t limit,
                               struct buffer *ret)
{
    bool fits = is_packed || stream->length <= limit; /* what was packed keeps to the limit */

    if (fits) {
        *ret = *stream;
        *stream = (struct buffer)BUFFER_INIT;
    } else {
        keep_ends(ret, stream->data, stream->length, stream->length, limit);
    }
    return fits;
}

/* Believes az's answer when there is one. False: there is none. */
static bool read_reply(const struct finish *finish, const struct answer_question *question,
                       bool only_with_trailer, struct answer *ret)
{
    struct payload payload;
    struct reply reply;
    bool readable = reply_read(finish->output.data, finish->output.length, question->nonce, &reply);

    if (!readable || (only_with_trailer && !reply.has_trailer)) {
        reply_done(&reply);
        return false;
    }
    payload = payload_unpack(&reply.output, &reply.errors, question->nonce, question->output_limit);
    clean_reply(&reply, question->nonce);
    if (reply.has_trailer)
        read_trailer(&reply, question, &ret->outcome);
    else
        read_without_trailer(&reply, question, &ret->outcome);
    ret->output_truncated = reply.output_truncated || payload.output_cut || reply.trailer.full;
    ret->errors_truncated = reply.errors_truncated || payload.errors_cut || reply.trailer.full;
    if (!take_script_stream(&reply.output, payload.there, question->output_limit, &ret->output))
        ret->output_truncated = true;
    if (!take_script_stream(&reply.errors, payload.there, question->output_limit, &ret->errors))
        ret->errors_truncated = true;
    reply_done(&reply);
    return true;
}

/* Takes a stream of az over. Where something was dropped, ANSWER_READ_MOST bytes at least are left.
 */
static void take_stream(struct capture_text *text, const struct answer_question *question,
                        struct buffer *buffer, bool *truncated)
{
    size_t limit = question->output_limit;
    uint64_t came = text->length;

    *truncated = text->dropped > 0 || text->length > limit;
    if (text->length <= limit || (text->dropped > 0 && limit >= ANSWER_READ_MOST)) {
        buffer_append(buffer, text->data, text->length);
    } else {
        if (text->dropped > 0)
            came = ANSWER_READ_MOST + text->dropped;
        keep_ends(buffer, text->data, text->length, came, limit);
    }
    capture_text_done(text);
}

/* Nobody could find a secret in what is compressed. */
static void hide_payload(struct capture_text *text, const char *nonce)
{
    struct buffer shown = {text->data, text->length, text->length};

    payload_hide(&shown, nonce);
    text->data = shown.data;
    text->length = shown.length;
}

/* What a client of REST says to azfan alone is no output of its target. */
static void take_words(struct capture_text *text)
{
    struct buffer words = BUFFER_INIT;

    refusal_add_rest_words(&words, text->data, text->length);
    free(text->data);
    text->length = words.length;
    text->data = words.data;
}

/* A client of REST says "sent" before the first byte of a script goes out; az says nothing. What
 * has not been read to its end may say it, too. */
static bool may_have_sent(const struct finish *finish, const struct answer_question *question)
{
    static const char sent[] = "sent\n";

    return !question->rest || question->asks || finish->errors.dropped > 0 ||
           !finish->errors.complete ||
           (finish->errors.length > 0 &&
            memmem(finish->errors.data, finish->errors.length, sent, sizeof sent - 1) != NULL);
}

/* For people: what az did instead of ending by itself. */
static void read_stopped(const struct finish *finish, const struct answer_question *question,
                         struct outcome *outcome)
{
    struct buffer message = BUFFER_INIT;
    bool cancelled = finish->stop == FINISH_CANCELLED;
    bool sent = may_have_sent(finish, question);

    if (cancelled)
        buffer_print(&message, "%s was stopped before it had %s", client_name(question),
                     sent ? "an answer" : "sent anything");
    else {
        buffer_print(&message, "%s had %s after its timeout of ", client_name(question),
                     sent ? "no answer" : "no connection");
        number_print_exact_duration(&message, question->timeout);
        buffer_add(&message, " and was stopped");
    }
    if (finish->end == FINISH_ABANDONED)
        buffer_add(&message, " (the process survived SIGKILL and was abandoned)");
    if (sent)
        buffer_print(&message, "; %s", holds_the_vm);
    set(outcome, cancelled ? OUTCOME_CANCELLED : OUTCOME_TIMEOUT,
        cancelled ? REASON_SIGNAL : REASON_AZ, sent ? SCRIPT_MAY_HAVE_STARTED : SCRIPT_NOT_STARTED,
        buffer_take(&message));
    outcome->may_still_run = sent;
}

static void read_crash(const struct finish *finish, const struct answer_question *question,
                       struct outcome *outcome)
{
    int number = finish->exit.status;
    bool sent = may_have_sent(finish, question);
    char name[32];

    set(outcome, OUTCOME_ERROR, REASON_AZ_BROKEN,
        sent ? SCRIPT_MAY_HAVE_STARTED : SCRIPT_NOT_STARTED,
        memory_print("%s itself was ended by signal %d (%s)%s; %s", client_name(question), number,
                     signal_name(number, name, sizeof name),
                     number == SIGKILL ? ", perhaps because this machine is out of memory" : "",
                     sent ? holds_the_vm : had_sent_nothing));
    outcome->may_still_run = sent;
}

/* azfan-rest has ended with a status, and has not said why: it could not be loaded, or is not ours.
 */
static void read_wordless(const struct finish *finish, const struct answer_question *question,
                          struct outcome *outcome)
{
    bool sent = may_have_sent(finish, question);
    struct buffer message = BUFFER_INIT;
    struct buffer words = BUFFER_INIT;

    buffer_print(&message, "azfan-rest ended with status %d and did not say why; %s",
                 finish->exit.status, sent ? holds_the_vm : had_sent_nothing);
    refusal_add_rest_words(&words, finish->errors.data, finish->errors.length);
    if (words.length > 0) {
        buffer_add(&message, REFUSAL_QUOTE_MARK);
        refusal_add_line(&message, words.data, words.length);
    }
    set(outcome, OUTCOME_ERROR, REASON_AZ_BROKEN,
        sent ? SCRIPT_MAY_HAVE_STARTED : SCRIPT_NOT_STARTED, buffer_take(&message));
    outcome->may_still_run = sent;
    buffer_done(&words);
}

static void read_failure(const struct finish *finish, const struct answer_question *question,
                         struct answer *ret)
{
    struct outcome *outcome = &ret->outcome;

    if (!question->rest)
        refusal_read(finish->errors.data, finish->errors.length, finish->exit.status, outcome);
    else if (!refusal_read_rest(finish->errors.data, finish->errors.length, question->own_identity,
                                outcome, &ret->operation))
        read_wordless(finish, question, outcome);
}

/* Nobody knows more of the script than before. */
static void read_unanswered(const struct answer *answer, struct outcome *outcome)
{
    char *message =
        answer->operation == REST_FORGOTTEN
            ? memory_string("Azure has forgotten the operation, so nobody can say any more what "
                            "became of the script")
            : memory_print("Azure did not say what became of the script: %s", outcome->message);

    outcome_done(outcome);
    set(outcome, OUTCOME_UNKNOWN, REASON_ANSWER, SCRIPT_MAY_HAVE_STARTED, message);
    outcome->may_still_run = true;
}

static char *describe_unreadable(const struct finish *finish,
                                 const struct answer_question *question)
{
    const char *client = client_name(question);

    if (!finish->exit.known)
        return memory_print("%s has ended, but its exit status is lost and its answer is "
                            "incomplete; the script may have run",
                            client);
    if (finish->output.length == 0)
        return memory_print("%s succeeded and answered nothing; the script may have run", client);
    if (finish->output.dropped > 0)
        return memory_print("%s's answer is larger than output_limit, %" PRIu64
                            " bytes of it were dropped; the script may have run",
                            client, finish->output.dropped);
    return memory_print("%s succeeded, but its answer is not that of a run-command; the script "
                        "may have run",
                        client);
}

/* What became of az when no answer of its own can be believed. */
static void read_process(const struct finish *finish, const struct answer_question *question,
                         struct answer *ret)
{
    struct outcome *outcome = &ret->outcome;

    if (finish->end == FINISH_NOT_STARTED)
        set(outcome, OUTCOME_ERROR, REASON_START, SCRIPT_NOT_STARTED,
            memory_string(finish->error.text));
    else if (finish->end == FINISH_ABANDONED || finish->stop != FINISH_UNSTOPPED)
        read_stopped(finish, question, outcome);
    else if (finish->exit.known && finish->exit.signaled)
        read_crash(finish, question, outcome);
    else if (finish->exit.known && finish->exit.status != 0)
        read_failure(finish, question, ret);
    else
        set(outcome, OUTCOME_UNKNOWN, REASON_ANSWER, SCRIPT_MAY_HAVE_STARTED,
            describe_unreadable(finish, question));
}

void answer_read(struct finish *finish, const struct answer_question *question, struct answer *ret)
{
    bool succeeded = finish->end == FINISH_EXITED && finish->stop == FINISH_UNSTOPPED &&
                     finish->exit.known && !finish->exit.signaled && finish->exit.status == 0;

    *ret = (struct answer){.operation = question->rest ? REST_OPEN : REST_NONE};
    if (finish->end != FINISH_NOT_STARTED && read_reply(finish, question, !succeeded, ret)) {
        ret->operation = question->rest ? REST_OVER : REST_NONE;
        capture_text_done(&finish->output);
        capture_text_done(&finish->errors);
        return;
    }
    hide_payload(&finish->output, question->nonce);
    hide_payload(&finish->errors, question->nonce);
    clean_process(finish, question->nonce);
    if (question->rest && succeeded) /* with an answer that is none */
        ret->operation = REST_OVER;
    read_process(finish, question, ret);
    if (question->asks && ret->operation != REST_OVER)
        read_unanswered(ret, &ret->outcome);
    if (question->rest)
        take_words(&finish->errors);
    take_stream(&finish->output, question, &ret->output, &ret->output_truncated);
    take_stream(&finish->errors, question, &ret->errors, &ret->errors_truncated);
}

void answer_done(struct answer *answer)
{
    outcome_done(&answer->outcome);
    buffer_done(&answer->output);
    buffer_done(&answer->errors);
}
