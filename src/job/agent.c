/* SPDX-License-Identifier: MIT */
#include "job/agent.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "job/job.h"

enum { VARIABLES_MOST = 16, VALUE_LONGEST = 256 /* of a parameter that is looked at */ };

/* A part of the script or of a value. */
struct span {
    const char *text;
    size_t length;
};

static const char *const agents_of_linux[] = {"walinuxagent", "waagent", NULL};
static const char *const agents_of_windows[] = {"windowsazureguestagent", "rdagent", "waappagent",
                                                NULL};
/* Of systemctl, service and their like, of processes and of packages. */
static const char *const stops_on_linux[] = {
    "restart",      "stop",  "try-restart", "condrestart", "kill",  "reload-or-restart",
    "force-reload", "pkill", "killall",     "remove",      "purge", NULL};
/* "stop" is that of net and sc. */
static const char *const stops_on_windows[] = {
    "restart-service", "stop-service", "stop-process", "taskkill", "stop", "kill", NULL};

static bool is_part_of_word(char character)
{
    return isalnum((unsigned char)character) || character == '_' || character == '-';
}

static bool goes_on(const char *at, size_t left, const char *suffix)
{
    size_t length = strlen(suffix);

    return left >= length && strncasecmp(at, suffix, length) == 0;
}

/* "/var/lib/waagent" and "waagent.conf" are files of it. */
static bool is_file_of_it(const struct span *span, const char *at, size_t length)
{
    static const char *const programs[] = {"init.d/", "bin/"};
    size_t before = (size_t)(at - span->text);
    size_t after = span->length - before - length;

    if (after > 0 && at[length] == '/')
        return true;
    if (after > 1 && at[length] == '.' && isalpha((unsigned char)at[length + 1]))
        return !goes_on(at + length, after, ".service") && !goes_on(at + length, after, ".exe");
    if (before == 0 || at[-1] != '/')
        return false;
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        size_t size = strlen(programs[i]);

        if (before >= size && memcmp(at - size, programs[i], size) == 0)
            return false;
    }
    return true;
}

/* Where one of WORDS stands in SPAN, as a word; NULL: nowhere. */
static const char *find_word(const struct span *span, const char *const *words)
{
    const char *end = span->text + span->length;

    for (const char *at = span->text; at < end; at++) {
        if (at > span->text && is_part_of_word(at[-1]))
            continue;
        for (size_t i = 0; words[i] != NULL; i++) {
            size_t length = strlen(words[i]);

            if ((size_t)(end - at) >= length && strncasecmp(at, words[i], length) == 0 &&
                (at + length == end || !is_part_of_word(at[length])) &&
                !is_file_of_it(span, at, length))
                return at;
        }
    }
    return NULL;
}

/* ---- the variables that hold its name ------------------------------------------------------- */

struct search {
    const char *const *agents;
    const char *const *stops;
    struct span variables[VARIABLES_MOST];
    size_t count;
};

static bool is_identifier(char character)
{
    return isalnum((unsigned char)character) || character == '_';
}

static void add_variable(struct search *search, struct span name)
{
    if (search->count < VARIABLES_MOST && name.length > 0)
        search->variables[search->count++] = name;
}

/* The identifier that ends before END; blanks may stand between. */
static struct span name_before(const char *start, const char *end)
{
    const char *first;

    while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    first = end;
    while (first > start && is_identifier(first[-1]))
        first--;
    return (struct span){first, (size_t)(end - first)};
}

/* "NAME=…agent", "$name = 'agent'", "for NAME in … agent": which name is it? */
static void keep_assigned(struct search *search, const struct span *line, const char *agent)
{
    for (const char *at = agent; at > line->text; at--) {
        if (at[-1] == '=') {
            add_variable(search, name_before(line->text, at - 1));
            return;
        }
        if (at - line->text >= 4 && strncasecmp(at - 4, " in ", 4) == 0) {
            add_variable(search, name_before(line->text, at - 4));
            return;
        }
        if (at[-1] == ';' || at[-1] == '|')
            return;
    }
}

static void keep_parameters(struct search *search, const struct job_parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++) {
        const struct job_parameter *parameter = &parameters->list[i];
        struct span value = {parameter->value, strlen(parameter->value)};

        if (value.length <= VALUE_LONGEST && find_word(&value, search->agents) != NULL)
            add_variable(search, (struct span){parameter->name, strlen(parameter->name)});
    }
}

static bool uses_variable(const struct search *search, const struct span *line)
{
    const char *end = line->text + line->length;

    for (const char *at = line->text; at < end; at++) {
        if (*at != '$')
            continue;
        at += at + 1 < end && at[1] == '{' ? 2 : 1;
        for (size_t i = 0; i < search->count; i++) {
            const struct span *name = &search->variables[i];

            if ((size_t)(end - at) >= name->length &&
                strncasecmp(at, name->text, name->length) == 0 &&
                (at + name->length == end || !is_identifier(at[name->length])))
                return true;
        }
        at--;
    }
    return false;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static bool is_comment(const struct span *line)
{
    size_t blanks = 0;

    while (blanks < line->length && (line->text[blanks] == ' ' || line->text[blanks] == '\t'))
        blanks++;
    return blanks < line->length && line->text[blanks] == '#';
}

static bool stops_it(struct search *search, const struct span *line)
{
    const char *agent = find_word(line, search->agents);

    if (is_comment(line))
        return false;
    if (agent != NULL)
        keep_assigned(search, line, agent);
    return (agent != NULL || uses_variable(search, line)) && find_word(line, search->stops) != NULL;
}

int agent_find_stop(const struct job *job)
{
    bool is_windows = job->shell == JOB_POWERSHELL;
    struct search search = {.agents = is_windows ? agents_of_windows : agents_of_linux,
                            .stops = is_windows ? stops_on_windows : stops_on_linux};
    int number = 1;

    keep_parameters(&search, &job->parameters);
    for (size_t i = 0; i < job->target_count; i++)
        keep_parameters(&search, &job->targets[i].parameters);
    for (const char *at = job->script; *at != '\0'; number++) {
        struct span line = {at, strcspn(at, "\n")};

        if (stops_it(&search, &line))
            return number;
        at += line.length + (at[line.length] == '\n');
    }
    return 0;
}
