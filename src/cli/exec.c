/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "azure/guard.h"
#include "base/ascii.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/execute.h"
#include "cli/execution.h"
#include "cli/load.h"
#include "cli/message.h"
#include "cli/options.h"
#include "job/draft.h"
#include "job/job.h"
#include "run/status.h"
#include "sys/file.h"

/* Of the command or the script, in the job's name. */
enum { NAME_MOST = 40 };

/* ---- the script --------------------------------------------------------------------------- */

/* To PowerShell 1e3 is 1000, and .5 is 0.5. */
static bool may_be_number(const char *word)
{
    return !ascii_is_letter(word[word[0] == '-']) && strchr("_/\\", word[0]) == NULL;
}

/* To PowerShell -a.b is two words, -a and .b. What stands after a colon is a parameter's value. */
static bool may_be_split(const char *word)
{
    return word[0] == '-' && word[strcspn(word, ".:")] == '.';
}

/* Does WORD mean itself to the shell? */
static bool is_plain(enum job_shell shell, const char *word)
{
    const char *others = shell == JOB_POWERSHELL ? "_-./:\\" : "_-./:";
    size_t length = 0;

    if (shell == JOB_POWERSHELL && (may_be_number(word) || may_be_split(word)))
        return false;

    while (word[length] != '\0' &&
           (ascii_is_alphanumeric(word[length]) || strchr(others, word[length]) != NULL))
        length++;
    return length > 0 && word[length] == '\0';
}

/* PowerShell's quotes hold ASCII alone, and the rest is a sum of strings: that wants brackets. */
static void add_word(struct buffer *script, enum job_shell shell, const char *word)
{
    bool is_sum = false;

    if (is_plain(shell, word)) {
        buffer_add(script, word);
        return;
    }
    for (const char *at = word; *at != '\0' && shell == JOB_POWERSHELL; at++)
        is_sum = is_sum || (unsigned char)*at >= 0x80;
    buffer_add(script, is_sum ? "('" : "'");
    guard_quote(script, shell, word);
    buffer_add(script, is_sum ? "')" : "'");
}

/*
 * One word is a line for the shell, as it is; several are a command and its arguments, which arrive
 * on the VM as the words that they are here.
 */
static void write_command(struct buffer *script, const struct options_list *words,
                          enum job_shell shell)
{
    if (words->count == 1) {
        buffer_add(script, words->list[0]);
    } else {
        if (shell == JOB_POWERSHELL && !is_plain(shell, words->list[0]))
            buffer_add(script, "& "); /* a string is no command by itself */
        for (size_t i = 0; i < words->count; i++) {
            buffer_add(script, i > 0 ? " " : "");
            add_word(script, shell, words->list[i]);
        }
    }
    while (script->length > 0 && script->data[script->length - 1] == '\n')
        script->data[--script->length] = '\0';
    buffer_add_char(script, '\n');
}

/* A job file keeps text alone. */
static int check_command(const struct buffer *script, struct error *error)
{
    bool empty = true;

    for (size_t i = 0, size; i < script->length; i += size) {
        uint32_t character;

        size = text_read_character(script->data + i, script->length - i, &character);
        if (size == 0 || text_is_harmful(character))
            return error_set(error, "the command has a character that is no text: put it into a "
                                    "script, and give that with --script");
        empty = empty && strchr(" \t\n", script->data[i]) != NULL;
    }
    return empty ? error_set(error, "the command is empty") : 0;
}

/* ---- the job ------------------------------------------------------------------------------ */

/* "exec-df", for "/bin/df -h". */
static char *make_name(const struct options *options)
{
    const char *word = options->script != NULL ? options->script : options->args.list[0];
    size_t length = strcspn(word, options->script != NULL ? "" : " \t\n");
    const char *slash = memrchr(word, '/', length);
    const char *base = slash != NULL ? slash + 1 : word;
    size_t most = length - (size_t)(base - word);
    size_t legal = 0;

    while (legal < most && legal < NAME_MOST &&
           (ascii_is_alphanumeric(base[legal]) || strchr("-_.", base[legal]) != NULL))
        legal++;
    return legal > 0 ? memory_print("exec-%.*s", (int)legal, base) : memory_string("exec");
}

/* MORE: one more text of targets, or NULL. */
static int make_draft(const struct options *options, const char *more, const char *script,
                      struct buffer *text, struct error *error)
{
    struct options_list targets = {NULL, 0};
    char *name = make_name(options);
    char *file = options->script != NULL ? file_absolute(options->script) : NULL;
    struct draft draft = {.name = name,
                          .shell = options->shell,
                          .script_file = file,
                          .script = script,
                          .resource_group = options->resource_group,
                          .subscription = options->subscription};
    const char *target = "";
    struct error cause;
    int result = 0;

    for (size_t i = 0; i < options->jobs.count; i++)
        options_add(&targets, options->jobs.list[i]);
    if (more != NULL)
        options_add(&targets, more);
    draft.targets = targets.list;
    draft.target_count = targets.count;
    if (draft_write(&draft, text, &target, &cause) < 0)
        result = error_set(error, "%.80s: %s", target, cause.text);
    else if (text->length > JOB_FILE_LIMIT)
        result = error_set(error,
                           "the job file of so many targets would have more than %d bytes: write "
                           "one yourself, with the targets in a file",
                           (int)JOB_FILE_LIMIT);
    free(targets.list);
    free(file);
    free(name);
    return result;
}

/* ---- the command -------------------------------------------------------------------------- */

static int run(const struct options *options, const char *draft, int *ret_signal)
{
    struct job *job;
    int status = load_draft(options, draft, &job);
    struct execution execution = {.options = options, .job = job, .draft = draft};

    if (status == STATUS_OK)
        status = execute_job(&execution, ret_signal);
    job_free(job);
    return status;
}

int cli_exec(const struct options *options, int *ret_signal)
{
    struct options without = *options;
    char *file = options->targets != NULL ? memory_print("@%s", options->targets) : NULL;
    struct buffer script = BUFFER_INIT;
    struct buffer draft = BUFFER_INIT;
    struct error error;
    int result = 0;
    int status;

    without.targets = NULL; /* they become the job's own */
    if (options->script == NULL) {
        write_command(&script, &options->args, options->shell);
        result = check_command(&script, &error);
        without.has_args = false; /* they are no arguments of a script */
        without.args = (struct options_list){NULL, 0};
    }
    if (result < 0 || make_draft(options, file, buffer_text(&script), &draft, &error) < 0)
        status = message_fail(STATUS_USAGE, error.text);
    else
        status = run(&without, buffer_text(&draft), ret_signal);
    buffer_done(&script);
    buffer_done(&draft);
    free(file);
    return status;
}
