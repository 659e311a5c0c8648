/* SPDX-License-Identifier: MIT */
/*
 * What az answered, word for word, and what azfan makes of it. What az and Azure
 * say when they refuse is in test_refusal.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "azure/advice.h"
#include "azure/answer.h"
#include "azure/payload.h"
#include "azure/refusal.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "unit/unit.h"

#define NONCE "0123456789abcdef0123456789abcdef"
static void take_text(struct capture_text *text, const char *bytes, size_t length)
{
    *text = (struct capture_text){
        .data = length > 0 ? memory_copy(bytes, length) : NULL, .length = length, .complete = true};
}

static struct finish ended(int status, const char *output, const char *errors)
{
    struct finish finish = {.end = FINISH_EXITED, .exit = {.known = true, .status = status}};

    take_text(&finish.output, output, strlen(output));
    take_text(&finish.errors, errors, strlen(errors));
    return finish;
}

static struct answer read_limited(struct finish *finish, size_t limit)
{
    struct answer_question question = {.nonce = NONCE,
                                       .output_limit = limit,
                                       .timeout = 220 * NUMBER_SECOND,
                                       .script_timeout = 130 * NUMBER_SECOND};
    struct answer answer;

    answer_read(finish, &question, &answer);
    capture_text_done(&finish->output);
    capture_text_done(&finish->errors);
    ck_assert(outcome_is_valid(answer.outcome.kind, answer.outcome.reason));
    if (answer.outcome.kind == OUTCOME_OK) {
        ck_assert_ptr_null(answer.outcome.message);
    } else {
        size_t bad;

        ck_assert_ptr_nonnull(answer.outcome.message);
        ck_assert_ptr_null(strpbrk(answer.outcome.message, "\r\n\t\033"));
        ck_assert(text_is_utf8(answer.outcome.message, strlen(answer.outcome.message), &bad));
        ck_assert_uint_gt(strlen(answer.outcome.message), 0);
    }
    return answer;
}

static struct answer read_answer(struct finish *finish)
{
    return read_limited(finish, 1024 * 1024);
}

/* One line, no control characters, cut between characters, whatever az wrote. */
START_TEST(a_message_is_fit_for_people)
{
    struct buffer errors = BUFFER_INIT;
    struct finish finish = {.end = FINISH_EXITED, .exit = {.known = true, .status = 1}};
    struct answer answer;

    buffer_append(&errors, "ERROR: \033[31m\0\xff", 14);
    for (int i = 0; i < 500; i++)
        buffer_add(&errors, "\xe2\x82\xac");
    take_text(&finish.errors, errors.data, errors.length);
    answer = read_answer(&finish);
    ck_assert_uint_le(strlen(answer.outcome.message), 310);
    ck_assert_ptr_nonnull(strstr(answer.outcome.message, "\xe2\x82\xac\xe2\x80\xa6"));
    answer_done(&answer);
    buffer_done(&errors);
}
END_TEST

#define TRAILER(end, status) "\nazfan:" NONCE " end=" end " status=" status " seconds=3\n"
#define FOLDER               "/var/lib/waagent/run-command/download/7/azfan-" NONCE
#define LINUX(out, err)      "Enable succeeded: \n[stdout]\n" out "\n[stderr]\n" err

static const struct {
    const char *what;
    const char *message; /* of a Linux VM */
    enum outcome_kind kind;
    enum outcome_reason reason;
    int exit_code;
    const char *text; /* a part of the message for people */
    const char *output, *errors;
} messages[] = {
    {"ok", LINUX("total 12\n" TRAILER("exit", "0"), "warn\n"), OUTCOME_OK, REASON_NONE, 0, NULL,
     "total 12\n", "warn\n"},
    {"a failed script is not ok, though Azure says so", LINUX(TRAILER("exit", "7"), ""),
     OUTCOME_FAILED, REASON_EXIT, 7, "status 7", "", ""},
    {"a command that is not there", LINUX(TRAILER("exit", "127"), ""), OUTCOME_FAILED, REASON_EXIT,
     127, "not found", "", ""},
    {"a signal", LINUX("x" TRAILER("exit", "137"), ""), OUTCOME_FAILED, REASON_SIGNAL, 137,
     "status 137: ended by signal 9 (SIGKILL), often the kernel's out-of-memory killer", "x", ""},
    {"the last signal", LINUX(TRAILER("exit", "192"), ""), OUTCOME_FAILED, REASON_SIGNAL, 192,
     "signal 64", "", ""},
    {"128 is no signal", LINUX(TRAILER("exit", "128"), ""), OUTCOME_FAILED, REASON_EXIT, 128,
     "status 128", "", ""},
    {"193 is no signal", LINUX(TRAILER("exit", "193"), ""), OUTCOME_FAILED, REASON_EXIT, 193,
     "status 193", "", ""},
    {"the time limit on the VM", LINUX("half" TRAILER("timeout", "143"), ""), OUTCOME_TIMEOUT,
     REASON_SCRIPT, -1, "2m10s", "half", ""},
    {"stopped, and it said 0", LINUX(TRAILER("timeout", "0"), ""), OUTCOME_TIMEOUT, REASON_SCRIPT,
     -1, "script_timeout", "", ""},
    {"the guard could not begin", LINUX(TRAILER("broken", "1"), "\nmktemp: No space left\nmore"),
     OUTCOME_ERROR, REASON_OTHER, -1, "mktemp: No space left; it needs room", "",
     "\nmktemp: No space left\nmore"},
    {"the guard's folder is named nowhere",
     LINUX("in " FOLDER "\n" TRAILER("exit", "127"), FOLDER "/script: line 3: x: not found\n"),
     OUTCOME_FAILED, REASON_EXIT, 127, "not found", "in .\n", "script: line 3: x: not found\n"},
    {"nor in the words of a guard that could not begin",
     LINUX(TRAILER("broken", "1"), "sh: cannot create " FOLDER "/script: full"), OUTCOME_ERROR,
     REASON_OTHER, -1, "set up the script, so it did not start: sh: cannot create script: full", "",
     "sh: cannot create script: full"},
    {"nor in those of a handler", "Enable failed: " FOLDER "/script: gone", OUTCOME_ERROR,
     REASON_EXTENSION, -1, "Enable failed: script: gone", "", ""},
    {"the guard could not begin, and nothing can be read of why",
     LINUX(TRAILER("broken", "1"), "\n\t \nmore"), OUTCOME_ERROR, REASON_OTHER, -1,
     "no reason was given", "", "\n\t \nmore"},
    {"a script that had run before", LINUX(TRAILER("again", "1"), ""), OUTCOME_UNKNOWN,
     REASON_NO_TRAILER, -1,
     "was not run again, and nobody can say how it ended: check the VM; "
     "a rerun with --again",
     "", ""},
    {"a script that prints the division itself",
     LINUX("a\n[stderr]\nb\n" TRAILER("exit", "0"), "c\n[stderr]\nd"), OUTCOME_OK, REASON_NONE, 0,
     NULL, "a\n[stderr]\nb\n", "c\n[stderr]\nd"},
    {"a daemon that writes behind the trailer", LINUX("a" TRAILER("exit", "0") "late\n", ""),
     OUTCOME_OK, REASON_NONE, 0, NULL, "alate\n", ""},
    {"a trailer without its newline",
     "Enable succeeded: \n[stdout]\na\nazfan:" NONCE " end=exit status=0 seconds=1\n[stderr]\nb",
     OUTCOME_OK, REASON_NONE, 0, NULL, "a", "b"},
    {"no trailer is never ok", LINUX("all done\n", "e"), OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1,
     "was not reported", "all done\n", "e"},
    {"nothing at all", LINUX("", ""), OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "was not reported",
     "", ""},
    {"an old trailer",
     LINUX("\nazfan:ffffffffffffffffffffffffffffffff end=exit status=0 seconds=1\n", ""),
     OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "was not reported",
     "\nazfan:ffffffffffffffffffffffffffffffff end=exit status=0 seconds=1\n", ""},
    {"azure-cli 2.78.0", LINUX("This is a sample script\nOptional parameters: \n", ""),
     OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "2.78.0",
     "This is a sample script\nOptional parameters: \n", ""},
    {"a script that prints what the sample does",
     LINUX("a\nThis is a sample script\nOptional parameters: \n", ""), OUTCOME_UNKNOWN,
     REASON_NO_TRAILER, -1, "was not reported",
     "a\nThis is a sample script\nOptional parameters: \n", ""},
    {"a script that prints what a restarted agent does",
     LINUX("Enable succeeded: Last script execution didn't finish.", ""), OUTCOME_UNKNOWN,
     REASON_NO_TRAILER, -1, "was not reported",
     "Enable succeeded: Last script execution didn't finish.", ""},
    {"a script that prints what a failed handler does", LINUX("Enable failed: x", ""),
     OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "was not reported", "Enable failed: x", ""},
    {"a restart in the middle", "Enable succeeded: Last script execution didn't finish.",
     OUTCOME_UNKNOWN, REASON_INTERRUPTED, -1, "restarted", "", ""},
    {"a failed handler",
     "Enable failed: invalid configuration: 'commandToExecute' is not specified", OUTCOME_ERROR,
     REASON_EXTENSION, -1, "commandToExecute", "", ""},
    {"a failed handler with streams", "Enable failed: exit status=1\n[stdout]\na\n[stderr]\nb",
     OUTCOME_ERROR, REASON_EXTENSION, -1, "exit status=1", "a", "b"},
};

/* az's JSON around a Linux VM's message. free() it. */
static char *wrap(const char *message, size_t length)
{
    json_t *root =
        json_pack("{s:[{s:s, s:s, s:s, s:s%, s:n}]}", "value", "code",
                  "ProvisioningState/succeeded", "displayStatus", "Provisioning succeeded", "level",
                  "Info", "message", message, length, "time");
    char *text = json_dumps(root, JSON_INDENT(2));

    ck_assert_ptr_nonnull(text);
    json_decref(root);
    return text;
}

START_TEST(a_linux_vm_is_understood)
{
    char *json = wrap(messages[_i].message, strlen(messages[_i].message));
    struct finish finish = ended(0, json, "");
    struct answer answer = read_answer(&finish);
    struct outcome *outcome = &answer.outcome;
    const char *what = messages[_i].what;

    ck_assert_msg(outcome->kind == messages[_i].kind && outcome->reason == messages[_i].reason,
                  "%s: %s %s", what, outcome_name(outcome->kind),
                  outcome_reason_name(outcome->reason));
    ck_assert_msg(outcome->exit_code == messages[_i].exit_code, "%s: %d", what, outcome->exit_code);
    if (messages[_i].text != NULL)
        ck_assert_msg(strstr(outcome->message, messages[_i].text) != NULL, "%s: %s", what,
                      outcome->message);
    ck_assert_msg(strcmp(buffer_text(&answer.output), messages[_i].output) == 0, "%s: \"%s\"", what,
                  buffer_text(&answer.output));
    ck_assert_msg(strcmp(buffer_text(&answer.errors), messages[_i].errors) == 0, "%s: \"%s\"", what,
                  buffer_text(&answer.errors));
    ck_assert(!answer.output_truncated && !answer.errors_truncated && !outcome->fatal);
    answer_done(&answer);
    free(json);
}
END_TEST

#define STATUS_OF(nonce)                                                                           \
    "{\"code\":\"ProvisioningState/succeeded\",\"message\":\"Enable succeeded: "                   \
    "\\n[stdout]\\nhi\\n\\nazfan:" nonce " end=exit status=0 seconds=3\\n\\n[stderr]\\n\"}"
#define STATUS STATUS_OF(NONCE)
#define WINDOWS(out, err)                                                                          \
    "{\"value\":[{\"code\":\"ComponentStatus/StdOut/"                                              \
    "succeeded\",\"level\":\"Info\",\"message\":\"" out                                            \
    "\",\"time\":null},{\"code\":\"ComponentStatus/StdErr/succeeded\",\"message\":\"" err "\"}]}"

/* As Windows PowerShell 5.1 prints it; no line of an error's own place and no tilde. */
#define REFUSED_FILE                                                                               \
    "File C:\\\\Packages\\\\Plugins\\\\script0.ps1 cannot be loaded because running scripts is "   \
    "disabled on "                                                                                 \
    "this system.\\r\\n    + CategoryInfo          : SecurityError: (:) [], "                      \
    "ParentContainsErrorRecordException\\r\\n    + FullyQualifiedErrorId : "                       \
    "UnauthorizedAccess\\r\\n"
/* The category's name is another one in other languages. */
#define REFUSED_AS(category)                                                                       \
    "Die Datei x.ps1 kann nicht geladen werden.\\r\\n    + CategoryInfo          : " category      \
    ": (:) [], ParentContainsErrorRecordEx\\r\\n   ception\\r\\n    + FullyQualifiedErrorId : "    \
    "UnauthorizedAccess\\r\\n"
#define REFUSED_LANGUAGE                                                                           \
    "C:\\\\x\\\\script0.ps1 : Cannot dot-source this\\r\\n    + CategoryInfo          : "          \
    "InvalidOperation: "                                                                           \
    "(:) [script0.ps1], NotSupportedException\\r\\n    + FullyQualifiedErrorId : "                 \
    "DotSourceNotSupported,script0.ps1\\r\\n"
#define REFUSED_THERE                                                                              \
    "& : File C:\\\\x.ps1 cannot be loaded.\\r\\nAt C:\\\\y.ps1:1 char:3\\r\\n+ & "                \
    "C:\\\\x.ps1\\r\\n+   "                                                                        \
    "~~~~~~~~\\r\\n    + CategoryInfo          : SecurityError: (:) [], PSSecurityException\\r\\n" \
    "    + FullyQualifiedErrorId : UnauthorizedAccess\\r\\n"

/* A policy of the VM may let PowerShell load no script, or leave it its constrained language. */
START_TEST(policies_of_windows)
{
    static const struct {
        const char *protects;
        const char *output;
        enum outcome_kind kind;
        enum outcome_script script;
        const char *text;
    } rows[] = {
        {"the guard was not loaded", WINDOWS("", REFUSED_FILE), OUTCOME_ERROR, SCRIPT_NOT_STARTED,
         "it did not start: File C:\\Packages\\Plugins\\script0.ps1 cannot be loaded because "
         "running "
         "scripts is disabled on this system; a policy on the VM does not let"},
        {"the last line without its end",
         WINDOWS("", "SecurityError: (:) []\\n FullyQualifiedErrorId : UnauthorizedAccess"),
         OUTCOME_ERROR, SCRIPT_NOT_STARTED, "Get-ExecutionPolicy -List"},
        {"in German", WINDOWS("", REFUSED_AS("Sicherheitsfehler")), OUTCOME_ERROR,
         SCRIPT_NOT_STARTED, "Get-ExecutionPolicy -List"},
        {"in French",
         WINDOWS("", REFUSED_AS("Erreur de s\xc3\xa9"
                                "curit\xc3\xa9 ")),
         OUTCOME_ERROR, SCRIPT_NOT_STARTED, "Get-ExecutionPolicy -List"},
        {"the profile was not loaded, and then the guard", WINDOWS("", REFUSED_THERE REFUSED_FILE),
         OUTCOME_ERROR, SCRIPT_NOT_STARTED, "Get-ExecutionPolicy -List"},
        {"the last error is of another script, and the guard was killed",
         WINDOWS("", REFUSED_FILE REFUSED_THERE), OUTCOME_UNKNOWN, SCRIPT_MAY_HAVE_STARTED,
         "its guard was killed"},
        {"the guard is trusted, and PowerShell is not", WINDOWS("", REFUSED_LANGUAGE),
         OUTCOME_ERROR, SCRIPT_NOT_STARTED,
         "it did not start: C:\\x\\script0.ps1 : Cannot dot-source this; PowerShell runs in "
         "constrained language mode there"},
        {"the runner is trusted, and PowerShell is not",
         WINDOWS("\\nazfan:" NONCE " end=broken status=1 seconds=3", REFUSED_LANGUAGE),
         OUTCOME_ERROR, SCRIPT_NOT_STARTED, "the policy must leave SYSTEM the full language"},
        {"another error of a script that is not there",
         WINDOWS("", "(:) [x]\\n FullyQualifiedErrorId : DotSourceNotSupportedHere,x"),
         OUTCOME_UNKNOWN, SCRIPT_MAY_HAVE_STARTED, "its guard was killed"},
        {"the runner was not loaded",
         WINDOWS("\\nazfan:" NONCE " end=broken status=1 seconds=3", REFUSED_FILE), OUTCOME_ERROR,
         SCRIPT_NOT_STARTED, "a policy on the VM does not let the script be loaded"},
        {"the constrained language",
         WINDOWS("azfan:" NONCE " end=broken status=113 seconds=0\\r\\n", ""), OUTCOME_ERROR,
         SCRIPT_NOT_STARTED, "it did not start: PowerShell runs in constrained language mode"},
        {"a script's own status 113",
         WINDOWS("\\nazfan:" NONCE " end=exit status=113 seconds=0", ""), OUTCOME_FAILED,
         SCRIPT_STARTED, "status 113"},
        {"another script was not loaded, and the guard was killed", WINDOWS("", REFUSED_THERE),
         OUTCOME_UNKNOWN, SCRIPT_MAY_HAVE_STARTED, "its guard was killed"},
        {"something was printed before", WINDOWS("x", REFUSED_FILE), OUTCOME_UNKNOWN,
         SCRIPT_MAY_HAVE_STARTED, "its guard was killed"},
        {"another error",
         WINDOWS("", "SecurityError: (:)\\n FullyQualifiedErrorId : UnauthorizedAccessException"),
         OUTCOME_UNKNOWN, SCRIPT_MAY_HAVE_STARTED, "its guard was killed"},
        {"the script ran, and met it",
         WINDOWS("\\nazfan:" NONCE " end=exit status=1 seconds=0", REFUSED_FILE), OUTCOME_FAILED,
         SCRIPT_STARTED, "status 1"},
    };

    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        struct finish finish = ended(0, rows[i].output, "");
        struct answer answer = read_answer(&finish);

        ck_assert_msg(answer.outcome.kind == rows[i].kind, "%s: kind %d", rows[i].protects,
                      (int)answer.outcome.kind);
        ck_assert_msg(answer.outcome.script == rows[i].script, "%s: script %d", rows[i].protects,
                      (int)answer.outcome.script);
        ck_assert_msg(strstr(answer.outcome.message, rows[i].text) != NULL, "%s: %s",
                      rows[i].protects, answer.outcome.message);
        answer_done(&answer);
    }
}
END_TEST

/* What a retry must know: it has begun, so it is not to be repeated, and a rerun need not wait. */
START_TEST(a_script_that_had_run_before_is_over)
{
    char *json = wrap(LINUX(TRAILER("again", "1"), ""), strlen(LINUX(TRAILER("again", "1"), "")));
    struct finish finish = ended(0, json, "");
    struct answer answer = read_answer(&finish);

    ck_assert_int_eq((int)answer.outcome.script, SCRIPT_STARTED);
    ck_assert(!answer.outcome.may_still_run);
    ck_assert_ptr_nonnull(strstr(answer.outcome.message, "had started already, by a request"));
    answer_done(&answer);
    free(json);
}
END_TEST

/* The guard looked for the mark of the run that this one goes on with. */
START_TEST(a_script_that_an_earlier_run_had_started)
{
    struct answer_question question = {
        .nonce = NONCE, .timeout = NUMBER_SECOND, .marked_by = "20261123T030000Z-demo-0001"};
    char *json = wrap(LINUX(TRAILER("again", "1"), ""), strlen(LINUX(TRAILER("again", "1"), "")));
    struct finish finish = ended(0, json, "");
    struct answer answer;

    answer_read(&finish, &question, &answer);
    ck_assert_int_eq((int)answer.outcome.kind, OUTCOME_UNKNOWN);
    ck_assert_int_eq((int)answer.outcome.script, SCRIPT_STARTED);
    ck_assert_str_eq(answer.outcome.message,
                     "the script had started in run 20261123T030000Z-demo-0001; it was not run "
                     "again, and nobody can say how it ended: check the VM; a rerun with --again "
                     "runs it anyway");
    answer_done(&answer);
    free(json);
}
END_TEST

/* The VM is free only when nothing is left of the script. */
START_TEST(what_could_not_be_stopped_may_still_run)
{
    static const char *const trailers[] = {
        TRAILER("timeout", "143"), "\nazfan:" NONCE " end=timeout status=143 seconds=3 left=1\n"};

    for (int left = 0; left < 2; left++) {
        struct answer_question question = {
            .nonce = NONCE, .script_timeout = NUMBER_SECOND, .output_limit = 1024};
        char *message =
            memory_print("Enable succeeded: \n[stdout]\nhalf%s\n[stderr]\n", trailers[left]);
        char *json = wrap(message, strlen(message));
        struct finish finish = ended(0, json, "");
        struct answer answer;

        answer_read(&finish, &question, &answer);
        ck_assert_int_eq((int)answer.outcome.kind, OUTCOME_TIMEOUT);
        ck_assert_int_eq((int)answer.outcome.reason, REASON_SCRIPT);
        ck_assert_int_eq((int)answer.outcome.script, SCRIPT_STARTED);
        ck_assert(answer.outcome.may_still_run == (left == 1));
        ck_assert_str_eq(buffer_text(&answer.output), "half");
        ck_assert((strstr(answer.outcome.message, "may still run there") != NULL) == (left == 1));
        ck_assert((strstr(advice_for(&answer.outcome), "The VM is free") != NULL) == (left == 0));
        answer_done(&answer);
        free(json);
        free(message);
    }
}
END_TEST

/* What the job lists counts, and nothing else. */
START_TEST(the_job_says_which_statuses_are_ok)
{
    static const struct {
        struct job_statuses ok;
        const char *message;
        int status;
        enum outcome_kind kind;
        enum outcome_reason reason;
        const char *text;
    } rows[] = {
        {{{0, 1}, 2}, LINUX(TRAILER("exit", "0"), ""), 0, OUTCOME_OK, REASON_NONE, NULL},
        {{{0, 1}, 2},
         LINUX(TRAILER("exit", "1"), ""),
         1,
         OUTCOME_OK,
         REASON_NONE,
         "the script ended with status 1, which counts as ok: it is listed in ok_status"},
        {{{0, 1}, 2},
         LINUX(TRAILER("exit", "2"), ""),
         2,
         OUTCOME_FAILED,
         REASON_EXIT,
         "the script ended with status 2"},
        {{{1}, 1},
         LINUX(TRAILER("exit", "0"), ""),
         0,
         OUTCOME_FAILED,
         REASON_EXIT,
         "the script ended with status 0, which ok_status does not list"},
        {{{143}, 1},
         LINUX(TRAILER("exit", "143"), ""),
         143,
         OUTCOME_OK,
         REASON_NONE,
         "the script ended with status 143, which counts as ok: it is listed in ok_status"},
        {{{1}, 1},
         LINUX(TRAILER("exit", "143"), ""),
         143,
         OUTCOME_FAILED,
         REASON_SIGNAL,
         "the script ended with status 143: ended by signal 15 (SIGTERM)"},
        {{{0, 127}, 2},
         LINUX(TRAILER("exit", "127"), ""),
         127,
         OUTCOME_OK,
         REASON_NONE,
         "the script ended with status 127, which counts as ok: it is listed in ok_status"},
        {{{3010, -1073741510}, 2},
         LINUX(TRAILER("exit", "-1073741510"), ""),
         -1073741510,
         OUTCOME_OK,
         REASON_NONE,
         "the script ended with status -1073741510, which counts as ok: "
         "it is listed in ok_status"},
        {{{0, 1, 143}, 3},
         LINUX(TRAILER("timeout", "143"), ""),
         -1,
         OUTCOME_TIMEOUT,
         REASON_SCRIPT,
         "the script was stopped on the VM after its script_timeout of 1s"},
        {{{0, 1}, 2},
         LINUX("nothing", ""),
         -1,
         OUTCOME_UNKNOWN,
         REASON_NO_TRAILER,
         "az succeeded, but the script's end was not reported: its guard was killed, perhaps "
         "without the script, or the VM went down"},
    };

    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        struct answer_question question = {.nonce = NONCE,
                                           .timeout = NUMBER_SECOND,
                                           .script_timeout = NUMBER_SECOND,
                                           .ok = rows[i].ok};
        char *json = wrap(rows[i].message, strlen(rows[i].message));
        struct finish finish = ended(0, json, "");
        struct answer answer;

        answer_read(&finish, &question, &answer);
        ck_assert_int_eq((int)answer.outcome.kind, (int)rows[i].kind);
        ck_assert_int_eq((int)answer.outcome.reason, (int)rows[i].reason);
        ck_assert_int_eq(answer.outcome.exit_code, rows[i].status);
        ck_assert_pstr_eq(answer.outcome.message, rows[i].text);
        answer_done(&answer);
        free(json);
    }
}
END_TEST

/* The guard has not reported: what has ended it has perhaps not ended the script. */
START_TEST(what_outlives_its_guard_may_still_run)
{
    static const struct {
        const char *message;
        bool may_still_run;
    } rows[] = {{LINUX("all done\n", "e"), true},
                {LINUX("", ""), true},
                {"Enable succeeded: Last script execution didn't finish.", true},
                {LINUX("This is a sample script\n", ""), false}};

    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        char *json = wrap(rows[i].message, strlen(rows[i].message));
        struct finish finish = ended(0, json, "");
        struct answer answer = read_answer(&finish);

        ck_assert_msg(answer.outcome.may_still_run == rows[i].may_still_run, "%s", rows[i].message);
        ck_assert_int_eq((int)answer.outcome.script, SCRIPT_MAY_HAVE_STARTED);
        answer_done(&answer);
        free(json);
    }
}
END_TEST

/* Every shape that a version of az has given. */
START_TEST(a_shape_is_understood)
{
    static const struct {
        const char *json;
        enum outcome_kind kind;
        enum outcome_reason reason;
        int exit_code;
        const char *output, *errors;
    } shapes[] = {
        {"{\"value\":[" STATUS "]}", OUTCOME_OK, REASON_NONE, 0, "hi\n", ""},
        {"{\"endTime\":\"x\",\"error\":null,\"name\":\"n\",\"output\":[" STATUS "]}", OUTCOME_OK,
         REASON_NONE, 0, "hi\n", ""},
        {"{\"properties\":{\"output\":{\"value\":[" STATUS "]}}}", OUTCOME_OK, REASON_NONE, 0,
         "hi\n", ""},
        {"{\"output\":{\"value\":[" STATUS "]}}", OUTCOME_OK, REASON_NONE, 0, "hi\n", ""},
        {"{\"value\":[" STATUS "]}\ntrailing noise", OUTCOME_OK, REASON_NONE, 0, "hi\n", ""},
        {WINDOWS("hi\\n\\nazfan:" NONCE " end=exit status=0 seconds=3", "e"), OUTCOME_OK,
         REASON_NONE, 0, "hi\n", "e"},
        {WINDOWS("hi\\r\\nazfan:" NONCE " end=exit status=5 seconds=3\\r\\n", ""), OUTCOME_FAILED,
         REASON_EXIT, 5, "hi", ""},
        {WINDOWS("azfan:" NONCE " end=exit status=130 seconds=3", ""), OUTCOME_FAILED, REASON_EXIT,
         130, "", ""}, /* no signals on Windows */
        {WINDOWS("azfan:" NONCE " end=exit status=-1073741510 seconds=3", ""), OUTCOME_FAILED,
         REASON_EXIT, -1073741510, "", ""},
        {WINDOWS("Test 123", ""), OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "Test 123", ""},
        {WINDOWS("This is a sample script with parameters ", ""), OUTCOME_UNKNOWN,
         REASON_NO_TRAILER, -1, "This is a sample script with parameters ", ""},
        {"{\"value\":[]}", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "{\"value\":[]}", ""},
        {"{\"value\":[{}]}", OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "", ""},
        {"{\"value\":[7]}", OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "", ""},
        {"{\"value\":[{\"message\":7}]}", OUTCOME_UNKNOWN, REASON_NO_TRAILER, -1, "", ""},
        {"{\"value\":{}}", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "{\"value\":{}}", ""},
        {"", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "", ""},
        {"null", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "null", ""},
        {"[]", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "[]", ""},
        {"1", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "1", ""},
        {"{\"value\":[" STATUS, OUTCOME_UNKNOWN, REASON_ANSWER, -1,
         "{\"value\":[" STATUS_OF("\xe2\x80\xa6"), ""},
        {WINDOWS("At C:\\\\Windows\\\\TEMP\\\\azfan-" NONCE "\\\\script.ps1:3\\r\\nazfan:" NONCE
                 " end=exit status=1 seconds=3",
                 "C:\\\\Windows\\\\TEMP\\\\azfan-" NONCE "\\\\script.ps1 : no"),
         OUTCOME_FAILED, REASON_EXIT, 1, "At script.ps1:3", "script.ps1 : no"},
        {"\xff\xfe garbage", OUTCOME_UNKNOWN, REASON_ANSWER, -1, "\xff\xfe garbage", ""},
    };

    for (int i = 0; i < UNIT_COUNT(shapes); i++) {
        struct finish finish = ended(0, shapes[i].json, "");
        struct answer answer = read_answer(&finish);

        ck_assert_msg(answer.outcome.kind == shapes[i].kind &&
                          answer.outcome.reason == shapes[i].reason &&
                          answer.outcome.exit_code == shapes[i].exit_code,
                      "%s: %s %s %d", shapes[i].json, outcome_name(answer.outcome.kind),
                      outcome_reason_name(answer.outcome.reason), answer.outcome.exit_code);
        ck_assert_str_eq(buffer_text(&answer.output), shapes[i].output);
        ck_assert_str_eq(buffer_text(&answer.errors), shapes[i].errors);
        answer_done(&answer);
    }
}
END_TEST

/* 4,096 bytes are Azure's limit: from there on the head may be missing. NUL survives. */
START_TEST(a_full_stream_is_truncated)
{
    static const char nul[] = "Enable succeeded: \n[stdout]\na\0b\nazfan:" NONCE
                              " end=exit status=0 seconds=1\n\n[stderr]\n";

    for (int extra = -1; extra <= 0; extra++) {
        struct buffer message = BUFFER_INIT;
        size_t start;
        struct finish finish;
        struct answer answer;
        char *json;

        buffer_add(&message, "Enable succeeded: \n[stdout]\n");
        start = message.length;
        while (message.length - start < 4096 + (size_t)extra - strlen(TRAILER("exit", "0")))
            buffer_add_char(&message, 'x');
        buffer_add(&message, TRAILER("exit", "0") "\n[stderr]\n");
        json = wrap(message.data, message.length);
        finish = ended(0, json, "");
        answer = read_answer(&finish);
        ck_assert_int_eq((int)answer.outcome.kind, OUTCOME_OK);
        ck_assert_int_eq(answer.output_truncated, extra == 0);
        ck_assert(!answer.errors_truncated);
        answer_done(&answer);
        free(json);
        buffer_done(&message);
    }
    {
        char *json = wrap(nul, sizeof nul - 1);
        struct finish finish = ended(0, json, "");
        struct answer answer = read_answer(&finish);

        ck_assert_int_eq((int)answer.outcome.kind, OUTCOME_OK);
        ck_assert_uint_eq(answer.output.length, 3);
        ck_assert_mem_eq(answer.output.data, "a\0b", 3);
        answer_done(&answer);
        free(json);
    }
}
END_TEST

/* What a guard packs: "one s3cret two\n" on standard output, "err\n" on standard error. */
#define PACKED_FIRST  "H4sIAAAAAAACA8vPS1UoNk4uSi1RKCnP50ot"
#define PACKED_SECOND "KuICAEWnEW8TAAAA"
#define PACKED_LINE   "azfan:" NONCE " gzip"

static const struct {
    const char *what;
    const char *message; /* of a Linux VM */
    size_t limit;
    const char *output, *errors;
    bool output_truncated, errors_truncated;
} packed[] = {
    {"both are whole",
     LINUX(PACKED_LINE " 100 15 4\n" PACKED_FIRST TRAILER("exit", "0"),
           PACKED_LINE "\n" PACKED_SECOND "\n"),
     100, "one s3cret two\n", "err\n", false, false},
    {"the limit is azfan's own",
     LINUX(PACKED_LINE " 100 15 4\n" PACKED_FIRST TRAILER("exit", "0"),
           PACKED_LINE "\n" PACKED_SECOND "\n"),
     6, "one\n[… 9 bytes left out …]\nwo\n", "err\n", true, false},
    {"the guard sent ends",
     LINUX(PACKED_LINE " 2 1000 15\n" PACKED_FIRST TRAILER("exit", "0"),
           PACKED_LINE "\n" PACKED_SECOND "\n"),
     100, PAYLOAD_DAMAGED, PAYLOAD_DAMAGED, true, true},
    {"standard error is lost",
     LINUX(PACKED_LINE " 100 15 4\n" PACKED_FIRST TRAILER("exit", "0"), "sh: oops\n"), 100,
     PAYLOAD_DAMAGED, "sh: oops\n", true, true},
    {"a VM that cannot pack", LINUX("azfan:" NONCE " tail 3 9 4\ntwo" TRAILER("exit", "0"), "rr\n"),
     100, "\n[… 6 bytes left out …]\ntwo", "\n[… 1 bytes left out …]\nrr\n", true, true},
    {"what comes plain keeps to the limit", LINUX("1234567890" TRAILER("exit", "0"), "12345"), 5,
     "12\n[… 5 bytes left out …]\n890", "12345", true, false},
};

/* In the end a script's output is the same text, whichever way it came. */
START_TEST(a_packed_stream_is_unpacked)
{
    char *json = wrap(packed[_i].message, strlen(packed[_i].message));
    struct finish finish = ended(0, json, "");
    struct answer answer = read_limited(&finish, packed[_i].limit);

    ck_assert_int_eq((int)answer.outcome.kind, OUTCOME_OK);
    ck_assert_str_eq(buffer_text(&answer.output), packed[_i].output);
    ck_assert_str_eq(buffer_text(&answer.errors), packed[_i].errors);
    ck_assert_msg(answer.output_truncated == packed[_i].output_truncated &&
                      answer.errors_truncated == packed[_i].errors_truncated,
                  "%s", packed[_i].what);
    answer_done(&answer);
    free(json);
}
END_TEST

/* az's answer breaks off: its base64 is nothing to look at, and nothing to look for secrets in. */
START_TEST(a_packed_stream_of_a_broken_answer_is_hidden)
{
    static const char text[] =
        "{\"value\": [{\"message\": \"Enable succeeded: \\n[stdout]\\n" PACKED_LINE
        " 100 15 4\\n" PACKED_FIRST PACKED_SECOND;
    struct finish finish = ended(_i, _i == 0 ? text : "", _i == 0 ? "" : text);
    struct answer answer = read_answer(&finish);

    ck_assert_ptr_nonnull(strstr(buffer_text(_i == 0 ? &answer.output : &answer.errors), " gzip"));
    ck_assert_ptr_null(strstr(buffer_text(&answer.output), "H4sI"));
    ck_assert_ptr_null(strstr(buffer_text(&answer.errors), "H4sI"));
    ck_assert_ptr_null(strstr(answer.outcome.message, "H4sI"));
    answer_done(&answer);
}
END_TEST

/* Where az was read beyond the limit, what it wrote itself keeps to it. */
START_TEST(what_az_writes_keeps_to_the_limit)
{
    struct finish finish = ended(1, "", "ERROR: 1234567890");
    struct answer answer = read_limited(&finish, 10);

    ck_assert_str_eq(buffer_text(&answer.errors), "ERROR\n[… 7 bytes left out …]\n67890");
    ck_assert(answer.errors_truncated && !answer.output_truncated);
    answer_done(&answer);
}
END_TEST

/* Each byte that is no UTF-8 comes as three: that makes no stream a full one. */
START_TEST(bad_bytes_do_not_fill_a_stream)
{
    for (size_t count = 4095; count <= 4096; count++) {
        struct buffer message = BUFFER_INIT;
        struct finish finish;
        struct answer answer;
        char *json;

        buffer_add(&message, LINUX("x" TRAILER("exit", "0"), ""));
        for (size_t i = 0; i < count; i++)
            buffer_add(&message, "\xef\xbf\xbd");
        json = wrap(message.data, message.length);
        finish = ended(0, json, "");
        answer = read_answer(&finish);
        ck_assert_int_eq(answer.errors_truncated, count == 4096);
        answer_done(&answer);
        free(json);
        buffer_done(&message);
    }
}
END_TEST

/* An answer that is larger than output_limit has lost its middle: nothing in it is believed. */
START_TEST(a_cut_answer_is_unknown)
{
    struct finish finish =
        ended(0, "{\"value\":[{\"message\":\"x\n[… 99 bytes left out …]\n\"}]}", "");
    struct answer answer;

    finish.output.dropped = 99;
    answer = read_answer(&finish);
    ck_assert_int_eq((int)answer.outcome.reason, REASON_ANSWER);
    ck_assert_ptr_nonnull(strstr(answer.outcome.message, "output_limit"));
    ck_assert(answer.output_truncated);
    answer_done(&answer);
}
END_TEST

START_TEST(what_became_of_the_process)
{
    static const struct {
        const char *what;
        struct finish finish;
        enum outcome_kind kind;
        enum outcome_reason reason;
        enum outcome_script script;
        bool runs;
        const char *message;
    } cases[] = {
        {"no start",
         {.end = FINISH_NOT_STARTED, .error = {"cannot start /usr/bin/az: No such file"}},
         OUTCOME_ERROR,
         REASON_START,
         SCRIPT_NOT_STARTED,
         false,
         "cannot start /usr/bin/az: No such file"},
        {"its time was up",
         {.end = FINISH_EXITED, .stop = FINISH_TIMED_OUT, .exit = {.known = true, .status = 1}},
         OUTCOME_TIMEOUT,
         REASON_AZ,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "3m40s"},
        {"its time was up just when it had ended well, without a word",
         {.end = FINISH_EXITED, .stop = FINISH_TIMED_OUT, .exit = {.known = true}},
         OUTCOME_TIMEOUT,
         REASON_AZ,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "3m40s"},
        {"it survived SIGKILL",
         {.end = FINISH_ABANDONED, .stop = FINISH_TIMED_OUT},
         OUTCOME_TIMEOUT,
         REASON_AZ,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "SIGKILL"},
        {"the operator stopped it",
         {.end = FINISH_EXITED,
          .stop = FINISH_CANCELLED,
          .exit = {.known = true, .signaled = true, .status = SIGKILL}},
         OUTCOME_CANCELLED,
         REASON_SIGNAL,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "was stopped"},
        {"stopped by the operator, and it survived",
         {.end = FINISH_ABANDONED, .stop = FINISH_CANCELLED},
         OUTCOME_CANCELLED,
         REASON_SIGNAL,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "SIGKILL"},
        {"az was killed by somebody else",
         {.end = FINISH_EXITED, .exit = {.known = true, .signaled = true, .status = SIGKILL}},
         OUTCOME_ERROR,
         REASON_AZ_BROKEN,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "SIGKILL"},
        {"az crashed",
         {.end = FINISH_EXITED, .exit = {.known = true, .signaled = true, .status = SIGSEGV}},
         OUTCOME_ERROR,
         REASON_AZ_BROKEN,
         SCRIPT_MAY_HAVE_STARTED,
         true,
         "SIGSEGV"},
        {"its status is lost",
         {.end = FINISH_EXITED},
         OUTCOME_UNKNOWN,
         REASON_ANSWER,
         SCRIPT_MAY_HAVE_STARTED,
         false,
         "lost"},
    };

    for (int i = 0; i < UNIT_COUNT(cases); i++) {
        struct finish finish = cases[i].finish;
        struct answer answer;

        take_text(&finish.errors, "raw", 3);
        answer = read_answer(&finish);
        ck_assert_msg(answer.outcome.kind == cases[i].kind &&
                          answer.outcome.reason == cases[i].reason &&
                          answer.outcome.script == cases[i].script &&
                          answer.outcome.may_still_run == cases[i].runs && !answer.outcome.fatal,
                      "%s", cases[i].what);
        ck_assert_msg(strstr(answer.outcome.message, cases[i].message) != NULL, "%s: %s",
                      cases[i].what, answer.outcome.message);
        ck_assert_str_eq(buffer_text(&answer.errors), "raw");
        answer_done(&answer);
    }
}
END_TEST

/* az was stopped, but its whole answer had come: what the guard says is the truth. */
START_TEST(a_complete_answer_is_believed_after_a_stop)
{
    static const enum finish_stop stops[] = {FINISH_TIMED_OUT, FINISH_CANCELLED};

    for (int i = 0; i < UNIT_COUNT(stops); i++) {
        struct finish finish = ended(1, "{\"value\":[" STATUS "]}", "");
        struct finish without = ended(0, "{\"value\":[{\"message\":\"Enable failed: x\"}]}", "");
        struct answer answer;

        finish.stop = without.stop = stops[i];
        answer = read_answer(&finish);
        ck_assert_int_eq((int)answer.outcome.kind, OUTCOME_OK);
        ck_assert_str_eq(buffer_text(&answer.output), "hi\n");
        answer_done(&answer);
        answer = read_answer(&without); /* without a trailer it is not */
        ck_assert_int_ne((int)answer.outcome.kind, OUTCOME_ERROR);
        ck_assert(answer.outcome.may_still_run);
        answer_done(&answer);
    }
}
END_TEST

#define STOPPED(why)                                                                               \
    {                                                                                              \
        .end = FINISH_EXITED, .stop = (why), .exit = {                                             \
            .known = true,                                                                         \
            .signaled = true,                                                                      \
            .status = SIGINT                                                                       \
        }                                                                                          \
    }
#define CRASHED                                                                                    \
    {                                                                                              \
        .end = FINISH_EXITED, .exit = {.known = true, .signaled = true, .status = SIGSEGV }        \
    }
#define WORDLESS                                                                                   \
    {                                                                                              \
        .end = FINISH_EXITED, .exit = {.known = true, .status = 127 }                              \
    }

/* What a client of REST had said before it was gone tells what it had sent. */
static const struct {
    struct finish finish;
    const char *errors;
    bool cut; /* not all of it was read */
    enum outcome_kind kind;
    enum outcome_reason reason;
    bool sent;
    const char *message;
    const char *words; /* of the target's standard error */
} gone[] = {
    {STOPPED(FINISH_CANCELLED), "", false, OUTCOME_CANCELLED, REASON_SIGNAL, false,
     "before it had sent anything", ""},
    {STOPPED(FINISH_CANCELLED), "", true, OUTCOME_CANCELLED, REASON_SIGNAL, true,
     "before it had an answer; the script may still be running", ""},
    {STOPPED(FINISH_CANCELLED), "sent\n", false, OUTCOME_CANCELLED, REASON_SIGNAL, true,
     "before it had an answer", ""},
    {STOPPED(FINISH_TIMED_OUT), "", false, OUTCOME_TIMEOUT, REASON_AZ, false, "no connection", ""},
    {STOPPED(FINISH_TIMED_OUT), "sent\naccepted {\"operation\":\"https://a/o?s=1\"}\n", false,
     OUTCOME_TIMEOUT, REASON_AZ, true, "no answer after its timeout", ""},
    {CRASHED, "", false, OUTCOME_ERROR, REASON_AZ_BROKEN, false,
     "azfan-rest itself was ended by signal 11 (SIGSEGV); it had sent nothing", ""},
    {CRASHED, "sent\n", false, OUTCOME_ERROR, REASON_AZ_BROKEN, true, "may still be running", ""},
    {WORDLESS, "cannot open libcurl.so.4\n", false, OUTCOME_ERROR, REASON_AZ_BROKEN, false,
     "status 127 and did not say why; it had sent nothing: cannot open libcurl.so.4",
     "cannot open libcurl.so.4\n"},
    {WORDLESS, "sent\n{\"code\":\"Confl", false, OUTCOME_ERROR, REASON_AZ_BROKEN, true,
     "may still be running", "{\"code\":\"Confl"},
};

START_TEST(a_client_that_had_sent_nothing_has_started_nothing)
{
    struct answer_question question = {
        .rest = true, .nonce = NONCE, .output_limit = 1024 * 1024, .timeout = 220 * NUMBER_SECOND};
    struct finish finish = gone[_i].finish;
    struct answer answer;

    take_text(&finish.errors, gone[_i].errors, strlen(gone[_i].errors));
    finish.errors.complete = !gone[_i].cut;
    answer_read(&finish, &question, &answer);
    ck_assert_msg(answer.outcome.kind == gone[_i].kind && answer.outcome.reason == gone[_i].reason,
                  "%s", answer.outcome.message);
    ck_assert_int_eq((int)answer.outcome.script,
                     (int)(gone[_i].sent ? SCRIPT_MAY_HAVE_STARTED : SCRIPT_NOT_STARTED));
    ck_assert(answer.outcome.may_still_run == gone[_i].sent);
    ck_assert_msg(strstr(answer.outcome.message, gone[_i].message) != NULL, "%s",
                  answer.outcome.message);
    ck_assert_str_eq(buffer_text(&answer.errors), gone[_i].words);
    answer_done(&answer);
    finish_done(&finish);
}
END_TEST

/* Whoever reads it at night looks at the program that it names. */
START_TEST(a_client_without_an_answer_is_named)
{
    struct answer_question question = {.rest = true, .nonce = NONCE, .output_limit = 1024};
    struct finish finish = {.end = FINISH_EXITED, .exit = {.known = true}};
    struct answer answer;

    answer_read(&finish, &question, &answer);
    ck_assert_int_eq(answer.outcome.kind, OUTCOME_UNKNOWN);
    ck_assert_str_eq(answer.outcome.message,
                     "azfan-rest succeeded and answered nothing; the script may have run");
    answer_done(&answer);
    finish_done(&finish);
}
END_TEST

#define RESULT "{\"value\":[{\"message\":\"" LINUX_JSON "\"}]}"
#define LINUX_JSON                                                                                 \
    "Enable succeeded: \\n[stdout]\\nhi\\nazfan:" NONCE                                            \
    " end=exit status=7 seconds=3\\n\\n[stderr]\\n"
#define FAILURE(more) "{\"phase\":\"polling\"," more "}\n"

/* What a client says of which only the end of an operation was asked. */
static const struct {
    struct finish finish;
    const char *output;
    const char *errors;
    enum rest_end operation;
    enum outcome_kind kind;
    enum outcome_reason reason;
    const char *message;
} asked[] = {
    {{.exit = {.known = true}}, RESULT, "", REST_OVER, OUTCOME_FAILED, REASON_EXIT, "status 7"},
    {{.exit = {.known = true}}, "{}", "", REST_OVER, OUTCOME_UNKNOWN, REASON_ANSWER, "not that of"},
    {{.exit = {.known = true, .status = 1}},
     "",
     FAILURE("\"started\":\"unknown\",\"http\":200,\"code\":\"VMAgentStatusCommunicationError\","
             "\"message\":\"VM 'x' has not reported status for VM agent\""),
     REST_OVER,
     OUTCOME_ERROR,
     REASON_AGENT,
     "agent"},
    {{.exit = {.known = true, .status = 1}},
     "",
     FAILURE("\"started\":\"yes\",\"http\":404"),
     REST_FORGOTTEN,
     OUTCOME_UNKNOWN,
     REASON_ANSWER,
     "Azure has forgotten the operation"},
    {{.exit = {.known = true, .status = 1}},
     "",
     FAILURE("\"started\":\"yes\",\"http\":403,\"code\":\"AuthorizationFailed\",\"message\":\"m\""),
     REST_OPEN,
     OUTCOME_UNKNOWN,
     REASON_ANSWER,
     "Azure did not say what became of the script: "},
    {{.stop = FINISH_TIMED_OUT, .exit = {.known = true, .signaled = true, .status = SIGINT}},
     "",
     "",
     REST_OPEN,
     OUTCOME_UNKNOWN,
     REASON_ANSWER,
     "no answer after its timeout of 5m"},
    {{.stop = FINISH_CANCELLED, .exit = {.known = true, .signaled = true, .status = SIGINT}},
     "",
     "",
     REST_OPEN,
     OUTCOME_UNKNOWN,
     REASON_ANSWER,
     "was stopped"},
    {{.end = FINISH_NOT_STARTED, .error = {"cannot start azfan-rest"}},
     "",
     "",
     REST_OPEN,
     OUTCOME_UNKNOWN,
     REASON_ANSWER,
     "cannot start azfan-rest"},
};

START_TEST(who_is_asked_may_not_know)
{
    struct answer_question question = {.rest = true,
                                       .asks = true,
                                       .nonce = NONCE,
                                       .output_limit = 1024 * 1024,
                                       .timeout = 300 * NUMBER_SECOND};
    struct finish finish = asked[_i].finish;
    struct answer answer;

    take_text(&finish.output, asked[_i].output, strlen(asked[_i].output));
    take_text(&finish.errors, asked[_i].errors, strlen(asked[_i].errors));
    answer_read(&finish, &question, &answer);
    ck_assert_msg(
        answer.outcome.kind == asked[_i].kind && answer.outcome.reason == asked[_i].reason &&
            answer.operation == asked[_i].operation,
        "%s %s %d: %s", outcome_name(answer.outcome.kind),
        outcome_reason_name(answer.outcome.reason), (int)answer.operation, answer.outcome.message);
    ck_assert_int_ne((int)answer.outcome.script, (int)SCRIPT_NOT_STARTED);
    ck_assert_msg(strstr(answer.outcome.message, asked[_i].message) != NULL, "%s",
                  answer.outcome.message);
    answer_done(&answer);
    finish_done(&finish);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("answer");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_message_is_fit_for_people);
    tcase_add_loop_test(all, a_linux_vm_is_understood, 0, UNIT_COUNT(messages));
    tcase_add_test(all, a_script_that_had_run_before_is_over);
    tcase_add_test(all, policies_of_windows);
    tcase_add_test(all, a_script_that_an_earlier_run_had_started);
    tcase_add_test(all, what_could_not_be_stopped_may_still_run);
    tcase_add_test(all, the_job_says_which_statuses_are_ok);
    tcase_add_test(all, what_outlives_its_guard_may_still_run);
    tcase_add_test(all, a_shape_is_understood);
    tcase_add_test(all, a_full_stream_is_truncated);
    tcase_add_loop_test(all, a_packed_stream_is_unpacked, 0, UNIT_COUNT(packed));
    tcase_add_loop_test(all, a_packed_stream_of_a_broken_answer_is_hidden, 0, 2);
    tcase_add_test(all, what_az_writes_keeps_to_the_limit);
    tcase_add_test(all, bad_bytes_do_not_fill_a_stream);
    tcase_add_test(all, a_cut_answer_is_unknown);
    tcase_add_test(all, what_became_of_the_process);
    tcase_add_test(all, a_complete_answer_is_believed_after_a_stop);
    tcase_add_loop_test(all, who_is_asked_may_not_know, 0, UNIT_COUNT(asked));
    tcase_add_loop_test(all, a_client_that_had_sent_nothing_has_started_nothing, 0,
                        UNIT_COUNT(gone));
    tcase_add_test(all, a_client_without_an_answer_is_named);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
