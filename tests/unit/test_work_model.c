/* SPDX-License-Identifier: Apache-2.0 */
/* Shipped models have the size that they are published with; kinds of layers; refusals. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "config/config.h"

/* Name, layers with experts, layers that see a window. */
static const struct {
    const char *name;
    uint64_t moe_layers, window_layers;
} shipped[] = {
    {"gpt-oss-120b", 36, 18}, {"gpt-oss-20b", 24, 12},    {"deepseek-v3", 58, 0},
    {"kimi-k2", 60, 0},       {"qwen3-235b-a22b", 94, 0}, {"qwen3-30b-a3b", 48, 0},
    {"mixtral-8x7b", 32, 0},  {"mixtral-8x22b", 56, 0},   {"llama-4-maverick", 24, 36},
    {"glm-4.5", 89, 0},       {"minimax-m2", 62, 0},      {"llama-3.3-70b", 0, 0},
    {"llama-3.1-405b", 0, 0}, {"llama-3.1-8b", 0, 0},     {"llama-2-7b", 0, 0},
    {"llama-2-70b", 0, 0},
};

static void load(const char *name, struct sled_config *out)
{
    struct sled_err err = SLED_ERR_INIT;
    char path[512];

    snprintf(path, sizeof path, "%s/workloads/models/%s.json", getenv("SLEDSIM_DATADIR"), name);
    ck_assert_msg(sled_config_load(path, NULL, 0, "model", out, &err) == SLED_OK, "%s", err.msg);
}

/* The total to 1 %. The active ones to 5 % of what they are with the embedding or without: both
 * are published, rounded to two digits. */
START_TEST(sizes_are_those_published)
{
    struct sled_config config;
    struct sled_model_parameters count;

    load(shipped[_i].name, &config);
    const struct sled_model *model = config.model;
    sled_model_count(model, &count);
    ck_assert(model->has_published);
    const double total = (double)model->published.total, active = (double)model->published.active;
    ck_assert_double_le(fabs((double)count.total / total - 1), 0.01);
    ck_assert_double_ge(active, 0.95 * (double)count.active);
    ck_assert_double_le(active, 1.05 * (double)(count.active + count.embedding));
    ck_assert_uint_le(count.active, count.total);
    sled_config_finish(&config);
}
END_TEST

START_TEST(layers_are_of_the_published_kinds)
{
    struct sled_config config;
    uint64_t moe = 0, window = 0;

    load(shipped[_i].name, &config);
    const struct sled_model *model = config.model;
    for (uint64_t l = 0; l < model->layers; l++) {
        ck_assert_uint_eq(sled_model_moe_before(model, l), moe);
        moe += sled_model_is_moe(model, l);
        window += sled_model_window(model, l) != 0;
    }
    ck_assert_uint_eq(moe, shipped[_i].moe_layers);
    ck_assert_uint_eq(window, shipped[_i].window_layers);
    sled_config_finish(&config);
}
END_TEST

/* The table of OpenAI's model card, in hundredths of a billion. */
START_TEST(parts_of_gpt_oss_are_those_of_its_card)
{
    struct sled_config config;
    struct sled_model_parameters count;

    load("gpt-oss-120b", &config);
    sled_model_count(config.model, &count);
    ck_assert_double_eq_tol((double)(count.experts + count.routers), 114.71e9, 0.01e9);
    ck_assert_double_eq_tol((double)count.attention, 0.96e9, 0.01e9);
    ck_assert_double_eq_tol((double)(count.embedding + count.head), 1.16e9, 0.01e9);
    ck_assert_double_eq_tol((double)count.active, 5.13e9, 0.01e9);
    sled_config_finish(&config);
}
END_TEST

START_TEST(caches_are_as_narrow_as_published)
{
    struct sled_config config;

    load("deepseek-v3", &config);
    ck_assert_uint_eq(sled_model_kv_elements(config.model), 576);
    sled_config_finish(&config);
    load("gpt-oss-120b", &config);
    ck_assert_uint_eq(sled_model_kv_elements(config.model), 1024);
    sled_config_finish(&config);
}
END_TEST

static struct sled_model small(void)
{
    return (struct sled_model){
        .layers = 4,
        .hidden = 64,
        .vocabulary = 100,
        .has_attention = true,
        .attention = {.heads = 8, .kv_heads = 2, .head_dim = 8},
        .has_moe = true,
        .moe = {.experts = 8, .top_k = 2, .expert_intermediate = 32, .every = 1}};
}

START_TEST(tied_embeddings_are_counted_once)
{
    struct sled_model model = small();
    struct sled_model_parameters apart, tied;

    sled_model_count(&model, &apart);
    model.tied_embeddings = true;
    sled_model_count(&model, &tied);
    ck_assert_uint_eq(tied.head, 0);
    ck_assert_uint_eq(apart.total - tied.total, 6400);
    ck_assert_uint_eq(apart.active, tied.active); /* the head is multiplied with either way */
}
END_TEST

static void assert_refused(const struct sled_model *model, const char *pointer, const char *text)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(sled_model_check(model, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.pointer, pointer);
    ck_assert_msg(strstr(err.msg, text) != NULL, "%s", err.msg);
}

START_TEST(contradictions_are_refused)
{
    struct sled_model model = small();

    model.attention.kv_heads = 3;
    assert_refused(&model, "/attention/kv_heads", "evenly");
    model = small();
    model.has_latent_attention = true;
    assert_refused(&model, "", "found both");
    model.has_attention = model.has_latent_attention = false;
    assert_refused(&model, "", "found neither");
    model = small();
    model.moe.dense_layers = 1;
    assert_refused(&model, "", "dense_intermediate");
    model.moe.dense_layers = 4;
    assert_refused(&model, "/moe/dense_layers", "none of 4 layers");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *tc = tcase_create("model");
    const int n = (int)SLED_ARRAY_LEN(shipped);

    tcase_add_loop_test(tc, sizes_are_those_published, 0, n);
    tcase_add_loop_test(tc, layers_are_of_the_published_kinds, 0, n);
    tcase_add_test(tc, parts_of_gpt_oss_are_those_of_its_card);
    tcase_add_test(tc, caches_are_as_narrow_as_published);
    tcase_add_test(tc, tied_embeddings_are_counted_once);
    tcase_add_test(tc, contradictions_are_refused);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
