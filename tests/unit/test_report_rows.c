/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of results: flattening, and the same cells in CSV and in a database. */
#include "report/rows.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"

static struct sled_rows *make(const char *const *objects)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_rows *rows = NULL;

    ck_assert_int_eq(sled_rows_create(&rows, &err), SLED_OK);
    for (; *objects != NULL; objects++) {
        cJSON *tree = cJSON_Parse(*objects);

        ck_assert_int_eq(sled_rows_begin(rows, &err), SLED_OK);
        ck_assert_int_eq(sled_rows_put_all(rows, tree, &err), SLED_OK);
        cJSON_Delete(tree);
    }
    return rows;
}

static const char *const objects[] = {
    "{\"op\": \"x\", \"n\": 7, \"energy\": {\"total_J\": 2.5, \"parts\": {\"idle\": 1}},"
    " \"levels\": [{\"level\": \"sled\", \"links\": 4}, {\"level\": \"rack\", \"links\": 0.1}],"
    " \"plain\": [1, 2]}",
    "{\"n\": -3, \"op\": \"a,b \\\"c\\\"\", \"good\": true}",
    "{\"late\": 1e300, \"none\": null}",
    NULL,
};

START_TEST(objects_are_flattened_in_order)
{
    static const char *const columns[] = {"op",
                                          "n",
                                          "energy.total_J",
                                          "energy.parts.idle",
                                          "levels.sled.links",
                                          "levels.rack.links",
                                          "good",
                                          "late",
                                          "none"};
    struct sled_rows *rows = make(objects);

    ck_assert_uint_eq(sled_rows_count(rows), 3);
    ck_assert_uint_eq(sled_rows_columns(rows), sizeof columns / sizeof columns[0]);
    for (size_t c = 0; c < sled_rows_columns(rows); c++) {
        ck_assert_str_eq(sled_rows_column(rows, c), columns[c]);
        ck_assert_uint_eq(sled_rows_find(rows, columns[c]), c);
    }
    ck_assert_uint_eq(sled_rows_find(rows, "plain"), SIZE_MAX);
    ck_assert_double_eq(sled_rows_cell(rows, 0, 5).number, 0.1);
    ck_assert_double_eq(sled_rows_cell(rows, 1, 1).number, -3);
    ck_assert_str_eq(sled_rows_cell(rows, 1, 6).text, "true");
    ck_assert_int_eq(sled_rows_cell(rows, 1, 2).kind, SLED_CELL_EMPTY);
    ck_assert_int_eq(sled_rows_cell(rows, 2, 8).kind, SLED_CELL_EMPTY);
    sled_rows_destroy(rows);
}
END_TEST

START_TEST(csv_has_a_cell_for_each_column)
{
    struct sled_rows *rows = make(objects);
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);

    sled_rows_write_csv(rows, stream);
    fclose(stream);
    ck_assert_str_eq(text, "op,n,energy.total_J,energy.parts.idle,levels.sled.links,"
                           "levels.rack.links,good,late,none\n"
                           "x,7,2.5,1,4,0.1,,,\n"
                           "\"a,b \"\"c\"\"\",-3,,,,,true,,\n"
                           ",,,,,,,1e+300,\n");
    free(text);
    sled_rows_destroy(rows);
}
END_TEST

START_TEST(the_database_has_the_same_cells)
{
    struct sled_rows *rows = make(objects);
    struct sled_err err = SLED_ERR_INIT;
    char *bytes = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&bytes, &len);
    sqlite3 *db = NULL;
    sqlite3_stmt *select = NULL;

    ck_assert_int_eq(sled_rows_write_sqlite(rows, stream, &err), SLED_OK);
    fclose(stream);
    ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_deserialize(db, "main", (unsigned char *)bytes, (sqlite3_int64)len,
                                         (sqlite3_int64)len, SQLITE_DESERIALIZE_READONLY),
                     SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_prepare_v2(db, "SELECT * FROM results ORDER BY rowid", -1, &select, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_column_count(select), (int)sled_rows_columns(rows));
    for (size_t r = 0; r < sled_rows_count(rows); r++) {
        ck_assert_int_eq(sqlite3_step(select), SQLITE_ROW);
        for (size_t c = 0; c < sled_rows_columns(rows); c++) {
            const struct sled_cell cell = sled_rows_cell(rows, r, c);
            const int type = sqlite3_column_type(select, (int)c);

            ck_assert_str_eq(sqlite3_column_name(select, (int)c), sled_rows_column(rows, c));
            if (cell.kind == SLED_CELL_EMPTY) {
                ck_assert_int_eq(type, SQLITE_NULL);
            } else if (cell.kind == SLED_CELL_TEXT) {
                ck_assert_str_eq((const char *)sqlite3_column_text(select, (int)c), cell.text);
            } else {
                ck_assert_double_eq(sqlite3_column_double(select, (int)c), cell.number);
                ck_assert_int_eq(type, cell.number == floor(cell.number) && cell.number < 1e15
                                           ? SQLITE_INTEGER
                                           : SQLITE_FLOAT);
            }
        }
    }
    ck_assert_int_eq(sqlite3_step(select), SQLITE_DONE);
    sqlite3_finalize(select);
    sqlite3_close(db);
    free(bytes);
    sled_rows_destroy(rows);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_rows");
    TCase *rows = tcase_create("rows");

    tcase_add_test(rows, objects_are_flattened_in_order);
    tcase_add_test(rows, csv_has_a_cell_for_each_column);
    tcase_add_test(rows, the_database_has_the_same_cells);
    suite_add_tcase(suite, rows);
    return sled_check_main(suite);
}
