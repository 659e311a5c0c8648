/* SPDX-License-Identifier: MIT */
#include "azure/refusal_rules.h"

#include <string.h>

#include "azure/said.h"

/* What az's, or its launcher's, exit status says alone. */
static const struct refusal_rule statuses[] = {
    {.az_exit = 2,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .cause = CAUSE_USAGE,
     .effect = REFUSAL_NOTHING | REFUSAL_FATAL,
     .message = "this az does not understand azfan's command:"},
    {.az_exit = 126,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .effect = REFUSAL_NOTHING,
     .message = "az's launcher cannot run az:"},
    {.az_exit = 127,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .effect = REFUSAL_NOTHING,
     .message = "az's launcher cannot find az:"},
    /* A shell's way to tell of a signal: az has no such status of its own. */
    {.az_exit = 137,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .cause = CAUSE_MEMORY,
     .effect = REFUSAL_STILL_RUNS,
     .message =
         "az was killed behind its launcher, perhaps because this machine is out of memory:"},
    {.az_exit = 134,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .effect = REFUSAL_STILL_RUNS,
     .message = "az crashed behind its launcher:"},
    {.az_exit = 139,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .effect = REFUSAL_STILL_RUNS,
     .message = "az crashed behind its launcher:"},
    {.az_exit = 143,
     .code = "*",
     .reason = REASON_AZ_BROKEN,
     .effect = REFUSAL_STILL_RUNS,
     .message = "somebody ended az behind its launcher:"},
    {.message = NULL},
};

/* What is in no table. */
static const struct refusal_rule rest[] = {
    /* az ends so after any HTTP 404: the operation itself may be what is missing. */
    {.az_exit = 3,
     .code = "*",
     .reason = REASON_NOT_FOUND,
     .effect = REFUSAL_PERHAPS,
     .message = "Azure cannot find it:"},
    {.code = "*", .reason = REASON_OTHER, .effect = REFUSAL_STILL_RUNS, .message = ""},
};

/* The next of the words between '|'; NULL: there is none. */
static const char *next_word(const char *word, size_t length)
{
    return word[length] == '\0' ? NULL : word + length + 1;
}

static bool is_code(const char *wanted, size_t wanted_length, const char *code, size_t length)
{
    bool ending = wanted[0] == '*';

    wanted += ending ? 1 : 0;
    wanted_length -= ending ? 1 : 0;
    return wanted_length <= length && (ending || wanted_length == length) &&
           memcmp(wanted, code + length - wanted_length, wanted_length) == 0;
}

static bool fits_code(const char *wanted, const char *code, size_t code_length)
{
    if (wanted == NULL)
        return code_length == 0;
    for (const char *word = wanted; word != NULL; word = next_word(word, strcspn(word, "|"))) {
        if (is_code(word, strcspn(word, "|"), code, code_length))
            return true;
    }
    return false;
}

static bool fits_text(const char *wanted, const struct said *said)
{
    if (wanted == NULL)
        return true;
    for (const char *word = wanted; word != NULL; word = next_word(word, strcspn(word, "|"))) {
        if (said_has(said, word, strcspn(word, "|")))
            return true;
    }
    return false;
}

static const struct refusal_rule *find(const struct refusal_rule *rule, const struct said *said,
                                       int az_exit)
{
    for (; rule->message != NULL; rule++) {
        if ((rule->az_exit == 0 || rule->az_exit == az_exit) &&
            fits_code(rule->code, said->code, strlen(said->code)) && fits_text(rule->text, said) &&
            fits_text(rule->also, said))
            return rule;
    }
    return NULL;
}

const struct refusal_rule *refusal_rules_find(const struct said *said, int az_exit)
{
    const struct refusal_rule *rule = find(statuses, said, az_exit);

    if (rule == NULL)
        rule = find(refusal_service, said, az_exit);
    if (rule == NULL)
        rule = find(refusal_local, said, az_exit);
    return rule != NULL ? rule : find(rest, said, az_exit);
}

bool refusal_rules_know(const char *code, size_t length)
{
    for (const struct refusal_rule *rule = refusal_service; rule->message != NULL; rule++) {
        if (rule->code != NULL && rule->code[0] != '*' && fits_code(rule->code, code, length))
            return true;
    }
    return false;
}
