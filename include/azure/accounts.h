/* SPDX-License-Identifier: MIT */
/*
 * accounts: what az knows of subscriptions: their names, and whose login each of them is.
 *
 * Read from one finish of command_accounts(). Nothing else of the answer is kept. For showing, and
 * where a run needs tokens of more than one tenant for knowing which. Main thread.
 */
#ifndef AZFAN_AZURE_ACCOUNTS_H
#define AZFAN_AZURE_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/number.h"

struct finish;

enum {
    ACCOUNTS_MOST = 4096, /* more subscriptions than any login has */
    ACCOUNTS_ANSWER_MOST = 4 * 1024 * 1024
};

/* How long az may take to name them. */
#define ACCOUNTS_TIMEOUT (15 * NUMBER_SECOND)

struct account {
    char *subscription; /* its id */
    char *name;         /* "" where az has none, and so below */
    char *tenant;       /* whose login opens it */
    char *user;         /* "ops@example.com", or the id of an application */
    char *user_type;    /* "user", "servicePrincipal" */
    bool is_default;
};

/* Starts zeroed. */
struct accounts {
    struct account *list;
    size_t count;
};

/*
 * Wipes and frees what FINISH holds; PATIENCE is how long az had for it, in nanoseconds. On error
 * ACCOUNTS is empty.
 */
int accounts_read(struct accounts *accounts, struct finish *finish, int64_t patience,
                  struct error *error);

/* The error of an answer that did not come within PATIENCE. */
int accounts_refuse_late(int64_t patience, struct error *error);

/* NULL: az does not know SUBSCRIPTION, whatever its case. */
const struct account *accounts_find(const struct accounts *accounts, const char *subscription);

/* That of az's default subscription, or NULL. */
const struct account *accounts_default(const struct accounts *accounts);

void accounts_done(struct accounts *accounts);

#endif
