/* SPDX-License-Identifier: MIT */
/*
 * refusal_rules: every message of az and Azure that azfan knows, and what it
 * means. When Microsoft changes one, a table changes. Pure.
 *
 * What proves that the script did not start: words that name the POST, words
 * about what only the POST asks for (an operation on the VM, a write, the
 * request's body), and what az says before it sends anything. What az may as
 * well have been told while it waited for the result proves nothing: that the
 * VM is busy (az repeats a POST by itself, and the first may have been taken),
 * is gone or stopped, that Azure limits requests, that a token is no longer
 * good. Where another attempt is worth it all the same, the mark on the VM
 * decides (azure/guard).
 */
#ifndef AZFAN_AZURE_REFUSAL_RULES_H
#define AZFAN_AZURE_REFUSAL_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "job/cause.h"
#include "job/outcome.h"

struct said;

enum refusal_effect {
    REFUSAL_NOTHING,    /* the script did not start: only where that is proven */
    REFUSAL_PERHAPS,    /* it may have started; it does not run any more */
    REFUSAL_STILL_RUNS, /* it may have started, and it may be running now */
    REFUSAL_EFFECT = 3,
    REFUSAL_FATAL = 4, /* added: every other target would meet the same */
    REFUSAL_MARK = 8   /* added: another attempt may follow when its guard looks for the mark */
};

/* `code`, `text` and `also` may be several between '|'; NULL: nothing must be there. */
struct refusal_rule {
    int az_exit;      /* 0: any */
    const char *code; /* Azure's; NULL: there is none; "*": any or none; "*END": any that ends so */
    const char *text; /* stands among az's own words; likewise `also` */
    const char *also;
    enum outcome_reason reason;
    enum cause cause;
    unsigned effect;
    const char *message; /* az's own words are put after a message that ends in ':' */
    const char *attempt; /* put after the message when a script was to be run; NULL: that it may
                            have started, where it may still run */
};

/* What Azure says, with a code or in words that have none at times; what only az says; and what
 * only azfan-rest. Each ends with a rule without a message. */
extern const struct refusal_rule refusal_service[];
extern const struct refusal_rule refusal_local[];
extern const struct refusal_rule refusal_rest[];
extern const struct refusal_rule refusal_token[];

/* The first rule that fits; never NULL. */
const struct refusal_rule *refusal_rules_find(const struct said *said, int az_exit);

/* The same of who was asked for a token of azfan's own identity. */
const struct refusal_rule *refusal_rules_find_token(const struct said *said);

/* Is this a code of Azure's that a rule knows? */
bool refusal_rules_know(const char *code, size_t length);

#endif
