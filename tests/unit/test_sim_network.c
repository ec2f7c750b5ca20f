/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock and the network by themselves, on resources of round numbers. SimGrid has one
 * engine per process, and Check runs each test in its own.
 */
#include "sim_fixture.h"

#include <math.h>
#include <simgrid/engine.h>

#include "sim/engine.h"
#include "sim/network.h"

START_TEST(calendar_keeps_time_then_order)
{
    static const double time_s[] = {3, 1, 2, 1, 0, 2, 1};
    static const int expected[] = {4, 1, 3, 6, 2, 5, 0};
    struct sled_calendar calendar = SLED_CALENDAR_INIT;
    struct sled_err err = SLED_ERR_INIT;
    struct sled_event event[SLED_ARRAY_LEN(time_s)];

    ck_assert(isinf(sled_calendar_next_s(&calendar)));
    for (size_t i = 0; i < SLED_ARRAY_LEN(time_s); i++)
        CK_OK(sled_calendar_add(&calendar, time_s[i], &event[i], &err));
    for (size_t i = 0; i < SLED_ARRAY_LEN(time_s); i++) {
        ck_assert_double_eq(sled_calendar_next_s(&calendar), time_s[expected[i]]);
        ck_assert_ptr_eq(sled_calendar_take(&calendar), &event[expected[i]]);
    }
    ck_assert(isinf(sled_calendar_next_s(&calendar)));
    sled_calendar_finish(&calendar);
}
END_TEST

/* Two resources on a star of two chips, whose links and memories the tests use as they like. */
struct stage {
    struct sim sim;
    struct sled_clock clock;
    struct sled_network *network;
    int flows; /* that have not ended */
};

static void open_stage(struct stage *stage, const struct sled_chip_ports *ports,
                       double link_bytes_per_s)
{
    struct sled_err err = SLED_ERR_INIT;

    *stage = (struct stage){0};
    sim_star(&stage->sim, 2, link_bytes_per_s, NULL, ports);
    sled_engine_init(100);
    sled_clock_init(&stage->clock);
    CK_OK(sled_network_create(SLED_NETWORK_SIMGRID, 0, &stage->sim.machine, &stage->clock,
                              &stage->network, &err));
}

static void start_stage(struct stage *stage)
{
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(stage->network->ops->start(stage->network, &err));
    sled_clock_start(&stage->clock);
}

static void close_stage(struct stage *stage)
{
    sled_network_destroy(stage->network);
    sled_clock_finish(&stage->clock);
    sim_finish(&stage->sim);
}

static uint32_t add_path(struct stage *stage, double weight, bool capped)
{
    const struct sled_use use = {.resource = 0, .weight = weight};
    const struct sled_network_path path = {
        .src_chip = 0, .dst_chip = 1, .use = &use, .nuses = 1, .capped = capped};
    struct sled_err err = SLED_ERR_INIT;
    uint32_t id;

    CK_OK(stage->network->ops->add_path(stage->network, &path, &id, &err));
    return id;
}

struct flow {
    struct sled_event event;
    struct stage *stage;
    uint32_t path;
    uint64_t bytes;
    double cap;
    double end_s;
};

static void end_flow(struct sled_event *event)
{
    struct flow *flow = SLED_EVENT_OWNER(event, struct flow, event);

    flow->end_s = sled_clock_now(&flow->stage->clock);
    if (--flow->stage->flows == 0) {
        flow->stage->network->ops->stop(flow->stage->network);
        sled_clock_stop(&flow->stage->clock);
    }
}

static void begin_flow(struct sled_event *event)
{
    struct flow *flow = SLED_EVENT_OWNER(event, struct flow, event);

    event->run = end_flow;
    flow->stage->network->ops->flow(flow->stage->network, flow->path, flow->bytes, flow->cap,
                                    event);
}

static void add_flow(struct flow *flow, double at_s)
{
    flow->stage->flows++;
    flow->event.run = begin_flow;
    sled_clock_at(&flow->stage->clock, at_s, &flow->event);
}

struct ticker {
    struct sled_event event;
    struct sled_clock *clock;
    int left;
};

static void tick(struct sled_event *event)
{
    struct ticker *ticker = SLED_EVENT_OWNER(event, struct ticker, event);

    if (--ticker->left > 0)
        sled_clock_after(ticker->clock, 0.7e-9, event);
    else
        sled_clock_stop(ticker->clock);
}

START_TEST(a_thousand_short_sleeps_take_their_sum)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    struct stage stage;

    open_stage(&stage, &ports, 1e9);
    add_path(&stage, 1, false);
    start_stage(&stage);
    struct ticker ticker = {.event = {.run = tick}, .clock = &stage.clock, .left = 1000};
    sled_clock_after(&stage.clock, 0.7e-9, &ticker.event);
    simgrid_run();
    ck_assert_int_eq(ticker.left, 0);
    ck_assert_double_eq_tol(sled_clock_now(&stage.clock), 700e-9, 1e-18);
    ck_assert_double_eq_tol(simgrid_get_clock(), 700e-9, 1e-13);
    close_stage(&stage);
}
END_TEST

START_TEST(a_lone_flow_runs_at_capacity)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    struct stage stage;

    open_stage(&stage, &ports, 1e9);
    struct flow flow = {
        .stage = &stage, .path = add_path(&stage, 1, false), .bytes = 1000, .cap = INFINITY};
    start_stage(&stage);
    add_flow(&flow, 5e-6);
    simgrid_run();
    ck_assert_close(flow.end_s, 5e-6 + 1e-6);
    close_stage(&stage);
}
END_TEST

/* Max-min: equal rates x and 3x of capacity until the short one ends, then all for the other. */
START_TEST(weights_take_capacity_not_rate)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    struct stage stage;

    open_stage(&stage, &ports, 1e9);
    struct flow light = {
        .stage = &stage, .path = add_path(&stage, 1, false), .bytes = 2000, .cap = INFINITY};
    struct flow heavy = {
        .stage = &stage, .path = add_path(&stage, 3, false), .bytes = 1000, .cap = INFINITY};
    start_stage(&stage);
    add_flow(&light, 0);
    add_flow(&heavy, 0);
    simgrid_run();
    ck_assert_close(heavy.end_s, 4e-6);
    ck_assert_close(light.end_s, 4e-6 + 1e-6);
    ck_assert_double_eq(stage.network->ops->weight_error(stage.network), 0);
    close_stage(&stage);
}
END_TEST

/* A weight that is alone on its resource is exact, whatever it is. */
START_TEST(a_fractional_weight_is_exact_when_alone)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    struct stage stage;

    open_stage(&stage, &ports, 1e9);
    struct flow flow = {
        .stage = &stage, .path = add_path(&stage, 1.226, false), .bytes = 1000, .cap = INFINITY};
    start_stage(&stage);
    add_flow(&flow, 0);
    simgrid_run();
    ck_assert_close(flow.end_s, 1.226e-6);
    ck_assert_double_eq(stage.network->ops->weight_error(stage.network), 0);
    close_stage(&stage);
}
END_TEST

/* A cap leaves the rest to others, is set anew for each flow, and gives way to contention. */
START_TEST(caps_bind_one_flow_at_a_time)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    struct stage stage;

    open_stage(&stage, &ports, 1e9);
    const uint32_t capped = add_path(&stage, 1, true);
    struct flow slow = {.stage = &stage, .path = capped, .bytes = 250, .cap = 0.25e9};
    struct flow other = {
        .stage = &stage, .path = add_path(&stage, 1, false), .bytes = 750, .cap = INFINITY};
    struct flow wide = {.stage = &stage, .path = capped, .bytes = 1000, .cap = 0.5e9};
    start_stage(&stage);
    add_flow(&slow, 0);
    add_flow(&other, 0);
    add_flow(&wide, 10e-6);
    simgrid_run();
    ck_assert_close(slow.end_s, 1e-6);
    ck_assert_close(other.end_s, 1e-6);
    ck_assert_close(wide.end_s, 12e-6);
    close_stage(&stage);
}
END_TEST

/* More flows at once than before, after some have ended: receivers are reused and added. */
START_TEST(many_flows_share_one_pair)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    struct flow flow[30];
    struct stage stage;

    open_stage(&stage, &ports, 1e9);
    const uint32_t path = add_path(&stage, 1, false);
    start_stage(&stage);
    for (int i = 0; i < 30; i++) {
        flow[i] = (struct flow){.stage = &stage, .path = path, .bytes = 100, .cap = INFINITY};
        add_flow(&flow[i], i < 10 ? 0 : 10e-6);
    }
    simgrid_run();
    for (int i = 0; i < 30; i++)
        ck_assert_close(flow[i].end_s, i < 10 ? 1e-6 : 12e-6);
    close_stage(&stage);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network");
    TCase *tc = tcase_create("network");

    tcase_add_test(tc, calendar_keeps_time_then_order);
    tcase_add_test(tc, a_thousand_short_sleeps_take_their_sum);
    tcase_add_test(tc, a_lone_flow_runs_at_capacity);
    tcase_add_test(tc, weights_take_capacity_not_rate);
    tcase_add_test(tc, a_fractional_weight_is_exact_when_alone);
    tcase_add_test(tc, caps_bind_one_flow_at_a_time);
    tcase_add_test(tc, many_flows_share_one_pair);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
