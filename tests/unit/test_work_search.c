/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts to choose from: all of them, each once, whole. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "model/dtype.h"
#include "work/search.h"

static const struct sled_model model = {
    .layers = 4,
    .hidden = 256,
    .vocabulary = 1024,
    .has_attention = true,
    .attention = {.heads = 8, .kv_heads = 8, .head_dim = 32},
    .has_moe = true,
    .moe = {.hidden = 256, .experts = 32, .top_k = 4, .expert_intermediate = 128, .every = 1},
};

static const struct sled_forward base = {
    .phase = SLED_DECODE,
    .context = 100,
    .formats = {SLED_BF16, SLED_BF16, SLED_BF16, SLED_BF16, SLED_BF16},
    .algorithms = {"mesh", "mesh", "mesh", "direct", "direct", "direct"},
};

#define LIST(array_)                                                          \
    {                                                                         \
        .items = (void *)(uintptr_t)(array_), .count = SLED_ARRAY_LEN(array_) \
    }

static const uint64_t one[] = {1}, batches[] = {8, 64};
static const char *const both[] = {"all_to_all", "all_gather"};

static struct sled_layout_search usual(void)
{
    return (struct sled_layout_search){.cp = LIST(one),
                                       .pp = LIST(one),
                                       .expert_tp = LIST(one),
                                       .batch = LIST(batches),
                                       .exchange = LIST(both)};
}

static size_t list(const struct sled_layout_search *search, const struct sled_model *of,
                   uint64_t nchips, struct sled_layout_choice **out)
{
    struct sled_err err = SLED_ERR_INIT;
    size_t count;

    ck_assert_int_eq(sled_layout_search_list(search, of, &base, nchips, out, &count, &err),
                     SLED_OK);
    return count;
}

/* tp 1, 2, 4, 8 on 1, 2, 4, 8, 12 chips: 1 + 2 + 3 + 4 + 3 cuts, of which 12 chips need 4 slots
 * more than experts. One chip exchanges nothing. */
START_TEST(every_combination_is_there_once)
{
    const struct sled_layout_search search = usual();
    struct sled_layout_choice *choice;
    const size_t n = list(&search, &model, 12, &choice);

    ck_assert_uint_eq(n, 2 * (1 + 2 * (2 + 3 + 4 + 3)));
    for (size_t i = 0; i < n; i++) {
        const struct sled_layout *a = &choice[i].forward.layout;
        const uint64_t chips = sled_forward_ranks(&choice[i].forward);

        ck_assert_uint_eq(a->replicas, 12 / chips);
        ck_assert_uint_eq(a->redundant_experts, chips == 12 ? 4 : 0);
        ck_assert(!choice[i].refused || chips == 12);
        for (size_t j = 0; j < i; j++) {
            const struct sled_layout *b = &choice[j].forward.layout;

            ck_assert(a->tp != b->tp || a->dp != b->dp || a->exchange != b->exchange ||
                      choice[i].forward.batch != choice[j].forward.batch);
        }
    }
    free(choice);
}
END_TEST

START_TEST(refusals_say_why)
{
    static const uint64_t three[] = {3};
    struct sled_layout_search search = usual();
    struct sled_layout_choice *choice;

    search.tp = (struct sled_array)LIST(three);
    search.chips = (struct sled_array)LIST(three);
    const size_t n = list(&search, &model, 12, &choice);
    ck_assert_uint_eq(n, 4);
    for (size_t i = 0; i < n; i++) {
        ck_assert(choice[i].refused);
        ck_assert_str_eq(choice[i].reason, "/layout/tp: 3 ranks cannot share 8 heads evenly");
    }
    free(choice);
}
END_TEST

START_TEST(dense_models_exchange_nothing)
{
    const struct sled_layout_search search = usual();
    struct sled_model dense = model;
    struct sled_layout_choice *choice;

    dense.has_moe = false;
    dense.dense_intermediate = 512;
    ck_assert_uint_eq(list(&search, &dense, 8, &choice), 2 * (1 + 2 + 3 + 4));
    free(choice);
}
END_TEST

/* Every list of names multiplies what there is, and sets what it is called after. */
START_TEST(overlaps_and_orders_are_tried)
{
    static const char *const overlaps[] = {"none", "two_batch"};
    static const char *const orders[] = {"in_order", "across_racks", "across_sleds"};
    static const uint64_t eight[] = {8};
    struct sled_layout_search search = usual();
    struct sled_layout_choice *choice;
    size_t halves = 0, across = 0;

    search.chips = search.tp = (struct sled_array)LIST(eight);
    ck_assert_uint_eq(list(&search, &model, 8, &choice), 4);
    free(choice);
    search.overlap = (struct sled_array)LIST(overlaps);
    search.order = (struct sled_array)LIST(orders);
    const size_t n = list(&search, &model, 8, &choice);
    ck_assert_uint_eq(n, 4 * 2 * 3);
    for (size_t i = 0; i < n; i++) {
        halves += choice[i].forward.overlap == SLED_OVERLAP_TWO_BATCH;
        across += choice[i].forward.layout.order == SLED_ORDER_ACROSS_RACKS;
    }
    ck_assert_uint_eq(halves, n / 2);
    ck_assert_uint_eq(across, n / 3);
    free(choice);
}
END_TEST

START_TEST(unknown_names_are_refused)
{
    static const char *const names[] = {"all_to_all", "ring"};
    struct sled_layout_search search = usual();
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(sled_layout_search_check(&search, &err), SLED_OK);
    search.exchange = (struct sled_array)LIST(names);
    ck_assert_int_eq(sled_layout_search_check(&search, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.pointer, "/exchange/1");
    ck_assert_str_eq(err.msg, "\"ring\" is no exchange; expected one of all_to_all, all_gather");
    search = usual();
    err = (struct sled_err)SLED_ERR_INIT;
    search.order = (struct sled_array)LIST(names);
    ck_assert_int_eq(sled_layout_search_check(&search, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.pointer, "/order/0");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("search");
    TCase *tc = tcase_create("search");

    tcase_add_test(tc, every_combination_is_there_once);
    tcase_add_test(tc, refusals_say_why);
    tcase_add_test(tc, dense_models_exchange_nothing);
    tcase_add_test(tc, overlaps_and_orders_are_tried);
    tcase_add_test(tc, unknown_names_are_refused);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
