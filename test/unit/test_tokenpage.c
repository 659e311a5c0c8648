/* SPDX-License-Identifier: MIT */
/* A token goes from azfan to clients that run: whole, or not at all, and in one direction. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/number.h"
#include "sys/tokenpage.h"
#include "unit/unit.h"

static struct tokenpage writer;
static struct tokenpage reader;

static void open_both(void)
{
    struct error error;

    ck_assert_int_eq(tokenpage_make(&writer, &error), 0);
    ck_assert_int_eq(tokenpage_open(&reader, fcntl(writer.fd, F_DUPFD_CLOEXEC, 3), &error), 0);
}

static void close_both(void)
{
    tokenpage_close(&reader);
    tokenpage_close(&writer);
}

START_TEST(a_client_reads_what_azfan_wrote_last)
{
    struct token token;
    struct error error;
    uint64_t first;

    ck_assert_int_eq(tokenpage_read(&reader, &token), -1);
    ck_assert_int_eq(tokenpage_write(&writer, "a.longer.token", &error), 0);
    ck_assert_int_eq(tokenpage_read(&reader, &token), 0);
    ck_assert_str_eq(token.text, "a.longer.token");
    ck_assert_int_eq(token.interval, 0);
    first = token.sequence;
    ck_assert_int_eq(tokenpage_write(&writer, "short", &error), 0);
    tokenpage_set_interval(&writer, 7 * NUMBER_SECOND);
    ck_assert_int_eq(tokenpage_read(&reader, &token), 0);
    ck_assert_str_eq(token.text, "short");
    ck_assert_int_eq(token.interval, 7 * NUMBER_SECOND);
    ck_assert_uint_ne(token.sequence, first);
}
END_TEST

/* As of a client that somebody starts by hand. */
START_TEST(what_is_no_page_is_refused)
{
    struct tokenpage page;
    struct error error;
    int fd = memfd_create("short", MFD_CLOEXEC);

    ck_assert_int_eq(ftruncate(fd, 8), 0);
    ck_assert_int_eq(tokenpage_open(&page, fd, &error), -1);
    ck_assert_str_eq(error.text, "the token's memory has only 8 bytes");
    tokenpage_close(&page);
    ck_assert_int_eq(tokenpage_open(&page, -1, &error), -1);
    ck_assert_str_eq(error.text, "cannot look at the token's memory: Bad file descriptor");
    tokenpage_close(&page);
}
END_TEST

START_TEST(one_that_is_too_long_leaves_the_old_one)
{
    static char text[TOKENPAGE_LONGEST + 1];
    struct token token;
    struct error error;

    memset(text, 'x', TOKENPAGE_LONGEST);
    ck_assert_int_eq(tokenpage_write(&writer, "old", &error), 0);
    ck_assert_int_eq(tokenpage_write(&writer, text, &error), -1);
    ck_assert_int_eq(tokenpage_read(&reader, &token), 0);
    ck_assert_str_eq(token.text, "old");
    text[TOKENPAGE_LONGEST - 1] = '\0';
    ck_assert_int_eq(tokenpage_write(&writer, text, &error), 0);
    ck_assert_int_eq(tokenpage_read(&reader, &token), 0);
    ck_assert_uint_eq(strlen(token.text), TOKENPAGE_LONGEST - 1);
}
END_TEST

START_TEST(a_client_cannot_write)
{
    char byte = 'x';

    ck_assert_ptr_eq(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, reader.fd, 0),
                     MAP_FAILED);
    ck_assert_int_eq(pwrite(reader.fd, &byte, 1, 0), -1);
    ck_assert_int_eq(ftruncate(reader.fd, 0), -1);
}
END_TEST

static atomic_bool over;

/* Each token is one letter, many times. */
static void *write_tokens(void *argument)
{
    char text[3000 + 1];
    struct error error;

    (void)argument;
    for (int i = 0; i < 3000; i++) {
        size_t length = (size_t)(1 + i % 3000);

        memset(text, 'a' + i % 26, length);
        text[length] = '\0';
        (void)tokenpage_write(&writer, text, &error);
    }
    atomic_store(&over, true);
    return NULL;
}

START_TEST(nobody_reads_half_a_token)
{
    pthread_t thread;
    struct token token;
    int read = 0;

    ck_assert_int_eq(pthread_create(&thread, NULL, write_tokens, NULL), 0);
    while (!atomic_load(&over) || read == 0) {
        if (tokenpage_read(&reader, &token) < 0)
            continue;
        read++;
        ck_assert_uint_eq(strspn(token.text, (char[]){token.text[0], '\0'}), strlen(token.text));
    }
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("tokenpage");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, open_both, close_both);
    tcase_add_test(all, a_client_reads_what_azfan_wrote_last);
    tcase_add_test(all, what_is_no_page_is_refused);
    tcase_add_test(all, one_that_is_too_long_leaves_the_old_one);
    tcase_add_test(all, a_client_cannot_write);
    tcase_add_test(all, nobody_reads_half_a_token);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
