/* SPDX-License-Identifier: MIT */
#include "azure/syntax.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/problems.h"
#include "sys/fault.h"
#include "sys/file.h"
#include "unit/folder.h"
#include "unit/unit.h"

#define PLACES "targets: {resource_group: rg, vms: [a]}\n"

/* A job whose script is the file SCRIPT holds. */
static struct job *load_file(const char *script)
{
    char *path = memory_print("%s/a.sh", folder);
    char *job_path = memory_print("%s/job.yaml", folder);
    static const char lines[] = "version: 1\nname: try\nscript: {file: a.sh}\n" PLACES;
    struct problems problems = {.count = 0};
    struct error error;
    struct job *job;

    ck_assert_msg(file_write(path, 0600, script, strlen(script), &error) == 0, "%s", error.text);
    job = jobfile_parse(job_path, lines, strlen(lines), NULL, &problems);
    ck_assert_msg(job != NULL, "%s", problems.count > 0 ? problems.list[0].text : "");
    free(job_path);
    free(path);
    return job;
}

/* What syntax_check() adds: "error LINE: text\n" or "remark LINE: text\n" of each. */
static char *check(const struct job *job)
{
    struct problems errors = {.count = 0};
    struct problems remarks = {.count = 0};
    struct buffer text = BUFFER_INIT;

    syntax_check(job, &errors, &remarks);
    for (size_t i = 0; i < errors.count; i++)
        buffer_print(&text, "error %d: %s\n", errors.list[i].line, errors.list[i].text);
    for (size_t i = 0; i < remarks.count; i++)
        buffer_print(&text, "remark %d: %s\n", remarks.list[i].line, remarks.list[i].text);
    problems_done(&errors);
    problems_done(&remarks);
    return buffer_take(&text);
}

static const struct {
    const char *shell; /* without it here the row says nothing */
    const char *script;
    const char *expected; /* how it begins; "": nothing is said */
} rows[] = {
    {"/bin/sh", "echo a\nif true; then\n  echo b\nfi\n", ""},
    {"/bin/sh", "echo a\nif true; then\n  echo b\n", "error 3: sh -n says: "},
    {"/bin/sh", "echo a\r\nif true\r\nfi\r\n", "error 3: sh -n says: "},
    {"/bin/sh", "echo \"a\n", "error 1: sh -n says: "},
    {"/bin/sh", "#!/bin/sh -e\n\nfi\n", "error 3: sh -n says: "},
    {"/bin/sh", "#!/usr/bin/env sh\nfi\n", "error 2: sh -n says: "},
    {"/bin/sh", "exit 0\nfi\n", "remark 2: warning: sh -n, as it is here, says: "},
    {"/bin/sh", "  exit 0\nfi\n", "error 2: "},
    {"/bin/dash", "#!/bin/dash\nfunction f {\n:\n}\n", "error 4: dash -n says: "},
    {"/bin/bash", "#!/bin/bash\nfunction f {\n:\n}\ndiff <(ls) <(ls)\n", ""},
    {"/bin/bash", "#!/bin/bash\nif true\nfi\n", "error 3: bash -n says: syntax error near"},
    {"/bin/bash", "#!/usr/bin/env bash\n)\n", "error 2: bash -n says: syntax error near"},
    {"/bin/bash", "#!/usr/bin/env -S A=1 bash -eu\n)\n", "error 2: bash -n says: "},
    {"/bin/bash", "#! /opt/no/such/bash -x\n)\n", "error 2: bash -n says: "},
    {"/bin/bash", "#!/bin/bash\necho a\necho \"b\n", "error 3: bash -n says: unexpected EOF"},
    {"/bin/bash", "#!/bin/bash\nshopt -s extglob\nls !(a|b)\n", ""},
    {"/bin/bash", "#!/bin/bash -O extglob\nls !(a|b)\n", ""},
    {"/bin/bash", "#!/bin/bash\nls !(a|b)\n", "error 2: bash -n says: "},
    {"/bin/bash", "#!/bin/bash\nshopt -s expand_aliases\nfi\n", "remark 3: warning: bash -n, as"},
    {"/bin/bash", "#!/bin/bash\ntrue\ncat <<EOF\na\n",
     "remark 3: warning: bash -n says: here-document delimited by end-of-file"},
    {"/bin/zsh", "#!/bin/zsh\nfor f (a b) echo $f\n", ""},
    {"/bin/zsh", "#!/bin/zsh\ntrue\nfi\n", "error 3: zsh -n says: parse error near"},
    {"/bin/zsh", "#!/bin/zsh\nbuiltin -f a\n", ""},
    {"/bin/zsh", "#!/bin/zsh\nsetopt ignorebraces\nfi\n", "remark 3: warning: zsh -n, as it is"},
    {"/bin/ksh93", "#!/bin/ksh93\na=`ls`\nfi\n", "error 3: ksh93 -n says: syntax error"},
    {"/bin/mksh", "#!/bin/mksh\ntrue\nfi\n", "error 3: mksh -n says: syntax error"},
    {"/bin/sh", "#!/usr/bin/python3\nfi\n", ""},
    {"/bin/sh", "#!/bin/bash-static\nfi\n", ""},
};

START_TEST(tells_what_the_shell_says)
{
    struct job *job = load_file(rows[_i].script);
    const char *expected = rows[_i].expected;
    char *said = check(job);

    if (access(rows[_i].shell, X_OK) == 0)
        ck_assert_msg(strncmp(said, expected, strlen(expected)) == 0 &&
                          (expected[0] != '\0' || said[0] == '\0'),
                      "row %d: %s", _i, said);
    free(said);
    job_free(job);
}
END_TEST

/* Where /bin/sh is dash and there is bash, what dash alone refuses is a warning. */
START_TEST(what_bash_takes_may_be_right_for_sh)
{
    static const char *const scripts[] = {"function f {\n:\n}\n",
                                          "#!/bin/sh\n:\ndiff <(ls) <(ls)\n"};
    char *shell = realpath("/bin/sh", NULL);
    bool is_dash = shell != NULL && strcmp(shell + strlen(shell) - 5, "/dash") == 0;

    for (size_t i = 0; i < UNIT_COUNT(scripts) && is_dash && access("/bin/bash", X_OK) == 0; i++) {
        struct job *job = load_file(scripts[i]);
        char *said = check(job);

        ck_assert_msg(strncmp(said, "remark 3: warning: sh -n says: ", 31) == 0 &&
                          strstr(said, "bash takes it") != NULL,
                      "%s", said);
        free(said);
        job_free(job);
    }
    free(shell);
}
END_TEST

/* Which ksh it is decides whether that is an error or a warning. */
START_TEST(whatever_ksh_is)
{
    struct job *job = load_file("#!/bin/ksh\ntrue\nfi\n");
    char *said = check(job);

    if (access("/bin/ksh", X_OK) == 0)
        ck_assert_msg(strstr(said, " 3: ") != NULL && strstr(said, "syntax error") != NULL, "%s",
                      said);
    free(said);
    job_free(job);
}
END_TEST

static const struct {
    const char *script; /* a key of the job */
    int line;
    const char *more; /* in the message */
} places[] = {
    {"inline: |\n    true\n    fi\n", 6, "unexpected"},
    {"inline: |-  # a comment\n\n\n    fi\n", 7, "unexpected"},
    {"parameters: {A: b}\n  inline: |2\n\n     fi\n", 7, "unexpected"},
    {"inline: fi", 4, "unexpected"},
    {"inline: \"true\\n\\nfi\"\n", 4, "(line 3 of the script)"},
    {"inline: >\n    true;\n    fi\n\n    true\n", 4, "(line 1 of the script)"},
};

START_TEST(tells_where_in_the_job)
{
    char *lines = memory_print("version: 1\nname: try\nscript:\n  %s\n" PLACES, places[_i].script);
    char *expected = memory_print("error %d: ", places[_i].line);
    struct problems problems = {.count = 0};
    struct job *job = jobfile_parse("job.yaml", lines, strlen(lines), NULL, &problems);
    char *said;

    ck_assert_msg(job != NULL, "%s", problems.count > 0 ? problems.list[0].text : "");
    said = check(job);
    ck_assert_msg(strncmp(said, expected, strlen(expected)) == 0 &&
                      strstr(said, places[_i].more) != NULL,
                  "row %d: %s", _i, said);
    free(said);
    free(expected);
    free(lines);
    job_free(job);
}
END_TEST

/* ---- and nothing runs ----------------------------------------------------------------------- */

static const char *const runners[] = {"sh", "dash", "bash", "ksh", "ksh93", "mksh", "zsh"};

START_TEST(nothing_runs)
{
    char *start = memory_print("%s/start", folder);
    char *mark = memory_print("%s/mark", folder);
    char *line = memory_print("touch %s\n", mark);
    char *script = memory_print("#!/bin/%s\n"
                                "touch %s\n"
                                "a=$(touch %s)\nb=`touch %s`\n: ${c:=$(touch %s)}\n"
                                "cat <<E\n$(touch %s)\nE\n: >%s\n"
                                "eval 'touch %s'\ntrap 'touch %s' EXIT\n. %s\nexec 2>%s\n"
                                "set +n\nset +o noexec\ntouch %s\n",
                                runners[_i], mark, mark, mark, mark, mark, mark, mark, mark, start,
                                mark, mark);
    struct error error;
    struct job *job;

    ck_assert_int_eq(file_write(start, 0600, line, strlen(line), &error), 0);
    ck_assert_int_eq(setenv("BASH_ENV", start, 1), 0);
    ck_assert_int_eq(setenv("ENV", start, 1), 0);
    ck_assert_int_eq(setenv("ZDOTDIR", folder, 1), 0);
    ck_assert_int_eq(setenv("SHELLOPTS", "xtrace", 1), 0);
    job = load_file(script);
    free(check(job));
    ck_assert_int_ne(access(mark, F_OK), 0);
    job_free(job);
    free(script);
    free(line);
    free(mark);
    free(start);
}
END_TEST

/* What pwsh prints of a script, and what is told of it. */
static const struct {
    const char *prints;
    const char *expected;
} replies[] = {
    {"", ""},
    {"2:8:UnexpectedToken: Unexpected token 'x'.\n",
     "error 2: PowerShell says: Unexpected token 'x'.\n"},
    {"9:1:B: later\n2:8:A: b\n2:7:A: a\n3:1:A: c\n", "error 2: PowerShell says: a\n"},
    {"3:9:Newer: ??\n", "error 3: Windows PowerShell 5.1, which runs scripts on VMs, has no "
                        "operator `?"
                        "?`\n"},
    {"3:1:WorkflowNotSupportedInPowerShellCore: no\n", ""},
    {"3:1:WorkflowNotSupportedInPowerShellCore: no\n4:1:A: b\n", "error 4: PowerShell says: b\n"},
    {"1:5:TypeNotFound: Unable to find type [A].\n",
     "remark 1: warning: PowerShell, as it is here, says: Unable to find type [A].\n"},
    {"no place: x\n0:1:A: x\n1:0:A: x\n1:1\n1:1:A\n99999999999999999999:1:A: x\n-1:1:A: x\n", ""},
};

/* A pwsh of our own in PATH, which prints that. */
static void put_powershell(const char *prints, int status)
{
    char *path = memory_print("%s/pwsh", folder);
    char *script = memory_print("#!/bin/sh\ncat <<'END'\n%sEND\nexit %d\n", prints, status);
    struct error error;

    ck_assert_int_eq(file_write(path, 0700, script, strlen(script), &error), 0);
    ck_assert_int_eq(setenv("PATH", folder, 1), 0);
    free(script);
    free(path);
}

static char *check_powershell(void)
{
    static const char lines[] =
        "version: 1\nname: try\nscript: {shell: powershell, file: a.ps1}\n" PLACES;
    char *path = memory_print("%s/a.ps1", folder);
    char *job_path = memory_print("%s/job.yaml", folder);
    struct problems problems = {.count = 0};
    struct error error;
    struct job *job;
    char *said;

    ck_assert_int_eq(file_write(path, 0600, "fi", 2, &error), 0);
    job = jobfile_parse(job_path, lines, strlen(lines), NULL, &problems);
    ck_assert_ptr_nonnull(job);
    said = check(job);
    job_free(job);
    free(job_path);
    free(path);
    return said;
}

START_TEST(powershell_says_where)
{
    char *said;

    put_powershell(replies[_i].prints, 0);
    said = check_powershell();
    ck_assert_str_eq(said, replies[_i].expected);
    free(said);
}
END_TEST

START_TEST(without_powershell_nothing_is_said)
{
    char *said;

    ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
    said = check_powershell();
    ck_assert_str_eq(said, "");
    free(said);
}
END_TEST

#ifdef AZFAN_FAULTS
/* What cannot be asked is no error of the script. */
static const struct {
    const char *name;
    int code;
} faults[] = {{"syntax.memfd_create", ENOSYS},
              {"child.posix_spawn", EAGAIN},
              {"starter.pthread_create", EAGAIN}};

START_TEST(without_a_shell_nothing_is_said)
{
    struct job *job = load_file("fi\n");
    char *said;

    fault_arm(faults[_i].name, 100, faults[_i].code);
    said = check(job);
    ck_assert_int_gt(fault_hits(), 0);
    ck_assert_str_eq(said, "");
    free(said);
    job_free(job);
}
END_TEST
#endif

static Suite *make_suite(void)
{
    Suite *suite = suite_create("syntax");
    TCase *tests = tcase_create("all");

    tcase_add_unchecked_fixture(tests, folder_make, folder_remove);
    tcase_add_loop_test(tests, tells_what_the_shell_says, 0, UNIT_COUNT(rows));
    tcase_add_test(tests, whatever_ksh_is);
    tcase_add_test(tests, what_bash_takes_may_be_right_for_sh);
    tcase_add_loop_test(tests, tells_where_in_the_job, 0, UNIT_COUNT(places));
    tcase_add_loop_test(tests, nothing_runs, 0, UNIT_COUNT(runners));
    tcase_add_loop_test(tests, powershell_says_where, 0, UNIT_COUNT(replies));
    tcase_add_test(tests, without_powershell_nothing_is_said);
#ifdef AZFAN_FAULTS
    tcase_add_loop_test(tests, without_a_shell_nothing_is_said, 0, UNIT_COUNT(faults));
#endif
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
