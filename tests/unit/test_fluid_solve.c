/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact solver against closed forms, against an oracle on thousands of random scripts, and
 * against itself under other names. What holds at every step (capacities, max-min optimality,
 * conservation of bytes) is checked by the fixture, whatever is played.
 */
#include "fluid_fixture.h"

enum { BATCHES = 20, SCRIPTS = 150 };

static bool chance(struct sled_rng *rng, double p)
{
    return sled_rng_unit(rng) < p;
}

/* 1, or up to so many decades more. */
static double spread(struct sled_rng *rng, double decades)
{
    return pow(10, decades * sled_rng_unit(rng));
}

static void shuffle(struct sled_rng *rng, uint32_t *deck, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        deck[i] = i;
    for (uint32_t i = count; i > 1; i--) {
        const uint32_t j = sled_rng_below(rng, i);
        const uint32_t top = deck[i - 1];

        deck[i - 1] = deck[j];
        deck[j] = top;
    }
}

/* What the scripts of one kind have in common. */
struct style {
    uint32_t resources, paths, flows; /* at most */
    uint32_t changes;                 /* at most */
    double decades;                   /* of capacities and sizes; 0: all equal */
    bool pairs;                       /* paths of two resources, as between two ports */
    bool uneven;                      /* weights that are no whole numbers */
};

static void random_path(struct sled_rng *rng, const struct style *style,
                        struct fluid_script *script)
{
    const uint32_t most = script->nresources < FLUID_USES ? script->nresources : FLUID_USES;
    const uint32_t nuses = !style->pairs ? 1 + sled_rng_below(rng, most) : most < 2 ? most : 2;
    uint32_t deck[256];

    FLUID_REQUIRE(script->nresources <= SLED_ARRAY_LEN(deck), "too many resources to shuffle");
    shuffle(rng, deck, script->nresources);
    fluid_add_path(script, chance(rng, 0.2));
    for (uint32_t u = 0; u < nuses; u++)
        fluid_add_use(script, deck[u],
                      style->uneven ? 0.5 + 3 * sled_rng_unit(rng)
                                    : 1 + sled_rng_below(rng, 5) / 4);
}

/* A capped path has one flow at a time: the later ones wait for the one before. */
static void random_flow(struct sled_rng *rng, const struct style *style,
                        struct fluid_script *script, uint32_t *last_of_path)
{
    const uint32_t path = sled_rng_below(rng, script->npaths);
    const bool capped = script->path[path].capped;
    struct fluid_flow flow = {
        .after = FLUID_NONE, .path = path, .bytes = 1000 * spread(rng, style->decades)};

    if (chance(rng, 0.5))
        flow.at_s = chance(rng, 0.5) ? sled_rng_below(rng, 10) : 10 * sled_rng_unit(rng);
    if (script->nflows > 0 && chance(rng, 0.2))
        flow.after = sled_rng_below(rng, script->nflows);
    if (capped && last_of_path[path] != FLUID_NONE)
        flow.after = last_of_path[path];
    flow.cap = capped ? 50 * spread(rng, 1.5) : INFINITY;
    last_of_path[path] = fluid_add_flow(script, flow);
}

static struct fluid_script random_script(struct sled_rng *rng, const struct style *style)
{
    struct fluid_script script = {0};
    struct sled_err err = SLED_ERR_INIT;
    uint32_t *last_of_path;

    for (uint32_t n = 1 + sled_rng_below(rng, style->resources); n > 0; n--)
        fluid_add_resource(&script, 100 * spread(rng, style->decades));
    for (uint32_t n = 1 + sled_rng_below(rng, style->paths); n > 0; n--)
        random_path(rng, style, &script);
    CK_OK(sled_vec_alloc(&last_of_path, script.npaths, &err));
    for (uint32_t p = 0; p < script.npaths; p++)
        last_of_path[p] = FLUID_NONE;
    for (uint32_t n = 1 + sled_rng_below(rng, style->flows); n > 0; n--)
        random_flow(rng, style, &script, last_of_path);
    free(last_of_path);

    double at_s = 0;
    for (uint32_t n = sled_rng_below(rng, style->changes + 1); n > 0; n--) {
        at_s += chance(rng, 0.3) ? 0 : 5 * sled_rng_unit(rng);
        fluid_add_change(&script,
                         (struct fluid_change){.at_s = at_s,
                                               .resource = sled_rng_below(rng, script.nresources),
                                               .capacity = 20 * spread(rng, 2)});
    }
    return script;
}

static struct style random_style(struct sled_rng *rng)
{
    return (struct style){
        .resources = 12,
        .paths = 16,
        .flows = 40,
        .changes = chance(rng, 0.3) ? 6 : 0,
        .decades = sled_rng_below(rng, 4),
        .pairs = chance(rng, 0.4),
        .uneven = chance(rng, 0.5),
    };
}

static void assert_same_times(const struct fluid_script *script, const struct fluid_times *found,
                              const struct fluid_times *expected, uint64_t seed)
{
    for (uint32_t f = 0; f < script->nflows; f++)
        FLUID_REQUIRE(fabs(found->end_s[f] - expected->end_s[f]) <= 1e-9 * expected->end_s[f],
                      "script %llu, flow %u of %u: ends at %.17g s, expected %.17g s",
                      (unsigned long long)seed, f, script->nflows, found->end_s[f],
                      expected->end_s[f]);
}

static void compare_script(struct fluid_script *script, uint64_t seed)
{
    struct fluid_times found, expected;

    fluid_play(script, 0, &found, NULL);
    fluid_oracle(script, &expected);
    assert_same_times(script, &found, &expected, seed);
    fluid_times_finish(&found);
    fluid_times_finish(&expected);
    fluid_script_finish(script);
}

static void compare_with_oracle(struct sled_rng *rng, const struct style *style, uint64_t seed)
{
    struct fluid_script script = random_script(rng, style);

    compare_script(&script, seed);
}

START_TEST(random_scripts_end_as_the_oracle_says)
{
    for (uint64_t seed = (uint64_t)_i * SCRIPTS; seed < (uint64_t)(_i + 1) * SCRIPTS; seed++) {
        struct sled_rng rng;

        sled_rng_init(&rng, seed, 0);
        const struct style style = random_style(&rng);
        compare_with_oracle(&rng, &style, seed);
    }
}
END_TEST

/* Many resources that fill one after the other, so that most changes leave most of them alone. */
START_TEST(large_scripts_end_as_the_oracle_says)
{
    struct sled_rng rng;

    sled_rng_init(&rng, (uint64_t)_i, 1);
    const struct style style = {.resources = 200,
                                .paths = 150,
                                .flows = 250,
                                .changes = _i % 2 == 0 ? 0 : 3,
                                .decades = _i % 3,
                                .pairs = _i % 4 != 0,
                                .uneven = _i % 5 == 0};
    compare_with_oracle(&rng, &style, (uint64_t)_i);
}
END_TEST

/*
 * Chips around a switch, each with a memory that its links alone cannot fill, and copies within
 * a chip that can: now and then such a copy comes, and may slow the flows of its chip down.
 */
START_TEST(memories_fill_only_beside_local_copies)
{
    enum { CHIPS = 9, UP = 0, DOWN = CHIPS, MEMORY = 2 * CHIPS, FLOWS = 150 };

    for (uint64_t seed = 0; seed < 60; seed++) {
        struct fluid_script script = {0};
        struct sled_rng rng;

        sled_rng_init(&rng, seed, 4);
        for (uint32_t r = 0; r < 3 * CHIPS; r++)
            fluid_add_resource(&script, r < MEMORY ? 100 : 201 + 200 * sled_rng_unit(&rng));
        for (uint32_t a = 0; a < CHIPS; a++)
            for (uint32_t b = 0; b < CHIPS; b++) {
                fluid_add_path(&script, false);
                if (a != b) {
                    fluid_add_use(&script, UP + a, 1);
                    fluid_add_use(&script, DOWN + b, 1);
                    fluid_add_use(&script, MEMORY + b, 1);
                }
                fluid_add_use(&script, MEMORY + a, a == b ? 2 : 1);
            }
        for (uint32_t f = 0; f < FLOWS; f++)
            fluid_add_flow(&script, (struct fluid_flow){
                                        .at_s = sled_rng_below(&rng, 10),
                                        .after = FLUID_NONE,
                                        .path = sled_rng_below(&rng, 8) == 0
                                                    ? sled_rng_below(&rng, CHIPS) * (CHIPS + 1)
                                                    : sled_rng_below(&rng, CHIPS * CHIPS),
                                        .bytes = 1 + 2000 * sled_rng_unit(&rng),
                                        .cap = INFINITY,
                                    });
        compare_script(&script, seed);
    }
}
END_TEST

/*
 * Half of all pairs move little and complete at one instant, when all levels are close to each
 * other: so much changes at once that levels are found anew from nothing, which must not show.
 */
START_TEST(what_goes_round_begins_anew)
{
    enum { ENDPOINTS = 48, SEEDS = 5 };
    uint64_t restarts = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct fluid_script script = {0};
        struct fluid_times found, expected;
        struct sled_fluid_stats stats;
        struct sled_rng rng;

        sled_rng_init(&rng, seed, 5);
        fluid_add_star(&script, ENDPOINTS, false);
        for (uint32_t path = 0; path < script.npaths; path++)
            fluid_add_flow(&script, (struct fluid_flow){.after = FLUID_NONE,
                                                        .path = path,
                                                        .bytes = chance(&rng, 0.5) ? 1e6 : 1e7,
                                                        .cap = INFINITY});
        fluid_play(&script, 0, &found, &stats);
        fluid_oracle(&script, &expected);
        assert_same_times(&script, &found, &expected, seed);
        restarts += stats.restarts;
        fluid_times_finish(&found);
        fluid_times_finish(&expected);
        fluid_script_finish(&script);
    }
    ck_assert_uint_gt(restarts, 0);
}
END_TEST

/* The same script under other numbers; renamed[f] receives the new number of flow f. */
static struct fluid_script rename_all(struct sled_rng *rng, const struct fluid_script *script,
                                      uint32_t *renamed)
{
    struct fluid_script other = {0};
    struct sled_err err = SLED_ERR_INIT;
    uint32_t *resource, *path, *flow_at;

    CK_OK(sled_vec_alloc(&resource, script->nresources, &err));
    CK_OK(sled_vec_alloc(&path, script->npaths, &err));
    CK_OK(sled_vec_alloc(&flow_at, script->nflows, &err));
    shuffle(rng, resource, script->nresources);
    shuffle(rng, path, script->npaths);
    shuffle(rng, renamed, script->nflows);
    for (uint32_t r = 0; r < script->nresources; r++)
        fluid_add_resource(&other, 0);
    for (uint32_t r = 0; r < script->nresources; r++)
        other.capacity[resource[r]] = script->capacity[r];
    for (uint32_t p = 0; p < script->npaths; p++)
        fluid_add_path(&other, false);
    for (uint32_t p = 0; p < script->npaths; p++) {
        const struct fluid_path *from = &script->path[p];
        struct fluid_path *to = &other.path[path[p]];

        *to = *from;
        for (uint32_t u = 0; u < from->nuses; u++) /* and the other way round */
            to->use[u] = (struct sled_fluid_use){resource[from->use[from->nuses - 1 - u].resource],
                                                 from->use[from->nuses - 1 - u].weight};
    }
    for (uint32_t f = 0; f < script->nflows; f++)
        flow_at[renamed[f]] = f;
    for (uint32_t i = 0; i < script->nflows; i++) {
        struct fluid_flow flow = script->flow[flow_at[i]];

        flow.path = path[flow.path];
        if (flow.after != FLUID_NONE)
            flow.after = renamed[flow.after];
        fluid_add_flow(&other, flow);
    }
    for (uint32_t c = 0; c < script->nchanges; c++) {
        struct fluid_change change = script->change[c];

        change.resource = resource[change.resource];
        fluid_add_change(&other, change);
    }
    free(resource);
    free(path);
    free(flow_at);
    return other;
}

START_TEST(names_do_not_matter)
{
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct sled_err err = SLED_ERR_INIT;
        struct fluid_times times, other_times;
        struct sled_rng rng;
        uint32_t *renamed;

        sled_rng_init(&rng, seed, 2);
        const struct style style = random_style(&rng);
        struct fluid_script script = random_script(&rng, &style);
        CK_OK(sled_vec_alloc(&renamed, script.nflows, &err));
        struct fluid_script other = rename_all(&rng, &script, renamed);

        fluid_play(&script, 0, &times, NULL);
        fluid_play(&other, 0, &other_times, NULL);
        for (uint32_t f = 0; f < script.nflows; f++) {
            const double end_s = times.end_s[f];
            const double other_s = other_times.end_s[renamed[f]];

            FLUID_REQUIRE(fabs(end_s - other_s) <= 1e-12 * end_s,
                          "script %llu, flow %u: ends at %.17g s, renamed at %.17g s",
                          (unsigned long long)seed, f, end_s, other_s);
        }
        free(renamed);
        fluid_times_finish(&times);
        fluid_times_finish(&other_times);
        fluid_script_finish(&script);
        fluid_script_finish(&other);
    }
}
END_TEST

START_TEST(equal_calls_give_equal_bits)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct fluid_times a, b;
        struct sled_rng rng;

        sled_rng_init(&rng, seed, 3);
        const struct style style = random_style(&rng);
        struct fluid_script script = random_script(&rng, &style);
        const double accuracy = seed % 2 == 0 ? 0 : 1e-2;

        fluid_play(&script, accuracy, &a, NULL);
        fluid_play(&script, accuracy, &b, NULL);
        ck_assert_mem_eq(a.end_s, b.end_s, script.nflows * sizeof *a.end_s);
        fluid_times_finish(&a);
        fluid_times_finish(&b);
        fluid_script_finish(&script);
    }
}
END_TEST

/* Whatever arrives when, one resource is busy until all that has arrived is through. */
START_TEST(one_resource_never_idles)
{
    struct fluid_script script = {0};
    struct fluid_times times;
    struct sled_rng rng;
    double at_s = 0, busy_until_s = 0, end_s = 0;

    sled_rng_init(&rng, (uint64_t)_i, 4);
    fluid_add_resource(&script, 100);
    fluid_add_path(&script, false);
    fluid_add_use(&script, 0, 1);
    fluid_add_path(&script, false);
    fluid_add_use(&script, 0, 2.5);
    for (uint32_t f = 0; f < 100; f++) {
        const struct fluid_flow flow = {.at_s = at_s,
                                        .after = FLUID_NONE,
                                        .path = f % 2,
                                        .bytes = 1 + 200 * sled_rng_unit(&rng),
                                        .cap = INFINITY};
        fluid_add_flow(&script, flow);
        busy_until_s = fmax(busy_until_s, at_s) + flow.bytes * (f % 2 == 0 ? 1 : 2.5) / 100;
        at_s += chance(&rng, 0.5) ? 0 : 5 * sled_rng_unit(&rng);
    }
    fluid_play(&script, 0, &times, NULL);
    for (uint32_t f = 0; f < script.nflows; f++)
        end_s = fmax(end_s, times.end_s[f]);
    ck_assert_double_eq_tol(end_s, busy_until_s, 1e-12 * busy_until_s);
    fluid_times_finish(&times);
    fluid_script_finish(&script);
}
END_TEST

/* A row of links, one flow along all of them and one across each: halves everywhere, and what a
 * narrower link leaves goes to its neighbours' flows. */
START_TEST(a_row_of_links)
{
    static const double capacity[] = {100, 40, 100};
    struct fluid_script script = {0};
    struct fluid_times times;

    for (uint32_t r = 0; r < SLED_ARRAY_LEN(capacity); r++) {
        fluid_add_resource(&script, capacity[r]);
        fluid_add_path(&script, false);
        fluid_add_use(&script, r, 1);
    }
    const uint32_t along = fluid_add_path(&script, false);
    for (uint32_t r = 0; r < SLED_ARRAY_LEN(capacity); r++)
        fluid_add_use(&script, r, 1);
    for (uint32_t p = 0; p <= along; p++)
        fluid_add_flow(&script, (struct fluid_flow){
                                    .after = FLUID_NONE, .path = p, .bytes = 80, .cap = INFINITY});
    fluid_play(&script, 0, &times, NULL);
    ck_assert_double_eq_tol(times.end_s[0], 1, 1e-12); /* 80 of 100 */
    ck_assert_double_eq_tol(times.end_s[2], 1, 1e-12);
    ck_assert_double_eq_tol(times.end_s[1], 4, 1e-12); /* 20 of 40 */
    ck_assert_double_eq_tol(times.end_s[along], 4, 1e-12);
    fluid_times_finish(&times);
    fluid_script_finish(&script);
}
END_TEST

/* A capacity that falls to a tenth half way, and rises again. */
START_TEST(capacities_change_under_way)
{
    struct fluid_script script = {0};
    struct fluid_times times;

    fluid_add_resource(&script, 100);
    fluid_add_path(&script, false);
    fluid_add_use(&script, 0, 1);
    fluid_add_flow(&script,
                   (struct fluid_flow){.after = FLUID_NONE, .bytes = 200, .cap = INFINITY});
    fluid_add_change(&script, (struct fluid_change){.at_s = 1, .capacity = 10});
    fluid_add_change(&script, (struct fluid_change){.at_s = 6, .capacity = 1000});
    fluid_play(&script, 0, &times, NULL);
    ck_assert_double_eq_tol(times.end_s[0], 6.05, 1e-12);
    fluid_times_finish(&times);
    fluid_script_finish(&script);
}
END_TEST

/* Equal flows complete together, each once. */
START_TEST(equal_flows_complete_together)
{
    enum { FLOWS = 100 };
    static const struct sled_fluid_use use = {.resource = 0, .weight = 1};
    const double capacity = 64;
    struct sled_err err = SLED_ERR_INIT;
    bool seen[FLOWS] = {false};
    struct sled_fluid *fluid;
    const uint64_t *tags;
    uint32_t path;
    size_t count;
    double next_s;

    CK_OK(sled_fluid_create(&capacity, 1, 0, &fluid, &err));
    CK_OK(sled_fluid_add_path(fluid, &use, 1, false, &path, &err));
    for (uint64_t i = 0; i < FLOWS; i++)
        CK_OK(sled_fluid_start(fluid, 0, path, 64, INFINITY, i, &err));
    CK_OK(sled_fluid_next(fluid, &next_s, &err));
    ck_assert_double_eq(next_s, FLOWS);
    sled_fluid_advance(fluid, next_s, &tags, &count);
    ck_assert_uint_eq(count, FLOWS);
    for (uint64_t i = 0; i < FLOWS; i++) {
        ck_assert(tags[i] < FLOWS && !seen[tags[i]]);
        seen[tags[i]] = true;
    }
    CK_OK(sled_fluid_next(fluid, &next_s, &err));
    ck_assert(isinf(next_s));
    sled_fluid_destroy(fluid);
}
END_TEST

/* A wide resource behind narrow ones is left out, until a capacity says otherwise. */
START_TEST(what_cannot_fill_is_left_out)
{
    static const double capacity[] = {10, 10, 100};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_fluid_stats stats;
    struct sled_fluid *fluid;
    double next_s;

    CK_OK(sled_fluid_create(capacity, SLED_ARRAY_LEN(capacity), 0, &fluid, &err));
    for (uint32_t p = 0; p < 2; p++) {
        const struct sled_fluid_use use[] = {{p, 1}, {2, 2}};
        uint32_t id;

        CK_OK(sled_fluid_add_path(fluid, use, SLED_ARRAY_LEN(use), false, &id, &err));
    }
    CK_OK(sled_fluid_start(fluid, 0, 0, 100, INFINITY, 0, &err));
    CK_OK(sled_fluid_start(fluid, 0, 1, 100, INFINITY, 1, &err));
    CK_OK(sled_fluid_next(fluid, &next_s, &err));
    sled_fluid_stats_get(fluid, &stats);
    ck_assert_uint_eq(stats.never, 1);
    ck_assert_double_eq(next_s, 10);
    CK_OK(sled_fluid_set_capacity(fluid, 0, 2, 30, &err));
    CK_OK(sled_fluid_next(fluid, &next_s, &err));
    sled_fluid_stats_get(fluid, &stats);
    ck_assert_uint_eq(stats.never, 0);
    ck_assert_double_eq_tol(next_s, 100 / 7.5, 1e-12);
    sled_fluid_destroy(fluid);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fluid_solve");
    TCase *tc = tcase_create("solve");

    tcase_add_test(tc, a_row_of_links);
    tcase_add_test(tc, capacities_change_under_way);
    tcase_add_test(tc, equal_flows_complete_together);
    tcase_add_test(tc, what_cannot_fill_is_left_out);
    tcase_add_loop_test(tc, one_resource_never_idles, 0, 10);
    tcase_add_loop_test(tc, random_scripts_end_as_the_oracle_says, 0, BATCHES);
    tcase_add_loop_test(tc, large_scripts_end_as_the_oracle_says, 0, 12);
    tcase_add_test(tc, memories_fill_only_beside_local_copies);
    tcase_add_test(tc, what_goes_round_begins_anew);
    tcase_add_test(tc, names_do_not_matter);
    tcase_add_test(tc, equal_calls_give_equal_bits);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
