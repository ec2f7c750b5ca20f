/* SPDX-License-Identifier: Apache-2.0 */
/* What stands at the ends of a model and before its experts: embedding, router, head. */
#include <math.h>

#include "base/vec.h"
#include "chip_fixture.h"

static struct sled_chip trainium2, trainium3;
static const double cycle_s = 1 / 1.2e9; /* of Trainium3's vector and scalar engines and GPSIMD */

static void load_chips(void)
{
    trainium2 = chip_load("trainium2");
    trainium3 = chip_load("trainium3");
}

static struct sled_kernel kernel_of(enum sled_kernel_kind kind, uint64_t m, uint64_t n, uint64_t k,
                                    uint32_t top_k)
{
    return (struct sled_kernel){
        .kind = kind,
        .m = m,
        .n = n,
        .k = k,
        .dtype = SLED_BF16,
        .weight_dtype = SLED_BF16,
        .out_dtype = SLED_BF16,
        .weights_from_hbm = kind != SLED_KERNEL_EMBEDDING,
        .top_k = top_k,
        .cores = 8,
    };
}

static double vector_cycles(const struct sled_kernel *kernel)
{
    struct sled_kernel alone = *kernel;

    alone.cores = 1;
    return chip_cost(&trainium3, &alone).busy_s[SLED_ENGINE_VECTOR] / cycle_s;
}

/* ---- router --------------------------------------------------------------------------- */

/* The matmul's results leave PSUM, then 2 passes over the scores for every 8 of top_k, and two
 * small instructions. */
START_TEST(a_choice_takes_two_passes_for_every_eight)
{
    for (uint32_t k = 1; k <= 24; k++) {
        const struct sled_kernel kernel = kernel_of(SLED_KERNEL_ROUTER, 128, 256, 1024, k);
        const double copies = 128; /* 256 columns of fp32 at two a cycle */

        ck_assert_double_eq_tol(vector_cycles(&kernel),
                                copies + 2 * 256 * (double)((k + 7) / 8) + 2 * 64, 1e-6);
    }
}
END_TEST

/* DeepSeek-V3: 8 groups of 32, of which 4 are eligible by the sum of their 2 best. */
START_TEST(scores_and_limits_cost_their_instructions)
{
    struct sled_kernel kernel = kernel_of(SLED_KERNEL_ROUTER, 128, 256, 7168, 8);
    const double chosen = vector_cycles(&kernel);
    const double limit = 2 * 64 + 64 + 2 * 256; /* best groups, threshold, mask at half speed */

    kernel.scores = SLED_SCORES_ALL; /* its exponentials are the scalar engine's work */
    ck_assert_double_eq_tol(vector_cycles(&kernel), chosen, 1e-6);
    kernel.scores = SLED_SCORES_SIGMOID; /* bias at half speed; gather, sum */
    const double sigmoid = vector_cycles(&kernel);
    ck_assert_double_eq_tol(sigmoid, chosen + 2 * 256 + 2 * 64, 1e-6);
    kernel.limit = 4;
    kernel.limit_of = 8; /* 8 instructions of at least 64 cycles, and the sums */
    ck_assert_double_eq_tol(vector_cycles(&kernel), sigmoid + limit + 8 * 64 + 64, 1e-6);
    kernel.scores = SLED_SCORES_CHOSEN; /* one reduction */
    ck_assert_double_eq_tol(vector_cycles(&kernel), chosen + limit + 256, 1e-6);
}
END_TEST

/* At most the time of a matmul and a choice one after the other, and no less than each. */
START_TEST(a_router_is_a_matmul_and_a_choice)
{
    static const uint64_t rows[] = {1, 16, 128, 129, 1024};

    for (size_t i = 0; i < SLED_ARRAY_LEN(rows); i++) {
        const struct sled_kernel router = kernel_of(SLED_KERNEL_ROUTER, rows[i], 256, 7168, 8);
        struct sled_kernel matmul = router, choice = router;

        matmul.kind = SLED_KERNEL_MATMUL;
        matmul.out_dtype = SLED_FP32;
        choice.kind = SLED_KERNEL_TOPK;
        choice.k = 8;
        choice.dtype = SLED_FP32;

        const struct sled_kernel_cost cost = chip_cost(&trainium3, &router);
        const double matmul_s = chip_cost(&trainium3, &matmul).time_s;
        const double choice_s = chip_cost(&trainium3, &choice).time_s;

        ck_assert_double_le(cost.time_s, (matmul_s + choice_s) * (1 + 1e-12));
        ck_assert_double_gt(cost.time_s, matmul_s);
        ck_assert_double_gt(cost.time_s, choice_s);
        ck_assert_double_eq(cost.flops, 2.0 * (double)rows[i] * 256 * 7168);
        ck_assert_double_ge(cost.hbm_bytes, 2.0 * 256 * 7168);
    }
}
END_TEST

/* ---- head ----------------------------------------------------------------------------- */

/* The vocabulary streams once, by DMA's pace, and finding the best hides behind that but for the
 * last chunk's. */
START_TEST(the_vocabulary_streams)
{
    static const struct {
        uint64_t rows, vocabulary, hidden;
    } cases[] = {{1, 129280, 7168}, {64, 201088, 2880}, {128, 151936, 4096}};

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        const struct sled_kernel head =
            kernel_of(SLED_KERNEL_LM_HEAD, cases[i].rows, cases[i].vocabulary, cases[i].hidden, 1);
        struct sled_kernel matmul = head;

        matmul.kind = SLED_KERNEL_MATMUL;
        const struct sled_kernel_cost cost = chip_cost(&trainium3, &head);
        const double bytes = 2.0 * (double)head.n * (double)head.k;

        ck_assert_double_eq_tol(cost.hbm_bytes, bytes, 1e-9 * bytes);
        ck_assert_double_gt(cost.time_s, bytes / (128 * 33e9));
        ck_assert_double_lt(cost.time_s, 1.1 * chip_cost(&trainium3, &matmul).time_s);
        ck_assert_double_gt(cost.time_s, cost.flops / sled_chip_peak_flops(&trainium3, SLED_BF16));
    }
}
END_TEST

START_TEST(keeping_more_is_never_faster)
{
    double before_s = 0;

    for (uint32_t k = 1; k <= 64; k += 7) {
        const struct sled_kernel head = kernel_of(SLED_KERNEL_LM_HEAD, 128, 32000, 1024, k);
        const double time_s = chip_cost(&trainium3, &head).time_s;

        ck_assert_double_ge(time_s, before_s);
        before_s = time_s;
    }
}
END_TEST

/* ---- embedding ------------------------------------------------------------------------ */

/* One tile: GPSIMD writes a descriptor per row, 16 engines move 8 rows each, one after the other.
 */
START_TEST(rows_are_gathered_by_descriptor)
{
    struct sled_kernel kernel = kernel_of(SLED_KERNEL_EMBEDDING, 128, 7168, 0, 0);
    const double write_s = (150 + 128 * 16) * cycle_s;

    kernel.cores = 1;
    struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);
    ck_assert_double_eq_tol(cost.time_s, write_s + 1300e-9 + 8 * (2 * 7168 / 33e9), 1e-15);
    ck_assert_double_eq(cost.hbm_bytes, 128 * 2 * 7168);

    kernel.n = 64; /* below what a descriptor takes at least */
    cost = chip_cost(&trainium3, &kernel);
    ck_assert_double_eq_tol(cost.time_s, write_s + 1300e-9 + 8 * 107e-9, 1e-15);

    kernel.n = 40000; /* 80,000 bytes are two descriptors */
    cost = chip_cost(&trainium3, &kernel);
    ck_assert_double_eq_tol(cost.time_s, (150 + 256 * 16) * cycle_s + 1300e-9 + 8 * (80000 / 33e9),
                            1e-15);
}
END_TEST

/* Many rows: GPSIMD writes while the engines move, and who is slower sets the pace. */
START_TEST(many_rows_take_turns)
{
    struct sled_kernel kernel = kernel_of(SLED_KERNEL_EMBEDDING, 128 * 64, 2880, 0, 0);

    kernel.cores = 1;
    const struct sled_kernel_cost cost = chip_cost(&trainium3, &kernel);
    ck_assert_int_eq(cost.bound, SLED_ENGINE_GPSIMD);
    ck_assert_double_eq_tol(cost.busy_s[SLED_ENGINE_GPSIMD], 64 * (150 + 128 * 16) * cycle_s,
                            1e-12);
    ck_assert_double_lt(cost.time_s, 1.03 * cost.busy_s[SLED_ENGINE_GPSIMD]);
    kernel.cores = 8;
    ck_assert_double_lt(chip_cost(&trainium3, &kernel).time_s, cost.time_s / 6.9);
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------- */

START_TEST(what_has_no_meaning_is_refused)
{
    const struct sled_kernel router = kernel_of(SLED_KERNEL_ROUTER, 1, 256, 64, 8);
    const struct sled_kernel head = kernel_of(SLED_KERNEL_LM_HEAD, 1, 32000, 64, 1);
    struct {
        struct sled_kernel kernel;
        uint32_t top_k, limit, limit_of;
        enum sled_status status;
        const char *msg;
    } cases[] = {
        {router, 0, 0, 0, SLED_E_INPUT, "router: the top 1 to 256 of a row can be kept, got 0"},
        {router, 257, 0, 0, SLED_E_INPUT, "router: the top 1 to 256 of a row can be kept, got 257"},
        {head, 32001, 0, 0, SLED_E_INPUT,
         "lm_head: the top 1 to 32000 of a row can be kept, got 32001"},
        {router, 8, 9, 8, SLED_E_INPUT,
         "router: some of the equal groups of 256 experts can be eligible, got 9 of 8 groups"},
        {router, 8, 0, 8, SLED_E_INPUT,
         "router: some of the equal groups of 256 experts can be eligible, got 0 of 8 groups"},
        {router, 8, 2, 7, SLED_E_INPUT,
         "router: some of the equal groups of 256 experts can be eligible, got 2 of 7 groups"},
        {router, 8, 1, 64, SLED_E_INPUT, "router: 1 groups of 4 experts are fewer than the top 8"},
        {head, 16000, 0, 0, SLED_E_UNSUPPORTED,
         "lm_head: the top 16000 of all chunks of 4096 scores are 128000; the vector engine looks "
         "through 16384 at most"},
        {kernel_of(SLED_KERNEL_ROUTER, 1, 16385, 64, 8), 8, 0, 0, SLED_E_UNSUPPORTED,
         "router: rows of 16385 scores; the vector engine takes at most 16384"},
        {kernel_of(SLED_KERNEL_EMBEDDING, 1, 100000, 0, 0), 0, 0, 0, SLED_E_UNSUPPORTED,
         "a row of 100000 elements and its result need 400000 bytes, more than the 212984 of an "
         "sbuf partition"},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        struct sled_err err = SLED_ERR_INIT;
        struct sled_kernel_cost cost;

        cases[i].kernel.top_k = cases[i].top_k;
        cases[i].kernel.limit = cases[i].limit;
        cases[i].kernel.limit_of = cases[i].limit_of;
        ck_assert_int_eq(sled_chip_kernel(&trainium2, &cases[i].kernel, &cost, &err),
                         cases[i].status);
        ck_assert_str_eq(err.msg, cases[i].msg);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chip_tokens");
    TCase *tc = tcase_create("chip_tokens");

    tcase_add_checked_fixture(tc, load_chips, NULL);
    tcase_add_test(tc, a_choice_takes_two_passes_for_every_eight);
    tcase_add_test(tc, scores_and_limits_cost_their_instructions);
    tcase_add_test(tc, a_router_is_a_matmul_and_a_choice);
    tcase_add_test(tc, the_vocabulary_streams);
    tcase_add_test(tc, keeping_more_is_never_faster);
    tcase_add_test(tc, rows_are_gathered_by_descriptor);
    tcase_add_test(tc, many_rows_take_turns);
    tcase_add_test(tc, what_has_no_meaning_is_refused);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
