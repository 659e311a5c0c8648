/* SPDX-License-Identifier: MIT */
/*
 * yaml: a job file's text as a tree with positions.
 *
 * The only room that includes <yaml.h>. Strict: one document; no anchors,
 * aliases or tags; no duplicate keys; keys are plain scalars; at most
 * YAML_DEEPEST levels and YAML_MOST_NODES nodes; UTF-8 without NUL or BOM
 * trouble. libyaml's reader errors carry no line: their position is computed
 * from the byte offset (libyaml 0.2.5, reader.c).
 *
 * yaml_parse() returns the root, or NULL with at least one problem added.
 * The tree owns everything below it; yaml_free() frees it (NULL is fine).
 * Pure: parses from memory, does no I/O. Main thread, and fuzzers.
 */
#ifndef AZFAN_JOB_YAML_H
#define AZFAN_JOB_YAML_H

#include <stdbool.h>
#include <stddef.h>

struct problems;

enum { YAML_DEEPEST = 16, YAML_MOST_NODES = 400000 };

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    int line;   /* from 1 */
    int column; /* from 1 */
    char *text; /* of a scalar; never NULL there; no NUL inside */
    bool quoted; /* a scalar in quotes or a block scalar: text for certain */
    bool empty;  /* a plain scalar of no characters: a key without a value */
    struct yaml_node **items; /* of a sequence: the items; of a mapping: the values */
    struct yaml_node **keys;  /* of a mapping: scalars, in order, no two alike */
    size_t count;
};

struct yaml_node *yaml_parse(const char *path, const char *text, size_t length,
                             struct problems *problems);

void yaml_free(struct yaml_node *node);

#endif
