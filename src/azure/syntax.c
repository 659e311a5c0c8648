/* SPDX-License-Identifier: MIT */
/*
 * A message begins with the script's name, for which the shells get /dev/stdin, and has the line:
 *
 *   bash      /dev/stdin: line 5: syntax error near unexpected token `fi'
 *   dash      /dev/stdin: 5: Syntax error: "fi" unexpected
 *   ksh93     /dev/stdin: syntax error at line 5: `fi' unexpected
 *   mksh      /dev/stdin[5]: syntax error: unexpected 'fi'
 *   zsh       /dev/stdin:5: parse error near `fi'
 *
 * Not every refusal is the script's fault: -n executes no shopt, setopt or alias that would change
 * the grammar, and reads on after an exit. And the VM's /bin/sh may be another shell than ours.
 * What is not certain is a remark.
 */
#include "azure/syntax.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "azure/syntax_powershell.h"
#include "azure/syntax_process.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "job/job.h"
#include "job/problems.h"
#include "job/shebang.h"
#include "sys/signals.h"

#define SCRIPT  "/dev/stdin"
#define WARNING "warning: "

struct shell {
    const char *name;
    const char *option;    /* before -n, or NULL */
    const char *unless;    /* words that change its grammar while the script runs, with '|' */
    bool warns;            /* what it says of a script that it takes is worth a remark */
    const char *complains; /* how its syntax errors begin, with '|'; NULL: it says nothing else */
};

static const struct shell shells[] = {
    {"sh", NULL, NULL, false, NULL},
    {"dash", NULL, NULL, false, NULL},
    {"bash", NULL, "expand_aliases", true, NULL},
    {"ksh", NULL, NULL, false, "syntax error"},
    {"ksh93", NULL, NULL, false, "syntax error"},
    {"mksh", NULL, NULL, false, "syntax error"},
    /* -f: it reads no start files but /etc/zshenv, of which -n executes nothing either */
    {"zsh", "-f", "setopt|emulate|set -o|alias", false, "parse error|unmatched"},
};

/* What a shell said. */
struct verdict {
    bool known; /* false: it is not here, or did not end by itself */
    bool refused;
    struct finish finish;
};

/* ---- the shell ------------------------------------------------------------------------------ */

static const struct shell *find_shell(const char *name)
{
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].name, name) == 0)
            return &shells[i];
    }
    return NULL;
}

/* The shell that will run JOB's script; NULL: none that is known. */
static const struct shell *shell_of(const struct job *job)
{
    struct shebang shebang;

    if (job->shell != JOB_SH)
        return NULL;
    return find_shell(shebang_read(job->script, &shebang) ? shebang.program : "sh");
}

/* free() it; NULL: it is not here. */
static char *find_program(const char *name)
{
    static const char *const folders[] = {"/bin", "/usr/bin"};

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char *path = memory_print("%s/%s", folders[i], name);

        if (access(path, X_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

static void add_arguments(struct strings *ret, const struct shell *shell, const struct job *job)
{
    strings_add(ret, shell->name);
    if (shell->option != NULL)
        strings_add(ret, shell->option);
    strings_add(ret, "-n");
    if (strcmp(shell->name, "bash") == 0 && strstr(job->script, "extglob") != NULL)
        strings_add_all(ret, /* what the script's own shopt would do */
                        (const char *const[]){"-O", "extglob", NULL});
    strings_add(ret, SCRIPT);
}

static void run_shell(const struct shell *shell, const struct job *job, const char *program,
                      struct finish *ret)
{
    struct syntax_process process = {.program = program, .seconds = SYNTAX_SECONDS};

    add_arguments(&process.arguments, shell, job);
    strings_add(&process.environment, "LC_ALL=C.UTF-8");
    strings_add(&process.environment, "PATH=/usr/bin:/bin");
    syntax_process_run(&process, job, ret);
    syntax_process_done(&process);
}

/* finish_done() what is in it. */
static struct verdict ask(const struct shell *shell, const struct job *job)
{
    char *program = find_program(shell->name);
    struct verdict verdict = {.known = false};

    if (program == NULL)
        return verdict;
    run_shell(shell, job, program, &verdict.finish);
    verdict.known = syntax_process_ended(&verdict.finish);
    verdict.refused = verdict.known && verdict.finish.exit.status != 0;
    free(program);
    return verdict;
}

/* ---- what it says --------------------------------------------------------------------------- */

struct message {
    int line; /* of the script */
    char *text;
};

/* One of WORDS, with '|' between them, is in TEXT. */
static bool has_one(const char *text, const char *words)
{
    while (words != NULL) {
        size_t length = strcspn(words, "|");

        if (memmem(text, strlen(text), words, length) != NULL)
            return true;
        words = words[length] == '|' ? words + length + 1 : NULL;
    }
    return false;
}

static int count_lines(const struct job *job)
{
    int lines = 0;

    for (size_t i = 0; i < job->script_length; i++)
        lines += job->script[i] == '\n';
    if (job->script_length > 0 && job->script[job->script_length - 1] != '\n')
        lines++;
    return lines;
}

/* Where a file ends too early shells count a line more than it has. */
static int read_line_number(const char *text, const struct job *job)
{
    int lines = count_lines(job);
    long line = strtol(text, NULL, 10);

    return line < 1 ? 1 : line > lines ? lines : (int)line;
}

/* What bash tells of two lines, and ksh93 before the line. */
static const char here_document[] = WARNING "here-document at line ";
static const char line_behind[] = SCRIPT ": syntax error";

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* What stands after the first number of TEXT. */
static const char *behind_number(const char *text)
{
    static const char digits[] = "0123456789";

    text += strcspn(text, digits);
    return text + strspn(text, digits);
}

/* Reads what stands at AT, from the script's name on. */
static void read_from_name(const char *at, const struct job *job, struct message *ret)
{
    const char *text = behind_number(at);

    ret->line = read_line_number(at + strcspn(at, "0123456789"), job);
    text += strspn(text, ":] ");
    if (begins(text, here_document)) { /* where it begins */
        ret->line = read_line_number(text + strlen(here_document), job);
        ret->text = memory_print(WARNING "here-document%s", behind_number(text));
    } else if (begins(at, SCRIPT ": " WARNING)) { /* ksh93's: of style, and many */
        ret->text = memory_print(WARNING "%s", text);
    } else if (begins(at, line_behind)) {
        ret->text = memory_print("syntax error: %s", text);
    } else {
        ret->text = memory_string(text);
    }
}

/* Reads a line of LENGTH bytes; false: it is none about the script. */
static bool read_message(const char *line, size_t length, const struct job *job,
                         struct message *ret)
{
    char *copy = memory_copy(line, length);
    const char *at = strstr(copy, SCRIPT);
    bool has_line =
        at != NULL && strchr(":]", *behind_number(at)) != NULL && *behind_number(at) != '\0';

    if (has_line)
        read_from_name(at, job, ret);
    free(copy);
    return has_line;
}

/* The first message that is a warning, or is none. */
static bool find_message(const struct verdict *verdict, const struct job *job, bool warning,
                         struct message *ret)
{
    const char *at = verdict->finish.errors.data;
    size_t left = verdict->finish.errors.length;

    while (left > 0) {
        const char *end = memchr(at, '\n', left);
        size_t length = end != NULL ? (size_t)(end - at) : left;

        if (read_message(at, length, job, ret)) {
            if (begins(ret->text, WARNING) == warning)
                return true;
            free(ret->text);
        }
        at += end != NULL ? length + 1 : length;
        left -= end != NULL ? length + 1 : length;
    }
    return false;
}

static void add(struct problems *problems, const struct job *job, const struct message *message,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* FORMAT is followed by the line of the script, where the place does not tell it. */
static void add(struct problems *problems, const struct job *job, const struct message *message,
                const char *format, ...)
{
    int line;
    int column;
    const char *path = job_find_script_line(job, message->line, &line, &column);
    bool is_vague = job->script_file == NULL && !job->script_place.kept && count_lines(job) > 1;
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = memory_print_list(format, arguments);
    va_end(arguments);
    if (is_vague)
        problems_add(problems, path, line, column, "%s (line %d of the script)", text,
                     message->line);
    else
        problems_add(problems, path, line, column, "%s", text);
    free(text);
}

/* ---- whether it is certain ------------------------------------------------------------------ */

/* Is there an exit, at the left margin, before line LINE? What stands after it is never read. */
static bool ends_before(const char *script, int line)
{
    for (int number = 1; number < line && *script != '\0'; number++) {
        size_t word = strcspn(script, " \t;\n");

        if (word == 4 && strncmp(script, "exit", 4) == 0)
            return true;
        script += strcspn(script, "\n");
        script += *script == '\n';
    }
    return false;
}

/* ksh is AT&T's on most VMs; here it may be another that knows less. */
static bool is_another_ksh(const struct shell *shell)
{
    char *program = strcmp(shell->name, "ksh") == 0 ? find_program(shell->name) : NULL;
    char *path = program != NULL ? realpath(program, NULL) : NULL;
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    bool another = slash != NULL && strncmp(slash, "/ksh", 4) != 0;

    free(path);
    free(program);
    return another;
}

/* /bin/sh is bash on many VMs. */
static bool does_bash_take(const struct job *job)
{
    struct verdict verdict = ask(find_shell("bash"), job);
    bool takes = verdict.known && !verdict.refused;

    finish_done(&verdict.finish);
    return takes;
}

static void report_refusal(const struct shell *shell, const struct job *job,
                           const struct message *message, struct problems *errors,
                           struct problems *remarks)
{
    if (shell->complains != NULL && !has_one(message->text, shell->complains))
        return;
    if (has_one(job->script, shell->unless) || ends_before(job->script, message->line) ||
        is_another_ksh(shell))
        add(remarks, job, message, "warning: %s -n, as it is here, says: %s", shell->name,
            message->text);
    else if (strcmp(shell->name, "sh") == 0 && does_bash_take(job))
        add(remarks, job, message,
            "warning: sh -n says: %s; bash takes it: name bash in the first line (#!/bin/bash), "
            "for /bin/sh is another shell on many VMs",
            message->text);
    else
        add(errors, job, message, "%s -n says: %s", shell->name, message->text);
}

void syntax_check(const struct job *job, struct problems *errors, struct problems *remarks)
{
    const struct shell *shell = shell_of(job);
    struct verdict verdict;
    struct message message;

    if (job->shell == JOB_POWERSHELL)
        syntax_powershell_check(job, errors, remarks);
    if (shell == NULL)
        return;
    signals_expect_children();
    verdict = ask(shell, job);
    if (verdict.refused && find_message(&verdict, job, false, &message)) {
        report_refusal(shell, job, &message, errors, remarks);
        free(message.text);
    } else if (verdict.known && shell->warns && find_message(&verdict, job, true, &message)) {
        add(remarks, job, &message, "warning: %s -n says: %s", shell->name,
            message.text + strlen(WARNING));
        free(message.text);
    }
    finish_done(&verdict.finish);
}
