/* SPDX-License-Identifier: Apache-2.0 */
/* CSV: quoting, and numbers that read back. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "report/csv.h"

static const double hard_numbers[] = {
    0.0,      1.0,  -1.0, 0.1,         1.0 / 3.0, 1e300,  DBL_MAX,    DBL_MIN,
    4.9e-324, 1e15, 1e17, 123456789.0, 5e-324,    2.5e12, 6.02214e23, 0.1 + 0.2};

START_TEST(only_what_needs_quotes_gets_them)
{
    char *text = NULL;
    size_t len;
    FILE *stream = open_memstream(&text, &len);
    struct sled_csv csv = SLED_CSV_INIT(stream);

    ck_assert_ptr_nonnull(stream);
    sled_csv_text(&csv, "plain text");
    sled_csv_text(&csv, "a,b");
    sled_csv_text(&csv, "say \"hi\"");
    sled_csv_text(&csv, "two\nlines");
    sled_csv_text(&csv, "");
    sled_csv_end_row(&csv);
    sled_csv_count(&csv, UINT64_MAX);
    sled_csv_number(&csv, 0.1);
    sled_csv_end_row(&csv);
    fclose(stream);
    ck_assert_str_eq(text, "plain text,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\n"
                           "18446744073709551615,0.1\n");
    free(text);
}
END_TEST

START_TEST(numbers_read_back_as_themselves)
{
    for (size_t i = 0; i < SLED_ARRAY_LEN(hard_numbers); i++) {
        char *text = NULL;
        size_t len;
        FILE *stream = open_memstream(&text, &len);
        struct sled_csv csv = SLED_CSV_INIT(stream);

        ck_assert_ptr_nonnull(stream);
        sled_csv_number(&csv, hard_numbers[i]);
        fclose(stream);
        ck_assert_msg(strtod(text, NULL) == hard_numbers[i], "%s is not %a", text, hard_numbers[i]);
        free(text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv");
    TCase *tc = tcase_create("csv");

    tcase_add_test(tc, only_what_needs_quotes_gets_them);
    tcase_add_test(tc, numbers_read_back_as_themselves);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
