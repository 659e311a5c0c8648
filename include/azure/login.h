/* SPDX-License-Identifier: MIT */
/*
 * login: what is known of az before the first target.
 *
 * One `az account get-access-token` proves the login, warms the token cache
 * (so that no az refreshes it while others read) and names the default
 * subscription; one `az version` tells whether this az can be used at all.
 * Pure readers of two finishes. Main thread.
 */
#ifndef AZFAN_AZURE_LOGIN_H
#define AZFAN_AZURE_LOGIN_H

#include <stdbool.h>

#include "azure/accounts.h"
#include "base/error.h"
#include "base/number.h"
#include "engine/supervise.h"

struct rest;

/* How long az may take to answer. */
#define LOGIN_TIMEOUT (60 * NUMBER_SECOND)

/* Starts zeroed. */
struct login {
    struct rest *rest;        /* gets the token; NULL: nobody needs it */
    char *subscription;       /* az's default, a GUID; NULL when it has none; owned */
    char *az_version;         /* "2.45.0"; "" when az did not say */
    struct accounts accounts; /* what az calls the subscriptions; none where nobody asked */
    char *no_accounts;        /* why az did not say; NULL: it did, or nobody asked */
};

/* What became of the check: how the run goes on depends on who is to blame. */
enum login_result {
    LOGIN_OK,
    LOGIN_BROKEN,    /* not logged in, or the login has ended: exit status 6 */
    LOGIN_NO_AZ,     /* az cannot be started, is broken or is a version that must not be used */
    LOGIN_NO_ANSWER, /* az hung, the network is down, or another az was in the way */
    LOGIN_CANCELLED  /* the operator stopped it */
};

/*
 * Reads the answer to command_token() into LOGIN. The token itself is wiped
 * from FINISH before this returns, and is never in an error's text.
 */
enum login_result login_read_token(struct login *login, struct finish *finish, struct error *error);

/* Reads the answer to command_cloud() into LOGIN's clients; wipes nothing, for nothing is secret.
 */
enum login_result login_read_cloud(struct login *login, const struct finish *finish,
                                   struct error *error);

/*
 * Reads that and the answer to command_version(). What the version says goes first: 2.78.0 is
 * refused, which drops --scripts (azure-cli#32258). NEEDS_SUBSCRIPTION: the job leaves its own to
 * az, which must have one then.
 */
enum login_result login_read(struct login *login, struct finish *token, struct finish *version,
                             bool needs_subscription, struct error *error);

void login_done(struct login *login);

#endif
