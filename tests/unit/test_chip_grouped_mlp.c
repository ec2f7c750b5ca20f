/* SPDX-License-Identifier: Apache-2.0 */
/* Experts in one kernel against the kernels that it replaces, and against what no kernel beats. */
#include <math.h>

#include "base/rng.h"
#include "base/vec.h"
#include "chip_fixture.h"

static struct sled_chip trainium2, trainium3;

static void load_chips(void)
{
    trainium2 = chip_load("trainium2");
    trainium3 = chip_load("trainium3");
}

enum { EXPERTS = 8 };

/* Hidden size n, width k, these tokens. */
static struct sled_kernel experts(const uint64_t tokens[EXPERTS], uint64_t n, uint64_t k,
                                  enum sled_dtype dtype)
{
    struct sled_kernel kernel = {
        .kind = SLED_KERNEL_GROUPED_MLP,
        .n = n,
        .k = k,
        .dtype = dtype,
        .weight_dtype = dtype,
        .out_dtype = SLED_BF16,
        .weights_from_hbm = true,
        .groups = EXPERTS,
        .tokens = tokens,
        .cores = 8,
    };

    for (int e = 0; e < EXPERTS; e++)
        kernel.m += tokens[e];
    return kernel;
}

static double part_s(const struct sled_chip *chip, const struct sled_kernel *whole,
                     enum sled_kernel_kind kind, uint64_t m, uint64_t n, uint64_t k)
{
    struct sled_kernel part = *whole;

    part.kind = kind;
    part.m = m;
    part.n = n;
    part.k = k;
    part.groups = 0;
    part.tokens = NULL;
    if (kind != SLED_KERNEL_MATMUL)
        part.dtype = SLED_BF16;
    if (kind == SLED_KERNEL_QUANTIZE)
        part.out_dtype = whole->dtype;
    return chip_cost(chip, &part).time_s;
}

/* The same one kernel after the other. */
static double separate_s(const struct sled_chip *chip, const struct sled_kernel *whole)
{
    double sum_s = 0;

    for (uint32_t e = 0; e < whole->groups; e++) {
        const uint64_t m = whole->tokens[e];

        if (m == 0)
            continue;
        sum_s += part_s(chip, whole, SLED_KERNEL_MATMUL, m, 2 * whole->k, whole->n) +
                 part_s(chip, whole, SLED_KERNEL_SWIGLU, m, whole->k, 0) +
                 part_s(chip, whole, SLED_KERNEL_MATMUL, m, whole->n, whole->k);
        if (whole->dtype != SLED_BF16)
            sum_s += part_s(chip, whole, SLED_KERNEL_QUANTIZE, m, whole->k, 0);
    }
    return sum_s;
}

static double weight_bytes(const struct sled_kernel *kernel)
{
    double bytes = 0;

    for (uint32_t e = 0; e < kernel->groups; e++)
        if (kernel->tokens[e] > 0)
            bytes +=
                (2 * (double)kernel->k * (double)sled_dtype_bits(kernel->weight_dtype, kernel->n) +
                 (double)kernel->n * (double)sled_dtype_bits(kernel->weight_dtype, kernel->k)) /
                8;
    return bytes;
}

/* What it never beats: the peak, the HBM, the DMA engines. */
static void check_bounds(const struct sled_chip *chip, const struct sled_kernel *kernel,
                         const struct sled_kernel_cost *cost)
{
    const double share = (double)kernel->cores / (double)chip->cores;
    const double dma_rate = share * (double)chip->dma.engines * chip->dma.engine_bytes_per_s;

    ck_assert_double_eq(cost->flops,
                        6.0 * (double)kernel->m * (double)kernel->n * (double)kernel->k);
    ck_assert_double_gt(cost->time_s,
                        cost->flops / (share * sled_chip_peak_flops(chip, kernel->dtype)));
    ck_assert_double_eq_tol(cost->hbm_bytes, weight_bytes(kernel), 1e-9 * cost->hbm_bytes);
    ck_assert_double_gt(cost->time_s, cost->hbm_bytes / fmin(dma_rate, chip->hbm.bytes_per_s));
    for (int e = 0; e < SLED_ENGINES; e++)
        ck_assert_double_le(cost->busy_s[e], cost->time_s);
}

/* Uneven experts, some of them idle, of the sizes of real models and of none. */
START_TEST(one_kernel_is_not_slower_than_many)
{
    static const struct {
        uint64_t n, k;
    } sizes[] = {{7168, 2048}, {2880, 2880}, {4096, 1536}, {1000, 300}};
    const bool three = _i % 2 == 1;
    const struct sled_chip *chip = three ? &trainium3 : &trainium2;
    struct sled_rng rng;

    sled_rng_init(&rng, 11, (uint64_t)_i);
    for (int n = 0; n < 24; n++) {
        uint64_t tokens[EXPERTS];

        for (int e = 0; e < EXPERTS; e++)
            tokens[e] =
                sled_rng_below(&rng, 3) == 0 ? 0 : sled_rng_below(&rng, UINT64_C(2) << n % 10);
        tokens[n % EXPERTS] += 1;

        const struct sled_kernel kernel = experts(tokens, sizes[n % 4].n, sizes[n % 4].k,
                                                  n % 3 == 0 ? SLED_BF16
                                                  : three    ? SLED_MXFP8
                                                             : SLED_FP8);
        const struct sled_kernel_cost cost = chip_cost(chip, &kernel);

        check_bounds(chip, &kernel, &cost);
        ck_assert_double_le(cost.time_s, separate_s(chip, &kernel));
    }
}
END_TEST

/* Few tokens: weights come without a gap. What is not streaming is the start, and the end of the
 * last expert. */
START_TEST(weights_stream_without_a_gap)
{
    const uint64_t tokens[EXPERTS] = {16, 4, 9, 1, 16, 12, 3, 8};
    const struct sled_kernel kernel = experts(tokens, 7168, 2048, SLED_MXFP8);
    const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);
    const double dma_rate = 128 * 33e9;

    ck_assert_int_eq(cost.bound, SLED_ENGINE_DMA);
    ck_assert_double_gt(cost.hbm_bytes / cost.time_s, 0.93 * dma_rate);
    ck_assert_double_lt(separate_s(&trainium3, &kernel) / cost.time_s, 3);
    ck_assert_double_gt(separate_s(&trainium3, &kernel) / cost.time_s, 1.2);
}
END_TEST

/* Many tokens: the tensor engine does not wait for what lies between its matmuls. */
START_TEST(many_tokens_keep_the_tensor_engine_busy)
{
    const uint64_t tokens[EXPERTS] = {1024, 512, 768, 1024, 2048, 512, 640, 1024};
    const struct sled_kernel kernel = experts(tokens, 7168, 2048, SLED_MXFP8);
    const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);

    ck_assert_int_eq(cost.bound, SLED_ENGINE_TENSOR);
    ck_assert_double_gt(cost.busy_s[SLED_ENGINE_TENSOR], 0.95 * cost.time_s);
}
END_TEST

START_TEST(idle_experts_cost_nothing)
{
    const uint64_t few[EXPERTS] = {0, 0, 17, 0, 300, 0, 0, 5};
    const uint64_t packed[3] = {17, 300, 5};
    const struct sled_kernel sparse = experts(few, 2880, 2880, SLED_MXFP8);
    struct sled_kernel dense = sparse;

    dense.groups = 3;
    dense.tokens = packed;
    const struct sled_kernel_cost a = chip_cost(&trainium3, &sparse);
    const struct sled_kernel_cost b = chip_cost(&trainium3, &dense);
    ck_assert_double_eq(a.time_s, b.time_s);
    ck_assert_double_eq(a.hbm_bytes, b.hbm_bytes);
}
END_TEST

START_TEST(more_cores_are_never_slower)
{
    const uint64_t tokens[EXPERTS] = {100, 0, 3, 64, 200, 1, 0, 40};
    struct sled_kernel kernel = experts(tokens, 1024, 640, SLED_BF16);
    double before_s = INFINITY;

    for (kernel.cores = 1; kernel.cores <= 8; kernel.cores++) {
        const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);

        ck_assert_double_le(cost.time_s, before_s);
        check_bounds(&trainium3, &kernel, &cost);
        before_s = cost.time_s;
    }
}
END_TEST

/* One expert on one core, weights in SBUF, step by step: nothing of one part overlaps another. */
START_TEST(down_waits_for_what_lies_between)
{
    const uint64_t tokens[EXPERTS] = {512};
    struct sled_kernel kernel = experts(tokens, 128, 64, SLED_BF16);

    kernel.cores = 1;
    kernel.weights_from_hbm = false;
    const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);

    /* Both: four tiles of 128 columns at half speed, array fill of 64 + 32, the last copy. */
    const double matmul_s = (4 * 2 * 128 + 96) / 2.4e9 + (64 + 144) / 1.2e9;
    const double swiglu_s = (256 + 200 + 256 + 144) / 1.2e9;

    ck_assert_double_eq_tol(cost.time_s, 2 * matmul_s + swiglu_s, 1e-15);
}
END_TEST

START_TEST(what_has_no_meaning_is_refused)
{
    const uint64_t tokens[EXPERTS] = {3, 0, 4};
    const struct sled_kernel good = experts(tokens, 7168, 2048, SLED_BF16);
    struct {
        struct sled_kernel kernel;
        enum sled_status status;
        const char *msg;
    } cases[] = {
        {good, SLED_E_INPUT, "grouped_mlp: there must be an expert"},
        {good, SLED_E_INPUT, "grouped_mlp: there must be an expert"},
        {good, SLED_E_INPUT, "grouped_mlp: the tokens of the experts exceed the 6 rows"},
        {good, SLED_E_INPUT,
         "grouped_mlp: the tokens of the experts add up to 7, but there are 8 rows"},
        {good, SLED_E_UNSUPPORTED,
         "grouped_mlp: the weights of 2 experts do not fit the sbuf of 1 cores; stream them from "
         "hbm"},
        {good, SLED_E_UNSUPPORTED, "the tensor engine of this chip takes no mxfp8"},
        {good, SLED_E_UNSUPPORTED,
         "a matmul cannot write mxfp8: its result must be quantized by a kernel"},
    };

    cases[0].kernel.groups = 0;
    cases[1].kernel.tokens = NULL;
    cases[2].kernel.m = 6;
    cases[3].kernel.m = 8;
    cases[4].kernel.weights_from_hbm = false;
    cases[4].kernel.cores = 1;
    cases[5].kernel.weight_dtype = SLED_MXFP8;
    cases[6].kernel.out_dtype = SLED_MXFP8;
    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        struct sled_err err = SLED_ERR_INIT;
        struct sled_kernel_cost cost;

        ck_assert_int_eq(sled_chip_kernel(&trainium2, &cases[i].kernel, &cost, &err),
                         cases[i].status);
        ck_assert_str_eq(err.msg, cases[i].msg);
    }
}
END_TEST

/* Operands and active weights once, three products. */
START_TEST(a_roofline_chip_takes_flops_or_traffic)
{
    const struct sled_chip h100 = chip_load("h100");
    const uint64_t tokens[EXPERTS] = {3, 0, 4};
    struct sled_kernel kernel = experts(tokens, 2880, 2880, SLED_BF16);

    kernel.cores = 1;
    const struct sled_kernel_cost cost = chip_cost(&h100, &kernel);
    ck_assert_double_eq(cost.hbm_bytes, 2 * 2880.0 * 2880 * 3 * 2 + 2 * 7 * 2880.0 * 2);
    ck_assert_double_eq(cost.flops, 6 * 7 * 2880.0 * 2880);
    ck_assert_int_eq(cost.bound, SLED_ENGINE_DMA);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chip_grouped_mlp");
    TCase *tc = tcase_create("chip_grouped_mlp");

    tcase_add_checked_fixture(tc, load_chips, NULL);
    tcase_add_loop_test(tc, one_kernel_is_not_slower_than_many, 0, 4);
    tcase_add_test(tc, weights_stream_without_a_gap);
    tcase_add_test(tc, many_tokens_keep_the_tensor_engine_busy);
    tcase_add_test(tc, idle_experts_cost_nothing);
    tcase_add_test(tc, more_cores_are_never_slower);
    tcase_add_test(tc, down_waits_for_what_lies_between);
    tcase_add_test(tc, what_has_no_meaning_is_refused);
    tcase_add_test(tc, a_roofline_chip_takes_flops_or_traffic);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
