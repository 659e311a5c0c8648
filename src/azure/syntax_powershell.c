/* SPDX-License-Identifier: MIT */
/*
 * The parser's errors and the tokens that 5.1 has not are printed as lines
 *
 *   LINE:COLUMN:ID: text
 *
 * An error may be this machine's: a module, a type or a resource that is not here. Such a one is a
 * remark. Workflows are in 5.1 alone.
 */
#include "azure/syntax_powershell.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "azure/syntax_process.h"
#include "base/memory.h"
#include "job/job.h"
#include "job/problems.h"
#include "sys/file.h"
#include "sys/signals.h"

#define NEWER "Newer"

/* The kinds of tokens are those of System.Management.Automation.Language.TokenKind that came with
 * PowerShell 7.0. */
static char question[] =
    "$tokens = $errors = $null\n"
    "[void][Management.Automation.Language.Parser]::ParseInput("
    "[IO.File]::ReadAllText('/dev/stdin'), [ref]$tokens, [ref]$errors)\n"
    "function Tell($where, $id, $text) {\n"
    "    [Console]::Out.Write(\"$($where.StartLineNumber):$($where.StartColumnNumber):${id}: \" +\n"
    "        ($text -replace '\\s+', ' ') + \"`n\")\n"
    "}\n"
    "foreach ($wrong in $errors) { Tell $wrong.Extent $wrong.ErrorId $wrong.Message }\n"
    "foreach ($token in $tokens) {\n"
    "    if ($token.Kind -in 'AndAnd', 'OrOr', 'QuestionQuestion', 'QuestionQuestionEquals',\n"
    "            'QuestionDot', 'QuestionLBracket', 'QuestionMark') {\n"
    "        Tell $token.Extent " NEWER " $token.Text\n"
    "    }\n"
    "}\n";

struct complaint {
    int line;
    int column;
    const char *id; /* ends at a ':' */
    const char *text;
};

static bool has_id(const struct complaint *complaint, const char *part)
{
    return memmem(complaint->id, strcspn(complaint->id, ":"), part, strlen(part)) != NULL;
}

/* Is the error about what this machine has not? */
static bool is_local(const struct complaint *complaint)
{
    static const char *const parts[] = {"NotFound", "Module",        "Assembly",
                                        "Resource", "Configuration", "Dsc"};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (has_id(complaint, parts[i]))
            return true;
    }
    return false;
}

/* Reads LINE, which ends with a NUL. */
static bool read_complaint(const char *line, struct complaint *ret)
{
    char *end;

    ret->line = (int)strtol(line, &end, 10);
    if (*end != ':' || ret->line < 1)
        return false;
    ret->column = (int)strtol(end + 1, &end, 10);
    if (*end != ':' || ret->column < 1)
        return false;
    ret->id = end + 1;
    ret->text = strstr(ret->id, ": ");
    if (ret->text == NULL)
        return false;
    ret->text += 2;
    return true;
}

/* Where the script is a block of the job file its lines are indented there, nobody knows how far.
 */
static void add(struct problems *problems, const struct job *job, const struct complaint *complaint,
                const char *before, const char *behind)
{
    int line;
    int column;
    const char *path = job_find_script_line(job, complaint->line, &line, &column);

    if (job->script_file != NULL)
        problems_add(problems, path, line, complaint->column, "%s%s%s", before, complaint->text,
                     behind);
    else
        problems_add(problems, path, line, column, "%s%s%s (line %d, column %d of the script)",
                     before, complaint->text, behind, complaint->line, complaint->column);
}

static void report_complaint(const struct job *job, const struct complaint *complaint,
                             struct problems *errors, struct problems *remarks)
{
    if (has_id(complaint, NEWER))
        add(errors, job, complaint,
            "Windows PowerShell 5.1, which runs scripts on VMs, has no operator `", "`");
    else if (is_local(complaint))
        add(remarks, job, complaint, "warning: PowerShell, as it is here, says: ", "");
    else
        add(errors, job, complaint, "PowerShell says: ", "");
}

/* The first of OUTPUT, by its place; false: there is none. */
static bool find_first(char *output, struct complaint *ret)
{
    char *rest = NULL;
    bool found = false;

    for (char *line = strtok_r(output, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        struct complaint complaint;

        if (!read_complaint(line, &complaint) || has_id(&complaint, "Workflow"))
            continue;
        if (found && (complaint.line > ret->line ||
                      (complaint.line == ret->line && complaint.column >= ret->column)))
            continue;
        *ret = complaint;
        found = true;
    }
    return found;
}

/* What PowerShell needs to start: where it is at home, and where .NET is. */
static void add_environment(struct strings *ret)
{
    const char *home = getenv("HOME");
    const char *dotnet = getenv("DOTNET_ROOT");

    strings_add(ret, "LC_ALL=C.UTF-8");
    strings_add(ret, "PATH=/usr/bin:/bin");
    strings_print(ret, "HOME=%s", home != NULL ? home : "/tmp");
    if (dotnet != NULL)
        strings_print(ret, "DOTNET_ROOT=%s", dotnet);
}

static void ask(const char *program, const struct job *job, struct finish *ret)
{
    struct syntax_process process = {.program = program, .seconds = SYNTAX_POWERSHELL_SECONDS};

    strings_add_all(
        &process.arguments,
        (const char *const[]){"pwsh", "-NoProfile", "-NonInteractive", "-Command", question, NULL});
    add_environment(&process.environment);
    syntax_process_run(&process, job, ret);
    syntax_process_done(&process);
}

void syntax_powershell_check(const struct job *job, struct problems *errors,
                             struct problems *remarks)
{
    struct complaint complaint;
    struct finish finish;
    struct error ignored;
    char *program;

    if (file_find_program("pwsh", &program, &ignored) < 0)
        return;
    signals_expect_children();
    ask(program, job, &finish);
    if (syntax_process_ended(&finish) && finish.output.length > 0) {
        char *output = memory_copy(finish.output.data, finish.output.length);

        if (find_first(output, &complaint))
            report_complaint(job, &complaint, errors, remarks);
        free(output);
    }
    finish_done(&finish);
    free(program);
}
