/* SPDX-License-Identifier: MIT */
/*
 * options: what the command line says, for those who obey it.
 *
 * cli/commandline reads it. Strings point into argv.
 */
#ifndef AZFAN_CLI_OPTIONS_H
#define AZFAN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/commands.h"
#include "job/job.h"
#include "job/overrides.h"
#include "report/ignore.h"
#include "report/style.h"

/* How a run is shown while it goes on. */
enum options_progress {
    PROGRESS_AUTO,
    PROGRESS_LIVE,
    PROGRESS_PLAIN,
    PROGRESS_JSON,
    PROGRESS_NONE
};

/* How what VMs printed is shown at the end, and by report. */
enum options_output { OUTPUT_AUTO, OUTPUT_GROUPED, OUTPUT_LINES, OUTPUT_EACH, OUTPUT_NONE };

/* Values of an option that may be given more than once. */
struct options_list {
    const char **list;
    size_t count;
};

struct options {
    enum commands_id command;
    enum commands_id help_about; /* with COMMAND_HELP: which one was asked about, or COMMAND_HELP */
    struct options_list jobs; /* the job files; one, but for check; of report and rerun: the run, if
                                 any; of runs a job; of exec the targets */
    struct options_list args; /* the script's, which stand after --; of exec without `script`: the
                                 command's words */
    bool has_args;            /* there is a --: these count, also when there are none */
    int concurrency;          /* 0: as the job says; likewise down to attempts */
    int concurrency_percent;  /* of the targets, and goes before it; 0: it is not given so */
    int64_t timeout;
    int64_t deadline;
    int64_t script_timeout;
    int attempts;
    const char *batches; /* NULL: as the job says; likewise max_failures */
    const char *max_failures;
    const char *targets; /* a file of them; NULL: the job's */
    bool has_confirm;
    size_t confirm;
    bool yes;             /* nobody is asked */
    bool overlap;         /* runs that are going on with the same VMs do not matter */
    const char *az;       /* NULL: AZFAN_AZ, then the job */
    const char *client;   /* "az" or "rest"; NULL: AZFAN_CLIENT, then the job */
    const char *identity; /* likewise a word of the job's key; NULL: AZFAN_IDENTITY, then the job */
    struct options_list limits;
    struct options_list excludes;
    struct options_list settings;
    struct options_list reports;
    const char *format;  /* of reports whose name has no suffix, "json"; NULL: none is given */
    int standard_output; /* the descriptor for reports that go there: reports_divert() */
    struct options_list injections;
    const char *run_dir;
    const char *run_id; /* NULL: one is made */
    const char *script; /* of exec: its file; NULL: none; likewise the next two */
    const char *resource_group;
    const char *subscription;
    enum job_shell shell; /* of exec */
    enum options_progress progress;
    enum options_output output;
    struct ignore ignore; /* what of outputs always differs */
    enum style_choice color;
    bool quiet;
    bool verbose;
    bool execute;
    uint64_t seed;
    int speed;     /* of a rehearsal: so many times as fast; 0: as it needs to be */
    unsigned only; /* outcomes to rerun, a bit each (1U << enum outcome_kind); 0: all but ok */
    bool changed;  /* rerun, though the job or the script is another one by now */
    bool now;      /* rerun also what may still be running */
    bool names;    /* targets: a name a line */
    bool ids;      /* targets: an id a line */
    bool dry_run;  /* say what would be done, and do nothing */
    size_t last;   /* runs: so many of them; 0: all */
    int64_t older; /* prune: than this; 0: not given */
    size_t keep;   /* prune: so many in any case */
    bool failed;   /* runs: only where not all went well */
    bool json;     /* runs: for programs */
    bool list;     /* check: a line about each job, and nothing is examined */
    bool guard;    /* plan: the script as it is sent, and nothing else */
    bool again;    /* rerun also what had started before, whatever the mark on the VM says */
};

void options_add(struct options_list *list, const char *value);

/* What the command line puts over the job file; points into OPTIONS. */
struct overrides options_overrides(const struct options *options);

void options_done(struct options *options);

#endif
