/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel times against free oracles: peaks, bandwidths, closed forms of single instructions,
 * monotonicity; and against the few published times.
 */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "chip_fixture.h"

static struct sled_chip trainium2, trainium3;

static void load_chips(void)
{
    trainium2 = chip_load("trainium2");
    trainium3 = chip_load("trainium3");
}

static struct sled_kernel matmul(enum sled_dtype dtype, uint64_t m, uint64_t n, uint64_t k)
{
    return (struct sled_kernel){
        .kind = SLED_KERNEL_MATMUL,
        .m = m,
        .n = n,
        .k = k,
        .dtype = dtype,
        .weight_dtype = dtype,
        .out_dtype = SLED_BF16,
        .cores = 8,
    };
}

/* bf16 in and out, or what kind it takes; k for topk only. */
static struct sled_kernel elementwise(enum sled_kernel_kind kind, uint64_t m, uint64_t n)
{
    return (struct sled_kernel){
        .kind = kind,
        .m = m,
        .n = n,
        .k = 8,
        .dtype = SLED_BF16,
        .weight_dtype = SLED_BF16,
        .out_dtype = kind == SLED_KERNEL_QUANTIZE ? SLED_MXFP8 : SLED_BF16,
        .heads = 4,
        .kv_heads = 2,
        .cores = 1,
    };
}

/* ---- matrix multiplication ------------------------------------------------------------ */

START_TEST(a_large_matmul_approaches_the_peak)
{
    const struct {
        const struct sled_chip *chip;
        enum sled_dtype dtype;
    } cases[] = {{&trainium2, SLED_BF16},
                 {&trainium2, SLED_FP8},
                 {&trainium3, SLED_BF16},
                 {&trainium3, SLED_FP8},
                 {&trainium3, SLED_MXFP8}};

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        const struct sled_kernel kernel = matmul(cases[i].dtype, 8192, 8192, 8192);
        const struct sled_kernel_cost cost = chip_cost(cases[i].chip, &kernel);
        const double peak = sled_chip_peak_flops(cases[i].chip, cases[i].dtype);

        ck_assert_double_eq(cost.flops, 2.0 * 8192 * 8192 * 8192);
        ck_assert_double_lt(cost.flops / cost.time_s, peak);
        ck_assert_double_gt(cost.flops / cost.time_s, 0.99 * peak);
        ck_assert_int_eq(cost.bound, SLED_ENGINE_TENSOR);
    }
}
END_TEST

START_TEST(no_matmul_beats_the_peak)
{
    static const uint64_t extents[] = {1, 31, 64, 128, 129, 512, 640, 2048};

    for (size_t m = 0; m < SLED_ARRAY_LEN(extents); m++) {
        for (size_t n = 0; n < SLED_ARRAY_LEN(extents); n++) {
            for (size_t k = 0; k < SLED_ARRAY_LEN(extents); k++) {
                const struct sled_kernel kernel =
                    matmul(SLED_MXFP8, extents[m], extents[n], extents[k]);
                const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);

                ck_assert_double_lt(cost.flops / cost.time_s,
                                    sled_chip_peak_flops(&trainium3, SLED_MXFP8));
            }
        }
    }
}
END_TEST

/* 1.5 us of work at half speed takes the first 3 us; from there on it is 1.5 us late. */
START_TEST(the_tensor_engine_ramps_up)
{
    struct sled_kernel kernel = matmul(SLED_BF16, 512, 128, 0);
    kernel.cores = 1;

    static const uint64_t slabs[] = {1, 4, 7, 8, 64, 640};
    for (size_t i = 0; i < SLED_ARRAY_LEN(slabs); i++) {
        kernel.k = 128 * slabs[i];
        const double work_s = (double)slabs[i] * 512 / 2.4e9;
        const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);

        ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_TENSOR], fmin(2 * work_s, work_s + 1.5e-6),
                                1e-15);
    }
}
END_TEST

/* One instruction of each: 64 cycles at half speed; array fill of 64 + 1/4 cycles; 64 + 144
 * cycles until the copied result is there. */
START_TEST(the_smallest_matmul_pays_the_floors)
{
    struct sled_kernel kernel = matmul(SLED_BF16, 1, 64, 1);

    kernel.cores = 1;
    struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);
    /* Activations stationary: one column of them, 64 weights columns pass through. */
    ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_TENSOR], 2 * 64 / 2.4e9, 1e-15);
    ck_assert_double_eq_tol(cost.time_s, (2 * 64 + 64.25) / 2.4e9 + (64 + 144) / 1.2e9, 1e-15);

    /* From HBM: start, descriptor generation, and 8 descriptors of the floor on each engine. */
    const double resident_s = cost.time_s;
    kernel.weights_from_hbm = true;
    cost = chip_cost(&trainium3, &kernel);
    ck_assert_double_eq_tol(cost.time_s, resident_s + 1.9e-6 + 8 * 107e-9, 1e-15);
    ck_assert_double_eq(cost.hbm_bytes, 128);
}
END_TEST

/* Few tokens, large weights: the time is that of the bytes, at what DMA or HBM can deliver. */
START_TEST(few_tokens_stream_at_memory_speed)
{
    const struct {
        const struct sled_chip *chip;
        enum sled_dtype dtype;
        double bytes_per_s;
    } cases[] = {
        {&trainium3, SLED_MXFP8, 128 * 33e9}, /* DMA engines */
        {&trainium2, SLED_FP8, 4 * 620e9},    /* its stacks of HBM */
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        struct sled_kernel kernel = matmul(cases[i].dtype, 4, 4096, 7168);
        kernel.weights_from_hbm = true;
        const struct sled_kernel_cost cost = chip_cost(cases[i].chip, &kernel);
        const double bytes = (double)sled_dtype_bytes(cases[i].dtype, 4096 * 7168);

        ck_assert_int_eq(cost.bound, SLED_ENGINE_DMA);
        ck_assert_double_eq(cost.hbm_bytes, bytes);
        ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_DMA], bytes / cases[i].bytes_per_s, 1e-12);
        ck_assert_double_lt(cost.time_s, bytes / cases[i].bytes_per_s + 4e-6);
    }

    /* One core has its own 16 engines only. */
    struct sled_kernel kernel = matmul(SLED_MXFP8, 4, 4096, 7168);
    kernel.weights_from_hbm = true;
    kernel.cores = 1;
    const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);
    ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_DMA], cost.hbm_bytes / (16 * 33e9), 1e-12);
}
END_TEST

/* Two cores share a stack of HBM, which has less than their DMA engines ask for; a third brings
 * another stack. One core alone is held by its engines. */
START_TEST(cores_fill_stacks_of_hbm)
{
    static const double bytes_per_s[] = {16 * 23e9, 620e9, 3 * 16 * 23e9, 2 * 620e9};
    struct sled_kernel kernel = matmul(SLED_BF16, 1, 12288, 4096);

    kernel.weights_from_hbm = true;
    for (uint32_t cores = 1; cores <= SLED_ARRAY_LEN(bytes_per_s); cores++) {
        kernel.cores = cores;
        const struct sled_kernel_cost cost = chip_cost(&trainium2, &kernel);

        ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_DMA],
                                cost.hbm_bytes / bytes_per_s[cores - 1], 1e-12);
    }
}
END_TEST

/* A program by itself: start and end, 128 short pieces of the row on 16 engines, one whole row
 * back.
 */
START_TEST(a_launch_has_a_load_and_a_store)
{
    const struct sled_kernel kernel = elementwise(SLED_KERNEL_RMSNORM, 1, 8192);
    const double start_s = 1.9e-6, load_s = 128 * 107e-9 / 16, store_s = 8192 * 2 / 23e9 / 16;

    ck_assert_double_eq_tol(sled_chip_launch(&trainium2, &kernel, 1, 1),
                            13.5e-6 + 2 * start_s + load_s + store_s, 1e-12);
    ck_assert_double_eq_tol(sled_chip_launch(&trainium2, &kernel, 1, 2),
                            13.5e-6 + 3e-6 + 2 * start_s + (load_s + store_s) / 2, 1e-12);
}
END_TEST

/* Weights start with the load, and attention from HBM moves its operands itself. */
START_TEST(a_launch_pays_no_start_twice)
{
    const struct sled_kernel norm = elementwise(SLED_KERNEL_RMSNORM, 1, 8192);
    struct sled_kernel program[] = {norm, matmul(SLED_BF16, 1, 8192, 8192)};
    struct sled_kernel attention = {.kind = SLED_KERNEL_ATTENTION,
                                    .m = 512,
                                    .n = 512,
                                    .k = 128,
                                    .dtype = SLED_BF16,
                                    .out_dtype = SLED_BF16,
                                    .heads = 1,
                                    .kv_heads = 1,
                                    .cores = 1};

    program[1].weights_from_hbm = true;
    ck_assert_double_eq_tol(sled_chip_launch(&trainium2, &norm, 1, 1) -
                                sled_chip_launch(&trainium2, program, 2, 1),
                            1.9e-6, 1e-12);
    ck_assert_double_gt(sled_chip_launch(&trainium2, &attention, 1, 1), 13.5e-6 + 2 * 1.9e-6);
    attention.weights_from_hbm = true;
    ck_assert_double_eq_tol(sled_chip_launch(&trainium2, &attention, 1, 1), 13.5e-6, 1e-15);
}
END_TEST

/* 129 rows make two tiles that use the same weights: neither starts before those begin to come,
 * nor ends before the tensor engine, at half speed for 3 us, has done both. */
START_TEST(no_tile_runs_before_its_weights)
{
    struct sled_kernel kernel = matmul(SLED_BF16, 129, 64, 7168);

    kernel.cores = 1;
    kernel.weights_from_hbm = true;
    const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);
    ck_assert_double_gt(cost.time_s, 1.9e-6 + cost.busy_s[SLED_ENGINE_TENSOR]);
}
END_TEST

/* Resident weights that one core cannot hold are shared by columns, however few the rows. */
START_TEST(resident_weights_must_fit_each_core)
{
    struct sled_kernel kernel = matmul(SLED_BF16, 4096, 4, 16384); /* 128 KiB of weights */
    struct sled_chip chip = trainium3;
    const double by_rows_s = chip_cost(&chip, &kernel).time_s;

    chip.sbuf.partition_bytes = 512; /* 64 KiB a core */
    const double by_columns_s = chip_cost(&chip, &kernel).time_s;
    ck_assert_double_gt(by_columns_s, by_rows_s);
    kernel.cores = 1;
    struct sled_err err = SLED_ERR_INIT;
    struct sled_kernel_cost cost;
    ck_assert_int_eq(sled_chip_kernel(&chip, &kernel, &cost, &err), SLED_E_UNSUPPORTED);
}
END_TEST

START_TEST(formats_differ_by_their_rates)
{
    const struct sled_kernel fp32 = matmul(SLED_FP32, 4096, 4096, 4096);
    const struct sled_kernel bf16 = matmul(SLED_BF16, 4096, 4096, 4096);
    const struct sled_kernel mx = matmul(SLED_MXFP8, 4096, 4096, 4096);
    struct sled_kernel mixed = mx, fp4 = mx;

    ck_assert_double_eq_tol(
        chip_cost(&trainium3, &fp32).time_s / chip_cost(&trainium3, &bf16).time_s, 4, 0.1);
    ck_assert_double_eq_tol(chip_cost(&trainium3, &bf16).time_s / chip_cost(&trainium3, &mx).time_s,
                            4, 0.2);
    /* MXFP4 weights save bytes, not cycles. */
    mixed.weight_dtype = SLED_MXFP4;
    fp4.dtype = fp4.weight_dtype = SLED_MXFP4;
    ck_assert_double_eq(chip_cost(&trainium3, &mixed).time_s, chip_cost(&trainium3, &mx).time_s);
    ck_assert_double_eq(chip_cost(&trainium3, &fp4).time_s, chip_cost(&trainium3, &mx).time_s);
    mixed.weights_from_hbm = true;
    ck_assert_double_eq_tol(chip_cost(&trainium3, &mixed).hbm_bytes, 4096.0 * 4096 * 17 / 32, 1);
}
END_TEST

/* ---- the other kernels ---------------------------------------------------------------- */

/* 1,024 tiles, so that fill does not matter: the exponential's own time is what changes. */
START_TEST(the_accelerated_exponential_is_four_times_faster)
{
    const struct sled_kernel kernel = elementwise(SLED_KERNEL_SOFTMAX, 128 * 1024, 2048);
    struct sled_chip plain = trainium3;

    plain.vector.exponential = 0;
    const struct sled_kernel_cost slow = chip_cost(&plain, &kernel);
    const struct sled_kernel_cost fast = chip_cost(&trainium3, &kernel);
    const double scalar_s = slow.busy_s[SLED_ENGINE_SCALAR];
    const double vector_s = fast.busy_s[SLED_ENGINE_VECTOR] - slow.busy_s[SLED_ENGINE_VECTOR];

    ck_assert_double_eq(fast.busy_s[SLED_ENGINE_SCALAR], 0);
    /* Less the scalar engine's 64 cycles to read out each sum. */
    ck_assert_double_eq_tol((scalar_s - 1024 * 64 / 1.2e9) / vector_s, 4, 1e-9);
    ck_assert_double_lt(fast.time_s, slow.time_s);

    /* Trainium2: a slower vector clock and no such instruction. */
    ck_assert_double_gt(chip_cost(&trainium2, &kernel).time_s, fast.time_s);
}
END_TEST

START_TEST(hardware_quantises_for_less)
{
    const struct sled_kernel kernel = elementwise(SLED_KERNEL_QUANTIZE, 4096, 7168);
    struct sled_chip plain = trainium3;

    plain.vector.quantize_mx = 0;
    const struct sled_kernel_cost software = chip_cost(&plain, &kernel);
    const struct sled_kernel_cost hardware = chip_cost(&trainium3, &kernel);

    /* One pass at 512 elements per cycle. */
    ck_assert_double_eq_tol(hardware.busy_s[SLED_ENGINE_VECTOR], 4096.0 * 7168 / 512 / 1.2e9,
                            1e-12);
    ck_assert_double_eq(hardware.busy_s[SLED_ENGINE_SCALAR], 0);
    ck_assert_double_eq(hardware.busy_s[SLED_ENGINE_GPSIMD], 0);
    ck_assert_double_gt(software.busy_s[SLED_ENGINE_VECTOR],
                        4 * hardware.busy_s[SLED_ENGINE_VECTOR]);
    ck_assert_double_gt(software.busy_s[SLED_ENGINE_SCALAR], 0);
    ck_assert_double_gt(software.time_s, 4 * hardware.time_s);
}
END_TEST

START_TEST(fp32_is_cast_before_it_is_quantised)
{
    struct sled_kernel kernel = elementwise(SLED_KERNEL_QUANTIZE, 4096, 7168);
    const double direct_s = chip_cost(&trainium3, &kernel).busy_s[SLED_ENGINE_VECTOR];

    kernel.dtype = SLED_FP32; /* 256 elements per cycle on top of 512 */
    ck_assert_double_eq_tol(chip_cost(&trainium3, &kernel).busy_s[SLED_ENGINE_VECTOR], 3 * direct_s,
                            1e-12);
}
END_TEST

/* One instruction per engine and tile, in closed form. */
START_TEST(swiglu_takes_one_pass_of_two_engines)
{
    const struct sled_kernel kernel = elementwise(SLED_KERNEL_SWIGLU, 128, 5120);
    const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);

    /* 10 tiles of 512 at one element per lane and cycle; the first one fills the pipeline. */
    ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_SCALAR], 5120 / 1.2e9, 1e-15);
    ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_VECTOR], 5120 / 1.2e9, 1e-15);
    ck_assert_double_eq_tol(cost.time_s, (512 + 200 + 512 + 144 + 9 * 512) / 1.2e9, 1e-15);
}
END_TEST

/* Two products and a sum, each at one element per lane and cycle. */
START_TEST(rope_takes_three_passes)
{
    struct sled_kernel kernel = elementwise(SLED_KERNEL_ROPE, 128, 5120);
    struct sled_err err = SLED_ERR_INIT;
    struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);

    ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_VECTOR], 3 * 5120 / 1.2e9, 1e-12);
    ck_assert_double_lt(cost.time_s, 1.05 * 3 * 5120 / 1.2e9);
    kernel.n = 5;
    ck_assert_int_eq(sled_chip_kernel(&trainium3, &kernel, &cost, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "rope: n must be even, got 5");
}
END_TEST

START_TEST(rmsnorm_folds_few_rows)
{
    const struct sled_kernel few = elementwise(SLED_KERNEL_RMSNORM, 16, 4096);
    const struct sled_kernel many = elementwise(SLED_KERNEL_RMSNORM, 128, 4096);
    const struct sled_kernel_cost folded = chip_cost(&trainium3, &few);
    const struct sled_kernel_cost whole = chip_cost(&trainium3, &many);

    /* 16 rows over 8 partitions each: an eighth of the elements, plus 64 to read the sums and
     * 64 for the root; the tensor engine runs at half its speed after idling. */
    ck_assert_double_eq_tol(folded.busy_s[SLED_ENGINE_SCALAR], (512 + 64 + 64) / 1.2e9, 1e-15);
    ck_assert_double_eq_tol(folded.busy_s[SLED_ENGINE_TENSOR], 2 * 64 / 2.4e9, 1e-15);
    ck_assert_double_eq_tol(whole.busy_s[SLED_ENGINE_SCALAR], (4096 + 64 + 64) / 1.2e9, 1e-15);
    ck_assert_double_eq(whole.busy_s[SLED_ENGINE_TENSOR], 0);
    ck_assert_double_lt(folded.time_s, whole.time_s / 4);
}
END_TEST

START_TEST(topk_takes_two_passes_for_every_eight)
{
    struct sled_kernel kernel = elementwise(SLED_KERNEL_TOPK, 128, 256);
    const double small_s = 2 * 64 / 1.2e9; /* 1 / sum and the product, both at the minimum */

    for (uint64_t k = 1; k <= 24; k++) {
        const double passes = (double)((k + 7) / 8);

        kernel.k = k;
        ck_assert_double_eq_tol(chip_cost(&trainium3, &kernel).busy_s[SLED_ENGINE_VECTOR],
                                passes * 2 * 256 / 1.2e9 + small_s, 1e-15);
    }
}
END_TEST

/* The first row is scaled at two elements per lane and cycle, the others are added at one. */
START_TEST(combine_takes_one_pass_a_row)
{
    struct sled_kernel kernel = elementwise(SLED_KERNEL_COMBINE, 128, 7168);

    for (uint64_t k = 1; k <= 8; k++) {
        kernel.k = k;
        ck_assert_double_eq_tol(chip_cost(&trainium3, &kernel).busy_s[SLED_ENGINE_VECTOR],
                                ((double)k - 0.5) * 7168 / 1.2e9, 1e-15);
    }

    /* 16 tokens over 8 partitions each. */
    kernel.m = 16;
    ck_assert_double_eq_tol(chip_cost(&trainium3, &kernel).busy_s[SLED_ENGINE_VECTOR],
                            7.5 * 896 / 1.2e9, 1e-15);

    /* 14 tiles of a bank, whose instructions wait for each other in turn; the last one's result
     * takes the overhead. */
    kernel.m = 128;
    ck_assert_double_eq_tol(chip_cost(&trainium3, &kernel).time_s, (7.5 * 7168 + 144) / 1.2e9,
                            0.02 * 7.5 * 7168 / 1.2e9);

    /* One tile: each instruction waits for the one before. */
    kernel.n = 512;
    ck_assert_double_eq_tol(chip_cost(&trainium3, &kernel).time_s, (7.5 * 512 + 8 * 144) / 1.2e9,
                            1e-15);
}
END_TEST

/* ---- all kernels ---------------------------------------------------------------------- */

static struct sled_kernel any_kernel(int kind, uint64_t m, uint64_t n, uint64_t k, bool from_hbm,
                                     uint32_t cores)
{
    struct sled_kernel kernel = elementwise((enum sled_kernel_kind)kind, m, n);

    if (kind == SLED_KERNEL_MATMUL) {
        kernel = matmul(SLED_FP8, m, n, k);
        kernel.weights_from_hbm = from_hbm;
    }
    if (sled_kernel_has_heads((enum sled_kernel_kind)kind)) {
        kernel.k = 8 + k % 121;
        kernel.weights_from_hbm = from_hbm;
    }
    if (kind == SLED_KERNEL_ROPE)
        kernel.n += n % 2;
    if (kind == SLED_KERNEL_ROUTER || kind == SLED_KERNEL_LM_HEAD)
        kernel.top_k = 8;
    if (sled_kernel_has_weights((enum sled_kernel_kind)kind) && kind != SLED_KERNEL_MATMUL) {
        kernel.k = k;
        kernel.weights_from_hbm = from_hbm || k > 127;
    }
    if (kind == SLED_KERNEL_DEQUANTIZE)
        kernel.dtype = SLED_FP8;
    kernel.cores = cores;
    return kernel;
}

static const uint64_t grid[] = {8, 9, 63, 64, 65, 127, 128, 129, 500, 512, 513, 1024, 3000};

/* Experts share the rows unevenly, and one has none. */
static struct sled_kernel_cost cost_of(const struct sled_chip *chip,
                                       const struct sled_kernel *kernel)
{
    const uint64_t tokens[] = {kernel->m / 3, 0, kernel->m - kernel->m / 3};
    struct sled_kernel asked = *kernel;

    if (kernel->kind == SLED_KERNEL_GROUPED_MLP) {
        asked.groups = SLED_ARRAY_LEN(tokens);
        asked.tokens = tokens;
    }
    return chip_cost(chip, &asked);
}

/* No part of any shape makes a kernel faster, and more cores never make it slower. */
START_TEST(larger_is_never_faster)
{
    struct sled_chip steady[] = {trainium2, trainium3};
    const struct sled_chip *const chips[] = {&steady[0], &steady[1]};
    /* A little more work can come in more pieces that overlap better at the ends, where operands
     * are cut into blocks: most so the keys of an attention. */
    const double least = _i == SLED_KERNEL_MATMUL                           ? 0.97
                         : _i == SLED_KERNEL_GROUPED_MLP                    ? 0.9
                         : _i == SLED_KERNEL_ROUTER                         ? 0.9
                         : _i == SLED_KERNEL_LM_HEAD                        ? 0.9
                         : sled_kernel_has_heads((enum sled_kernel_kind)_i) ? 0.9
                                                                            : 1 - 1e-12;

    /* Kernels of many parts take longer to time, so that fewer shapes must do. */
    const enum sled_kernel_kind kind = (enum sled_kernel_kind)_i;
    const size_t stride = sled_kernel_has_heads(kind)                                   ? 149
                          : sled_kernel_has_weights(kind) && kind != SLED_KERNEL_MATMUL ? 101
                                                                                        : 1;

    const size_t shapes =
        SLED_ARRAY_LEN(grid) * SLED_ARRAY_LEN(grid) * (sled_kernel_has_k(kind) ? 7 * 2 : 1);

    /* Ramping up is the exception: more work can keep the tensor engine from slowing down. */
    for (size_t c = 0; c < SLED_ARRAY_LEN(steady); c++)
        steady[c].tensor.ramp_s = 0;

    for (size_t c = 0; c < SLED_ARRAY_LEN(chips); c++) {
        for (size_t i = 0; i < shapes; i += stride) {
            const uint64_t m = grid[i % SLED_ARRAY_LEN(grid)];
            const uint64_t n = grid[i / SLED_ARRAY_LEN(grid) % SLED_ARRAY_LEN(grid)];
            const uint64_t k = grid[i / SLED_ARRAY_LEN(grid) / SLED_ARRAY_LEN(grid) % 7 * 2];
            const bool hbm = i % 2 != 0;

            for (uint32_t cores = 1; cores <= 8; cores *= 2) {
                const struct sled_kernel base = any_kernel(_i, m, n, k, hbm, cores);
                struct sled_kernel larger[] = {base, base, base, base};
                const double base_s = cost_of(chips[c], &base).time_s;

                larger[0].m += 1;
                larger[1].n += _i == SLED_KERNEL_ROPE ? 2 : 1;
                larger[2].n = _i == SLED_KERNEL_ROPE ? 2 * n : 2 * n - 1;
                if (_i == SLED_KERNEL_MATMUL)
                    larger[3].k += 32;
                for (size_t l = 0; l < SLED_ARRAY_LEN(larger); l++)
                    ck_assert_msg(cost_of(chips[c], &larger[l]).time_s >= base_s * least,
                                  "m %d n %d k %d cores %d, larger %d: %g, was %g", (int)m, (int)n,
                                  (int)k, (int)cores, (int)l, cost_of(chips[c], &larger[l]).time_s,
                                  base_s);
                if (cores < 8) {
                    const struct sled_kernel twice = any_kernel(_i, m, n, k, hbm, 2 * cores);

                    ck_assert_msg(cost_of(chips[c], &twice).time_s <= base_s * (1 + 1e-12),
                                  "m %d n %d k %d cores %d doubled, hbm %d", (int)m, (int)n, (int)k,
                                  (int)cores, hbm);
                }
            }
        }
    }
}
END_TEST

START_TEST(no_engine_is_busy_longer_than_the_kernel)
{
    for (size_t i = 0; i < SLED_ARRAY_LEN(grid) * SLED_ARRAY_LEN(grid); i++) {
        const struct sled_kernel kernel =
            any_kernel(_i, grid[i % SLED_ARRAY_LEN(grid)], grid[i / SLED_ARRAY_LEN(grid)], 777,
                       i % 2 != 0, 1 + (uint32_t)(i % 8));
        const struct sled_kernel_cost cost = cost_of(&trainium2, &kernel);
        double most = 0;

        for (int e = 0; e < SLED_ENGINES; e++) {
            ck_assert_double_ge(cost.busy_s[e], 0);
            ck_assert_double_le(cost.busy_s[e], cost.time_s);
            most = fmax(most, cost.busy_s[e]);
        }
        ck_assert_double_gt(most, 0);
        ck_assert_double_eq(cost.busy_s[cost.bound], most);
    }
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------- */

START_TEST(what_a_chip_cannot_do_is_told)
{
    const struct sled_kernel mm = matmul(SLED_BF16, 128, 128, 128);
    struct {
        struct sled_kernel kernel;
        enum sled_status status;
        const char *msg;
    } cases[] = {
        {matmul(SLED_BF16, 0, 1, 1), SLED_E_INPUT, "matmul: m must be 1 to 16777216, got 0"},
        {matmul(SLED_BF16, 1, 0, 1), SLED_E_INPUT, "matmul: n must be 1 to 16777216, got 0"},
        {matmul(SLED_BF16, 1, 1, 0), SLED_E_INPUT, "matmul: k must be 1 to 16777216, got 0"},
        {matmul(SLED_BF16, 1, 16777217, 1), SLED_E_INPUT,
         "matmul: n must be 1 to 16777216, got 16777217"},
        {elementwise(SLED_KERNEL_SOFTMAX, 0, 64), SLED_E_INPUT,
         "softmax: m must be 1 to 16777216, got 0"},
        {mm, SLED_E_UNSUPPORTED, "matmul on 0 cores, but the chip has 1 to 8 to give"},
        {mm, SLED_E_UNSUPPORTED, "matmul on 9 cores, but the chip has 1 to 8 to give"},
        {matmul(SLED_MXFP8, 1, 1, 1), SLED_E_UNSUPPORTED,
         "the tensor engine of this chip takes no mxfp8"},
        {mm, SLED_E_UNSUPPORTED,
         "the tensor engine cannot multiply bf16 by fp32: fp32 goes with fp32, microscaled with "
         "microscaled"},
        {mm, SLED_E_UNSUPPORTED,
         "a matmul cannot write mxfp8: its result must be quantized by a kernel"},
        {matmul(SLED_BF16, 1, 16384, 16384), SLED_E_UNSUPPORTED,
         "67108864 bytes of weights for each of 8 cores do not fit the 27261952 of its sbuf; "
         "stream "
         "them from hbm"},
        {elementwise(SLED_KERNEL_QUANTIZE, 1, 32), SLED_E_UNSUPPORTED,
         "no engine quantizes to mxfp4: it is for weights made beforehand; use mxfp8"},
        {elementwise(SLED_KERNEL_SWIGLU, 1, 32), SLED_E_UNSUPPORTED,
         "swiglu works on fp32, bf16, fp16 and fp8, not on mxfp8"},
        {elementwise(SLED_KERNEL_SOFTMAX, 1, 100000), SLED_E_UNSUPPORTED,
         "a row of 100000 elements and its result need 400000 bytes, more than the 212984 of an "
         "sbuf partition"},
        {elementwise(SLED_KERNEL_TOPK, 1, 7), SLED_E_INPUT,
         "topk: k must be at most the 7 scores of a row, got 8"},
        {elementwise(SLED_KERNEL_TOPK, 1, 16385), SLED_E_UNSUPPORTED,
         "topk of rows of 16385 scores; the vector engine takes at most 16384"},
    };

    cases[5].kernel.cores = 0;
    cases[6].kernel.cores = 9;
    cases[8].kernel.weight_dtype = SLED_FP32;
    cases[9].kernel.out_dtype = SLED_MXFP8;
    cases[11].kernel.out_dtype = SLED_MXFP4;
    cases[12].kernel.dtype = SLED_MXFP8;
    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        struct sled_err err = SLED_ERR_INIT;
        struct sled_kernel_cost cost = {.time_s = -1};

        ck_assert_int_eq(sled_chip_kernel(&trainium2, &cases[i].kernel, &cost, &err),
                         cases[i].status);
        ck_assert_str_eq(err.msg, cases[i].msg);
        ck_assert_double_eq(cost.time_s, -1);
    }
}
END_TEST

/* ---- published times ------------------------------------------------------------------ */

/* The bound that AWS asserts on Trainium2 for its double-row FP8 kernel (nki-samples,
 * test_double_row_matmul.py): 512 x 16384 x 1024 within 320 us at the 99th percentile. */
START_TEST(the_double_row_matmul_is_within_its_bound)
{
    struct sled_kernel kernel = matmul(SLED_FP8, 512, 1024, 16384);

    kernel.cores = 1;
    kernel.weights_from_hbm = true;
    const struct sled_kernel_cost cost = chip_cost(&trainium2, &kernel);
    ck_assert_double_lt(cost.time_s, 320e-6);
    ck_assert_double_gt(cost.time_s, 8 * cost.flops / sled_chip_peak_flops(&trainium2, SLED_FP8));
}
END_TEST

/*
 * Reference times of the NKI Library's decode MLP (gate and up, SwiGLU, down) in bf16: all that it
 * records for one Trainium2 core, where launching and the norm are small beside the
 * streaming of the weights. What the model leaves out makes it fast, by up to a seventh.
 */
START_TEST(a_decode_mlp_takes_the_published_time)
{
    static const struct {
        uint64_t tokens, hidden, intermediate;
        double time_s;
    } published[] = {
        {1, 7168, 896, 112.156e-6},  {1, 8192, 448, 76.487e-6},   {1, 16384, 416, 118.366e-6},
        {1, 16384, 832, 224.507e-6}, {4, 8192, 1024, 166.72e-6},  {8, 16384, 832, 229.137e-6},
        {8, 16384, 832, 242.48e-6},  {24, 8192, 832, 124.894e-6},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(published); i++) {
        const uint64_t tokens = published[i].tokens;
        struct sled_kernel mlp[] = {
            matmul(SLED_BF16, tokens, 2 * published[i].intermediate, published[i].hidden),
            elementwise(SLED_KERNEL_SWIGLU, tokens, published[i].intermediate),
            matmul(SLED_BF16, tokens, published[i].hidden, published[i].intermediate),
        };
        double time_s = 0;

        for (size_t j = 0; j < SLED_ARRAY_LEN(mlp); j++) {
            mlp[j].cores = 1;
            mlp[j].weights_from_hbm = true;
            time_s += chip_cost(&trainium2, &mlp[j]).time_s;
        }
        ck_assert_double_gt(time_s, 0.85 * published[i].time_s);
        ck_assert_double_lt(time_s, 1.03 * published[i].time_s);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chip_kernels");
    TCase *tc = tcase_create("chip_kernels");

    tcase_add_checked_fixture(tc, load_chips, NULL);
    tcase_add_test(tc, a_large_matmul_approaches_the_peak);
    tcase_add_test(tc, no_matmul_beats_the_peak);
    tcase_add_test(tc, the_tensor_engine_ramps_up);
    tcase_add_test(tc, the_smallest_matmul_pays_the_floors);
    tcase_add_test(tc, few_tokens_stream_at_memory_speed);
    tcase_add_test(tc, cores_fill_stacks_of_hbm);
    tcase_add_test(tc, a_launch_has_a_load_and_a_store);
    tcase_add_test(tc, a_launch_pays_no_start_twice);
    tcase_add_test(tc, no_tile_runs_before_its_weights);
    tcase_add_test(tc, resident_weights_must_fit_each_core);
    tcase_add_test(tc, formats_differ_by_their_rates);
    tcase_add_test(tc, the_accelerated_exponential_is_four_times_faster);
    tcase_add_test(tc, hardware_quantises_for_less);
    tcase_add_test(tc, fp32_is_cast_before_it_is_quantised);
    tcase_add_test(tc, swiglu_takes_one_pass_of_two_engines);
    tcase_add_test(tc, rope_takes_three_passes);
    tcase_add_test(tc, rmsnorm_folds_few_rows);
    tcase_add_test(tc, topk_takes_two_passes_for_every_eight);
    tcase_add_test(tc, combine_takes_one_pass_a_row);
    tcase_add_loop_test(tc, larger_is_never_faster, 0, SLED_KERNELS);
    tcase_add_loop_test(tc, no_engine_is_busy_longer_than_the_kernel, 0, SLED_KERNELS);
    tcase_add_test(tc, what_a_chip_cannot_do_is_told);
    tcase_add_test(tc, the_double_row_matmul_is_within_its_bound);
    tcase_add_test(tc, a_decode_mlp_takes_the_published_time);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
