/* SPDX-License-Identifier: Apache-2.0 */
/* The roofline model: closed forms, properties, what it refuses, and measured kernels. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/vec.h"
#include "chip_fixture.h"

static struct sled_chip h100;

static void load(void)
{
    h100 = chip_load("h100");
}

static struct sled_kernel_cost cost_of(const struct sled_kernel *kernel)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_kernel_cost cost;

    ck_assert_msg(sled_chip_kernel(&h100, kernel, &cost, &err) == SLED_OK, "%s", err.msg);
    return cost;
}

static struct sled_kernel matmul(uint64_t m, uint64_t n, uint64_t k, enum sled_dtype dtype)
{
    return (struct sled_kernel){.kind = SLED_KERNEL_MATMUL,
                                .m = m,
                                .n = n,
                                .k = k,
                                .dtype = dtype,
                                .weight_dtype = dtype,
                                .out_dtype = SLED_BF16,
                                .weights_from_hbm = true,
                                .cores = 1};
}

static double stream_rate(void)
{
    return h100.roofline.memory.share * h100.roofline.memory.bytes_per_s;
}

START_TEST(a_large_matmul_meets_the_peak_and_a_thin_one_the_memory)
{
    const struct sled_roofline_format *bf16 = &h100.roofline.matmul[SLED_BF16];
    const double start_s = h100.roofline.launch_s + h100.roofline.matmul_start_s;
    const struct sled_kernel large = matmul(8192, 8192, 8192, SLED_BF16);
    const struct sled_kernel thin = matmul(1, 8192, 4096, SLED_BF16);
    struct sled_kernel_cost cost = cost_of(&large);

    ck_assert_double_eq(cost.flops, 2.0 * 8192 * 8192 * 8192);
    ck_assert_int_eq(cost.bound, SLED_ENGINE_TENSOR);
    ck_assert_double_eq_tol(cost.time_s, start_s + cost.flops / (bf16->share * bf16->peak), 1e-15);
    ck_assert_double_eq(cost.hbm_bytes, 2 * 3.0 * 8192 * 8192);

    cost = cost_of(&thin);
    ck_assert_double_eq(cost.hbm_bytes, 2 * (4096.0 + 4096 * 8192 + 8192));
    ck_assert_int_eq(cost.bound, SLED_ENGINE_DMA);
    ck_assert_double_eq_tol(cost.time_s, start_s + cost.hbm_bytes / stream_rate(), 1e-15);
}
END_TEST

/* Every operand once, every result once. */
START_TEST(other_kernels_take_their_traffic)
{
    static const struct {
        enum sled_kernel_kind kind;
        double bytes; /* of 64 rows of 1000, k = 8, bf16 in and out */
    } cases[] = {
        {SLED_KERNEL_QUANTIZE, 64 * 4000.0},
        {SLED_KERNEL_SOFTMAX, 64 * 4000.0},
        {SLED_KERNEL_RMSNORM, 64 * 4000.0},
        {SLED_KERNEL_SWIGLU, 64 * 6000.0},
        {SLED_KERNEL_COMBINE, 64 * 18000.0},
        {SLED_KERNEL_TOPK, 64 * 2032.0},
        {SLED_KERNEL_ROPE, 64 * 4000.0},
        {SLED_KERNEL_EMBEDDING, 64 * 4000.0},
        {SLED_KERNEL_QUANTIZE_TENSOR, 64 * 6000.0}, /* read twice */
        {SLED_KERNEL_QUANTIZE_GROUP, 64 * (4000.0 + 125 * 4)},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        const struct sled_kernel kernel = {.kind = cases[i].kind,
                                           .m = 64,
                                           .n = 1000,
                                           .k = 8,
                                           .dtype = SLED_BF16,
                                           .out_dtype = SLED_BF16,
                                           .cores = 1};
        const struct sled_kernel_cost cost = cost_of(&kernel);

        ck_assert_double_eq(cost.hbm_bytes, cases[i].bytes);
        ck_assert_double_eq(cost.flops, 0);
        ck_assert_double_eq_tol(cost.time_s,
                                h100.roofline.launch_s + cases[i].bytes / stream_rate(), 1e-15);
    }
}
END_TEST

/* Mixed operands go at the slower one's rate; microscaled rows bring their scales. */
START_TEST(formats_have_their_rates_and_sizes)
{
    struct sled_kernel kernel = matmul(8192, 8192, 8192, SLED_FP8);
    const double fp8_s = cost_of(&kernel).busy_s[SLED_ENGINE_TENSOR];

    kernel.weight_dtype = SLED_BF16;
    const double mixed_s = cost_of(&kernel).busy_s[SLED_ENGINE_TENSOR];
    kernel.dtype = SLED_BF16;
    ck_assert_double_eq(mixed_s, cost_of(&kernel).busy_s[SLED_ENGINE_TENSOR]);
    ck_assert_double_lt(fp8_s, mixed_s);

    const struct sled_kernel quantise = {.kind = SLED_KERNEL_QUANTIZE,
                                         .m = 2,
                                         .n = 33,
                                         .dtype = SLED_BF16,
                                         .out_dtype = SLED_MXFP8,
                                         .cores = 1};
    ck_assert_double_eq(cost_of(&quantise).hbm_bytes, 2 * 66 + 2 * 35);
}
END_TEST

START_TEST(time_grows_with_every_extent)
{
    struct sled_rng rng;

    sled_rng_init(&rng, 5, 0);
    for (int n = 0; n < 1000; n++) {
        const struct sled_kernel kernel =
            matmul(1 + sled_rng_below(&rng, 9000), 1 + sled_rng_below(&rng, 9000),
                   1 + sled_rng_below(&rng, 9000), n % 2 == 0 ? SLED_BF16 : SLED_FP8);
        struct sled_kernel larger[] = {kernel, kernel, kernel};
        const struct sled_kernel_cost cost = cost_of(&kernel);

        larger[0].m++;
        larger[1].n++;
        larger[2].k++;
        for (size_t i = 0; i < SLED_ARRAY_LEN(larger); i++)
            ck_assert_double_ge(cost_of(&larger[i]).time_s, cost.time_s);
        for (int e = 0; e < SLED_ENGINES; e++)
            ck_assert_double_le(cost.busy_s[e], cost.time_s);
        ck_assert_double_le(cost.flops / cost.time_s, sled_chip_peak_flops(&h100, kernel.dtype));
        ck_assert_double_le(cost.hbm_bytes / cost.time_s, h100.roofline.memory.bytes_per_s);
    }
}
END_TEST

/* GEMMs measured on an H100 (ai-dynamo/aiconfigurator commit 095f58a51c4c, trtllm 1.3.0rc20, BF16):
 * one per regime and size, not those that parameters were read from. */
START_TEST(measured_matmuls_are_predicted)
{
    static const struct {
        uint64_t m, n, k;
        double us;
    } cases[] = {
        {1, 2048, 7168, 14.672},      {1, 12288, 4096, 37.957},     {1, 16384, 16384, 186.144},
        {4096, 2048, 7168, 148.051},  {4096, 8192, 8192, 672.768},  {8192, 7168, 7168, 1028.437},
        {16384, 2048, 4096, 343.247}, {32768, 3072, 3072, 780.606}, {32768, 7168, 4096, 2393.376},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        const struct sled_kernel kernel = matmul(cases[i].m, cases[i].n, cases[i].k, SLED_BF16);

        ck_assert_double_eq_tol(cost_of(&kernel).time_s * 1e6 / cases[i].us, 1, 0.10);
    }
}
END_TEST

static struct sled_kernel attention(uint64_t seqlen, uint64_t head_size, bool causal)
{
    return (struct sled_kernel){.kind = SLED_KERNEL_ATTENTION,
                                .m = seqlen,
                                .n = seqlen,
                                .k = head_size,
                                .dtype = SLED_FP16,
                                .weight_dtype = SLED_FP16,
                                .out_dtype = SLED_FP16,
                                .weights_from_hbm = true,
                                .causal = causal,
                                .heads = 16,
                                .kv_heads = 16,
                                .cores = 1};
}

/* Long sequences are bounded by products and exponentials, which wait for each other. */
START_TEST(attention_adds_exponentials_to_its_products)
{
    const double rate = h100.roofline.attention.share * h100.roofline.matmul[SLED_FP16].peak;
    struct sled_kernel kernel = attention(8192, 128, false);
    struct sled_kernel_cost cost = cost_of(&kernel);
    double pairs = 16 * 8192.0 * 8192;

    ck_assert_double_eq(cost.flops, 4 * pairs * 128);
    ck_assert_double_eq(cost.hbm_bytes, 2 * 4.0 * 16 * 8192 * 128);
    ck_assert_double_eq_tol(cost.time_s,
                            h100.roofline.launch_s + cost.flops / rate +
                                pairs / h100.roofline.attention.exponentials_per_s,
                            1e-15);

    kernel.causal = true;
    pairs = 16 * (8192.0 * 8193 / 2);
    ck_assert_double_eq(cost_of(&kernel).flops, 4 * pairs * 128);
    ck_assert_double_eq(cost_of(&kernel).hbm_bytes, cost.hbm_bytes);
}
END_TEST

/* Each sequence has keys and values of its own, which heads share: memory is all that counts. */
START_TEST(decoding_takes_the_keys_and_values)
{
    struct sled_kernel kernel = attention(4096, 128, false);

    kernel.kind = SLED_KERNEL_DECODE_ATTENTION;
    kernel.m = 32;
    kernel.kv_heads = 2;
    const struct sled_kernel_cost cost = cost_of(&kernel);

    ck_assert_double_eq(cost.hbm_bytes, 2 * 128 * (2 * 16 * 32.0 + 2 * 2 * 32 * 4096.0));
    ck_assert_int_eq(cost.bound, SLED_ENGINE_DMA);
    ck_assert_double_eq_tol(cost.time_s, h100.roofline.launch_s + cost.hbm_bytes / stream_rate(),
                            1e-15);
}
END_TEST

/* FlashAttention-3 (Shah et al., 2024), forward FP16 on an H100 at 16,384 tokens and 2,048 elements
 * of all heads together. Shorter sequences are slower than predicted. */
START_TEST(measured_attention_is_predicted)
{
    static const struct {
        uint64_t seqlen, head_size;
        bool causal;
        double tflops;
    } cases[] = {
        {2048, 64, false, 460},  {4096, 64, false, 476},  {16384, 64, false, 497},
        {2048, 128, false, 625}, {4096, 128, false, 638}, {16384, 128, false, 648},
        {2048, 256, false, 707}, {4096, 256, false, 736}, {16384, 256, false, 756},
        {16384, 64, true, 473},  {8192, 128, true, 602},  {16384, 128, true, 616},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        struct sled_kernel kernel = attention(cases[i].seqlen, cases[i].head_size, cases[i].causal);

        /* Sequences are as good as heads. Half of all pairs count as causal, as in the source. */
        kernel.heads = (uint32_t)(16384 / cases[i].seqlen * (2048 / cases[i].head_size));
        kernel.kv_heads = kernel.heads;
        const double flops = 4.0 * kernel.heads * (double)(kernel.m * kernel.n * kernel.k) /
                             (cases[i].causal ? 2 : 1);

        ck_assert_double_eq_tol(flops / cost_of(&kernel).time_s / 1e12 / cases[i].tflops, 1, 0.08);
    }
}
END_TEST

static void refuses(const struct sled_kernel *kernel, const char *msg)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_kernel_cost cost;

    ck_assert_int_eq(sled_chip_kernel(&h100, kernel, &cost, &err), SLED_E_UNSUPPORTED);
    ck_assert_str_eq(err.msg, msg);
}

START_TEST(what_it_cannot_serve_is_refused)
{
    struct sled_kernel kernel = matmul(64, 64, 64, SLED_BF16);

    kernel.weight_dtype = SLED_MXFP8;
    refuses(&kernel, "this chip multiplies no mxfp8");
    kernel = matmul(64, 64, 64, SLED_BF16);
    kernel.weights_from_hbm = false;
    refuses(&kernel, "a roofline chip keeps no weights in SRAM; stream them from hbm");
    kernel = matmul(64, 64, 64, SLED_BF16);
    kernel.cores = 2;
    refuses(&kernel, "matmul on 2 cores, but the chip has 1 to 1 to give");

    kernel = attention(64, 64, false);
    kernel.dtype = SLED_MXFP8;
    refuses(&kernel, "this chip multiplies no mxfp8");
    kernel = attention(64, 64, false);
    kernel.weights_from_hbm = false;
    refuses(&kernel, "a roofline chip keeps no keys and values in SRAM; stream them from hbm");
    kernel = attention(64, 64, false);
    kernel.kind = SLED_KERNEL_FUSED_ATTENTION;
    refuses(&kernel, "the roofline model times no fused_attention");

    struct sled_err err = SLED_ERR_INIT;
    struct sled_chip chip = h100;

    memset(chip.roofline.matmul, 0, sizeof chip.roofline.matmul);
    ck_assert_int_eq(sled_chip_check(&chip, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.pointer, "/matmul");
    ck_assert_str_eq(err.msg, "the chip multiplies no number format");
}
END_TEST

/* Kernels that read by something slower than memory take its rate; the fabric sees the memory's. */
START_TEST(kernels_may_be_slower_than_memory)
{
    const struct sled_kernel norm = {.kind = SLED_KERNEL_RMSNORM,
                                     .m = 4096,
                                     .n = 8192,
                                     .dtype = SLED_BF16,
                                     .out_dtype = SLED_BF16,
                                     .cores = 1};
    struct sled_chip chip = chip_load("h100");
    struct sled_chip_ports before, after;

    sled_chip_ports(&chip, &before);
    const struct sled_kernel_cost fast = chip_cost(&chip, &norm);
    chip.roofline.memory.kernel_bytes_per_s = 1e12;
    sled_chip_ports(&chip, &after);
    const struct sled_kernel_cost slow = chip_cost(&chip, &norm);
    ck_assert_double_eq(after.hbm_bytes_per_s, before.hbm_bytes_per_s);
    ck_assert_double_eq_tol(slow.time_s - fast.time_s,
                            slow.hbm_bytes / 1e12 - slow.hbm_bytes / before.hbm_bytes_per_s, 1e-12);
    chip.roofline.memory.kernel_bytes_per_s = 1e15;
    ck_assert_double_eq(chip_cost(&chip, &norm).time_s, fast.time_s);
}
END_TEST

/* Data sheets (dense), and what the fabric sees: no descriptor is ever too small. */
START_TEST(headline_and_ports)
{
    static const struct {
        const char *name;
        enum sled_dtype format;
        double flops, link;
    } cases[] = {
        {"a100", SLED_BF16, 312e12, 600e9},
        {"h100", SLED_FP8, 1978.9e12, 900e9},
        {"b200", SLED_MXFP4, 9e15, 1800e9},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        const struct sled_chip chip = chip_load(cases[i].name);
        struct sled_chip_headline headline;
        struct sled_chip_ports ports;

        sled_chip_headline(&chip, &headline);
        ck_assert_int_eq(headline.format, cases[i].format);
        ck_assert_double_eq(headline.flops, cases[i].flops);
        ck_assert_double_eq(headline.link_bytes_per_s, cases[i].link);
        ck_assert_double_eq(sled_chip_peak_flops(&chip, headline.format), headline.flops);
        ck_assert_uint_eq(sled_chip_cores(&chip), 1);

        sled_chip_ports(&chip, &ports);
        ck_assert_double_eq(ports.hbm_bytes_per_s,
                            chip.roofline.memory.share * headline.hbm_bytes_per_s);
        ck_assert_double_ge(sled_dma_bytes_per_s(&ports), headline.link_bytes_per_s / 2);
        ck_assert_double_eq(sled_dma_weight(&ports, 1), 1);
        ck_assert_double_eq(sled_dma_weight(&ports, 0), 1);
        ck_assert(ports.direct_kernels);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chip_roofline");
    TCase *tc = tcase_create("chip_roofline");

    tcase_add_checked_fixture(tc, load, NULL);
    tcase_add_test(tc, a_large_matmul_meets_the_peak_and_a_thin_one_the_memory);
    tcase_add_test(tc, other_kernels_take_their_traffic);
    tcase_add_test(tc, formats_have_their_rates_and_sizes);
    tcase_add_test(tc, time_grows_with_every_extent);
    tcase_add_test(tc, measured_matmuls_are_predicted);
    tcase_add_test(tc, attention_adds_exponentials_to_its_products);
    tcase_add_test(tc, decoding_takes_the_keys_and_values);
    tcase_add_test(tc, measured_attention_is_predicted);
    tcase_add_test(tc, what_it_cannot_serve_is_refused);
    tcase_add_test(tc, kernels_may_be_slower_than_memory);
    tcase_add_test(tc, headline_and_ports);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
