/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows as an SQLite database. It is built in memory and written like any other output, so that no
 * lock, no journal and no half of it is ever seen on a disk that other machines share.
 */
#include "report/rows.h"

#include <math.h>
#include <sqlite3.h>

#include "base/str.h"

static enum sled_status failed(sqlite3 *db, struct sled_err *err)
{
    if (db == NULL || sqlite3_errcode(db) == SQLITE_NOMEM)
        return sled_err_nomem(err);
    return sled_err_set(err, SLED_E_BUG, "SQLite: %s", sqlite3_errmsg(db));
}

static void add_name(const char *name, struct sled_str *sql)
{
    sled_str_add(sql, "\"");
    for (; *name != '\0'; name++)
        sled_str_addf(sql, *name == '"' ? "\"%c" : "%c", *name);
    sled_str_add(sql, "\"");
}

static enum sled_status create_table(const struct sled_rows *rows, sqlite3 *db,
                                     struct sled_err *err)
{
    struct sled_str sql = SLED_STR_INIT;

    sled_str_add(&sql, "CREATE TABLE results (");
    for (size_t c = 0; c < sled_rows_columns(rows); c++) {
        sled_str_add(&sql, c == 0 ? "" : ", ");
        add_name(sled_rows_column(rows, c), &sql);
    }
    sled_str_add(&sql, ")");
    enum sled_status st = sled_str_status(&sql, err);
    if (st == SLED_OK && sqlite3_exec(db, sled_str_text(&sql), NULL, NULL, NULL) != SQLITE_OK)
        st = failed(db, err);
    sled_str_finish(&sql);
    return st;
}

static int bind(sqlite3_stmt *insert, int at, const struct sled_cell *cell)
{
    const double exact = 9007199254740992.0; /* whole numbers up to here are exact */

    if (cell->kind == SLED_CELL_EMPTY)
        return sqlite3_bind_null(insert, at);
    if (cell->kind == SLED_CELL_TEXT)
        return sqlite3_bind_text(insert, at, cell->text, -1, SQLITE_STATIC);
    if (cell->number == floor(cell->number) && fabs(cell->number) <= exact)
        return sqlite3_bind_int64(insert, at, (sqlite3_int64)cell->number);
    return sqlite3_bind_double(insert, at, cell->number);
}

static enum sled_status insert_row(const struct sled_rows *rows, size_t row, sqlite3 *db,
                                   sqlite3_stmt *insert, struct sled_err *err)
{
    for (size_t c = 0; c < sled_rows_columns(rows); c++) {
        const struct sled_cell cell = sled_rows_cell(rows, row, c);

        if (bind(insert, (int)c + 1, &cell) != SQLITE_OK)
            return failed(db, err);
    }
    if (sqlite3_step(insert) != SQLITE_DONE || sqlite3_reset(insert) != SQLITE_OK)
        return failed(db, err);
    return SLED_OK;
}

static enum sled_status insert_rows(const struct sled_rows *rows, sqlite3 *db, struct sled_err *err)
{
    struct sled_str sql = SLED_STR_INIT;
    sqlite3_stmt *insert = NULL;

    sled_str_add(&sql, "INSERT INTO results VALUES (");
    for (size_t c = 0; c < sled_rows_columns(rows); c++)
        sled_str_add(&sql, c == 0 ? "?" : ",?");
    sled_str_add(&sql, ")");
    enum sled_status st = sled_str_status(&sql, err);
    if (st == SLED_OK &&
        (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
         sqlite3_prepare_v2(db, sled_str_text(&sql), -1, &insert, NULL) != SQLITE_OK))
        st = failed(db, err);
    for (size_t r = 0; r < sled_rows_count(rows) && st == SLED_OK; r++)
        st = insert_row(rows, r, db, insert, err);
    sqlite3_finalize(insert);
    if (st == SLED_OK && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        st = failed(db, err);
    sled_str_finish(&sql);
    return st;
}

static enum sled_status write_database(sqlite3 *db, FILE *stream, struct sled_err *err)
{
    sqlite3_int64 size = 0;
    unsigned char *bytes = sqlite3_serialize(db, "main", &size, 0);

    if (bytes == NULL)
        return sled_err_nomem(err);
    fwrite(bytes, 1, (size_t)size, stream);
    sqlite3_free(bytes);
    return SLED_OK;
}

enum sled_status sled_rows_write_sqlite(const struct sled_rows *rows, FILE *stream,
                                        struct sled_err *err)
{
    sqlite3 *db = NULL;

    enum sled_status st = sqlite3_open(":memory:", &db) == SQLITE_OK ? SLED_OK : failed(db, err);
    if (st == SLED_OK && sled_rows_columns(rows) > 0)
        st = create_table(rows, db, err);
    if (st == SLED_OK && sled_rows_columns(rows) > 0)
        st = insert_rows(rows, db, err);
    if (st == SLED_OK)
        st = write_database(db, stream, err);
    sqlite3_close(db);
    return st;
}
