/* SPDX-License-Identifier: Apache-2.0 */
/* Points of sweeps: how many there are, in which order, and what becomes of the base. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "check_main.h"
#include "sweep/key.h"
#include "sweep/sweep.h"

static const char *const references[] = {"/file", NULL};
static char folder[] = "/tmp/sled-sweep-XXXXXX";
static char path[64];

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s.json", folder);
}

static void remove_folder(void)
{
    char other[64];

    unlink(path);
    snprintf(other, sizeof other, "%s/one.json", folder);
    unlink(other);
    snprintf(other, sizeof other, "%s/two.json", folder);
    unlink(other);
    rmdir(folder);
}

static void write_file(const char *name, const char *text)
{
    char file[64];

    snprintf(file, sizeof file, "%s/%s", folder, name);
    FILE *stream = fopen(file, "w");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    ck_assert_int_eq(fclose(stream), 0);
}

/* The sweep of a base {"a": 1, "b": {"c": 2}} and `rest` of the file. */
static struct sled_sweep *load(const char *rest)
{
    char text[2048];
    struct sled_sweep *sweep = NULL;
    struct sled_err err = SLED_ERR_INIT;

    snprintf(text, sizeof text,
             "{\"schema_version\": 1, \"kind\": \"sweep\", \"name\": \"t\",\n"
             "\"base\": {\"a\": 1, \"b\": {\"c\": 2}}%s}",
             rest);
    write_file("s.json", text);
    ck_assert_msg(sled_sweep_load(path, NULL, 0, references, &sweep, &err) == SLED_OK, "%s: %s",
                  rest, err.msg);
    return sweep;
}

/* The base of a point, in the canonical form. */
static void assert_point(const struct sled_sweep *sweep, size_t point, const char *expected)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_str text = SLED_STR_INIT;
    struct sled_doc *doc = NULL;

    ck_assert_msg(sled_sweep_resolve(sweep, point, &doc, &err) == SLED_OK, "%s", err.msg);
    sled_canonical_json(sled_doc_root(doc), &text);
    ck_assert_str_eq(sled_str_text(&text), expected);
    sled_str_finish(&text);
    sled_doc_destroy(doc);
}

START_TEST(the_last_axis_is_the_fastest)
{
    struct sled_sweep *sweep = load(", \"axes\": {\"/a\": [1, 2], \"/b/c\": [3, 4, 5]}");

    ck_assert_uint_eq(sled_sweep_points(sweep), 6);
    for (size_t p = 0; p < 6; p++) {
        char expected[64];

        snprintf(expected, sizeof expected, "{\"a\":%zu,\"b\":{\"c\":%zu}}", 1 + p / 3, 3 + p % 3);
        assert_point(sweep, p, expected);
    }
    ck_assert_uint_eq(sled_sweep_point_with(sweep, 0, 1, 0), 3);
    ck_assert_uint_eq(sled_sweep_point_with(sweep, 1, 2, 0), 2);
    ck_assert_uint_eq(sled_sweep_point_with(sweep, 1, 2, 3), 5);
    sled_sweep_destroy(sweep);
}
END_TEST

START_TEST(the_product_has_as_many_points_as_its_factors_multiply_to)
{
    for (int a = 1; a <= 4; a++)
        for (int b = 1; b <= 4; b++)
            for (int c = 1; c <= 4; c++) {
                char rest[512];

                snprintf(rest, sizeof rest,
                         ", \"axes\": {\"/a\": {\"from\": 1, \"to\": %d, \"step\": 1},"
                         "\"/b/c\": {\"from\": 1, \"to\": %d, \"step\": 1},"
                         "\"/b/d\": {\"from\": 1, \"to\": %d, \"factor\": 2}}",
                         a, b, 1 << (c - 1));
                struct sled_sweep *sweep = load(rest);
                ck_assert_uint_eq(sled_sweep_points(sweep), (size_t)(a * b * c));
                sled_sweep_destroy(sweep);
            }
}
END_TEST

START_TEST(zipped_axes_move_together)
{
    struct sled_sweep *sweep =
        load(", \"axes\": {\"/a\": [1, 2], \"/x\": [7, 8], \"/b/c\": [3, 4]}, "
             "\"zip\": [[\"/a\", \"/b/c\"]]");

    ck_assert_uint_eq(sled_sweep_points(sweep), 4);
    assert_point(sweep, 0, "{\"a\":1,\"b\":{\"c\":3},\"x\":7}");
    assert_point(sweep, 1, "{\"a\":1,\"b\":{\"c\":3},\"x\":8}");
    assert_point(sweep, 2, "{\"a\":2,\"b\":{\"c\":4},\"x\":7}");
    sled_sweep_destroy(sweep);
}
END_TEST

START_TEST(excluded_points_are_those_with_all_values)
{
    struct sled_sweep *sweep = load(", \"axes\": {\"/a\": [1, 2, 3], \"/b/c\": [3, 4]},"
                                    "\"exclude\": [{\"/a\": [1, 3], \"/b/c\": 4}, {\"/a\": 2}]");

    ck_assert_uint_eq(sled_sweep_points(sweep), 2);
    assert_point(sweep, 0, "{\"a\":1,\"b\":{\"c\":3}}");
    assert_point(sweep, 1, "{\"a\":3,\"b\":{\"c\":3}}");
    ck_assert_uint_eq(sled_sweep_point_with(sweep, 0, 1, 0), SIZE_MAX);
    sled_sweep_destroy(sweep);
}
END_TEST

START_TEST(included_points_come_last_and_set_what_they_like)
{
    struct sled_sweep *sweep = load(", \"axes\": {\"/a\": [5, 6]},"
                                    "\"include\": [{\"/b/c\": 9}, {\"/b\": null, \"/a\": [1]}]");

    ck_assert_uint_eq(sled_sweep_points(sweep), 4);
    ck_assert_uint_eq(sled_sweep_columns(sweep), 3);
    ck_assert(!sled_sweep_included(sweep, 1));
    ck_assert(sled_sweep_included(sweep, 2));
    assert_point(sweep, 2, "{\"a\":1,\"b\":{\"c\":9}}");
    assert_point(sweep, 3, "{\"a\":[1]}");
    ck_assert_ptr_null(sled_sweep_setting(sweep, 2, 0));
    sled_sweep_destroy(sweep);
}
END_TEST

static const struct range {
    const char *range;
    const char *values[8];
} ranges[] = {
    {"{\"from\": 1, \"to\": 100, \"factor\": 10}", {"1", "10", "100"}},
    {"{\"from\": 2, \"to\": 9, \"step\": 3}", {"2", "5", "8"}},
    {"{\"from\": 0, \"to\": 0.3, \"step\": 0.1}", {"0", "0.1", "0.2", "0.3"}},
    {"{\"from\": \"64KiB\", \"to\": \"1MiB\", \"factor\": 4}",
     {"\"64KiB\"", "\"256KiB\"", "\"1024KiB\""}},
    {"{\"from\": \"100ns\", \"to\": \"0.3us\", \"step\": \"100ns\"}",
     {"\"100ns\"", "\"200ns\"", "\"300ns\""}},
    {"{\"from\": \"32 GB/s\", \"to\": \"64GB/s\", \"step\": \"16000MB/s\"}",
     {"\"32 GB/s\"", "\"48 GB/s\"", "\"64 GB/s\""}},
    {"{\"from\": 7, \"to\": 7, \"step\": 1}", {"7"}},
};

START_TEST(ranges_include_both_ends)
{
    const struct range *r = &ranges[_i];
    char rest[256];
    size_t n = 0;

    snprintf(rest, sizeof rest, ", \"axes\": {\"/a\": %s}", r->range);
    struct sled_sweep *sweep = load(rest);
    for (; r->values[n] != NULL; n++) {
        char *text = cJSON_PrintUnformatted(sled_sweep_setting(sweep, n, 0));

        ck_assert_str_eq(text, r->values[n]);
        cJSON_free(text);
    }
    ck_assert_uint_eq(sled_sweep_points(sweep), n);
    sled_sweep_destroy(sweep);
}
END_TEST

START_TEST(settings_reach_into_the_files_they_choose)
{
    write_file("one.json", "{\"v\": 1, \"w\": 1}");
    write_file("two.json", "{\"v\": 2, \"w\": 2}");
    struct sled_sweep *sweep = load(", \"axes\": {\"/file/w\": [8, 9],"
                                    "\"/file\": [\"one.json\", \"two.json\"]}");

    ck_assert_uint_eq(sled_sweep_points(sweep), 4);
    assert_point(sweep, 1, "{\"a\":1,\"b\":{\"c\":2},\"file\":{\"v\":2,\"w\":8}}");
    assert_point(sweep, 2, "{\"a\":1,\"b\":{\"c\":2},\"file\":{\"v\":1,\"w\":9}}");
    sled_sweep_destroy(sweep);
}
END_TEST

START_TEST(a_setting_that_leads_nowhere_is_told_at_its_value)
{
    struct sled_sweep *sweep = load(", \"axes\": {\"/a\": [1],\n  \"/d/c\": [3]}");
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc = NULL;
    char line[512], expected[256];

    ck_assert_int_eq(sled_sweep_resolve(sweep, 0, &doc, &err), SLED_E_INPUT);
    sled_err_format(&err, line, sizeof line);
    snprintf(expected, sizeof expected, "%s:3:12: /d/c: there is no \"d\"", path);
    ck_assert_msg(strncmp(line, expected, strlen(expected)) == 0, "%s", line);
    sled_sweep_destroy(sweep);
}
END_TEST

/* ---- keys ---- */

static void canonical(const char *json, struct sled_str *out)
{
    cJSON *tree = cJSON_Parse(json);

    ck_assert_ptr_nonnull(tree);
    sled_canonical_json(tree, out);
    cJSON_Delete(tree);
}

START_TEST(what_changes_no_result_changes_no_canonical_form)
{
    static const char *const same[] = {
        "{\"a\": 1, \"b\": [1, {\"c\": \"x\"}]}",
        "{\"b\": [1.0, {\"c\": \"x\"}], \"a\": 1e0}",
        "{\"b\": [1, {\"c\": \"x\", \"source\": \"me\"}], \"x-mine\": 7, \"a\": 1}",
        "{\"description\": \"d\", \"a\": 1, \"b\": [1, {\"comment\": [], \"c\": \"x\"}]}",
    };
    static const char *const others[] = {
        "{\"a\": 2, \"b\": [1, {\"c\": \"x\"}]}",
        "{\"a\": 1, \"b\": [{\"c\": \"x\"}, 1]}",
        "{\"a\": \"1\", \"b\": [1, {\"c\": \"x\"}]}",
        "{\"a\": 1, \"b\": [1, {\"c\": \"x\"}], \"d\": null}",
        "{\"a\": 1.0000000000000002, \"b\": [1, {\"c\": \"x\"}]}",
    };
    struct sled_str first = SLED_STR_INIT;

    canonical(same[0], &first);
    for (size_t i = 1; i < sizeof same / sizeof same[0]; i++) {
        struct sled_str text = SLED_STR_INIT;

        canonical(same[i], &text);
        ck_assert_str_eq(sled_str_text(&text), sled_str_text(&first));
        sled_str_finish(&text);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct sled_str text = SLED_STR_INIT;

        canonical(others[i], &text);
        ck_assert_str_ne(sled_str_text(&text), sled_str_text(&first));
        sled_str_finish(&text);
    }
    sled_str_finish(&first);
}
END_TEST

/* The key of two texts. */
static void key_of(const char *a, const char *b, char out[SLED_KEY_SIZE])
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_key *key = NULL;

    ck_assert_int_eq(sled_key_create(&key, &err), SLED_OK);
    sled_key_add(key, a);
    sled_key_add(key, b);
    sled_key_text(key, out);
    sled_key_destroy(key);
}

START_TEST(keys_tell_texts_apart)
{
    char first[SLED_KEY_SIZE], again[SLED_KEY_SIZE], moved[SLED_KEY_SIZE];

    key_of("ab", "c", first);
    key_of("ab", "c", again);
    key_of("a", "bc", moved);
    ck_assert_uint_eq(strlen(first), SLED_KEY_SIZE - 1);
    ck_assert_str_eq(first, again);
    ck_assert_str_ne(first, moved);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep_points");
    TCase *points = tcase_create("points"), *keys = tcase_create("keys");

    tcase_add_checked_fixture(points, make_folder, remove_folder);
    tcase_add_test(points, the_last_axis_is_the_fastest);
    tcase_add_test(points, the_product_has_as_many_points_as_its_factors_multiply_to);
    tcase_add_test(points, zipped_axes_move_together);
    tcase_add_test(points, excluded_points_are_those_with_all_values);
    tcase_add_test(points, included_points_come_last_and_set_what_they_like);
    tcase_add_loop_test(points, ranges_include_both_ends, 0,
                        (int)(sizeof ranges / sizeof ranges[0]));
    tcase_add_test(points, settings_reach_into_the_files_they_choose);
    tcase_add_test(points, a_setting_that_leads_nowhere_is_told_at_its_value);
    suite_add_tcase(suite, points);
    tcase_add_test(keys, what_changes_no_result_changes_no_canonical_form);
    tcase_add_test(keys, keys_tell_texts_apart);
    suite_add_tcase(suite, keys);
    return sled_check_main(suite);
}
