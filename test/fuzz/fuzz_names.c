/* SPDX-License-Identifier: MIT */
/*
 * Any line as a range, as a pattern, as selectors, and as one of the names to be folded: what a
 * range stands for is matched by it, a pattern matches what fnmatch(3) says, folding is the way
 * back from expanding, and what is folded is a text of selectors that means each of the names.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/strings.h"
#include "fuzz.h"
#include "job/fold.h"
#include "job/names.h"
#include "job/selectors.h"
#include "job/targets.h"

enum {
    MOST = 300, /* names of a range: enough to see how it counts */
    STARS = 5   /* of a pattern: fnmatch() tries every way */
};

/* The lines of the input. */
static struct strings split(const uint8_t *data, size_t size)
{
    char *text = memory_copy((const char *)data, size);
    struct strings lines = STRINGS_INIT;

    for (char *line = text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        strings_add(&lines, line);
    }
    free(text);
    return lines;
}

/* ---- ranges and patterns ------------------------------------------------------------------ */

static void check_range(const char *range)
{
    struct strings names = STRINGS_INIT;
    struct error error = {""};

    if (names_expand(range, MOST, &names, &error) < 0) {
        must(names.count == 0 && error.text[0] != '\0');
        must(strchr(error.text, '\n') == NULL);
    } else {
        must(names.count > 0 && names.count <= MOST);
        must(names_check_pattern(range, &error) == 0);
    }
    for (size_t i = 0; i < names.count; i++)
        must(names_is_valid(names.list[i]) && names_match(range, names.list[i]));
    strings_done(&names);
}

/* The pattern in which ONE stands for '?' and ANY for '*', and back. */
static char *exchange(const char *text, const char *from, const char *to)
{
    char *copy = memory_string(text);

    for (char *at = copy; *at != '\0'; at++) {
        const char *found = strchr(from, *at);

        if (found != NULL)
            *at = to[found - from];
    }
    return copy;
}

/* What names_match() should say, or -1: this way does not tell. */
static int match_slowly(const char *pattern, const char *name)
{
    static const char globs[] = "?*";
    static const char letters[] = "QZ"; /* they stand for the globs while the range is expanded */
    struct strings names = STRINGS_INIT;
    struct error error;
    char *range;
    int stars = 0;
    int result = 0;

    for (const char *at = pattern; *at != '\0'; at++)
        stars += *at == '*' ? 1 : 0;
    if (stars > STARS || strpbrk(pattern, letters) != NULL)
        return -1;
    range = exchange(pattern, globs, letters);
    if (names_expand(range, MOST, &names, &error) < 0)
        result = -1;
    free(range);
    for (size_t i = 0; i < names.count && result == 0; i++) {
        char *glob = exchange(names.list[i], letters, globs);

        result = fnmatch(glob, name, FNM_CASEFOLD) == 0 ? 1 : 0;
        free(glob);
    }
    strings_done(&names);
    return result;
}

static void check_pattern(const char *pattern, const char *name)
{
    struct error error = {""};
    bool matches = names_match(pattern, name);
    int expected;

    if (!names_is_valid(name))
        return;
    if (names_check_pattern(pattern, &error) < 0) {
        must(!matches && error.text[0] != '\0');
        return;
    }
    expected = match_slowly(pattern, name);
    must(expected < 0 || matches == (expected == 1));
}

/* ---- folding ------------------------------------------------------------------------------ */

/* A name, or a label whose groups have no comma in them. */
static bool can_return(const char *label)
{
    const char *slash = strrchr(label, '/');

    return names_is_valid(slash != NULL ? slash + 1 : label) && strpbrk(label, ", []") == NULL;
}

/* Appends what PIECE, a range behind "GROUP/" perhaps, stands for. */
static void expand(char *piece, struct strings *ret)
{
    char *slash = strrchr(piece, '/');
    const char *range = slash != NULL ? slash + 1 : piece;
    struct strings names = STRINGS_INIT;
    struct error error;

    must(names_expand(range, SIZE_MAX / 2, &names, &error) == 0);
    for (size_t i = 0; i < names.count; i++)
        strings_print(ret, "%.*s%s", (int)(range - piece), piece, names.list[i]);
    strings_done(&names);
}

/* The first piece is where the first name stood. */
static void expand_all(char *text, const char *first, struct strings *ret)
{
    for (char *piece = text, *next; piece != NULL; piece = next) {
        /* A comma in brackets has no blank behind it. */
        next = strstr(piece, ", ");
        if (next != NULL) {
            *next = '\0';
            next += 2;
        }
        expand(piece, ret);
        must(piece != text || strings_has(ret, first));
    }
}

/* ---- selectors ---------------------------------------------------------------------------- */

static bool is_selector_of_a_group(const char *label)
{
    const char *slash = strchr(label, '/');
    char *group = slash != NULL ? memory_copy(label, (size_t)(slash - label)) : NULL;
    bool result = group != NULL && strchr(slash + 1, '/') == NULL && names_is_group(group);

    free(group);
    return result;
}

/* TEXT is what NAME, a name or a label with its group, was folded into. */
static void check_meant(const char *text, const char *label)
{
    const char *slash = strrchr(label, '/');
    char *group = slash != NULL ? memory_copy(label, (size_t)(slash - label)) : memory_string("rg");
    char *name = memory_string(slash != NULL ? slash + 1 : label);
    char subscription[] = "00000000-0000-0000-0000-000000000001";
    const struct targets_id id = {subscription, group, name};

    must(selectors_mean(text, &id));
    free(group);
    free(name);
}

static void check_selectors(const char *line)
{
    char subscription[] = "00000000-0000-0000-0000-000000000001";
    char group[] = "rg-1";
    char name[] = "web-01";
    const struct targets_id id = {subscription, group, name};
    struct buffer text = BUFFER_INIT;
    struct error error = {""};
    int result = selectors_check(line, &error);

    must((result < 0) == (error.text[0] != '\0') && strchr(error.text, '\n') == NULL);
    /* A file would be read. */
    if (strchr(line, '@') == NULL && selectors_inline(line, &text, &error) == 0)
        must(selectors_mean(buffer_text(&text), &id) == selectors_mean(line, &id));
    buffer_done(&text);
}

/* ---- folding once more -------------------------------------------------------------------- */

/* All are there, each once, and none else. */
static void check_same(const struct strings *names, const struct strings *unfolded)
{
    size_t distinct = 0;

    for (size_t i = 0; i < names->count; i++) {
        struct strings before = {names->list, i};

        must(strings_has(unfolded, names->list[i]));
        distinct += strings_has(&before, names->list[i]) ? 0 : 1;
    }
    for (size_t i = 0; i < unfolded->count; i++)
        must(strings_has(names, unfolded->list[i]));
    must(unfolded->count == distinct);
}

static void check_fold(const struct strings *names)
{
    struct strings unfolded = STRINGS_INIT;
    struct buffer folded = BUFFER_INIT;

    fold_names(&folded, (const char *const *)names->list, names->count);
    /* No name has a "!"; in a selector it would take out what another one means. */
    for (size_t i = 0; i < names->count && i < MOST && strchr(buffer_text(&folded), '!') == NULL;
         i++) {
        if (strchr(names->list[i], '/') == NULL || is_selector_of_a_group(names->list[i]))
            check_meant(buffer_text(&folded), names->list[i]);
    }
    if (names->count > 0) {
        expand_all(folded.data, names->list[0], &unfolded);
        check_same(names, &unfolded);
    }
    strings_done(&unfolded);
    buffer_done(&folded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strings lines = split(data, size);
    struct strings folded = STRINGS_INIT;
    struct buffer unused = BUFFER_INIT;

    for (size_t i = 0; i < lines.count; i++) {
        (void)names_is_group(lines.list[i]);
        (void)names_is_subscription(lines.list[i]);
        check_range(lines.list[i]);
        check_selectors(lines.list[i]);
        check_pattern(lines.list[0], lines.list[i]);
        if (can_return(lines.list[i]))
            strings_add(&folded, lines.list[i]);
    }
    check_fold(&folded);
    fold_names(&unused, (const char *const *)lines.list, lines.count);
    buffer_done(&unused);
    strings_done(&folded);
    strings_done(&lines);
    return 0;
}
