/* SPDX-License-Identifier: MIT */
#include "job/schema.h"

#include <jansson.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/value.h"
#include "job/job.h"
#include "job/keytable.h"
#include "job/outcome.h"

/* Units fall, each once. A text that matches has two characters or none. */
#define DURATION_PATTERN "^([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"
#define SIZE_PATTERN     "^[0-9]+(B|KiB|MiB|GiB)$"

static json_t *make_section(enum keytable_section section);

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    set(object, key, json_string(text));
}

/* A list of the words up to NULL. */
static json_t *list_words(const char *const *words)
{
    json_t *list = json_array();

    for (; *words != NULL; words++)
        json_array_append_new(list, json_string(*words));
    return list;
}

/*
 * A scalar that the loader takes as a text. EXTRA: what else may stand in its place, "object" or
 * "array"; NULL: nothing. `pattern` and `minLength` are about strings alone, so an editor does not
 * hold them against a name that YAML reads as a number.
 */
static json_t *make_text(const char *pattern, const char *extra)
{
    json_t *schema = json_object();
    const char *const types[] = {"string", "number", "boolean", extra, NULL};

    set(schema, "type", list_words(types));
    set(schema, "minLength", json_integer(1));
    if (pattern != NULL)
        set_text(schema, "pattern", pattern);
    return schema;
}

static json_t *make_word(const struct keytable_row *row)
{
    json_t *schema = json_object();

    set(schema, "enum", list_words(row->words));
    if (row->normal >= row->least)
        set_text(schema, "default", row->words[row->normal]);
    return schema;
}

static json_t *make_number(const struct keytable_row *row)
{
    json_t *schema = json_object();

    set_text(schema, "type", "integer");
    set(schema, "minimum", json_integer(row->least));
    set(schema, "maximum", json_integer(row->most));
    if (row->normal >= row->least)
        set(schema, "default", json_integer(row->normal));
    return schema;
}

/* A duration or a size. */
static json_t *make_amount(const struct keytable_row *row)
{
    json_t *schema = json_object();
    struct buffer normal = BUFFER_INIT;

    set_text(schema, "type", "string");
    set(schema, "minLength", json_integer(2));
    set_text(schema, "pattern", row->kind == KIND_DURATION ? DURATION_PATTERN : SIZE_PATTERN);
    if (row->normal >= row->least) {
        keytable_print_amount(&normal, row->kind, row->normal);
        set_text(schema, "default", buffer_text(&normal));
    }
    buffer_done(&normal);
    return schema;
}

static json_t *make_boolean(const struct keytable_row *row)
{
    json_t *schema = json_object();

    set_text(schema, "type", "boolean");
    set(schema, "default", json_boolean(row->normal != 0));
    return schema;
}

/* A count or a percentage. EXTRA: as make_text() has it. */
static json_t *make_share(const struct keytable_row *row, const char *extra)
{
    json_t *schema = json_object();
    const char *const types[] = {"integer", "string", extra, NULL};

    set(schema, "type", list_words(types));
    set(schema, "minimum", json_integer(row->least));
    set(schema, "maximum", json_integer(row->most));
    set_text(schema, "pattern",
             row->least > 0 ? "^0*([1-9][0-9]?|100)%$" : "^0*([0-9][0-9]?|100)%$");
    return schema;
}

static json_t *make_shares(const struct keytable_row *row)
{
    json_t *schema = make_share(row, "array");

    set(schema, "minItems", json_integer(1));
    set(schema, "maxItems", json_integer(JOB_BATCHES_MOST));
    set(schema, "items", make_share(row, NULL));
    return schema;
}

/* A text, or a secret. */
static json_t *make_parameter(void)
{
    json_t *schema = make_section(KEYTABLE_SECRET);
    const char *const types[] = {"string", "number", "boolean", "object", NULL};

    set(schema, "type", list_words(types));
    return schema;
}

static json_t *make_parameters(void)
{
    json_t *schema = json_object();
    json_t *name = json_object();

    set_text(name, "pattern", keytable_parameter_pattern);
    set_text(schema, "type", "object");
    set(schema, "propertyNames", name);
    set(schema, "additionalProperties", make_parameter());
    return schema;
}

static json_t *make_arguments(void)
{
    json_t *schema = json_object();

    set_text(schema, "type", "array");
    set(schema, "minItems", json_integer(1));
    set(schema, "maxItems", json_integer(JOB_PARAMETERS_MOST));
    set(schema, "items", make_parameter());
    return schema;
}

static json_t *make_files(const struct keytable_row *row)
{
    json_t *schema = json_object();

    set_text(schema, "type", "array");
    set(schema, "minItems", json_integer(1));
    set(schema, "maxItems", json_integer(JOB_FILES_MOST));
    set(schema, "uniqueItems", json_true());
    set(schema, "items", make_text(row->pattern, NULL));
    return schema;
}

static json_t *make_vms(void)
{
    json_t *schema = json_object();
    json_t *entry = make_text(keytable_vm_pattern, "object");
    json_t *mapping = make_section(KEYTABLE_VM);

    json_object_del(mapping, "type");
    json_object_update(entry, mapping);
    json_decref(mapping);
    set_text(schema, "type", "array");
    set(schema, "minItems", json_integer(1));
    set(schema, "items", entry);
    return schema;
}

static json_t *make_patterns(const struct keytable_row *row)
{
    json_t *schema = make_text(row->pattern, "array");

    set(schema, "minItems", json_integer(1));
    set(schema, "items", make_text(row->pattern, NULL));
    return schema;
}

/* A word or a list of words: apart, since an `enum` is about values of every type. */
static json_t *make_reasons(void)
{
    json_t *schema = json_object();
    json_t *word = json_object();
    json_t *list = json_object();
    json_t *choice = json_array();
    const char *names[REASONS + 1] = {NULL};

    names[outcome_list_reasons(outcome_repeatable(), names)] = NULL;
    set(word, "enum", list_words(names));
    set_text(list, "type", "array");
    set(list, "minItems", json_integer(1));
    set(list, "uniqueItems", json_true());
    json_object_set(list, "items", word);
    json_array_append_new(choice, word);
    json_array_append_new(choice, list);
    set(schema, "anyOf", choice);
    names[outcome_list_reasons(outcome_repeated_by_default(), names)] = NULL;
    set(schema, "default", list_words(names));
    return schema;
}

static json_t *make_status(const struct keytable_row *row, const char *extra)
{
    json_t *schema = json_object();
    const char *const types[] = {"integer", extra, NULL};

    set(schema, "type", list_words(types));
    set(schema, "minimum", json_integer(row->least));
    set(schema, "maximum", json_integer(row->most));
    return schema;
}

static json_t *make_statuses(const struct keytable_row *row)
{
    json_t *schema = make_status(row, "array");

    set(schema, "minItems", json_integer(1));
    set(schema, "maxItems", json_integer(JOB_OK_STATUSES_MOST));
    set(schema, "uniqueItems", json_true());
    set(schema, "items", make_status(row, NULL));
    set(schema, "default", json_integer(row->normal));
    return schema;
}

/* NULL: a key that is refused for now. */
static json_t *make_value(const struct keytable_row *row)
{
    json_t *schema = NULL;

    switch (row->kind) {
    case KIND_TEXT:
        schema = make_text(row->pattern, NULL);
        if (row->normal_text != NULL)
            set_text(schema, "default", row->normal_text);
        return schema;
    case KIND_WORD:
        return make_word(row);
    case KIND_NUMBER:
        return make_number(row);
    case KIND_DURATION:
    case KIND_SIZE:
        return make_amount(row);
    case KIND_BOOLEAN:
        return make_boolean(row);
    case KIND_SHARE:
        return make_share(row, NULL);
    case KIND_SHARES:
        return make_shares(row);
    case KIND_MAPPING:
        return make_section(row->holds);
    case KIND_PARAMETERS:
        return make_parameters();
    case KIND_ARGUMENTS:
        return make_arguments();
    case KIND_FILES:
        return make_files(row);
    case KIND_VMS:
        return make_vms();
    case KIND_PATTERNS:
        return make_patterns(row);
    case KIND_REASONS:
        return make_reasons();
    case KIND_STATUSES:
        return make_statuses(row);
    case KIND_LATER:
        return NULL;
    }
    return NULL;
}

/* What the key is for; and its range, where the schema has no keyword for that. */
static void describe(json_t *schema, const struct keytable_row *row)
{
    struct buffer text = BUFFER_INIT;

    buffer_add(&text, row->help);
    if (row->kind == KIND_DURATION || row->kind == KIND_SIZE) {
        buffer_add(&text, " From ");
        keytable_print_amount(&text, row->kind, row->least);
        buffer_add(&text, " to ");
        keytable_print_amount(&text, row->kind, row->most);
        buffer_add(&text, ".");
    }
    set_text(schema, "description", buffer_text(&text));
    buffer_done(&text);
}

/* A mapping with the keys of SECTION. */
static json_t *make_section(enum keytable_section section)
{
    json_t *schema = json_object();
    json_t *properties = json_object();
    json_t *required = json_array();

    for (size_t i = 0; i < KEYTABLE_COUNT; i++) {
        const struct keytable_row *row = &keytable[i];
        json_t *value = row->section == section ? make_value(row) : NULL;

        if (value == NULL)
            continue;
        describe(value, row);
        set(properties, row->name, value);
        if (row->required)
            json_array_append_new(required, json_string(row->name));
    }
    set_text(schema, "type", "object");
    set(schema, "additionalProperties", json_false());
    if (json_array_size(required) > 0)
        json_object_set(schema, "required", required);
    json_decref(required);
    set(schema, "properties", properties);
    return schema;
}

/* Under KEYWORD of the section that KEY holds: FIRST must be there, or SECOND. */
static void add_choice(json_t *properties, enum keytable_key key, const char *keyword,
                       enum keytable_key first, enum keytable_key second)
{
    json_t *section = json_object_get(properties, keytable[key].name);

    set(section, keyword,
        json_pack("[{s:[s]}, {s:[s]}]", "required", keytable[first].name, "required",
                  keytable[second].name));
}

/* What the table does not say, since it is about several keys, or is no range. */
static void add_rules(json_t *schema)
{
    json_t *properties = json_object_get(schema, "properties");
    json_t *version = json_object_get(properties, keytable[KEY_VERSION].name);

    json_object_del(version, "minimum");
    json_object_del(version, "maximum");
    set(version, "const", json_integer(1));
    add_choice(properties, KEY_SCRIPT, "oneOf", KEY_SCRIPT_FILE, KEY_SCRIPT_INLINE);
    add_choice(properties, KEY_TARGETS, "anyOf", KEY_TARGETS_VMS, KEY_TARGETS_FILE);
    set(schema, "dependencies",
        json_pack("{s:[s]}", keytable[KEY_PAUSE_BETWEEN].name, keytable[KEY_BATCHES].name));
}

void schema_print(struct buffer *buffer)
{
    json_t *schema = json_object();
    json_t *top = make_section(KEYTABLE_TOP);

    set_text(schema, "$schema", "http://json-schema.org/draft-07/schema#");
    set_text(schema, "title", "azfan job");
    set_text(schema, "description",
             "What azfan shall run on Azure VMs, and where; see azfan-job(5).");
    json_object_update(schema, top);
    json_decref(top);
    add_rules(schema);
    value_print_indented(buffer, schema);
    buffer_add(buffer, "\n");
}
