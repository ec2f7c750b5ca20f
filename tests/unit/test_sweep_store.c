/* SPDX-License-Identifier: Apache-2.0 */
/* Results on disk: what was kept is found again, whatever happened in between. */
#define _XOPEN_SOURCE 700 /* nftw */
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "sweep/store.h"

static char folder[] = "/tmp/sled-store-XXXXXX";
static char dir[64];

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(dir, sizeof dir, "%s/a/b", folder);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct sled_store *open_dir(const char *where)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_store *store = NULL;

    ck_assert_msg(sled_store_open(where, &store, &err) == SLED_OK, "%s", err.msg);
    return store;
}

/* A key of digit n, and a result of it. */
static void make_key(int n, char key[SLED_KEY_SIZE])
{
    snprintf(key, SLED_KEY_SIZE, "%032d", n);
}

static void append(struct sled_store *store, int n, const char *status, const char *rest)
{
    char key[SLED_KEY_SIZE], text[256];
    struct sled_err err = SLED_ERR_INIT;

    make_key(n, key);
    snprintf(text, sizeof text, "{\"key\":\"%s\",\"status\":\"%s\"%s}", key, status, rest);
    ck_assert_msg(sled_store_append(store, text, 1, 0.5, &err) == SLED_OK, "%s", err.msg);
}

static void assert_text(struct sled_store *store, int n, const char *status, const char *rest)
{
    char key[SLED_KEY_SIZE], expected[256];
    struct sled_err err = SLED_ERR_INIT;
    struct sled_str text = SLED_STR_INIT;

    make_key(n, key);
    snprintf(expected, sizeof expected, "{\"key\":\"%s\",\"status\":\"%s\"%s}", key, status, rest);
    ck_assert_msg(sled_store_text(store, key, &text, &err) == SLED_OK, "%s", err.msg);
    ck_assert_str_eq(sled_str_text(&text), expected);
    sled_str_finish(&text);
}

static bool has(struct sled_store *store, int n)
{
    char key[SLED_KEY_SIZE];
    enum sled_point_status status;

    make_key(n, key);
    return sled_store_find(store, key, &status);
}

/* The only file of the workers. */
static void only_file(char *out, size_t size)
{
    char workers[128];
    snprintf(workers, sizeof workers, "%s/workers", dir);
    DIR *entries = opendir(workers);
    ck_assert_ptr_nonnull(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (entry->d_name[0] != '.')
            snprintf(out, size, "%s/%s", workers, entry->d_name);
    closedir(entries);
}

START_TEST(what_was_kept_is_found_again)
{
    struct sled_store *store = open_dir(dir);

    for (int n = 0; n < 100; n += 2)
        append(store, n, n % 4 == 0 ? "ok" : "left_out", ",\"rows\":[]");
    for (int pass = 0; pass < 2; pass++) { /* by who wrote it, and by who reads it */
        for (int n = 0; n < 100; n++)
            ck_assert_int_eq(has(store, n), n % 2 == 0);
        assert_text(store, 8, "ok", ",\"rows\":[]");
        sled_store_close(store);
        store = open_dir(dir);
    }
    ck_assert_uint_eq(sled_store_torn(store), 0);
    sled_store_close(store);
}
END_TEST

START_TEST(a_result_is_there_for_others_before_it_is_written_out)
{
    struct sled_store *writer = open_dir(dir);
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(sled_store_sync(writer, &err), SLED_OK); /* nothing yet */
    append(writer, 1, "ok", "");
    struct sled_store *reader = open_dir(dir);
    ck_assert(has(reader, 1));
    ck_assert_int_eq(sled_store_sync(writer, &err), SLED_OK);
    ck_assert_int_eq(sled_store_sync(reader, &err), SLED_OK);
    sled_store_close(reader);
    sled_store_close(writer);
}
END_TEST

START_TEST(nothing_is_made_before_there_is_a_result)
{
    sled_store_close(open_dir(dir));
    ck_assert_int_ne(access(dir, F_OK), 0);
}
END_TEST

START_TEST(a_line_that_was_cut_short_is_no_result)
{
    struct sled_store *store = open_dir(dir);
    char file[400], whole[4096];

    append(store, 1, "ok", ",\"rows\":[1]");
    append(store, 2, "ok", ",\"rows\":[2]");
    sled_store_close(store);
    only_file(file, sizeof file);
    FILE *stream = fopen(file, "r");
    const size_t len = fread(whole, 1, sizeof whole, stream);
    fclose(stream);
    const size_t first = (size_t)(strchr(whole, '\n') + 1 - whole);

    for (size_t cut = 0; cut <= len; cut++) {
        ck_assert_int_eq(truncate(file, (off_t)len), 0);
        stream = fopen(file, "w");
        fwrite(whole, 1, cut, stream);
        fclose(stream);
        store = open_dir(dir);
        ck_assert_int_eq(has(store, 1), cut >= first);
        ck_assert_int_eq(has(store, 2), cut == len);
        ck_assert_uint_eq(sled_store_torn(store), cut != 0 && cut != first && cut != len);
        sled_store_close(store);
    }
}
END_TEST

START_TEST(garbage_between_lines_is_passed_over)
{
    struct sled_store *store = open_dir(dir);
    char file[400];

    append(store, 1, "ok", "");
    sled_store_close(store);
    only_file(file, sizeof file);
    FILE *stream = fopen(file, "a");
    fputs("{\"tries\":1,\"result\":{\"key\":\"short\",\"status\":\"ok\"}}\n", stream);
    fputs("nonsense\n\n[]\n", stream);
    fclose(stream);
    store = open_dir(dir);
    append(store, 2, "ok", "");
    ck_assert(has(store, 1) && has(store, 2));
    ck_assert_uint_eq(sled_store_torn(store), 4);
    sled_store_close(store);
}
END_TEST

START_TEST(a_result_that_ran_is_better_than_a_failure)
{
    struct sled_store *store = open_dir(dir);

    append(store, 1, "failed", ",\"message\":\"killed\"");
    append(store, 1, "ok", ",\"rows\":[]");
    append(store, 1, "failed", ",\"message\":\"killed again\"");
    append(store, 2, "failed", ",\"message\":\"first\"");
    append(store, 2, "failed", ",\"message\":\"second\"");
    assert_text(store, 1, "ok", ",\"rows\":[]");
    assert_text(store, 2, "failed", ",\"message\":\"first\"");
    struct sled_err err = SLED_ERR_INIT;
    ck_assert_int_eq(sled_store_check(store, &err), SLED_OK);
    sled_store_close(store);
}
END_TEST

START_TEST(stores_of_other_machines_are_merged)
{
    char other[64];
    struct sled_err err = SLED_ERR_INIT;

    snprintf(other, sizeof other, "%s/other", folder);
    struct sled_store *a = open_dir(dir), *b = open_dir(other);
    append(a, 1, "ok", "");
    append(b, 1, "ok", "");
    append(b, 2, "ok", "");
    sled_store_close(b);
    ck_assert(!has(a, 2));
    ck_assert_int_eq(sled_store_add(a, other, &err), SLED_OK);
    ck_assert(has(a, 2));
    ck_assert_int_eq(sled_store_check(a, &err), SLED_OK);
    ck_assert_int_eq(sled_store_add(a, "/nowhere", &err), SLED_E_IO);
    sled_store_close(a);
}
END_TEST

START_TEST(two_different_results_of_a_point_are_an_error)
{
    struct sled_store *store = open_dir(dir);
    struct sled_err err = SLED_ERR_INIT;

    append(store, 1, "ok", ",\"rows\":[1]");
    append(store, 1, "ok", ",\"rows\":[2]");
    ck_assert_int_eq(sled_store_check(store, &err), SLED_E_SIM);
    sled_store_close(store);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep_store");
    TCase *store = tcase_create("store");

    tcase_add_checked_fixture(store, make_folder, remove_folder);
    tcase_add_test(store, what_was_kept_is_found_again);
    tcase_add_test(store, a_result_is_there_for_others_before_it_is_written_out);
    tcase_add_test(store, nothing_is_made_before_there_is_a_result);
    tcase_add_test(store, a_line_that_was_cut_short_is_no_result);
    tcase_add_test(store, garbage_between_lines_is_passed_over);
    tcase_add_test(store, a_result_that_ran_is_better_than_a_failure);
    tcase_add_test(store, stores_of_other_machines_are_merged);
    tcase_add_test(store, two_different_results_of_a_point_are_an_error);
    suite_add_tcase(suite, store);
    return sled_check_main(suite);
}
