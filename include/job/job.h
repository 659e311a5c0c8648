/* SPDX-License-Identifier: MIT */
/*
 * job: what is to be done, and where, after loading.
 *
 * Filled by job/jobfile and job/targets, immutable from then on, read by every
 * thread, freed with job_free() at the end. All strings are NUL-terminated
 * UTF-8 and owned by the job.
 */
#ifndef AZFAN_JOB_JOB_H
#define AZFAN_JOB_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/number.h"
#include "base/strings.h"
#include "job/cloud.h"

struct problems;

enum {
    JOB_FILE_LIMIT = 1024 * 1024,
    JOB_FILES_MOST = 100,
    JOB_FILES_LIMIT = 4 * 1024 * 1024, /* bytes of all, before they are packed */
    JOB_TARGETS_MOST = 100000,
    JOB_BATCHES_MOST = 1000,
    JOB_OK_STATUSES_MOST = 16,
    JOB_PARAMETERS_MOST = 1000, /* of a script or a VM; likewise of arguments */
    JOB_DIGEST_SIZE = 65        /* SHA-256 in hexadecimal, with the NUL */
};

/* The script's grace where a job gives none: within LIMITS_OVERHEAD. */
#define JOB_SCRIPT_GRACE (5 * NUMBER_SECOND)

enum job_shell { JOB_SH, JOB_POWERSHELL };

struct job_parameter {
    char *name;  /* a shell identifier */
    char *value; /* never NULL after loading */
    bool secret; /* never shown, never written down */
};

struct job_parameters {
    struct job_parameter *list; /* in the order of the file; names are unique */
    size_t count;
};

/* One that is sent with the script. */
struct job_file {
    char *
        name; /* its path, as the job spells it: on the VM it has the same in the script's folder */
    size_t length;
    bool executable;
    char digest[JOB_DIGEST_SIZE]; /* of its bytes */
};

struct job_files {
    struct job_file *list; /* in the order of the job */
    size_t count;
    char *packed; /* the bytes of all, one after the other, as gzip(1) packs them */
    size_t packed_length;
};

/* The statuses of a script that count as ok. */
struct job_statuses {
    int list[JOB_OK_STATUSES_MOST]; /* as the job has them, each once */
    size_t count;                   /* 0: 0 alone is ok */
};

struct job_target {
    char *name;           /* as the job spells it */
    char *resource_group; /* never NULL after loading */
    char *subscription;   /* NULL: az's default */
    char *label; /* unique in the job: the name, or GROUP/NAME, or SUBSCRIPTION/GROUP/NAME where
                    needed */
    struct job_parameters parameters; /* its own, over the script's */
    struct job_parameters args;       /* its own, instead of the script's; none: those */
};

/* A count, or a percentage of all targets: "1", "10%". */
struct job_share {
    bool percent;
    int value;
};

struct job_retry {
    int attempts;      /* in all, the first one too; 1: none is repeated */
    int64_t delay;     /* before the second attempt; nanoseconds, like max_delay */
    int factor;        /* by which it grows from one to the next */
    int64_t max_delay; /* and how far */
    uint32_t on;       /* after which reasons, outcome_bit() of each; when the script has perhaps
                          begun `idempotent` decides */
};

/* Where an inline script stands in the job file. */
struct job_place {
    int line; /* of its value, from 1; column likewise */
    int column;
    bool kept;             /* line N of the script is N lines below that */
    const char *folded_by; /* what joined its lines, for messages: ">"; NULL: nothing did */
};

/* What asks Azure for a script's run: the Azure CLI, or azfan's own program. */
enum job_client { JOB_AZ, JOB_REST };

/* Whose token a client of REST has: az's login, or one that azfan asks for itself. */
enum job_identity {
    JOB_IDENTITY_AZ,
    JOB_IDENTITY_MANAGED,    /* the machine's */
    JOB_IDENTITY_WORKLOAD,   /* an application's, by what its surroundings say of it */
    JOB_IDENTITY_ENVIRONMENT /* an application's, by its secret in the environment */
};

enum job_halt { JOB_DRAIN, JOB_STOP }; /* running attempts may end, or are stopped */

struct job {
    char *path;                   /* the job file, as given */
    struct problems *remarks;     /* what is no error, but may not be meant */
    char digest[JOB_DIGEST_SIZE]; /* of the job file */
    char *name;
    char *description; /* NULL when not given; likewise runbook */
    char *runbook;

    char *script; /* the text; no NUL */
    size_t script_length;
    char script_digest[JOB_DIGEST_SIZE]; /* of the script's own text, without the guard */
    char *script_file;                   /* as resolved; NULL when inline */
    struct job_place script_place;       /* when inline */
    enum job_shell shell;
    struct job_parameters parameters;
    struct job_parameters args; /* in their order; job/arguments.h */
    struct strings secrets; /* names, sorted: what has one of these is a secret; job/parameters.h */

    struct job_statuses ok;
    struct job_files files;

    struct job_target *targets; /* in order, each VM once */
    size_t target_count;

    int concurrency;
    bool usual_concurrency; /* its client's default: nobody said another one */
    int64_t timeout;        /* nanoseconds, as all below */
    int64_t script_timeout; /* what counts: given, or worked out from timeout */
    int64_t script_grace;   /* on the VM: from TERM to KILL */
    int64_t deadline;       /* 0: none */
    int64_t kill_grace;
    size_t output_limit; /* bytes a stream and attempt */
    char *az;
    enum job_client client;
    enum job_identity identity;
    struct cloud cloud; /* none: az's, or AzureCloud where there is no az */

    struct job_retry retry;
    bool idempotent;           /* the script may run twice on a VM */
    struct job_share *batches; /* sizes; the last one repeats; NULL: all in one */
    size_t batch_count;
    int64_t pause_between;
    bool has_max_failures;
    struct job_share max_failures;
    enum job_halt on_halt;
    bool has_confirm;
    size_t confirm; /* more targets than that want a yes; without has_confirm: all, where somebody
                       can be asked */
};

/* Free what is inside; the struct itself is the caller's. */
void job_parameters_done(struct job_parameters *parameters);
void job_target_done(struct job_target *target);

/* Does a script that ended with STATUS count as ok? */
bool job_status_is_ok(const struct job_statuses *ok, int status);

/* Where line LINE of the script, from 1, stands, for a message: in which file, in which line and
 * column. */
const char *job_find_script_line(const struct job *job, int line, int *ret_line, int *ret_column);

/* The one subscription that all targets name, or NULL when they differ or leave it to az. */
const char *job_only_subscription(const struct job *job);

/* How many clients of that kind run at once where nobody says another number. */
int job_usual_concurrency(enum job_client client);

/* How many attempts may run at once: as many as the job wants, but no more than targets. */
int job_at_once(const struct job *job);

/* Does a target leave its subscription to az? */
bool job_needs_subscription(const struct job *job);

void job_free(struct job *job); /* NULL is fine */

#endif
