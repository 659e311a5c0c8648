/* SPDX-License-Identifier: MIT */
/* report/csv: a table that a spreadsheet can open without harm, cell by cell. */
#include "report/csv.h"

#include "base/buffer.h"
#include "base/text.h"
#include "unit/happen.h"
#include "unit/sample.h"
#include "unit/unit.h"

static struct result result;

static void set_up(void)
{
    sample_begin(&result, 2);
}

static void tear_down(void)
{
    result_done(&result);
}

enum { COLUMNS = 19 };

/* ---- reading ------------------------------------------------------------------------------ */

/* Reads one cell at *AT by RFC 4180's grammar, moves behind it, and appends what it holds. */
static void read_cell(const char **at, struct buffer *ret)
{
    const char *next = *at;

    if (*next != '"') {
        for (; *next != '\0' && *next != ',' && *next != '\r'; next++) {
            if (*next == '"' || *next == '\n') /* Check writes a line for every assertion */
                ck_abort_msg("not quoted: %s", *at);
            buffer_add_char(ret, *next);
        }
    } else {
        for (next++; *next != '"' || next[1] == '"'; next++) {
            if (*next == '\0')
                ck_abort_msg("no end: %s", *at);
            next += *next == '"' ? 1 : 0;
            buffer_add_char(ret, *next);
        }
        next++;
    }
    ck_assert_msg(*next == ',' || (*next == '\r' && next[1] == '\n'), "behind a cell: %s", next);
    *at = next;
}

/* Appends the cell of row ROW (0: the header) and column COLUMN; all rows are read, and counted. */
static void find_cell(const char *text, size_t row, size_t column, struct buffer *ret)
{
    const char *at = text;

    for (size_t r = 0; *at != '\0'; r++, at += 2) {
        for (size_t c = 0; c < COLUMNS; c++) {
            struct buffer cell = BUFFER_INIT;

            read_cell(&at, &cell);
            if (r == row && c == column)
                buffer_append(ret, buffer_text(&cell), cell.length);
            buffer_done(&cell);
            ck_assert_int_eq(*at, c == COLUMNS - 1 ? '\r' : ',');
            at += c == COLUMNS - 1 ? 0 : 1;
        }
    }
}

static size_t find_column(const char *text, const char *name)
{
    for (size_t column = 0; column < COLUMNS; column++) {
        struct buffer head = BUFFER_INIT;
        bool found;

        find_cell(text, 0, column, &head);
        found = strcmp(buffer_text(&head), name) == 0;
        buffer_done(&head);
        if (found)
            return column;
    }
    ck_abort_msg("there is no column %s", name);
    return 0;
}

/* What the cell of target INDEX in the column NAME holds; buffer_done(). */
static struct buffer cell_of(size_t index, const char *name)
{
    char *text = sample_write(csv_write, &result);
    struct buffer cell = BUFFER_INIT;

    find_cell(text, index + 1, find_column(text, name), &cell);
    free(text);
    return cell;
}

static void expect(size_t index, const char *name, const char *wanted)
{
    struct buffer cell = cell_of(index, name);

    ck_assert_msg(strcmp(buffer_text(&cell), wanted) == 0, "%s is \"%s\", not \"%s\"", name,
                  buffer_text(&cell), wanted);
    buffer_done(&cell);
}

/* ---- columns ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    const char *first;  /* failed at the second attempt */
    const char *second; /* ok */
} columns[] = {
    {"name", "web-01", "web-02"},
    {"resource_group", "rg", "rg"},
    {"subscription", "", "own"},
    {"id",
     "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web-01",
     "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web-02"},
    {"batch", "1", "2"},
    {"outcome", "failed", "ok"},
    {"reason", "exit", ""},
    {"exit_code", "7", "0"},
    {"script_started", "yes", "yes"},
    {"may_still_run", "true", "false"},
    {"attempts", "2", "1"},
    {"started", "2025-11-23T03:00:00Z", "2025-11-23T03:00:00Z"},
    {"duration_s", "2.468", "1.234"},
    {"message", "status 7", ""},
    {"stdout", "a, \"b\"\nc", ""},
    {"stderr", "no", ""},
    {"stdout_truncated", "true", "false"},
    {"stderr_truncated", "false", "false"},
};

START_TEST(each_column_holds_what_its_name_says)
{
    result.targets[1].batch = 2;
    result.targets[1].subscription = memory_string("own");
    sample_end(&result, 0,
               &(struct sample){OUTCOME_ERROR, REASON_BUSY, .message = "busy", .again = true});
    sample_end(&result, 0,
               &(struct sample){OUTCOME_FAILED, REASON_EXIT, 7, .message = "status 7",
                                .output = "a, \"b\"\nc", .errors = "no", .output_truncated = true,
                                .may_still_run = true});
    sample_end(&result, 1, &(struct sample){OUTCOME_OK});
    expect(0, columns[_i].name, columns[_i].first);
    expect(1, columns[_i].name, columns[_i].second);
}
END_TEST

START_TEST(there_is_a_row_for_the_header_and_one_for_each_target)
{
    char *text = sample_write(csv_write, &result);
    size_t rows = 0;

    for (const char *at = text; (at = strstr(at, "\r\n")) != NULL; at += 2)
        rows++;
    ck_assert_uint_eq(rows, 3);
    ck_assert(strncmp(text, "name,", 5) == 0);
    free(text);
}
END_TEST

START_TEST(a_target_that_has_not_ended_has_no_outcome)
{
    result.ending = RESULT_GOING;
    sample_end(&result, 0,
               &(struct sample){OUTCOME_FAILED, REASON_EXIT, 7, .message = "no", .again = true});
    expect(0, "outcome", "");
    expect(0, "reason", "");
    expect(0, "exit_code", "");
    expect(0, "attempts", "1");
    expect(1, "outcome", "");
    expect(1, "started", "");
    expect(1, "attempts", "0");
}
END_TEST

START_TEST(what_an_interruption_cut_off_is_unknown)
{
    happen_start(&result, 0, SAMPLE_STARTED, 0);
    happen_break(&result);
    expect(0, "outcome", "unknown");
    expect(0, "reason", "interrupted");
    expect(1, "outcome", "skipped");
    expect(1, "exit_code", "");
}
END_TEST

/* ---- harm --------------------------------------------------------------------------------- */

static const struct {
    const char *printed;
    const char *cell;
} formulas[] = {
    {"=1+1", "'=1+1"},
    {"+1", "'+1"},
    {"-1", "'-1"},
    {"@SUM(A1)", "'@SUM(A1)"},
    {"\t=1", "'\t=1"},
    {"\n=1", "'\n=1"},
    {"\r\n=1", "'\n=1"},
    {"\r=1", "'=1"},
    {"\033[1m=1", "'=1"},
    {"x\b=1", "'=1"},
    {"\xef\xbc\x9d"
     "1",
     "'\xef\xbc\x9d"
     "1"}, /* full width: = + - @ */
    {"\xef\xbc\x8b"
     "1",
     "'\xef\xbc\x8b"
     "1"},
    {"\xef\xbc\x8d"
     "1",
     "'\xef\xbc\x8d"
     "1"},
    {"\xef\xbc\xa0"
     "1",
     "'\xef\xbc\xa0"
     "1"},
    {"'=1", "'=1"},
    {"a=1", "a=1"},
    {"\xef\xbc\x9e"
     "1",
     "\xef\xbc\x9e"
     "1"}, /* another full-width sign */
};

START_TEST(no_text_is_a_formula)
{
    sample_end(&result, 0,
               &(struct sample){OUTCOME_FAILED, REASON_EXIT, 1, .message = formulas[_i].printed,
                                .output = formulas[_i].printed, .errors = formulas[_i].printed});
    expect(0, "message", formulas[_i].cell);
    expect(0, "stdout", formulas[_i].cell);
    expect(0, "stderr", formulas[_i].cell);
}
END_TEST

START_TEST(a_number_stays_a_number)
{
    sample_end(&result, 0, &(struct sample){OUTCOME_FAILED, REASON_EXIT, .exit_code = -1073741510});
    expect(0, "exit_code", "-1073741510");
}
END_TEST

START_TEST(hostile_bytes_are_shown_and_harmless)
{
    sample_end(&result, 0,
               &(struct sample){OUTCOME_OK, .output = SAMPLE_HOSTILE,
                                .output_length = sizeof SAMPLE_HOSTILE - 1});
    expect(0, "stdout",
           "fine\nred\\x07\nBAD \xef\xbf\xbd\xef\xbf\xbd \\u202e rtl\\x00nul\nback "
           "\\ufffe\\uffff \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd ]]> <b> & end");
}
END_TEST

/* ---- length ------------------------------------------------------------------------------- */

static const struct {
    const char *unit; /* repeated COUNT times between one character and another */
    size_t count;
    size_t cell_units; /* as Excel counts; 0: cut to no more than the most */
} lengths[] = {
    {"x", CSV_CELL_MOST - 2, CSV_CELL_MOST},
    {"x", CSV_CELL_MOST - 1, 0},
    {"\"", CSV_CELL_MOST - 2, CSV_CELL_MOST}, /* doubled in the file, not in the cell */
    {"\xc3\xa4", CSV_CELL_MOST - 2, CSV_CELL_MOST},
    {"\xc3\xa4", CSV_CELL_MOST - 1, 0},
    {"\xf0\x9f\x98\x80", (CSV_CELL_MOST - 2) / 2, CSV_CELL_MOST - 1}, /* two units each */
    {"\xf0\x9f\x98\x80", CSV_CELL_MOST / 2 + 1, 0},
    {"x", 1000000, 0},
};

static size_t excel_length(const char *text)
{
    size_t units = 0;

    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
        units += (*at & 0xc0) == 0x80 ? 0 : *at >= 0xf0 ? 2 : 1;
    return units;
}

START_TEST(a_cell_is_as_long_as_a_spreadsheet_takes)
{
    struct buffer output = BUFFER_INIT;
    struct buffer cell;
    size_t bad;

    buffer_add(&output, "A");
    for (size_t i = 0; i < lengths[_i].count; i++)
        buffer_add(&output, lengths[_i].unit);
    buffer_add(&output, "Z");
    sample_end(&result, 0, &(struct sample){OUTCOME_OK, .output = buffer_text(&output)});
    cell = cell_of(0, "stdout");
    if (lengths[_i].cell_units > 0) {
        ck_assert_uint_eq(excel_length(buffer_text(&cell)), lengths[_i].cell_units);
        ck_assert_ptr_null(strstr(buffer_text(&cell), "left out"));
    } else {
        ck_assert_uint_le(excel_length(buffer_text(&cell)), CSV_CELL_MOST);
        ck_assert_uint_ge(excel_length(buffer_text(&cell)), CSV_CELL_MOST - 64);
        ck_assert_ptr_nonnull(strstr(buffer_text(&cell), " bytes left out …]\n"));
    }
    ck_assert(text_is_utf8(buffer_text(&cell), cell.length, &bad));
    ck_assert_int_eq(cell.data[0], 'A');
    ck_assert_int_eq(cell.data[cell.length - 1], 'Z');
    buffer_done(&output);
    buffer_done(&cell);
}
END_TEST

START_TEST(the_apostrophe_counts_too)
{
    struct buffer output = BUFFER_INIT;
    struct buffer cell;

    for (size_t i = 0; i < CSV_CELL_MOST; i++)
        buffer_add_char(&output, '=');
    sample_end(&result, 0, &(struct sample){OUTCOME_OK, .output = buffer_text(&output)});
    cell = cell_of(0, "stdout");
    ck_assert_uint_le(cell.length, CSV_CELL_MOST);
    ck_assert_int_eq(cell.data[0], '\'');
    buffer_done(&output);
    buffer_done(&cell);
}
END_TEST

static Suite *csv_suite(void)
{
    Suite *suite = suite_create("csv");
    TCase *tests = tcase_create("csv");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, each_column_holds_what_its_name_says, 0, UNIT_COUNT(columns));
    tcase_add_test(tests, there_is_a_row_for_the_header_and_one_for_each_target);
    tcase_add_test(tests, a_target_that_has_not_ended_has_no_outcome);
    tcase_add_test(tests, what_an_interruption_cut_off_is_unknown);
    tcase_add_loop_test(tests, no_text_is_a_formula, 0, UNIT_COUNT(formulas));
    tcase_add_test(tests, a_number_stays_a_number);
    tcase_add_test(tests, hostile_bytes_are_shown_and_harmless);
    tcase_add_loop_test(tests, a_cell_is_as_long_as_a_spreadsheet_takes, 0, UNIT_COUNT(lengths));
    tcase_add_test(tests, the_apostrophe_counts_too);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(csv_suite)
