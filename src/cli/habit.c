/* SPDX-License-Identifier: MIT */
#include "cli/habit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/optiontable.h"

enum { WORDS_MOST = 8 };

/* ---- commands ----------------------------------------------------------------------------- */

static const struct {
    const char *words[WORDS_MOST];
    const char *text;
} command_rows[] = {
    {{"list", "ls", "jobs"},
     "`azfan runs` lists past runs, `azfan targets JOB` a job's VMs, `azfan check --list "
     "FOLDER` its jobs"},
    {{"validate", "lint", "verify", "syntax"}, "did you mean `azfan check JOB`?"},
    {{"status", "show", "ps", "state"}, "`azfan runs` lists runs, `azfan report` shows one"},
    {{"attach", "follow", "tail", "wait"}, "did you mean `azfan watch`?"},
    {{"cancel", "abort", "kill", "drain"}, "did you mean `azfan stop`?"},
    {{"history", "log", "logs"}, "`azfan runs` lists past runs, `azfan report` shows one"},
    {{"ping"}, "`azfan exec -g GROUP VM... -- true` shows which VMs answer"},
    {{"shell", "sh", "cmd", "command", "ssh", "adhoc", "ad-hoc"},
     "did you mean `azfan exec -g GROUP VM... -- COMMAND`?"},
    {{"apply", "start", "launch", "deploy"}, "did you mean `azfan run JOB`?"},
    {{"retry", "resume", "continue"}, "did you mean `azfan rerun`?"},
    {{"simulate", "dry-run", "preview"},
     "`azfan plan JOB` shows what would be done, `azfan rehearse JOB` plays the whole run"},
    {{"clean", "gc", "delete", "rm"}, "`azfan prune --older 90d` deletes old runs"},
    {{"hosts", "inventory", "nodes"}, "did you mean `azfan targets JOB`?"},
};

static bool has_word(const char *const *words, const char *word, size_t length)
{
    for (int i = 0; i < WORDS_MOST && words[i] != NULL; i++) {
        if (strlen(words[i]) == length && strncmp(words[i], word, length) == 0)
            return true;
    }
    return false;
}

bool habit_names_job(const char *word)
{
    const char *dot = strrchr(word, '.');

    return dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

char *habit_of_command(const char *word)
{
    if (habit_names_job(word))
        return memory_print("did you mean `azfan plan %s`?", word);
    for (size_t i = 0; i < sizeof command_rows / sizeof command_rows[0]; i++) {
        if (has_word(command_rows[i].words, word, strlen(word)))
            return memory_string(command_rows[i].text);
    }
    return NULL;
}

/* ---- options ------------------------------------------------------------------------------ */

static const struct {
    const char *words[WORDS_MOST];
    const char *needs; /* an option that the command has where the text is true; NULL: of any */
    const char *text;
} option_rows[] = {
    {{"-V"}, NULL, "did you mean --version?"},
    {{"--dry-run", "--check", "--noop", "--what-if", "--whatif", "--simulate", "--rehearse"},
     "resource-group",
     "on a terminal it says which VMs are meant, and asks before it starts anything"},
    {{"-w", "-H", "-l", "--host", "--hosts", "--nodes"},
     "resource-group",
     "the VMs are named without an option, before the --"},
    {{"-m", "-a", "--module-name", "--args", "--command"},
     "resource-group",
     "the command stands after --"},
    {{"-s"}, "script", "--script FILE runs a script"},
    {{"-g", "--group", "--resource-group"}, "limit", "the job file names its resource group"},
    {{"-t"}, "timeout", "did you mean --timeout?"},
    {{"-b", "--batch", "--batch-size", "--serial"}, "batches", "did you mean --batches?"},
    {{"--fail-fast", "--failfast", "--any-errors-fatal", "--halt", "--stop-on-error"},
     "max-failures",
     "--max-failures 0 halts at the first failure"},
    {{"-u", "--user", "--become", "--sudo"},
     "concurrency",
     "a script runs as root (Linux) or SYSTEM (Windows)"},
    {{"--dry-run", "--check", "--noop", "--what-if", "--whatif", "--simulate"},
     "yes",
     "`azfan plan JOB` shows what would be done, `azfan rehearse JOB` plays the whole run"},
    {{"-n", "-j", "-f", "-p", "-P"}, "concurrency", "-c N says how many run at once"},
    {{"--jobs", "--forks", "--fanout", "--parallel", "--max-parallel", "--workers", "--throttle"},
     "concurrency",
     "-c N says how many run at once"},
    {{"--tags", "--tag", "--selector", "--label"},
     "limit",
     "VMs are chosen by their names: --limit 'web-*'. `az vm list --query "
     "\"[?tags.role=='web'].id\" -o tsv` prints ids by a tag, for a job's list file or --limit "
     "@FILE"},
    {{"-l", "-w", "-H", "--host", "--hosts", "--nodes", "--only-hosts"},
     "limit",
     "--limit SELECTORS takes some of the job's targets"},
    {{"-w", "-H", "--host", "--hosts", "--nodes"},
     NULL,
     "`azfan exec -g GROUP VM... -- COMMAND` runs a command on VMs"},
    {{"-i", "--inventory"}, "limit", "the job file names its targets; --limit takes some of them"},
    {{"-x", "--skip", "--except"}, "exclude", "--exclude SELECTORS leaves some targets out"},
    {{"-e", "--extra-vars", "--var", "--env"}, "set", "did you mean --set NAME=VALUE?"},
    {{"--force", "--no-confirm", "--non-interactive", "--assume-yes", "--auto-approve"},
     "yes",
     "-y asks nothing"},
    {{"-o", "--format", "--json"}, "report", "--report FILE.json writes one of its reports"},
};

static bool has_option(enum commands_id command, const char *name)
{
    for (int i = 0; i < OPTIONTABLE_COUNT; i++) {
        if (optiontable_has(&optiontable[i], command) && strcmp(optiontable[i].name, name) == 0)
            return true;
    }
    return false;
}

const char *habit_of_option(const char *argument, enum commands_id command)
{
    size_t length = strcspn(argument, "=");

    for (size_t i = 0; i < sizeof option_rows / sizeof option_rows[0]; i++) {
        const char *needs = option_rows[i].needs;

        if (has_word(option_rows[i].words, argument, length) &&
            (needs == NULL || has_option(command, needs)))
            return option_rows[i].text;
    }
    return NULL;
}

/* ---- job files ---------------------------------------------------------------------------- */

char *habit_find_job(const char *path)
{
    static const struct {
        const char *before, *after;
    } forms[] = {{"jobs/", ".yaml"}, {"jobs/", ".yml"}, {"jobs/", ""}, {"", ".yaml"}, {"", ".yml"}};

    for (size_t i = 0; i < sizeof forms / sizeof forms[0] && path[0] != '\0'; i++) {
        char *found = memory_print("%s%s%s", forms[i].before, path, forms[i].after);

        if (access(found, F_OK) == 0)
            return found;
        free(found);
    }
    return NULL;
}
