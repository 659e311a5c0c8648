/* SPDX-License-Identifier: MIT */
#include "job/names.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

enum { MOST_DIGITS = 9 }; /* of a number in brackets: fits an int32_t */

/* "01-30" or "7" inside brackets. */
struct span {
    int32_t first;
    int32_t last;
    int width; /* digits of the first number: what shorter ones are filled up to */
};

void names_add(struct names *names, const char *name)
{
    if (names->count == names->capacity) {
        names->capacity = names->capacity > 0 ? 2 * names->capacity : 16;
        names->list = memory_resize(names->list, names->capacity, sizeof *names->list);
    }
    names->list[names->count++] = memory_string(name);
}

void names_done(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
    *names = (struct names)NAMES_INIT;
}

/* Locale must not decide what Azure allows. */
static bool is_name_character(char character)
{
    return isascii((unsigned char)character) &&
           (isalnum((unsigned char)character) || (character != '\0' && strchr("-_.", character)));
}

bool names_is_valid(const char *name)
{
    size_t length = 0;

    while (is_name_character(name[length]))
        length++;
    return name[length] == '\0' && length >= 1 && length <= NAMES_LONGEST &&
           name[strspn(name, ".")] != '\0';
}

bool names_is_group(const char *name)
{
    size_t length = 0;

    while (is_name_character(name[length]) || name[length] == '(' || name[length] == ')')
        length++;
    return name[length] == '\0' && length >= 1 && length <= 90 && name[length - 1] != '.';
}

bool names_is_subscription(const char *name)
{
    static const char shape[] = "00000000-0000-0000-0000-000000000000";

    if (strlen(name) != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        if (shape[i] == '-' ? name[i] != '-' : !isxdigit((unsigned char)name[i]))
            return false;
    }
    return true;
}

/* Reads digits at *AT and steps over them; returns how many, 0 when none or too many. */
static int read_number(const char **at, int32_t *ret)
{
    int digits = 0;

    for (*ret = 0; isdigit((unsigned char)**at); (*at)++) {
        if (++digits > MOST_DIGITS)
            return 0;
        *ret = *ret * 10 + (**at - '0');
    }
    return digits;
}

/*
 * Reads one span at *AT, which stands behind '[' or ','. Leaves *AT behind the
 * comma when another span must follow, else on the ']'.
 */
static int read_span(const char **at, struct span *ret, struct error *error)
{
    const char *start = *at;

    if (*start == '\0')
        return error_set(error, "a bracket is not closed: \"]\" is missing");
    if (*start == ']' || *start == ',')
        return error_set(error,
                         "the brackets have an empty place: write numbers, as in web-[01-30]");
    ret->width = read_number(at, &ret->first);
    ret->last = ret->first;
    if (ret->width == 0)
        return error_set(error,
                         "the brackets hold something that is not a number of at most %d "
                         "digits: write web-[01-30] or web-[1,3,7-9]",
                         MOST_DIGITS);
    if (**at == '-') {
        (*at)++;
        if (read_number(at, &ret->last) == 0)
            return error_set(error,
                             "the range in the brackets has no last number: write web-[01-30]");
    }
    if (ret->last < ret->first)
        return error_set(error, "the range [%.*s] runs backwards: the smaller number comes first",
                         (int)(*at - start), start);
    if (**at == ',')
        (*at)++;
    else if (**at == '\0')
        return error_set(error, "a bracket is not closed: \"]\" is missing");
    else if (**at != ']')
        return error_set(error,
                         "the brackets may hold only numbers, \"-\" and \",\", without blanks");
    return 0;
}

/* How many names are in the brackets at *AT, which stands behind '['; steps over the ']'. */
static int count_bracket(const char **at, int64_t *ret, struct error *error)
{
    struct span span;

    *ret = 0;
    do {
        if (read_span(at, &span, error) < 0)
            return -1;
        *ret += span.last - span.first + 1;
    } while ((*at)[0] != ']' || (*at)[-1] == ',');
    (*at)++;
    return 0;
}

/* Checks the brackets and that all else is of a name or in EXTRA. Counts the names, up to MOST + 1.
 */
static int examine(const char *range, const char *extra, int64_t most, int64_t *ret_count,
                   struct error *error)
{
    const char *at = range;

    *ret_count = 1;
    if (*at == '\0')
        return error_set(error, "the name is empty");
    while (*at != '\0') {
        int64_t count = 1;

        if (*at == '[') {
            at++;
            if (count_bracket(&at, &count, error) < 0)
                return -1;
        } else if (*at == ']') {
            return error_set(error, "a \"]\" closes no bracket: \"[\" is missing");
        } else if (is_name_character(*at) || strchr(extra, *at) != NULL) {
            at++;
        } else {
            return error_set(error, "a VM's name has only letters, digits, \"-\", \"_\" and \".\"");
        }
        if (__builtin_mul_overflow(*ret_count, count, ret_count) || *ret_count > most)
            *ret_count = most + 1;
    }
    return 0;
}

/* Appends to NAMES every name of OLD with every number of the brackets behind it. */
static void multiply(const struct names *old, const char *bracket, struct names *names)
{
    for (size_t i = 0; i < old->count; i++) {
        const char *at = bracket;
        struct error unused;
        struct span span;

        do {
            (void)read_span(&at, &span, &unused);
            for (int32_t number = span.first; number <= span.last; number++) {
                char *name = memory_print("%s%0*d", old->list[i], span.width, (int)number);

                names_add(names, name);
                free(name);
            }
        } while (at[0] != ']' || at[-1] == ',');
    }
}

/* Puts LENGTH bytes of TEXT behind every name. */
static void append(struct names *names, const char *text, size_t length)
{
    for (size_t i = 0; i < names->count; i++) {
        char *longer = memory_print("%s%.*s", names->list[i], (int)length, text);

        free(names->list[i]);
        names->list[i] = longer;
    }
}

/* The least length of the names of a RANGE that examine() likes: a bracket gives a digit or more.
 */
static size_t least_length(const char *range)
{
    size_t length = 0;

    for (const char *at = range; *at != '\0'; at++, length++) {
        if (*at == '[')
            at = strchr(at, ']');
    }
    return length;
}

/* Makes the names of a RANGE that examine() likes. False when one is no valid name. */
static bool generate(const char *range, struct names *ret)
{
    const char *at = range;

    names_add(ret, "");
    while (*at != '\0') {
        size_t length = strcspn(at, "[");

        if (length > 0) {
            append(ret, at, length);
            at += length;
        } else {
            struct names more = NAMES_INIT;

            multiply(ret, at + 1, &more);
            names_done(ret);
            *ret = more;
            at = strchr(at, ']') + 1;
        }
    }
    for (size_t i = 0; i < ret->count; i++) {
        if (!names_is_valid(ret->list[i]))
            return false;
    }
    return true;
}

int names_expand(const char *range, size_t most, struct names *names, struct error *error)
{
    struct names made = NAMES_INIT;
    int64_t count;

    if (examine(range, "", (int64_t)most, &count, error) < 0)
        return -1;
    if (count > (int64_t)most)
        return error_set(error, "the range stands for more than %zu names", most);
    /* Looked at first: thousands of brackets could follow, each to be multiplied. */
    if (least_length(range) > NAMES_LONGEST || !generate(range, &made)) {
        names_done(&made);
        return error_set(error, "a VM's name has 1 to %d characters and not only dots",
                         NAMES_LONGEST);
    }
    if (names->count == 0) {
        names_done(names);
        *names = made;
        return 0;
    }
    for (size_t i = 0; i < made.count; i++)
        names_add(names, made.list[i]);
    names_done(&made);
    return 0;
}

int names_check_pattern(const char *pattern, struct error *error)
{
    int64_t count;

    return examine(pattern, "*?", INT32_MAX, &count, error);
}

/*
 * Matching keeps the set of places in the name that can be reached with the
 * pattern read so far: no backtracking, so no pattern is slow.
 */
struct places {
    bool reached[NAMES_LONGEST + 1];
};

/* Adds to NEXT where one span can lead from PLACE. */
static void follow_span(const struct span *span, const char *name, size_t place,
                        struct places *next)
{
    bool padded = name[place] == '0';
    int32_t value = 0;

    for (int digits = 1; digits <= MOST_DIGITS && isdigit((unsigned char)name[place]); digits++) {
        bool filled = digits == span->width || (digits > span->width && !padded);

        value = value * 10 + (name[place++] - '0');
        if (filled && value >= span->first && value <= span->last)
            next->reached[place] = true;
    }
}

/* One step over the brackets at *AT, which stands behind '['. False when they are no range. */
static bool step_bracket(const char **at, const char *name, struct places *places)
{
    struct places next = {{false}};
    struct span span = {.width = 0};
    struct error unused;

    do {
        if (read_span(at, &span, &unused) < 0)
            return false;
        for (size_t i = 0; name[i] != '\0'; i++) {
            if (places->reached[i])
                follow_span(&span, name, i, &next);
        }
    } while ((*at)[0] != ']' || (*at)[-1] == ',');
    (*at)++;
    *places = next;
    return true;
}

/* One step over a letter, '?' or '*'. */
static void step_character(char wanted, const char *name, size_t length, struct places *places)
{
    struct places next = {{false}};
    bool any = false;

    for (size_t i = 0; i <= length; i++) {
        any = any || places->reached[i];
        if (wanted == '*')
            next.reached[i] = any;
        else if (i < length && places->reached[i] &&
                 (wanted == '?' ||
                  tolower((unsigned char)name[i]) == tolower((unsigned char)wanted)))
            next.reached[i + 1] = true;
    }
    *places = next;
}

bool names_match(const char *pattern, const char *name)
{
    struct places places = {{true}};
    size_t length = strlen(name);

    if (pattern[strcspn(pattern, "[*?")] == '\0')
        return length <= NAMES_LONGEST && strcasecmp(pattern, name) == 0;
    if (length > NAMES_LONGEST)
        return false;
    for (const char *at = pattern; *at != '\0';) {
        if (*at != '[')
            step_character(*at++, name, length, &places);
        else if (at++, !step_bracket(&at, name, &places))
            return false;
    }
    return places.reached[length];
}
