/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accuracy e > 0 against exact mode: no completion is off by more than e of its flow's own
 * duration, whatever the traffic. Capacities and bytes are checked by the fixture in either mode.
 */
#include "fluid_fixture.h"

enum traffic {
    POWER_LAW,  /* few destinations get most, as the experts of a MoE layer */
    RANDOM,     /* 1 to 2 MB a pair */
    STAGGERED,  /* the same, started over about the time that all of it takes */
    MAGNITUDES, /* 1 B to 1 MB a pair */
    TRAFFICS
};
static const char *const traffic_names[TRAFFICS] = {"power law", "random sizes", "staggered starts",
                                                    "orders of magnitude"};

static const uint32_t endpoints[] = {8, 23, 48};
static const double accuracies[] = {1e-2, 1e-3};

static double pair_bytes(struct sled_rng *rng, enum traffic traffic, double load)
{
    switch (traffic) {
    case POWER_LAW:
        return 7168 * (1 + floor(load * (0.5 + sled_rng_unit(rng))));
    case MAGNITUDES:
        return ceil(pow(10, 6 * sled_rng_unit(rng)));
    default:
        return 1e6 + sled_rng_below(rng, 1000001);
    }
}

static void add_traffic(struct sled_rng *rng, struct fluid_script *script, uint32_t n,
                        enum traffic traffic)
{
    struct sled_err err = SLED_ERR_INIT;
    uint32_t path = 0;
    double *load;

    CK_OK(sled_vec_alloc(&load, n, &err));
    for (uint32_t d = 0; d < n; d++)
        load[d] = pow(1000, sled_rng_unit(rng)); /* p(x) ~ 1/x on [1, 1000] */
    for (uint32_t s = 0; s < n; s++)
        for (uint32_t d = 0; d < n; d++) {
            if (s == d)
                continue;
            struct fluid_flow flow = {.after = FLUID_NONE, .path = path++, .cap = INFINITY};

            flow.bytes = pair_bytes(rng, traffic, load[d]);
            if (traffic == STAGGERED)
                flow.at_s = 1.5e6 * n / FLUID_PORT_BYTES_PER_S * sled_rng_unit(rng);
            fluid_add_flow(script, flow);
        }
    free(load);
}

static void assert_close_times(const struct fluid_script *script, const struct fluid_times *exact,
                               double accuracy, const char *what)
{
    struct fluid_times times;

    fluid_play(script, accuracy, &times, NULL);
    for (uint32_t f = 0; f < script->nflows; f++) {
        const double duration_s = exact->end_s[f] - exact->start_s[f];
        const double off_s = fabs(times.end_s[f] - exact->end_s[f]);

        FLUID_REQUIRE(off_s <= accuracy * duration_s + 1e-12 * exact->end_s[f],
                      "%s, accuracy %g: flow %u of %u, which lasts %g s, is off by %g of that",
                      what, accuracy, f, script->nflows, duration_s, off_s / duration_s);
    }
    fluid_times_finish(&times);
}

START_TEST(no_completion_is_off_by_more)
{
    const enum traffic traffic = (enum traffic)(_i % TRAFFICS);

    for (size_t i = 0; i < SLED_ARRAY_LEN(endpoints); i++) {
        const uint32_t n = endpoints[i];

        for (uint64_t seed = 0; seed < 48 / n; seed++) {
            struct fluid_script script = {0};
            struct fluid_times exact;
            struct sled_rng rng;

            sled_rng_init(&rng, seed, (uint64_t)_i);
            fluid_add_star(&script, n, _i >= TRAFFICS);
            add_traffic(&rng, &script, n, traffic);
            fluid_play(&script, 0, &exact, NULL);
            for (size_t a = 0; a < SLED_ARRAY_LEN(accuracies); a++)
                assert_close_times(&script, &exact, accuracies[a], traffic_names[traffic]);
            fluid_times_finish(&exact);
            fluid_script_finish(&script);
        }
    }
}
END_TEST

/* That the above can fail: at this accuracy most water-fillings are spared. */
START_TEST(accuracy_saves_work)
{
    static const double tried[] = {0, 1e-2};
    uint64_t solves[SLED_ARRAY_LEN(tried)];
    struct fluid_script script = {0};
    struct sled_rng rng;

    sled_rng_init(&rng, 1, 0);
    fluid_add_star(&script, 32, false);
    add_traffic(&rng, &script, 32, RANDOM);
    for (size_t a = 0; a < SLED_ARRAY_LEN(tried); a++) {
        struct sled_fluid_stats stats;
        struct fluid_times times;

        fluid_play(&script, tried[a], &times, &stats);
        solves[a] = stats.solves;
        fluid_times_finish(&times);
    }
    ck_assert_uint_lt(4 * solves[1], solves[0]);
    fluid_script_finish(&script);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fluid_accuracy");
    TCase *tc = tcase_create("accuracy");

    tcase_add_loop_test(tc, no_completion_is_off_by_more, 0, 2 * TRAFFICS);
    tcase_add_test(tc, accuracy_saves_work);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
