/* SPDX-License-Identifier: MIT */
#include "job/names.h"

#include <ctype.h>
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/strings.h"
#include "base/text.h"
#include "job/limits.h"
#include "sys/letters.h"

enum { MOST_DIGITS = 9 }; /* of a number in brackets: fits an int32_t */

_Static_assert(LIMITS_VM_NAME == 64, "a place in a name is a bit of 64");

/* "01-30" or "7" inside brackets. */
struct span {
    int32_t first;
    int32_t last;
    int width; /* digits of the first number: what shorter ones are filled up to */
};

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
    return name[length] == '\0' && length >= 1 && length <= LIMITS_VM_NAME &&
           name[strspn(name, ".")] != '\0';
}

/* Its length counts in UTF-16, as Azure counts. */
bool names_is_group(const char *name)
{
    size_t left = strlen(name);
    size_t units = 0;
    char last = '\0';

    while (left > 0) {
        uint32_t character = 0;
        size_t size = text_read_character(name, left, &character);

        if (size == 0 || (size > 1 && !letters_is_one(character)) ||
            (size == 1 && !is_name_character(*name) && *name != '(' && *name != ')'))
            return false;
        last = *name;
        units += character > 0xffff ? 2 : 1;
        name += size;
        left -= size;
    }
    return units >= 1 && units <= LIMITS_GROUP_NAME && last != '.';
}

bool names_is_subscription(const char *name)
{
    static const char shape[] = LIMITS_SUBSCRIPTION_SHAPE;

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
 * Reads one span at *AT, which stands after '[' or ','. Leaves *AT after the
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

/* Names, counted before any is made. */
struct census {
    int64_t count;
    size_t longest; /* characters of the longest of them */
};

static size_t count_digits(int32_t number)
{
    size_t digits = 1;

    while ((number /= 10) > 0)
        digits++;
    return digits;
}

/* Counts what is in the brackets at *AT, which stands after '['; steps over the ']'. */
static int count_bracket(const char **at, struct census *ret, struct error *error)
{
    struct span span;

    *ret = (struct census){0, 0};
    do {
        size_t digits;

        if (read_span(at, &span, error) < 0)
            return -1;
        digits = count_digits(span.last);
        if (digits < (size_t)span.width)
            digits = (size_t)span.width;
        if (digits > ret->longest)
            ret->longest = digits;
        ret->count += span.last - span.first + 1;
    } while ((*at)[0] != ']' || (*at)[-1] == ',');
    (*at)++;
    return 0;
}

/* Checks the brackets and that all else is of a name or in EXTRA. Counts the names, up to MOST + 1.
 */
static int examine(const char *range, const char *extra, int64_t most, struct census *ret,
                   struct error *error)
{
    const char *at = range;

    *ret = (struct census){1, 0};
    if (*at == '\0')
        return error_set(error, "the name is empty");
    while (*at != '\0') {
        struct census part = {1, 1};

        if (*at == '[') {
            at++;
            if (count_bracket(&at, &part, error) < 0)
                return -1;
        } else if (*at == ']') {
            return error_set(error, "a \"]\" closes no bracket: \"[\" is missing");
        } else if (is_name_character(*at) || strchr(extra, *at) != NULL) {
            at++;
        } else {
            return error_set(error, "a VM's name has only letters, digits, \"-\", \"_\" and \".\"");
        }
        if (__builtin_mul_overflow(ret->count, part.count, &ret->count) || ret->count > most)
            ret->count = most + 1;
        ret->longest += part.longest;
    }
    return 0;
}

int names_count(const char *range, size_t most, size_t *ret, struct error *error)
{
    struct census census;

    if (examine(range, "", (int64_t)most, &census, error) < 0)
        return -1;
    if (census.count > (int64_t)most)
        return error_set(error, "the range stands for more than %zu names", most);
    if (census.longest > LIMITS_VM_NAME || range[strspn(range, ".")] == '\0')
        return error_set(error, "a VM's name has 1 to %d characters and not only dots",
                         LIMITS_VM_NAME);
    *ret = (size_t)census.count;
    return 0;
}

/*
 * Adds every name that begins with the LENGTH characters of NAME and goes on as RANGE, which
 * names_count() likes, has it from AT on. Each bracket gives a character at least: so deep it goes.
 */
static void spell(char name[LIMITS_VM_NAME + 1], size_t length, const char *at,
                  struct strings *names)
{
    const char *behind;
    struct error unused;
    struct span span;

    for (; *at != '\0' && *at != '['; at++)
        name[length++] = *at;
    name[length] = '\0';
    if (*at == '\0') {
        strings_add(names, name);
        return;
    }
    behind = strchr(at++, ']') + 1;
    do {
        (void)read_span(&at, &span, &unused);
        for (int32_t number = span.first; number <= span.last; number++) {
            int digits = snprintf(name + length, LIMITS_VM_NAME + 1 - length, "%0*d", span.width,
                                  (int)number);

            spell(name, length + (size_t)digits, behind, names);
        }
    } while (at[0] != ']' || at[-1] == ',');
}

int names_expand(const char *range, size_t most, struct strings *names, struct error *error)
{
    char name[LIMITS_VM_NAME + 1];
    size_t count;

    if (names_count(range, most, &count, error) < 0)
        return -1;
    spell(name, 0, range, names);
    return 0;
}

int names_check_pattern(const char *pattern, struct error *error)
{
    struct census census;

    return examine(pattern, "*?", INT32_MAX, &census, error);
}

/*
 * Matching keeps the set of places in the name that can be reached with the
 * pattern read so far, a bit each: no backtracking. All but a '*' goes on by one
 * character at least, and where nothing is reached any more the end is known. So
 * a match is a few steps as a rule. Ranges of many numbers after a '*' are the
 * worst, and the caller says how many steps there may be.
 */
struct reached {
    uint64_t before; /* bit N: N characters of the name are after it; fewer than 64 */
    bool at_longest; /* all of a name of 64 */
};

struct matching {
    const struct names_subject *name;
    struct reached places;
    uint64_t *steps; /* that are left */
};

enum { WORD = 8 }; /* characters that are compared at once */

void names_prepare(const char *name, struct names_subject *ret)
{
    *ret = (struct names_subject){.length = strlen(name)};
    for (size_t i = 0; i < ret->length && i < LIMITS_VM_NAME; i++)
        ret->text[i] = (char)tolower((unsigned char)name[i]);
}

static bool take_steps(struct matching *matching, uint64_t count)
{
    if (*matching->steps < count) {
        *matching->steps = 0;
        return false;
    }
    *matching->steps -= count;
    return true;
}

static bool is_nowhere(const struct reached *places)
{
    return places->before == 0 && !places->at_longest;
}

/* The bits of the places before which a name has LETTER. */
static uint64_t find_letter(const struct names_subject *name, char letter)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    const uint64_t low = UINT64_C(0x7f) * each;
    uint64_t wanted = (uint64_t)tolower((unsigned char)letter) * each;
    uint64_t found = 0;

    for (size_t at = 0; at < name->length; at += WORD) {
        uint64_t word;

        memcpy(&word, name->text + at, WORD);
        word = le64toh(word) ^ wanted; /* a byte is 0 where the letter is */
        word = ~(((word & low) + low) | word | low) >> 7;
        found |= (word * UINT64_C(0x0102040810204080) >> 56) << at;
    }
    return found;
}

/* Goes on by one character from those places that are among ALLOWED. */
static void advance(struct reached *places, uint64_t allowed)
{
    uint64_t from = places->before & allowed;

    places->at_longest = from >> (LIMITS_VM_NAME - 1) != 0;
    places->before = from << 1;
}

static void reach(struct reached *places, size_t place)
{
    if (place == LIMITS_VM_NAME)
        places->at_longest = true;
    else
        places->before |= UINT64_C(1) << place;
}

/* The places before a character of the name. */
static uint64_t inner_places(const struct names_subject *name)
{
    return name->length == LIMITS_VM_NAME ? UINT64_MAX : (UINT64_C(1) << name->length) - 1;
}

/* From the first place on all can be reached. */
static void step_star(struct matching *matching)
{
    struct reached *places = &matching->places;

    if (places->before == 0)
        return;
    places->before = (places->before | ~(places->before - 1)) & inner_places(matching->name);
    reach(places, matching->name->length);
}

/* Adds to NEXT where one span can lead from PLACE. */
static void follow_span(const struct span *span, const struct names_subject *name, size_t place,
                        struct reached *next)
{
    bool padded = place < name->length && name->text[place] == '0';
    int32_t value = 0;

    for (int digits = 1;
         digits <= MOST_DIGITS && place < name->length && isdigit((unsigned char)name->text[place]);
         digits++) {
        bool filled = digits == span->width || (digits > span->width && !padded);

        value = value * 10 + (name->text[place++] - '0');
        if (filled && value >= span->first && value <= span->last)
            reach(next, place);
    }
}

/* One step over the brackets at *AT, which stands after '['. False when they are no range, or when
 * no steps are left. */
static bool step_bracket(struct matching *matching, const char **at)
{
    uint64_t from = matching->places.before & inner_places(matching->name);
    struct reached next = {0, false};
    struct span span = {.width = 0};
    struct error unused;

    do {
        uint64_t steps = 1 + MOST_DIGITS * (uint64_t)__builtin_popcountll(from);

        if (read_span(at, &span, &unused) < 0 || !take_steps(matching, steps))
            return false;
        for (uint64_t left = from; left != 0; left &= left - 1)
            follow_span(&span, matching->name, (size_t)__builtin_ctzll(left), &next);
    } while ((*at)[0] != ']' || (*at)[-1] == ',');
    (*at)++;
    matching->places = next;
    return true;
}

/* One step over what stands at *AT. False: it is the last one. */
static bool step(struct matching *matching, const char **at)
{
    const struct names_subject *name = matching->name;
    char wanted = *(*at)++;

    if (wanted == '[')
        return step_bracket(matching, at);
    if (!take_steps(matching, 1 + name->length / WORD))
        return false;
    if (wanted == '*')
        step_star(matching);
    else
        advance(&matching->places, wanted == '?' ? inner_places(name) : find_letter(name, wanted));
    return true;
}

bool names_match_within(const char *pattern, const struct names_subject *name, uint64_t *steps)
{
    struct matching matching = {name, {1, false}, steps};

    if (name->length > LIMITS_VM_NAME)
        return false;
    while (*pattern != '\0') {
        if (!step(&matching, &pattern) || is_nowhere(&matching.places))
            return false;
    }
    return name->length == LIMITS_VM_NAME ? matching.places.at_longest
                                          : (matching.places.before >> name->length & 1) != 0;
}

bool names_match(const char *pattern, const char *name)
{
    uint64_t steps = UINT64_MAX;
    struct names_subject subject;

    names_prepare(name, &subject);
    return names_match_within(pattern, &subject, &steps);
}
