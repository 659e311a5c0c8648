/* SPDX-License-Identifier: MIT */
/*
 * jobkeys: reads the keys of a job file.
 *
 * jobkeys_read() checks one mapping against the table of job/keytable; what the
 * values mean to one another is its callers' business. Main thread.
 */
#ifndef AZFAN_JOB_JOBKEYS_H
#define AZFAN_JOB_JOBKEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "job/keytable.h"

struct job_share;
struct loading;
struct yaml_node;

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
int jobkeys_parse(enum keytable_key key, const char *text, int64_t *ret, struct error *error);

/* The same of a word's key. RET: its place in the table's list. */
int jobkeys_parse_word(enum keytable_key key, const char *text, int *ret, struct error *error);

/*
 * The same of a share's key, or of a list of them with commas between: "1,10%". *RET is for free().
 */
int jobkeys_parse_shares(enum keytable_key key, const char *text, struct job_share **ret,
                         size_t *ret_count, struct error *error);

/*
 * Reads the keys of MAPPING into VALUES (KEYTABLE_COUNT of them, zeroed); those
 * of other sections stay as they are. Adds a problem for every key that is
 * unknown, missing or of the wrong kind, and when NODE is no mapping.
 */
void jobkeys_read(const struct loading *loading, enum keytable_section section,
                  const struct yaml_node *node, struct jobkeys_value *values);

/* The number that the file gives for KEY; where it gives none, or a wrong one, the table's. */
int64_t jobkeys_number(const struct jobkeys_value *values, enum keytable_key key);

/*
 * Reads NODE, the value of a share's KEY or an entry of its list, in the key's range. False: it is
 * wrong, and a problem that calls it WHAT was added.
 */
bool jobkeys_read_share(const struct loading *loading, enum keytable_key key, const char *what,
                        const struct yaml_node *node, struct job_share *ret);

/* Is NODE a scalar with something in it? If not, adds a problem that calls it WHAT. */
bool jobkeys_is_text(const struct loading *loading, const char *what, const struct yaml_node *node);

#endif
