/* SPDX-License-Identifier: MIT */
/*
 * jobkeys: the keys of a job file.
 *
 * The table in job/keytable says of every key where it stands, what kind of
 * value it takes, in which range, and whether it must be there. jobkeys_read()
 * checks one mapping against it; what the values mean to one another is its
 * callers' business. Main thread.
 */
#ifndef AZFAN_JOB_JOBKEYS_H
#define AZFAN_JOB_JOBKEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct job_share;
struct loading;
struct yaml_node;

enum jobkeys_section {
    JOBKEYS_TOP,
    JOBKEYS_SCRIPT,
    JOBKEYS_TARGETS,
    JOBKEYS_RETRY,
    JOBKEYS_VM,    /* an entry of targets.vms that is a mapping */
    JOBKEYS_SECRET /* {env: NAME} */
};

enum jobkeys_key {
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
    JOBKEYS_COUNT
};

/* What a file says for a key. All zero: the key is absent. */
struct jobkeys_value {
    const struct yaml_node *key; /* NULL: absent; else the key, even a misspelt one */
    const struct yaml_node
        *node;      /* of the right kind and range; NULL: absent, or wrong and reported */
    int64_t number; /* of a number; of a duration in nanoseconds; of a size in bytes; of a truth 1
                       or 0; of a word its place in the table's list */
};

/*
 * Reads a value of a number, duration or size key from the command line. The
 * error ("must be from 1 to 1000, not 0") does not name the key.
 */
int jobkeys_parse(enum jobkeys_key key, const char *text, int64_t *ret, struct error *error);

/*
 * Reads the keys of MAPPING into VALUES (JOBKEYS_COUNT of them, zeroed); those
 * of other sections stay as they are. Adds a problem for every key that is
 * unknown, missing or of the wrong kind, and when NODE is no mapping.
 */
void jobkeys_read(const struct loading *loading, enum jobkeys_section section,
                  const struct yaml_node *node, struct jobkeys_value *values);

/* The number that the file gives for KEY; where it gives none, or a wrong one, the table's. */
int64_t jobkeys_number(const struct jobkeys_value *values, enum jobkeys_key key);

/*
 * Reads NODE, the value of a share's KEY or an entry of its list, in the key's range. False: it is
 * wrong, and a problem that calls it WHAT was added.
 */
bool jobkeys_read_share(const struct loading *loading, enum jobkeys_key key, const char *what,
                        const struct yaml_node *node, struct job_share *ret);

/* Is NODE a scalar with something in it? If not, adds a problem that calls it WHAT. */
bool jobkeys_is_text(const struct loading *loading, const char *what, const struct yaml_node *node);

#endif
