/* SPDX-License-Identifier: MIT */
#include "job/scripthints.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "job/agent.h"
#include "job/job.h"
#include "job/limits.h"
#include "job/loading.h"
#include "job/shebang.h"

enum { FOR_NEITHER = -1 };

static const struct {
    const char *suffix;
    const char *language;
    int shell; /* enum job_shell, or FOR_NEITHER */
} languages[] = {{".sh", "a shell", JOB_SH},
                 {".dash", "dash", JOB_SH},
                 {".bash", "bash", FOR_NEITHER},
                 {".ksh", "ksh", FOR_NEITHER},
                 {".zsh", "zsh", FOR_NEITHER},
                 {".fish", "fish", FOR_NEITHER},
                 {".csh", "csh", FOR_NEITHER},
                 {".ps1", "PowerShell", JOB_POWERSHELL},
                 {".psm1", "PowerShell", JOB_POWERSHELL},
                 {".psd1", "PowerShell", JOB_POWERSHELL},
                 {".bat", "cmd.exe", FOR_NEITHER},
                 {".cmd", "cmd.exe", FOR_NEITHER},
                 {".vbs", "Windows Script Host", FOR_NEITHER},
                 {".py", "Python", FOR_NEITHER},
                 {".pl", "Perl", FOR_NEITHER},
                 {".rb", "Ruby", FOR_NEITHER},
                 {".js", "Node.js", FOR_NEITHER},
                 {".php", "PHP", FOR_NEITHER},
                 {".lua", "Lua", FOR_NEITHER},
                 {".awk", "awk", FOR_NEITHER},
                 {".tcl", "Tcl", FOR_NEITHER}};

enum { LANGUAGES = sizeof languages / sizeof languages[0] };

/* A script that says what runs it needs no suffix. */
static void hint_at_suffix(const struct loading *loading)
{
    const struct job *job = loading->job;
    const char *dot = job->script_file != NULL ? strrchr(job->script_file, '.') : NULL;
    bool is_sh = job->shell == JOB_SH;

    if (dot == NULL || (is_sh && shebang_is_there(job->script)))
        return;
    for (int i = 0; i < LANGUAGES; i++) {
        if (strcasecmp(dot, languages[i].suffix) != 0 || languages[i].shell == (int)job->shell)
            continue;
        if (is_sh && languages[i].shell == JOB_POWERSHELL)
            loading_script_remark(loading, 1,
                                  "warning: the suffix is PowerShell's, and the script is for sh: "
                                  "shell: powershell is for Windows VMs");
        else if (is_sh)
            loading_script_remark(loading, 1,
                                  "warning: the suffix is that of %s, and /bin/sh will run it: "
                                  "name what runs it in the first line (#!)",
                                  languages[i].language);
        else
            loading_script_remark(loading, 1,
                                  "warning: the suffix is that of %s, and PowerShell will run it: "
                                  "shell: sh is for Linux VMs",
                                  languages[i].language);
    }
}

/* Only comments and blanks may stand before it: what a script writes elsewhere is its business. */
static void hint_at_late_shebang(const struct loading *loading)
{
    const char *at = loading->job->script;

    if (shebang_is_there(at))
        return;
    for (int line = 1; *at != '\0'; line++) {
        const char *start = at + strspn(at, " \t");

        if (shebang_is_there(start)) {
            loading_script_remark(loading, line,
                                  "warning: #! counts only at the very beginning of the script: "
                                  "here it is a comment, and /bin/sh will run the script");
            return;
        }
        if (*start != '#' && *start != '\r' && *start != '\n')
            return;
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
}

static void hint_at_powershell(const struct loading *loading)
{
    if (shebang_is_there(loading->job->script))
        loading_script_remark(loading, 1,
                              "warning: #! is a comment for PowerShell, which will run the script: "
                              "shell: sh is for Linux VMs");
}

static void hint_at_folded_comment(const struct loading *loading)
{
    const struct job *job = loading->job;

    if (job->script_place.folded_by != NULL && strstr(job->script, " #") != NULL)
        loading_script_remark(loading, 1,
                              "warning: the script was folded by %s, and everything after \"#\" in "
                              "a line is a comment: use |, which keeps the lines",
                              job->script_place.folded_by);
}

static void hint_at_carriage_returns(const struct loading *loading)
{
    const char *script = loading->job->script;
    int line = 1;

    if (loading->job->script_file == NULL)
        return;
    for (const char *at = script; *at != '\0'; line += *at == '\n', at++) {
        if (*at != '\r')
            continue;
        loading_script_remark(loading, line,
                              "warning: a carriage return alone ends no line for a shell: end the "
                              "line with LF, or write \\r where one is meant");
        return;
    }
}

static void hint_at_agent(const struct loading *loading)
{
    int line = agent_find_stop(loading->job);

    if (line > 0)
        loading_script_remark(
            loading, line,
            "warning: this seems to stop the VM's own agent, which runs the script: its result "
            "would be lost, and the VM may refuse other scripts "
            "for " LIMITS_REQUEST_TEXT);
}

void scripthints_add(const struct loading *loading)
{
    if (loading->job->shell == JOB_SH) {
        hint_at_late_shebang(loading);
        hint_at_carriage_returns(loading);
    } else {
        hint_at_powershell(loading);
    }
    hint_at_suffix(loading);
    hint_at_folded_comment(loading);
    hint_at_agent(loading);
}
