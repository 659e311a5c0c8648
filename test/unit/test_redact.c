/* SPDX-License-Identifier: MIT */
/* run/redact: a secret that a VM or az prints is not in what azfan keeps. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "azure/answer.h"
#include "azure/guard.h"
#include "azure/refusal.h"
#include "azure/reply.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/value.h"
#include "engine/capture.h"
#include "job/job.h"
#include "run/redact.h"
#include "unit.h"

#define BAD_CHARACTER "\xef\xbf\xbd"
#define MARK          CAPTURE_MARK_HEAD "17" CAPTURE_MARK_TAIL
#define CUT_MARK      REFUSAL_CUT_MARK

enum cut { WHOLE, CUT };

static const struct redact_case {
    const char *name;
    const char *secret;
    const char *printed;
    enum cut cut;
    const char *expected;
} cases[] = {
    {"in the middle", "hunter2", "a hunter2 b", WHOLE, "a *** b"},
    {"more than once", "hunter2", "hunter2hunter2", WHOLE, "******"},
    {"alone", "hunter2", "hunter2", WHOLE, "***"},
    {"not there", "hunter2", "hunter3", WHOLE, "hunter3"},
    {"nothing printed", "hunter2", "", WHOLE, ""},
    {"an empty secret hides nothing", "", "text", WHOLE, "text"},
    {"one byte", "x", "axbx", WHOLE, "a***b***"},
    {"two bytes", "xy", "x axy y", WHOLE, "x a*** y"},
    {"overlapping itself", "abcab", "-abcabcab-", WHOLE, "-***-"},
    {"overlapping itself without end", "aaaa", "aaaaaaaaab", WHOLE, "***b"},

    {"newline at its end", "hunter2\n", "a hunter2 b", WHOLE, "a *** b"},
    {"newline at its end, printed", "hunter2\n", "hunter2\nb\n", WHOLE, "***\nb\n"},
    {"CRLF at its end", "hunter2\r\n", "a hunter2 b", WHOLE, "a *** b"},
    {"only line ends", "\r\n", "a\r\nb", WHOLE, "a\r\nb"},
    {"CRLF inside, printed as LF", "ab\r\ncd", "(ab\ncd)", WHOLE, "(***)"},
    {"LF inside, printed as CRLF", "ab\ncd\n", "(ab\r\ncd)", WHOLE, "(***)"},
    {"several lines, whole", "-----BEGIN\nabcdefghij\n", "x-----BEGIN\nabcdefghij\ny", WHOLE,
     "x***\ny"},
    {"several lines, one of them", "-----BEGIN\nabcdefghij\n", "key: abcdefghij.", WHOLE,
     "key: ***."},
    {"a line of four bytes", "-----BEGIN\nabcd\n", "key: abcd.", WHOLE, "key: ***."},
    {"a line of four bytes, CRLF", "-----BEGIN\r\nabcd\r\nef", "key: abcd.", WHOLE, "key: ***."},
    {"shorter lines are words", "abc\ncd", "abc and cd", WHOLE, "abc and cd"},

    {"JSON, quote", "pa\"ss", "{\"a\": \"pa\\\"ss\"}", WHOLE, "{\"a\": \"***\"}"},
    {"JSON, backslash", "do\\main", "\"do\\\\main\"", WHOLE, "\"***\""},
    {"JSON, line ends", "ab\ncd\n", "\"ab\\ncd\\n\"", WHOLE, "\"***\\n\""},
    {"JSON, line ends of Windows", "ab\ncd\n", "\"ab\\r\\ncd\\n\"", WHOLE, "\"***\\n\""},
    {"JSON, not ASCII", "schlüssel", "\"schl\\u00FCssel\"", WHOLE, "\"***\""},
    {"JSON, not ASCII, as Python writes it", "schlüssel", "\"schl\\u00fcssel\"", WHOLE, "\"***\""},
    {"JSON, beyond 16 bits", "key😀", "\"key\\ud83d\\ude00\"", WHOLE, "\"***\""},
    {"JSON, not ASCII but a quote", "schlü\"ssel", "\"schlü\\\"ssel\"", WHOLE, "\"***\""},
    {"JSON, control character",
     "ab\x1b"
     "cd",
     "\"ab\\u001bcd\"", WHOLE, "\"***\""},
    {"JSON, a backslash before a u", "a\\uABCD", "\"a\\\\uABCD\"", WHOLE, "\"***\""},
    {"JSON, a line", "first\npa\"ss", "\"pa\\\"ss\"", WHOLE, "\"***\""},

    {"JSON, an apostrophe is none of its business", "it's", "{\"a\": \"it's\"}", WHOLE,
     "{\"a\": \"***\"}"},
    {"JSON of Go, in which Azure's agent is written", "a<b>&c", "\"a\\u003cb\\u003e\\u0026c\"",
     WHOLE, "\"***\""},
    {"JSON of Windows PowerShell", "it's <ü>", "\"it\\u0027s \\u003cü\\u003e\"", WHOLE, "\"***\""},
    {"JSON of Windows PowerShell, quote", "it's \"it\"", "\"it\\u0027s \\\"it\\\"\"", WHOLE,
     "\"***\""},
    {"JSON in JSON, quote", "pa\"ss", "\"{\\\"a\\\": \\\"pa\\\\\\\"ss\\\"}\"", WHOLE,
     "\"{\\\"a\\\": \\\"***\\\"}\""},
    {"JSON in JSON in JSON, quote", "pa\"ss", "pa\\\\\\\\\\\\\\\"ss", WHOLE, "***"},
    {"JSON in JSON, backslash", "do\\main", "do\\\\\\\\main", WHOLE, "***"},
    {"JSON in JSON, line ends", "ab\ncd\n", "ab\\\\ncd\\\\n", WHOLE, "***\\\\n"},
    {"JSON in JSON, not ASCII", "schlüssel", "schl\\\\u00fcssel", WHOLE, "***"},
    {"Python, one quote", "it's", "['it\\'s', '\"']", WHOLE, "['***', '\"']"},
    {"Python, the other", "it's", "[\"it's\"]", WHOLE, "[\"***\"]"},
    {"Python, both", "it's \"it\"", "'it\\'s \"it\"'", WHOLE, "'***'"},
    {"Python, backslash and line end", "do\\ma\nin", "'do\\\\ma\\nin'", WHOLE, "'***'"},
    {"Python, control character",
     "ab\x1b"
     "cd",
     "'ab\\x1bcd'", WHOLE, "'***'"},
    {"Python, what cannot be seen", "ab\u200bcd", "'ab\\u200bcd'", WHOLE, "'***'"},
    {"Python, ASCII only", "schlüssel→😀", "'schl\\xfcssel\\u2192\\U0001f600'", WHOLE, "'***'"},
    {"Python, bytes", "schlüssel", "b'schl\\xc3\\xbcssel'", WHOLE, "b'***'"},
    {"Python, bytes of JSON", "a\"b'c", "b'{\"a\": \"a\\\\\"b\\'c\"}'", WHOLE,
     "b'{\"a\": \"***\"}'"},
    {"a run of backslashes that was none", "do\\\\main", "do\\main", WHOLE, "***"},
    {"backslashes around it", "main", "\\\\main\\\\", WHOLE, "\\\\***\\\\"},
    {"backslashes at its ends", "\\main\\", "a\\\\main\\\\b", WHOLE, "a***b"},

    {"the guard for sh", "it's", "    TOKEN='it'\\''s'", WHOLE, "    TOKEN='***'"},
    {"the same, as the shell's -x prints it", "it's", "+ TOKEN='it'\\''s'", WHOLE, "+ TOKEN='***'"},
    {"the guard for sh, JSON", "it's", "[\"    TOKEN='it'\\\\''s'\"]", WHOLE,
     "[\"    TOKEN='***'\"]"},
    {"the guard for sh, JSON in JSON", "it's", "\\\"TOKEN='it'\\\\\\\\''s'\\\"", WHOLE,
     "\\\"TOKEN='***'\\\""},
    {"the guard for sh, Python", "it's", "['    TOKEN=\\'it\\'\\\\\\'\\'s\\'', '\"']", WHOLE,
     "['    TOKEN=\\'***\\'', '\"']"},
    {"the guard for sh, a line", "first\nit's\n", "it'\\''s'", WHOLE, "***'"},
    {"the guard for PowerShell", "it's", "$TOKEN = 'it''s'", WHOLE, "$TOKEN = '***'"},
    {"the guard for PowerShell, not ASCII", "schlü'ssel",
     "$TOKEN = 'schl' + [char]0x00FC + '''ssel'", WHOLE, "$TOKEN = '***'"},
    {"the guard for PowerShell, beyond 16 bits", "key😀",
     "$TOKEN = 'key' + [char]0xD83D + '' + [char]0xDE00 + ''", WHOLE, "$TOKEN = '***'"},
    {"PowerShell's own quotes", "ü's", "$TOKEN = 'ü''s'", WHOLE, "$TOKEN = '***'"},
    {"PowerShell's own quotes, JSON", "ü's\"", "\"'ü''s\\\"'\"", WHOLE, "\"'***'\""},
    {"the guard for PowerShell, JSON", "a\"ü", "\"'a\\\"' + [char]0x00FC + ''\"", WHOLE,
     "\"'***'\""},
    {"the guard for PowerShell, a line end", "ab\r\ncd", "'ab' + [char]0x000D + '\\ncd'", WHOLE,
     "'***'"},

    {"cut off at the head", "correct-horse", "horse battery", CUT, "*** battery"},
    {"the same text uncut", "correct-horse", "horse battery", WHOLE, "horse battery"},
    {"a rest of four bytes", "correct-horse", "orse battery", CUT, "*** battery"},
    {"a rest too short to tell", "correct-horse", "rse battery", CUT, "rse battery"},
    {"nothing but a rest", "correct-horse", "t-horse", CUT, "***"},
    {"the longest rest counts", "ababab-ababab", "babab-ababab!", CUT, "***!"},
    {"a rest of several lines", "abcdef\nxy\nqrstuvw", "ef\nxy\nqrstuvw\n", CUT, "***\n"},
    {"a rest, newline trimmed", "correct-horse\n", "horse battery", CUT, "*** battery"},
    {"cut inside a character", "pässwort", BAD_CHARACTER "sswort x", CUT, BAD_CHARACTER "*** x"},
    {"cut inside a long character", "p😀sswort", BAD_CHARACTER BAD_CHARACTER BAD_CHARACTER "sswort",
     CUT, BAD_CHARACTER BAD_CHARACTER BAD_CHARACTER "***"},
    {"more bad characters are no cut", "correct-horse",
     BAD_CHARACTER BAD_CHARACTER BAD_CHARACTER BAD_CHARACTER "horse", CUT,
     BAD_CHARACTER BAD_CHARACTER BAD_CHARACTER BAD_CHARACTER "horse"},
    {"a beginning at the end", "correct-horse", "battery corr", CUT, "battery ***"},
    {"a beginning too short to tell", "correct-horse", "battery cor", CUT, "battery cor"},
    {"before the mark", "correct-horse", "a correct" MARK "b", CUT, "a ***" MARK "b"},
    {"behind the mark", "correct-horse", "a" MARK "horse b", CUT, "a" MARK "*** b"},
    {"around the mark", "correct-horse", "a corr" MARK "horse b", CUT, "a ***" MARK "*** b"},
    {"around the mark, bytes of a character", "passä-wört",
     "passä-w\xc3" MARK "\xb6"
     "rt",
     CUT,
     "***" MARK "\xb6"
     "rt"},
    {"a mark that the script printed", "correct-horse", "corr" MARK "horse", WHOLE,
     "corr" MARK "horse"},
    {"two marks", "correct-horse", "corr" MARK "x" MARK "horse", CUT, "***" MARK "x" MARK "***"},
    {"cut by Azure, in an unreadable answer", "correct-horse",
     "\"Enable succeeded: \\n[stdout]\\nhorse\\n[stderr]\\norse\"", CUT,
     "\"Enable succeeded: \\n[stdout]\\n***\\n[stderr]\\n***\""},
    {"the same of Windows", "correct-horse", "\"message\": \"horse\"", CUT, "\"message\": \"***\""},
    {"a part of JSON", "pa\"ssword", "\"pa\\\"s", CUT, "\"***"},
    {"a rest with a seam in it", "{\"message\": \"hunter2\", \"message\": \"x\"}",
     "hunter2\", \"message\": \"x\"}, end", CUT, "***, end"},
    {"a beginning with a seam in it", "ab\n[stdout]\ncdef", "x ab\n[stdout]\nc", CUT, "x ***"},
    {"a seam of the secret right behind the cut", "ab\n[stdout]\ncd", "\n[stdout]\ncd x", CUT,
     "*** x"},
    {"a seam of the secret right before the cut", "ab\n[stdout]\ncd", "x ab\n[stdout]\n", CUT,
     "x ***"},
    {"a rest behind another's", "abcdef\n[stdout]\nghi", "def\n[stdout]\nghi, ghi", CUT,
     "***, ghi"},
};

static const struct pair_case {
    const char *name;
    const char *secret;
    const char *other;
    const char *printed;
    enum cut cut;
    const char *expected;
} pairs[] = {
    {"a beginning of another", "pass", "passw0rd-very-secret", "passw0rd-very-secret", WHOLE,
     "***"},
    {"the same, other order", "passw0rd-very-secret", "pass", "passw0rd-very-secret", WHOLE, "***"},
    {"a part of another", "w0rd", "passw0rd-very-secret", "passw0rd-very-secret", WHOLE, "***"},
    {"an end of another", "secret", "very-secret", "my secret, very-secret", WHOLE, "my ***, ***"},
    {"overlapping", "abcdef", "defghi", "abcdefghi", WHOLE, "***"},
    {"side by side", "abcdef", "ghijkl", "abcdefghijkl", WHOLE, "******"},
    {"a rest, and the other over its end", "xxxxpass", "password", "xxpassword", CUT, "***"},
    {"one of them empty", "", "hunter2", "a hunter2", CUT, "a ***"},
};

/* What "a corr" becomes when nothing is said to be cut and a secret is "correct-horse". */
static const struct outcome_case {
    const char *name;
    enum outcome_kind kind;
    enum outcome_reason reason;
    const char *expected;
} outcomes[] = {
    {"the script ended well", OUTCOME_OK, REASON_NONE, "a corr"},
    {"the script failed", OUTCOME_FAILED, REASON_EXIT, "a corr"},
    {"the script was killed", OUTCOME_FAILED, REASON_SIGNAL, "a ***"},
    {"the script was stopped", OUTCOME_TIMEOUT, REASON_SCRIPT, "a ***"},
    {"az was stopped", OUTCOME_TIMEOUT, REASON_AZ, "a ***"},
    {"az was cancelled", OUTCOME_CANCELLED, REASON_SIGNAL, "a ***"},
    {"no trailer", OUTCOME_UNKNOWN, REASON_NO_TRAILER, "a ***"},
    {"az broke", OUTCOME_ERROR, REASON_AZ_BROKEN, "a ***"},
};

/* OPEN's value would be hidden too, were it a secret. */
static struct job_parameter parameters[] = {{(char[]){"OPEN"}, (char[]){"battery"}, false},
                                            {(char[]){"TOKEN"}, NULL, true},
                                            {(char[]){"KEY"}, NULL, true}};

static void redact_with(struct answer *answer, const struct job *job)
{
    struct redact *redact = redact_new(job);

    redact_answer(redact, answer);
    redact_free(redact);
}

static void redact_error_with(struct error *error, const struct job *job)
{
    struct redact *redact = redact_new(job);

    redact_error(redact, error);
    redact_free(redact);
}

/* Both streams of an answer in which PRINTED stands are to become EXPECTED. */
static void check_streams(const char *name, const struct outcome *outcome, const char *printed,
                          enum cut cut, const char *expected)
{
    struct job job = {.parameters = {parameters, parameters[2].value == NULL ? 2 : 3}};
    struct answer answer = {
        .outcome = *outcome, .output_truncated = cut == CUT, .errors_truncated = cut == CUT};

    buffer_add(&answer.output, printed);
    buffer_add(&answer.errors, printed);
    redact_with(&answer, &job);
    ck_assert_msg(strcmp(buffer_text(&answer.output), expected) == 0, "%s: %s", name,
                  buffer_text(&answer.output));
    ck_assert_msg(strcmp(buffer_text(&answer.errors), expected) == 0, "%s: %s", name,
                  buffer_text(&answer.errors));
    ck_assert_ptr_null(answer.outcome.message);
    answer_done(&answer);
}

static void set_secrets(const char *secret, const char *other)
{
    free(parameters[1].value);
    free(parameters[2].value);
    parameters[1].value = memory_string(secret);
    parameters[2].value = memory_string(other);
}

START_TEST(secrets_are_masked_in_streams)
{
    const struct redact_case *row = &cases[_i];
    struct outcome ended_well = {.kind = OUTCOME_OK};

    set_secrets(row->secret, NULL);
    check_streams(row->name, &ended_well, row->printed, row->cut, row->expected);
    set_secrets(NULL, NULL);
}
END_TEST

/* As sfc.exe and wsl.exe do, and whoever sets the encoding of his console so. */
START_TEST(a_secret_in_utf_16_is_masked)
{
    static const char printed[] = "a\0 \0h\0u\0n\0t\0\\\0\\\0e\0r\0"
                                  "2\0 \0z";
    static const char expected[] = "a\0 \0*** \0z";
    struct job job = {.parameters = {parameters, 2}};
    struct answer answer = {.outcome = {.kind = OUTCOME_OK}};

    set_secrets("hunt\\er2", NULL);
    buffer_append(&answer.output, printed, sizeof printed - 1);
    redact_with(&answer, &job);
    ck_assert_uint_eq(answer.output.length, sizeof expected - 1);
    ck_assert_int_eq(memcmp(answer.output.data, expected, sizeof expected - 1), 0);
    answer_done(&answer);
    set_secrets(NULL, NULL);
}
END_TEST

START_TEST(one_secret_does_not_uncover_another)
{
    const struct pair_case *row = &pairs[_i];
    struct outcome ended_well = {.kind = OUTCOME_OK};

    set_secrets(row->secret, row->other);
    check_streams(row->name, &ended_well, row->printed, row->cut, row->expected);
    set_secrets(NULL, NULL);
}
END_TEST

START_TEST(what_was_stopped_is_cut)
{
    const struct outcome_case *row = &outcomes[_i];
    struct outcome outcome = {.kind = row->kind, .reason = row->reason};

    set_secrets("correct-horse", NULL);
    check_streams(row->name, &outcome, "a corr", WHOLE, row->expected);
    set_secrets(NULL, NULL);
}
END_TEST

static const struct message_case {
    const char *name;
    const char *secret;
    const char *message;
    enum cut errors; /* CUT: the message may have been taken from what is left */
    const char *expected;
} messages[] = {
    {"in the middle", "hunter2", "az said hunter2 to me", WHOLE, "az said *** to me"},
    {"not there", "hunter2", "az said nothing", WHOLE, "az said nothing"},
    {"several lines are one", "ab\ncd", "az said ab cd", WHOLE, "az said ***"},
    {"several lines of Windows are one", "ab\ncd", "az said ab  cd", WHOLE, "az said ***"},
    {"control characters are blanks", "ab\tcd\x7f!", "az said ab cd !", WHOLE, "az said ***"},
    {"control characters of two bytes are two",
     "ab\xc2\x9b"
     "cd\xc2\x85",
     "az said ab  cd", WHOLE, "az said ***"},
    {"only the first line", "abcdef\nghi", "az said abcdef", WHOLE, "az said ***"},
    {"its full stops are gone", "hunter2.. ", "az said hunter2", WHOLE, "az said ***"},
    {"a line's full stop is gone", "hunter2.\nghi", "az said hunter2", WHOLE, "az said ***"},
    {"too short without its full stop", "abc.", "az said abc", WHOLE, "az said abc"},
    {"cut", "correct-horse", "az said corre" CUT_MARK, WHOLE, "az said ***" CUT_MARK},
    {"cut, too short to tell", "correct-horse", "az said cor" CUT_MARK, WHOLE,
     "az said cor" CUT_MARK},
    {"cut, blanks for control characters", "ab\tcdefg", "az said ab cd" CUT_MARK, WHOLE,
     "az said ***" CUT_MARK},
    {"cut, and put into more", "correct-horse", "az: corre" CUT_MARK " (code 3)", WHOLE,
     "az: ***" CUT_MARK " (code 3)"},
    {"uncut", "correct-horse", "az said corre", WHOLE, "az said corre"},
    {"of errors that were cut at the end", "correct-horse", "az said corre", CUT, "az said ***"},
    {"of errors that were cut at the head", "correct-horse", "az said: horse x", CUT,
     "az said: *** x"},
    {"a colon in the secret, cut at the head", "user: anna, password: hunter2",
     "az said: anna, password: hunter2", CUT, "az said: ***"},
    {"a colon in the secret, cut at the end", "user: anna, password: hunter2",
     "az said: user: anna, password: hun", CUT, "az said: ***"},
    {"JSON", "pa\"ss", "az said {\"a\": \"pa\\\"ss\"}", WHOLE, "az said {\"a\": \"***\"}"},
};

START_TEST(secrets_are_masked_in_messages)
{
    const struct message_case *row = &messages[_i];
    struct job job = {.parameters = {parameters, 2}};
    struct answer answer = {.outcome = {.kind = OUTCOME_ERROR,
                                        .reason = REASON_OTHER,
                                        .message = memory_string(row->message)},
                            .errors_truncated = row->errors == CUT};

    parameters[1].value = memory_string(row->secret);
    redact_with(&answer, &job);
    ck_assert_msg(strcmp(answer.outcome.message, row->expected) == 0, "%s: %s", row->name,
                  answer.outcome.message);
    answer_done(&answer);
    free(parameters[1].value);
}
END_TEST

/* ---- every cut ---------------------------------------------------------------------------- */

/* Each holds no four bytes twice, and none that the texts around it hold. */
static const char *const cut_secrets[] = {"correct-horse/BATTERY.staple", "it's-a-SECRET'VALUE!",
                                          "pä\"ss\\wört\tEND", "Z→ichen's 😀 \"quoted\"",
                                          "FIRST line\nsec'ond\n3rd \\line"};

enum form { AS_IS, FOR_SH, FOR_POWERSHELL, FORMS };
enum { LAYERS = 2 }; /* of JSON in JSON, none included */

/* TEXT as a string of JSON, without its quotation marks. */
static char *in_json(const char *text)
{
    json_t *string = json_string(text);
    char *quoted = json_dumps(string, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    char *bare = memory_copy(quoted + 1, strlen(quoted) - 2);

    json_decref(string);
    free(quoted);
    return bare;
}

static char *print_secret(const char *secret, enum form form, int layers)
{
    struct buffer buffer = BUFFER_INIT;
    char *text;

    if (form == AS_IS)
        buffer_add(&buffer, secret);
    else
        guard_quote(&buffer, form == FOR_SH ? JOB_SH : JOB_POWERSHELL, secret);
    text = buffer_take(&buffer);
    for (int i = 0; i < layers; i++) {
        char *next = in_json(text);

        free(text);
        text = next;
    }
    return text;
}

/* With one backslash for many: they tell nothing of a secret. */
static char *fold(const char *text)
{
    char *folded = memory_string(text);
    char *to = folded;

    for (; *text != '\0'; text++) {
        if (*text != '\\' || to == folded || to[-1] != '\\')
            *to++ = *text;
    }
    *to = '\0';
    return folded;
}

/* Is nothing of PRINTED left in TEXT that is long enough to tell? Quotes and escapes are not. */
static void check_nothing_left(const char *text, const char *printed, const char *where, size_t at)
{
    enum { PIECE = 4 };
    char *shown = fold(text);
    char *secret = fold(printed);

    for (size_t i = 0; i + PIECE <= strlen(secret); i++) {
        char piece[PIECE + 1];

        memcpy(piece, secret + i, PIECE);
        piece[PIECE] = '\0';
        ck_assert_msg(piece[strspn(piece, "\\'\" +")] == '\0' || strstr(shown, piece) == NULL,
                      "%s, cut at %zu of %s: %.1000s", where, at, printed, text);
    }
    free(shown);
    free(secret);
}

/* What engine/capture keeps of TEXT, as the output of an answer. */
static void check_captured(const struct redact *redact, const char *text, size_t limit,
                           const char *printed, size_t at)
{
    struct answer answer = {.outcome = {.kind = OUTCOME_OK}};
    struct capture_text captured;
    struct capture capture;

    capture_init(&capture, limit);
    capture_add(&capture, text, strlen(text));
    capture_finish(&capture, &captured);
    answer.output_truncated = captured.dropped > 0;
    buffer_append(&answer.output, captured.data, captured.length);
    redact_answer(redact, &answer);
    check_nothing_left(buffer_text(&answer.output), printed, "captured", at);
    capture_text_done(&captured);
    answer_done(&answer);
}

/* Of TEXT Azure has kept the end; the JSON that az makes of it can be read, or is cut too. */
static void check_replied(const struct redact *redact, const char *text, const char *printed,
                          size_t at)
{
    static const char errors[] = REPLY_ERRORS_MARK("\n");
    char *message = memory_print("Enable succeeded: %s%s%s", REPLY_OUTPUT_MARK("\n"), text, errors);
    json_t *root = json_pack("{s:[{s:s, s:o}]}", "value", "code", "ProvisioningState/succeeded",
                             REPLY_MESSAGE, value_text(message));
    char *json = json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    struct answer answer = {.outcome = {.kind = OUTCOME_OK}};
    struct reply reply;

    ck_assert(reply_read(json, strlen(json), "nonce", &reply));
    answer.output = reply.output;
    answer.output_truncated = reply.output_truncated;
    reply.output = (struct buffer)BUFFER_INIT;
    redact_answer(redact, &answer);
    check_nothing_left(buffer_text(&answer.output), printed, "replied", at);
    answer_done(&answer);
    answer = (struct answer){.outcome = {.kind = OUTCOME_UNKNOWN}};
    buffer_append(&answer.output, json, strlen(json) - 4);
    redact_answer(redact, &answer);
    check_nothing_left(buffer_text(&answer.output), printed, "unreadable", at);
    answer_done(&answer);
    reply_done(&reply);
    json_decref(root);
    free(message);
    free(json);
}

/* azure/refusal makes a line of TEXT and cuts that. */
static void check_refused(const struct redact *redact, const char *text, const char *printed,
                          size_t at)
{
    struct buffer message = BUFFER_INIT;
    struct answer answer = {.outcome = {.kind = OUTCOME_ERROR}};

    refusal_add_line(&message, text, strlen(text));
    answer.outcome.message = buffer_take(&message);
    redact_answer(redact, &answer);
    check_nothing_left(answer.outcome.message, printed, "refused", at);
    answer_done(&answer);
}

/* Everything that cuts is given PRINTED with so much around it that it is cut at AT. */
static void check_cut(const struct redact *redact, const char *printed, size_t at)
{
    enum { AZURE_KEEPS = 4096, REFUSAL_KEEPS = 300 };
    char filling[AZURE_KEEPS + 1];
    size_t rest = strlen(printed) - at;
    char *text;

    memset(filling, '.', AZURE_KEEPS);
    filling[AZURE_KEEPS] = '\0';
    text = memory_print("%s%s", printed, filling);
    check_captured(redact, text, 2 * at, printed, at);
    free(text);
    text = memory_print("%s%s", filling, printed);
    check_captured(redact, text, 2 * rest, printed, at);
    free(text);
    text = memory_print("%s%s", printed + at, filling + rest);
    check_replied(redact, text, printed, at);
    free(text);
    text = memory_print("%.*s%s%s", (int)(REFUSAL_KEEPS - at), filling, printed, filling);
    check_refused(redact, text, printed, at);
    free(text);
}

START_TEST(no_cut_uncovers_a_secret)
{
    struct job job = {.parameters = {parameters, 2}};
    struct redact *redact;

    parameters[1].value = memory_string(cut_secrets[_i]);
    redact = redact_new(&job);
    for (int form = AS_IS; form < FORMS; form++) {
        for (int layers = 0; layers < LAYERS; layers++) {
            char *printed = print_secret(cut_secrets[_i], (enum form)form, layers);

            for (size_t at = 1; at < strlen(printed); at++)
                check_cut(redact, printed, at);
            free(printed);
        }
    }
    redact_free(redact);
    free(parameters[1].value);
}
END_TEST

START_TEST(a_targets_own_secret_is_masked_too)
{
    struct job_parameter own = {(char[]){"KEY"}, (char[]){"sesame"}, true};
    struct job_target target = {.parameters = {&own, 1}};
    struct job job = {.targets = &target, .target_count = 1};
    struct answer answer = {.output_truncated = false};

    buffer_append(&answer.output, "open\0sesame", 11);
    redact_with(&answer, &job);
    ck_assert_mem_eq(answer.output.data, "open\0***", 8);
    ck_assert_uint_eq(answer.output.length, 8);
    answer_done(&answer);
}
END_TEST

START_TEST(a_secret_of_another_target_is_masked_too)
{
    struct job_parameter keys[] = {{(char[]){"KEY"}, (char[]){"sesame"}, true},
                                   {(char[]){"KEY"}, (char[]){"open"}, true}};
    struct job_target targets[] = {{.parameters = {&keys[0], 1}}, {.parameters = {&keys[1], 1}}};
    struct job job = {.targets = targets, .target_count = 2};
    struct answer answer = {.output_truncated = false};
    struct redact *redact = redact_new(&job);
    struct buffer line = BUFFER_INIT;

    buffer_add(&answer.output, "open sesame");
    redact_answer(redact, &answer);
    ck_assert_str_eq(buffer_text(&answer.output), "*** ***");
    answer_done(&answer);
    buffer_add(&line, "sesame open");
    redact_line(redact, &line);
    ck_assert_str_eq(buffer_text(&line), "*** ***");
    buffer_done(&line);
    redact_free(redact);
}
END_TEST

START_TEST(without_secrets_nothing_is_touched)
{
    struct job job = {.parameters = {parameters, 1}};
    struct answer answer = {.output_truncated = true};
    const char *data;

    buffer_add(&answer.output, "battery");
    data = answer.output.data;
    redact_with(&answer, &job);
    ck_assert_ptr_eq(answer.output.data, data);
    ck_assert_str_eq(buffer_text(&answer.output), "battery");
    answer_done(&answer);
}
END_TEST

/* What highlights a part of a line, or prints letters twice for the sake of their weight. */
START_TEST(a_secret_with_colours_in_it_is_masked)
{
    static const struct {
        const char *printed;
        const char *kept;
    } rows[] = {
        {"\033[1mit is\033[m hun\033[31mter2\033[m\r\n", "it is ***\n"},
        {"h\bhu\bun\bnt\bte\ber\br2\b2", "***"},
        {"50%\rhun\033]8;;x\033\\ter2", "***"},
        {"\033[1mit is\033[m hunter2\r\n", "\033[1mit is\033[m ***\r\n"},
        {"\033[1mit is\033[m hun\r\n", "\033[1mit is\033[m hun\r\n"},
    };
    struct job job = {.parameters = {parameters, 2}};

    parameters[1].value = (char[]){"hunter2"};
    for (int i = 0; i < UNIT_COUNT(rows); i++) {
        struct answer answer = {.outcome = {.kind = OUTCOME_OK}};

        buffer_add(&answer.output, rows[i].printed);
        buffer_add(&answer.errors, rows[i].printed);
        redact_with(&answer, &job);
        ck_assert_str_eq(buffer_text(&answer.output), rows[i].kept);
        ck_assert_str_eq(buffer_text(&answer.errors), rows[i].kept);
        answer_done(&answer);
    }
}
END_TEST

/* A search that goes back at every mismatch would not come to its end within the time limit of the
 * test. */
START_TEST(a_long_secret_that_repeats_itself_is_found_in_one_go)
{
    enum { SECRET = 32 * 1024, PRINTED = 4 * 1024 * 1024 };
    char *secret = memory_zeroed(SECRET + 1, 1);
    char *printed = memory_zeroed(PRINTED, 1);
    struct job job = {.parameters = {parameters, 2}};
    struct answer answer = {.output_truncated = true};

    memset(secret, 'a', SECRET);
    memset(printed, 'a', PRINTED);
    parameters[1].value = secret;
    buffer_append(&answer.output, printed, PRINTED);
    redact_with(&answer, &job);
    ck_assert_str_eq(buffer_text(&answer.output), "***");
    answer_done(&answer);
    free(secret);
    free(printed);
}
END_TEST

START_TEST(an_error_is_masked)
{
    enum { TARGETS = 100000 };
    struct job_parameter own = {(char[]){"KEY"}, (char[]){"sesame"}, true};
    struct job_target *targets = memory_zeroed(TARGETS, sizeof *targets);
    struct job job = {.parameters = {parameters, 2}, .targets = targets, .target_count = TARGETS};
    struct error error;

    for (size_t i = 0; i < TARGETS; i++)
        targets[i].parameters = (struct job_parameters){&own, 1};
    parameters[1].value = (char[]){"hunter2"};
    (void)error_set(&error, "az cannot be used: hunter2, sesame, battery and hunt" CUT_MARK);
    redact_error_with(&error, &job);
    ck_assert_str_eq(error.text, "az cannot be used: ***, ***, battery and ***" CUT_MARK);
    (void)error_set(&error, "az cannot be used: unter2, sesa");
    redact_error_with(&error, &job);
    ck_assert_str_eq(error.text, "az cannot be used: ***, ***");
    free(targets);
}
END_TEST

START_TEST(an_error_that_grows_stays_in_its_room)
{
    struct job job = {.parameters = {parameters, 2}};
    struct error error;

    parameters[1].value = (char[]){"x"};
    memset(error.text, 'x', sizeof error.text - 1);
    error.text[sizeof error.text - 1] = '\0';
    redact_error_with(&error, &job);
    ck_assert_uint_le(strlen(error.text), sizeof error.text - 1);
    ck_assert_uint_eq(strspn(error.text, "*"), strlen(error.text));
}
END_TEST

static Suite *redact_suite(void)
{
    Suite *suite = suite_create("redact");
    TCase *tests = tcase_create("redact");

    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, secrets_are_masked_in_streams, 0, UNIT_COUNT(cases));
    tcase_add_test(tests, a_secret_in_utf_16_is_masked);
    tcase_add_loop_test(tests, one_secret_does_not_uncover_another, 0, UNIT_COUNT(pairs));
    tcase_add_loop_test(tests, what_was_stopped_is_cut, 0, UNIT_COUNT(outcomes));
    tcase_add_loop_test(tests, secrets_are_masked_in_messages, 0, UNIT_COUNT(messages));
    tcase_add_loop_test(tests, no_cut_uncovers_a_secret, 0, UNIT_COUNT(cut_secrets));
    tcase_add_test(tests, a_targets_own_secret_is_masked_too);
    tcase_add_test(tests, a_secret_of_another_target_is_masked_too);
    tcase_add_test(tests, without_secrets_nothing_is_touched);
    tcase_add_test(tests, a_secret_with_colours_in_it_is_masked);
    tcase_add_test(tests, a_long_secret_that_repeats_itself_is_found_in_one_go);
    tcase_add_test(tests, an_error_is_masked);
    tcase_add_test(tests, an_error_that_grows_stays_in_its_room);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(redact_suite)
