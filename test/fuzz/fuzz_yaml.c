/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as YAML: there is a tree as job/yaml.h has it, or a problem; every position is one in
 * the text, and that of a node is where it stands.
 */
#include "base/buffer.h"
#include "fuzz.h"
#include "job/problems.h"
#include "job/yaml.h"

/* The text as a person sees it: lines, and in them characters. */
struct page {
    const char *text;
    size_t length;
    size_t *starts;
    size_t count;
};

static struct page page_read(const char *text, size_t length)
{
    struct page page = {text, length, memory_zeroed(length + 2, sizeof *page.starts), 1};

    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) /* editors do not show it */
        page.starts[0] = 3;
    for (size_t at = 0; at < length; at++) {
        if (text[at] == '\n')
            page.starts[page.count++] = at + 1;
    }
    page.starts[page.count] = length;
    return page;
}

/* The byte of a place, the length of the text where that is the end; SIZE_MAX: there is no such. */
static size_t find(const struct page *page, int line, int column)
{
    size_t at;

    if (line < 1 || (size_t)line > page->count || column < 1)
        return SIZE_MAX;
    at = page->starts[line - 1];
    for (int i = 1; i < column; i++) {
        if (at >= page->starts[line]) /* behind the last character there may be something amiss */
            return SIZE_MAX;
        for (at++; at < page->length && text_is_within_character(page->text[at]);)
            at++;
    }
    return at;
}

/* That byte; 0 at the end of the text. The place must be there. */
static char byte_at(const struct page *page, const struct yaml_node *node)
{
    size_t at = find(page, node->line, node->column);

    must(at != SIZE_MAX);
    return at < page->length ? page->text[at] : '\0';
}

static void check_problems(const struct page *page, const struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->list[i];

        must(problem->line == 0 || find(page, problem->line, problem->column) != SIZE_MAX);
        must(problem->text[0] != '\0' && strlen(problem->text) <= PROBLEMS_LONGEST);
        must(fuzz_is_line(problem->text) && fuzz_is_plain(problem->text, strlen(problem->text)));
    }
}

static void check_scalar(const struct page *page, const struct yaml_node *node)
{
    char first = byte_at(page, node);
    size_t bad;

    must(node->text != NULL && node->count == 0);
    must(text_is_utf8(node->text, strlen(node->text), &bad));
    must(!node->empty || (node->text[0] == '\0' && !node->quoted));
    if (node->refused) /* it begins with an anchor or a tag */
        return;
    if (node->quoted)
        must(first != '\0' && strchr("\"'|>", first) != NULL);
    else
        must(node->empty || first == node->text[0]);
}

static void check_tree(const struct page *page, const struct yaml_node *node, int depth)
{
    must(depth <= YAML_DEEPEST);
    if (node->kind == YAML_SCALAR) {
        check_scalar(page, node);
        return;
    }
    (void)byte_at(page, node);
    must(node->text == NULL);
    for (size_t i = 0; i < node->count; i++) {
        check_tree(page, node->items[i], depth + 1);
        if (node->kind == YAML_SEQUENCE)
            continue;
        must(node->keys[i]->kind == YAML_SCALAR && !node->keys[i]->refused);
        check_tree(page, node->keys[i], depth + 1);
        for (size_t j = 0; j < i; j++)
            must(strcmp(node->keys[i]->text, node->keys[j]->text) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = memory_copy((const char *)data, size);
    struct page page = page_read(text, size);
    struct problems problems = {.count = 0};
    struct buffer told = BUFFER_INIT;
    struct yaml_node *root = yaml_parse("job.yaml", text, size, &problems);

    must(root != NULL || problems_total(&problems) > 0);
    if (root != NULL)
        check_tree(&page, root, 0);
    check_problems(&page, &problems);
    problems_sort(&problems);
    problems_print(&problems, &told);
    must(fuzz_is_clean(buffer_text(&told), told.length, "\n"));
    buffer_done(&told);
    problems_done(&problems);
    yaml_discard(root);
    free(page.starts);
    free(text);
    return 0;
}
