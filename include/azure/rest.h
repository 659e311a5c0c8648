/* SPDX-License-Identifier: MIT */
/*
 * rest: the program azfan-rest, as this run uses it.
 *
 * Where a run's client is rest, it takes the place of az for what is sent to VMs, and with an
 * identity other than az's for the token as well. Found once, before any thread starts. Each
 * subscription has a page (sys/tokenpage) with the token that opens it, and how often its clients
 * may ask; what runs already reads there what the main thread writes. Main thread.
 */
#ifndef AZFAN_AZURE_REST_H
#define AZFAN_AZURE_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "azure/tempo.h"
#include "base/error.h"
#include "base/strings.h"
#include "job/job.h"
#include "sys/tokenpage.h"

struct rest_page {
    char *subscription;
    size_t login;    /* whose token it has: a number of azure/login */
    bool is_refused; /* Azure did not take that one: a client waits for another */
    struct tokenpage token;
};

struct buffer;

struct rest {
    char *program;      /* absolute */
    const char *prefix; /* its one argument; NULL: it has none. The simulated one has */
    char *endpoint;     /* without a slash at its end; NULL until it is set */
    struct tempo tempo; /* of the endpoint */
    char *ca_file;      /* whom it trusts; both NULL: what libcurl does */
    char *ca_path;
    struct strings environment; /* of its processes, without anything secret */
    enum job_identity identity;
    const char *authority; /* Azure's login, without a slash at its end; NULL: not known */
    struct rest_page *pages;
    size_t page_count;
};

/* What is asked of Azure for one VM. */
struct rest_request {
    const char *id; /* the VM's */
    const char *command_id;
    const char *script;    /* guarded */
    const char *operation; /* a URL: what became of it, and nothing is run; NULL */
    int64_t deadline;
};

/* For rest_close(), also after an error. */
int rest_open(struct rest *ret, struct error *error);

/* SIMULATOR with COMMAND, which stays the caller's, plays azfan-rest: for a rehearsal. */
void rest_simulate(struct rest *ret, const char *simulator, const char *command);

/* Where Azure Resource Manager is, "https://management.azure.com/"; before the first request. */
void rest_set_endpoint(struct rest *rest, const char *endpoint);

/* Whose token it is to ask for, in CLOUD. -1: what that needs is not in the environment, as the
 * error says. */
int rest_set_identity(struct rest *rest, enum job_identity identity, const struct cloud *cloud,
                      struct error *error);

/* A page for SUBSCRIPTION, where it has none, with the token of LOGIN; before its first request. */
int rest_open_page(struct rest *rest, const char *subscription, size_t login, struct error *error);

/* So many clients of SUBSCRIPTION run: that is how often each of them may ask. It may have no page
 * yet. */
void rest_set_running(struct rest *rest, const char *subscription, size_t running);

/* The page of SUBSCRIPTION; NULL: it has none. */
struct tokenpage *rest_page(const struct rest *rest, const char *subscription);

/* The one of the VM with this ID, likewise. */
struct rest_page *rest_page_of(const struct rest *rest, const char *id);

/* Another token of LOGIN counts from now on. The one that counts already changes nothing. */
int rest_take_token(struct rest *rest, size_t login, const char *token, struct error *error);

/* Has Azure refused the token of LOGIN since this was last asked? */
bool rest_take_refusal(struct rest *rest, size_t login);

/* A sealed memfd that holds REQUEST, to be a client's standard input; close it. -1 on error. */
int rest_write_request(const struct rest *rest, const struct rest_request *request,
                       struct error *error);

/* The same of a request for a token of its identity, to be had within DEADLINE. */
int rest_write_token_request(const struct rest *rest, int64_t deadline, struct error *error);

void rest_close(struct rest *rest);

/* Appends what is asked for the VM with that ID, but for the server: "POST /subscriptions/…". For
 * showing. */
void rest_show(struct buffer *buffer, const char *id);

/* What is known of an operation once its client has ended. */
enum rest_end {
    REST_NONE,     /* there is none: nothing was accepted */
    REST_OPEN,     /* nobody has said yet how it ended */
    REST_OVER,     /* Azure has said so */
    REST_FORGOTTEN /* Azure does not know it any more */
};

/* What a client says on the way. */
enum rest_word {
    REST_SENT,     /* the first byte of its request goes out next */
    REST_ACCEPTED, /* what became of it can be asked for */
    REST_LIMITS,   /* how much Azure says that is left, beside its answer to a start */
    REST_TOKEN,    /* Azure does not take the token: it waits for a newer one */
    REST_OTHER     /* its last line, or nothing that it would say */
};

struct rest_said {
    enum rest_word word;
    char *operation; /* of ACCEPTED: a URL; free() it, and the two below, which may be NULL */
    char *request_id;
    char *correlation_id;
    char *region;    /* of LIMITS: where the start was accepted; NULL: it was not; free() it */
    int64_t writes;  /* likewise, that are left to the subscription; -1: it is not known … */
    int64_t compute; /* … as of the starts that Compute leaves it in the region */
};

/* Reads a line, without its end. */
struct rest_said rest_read_line(const char *line, size_t length);

/* Is it one that is said on the way, to azfan alone? */
bool rest_is_said(const char *line, size_t length);

/* The id in the URL of an OPERATION, which is all of it that is for people: the rest is signed. */
char *rest_operation_id(const char *operation);

#endif
