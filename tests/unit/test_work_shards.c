/* SPDX-License-Identifier: Apache-2.0 */
/* Shares of ranks: together they are the model, its cache and its tokens, each copy counted. */
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "model/dtype.h"
#include "work/forward.h"

/* 3 layers without experts, 5 with, no biases: every share divides. */
static const struct sled_model model = {
    .layers = 8,
    .hidden = 256,
    .vocabulary = 4096,
    .dense_intermediate = 512,
    .has_attention = true,
    .attention = {.heads = 16, .kv_heads = 8, .head_dim = 32, .window = 64, .full_every = 2},
    .has_moe = true,
    .moe = {.hidden = 256,
            .experts = 32,
            .top_k = 4,
            .shared_experts = 1,
            .expert_intermediate = 128,
            .dense_layers = 3,
            .every = 1},
};

static struct sled_forward decode(struct sled_layout layout)
{
    layout.cp = layout.cp == 0 ? 1 : layout.cp;
    layout.pp = layout.pp == 0 ? 1 : layout.pp;
    layout.expert_tp = layout.expert_tp == 0 ? 1 : layout.expert_tp;
    layout.replicas = 1;
    return (struct sled_forward){.phase = SLED_DECODE,
                                 .batch = 48,
                                 .context = 1024,
                                 .layout = layout,
                                 .cores = 8,
                                 .formats = {.weights = SLED_BF16,
                                             .experts = SLED_FP8,
                                             .kv_cache = SLED_FP8,
                                             .dispatch = SLED_FP8,
                                             .combine = SLED_BF16}};
}

static const struct sled_layout layouts[] = {
    {.tp = 1, .dp = 1},
    {.tp = 8, .dp = 1},
    {.tp = 2, .dp = 4},
    {.tp = 4, .dp = 2, .pp = 2},
    {.tp = 2, .cp = 2, .dp = 2},
    {.tp = 4, .cp = 1, .dp = 4, .expert_tp = 2},
    {.tp = 8, .dp = 8, .redundant_experts = 32},
    {.tp = 4, .dp = 8, .exchange = SLED_EXCHANGE_ALL_GATHER},
};

static struct sled_forward_memory sum_of(const struct sled_forward *forward)
{
    struct sled_forward_memory sum = {0};

    for (uint32_t s = 0; s < forward->layout.pp; s++) {
        for (uint32_t r = 0; r < sled_forward_ranks(forward); r++) {
            struct sled_forward_memory m;

            sled_forward_rank_memory(&model, forward, s, r, &m);
            sum.attention += m.attention;
            sum.dense_mlp += m.dense_mlp;
            sum.experts += m.experts;
            sum.shared_experts += m.shared_experts;
            sum.routers += m.routers;
            sum.norms += m.norms;
            sum.embedding += m.embedding;
            sum.head += m.head;
            sum.weights += m.weights;
            sum.kv_cache += m.kv_cache;
            sum.total += m.total;
            ck_assert_uint_eq(m.total, m.weights + m.kv_cache + m.activations);
            ck_assert_uint_eq(m.weights, m.attention + m.dense_mlp + m.experts + m.shared_experts +
                                             m.routers + m.norms + m.embedding + m.head);
        }
    }
    return sum;
}

START_TEST(shares_add_up_to_the_model)
{
    const struct sled_forward forward = decode(layouts[_i]);
    const struct sled_layout *layout = &forward.layout;
    const uint64_t copies = layout->cp * layout->dp;
    const uint64_t slots = 32 + layout->redundant_experts;
    struct sled_model_parameters count;
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_msg(sled_forward_check(&model, &forward, &err) == SLED_OK, "%s", err.msg);
    const struct sled_forward_memory sum = sum_of(&forward);
    sled_model_count(&model, &count);
    ck_assert_uint_eq(sum.attention, 2 * count.attention * copies);
    ck_assert_uint_eq(sum.dense_mlp, 2 * count.dense_mlp * copies);
    ck_assert_uint_eq(sum.experts, count.experts / 32 * slots);
    ck_assert_uint_eq(sum.routers, 2 * count.routers * sled_forward_ranks(&forward));
    ck_assert_uint_eq(sum.shared_experts,
                      count.shared_experts * (layout->exchange == SLED_EXCHANGE_ALL_GATHER
                                                  ? 1
                                                  : sled_forward_ranks(&forward)));
    ck_assert_uint_eq(sum.embedding, 2 * count.embedding * copies);
    ck_assert_uint_eq(sum.head, 2 * count.head * copies);
    /* Four layers keep 64 tokens in each of their parts of the context, four all 1,024. */
    ck_assert_uint_eq(sum.kv_cache, 48 * (4 * 64 + 4 * 1024) * sled_model_kv_elements(&model));
}
END_TEST

START_TEST(tokens_are_taken_once)
{
    for (int phase = SLED_DECODE; phase <= SLED_PREFILL; phase++) {
        struct sled_forward forward = decode(layouts[_i]);
        uint64_t groups = 0, ranks = 0;

        forward.phase = phase;
        forward.chunk = phase == SLED_PREFILL ? 129 : 0;
        forward.batch = 6 * forward.layout.pp;
        for (uint32_t g = 0; g < sled_forward_groups(&forward); g++)
            groups += sled_forward_group_tokens(&forward, g);
        for (uint32_t r = 0; r < sled_forward_ranks(&forward); r++)
            ranks += sled_forward_rank_tokens(&forward, r);
        ck_assert_uint_eq(groups, sled_forward_tokens(&forward));
        ck_assert_uint_eq(ranks, groups);
        ck_assert_uint_eq(groups, phase == SLED_DECODE ? 6 : 6 * 129);
    }
}
END_TEST

/* More ranks than heads of keys copy them; less of everything else is left. */
START_TEST(heads_of_keys_are_copied_where_ranks_outnumber_them)
{
    struct sled_forward forward = decode((struct sled_layout){.tp = 16, .dp = 1});
    const struct sled_forward_memory wide = sum_of(&forward);

    forward = decode((struct sled_layout){.tp = 8, .dp = 1});
    const struct sled_forward_memory narrow = sum_of(&forward);
    ck_assert_uint_eq(wide.kv_cache, 2 * narrow.kv_cache);
    ck_assert_uint_eq(wide.dense_mlp, narrow.dense_mlp);
    ck_assert_uint_eq(wide.attention - narrow.attention,
                      (uint64_t)2 * 8 * 256 * 2 * 8 * 32); /* bf16, layers, once more K and V */
}
END_TEST

START_TEST(the_fullest_rank_is_found)
{
    const struct sled_forward forward = decode(layouts[_i]);
    struct sled_forward_memory most, here;
    bool found = false;

    sled_forward_most_memory(&model, &forward, &most);
    for (uint32_t s = 0; s < forward.layout.pp; s++) {
        for (uint32_t r = 0; r < sled_forward_ranks(&forward); r++) {
            sled_forward_rank_memory(&model, &forward, s, r, &here);
            ck_assert_uint_le(here.total, most.total);
            found = found || memcmp(&here, &most, sizeof here) == 0;
        }
    }
    ck_assert(found);
}
END_TEST

START_TEST(windows_cut_keys)
{
    struct sled_forward forward = decode(layouts[0]);

    ck_assert_uint_eq(sled_forward_keys(&model, &forward, 0), 64);
    ck_assert_uint_eq(sled_forward_keys(&model, &forward, 1), 1024);
    forward.context = 40;
    ck_assert_uint_eq(sled_forward_keys(&model, &forward, 0), 40);
}
END_TEST

static void assert_refused(const struct sled_forward *forward, enum sled_status code,
                           const char *pointer, const char *text)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(sled_forward_check(&model, forward, &err), code);
    ck_assert_str_eq(err.pointer, pointer);
    ck_assert_msg(strstr(err.msg, text) != NULL, "%s", err.msg);
}

START_TEST(contradictions_are_refused)
{
    struct sled_forward f = decode((struct sled_layout){.tp = 3, .dp = 1});

    assert_refused(&f, SLED_E_INPUT, "/layout/tp", "3 ranks cannot share 16 heads evenly");
    f = decode((struct sled_layout){.tp = 2, .dp = 4, .ep = 4});
    assert_refused(&f, SLED_E_INPUT, "/layout/ep", "do not cover the tp x cp x dp = 8 ranks");
    f = decode((struct sled_layout){.tp = 2, .dp = 4, .expert_tp = 3});
    assert_refused(&f, SLED_E_INPUT, "/layout/expert_tp", "do not cover");
    f = decode((struct sled_layout){.tp = 1, .dp = 64});
    assert_refused(&f, SLED_E_INPUT, "/layout/ep", "64 parts need a slot each");
    f = decode((struct sled_layout){.tp = 1, .dp = 12});
    assert_refused(&f, SLED_E_INPUT, "/layout/redundant_experts", "4 redundant ones would do");
    f = decode((struct sled_layout){.tp = 1, .dp = 2, .redundant_experts = 64});
    assert_refused(&f, SLED_E_INPUT, "/layout/redundant_experts", "two replicas of one");
    f = decode((struct sled_layout){.tp = 1, .dp = 1, .pp = 9});
    assert_refused(&f, SLED_E_INPUT, "/layout/pp", "9 stages cannot have a layer each of 8");
    f = decode((struct sled_layout){.tp = 1, .dp = 1, .pp = 5});
    assert_refused(&f, SLED_E_INPUT, "/batch", "no 5 equal microbatches");
    f = decode(layouts[0]);
    f.formats.dispatch = SLED_MXFP8;
    assert_refused(&f, SLED_E_INPUT, "/formats/dispatch", "cannot be multiplied");
    f = decode(layouts[0]);
    f.formats.weights = SLED_FP32;
    assert_refused(&f, SLED_E_INPUT, "/formats/weights", "no format of weights");
    f = decode(layouts[0]);
    f.formats.kv_cache = SLED_MXFP4;
    assert_refused(&f, SLED_E_INPUT, "/formats/kv_cache", "no format of a cache");
    f = decode(layouts[0]);
    f.chunk = 1;
    assert_refused(&f, SLED_E_INPUT, "/chunk", "decode has no chunk");
    f.phase = SLED_PREFILL;
    f.chunk = 0;
    assert_refused(&f, SLED_E_INPUT, "/chunk", "at least 1 token");
    f = decode(layouts[0]);
    f.context = 0;
    assert_refused(&f, SLED_E_INPUT, "/context", "at least 1 token");
    f = decode(layouts[0]);
    f.routing.distribution = SLED_TOKENS_POWER_LAW;
    assert_refused(&f, SLED_E_INPUT, "/routing", "alpha");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shards");
    TCase *tc = tcase_create("shards");
    const int n = (int)SLED_ARRAY_LEN(layouts);

    tcase_add_loop_test(tc, shares_add_up_to_the_model, 0, n);
    tcase_add_loop_test(tc, tokens_are_taken_once, 0, n);
    tcase_add_loop_test(tc, the_fullest_rank_is_found, 0, n);
    tcase_add_test(tc, heads_of_keys_are_copied_where_ranks_outnumber_them);
    tcase_add_test(tc, windows_cut_keys);
    tcase_add_test(tc, contradictions_are_refused);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
