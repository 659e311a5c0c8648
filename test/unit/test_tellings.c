/* SPDX-License-Identifier: MIT */
/* report/tellings: targets of which the same is to be told. */
#include "report/tellings.h"

#include <string.h>

#include "base/buffer.h"
#include "report/matters.h"
#include "run/result.h"
#include "unit/sample.h"
#include "unit/unit.h"

enum { MOST = 4 };

/* All are errors, but those with an output, which failed. */
struct row {
    const char *name;
    struct sample targets[MOST];
    const char *expected;     /* the names of each telling */
    const char *with_streams; /* NULL: the same */
};

#define BUSY(text)                                                                                 \
    {                                                                                              \
        OUTCOME_ERROR, REASON_BUSY, .message = (text)                                              \
    }
#define FAILED(text, o)                                                                            \
    {                                                                                              \
        OUTCOME_FAILED, REASON_EXIT, .exit_code = 1, .message = (text), .output = (o)              \
    }

/* As azure/refusal cuts: names of other lengths move the cut. */
#define SIXTEEN "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 "

static const struct row rows[] = {
    {"the same words", {BUSY("busy"), BUSY("busy"), BUSY("busy")}, "web-[01-03];", NULL},
    {"other words", {BUSY("busy"), BUSY("no"), BUSY("busy")}, "web-[01,03];web-02;", NULL},
    {"but for names",
     {BUSY("no /x/web-01/y"), BUSY("no /x/web-02/y"), BUSY("no /x/web-04/y")},
     "web-[01-02];web-03;",
     NULL},
    {"cut in another place",
     {BUSY(SIXTEEN "seventeen…"), BUSY(SIXTEEN "seven…"), BUSY(SIXTEEN "eighteen")},
     "web-[01-02];web-03;",
     NULL},
    {"cut, and other words before that", {BUSY("a b c…"), BUSY("a x c…")}, "web-01;web-02;", NULL},
    {"cut, a single word", {BUSY("aaa…"), BUSY("bbb…")}, "web-01;web-02;", NULL},
    {"without a message", {BUSY(NULL), BUSY(NULL)}, "web-[01-02];", NULL},
    {"streams",
     {FAILED("status 1", "a"), FAILED("status 1", "b"), FAILED("status 1", "a")},
     "web-[01-03];",
     "web-[01,03];web-02;"},
    {"streams, of which the ends are shown",
     {FAILED("status 1", "a\n1\n2\n3\n4\n5\n"), FAILED("status 1", "b\n1\n2\n3\n4\n5\n"),
      FAILED("status 1", "1\n2\n3\n4\nx\n")},
     "web-[01-03];",
     "web-[01-02];web-03;"},
    {"streams but for names",
     {FAILED("status 1", "web-01: no"), FAILED("status 1", "web-02: no")},
     "web-[01-02];",
     NULL},
};

static void check_tellings(const char *name, const struct matter_targets *targets, bool streams,
                           const char *expected)
{
    struct buffer text = BUFFER_INIT;
    struct tellings tellings;

    tellings_make(&tellings, targets, streams);
    for (size_t i = 0; i < tellings.count; i++) {
        matters_print_names(&text, &tellings.list[i]);
        buffer_add(&text, ";");
    }
    ck_assert_msg(strcmp(buffer_text(&text), expected) == 0, "%s: %s, not %s", name,
                  buffer_text(&text), expected);
    tellings_done(&tellings);
    buffer_done(&text);
}

START_TEST(one_cause_is_told_once)
{
    const struct row *row = &rows[_i];
    struct result result;
    struct matters matters;
    size_t count = 0;

    while (count < MOST && row->targets[count].kind != OUTCOME_OK)
        count++;
    sample_begin(&result, count);
    for (size_t i = 0; i < count; i++)
        sample_end(&result, i, &row->targets[i]);
    matters_make(&matters, &result);
    ck_assert_uint_eq(matters.count, 1);
    check_tellings(row->name, &matters.list[0].targets, false, row->expected);
    check_tellings(row->name, &matters.list[0].targets, true,
                   row->with_streams != NULL ? row->with_streams : row->expected);
    matters_done(&matters);
    result_done(&result);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("tellings");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, one_cause_is_told_once, 0, UNIT_COUNT(rows));
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
