/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "job/problems.h"
#include "job/yaml.h"
#include "unit/unit.h"

static struct problems problems;

static void set_up(void)
{
    memset(&problems, 0, sizeof problems);
}

static void tear_down(void)
{
    problems_done(&problems);
}

static struct yaml_node *parse(const char *text)
{
    return yaml_parse("f", text, strlen(text), &problems);
}

START_TEST(tree_with_positions)
{
    struct yaml_node *root = parse("a: 007\nb:\n  - no\n  - \"x\"\n\xc3\xa9: {c: , d: |\n}\n");

    ck_assert_ptr_null(root); /* a block scalar inside braces is no YAML */
    problems_done(&problems);
    root = parse("a: 007\nb:\n  - no\n  - \"x\"\n\xc3\xa9\xc3\xa9: {c: , d: 1}\ne: |\n  text\n");
    ck_assert_uint_eq(problems_total(&problems), 0);
    ck_assert_int_eq(root->kind, YAML_MAPPING);
    ck_assert_uint_eq(root->count, 4);
    ck_assert_str_eq(root->keys[0]->text, "a");
    ck_assert_str_eq(root->items[0]->text, "007");
    ck_assert(!root->items[0]->quoted);
    ck_assert_int_eq(root->items[1]->kind, YAML_SEQUENCE);
    ck_assert_str_eq(root->items[1]->items[0]->text, "no");
    ck_assert_int_eq(root->items[1]->items[1]->line, 4);
    ck_assert_int_eq(root->items[1]->items[1]->column, 5);
    ck_assert(root->items[1]->items[1]->quoted);
    ck_assert_int_eq(root->items[2]->column, 5); /* characters, not bytes */
    ck_assert(root->items[2]->items[0]->empty);
    ck_assert_str_eq(root->items[3]->text, "text\n");
    ck_assert(root->items[3]->quoted);
    yaml_discard(root);
}
END_TEST

START_TEST(windows_file)
{
    struct yaml_node *root = parse("\xef\xbb\xbf"
                                   "a: 1\r\nb: 2\r\n");

    ck_assert_uint_eq(problems_total(&problems), 0);
    ck_assert_uint_eq(root->count, 2);
    ck_assert_int_eq(root->column, 1);
    ck_assert_str_eq(root->items[1]->text, "2");
    yaml_discard(root);
}
END_TEST

/* libyaml has the end of such a text on a line of its own. */
START_TEST(end_without_a_newline)
{
    struct yaml_node *root = parse("a: 1\n? ");

    ck_assert_int_eq(root->items[1]->line, 2);
    ck_assert_int_eq(root->items[1]->column, 3);
    yaml_discard(root);
}
END_TEST

START_TEST(sixteen_levels_are_allowed)
{
    char text[64];
    struct yaml_node *root;

    memset(text, '[', YAML_DEEPEST);
    memset(text + YAML_DEEPEST, ']', YAML_DEEPEST);
    text[2 * YAML_DEEPEST] = '\0';
    root = parse(text);
    ck_assert_ptr_nonnull(root);
    yaml_discard(root);
    text[0] = '{';
    root = parse(text);
    ck_assert_ptr_null(root);
}
END_TEST

/* Wrong, but a tree is left, without the wrong keys. */
static const struct {
    const char *name;
    const char *text;
    size_t keys;
    size_t problems;
} recoverable[] = {
    {"duplicate", "a: 1\nb: 2\na: 3\na: 4\n", 2, 2},
    {"alias", "a: *x\nb: 2\n", 2, 1},
    {"alias as key", "*x : 1\nb: 2\n", 1, 1},
    {"anchor", "a: &x 1\n", 1, 1},
    {"anchored key", "&x a: 1\nb: 1\n", 1, 1},
    {"tag", "a: !!str 1\n", 1, 1},
    {"anchor and tag", "a: &x !y 1\n", 1, 2},
    {"tagged mapping", "a: !x {b: 1}\n", 1, 1},
    {"list as key", "[1, [2]]: 1\nb: 2\n", 1, 1},
    {"mapping as key", "? {a: 1, a: 2}\n: {c: d}\nb: 2\n", 1, 2},
    {"merge", "<<: *x\nb: 2\n", 1, 1},
    {"NUL escape", "a: \"x\\0y\"\n", 1, 1},
    {"second document", "a: 1\n---\nb: 2\n", 1, 1},
    {"two wrong values at once", "a: *x\nb: *y\n", 2, 2},
};

START_TEST(recovers)
{
    struct yaml_node *root = parse(recoverable[_i].text);

    ck_assert_msg(root != NULL, "%s: no tree", recoverable[_i].name);
    ck_assert_msg(root->count == recoverable[_i].keys, "%s: %zu keys", recoverable[_i].name,
                  root->count);
    ck_assert_msg(problems_total(&problems) == recoverable[_i].problems, "%s: %zu problems",
                  recoverable[_i].name, problems_total(&problems));
    yaml_discard(root);
}
END_TEST

static const struct {
    const char *name;
    const char *text;
    const char *expected;
} hopeless[] = {
    {"tab", "a:\n\tb: 1\n", "f:2:1: a tab is used for indentation: use spaces\n"},
    {"control character", "a: 1\nb: \xc3\xa9\001\n",
     "f:2:5: a control character: remove it, or write it as an escape in double quotes\n"},
    {"C1 control character", "a: \xc2\x9b\n",
     "f:1:4: a control character: remove it, or write it as an escape in double quotes\n"},
    {"surrogate", "a: \xed\xa0\x80\n", "f:1:4: not UTF-8: save the file as UTF-8\n"},
    {"cut character", "a: \xe2\x82", "f:1:4: not UTF-8: save the file as UTF-8\n"},
    {"big-endian UTF-16", "\xfe\xff", "f:1:1: the file is UTF-16: save it as UTF-8\n"},
    {"empty", "", "f:1:1: the file is empty\n"},
    {"only a mark", "\xef\xbb\xbf", "f:1:1: the file is empty\n"},
    {"comment", "# x\n", "f:1:1: the file holds no keys\n"},
    {"bracket", "a: [1,\n  2\n", "f:1:4: this \"[\" is not closed, or lacks a comma\n"},
    {"brace", "a: {b: 1\n", "f:1:4: this \"{\" is not closed, or lacks a comma\n"},
    {"quote", "a: 'x\nb: 1\n", "f:1:4: this quote is not closed\n"},
    {"brackets, and no newline", "a: 1\nb: [{",
     "f:2:6: a value is expected here, or a bracket above is not closed\n"},
    {"brackets, and a newline", "b: [{\n",
     "f:2:1: a value is expected here, or a bracket above is not closed\n"},
};

START_TEST(gives_up_readably)
{
    struct yaml_node *root = parse(hopeless[_i].text);
    struct buffer text = BUFFER_INIT;

    problems_print(&problems, &text);
    ck_assert_msg(root == NULL, "%s: a tree", hopeless[_i].name);
    ck_assert_msg(strcmp(buffer_text(&text), hopeless[_i].expected) == 0, "%s: %s",
                  hopeless[_i].name, buffer_text(&text));
    buffer_done(&text);
}
END_TEST

/* Each would take minutes if something were quadratic; Check stops a test after 4 s. */
START_TEST(hundred_thousand_keys)
{
    struct buffer text = BUFFER_INIT;
    struct yaml_node *root;

    for (int i = 0; i < 100000; i++)
        buffer_print(&text, "k%d: \n", i);
    buffer_add(&text, "k5: again\n");
    root = parse(buffer_text(&text));
    ck_assert_uint_eq(problems_total(&problems), 1);
    ck_assert_str_eq(problems.list[0].text, "duplicate key \"k5\": it is already in line 6");
    ck_assert_uint_eq(root->count, 100000);
    yaml_discard(root);
    buffer_done(&text);
}
END_TEST

START_TEST(too_many_nodes)
{
    struct buffer text = BUFFER_INIT;

    for (int i = 0; i < YAML_MOST_NODES; i++)
        buffer_add(&text, "-\n");
    ck_assert_ptr_null(parse(buffer_text(&text)));
    ck_assert_uint_eq(problems_total(&problems), 1);
    ck_assert_str_eq(problems.list[0].text, "more than 400000 keys and values");
    buffer_done(&text);
}
END_TEST

static const struct {
    const char *name;
    const char *piece;
} floods[] = {{"open brackets", "["},      {"open braces", "{"},   {"open pairs", "[{"},
              {"question marks", "? "},    {"dashes", "- "},       {"anchors", "&a "},
              {"aliases", "*a "},          {"tags", "!a "},        {"quotes", "\"\" "},
              {"nested keys", "a: "},      {"comments", "#\n"},    {"commas", "[,"},
              {"closed brackets", "[]\n"}, {"documents", "---\n"}, {"block texts", "- |\n x\n"}};

START_TEST(floods_end)
{
    struct buffer text = BUFFER_INIT;

    while (text.length < 1000000)
        buffer_add(&text, floods[_i].piece);
    yaml_discard(yaml_parse("f", text.data, text.length, &problems));
    ck_assert_msg(problems_total(&problems) > 0 || _i == 14, "%s: fine?", floods[_i].name);
    buffer_done(&text);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("yaml");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, tree_with_positions);
    tcase_add_test(tests, windows_file);
    tcase_add_test(tests, end_without_a_newline);
    tcase_add_test(tests, sixteen_levels_are_allowed);
    tcase_add_loop_test(tests, recovers, 0, UNIT_COUNT(recoverable));
    tcase_add_loop_test(tests, gives_up_readably, 0, UNIT_COUNT(hopeless));
    tcase_add_test(tests, hundred_thousand_keys);
    tcase_add_test(tests, too_many_nodes);
    tcase_add_loop_test(tests, floods_end, 0, UNIT_COUNT(floods));
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
