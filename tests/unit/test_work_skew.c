/* SPDX-License-Identifier: Apache-2.0 */
/* The byte matrix of a skewed dispatch: sizes, conservation, seeds, refusals. */
#include <string.h>

#include "check_main.h"
#include "work/work.h"

static const struct sled_skew defaults = {
    .alpha = 1.01, .seed = 1, .top_k = 8, .token_bytes = 7168};

static struct sled_traffic make(struct sled_skew skew, uint32_t nranks, uint64_t size_bytes)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_traffic traffic;

    ck_assert_msg(sled_skew_traffic(&skew, nranks, size_bytes, &traffic, &err) == SLED_OK, "%s",
                  err.msg);
    return traffic;
}

/* A rank sends all its whole tokens, itself included, in whole rows. */
START_TEST(rows_sum_to_the_tokens_that_fit)
{
    struct sled_traffic traffic = make(defaults, 144, 1 << 20);

    for (uint32_t source = 0; source < 144; source++) {
        uint64_t sum = 0;

        for (uint32_t dest = 0; dest < 144; dest++) {
            const uint64_t bytes = traffic.bytes[(size_t)source * 144 + dest];

            ck_assert_uint_eq(bytes % 7168, 0);
            sum += bytes;
        }
        ck_assert_uint_eq(sum, (uint64_t)18 * 8 * 7168); /* 1 MiB holds 18.3 tokens */
    }
    sled_traffic_finish(&traffic);
}
END_TEST

START_TEST(columns_differ_as_experts_do)
{
    struct sled_traffic traffic = make(defaults, 32, 16 << 20);
    struct sled_traffic_sums sums;
    uint64_t all = 0;

    for (size_t i = 0; i < (size_t)32 * 32; i++)
        all += traffic.bytes[i];
    sled_traffic_sum(&traffic, &sums);
    ck_assert_uint_gt(sums.max_recv, 2 * (all / 32));
    ck_assert_uint_le(sums.max_send, all / 32);
    sled_traffic_finish(&traffic);
}
END_TEST

START_TEST(seed_and_alpha_decide)
{
    struct sled_skew other_seed = defaults;
    struct sled_skew other_alpha = defaults;
    const size_t size = sizeof(uint64_t) * 16 * 16;

    other_seed.seed = 2;
    other_alpha.alpha = 1.2;

    struct sled_traffic a = make(defaults, 16, 1 << 22);
    struct sled_traffic same = make(defaults, 16, 1 << 22);
    struct sled_traffic seed = make(other_seed, 16, 1 << 22);
    struct sled_traffic alpha = make(other_alpha, 16, 1 << 22);

    ck_assert_int_eq(memcmp(a.bytes, same.bytes, size), 0);
    ck_assert_int_ne(memcmp(a.bytes, seed.bytes, size), 0);
    ck_assert_int_ne(memcmp(a.bytes, alpha.bytes, size), 0);
    sled_traffic_finish(&a);
    sled_traffic_finish(&same);
    sled_traffic_finish(&seed);
    sled_traffic_finish(&alpha);
}
END_TEST

static void assert_refused(struct sled_skew skew, uint32_t nranks, uint64_t size_bytes,
                           const char *message)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_traffic traffic = {0};

    ck_assert_int_eq(sled_skew_traffic(&skew, nranks, size_bytes, &traffic, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, message);
    ck_assert_ptr_null(traffic.bytes);
}

START_TEST(what_cannot_be_is_refused)
{
    struct sled_skew skew = defaults;

    assert_refused(skew, 144, 57343, "57343 bytes a rank hold no token of 8 rows of 7168 bytes");
    assert_refused(skew, 2, 1 << 20, "a token cannot choose 8 of 4 experts; expected 1 to 4");
    skew.experts = 100;
    assert_refused(skew, 144, 1 << 20,
                   "144 ranks cannot share 100 experts evenly; expected a multiple of 144");
    skew.experts = 16;
    assert_refused(skew, 1, 57344,
                   "a power law over the loads of experts needs at least 2 tokens, got 1");
    skew.experts = UINT64_C(1) << 40;
    assert_refused(skew, 16, 1 << 20,
                   "1099511627776 experts are too many; expected at most 1048576");
    skew = defaults;
    skew.token_bytes = 0;
    assert_refused(skew, 16, 1 << 20, "a token of 0 bytes; expected at least 1");
    skew.token_bytes = 1;
    skew.top_k = 1;
    assert_refused(skew, 16, UINT64_C(1) << 40,
                   "1099511627776 bytes a rank are 1099511627776 tokens; expected at most "
                   "4294967295");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("skew");
    TCase *tc = tcase_create("skew");

    tcase_add_test(tc, rows_sum_to_the_tokens_that_fit);
    tcase_add_test(tc, columns_differ_as_experts_do);
    tcase_add_test(tc, seed_and_alpha_decide);
    tcase_add_test(tc, what_cannot_be_is_refused);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
