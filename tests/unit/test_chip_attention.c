/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What engines make of attention: who keeps whom waiting, and what faster instructions are worth.
 * Bounds, not values: they are the claims made for these chips, as far as the model bears them out.
 */
#include "base/vec.h"
#include "chip_fixture.h"

static struct sled_chip trainium2, trainium3, without_exponential;

static void load_chips(void)
{
    trainium2 = chip_load("trainium2");
    trainium3 = chip_load("trainium3");
    without_exponential = trainium3;
    without_exponential.vector.exponential = 0;
}

static double busy(const struct sled_kernel_cost *cost, enum sled_engine engine)
{
    return cost->busy_s[engine] / cost->time_s;
}

/* Self-attention of one head whose operands are in SBUF, on one core. */
static struct sled_kernel attention(enum sled_dtype dtype)
{
    return (struct sled_kernel){
        .kind = SLED_KERNEL_ATTENTION,
        .m = 16384,
        .n = 16384,
        .k = 128,
        .heads = 1,
        .kv_heads = 1,
        .dtype = dtype,
        .out_dtype = SLED_BF16,
        .cores = 1,
    };
}

START_TEST(one_instruction_takes_213_ns)
{
    const struct {
        enum sled_dtype dtype;
        uint64_t depth;
    } cases[] = {{SLED_BF16, 128}, {SLED_MXFP8, 512}};
    struct sled_chip warm = trainium3;

    warm.tensor.ramp_s = 0;
    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        const struct sled_kernel kernel = {.kind = SLED_KERNEL_MATMUL,
                                           .m = 512,
                                           .n = 128,
                                           .k = cases[i].depth,
                                           .dtype = cases[i].dtype,
                                           .weight_dtype = cases[i].dtype,
                                           .out_dtype = SLED_BF16,
                                           .cores = 1};

        ck_assert_double_eq_tol(chip_cost(&warm, &kernel).busy_s[SLED_ENGINE_TENSOR], 213.3e-9,
                                0.1e-9);
    }
}
END_TEST

START_TEST(peaks_follow_from_array_and_clock)
{
    ck_assert_double_eq_tol(sled_chip_peak_flops(&trainium3, SLED_MXFP8), 2517e12, 0.5e12);
    ck_assert_double_eq_tol(sled_chip_peak_flops(&trainium3, SLED_BF16), 629e12, 0.5e12);
}
END_TEST

START_TEST(narrow_formats_multiply_faster)
{
    const struct {
        const struct sled_chip *chip;
        enum sled_dtype dtype;
        double speedup;
    } cases[] = {
        {&trainium2, SLED_FP8, 2}, {&trainium3, SLED_MXFP8, 4}, {&trainium3, SLED_MXFP4, 4}};

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        struct sled_kernel kernel = {.kind = SLED_KERNEL_MATMUL,
                                     .m = 8192,
                                     .n = 8192,
                                     .k = 8192,
                                     .dtype = SLED_BF16,
                                     .weight_dtype = SLED_BF16,
                                     .out_dtype = SLED_BF16,
                                     .cores = 8};
        const double bf16_s = chip_cost(cases[i].chip, &kernel).time_s;

        kernel.dtype = kernel.weight_dtype = cases[i].dtype;
        ck_assert_double_eq_tol(bf16_s / chip_cost(cases[i].chip, &kernel).time_s, cases[i].speedup,
                                0.02);
    }
}
END_TEST

/* The longest it can be: as softmax keeps up, the products and transposes of bf16 decide. */
START_TEST(the_tensor_engine_is_busy_in_bf16)
{
    for (int fixed = 0; fixed < 2; fixed++) {
        struct sled_kernel kernel = attention(SLED_BF16);

        kernel.fixed_max = fixed;
        const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);
        ck_assert_double_ge(busy(&cost, SLED_ENGINE_TENSOR), 0.95);
        ck_assert_int_eq(cost.bound, SLED_ENGINE_TENSOR);
    }
}
END_TEST

/*
 * The vendor's claim, where softmax is all that is beside the products: the exponential of the
 * scalar engine keeps up with bf16, keeps microscaled products waiting, and the fast one, four
 * times as fast as they are, does not.
 */
START_TEST(the_fast_exponential_feeds_the_tensor_engine)
{
    struct sled_kernel kernel = attention(SLED_BF16);

    kernel.fixed_max = true;
    const struct sled_kernel_cost wide = chip_cost(&without_exponential, &kernel);
    kernel.dtype = SLED_MXFP8;
    const struct sled_kernel_cost slow = chip_cost(&without_exponential, &kernel);
    const struct sled_kernel_cost fast = chip_cost(&trainium3, &kernel);

    ck_assert_double_ge(busy(&wide, SLED_ENGINE_TENSOR), 0.95);
    ck_assert_double_lt(busy(&slow, SLED_ENGINE_TENSOR), 0.5);
    ck_assert_int_eq(slow.bound, SLED_ENGINE_SCALAR);
    ck_assert_double_ge(busy(&fast, SLED_ENGINE_TENSOR), 0.90);
    ck_assert_double_eq_tol(wide.time_s / fast.time_s, 4, 0.4);
    ck_assert_double_ge(fast.flops / fast.time_s,
                        0.9 * sled_chip_peak_flops(&trainium3, SLED_MXFP8) / 8);
}
END_TEST

/*
 * With the running maximum, the claim does not hold: finding it takes the vector and scalar engines
 * longer than the exponential, and quantizing as long. Both are then busy all the time.
 */
START_TEST(the_running_maximum_keeps_the_tensor_engine_waiting)
{
    const struct sled_kernel bf16 = attention(SLED_BF16);
    const struct sled_kernel kernel = attention(SLED_MXFP8);
    const struct sled_kernel_cost wide = chip_cost(&trainium3, &bf16);
    const struct sled_kernel_cost slow = chip_cost(&without_exponential, &kernel);
    const struct sled_kernel_cost fast = chip_cost(&trainium3, &kernel);

    ck_assert_double_lt(busy(&slow, SLED_ENGINE_TENSOR), 0.35);
    ck_assert_double_gt(busy(&fast, SLED_ENGINE_TENSOR), 1.5 * busy(&slow, SLED_ENGINE_TENSOR));
    ck_assert_double_gt(slow.time_s, wide.time_s);
    ck_assert_double_lt(fast.time_s, 0.8 * wide.time_s);
    ck_assert_double_gt(busy(&fast, SLED_ENGINE_VECTOR), 0.95);
    ck_assert_double_gt(busy(&fast, SLED_ENGINE_SCALAR), 0.95);
}
END_TEST

/* An instruction of 64 columns or less takes as long as one of 128, so halving them costs. */
START_TEST(few_large_moves_beat_many_small_ones)
{
    struct sled_kernel kernel = attention(SLED_BF16);
    const double large_s = chip_cost(&trainium2, &kernel).time_s;

    kernel.move_columns = 128;
    ck_assert_double_eq_tol(chip_cost(&trainium2, &kernel).time_s / large_s, 1, 1e-3);
    kernel.move_columns = 64;
    ck_assert_double_gt(chip_cost(&trainium2, &kernel).time_s / large_s, 1.13);
}
END_TEST

START_TEST(causal_attention_leaves_out_half)
{
    struct sled_kernel kernel = attention(SLED_BF16);
    const struct sled_kernel_cost whole = chip_cost(&trainium2, &kernel);

    kernel.causal = true;
    const struct sled_kernel_cost half = chip_cost(&trainium2, &kernel);
    ck_assert_double_gt(half.time_s, 0.5 * whole.time_s);
    ck_assert_double_lt(half.time_s, 0.6 * whole.time_s);
    ck_assert_double_eq(half.flops, 4.0 * 128 * 16384 * (16384 + 1) / 2);
}
END_TEST

/* Pairs of a query and a key that it sees, counted one by one. */
static double count_pairs(const struct sled_kernel *kernel)
{
    const uint64_t window = kernel->window > 0 ? kernel->window : UINT64_MAX;
    double pairs = 0;

    for (uint64_t query = 0; query < kernel->m; query++)
        for (uint64_t key = 0; key < kernel->n; key++) {
            const uint64_t place = kernel->causal ? query + kernel->n - kernel->m : kernel->n - 1;

            pairs += key <= place && place - key < window;
        }
    return kernel->heads * pairs;
}

START_TEST(pairs_are_those_that_are_seen)
{
    for (uint64_t window = 0; window < 12; window++)
        for (uint64_t m = 1; m <= 8; m++)
            for (uint64_t n = m; n <= 9; n++)
                for (int causal = 0; causal < 2; causal++) {
                    const struct sled_kernel kernel = {
                        .kind = causal ? SLED_KERNEL_ATTENTION : SLED_KERNEL_DECODE_ATTENTION,
                        .m = m,
                        .n = n,
                        .heads = 3,
                        .causal = causal,
                        .window = window};

                    ck_assert_double_eq(sled_kernel_pairs(&kernel), count_pairs(&kernel));
                }
}
END_TEST

/* A window as long as the context is none; a shorter one leaves out what lies before it. */
START_TEST(a_window_bounds_what_is_looked_at)
{
    for (int fixed = 0; fixed < 2; fixed++) {
        struct sled_kernel kernel = attention(SLED_BF16);
        double before_s = 0;

        kernel.causal = true;
        kernel.fixed_max = fixed;
        const double all_s = chip_cost(&trainium3, &kernel).time_s;
        for (kernel.window = 128; kernel.window <= kernel.n; kernel.window *= 4) {
            const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);

            ck_assert_double_gt(cost.time_s, before_s);
            ck_assert_double_le(cost.time_s, all_s);
            ck_assert_double_ge(cost.time_s,
                                cost.flops / (sled_chip_peak_flops(&trainium3, SLED_BF16) / 8));
            before_s = cost.time_s;
        }
        kernel.window = kernel.n;
        ck_assert_double_eq(chip_cost(&trainium3, &kernel).time_s, all_s);
        /* Of 128 keys, a tile looks at one or two pieces of 512; of all, at 17 in the middle. */
        kernel.window = 128;
        ck_assert_double_lt(chip_cost(&trainium3, &kernel).time_s, all_s / 6);
    }
}
END_TEST

/* Decoding with a window is decoding with that many keys. */
START_TEST(decoding_looks_at_its_window)
{
    struct sled_kernel kernel = attention(SLED_BF16);

    kernel.kind = SLED_KERNEL_DECODE_ATTENTION;
    kernel.m = 16;
    kernel.heads = kernel.kv_heads = 8;
    kernel.weights_from_hbm = true;
    kernel.window = 1024;
    const struct sled_kernel_cost windowed = chip_cost(&trainium3, &kernel);
    kernel.window = 0;
    kernel.n = 1024;
    const struct sled_kernel_cost shorter = chip_cost(&trainium3, &kernel);
    ck_assert_double_eq(windowed.time_s, shorter.time_s);
    ck_assert_double_eq(windowed.hbm_bytes, shorter.hbm_bytes);
}
END_TEST

/* One sequence with one head of keys: cores share a long context, and read it once. */
START_TEST(cores_share_a_long_context)
{
    struct sled_kernel kernel = attention(SLED_BF16);

    kernel.kind = SLED_KERNEL_DECODE_ATTENTION;
    kernel.m = 1;
    kernel.n = 131072;
    kernel.heads = 8;
    kernel.weights_from_hbm = true;
    const struct sled_kernel_cost one = chip_cost(&trainium3, &kernel);
    kernel.cores = 8;
    const struct sled_kernel_cost all = chip_cost(&trainium3, &kernel);
    ck_assert_double_gt(one.time_s / all.time_s, 4); /* each part fills and drains */
    ck_assert_double_lt(one.time_s / all.time_s, 8);
    ck_assert_double_ge(all.hbm_bytes, 2.0 * 131072 * 128 * 2);
    ck_assert_double_eq_tol(all.hbm_bytes / one.hbm_bytes, 1, 0.01);

    /* Not worth it for a short one, whose parts would take longer to merge. */
    kernel.n = 256;
    const double short_s = chip_cost(&trainium3, &kernel).time_s;
    kernel.cores = 1;
    ck_assert_double_eq(chip_cost(&trainium3, &kernel).time_s, short_s);
}
END_TEST

/* Multi-head latent attention as DeepSeek-V3 has it, absorbed: 128 heads share one latent of 512
 * elements and 64 of position per key, which are read once. */
START_TEST(latent_keys_are_read_once)
{
    struct sled_kernel kernel = attention(SLED_BF16);

    kernel.kind = SLED_KERNEL_DECODE_ATTENTION;
    kernel.m = 64;
    kernel.n = 4096;
    kernel.k = 512;
    kernel.rope = 64;
    kernel.latent = true;
    kernel.heads = 128;
    kernel.cores = 8;
    kernel.weights_from_hbm = true;

    const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);
    const double latents = 64.0 * 4096 * (512 + 64) * 2;
    const double queries_and_results = 64.0 * 128 * (512 + 64 + 512) * 2;
    ck_assert_double_eq_tol(cost.hbm_bytes, latents + queries_and_results, 1e-6 * latents);
    ck_assert_double_eq(cost.flops, 2.0 * 64 * 128 * 4096 * (512 + 64 + 512));
    ck_assert_double_ge(cost.time_s, cost.flops / sled_chip_peak_flops(&trainium3, SLED_BF16));
    /* 128 queries fill the array: it is used better than by any other decoding. */
    ck_assert_double_gt(busy(&cost, SLED_ENGINE_TENSOR), 0.9);

    /* Were values apart from keys, they would have to be read, too. */
    kernel.latent = false;
    const struct sled_kernel_cost apart = chip_cost(&trainium3, &kernel);
    ck_assert_double_eq_tol(apart.hbm_bytes - cost.hbm_bytes, 64.0 * 4096 * 512 * 2,
                            1e-6 * latents);
}
END_TEST

/* Expanded, a head's scores run over 192 elements: two slabs of the array's depth in bf16, and one
 * of a row tile's and more in a microscaled format. */
START_TEST(longer_keys_take_more_slabs)
{
    struct sled_kernel kernel = attention(SLED_BF16);
    const double short_s = chip_cost(&trainium3, &kernel).busy_s[SLED_ENGINE_TENSOR];

    kernel.rope = 64;
    const double long_s = chip_cost(&trainium3, &kernel).busy_s[SLED_ENGINE_TENSOR];
    const double pass_s = 16384.0 * 16384 / 128 / 2.4e9; /* one slab of all scores */
    ck_assert_double_eq_tol(long_s - short_s, pass_s, 0.01 * pass_s);
}
END_TEST

/* One more score per row costs little, and not nothing. */
START_TEST(sinks_cost_little)
{
    struct sled_kernel kernel = attention(SLED_BF16);

    kernel.m = kernel.n = 1024;
    for (int fixed = 0; fixed < 2; fixed++) {
        kernel.fixed_max = fixed;
        kernel.sinks = false;
        const struct sled_kernel_cost without = chip_cost(&trainium2, &kernel);
        kernel.sinks = true;
        const struct sled_kernel_cost with = chip_cost(&trainium2, &kernel);

        ck_assert_double_gt(with.busy_s[SLED_ENGINE_SCALAR], without.busy_s[SLED_ENGINE_SCALAR]);
        ck_assert_double_ge(with.time_s, without.time_s);
        ck_assert_double_lt(with.time_s, 1.1 * without.time_s);
    }
}
END_TEST

START_TEST(cores_share_heads_or_queries)
{
    for (uint32_t heads = 1; heads <= 8; heads *= 8) {
        struct sled_kernel kernel = attention(SLED_BF16);

        kernel.heads = kernel.kv_heads = heads;
        kernel.weights_from_hbm = true;
        kernel.causal = true;
        const double one_s = chip_cost(&trainium3, &kernel).time_s;
        kernel.cores = 8;
        ck_assert_double_eq_tol(one_s / chip_cost(&trainium3, &kernel).time_s, 8, 1.2);
    }
}
END_TEST

/* Grouped heads share what they load. */
START_TEST(grouped_heads_read_keys_once)
{
    struct sled_kernel kernel = attention(SLED_BF16);

    kernel.m = 128;
    kernel.heads = kernel.kv_heads = 8;
    kernel.weights_from_hbm = true;
    const double own_bytes = chip_cost(&trainium3, &kernel).hbm_bytes;
    kernel.kv_heads = 1;
    const double shared_bytes = chip_cost(&trainium3, &kernel).hbm_bytes;
    const double other_bytes = 2.0 * 8 * 128 * 128 * 2; /* queries and results */

    ck_assert_double_eq_tol((own_bytes - other_bytes) / (shared_bytes - other_bytes), 8, 1e-9);
}
END_TEST

/* Decoding cannot be faster than its keys and values come. */
START_TEST(decoding_streams_keys_and_values)
{
    struct sled_kernel kernel = attention(SLED_BF16);

    kernel.kind = SLED_KERNEL_DECODE_ATTENTION;
    kernel.m = 64;
    kernel.n = 4096;
    kernel.heads = kernel.kv_heads = 8;
    kernel.weights_from_hbm = true;
    kernel.cores = 8;

    const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);
    const double bytes = 2.0 * 64 * 8 * 4096 * 128 * 2;
    ck_assert_double_ge(cost.hbm_bytes, bytes);
    ck_assert_double_lt(cost.hbm_bytes, 1.02 * bytes);
    ck_assert_double_ge(cost.time_s, bytes / 4.9e12);
}
END_TEST

/* One kernel instead of three saves that each fills and drains its pipeline, and loses nothing. */
START_TEST(the_fused_kernel_is_the_sum_of_its_parts)
{
    struct sled_kernel fused = attention(SLED_BF16);
    struct sled_kernel part[] = {fused, fused, fused};
    double sum_s = 0, flops = 0;

    fused.kind = SLED_KERNEL_FUSED_ATTENTION;
    fused.m = 2048;
    fused.n = 4096;
    fused.heads = fused.kv_heads = 4;
    part[0].kind = part[2].kind = SLED_KERNEL_MATMUL;
    part[0].n = 3 * 4 * 128;
    part[0].k = part[2].n = 4096;
    part[1].n = 2048;
    part[1].causal = true;
    part[1].heads = part[1].kv_heads = 4;
    part[2].k = 4 * 128;
    for (size_t i = 0; i < SLED_ARRAY_LEN(part); i++) {
        part[i].m = 2048;
        part[i].weight_dtype = SLED_BF16;

        const struct sled_kernel_cost cost = chip_cost(&trainium2, &part[i]);
        sum_s += cost.time_s;
        flops += cost.flops;
    }
    fused.weight_dtype = SLED_BF16;

    const struct sled_kernel_cost cost = chip_cost(&trainium2, &fused);
    ck_assert_double_eq(cost.flops, flops);
    ck_assert_double_lt(cost.time_s, sum_s);
    ck_assert_double_gt(cost.time_s, 0.9 * sum_s);
}
END_TEST

/*
 * The steps of a fused kernel, from small moves in bf16 on Trainium2 to Trainium3: a quarter of the
 * heads of a model of 8,192 on a chip. Each is faster than the one before. The tensor engine does
 * about 60 % of what it can where Trainium2 has them all, and is busy for more than 90 % of the
 * time at the end. There the maximum is fixed; without that, the new chip is faster but no busier.
 */
START_TEST(every_step_of_the_fused_kernel_pays)
{
    const struct {
        const struct sled_chip *chip;
        enum sled_dtype dtype;
        uint64_t move_columns;
        bool fixed_max;
        double least_busy, peak_share[2];
    } step[] = {{&trainium2, SLED_BF16, 64, false, 0.6, {0.5, 1}},
                {&trainium2, SLED_FP8, 64, false, 0.6, {0.4, 0.6}},
                {&trainium2, SLED_FP8, 0, false, 0.6, {0.55, 0.65}},
                {&trainium3, SLED_MXFP8, 0, false, 0.6, {0.4, 0.65}},
                {&trainium3, SLED_MXFP8, 0, true, 0.9, {0.75, 1}}};
    double before_s = 1;

    for (size_t i = 0; i < SLED_ARRAY_LEN(step); i++) {
        struct sled_kernel kernel = attention(step[i].dtype);

        kernel.kind = SLED_KERNEL_FUSED_ATTENTION;
        kernel.m = 8192;
        kernel.n = 8192;
        kernel.heads = kernel.kv_heads = 16;
        kernel.cores = 8;
        kernel.weight_dtype = kernel.dtype;
        kernel.weights_from_hbm = true;
        kernel.move_columns = step[i].move_columns;
        kernel.fixed_max = step[i].fixed_max;

        const struct sled_kernel_cost cost = chip_cost(step[i].chip, &kernel);
        const double share =
            cost.flops / cost.time_s / sled_chip_peak_flops(step[i].chip, kernel.dtype);
        ck_assert_double_lt(cost.time_s, 0.9 * before_s);
        ck_assert_double_gt(busy(&cost, SLED_ENGINE_TENSOR), step[i].least_busy);
        ck_assert_double_gt(share, step[i].peak_share[0]);
        ck_assert_double_lt(share, step[i].peak_share[1]);
        before_s = cost.time_s;
    }
}
END_TEST

/* Reference times of the NKI Library on one Trainium2 core, one head, operands in HBM. */
START_TEST(long_attention_takes_the_published_time)
{
    static const struct {
        uint64_t queries, keys, elements;
        bool causal;
        double time_s;
    } published[] = {
        {9216, 9216, 64, false, 1250e-6},   {16384, 16384, 64, true, 1960e-6},
        {16384, 16384, 128, true, 2030e-6}, {4096, 16384, 128, false, 981e-6},
        {4096, 32768, 128, false, 1880e-6},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(published); i++) {
        struct sled_kernel kernel = attention(SLED_BF16);

        kernel.m = published[i].queries;
        kernel.n = published[i].keys;
        kernel.k = published[i].elements;
        kernel.causal = published[i].causal;
        kernel.weights_from_hbm = true;
        ck_assert_double_eq_tol(chip_cost(&trainium2, &kernel).time_s / published[i].time_s, 1,
                                0.15);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chip_attention");
    TCase *tc = tcase_create("chip_attention");

    tcase_add_checked_fixture(tc, load_chips, NULL);
    tcase_add_test(tc, one_instruction_takes_213_ns);
    tcase_add_test(tc, peaks_follow_from_array_and_clock);
    tcase_add_test(tc, narrow_formats_multiply_faster);
    tcase_add_test(tc, the_tensor_engine_is_busy_in_bf16);
    tcase_add_test(tc, the_fast_exponential_feeds_the_tensor_engine);
    tcase_add_test(tc, the_running_maximum_keeps_the_tensor_engine_waiting);
    tcase_add_test(tc, few_large_moves_beat_many_small_ones);
    tcase_add_test(tc, causal_attention_leaves_out_half);
    tcase_add_test(tc, pairs_are_those_that_are_seen);
    tcase_add_test(tc, a_window_bounds_what_is_looked_at);
    tcase_add_test(tc, decoding_looks_at_its_window);
    tcase_add_test(tc, cores_share_a_long_context);
    tcase_add_test(tc, latent_keys_are_read_once);
    tcase_add_test(tc, longer_keys_take_more_slabs);
    tcase_add_test(tc, sinks_cost_little);
    tcase_add_test(tc, cores_share_heads_or_queries);
    tcase_add_test(tc, grouped_heads_read_keys_once);
    tcase_add_test(tc, decoding_streams_keys_and_values);
    tcase_add_test(tc, the_fused_kernel_is_the_sum_of_its_parts);
    tcase_add_test(tc, every_step_of_the_fused_kernel_pays);
    tcase_add_test(tc, long_attention_takes_the_published_time);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
