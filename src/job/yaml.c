/* SPDX-License-Identifier: MIT */
/*
 * The tree is built from libyaml's events with a stack of open sequences and
 * mappings, not by recursion: how deep a file may nest is a number here, not
 * the size of the C stack. A node belongs to its parent as soon as it is made,
 * but for a mapping's key, which waits in its frame for the value.
 */
#include "job/yaml.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/memory.h"
#include "job/problems.h"
#include "job/yamltext.h"

struct frame {
    struct yaml_node *node;
    struct yaml_node *key; /* of a mapping: waits for its value */
};

struct builder {
    const char *path;
    struct problems *problems;
    struct yamltext_place end; /* of the text */
    struct yaml_node *root;
    struct frame stack[YAML_DEEPEST];
    size_t depth;
    size_t nodes;
    bool second; /* a second document has begun */
};

/* Recursion is bounded: the builder makes no tree deeper than YAML_DEEPEST. */
void yaml_discard(struct yaml_node *node)
{
    if (node == NULL)
        return;
    for (size_t i = 0; i < node->count; i++) {
        yaml_discard(node->items[i]);
        if (node->keys != NULL)
            yaml_discard(node->keys[i]);
    }
    free(node->items);
    free(node->keys);
    free(node->text);
    free(node);
}

static void refuse(struct builder *builder, struct yaml_node *node, const char *message)
{
    problems_add(builder->problems, builder->path, node->line, node->column, "%s", message);
    node->refused = true;
}

static void push(struct yaml_node *parent, struct yaml_node *key, struct yaml_node *item)
{
    size_t count = parent->count++;

    parent->items = memory_grow(parent->items, count, sizeof(struct yaml_node *));
    parent->items[count] = item;
    if (parent->kind != YAML_MAPPING)
        return;
    parent->keys = memory_grow(parent->keys, count, sizeof(struct yaml_node *));
    parent->keys[count] = key;
}

static void check_key(struct builder *builder, struct yaml_node *key)
{
    if (key->refused)
        return;
    if (key->kind != YAML_SCALAR)
        refuse(builder, key, "a key must be a plain word, not a list or a mapping");
    else if (strcmp(key->text, "<<") == 0)
        refuse(builder, key, "merge keys (\"<<\") are not supported: write the keys out");
}

/* Puts NODE where the text has it. */
static void attach(struct builder *builder, struct yaml_node *node)
{
    struct frame *frame = builder->depth > 0 ? &builder->stack[builder->depth - 1] : NULL;

    if (frame == NULL) {
        builder->root = node;
    } else if (frame->node->kind == YAML_SEQUENCE) {
        push(frame->node, NULL, node);
    } else if (frame->key == NULL) {
        check_key(builder, node);
        frame->key = node;
    } else {
        push(frame->node, frame->key, node);
        frame->key = NULL;
    }
}

/* Does what comes next go away with a key that was refused? Then it deserves no problem of its own.
 */
static bool is_lost(const struct builder *builder)
{
    const struct frame *frame = builder->depth > 0 ? &builder->stack[builder->depth - 1] : NULL;

    return frame != NULL && frame->key != NULL && frame->key->refused;
}

static struct yamltext_place place_of(const struct builder *builder, const yaml_event_t *event)
{
    return yamltext_place(event->start_mark.line, event->start_mark.column, builder->end);
}

static struct yaml_node *make_node(struct builder *builder, enum yaml_kind kind,
                                   const yaml_event_t *event)
{
    struct yaml_node *node = memory_zeroed(1, sizeof *node);
    struct yamltext_place place = place_of(builder, event);

    node->kind = kind;
    node->line = place.line;
    node->column = place.column;
    builder->nodes++;
    return node;
}

static void check_decorations(struct builder *builder, struct yaml_node *node,
                              const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (is_lost(builder))
        return;
    if (anchor != NULL)
        refuse(builder, node,
               "anchors (\"&\") are not supported: write the value out where it is "
               "used");
    if (tag != NULL)
        refuse(builder, node,
               "tags (\"!\") are not supported: put a text that starts with \"!\" in "
               "quotes");
}

static enum yaml_lines lines_of(const yaml_event_t *event)
{
    if (event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE)
        return YAML_KEPT;
    if (event->data.scalar.style == YAML_FOLDED_SCALAR_STYLE)
        return YAML_FOLDED;
    return event->end_mark.line > event->start_mark.line ? YAML_JOINED : YAML_ONE_LINE;
}

static struct yaml_node *make_scalar(struct builder *builder, const yaml_event_t *event)
{
    struct yaml_node *node = make_node(builder, YAML_SCALAR, event);
    const char *value = (const char *)event->data.scalar.value;

    node->text = memory_copy(value, event->data.scalar.length);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->lines = lines_of(event);
    node->empty = !node->quoted && event->data.scalar.length == 0;
    check_decorations(builder, node, event->data.scalar.anchor, event->data.scalar.tag);
    if (strlen(node->text) != event->data.scalar.length)
        refuse(builder, node, "a text must not hold a NUL character");
    return node;
}

static struct yaml_node *make_alias(struct builder *builder, const yaml_event_t *event)
{
    struct yaml_node *node = make_node(builder, YAML_SCALAR, event);

    node->text = memory_string("");
    if (!is_lost(builder))
        refuse(builder, node,
               "aliases (\"*\") are not supported: write the value out, or put a text "
               "that starts with \"*\" in quotes");
    node->refused = true;
    return node;
}

/* Makes a sequence or mapping and goes into it. False when that is one level too deep. */
static bool open_node(struct builder *builder, enum yaml_kind kind, const yaml_event_t *event)
{
    struct yamltext_place place = place_of(builder, event);
    struct yaml_node *node;

    if (builder->depth == YAML_DEEPEST) {
        problems_add(builder->problems, builder->path, place.line, place.column,
                     "nested deeper than %d levels", YAML_DEEPEST);
        return false;
    }
    node = make_node(builder, kind, event);
    if (kind == YAML_SEQUENCE)
        check_decorations(builder, node, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag);
    else
        check_decorations(builder, node, event->data.mapping_start.anchor,
                          event->data.mapping_start.tag);
    attach(builder, node);
    builder->stack[builder->depth++] = (struct frame){node, NULL};
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const struct yaml_node *first = *(struct yaml_node *const *)a;
    const struct yaml_node *second = *(struct yaml_node *const *)b;
    int order = strcmp(first->text, second->text);

    if (order == 0)
        order = (first->line > second->line) - (first->line < second->line);
    if (order == 0)
        order = (first->column > second->column) - (first->column < second->column);
    return order;
}

/* Removes the pairs whose key was refused. */
static void drop_refused(struct yaml_node *mapping)
{
    size_t kept = 0;

    for (size_t i = 0; i < mapping->count; i++) {
        if (mapping->keys[i]->refused) {
            yaml_discard(mapping->keys[i]);
            yaml_discard(mapping->items[i]);
        } else {
            mapping->keys[kept] = mapping->keys[i];
            mapping->items[kept++] = mapping->items[i];
        }
    }
    mapping->count = kept;
}

/* By sorting: a file of 1 MiB can hold 100,000 keys. */
static void check_duplicates(struct builder *builder, struct yaml_node *mapping)
{
    struct yaml_node **sorted = memory_zeroed(mapping->count, sizeof(struct yaml_node *));
    const struct yaml_node *first = NULL;

    if (mapping->count > 0)
        memcpy(sorted, mapping->keys, mapping->count * sizeof(struct yaml_node *));
    qsort(sorted, mapping->count, sizeof(struct yaml_node *), compare_keys);
    for (size_t i = 0; i < mapping->count; i++) {
        if (first == NULL || strcmp(first->text, sorted[i]->text) != 0) {
            first = sorted[i];
            continue;
        }
        problems_add(builder->problems, builder->path, sorted[i]->line, sorted[i]->column,
                     "duplicate key \"%s\": it is already in line %d", first->text, first->line);
        sorted[i]->refused = true;
    }
    free(sorted);
}

static void close_node(struct builder *builder)
{
    struct yaml_node *node;

    assert(builder->depth > 0); /* libyaml pairs its events */
    node = builder->stack[--builder->depth].node;
    if (node->kind != YAML_MAPPING)
        return;
    drop_refused(node);
    check_duplicates(builder, node);
    drop_refused(node);
}

/* Takes one event. False ends the reading: too much, or a second document. */
static bool take_event(struct builder *builder, const yaml_event_t *event)
{
    struct yamltext_place place = place_of(builder, event);

    if (builder->nodes >= YAML_MOST_NODES) {
        problems_add(builder->problems, builder->path, place.line, place.column,
                     "more than %d keys and values", YAML_MOST_NODES);
        return false;
    }
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        builder->second = builder->root != NULL;
        if (builder->second)
            problems_add(builder->problems, builder->path, place.line, place.column,
                         "a second document starts here: a job file has only one");
        return !builder->second;
    case YAML_SEQUENCE_START_EVENT:
        return open_node(builder, YAML_SEQUENCE, event);
    case YAML_MAPPING_START_EVENT:
        return open_node(builder, YAML_MAPPING, event);
    case YAML_SCALAR_EVENT:
        attach(builder, make_scalar(builder, event));
        return true;
    case YAML_ALIAS_EVENT:
        attach(builder, make_alias(builder, event));
        return true;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_node(builder);
        return true;
    default:
        return true;
    }
}

static void explain(const struct builder *builder, const yaml_parser_t *parser, const char *text,
                    size_t length)
{
    struct yamltext_complaint complaint = {
        .problem = parser->problem,
        .context = parser->context,
        .line = parser->problem_mark.line,
        .column = parser->problem_mark.column,
        .context_line = parser->context_mark.line,
        .context_column = parser->context_mark.column,
    };

    yamltext_explain(builder->path, text, length, &complaint, builder->problems);
}

/* Feeds the builder until the end. False when no tree came of it. */
static bool build(struct builder *builder, yaml_parser_t *parser, const char *text, size_t length)
{
    bool more = true;

    while (more) {
        yaml_event_t event;

        if (!yaml_parser_parse(parser, &event)) {
            explain(builder, parser, text, length);
            return false;
        }
        more = take_event(builder, &event) && event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    /* A second document leaves the first one whole. */
    return builder->depth == 0 && (builder->second || builder->nodes < YAML_MOST_NODES);
}

static bool is_blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr(" \t\r\n", text[i]) == NULL)
            return false;
    }
    return true;
}

struct yaml_node *yaml_parse(const char *path, const char *text, size_t length,
                             struct problems *problems)
{
    struct builder builder = {.path = path, .problems = problems};
    yaml_parser_t parser;
    bool complete;

    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        length -= 3;
    }
    if (!yamltext_check(path, text, length, problems))
        return NULL;
    if (!yaml_parser_initialize(&parser)) {
        problems_add(problems, path, 0, 0, "out of memory while reading it");
        return NULL;
    }
    builder.end = yamltext_end(text, length);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    complete = build(&builder, &parser, text, length);
    yaml_parser_delete(&parser);
    if (complete && (builder.root == NULL || builder.root->empty)) {
        problems_add(problems, path, 1, 1, "%s",
                     is_blank(text, length) ? "the file is empty" : "the file holds no keys");
        complete = false;
    }
    if (complete)
        return builder.root;
    for (size_t i = 0; i < builder.depth; i++)
        yaml_discard(builder.stack[i].key);
    yaml_discard(builder.root);
    return NULL;
}
