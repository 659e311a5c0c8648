/* SPDX-License-Identifier: MIT */
#include "job/script.h"

#include <string.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "job/arguments.h"
#include "job/files.h"
#include "job/job.h"
#include "job/jobkeys.h"
#include "job/limits.h"
#include "job/loading.h"
#include "job/okstatus.h"
#include "job/parameters.h"
#include "job/scripttext.h"
#include "job/yaml.h"
#include "sys/file.h"

_Static_assert((int)DIGEST_TEXT_SIZE == (int)JOB_DIGEST_SIZE, "a digest fits");

/* How messages name what joined NODE's lines; NULL: nothing did. */
static const char *what_folded(const struct yaml_node *node)
{
    switch (node->lines) {
    case YAML_FOLDED:
        return ">";
    case YAML_JOINED:
        return "YAML";
    default:
        return NULL;
    }
}

/* A shell on Linux takes the carriage return of a Windows line end for part of the command. */
static void drop_carriage_returns(struct buffer *script)
{
    size_t kept = 0;

    for (size_t i = 0; i < script->length; i++) {
        if (script->data[i] != '\r' || script->data[i + 1] != '\n')
            script->data[kept++] = script->data[i];
    }
    script->length = kept;
    script->data[kept] = '\0';
}

static int check(const struct job *job, const struct buffer *script, struct error *error)
{
    bool is_file = job->script_file != NULL;
    struct scripttext text = {.name = is_file ? job->script_file : "the script",
                              .text = buffer_text(script),
                              .length = script->length,
                              .shell = job->shell,
                              .place = is_file ? NULL : &job->script_place};

    return scripttext_check(&text, error);
}

static void load_text(const struct loading *loading, const struct jobkeys_value *values)
{
    const struct yaml_node *file = values[KEY_SCRIPT_FILE].node;
    const struct yaml_node *node = file != NULL ? file : values[KEY_SCRIPT_INLINE].node;
    struct job *job = loading->job;
    struct buffer script = BUFFER_INIT;
    struct error error;
    int result = 0;

    if (file != NULL) {
        job->script_file = file_beside(loading->path, file->text);
        result = file_read(job->script_file, LIMITS_SCRIPT, &script, &error);
    } else {
        job->script_place = (struct job_place){.line = node->line,
                                               .column = node->column,
                                               .kept = node->lines == YAML_KEPT,
                                               .folded_by = what_folded(node)};
        buffer_add(&script, node->text);
    }
    if (result == 0)
        result = check(job, &script, &error);
    if (result < 0) {
        loading_problem(loading, node, "%s", error.text);
        buffer_done(&script);
        return;
    }
    digest_print(script.data, script.length, job->script_digest);
    if (job->shell == JOB_SH)
        drop_carriage_returns(&script);
    job->script_length = script.length;
    job->script = buffer_take(&script);
}

void script_load(const struct loading *loading, const struct yaml_node *section)
{
    struct jobkeys_value values[KEYTABLE_COUNT] = {{NULL, NULL, 0}};
    const struct jobkeys_value *file = &values[KEY_SCRIPT_FILE];
    const struct jobkeys_value *text = &values[KEY_SCRIPT_INLINE];

    if (section != NULL)
        jobkeys_read(loading, KEYTABLE_SCRIPT, section, values);
    loading->job->shell = (enum job_shell)jobkeys_number(values, KEY_SCRIPT_SHELL);
    parameters_load(loading, values[KEY_SCRIPT_PARAMETERS].node, true, &loading->job->parameters);
    arguments_load_common(loading, values[KEY_SCRIPT_ARGS].node, &loading->job->args);
    files_load(loading, values[KEY_SCRIPT_FILES].node);
    okstatus_load(loading, values[KEY_SCRIPT_OK_STATUS].node);
    if (file->key != NULL && text->key != NULL)
        loading_problem(loading, file->key->line > text->key->line ? file->key : text->key,
                        "a script is either file or inline, not both");
    else if (file->node != NULL || text->node != NULL)
        load_text(loading, values);
    else if (section != NULL && file->key == NULL && text->key == NULL)
        loading_problem(loading, section, "the script is missing: give file or inline");
}
