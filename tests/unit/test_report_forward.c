/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over a forward pass: the same of its pieces and of the whole, phases fill the time, rates
 * follow from each other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "check_main.h"
#include "cli/forward.h"
#include "config/forward_run.h"

static enum sled_status simulate(void *arg, const struct sled_program *program,
                                 const double *start_s, struct sled_result **out,
                                 struct sled_err *err)
{
    const struct sled_sim_spec spec = {
        .machine = arg, .program = program, .start_s = start_s, .network = SLED_NETWORK_FLUID};

    return sled_sim_run(&spec, out, err);
}

static void load(const char *const *sets, size_t nsets, struct sled_config *out)
{
    struct sled_err err = SLED_ERR_INIT;
    char path[512];

    snprintf(path, sizeof path, "%s/workloads/gpt-oss-120b-decode.json", getenv("SLEDSIM_DATADIR"));
    ck_assert_msg(sled_config_load(path, sets, nsets, "workload", out, &err) == SLED_OK, "%s",
                  err.msg);
}

static struct sled_forward_summary summarise(const struct sled_config *config, bool by_pieces,
                                             struct sled_forward_facts *facts)
{
    const struct sled_topology *topology = &config->workload->topology;
    const struct sled_simulate how = {.arg = &config->workload->topology.machine, .run = simulate};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_forward_summary out;
    struct sled_forward_run run;

    ck_assert_int_eq(sled_cli_forward_facts(config->workload, facts, &err), SLED_OK);
    ck_assert_int_eq(sled_forward_simulate(config->workload, &how, by_pieces, &run, &err), SLED_OK);
    ck_assert_int_eq(run.whole, !by_pieces);
    ck_assert_int_eq(sled_forward_summarise(facts, &topology->machine, &topology->power, run.part,
                                            run.nparts, run.time_s, &out, &err),
                     SLED_OK);
    sled_forward_run_finish(&run);
    return out;
}

static void assert_close(double a, double b)
{
    ck_assert_double_le(fabs(a - b), 1e-9 * fmax(fabs(a), fabs(b)));
}

static const char *const skewed[] = {
    "/forward/model/architecture/layers=4",
    "/forward/layout={\"tp\":2,\"dp\":4,\"replicas\":2}",
    "/forward/batch=64",
    "/forward/launch=100us",
    "/forward/routing={\"distribution\":\"power_law\",\"alpha\":1.01,\"seed\":2}",
};

START_TEST(pieces_sum_up_to_the_whole)
{
    struct sled_forward_facts facts;
    struct sled_config config;

    load(skewed, SLED_ARRAY_LEN(skewed), &config);
    struct sled_forward_summary a = summarise(&config, true, &facts);
    struct sled_forward_summary b = summarise(&config, false, &facts);
    assert_close(a.time_s, b.time_s);
    assert_close(a.energy.total_j, b.energy.total_j);
    assert_close(a.energy.link_j, b.energy.link_j);
    assert_close(a.exposed_communication_s, b.exposed_communication_s);
    assert_close(a.utilisation, b.utilisation);
    ck_assert_str_eq(a.busiest, b.busiest);
    for (int e = 0; e < SLED_ENGINES; e++)
        assert_close(a.engine[e], b.engine[e]);
    for (uint32_t p = 0; p < a.nphases; p++) {
        assert_close(a.phase[p].exposed_s, b.phase[p].exposed_s);
        assert_close(a.phase[p].network_bytes, b.phase[p].network_bytes);
        assert_close(a.phase[p].memory_bytes, b.phase[p].memory_bytes);
    }
    free(a.phase);
    free(b.phase);
    sled_config_finish(&config);
}
END_TEST

/* Phases fill a chip's time up to its end; the slowest has no time left. */
START_TEST(phases_fill_the_time)
{
    static const char *const even[] = {"/forward/model/architecture/layers=4"};
    struct sled_forward_facts facts;
    struct sled_config config;
    double sum_s = 0;

    load(even, SLED_ARRAY_LEN(even), &config);
    struct sled_forward_summary s = summarise(&config, true, &facts);
    for (uint32_t p = 0; p < s.nphases; p++)
        sum_s += s.phase[p].exposed_s;
    ck_assert_double_le(sum_s, s.time_s * (1 + 1e-9));
    ck_assert_double_ge(sum_s, 0.999 * s.time_s); /* all chips do the same */
    ck_assert_double_lt(s.exposed_communication_s, sum_s);
    free(s.phase);
    sled_config_finish(&config);
}
END_TEST

START_TEST(rates_follow_from_each_other)
{
    struct sled_forward_facts facts;
    struct sled_config config;

    load(skewed, SLED_ARRAY_LEN(skewed), &config);
    struct sled_forward_summary s = summarise(&config, true, &facts);
    ck_assert_uint_eq(facts.chips, 16);
    assert_close(s.latency_s, s.time_s);
    assert_close(s.tokens_per_s_user, 1 / s.time_s);
    assert_close(s.tokens_per_s, 2 * 64 / s.time_s);
    assert_close(s.tokens_per_s_chip * 16, s.tokens_per_s);
    assert_close(s.joules_per_token * s.tokens_per_s, s.watts);
    assert_close(s.tokens_per_s_mw, 1e6 / s.joules_per_token);
    free(s.phase);
    sled_config_finish(&config);
}
END_TEST

START_TEST(what_does_not_fit_says_how_much)
{
    const struct sled_forward_facts full = {
        .weight_bytes = 60, .kv_bytes = 30, .activation_bytes = 11, .hbm_bytes = 100};
    const struct sled_forward_facts room = {.weight_bytes = 60, .hbm_bytes = 100};

    ck_assert_double_eq(sled_forward_missing(&full), 1);
    ck_assert_double_eq(sled_forward_missing(&room), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forward report");
    TCase *tc = tcase_create("forward report");

    tcase_add_test(tc, pieces_sum_up_to_the_whole);
    tcase_add_test(tc, phases_fill_the_time);
    tcase_add_test(tc, rates_follow_from_each_other);
    tcase_add_test(tc, what_does_not_fit_says_how_much);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
