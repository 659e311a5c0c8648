/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. glibc writes out what is repeated: "a+" becomes "aa*", and "(a+)+" doubles
 * that once more, so fifty of them in each other take all memory. What a pattern grows to is
 * counted here by the same rules, in one pass over it, before it is compiled. And glibc goes every
 * way through what takes no character, again and again where that is repeated: so what may be
 * empty, or only looks at its neighbours, is not to be repeated. A text that is no regular
 * expression has some size or other; regcomp() says what is wrong with it.
 */
#include "report/regexsize.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* What is left of the pattern, and what was seen in it. */
struct reading {
    const char *at;
    int depth;
    bool refers_back;
    bool repeats_nothing;
};

struct part {
    size_t size;
    bool may_be_empty;
    bool has_anchor;
};

/* Sizes stop growing just above what is allowed. */
static size_t cap(size_t size)
{
    return size < REGEXSIZE_MOST + 1 ? size : REGEXSIZE_MOST + 1;
}

/* "[^]a-z[:alpha:]]" */
static void skip_set(struct reading *reading)
{
    reading->at++;
    if (*reading->at == '^')
        reading->at++;
    if (*reading->at == ']')
        reading->at++;
    while (*reading->at != '\0' && *reading->at != ']') {
        char kind = reading->at[1];

        if (*reading->at == '[' && (kind == ':' || kind == '.' || kind == '=')) {
            const char end[] = {kind, ']', '\0'};
            const char *found = strstr(reading->at + 2, end);

            reading->at = found != NULL ? found + 1 : reading->at;
        }
        reading->at++;
    }
    if (*reading->at == ']')
        reading->at++;
}

/* How many copies "{2,5}" or "{2,}" makes; 0: it is no such thing. Steps over it. */
static size_t read_interval(struct reading *reading)
{
    const char *at = reading->at + 1;
    size_t counts[2] = {0, 0};
    int which = 0;

    for (; isdigit((unsigned char)*at) || (*at == ',' && which == 0); at++) {
        if (*at == ',')
            which = 1;
        else
            counts[which] = cap(10 * counts[which] + (size_t)(*at - '0'));
    }
    if (*at != '}')
        return 0;
    reading->at = at + 1;
    /* "{2,}" is the second once more, with a star. */
    return (counts[1] > counts[0] ? counts[1] : counts[0]) + 1;
}

/* What the signs after PART make of it. */
static void read_repeats(struct reading *reading, struct part *part)
{
    while (*reading->at != '\0' && strchr("*?+{", *reading->at) != NULL) {
        char sign = *reading->at;
        size_t copies = sign == '+' ? 2 : 1;
        bool may_be_none = sign == '*' || sign == '?' || strncmp(reading->at, "{0", 2) == 0;

        if (sign == '{')
            copies = read_interval(reading);
        else
            reading->at++;
        if (copies == 0) /* a brace that stands for itself */
            break;
        if (sign != '?' && (part->may_be_empty || part->has_anchor))
            reading->repeats_nothing = true;
        part->size = cap(part->size * copies + 1);
        part->may_be_empty = part->may_be_empty || may_be_none;
    }
}

static struct part read_choices(struct reading *reading);

static struct part read_group(struct reading *reading)
{
    struct part part = {REGEXSIZE_MOST + 1, false, false};

    reading->at++;
    if (++reading->depth > REGEXSIZE_DEEPEST)
        return part;
    part = read_choices(reading);
    reading->depth--;
    if (*reading->at == ')')
        reading->at++;
    return part;
}

static struct part read_escape(struct reading *reading)
{
    char escaped = reading->at[1];
    bool is_anchor = strchr("<>bB`'", escaped) != NULL;

    if (escaped >= '1' && escaped <= '9')
        reading->refers_back = true;
    reading->at += 2;
    return (struct part){1, is_anchor, is_anchor};
}

/* One thing without what repeats it. */
static struct part read_atom(struct reading *reading)
{
    bool is_anchor = *reading->at == '^' || *reading->at == '$';

    if (*reading->at == '(')
        return read_group(reading);
    if (*reading->at == '\\' && reading->at[1] != '\0')
        return read_escape(reading);
    if (*reading->at == '[')
        skip_set(reading);
    else
        reading->at++;
    return (struct part){1, is_anchor, is_anchor};
}

/* To the end, or to the ')' of the group. Recursion is as deep as REGEXSIZE_DEEPEST. */
static struct part read_choices(struct reading *reading)
{
    struct part whole = {1, false, false};
    bool choice_is_empty = true; /* so far */

    while (*reading->at != '\0' && !(*reading->at == ')' && reading->depth > 0) &&
           whole.size <= REGEXSIZE_MOST) {
        bool is_bar = *reading->at == '|';
        struct part part = read_atom(reading);

        if (!is_bar)
            read_repeats(reading, &part);
        whole.size = cap(whole.size + part.size);
        whole.has_anchor = whole.has_anchor || part.has_anchor;
        whole.may_be_empty = whole.may_be_empty || (is_bar && choice_is_empty);
        choice_is_empty = is_bar || (choice_is_empty && part.may_be_empty);
    }
    whole.may_be_empty = whole.may_be_empty || choice_is_empty;
    return whole;
}

size_t regexsize_of(const char *pattern, enum regexsize_fault *ret_fault)
{
    struct reading reading = {.at = pattern};
    size_t size = read_choices(&reading).size;

    *ret_fault = size > REGEXSIZE_MOST     ? REGEXSIZE_LARGE
                 : reading.refers_back     ? REGEXSIZE_BACK
                 : reading.repeats_nothing ? REGEXSIZE_NOTHING
                                           : REGEXSIZE_FINE;
    return size;
}
