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

#include "job/jobkeys.h"

struct buffer;

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
    KIND_VMS,        /* a list, not empty, of texts and mappings of JOBKEYS_VM */
    KIND_PATTERNS,   /* a text or a list of texts, not empty */
    KIND_REASONS,    /* likewise, of the words that job/retry knows */
    KIND_STATUSES,   /* a number or a list of different ones, not empty: job/okstatus */
    KIND_LATER       /* of the contract, but not built yet: refused by name */
};

struct keytable_row {
    enum jobkeys_section section;
    const char *name;
    enum keytable_kind kind;
    bool required;
    enum jobkeys_section holds; /* of a MAPPING */
    int64_t least, most;      /* of NUMBER, DURATION, SIZE and a count; a percentage is up to 100 */
    int64_t normal;           /* what counts where the key is absent; below `least`: nothing */
    const char *normal_text;  /* the same of a TEXT; NULL: nothing */
    const char *const *words; /* of a WORD, in the order of its numbers, with a NULL behind */
    const char *pattern; /* of a TEXT and PATTERNS: a regular expression (ECMA 262) of what a reader
                            takes beside the kind; NULL: anything */
    const char *help;    /* for people; NULL for LATER */
};

extern const struct keytable_row keytable[JOBKEYS_COUNT];

/* Patterns of what is no key's own value: an entry of vms, and the name of a parameter. */
extern const char keytable_vm_pattern[];
extern const char keytable_parameter_pattern[];

/* Appends a value of a NUMBER, DURATION or SIZE the way a job file would have it. */
void keytable_print_amount(struct buffer *buffer, enum keytable_kind kind, int64_t amount);

#endif
