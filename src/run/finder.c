/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. This is the automaton of Aho and Corasick. The words
 * make a tree, a node a byte; a state is a node: the longest beginning of a word
 * that ends where the text is. When the next byte leads to none of its children,
 * `shorter` has the next longest beginning that ends there too.
 *
 * The words are put in sorted, so the nodes stand in the order of the tree: the
 * first child of a node, where it has one, comes right after it. What would
 * be a pointer to it costs nothing, and a node has 16 bytes.
 */
#include "run/finder.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct node {
    uint32_t sibling; /* the next child of the same parent; 0: none */
    uint32_t shorter; /* the longest beginning of a word that is an end of this one; 0: none */
    uint32_t longest; /* the length of the longest word that is an end of this one; 0: none */
    unsigned depth : 24;
    unsigned byte : 8;
};

struct finder {
    struct node *nodes; /* the first one is the tree's root, and the start */
    uint32_t count;
    size_t reach;
    uint32_t first[256]; /* the root's children */
};

static uint32_t first_child(const struct finder *finder, uint32_t node)
{
    uint32_t next = node + 1;

    return next < finder->count && finder->nodes[next].depth == finder->nodes[node].depth + 1U
               ? next
               : 0;
}

static uint32_t child(const struct finder *finder, uint32_t node, unsigned char byte)
{
    uint32_t at;

    if (node == FINDER_START)
        return finder->first[byte];
    for (at = first_child(finder, node); at != 0; at = finder->nodes[at].sibling) {
        if (finder->nodes[at].byte == byte)
            break;
    }
    return at;
}

uint32_t finder_step(const struct finder *finder, uint32_t state, char byte)
{
    uint32_t next = child(finder, state, (unsigned char)byte);

    while (next == 0 && state != FINDER_START) {
        state = finder->nodes[state].shorter;
        next = child(finder, state, (unsigned char)byte);
    }
    return next;
}

/* PATH: the nodes of the word before, by depth; SAME: how much of it WORD has too. */
static void add_word(struct finder *finder, uint32_t *path, const char *word, size_t length,
                     size_t same)
{
    for (size_t depth = same; depth < length; depth++) {
        uint32_t node = finder->count++;
        unsigned char byte = (unsigned char)word[depth];

        finder->nodes[node] =
            (struct node){.depth = (unsigned)(depth + 1) & 0xffffffU, .byte = byte};
        /* Where the two part, the word before went on with another child. */
        if (depth == same && first_child(finder, path[depth]) != node)
            finder->nodes[path[depth + 1]].sibling = node;
        if (depth == 0)
            finder->first[byte] = node;
        path[depth + 1] = node;
    }
    finder->nodes[path[length]].longest = (uint32_t)length;
}

/* From the root downwards: what is shorter is known before it is needed. */
static void link_nodes(struct finder *finder)
{
    uint32_t *queue = memory_zeroed(finder->count, sizeof *queue);
    uint32_t end = 1;

    for (uint32_t begin = 0; begin < end; begin++) {
        uint32_t parent = queue[begin];

        for (uint32_t at = first_child(finder, parent); at != 0; at = finder->nodes[at].sibling) {
            struct node *node = &finder->nodes[at];

            if (parent != FINDER_START)
                node->shorter =
                    finder_step(finder, finder->nodes[parent].shorter, (char)node->byte);
            if (node->longest == 0)
                node->longest = finder->nodes[node->shorter].longest;
            queue[end++] = at;
        }
    }
    free(queue);
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t count_same(const char *a, const char *b)
{
    size_t count = 0;

    while (a[count] != '\0' && a[count] == b[count])
        count++;
    return count;
}

static void add_words(struct finder *finder, char *const *words, size_t count)
{
    uint32_t *path = memory_zeroed(finder->reach + 1, sizeof *path);

    finder->nodes[finder->count++] = (struct node){.depth = 0};
    for (size_t i = 0; i < count; i++)
        add_word(finder, path, words[i], strlen(words[i]),
                 i > 0 ? count_same(words[i - 1], words[i]) : 0);
    free(path);
}

static void reverse(char *text, size_t length)
{
    for (size_t i = 0; i < length / 2; i++) {
        char byte = text[i];

        text[i] = text[length - 1 - i];
        text[length - 1 - i] = byte;
    }
}

struct finder *finder_new(const char *const *words, size_t count, bool backwards)
{
    struct finder *finder = memory_zeroed(1, sizeof *finder);
    char **sorted = memory_zeroed(count, sizeof *sorted);
    size_t most = 1;

    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(words[i]);

        sorted[i] = memory_string(words[i]);
        if (backwards)
            reverse(sorted[i], length);
        finder->reach = length > finder->reach ? length : finder->reach;
        most += length;
    }
    qsort(sorted, count, sizeof *sorted, compare_words);
    finder->nodes = memory_zeroed(most, sizeof *finder->nodes);
    add_words(finder, sorted, count);
    finder->nodes = memory_resize(finder->nodes, finder->count, sizeof *finder->nodes);
    link_nodes(finder);
    for (size_t i = 0; i < count; i++)
        free(sorted[i]);
    free(sorted);
    return finder;
}

void finder_free(struct finder *finder)
{
    if (finder == NULL)
        return;
    free(finder->nodes);
    free(finder);
}

size_t finder_longest(const struct finder *finder, uint32_t state)
{
    return finder->nodes[state].longest;
}

size_t finder_begun(const struct finder *finder, uint32_t state, size_t most)
{
    while (finder->nodes[state].depth > most)
        state = finder->nodes[state].shorter;
    return finder->nodes[state].depth;
}

size_t finder_reach(const struct finder *finder)
{
    return finder->reach;
}
