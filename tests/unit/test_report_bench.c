/* SPDX-License-Identifier: Apache-2.0 */
/* Formats of benchmarks on tables made by hand: what no algorithm here does, numbers of any size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "report/bench.h"

static uint32_t begin[] = {0, 2}, rank[] = {0, 1};
static const struct sled_groups groups = {.count = 1, .begin = begin, .rank = rank};

/* A table of rows that another test has no need to know. */
static struct sled_bench_table table_of(struct sled_bench_row *row, size_t nrows)
{
    return (struct sled_bench_table){
        .memory = "sbuf",
        .dtype = "fp32",
        .network = "fluid",
        .simulator = "S",
        .topology = "pair",
        .kind = SLED_COLL_ALL_REDUCE,
        .algorithm = "ring",
        .elem_bytes = 4,
        .map = "chip",
        .chip_of_rank = rank,
        .nranks = 2,
        .groups = &groups,
        .row = row,
        .nrows = nrows,
    };
}

/* As text of the caller. */
static char *print(const struct sled_bench_table *table, enum sled_bench_format format)
{
    struct sled_err err = SLED_ERR_INIT;
    char *text = NULL;
    size_t len;
    FILE *stream = open_memstream(&text, &len);

    ck_assert_ptr_nonnull(stream);
    ck_assert_int_eq(sled_bench_write(table, format, NULL, stream, &err), SLED_OK);
    fclose(stream);
    return text;
}

static char *print_selection(const struct sled_bench_table *table)
{
    struct sled_err err = SLED_ERR_INIT;
    char *text = NULL;
    size_t len;
    FILE *stream = open_memstream(&text, &len);

    ck_assert_ptr_nonnull(stream);
    ck_assert_int_eq(sled_bench_write_selection(table, stream, &err), SLED_OK);
    fclose(stream);
    return text;
}

START_TEST(nccl_numbers_fill_their_width)
{
    /* us in 7 characters, GB/s in 6. */
    static const struct {
        double time_us, busbw_gbps;
        const char *expected;
    } cases[] = {
        {0, 0, "     0.00    0.00    0.00    N/A"},
        {9999.99, 999.99, "  9999.99  999.99  999.99    N/A"},
        {12345.67, 1234.56, "  12345.7  1234.6  1234.6    N/A"},
        {123456.7, 12345.6, "   123457   12346   12346    N/A"},
        {1234567, 123456, "  1234567  123456  123456    N/A"},
        {12345678, 1234567, "  1.2e+07   1e+06   1e+06    N/A"},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        struct sled_bench_row row = {
            .size_bytes = 1024,
            .algorithm = "ring",
            .ranks = 2,
            .time_s = cases[i].time_us * 1e-6,
            .algbw_bytes_per_s = cases[i].busbw_gbps * 1e9,
            .busbw_bytes_per_s = cases[i].busbw_gbps * 1e9,
        };
        const struct sled_bench_table table = table_of(&row, 1);
        char *text = print(&table, SLED_BENCH_NCCL_TESTS);
        char line[256];

        snprintf(line, sizeof line, "\n        1024           256     float     sum      -1%s%s\n",
                 cases[i].expected, cases[i].expected);
        ck_assert_msg(strstr(text, line) != NULL, "no line%sin\n%s", line, text);
        free(text);
    }
}
END_TEST

START_TEST(nccom_times_have_up_to_two_decimals)
{
    static const struct {
        double time_us;
        const char *expected;
    } cases[] = {{10, " 10.0 "}, {7.25, " 7.25 "}, {7.5, " 7.5 "}, {0.004, " 0.0 "}};

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        struct sled_bench_row row = {
            .size_bytes = 1024, .algorithm = "ring", .time_s = cases[i].time_us * 1e-6};
        const struct sled_bench_table table = table_of(&row, 1);
        char *text = print(&table, SLED_BENCH_NCCOM_TEST);

        ck_assert_msg(strstr(text, cases[i].expected) != NULL, "no%sin\n%s", cases[i].expected,
                      text);
        free(text);
    }
}
END_TEST

/* rdh cannot serve; mesh wins below 4096, then ring. */
enum { NALGORITHMS = 3, NSIZES = 4 };

static void compare(struct sled_bench_row row[NSIZES * NALGORITHMS])
{
    static const char *const names[NALGORITHMS] = {"mesh", "rdh", "ring"};

    for (size_t i = 0; i < NSIZES * NALGORITHMS; i++) {
        const size_t size = i / NALGORITHMS, algorithm = i % NALGORITHMS;
        const size_t winner = size < 2 ? 0 : 2;

        row[i] = (struct sled_bench_row){
            .size_bytes = (uint64_t)1024 << size,
            .algorithm = names[algorithm],
            .ranks = 2,
            .winner = algorithm == winner,
            .time_s = algorithm == winner ? 1e-6 : 2e-6,
            .bound_s = 1e-6,
            .busiest = "hbm chip0",
        };
        if (algorithm == 1)
            strcpy(row[i].left_out, "3 ranks, \"not\" a power of two");
    }
}

START_TEST(what_is_left_out_is_told_once)
{
    struct sled_bench_row row[NSIZES * NALGORITHMS];
    struct sled_bench_table table = table_of(row, NSIZES * NALGORITHMS);

    compare(row);
    table.algorithm = "all";
    table.compares = true;
    char *text = print(&table, SLED_BENCH_TABLE);
    ck_assert_str_eq(text,
                     "# all_reduce/all on pair, 2 ranks, memory sbuf, dtype fp32\n"
                     "# network fluid: S\n"
                     "# left out from size 1024: rdh: 3 ranks, \"not\" a power of two\n"
                     "size   mesh   rdh   ring  winner   busbw  of bound  used  busiest resource\n"
                     " (B)   (us)  (us)   (us)          (GB/s)       (%)   (%)\n"
                     "1024  1.000     -  2.000  mesh      0.00     100.0   0.0  hbm chip0\n"
                     "2048  1.000     -  2.000  mesh      0.00     100.0   0.0  hbm chip0\n"
                     "4096  2.000     -  1.000  ring      0.00     100.0   0.0  hbm chip0\n"
                     "8192  2.000     -  1.000  ring      0.00     100.0   0.0  hbm chip0\n");
    free(text);

    text = print(&table, SLED_BENCH_CSV);
    ck_assert_ptr_nonnull(strstr(text,
                                 "\nall_reduce,rdh,pair,chip,2,1,sbuf,fp32,fluid,,1024,"
                                 "\"3 ranks, \"\"not\"\" a power of two\",,,,,,,,,,,,,,,,,,\n"));
    free(text);
}
END_TEST

START_TEST(a_selection_has_a_rule_per_run_of_winners)
{
    struct sled_bench_row row[NSIZES * NALGORITHMS];
    struct sled_bench_table table = table_of(row, NSIZES * NALGORITHMS);

    compare(row);
    table.compares = true;
    char *text = print_selection(&table);
    const char *rules = strstr(text, "  \"rules\"");
    ck_assert_ptr_nonnull(rules);
    ck_assert_str_eq(rules, "  \"rules\": [\n"
                            "    {\n"
                            "      \"op\": \"all_reduce\",\n"
                            "      \"memory\": \"sbuf\",\n"
                            "      \"min_ranks\": 2,\n"
                            "      \"max_ranks\": 2,\n"
                            "      \"below\": \"4096B\",\n"
                            "      \"algorithm\": \"mesh\"\n"
                            "    },\n"
                            "    {\n"
                            "      \"op\": \"all_reduce\",\n"
                            "      \"memory\": \"sbuf\",\n"
                            "      \"min_ranks\": 2,\n"
                            "      \"max_ranks\": 2,\n"
                            "      \"from\": \"4096B\",\n"
                            "      \"algorithm\": \"ring\"\n"
                            "    }\n"
                            "  ]\n"
                            "}\n");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_bench");
    TCase *tcase = tcase_create("formats");

    tcase_add_test(tcase, nccl_numbers_fill_their_width);
    tcase_add_test(tcase, nccom_times_have_up_to_two_decimals);
    tcase_add_test(tcase, what_is_left_out_is_told_once);
    tcase_add_test(tcase, a_selection_has_a_rule_per_run_of_winners);
    suite_add_tcase(suite, tcase);
    return sled_check_main(suite);
}
