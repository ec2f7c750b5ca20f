/* SPDX-License-Identifier: Apache-2.0 */
/* What a "moe_layer" object may say: defaults, presence, refusals. */
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "work/work.h"

static const char *const minimal =
    "{\"model\": {}, \"ranks\": 144, \"tokens_per_rank\": 128, \"weight_dtype\": \"mxfp8\",\n"
    " \"dispatch\": {\"dtype\": \"mxfp8\"}, \"combine\": {\"dtype\": \"bf16\"},\n"
    " \"routing\": {\"distribution\": \"uniform\"%s}, \"memory\": [\"staged\", \"sbuf\"]%s}";

/* Read `minimal` with text put into its routing and behind its last key. */
static enum sled_status read_layer(const char *routing, const char *more, struct sled_arena *arena,
                                   struct sled_moe_layer *out, struct sled_err *err)
{
    struct sled_doc *doc;
    char text[1024];

    snprintf(text, sizeof text, minimal, routing, more);
    ck_assert_int_eq(sled_doc_parse("test", text, strlen(text), &doc, err), SLED_OK);
    const enum sled_status status =
        sled_field_read(&sled_moe_layer_table, doc, "", arena, out, err);
    sled_doc_destroy(doc);
    return status;
}

START_TEST(defaults_are_the_documented_ones)
{
    struct sled_arena arena = SLED_ARENA_INIT;
    struct sled_err err = SLED_ERR_INIT;
    struct sled_moe_layer layer;

    ck_assert_msg(read_layer("", "", &arena, &layer, &err) == SLED_OK, "%s", err.msg);
    ck_assert_uint_eq(layer.ranks, 144);
    ck_assert_uint_eq(layer.tokens_per_rank, 128);
    ck_assert_int_eq(layer.weight_dtype, SLED_MXFP8);
    ck_assert_int_eq(layer.dispatch.dtype, SLED_MXFP8);
    ck_assert_int_eq(layer.combine.dtype, SLED_BF16);
    ck_assert_uint_eq(layer.memory.count, 2);

    ck_assert_uint_eq(layer.redundant_experts, 0);
    ck_assert_uint_eq(layer.cores, 0);
    ck_assert_int_eq(layer.placement, SLED_PLACEMENT_BALANCED);
    ck_assert_int_eq(layer.shared_expert, SLED_SHARED_SERIAL);
    ck_assert_str_eq(layer.dispatch.algorithm, "direct");
    ck_assert_int_eq(layer.routing.distribution, SLED_TOKENS_UNIFORM);
    ck_assert(!layer.routing.has_alpha);
    ck_assert_uint_eq(layer.routing.seed, 1);
    sled_arena_finish(&arena);
}
END_TEST

START_TEST(exponent_zero_is_written_not_absent)
{
    struct sled_arena arena = SLED_ARENA_INIT;
    struct sled_err err = SLED_ERR_INIT;
    struct sled_moe_layer layer;

    ck_assert_int_eq(read_layer(", \"alpha\": 0", "", &arena, &layer, &err), SLED_OK);
    ck_assert(layer.routing.has_alpha);
    ck_assert_double_eq(layer.routing.alpha, 0.0);
    sled_arena_finish(&arena);
}
END_TEST

START_TEST(bad_values_are_placed)
{
    static const struct {
        const char *routing, *more, *pointer;
    } cases[] = {
        {", \"alpha\": 11", "", "/routing/alpha"},
        {", \"aplha\": 1", "", "/routing/aplha"},
        {"", ", \"cores\": 0", "/cores"},
        {"", ", \"placement\": \"random\"", "/placement"},
        {"", ", \"shared_expert\": true", "/shared_expert"},
        {"", ", \"redundant_experts\": 1.5", "/redundant_experts"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sled_arena arena = SLED_ARENA_INIT;
        struct sled_err err = SLED_ERR_INIT;
        struct sled_moe_layer layer;

        ck_assert_int_eq(read_layer(cases[i].routing, cases[i].more, &arena, &layer, &err),
                         SLED_E_INPUT);
        ck_assert_str_eq(err.pointer, cases[i].pointer);
        sled_arena_finish(&arena);
    }
}
END_TEST

START_TEST(model_has_no_shared_experts_unless_it_says_so)
{
    static const char text[] = "{\"experts\": 128, \"top_k\": 4, \"expert_intermediate\": 2880}";
    struct sled_arena arena = SLED_ARENA_INIT;
    struct sled_err err = SLED_ERR_INIT;
    struct sled_moe_model model;
    struct sled_doc *doc;

    ck_assert_int_eq(sled_doc_parse("test", text, strlen(text), &doc, &err), SLED_OK);
    ck_assert_int_eq(sled_field_read(&sled_moe_model_table, doc, "", &arena, &model, &err),
                     SLED_OK);
    ck_assert_uint_eq(model.hidden, 0); /* the architecture has it */
    model.hidden = 2880;
    ck_assert_uint_eq(model.experts, 128);
    ck_assert_uint_eq(model.top_k, 4);
    ck_assert_uint_eq(model.expert_intermediate, 2880);
    ck_assert_uint_eq(model.shared_experts, 0);
    ck_assert_uint_eq(sled_moe_row_bytes(&model, SLED_MXFP8), 2880 + 90);
    ck_assert_uint_eq(sled_moe_row_bytes(&model, SLED_BF16), 5760);
    sled_doc_destroy(doc);
    sled_arena_finish(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("work tables");
    TCase *tc = tcase_create("work tables");

    tcase_add_test(tc, defaults_are_the_documented_ones);
    tcase_add_test(tc, exponent_zero_is_written_not_absent);
    tcase_add_test(tc, bad_values_are_placed);
    tcase_add_test(tc, model_has_no_shared_experts_unless_it_says_so);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
