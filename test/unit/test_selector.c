/* SPDX-License-Identifier: MIT */
/* What is written for VMs: which are meant, alone and in a text of several, and what is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "job/fold.h"
#include "job/selector.h"
#include "job/selectors.h"
#include "job/targets.h"
#include "sys/file.h"
#include "unit/unit.h"

#define ONE "00000000-0000-0000-0000-000000000001"
#define TWO "00000000-0000-0000-0000-00000000000b"
#define ID                                                                                         \
    "/subscriptions/" TWO "/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/"

/* Of the VM web-07 in rg-web of subscription TWO. */
static const struct {
    const char *text;
    bool means;
} meanings[] = {
    {"web-07", true},
    {"WEB-07", true},
    {"web-7", false},
    {"web-[01-10]", true},
    {"web-[01-06,08]", false},
    {"web-*", true},
    {"*", true},
    {"rg-web/web-07", true},
    {"RG-WEB/Web-07", true},
    {"rg-app/web-07", false},
    {"rg-web/web-08", false},
    {"rg-web/*", true},
    {"rg-web/web-[05-07]", true},
    {"rg-*/web-0?", true},
    {"*/web-07", true},
    {"rg-w?b/web-07", true},
    {"*g*w*b*/web-07", true},
    {"*g*w*b?/web-07", false},
    {"rg-?\?\?\?/web-07", false},
    {TWO "/rg-web/web-07", true},
    {"00000000-0000-0000-0000-00000000000B/rg-web/web-07", true},
    {ONE "/rg-web/web-07", false},
    {TWO "/*/web-*", true},
    {ID "web-07", true},
    {ID "WEB-07", true},
    {ID "web-08", false},
};

START_TEST(meant)
{
    char subscription[] = TWO;
    char group[] = "rg-web";
    char name[] = "web-07";
    const struct targets_id id = {subscription, group, name};
    struct selector selector;
    struct error error = {""};

    ck_assert_msg(selector_parse(meanings[_i].text, &selector, &error) == 0, "%s: %s",
                  meanings[_i].text, error.text);
    ck_assert_msg(selector_means(&selector, &id) == meanings[_i].means, "%s", meanings[_i].text);
    ck_assert(selectors_mean(meanings[_i].text, &id) == meanings[_i].means);
    selector_done(&selector);
}
END_TEST

/* Ranges of groups, letters of any language, and a ? that is one of them. */
static const struct {
    const char *text;
    const char *group;
    bool means;
} groups[] = {
    {"rg-[1-3]/a", "RG-2", true},
    {"rg-[1-3]/a", "rg-4", false},
    {"rg-[01-03]-eu[1,3]/a", "rg-02-eu3", true},
    {"rg-[01-03]-eu[1,3]/a", "rg-02-eu2", false},
    {"rg-[1-3]*/a", "rg-2-eu", true},
    {"rg(x)_.y/a", "RG(X)_.Y", true},
    {"r\xc3\xa4t*/a", "r\xc3\x84T", true},
    {"r\xc3\xa4t/a", "r\xc3\x84T", true},
    {"r\xc3\xa4t-[1-2]/a", "r\xc3\x84T-2", true},
    {"r?t/a", "r\xc3\xa4t", true},
    {"r?\?t/a", "r\xc3\xa4t", false},
    {"*\xc3\xa4?/a", "r\xc3\x84T", true},
};

START_TEST(groups_meant)
{
    char subscription[] = TWO;
    char name[] = "A";
    char *group = memory_string(groups[_i].group);
    const struct targets_id id = {subscription, group, name};
    struct selector selector;
    struct error error = {""};

    ck_assert_msg(selector_parse(groups[_i].text, &selector, &error) == 0, "%s: %s",
                  groups[_i].text, error.text);
    ck_assert_msg(selector_means(&selector, &id) == groups[_i].means, "%s: %s", groups[_i].text,
                  groups[_i].group);
    selector_done(&selector);
    free(group);
}
END_TEST

static const struct {
    const char *text;
    const char *expected;
} wrong[] = {
    {"", "the name is empty"},
    {"rg/", "the name is empty"},
    {"/", "too short"},
    {"/rg/a", "a VM's id has \"subscriptions\""},
    {"//a", "too short"},
    {"rg//a", "\"rg\" is not a subscription's id"},
    {"web-[3-1]", "runs backwards"},
    {"web-[", "not closed"},
    {"web 01", "put commas between several names"},
    {"a;b", "put commas between several names"},
    {"web-\xc3\xa4", "only letters, digits"},
    {"web-[1-999999999]", "more than 100000 names"},
    {"r+g/a", "is not a resource group"},
    {"rg./a", "is not a resource group"},
    {"rg-[3-1]/a", "runs backwards"},
    {"rg-[1-2/a", "is not a resource group"},
    {"rg-[1-1001]/a", "more than 1000 names"},
    {"rg-[1-100]-[1-100]/a", "more than 1000 resource groups"},
    {"x/rg/a", "\"x\" is not a subscription's id: write NAME, GROUP/NAME"},
    {ONE "/x/rg/a", "is not a subscription's id"},
    {ID, "too short"},
    {ID "a/b", "goes on with"},
};

START_TEST(refused)
{
    struct selector selector;
    struct error error = {""};

    ck_assert_msg(selector_parse(wrong[_i].text, &selector, &error) < 0, "%s", wrong[_i].text);
    ck_assert_msg(strstr(error.text, wrong[_i].expected) != NULL, "%s: %s", wrong[_i].text,
                  error.text);
    ck_assert_int_lt(selectors_check(wrong[_i].text, &error), 0);
}
END_TEST

/* What would be a deep or long work is refused before it is done. */
START_TEST(many_brackets)
{
    struct buffer text = BUFFER_INIT;
    struct selector selector;
    struct error error;

    for (int i = 0; i < 100000; i++)
        buffer_add(&text, "[1]");
    buffer_add(&text, "/a");
    ck_assert_int_lt(selector_parse(buffer_text(&text), &selector, &error), 0);
    ck_assert_msg(strstr(error.text, "more than 500 characters") != NULL, "%s", error.text);
    buffer_done(&text);
}
END_TEST

/* ---- several ------------------------------------------------------------------------------ */

static char folder[] = "/tmp/azfan-selector-XXXXXX";
static char *file;

static void set_up(void)
{
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    file = memory_print("%s/vms.txt", folder);
}

static void tear_down(void)
{
    (void)unlink(file);
    (void)rmdir(folder);
    free(file);
}

static void write_file(const char *text)
{
    struct error error;

    ck_assert_msg(file_write(file, 0600, text, strlen(text), &error) == 0, "%s", error.text);
}

static bool print_word(void *context, const struct selectors_word *word)
{
    struct buffer *buffer = context;

    buffer_print(buffer, "%s<%s>", word->negated ? "!" : "", word->text);
    if (word->path != NULL)
        buffer_print(buffer, "%d:%d", word->line, word->column);
    return strcmp(word->text, "stop") != 0;
}

static const struct {
    const char *text; /* FILE stands for the file's name */
    const char *lines;
    const char *expected;
} texts[] = {
    {"a", "", "<a>"},
    {"", "", "<>"},
    {"a,b", "", "<a><b>"},
    {" a , b ", "", "<a><b>"},
    {"a,", "", "<a><>"},
    {"web-[01-03,07], db-1", "", "<web-[01-03,07]><db-1>"},
    {"a[1,2]b[3,4],c", "", "<a[1,2]b[3,4]><c>"},
    {"a[1,2", "", "<a[1,2>"},
    {"!a,b,!c", "", "!<a><b>!<c>"},
    {"a,stop,b", "", "<a><stop>"},
    {"@FILE", "a\n", "<a>1:1"},
    {"@FILE", "", ""},
    {"@FILE", "# nothing\n\n  \t\n#\n", ""},
    {"@FILE",
     "\xef\xbb\xbf"
     "a\r\n\r\n  b-[1,2], c # two\n!d",
     "<a>1:1<b-[1,2]>3:3<c>3:3!<d>4:1"},
    {"x,@FILE,y", "a\nb\n", "<x><a>1:1<b>2:1<y>"},
    {"@FILE", "@other\n", "<@other>1:1"},
    {"@FILE", "a\nstop\nb\n", "<a>1:1<stop>2:1"},
};

static char *with_file(const char *text)
{
    const char *at = strstr(text, "FILE");

    return at != NULL ? memory_print("%.*s%s%s", (int)(at - text), text, file, at + 4)
                      : memory_string(text);
}

START_TEST(cut)
{
    char *text = with_file(texts[_i].text);
    struct buffer seen = BUFFER_INIT;
    struct error error = {""};

    write_file(texts[_i].lines);
    ck_assert_msg(selectors_each(text, true, print_word, &seen, &error) == 0, "%s", error.text);
    ck_assert_str_eq(buffer_text(&seen), texts[_i].expected);
    buffer_done(&seen);
    free(text);
}
END_TEST

/* In one text, for processes that are to come. */
START_TEST(inlined)
{
    struct buffer text = BUFFER_INIT;
    char *asked = with_file("x,@FILE,!y");
    struct error error = {""};

    write_file("a\n!b # no\nc-[1,2], d\n");
    ck_assert_int_eq(selectors_inline(asked, &text, &error), 0);
    ck_assert_str_eq(buffer_text(&text), "x,a,!b,c-[1,2],d,!y");
    buffer_done(&text);
    /* With nothing in front of the comma, "!y" does not become "all but y". */
    ck_assert_int_eq(selectors_inline(",!y", &text, &error), 0);
    ck_assert_str_eq(buffer_text(&text), ",!y");
    buffer_done(&text);
    free(asked);
    asked = with_file("@FILE");
    write_file("# none\n");
    ck_assert_int_lt(selectors_inline(asked, &text, &error), 0);
    ck_assert_msg(strstr(error.text, "vms.txt names no VM") != NULL, "%s", error.text);
    buffer_done(&text);
    free(asked);
}
END_TEST

static const struct {
    const char *text;
    const char *lines; /* NULL: there is no file */
    const char *expected;
} unreadable[] = {
    {"@FILE", NULL, "No such file"},
    {"@FILE", "a\n\xff\n", "vms.txt:2:1: not UTF-8"},
    {"@FILE",
     "\xff\xfe"
     "a",
     "vms.txt:1:1: the file is UTF-16: save it as UTF-8"},
    {"!@FILE", "a\n", "not before a file"},
    {"@", NULL, "there is no file"},
};

START_TEST(not_read)
{
    char *text = with_file(unreadable[_i].text);
    struct buffer seen = BUFFER_INIT;
    struct error error = {""};

    if (unreadable[_i].lines != NULL)
        write_file(unreadable[_i].lines);
    ck_assert_int_lt(selectors_each(text, true, print_word, &seen, &error), 0);
    ck_assert_msg(strstr(error.text, unreadable[_i].expected) != NULL, "%s", error.text);
    buffer_done(&seen);
    free(text);
}
END_TEST

START_TEST(all_but_some)
{
    char subscription[] = ONE;
    char group[] = "rg";
    char name[] = "web-2";
    const struct targets_id id = {subscription, group, name};

    ck_assert(selectors_mean("!web-1", &id));
    ck_assert(!selectors_mean("!web-2", &id));
    ck_assert(!selectors_mean("web-*,!web-2", &id));
    ck_assert(!selectors_mean("!web-2,web-*", &id));
    ck_assert(selectors_mean("web-*,!web-1", &id));
    ck_assert(!selectors_mean("db,!web-1", &id));
    ck_assert(!selectors_mean("web-[", &id));
}
END_TEST

/* Whatever fold_names() prints is taken, and means what it was made of and nothing else. */
START_TEST(what_is_folded_is_taken)
{
    static const char *const stems[] = {"web-",    "db",         "node-7-x",     "a.b_c-",
                                        "rg/web-", "rg(1)/web-", ONE "/rg/web-", "rack"};
    unsigned seed = (unsigned)_i * 2654435761u + 1;
    const char *names[60];
    char *all[120];
    struct buffer folded = BUFFER_INIT;
    struct error error = {""};
    size_t count = 0;

    for (size_t i = 0; i < UNIT_COUNT(all); i++) {
        seed = seed * 1103515245u + 12345u;
        all[i] = memory_print("%s%0*u%s", stems[seed >> 16 & 7], (int)(seed >> 20 & 3),
                              (seed >> 8) % 40, (seed >> 24 & 3) == 0 ? "-eu2" : "");
        if (i % 2 == 0)
            names[count++] = all[i];
    }
    fold_names(&folded, names, count);
    ck_assert_msg(selectors_check(buffer_text(&folded), &error) == 0, "%s: %s",
                  buffer_text(&folded), error.text);
    for (size_t i = 0; i < UNIT_COUNT(all); i++) {
        const char *slash = strrchr(all[i], '/');
        char subscription[] = ONE;
        char *group = memory_string(strstr(all[i], "rg(1)") != NULL ? "rg(1)"
                                    : slash != NULL                 ? "rg"
                                                                    : "elsewhere");
        char *name = memory_string(slash != NULL ? slash + 1 : all[i]);
        const struct targets_id id = {subscription, group, name};
        bool expected = false;

        /* A name alone means it in every group, and a group every subscription. */
        for (size_t j = 0; j < count; j++) {
            size_t length = strlen(names[j]);
            char *full = memory_print("/" ONE "/%s/%s", group, name);
            size_t full_length = strlen(full);

            expected = expected || (length < full_length &&
                                    strcmp(full + full_length - length, names[j]) == 0 &&
                                    full[full_length - length - 1] == '/');
            free(full);
        }
        ck_assert_msg(selectors_mean(buffer_text(&folded), &id) == expected, "%s of %s", all[i],
                      buffer_text(&folded));
        free(group);
        free(name);
    }
    for (size_t i = 0; i < UNIT_COUNT(all); i++)
        free(all[i]);
    buffer_done(&folded);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("selector");
    TCase *one = tcase_create("one");
    TCase *several = tcase_create("several");

    tcase_add_loop_test(one, meant, 0, UNIT_COUNT(meanings));
    tcase_add_loop_test(one, groups_meant, 0, UNIT_COUNT(groups));
    tcase_add_loop_test(one, refused, 0, UNIT_COUNT(wrong));
    tcase_add_test(one, many_brackets);
    suite_add_tcase(suite, one);
    tcase_add_checked_fixture(several, set_up, tear_down);
    tcase_add_loop_test(several, cut, 0, UNIT_COUNT(texts));
    tcase_add_test(several, inlined);
    tcase_add_loop_test(several, not_read, 0, UNIT_COUNT(unreadable));
    tcase_add_test(several, all_but_some);
    tcase_add_loop_test(several, what_is_folded_is_taken, 0, 100);
    suite_add_tcase(suite, several);
    return suite;
}

UNIT_MAIN(make_suite)
