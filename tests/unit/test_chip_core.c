/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of tiles on one core, against times worked out by hand. */
#include "base/vec.h"
#include "chip/core.h"
#include "chip_fixture.h"

/* 2.4 GHz, 3 us at half speed after idling. */
static struct sled_chip chip;

static void load(void)
{
    chip = chip_load("trainium3");
}

static struct sled_op op_of(enum sled_engine engine, double busy_s, double latency_s)
{
    return (struct sled_op){
        .engine = engine, .name = "x", .busy_s = busy_s, .latency_s = latency_s, .times = 1};
}

static void add(struct sled_tile *tile, enum sled_engine engine, double busy_s, double latency_s)
{
    const struct sled_op op = op_of(engine, busy_s, latency_s);

    sled_tile_add(tile, &op);
}

static struct sled_core_result run(const struct sled_tile *tile, uint64_t count)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_instr_stream stream = SLED_INSTR_STREAM(&err);
    struct sled_core_result result;

    sled_stream_add(&stream, tile, count);
    sled_core_run(&chip, &stream, NULL, &result);
    sled_stream_finish(&stream);
    return result;
}

/* The slower engine sets the pace; the first tile fills the pipeline and the last one drains it. */
START_TEST(a_loop_is_as_long_as_its_slowest_engine)
{
    static const uint64_t counts[] = {1, 2, 3, 10, 1000, UINT64_C(1000000000000)};
    struct sled_tile tile = {0};

    add(&tile, SLED_ENGINE_VECTOR, 100e-9, 150e-9);
    tile.age++;
    add(&tile, SLED_ENGINE_SCALAR, 130e-9, 200e-9);
    for (size_t i = 0; i < SLED_ARRAY_LEN(counts); i++) {
        const struct sled_core_result result = run(&tile, counts[i]);
        const double n = (double)counts[i];
        const double expected_s = 150e-9 + n * 130e-9 + 70e-9;

        ck_assert_double_eq_tol(result.time_s, expected_s, 1e-9 * expected_s);
        ck_assert_double_eq_tol(result.busy_s[SLED_ENGINE_VECTOR], n * 100e-9, 1e-9 * expected_s);
        ck_assert_double_eq_tol(result.busy_s[SLED_ENGINE_SCALAR], n * 130e-9, 1e-9 * expected_s);
        ck_assert_uint_le(result.simulated, 64); /* however long the loop is */
    }
}
END_TEST

/* In one age, the second instruction waits for the first, and the engine with it. */
START_TEST(an_engine_waits_for_its_semaphore)
{
    struct sled_tile tile = {0};

    add(&tile, SLED_ENGINE_VECTOR, 100e-9, 150e-9);
    add(&tile, SLED_ENGINE_SCALAR, 10e-9, 20e-9);
    add(&tile, SLED_ENGINE_VECTOR, 100e-9, 150e-9);
    /* Per tile 150 + 20 + 100 of the vector engine, and the last result. */
    ck_assert_double_eq_tol(run(&tile, 100).time_s, 100 * 270e-9 + 50e-9, 1e-12);
}
END_TEST

/* One buffer: a tile cannot begin before the one before has left. */
START_TEST(tiles_wait_for_buffers)
{
    struct sled_tile tile = {0};

    add(&tile, SLED_ENGINE_VECTOR, 100e-9, 150e-9);
    tile.room = 1;
    ck_assert_double_eq_tol(run(&tile, 50).time_s, 50 * 150e-9, 1e-12);
    tile.room = 2;
    ck_assert_double_eq_tol(run(&tile, 50).time_s, 50 * 100e-9 + 50e-9, 1e-12);
}
END_TEST

START_TEST(instructions_beside_each_other_start_together)
{
    struct sled_op other = op_of(SLED_ENGINE_SCALAR, 80e-9, 90e-9);
    struct sled_tile tile = {0};

    add(&tile, SLED_ENGINE_VECTOR, 100e-9, 150e-9);
    other.beside = true;
    sled_tile_add(&tile, &other);
    add(&tile, SLED_ENGINE_GPSIMD, 10e-9, 10e-9);
    ck_assert_double_eq_tol(run(&tile, 1).time_s, 160e-9, 1e-15);
}
END_TEST

START_TEST(a_chain_pays_the_latency_of_each)
{
    struct sled_op op = op_of(SLED_ENGINE_VECTOR, 100e-9, 150e-9);
    struct sled_tile tile = {0};

    op.times = 5;
    sled_tile_add(&tile, &op);
    ck_assert_double_eq_tol(run(&tile, 1).time_s, 5 * 150e-9, 1e-15);
    ck_assert_double_eq_tol(run(&tile, 1).busy_s[SLED_ENGINE_VECTOR], 5 * 100e-9, 1e-15);
}
END_TEST

/* A posted transfer takes the engine's time, and does not keep the next one waiting. */
START_TEST(posted_transfers_hold_nothing_up)
{
    struct sled_op store = op_of(SLED_ENGINE_DMA, 50e-9, 50e-9);
    struct sled_tile tile = {0};

    add(&tile, SLED_ENGINE_DMA, 50e-9, 50e-9);
    add(&tile, SLED_ENGINE_VECTOR, 100e-9, 1000e-9);
    store.posted = true;
    sled_tile_add(&tile, &store);
    tile.room = SLED_TILE_ROOM;

    const double posted_s = run(&tile, 10).time_s;
    tile.op[2].posted = false;
    const double waiting_s = run(&tile, 10).time_s;

    ck_assert_double_eq_tol(posted_s, 9 * 100e-9 + 50e-9 + 1000e-9 + 50e-9, 1e-12);
    ck_assert_double_eq_tol(waiting_s, 10 * 1100e-9, 1e-12);
}
END_TEST

/* 3 us at half speed, then full; again after 1.5 us without work, not after less. */
START_TEST(the_tensor_engine_ramps_up_after_idling)
{
    static const struct {
        double gap_s, busy_s;
    } cases[] = {{1.4e-6, 6 * 2e-6 + 1.5e-6}, {1.6e-6, 6 * (2e-6 + 1.5e-6)}};

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        struct sled_tile tile = {.room = 1};

        add(&tile, SLED_ENGINE_TENSOR, 2e-6, 2e-6);
        add(&tile, SLED_ENGINE_VECTOR, cases[i].gap_s, cases[i].gap_s);
        ck_assert_double_eq_tol(run(&tile, 6).busy_s[SLED_ENGINE_TENSOR], cases[i].busy_s, 1e-12);
    }
}
END_TEST

struct seen {
    double end_s[SLED_ENGINES];
    double last_s, repeated_s;
};

static void see_slice(void *arg, enum sled_engine engine, const char *name, double start_s,
                      double busy_s)
{
    struct seen *seen = arg;

    ck_assert_str_eq(name, "x");
    ck_assert_double_ge(start_s, seen->end_s[engine]);
    seen->end_s[engine] = start_s + busy_s;
    seen->last_s = start_s + busy_s > seen->last_s ? start_s + busy_s : seen->last_s;
}

static void see_repeat(void *arg, uint64_t times, double start_s, double span_s)
{
    ck_assert_uint_gt(times, 0);
    ck_assert_double_gt(start_s, 0);
    ((struct seen *)arg)->repeated_s += span_s;
}

START_TEST(a_trace_tells_every_engine_in_order)
{
    struct seen seen = {0};
    const struct sled_kernel_trace trace = {.arg = &seen, .slice = see_slice, .repeat = see_repeat};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_instr_stream stream = SLED_INSTR_STREAM(&err);
    struct sled_tile tile = {0};
    struct sled_core_result result;

    add(&tile, SLED_ENGINE_VECTOR, 100e-9, 100e-9);
    tile.age++;
    add(&tile, SLED_ENGINE_SCALAR, 130e-9, 130e-9);
    sled_stream_add(&stream, &tile, 1000);
    sled_core_run(&chip, &stream, &trace, &result);
    sled_stream_finish(&stream);
    ck_assert_double_eq_tol(seen.last_s, result.time_s, 1e-15);
    ck_assert_double_gt(seen.repeated_s, 0.9 * result.time_s);
    sled_stream_finish(&stream);
}
END_TEST

/* Many tiles of one loop, then one of another that needs them all: its load goes ahead, the rest
 * waits for the last result. */
START_TEST(a_loop_joins_those_before)
{
    for (uint64_t times = 1; times <= 1000; times *= 10) {
        struct sled_err err = SLED_ERR_INIT;
        struct sled_instr_stream stream = SLED_INSTR_STREAM(&err);
        struct sled_tile before = {0}, after = {0};
        struct sled_core_result result;
        const double made_s = 100e-9 * (double)times + 50e-9 + 300e-9;

        add(&before, SLED_ENGINE_VECTOR, 100e-9, 150e-9);
        before.age += 3;
        add(&before, SLED_ENGINE_SCALAR, 10e-9, 300e-9);
        add(&after, SLED_ENGINE_DMA, 100e-9, 100e-9);
        after.age++;
        add(&after, SLED_ENGINE_GPSIMD, 20e-9, 30e-9);
        sled_stream_add(&stream, &before, times);
        sled_stream_join(&stream);
        sled_stream_add(&stream, &after, 1);
        ck_assert_int_eq(stream.status, SLED_OK);
        sled_core_run(&chip, &stream, NULL, &result);
        ck_assert_double_eq_tol(result.time_s, made_s + 30e-9, 1e-15 * (double)times);
        sled_stream_finish(&stream);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chip_core");
    TCase *tc = tcase_create("chip_core");

    tcase_add_checked_fixture(tc, load, NULL);
    tcase_add_test(tc, a_loop_is_as_long_as_its_slowest_engine);
    tcase_add_test(tc, an_engine_waits_for_its_semaphore);
    tcase_add_test(tc, tiles_wait_for_buffers);
    tcase_add_test(tc, instructions_beside_each_other_start_together);
    tcase_add_test(tc, a_chain_pays_the_latency_of_each);
    tcase_add_test(tc, posted_transfers_hold_nothing_up);
    tcase_add_test(tc, the_tensor_engine_ramps_up_after_idling);
    tcase_add_test(tc, a_trace_tells_every_engine_in_order);
    tcase_add_test(tc, a_loop_joins_those_before);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
