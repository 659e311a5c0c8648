/* SPDX-License-Identifier: MIT */
#include "job/selection.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/jobkeys.h"
#include "job/loading.h"
#include "job/names.h"
#include "job/parameters.h"
#include "job/patterns.h"
#include "job/problems.h"
#include "job/targets.h"
#include "job/yaml.h"
#include "sys/file.h"

enum {
    FILE_LIMIT = 16 * 1024 * 1024,
    /* Of all VMs: a range copies its parameters for each of its own. */
    PARAMETERS_LIMIT = 64 * 1024 * 1024
};

struct selection {
    const struct loading *loading;
    struct targets targets;
    const char *subscription; /* what targets without their own take; NULL: none */
    const char *resource_group;
    bool group_is_wrong;    /* it is there, but was refused: do not say that it is missing */
    size_t named;           /* VMs so far, those named twice included: this bounds the work */
    size_t parameters_size; /* of all VMs so far */
    uint64_t steps;         /* that matching with patterns may still take */
};

/* One line of targets.file or one entry of targets.vms, and where it stands. */
struct entry {
    const char *path;
    int line, column;
    const char *text;
    bool listed; /* of targets.file, which may be any file: nothing of it is shown */
    const char *subscription;
    const char *resource_group;
    struct job_parameters parameters;
};

static void complain(const struct selection *selection, const struct entry *entry,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));

static void complain(const struct selection *selection, const struct entry *entry,
                     const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    problems_add_list(selection->loading->problems, entry->path, entry->line, entry->column, format,
                      arguments);
    va_end(arguments);
}

static struct job_parameters copy_parameters(const struct job_parameters *parameters)
{
    struct job_parameters copy = {memory_zeroed(parameters->count, sizeof *copy.list),
                                  parameters->count};

    for (size_t i = 0; i < parameters->count; i++) {
        const struct job_parameter *old = &parameters->list[i];

        copy.list[i] = (struct job_parameter){memory_string(old->name), memory_string(old->value),
                                              old->secret};
    }
    return copy;
}

static size_t measure_parameters(const struct job_parameters *parameters)
{
    size_t size = 0;

    for (size_t i = 0; i < parameters->count; i++)
        size += sizeof parameters->list[i] + strlen(parameters->list[i].name) +
                strlen(parameters->list[i].value);
    return size;
}

/* Is there room for COUNT more? Tells it once; after that everything is ignored. */
static bool has_room(struct selection *selection, const struct entry *entry, size_t count)
{
    if (selection->named > JOB_TARGETS_MOST)
        return false;
    selection->named += count;
    if (selection->named <= JOB_TARGETS_MOST)
        return true;
    complain(selection, entry, "more than %d targets", JOB_TARGETS_MOST);
    return false;
}

/* Likewise for the parameters of COUNT more. */
static bool has_room_for_parameters(struct selection *selection, const struct entry *entry,
                                    size_t count)
{
    size_t size = measure_parameters(&entry->parameters) * count;

    if (selection->parameters_size > PARAMETERS_LIMIT)
        return false;
    selection->parameters_size += size;
    if (selection->parameters_size <= PARAMETERS_LIMIT)
        return true;
    complain(selection, entry, "the parameters of all VMs of %s%s are more than %d MiB",
             entry->text, size > PARAMETERS_LIMIT ? "" : " and of those before it",
             PARAMETERS_LIMIT / 1024 / 1024);
    return false;
}

static void add_one(struct selection *selection, const struct entry *entry,
                    const char *subscription, const char *resource_group, const char *name)
{
    struct job_parameters parameters = copy_parameters(&entry->parameters);

    if (!targets_add(&selection->targets, subscription, resource_group, name, &parameters) &&
        entry->parameters.count > 0)
        complain(selection, entry,
                 "%s stands in the list already: give its parameters where it is named first",
                 name);
}

static void add_id(struct selection *selection, const struct entry *entry)
{
    struct targets_id id;
    struct error error;

    if (targets_parse_id(entry->text, &id, &error) < 0) {
        complain(selection, entry, "%s",
                 entry->listed ? "not a VM's id, which reads " TARGETS_ID_FORM : error.text);
        return;
    }
    if (has_room(selection, entry, 1) && has_room_for_parameters(selection, entry, 1))
        add_one(selection, entry, id.subscription, id.resource_group, id.name);
    free(id.subscription);
    free(id.resource_group);
    free(id.name);
}

/* Adds the COUNT names of ENTRY, which are not made before it is known that they are welcome. */
static void add_names(struct selection *selection, const struct entry *entry, size_t count)
{
    const char *subscription =
        entry->subscription != NULL ? entry->subscription : selection->subscription;
    const char *group =
        entry->resource_group != NULL ? entry->resource_group : selection->resource_group;
    struct names names = NAMES_INIT;
    struct error unused;

    if (group == NULL) {
        if (!selection->group_is_wrong)
            complain(selection, entry,
                     "%s has no resource group: set resource_group in targets, or give the full id",
                     entry->listed ? "this VM" : entry->text);
        return;
    }
    if (!has_room(selection, entry, count) || !has_room_for_parameters(selection, entry, count))
        return;
    (void)names_expand(entry->text, count, &names, &unused);
    for (size_t i = 0; i < names.count; i++)
        add_one(selection, entry, subscription, group, names.list[i]);
    names_done(&names);
}

static void complain_of_text(const struct selection *selection, const struct entry *entry,
                             const struct error *error)
{
    if (entry->listed)
        complain(selection, entry, "%s", error->text);
    else
        complain(selection, entry, "\"%.80s\": %s", entry->text, error->text);
}

/* Adds what the text of ENTRY stands for: a VM's id, a name or a range. */
static void add_entry(struct selection *selection, const struct entry *entry)
{
    struct error error;
    size_t count;

    if (entry->text[0] == '/')
        add_id(selection, entry);
    else if (names_count(entry->text, JOB_TARGETS_MOST, &count, &error) < 0)
        complain_of_text(selection, entry, &error);
    else
        add_names(selection, entry, count);
}

/* The group that VALUE names; NULL when there is none, or after a problem. */
static const char *read_group(const struct loading *loading, const struct jobkeys_value *value)
{
    if (value->node == NULL)
        return NULL;
    if (names_is_group(value->node->text))
        return value->node->text;
    loading_problem(loading, value->node,
                    "\"%.100s\" is no resource group: 1 to 90 letters, digits and - _ . ( ), and "
                    "no . at the end",
                    value->node->text);
    return NULL;
}

static const char *read_subscription(const struct loading *loading,
                                     const struct jobkeys_value *value)
{
    if (value->node == NULL)
        return NULL;
    if (names_is_subscription(value->node->text))
        return value->node->text;
    loading_problem(loading, value->node,
                    "\"%.100s\" is no subscription: give its id, such as "
                    "00000000-0000-0000-0000-000000000001 (az account show)",
                    value->node->text);
    return NULL;
}

/* An id says it all; a group beside it would contradict it or say it twice. */
static bool check_id_alone(const struct loading *loading, const struct jobkeys_value *values)
{
    static const enum jobkeys_key others[] = {KEY_VM_RESOURCE_GROUP, KEY_VM_SUBSCRIPTION};
    bool good = true;

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (values[others[i]].key == NULL)
            continue;
        loading_problem(loading, values[others[i]].key,
                        "\"%s\" must not stand beside a full id, which has its own",
                        values[others[i]].key->text);
        good = false;
    }
    return good;
}

static void load_mapping(struct selection *selection, const struct yaml_node *node)
{
    const struct loading *loading = selection->loading;
    struct jobkeys_value values[JOBKEYS_COUNT] = {{NULL, NULL, 0}};
    const struct jobkeys_value *group = &values[KEY_VM_RESOURCE_GROUP];
    const struct jobkeys_value *subscription = &values[KEY_VM_SUBSCRIPTION];
    const struct yaml_node *name;
    struct entry entry = {.path = loading->path};

    jobkeys_read(loading, JOBKEYS_VM, node, values);
    name = values[KEY_VM_NAME].node;
    entry.resource_group = read_group(loading, group);
    entry.subscription = read_subscription(loading, subscription);
    parameters_load(loading, values[KEY_VM_PARAMETERS].node, false, &entry.parameters);
    if (name != NULL && (name->text[0] != '/' || check_id_alone(loading, values)) &&
        (group->key == NULL || entry.resource_group != NULL)) {
        entry.line = name->line;
        entry.column = name->column;
        entry.text = name->text;
        add_entry(selection, &entry);
    }
    job_parameters_done(&entry.parameters);
}

static void load_vms(struct selection *selection, const struct yaml_node *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *node = list->items[i];
        struct entry entry = {.path = selection->loading->path,
                              .line = node->line,
                              .column = node->column,
                              .text = node->text};

        if (node->kind == YAML_MAPPING)
            load_mapping(selection, node);
        else if (jobkeys_is_text(selection->loading, "an entry of vms", node))
            add_entry(selection, &entry);
    }
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

/* Characters, for a column: bytes that do not continue one. */
static int count_characters(const char *text, size_t length)
{
    int count = 0;

    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* Reads one line, which ends with a NUL; cuts it. */
static void load_line(struct selection *selection, const char *path, int number, char *line)
{
    struct entry entry = {.path = path, .line = number, .listed = true};
    size_t start = 0;
    size_t length;

    while (is_blank(line[start]))
        start++;
    for (length = start; line[length] != '\0'; length++) {
        if (line[length] == '#' && (length == 0 || is_blank(line[length - 1])))
            break;
    }
    while (length > start && is_blank(line[length - 1]))
        length--;
    if (length == start)
        return;
    line[length] = '\0';
    entry.column = count_characters(line, start) + 1;
    entry.text = line + start;
    if (line[start + strcspn(line + start, " \t")] != '\0')
        complain(selection, &entry, "one name, range or id a line; comments start with \"#\"");
    else
        add_entry(selection, &entry);
}

/* Checks what a line cannot: the bytes. */
static bool check_bytes(struct selection *selection, const char *path, const struct buffer *text)
{
    struct entry entry = {.path = path, .line = 1, .column = 1};
    const char *null = text->length > 0 ? memchr(text->data, '\0', text->length) : NULL;
    const char *encoding = text_other_encoding(buffer_text(text), text->length);
    size_t bad = 0;

    if (encoding != NULL) {
        complain(selection, &entry, "the file is %s: save it as UTF-8", encoding);
        return false;
    }
    if (null == NULL && text_is_utf8(buffer_text(text), text->length, &bad))
        return true;
    if (null != NULL)
        bad = (size_t)(null - text->data);
    for (size_t i = 0; i < bad; i++) {
        entry.column = text->data[i] == '\n' ? 1 : entry.column + 1;
        entry.line += text->data[i] == '\n';
    }
    complain(selection, &entry, null != NULL ? "a NUL byte: this is no text file" : "not UTF-8");
    return false;
}

static void load_lines(struct selection *selection, const char *path, struct buffer *text)
{
    char *line = text->data;
    int number = 1;

    if (text->length == 0 || !check_bytes(selection, path, text))
        return;
    if (text->length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
        line += 3;
    for (; line != NULL && selection->named <= JOB_TARGETS_MOST; number++) {
        char *end = strchr(line, '\n');

        if (end != NULL)
            *end = '\0';
        load_line(selection, path, number, line);
        line = end != NULL ? end + 1 : NULL;
    }
}

static void load_file(struct selection *selection, const struct yaml_node *node)
{
    const char *stand_in = selection->loading->overrides->standard_input;
    bool standard_input = strcmp(node->text, "-") == 0;
    struct buffer text = BUFFER_INIT;
    struct error error;
    char *path = standard_input ? memory_string("standard input")
                                : file_beside(selection->loading->path, node->text);
    int result = 0;

    if (standard_input && stand_in != NULL)
        buffer_add(&text, stand_in);
    else
        result = standard_input ? file_read_standard_input(FILE_LIMIT, &text, &error)
                                : file_read(path, FILE_LIMIT, &text, &error);
    if (result < 0)
        loading_problem(selection->loading, node, "%s", error.text);
    else
        load_lines(selection, path, &text);
    buffer_done(&text);
    free(path);
}

/* What the command line says. */
static void apply_overrides(struct selection *selection)
{
    const struct jobfile_overrides *overrides = selection->loading->overrides;

    patterns_exclude(selection->loading, "--exclude", overrides->excludes, overrides->exclude_count,
                     &selection->targets, &selection->steps);
    patterns_limit(selection->loading, "--limit", overrides->limits, overrides->limit_count,
                   &selection->targets, &selection->steps);
    if (overrides->only_wanted)
        targets_keep(&selection->targets, overrides->wanted, overrides->wanted_count);
}

/* Adds the VMs that the section names. */
static void collect(struct selection *selection, const struct jobkeys_value *values)
{
    const struct jobkeys_value *group = &values[KEY_TARGETS_RESOURCE_GROUP];
    const struct yaml_node *excluded = values[KEY_TARGETS_EXCLUDE].node;

    selection->subscription =
        read_subscription(selection->loading, &values[KEY_TARGETS_SUBSCRIPTION]);
    selection->resource_group = read_group(selection->loading, group);
    selection->group_is_wrong = group->key != NULL && selection->resource_group == NULL;
    if (values[KEY_TARGETS_VMS].node != NULL)
        load_vms(selection, values[KEY_TARGETS_VMS].node);
    if (values[KEY_TARGETS_FILE].node != NULL)
        load_file(selection, values[KEY_TARGETS_FILE].node);
    if (excluded != NULL)
        patterns_exclude_nodes(selection->loading, excluded, &selection->targets,
                               &selection->steps);
}

void selection_load(const struct loading *loading, const struct yaml_node *section)
{
    static const enum jobkeys_key sources[] = {KEY_TARGETS_VMS, KEY_TARGETS_FILE, KEY_TARGETS_LIST,
                                               KEY_TARGETS_QUERY};
    struct jobkeys_value values[JOBKEYS_COUNT] = {{NULL, NULL, 0}};
    struct selection selection = {
        .loading = loading, .targets = TARGETS_INIT, .steps = PATTERNS_STEPS_MOST};
    bool has_source = false;

    if (section != NULL)
        jobkeys_read(loading, JOBKEYS_TARGETS, section, values);
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        has_source = has_source || values[sources[i]].key != NULL;
    if (section != NULL && !has_source)
        loading_problem(loading, section, "there are no targets: give vms or file");
    collect(&selection, values);
    apply_overrides(&selection);
    if (problems_total(loading->problems) == 0) /* else no job comes of it: refuse quickly */
        targets_label(&selection.targets);
    loading->job->targets = targets_take(&selection.targets, &loading->job->target_count);
}
