/* SPDX-License-Identifier: MIT */
#include "job/parameters.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/strings.h"
#include "base/text.h"
#include "job/jobkeys.h"
#include "job/loading.h"
#include "job/overrides.h"
#include "job/yaml.h"

/* Each name of one is looked up among the others, and among those of the command line. */
enum { VALUE_LIMIT = 32 * 1024, SUGGESTION_STEPS = 2 * 1000 * 1000 };

static bool is_identifier(const char *name)
{
    size_t length = 0;

    while (isascii((unsigned char)name[length]) &&
           (isalnum((unsigned char)name[length]) || name[length] == '_'))
        length++;
    return length > 0 && name[length] == '\0' && !isdigit((unsigned char)name[0]);
}

static int check_name(const char *name, struct error *error)
{
    /* PowerShell's variables have no case. */
    static const char *const reserved[] = {"AZFAN_TARGET", "AZFAN_RUN", "AZFAN_BATCH",
                                           "AZFAN_FILES"};
    /* Where sh is bash, and in PowerShell: setting them ends the script before it begins. */
    static const char *const readonly[] = {
        "UID",  "EUID",   "PPID",    "BASHOPTS",         "SHELLOPTS", "BASH_VERSINFO", "PID",
        "HOST", "PSHOME", "SHELLID", "EXECUTIONCONTEXT", "NULL",      "TRUE",          "FALSE"};

    if (!is_identifier(name))
        return error_set(error,
                         "\"%.80s\" is not a name for a parameter: it becomes a variable of the "
                         "script, so use only letters, digits and \"_\", and no digit first",
                         name);
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (strcasecmp(name, reserved[i]) == 0)
            return error_set(error, "%s is set by azfan itself: choose another name", name);
    }
    for (size_t i = 0; i < sizeof readonly / sizeof readonly[0]; i++) {
        if (strcasecmp(name, readonly[i]) == 0)
            return error_set(error, "%s cannot be set in every shell: choose another name", name);
    }
    return 0;
}

int parameters_check_value(const char *what, const char *value, struct error *error)
{
    size_t length = strlen(value);
    size_t bad;

    if (length > VALUE_LIMIT)
        return error_set(error, "the value of %s is longer than %d KiB", what, VALUE_LIMIT / 1024);
    if (!text_is_utf8(value, length, &bad))
        return error_set(error, "the value of %s is not UTF-8", what);
    return 0;
}

/* The value that the command line's last NAME=VALUE gives; NULL when there is none. */
static const char *find_setting(const struct overrides *overrides, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = overrides->setting_count; i > 0; i--) {
        const char *setting = overrides->settings[i - 1];

        if (strncmp(setting, name, length) == 0 && setting[length] == '=')
            return setting + length + 1;
    }
    return NULL;
}

/* The variable that {env: VARIABLE} names; NULL after a problem. */
static const char *read_source(const struct loading *loading, const struct yaml_node *node)
{
    struct jobkeys_value values[KEYTABLE_COUNT] = {{NULL, NULL, 0}};
    const struct yaml_node *variable;

    jobkeys_read(loading, KEYTABLE_SECRET, node, values);
    variable = values[KEY_SECRET_ENV].node;
    if (variable == NULL)
        return NULL;
    if (!is_identifier(variable->text)) {
        loading_problem(loading, variable, "\"%s\" is not the name of an environment variable",
                        variable->text);
        return NULL;
    }
    return variable->text;
}

/*
 * The value of an environment variable; NULL after a problem. Who runs nothing gets a stand-in,
 * which is a secret like the value and shown nowhere.
 */
static const char *read_environment(const struct loading *loading, const struct yaml_node *node,
                                    const char *source)
{
    const char *value = getenv(source);
    const char *lack = value == NULL ? "not set" : "empty";

    if (value != NULL && value[0] != '\0')
        return value;
    if (loading->overrides->secrets_may_miss) {
        loading_remark(loading, node, "note: the environment variable %s is %s: a run needs it",
                       source, lack);
        return "a stand-in";
    }
    loading_problem(loading, node, "the environment variable %s is %s", source, lack);
    return NULL;
}

void parameters_append(struct job_parameters *ret, const char *name, const char *value)
{
    ret->list[ret->count++] =
        (struct job_parameter){memory_string(name), memory_string(value), false};
}

/* ---- which are secrets -------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_without_case(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* PowerShell's $token and $TOKEN are one variable. */
static int (*comparison(const struct job *job))(const void *, const void *)
{
    return job->shell == JOB_POWERSHELL ? compare_without_case : compare_names;
}

bool parameters_is_secret(const struct job *job, const char *name)
{
    return job->secrets.count > 0 && bsearch(&name, job->secrets.list, job->secrets.count,
                                             sizeof(char *), comparison(job)) != NULL;
}

static void mark(const struct job *job, struct job_parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++)
        parameters->list[i].secret = parameters_is_secret(job, parameters->list[i].name);
}

void parameters_keep_secrets(struct job *job)
{
    if (job->secrets.count == 0)
        return;
    qsort(job->secrets.list, job->secrets.count, sizeof(char *), comparison(job));
    mark(job, &job->parameters);
    mark(job, &job->args);
    for (size_t i = 0; i < job->target_count; i++) {
        mark(job, &job->targets[i].parameters);
        mark(job, &job->targets[i].args);
    }
}

/* ---- what the command line may set -------------------------------------------------------- */

static void complain_undeclared(const struct loading *loading, const char *name)
{
    const struct strings *declared = loading->declared;
    uint64_t steps = SUGGESTION_STEPS;
    size_t nearest =
        nearest_within(name, (const char *const *)declared->list, declared->count, &steps);

    if (declared->count == 0)
        loading_option_problem(loading, "--set",
                               "the job declares no parameter, and so not %.80s: declare it under "
                               "parameters in script",
                               name);
    else if (nearest < declared->count)
        loading_option_problem(loading, "--set",
                               "the job declares no parameter %.80s; did you mean %s?", name,
                               declared->list[nearest]);
    else
        loading_option_problem(
            loading, "--set",
            "the job declares no parameter %.80s: declare it under parameters in "
            "script",
            name);
}

/* What is wrong with a SETTING of NAME otherwise was told. */
static bool is_good(const char *setting, const char *name)
{
    struct error unused;

    return setting[strlen(name)] == '=' && check_name(name, &unused) == 0 &&
           parameters_check_value(name, setting + strlen(name) + 1, &unused) == 0;
}

/* The names are sorted. */
static bool is_declared(const struct loading *loading, const char *name)
{
    const struct strings *declared = loading->declared;

    return declared->count > 0 && bsearch(&name, declared->list, declared->count, sizeof(char *),
                                          comparison(loading->job)) != NULL;
}

void parameters_check_settings(const struct loading *loading)
{
    const struct overrides *overrides = loading->overrides;
    struct strings *declared = loading->declared;

    if (overrides->setting_count > JOB_PARAMETERS_MOST)
        return; /* that was told */
    if (declared->count > 0)
        qsort(declared->list, declared->count, sizeof(char *), comparison(loading->job));
    for (size_t i = overrides->settings_kept; i < overrides->setting_count; i++) {
        const char *setting = overrides->settings[i];
        char *name = memory_copy(setting, strcspn(setting, "="));

        if (is_good(setting, name) && !is_declared(loading, name))
            complain_undeclared(loading, name);
        free(name);
    }
}

/* ---- loading ------------------------------------------------------------------------------ */

bool parameters_check_kind(const struct loading *loading, const struct parameters_name *name,
                           const struct yaml_node *node)
{
    if (node->kind == YAML_SEQUENCE)
        loading_problem(loading, node, "%s must be a text or {env: VARIABLE}, not a list",
                        name->what);
    return node->kind != YAML_SEQUENCE && !node->refused;
}

void parameters_load_value(const struct loading *loading, const struct parameters_name *name,
                           const struct yaml_node *node, const char *setting,
                           struct job_parameters *ret)
{
    const char *value = setting;
    struct error error;

    if (node->kind == YAML_MAPPING) {
        const char *source = read_source(loading, node);

        if (source == NULL)
            return;
        strings_add(&loading->job->secrets, name->name);
        if (value == NULL)
            value = read_environment(loading, node, source);
    } else if (value == NULL) {
        value = node->text;
    }
    if (value == NULL)
        return;
    if (parameters_check_value(name->what, value, &error) == 0)
        parameters_append(ret, name->name, value);
    else if (value != setting) /* else that was told */
        loading_problem(loading, node, "%s", error.text);
}

/* SETTING: the value that the command line gives instead; NULL when it gives none. */
static void load_pair(const struct loading *loading, const struct yaml_node *key,
                      const struct yaml_node *node, const char *setting, struct job_parameters *ret)
{
    const struct parameters_name name = {key->text, key->text};
    struct error error;

    if (check_name(key->text, &error) < 0)
        loading_problem(loading, key, "%s", error.text);
    else if (node->empty)
        loading_problem(loading, key, "\"%s\" has no value: write \"\" for an empty text",
                        key->text);
    else if (parameters_check_kind(loading, &name, node))
        parameters_load_value(loading, &name, node, setting, ret);
}

static struct job_parameter *find(const struct job_parameters *parameters, const char *name)
{
    for (size_t i = 0; i < parameters->count; i++) {
        if (strcmp(parameters->list[i].name, name) == 0)
            return &parameters->list[i];
    }
    return NULL;
}

/* Does MAPPING itself, which may be NULL, take NAME from the environment? */
static bool is_secret_in(const struct yaml_node *mapping, const char *name)
{
    for (size_t i = 0; mapping != NULL && i < mapping->count; i++) {
        if (strcmp(mapping->keys[i]->text, name) == 0)
            return mapping->items[i]->kind == YAML_MAPPING;
    }
    return false;
}

/* Checks one NAME=VALUE of the command line and adds the parameter where the file has none. */
static void apply_setting(const struct loading *loading, const struct yaml_node *mapping,
                          const char *setting, struct job_parameters *parameters)
{
    const char *equals = strchr(setting, '=');
    struct job_parameter *parameter;
    struct error error;
    char *name;

    if (equals == NULL) {
        loading_option_problem(loading, "--set", "write NAME=VALUE");
        return;
    }
    name = memory_copy(setting, (size_t)(equals - setting));
    parameter = find(parameters, name);
    if (check_name(name, &error) < 0 || parameters_check_value(name, equals + 1, &error) < 0) {
        loading_option_problem(loading, "--set", "%s", error.text);
    } else if (parameter == NULL) {
        parameters_append(parameters, name, equals + 1);
    } else if (equals[1] == '\0' && is_secret_in(mapping, name)) {
        loading_option_problem(loading, "--set", "%s is a secret and must not be empty", name);
    } else {
        free(parameter->value);
        parameter->value = memory_string(equals + 1);
    }
    free(name);
}

static bool check_counts(const struct loading *loading, const struct yaml_node *mapping,
                         bool settings)
{
    bool good = true;

    if (mapping != NULL && mapping->count > JOB_PARAMETERS_MOST) {
        loading_problem(loading, mapping, "more than %d parameters", JOB_PARAMETERS_MOST);
        good = false;
    }
    if (loading->overrides->setting_count > JOB_PARAMETERS_MOST) {
        if (settings) /* once, not for each VM */
            loading_option_problem(loading, "--set", "given more than %d times",
                                   JOB_PARAMETERS_MOST);
        good = false;
    }
    return good;
}

/* Nobody asks for these names when the command line sets nothing. */
static void declare(const struct loading *loading, const struct yaml_node *mapping)
{
    if (mapping == NULL || loading->overrides->setting_count == 0)
        return;
    for (size_t i = 0; i < mapping->count; i++)
        strings_add(loading->declared, mapping->keys[i]->text);
}

void parameters_load(const struct loading *loading, const struct yaml_node *mapping, bool settings,
                     struct job_parameters *ret)
{
    const struct overrides *overrides = loading->overrides;
    size_t most =
        (mapping != NULL ? mapping->count : 0) + (settings ? overrides->setting_count : 0);

    declare(loading, mapping);
    if (!check_counts(loading, mapping, settings))
        return;
    ret->list = memory_zeroed(most, sizeof *ret->list);
    for (size_t i = 0; mapping != NULL && i < mapping->count; i++)
        load_pair(loading, mapping->keys[i], mapping->items[i],
                  find_setting(overrides, mapping->keys[i]->text), ret);
    for (size_t i = 0; settings && i < overrides->setting_count; i++)
        apply_setting(loading, mapping, overrides->settings[i], ret);
}
