/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two network engines against each other: SimGrid's own solver is the oracle, and every
 * transfer of every plan completes at the same time in both.
 */
#include "sim_fixture.h"

#include "base/rng.h"
#include "coll_case.h"
#include "config/config.h"
#include "topo/stage.h"
#include "topo_fixture.h"

enum { FABRICS = 3, DRAWS = 8 };
enum { MOST_REDUCERS = 32 };
enum { SOME = 3 }; /* a random fabric gets every so many-th algorithm */

/* Run the plan on chips chip_of_rank[0 .. nranks - 1] in both engines and compare. */
static void compare_engines(const struct sled_machine *machine, const struct sled_plan *plan,
                            const uint32_t *chip_of_rank, enum sled_memory memory,
                            uint64_t row_bytes, const char *what)
{
    const struct sled_program_collective collective = {
        .name = "test",
        .req = {.kind = SLED_COLL_ALL_REDUCE,
                .nranks = plan->nranks - plan->nswitches,
                .elem_bytes = 1,
                .commutative = true},
        .algorithm = "test",
        .memory = memory,
        .row_bytes = row_bytes,
    };
    struct sled_result *result[SLED_NETWORKS];
    struct sled_err err = SLED_ERR_INIT;
    struct sled_program program;
    uint32_t endpoint[MOST_REDUCERS];
    uint32_t id;

    ck_assert_uint_le(machine->fabric->nreducers, MOST_REDUCERS);
    if (sled_fabric_reducers_of(machine->fabric, chip_of_rank, collective.req.nranks, endpoint) <
        plan->nswitches)
        return; /* nothing to compare: there is no such machine */
    CK_OK(sled_program_init(&program, machine->fabric->nchips, &err));
    CK_OK(sled_program_add_phase(&program, "only", &id, &err));
    CK_OK(sled_program_add_collective(&program, &collective, chip_of_rank, &id, &err));
    CK_OK(sled_program_add_staged(&program, id, false, 0, NULL, NULL, &err));
    CK_OK(sled_program_set_switches(&program.collective[id], endpoint, plan->nswitches, &err));
    program.collective[id].plan = plan;
    for (int kind = 0; kind < SLED_NETWORKS; kind++) {
        const struct sled_sim_spec spec = {.machine = machine,
                                           .program = &program,
                                           .network = (enum sled_network_kind)kind,
                                           .keep_transfers = true};
        ck_assert_msg(sled_sim_run(&spec, &result[kind], &err) == SLED_OK, "%s: %s: %s", what,
                      sled_network_names[kind], err.msg);
    }

    const struct sled_result *expected = result[SLED_NETWORK_SIMGRID];
    const struct sled_result *found = result[SLED_NETWORK_FLUID];
    ck_assert_double_eq(expected->weight_error, 0); /* else the oracle shares by other weights */
    for (sled_xfer_id x = 0; x < plan->count; x++) {
        const double off_s = found->xfer_end_s[x] - expected->xfer_end_s[x];

        if (fabs(off_s) > 1e-6 * expected->xfer_end_s[x] + 1e-12)
            ck_abort_msg("%s, memory %s, transfer %u: %.12g s, in SimGrid %.12g s", what,
                         sled_memory_names[memory], x, found->xfer_end_s[x],
                         expected->xfer_end_s[x]);
    }
    for (int kind = 0; kind < SLED_NETWORKS; kind++)
        sled_result_destroy(result[kind]);
    sled_program_finish(&program);
}

/* Ports at which anything may be the bottleneck. Weights that SimGrid can count: a reduction's
 * are whole multiples of a half of a copy's. */
static struct sled_chip_ports random_ports(struct sled_rng *rng)
{
    return (struct sled_chip_ports){
        .hbm_bytes_per_s = 1e11 * (1 + 4 * sled_rng_unit(rng)),
        .sbuf_bytes_per_s = 1e11 * (1 + 8 * sled_rng_unit(rng)),
        .dma_engines = 1 + sled_rng_below(rng, 16),
        .dma_engine_bytes_per_s = 5e10,
        .dma_descriptor_floor_s = 30e-9,
        .dma_descriptor_bytes = 65536,
        .dma_queues = sled_rng_below(rng, 2) == 0 ? 0 : 1 + sled_rng_below(rng, 8),
        .dma_start_s = 1e-6 * sled_rng_unit(rng),
        .descriptor_write_s = 5e-9,
        .descriptor_start_s = 50e-9,
        .reduce_dma_weight = 1.5,
    };
}

/* Gigabytes per second, as a topology file has them. */
static uint32_t random_gbps(struct sled_rng *rng)
{
    return 10 + sled_rng_below(rng, 200);
}

static void make_switched(struct sled_rng *rng, struct sled_fabric *fabric)
{
    const uint32_t per_leaf = 2 + sled_rng_below(rng, 3);
    const char *striping = sled_rng_below(rng, 2) == 0 ? "true" : "false";
    char text[1024];

    snprintf(text, sizeof text,
             "{\"chips\": %u, \"chips_per_sled\": 1, \"leaf\": {\"chips\": %u, \"switches\": 2, "
             "\"striping\": %s, \"switch_latency\": \"100ns\", \"bandwidth\": \"%uGB/s\", "
             "\"link_latency\": \"5ns\", \"medium\": \"copper\"}, \"spine\": {\"switches\": 3, "
             "\"striping\": %s, \"switch_latency\": \"300ns\", \"bandwidth\": \"%uGB/s\", "
             "\"link_latency\": \"50ns\", \"medium\": \"optical\"}}",
             per_leaf * (2 + sled_rng_below(rng, 2)), per_leaf, striping, random_gbps(rng),
             striping, random_gbps(rng));
    topo_make(fabric, &sled_topo_switched, text);
}

/* Even rings, whose ties are split, odd ones, and rows. */
static void make_torus(struct sled_rng *rng, struct sled_fabric *fabric)
{
    char text[1024];

    snprintf(text, sizeof text,
             "{\"dimensions\": [{\"name\": \"x\", \"size\": %u, \"bandwidth\": \"%uGB/s\", "
             "\"link_latency\": \"10ns\", \"medium\": \"pcb\"}, {\"name\": \"y\", \"size\": %u, "
             "\"wrap\": %s, \"bandwidth\": \"%uGB/s\", \"link_latency\": \"20ns\", "
             "\"medium\": \"copper\"}], \"forward_latency\": \"50ns\"}",
             3 + sled_rng_below(rng, 2), random_gbps(rng), 3 + sled_rng_below(rng, 2),
             sled_rng_below(rng, 2) == 0 ? "true" : "false", random_gbps(rng));
    topo_make(fabric, &sled_topo_torus, text);
}

static uint32_t add_node(struct sled_fabric *fabric, enum sled_node_kind kind, uint32_t number)
{
    struct sled_node node = sled_node_nowhere(kind);
    struct sled_err err = SLED_ERR_INIT;
    uint32_t id;

    node.latency_s = kind == SLED_NODE_SWITCH ? 100e-9 : 0;
    snprintf(node.name, sizeof node.name, "%s%u", kind == SLED_NODE_SWITCH ? "switch" : "chip",
             number);
    CK_OK(sled_fabric_add_node(fabric, &node, &id, &err));
    return id;
}

/* Either direction has a bandwidth of its own. */
static void join(struct sled_rng *rng, struct sled_fabric *fabric, uint32_t a, uint32_t b)
{
    for (int way = 0; way < 2; way++) {
        const struct sled_link link = {.src = way == 0 ? a : b,
                                       .dst = way == 0 ? b : a,
                                       .bandwidth_bytes_per_s = 1e9 * random_gbps(rng),
                                       .latency_s = 200e-9 * sled_rng_unit(rng),
                                       .lanes = 1,
                                       .members = 1};
        struct sled_err err = SLED_ERR_INIT;

        CK_OK(sled_fabric_add_link(fabric, &link, &err));
    }
}

/* A ring of switches, chips on one or two of them, and some pairs of chips side by side. */
static void make_uneven(struct sled_rng *rng, struct sled_fabric *fabric)
{
    const uint32_t nswitches = 3 + sled_rng_below(rng, 3);
    const uint32_t nchips = 6 + sled_rng_below(rng, 5);
    struct sled_err err = SLED_ERR_INIT;
    uint32_t hub[8], last = SLED_NONE;

    sled_fabric_init(fabric);
    for (uint32_t i = 0; i < nswitches; i++) {
        hub[i] = add_node(fabric, SLED_NODE_SWITCH, i);
        if (i > 0)
            join(rng, fabric, hub[i - 1], hub[i]);
    }
    join(rng, fabric, hub[nswitches - 1], hub[0]);
    for (uint32_t c = 0; c < nchips; c++) {
        const uint32_t at = sled_rng_below(rng, nswitches);
        const uint32_t chip = add_node(fabric, SLED_NODE_CHIP, c);

        join(rng, fabric, chip, hub[at]);
        if (sled_rng_below(rng, 3) == 0)
            join(rng, fabric, chip, hub[(at + 1) % nswitches]);
        if (last != SLED_NONE && sled_rng_below(rng, 3) == 0)
            join(rng, fabric, last, chip);
        last = chip;
    }
    CK_OK(sled_fabric_check(fabric, &err));
    topo_route(fabric, SLED_ROUTING_MINIMAL,
               sled_rng_below(rng, 2) == 0 ? SLED_TIES_SPREAD : SLED_TIES_SPLIT);
}

static void (*const makers[FABRICS])(struct sled_rng *, struct sled_fabric *) = {
    make_switched, make_torus, make_uneven};

/* Copies and reductions, local ones too, over orders of magnitude, each after up to three. */
static void random_dag(struct sled_rng *rng, uint32_t nranks, struct sled_plan *plan)
{
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(sled_plan_init(plan, nranks, 1, &err));
    for (uint32_t i = 0; i < 150; i++) {
        sled_xfer_id after[3];
        struct sled_xfer xfer = {
            .src = sled_rng_below(rng, nranks),
            .dst = sled_rng_below(rng, nranks),
            .count = sled_rng_below(rng, 8) == 0 ? 0 : (uint64_t)pow(10, 7 * sled_rng_unit(rng)),
            .op = sled_rng_below(rng, 3) == 0 ? SLED_XFER_REDUCE : SLED_XFER_COPY,
            .after = after,
            .nafter = i == 0 ? 0 : sled_rng_below(rng, 4)};

        for (uint32_t k = 0; k < xfer.nafter; k++)
            after[k] = sled_rng_below(rng, i);
        CK_OK(sled_plan_add(plan, &xfer, &err));
    }
}

/* Chips in a random order: chip_of_rank[nchips]. */
static void shuffle_chips(struct sled_rng *rng, uint32_t nchips, uint32_t *chip_of_rank)
{
    for (uint32_t c = 0; c < nchips; c++) {
        const uint32_t at = sled_rng_below(rng, c + 1);

        chip_of_rank[c] = chip_of_rank[at];
        chip_of_rank[at] = c;
    }
}

/*
 * Ports at which transfers do not take turns. Symmetric plans make many ready at the same instant,
 * and rounding says which goes first: either order is right, but they end at different times.
 */
static struct sled_chip_ports without_turns(struct sled_chip_ports ports)
{
    ports.dma_queues = 0;
    ports.descriptor_write_s = 0;
    ports.descriptor_start_s = 0;
    return ports;
}

START_TEST(random_fabrics_and_plans)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_fabric fabric;
    struct sled_machine machine;
    struct sled_plan plan;
    struct sled_rng rng;
    uint32_t chip_of_rank[64];
    char what[128];

    sled_rng_init(&rng, (uint64_t)_i, 0);
    makers[_i % FABRICS](&rng, &fabric);
    const struct sled_chip_ports ports = random_ports(&rng);
    CK_OK(sled_machine_init(&machine, &fabric, &ports, &err));
    ck_assert_uint_le(fabric.nchips, SLED_ARRAY_LEN(chip_of_rank));
    shuffle_chips(&rng, fabric.nchips, chip_of_rank);
    const uint64_t row_bytes = sled_rng_below(&rng, 2) == 0 ? 0 : 100 + sled_rng_below(&rng, 5000);

    random_dag(&rng, fabric.nchips, &plan);
    for (int memory = SLED_MEMORY_SBUF; memory <= SLED_MEMORY_HBM; memory++) {
        snprintf(what, sizeof what, "fabric %d, random plan", _i);
        compare_engines(&machine, &plan, chip_of_rank, (enum sled_memory)memory, row_bytes, what);
    }
    sled_plan_finish(&plan);
    sled_machine_finish(&machine);

    const struct sled_chip_ports even_ports = without_turns(ports);
    CK_OK(sled_machine_init(&machine, &fabric, &even_ports, &err));
    for (int a = _i / FABRICS % SOME; a < coll_case_nalgos(); a += SOME) {
        const struct coll_ask ask = {.nranks = fabric.nchips,
                                     .nelems = 1 + sled_rng_below(&rng, 1000000),
                                     .least = sled_rng_below(&rng, 2),
                                     .channels = 1,
                                     .chunks = 1};
        struct coll_case c;

        coll_case_init(&c, coll_case_algo((size_t)a), &ask);
        snprintf(what, sizeof what, "fabric %d, %s", _i, c.name);
        compare_engines(&machine, &c.plan, chip_of_rank,
                        sled_rng_below(&rng, 2) == 0 ? SLED_MEMORY_SBUF : SLED_MEMORY_HBM,
                        row_bytes, what);
        coll_case_finish(&c);
    }
    sled_machine_finish(&machine);
    sled_fabric_finish(&fabric);
}
END_TEST

static const char *const shipped[] = {
    "trn2-16.json",          "trn2-ultraserver-64.json",    "trn3-gen1-64.json",
    "trn3-ultraserver.json", "trn3-ultraserver-2rack.json", "trn3-ultraserver-4plane.json",
};

/* Ranks on chips that are spread over the whole fabric; one of them has switches that reduce. */
START_TEST(shipped_topologies_and_algorithms)
{
    static const char *const reduces = "/ultraserver/planes/reduces=true";
    struct sled_err err = SLED_ERR_INIT;
    struct sled_config config;
    struct sled_machine machine;
    uint32_t chip_of_rank[24];
    char path[512], what[128];

    snprintf(path, sizeof path, "%s/topologies/%s", getenv("SLEDSIM_DATADIR"), shipped[_i]);
    const size_t nsets = strcmp(shipped[_i], "trn3-ultraserver.json") == 0;
    CK_OK(sled_config_load(path, &reduces, nsets, "topology", &config, &err));
    const struct sled_chip_ports ports = without_turns(config.topology->machine.ports);
    const uint32_t nchips = config.topology->fabric.nchips;
    const uint32_t nranks = nchips < 24 ? nchips : 24;

    CK_OK(sled_machine_init(&machine, &config.topology->fabric, &ports, &err));
    for (uint32_t r = 0; r < nranks; r++)
        chip_of_rank[r] = r * nchips / nranks;
    for (int a = 0; a < coll_case_nalgos(); a++) {
        struct coll_case c;

        coll_case_init(
            &c, coll_case_algo((size_t)a),
            &(struct coll_ask){
                .nranks = nranks, .nelems = 1 << 20, .least = 1, .channels = 1, .chunks = 1});
        snprintf(what, sizeof what, "%s, %s", shipped[_i], c.name);
        compare_engines(&machine, &c.plan, chip_of_rank,
                        (a + _i) % 2 == 0 ? SLED_MEMORY_SBUF : SLED_MEMORY_HBM, 0, what);
        coll_case_finish(&c);
    }
    sled_machine_finish(&machine);
    sled_config_finish(&config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engines");
    TCase *tc = tcase_create("engines");

    tcase_add_loop_test(tc, random_fabrics_and_plans, 0, FABRICS * DRAWS);
    tcase_add_loop_test(tc, shipped_topologies_and_algorithms, 0, (int)SLED_ARRAY_LEN(shipped));
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
