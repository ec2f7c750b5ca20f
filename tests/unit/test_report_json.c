/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON printer: layout, escapes, numbers that read back, what it refuses. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "report/json.h"

/* Print the tree and delete it; the text is freed by the caller. */
static char *print(cJSON *tree)
{
    struct sled_err err = SLED_ERR_INIT;
    char *text = NULL;
    size_t len;
    FILE *stream = open_memstream(&text, &len);

    ck_assert_ptr_nonnull(stream);
    ck_assert_int_eq(sled_json_write(tree, stream, &err), SLED_OK);
    fclose(stream);
    cJSON_Delete(tree);
    return text;
}

START_TEST(layout)
{
    char *text =
        print(cJSON_Parse("{\"a\":1,\"list\":[1,2.5,\"x\"],\"rows\":[{\"b\":true,\"c\":null},"
                          "[]],\"none\":{}}"));

    ck_assert_str_eq(text, "{\n"
                           "  \"a\": 1,\n"
                           "  \"list\": [1, 2.5, \"x\"],\n"
                           "  \"rows\": [\n"
                           "    {\n"
                           "      \"b\": true,\n"
                           "      \"c\": null\n"
                           "    },\n"
                           "    []\n"
                           "  ],\n"
                           "  \"none\": {}\n"
                           "}\n");
    free(text);
}
END_TEST

START_TEST(strings_are_escaped)
{
    char *text = print(cJSON_CreateString("say \"hi\"\\\n\t\x01 \xc3\xa9"));

    ck_assert_str_eq(text, "\"say \\\"hi\\\"\\\\\\n\\t\\u0001 \xc3\xa9\"\n");
    free(text);
}
END_TEST

START_TEST(numbers_read_back_as_themselves)
{
    static const double numbers[] = {0.0,       1.0,     -1.0,    0.1,     1.0 / 3.0,
                                     0.1 + 0.2, DBL_MAX, DBL_MIN, 5e-324,  1e15,
                                     1e17,      1e300,   2.5e12,  6.02e23, 1.0 - DBL_EPSILON};
    char *text = print(cJSON_CreateDoubleArray(numbers, SLED_ARRAY_LEN(numbers)));
    const char *at = text + 1;

    for (size_t i = 0; i < SLED_ARRAY_LEN(numbers); i++) {
        char *end;
        ck_assert(strtod(at, &end) == numbers[i]);
        at = end + 1; /* the comma; strtod skips the blank */
    }
    ck_assert_str_eq(at, "\n");
    free(text);
}
END_TEST

START_TEST(what_cannot_be_json_is_an_error)
{
    struct sled_err err = SLED_ERR_INIT;
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddNumberToObject(tree, "time_ns", NAN);
    ck_assert_int_eq(sled_json_write(tree, stdout, &err), SLED_E_BUG);
    ck_assert_str_eq(err.msg, "the number \"time_ns\" of a result is nan");
    cJSON_Delete(tree);

    err = (struct sled_err)SLED_ERR_INIT;
    ck_assert_int_eq(sled_json_write(NULL, stdout, &err), SLED_E_NOMEM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *tc = tcase_create("json");

    tcase_add_test(tc, layout);
    tcase_add_test(tc, strings_are_escaped);
    tcase_add_test(tc, numbers_read_back_as_themselves);
    tcase_add_test(tc, what_cannot_be_json_is_an_error);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
