/* SPDX-License-Identifier: MIT */
#include "job/selector.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/caseless.h"
#include "base/memory.h"
#include "base/text.h"
#include "job/job.h"
#include "job/names.h"
#include "job/targets.h"

enum { GROUP_LONGEST = 500 }; /* bytes of what stands for groups */

static bool has_globs(const char *text)
{
    return strpbrk(text, "*?") != NULL;
}

/* ---- reading ------------------------------------------------------------------------------ */

static int parse_name(const char *text, struct selector *ret, struct error *error)
{
    if (names_check_pattern(text, error) < 0)
        return -1;
    if (!has_globs(text) && names_count(text, JOB_TARGETS_MOST, &ret->names, error) < 0)
        return -1;
    ret->name = memory_string(text);
    return 0;
}

static int check_group(const char *group, struct error *error)
{
    if (has_globs(group) || names_is_group(group))
        return 0;
    return error_set(error, "\"%.100s\" is not a resource group", group);
}

/*
 * Adds the groups that begin with BEGIN and go on as TEXT, which may have brackets: what stands in
 * a pair of them is read as that of a VM's name.
 */
static int add_groups(const char *begin, const char *text, struct strings *ret, struct error *error)
{
    const char *open = strchr(text, '[');
    const char *close = open != NULL ? strchr(open, ']') : NULL;
    struct strings numbers = STRINGS_INIT;
    char *range;
    int result;

    if (open == NULL || close == NULL) {
        char *group = memory_print("%s%s", begin, text);

        result = check_group(group, error);
        if (result == 0 && ret->count >= SELECTOR_GROUPS_MOST)
            result = error_set(error, "more than %d resource groups", SELECTOR_GROUPS_MOST);
        if (result == 0)
            strings_add(ret, group);
        free(group);
        return result;
    }
    range = memory_copy(open, (size_t)(close + 1 - open));
    result = names_expand(range, SELECTOR_GROUPS_MOST, &numbers, error);
    free(range);
    for (size_t i = 0; i < numbers.count && result == 0; i++) {
        char *so_far = memory_print("%s%.*s%s", begin, (int)(open - text), text, numbers.list[i]);

        result = add_groups(so_far, close + 1, ret, error);
        free(so_far);
    }
    strings_done(&numbers);
    return result;
}

static int parse_id(const char *text, struct selector *ret, struct error *error)
{
    struct targets_id id;

    if (targets_parse_id(text, &id, error) < 0)
        return -1;
    strings_add(&ret->groups, id.resource_group);
    free(id.resource_group);
    ret->subscription = id.subscription;
    ret->name = id.name;
    ret->names = 1;
    return 0;
}

/* PARTS, which is cut up: [[SUBSCRIPTION/]GROUP/]NAME. */
static int parse_parts(char *parts, struct selector *ret, struct error *error)
{
    char *name = strrchr(parts, '/');
    char *group;

    if (name == NULL)
        return parse_name(parts, ret, error);
    *name++ = '\0';
    group = strrchr(parts, '/');
    if (group == NULL) {
        group = parts;
    } else {
        *group++ = '\0';
        if (!names_is_subscription(parts))
            return error_set(error,
                             "\"%.80s\" is not a subscription's id: write NAME, GROUP/NAME, "
                             "SUBSCRIPTION/GROUP/NAME or the VM's full id",
                             parts);
        ret->subscription = memory_string(parts);
    }
    if (strlen(group) > GROUP_LONGEST)
        return error_set(error, "the resource group has more than %d characters", GROUP_LONGEST);
    if (add_groups("", group, &ret->groups, error) < 0)
        return -1;
    ret->is_glob = has_globs(group);
    return parse_name(name, ret, error);
}

int selector_parse(const char *text, struct selector *ret, struct error *error)
{
    char *parts = memory_string(text);
    int result;

    *ret = (struct selector){.groups = STRINGS_INIT};
    if (strpbrk(text, " \t;") != NULL)
        result = error_set(error, "put commas between several names");
    else
        result = text[0] == '/' ? parse_id(text, ret, error) : parse_parts(parts, ret, error);
    free(parts);
    if (result < 0)
        selector_done(ret);
    else
        ret->is_glob = ret->is_glob || has_globs(ret->name);
    return result;
}

void selector_done(struct selector *selector)
{
    free(selector->subscription);
    free(selector->name);
    strings_done(&selector->groups);
    *selector = (struct selector){.groups = STRINGS_INIT};
}

/* ---- matching ----------------------------------------------------------------------------- */

/* Behind one character of TEXT, which has one. */
static const char *skip_character(const char *text)
{
    do
        text++;
    while (text_is_within_character(*text));
    return text;
}

/* Is TEXT as PATTERN, with * and ?, says? Both are of one case. Goes back to the last * only. */
static bool matches_glob(const char *pattern, const char *text, uint64_t *steps)
{
    const char *star = NULL;
    const char *behind_star = NULL;

    while (*text != '\0' && *steps > 0) {
        --*steps;
        if (*pattern == '*') {
            star = ++pattern;
            behind_star = text;
        } else if (*pattern == '?') {
            pattern++;
            text = skip_character(text);
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            behind_star = skip_character(behind_star);
            text = behind_star;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0' && *text == '\0';
}

static bool matches_group(const char *pattern, const char *group, uint64_t *steps)
{
    struct buffer one = BUFFER_INIT;
    struct buffer other = BUFFER_INIT;
    bool matches;

    if (!has_globs(pattern))
        return caseless_is_same(pattern, group);
    caseless_append(&one, pattern);
    caseless_append(&other, group);
    matches = matches_glob(buffer_text(&one), buffer_text(&other), steps);
    buffer_done(&one);
    buffer_done(&other);
    return matches;
}

bool selector_has_group(const struct selector *selector, const char *group, uint64_t *steps)
{
    enum { STEPS_EACH = 100 };

    for (size_t i = 0; i < selector->groups.count; i++) {
        *steps -= *steps < STEPS_EACH ? *steps : STEPS_EACH;
        if (*steps == 0)
            return false;
        if (matches_group(selector->groups.list[i], group, steps))
            return true;
    }
    return selector->groups.count == 0;
}

bool selector_has_subscription(const struct selector *selector, const char *subscription)
{
    return selector->subscription == NULL || caseless_is_same(selector->subscription, subscription);
}

bool selector_means(const struct selector *selector, const struct targets_id *id)
{
    uint64_t steps = UINT64_MAX;

    return selector_has_subscription(selector, id->subscription) &&
           selector_has_group(selector, id->resource_group, &steps) &&
           names_match(selector->name, id->name);
}
