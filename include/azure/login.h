/* SPDX-License-Identifier: MIT */
/*
 * login: what is known of az, or of the run's own identity, before the first target.
 *
 * One `az account get-access-token` a tenant proves the login, warms the token cache (so that no az
 * refreshes it while others read) and names the default subscription; one `az version` tells
 * whether this az can be used at all, where it is to hand over scripts. With an identity of its own
 * (azure/identity) azfan-rest gives the one token there is, and no az is asked for anything. Pure
 * readers of finishes. Main thread.
 */
#ifndef AZFAN_AZURE_LOGIN_H
#define AZFAN_AZURE_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "azure/accounts.h"
#include "azure/command.h"
#include "base/error.h"
#include "engine/supervise.h"

struct rest;

/* How long az may take to answer. */
#define LOGIN_TIMEOUT COMMAND_TOKEN_TIMEOUT

/* A token of the run, which itself is on the pages of its subscriptions (azure/rest). */
struct login_token {
    char *asked;     /* the subscription that az is asked for; NULL: none, its default's is meant */
    char *tenant;    /* NULL: not known, and nobody needs to */
    int64_t expires; /* nanoseconds since 1970; 0: nobody says */
};

/* Starts zeroed. */
struct login {
    struct rest *rest;          /* gets the tokens; NULL: nobody needs them */
    struct login_token *tokens; /* the first is the one that proves the login */
    size_t token_count;
    char *subscription;       /* az's default, a GUID; NULL when it has none; owned */
    char *az_version;         /* "2.45.0"; "" when az did not say; NULL: it hands over no script */
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

/* One more token, for which az is asked by ASKED; NULL as in struct login_token, likewise TENANT.
 * Returns its number. */
size_t login_add(struct login *login, const char *asked, const char *tenant);

/* The number of the token for SUBSCRIPTION, whose tenant ACCOUNTS know, or not: the one of the same
 * tenant, or another one. */
size_t login_find(struct login *login, const struct accounts *accounts, const char *subscription);

/* The subscription to ask for token NUMBER by, from the second time on: what az's default is then
 * is another question. NULL: none. */
const char *login_asked(const struct login *login, size_t number);

/*
 * Reads the answer to command_token() for token NUMBER into LOGIN and onto its pages. The token
 * itself is wiped from FINISH before this returns, and is never in an error's text.
 */
enum login_result login_read_token(struct login *login, size_t number, struct finish *finish,
                                   struct error *error);

/* Reads the answer to command_cloud() into LOGIN's clients; wipes nothing, for nothing is secret.
 */
enum login_result login_read_cloud(struct login *login, const struct finish *finish,
                                   struct error *error);

/*
 * Reads the first token's answer, and that to command_version() where there is an az; else VERSION
 * is NULL. What the version says goes first: 2.78.0 is refused, which drops --scripts
 * (azure-cli#32258). NEEDS_SUBSCRIPTION: the job leaves its own to az, which must have one then.
 */
enum login_result login_read(struct login *login, struct finish *token, struct finish *version,
                             bool needs_subscription, struct error *error);

void login_done(struct login *login);

#endif
