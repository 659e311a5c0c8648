/* SPDX-License-Identifier: MIT */
/*
 * Any words as a command line: it is read, or there is one error that says why; no file is opened
 * for that, and nothing ends the process. What it puts over a job file is a job, or there are
 * problems.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cli/commandline.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/reports.h"
#include "fuzz.h"
#include "job/job.h"
#include "job/jobfile.h"
#include "job/overrides.h"
#include "job/problems.h"

enum { MOST_WORDS = 64 };

static const char job_text[] = "version: 1\n"
                               "name: demo\n"
                               "script:\n"
                               "  inline: echo hello\n"
                               "  parameters:\n"
                               "    VERSION: \"1\"\n"
                               "    TOKEN: {env: AZFAN_FUZZ_TOKEN}\n"
                               "targets:\n"
                               "  resource_group: rg\n"
                               "  vms: [\"web-[01-20]\", db-1]\n";

/* ---- no files ----------------------------------------------------------------------------- */

static bool reading; /* a command line; these stand before the C library's */

int open(const char *path, int flags, ...)
{
    va_list arguments;
    int mode;

    must(!reading);
    va_start(arguments, flags);
    mode = va_arg(arguments, int);
    va_end(arguments);
    return openat(AT_FDCWD, path, flags, mode);
}

FILE *fopen(const char *restrict path, const char *restrict mode)
{
    static FILE *(*next)(const char *, const char *);

    must(!reading);
    if (next == NULL) {
        void *found = dlsym(RTLD_NEXT, "fopen");

        memcpy(&next, &found, sizeof next);
    }
    return next(path, mode);
}

static void check_exit(void)
{
    must(!reading);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    must(setenv("AZFAN_FUZZ_TOKEN", "a secret", 1) == 0 && unsetenv("AZFAN_AZ") == 0);
    must(freopen("/dev/null", "re", stdin) != NULL); /* "-" must not wait for a person */
    return atexit(check_exit);
}

/* ---- command lines ------------------------------------------------------------------------ */

static bool is_word(char *const *argv, int argc, const char *value)
{
    for (int i = 0; i < argc; i++) {
        if (value >= argv[i] && value <= argv[i] + strlen(argv[i]))
            return true;
    }
    return false;
}

static void check_list(const struct options_list *list, char *const *argv, int argc)
{
    for (size_t i = 0; i < list->count; i++)
        must(is_word(argv, argc, list->list[i]));
}

static void check_options(const struct options *options, char *const *argv, int argc)
{
    struct buffer help = BUFFER_INIT;

    check_list(&options->limits, argv, argc);
    check_list(&options->excludes, argv, argc);
    check_list(&options->settings, argv, argc);
    check_list(&options->injections, argv, argc);
    check_list(&options->reports, argv, argc);
    must(options->format == NULL || reports_has_format(options->format));
    must(options->concurrency >= 0 && options->timeout >= 0 && options->deadline >= 0);
    must(options->script_timeout >= 0 && options->attempts >= 0);
    must(options->batches == NULL || is_word(argv, argc, options->batches));
    must(options->max_failures == NULL || is_word(argv, argc, options->max_failures));
    must(options->targets == NULL || is_word(argv, argc, options->targets));
    must(options->run_id == NULL || is_word(argv, argc, options->run_id));
    must(options->script == NULL || is_word(argv, argc, options->script));
    must(options->az == NULL || is_word(argv, argc, options->az));
    must(options->run_dir == NULL || is_word(argv, argc, options->run_dir));
    for (size_t i = 0; i < options->jobs.count; i++)
        must(is_word(argv, argc, options->jobs.list[i]));
    if (options->command == COMMAND_HELP) {
        help_print(&help, options->help_about);
        must(help.length > 0 && fuzz_is_clean(buffer_text(&help), help.length, "\n"));
    }
    buffer_done(&help);
}

static void check_job(const struct options *options)
{
    struct overrides overrides = options_overrides(options);
    struct problems problems = {.count = 0};
    struct buffer text = BUFFER_INIT;
    struct job *job;

    overrides.standard_input = "web-01\nrg-b/db-[1-2]\n"; /* no file of --targets is read */
    job = jobfile_parse("job.yaml", job_text, sizeof job_text - 1, &overrides, &problems);
    must((job == NULL) == (problems_total(&problems) > 0));
    problems_print(&problems, &text);
    must(fuzz_is_clean(buffer_text(&text), text.length, "\n"));
    must(job == NULL || job->target_count <= 21);
    buffer_done(&text);
    problems_done(&problems);
    job_free(job);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = memory_copy((const char *)data, size);
    char *argv[MOST_WORDS + 1];
    char name[] = "azfan";
    struct options options;
    struct error error = {""};
    int argc = 0;
    int result;

    argv[argc++] = name;
    for (char *word = text; word != NULL && argc < MOST_WORDS;) {
        argv[argc++] = word;
        word = strchr(word, '\n');
        if (word != NULL)
            *word++ = '\0';
    }
    argv[argc] = NULL;
    reading = true;
    result = commandline_read(argc, argv, &options, &error);
    reading = false;
    if (result < 0) {
        must(result == -1 && error.text[0] != '\0');
    } else {
        must(error.text[0] == '\0');
        check_options(&options, argv, argc);
        check_job(&options);
    }
    options_done(&options);
    free(text);
    return 0;
}
