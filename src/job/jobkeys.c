/* SPDX-License-Identifier: MIT */
#include "job/jobkeys.h"

#include <stddef.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "job/job.h"
#include "job/loading.h"
#include "job/problems.h"
#include "job/yaml.h"

enum kind {
    TEXT,         /* any scalar that is not empty */
    NUMBER,       /* without quotes */
    DURATION,     /* with a unit */
    SIZE,         /* with a unit */
    BOOLEAN,      /* true or false, without quotes: YAML 1.1 has too many other words for it */
    SHARE,        /* a count or a percentage: jobkeys_read_share() */
    SHARES,       /* one, or a list of them, not empty; likewise */
    MAPPING,      /* read by somebody else */
    LIST,         /* not empty; likewise */
    TEXT_OR_LIST, /* likewise */
    LATER         /* of the contract, but not built yet: refused by name */
};

enum { KIB = 1024, MIB = 1024 * KIB };

static const struct key {
    enum jobkeys_section section;
    const char *name;
    enum kind kind;
    bool required;
    int64_t least, most; /* of NUMBER, DURATION, SIZE and a count; a percentage is up to 100 */
} keys[JOBKEYS_COUNT] = {
    [KEY_VERSION] = {JOBKEYS_TOP, "version", NUMBER, true, 1, INT32_MAX},
    [KEY_NAME] = {JOBKEYS_TOP, "name", TEXT, true, 0, 0},
    [KEY_DESCRIPTION] = {JOBKEYS_TOP, "description", TEXT, false, 0, 0},
    [KEY_RUNBOOK] = {JOBKEYS_TOP, "runbook", TEXT, false, 0, 0},
    [KEY_SCRIPT] = {JOBKEYS_TOP, "script", MAPPING, true, 0, 0},
    [KEY_TARGETS] = {JOBKEYS_TOP, "targets", MAPPING, true, 0, 0},
    [KEY_CONCURRENCY] = {JOBKEYS_TOP, "concurrency", NUMBER, false, 1, 1000},
    [KEY_TIMEOUT] = {JOBKEYS_TOP, "timeout", DURATION, false, 100 * NUMBER_MILLISECOND,
                     24 * NUMBER_HOUR},
    [KEY_SCRIPT_TIMEOUT] = {JOBKEYS_TOP, "script_timeout", DURATION, false,
                            100 * NUMBER_MILLISECOND, 24 * NUMBER_HOUR},
    [KEY_DEADLINE] = {JOBKEYS_TOP, "deadline", DURATION, false, NUMBER_SECOND, NUMBER_LONGEST},
    [KEY_KILL_GRACE] = {JOBKEYS_TOP, "kill_grace", DURATION, false, 0, 60 * NUMBER_SECOND},
    [KEY_RETRY] = {JOBKEYS_TOP, "retry", MAPPING, false, 0, 0},
    [KEY_IDEMPOTENT] = {JOBKEYS_TOP, "idempotent", BOOLEAN, false, 0, 0},
    [KEY_BATCHES] = {JOBKEYS_TOP, "batches", SHARES, false, 1, JOB_TARGETS_MOST},
    [KEY_PAUSE_BETWEEN] = {JOBKEYS_TOP, "pause_between", DURATION, false, 0, 24 * NUMBER_HOUR},
    [KEY_MAX_FAILURES] = {JOBKEYS_TOP, "max_failures", SHARE, false, 0, JOB_TARGETS_MOST},
    [KEY_ON_HALT] = {JOBKEYS_TOP, "on_halt", TEXT, false, 0, 0},
    [KEY_CONFIRM] = {JOBKEYS_TOP, "confirm", LATER, false, 0, 0},
    [KEY_OUTPUT_LIMIT] = {JOBKEYS_TOP, "output_limit", SIZE, false, KIB, INT64_C(64) * MIB},
    [KEY_AZ] = {JOBKEYS_TOP, "az", TEXT, false, 0, 0},
    [KEY_SCRIPT_FILE] = {JOBKEYS_SCRIPT, "file", TEXT, false, 0, 0},
    [KEY_SCRIPT_INLINE] = {JOBKEYS_SCRIPT, "inline", TEXT, false, 0, 0},
    [KEY_SCRIPT_SHELL] = {JOBKEYS_SCRIPT, "shell", TEXT, false, 0, 0},
    [KEY_SCRIPT_PARAMETERS] = {JOBKEYS_SCRIPT, "parameters", MAPPING, false, 0, 0},
    [KEY_TARGETS_SUBSCRIPTION] = {JOBKEYS_TARGETS, "subscription", TEXT, false, 0, 0},
    [KEY_TARGETS_RESOURCE_GROUP] = {JOBKEYS_TARGETS, "resource_group", TEXT, false, 0, 0},
    [KEY_TARGETS_VMS] = {JOBKEYS_TARGETS, "vms", LIST, false, 0, 0},
    [KEY_TARGETS_FILE] = {JOBKEYS_TARGETS, "file", TEXT, false, 0, 0},
    [KEY_TARGETS_LIST] = {JOBKEYS_TARGETS, "list", LATER, false, 0, 0},
    [KEY_TARGETS_QUERY] = {JOBKEYS_TARGETS, "query", LATER, false, 0, 0},
    [KEY_TARGETS_EXCLUDE] = {JOBKEYS_TARGETS, "exclude", TEXT_OR_LIST, false, 0, 0},
    [KEY_TARGETS_EXPECT] = {JOBKEYS_TARGETS, "expect", LATER, false, 0, 0},
    [KEY_RETRY_ATTEMPTS] = {JOBKEYS_RETRY, "attempts", NUMBER, false, 1, 100},
    [KEY_RETRY_DELAY] = {JOBKEYS_RETRY, "delay", DURATION, false, 0, 24 * NUMBER_HOUR},
    [KEY_RETRY_FACTOR] = {JOBKEYS_RETRY, "factor", NUMBER, false, 1, 10},
    [KEY_RETRY_MAX_DELAY] = {JOBKEYS_RETRY, "max_delay", DURATION, false, 0, 24 * NUMBER_HOUR},
    [KEY_RETRY_ON] = {JOBKEYS_RETRY, "on", TEXT_OR_LIST, false, 0, 0},
    [KEY_VM_NAME] = {JOBKEYS_VM, "name", TEXT, true, 0, 0},
    [KEY_VM_RESOURCE_GROUP] = {JOBKEYS_VM, "resource_group", TEXT, false, 0, 0},
    [KEY_VM_SUBSCRIPTION] = {JOBKEYS_VM, "subscription", TEXT, false, 0, 0},
    [KEY_VM_PARAMETERS] = {JOBKEYS_VM, "parameters", MAPPING, false, 0, 0},
    [KEY_SECRET_ENV] = {JOBKEYS_SECRET, "env", TEXT, true, 0, 0},
};

static const char *const sections[] = {
    [JOBKEYS_TOP] = "a job file",     [JOBKEYS_SCRIPT] = "script",
    [JOBKEYS_TARGETS] = "targets",    [JOBKEYS_RETRY] = "retry",
    [JOBKEYS_VM] = "an entry of vms", [JOBKEYS_SECRET] = "a secret parameter"};

/* The key NAME of SECTION; NULL when it has none. */
static const struct key *find_key(enum jobkeys_section section, const char *name)
{
    for (size_t i = 0; i < JOBKEYS_COUNT; i++) {
        if (keys[i].section == section && strcmp(keys[i].name, name) == 0)
            return &keys[i];
    }
    return NULL;
}

/* The closest key that is not refused anyway; NULL when none is close. */
static const struct key *find_nearest(enum jobkeys_section section, const char *name)
{
    const char *nearest;
    const char *names[JOBKEYS_COUNT];
    size_t count = 0;

    for (size_t i = 0; i < JOBKEYS_COUNT; i++) {
        if (keys[i].section == section && keys[i].kind != LATER)
            names[count++] = keys[i].name;
    }
    nearest = text_nearest(name, names, count);
    return nearest != NULL ? find_key(section, nearest) : NULL;
}

/* Where else a key of this name belongs; NULL: nowhere, or SECTION is one where none is likely to
   be misplaced. */
static const char *find_place(enum jobkeys_section section, const char *name)
{
    static const char *const places[] = {[JOBKEYS_TOP] = "at the left margin, not indented",
                                         [JOBKEYS_SCRIPT] = "in script",
                                         [JOBKEYS_TARGETS] = "in targets",
                                         [JOBKEYS_RETRY] = "in retry"};
    const enum jobkeys_section main_sections = sizeof places / sizeof places[0];

    for (enum jobkeys_section other = 0; section < main_sections && other < main_sections;
         other++) {
        if (other != section && find_key(other, name) != NULL)
            return places[other];
    }
    return NULL;
}

/* Returns the key that was probably meant; NULL when that is anybody's guess. */
static const struct key *report_unknown(const struct loading *loading, enum jobkeys_section section,
                                        const struct yaml_node *key)
{
    bool is_shown = loading->problems->count < PROBLEMS_MOST;
    const struct key *nearest = is_shown ? find_nearest(section, key->text) : NULL;
    const char *place = find_place(section, key->text);

    if (place != NULL)
        loading_problem(loading, key, "unknown key \"%s\" in %s; it belongs %s", key->text,
                        sections[section], place);
    else if (nearest != NULL)
        loading_problem(loading, key, "unknown key \"%s\"; did you mean \"%s\"?", key->text,
                        nearest->name);
    else
        loading_problem(loading, key, "unknown key \"%s\" in %s", key->text, sections[section]);
    return nearest;
}

static const char *describe(const struct yaml_node *node)
{
    return node->kind == YAML_MAPPING    ? "a mapping"
           : node->kind == YAML_SEQUENCE ? "a list"
           : node->empty                 ? "empty"
                                         : "a single value";
}

bool jobkeys_is_text(const struct loading *loading, const char *what, const struct yaml_node *node)
{
    if (node->refused)
        return false;
    if (node->kind != YAML_SCALAR)
        loading_problem(loading, node, "%s must be a single value, not %s", what, describe(node));
    else if (node->text[0] == '\0')
        loading_problem(loading, node, "%s must not be empty", what);
    else
        return true;
    return false;
}

bool jobkeys_read_share(const struct loading *loading, enum jobkeys_key key, const char *what,
                        const struct yaml_node *node, struct job_share *ret)
{
    struct error error;
    bool percent;
    int64_t value;

    if (!jobkeys_is_text(loading, what, node))
        return false;
    if (number_parse_share(node->text, keys[key].least, keys[key].most, &percent, &value, &error) <
        0) {
        loading_problem(loading, node, "%s %s", what, error.text);
        return false;
    }
    if (node->quoted && !percent) {
        loading_problem(loading, node, "%s must be a number without quotes", what);
        return false;
    }
    *ret = (struct job_share){percent, (int)value};
    return true;
}

/* Appends a limit the way a job file would have it. */
static void print_limit(struct buffer *buffer, enum kind kind, int64_t limit)
{
    if (kind == DURATION)
        number_print_exact_duration(buffer, limit);
    else if (limit % MIB == 0)
        buffer_print(buffer, "%dMiB", (int)(limit / MIB));
    else
        buffer_print(buffer, "%dKiB", (int)(limit / KIB));
}

static int check_range(const struct key *key, const char *text, int64_t value, struct error *error)
{
    struct buffer limits = BUFFER_INIT;

    if (value >= key->least && value <= key->most)
        return 0;
    print_limit(&limits, key->kind, key->least);
    buffer_add(&limits, " to ");
    print_limit(&limits, key->kind, key->most);
    (void)error_set(error, "must be from %s, not %s", buffer_text(&limits), text);
    buffer_done(&limits);
    return -1;
}

static int parse(const struct key *key, const char *text, int64_t *ret, struct error *error)
{
    size_t size = 0;

    if (key->kind == NUMBER)
        return number_parse(text, key->least, key->most, ret, error);
    if (key->kind == DURATION && number_parse_duration(text, ret, error) < 0)
        return -1;
    if (key->kind == SIZE && number_parse_size(text, &size, error) < 0)
        return -1;
    if (key->kind == SIZE)
        *ret = (int64_t)size;
    return check_range(key, text, *ret, error);
}

int jobkeys_parse(enum jobkeys_key key, const char *text, int64_t *ret, struct error *error)
{
    return parse(&keys[key], text, ret, error);
}

static bool read_amount(const struct loading *loading, const struct key *key,
                        const struct yaml_node *node, int64_t *ret)
{
    struct error error;

    if (key->kind == NUMBER && node->quoted)
        loading_problem(loading, node, "%s must be a number without quotes", key->name);
    else if (parse(key, node->text, ret, &error) < 0)
        loading_problem(loading, node, "%s %s", key->name, error.text);
    else
        return true;
    return false;
}

static bool read_boolean(const struct loading *loading, const struct key *key,
                         const struct yaml_node *node, int64_t *ret)
{
    *ret = strcmp(node->text, "true") == 0;
    if (*ret == 0 && strcmp(node->text, "false") != 0)
        loading_problem(loading, node, "%s must be true or false, not \"%.80s\"", key->name,
                        node->text);
    else if (node->quoted)
        loading_problem(loading, node, "%s must be true or false without quotes", key->name);
    else
        return true;
    return false;
}

static bool is_wanted_kind(enum kind kind, const struct yaml_node *node)
{
    switch (kind) {
    case MAPPING:
        return node->kind == YAML_MAPPING;
    case LIST:
        return node->kind == YAML_SEQUENCE;
    case TEXT_OR_LIST:
    case SHARES:
        return node->kind != YAML_MAPPING;
    default:
        return node->kind == YAML_SCALAR;
    }
}

/* Is VALUE what KEY takes? If not, adds a problem. */
static bool read_value(const struct loading *loading, const struct key *key,
                       const struct yaml_node *name, const struct yaml_node *node, int64_t *ret)
{
    static const char *const wanted[] = {[TEXT] = "a single value",
                                         [NUMBER] = "a number",
                                         [DURATION] = "a duration",
                                         [SIZE] = "a size",
                                         [BOOLEAN] = "true or false",
                                         [SHARE] = "a count or a percentage",
                                         [SHARES] = "a count, a percentage or a list of them",
                                         [MAPPING] = "a mapping (indented keys with values)",
                                         [LIST] = "a list",
                                         [TEXT_OR_LIST] = "a single value or a list"};

    if (key->kind == LATER)
        loading_problem(loading, name, "\"%s\" is not supported yet", key->name);
    else if (node->refused)
        return false;
    else if (node->empty)
        loading_problem(loading, name, "\"%s\" has no value", key->name);
    else if (!is_wanted_kind(key->kind, node))
        loading_problem(loading, node, "%s must be %s, not %s", key->name, wanted[key->kind],
                        describe(node));
    else if (node->kind == YAML_SEQUENCE && node->count == 0)
        loading_problem(loading, node, "%s must not be an empty list", key->name);
    else if (node->kind == YAML_SCALAR && node->text[0] == '\0')
        loading_problem(loading, node, "%s must not be empty", key->name);
    else if (key->kind == NUMBER || key->kind == DURATION || key->kind == SIZE)
        return read_amount(loading, key, node, ret);
    else if (key->kind == BOOLEAN)
        return read_boolean(loading, key, node, ret);
    else
        return true;
    return false;
}

void jobkeys_read(const struct loading *loading, enum jobkeys_section section,
                  const struct yaml_node *node, struct jobkeys_value *values)
{
    if (node->refused)
        return;
    if (node->kind != YAML_MAPPING) {
        loading_problem(loading, node, "%s must be a mapping (keys with values), not %s",
                        sections[section], describe(node));
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct key *key = find_key(section, node->keys[i]->text);
        struct jobkeys_value *value;

        if (key == NULL) {
            /* What was meant is there, if misspelt: nobody need say that it is missing. */
            key = report_unknown(loading, section, node->keys[i]);
            if (key != NULL && values[key - keys].key == NULL)
                values[key - keys].key = node->keys[i];
            continue;
        }
        value = &values[key - keys];
        value->key = node->keys[i];
        if (read_value(loading, key, node->keys[i], node->items[i], &value->number))
            value->node = node->items[i];
    }
    for (size_t i = 0; i < JOBKEYS_COUNT; i++) {
        if (keys[i].section == section && keys[i].required && values[i].key == NULL)
            loading_problem(loading, node, "\"%s\" is missing", keys[i].name);
    }
}
