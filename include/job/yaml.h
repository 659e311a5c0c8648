/* SPDX-License-Identifier: MIT */
/*
 * yaml: a job file's text as a tree with positions.
 *
 * The only room that includes <yaml.h>. Strict: one document; no anchors,
 * aliases, tags or merge keys; no duplicate keys; keys are scalars; at most
 * YAML_DEEPEST levels and YAML_MOST_NODES nodes; UTF-8 without NUL. A UTF-8
 * byte order mark at the start is skipped: editors on Windows write it.
 *
 * yaml_parse() returns the root, or NULL with at least one problem added when
 * the text is no YAML at all. What is wrong but leaves a tree (a duplicate key,
 * an alias) is added as a problem too, and the root is returned, so that the
 * rest can be checked in the same go: whoever wants to use the tree asks
 * whether problems were added. Refused and duplicate keys are not in the tree.
 * The tree owns everything below it; yaml_discard() frees it (NULL is fine; the
 * name yaml_free is taken: libyaml exports one).
 * Pure: parses from memory, does no I/O. Main thread, and fuzzers.
 */
#ifndef AZFAN_JOB_YAML_H
#define AZFAN_JOB_YAML_H

#include <stdbool.h>
#include <stddef.h>

struct problems;

enum { YAML_DEEPEST = 16, YAML_MOST_NODES = 400000 };

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

/* What became of the lines that a scalar has in the file. */
enum yaml_lines {
    YAML_ONE_LINE,
    YAML_KEPT,   /* a block by "|": line N of the text is N lines below the node's line */
    YAML_FOLDED, /* a block by ">": joined by blanks */
    YAML_JOINED  /* likewise, in quotes or without any */
};

struct yaml_node {
    enum yaml_kind kind;
    int line;                 /* from 1 */
    int column;               /* from 1 */
    char *text;               /* of a scalar; never NULL there; no NUL inside */
    bool quoted;              /* a scalar in quotes or a block scalar: text for certain */
    enum yaml_lines lines;    /* of a scalar */
    bool empty;               /* a plain scalar of no characters: a key without a value */
    bool refused;             /* a problem was added about this very node: say no more of it */
    struct yaml_node **items; /* of a sequence: the items; of a mapping: the values */
    struct yaml_node **keys;  /* of a mapping: scalars, in order, no two alike */
    size_t count;
};

struct yaml_node *yaml_parse(const char *path, const char *text, size_t length,
                             struct problems *problems);

void yaml_discard(struct yaml_node *node);

#endif
