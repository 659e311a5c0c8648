/* SPDX-License-Identifier: MIT */
#include "azure/accounts.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/caseless.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/supervise.h"
#include "job/names.h"

static char *copy_string(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return memory_string(text != NULL ? text : "");
}

/* What is no subscription is left out: its id is to be shown as one. */
static void add(struct accounts *accounts, json_t *entry)
{
    const char *id = json_string_value(json_object_get(entry, "id"));
    json_t *user = json_object_get(entry, "user");
    struct account *account;

    if (id == NULL || !names_is_subscription(id))
        return;
    account = &accounts->list[accounts->count++];
    *account = (struct account){.subscription = memory_string(id),
                                .name = copy_string(entry, "name"),
                                .tenant = copy_string(entry, "tenantId"),
                                .user = copy_string(user, "name"),
                                .user_type = copy_string(user, "type"),
                                .is_default = json_is_true(json_object_get(entry, "isDefault"))};
}

static int read_list(struct accounts *accounts, json_t *root, struct error *error)
{
    size_t count = json_array_size(root);

    if (!json_is_array(root))
        return error_set(error, "the answer of `az account list` is not a list of subscriptions");
    if (count > ACCOUNTS_MOST)
        count = ACCOUNTS_MOST;
    accounts->list = memory_zeroed(count, sizeof *accounts->list);
    for (size_t i = 0; i < count; i++)
        add(accounts, json_array_get(root, i));
    if (accounts->count == 0)
        return error_set(error, "`az account list` names no subscription");
    return 0;
}

int accounts_refuse_late(int64_t patience, struct error *error)
{
    struct buffer text = BUFFER_INIT;

    number_print_exact_duration(&text, patience);
    (void)error_set(error, "`az account list` did not answer within %s", buffer_text(&text));
    buffer_done(&text);
    return -1;
}

static int check_end(const struct finish *finish, int64_t patience, struct error *error)
{
    if (finish->end == FINISH_NOT_STARTED)
        return error_set(error, "%s", finish->error.text);
    if (finish->stop == FINISH_CANCELLED)
        return error_set(error, "`az account list` was stopped");
    if (finish->stop == FINISH_TIMED_OUT || finish->end == FINISH_ABANDONED)
        return accounts_refuse_late(patience, error);
    if (finish->exit.known && (finish->exit.signaled || finish->exit.status != 0))
        return error_set(error, "`az account list` ended with %s %d",
                         finish->exit.signaled ? "signal" : "status", finish->exit.status);
    return 0;
}

int accounts_read(struct accounts *accounts, struct finish *finish, int64_t patience,
                  struct error *error)
{
    int result = check_end(finish, patience, error);

    *accounts = (struct accounts){NULL, 0};
    if (result == 0) {
        const struct capture_text *text = &finish->output;
        json_t *root = text->length == 0
                           ? NULL
                           : json_loadb(text->data, text->length, JSON_DISABLE_EOF_CHECK, NULL);

        result = read_list(accounts, root, error);
        json_decref(root);
        if (result < 0)
            accounts_done(accounts);
    }
    if (finish->output.length > 0)
        explicit_bzero(finish->output.data, finish->output.length);
    finish_done(finish);
    return result;
}

const struct account *accounts_find(const struct accounts *accounts, const char *subscription)
{
    for (size_t i = 0; i < accounts->count; i++) {
        if (caseless_is_same(accounts->list[i].subscription, subscription))
            return &accounts->list[i];
    }
    return NULL;
}

const struct account *accounts_default(const struct accounts *accounts)
{
    for (size_t i = 0; i < accounts->count; i++) {
        if (accounts->list[i].is_default)
            return &accounts->list[i];
    }
    return NULL;
}

void accounts_done(struct accounts *accounts)
{
    for (size_t i = 0; i < accounts->count; i++) {
        free(accounts->list[i].subscription);
        free(accounts->list[i].name);
        free(accounts->list[i].tenant);
        free(accounts->list[i].user);
        free(accounts->list[i].user_type);
    }
    free(accounts->list);
    *accounts = (struct accounts){NULL, 0};
}
