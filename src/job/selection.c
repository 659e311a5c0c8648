/* SPDX-License-Identifier: MIT */
#include "job/selection.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/strings.h"
#include "job/arguments.h"
#include "job/choice.h"
#include "job/job.h"
#include "job/jobkeys.h"
#include "job/labels.h"
#include "job/limits.h"
#include "job/lines.h"
#include "job/loading.h"
#include "job/names.h"
#include "job/overrides.h"
#include "job/parameters.h"
#include "job/problems.h"
#include "job/selector.h"
#include "job/targets.h"
#include "job/yaml.h"
#include "sys/file.h"

/* Of all VMs, with their arguments: a range copies them for each of its own. */
enum { PARAMETERS_LIMIT = 64 * 1024 * 1024 };

struct selection {
    const struct loading *loading;
    struct targets targets;
    const char *subscription; /* what targets without their own take; NULL: none */
    const char *resource_group;
    bool group_is_wrong;    /* it is there, but was refused: do not say that it is missing */
    bool is_option;         /* they come from --targets, and not from the job */
    size_t named;           /* VMs so far, those named twice included: this bounds the work */
    size_t parameters_size; /* of all VMs so far */
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
    struct job_parameters args;
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
    size_t size =
        (measure_parameters(&entry->parameters) + measure_parameters(&entry->args)) * count;

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
    struct targets *targets = &selection->targets;

    if (targets_add(targets, subscription, resource_group, name, &parameters))
        targets->list[targets->count - 1].args = copy_parameters(&entry->args);
    else if (entry->parameters.count > 0 || entry->args.count > 0)
        complain(selection, entry, "%s is in the list already: give its %s where it is first named",
                 name, entry->parameters.count > 0 ? "parameters" : "args");
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
    struct strings names = STRINGS_INIT;
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
    targets_expect(&selection->targets, count);
    for (size_t i = 0; i < names.count; i++)
        add_one(selection, entry, subscription, group, names.list[i]);
    strings_done(&names);
}

static void complain_of_text(const struct selection *selection, const struct entry *entry,
                             const struct error *error)
{
    if (entry->listed)
        complain(selection, entry, "%s", error->text);
    else
        complain(selection, entry, "\"%.80s\": %s", entry->text, error->text);
}

/* [SUBSCRIPTION/]GROUP/NAME, as azfan itself prints a VM. */
static void add_label(struct selection *selection, const struct entry *entry)
{
    struct entry part = *entry;
    struct selector selector;
    struct error error;

    if (selector_parse(entry->text, &selector, &error) < 0) {
        complain(selection, entry, "not GROUP/NAME or SUBSCRIPTION/GROUP/NAME");
        return;
    }
    part.text = selector.name;
    part.subscription = selector.subscription;
    for (size_t i = 0; i < selector.groups.count && !selector.is_glob; i++) {
        part.resource_group = selector.groups.list[i];
        add_names(selection, &part, selector.names);
    }
    if (selector.is_glob)
        complain(selection, entry, "a * or ? means VMs of a job: write names or ranges here");
    selector_done(&selector);
}

/* Adds what the text of ENTRY stands for: a VM's id, a name or a range. */
static void add_entry(struct selection *selection, const struct entry *entry)
{
    struct error error;
    size_t count;

    if (entry->text[0] == '/')
        add_id(selection, entry);
    else if (selection->is_option && strchr(entry->text, '/') != NULL)
        add_label(selection, entry);
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
    loading_problem(
        loading, value->node,
        "\"%.100s\" is not a resource group: 1 to %d letters, digits and - _ . ( ), and "
        "no . at the end",
        value->node->text, LIMITS_GROUP_NAME);
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
                    "\"%.100s\" is not a subscription: give its id, such as "
                    "00000000-0000-0000-0000-000000000001 (az account show)",
                    value->node->text);
    return NULL;
}

/* An id says it all; a group beside it would contradict it or say it twice. */
static bool check_id_alone(const struct loading *loading, const struct jobkeys_value *values)
{
    static const enum keytable_key others[] = {KEY_VM_RESOURCE_GROUP, KEY_VM_SUBSCRIPTION};
    bool good = true;

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (values[others[i]].key == NULL)
            continue;
        loading_problem(loading, values[others[i]].key,
                        "\"%s\" must not be given with a full id, which has its own",
                        values[others[i]].key->text);
        good = false;
    }
    return good;
}

static void load_mapping(struct selection *selection, const struct yaml_node *node)
{
    const struct loading *loading = selection->loading;
    struct jobkeys_value values[KEYTABLE_COUNT] = {{NULL, NULL, 0}};
    const struct jobkeys_value *group = &values[KEY_VM_RESOURCE_GROUP];
    const struct jobkeys_value *subscription = &values[KEY_VM_SUBSCRIPTION];
    const struct yaml_node *name;
    struct entry entry = {.path = loading->path};

    jobkeys_read(loading, KEYTABLE_VM, node, values);
    name = values[KEY_VM_NAME].node;
    entry.resource_group = read_group(loading, group);
    entry.subscription = read_subscription(loading, subscription);
    parameters_load(loading, values[KEY_VM_PARAMETERS].node, false, &entry.parameters);
    arguments_load(loading, values[KEY_VM_ARGS].node, &entry.args);
    if (name != NULL && (name->text[0] != '/' || check_id_alone(loading, values)) &&
        (group->key == NULL || entry.resource_group != NULL)) {
        entry.line = name->line;
        entry.column = name->column;
        entry.text = name->text;
        add_entry(selection, &entry);
    }
    job_parameters_done(&entry.parameters);
    job_parameters_done(&entry.args);
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

static void load_lines(struct selection *selection, const char *path, struct buffer *text)
{
    struct entry entry = {.path = path, .listed = true};
    struct lines lines;
    struct error error;
    int result = lines_begin(&lines, text, &error);

    entry.line = lines.line;
    entry.column = lines.column;
    if (result < 0)
        complain(selection, &entry, "%s", error.text);
    while (result == 0 && selection->named <= JOB_TARGETS_MOST && lines_next(&lines)) {
        entry.line = lines.line;
        entry.column = lines.column;
        entry.text = lines.text;
        if (entry.text[strcspn(entry.text, " \t")] != '\0')
            complain(selection, &entry, "one name, range or id a line; comments start with \"#\"");
        else
            add_entry(selection, &entry);
    }
}

static bool is_standard_input(const struct yaml_node *file)
{
    return strcmp(file->text, "-") == 0;
}

static void load_file(struct selection *selection, const struct yaml_node *node)
{
    const char *stand_in = selection->loading->overrides->standard_input;
    bool standard_input = is_standard_input(node);
    struct buffer text = BUFFER_INIT;
    struct error error;
    char *path = standard_input ? memory_string("standard input")
                                : file_beside(selection->loading->path, node->text);
    int result = 0;

    if (standard_input && stand_in != NULL)
        buffer_add(&text, stand_in);
    else
        result = standard_input ? file_read_standard_input(LINES_FILE_LIMIT, &text, &error)
                                : file_read(path, LINES_FILE_LIMIT, &text, &error);
    if (result < 0)
        loading_problem(selection->loading, node, "%s", error.text);
    else
        load_lines(selection, path, &text);
    buffer_done(&text);
    free(path);
}

/*
 * What the job says of VMs that it lists itself. A full id means one that the job leaves to az's
 * subscription, and a name one to which it gives another: no command line knows two of these apart.
 */
static void inherit(struct targets *targets, struct targets *of_job)
{
    struct targets_wanted *wanted = memory_zeroed(targets->count, sizeof *wanted);

    for (size_t i = 0; i < targets->count; i++)
        wanted[i] = (struct targets_wanted){.subscription = targets->list[i].subscription,
                                            .resource_group = targets->list[i].resource_group,
                                            .name = targets->list[i].name};
    targets_keep(of_job, wanted, targets->count);
    for (size_t i = 0; i < targets->count; i++) {
        struct job_target *target = &targets->list[i];
        const struct job_target *source;

        if (!wanted[i].found)
            continue;
        source = &of_job->list[wanted[i].place];
        job_parameters_done(&target->parameters);
        job_parameters_done(&target->args);
        target->parameters = copy_parameters(&source->parameters);
        target->args = copy_parameters(&source->args);
        if (target->subscription == NULL)
            target->subscription = memory_string(source->subscription);
    }
    free(wanted);
}

static const char targets_option[] = "--targets";

/* The VMs of --targets instead of the job's; one that the job has too is as it is there. */
static void replace_targets(struct selection *selection)
{
    const struct overrides *overrides = selection->loading->overrides;
    struct targets of_job = selection->targets;
    struct buffer text = BUFFER_INIT;
    bool is_input = strcmp(overrides->targets, "-") == 0;
    struct error error;
    int result = 0;

    selection->targets = (struct targets)TARGETS_INIT;
    selection->named = 0;
    selection->is_option = true;
    if (overrides->standard_input != NULL)
        buffer_add(&text, overrides->standard_input);
    else
        result = is_input ? file_read_standard_input(LINES_FILE_LIMIT, &text, &error)
                          : file_read(overrides->targets, LINES_FILE_LIMIT, &text, &error);
    if (result < 0)
        loading_option_problem(selection->loading, targets_option, "%s", error.text);
    else
        load_lines(selection, is_input ? "standard input" : overrides->targets, &text);
    if (result == 0 && selection->named == 0)
        loading_option_problem(selection->loading, targets_option, "%.80s names no VM",
                               is_input ? "standard input" : overrides->targets);
    inherit(&selection->targets, &of_job);
    targets_done(&of_job);
    buffer_done(&text);
}

/* Adds the VMs that the section names. */
static void collect(struct selection *selection, const struct jobkeys_value *values)
{
    const struct jobkeys_value *group = &values[KEY_TARGETS_RESOURCE_GROUP];

    selection->subscription =
        read_subscription(selection->loading, &values[KEY_TARGETS_SUBSCRIPTION]);
    selection->resource_group = read_group(selection->loading, group);
    selection->group_is_wrong = group->key != NULL && selection->resource_group == NULL;
    if (values[KEY_TARGETS_VMS].node != NULL)
        load_vms(selection, values[KEY_TARGETS_VMS].node);
    if (selection->loading->overrides->targets != NULL)
        replace_targets(selection);
    else if (values[KEY_TARGETS_FILE].node != NULL)
        load_file(selection, values[KEY_TARGETS_FILE].node);
}

/* How far the targets are what exclusions and limits may be held against. BEFORE: problems when
 * they were not read yet. */
static enum choice_list judge(const struct selection *selection, const struct yaml_node *file,
                              size_t before)
{
    const struct loading *loading = selection->loading;

    if (problems_total(loading->problems) > before || selection->targets.count == 0)
        return CHOICE_BROKEN;
    if (loading->overrides->targets != NULL)
        return CHOICE_OF_RUN;
    return file != NULL && is_standard_input(file) && loading->overrides->standard_input != NULL
               ? CHOICE_OF_RUN
               : CHOICE_WHOLE;
}

void selection_load(const struct loading *loading, const struct yaml_node *section)
{
    static const enum keytable_key sources[] = {KEY_TARGETS_VMS, KEY_TARGETS_FILE, KEY_TARGETS_LIST,
                                                KEY_TARGETS_QUERY};
    struct jobkeys_value values[KEYTABLE_COUNT] = {{NULL, NULL, 0}};
    struct selection selection = {.loading = loading, .targets = TARGETS_INIT};
    const struct overrides *overrides = loading->overrides;
    size_t before = problems_total(loading->problems);
    bool has_source = loading->overrides->targets != NULL;
    bool *dropped;

    if (section != NULL)
        jobkeys_read(loading, KEYTABLE_TARGETS, section, values);
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        has_source = has_source || values[sources[i]].key != NULL;
    if (section != NULL && !has_source)
        loading_problem(loading, section, "there are no targets: give vms or file");
    collect(&selection, values);
    dropped =
        choice_make(loading, values[KEY_TARGETS_EXCLUDE].node,
                    judge(&selection, values[KEY_TARGETS_FILE].node, before), &selection.targets);
    /* Among all of them: a label says the same on every command line. But when no job comes of it,
     * refuse quickly. */
    if (problems_total(loading->problems) == 0)
        labels_give(selection.targets.list, selection.targets.count);
    targets_drop(&selection.targets, dropped);
    if (overrides->only_wanted)
        targets_keep(&selection.targets, overrides->wanted, overrides->wanted_count);
    free(dropped);
    loading->job->targets = targets_take(&selection.targets, &loading->job->target_count);
}
