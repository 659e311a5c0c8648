/* SPDX-License-Identifier: MIT */
#include "job/scripttext.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "job/limits.h"
#include "job/shebang.h"

static int count_lines(const char *text, size_t length)
{
    int line = 1;

    for (size_t i = 0; i < length; i++)
        line += text[i] == '\n';
    return line;
}

static int check_bytes(const struct scripttext *script, struct error *error)
{
    const char *text = script->text;
    const char *encoding = text_other_encoding(text, script->length);
    const char *null = memchr(text, '\0', script->length);
    size_t bad = 0;

    if (script->length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        return error_set(error,
                         "%s starts with a byte order mark, which hides its first line from the "
                         "VM: save it as UTF-8 without BOM",
                         script->name);
    if (encoding != NULL)
        return error_set(error, "%s is %s: save it as UTF-8", script->name, encoding);
    if (null != NULL)
        return error_set(error, "%s has a NUL byte in line %d: it is not a script", script->name,
                         count_lines(text, (size_t)(null - text)));
    if (!text_is_utf8(text, script->length, &bad))
        return error_set(error, "%s is not UTF-8: see line %d", script->name,
                         count_lines(text, bad));
    if (text[strspn(text, " \t\r\n")] == '\0')
        return error_set(error, "%s is empty", script->name);
    if (script->length > LIMITS_SCRIPT)
        return error_set(error, "%s is too large: more than %d KiB", script->name,
                         LIMITS_SCRIPT / 1024);
    return 0;
}

/*
 * Are carriage returns alone its line ends, as on old Macs? One or the other may be meant, and is a
 * remark's business. PowerShell ends a line there.
 */
static int check_line_ends(const struct scripttext *script, struct error *error)
{
    const char *first = NULL;
    size_t alone = 0;
    size_t newlines = 0;

    if (script->place != NULL || script->shell == JOB_POWERSHELL)
        return 0;
    for (const char *at = script->text; *at != '\0'; at++) {
        newlines += *at == '\n';
        if (*at != '\r' || at[1] == '\n')
            continue;
        alone++;
        if (first == NULL)
            first = at;
    }
    if (alone <= newlines)
        return 0;
    return error_set(error,
                     "%s ends line %d with a carriage return alone, which ends no line for a "
                     "shell: save it with LF as line end",
                     script->name, count_lines(script->text, (size_t)(first - script->text)));
}

/* ---- of which something would run ----------------------------------------------------------- */

/* "set -e" and the command that was folded into its line: arguments, none of which runs. */
static bool is_set_alone(const char *line)
{
    return strncmp(line, "set ", 4) == 0 && strcspn(line, ";&|`$\n") == strcspn(line, "\n");
}

static bool is_comment_in_sh(const char *text, bool folded)
{
    for (; *text != '\0'; text += *text == '\n') {
        text += strspn(text, " \t\r");
        if (*text == '#' || (folded && is_set_alone(text)))
            text += strcspn(text, "\n");
        else if (*text != '\n' && *text != '\0')
            return false;
    }
    return true;
}

/* about_Comments: "#" up to a line's end, "<#" up to the next "#>". */
static bool is_comment_in_powershell(const char *text)
{
    while (*text != '\0') {
        if (strncmp(text, "<#", 2) == 0) {
            text = strstr(text + 2, "#>");
            if (text == NULL)
                return true; /* it ends nowhere */
            text += 2;
        } else if (*text == '#') {
            text += strcspn(text, "\r\n");
        } else if (strchr(" \t\r\n\f\v", *text) != NULL) {
            text++;
        } else {
            return false;
        }
    }
    return true;
}

static bool is_comment(const struct scripttext *script)
{
    return script->shell == JOB_POWERSHELL ? is_comment_in_powershell(script->text)
                                           : is_comment_in_sh(script->text, false);
}

/* What of a script for sh, whose lines were joined, its first command swallowed; NULL: nothing. */
static const char *what_swallows(const struct scripttext *script)
{
    struct shebang shebang;

    if (script->shell != JOB_SH)
        return NULL;
    if (is_comment_in_sh(script->text, true))
        return "set";
    return shebang_read(script->text, &shebang) && shebang.has_command ? "#!" : NULL;
}

static int check_work(const struct scripttext *script, struct error *error)
{
    const char *folded_by = script->place != NULL ? script->place->folded_by : NULL;
    const char *swallows = NULL;

    if (is_comment(script) && folded_by == NULL)
        return error_set(error, "%s is nothing but comments: nothing would run", script->name);
    if (is_comment(script))
        return error_set(error,
                         "%s is nothing but a comment, folded by %s: use |, which keeps the lines; "
                         "nothing would run",
                         script->name, folded_by);
    swallows = folded_by != NULL ? what_swallows(script) : NULL;
    if (swallows != NULL)
        return error_set(error,
                         "%s has a command after %s in the same line, folded by %s: use |, which "
                         "keeps the lines",
                         script->name, swallows, folded_by);
    return 0;
}

int scripttext_check(const struct scripttext *script, struct error *error)
{
    if (check_bytes(script, error) < 0 || check_line_ends(script, error) < 0)
        return -1;
    return check_work(script, error);
}
