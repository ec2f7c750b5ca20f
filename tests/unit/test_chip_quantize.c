/* SPDX-License-Identifier: Apache-2.0 */
/* Quantising with scales that software finds, and back, against closed forms of their passes. */
#include <math.h>

#include "base/vec.h"
#include "chip_fixture.h"

static struct sled_chip trainium2, trainium3;
static const double cycle_s = 1 / 1.2e9; /* of Trainium3's vector engine */

static void load_chips(void)
{
    trainium2 = chip_load("trainium2");
    trainium3 = chip_load("trainium3");
}

static struct sled_kernel kernel_of(enum sled_kernel_kind kind, uint64_t m, uint64_t n, uint64_t k)
{
    const bool back = kind == SLED_KERNEL_DEQUANTIZE;

    return (struct sled_kernel){
        .kind = kind,
        .m = m,
        .n = n,
        .k = k,
        .dtype = back ? SLED_FP8 : SLED_BF16,
        .out_dtype = back ? SLED_BF16 : SLED_FP8,
        .cores = 1,
    };
}

/* A row in a partition: absmax at two elements a cycle, its scale and inverse, four a cycle. */
START_TEST(a_row_is_looked_at_and_scaled)
{
    const struct sled_kernel kernel = kernel_of(SLED_KERNEL_QUANTIZE_GROUP, 128, 4096, 4096);
    const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);

    ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_VECTOR], (2048 + 64 + 64 + 1024) * cycle_s,
                            1e-15);
    /* One tile: each instruction waits for the one before. */
    ck_assert_double_eq_tol(cost.time_s, (2048 + 64 + 64 + 1024 + 4 * 144) * cycle_s, 1e-15);
}
END_TEST

/* Groups of 128 are large enough for an instruction each, those of 32 are not: a whole tile is
 * multiplied at one element a cycle, and cast by the scalar engine. */
START_TEST(small_groups_are_scaled_together)
{
    struct sled_kernel kernel = kernel_of(SLED_KERNEL_QUANTIZE_GROUP, 128, 512, 128);

    struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);
    ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_VECTOR], (256 + 64 + 64 + 4 * 64) * cycle_s,
                            1e-15);
    ck_assert_double_eq(cost.busy_s[SLED_ENGINE_SCALAR], 0);

    kernel.k = 32;
    cost = chip_cost(&trainium3, &kernel);
    ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_VECTOR], (256 + 64 + 128 + 512) * cycle_s,
                            1e-15);
    ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_SCALAR], 256 * cycle_s, 1e-15);
}
END_TEST

/* Two passes and what lies between them, none of which overlaps. */
START_TEST(one_scale_takes_two_passes)
{
    struct sled_kernel kernel = kernel_of(SLED_KERNEL_QUANTIZE_TENSOR, 128, 4096, 0);
    const double passes = 2048 + 1024;
    const double vector = 64 + 128 + 64 + 64 + (64 + 144); /* max, max, scale, 1/scale, copy */
    struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);
    const double alone_s = cost.time_s;

    ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_VECTOR], (passes + vector) * cycle_s, 1e-15);
    /* 128 columns transposed and 64 broadcast at half speed, both with 64 cycles to the first
     * result; results of four vector instructions and of the last pass take the overhead. */
    ck_assert_double_eq_tol(
        cost.time_s, (passes + vector + 5 * 144) * cycle_s + (2 * (128 + 64) + 2 * 64) / 2.4e9,
        1e-15);

    /* Two cores: half the passes, and they tell each other by DMA. */
    kernel.cores = 2;
    cost = chip_cost(&trainium3, &kernel);
    ck_assert_double_eq_tol(cost.time_s,
                            fmin(alone_s, alone_s - passes / 2 * cycle_s + 600e-9 + 1300e-9 +
                                              107e-9 + (64 + 144) * cycle_s),
                            1e-15);
    kernel.n *= 64;
    kernel.cores = 1;
    const double large_s = chip_cost(&trainium3, &kernel).time_s;
    kernel.cores = 8;
    /* Beside their share of the passes, the exchange and the step between: below 4 us. */
    ck_assert_double_lt(chip_cost(&trainium3, &kernel).time_s, large_s / 8 + 4e-6);
    ck_assert_double_gt(chip_cost(&trainium3, &kernel).time_s, large_s / 8);
}
END_TEST

/* Hardware needs one pass where software needs many: on the chip that has both, microscaling is
 * cheaper than any scale that software must find. */
START_TEST(scales_that_software_finds_cost_more)
{
    static const enum sled_kernel_kind kinds[] = {SLED_KERNEL_QUANTIZE_TENSOR,
                                                  SLED_KERNEL_QUANTIZE_GROUP};
    struct sled_kernel hardware = kernel_of(SLED_KERNEL_QUANTIZE, 512, 7168, 0);

    hardware.out_dtype = SLED_MXFP8;
    for (size_t i = 0; i < SLED_ARRAY_LEN(kinds); i++) {
        const struct sled_kernel software = kernel_of(kinds[i], 512, 7168, 128);

        ck_assert_double_gt(chip_cost(&trainium3, &software).time_s,
                            2.9 * chip_cost(&trainium3, &hardware).time_s);
    }
}
END_TEST

/* fp8 in one pass of four elements a cycle; mxfp8 with its 16 scales shifted, cast by the scalar
 * engine and multiplied; mxfp4 unpacked in two passes first, and then no cast. */
START_TEST(elements_are_widened_in_passes)
{
    static const struct {
        enum sled_dtype dtype;
        uint64_t k;
        double vector, scalar; /* cycles of a tile of 512 */
    } cases[] = {
        {SLED_FP8, 512, 128, 0},
        {SLED_FP8, 128, 4 * 64, 0},
        {SLED_MXFP8, 32, 64 + 512, 256},
        {SLED_MXFP4, 32, 64 + 128 + 128 + 512, 0},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        struct sled_kernel kernel = kernel_of(SLED_KERNEL_DEQUANTIZE, 1280, 512, cases[i].k);

        kernel.dtype = cases[i].dtype;
        const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);
        ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_VECTOR], 10 * cases[i].vector * cycle_s,
                                1e-14);
        ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_SCALAR], 10 * cases[i].scalar * cycle_s,
                                1e-14);
        ck_assert_double_eq(cost.hbm_bytes, 0);
    }
}
END_TEST

/* Partial groups at the ends of rows take as long as whole ones. */
START_TEST(a_partial_group_is_a_group)
{
    for (uint64_t n = 385; n <= 512; n += 127) {
        const struct sled_kernel kernel = kernel_of(SLED_KERNEL_QUANTIZE_GROUP, 333, n, 128);
        const struct sled_kernel whole = kernel_of(SLED_KERNEL_QUANTIZE_GROUP, 333, 512, 128);

        ck_assert_double_eq(chip_cost(&trainium2, &kernel).time_s,
                            chip_cost(&trainium2, &whole).time_s);
    }
}
END_TEST

START_TEST(what_has_no_meaning_is_refused)
{
    struct {
        struct sled_kernel kernel;
        enum sled_dtype dtype, out_dtype;
        enum sled_status status;
        const char *msg;
    } cases[] = {
        {kernel_of(SLED_KERNEL_QUANTIZE_GROUP, 1, 64, 65), SLED_BF16, SLED_FP8, SLED_E_INPUT,
         "quantize_group: k elements of a row of 64 share a scale, got k = 65"},
        {kernel_of(SLED_KERNEL_DEQUANTIZE, 1, 64, 65), SLED_FP8, SLED_BF16, SLED_E_INPUT,
         "dequantize: k elements of a row of 64 share a scale, got k = 65"},
        {kernel_of(SLED_KERNEL_DEQUANTIZE, 1, 64, 64), SLED_MXFP4, SLED_BF16, SLED_E_INPUT,
         "dequantize: 32 elements of mxfp4 share a scale, got k = 64"},
        {kernel_of(SLED_KERNEL_DEQUANTIZE, 1, 64, 64), SLED_FP16, SLED_BF16, SLED_E_INPUT,
         "dequantize: from fp8, mxfp8 or mxfp4, got fp16"},
        {kernel_of(SLED_KERNEL_DEQUANTIZE, 1, 64, 64), SLED_FP8, SLED_MXFP8, SLED_E_UNSUPPORTED,
         "dequantize works on fp32, bf16, fp16 and fp8, not on mxfp8"},
        {kernel_of(SLED_KERNEL_QUANTIZE_GROUP, 1, 64, 64), SLED_MXFP8, SLED_FP8, SLED_E_UNSUPPORTED,
         "quantize_group works on fp32, bf16, fp16 and fp8, not on mxfp8"},
        {kernel_of(SLED_KERNEL_QUANTIZE_TENSOR, 1, 64, 0), SLED_BF16, SLED_MXFP8,
         SLED_E_UNSUPPORTED, "quantize_tensor works on fp32, bf16, fp16 and fp8, not on mxfp8"},
        {kernel_of(SLED_KERNEL_QUANTIZE_GROUP, 1, 100000, 100000), SLED_BF16, SLED_FP8,
         SLED_E_UNSUPPORTED,
         "quantize_group: a group of 100000 elements and its result need 300000 bytes, more than "
         "the 212984 of an sbuf partition"},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        struct sled_err err = SLED_ERR_INIT;
        struct sled_kernel_cost cost;

        cases[i].kernel.dtype = cases[i].dtype;
        cases[i].kernel.out_dtype = cases[i].out_dtype;
        ck_assert_int_eq(sled_chip_kernel(&trainium2, &cases[i].kernel, &cost, &err),
                         cases[i].status);
        ck_assert_str_eq(err.msg, cases[i].msg);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chip_quantize");
    TCase *tc = tcase_create("chip_quantize");

    tcase_add_checked_fixture(tc, load_chips, NULL);
    tcase_add_test(tc, a_row_is_looked_at_and_scaled);
    tcase_add_test(tc, small_groups_are_scaled_together);
    tcase_add_test(tc, one_scale_takes_two_passes);
    tcase_add_test(tc, scales_that_software_finds_cost_more);
    tcase_add_test(tc, elements_are_widened_in_passes);
    tcase_add_test(tc, a_partial_group_is_a_group);
    tcase_add_test(tc, what_has_no_meaning_is_refused);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
