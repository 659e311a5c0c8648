/* SPDX-License-Identifier: MIT */
#include "run/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "engine/child.h"
#include "job/job.h"
#include "stub/stub.h"
#include "sys/file.h"
#include "unit/unit.h"

static char *folder;
static struct error error;
static struct origin origin;

/* Lines for a shell in the test's folder. */
static void shell(const char *lines)
{
    char *command = memory_print("set -eu\nexec >/dev/null 2>&1\n%s", lines);
    int status = system(command); /* NOLINT */

    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "shell: %d of %s", status, lines);
    free(command);
}

/* A repository `repo` with one commit, and nobody's configuration but its own. */
static void set_up(void)
{
    ck_assert_int_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
    ck_assert_int_eq(unsetenv("XDG_CONFIG_HOME"), 0);
    ck_assert_msg(file_make_temporary_folder(&folder, &error) == 0, "%s", error.text);
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(setenv("HOME", folder, 1), 0);
    ck_assert_int_eq(setenv("GIT_CONFIG_NOSYSTEM", "1", 1), 0);
    ck_assert_int_eq(setenv("GIT_CEILING_DIRECTORIES", folder, 1), 0);
    shell("printf '[user]\\nname = anna\\nemail = anna@example.com\\n' >.gitconfig\n"
          "git init repo\n"
          "mkdir repo/jobs repo/scripts\n"
          "echo job >repo/jobs/job.yaml\n"
          "echo script >repo/scripts/script.sh\n"
          "echo script >script.sh\n"
          "cd repo\n"
          "git add .\n"
          "git commit -m first\n");
}

static void tear_down(void)
{
    ck_assert_int_eq(stub_count_children(), 0);
    origin_done(&origin);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(file_remove_tree(folder, &error), 0);
    free(folder);
}

/* What the shell's own gits have left behind is not ours. */
static void find(const char *job_file, const char *script_file, int64_t timeout)
{
    struct job job = {.path = memory_string(job_file), .script_file = memory_string(script_file)};

    origin_done(&origin);
    child_adopt_orphans();
    origin_find(&origin, &job, timeout);
    free(job.path);
    free(job.script_file);
}

/* Is the commit that of REPOSITORY? NULL: there must be none. */
static void check_commit(const char *name, const char *repository)
{
    char *command;
    char expected[128] = "";
    FILE *stream;

    if (repository == NULL) {
        ck_assert_msg(origin.commit == NULL, "%s: %s", name, origin.commit);
        return;
    }
    command = memory_print("git -C %s rev-parse HEAD", repository);
    stream = popen(command, "re"); /* NOLINT */
    ck_assert_ptr_nonnull(stream);
    ck_assert_ptr_nonnull(fgets(expected, sizeof expected, stream));
    (void)pclose(stream);
    expected[strcspn(expected, "\n")] = '\0';
    ck_assert_msg(origin.commit != NULL, "%s: no commit", name);
    ck_assert_str_eq(origin.commit, expected);
    free(command);
}

/* ---- the commit ----------------------------------------------------------------------------- */

#define JOB "repo/jobs/job.yaml"

static const struct {
    const char *name;
    const char *lines;
    const char *job_file;
    const char *script_file;
    const char *repository; /* whose commit it is; NULL: none */
    bool dirty;
} cases[] = {
    {"clean", "", JOB, NULL, "repo", false},
    {"clean, with its script", "", JOB, "repo/jobs/../scripts/script.sh", "repo", false},
    {"touched", "touch -d '2020-01-01' repo/jobs/job.yaml", JOB, NULL, "repo", false},
    {"changed", "echo more >>repo/jobs/job.yaml", JOB, NULL, "repo", true},
    {"another file changed", "echo more >>repo/scripts/script.sh; touch repo/jobs/new", JOB, NULL,
     "repo", false},
    {"script changed", "echo more >>repo/scripts/script.sh", JOB, "repo/scripts/script.sh", "repo",
     true},
    {"staged", "echo more >>repo/jobs/job.yaml; git -C repo add .", JOB, NULL, "repo", true},
    {"untracked", "cp repo/jobs/job.yaml repo/jobs/new.yaml", "repo/jobs/new.yaml", NULL, "repo",
     true},
    {"in an untracked folder", "mkdir repo/new; touch repo/new/a.yaml repo/new/b.yaml",
     "repo/new/b.yaml", NULL, "repo", true},
    {"ignored", "echo '*.tmp' >repo/.gitignore; touch repo/jobs/a.tmp", "repo/jobs/a.tmp", NULL,
     "repo", true},
    {"in an ignored folder", "echo new/ >repo/.gitignore; mkdir repo/new; touch repo/new/a.yaml",
     "repo/new/a.yaml", NULL, "repo", true},
    {"hidden by the configuration",
     "git -C repo config status.showUntrackedFiles no; touch repo/jobs/new.yaml",
     "repo/jobs/new.yaml", NULL, "repo", true},
    {"in the work tree's top folder",
     "cd repo; touch job.yaml; git add .; git commit -m second; cd jobs; git rm -r .",
     "repo/job.yaml", NULL, "repo", false},
    {"line ends as .gitattributes wants them",
     "cd repo; echo '*.ps1 text eol=crlf' >.gitattributes; printf 'a\\r\\n' >scripts/a.ps1\n"
     "git add .; git commit -m second; touch -d 2020-01-01 scripts/a.ps1",
     JOB, "repo/scripts/a.ps1", "repo", false},
    {"a name that looks like a pattern",
     "cd repo/jobs; touch '*.yaml' ':(top)x'; git add .; git commit -m second; echo >>job.yaml",
     "repo/jobs/*.yaml", NULL, "repo", false},
    {"a name that looks like magic",
     "cd repo/jobs; touch ':(top)x'; git add .; git commit -m second", "repo/jobs/:(top)x", NULL,
     "repo", false},
    {"a name that looks like an option",
     "cd repo/jobs; touch -- --help; git add .; git commit -m second", "repo/jobs/--help", NULL,
     "repo", false},
    {"script outside", "", JOB, "script.sh", "repo", true},
    {"script gone", "rm repo/scripts/script.sh", JOB, "repo/scripts/script.sh", "repo", true},
    {"script in a repository within", "git clone repo repo/inner", JOB,
     "repo/inner/scripts/script.sh", "repo", true},
    {"script in a submodule",
     "cd repo; git -c protocol.file.allow=always submodule add \"$PWD\" inner\n"
     "git commit -m second; echo >>inner/scripts/script.sh",
     JOB, "repo/inner/scripts/script.sh", "repo", true},
    {"job in a repository within", "git clone repo repo/inner; echo >>repo/jobs/job.yaml",
     "repo/inner/jobs/job.yaml", NULL, "repo/inner", false},
    {"a linked work tree", "git -C repo worktree add ../tree; echo >>tree/jobs/job.yaml",
     "tree/jobs/job.yaml", NULL, "repo", true},
    {"a link into it", "ln -s repo/jobs/job.yaml link.yaml", "link.yaml", NULL, "repo", false},
    {"a link within it, that is no commit's", "ln -s job.yaml repo/jobs/link.yaml",
     "repo/jobs/link.yaml", NULL, "repo", false},
    {"SHA-256",
     "git init --object-format=sha256 long; cd long; touch a; git add .; git commit -m a", "long/a",
     NULL, "long", false},
    {"no commit yet", "git init new; touch new/job.yaml; git -C new add .", "new/job.yaml", NULL,
     NULL, false},
    {"no repository", "touch job.yaml", "job.yaml", NULL, NULL, false},
    {"no repository, but the script has one", "touch job.yaml", "job.yaml",
     "repo/scripts/script.sh", NULL, false},
    {"no such file", "", "repo/none.yaml", NULL, NULL, false},
    {"no such folder", "", "none/none.yaml", NULL, NULL, false},
    {"a broken repository", "rm repo/.git/HEAD", JOB, NULL, NULL, false},
    {"a link to a repository that is gone", "rm -r repo/.git; echo 'gitdir: /none' >repo/.git", JOB,
     NULL, NULL, false},
};

START_TEST(commits)
{
    char *absolute;

    shell(cases[_i].lines);
    find(cases[_i].job_file, cases[_i].script_file, 20 * NUMBER_SECOND);
    check_commit(cases[_i].name, cases[_i].repository);
    ck_assert_msg(origin.dirty == cases[_i].dirty, "%s: dirty %d", cases[_i].name, origin.dirty);
    absolute = memory_print("%s/%s", folder, cases[_i].job_file);
    find(absolute, cases[_i].script_file, 20 * NUMBER_SECOND);
    check_commit(cases[_i].name, cases[_i].repository);
    ck_assert_msg(origin.dirty == cases[_i].dirty, "%s: dirty %d", cases[_i].name, origin.dirty);
    free(absolute);
}
END_TEST

/* Relative to the folder we are in, not to git's. */
START_TEST(in_the_folder_itself)
{
    ck_assert_int_eq(chdir("repo/jobs"), 0);
    find("job.yaml", "../scripts/script.sh", 20 * NUMBER_SECOND);
    check_commit("in the folder", ".");
    ck_assert(!origin.dirty);
    ck_assert_int_eq(chdir(folder), 0);
}
END_TEST

/* As in a hook of another repository, which git would take for this one. */
START_TEST(from_a_hook)
{
    static const char *const variables[][2] = {{"GIT_DIR", "other/.git"},
                                               {"GIT_WORK_TREE", "repo"},
                                               {"GIT_INDEX_FILE", "other/.git/index"},
                                               {"GIT_PREFIX", "jobs/"},
                                               {"GIT_GLOB_PATHSPECS", "1"}};

    shell("git init other; cd other; touch a; git add .; git commit -m other");
    for (int i = 0; i < UNIT_COUNT(variables); i++) {
        char *value = memory_print("%s/%s", i < 3 ? folder : "", variables[i][1]);

        ck_assert_int_eq(setenv(variables[i][0], i < 3 ? value : variables[i][1], 1), 0);
        free(value);
    }
    find(JOB, NULL, 20 * NUMBER_SECOND);
    for (int i = 0; i < UNIT_COUNT(variables); i++)
        (void)unsetenv(variables[i][0]);
    check_commit("from a hook", "repo");
    ck_assert(!origin.dirty);
}
END_TEST

START_TEST(leaves_the_index_alone)
{
    shell("touch -d 2020-01-01 repo/jobs/job.yaml; cp -p repo/.git/index before\n"
          "touch repo/.git/index.lock"); /* another git is at work */
    find(JOB, NULL, 20 * NUMBER_SECOND);
    check_commit("locked", "repo");
    ck_assert(!origin.dirty);
    shell("cmp before repo/.git/index; test -e repo/.git/index.lock");
}
END_TEST

/* ---- a git that is no good ------------------------------------------------------------------ */

START_TEST(no_git)
{
    ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
    find(JOB, NULL, 20 * NUMBER_SECOND);
    check_commit("no git", NULL);
    ck_assert(!origin.dirty);
    ck_assert_ptr_nonnull(origin.user);
    ck_assert_ptr_nonnull(origin.host);
}
END_TEST

/* From now on `git` is this shell script. */
static void replace_git(const char *lines)
{
    char *script = memory_print("#!/bin/sh\n%s\n", lines);
    char *path = memory_print("%s/bin:%s", folder, getenv("PATH"));

    ck_assert_int_eq(file_make_private_folder("bin", &error), 0);
    ck_assert_int_eq(file_write("bin/git", 0700, script, strlen(script), &error), 0);
    ck_assert_int_eq(setenv("PATH", path, 1), 0);
    free(path);
    free(script);
}

#define OID "0123456789abcdef0123456789abcdef01234567"

static const struct {
    const char *name;
    const char *lines; /* $1: config, or an option before status */
    const char *commit;
    bool dirty;
} fakes[] = {
    {"as it should be", "[ $1 = config ] && exit 1; echo '# branch.oid " OID "'", OID, false},
    {"dirty first", "[ $1 = config ] && exit 1; echo '1 .M x'; echo '# branch.oid " OID "'", OID,
     true},
    {"headers of a later version",
     "[ $1 = config ] && exit 1; echo '# branch.oid " OID "'; echo '# stash 3'; echo '# new'", OID,
     false},
    {"no digits", "[ $1 = config ] && exit 1; echo '# branch.oid " OID "x'", NULL, false},
    {"capitals", "[ $1 = config ] && exit 1; echo '# branch.oid " OID "' | tr a-f A-F", NULL,
     false},
    {"nothing said", "[ $1 = config ] && exit 1; exit 0", NULL, false},
    {"dirty and no commit", "[ $1 = config ] && exit 1; echo '1 .M x'", NULL, false},
    {"an error", "[ $1 = config ] && exit 1; echo '# branch.oid " OID "'; exit 128", NULL, false},
    {"ended by a signal", "[ $1 = config ] && exit 1; echo '# branch.oid " OID "'; kill -KILL $$",
     NULL, false},
    {"the filters are not to be had",
     "[ $1 = config ] && exit 128; echo '# branch.oid " OID "'; exit 0", NULL, false},
    {"more than anybody reads",
     "[ $1 = config ] && exit 1; echo '# branch.oid " OID "'; head -c 100000 /dev/zero", NULL,
     false},
    {"more filters than anybody has",
     "[ $1 = config ] && { yes filter.a.clean | head -n 10000; exit 0; }\n"
     "echo '# branch.oid " OID "'",
     NULL, false},
};

START_TEST(fake_git)
{
    replace_git(fakes[_i].lines);
    find(JOB, NULL, 20 * NUMBER_SECOND);
    ck_assert_msg((origin.commit == NULL) == (fakes[_i].commit == NULL), "%s: %s", fakes[_i].name,
                  origin.commit);
    if (origin.commit != NULL)
        ck_assert_str_eq(origin.commit, fakes[_i].commit);
    ck_assert_msg(origin.dirty == fakes[_i].dirty, "%s: dirty %d", fakes[_i].name, origin.dirty);
}
END_TEST

static const struct {
    const char *name;
    const char *lines;
    int least;
    int most; /* milliseconds */
} hanging[] = {
    {"sleeps", "sleep 60", 300, 300},
    {"does not want to end", "trap '' INT; while :; do sleep 1; done", 800, 800},
    {"sleeps at its second call", "[ $1 = config ] && { sleep 0.2; exit 1; }; exec sleep 60", 300,
     300},
};

START_TEST(git_hangs)
{
    int64_t started = clock_now();
    int took;

    replace_git(hanging[_i].lines);
    find(JOB, NULL, 300 * NUMBER_MILLISECOND);
    took = (int)((clock_now() - started) / NUMBER_MILLISECOND);
    check_commit(hanging[_i].name, NULL);
    ck_assert_msg(took >= hanging[_i].least, "%s: %d ms", hanging[_i].name, took);
    ck_assert_msg(took <= hanging[_i].most + 300 + stub_slack(), "%s: %d ms", hanging[_i].name,
                  took);
}
END_TEST

/* ---- a repository that means harm ----------------------------------------------------------- */

static const struct {
    const char *name;
    const char *lines; /* in the repository; the command $bad would make a file */
    bool commit;       /* is the commit found all the same? */
} traps[] = {
    {"fsmonitor", "git config core.fsmonitor \"$bad\"", true},
    {"a hook",
     "printf '#!/bin/sh\\n%s\\n' \"$bad\" >.git/hooks/post-index-change\n"
     "chmod +x .git/hooks/post-index-change",
     true},
    {"hooks elsewhere",
     "mkdir hooks; printf '#!/bin/sh\\n%s\\n' \"$bad\" >hooks/post-index-change\n"
     "chmod +x hooks/post-index-change; git config core.hooksPath \"$PWD/hooks\"",
     true},
    {"a filter",
     "echo '* filter=x' >.git/info/attributes\n"
     "git config filter.x.clean \"$bad; cat\"",
     true},
    {"a filter that must be",
     "echo '* filter=x' >.gitattributes\n"
     "git config filter.x.required true\n"
     "git config filter.x.clean \"$bad; cat\"",
     true},
    {"a filter process",
     "echo '* filter=x.Y' >.gitattributes\n"
     "git config filter.x.Y.process \"$bad; cat\"",
     true},
    {"a filter from an included file",
     "echo '* filter=x' >.gitattributes\n"
     "git config -f .git/more filter.x.clean \"$bad; cat\"\n"
     "git config include.path more",
     true},
    {"a filter of a worktree's own",
     "echo '* filter=x' >.gitattributes\n"
     "git config extensions.worktreeConfig true\n"
     "git config --worktree filter.x.clean \"$bad; cat\"",
     true},
    {"a filter whose name -c would cut",
     "echo '* filter=x=y' >.gitattributes\n"
     "git config filter.x=y.clean \"$bad; cat\"",
     false},
    {"a missing object, by ssh",
     "git config core.repositoryFormatVersion 1; git config extensions.partialClone origin\n"
     "git config remote.origin.promisor true; git config remote.origin.url host:path\n"
     "git config protocol.allow always; git config core.sshCommand \"$bad;\"\n"
     "rm -rf .git/objects/??",
     false},
    {"a missing object, by a program",
     "git config core.repositoryFormatVersion 1; git config extensions.partialClone origin\n"
     "git config remote.origin.promisor true; git config remote.origin.url \"ext::$bad\"\n"
     "git config protocol.ext.allow always\n"
     "rm -rf .git/objects/??",
     false},
    {"a submodule",
     "git -c protocol.file.allow=always submodule add \"$PWD\" jobs/inner; git commit -m second\n"
     "git -C jobs/inner config core.fsmonitor \"$bad\"",
     true},
};

START_TEST(repository_runs_nothing)
{
    char *lines = memory_print("bad=\"touch $PWD/trapped\"; cd repo\n%s\n", traps[_i].lines);

    shell(lines);
    free(lines);
    shell("cd repo; touch -d 2020-01-01 jobs/job.yaml; git status || :");
    ck_assert_msg(access("trapped", F_OK) == 0, "%s: this is no trap", traps[_i].name);
    shell("rm trapped; cd repo; touch -d 2020-02-02 jobs/job.yaml");
    find(JOB, NULL, 20 * NUMBER_SECOND);
    ck_assert_msg(access("trapped", F_OK) < 0, "%s: it was run", traps[_i].name);
    ck_assert_msg((origin.commit != NULL) == traps[_i].commit, "%s: %s", traps[_i].name,
                  origin.commit);
    ck_assert_msg(!origin.dirty, "%s: dirty", traps[_i].name);
}
END_TEST

/* ---- user and host -------------------------------------------------------------------------- */

START_TEST(user_and_host)
{
    char host[256] = "";

    (void)gethostname(host, sizeof host - 1);
    ck_assert_int_eq(unsetenv("SUDO_USER"), 0);
    find("none", NULL, NUMBER_SECOND);
    ck_assert_str_eq(origin.host, host);
    if (geteuid() != 0) {
        ck_assert_int_eq(setenv("SUDO_USER", "anna", 1), 0);
        find("none", NULL, NUMBER_SECOND);
        ck_assert_ptr_null(strchr(origin.user, '('));
        return;
    }
    ck_assert_str_eq(origin.user, "root");
    ck_assert_int_eq(setenv("SUDO_USER", "", 1), 0);
    find("none", NULL, NUMBER_SECOND);
    ck_assert_str_eq(origin.user, "root");
    ck_assert_int_eq(setenv("SUDO_USER", "anna", 1), 0);
    find("none", NULL, NUMBER_SECOND);
    ck_assert_str_eq(origin.user, "root (anna)");
}
END_TEST

/* A user without a name, as in many containers. */
START_TEST(nameless_user)
{
    if (geteuid() == 0) {
        ck_assert_int_eq(setresuid(3999999999, 0, 0), 0);
        ck_assert_int_eq(unsetenv("SUDO_USER"), 0);
        find("none", NULL, NUMBER_SECOND);
        ck_assert_int_eq(setresuid(0, 0, 0), 0);
        ck_assert_str_eq(origin.user, "3999999999");
    }
}
END_TEST

START_TEST(done_twice)
{
    find(JOB, NULL, 20 * NUMBER_SECOND);
    origin_done(&origin);
    ck_assert_ptr_null(origin.user);
    ck_assert_ptr_null(origin.commit);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("origin");
    TCase *tests = tcase_create("all");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, commits, 0, UNIT_COUNT(cases));
    tcase_add_test(tests, in_the_folder_itself);
    tcase_add_test(tests, from_a_hook);
    tcase_add_test(tests, leaves_the_index_alone);
    tcase_add_test(tests, no_git);
    tcase_add_loop_test(tests, fake_git, 0, UNIT_COUNT(fakes));
    tcase_add_loop_test(tests, git_hangs, 0, UNIT_COUNT(hanging));
    tcase_add_loop_test(tests, repository_runs_nothing, 0, UNIT_COUNT(traps));
    tcase_add_test(tests, user_and_host);
    tcase_add_test(tests, nameless_user);
    tcase_add_test(tests, done_twice);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
