/* SPDX-License-Identifier: MIT */
/* azure/guardpath: the guard's folder in what shells, interpreters and PowerShell print. */
#include <stdlib.h>
#include <string.h>

#include "azure/guardpath.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "unit/unit.h"

/* @ in a row of the table is the nonce, ^ the same in upper case. */
#define NONCE "0123456789abcdef0123456789abcdef"
#define UPPER "0123456789ABCDEF0123456789ABCDEF"

/* As long as the line of a console, and what Run Command's folders are called. */
#define LONG  "A message that is so long that it fills the line of a console of 80 columns: "
#define LINUX "/var/lib/waagent/run-command/download/7/azfan-@"
#define TEMP  "C:\\Windows\\TEMP\\azfan-@"

static const struct {
    const char *text;
    const char *expected;
} rows[] = {
    /* shells and interpreters */
    {"", ""},
    {"nothing of ours\n", "nothing of ours\n"},
    {LINUX "/script: line 3: foo: command not found\n", "script: line 3: foo: command not found\n"},
    {LINUX "/script: 3: foo: not found\n" LINUX "/script: 4: bar: not found\n",
     "script: 3: foo: not found\nscript: 4: bar: not found\n"},
    {"  File \"" LINUX "/script\", line 3\n", "  File \"script\", line 3\n"},
    {"died at " LINUX "/script line 3.\n", "died at script line 3.\n"},
    {"sh: 0: cannot open " LINUX "/lib/a.sh: No such file\n",
     "sh: 0: cannot open lib/a.sh: No such file\n"},
    {"a=" LINUX "/script b=x", "a=script b=x"},
    {"cc -I" LINUX "/include -L" LINUX, "cc -Iinclude -L."},
    {"\xe2\x80\x98" LINUX "/a b\xe2\x80\x99 and \xe2\x80\x98" LINUX "\xe2\x80\x99",
     "\xe2\x80\x98"
     "a b\xe2\x80\x99 and \xe2\x80\x98.\xe2\x80\x99"},
    {"/t\xc3\xa4st/azfan-@/script", "script"},
    {"sh:" LINUX "/script: x", "sh:script: x"},
    {"\\/var\\/tmp\\/azfan-@\\/script", "script"},
    {"a\\n\\/var\\/tmp\\/azfan-@\\/script", "a\\nscript"},
    {"{\"a\": \"x\\n/tmp/azfan-@/script\"}", "{\"a\": \"x\\nscript\"}"},
    {"azfan-@/script", "script"},
    {"./azfan-@/script", "script"},
    {LINUX "//script", "script"},
    /* the folder itself */
    {LINUX "\n", ".\n"},
    {"cd: " LINUX ": gone", "cd: .: gone"},
    {"'" LINUX "/'", "'./'"},
    {LINUX "/\nscript\n", "./\nscript\n"},
    {LINUX "/..", ".."},
    {LINUX "/*", "*"},
    {"It is in " LINUX ".\n", "It is in ..\n"},
    {"PATH=/usr/bin:" LINUX ":/bin", "PATH=/usr/bin:.:/bin"},
    {"PATH=/usr/a:/tmp/azfan-@/bin:/bin", "PATH=/usr/a:bin:/bin"},
    {"ls:\nazfan-@\nscript.sh\n", "ls:\n.\nscript.sh\n"},
    {"/var/lib\nazfan-@\n", "/var/lib\n.\n"},
    /* the nonce elsewhere */
    {"azfan_script_@", "azfan_script_\xe2\x80\xa6"},
    {"/tmp/azfan-@.tar.gz", "/tmp/azfan-\xe2\x80\xa6.tar.gz"},
    {"azfan:@ end=exit status=0", "azfan:\xe2\x80\xa6 end=exit status=0"},
    {"x@", "x\xe2\x80\xa6"},
    {"01234567azfan-@/89abcdef0123456789abcdef",
     "01234567azfan-\xe2\x80\xa6/89abcdef0123456789abcdef"},
    {"azfan-0123456789abcdef/x", "azfan-0123456789abcdef/x"},
    {"azfan-00000000000000000000000000000000/x", "azfan-00000000000000000000000000000000/x"},
    /* Windows */
    {TEMP "\\script.ps1 : no\r\n", "script.ps1 : no\r\n"},
    {"At " TEMP "\\script.ps1:3 char:1\r\n+ throw\r\n", "At script.ps1:3 char:1\r\n+ throw\r\n"},
    {"At c:\\windows\\temp\\AZFAN-^\\SCRIPT.PS1:3", "At SCRIPT.PS1:3"},
    {"\"C:\\\\Windows\\\\TEMP\\\\azfan-@\\\\script.ps1\"", "\"script.ps1\""},
    {"a\\r\\nC:\\\\Windows\\\\TEMP\\\\azfan-@\\\\script.ps1", "a\\r\\nscript.ps1"},
    {"C:/Windows/TEMP/azfan-@/script.ps1", "script.ps1"},
    {"in C:\\Users\\Some Body\\Temp\\azfan-@\\script.ps1", "in script.ps1"},
    {"from C:\\logs to ..\\azfan-@\\x", "from C:\\logs to x"},
    {"\\\\server\\share\\azfan-@\\script.ps1", "script.ps1"},
    {"pwd: " TEMP, "pwd: ."},
    {"pwd: " TEMP "\\", "pwd: .\\"},
    /* lines broken by PowerShell */
    {"At C:\\Windows\\TEMP\\azfan-01234567\r\n89abcdef0123456789abcdef\\script.ps1:3",
     "At script.ps1:3"},
    {"At C:\\Windows\\TEMP\\azf\nan-@\\script.ps1:3", "At script.ps1:3"},
    {"     | at /tmp/azfan-0123456789abc\n     | def0123456789abcdef/script.ps1 it",
     "     | at script.ps1 it"},
    {"     | at /tmp/azfan-0123456789abc\033[0m\n\033[31;1m     \033[0m\033[36;1m| "
     "\033[31;1mdef0123456789abcdef/script.ps1 it",
     "     | at script.ps1 it"},
    {LONG "C:\\Wind\nows\\TEMP\\azfan-@\\a.ps1", LONG "a.ps1"},
    {LONG "C:\\Windows\\TEMP\\\r\nazfan-@\\a.ps1", LONG "a.ps1"},
    {LONG TEMP "\n\\a.ps1 x", LONG "a.ps1 x"},
    {LONG TEMP "\\\na.ps1 x", LONG "a.ps1 x"},
    {"short C:\\Wind\nows\\TEMP\\azfan-@\\a.ps1", "short C:\\Wind\na.ps1"},
    /* cut at the end of a line: the rest is behind a mark that says so */
    {"at /tmp/azfan-0123456789\n[\xe2\x80\xa6 5 bytes left out "
     "\xe2\x80\xa6]\nabcdef0123456789abcdef/"
     "script: x",
     "at .\n[\xe2\x80\xa6 5 bytes left out \xe2\x80\xa6]\nscript: x"},
    {"azfan-01234567 89", "azfan-01234567 89"},
    {"x\n[\xe2\x80\xa6 5 bytes left out \xe2\x80\xa6]\nf/script: x\ne/script\n",
     "x\n[\xe2\x80\xa6 5 bytes left out \xe2\x80\xa6]\nscript: x\ne/script\n"},
    /* shortened in the middle */
    {"(C:\\Windows\\TEMP\\azfan-0123...bcdef\\script.ps1:String)", "(script.ps1:String)"},
    {"(C:\\Windows\\TEMP\\azfan-\xe2\x80\xa6"
     "f\\script.ps1:String)",
     "(script.ps1:String)"},
    {"(C:\\Windows\\TEMP\\azf...bcdef\\script.ps1)", "(C:\\Windows\\TEMP\\azf...script.ps1)"},
    {"(/tmp/azf\xe2\x80\xa6"
     "bcdef/script)",
     "(/tmp/azf\xe2\x80\xa6"
     "script)"},
    {"...e/x .../f/x", "...e/x .../f/x"},
};

static char *expand(const char *text)
{
    struct buffer buffer = BUFFER_INIT;

    for (; *text != '\0'; text++) {
        if (*text == '@' || *text == '^')
            buffer_add(&buffer, *text == '@' ? NONCE : UPPER);
        else
            buffer_add_char(&buffer, *text);
    }
    return buffer_take(&buffer);
}

/* In a block of its own, for a sanitizer sees who reads beyond its end. */
static void check(const char *written, const char *expected, bool cut)
{
    char *whole = expand(written);
    size_t length = strlen(whole);
    char *text = memory_zeroed(length > 0 ? length : 1, 1);

    memcpy(text, whole, length);
    length = guardpath_remove(text, length, NONCE, cut);
    ck_assert_msg(length == strlen(expected) && memcmp(text, expected, length) == 0, "%s: \"%.*s\"",
                  written, (int)length, text);
    free(text);
    free(whole);
}

START_TEST(it_is_taken_out)
{
    check(rows[_i].text, rows[_i].expected, false);
}
END_TEST

static const struct {
    const char *text;
    const char *expected;
} heads[] = {
    {"ownload/7/azfan-@/script: x\n", "script: x\n"},
    {"azfan-@/script: x\n", "script: x\n"},
    {"fan-@/script: x\n", "script: x\n"},
    {"-@/script: x\n", "script: x\n"},
    {"@/script: x\n", "script: x\n"},
    {"89abcdef/script: x\n", "script: x\n"},
    {"f/script: x\n" LINUX "/script: y\n", "script: x\nscript: y\n"},
    {"CDEF\\script.ps1: x\n", "script.ps1: x\n"},
    {"e/script: x\n", "e/script: x\n"},
    {"ef script: x\n", "ef script: x\n"},
    {"ef", "ef"},
    {"", ""},
};

START_TEST(a_cut_head_is_one_as_well)
{
    check(heads[_i].text, heads[_i].expected, true);
}
END_TEST

START_TEST(without_a_cut_the_head_is_what_it_is)
{
    check("f/script: x\n", "f/script: x\n", false);
}
END_TEST

/* Whatever of a text that holds a path is missing, no part of the nonce is left that tells runs
 * apart, at neither end. */
static void check_part(const char *whole, size_t from, size_t to)
{
    char *text = memory_copy(whole + from, to - from);
    size_t length = guardpath_remove(text, to - from, NONCE, from > 0);

    text[length] = '\0';
    for (size_t at = 0; at + 8 <= sizeof NONCE - 1; at++) {
        char digits[9] = "";

        memcpy(digits, NONCE + at, 8);
        ck_assert_msg(strstr(text, digits) == NULL, "%s", text);
    }
    free(text);
}

/* Wherever the text begins, and wherever its line ends: no digits are left that tell runs apart. */
START_TEST(no_cut_leaves_the_nonce)
{
    char *whole = expand("x " LINUX "/script: y");
    size_t all = strlen(whole);
    size_t name = strlen(whole) - strlen("azfan-" NONCE "/script: y");

    for (size_t from = 0; from < all; from++)
        check_part(whole, from, all);
    for (size_t to = name; to <= all; to++) {
        for (size_t from = 0; from <= name; from++)
            check_part(whole, from, to);
    }
    free(whole);
}
END_TEST

START_TEST(without_a_nonce_nothing_is_found)
{
    char text[] = "/tmp/azfan-/script";

    ck_assert_uint_eq(guardpath_remove(text, sizeof text - 1, "", true), sizeof text - 1);
    ck_assert_uint_eq(guardpath_remove(NULL, 0, NONCE, true), 0);
}
END_TEST

START_TEST(a_buffer_keeps_its_end)
{
    struct buffer buffer = BUFFER_INIT;

    guardpath_clean(&buffer, NONCE, true);
    ck_assert_str_eq(buffer_text(&buffer), "");
    buffer_add(&buffer, "/tmp/azfan-" NONCE "/script");
    guardpath_clean(&buffer, NONCE, false);
    ck_assert_str_eq(buffer_text(&buffer), "script");
    buffer_done(&buffer);
}
END_TEST

static const struct {
    const char *piece; /* the text is nothing but that */
} floods[] = {{"azfan-"}, {"/azfan-@"}, {"/"},         {"\n"},       {"\033["},  {"\033[0m"},
              {"a\n | "}, {"0"},        {"0123456\n"}, {" C:\\a b"}, {"azfan-@"}};

/* 1 MiB each: what is not linear would not end. */
START_TEST(floods_end)
{
    char *piece = expand(floods[_i].piece);
    struct buffer buffer = BUFFER_INIT;

    while (buffer.length < 1024 * 1024)
        buffer_add(&buffer, piece);
    guardpath_clean(&buffer, NONCE, true);
    ck_assert(memmem(buffer.data, buffer.length, NONCE, sizeof NONCE - 1) == NULL);
    buffer_done(&buffer);
    free(piece);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("guardpath");
    TCase *tests = tcase_create("all");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, it_is_taken_out, 0, sizeof rows / sizeof rows[0]);
    tcase_add_loop_test(tests, a_cut_head_is_one_as_well, 0, sizeof heads / sizeof heads[0]);
    tcase_add_test(tests, without_a_cut_the_head_is_what_it_is);
    tcase_add_test(tests, no_cut_leaves_the_nonce);
    tcase_add_test(tests, without_a_nonce_nothing_is_found);
    tcase_add_test(tests, a_buffer_keeps_its_end);
    tcase_add_loop_test(tests, floods_end, 0, sizeof floods / sizeof floods[0]);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(make_suite)
