/* SPDX-License-Identifier: MIT */
/* report/ownname: where a name is the printer's own, and where it is a word like any other. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "report/ownname.h"
#include "unit/unit.h"

enum { MOST = 5 };

/* Runs: of each target its name, what it printed, and what is shown of it. */
static const struct {
    const char *what;
    struct {
        const char *name;
        const char *text;
        const char *shown;
    } targets[MOST];
} runs[] = {
    {"a greeting",
     {{"web-01", "hello from web-01\n", "hello from {target}\n"},
      {"web-02", "hello from web-02\n", "hello from {target}\n"}}},
    {"either case, and DNS",
     {{"Web-01", "WEB-01 is web-01.example.com", "{target} is {target}.example.com"},
      {"web-02", "web-02 is web-02.example.com", "{target} is {target}.example.com"}}},
    {"signs around it",
     {{"db1",
       "(db1) [db1]: 'db1'=db1/db1\\db1,db1;\xe2\x80\x9c"
       "db1\xe2\x80\x9d --db1- db1",
       "({target}) [{target}]: '{target}'={target}/{target}\\{target},{target};\xe2\x80\x9c"
       "{target}\xe2\x80\x9d --{target}- {target}"},
      {"db2",
       "(db2) [db2]: 'db2'=db2/db2\\db2,db2;\xe2\x80\x9c"
       "db2\xe2\x80\x9d --db2- db2",
       "({target}) [{target}]: '{target}'={target}/{target}\\{target},{target};\xe2\x80\x9c"
       "{target}\xe2\x80\x9d --{target}- {target}"}}},
    {"no part of a longer name",
     {{"web-1", "web-10 web-1_os xweb-1 my-web-1 web-1-nic \xc3\xa4web-1 web-1\xc3\xa4\n",
       "web-10 web-1_os xweb-1 my-web-1 web-1-nic \xc3\xa4web-1 web-1\xc3\xa4\n"},
      {"web-2", "web-20 web-2_os xweb-2 my-web-2 web-2-nic \xc3\xa4web-2 web-2\xc3\xa4\n",
       "web-20 web-2_os xweb-2 my-web-2 web-2-nic \xc3\xa4web-2 web-2\xc3\xa4\n"}}},
    {"what nobody else has stays",
     {{"web-01", "disk of web-01 is full\n", "disk of web-01 is full\n"}}},
    {"also beside others",
     {{"web-01", "I am web-01\n", "I am {target}\n"},
      {"web-02", "I am web-02\ndisk of web-02 is full\n",
       "I am {target}\ndisk of web-02 is full\n"},
      {"web-03", "", ""}}},
    {"a list of all is a list",
     {{"web-01", "web-01 Ready\nweb-02 Ready\nI am web-01",
       "web-01 Ready\nweb-02 Ready\nI am {target}"},
      {"web-02", "web-01 Ready\nweb-02 Ready\nI am web-02",
       "web-01 Ready\nweb-02 Ready\nI am {target}"}}},
    {"also in one line",
     {{"web-01", "peers: web-01 web-02", "peers: web-01 web-02"},
      {"web-02", "peers: web-01 web-02", "peers: web-01 web-02"}}},
    {"a name that is a word",
     {{"error", "error: no disk\n", "error: no disk\n"},
      {"web-02", "error: no disk\n", "error: no disk\n"},
      {"web-03", "error: no disk\n", "error: no disk\n"}}},
    {"one that is called as another",
     {{"web-01", "I am web-01", "I am {target}"},
      {"web-02", "I am web-02", "I am {target}"},
      {"web-03", "I am web-03", "I am {target}"},
      {"web-04", "I am web-01", "I am web-01"}}},
    {"the same name twice",
     {{"web-01", "I am web-01", "I am {target}"},
      {"web-01", "I am web-01", "I am {target}"},
      {"web-02", "I am web-02", "I am {target}"}}},
    {"words too short, and numbers",
     {{"a", "a b 10 v1", "a b 10 v1"}, {"b", "b a 20 v2", "b a 20 v2"}}},
    {"two letters", {{"ab", "I am ab", "I am ab"}, {"cd", "I am cd", "I am cd"}}},
    {"a number", {{"101", "exit 101", "exit 101"}, {"102", "exit 102", "exit 102"}}},
    {"a letter and a digit",
     {{"w1", "I am w1", "I am {target}"}, {"w2", "I am w2", "I am {target}"}}},
    {"the mark itself is another text",
     {{"web-01", "I am web-01\n", "I am {target}\n"},
      {"web-02", "I am web-02\n", "I am {target}\n"},
      {"web-03", "I am {target}\n{target", "I am \\x7btarget}\n{target"}}},
    {"the mark where no name is replaced",
     {{"web-01", "I am {target}", "I am {target}"}, {"web-02", "I am {target}", "I am {target}"}}},
    {"names that nobody knows", {{NULL, "I am web-01", "I am web-01"}, {NULL, "", ""}}},
    {"lines without an end, and empty ones",
     {{"web-01", "\n\nweb-01\n\n", "\n\n{target}\n\n"}, {"web-02", "web-02", "{target}"}}},
};

START_TEST(a_name_of_ones_own_is_replaced)
{
    struct ownname_text texts[MOST];
    struct buffer buffers[MOST] = {BUFFER_INIT};
    size_t count = 0;

    for (; count < MOST && runs[_i].targets[count].text != NULL; count++) {
        buffer_add(&buffers[count], runs[_i].targets[count].text);
        texts[count] =
            (struct ownname_text){.name = runs[_i].targets[count].name, .text = &buffers[count]};
    }
    ownname_replace(texts, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(strcmp(buffer_text(&buffers[i]), runs[_i].targets[i].shown) == 0,
                      "%s: \"%s\"", runs[_i].what, buffer_text(&buffers[i]));
        buffer_done(&buffers[i]);
    }
}
END_TEST

START_TEST(nothing_is_nothing)
{
    ownname_replace(NULL, 0);
}
END_TEST

static const char *const floods[] = {"web-1 ",   "web-1\n", "web-1", "{target}", "{",
                                     "web-1\nx", "-web-1-", "\n",    "web-"};

/* 1 MiB each: what is not linear, or nearly so, would not end. */
START_TEST(floods_end)
{
    struct buffer buffers[2] = {BUFFER_INIT, BUFFER_INIT};
    struct ownname_text texts[2] = {{"web-1", &buffers[0]}, {"web-2", &buffers[1]}};

    buffer_add(&buffers[0], "I am web-1\n");
    buffer_add(&buffers[1], "I am web-2\n");
    while (buffers[0].length < 1024 * 1024)
        buffer_add(&buffers[0], floods[_i]);
    ownname_replace(texts, 2);
    ck_assert_str_eq(buffer_text(&buffers[1]), "I am {target}\n");
    buffer_done(&buffers[0]);
    buffer_done(&buffers[1]);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("ownname");
    TCase *tests = tcase_create("all");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_name_of_ones_own_is_replaced, 0, sizeof runs / sizeof runs[0]);
    tcase_add_test(tests, nothing_is_nothing);
    tcase_add_loop_test(tests, floods_end, 0, sizeof floods / sizeof floods[0]);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
