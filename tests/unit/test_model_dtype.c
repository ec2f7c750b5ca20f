/* SPDX-License-Identifier: Apache-2.0 */
/* Number formats: sizes with their scales, names and wrong names; and the names of kernels. */
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "model/dtype.h"
#include "model/kernel.h"

START_TEST(sizes_count_the_scales)
{
    static const struct {
        enum sled_dtype dtype;
        uint64_t count, bits, bytes;
    } cases[] = {
        {SLED_FP32, 3, 96, 12},    {SLED_BF16, 3, 48, 6},     {SLED_FP16, 1, 16, 2},
        {SLED_FP8, 33, 264, 33},   {SLED_MXFP8, 32, 264, 33}, /* 32 elements and one scale */
        {SLED_MXFP8, 33, 280, 35}, /* a second, partial group has a whole scale */
        {SLED_MXFP4, 32, 136, 17}, {SLED_MXFP4, 1, 12, 2},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        ck_assert_uint_eq(sled_dtype_bits(cases[i].dtype, cases[i].count), cases[i].bits);
        ck_assert_uint_eq(sled_dtype_bytes(cases[i].dtype, cases[i].count), cases[i].bytes);
    }
}
END_TEST

START_TEST(whole_groups_add_up)
{
    const enum sled_dtype dtype = (enum sled_dtype)_i;

    ck_assert_uint_eq(sled_dtype_bytes(dtype, 0), 0);
    for (uint64_t groups = 1; groups < 40; groups++)
        ck_assert_uint_eq(sled_dtype_bits(dtype, groups * 32), groups * sled_dtype_bits(dtype, 32));
    /* 2^53 elements do not overflow. */
    ck_assert_uint_eq(sled_dtype_bytes(dtype, UINT64_C(1) << 53),
                      (UINT64_C(1) << 48) * (sled_dtype_bits(dtype, 32) / 8));
}
END_TEST

START_TEST(every_name_is_read_back)
{
    struct sled_err err = SLED_ERR_INIT;
    enum sled_dtype dtype = SLED_DTYPES;

    ck_assert_int_eq(sled_dtype_parse(sled_dtype_names[_i], &dtype, &err), SLED_OK);
    ck_assert_int_eq((int)dtype, _i);
    ck_assert_ptr_null(sled_dtype_names[SLED_DTYPES]);
}
END_TEST

START_TEST(a_wrong_name_is_told)
{
    struct sled_err err = SLED_ERR_INIT;
    enum sled_dtype dtype = SLED_FP8;

    ck_assert_int_eq(sled_dtype_parse("bf61", &dtype, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "no number format \"bf61\"; did you mean \"bf16\"? "
                              "known: fp32, bf16, fp16, fp8, mxfp8, mxfp4");
    ck_assert_int_eq(dtype, SLED_FP8);

    err = (struct sled_err)SLED_ERR_INIT;
    ck_assert_int_eq(sled_dtype_parse("quaternion", &dtype, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "no number format \"quaternion\"; "
                              "known: fp32, bf16, fp16, fp8, mxfp8, mxfp4");
}
END_TEST

static void names_differ(const char *const *names, int count)
{
    ck_assert_ptr_null(names[count]);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(names[i], names[j]);
}

START_TEST(kernels_and_engines_have_names)
{
    names_differ(sled_kernel_names, SLED_KERNELS);
    names_differ(sled_engine_names, SLED_ENGINES);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dtype");
    TCase *tc = tcase_create("dtype");

    tcase_add_test(tc, sizes_count_the_scales);
    tcase_add_loop_test(tc, whole_groups_add_up, 0, SLED_DTYPES);
    tcase_add_loop_test(tc, every_name_is_read_back, 0, SLED_DTYPES);
    tcase_add_test(tc, a_wrong_name_is_told);
    tcase_add_test(tc, kernels_and_engines_have_names);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
