/* SPDX-License-Identifier: Apache-2.0 */
/* Reading CSV: cells, places, comments, and refusals. */
#include <string.h>

#include "base/csv_table.h"
#include "base/vec.h"
#include "check_main.h"

static enum sled_status parse(const char *text, struct sled_csv_table *table, struct sled_err *err)
{
    *err = (struct sled_err)SLED_ERR_INIT;
    return sled_csv_table_parse("x.csv", text, strlen(text), table, err);
}

START_TEST(cells_and_places)
{
    struct sled_csv_table table;
    struct sled_err err;

    ck_assert_int_eq(
        parse("# from there\r\n#and here\na,b,c\r\n\n1,\"x,\"\"y\n\",\n\"\",,3\n", &table, &err),
        SLED_OK);
    ck_assert_uint_eq(table.ncomments, 2);
    ck_assert_str_eq(table.comments[0], "from there");
    ck_assert_str_eq(table.comments[1], "and here");
    ck_assert_uint_eq(table.ncolumns, 3);
    ck_assert_uint_eq(table.nrows, 2);
    ck_assert_str_eq(table.header[2].text, "c");
    ck_assert_str_eq(table.cells[1].text, "x,\"y\n");
    ck_assert_uint_eq(table.cells[1].line, 5);
    ck_assert_uint_eq(table.cells[1].column, 3);
    ck_assert_str_eq(table.cells[2].text, "");
    ck_assert_uint_eq(table.cells[2].line, 6);
    ck_assert_uint_eq(table.cells[2].column, 3);
    ck_assert_str_eq(table.cells[3].text, "");
    ck_assert_str_eq(table.cells[5].text, "3");
    ck_assert_uint_eq(table.cells[5].line, 7);
    ck_assert_uint_eq(table.cells[5].column, 5);
    sled_csv_table_finish(&table);
}
END_TEST

START_TEST(the_last_line_needs_no_end)
{
    struct sled_csv_table table;
    struct sled_err err;

    ck_assert_int_eq(parse("a,b\n1,", &table, &err), SLED_OK);
    ck_assert_uint_eq(table.nrows, 1);
    ck_assert_str_eq(table.cells[1].text, "");
    sled_csv_table_finish(&table);
}
END_TEST

static const struct {
    const char *text;
    const char *message;
} refused[] = {
    {"", "x.csv:1:1: expected a line that names the columns, found none"},
    {"# nothing\n", "x.csv:1:1: expected a line that names the columns, found none"},
    {"a,b\n1\n", "x.csv:2:1: expected 2 cells, one per column of the header, found 1"},
    {"a,b\n\n1,2,3\n", "x.csv:3:1: expected 2 cells, one per column of the header, found 3"},
    {"a,b\n1,\"2\n", "x.csv:2:3: this quote is never closed"},
    {"a,b\n\"1\n\"2,3\n", "x.csv:3:2: expected a comma or the end of the line behind the quoted "
                          "cell, found '2'"},
    {"a,b\n1,2\"3\"\n", "x.csv:2:4: a quote inside a cell; quote the whole cell and double it"},
};

START_TEST(refusals_name_the_place)
{
    struct sled_csv_table table;
    struct sled_err err;
    char text[512];

    ck_assert_int_eq(parse(refused[_i].text, &table, &err), SLED_E_INPUT);
    ck_assert_str_eq(sled_err_format(&err, text, sizeof text), refused[_i].message);
    sled_csv_table_finish(&table);
}
END_TEST

START_TEST(a_zero_byte_is_no_text)
{
    static const char text[] = "a,b\n1,\0\n";
    struct sled_csv_table table;
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(sled_csv_table_parse("x.csv", text, sizeof text - 1, &table, &err),
                     SLED_E_INPUT);
    ck_assert_uint_eq(err.line, 2);
    ck_assert_uint_eq(err.column, 3);
    sled_csv_table_finish(&table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv_table");
    TCase *tc = tcase_create("csv_table");

    tcase_add_test(tc, cells_and_places);
    tcase_add_test(tc, the_last_line_needs_no_end);
    tcase_add_loop_test(tc, refusals_name_the_place, 0, SLED_ARRAY_LEN(refused));
    tcase_add_test(tc, a_zero_byte_is_no_text);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
