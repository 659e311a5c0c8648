/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. `git status` tells both the commit and whether two files
 * are as in it, and knows best how line ends are stored. But the configuration
 * of a repository can name programs, and a repository may have come in an
 * archive or lie on a share, with somebody else's configuration. The ways by
 * which `git status` comes to run one, and what shuts them:
 *
 *   core.fsmonitor           a program that is asked which files changed. Set
 *                            to nothing, which every version takes for none.
 *   filter.NAME.clean,       run on a file whose times differ from the index,
 *   filter.NAME.process      when .gitattributes says so. No option turns them
 *                            all off: git is asked for their names first, and
 *                            each is set to nothing, `required` too.
 *   hooks/post-index-change  run when the index is written, which it is not
 *                            without optional locks. There are no hooks either.
 *   a partial clone          gets missing objects by remote.NAME.url, and by
 *                            that from core.sshCommand or "ext::PROGRAM". No
 *                            protocol is allowed.
 *   submodules               are looked at by another git, with their own
 *                            configuration. They are not asked about, and left
 *                            out besides.
 *   pager.status             wants a terminal. Aliases never hide a command;
 *                            diff.external and textconv make patches, of which
 *                            there are none.
 */
#include "run/origin.h"

#include <errno.h>
#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/strings.h"
#include "engine/supervise.h"
#include "job/job.h"
#include "sys/file.h"

enum {
    OUTPUT_LIMIT = 64 * 1024,
    PASSWORD_ENTRY_FIRST = 1024,
    PASSWORD_ENTRY_MOST = 1024 * 1024,
    HOST_NAME_SIZE = 256
};

#define KILL_GRACE (500 * NUMBER_MILLISECOND)

/* ---- git ---------------------------------------------------------------------------------- */

struct git {
    char *program;
    char *folder;
    struct strings environment;
    int64_t deadline; /* for all that it is asked */
};

static const char *const settings[] = {
    "GIT_OPTIONAL_LOCKS=0",  /* another git may be at work here */
    "GIT_TERMINAL_PROMPT=0", /* a child of azfan has no terminal to ask on */
    "GIT_ALLOW_PROTOCOL=",   /* goes before protocol.*.allow of any configuration */
    "GIT_NO_LAZY_FETCH=1",   /* the same, said better; not every version knows it */
    "LC_ALL=C",
};

/*
 * A hook of git has these set (git rev-parse --local-env-vars), and they would
 * lead to the repository it belongs to. The last ones contradict our
 * --literal-pathspecs.
 */
static const char *const dropped[] = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CONFIG",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
};

static void make_environment(struct strings *ret)
{
    if (environ != NULL)
        strings_add_all(ret, (const char *const *)environ);
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
        strings_unset(ret, dropped[i]);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        strings_set(ret, settings[i]);
}

static bool git_init(struct git *git, const char *job_file, int64_t patience)
{
    struct error error;
    char *copy;

    *git = (struct git){.deadline = clock_now() + patience};
    if (file_find_program("git", &git->program, &error) < 0)
        return false;
    copy = memory_string(job_file);
    git->folder = memory_string(dirname(copy));
    free(copy);
    make_environment(&git->environment);
    return true;
}

static void git_done(struct git *git)
{
    free(git->program);
    free(git->folder);
    strings_done(&git->environment);
}

/* What it printed, when that is all of it and it exited with 0 to MOST; else NULL. */
static char *take_output(const struct finish *finish, int most)
{
    if (finish->end != FINISH_EXITED || finish->stop != FINISH_UNSTOPPED || !finish->exit.known ||
        finish->exit.signaled || finish->exit.status > most)
        return NULL;
    if (!finish->output.complete || finish->output.dropped > 0)
        return NULL;
    return memory_copy(finish->output.length > 0 ? finish->output.data : "", finish->output.length);
}

/* free() the result; see take_output(). */
static char *git_run(const struct git *git, const struct strings *arguments, int most)
{
    struct child_command command = {.program = git->program,
                                    .arguments = arguments->list,
                                    .environment = git->environment.list,
                                    .folder = git->folder,
                                    .input = -1,
                                    .output = -1,
                                    .errors = -1};
    struct supervise_limits limits = {.timeout = git->deadline - clock_now(),
                                      .kill_grace = KILL_GRACE,
                                      .output_limit = OUTPUT_LIMIT};
    struct supervise_stop stop = {-1, -1};
    struct finish finish;
    char *output;

    if (limits.timeout <= 0)
        return NULL;
    supervise_run(&command, &limits, &stop, NULL, &finish);
    output = take_output(&finish, most);
    finish_done(&finish);
    return output;
}

/*
 * Appends options that set to nothing whatever configures a filter. False when
 * that cannot be: -c takes the first '=' for the end of a name.
 */
static bool add_filters(const struct git *git, struct strings *arguments)
{
    static const char *const question[] = {"git",          "config",     "--name-only",
                                           "--get-regexp", "^filter\\.", NULL};
    struct strings words = STRINGS_INIT;
    char *output;
    char *rest;
    bool result = true;

    strings_add_all(&words, question);
    output = git_run(git, &words, 1); /* 1: there is none */
    strings_done(&words);
    if (output == NULL)
        return false;
    rest = output;
    for (char *name; result && (name = strsep(&rest, "\n")) != NULL;) {
        if (name[0] == '\0')
            continue;
        result = strchr(name, '=') == NULL;
        strings_add(arguments, "-c");
        strings_print(arguments, "%s=", name);
    }
    free(output);
    return result;
}

/* What `git status` says about the two files (SCRIPT_FILE may be NULL), or NULL. */
static char *ask_status(const struct git *git, const char *job_file, const char *script_file)
{
    static const char *const options[] = {
        "git", "--literal-pathspecs",      "-c", "core.fsmonitor=",
        "-c",  "core.hooksPath=/dev/null", NULL};
    static const char *const question[] = {"status",
                                           "--porcelain=v2",
                                           "--branch",
                                           "--no-ahead-behind",
                                           "--untracked-files=all",
                                           "--ignored=matching",
                                           "--ignore-submodules=all",
                                           "--",
                                           NULL};
    struct strings words = STRINGS_INIT;
    char *output = NULL;

    strings_add_all(&words, options);
    if (add_filters(git, &words)) {
        strings_add_all(&words, question);
        strings_add(&words, job_file);
        if (script_file != NULL)
            strings_add(&words, script_file);
        output = git_run(git, &words, 0);
    }
    strings_done(&words);
    return output;
}

/* SHA-1 or SHA-256; a branch without a commit has "(initial)". */
static bool is_commit(const char *text)
{
    size_t length = strlen(text);

    return (length == 40 || length == 64) && strspn(text, "0123456789abcdef") == length;
}

/* The format is in git-status(1): headers begin with "# ", every other line is a file's. */
static void read_status(struct origin *origin, char *output)
{
    static const char commit[] = "# branch.oid ";

    for (char *line; (line = strsep(&output, "\n")) != NULL;) {
        if (strncmp(line, commit, sizeof commit - 1) == 0) {
            if (origin->commit == NULL && is_commit(line + sizeof commit - 1))
                origin->commit = memory_string(line + sizeof commit - 1);
        } else if (line[0] != '\0' && strncmp(line, "# ", 2) != 0) {
            origin->dirty = true;
        }
    }
}

/* ---- work trees --------------------------------------------------------------------------- */

/* The nearest folder above the absolute PATH that has a .git, or NULL. free() it. */
static char *work_tree_of(const char *path)
{
    char *folder = memory_string(path);

    for (char *slash; (slash = strrchr(folder, '/')) != NULL;) {
        char *entry;
        bool found;

        *slash = '\0';
        entry = memory_print("%s/.git", folder);
        found = access(entry, F_OK) == 0;
        free(entry);
        if (found)
            return folder;
    }
    free(folder);
    return NULL;
}

/* Git refuses to speak of a file outside, and is silent about one in a submodule. */
static bool is_in_work_tree(const char *path, const char *work_tree)
{
    char *other = path != NULL ? work_tree_of(path) : NULL;
    bool result = other != NULL && strcmp(other, work_tree) == 0;

    free(other);
    return result;
}

static void find_commit(struct origin *origin, const struct job *job, int64_t patience)
{
    char *job_file = realpath(job->path, NULL);
    char *script_file = job->script_file != NULL ? realpath(job->script_file, NULL) : NULL;
    char *work_tree = job_file != NULL ? work_tree_of(job_file) : NULL;
    bool pinned = work_tree != NULL && is_in_work_tree(script_file, work_tree);
    struct git git = {.program = NULL};
    char *output = NULL;

    if (work_tree != NULL && git_init(&git, job_file, patience))
        output = ask_status(&git, job_file, pinned ? script_file : NULL);
    if (output != NULL)
        read_status(origin, output);
    origin->dirty =
        origin->commit != NULL && (origin->dirty || (job->script_file != NULL && !pinned));
    git_done(&git);
    free(output);
    free(work_tree);
    free(script_file);
    free(job_file);
}

/* ---- user and host ------------------------------------------------------------------------ */

static char *name_of(uid_t user)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char *room = NULL;
    char *name;
    int code = ERANGE;

    for (size_t size = PASSWORD_ENTRY_FIRST; code == ERANGE && size <= PASSWORD_ENTRY_MOST;
         size *= 2) {
        room = memory_resize(room, size, 1);
        code = getpwuid_r(user, &entry, room, size, &found);
    }
    name = code == 0 && found != NULL ? memory_string(entry.pw_name)
                                      : memory_print("%u", (unsigned)user);
    free(room);
    return name;
}

/* sudo(8) leaves the name of who called it. For anybody but root it means nothing. */
static char *find_user(void)
{
    const char *caller = getenv("SUDO_USER");
    char *name = name_of(getuid());
    char *both;

    if (geteuid() != 0 || caller == NULL || caller[0] == '\0')
        return name;
    both = memory_print("%s (%s)", name, caller);
    free(name);
    return both;
}

char *origin_host(void)
{
    char name[HOST_NAME_SIZE];

    if (gethostname(name, sizeof name) < 0)
        return NULL;
    name[sizeof name - 1] = '\0';
    return name[0] != '\0' ? memory_string(name) : NULL;
}

/* ---- both --------------------------------------------------------------------------------- */

void origin_find(struct origin *origin, const struct job *job, int64_t patience)
{
    *origin = (struct origin){.user = find_user(), .host = origin_host()};
    find_commit(origin, job, patience);
}

void origin_done(struct origin *origin)
{
    free(origin->user);
    free(origin->host);
    free(origin->commit);
    free(origin->az_version);
    free(origin->subscription);
    *origin = (struct origin){.user = NULL};
}
