/* SPDX-License-Identifier: MIT */
#include "job/jobkeys.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/number.h"
#include "job/job.h"
#include "job/keytable.h"
#include "job/loading.h"
#include "job/problems.h"
#include "job/yaml.h"

static const char *const sections[] = {
    [KEYTABLE_TOP] = "a job file",     [KEYTABLE_SCRIPT] = "script",
    [KEYTABLE_TARGETS] = "targets",    [KEYTABLE_RETRY] = "retry",
    [KEYTABLE_VM] = "an entry of vms", [KEYTABLE_SECRET] = "a secret parameter"};

/* The key NAME of SECTION; NULL when it has none. */
static const struct keytable_row *find_key(enum keytable_section section, const char *name)
{
    for (size_t i = 0; i < KEYTABLE_COUNT; i++) {
        if (keytable[i].section == section && strcmp(keytable[i].name, name) == 0)
            return &keytable[i];
    }
    return NULL;
}

/* The closest key that is not refused anyway; NULL when none is close. */
static const struct keytable_row *find_nearest(enum keytable_section section, const char *name)
{
    const char *nearest;
    const char *names[KEYTABLE_COUNT];
    size_t count = 0;

    for (size_t i = 0; i < KEYTABLE_COUNT; i++) {
        if (keytable[i].section == section && keytable[i].kind != KIND_LATER)
            names[count++] = keytable[i].name;
    }
    nearest = nearest_word(name, names, count);
    return nearest != NULL ? find_key(section, nearest) : NULL;
}

/* Where else a key of this name belongs; NULL: nowhere, or SECTION is one where none is likely to
   be misplaced. */
static const char *find_place(enum keytable_section section, const char *name)
{
    static const char *const places[] = {[KEYTABLE_TOP] = "at the left margin, not indented",
                                         [KEYTABLE_SCRIPT] = "in script",
                                         [KEYTABLE_TARGETS] = "in targets",
                                         [KEYTABLE_RETRY] = "in retry"};
    const enum keytable_section main_sections = sizeof places / sizeof places[0];

    for (enum keytable_section other = 0; section < main_sections && other < main_sections;
         other++) {
        if (other != section && find_key(other, name) != NULL)
            return places[other];
    }
    return NULL;
}

/* Returns the key that was probably meant; NULL when that is anybody's guess. */
static const struct keytable_row *report_unknown(const struct loading *loading,
                                                 enum keytable_section section,
                                                 const struct yaml_node *key)
{
    bool is_shown = loading->problems->count < PROBLEMS_MOST;
    const struct keytable_row *nearest = is_shown ? find_nearest(section, key->text) : NULL;
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

static int parse_share(const struct keytable_row *key, const char *text, struct job_share *ret,
                       struct error *error)
{
    int64_t value;

    if (number_parse_share(text, key->least, key->most, &ret->percent, &value, error) < 0)
        return -1;
    ret->value = (int)value;
    return 0;
}

bool jobkeys_read_share(const struct loading *loading, enum keytable_key key, const char *what,
                        const struct yaml_node *node, struct job_share *ret)
{
    struct job_share share;
    struct error error;

    if (!jobkeys_is_text(loading, what, node))
        return false;
    if (parse_share(&keytable[key], node->text, &share, &error) < 0) {
        loading_problem(loading, node, "%s %s", what, error.text);
        return false;
    }
    if (node->quoted && !share.percent) {
        loading_problem(loading, node, "%s must be a number without quotes", what);
        return false;
    }
    *ret = share;
    return true;
}

static int check_range(const struct keytable_row *key, const char *text, int64_t value,
                       struct error *error)
{
    struct buffer limits = BUFFER_INIT;

    if (value >= key->least && value <= key->most)
        return 0;
    keytable_print_amount(&limits, key->kind, key->least);
    buffer_add(&limits, " to ");
    keytable_print_amount(&limits, key->kind, key->most);
    (void)error_set(error, "must be from %s, not %s", buffer_text(&limits), text);
    buffer_done(&limits);
    return -1;
}

static int parse(const struct keytable_row *key, const char *text, int64_t *ret,
                 struct error *error)
{
    size_t size = 0;

    if (key->kind == KIND_NUMBER)
        return number_parse(text, key->least, key->most, ret, error);
    if (key->kind == KIND_DURATION && number_parse_duration(text, ret, error) < 0)
        return -1;
    if (key->kind == KIND_SIZE && number_parse_size(text, &size, error) < 0)
        return -1;
    if (key->kind == KIND_SIZE)
        *ret = (int64_t)size;
    return check_range(key, text, *ret, error);
}

int jobkeys_parse(enum keytable_key key, const char *text, int64_t *ret, struct error *error)
{
    return parse(&keytable[key], text, ret, error);
}

int jobkeys_parse_shares(enum keytable_key key, const char *text, struct job_share **ret,
                         size_t *ret_count, struct error *error)
{
    size_t most = keytable[key].kind == KIND_SHARES ? JOB_BATCHES_MOST : 1;
    char *words = memory_string(text);
    int result = 0;

    *ret = NULL;
    *ret_count = 0;
    for (char *word = words, *next; word != NULL && result == 0; word = next) {
        next = most > 1 ? strchr(word, ',') : NULL;
        if (next != NULL)
            *next++ = '\0';
        if (*ret_count == most) {
            result = error_set(error, "must have at most %zu entries", most);
        } else {
            *ret = memory_grow(*ret, *ret_count, sizeof **ret);
            result = parse_share(&keytable[key], word, &(*ret)[*ret_count], error);
            ++*ret_count;
        }
    }
    free(words);
    if (result < 0) {
        free(*ret);
        *ret = NULL;
        *ret_count = 0;
    }
    return result;
}

int64_t jobkeys_number(const struct jobkeys_value *values, enum keytable_key key)
{
    return values[key].node != NULL ? values[key].number : keytable[key].normal;
}

static bool read_amount(const struct loading *loading, const struct keytable_row *key,
                        const struct yaml_node *node, int64_t *ret)
{
    struct error error;

    if (key->kind == KIND_NUMBER && node->quoted)
        loading_problem(loading, node, "%s must be a number without quotes", key->name);
    else if (parse(key, node->text, ret, &error) < 0)
        loading_problem(loading, node, "%s %s", key->name, error.text);
    else
        return true;
    return false;
}

static bool read_boolean(const struct loading *loading, const struct keytable_row *key,
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

/* Its place in the table's list; -1: it is none of them. */
static int find_word(const struct keytable_row *key, const char *text)
{
    for (int i = 0; key->words[i] != NULL; i++) {
        if (strcmp(text, key->words[i]) == 0)
            return i;
    }
    return -1;
}

static void print_words(struct buffer *buffer, const struct keytable_row *key)
{
    for (int i = 0; key->words[i] != NULL; i++)
        buffer_print(buffer, "%s%s", i > 0 ? " or " : "", key->words[i]);
}

static bool read_word(const struct loading *loading, const struct keytable_row *key,
                      const struct yaml_node *node, int64_t *ret)
{
    struct buffer words = BUFFER_INIT;

    *ret = find_word(key, node->text);
    if (*ret >= 0)
        return true;
    print_words(&words, key);
    loading_problem(loading, node, "%s must be %s, not \"%.80s\"", key->name, buffer_text(&words),
                    node->text);
    buffer_done(&words);
    return false;
}

int jobkeys_parse_word(enum keytable_key key, const char *text, int *ret, struct error *error)
{
    struct buffer words = BUFFER_INIT;

    *ret = find_word(&keytable[key], text);
    if (*ret >= 0)
        return 0;
    print_words(&words, &keytable[key]);
    (void)error_set(error, "must be %s, not %s", buffer_text(&words), text);
    buffer_done(&words);
    return -1;
}

static bool is_wanted_kind(enum keytable_kind kind, const struct yaml_node *node)
{
    switch (kind) {
    case KIND_MAPPING:
    case KIND_PARAMETERS:
        return node->kind == YAML_MAPPING;
    case KIND_ARGUMENTS:
    case KIND_FILES:
    case KIND_VMS:
        return node->kind == YAML_SEQUENCE;
    case KIND_SHARES:
    case KIND_PATTERNS:
    case KIND_REASONS:
    case KIND_STATUSES:
        return node->kind != YAML_MAPPING;
    default:
        return node->kind == YAML_SCALAR;
    }
}

/* Is VALUE what KEY takes? If not, adds a problem. */
static bool read_value(const struct loading *loading, const struct keytable_row *key,
                       const struct yaml_node *name, const struct yaml_node *node, int64_t *ret)
{
    static const char *const wanted[] = {[KIND_TEXT] = "a single value",
                                         [KIND_WORD] = "a single value",
                                         [KIND_NUMBER] = "a number",
                                         [KIND_DURATION] = "a duration",
                                         [KIND_SIZE] = "a size",
                                         [KIND_BOOLEAN] = "true or false",
                                         [KIND_SHARE] = "a count or a percentage",
                                         [KIND_SHARES] = "a count, a percentage or a list of them",
                                         [KIND_MAPPING] = "a mapping (indented keys with values)",
                                         [KIND_PARAMETERS] = "a mapping of names to values",
                                         [KIND_ARGUMENTS] = "a list",
                                         [KIND_FILES] = "a list",
                                         [KIND_VMS] = "a list",
                                         [KIND_PATTERNS] = "a single value or a list",
                                         [KIND_REASONS] = "a single value or a list",
                                         [KIND_STATUSES] = "a number or a list of numbers"};

    if (key->kind == KIND_LATER)
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
    else if (key->kind == KIND_NUMBER || key->kind == KIND_DURATION || key->kind == KIND_SIZE)
        return read_amount(loading, key, node, ret);
    else if (key->kind == KIND_BOOLEAN)
        return read_boolean(loading, key, node, ret);
    else if (key->kind == KIND_WORD)
        return read_word(loading, key, node, ret);
    else
        return true;
    return false;
}

void jobkeys_read(const struct loading *loading, enum keytable_section section,
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
        const struct keytable_row *key = find_key(section, node->keys[i]->text);
        struct jobkeys_value *value;

        if (key == NULL) {
            /* What was meant is there, if misspelt: nobody need say that it is missing. */
            key = report_unknown(loading, section, node->keys[i]);
            if (key != NULL && values[key - keytable].key == NULL)
                values[key - keytable].key = node->keys[i];
            continue;
        }
        value = &values[key - keytable];
        value->key = node->keys[i];
        if (read_value(loading, key, node->keys[i], node->items[i], &value->number))
            value->node = node->items[i];
    }
    for (size_t i = 0; i < KEYTABLE_COUNT; i++) {
        if (keytable[i].section == section && keytable[i].required && values[i].key == NULL)
            loading_problem(loading, node, "\"%s\" is missing", keytable[i].name);
    }
}
