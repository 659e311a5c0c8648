/* SPDX-License-Identifier: MIT */
#include "cli/scope.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "azure/accounts.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "job/fold.h"
#include "job/job.h"
#include "job/places.h"

/* What scope_print() shows of each kind; the rest is counted. */
enum {
    SUBSCRIPTIONS_SHOWN = 5,
    GROUPS_SHOWN = 10, /* in all */
    SIZES_SHOWN = 6,
    NAMES_LENGTH = 120, /* of folded names, in bytes */
    DATA_LENGTH = 120   /* of one name that Azure gave */
};

/* What is printed, and how much of it may still be. */
struct printing {
    struct buffer *buffer;
    const struct scope *scope;
    bool whole; /* every name */
    const char *indent;
    size_t groups_left;
};

static const char *vms(size_t count)
{
    return count == 1 ? "VM" : "VMs";
}

/* A name that Azure or somebody there has chosen: any text. */
static void add_data(struct buffer *buffer, const char *text)
{
    size_t length = text_head(text, strlen(text), DATA_LENGTH);
    char *copy = memory_copy(text, length);

    text_add_line(buffer, copy);
    if (text[length] != '\0')
        buffer_add(buffer, "…");
    free(copy);
}

/* COUNT names, folded, and where they are too many for a line only the first. */
static void add_names(struct printing *self, const char *const *names, size_t count)
{
    if (fold_names_within(self->buffer, names, count, self->whole ? SIZE_MAX : NAMES_LENGTH))
        buffer_add(self->buffer, ", …");
}

/* ---- groups ------------------------------------------------------------------------------- */

static void print_group(struct printing *self, const struct places_group *group)
{
    const struct job *job = self->scope->job;
    const char **names = memory_zeroed(group->count, sizeof *names);

    for (size_t i = 0; i < group->count; i++)
        names[i] = job->targets[group->order[i]].name;
    buffer_print(self->buffer, "%s  %s: %zu %s: ", self->indent, group->name, group->count,
                 vms(group->count));
    add_names(self, names, group->count);
    buffer_add(self->buffer, "\n");
    free(names);
}

static void print_other_groups(struct printing *self, const struct places_group *groups,
                               size_t count, bool more)
{
    const char **names = memory_zeroed(count, sizeof *names);
    size_t targets = 0;

    for (size_t i = 0; i < count; i++) {
        names[i] = groups[i].name;
        targets += groups[i].count;
    }
    buffer_print(self->buffer, "%s  %s%zu %s with %zu %s: ", self->indent, more ? "and " : "",
                 count, more ? "more groups" : "groups", targets, vms(targets));
    add_names(self, names, count);
    buffer_add(self->buffer, "\n");
    free(names);
}

static void print_groups(struct printing *self, const struct places_subscription *subscription)
{
    size_t count = subscription->group_count;
    /* Instead of one more line about one more group. */
    size_t shown = self->whole || count <= self->groups_left + 1 ? count : self->groups_left;

    for (size_t i = 0; i < shown; i++)
        print_group(self, &subscription->groups[i]);
    if (shown < count)
        print_other_groups(self, subscription->groups + shown, count - shown, shown > 0);
    self->groups_left -= shown < self->groups_left ? shown : self->groups_left;
}

/* ---- subscriptions ------------------------------------------------------------------------ */

static const struct account *find_account(const struct scope *scope, const char *subscription)
{
    return subscription != NULL && scope->accounts != NULL
               ? accounts_find(scope->accounts, subscription)
               : NULL;
}

static void add_user(struct buffer *buffer, const struct account *account)
{
    add_data(buffer, account->user);
    if (account->user_type[0] == '\0')
        return;
    buffer_add(buffer, " (");
    add_data(buffer, account->user_type);
    buffer_add(buffer, ")");
}

static void print_subscription_name(struct printing *self, const char *id)
{
    const struct scope *scope = self->scope;
    const struct account *account = find_account(scope, id);

    if (id == NULL) {
        buffer_print(self->buffer, "az's default subscription (not known%s%s)",
                     scope->unknown != NULL ? ": " : "",
                     scope->unknown != NULL ? scope->unknown : "");
        return;
    }
    buffer_add(self->buffer, "subscription ");
    if (account != NULL && account->name[0] != '\0') {
        add_data(self->buffer, account->name);
        buffer_print(self->buffer, " (%s)", id);
        return;
    }
    buffer_add(self->buffer, id);
    if (scope->accounts != NULL && scope->accounts->count > 0)
        buffer_add(self->buffer, " (az does not know its name)");
}

static void print_subscription(struct printing *self, const struct places_subscription *one,
                               bool with_user)
{
    const struct account *account = find_account(self->scope, one->id);

    buffer_add(self->buffer, self->indent);
    print_subscription_name(self, one->id);
    if (with_user && account != NULL) {
        buffer_add(self->buffer, ", as ");
        add_user(self->buffer, account);
    }
    buffer_print(self->buffer, ": %zu %s\n", one->count, vms(one->count));
    print_groups(self, one);
}

static void print_places(struct printing *self, const struct places *places, bool with_user)
{
    size_t shown =
        self->whole || places->count <= SUBSCRIPTIONS_SHOWN ? places->count : SUBSCRIPTIONS_SHOWN;
    size_t targets = 0;

    for (size_t i = 0; i < shown; i++)
        print_subscription(self, &places->list[i], with_user);
    for (size_t i = shown; i < places->count; i++)
        targets += places->list[i].count;
    if (targets > 0) {
        buffer_print(self->buffer, "%sand ", self->indent);
        number_print_count(self->buffer, places->count - shown, "more subscription",
                           "more subscriptions");
        buffer_add(self->buffer, " with ");
        number_print_count(self->buffer, targets, "VM", "VMs");
        buffer_add(self->buffer, "\n");
    }
}

/* ---- who ---------------------------------------------------------------------------------- */

/* The account whose user all subscriptions have; NULL: they differ, or there is none. */
static const struct account *find_only_user(const struct scope *scope, const struct places *places)
{
    const struct account *first = NULL;

    for (size_t i = 0; i < places->count; i++) {
        const struct account *account = find_account(scope, places->list[i].id);

        if (account == NULL || account->user[0] == '\0')
            continue;
        if (first == NULL)
            first = account;
        else if (strcmp(first->user, account->user) != 0 ||
                 strcmp(first->user_type, account->user_type) != 0)
            return NULL;
    }
    return first;
}

static void print_user(struct printing *self, const struct account *user)
{
    const char *unknown = self->scope->unknown;

    if (user != NULL) {
        buffer_add(self->buffer, "  logged in as ");
        add_user(self->buffer, user);
        buffer_add(self->buffer, "\n");
    } else if (unknown != NULL && self->scope->accounts != NULL) {
        buffer_print(self->buffer, "  who is logged in is not known: %s\n", unknown);
    }
}

/* ---- batches ------------------------------------------------------------------------------ */

static size_t batch_end(const struct scope *scope, size_t start)
{
    size_t end = start;

    while (end < scope->job->target_count && scope->batches[end] == scope->batches[start])
        end++;
    return end;
}

/* "1, 29 × 10, 9" */
static void add_sizes(struct buffer *buffer, const struct scope *scope)
{
    size_t start = 0;

    for (int shown = 0; start < scope->job->target_count; shown++) {
        size_t size = batch_end(scope, start) - start;
        size_t times = 0;

        if (shown == SIZES_SHOWN) {
            buffer_add(buffer, ", …");
            return;
        }
        while (start < scope->job->target_count && batch_end(scope, start) - start == size) {
            start += size;
            times++;
        }
        buffer_add(buffer, shown > 0 ? ", " : "");
        if (times > 1)
            buffer_print(buffer, "%zu × ", times);
        buffer_print(buffer, "%zu", size);
    }
}

static void print_counts(struct buffer *buffer, const struct scope *scope,
                         const struct places *places)
{
    size_t count = scope->job->target_count;
    int batches = scope->batches[count - 1];

    number_print_count(buffer, count, "VM", "VMs");
    buffer_add(buffer, " in ");
    number_print_count(buffer, places->group_count, "resource group", "resource groups");
    buffer_add(buffer, " of ");
    number_print_count(buffer, places->count, "subscription", "subscriptions");
    buffer_add(buffer, ", in ");
    if (batches == 1) {
        buffer_add(buffer, "one batch\n");
        return;
    }
    buffer_print(buffer, "%d batches (", batches);
    add_sizes(buffer, scope);
    buffer_add(buffer, ")\n");
}

void scope_print(struct buffer *buffer, const struct scope *scope)
{
    struct printing self = {buffer, scope, false, "  ", GROUPS_SHOWN};
    const struct account *user;
    struct places places;

    places_find(&places, scope->job, scope->subscription);
    user = find_only_user(scope, &places);
    print_counts(buffer, scope, &places);
    print_user(&self, user);
    print_places(&self, &places, user == NULL);
    places_done(&places);
}

void scope_print_targets(struct buffer *buffer, const struct scope *scope)
{
    struct printing self = {buffer, scope, true, "", 0};
    struct places places;

    places_find(&places, scope->job, scope->subscription);
    print_places(&self, &places, false);
    places_done(&places);
}
