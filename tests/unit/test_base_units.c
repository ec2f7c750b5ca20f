/* SPDX-License-Identifier: Apache-2.0 */
/* Quantities: what they are worth, how they print, and what is said to wrong ones. */
#include <math.h>

#include "base/rng.h"
#include "base/units.h"
#include "base/vec.h"
#include "check_main.h"

/* Literals of C are the nearest double, and so must the result be: compared exactly. */
static const struct value {
    const char *text;
    enum sled_dim dim;
    double si;
} values[] = {
    {"115ns", SLED_DIM_TIME, 115e-9},
    {"0.7ns", SLED_DIM_TIME, 0.7e-9},
    {"1.5 us", SLED_DIM_TIME, 1.5e-6},
    {"3ps", SLED_DIM_TIME, 3e-12},
    {"2ms", SLED_DIM_TIME, 2e-3},
    {"2s", SLED_DIM_TIME, 2.0},
    {"0s", SLED_DIM_TIME, 0.0},
    {"1e-3s", SLED_DIM_TIME, 1e-3},
    {"12E+2ns", SLED_DIM_TIME, 1200e-9},
    {"007ns", SLED_DIM_TIME, 7e-9},
    {"8B", SLED_DIM_BYTES, 8.0},
    {"64kB", SLED_DIM_BYTES, 64e3},
    {"64KiB", SLED_DIM_BYTES, 65536.0},
    {"144GiB", SLED_DIM_BYTES, 144.0 * 1073741824.0},
    {"1.5TiB", SLED_DIM_BYTES, 1.5 * 1099511627776.0},
    {"2PiB", SLED_DIM_BYTES, 2.0 * 1125899906842624.0},
    {"1EB", SLED_DIM_BYTES, 1e18},
    {"1e3EB", SLED_DIM_BYTES, 1e21},
    {"1e1B", SLED_DIM_BYTES, 10.0},
    {"8b", SLED_DIM_BYTES, 1.0},
    {"1Kib", SLED_DIM_BYTES, 128.0},
    {"512GB/s", SLED_DIM_BANDWIDTH, 512e9},
    {"512GBps", SLED_DIM_BANDWIDTH, 512e9},
    {"400Gbps", SLED_DIM_BANDWIDTH, 50e9},
    {"400Gb/s", SLED_DIM_BANDWIDTH, 50e9},
    {"0.1GB/s", SLED_DIM_BANDWIDTH, 0.1e9},
    {"1GiB/s", SLED_DIM_BANDWIDTH, 1073741824.0},
    {"4.9TB/s", SLED_DIM_BANDWIDTH, 4.9e12},
    {"2.4GHz", SLED_DIM_FREQUENCY, 2.4e9},
    {"960MHz", SLED_DIM_FREQUENCY, 960e6},
    {"1kHz", SLED_DIM_FREQUENCY, 1e3},
    {"2517TFLOPS", SLED_DIM_FLOPS, 2517e12},
    {"2.517PF", SLED_DIM_FLOPS, 2.517e15},
    {"1GFLOP/s", SLED_DIM_FLOPS, 1e9},
    {"500W", SLED_DIM_POWER, 500.0},
    {"1.2kW", SLED_DIM_POWER, 1200.0},
    {"3MW", SLED_DIM_POWER, 3e6},
    {"1.3pJ", SLED_DIM_ENERGY, 1.3e-12},
    {"5nJ", SLED_DIM_ENERGY, 5e-9},
    {"5uJ", SLED_DIM_ENERGY, 5e-6},
    {"5mJ", SLED_DIM_ENERGY, 5e-3},
    {"5J", SLED_DIM_ENERGY, 5.0},
    {"0.5", SLED_DIM_RATIO, 0.5},
    {"12%", SLED_DIM_RATIO, 0.12},
};

START_TEST(text_has_its_value)
{
    const struct value *const v = &values[_i];
    struct sled_err err = SLED_ERR_INIT;
    double got = -1.0;

    ck_assert_msg(sled_units_parse(v->text, v->dim, &got, &err) == SLED_OK, "%s: %s", v->text,
                  err.msg);
    ck_assert_msg(got == v->si, "%s is %.17g, expected %.17g", v->text, got, v->si);
}
END_TEST

static const struct refusal {
    const char *text;
    enum sled_dim dim;
    const char *message;
} refusals[] = {
    {"400Gb", SLED_DIM_BANDWIDTH,
     "\"400Gb\" is a size, not a bandwidth; write \"400Gbps\" or \"50GB/s\""},
    {"512GB", SLED_DIM_BANDWIDTH, "\"512GB\" is a size, not a bandwidth; write \"512GB/s\""},
    {"64GB/s", SLED_DIM_BYTES, "\"64GB/s\" is a bandwidth, not a size; write \"64GB\""},
    {"64Kibps", SLED_DIM_BYTES, "\"64Kibps\" is a bandwidth, not a size; write \"64Kib\""},
    {"10GHz", SLED_DIM_TIME,
     "\"10GHz\" is a frequency, not a time, which is written like \"10ns\""},
    {"5TFLOPS", SLED_DIM_POWER,
     "\"5TFLOPS\" is a compute rate, not a power, which is written like \"500W\""},
    {"50%", SLED_DIM_TIME, "\"50%\" is a plain number, not a time, which is written like \"10ns\""},
    {"5", SLED_DIM_TIME, "\"5\" has no unit; a time is written like \"10ns\""},
    {"0", SLED_DIM_BANDWIDTH, "\"0\" has no unit; a bandwidth is written like \"50GB/s\""},
    {"-5ns", SLED_DIM_TIME, "\"-5ns\" is negative; a time is 0 or more"},
    {"5NS", SLED_DIM_TIME, "unknown unit \"NS\" in \"5NS\"; did you mean \"ns\"?"},
    {"5 parsec", SLED_DIM_TIME,
     "unknown unit \"parsec\" in \"5 parsec\"; a time is written like \"10ns\""},
    {"5  ns", SLED_DIM_TIME, "unknown unit \" ns\" in \"5  ns\"; did you mean \"ns\"?"},
    {"64KB", SLED_DIM_BYTES,
     "unknown unit \"KB\" in \"64KB\"; write \"64kB\" (1000) or \"64KiB\" (1024)"},
    {"64KB/s", SLED_DIM_BANDWIDTH,
     "unknown unit \"KB/s\" in \"64KB/s\"; write \"64kB/s\" (1000) or \"64KiB/s\" (1024)"},
    {"1ks", SLED_DIM_TIME, "unknown unit \"ks\" in \"1ks\"; did you mean \"ps\"?"},
    {"1KiHz", SLED_DIM_FREQUENCY, "unknown unit \"KiHz\" in \"1KiHz\"; did you mean \"kHz\"?"},
    {"", SLED_DIM_TIME, "\"\" is not a time, which is written like \"10ns\""},
    {"ns", SLED_DIM_TIME, "\"ns\" is not a time, which is written like \"10ns\""},
    {"+5ns", SLED_DIM_TIME, "\"+5ns\" is not a time, which is written like \"10ns\""},
    {".5ns", SLED_DIM_TIME, "\".5ns\" is not a time, which is written like \"10ns\""},
    {"5.ns", SLED_DIM_TIME, "\"5.ns\" is not a time, which is written like \"10ns\""},
    {" 5ns", SLED_DIM_TIME, "\" 5ns\" is not a time, which is written like \"10ns\""},
    {"inf", SLED_DIM_TIME, "\"inf\" is not a time, which is written like \"10ns\""},
    {"nan s", SLED_DIM_TIME, "\"nan s\" is not a time, which is written like \"10ns\""},
    {"0x10ns", SLED_DIM_TIME,
     "unknown unit \"x10ns\" in \"0x10ns\"; a time is written like \"10ns\""},
    {"1e999s", SLED_DIM_TIME, "\"1e999s\" is too large a number"},
    {"1e99999999999999999999s", SLED_DIM_TIME, "\"1e99999999999999999999s\" is too large a number"},
    {"1e-999s", SLED_DIM_TIME, "\"1e-999s\" is too small a number"},
    {"1,5ns", SLED_DIM_TIME, "unknown unit \",5ns\" in \"1,5ns\"; did you mean \"ns\"?"},
};

START_TEST(wrong_text_is_explained)
{
    const struct refusal *const r = &refusals[_i];
    struct sled_err err = SLED_ERR_INIT;
    double got = -1.0;

    ck_assert_int_eq(sled_units_parse(r->text, r->dim, &got, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, r->message);
    ck_assert(got == -1.0); /* written only on success */
}
END_TEST

static const struct size {
    const char *text;
    uint64_t bytes;
    const char *message; /* NULL: accepted */
} sizes[] = {
    {"0", 0, NULL},
    {"8", 8, NULL},
    {"64K", 65536, NULL},
    {"64k", 65536, NULL},
    {"1M", 1048576, NULL},
    {"8G", UINT64_C(8589934592), NULL},
    {"1T", UINT64_C(1099511627776), NULL},
    {"1.5K", 1536, NULL},
    {"64KiB", 65536, NULL},
    {"1MiB", 1048576, NULL},
    {"64kB", 64000, NULL},
    {"1MB", 1000000, NULL},
    {"7168B", 7168, NULL},
    {"16b", 2, NULL},
    {"8P", UINT64_C(9007199254740992), NULL},
    {"9P", 0, "\"9P\" is more than 2^53 bytes"},
    {"0.5", 0, "\"0.5\" is not a whole number of bytes"},
    {"4b", 0, "\"4b\" is not a whole number of bytes"},
    {"1.0001K", 0, "\"1.0001K\" is not a whole number of bytes"},
    {"-1", 0, "\"-1\" is not a size, which is written like \"64K\" or \"1MiB\""},
    {"K", 0, "\"K\" is not a size, which is written like \"64K\" or \"1MiB\""},
    {"1GB/s", 0, "\"1GB/s\" is a bandwidth, not a size; write \"1GB\""},
    {"1KB", 0, "unknown unit \"KB\" in \"1KB\"; write \"1kB\" (1000) or \"1KiB\" (1024)"},
    {"1Q", 0, "unknown unit \"Q\" in \"1Q\"; a size is written like \"64MiB\""},
};

START_TEST(sizes_are_read_as_nccl_tests_does)
{
    const struct size *const s = &sizes[_i];
    struct sled_err err = SLED_ERR_INIT;
    uint64_t got = 77;
    const enum sled_status status = sled_units_parse_size(s->text, &got, &err);

    if (s->message == NULL) {
        ck_assert_msg(status == SLED_OK, "%s: %s", s->text, err.msg);
        ck_assert_uint_eq(got, s->bytes);
    } else {
        ck_assert_int_eq(status, SLED_E_INPUT);
        ck_assert_str_eq(err.msg, s->message);
        ck_assert_uint_eq(got, 77);
    }
}
END_TEST

static const struct print {
    double value;
    enum sled_dim dim;
    const char *text;
} prints[] = {
    {1.2344e-6, SLED_DIM_TIME, "1.234 us"},
    {115e-9, SLED_DIM_TIME, "115 ns"},
    {0.0, SLED_DIM_TIME, "0 s"},
    {999.96e-9, SLED_DIM_TIME, "1 us"},
    {999.94e-9, SLED_DIM_TIME, "999.9 ns"},
    {1e-15, SLED_DIM_TIME, "0.001 ps"},
    {12345.0, SLED_DIM_TIME, "1.234e+04 s"},
    {640e9, SLED_DIM_BANDWIDTH, "640 GB/s"},
    {705.6e12, SLED_DIM_BANDWIDTH, "705.6 TB/s"},
    {0.5, SLED_DIM_BANDWIDTH, "0.5 B/s"},
    {INFINITY, SLED_DIM_BANDWIDTH, "unlimited"},
    {67108864.0, SLED_DIM_BYTES, "64 MiB"},
    {1536.0, SLED_DIM_BYTES, "1.5 KiB"},
    {512.0, SLED_DIM_BYTES, "512 B"},
    {1e6, SLED_DIM_BYTES, "1 MB"},
    {1000.0 * 1024.0, SLED_DIM_BYTES, "1.024 MB"},
    {20736.0 * 1073741824.0, SLED_DIM_BYTES, "20.25 TiB"},
    {7168.0 * 128.0 * 8.0, SLED_DIM_BYTES, "7 MiB"},
    {2.4e9, SLED_DIM_FREQUENCY, "2.4 GHz"},
    {362.4e15, SLED_DIM_FLOPS, "362.4 PFLOPS"},
    {1200.0, SLED_DIM_POWER, "1.2 kW"},
    {1.3e-12, SLED_DIM_ENERGY, "1.3 pJ"},
    {0.12345, SLED_DIM_RATIO, "0.1235"},
    {-1.5e-9, SLED_DIM_TIME, "-1.5 ns"},
};

START_TEST(quantities_print_in_four_digits)
{
    char buf[64];

    ck_assert_str_eq(sled_units_format(prints[_i].value, prints[_i].dim, buf, sizeof buf),
                     prints[_i].text);
}
END_TEST

/* What is printed can be read again, and is within half a unit of its last digit. */
START_TEST(printing_and_reading_agree)
{
    struct sled_rng rng;
    const enum sled_dim dim = (enum sled_dim)_i;

    sled_rng_init(&rng, 1, (uint64_t)_i);
    for (int i = 0; i < 2000; i++) {
        struct sled_err err = SLED_ERR_INIT;
        const double value = pow(10.0, 24.0 * sled_rng_unit(&rng) - 9.0);
        char text[64], again[64];
        double back = -1.0;

        sled_units_format(value, dim, text, sizeof text);
        ck_assert_msg(sled_units_parse(text, dim, &back, &err) == SLED_OK, "%s", err.msg);
        ck_assert_msg(fabs(back - value) <= 0.5001e-3 * value, "%.17g printed as %s", value, text);
        if (dim != SLED_DIM_BYTES) /* "550.4 kB" is 537.5 KiB exactly */
            ck_assert_str_eq(sled_units_format(back, dim, again, sizeof again), text);
    }
}
END_TEST

START_TEST(names_and_examples_belong_to_their_dimension)
{
    const enum sled_dim dim = (enum sled_dim)_i;
    struct sled_err err = SLED_ERR_INIT;
    double value;

    ck_assert(sled_dim_name(dim)[0] != '\0');
    ck_assert_int_eq(sled_units_parse(sled_dim_example(dim), dim, &value, &err), SLED_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("units");
    TCase *tc = tcase_create("units");

    tcase_add_loop_test(tc, text_has_its_value, 0, SLED_ARRAY_LEN(values));
    tcase_add_loop_test(tc, wrong_text_is_explained, 0, SLED_ARRAY_LEN(refusals));
    tcase_add_loop_test(tc, sizes_are_read_as_nccl_tests_does, 0, SLED_ARRAY_LEN(sizes));
    tcase_add_loop_test(tc, quantities_print_in_four_digits, 0, SLED_ARRAY_LEN(prints));
    tcase_add_loop_test(tc, printing_and_reading_agree, 0, SLED_DIMS);
    tcase_add_loop_test(tc, names_and_examples_belong_to_their_dimension, 0, SLED_DIMS);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
