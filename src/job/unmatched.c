/* SPDX-License-Identifier: MIT */
#include "job/unmatched.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "job/fold.h"
#include "job/job.h"
#include "job/labels.h"
#include "job/roster.h"
#include "job/selector.h"
#include "job/targets.h"

enum {
    SUGGESTION_STEPS = 20 * 1000 * 1000,
    FOLDED_MOST = 1000, /* names that are looked at to say what there is */
    LIST_LONGEST = 160, /* bytes of such a list */
    TEXT_LONGEST = 80   /* bytes of what was written */
};

void unmatched_init(struct unmatched *self, struct roster *roster, struct targets *targets)
{
    *self = (struct unmatched){.roster = roster, .targets = targets, .steps = SUGGESTION_STEPS};
}

void unmatched_done(struct unmatched *self)
{
    for (size_t i = 0; self->labels != NULL && i < self->targets->count; i++)
        free(self->labels[i]);
    free(self->labels);
    free(self->names);
}

/* ---- lists -------------------------------------------------------------------------------- */

/* Appends COUNT names of TOTAL, folded; of a long list its beginning. */
static void print_list(struct buffer *buffer, const char *const *names, size_t count, size_t total)
{
    if (fold_names_within(buffer, names, count, LIST_LONGEST))
        buffer_add(buffer, ", ...");
    else if (count < total)
        buffer_print(buffer, " and %zu more", total - count);
}

/* Once: most jobs never want them. */
static void give_labels(struct unmatched *self)
{
    if (!self->has_labels)
        labels_give(self->targets->list, self->targets->count);
    self->has_labels = true;
}

static void print_all(struct unmatched *self, struct buffer *buffer)
{
    size_t total = self->targets->count;
    size_t count = total < FOLDED_MOST ? total : FOLDED_MOST;
    const char *labels[FOLDED_MOST];

    give_labels(self);
    for (size_t i = 0; i < count; i++)
        labels[i] = self->targets->list[i].label;
    print_list(buffer, labels, count, total);
}

/* ---- what was perhaps meant --------------------------------------------------------------- */

/* Fills in names, or labels when groups count. */
static const char *const *list_words(struct unmatched *self, bool groups)
{
    const struct targets *targets = self->targets;

    if (self->names == NULL)
        self->names = memory_zeroed(targets->count, sizeof *self->names);
    if (groups && self->labels == NULL)
        self->labels = memory_zeroed(targets->count, sizeof *self->labels);
    for (size_t i = 0; i < targets->count; i++) {
        if (groups && self->labels[i] == NULL)
            self->labels[i] =
                memory_print("%s/%s", targets->list[i].resource_group, targets->list[i].name);
        self->names[i] = targets->list[i].name;
    }
    return groups ? (const char *const *)self->labels : self->names;
}

/* The name that SELECTOR begins with, and that is not there; NULL: it is a glob. */
static const char *first_missing(const struct selector *selector,
                                 const struct roster_answer *answer)
{
    if (selector->is_glob || answer->missing.count == 0)
        return NULL;
    return answer->missing.list[0];
}

/* Which target was perhaps meant by MISSING, a name or GROUP/NAME? False: none is like it. */
static bool suggest(struct unmatched *self, const char *missing, const struct job_target **ret)
{
    const char *slash = strrchr(missing, '/');
    size_t place;

    *ret = slash != NULL ? roster_find(self->roster, slash + 1) : NULL;
    if (*ret != NULL)
        return true;
    place = nearest_within(missing, list_words(self, slash != NULL), self->targets->count,
                           &self->steps);
    if (place == self->targets->count)
        return false;
    *ret = &self->targets->list[place];
    return true;
}

/* As much of it as SELECTOR has, and as tells it apart. */
static void print_target(struct unmatched *self, struct buffer *buffer,
                         const struct job_target *target, const struct selector *selector)
{
    if (selector->subscription != NULL && target->subscription != NULL)
        buffer_print(buffer, "%s/", target->subscription);
    if (selector->groups.count > 0) {
        buffer_print(buffer, "%s/%s", target->resource_group, target->name);
        return;
    }
    give_labels(self);
    buffer_add(buffer, target->label);
}

static void print_suggestion(struct unmatched *self, struct buffer *buffer,
                             const struct job_target *suggestion, const struct selector *selector)
{
    buffer_add(buffer, "; did you mean ");
    print_target(self, buffer, suggestion, selector);
    buffer_add(buffer, "?");
}

/* ---- the line ----------------------------------------------------------------------------- */

static void print_none(struct unmatched *self, struct buffer *buffer, const char *text,
                       const struct selector *selector, const struct roster_answer *answer)
{
    const char *missing = first_missing(selector, answer);
    const struct job_target *suggestion = NULL;
    bool has_suggestion = missing != NULL && suggest(self, missing, &suggestion);

    buffer_print(buffer, "\"%.*s\" matches ", TEXT_LONGEST, text);
    if (!self->is_listed && (!has_suggestion || self->wants_list)) {
        buffer_print(buffer, "none of %zu: ", self->targets->count);
        print_all(self, buffer);
        self->is_listed = true;
    } else {
        buffer_add(buffer, "no target");
    }
    if (has_suggestion)
        print_suggestion(self, buffer, suggestion, selector);
}

/* Of a range, some are not there. */
static void print_part(struct buffer *buffer, const char *text, const struct roster_answer *answer)
{
    print_list(buffer, (const char *const *)answer->missing.list, answer->missing.count,
               answer->missing_count);
    buffer_print(buffer, " of %.*s %s no target; there is only ", TEXT_LONGEST, text,
                 answer->missing_count == 1 ? "matches" : "match");
    print_list(buffer, (const char *const *)answer->there.list, answer->there.count,
               answer->there.count);
}

void unmatched_print(struct unmatched *self, struct buffer *buffer, const char *text,
                     const struct selector *selector, const struct roster_answer *answer)
{
    if (answer->found > 0)
        print_part(buffer, text, answer);
    else
        print_none(self, buffer, text, selector, answer);
}
