/* SPDX-License-Identifier: MIT */
/*
 * az has four ways to tell what Azure said: "(CODE) text" in three lines
 * (azure-core), "Azure Error: CODE" and "Message: text" in two (msrestazure),
 * "CODE: text" (msrest), and Azure's JSON as it came. Everything else is az's
 * own, of one line or several, or a traceback of Python.
 *
 * Where a VM's words begin is certain, for Azure opens them with one of few
 * phrases. Where they end is not, for they may hold any quotation mark: so
 * nothing after such a phrase is taken for az's own.
 */
#include "azure/said.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

enum { EXAMINED = 64 * 1024 /* of what az wrote: messages are short, tracebacks are long */ };

#define ERROR      "ERROR: "
#define UNEXPECTED "ERROR: The command failed with an unexpected error"
#define TRACEBACK  "Traceback "

/* What stands after one of these is somebody else's: a VM's, an extension's, a page's. */
static const char *const quotes[] = {"has reported a failure when processing",
                                     "has reported terminal failure",
                                     "error message:",
                                     "error output of",
                                     "[stdout]",
                                     "[stderr]",
                                     "Enable failed",
                                     "Enable succeeded",
                                     "Inner error:",
                                     "Additional Information:",
                                     "\nContent:"};

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');

    return end == NULL ? NULL : end + 1;
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r")] == '\n' || line[strspn(line, " \t\r")] == '\0';
}

/*
 * The line with the cause: the first "ERROR: ", but after "unexpected error …
 * Here is the traceback:" the second (azure-cli core/util.py handle_exception).
 * Without one, the last line of a Python traceback or the first line there is.
 */
static const char *find_cause(const char *whole)
{
    const char *unexpected = NULL;
    const char *first = NULL;
    const char *last = NULL;
    bool traceback = false;

    for (const char *line = whole; line != NULL && *line != '\0'; line = next_line(line)) {
        if (starts_with(line, UNEXPECTED))
            unexpected = line;
        else if (starts_with(line, ERROR))
            return line;
        if (starts_with(line, TRACEBACK))
            traceback = true;
        if (starts_with(line, "WARNING: ") || is_blank(line))
            continue;
        first = first != NULL ? first : line;
        last = line;
    }
    if (unexpected != NULL)
        return unexpected;
    return traceback ? last : first;
}

/* ---- Azure's code ------------------------------------------------------------------------- */

static size_t measure_code(const char *text)
{
    size_t length = 0;

    while (isalnum((unsigned char)text[length]) ||
           (text[length] != '\0' && strchr("_.", text[length])))
        length++;
    return length;
}

static bool keep_code(struct said *said, const char *text, size_t length)
{
    if (length == 0 || length >= sizeof said->code)
        return false;
    memcpy(said->code, text, length);
    said->code[length] = '\0';
    return true;
}

/* "(CODE) text" */
static void read_code(struct said *said)
{
    size_t length = said->line[0] == '(' ? measure_code(said->line + 1) : 0;

    if (length == 0 || said->line[1 + length] != ')' || !keep_code(said, said->line + 1, length))
        return;
    said->line += length + 2;
    said->line += strspn(said->line, " ");
}

/* "Azure Error: CODE", and "Message: text" in the next line */
static void read_old_code(struct said *said)
{
    static const char head[] = "Azure Error: ";
    static const char message[] = "Message: ";
    const char *code = said->line + strlen(head);
    const char *next;

    if (!starts_with(said->line, head) || !keep_code(said, code, measure_code(code)))
        return;
    next = next_line(said->line);
    if (next != NULL && starts_with(next, message))
        said->line = next + strlen(message);
}

/* "CODE: text", as any other line may look: only what is one of Azure's codes */
static void read_plain_code(struct said *said, bool (*is_code)(const char *, size_t))
{
    size_t length = measure_code(said->line);

    if (said->line[length] != ':' || !is_code(said->line, length) ||
        !keep_code(said, said->line, length))
        return;
    said->line += length + 1;
    said->line += strspn(said->line, " ");
}

/* ---- Azure's JSON ------------------------------------------------------------------------- */

static const char *get_text(const json_t *object, const char *key, const char *other)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : json_string_value(json_object_get(object, other));
}

static const json_t *find_error(const json_t *root)
{
    static const char *const keys[] = {"error", "Error", "odata.error"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *error = json_object_get(root, keys[i]);

        if (json_is_object(error))
            return error;
    }
    return root;
}

/* As azure-core writes them: "(CODE) text" in a line each. */
static void add_details(struct buffer *text, const json_t *error)
{
    const json_t *details = json_object_get(error, "details");
    size_t index;
    json_t *detail;

    json_array_foreach(details, index, detail)
    {
        const char *code = get_text(detail, "code", "Code");
        const char *message = get_text(detail, "message", "Message");
        const char *target = get_text(detail, "target", "Target");

        if (code != NULL)
            buffer_print(text, "\n(%s) %s", code, message != NULL ? message : "");
        if (code != NULL && target != NULL)
            buffer_print(text, "\nTarget: %s", target);
    }
}

/* Where the body of an answer stands: alone, as "WORD({…})", or after the status. Or NULL. */
static const char *find_body(const char *line)
{
    static const char content[] = "\nContent: ";
    size_t word = measure_code(line);
    const char *behind = strstr(line, content);

    if (line[0] == '{')
        return line;
    if (line[word] == '(' && line[word + 1] == '{')
        return line + word + 1;
    return behind != NULL ? behind + strlen(content) : NULL;
}

/* az wrote the body of Azure's answer itself. What is no such body stays what it is. */
static void read_json(struct said *said)
{
    const char *begin = find_body(said->line);
    json_t *root =
        begin == NULL ? NULL : json_loadb(begin, strlen(begin), JSON_DISABLE_EOF_CHECK, NULL);
    const json_t *error = find_error(root);
    const char *code = get_text(error, "code", "Code");
    const char *message = get_text(error, "message", "Message");
    struct buffer text = BUFFER_INIT;

    if (code != NULL && message != NULL && keep_code(said, code, measure_code(code))) {
        buffer_add(&text, message);
        add_details(&text, error);
        free(said->whole);
        said->whole = buffer_take(&text);
        said->line = said->whole;
    }
    json_decref(root);
}

/* ---- who speaks --------------------------------------------------------------------------- */

/* The lines of a traceback's code are indented; they name errors that nobody has met. */
static char *drop_code(const char *text)
{
    struct buffer kept = BUFFER_INIT;
    bool traceback = false;

    for (const char *line = text; line != NULL && *line != '\0'; line = next_line(line)) {
        traceback = traceback || starts_with(line, TRACEBACK);
        if (!traceback || line[0] != ' ')
            buffer_append(&kept, line, strcspn(line, "\n") + (next_line(line) != NULL ? 1 : 0));
    }
    return buffer_take(&kept);
}

/* Azure quotes values between double quotes; its own throttling is JSON and quotes nobody. */
static char *find_value(char *own)
{
    static const char bucket[] = "{\"operationGroup\"";
    char *json = strstr(own, bucket);
    char *quote = strchr(own, '"');

    return quote != NULL && json != NULL && quote == json + 1 ? NULL : quote;
}

static void drop_quoted(char *own, bool service)
{
    char *value;

    for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++) {
        char *found = strcasestr(own, quotes[i]);

        if (found != NULL)
            found[strlen(quotes[i])] = '\0';
    }
    value = service ? find_value(own) : NULL;
    if (value != NULL)
        *value = '\0';
}

void said_read(struct said *ret, const char *errors, size_t length,
               bool (*is_code)(const char *, size_t))
{
    size_t examined = length < EXAMINED ? length : EXAMINED;
    const char *cause;

    *ret = (struct said){.whole = memory_copy(errors, examined)};
    for (size_t i = 0; i < examined; i++) {
        if (ret->whole[i] == '\0')
            ret->whole[i] = ' ';
    }
    cause = find_cause(ret->whole);
    ret->line = cause != NULL ? cause : "";
    if (starts_with(ret->line, ERROR))
        ret->line += strlen(ERROR);
    read_code(ret);
    if (ret->code[0] == '\0')
        read_old_code(ret);
    if (ret->code[0] == '\0')
        read_plain_code(ret, is_code);
    if (ret->code[0] == '\0')
        read_json(ret);
    ret->length = strcspn(ret->line, "\n");
    ret->own = drop_code(ret->line);
    drop_quoted(ret->own, ret->code[0] != '\0');
}

bool said_has(const struct said *said, const char *text, size_t length)
{
    bool number = isdigit((unsigned char)text[length - 1]);
    size_t all = strlen(said->own);
    const char *at = memmem(said->own, all, text, length);

    while (number && at != NULL && isdigit((unsigned char)at[length]))
        at = memmem(at + 1, all - (size_t)(at + 1 - said->own), text, length);
    return at != NULL;
}

void said_done(struct said *said)
{
    free(said->whole);
    free(said->own);
    *said = (struct said){.line = ""};
}
