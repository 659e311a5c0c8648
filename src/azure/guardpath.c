/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The text is read once, from its head to its end. Where the nonce is found,
 * what is before it since the last place is copied down, without the path that leads to it: what is
 * put instead is never longer than what is taken out, so the text can stay where it is. Looking
 * back for a path's beginning ends at the last place at the latest.
 *
 * Windows PowerShell breaks a message where the console is full, in the middle of a name, and a
 * newer one begins each further line with a bar. Between two characters of the nonce such a break
 * cannot be anything else. At other places of a path it is one only when its line is as long as
 * that of a console: else a relative path has begun in the next line.
 */
#include "azure/guardpath.h"

#include <string.h>

#include "base/ascii.h"
#include "base/buffer.h"
#include "engine/capture.h"

enum {
    FULL_LINE = 70,   /* bytes: no console of a program is narrower */
    LONGEST_GAP = 64, /* bytes between two characters that a break may have */
    NAME_LEAST = 8    /* digits of a nonce that are no chance, and what every nonce has */
};

static const char folder[] = "azfan-";

struct scan {
    char *text;
    size_t length;
    const char *nonce;
    size_t digits; /* of the nonce */
    size_t from;   /* what is before it has been dealt with */
};

/* ---- characters --------------------------------------------------------------------------- */

static bool is_separator(char byte)
{
    return byte == '/' || byte == '\\';
}

/* Is the byte at AT of a typographic quotation mark, or the like (U+2000 to U+203F, U+00AB,
 * U+00BB)?
 */
static bool is_of_quote(const struct scan *scan, size_t at)
{
    for (size_t back = 0; back < 3 && back <= at; back++) {
        const char *character = scan->text + at - back;
        size_t left = scan->length - (at - back);

        if (left >= 2 && memcmp(character, "\xe2\x80", 2) == 0)
            return true;
        if (left >= 2 && back < 2 &&
            (memcmp(character, "\xc2\xab", 2) == 0 || memcmp(character, "\xc2\xbb", 2) == 0))
            return true;
    }
    return false;
}

/* Is the byte at AT of a file's name, as far as it can be told from what stands around it? */
static bool is_of_name(const struct scan *scan, size_t at)
{
    char byte = scan->text[at];

    if ((unsigned char)byte >= 0x80)
        return !is_of_quote(scan, at);
    return ascii_is_alphanumeric(byte) || (byte != '\0' && strchr("._-+@%~,", byte) != NULL);
}

static size_t skip_blanks(const struct scan *scan, size_t at)
{
    while (at < scan->length && (scan->text[at] == ' ' || scan->text[at] == '\t'))
        at++;
    return at;
}

/* Behind the colour that begins at AT; AT: none does. */
static size_t skip_colour(const struct scan *scan, size_t at)
{
    size_t end = at + 2;

    if (end >= scan->length || scan->text[at] != '\033' || scan->text[at + 1] != '[')
        return at;
    while (end < scan->length && end < at + LONGEST_GAP &&
           ((scan->text[end] >= '0' && scan->text[end] <= '9') || scan->text[end] == ';'))
        end++;
    return end < scan->length && scan->text[end] == 'm' ? end + 1 : at;
}

static size_t skip_colours(const struct scan *scan, size_t at)
{
    size_t limit = at + LONGEST_GAP;

    for (size_t next; at < limit && (next = skip_colour(scan, at)) != at;)
        at = next;
    return at;
}

/* Behind the break that begins at AT, "\r\n", "\n     | ", colours; AT: none does. */
static size_t skip_break(const struct scan *scan, size_t at)
{
    size_t line = skip_colours(scan, at);
    size_t end;

    if (line < scan->length && scan->text[line] == '\r')
        line++;
    if (line >= scan->length || scan->text[line] != '\n')
        return skip_colours(scan, at);
    end = skip_colours(scan, skip_blanks(scan, skip_colours(scan, line + 1)));
    if (end < scan->length && scan->text[end] == '|')
        end = skip_blanks(scan, skip_colours(scan, end + 1));
    end = skip_colours(scan, end);
    return end - at <= LONGEST_GAP ? end : at;
}

/* Where the break begins that ends at AT, but not before the last place; AT: none does. */
static size_t find_break(const struct scan *scan, size_t at)
{
    size_t floor = at > scan->from + LONGEST_GAP ? at - LONGEST_GAP : scan->from;

    for (size_t start = at; start > floor; start--) {
        if (scan->text[start - 1] != '\n')
            continue;
        start--;
        if (start > scan->from && scan->text[start - 1] == '\r')
            start--;
        return skip_break(scan, start) == at ? start : at;
    }
    return at;
}

/* Has the line that ends before END as many bytes as a console's? */
static bool is_full(const struct scan *scan, size_t end)
{
    if (end < scan->from + FULL_LINE)
        return false;
    return memrchr(scan->text + end - FULL_LINE, '\n', FULL_LINE) == NULL;
}

/* ---- the name ----------------------------------------------------------------------------- */

/* How many characters of WORD, of COUNT, stand at *AT, which is moved after them; breaks between
 * two do not count. */
static size_t match(const struct scan *scan, size_t *at, const char *word, size_t count)
{
    size_t end = *at;

    for (size_t i = 0; i < count; i++) {
        size_t next = i > 0 ? skip_break(scan, end) : end;

        if (next >= scan->length || ascii_lower(scan->text[next]) != word[i])
            return i;
        *at = end = next + 1;
    }
    return count;
}

/* Is AT the end of the text or of a line? */
static bool is_line_end(const struct scan *scan, size_t at)
{
    return at == scan->length || scan->text[at] == '\n' || scan->text[at] == '\r';
}

/* Does the name of a file go on at AT? A full stop may end a sentence. */
static bool goes_on(const struct scan *scan, size_t at)
{
    if (at < scan->length && scan->text[at] == '.')
        at++;
    return at < scan->length && is_of_name(scan, at) && scan->text[at] != ',' &&
           scan->text[at] != '.';
}

/* How many digits stand at AT that a separator ends and that the nonce ends with? */
static size_t count_rest(const struct scan *scan, size_t at)
{
    size_t count = 0;

    while (at + count < scan->length && count < scan->digits &&
           strchr("/\\\n ", scan->text[at + count]) == NULL)
        count++;
    if (at + count >= scan->length || !is_separator(scan->text[at + count]))
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (ascii_lower(scan->text[at + i]) != scan->nonce[scan->digits - count + i])
            return 0;
    }
    return count;
}

/* Behind the dots with which PowerShell shortens in the middle what is long; AT: there are none. */
static size_t skip_dots(const struct scan *scan, size_t at)
{
    static const char *const dots[] = {"...", "…"}; /* as many bytes */

    for (size_t i = 0; i < sizeof dots / sizeof dots[0]; i++) {
        if (scan->length - at >= 3 && memcmp(scan->text + at, dots[i], 3) == 0)
            return at + 3;
    }
    return at;
}

static bool is_behind_dots(const struct scan *scan, size_t at)
{
    return at >= 3 && skip_dots(scan, at - 3) == at;
}

/* Does a word begin at AT? JSON writes line ends as "\n". */
static bool begins_word(const struct scan *scan, size_t at)
{
    const char *before = scan->text + at;

    if (at == scan->from)
        return true;
    if (at >= scan->from + 2 && before[-2] == '\\' && strchr("nrt", before[-1]) != NULL)
        return true;
    return !ascii_is_alphanumeric(before[-1]) && before[-1] != '_';
}

/* Is something missing before AT, as the line before it says? */
static bool is_behind_mark(const struct scan *scan, size_t at)
{
    size_t length = strlen(CAPTURE_MARK_TAIL);

    return at >= length && memcmp(scan->text + at - length, CAPTURE_MARK_TAIL, length) == 0;
}

/* Is the folder's name at AT, whole, shortened in the middle or, at a line's end, cut off? *RET_END
 * is after it. */
static bool match_folder(const struct scan *scan, size_t at, size_t *ret_end)
{
    size_t digits;

    if (!begins_word(scan, at) || match(scan, &at, folder, sizeof folder - 1) < sizeof folder - 1)
        return false;
    at = skip_break(scan, at);
    digits = match(scan, &at, scan->nonce, scan->digits);
    *ret_end = at;
    if (digits == scan->digits)
        return !goes_on(scan, at);
    if (skip_dots(scan, at) > at && count_rest(scan, skip_dots(scan, at)) > 0) {
        *ret_end = skip_dots(scan, at) + count_rest(scan, skip_dots(scan, at));
        return true;
    }
    return digits >= NAME_LEAST && is_line_end(scan, at);
}

static bool match_nonce(const struct scan *scan, size_t at, size_t *ret_end)
{
    *ret_end = at;
    return match(scan, ret_end, scan->nonce, scan->digits) == scan->digits;
}

/* ---- what leads to it --------------------------------------------------------------------- */

/* "C:" before the separator at AT? */
static bool is_drive(const struct scan *scan, size_t at)
{
    return at >= scan->from + 2 && scan->text[at - 1] == ':' &&
           ascii_is_letter(scan->text[at - 2]) && begins_word(scan, at - 2) &&
           (at < scan->from + 3 || scan->text[at - 3] != '/');
}

static bool is_absolute(const struct scan *scan, size_t at)
{
    return is_separator(scan->text[at]) ||
           (at + 1 < scan->length && ascii_is_letter(scan->text[at]) && scan->text[at + 1] == ':');
}

/* Where the path begins that goes up to END, in one line, without blanks. WINDOWS: its separators
 * are backslashes, which elsewhere only JSON puts before a slash. */
static size_t find_start(const struct scan *scan, size_t end, bool windows)
{
    size_t at = end;

    while (at > scan->from) {
        char byte = scan->text[at - 1];

        if (at < end && is_separator(scan->text[at]) && is_drive(scan, at))
            return at - 2;
        if (!is_of_name(scan, at - 1) && byte != '/' &&
            !(byte == '\\' && (windows || (at < end && scan->text[at] == '/'))))
            break;
        at--;
    }
    if (at < end && at > scan->from && scan->text[at - 1] == '\\' &&
        strchr("nrt", scan->text[at]) != NULL) /* JSON's "\n" before a path */
        at++;
    if (at < end && scan->text[at] == '-') /* an option, "-I/usr/include" */
        while (at < end && !is_separator(scan->text[at]))
            at++;
    return at;
}

/* The same for a folder of Windows with blanks in its name, of which AT is after the last; AT:
 * there is no drive before it. */
static size_t find_drive(const struct scan *scan, size_t at)
{
    for (size_t i = at; i > scan->from; i--) {
        if (strchr("\n\"'<>|?*", scan->text[i - 1]) != NULL)
            return at;
        if (scan->text[i - 1] == ':')
            return is_separator(scan->text[i]) && is_drive(scan, i) ? i - 2 : at;
    }
    return at;
}

static size_t find_whole_start(const struct scan *scan, size_t end, bool windows)
{
    size_t start = find_start(scan, end, windows);

    if (windows && start > scan->from && scan->text[start - 1] == ' ' && start < end &&
        scan->text[start] != '.' && !is_absolute(scan, start))
        return find_drive(scan, start);
    return start;
}

/* Where the path begins that leads to the name at AT; AT: none does. */
static size_t find_path(const struct scan *scan, size_t at)
{
    size_t gap = find_break(scan, at);
    size_t end = gap < at && is_full(scan, gap) ? gap : at;
    size_t start;
    bool windows;

    if (end == scan->from || !is_separator(scan->text[end - 1]))
        return at;
    windows = scan->text[end - 1] == '\\';
    start = find_whole_start(scan, end, windows);
    gap = find_break(scan, start);
    if (gap < start && is_full(scan, gap) && !is_absolute(scan, start)) {
        size_t earlier = find_whole_start(scan, gap, windows);

        if (earlier < gap && is_absolute(scan, earlier))
            return earlier;
    }
    return start;
}

/* ---- what comes after it ----------------------------------------------------------------- */

/* Behind the separators at *AT, which may stand in the next line. False: there are none. */
static bool skip_separators(const struct scan *scan, size_t *at)
{
    size_t end = *at;
    size_t next = skip_break(scan, end);

    if (next < scan->length && is_separator(scan->text[next]))
        end = next;
    if (end >= scan->length || !is_separator(scan->text[end]))
        return false;
    while (end < scan->length && is_separator(scan->text[end]))
        end++;
    *at = end;
    next = skip_break(scan, end);
    if (next > end && scan->text[end - 1] == '\\' && is_full(scan, end) && next < scan->length &&
        is_of_name(scan, next))
        *at = next;
    return true;
}

/* May a file's name begin at AT? */
static bool begins_name(const struct scan *scan, size_t at)
{
    return at < scan->length && (unsigned char)scan->text[at] > ' ' &&
           strchr("\"'`:;,)]}>|&<", scan->text[at]) == NULL && !is_of_quote(scan, at);
}

/* What is put for a path whose folder's name ends at *AT, which is moved to where the text goes
 * on. */
static const char *choose_word(const struct scan *scan, size_t *at)
{
    size_t end = *at;
    bool windows;

    if (!skip_separators(scan, at))
        return ".";
    windows = scan->text[skip_break(scan, end)] == '\\';
    if (begins_name(scan, *at))
        return "";
    return windows ? ".\\" : "./";
}

/* ---- a cut head --------------------------------------------------------------------------- */

/* Behind what is left of a folder's name at the start of the text, or of a line: LEAST digits at
 * least and a separator. AT: there is none. */
static size_t skip_rest(const struct scan *scan, size_t at, size_t least)
{
    size_t digits = count_rest(scan, at);

    if (digits == 0 || digits < least)
        return at;
    at += digits;
    while (at < scan->length && is_separator(scan->text[at]))
        at++;
    return at;
}

/* Behind what is left at the very start, which may be the end of "azfan-" with the whole nonce. */
static size_t skip_head(const struct scan *scan)
{
    for (size_t i = 1; i < sizeof folder - 1; i++) {
        size_t at = 0;

        if (match(scan, &at, folder + i, sizeof folder - 1 - i) == sizeof folder - 1 - i &&
            match_nonce(scan, at, &at) && skip_separators(scan, &at))
            return at;
    }
    return skip_rest(scan, 0, 1);
}

/* ---- all of it ---------------------------------------------------------------------------- */

/* Copies what is between the last place and START to OUT, and WORD; the text goes on at NEXT. */
static size_t put(struct scan *scan, size_t out, size_t start, const char *word, size_t next)
{
    size_t size = strlen(word);

    memmove(scan->text + out, scan->text + scan->from, start - scan->from);
    out += start - scan->from;
    memcpy(scan->text + out, word, size);
    scan->from = next;
    return out + size;
}

/* Is something of ours at AT? Then START and NEXT are its ends, and WORD stands for it. */
static bool find(const struct scan *scan, size_t at, size_t *ret_start, const char **ret_word,
                 size_t *ret_next)
{
    size_t end = at;

    *ret_start = at;
    *ret_word = "";
    if (match_folder(scan, at, &end)) {
        *ret_start = find_path(scan, at);
        *ret_word = choose_word(scan, &end);
    } else if (match_nonce(scan, at, &end)) {
        *ret_word = "…";
    } else if (is_behind_dots(scan, at) || is_behind_mark(scan, at)) {
        end = skip_rest(scan, at, 1);
    } else if (at > 0 && scan->text[at - 1] == '\n') {
        end = skip_rest(scan, at, NAME_LEAST);
    } else {
        end = at;
    }
    *ret_next = end;
    return end > at;
}

size_t guardpath_remove(char *text, size_t length, const char *nonce, bool cut)
{
    struct scan scan = {text, length, nonce, strlen(nonce), 0};
    size_t out = 0;
    size_t at;

    if (length == 0 || scan.digits < NAME_LEAST)
        return length;
    at = scan.from = cut ? skip_head(&scan) : 0;
    while (at < length) {
        const char *word;
        size_t start;
        size_t next;

        if (!find(&scan, at, &start, &word, &next)) {
            at++;
            continue;
        }
        out = put(&scan, out, start, word, next);
        at = next;
    }
    return put(&scan, out, length, "", length);
}

void guardpath_clean(struct buffer *buffer, const char *nonce, bool cut)
{
    buffer->length = guardpath_remove(buffer->data, buffer->length, nonce, cut);
    if (buffer->data != NULL)
        buffer->data[buffer->length] = '\0';
}
