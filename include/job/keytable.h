/* SPDX-License-Identifier: MIT */
/*
 * keytable: what a job file may say, in one table.
 *
 * Of every key it has where the key stands, what it takes, in which range,
 * whether it must be there, what counts where it is not, and what it is for.
 * The loader (job/jobkeys) checks a file with it, and the JSON Schema
 * (job/schema) is made from it. Constant.
 */
#ifndef AZFAN_JOB_KEYTABLE_H
#define AZFAN_JOB_KEYTABLE_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;

enum keytable_section {
    KEYTABLE_TOP,
    KEYTABLE_SCRIPT,
    KEYTABLE_TARGETS,
    KEYTABLE_RETRY,
    KEYTABLE_VM,    /* an entry of targets.vms that is a mapping */
    KEYTABLE_SECRET /* {env: NAME} */
};

enum keytable_key {
    KEY_VERSION,
    KEY_NAME,
    KEY_DESCRIPTION,
    KEY_RUNBOOK,
    KEY_SCRIPT,
    KEY_TARGETS,
    KEY_CONCURRENCY,
    KEY_TIMEOUT,
    KEY_SCRIPT_TIMEOUT,
    KEY_SCRIPT_GRACE,
    KEY_DEADLINE,
    KEY_KILL_GRACE,
    KEY_RETRY,
    KEY_IDEMPOTENT,
    KEY_BATCHES,
    KEY_PAUSE_BETWEEN,
    KEY_MAX_FAILURES,
    KEY_ON_HALT,
    KEY_CONFIRM,
    KEY_OUTPUT_LIMIT,
    KEY_AZ,
    KEY_CLIENT,
    KEY_IDENTITY,
    KEY_CLOUD,
    KEY_SCRIPT_FILE,
    KEY_SCRIPT_INLINE,
    KEY_SCRIPT_SHELL,
    KEY_SCRIPT_PARAMETERS,
    KEY_SCRIPT_ARGS,
    KEY_SCRIPT_OK_STATUS,
    KEY_SCRIPT_FILES,
    KEY_TARGETS_SUBSCRIPTION,
    KEY_TARGETS_RESOURCE_GROUP,
    KEY_TARGETS_VMS,
    KEY_TARGETS_FILE,
    KEY_TARGETS_LIST,
    KEY_TARGETS_QUERY,
    KEY_TARGETS_EXCLUDE,
    KEY_TARGETS_EXPECT,
    KEY_RETRY_ATTEMPTS,
    KEY_RETRY_DELAY,
    KEY_RETRY_FACTOR,
    KEY_RETRY_MAX_DELAY,
    KEY_RETRY_ON,
    KEY_VM_NAME,
    KEY_VM_RESOURCE_GROUP,
    KEY_VM_SUBSCRIPTION,
    KEY_VM_PARAMETERS,
    KEY_VM_ARGS,
    KEY_SECRET_ENV,
    KEYTABLE_COUNT
};

enum keytable_kind {
    KIND_TEXT,       /* any scalar that is not empty */
    KIND_WORD,       /* one of `words` */
    KIND_NUMBER,     /* without quotes */
    KIND_DURATION,   /* with a unit */
    KIND_SIZE,       /* with a unit */
    KIND_BOOLEAN,    /* true or false, without quotes: YAML 1.1 has too many other words for it */
    KIND_SHARE,      /* a count or a percentage: jobkeys_read_share() */
    KIND_SHARES,     /* one, or a list of them, not empty; likewise */
    KIND_MAPPING,    /* the keys of `holds`; this and all below are read by somebody else */
    KIND_PARAMETERS, /* a mapping of names to values */
    KIND_ARGUMENTS,  /* a list of values, not empty */
    KIND_FILES,      /* a list of texts, not empty: job/files */
    KIND_VMS,        /* a list, not empty, of texts and mappings of KEYTABLE_VM */
    KIND_PATTERNS,   /* a text or a list of texts, not empty */
    KIND_REASONS,    /* likewise, of words of job/outcome */
    KIND_STATUSES,   /* a number or a list of different ones, not empty: job/okstatus */
    KIND_LATER       /* of the contract, but not built yet: refused by name */
};

struct keytable_row {
    enum keytable_section section;
    const char *name;
    enum keytable_kind kind;
    bool required;
    enum keytable_section holds; /* of a MAPPING */
    int64_t least, most;      /* of NUMBER, DURATION, SIZE and a count; a percentage is up to 100 */
    int64_t normal;           /* what counts where the key is absent; below `least`: nothing */
    const char *normal_text;  /* the same of a TEXT; NULL: nothing */
    const char *const *words; /* of a WORD, in the order of its numbers, with a NULL after */
    const char *pattern; /* of a TEXT and PATTERNS: a regular expression (ECMA 262) of what a reader
                            takes beside the kind; NULL: anything */
    const char *help;    /* for people; NULL for LATER */
};

extern const struct keytable_row keytable[KEYTABLE_COUNT];

/* Patterns of what is no key's own value: an entry of vms, and the name of a parameter. */
extern const char keytable_vm_pattern[];
extern const char keytable_parameter_pattern[];

/* Appends a value of a NUMBER, DURATION or SIZE the way a job file would have it. */
void keytable_print_amount(struct buffer *buffer, enum keytable_kind kind, int64_t amount);

#endif
