/* SPDX-License-Identifier: Apache-2.0 */
/* Text tables: alignment, units, empty cells, many rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "report/table.h"

static void assert_prints(const struct sled_text_table *table, const char *expected)
{
    struct sled_err err = SLED_ERR_INIT;
    char *text = NULL;
    size_t len;
    FILE *stream = open_memstream(&text, &len);

    ck_assert_ptr_nonnull(stream);
    ck_assert_int_eq(sled_text_table_write(table, stream, &err), SLED_OK);
    fclose(stream);
    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(columns_are_as_wide_as_their_widest_text)
{
    static const struct sled_column columns[] = {
        {.title = "phase"}, {.title = "time", .unit = "(us)", .right = true}, {.title = "bound"}};
    struct sled_text_table table;

    sled_text_table_init(&table, columns, SLED_ARRAY_LEN(columns));
    sled_text_table_cell(&table, "dispatch");
    sled_text_table_cellf(&table, "%.2f", 12345.678);
    sled_text_table_cell(&table, "switch");
    sled_text_table_cell(&table, "mlp");
    sled_text_table_cellf(&table, "%.2f", 1.5);
    sled_text_table_cell(&table, "hbm");
    assert_prints(&table, "phase         time  bound\n"
                          "              (us)\n"
                          "dispatch  12345.68  switch\n"
                          "mlp           1.50  hbm\n");
    sled_text_table_finish(&table);
}
END_TEST

START_TEST(no_unit_line_without_units_and_no_trailing_blanks)
{
    static const struct sled_column columns[] = {{.title = "a"}, {.title = "b"}, {.title = "c"}};
    struct sled_text_table table;

    sled_text_table_init(&table, columns, SLED_ARRAY_LEN(columns));
    sled_text_table_cell(&table, "");
    sled_text_table_cell(&table, "middle");
    sled_text_table_cell(&table, "");
    sled_text_table_cell(&table, "long");
    sled_text_table_cell(&table, "");
    sled_text_table_cell(&table, "end");
    assert_prints(&table, "a     b       c\n"
                          "      middle\n"
                          "long          end\n");
    sled_text_table_finish(&table);
}
END_TEST

START_TEST(a_table_without_rows_is_its_head)
{
    static const struct sled_column columns[] = {{.title = "n", .unit = "(B)", .right = true}};
    struct sled_text_table table;

    sled_text_table_init(&table, columns, 1);
    assert_prints(&table, "  n\n(B)\n");
    sled_text_table_finish(&table);
}
END_TEST

START_TEST(cells_are_copied_and_any_number_fits)
{
    static const struct sled_column columns[] = {{.title = "row", .right = true}};
    struct sled_text_table table;
    char expected[8 * 1001 + 1];
    size_t len = 0;
    char cell[16];

    sled_text_table_init(&table, columns, 1);
    len += (size_t)snprintf(expected + len, sizeof expected - len, "    row\n");
    for (int i = 0; i < 1000; i++) {
        snprintf(cell, sizeof cell, "%d", 1000000 + i);
        sled_text_table_cell(&table, cell);
        len += (size_t)snprintf(expected + len, sizeof expected - len, "%s\n", cell);
    }
    assert_prints(&table, expected);
    sled_text_table_finish(&table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tc = tcase_create("table");

    tcase_add_test(tc, columns_are_as_wide_as_their_widest_text);
    tcase_add_test(tc, no_unit_line_without_units_and_no_trailing_blanks);
    tcase_add_test(tc, a_table_without_rows_is_its_head);
    tcase_add_test(tc, cells_are_copied_and_any_number_fits);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
