/* SPDX-License-Identifier: Apache-2.0 */
/* Forward passes, simulated: pieces take as long as the whole, work is what the model says,
 * more of anything takes longer. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "config/config.h"
#include "config/forward_run.h"
#include "sim/sim.h"

static void load(const char *const *sets, size_t nsets, struct sled_config *out)
{
    struct sled_err err = SLED_ERR_INIT;
    char path[512];

    snprintf(path, sizeof path, "%s/workloads/gpt-oss-120b-decode.json", getenv("SLEDSIM_DATADIR"));
    ck_assert_msg(sled_config_load(path, sets, nsets, "workload", out, &err) == SLED_OK, "%s: %s",
                  err.pointer, err.msg);
}

/* The setting of a shipped model, in buf[size]. */
static const char *model_path(char *buf, size_t size, const char *name)
{
    snprintf(buf, size, "/forward/model=%s/workloads/models/%s.json", getenv("SLEDSIM_DATADIR"),
             name);
    return buf;
}

static enum sled_status simulate(void *arg, const struct sled_program *program,
                                 const double *start_s, struct sled_result **out,
                                 struct sled_err *err)
{
    const struct sled_sim_spec spec = {
        .machine = arg, .program = program, .start_s = start_s, .network = SLED_NETWORK_FLUID};

    return sled_sim_run(&spec, out, err);
}

static struct sled_forward_run run(struct sled_config *config, bool by_pieces)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_forward_run out;
    const struct sled_simulate how = {&config->workload->topology.machine, simulate, 0, NULL, NULL};

    ck_assert_msg(sled_forward_simulate(config->workload, &how, by_pieces, &out, &err) == SLED_OK,
                  "%s", err.msg);
    return out;
}

/* Four layers of gpt-oss-20b on a Trainium2 instance, its links shared by all that is not next to
 * each other, or on a part of an UltraServer. */
#define SMALL                                                                                \
    "/forward/model/architecture/layers=4", "/forward/batch=96",                             \
        "/forward/model/architecture/moe/experts=32", "/forward/layout/redundant_experts=0", \
        "/forward/layout/dp=1"
#define SKEWED "/forward/routing={\"distribution\":\"power_law\",\"alpha\":1.01,\"seed\":3}"
/* meets: stages, or groups with more tokens than others, drift apart, so that what some send meets
 * what others still send, and pieces do not serve. */
static const struct {
    const char *name;
    const char *set[8];
    bool meets;
    bool latent; /* DeepSeek-V3, not gpt-oss */
} cases[] = {
    {"tensor parallel", {"/forward/layout/tp=8"}, false, false},
    {"all to all", {"/forward/layout/tp=4", "/forward/layout/dp=4"}, false, false},
    {"skewed", {"/forward/layout/tp=4", "/forward/layout/dp=4", SKEWED}, false, false},
    {"own layers",
     {"/forward/layout/tp=1", "/forward/layout/dp=8",
      "/forward/routing={\"distribution\":\"power_law\",\"alpha\":1.01,\"per_layer\":true}"},
     false,
     false},
    {"all gather",
     {"/forward/layout/tp=4", "/forward/layout/dp=4", "/forward/layout/exchange=all_gather"},
     false,
     false},
    {"all gather in one group",
     {"/forward/layout/tp=8", "/forward/layout/exchange=all_gather"},
     false,
     false},
    {"context",
     {"/forward/layout/tp=4", "/forward/layout/cp=2", "/forward/layout/dp=2"},
     false,
     false},
    {"replicas", {"/forward/layout/tp=4", "/forward/layout/replicas=3", SKEWED}, false, false},
    {"split experts",
     {"/forward/layout/tp=4", "/forward/layout/dp=2", "/forward/layout/expert_tp=2", SKEWED},
     false,
     false},
    {"staged",
     {"/forward/layout/tp=4", "/forward/layout/dp=2", "/forward/memory=staged", SKEWED},
     false,
     false},
    {"across sleds",
     {"/forward/layout/tp=4", "/forward/layout/dp=2", "/forward/layout/order=across_sleds"},
     false,
     false},
    {"pipeline",
     {"/forward/layout/tp=4", "/forward/layout/dp=2", "/forward/layout/pp=2", SKEWED},
     true,
     false},
    {"prefill",
     {"/forward/layout/tp=4", "/forward/layout/dp=2", "/forward/phase=prefill", "/forward/batch=3",
      "/forward/chunk=300", SKEWED},
     true,
     false},
    {"prefill in parts of the context",
     {"/forward/layout/tp=2", "/forward/layout/cp=2", "/forward/layout/dp=2",
      "/forward/phase=prefill", "/forward/batch=2", "/forward/chunk=256"},
     false,
     false},
    {"shared expert beside",
     {"/forward/layout/tp=4", "/forward/layout/dp=2", SKEWED,
      "/forward/model/architecture/moe/shared_experts=1", "/forward/overlap=shared_expert"},
     false,
     false},
    {"latent", {"/forward/layout/tp=4", "/forward/layout/dp=2", SKEWED}, false, true},
    {"latent in parts of the context",
     {"/forward/layout/tp=2", "/forward/layout/cp=4", "/forward/batch=8"},
     false,
     true},
    {"latent prefill",
     {"/forward/layout/tp=4", "/forward/layout/dp=2", "/forward/phase=prefill", "/forward/batch=4",
      "/forward/chunk=256"},
     false,
     true},
    {"latent prefill in parts of the context",
     {"/forward/layout/tp=2", "/forward/layout/cp=2", "/forward/layout/dp=2",
      "/forward/phase=prefill", "/forward/batch=2", "/forward/chunk=256"},
     false,
     true},
};

static void load_case(int i, bool torus, struct sled_config *config)
{
    char topology[512], model[512];
    const char *const small[] = {SMALL};
    const char *set[32];
    size_t n = 0;

    if (cases[i].latent)
        set[n++] = model_path(model, sizeof model, "deepseek-v3");
    for (size_t k = 0; k < SLED_ARRAY_LEN(small); k++)
        set[n++] = small[k];
    if (torus) {
        snprintf(topology, sizeof topology, "/topology=%s/topologies/trn2-16.json",
                 getenv("SLEDSIM_DATADIR"));
        set[n++] = topology;
        set[n++] = "/forward/formats/experts=bf16";
        set[n++] = "/forward/formats/dispatch=bf16";
    }
    for (size_t k = 0; k < SLED_ARRAY_LEN(cases[i].set) && cases[i].set[k] != NULL; k++)
        set[n++] = cases[i].set[k];
    load(set, n, config);
}

/* To what rounding leaves; starts count as equal that differ by a picosecond. */
START_TEST(pieces_take_as_long_as_the_whole)
{
    for (int torus = 0; torus < 2; torus++) {
        struct sled_config config;

        load_case(_i, torus, &config);
        struct sled_forward_run pieces = run(&config, true), whole = run(&config, false);
        ck_assert_int_eq(pieces.whole, cases[_i].meets);
        ck_assert(whole.whole);
        ck_assert_uint_eq(whole.nparts, 1);
        ck_assert_msg(fabs(pieces.time_s - whole.time_s) < 1e-9 * whole.time_s,
                      "%s, torus %d: %.12g in pieces, %.12g as a whole", cases[_i].name, torus,
                      pieces.time_s, whole.time_s);
        sled_forward_run_finish(&pieces);
        sled_forward_run_finish(&whole);
        sled_config_finish(&config);
    }
}
END_TEST

static double flops_of(const struct sled_forward_run *run)
{
    double sum = 0;

    for (uint32_t i = 0; i < run->nparts; i++) {
        const struct sled_program *program = run->part[i].program;

        for (uint32_t c = 0; c < program->nchips; c++)
            for (uint32_t s = 0; s < program->chip[c].nsteps; s++)
                if (program->chip[c].step[s].kind == SLED_STEP_KERNEL)
                    sum += run->part[i].times *
                           program->kernel[program->chip[c].step[s].what].cost.flops;
    }
    return sum;
}

/* 2 flops per active parameter and token, the norms', biases' and sinks' taken off, and 4 per
 * query, key and element of attention. */
START_TEST(flops_are_those_of_active_parameters)
{
    static const char *const set[] = {"/forward/model/architecture/mlp_bias=false",
                                      "/forward/model/architecture/attention/bias=false",
                                      "/forward/model/architecture/attention/sinks=false"};
    struct sled_config config;
    struct sled_model_parameters count;

    load(set, SLED_ARRAY_LEN(set), &config);
    struct sled_forward_run out = run(&config, true);
    sled_model_count(&config.workload->model, &count);
    const double tokens = 2304, attention = 4.0 * 18 * (128 + 8192) * 64 * 64;
    ck_assert_double_eq_tol(flops_of(&out),
                            tokens * (2 * (double)(count.active - count.norms) + attention),
                            1e-9 * flops_of(&out));
    sled_forward_run_finish(&out);
    sled_config_finish(&config);
}
END_TEST

static double time_of(const char *const *sets, size_t nsets)
{
    struct sled_config config;

    load(sets, nsets, &config);
    struct sled_forward_run out = run(&config, true);
    const double time_s = out.time_s;
    sled_forward_run_finish(&out);
    sled_config_finish(&config);
    return time_s;
}

/* The same for latent attention. Decode: with the projections of keys and values absorbed, 2 per
 * query, key and element of the whole cached vector, and of its values. Prefill: keys and values
 * of a head each, half of the square; the head once per sequence. */
START_TEST(flops_of_latent_attention)
{
    const bool prefill = _i == 1;
    char model[512];
    const char *const set[] = {
        model_path(model, sizeof model, "deepseek-v3"),
        "/forward/layout={\"dp\":16}",
        "/forward/batch=32",
        prefill ? "/forward/phase=prefill" : "/forward/phase=decode",
        prefill ? "/forward/chunk=640" : "/forward/chunk=0",
        prefill ? "/forward/context=0" : "/forward/context=1024",
    };
    struct sled_config config;
    struct sled_model_parameters count;

    load(set, SLED_ARRAY_LEN(set), &config);
    struct sled_forward_run out = run(&config, true);
    sled_model_count(&config.workload->model, &count);
    const double norms = (double)count.norms + 61 * (1536 + 512);
    const double tokens = prefill ? 32 * 640 : 32;
    const double attention =
        61 * 128.0 * 32 * (prefill ? 640 * 641 / 2 * 2.0 * (192 + 128) : 1024 * 2.0 * (576 + 512));
    ck_assert_double_eq_tol(flops_of(&out),
                            2 * tokens * ((double)count.active - (double)count.head - norms) +
                                2 * 32 * (double)count.head + attention,
                            1e-9 * flops_of(&out));
    sled_forward_run_finish(&out);
    sled_config_finish(&config);
}
END_TEST

/* Keys and values of what was cached before a chunk are made again: a prompt in two chunks takes
 * longer than in one, but less than two whole ones. */
START_TEST(latent_prefill_in_chunks)
{
    char model[512];
    const char *set[] = {model_path(model, sizeof model, "deepseek-v3"),
                         "/forward/layout={\"dp\":16}",
                         "/forward/batch=16",
                         "/forward/phase=prefill",
                         "/forward/chunk=2048",
                         "/forward/context=0"};
    const double first_s = time_of(set, SLED_ARRAY_LEN(set));

    set[5] = "/forward/context=2048";
    const double second_s = time_of(set, SLED_ARRAY_LEN(set));
    set[4] = "/forward/chunk=4096";
    set[5] = "/forward/context=0";
    const double whole_s = time_of(set, SLED_ARRAY_LEN(set));

    ck_assert_double_gt(second_s, first_s);
    ck_assert_double_gt(first_s + second_s, whole_s);
    ck_assert_double_lt(first_s + second_s, 2 * whole_s);
}
END_TEST

/* A window shortens prefill, the more the longer the prompt; where it is no shorter, it does
 * nothing. */
START_TEST(a_window_cuts_prefill)
{
    const char *set[] = {SMALL,
                         "/forward/phase=prefill",
                         "/forward/batch=4",
                         "/forward/context=0",
                         "/forward/chunk=4096",
                         "/forward/model/architecture/attention/full_every=none",
                         "/forward/model/architecture/attention/window=all"};
    const size_t n = SLED_ARRAY_LEN(set);
    const double all_s = time_of(set, n);

    set[n - 1] = "/forward/model/architecture/attention/window=128";
    ck_assert_double_lt(time_of(set, n), 0.9 * all_s);
    set[n - 1] = "/forward/model/architecture/attention/window=4096";
    ck_assert_double_eq_tol(time_of(set, n), all_s, 1e-9 * all_s);
}
END_TEST

/* A chip by itself is done when its kernels have taken their times, one after the other, and the
 * rows of the embedding have come: nothing else of the chip makes them wait. */
START_TEST(a_chip_by_itself_takes_the_time_of_its_kernels)
{
    static const char *const machines[] = {"trn3-ultraserver", "trn2-16", "dgx-h100", "dgx-a100",
                                           "hgx-b200"};
    char topology[512], model[512];
    const char *const set[] = {topology,
                               model_path(model, sizeof model, "qwen3-30b-a3b"),
                               "/forward/layout={}",
                               "/forward/batch=4",
                               "/forward/context=512",
                               "/forward/formats={}",
                               "/forward/model/architecture/layers=4"};
    struct sled_config config;
    double kernels_s = 0;

    snprintf(topology, sizeof topology, "/topology=%s/topologies/%s.json",
             getenv("SLEDSIM_DATADIR"), machines[_i]);
    load(set, SLED_ARRAY_LEN(set), &config);
    struct sled_forward_run out = run(&config, true);
    for (uint32_t i = 0; i < out.nparts; i++) {
        const struct sled_program *program = out.part[i].program;

        for (uint32_t s = 0; s < program->chip[0].nsteps; s++)
            if (program->chip[0].step[s].kind == SLED_STEP_KERNEL)
                kernels_s +=
                    out.part[i].times * program->kernel[program->chip[0].step[s].what].cost.time_s;
    }
    ck_assert_double_gt(out.time_s, kernels_s);
    ck_assert_double_lt(out.time_s, kernels_s + 5e-6);
    sled_forward_run_finish(&out);
    sled_config_finish(&config);
}
END_TEST

/* A table picks the algorithms of a pass, and its protocols cost time. */
START_TEST(a_table_says_how_collectives_run)
{
    char topology[512], model[512], path[512];
    const char *const set[] = {topology,
                               model_path(model, sizeof model, "qwen3-30b-a3b"),
                               "/forward/layout={\"tp\":4,\"exchange\":\"all_gather\"}",
                               "/forward/batch=4",
                               "/forward/formats={}",
                               "/forward/model/architecture/layers=4"};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_config config, table;
    struct sled_forward_run out;
    uint32_t protocols = 0;

    snprintf(topology, sizeof topology, "/topology=%s/topologies/dgx-h100.json",
             getenv("SLEDSIM_DATADIR"));
    snprintf(path, sizeof path, "%s/collectives/nccl.json", getenv("SLEDSIM_DATADIR"));
    load(set, SLED_ARRAY_LEN(set), &config);
    ck_assert_int_eq(sled_config_load(path, NULL, 0, "selection", &table, &err), SLED_OK);
    struct sled_forward_run plain = run(&config, true);
    const struct sled_simulate how = {&config.workload->topology.machine, simulate, 0, NULL,
                                      table.selection};
    ck_assert_int_eq(sled_forward_simulate(config.workload, &how, true, &out, &err), SLED_OK);
    for (uint32_t i = 0; i < out.nparts; i++)
        for (uint32_t c = 0; c < out.part[i].program->ncollectives; c++)
            protocols += out.part[i].program->collective[c].has_protocol;
    ck_assert_uint_gt(protocols, 0);
    ck_assert_double_gt(out.time_s, plain.time_s);
    sled_forward_run_finish(&plain);
    sled_forward_run_finish(&out);
    sled_config_finish(&table);
    sled_config_finish(&config);
}
END_TEST

/* Layers that repeat are simulated once: the pass of 36 layers has few different pieces. */
START_TEST(repeated_layers_are_simulated_once)
{
    struct sled_config config;
    uint32_t times = 0;

    load(NULL, 0, &config);
    struct sled_forward_run out = run(&config, true);
    ck_assert(!out.whole);
    ck_assert_uint_le(out.nparts, 12);
    for (uint32_t i = 0; i < out.nparts; i++)
        times += out.part[i].times;
    /* The embedding's sum and the head; per layer scatter, dispatch, combine, gather. */
    ck_assert_uint_eq(times, 2 + 36 * 4);
    sled_forward_run_finish(&out);
    sled_config_finish(&config);
}
END_TEST

START_TEST(more_takes_longer)
{
    static const char *const more[][6] = {
        {SMALL, "/forward/context=16384"},
        {SMALL, "/forward/batch=192"},
        {SMALL, "/forward/model/architecture/layers=8"},
        {SMALL, "/forward/formats/kv_cache=bf16"},
        {SMALL, "/forward/memory=staged"},
    };
    static const char *const base[] = {SMALL};
    const double least = time_of(base, SLED_ARRAY_LEN(base));

    for (size_t i = 0; i < SLED_ARRAY_LEN(more); i++)
        ck_assert_double_gt(time_of(more[i], SLED_ARRAY_LEN(more[i])), least);
}
END_TEST

/* Halves that take turns are done before they would be one after the other, but not before one
 * alone; the work is that of both. */
START_TEST(halves_overlap)
{
    static const char *const whole[] = {SMALL, "/forward/layout/tp=4", "/forward/layout/dp=4",
                                        "/forward/overlap=two_batch"};
    static const char *const half[] = {SMALL, "/forward/layout/tp=4", "/forward/layout/dp=4",
                                       "/forward/batch=48"};
    struct sled_config config;

    load(whole, SLED_ARRAY_LEN(whole), &config);
    struct sled_forward_run both = run(&config, true);
    const double both_s = both.time_s, both_flops = flops_of(&both);
    ck_assert(both.whole);
    sled_forward_run_finish(&both);
    sled_config_finish(&config);

    load(half, SLED_ARRAY_LEN(half), &config);
    struct sled_forward_run one = run(&config, true);
    ck_assert_double_gt(both_s, one.time_s);
    ck_assert_double_lt(both_s, 2 * one.time_s);
    ck_assert_double_eq_tol(both_flops, 2 * flops_of(&one), 1e-9 * both_flops);
    sled_forward_run_finish(&one);
    sled_config_finish(&config);
}
END_TEST

START_TEST(a_launch_is_added)
{
    static const char *const base[] = {SMALL}, *const launch[] = {SMALL, "/forward/launch=2ms"};

    ck_assert_double_eq_tol(time_of(launch, SLED_ARRAY_LEN(launch)),
                            time_of(base, SLED_ARRAY_LEN(base)) + 2e-3, 1e-12);
}
END_TEST

/* In a step's dispatch and combine go, per layer, top_k rows a token there and back, but for those
 * whose expert is on their chip: with rows dealt in turn, within one a pair of chips of an even
 * share. */
START_TEST(exchanges_move_the_rows_of_tokens)
{
    struct sled_config config;
    double dispatched = 0, combined = 0;

    load(NULL, 0, &config);
    struct sled_forward_run out = run(&config, true);
    for (uint32_t i = 0; i < out.nparts; i++) {
        const struct sled_program *program = out.part[i].program;

        for (uint32_t c = 0; c < program->ncollectives; c++) {
            struct sled_plan_cost cost;
            struct sled_err err = SLED_ERR_INIT;

            ck_assert_int_eq(sled_plan_measure(program->collective[c].plan, &cost, &err), SLED_OK);
            if (strcmp(program->collective[c].name, "dispatch") == 0)
                dispatched += out.part[i].times * (double)cost.total_bytes;
            if (strcmp(program->collective[c].name, "combine") == 0)
                combined += out.part[i].times * (double)cost.total_bytes;
        }
    }
    const double rows = 36.0 * 2304 * 4 * 143 / 144;
    ck_assert_double_eq_tol(dispatched, rows * (2880 + 90), 0.01 * dispatched);
    ck_assert_double_eq_tol(combined, rows * 2880 * 2, 0.01 * combined);
    sled_forward_run_finish(&out);
    sled_config_finish(&config);
}
END_TEST

static const char *const models[] = {
    "deepseek-v3",     "glm-4.5",       "gpt-oss-20b",      "kimi-k2",    "llama-3.1-405b",
    "llama-3.3-70b",   "mixtral-8x7b",  "llama-4-maverick", "minimax-m2", "mixtral-8x22b",
    "qwen3-235b-a22b", "qwen3-30b-a3b", "llama-3.1-8b",     "llama-2-7b", "llama-2-70b"};

/* Kernels take the shapes of every shipped model; a token reads each active weight at least, so
 * memory bounds its time from below. */
START_TEST(shipped_models_run)
{
    const bool prefill = _i % 2 == 1;
    char model[512];
    const char *set[] = {model_path(model, sizeof model, models[_i / 2]),
                         "/forward/layout={\"tp\":8}",
                         "/forward/batch=8",
                         "/forward/context=512",
                         "/forward/formats={}",
                         prefill ? "/forward/phase=prefill" : "/forward/phase=decode",
                         prefill ? "/forward/chunk=64" : "/forward/chunk=0"};
    struct sled_config config;
    struct sled_model_parameters count;

    load(set, SLED_ARRAY_LEN(set), &config);
    struct sled_forward_run out = run(&config, true);
    sled_model_count(&config.workload->model, &count);
    ck_assert_double_gt(out.time_s, 2 * (double)(count.active - count.shared_experts) / 8 / 4.9e12);
    sled_forward_run_finish(&out);
    sled_config_finish(&config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forward");
    TCase *tc = tcase_create("forward");

    tcase_add_loop_test(tc, pieces_take_as_long_as_the_whole, 0, (int)SLED_ARRAY_LEN(cases));
    tcase_add_test(tc, flops_are_those_of_active_parameters);
    tcase_add_loop_test(tc, flops_of_latent_attention, 0, 2);
    tcase_add_test(tc, latent_prefill_in_chunks);
    tcase_add_test(tc, a_window_cuts_prefill);
    tcase_add_loop_test(tc, a_chip_by_itself_takes_the_time_of_its_kernels, 0, 5);
    tcase_add_test(tc, a_table_says_how_collectives_run);
    tcase_add_test(tc, repeated_layers_are_simulated_once);
    tcase_add_test(tc, more_takes_longer);
    tcase_add_test(tc, exchanges_move_the_rows_of_tokens);
    tcase_add_loop_test(tc, shipped_models_run, 0, 2 * (int)SLED_ARRAY_LEN(models));
    tcase_add_test(tc, halves_overlap);
    tcase_add_test(tc, a_launch_is_added);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
