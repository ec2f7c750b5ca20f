/* SPDX-License-Identifier: Apache-2.0 */
/* Selection tables: the first rule that fits picks, limits are where they say; of rules with an
 * estimate the least picks; and what a protocol costs goes with the machine. */
#include <string.h>

#include "config/selection.h"
#include "sim_fixture.h"

static const char text[] =
    "{\"schema_version\": 1, \"kind\": \"selection\", \"name\": \"t\", \"rules\": ["
    "{\"op\": \"all_reduce\", \"memory\": \"hbm\", \"algorithm\": \"ring\"},"
    "{\"op\": \"all_reduce\", \"min_ranks\": 3, \"max_ranks\": 5, \"below\": \"1KiB\","
    " \"algorithm\": \"mesh\"},"
    "{\"op\": \"all_reduce\", \"from\": \"1KiB\", \"below\": \"2KiB\", \"algorithm\": \"ring\"},"
    "{\"op\": \"all_to_all\", \"algorithm\": \"direct\"}]}";

static struct sled_doc *doc;
static struct sled_arena arena = SLED_ARENA_INIT;
static struct sled_selection selection;

static struct sim sim;
static const uint32_t chip_of_rank[] = {0, 1, 2, 3, 4, 5, 6, 7};
static struct sled_selection_site site = {
    .topology = "star", .machine = &sim.machine, .chip_of_rank = chip_of_rank};

/* Eight chips in sleds of four, 100 GB/s each. */
static void begin(const char *json, const char *chip, double clock_hz)
{
    struct sled_chip_ports ports = SIM_PORTS;
    struct sled_err err = SLED_ERR_INIT;

    ports.clock_hz = clock_hz;
    sim_star(&sim, 8, 100e9, NULL, &ports);
    for (uint32_t c = 0; c < 8; c++)
        sim.fabric.node[sim.fabric.chip_node[c]].sled = c / 4;
    site.chip = chip;
    CK_OK(sled_doc_parse("t.json", json, strlen(json), &doc, &err));
    CK_OK(sled_config_read_selection(doc, &arena, &selection, &err));
}

static void load(void)
{
    begin(text, "any", 0);
}

static void unload(void)
{
    sim_finish(&sim);
    sled_arena_finish(&arena);
    sled_doc_destroy(doc);
}

/* Label of the rule for `size` bytes; NULL where none fits, which is the error it should be. */
static const char *picked(enum sled_coll_kind kind, uint32_t nranks, uint64_t size,
                          enum sled_memory memory)
{
    const struct sled_coll_req req = {
        .kind = kind, .nranks = nranks, .nelems = size, .elem_bytes = 1, .commutative = true};
    struct sled_err err = SLED_ERR_INIT;
    const struct sled_selection_rule *rule = NULL;

    const enum sled_status st = sled_selection_pick(&selection, &req, &site, memory, &rule, &err);
    ck_assert_int_eq(st, rule == NULL ? SLED_E_UNSUPPORTED : SLED_OK);
    return rule == NULL ? NULL : rule->label;
}

START_TEST(sizes_are_from_and_below)
{
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 0, SLED_MEMORY_SBUF), "t:/rules/1");
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 1023, SLED_MEMORY_SBUF), "t:/rules/1");
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 1024, SLED_MEMORY_SBUF), "t:/rules/2");
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 2047, SLED_MEMORY_SBUF), "t:/rules/2");
    ck_assert_ptr_null(picked(SLED_COLL_ALL_REDUCE, 4, 2048, SLED_MEMORY_SBUF));
}
END_TEST

START_TEST(ranks_are_inclusive)
{
    ck_assert_ptr_null(picked(SLED_COLL_ALL_REDUCE, 2, 8, SLED_MEMORY_SBUF));
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 3, 8, SLED_MEMORY_SBUF), "t:/rules/1");
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 5, 8, SLED_MEMORY_SBUF), "t:/rules/1");
    ck_assert_ptr_null(picked(SLED_COLL_ALL_REDUCE, 6, 8, SLED_MEMORY_SBUF));
}
END_TEST

START_TEST(the_first_rule_of_the_memory_picks)
{
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 8, SLED_MEMORY_HBM), "t:/rules/0");
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 8, SLED_MEMORY_STAGED), "t:/rules/1");
    ck_assert_str_eq(picked(SLED_COLL_ALL_TO_ALL, 8, 8, SLED_MEMORY_STAGED), "t:/rules/3");
    ck_assert_ptr_null(picked(SLED_COLL_BROADCAST, 4, 8, SLED_MEMORY_HBM));
}
END_TEST

static const char fabrics[] =
    "{\"schema_version\": 1, \"kind\": \"selection\", \"name\": \"t\", \"rules\": ["
    "{\"op\": \"all_reduce\", \"topologies\": [\"mesh\", \"tree\"], \"algorithm\": \"ring\"},"
    "{\"op\": \"all_reduce\", \"topologies\": [\"star\"], \"algorithm\": \"mesh\"},"
    "{\"op\": \"all_reduce\", \"algorithm\": \"rdh\"}]}";

START_TEST(a_rule_may_be_for_some_topologies)
{
    begin(fabrics, "any", 0);
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 8, SLED_MEMORY_HBM), "t:/rules/1");
    site.topology = "tree";
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 8, SLED_MEMORY_HBM), "t:/rules/0");
    site.topology = "star of stars";
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 8, SLED_MEMORY_HBM), "t:/rules/2");
    site.topology = "star";
    unload();
}
END_TEST

#define HEAD "{\"schema_version\": 1, \"kind\": \"selection\", \"name\": \"t\","

/* A ring of P takes P - 1 steps and (P - 1) / P of the size; the first protocol is slow to move
 * and the second slow to step. */
static const char estimates[] = HEAD
    "\"protocols\": ["
    "{\"name\": \"quick\", \"chips\": [\"a\"], \"launch\": \"1us\", \"efficiency\": 0.1,"
    " \"estimate\": {\"start\": \"5us\", \"step\": \"1us\", \"efficiency\": 0.1}},"
    "{\"name\": \"quick\", \"launch\": \"1us\", \"efficiency\": 0.1,"
    " \"estimate\": {\"start\": \"105us\", \"step\": \"1us\", \"efficiency\": 0.1}},"
    "{\"name\": \"wide\", \"launch\": \"1us\", \"efficiency\": 1,"
    " \"estimate\": {\"start\": \"8us\", \"step\": \"3us\", \"efficiency\": 0.5}}],"
    "\"rules\": ["
    "{\"op\": \"all_gather\", \"max_sleds\": 1, \"algorithm\": \"ring\", \"protocol\": \"wide\"},"
    "{\"op\": \"all_gather\", \"max_sleds\": 1, \"algorithm\": \"ring\", \"protocol\": \"quick\"},"
    "{\"op\": \"all_gather\", \"algorithm\": \"mesh\"}]}";

START_TEST(the_least_estimate_picks)
{
    /* 4 ranks: quick 8 us and 75 ns per 1,000 bytes, wide 17 us and 15 ns: equal at 150,000. */
    begin(estimates, "a", 0);
    ck_assert_str_eq(picked(SLED_COLL_ALL_GATHER, 4, 149000, SLED_MEMORY_HBM), "t:/rules/1 quick");
    ck_assert_str_eq(picked(SLED_COLL_ALL_GATHER, 4, 151000, SLED_MEMORY_HBM), "t:/rules/0 wide");
    unload();
    begin(estimates, "b", 0); /* there, quick is the other one */
    ck_assert_str_eq(picked(SLED_COLL_ALL_GATHER, 4, 4, SLED_MEMORY_HBM), "t:/rules/0 wide");
    ck_assert_str_eq(picked(SLED_COLL_ALL_GATHER, 5, 4, SLED_MEMORY_HBM), "t:/rules/2");
    unload();
}
END_TEST

static const char costs[] =
    HEAD "\"protocols\": ["
         "{\"name\": \"p\", \"clock\": \"1GHz\", \"launch\": \"4us\", \"issue\": \"3us\","
         " \"step\": \"2us\", \"network_step\": \"20us\", \"efficiency\": 0.5,"
         " \"network_efficiency\": 0.25, \"copy\": 2},"
         "{\"name\": \"q\", \"chips\": [\"z\"], \"launch\": \"1us\", \"efficiency\": 1}],"
         "\"rules\": ["
         "{\"op\": \"all_to_all\", \"below_block\": \"1KiB\", \"algorithm\": \"direct\"},"
         "{\"op\": \"all_to_all\", \"chips\": [\"y\", \"a\"], \"algorithm\": \"direct\","
         " \"protocol\": \"p\", \"chunk\": \"1MiB\"},"
         "{\"op\": \"all_to_all\", \"algorithm\": \"direct\", \"protocol\": \"q\"}]}";

static enum sled_status apply(uint64_t size, struct sled_coll_req *req, bool *has,
                              struct sled_protocol *protocol, struct sled_err *err)
{
    const struct sled_selection_rule *rule;

    *req = (struct sled_coll_req){.kind = SLED_COLL_ALL_TO_ALL,
                                  .nranks = 8,
                                  .nelems = size,
                                  .elem_bytes = 1,
                                  .commutative = true};
    SLED_TRY(sled_selection_pick(&selection, req, &site, SLED_MEMORY_HBM, &rule, err));
    return sled_selection_apply(&selection, rule, &site, req, has, protocol, err);
}

START_TEST(costs_go_with_the_machine)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_protocol protocol;
    struct sled_coll_req req;
    bool has;

    begin(costs, "a", 2e9); /* twice the clock */
    CK_OK(apply(8 * 1023, &req, &has, &protocol, &err));
    ck_assert(!has && req.chunks == 0);
    CK_OK(apply(8000000, &req, &has, &protocol, &err));
    ck_assert(has);
    ck_assert_close(protocol.launch_s, 2e-6 + 2 * 1e6 / (0.5 * 100e9));
    ck_assert_close(protocol.issue_s, 1.5e-6);
    ck_assert_close(protocol.start_s, 1e-6);
    ck_assert_close(protocol.network_start_s, 20e-6);
    ck_assert_close(protocol.overhead, 2);
    ck_assert_close(protocol.network_overhead, 4);
    ck_assert_uint_eq(req.chunks, 8);
    CK_OK(apply(UINT64_C(1) << 40, &req, &has, &protocol, &err));
    ck_assert_uint_eq(req.chunks, SLED_COLL_MAX_SPLIT);
    unload();

    begin(costs, "a", 0); /* a chip that does not say its clock */
    CK_OK(apply(8000000, &req, &has, &protocol, &err));
    ck_assert_close(protocol.start_s, 2e-6);
    unload();

    begin(costs, "b", 2e9);
    ck_assert_int_eq(apply(8000000, &req, &has, &protocol, &err), SLED_E_UNSUPPORTED);
    ck_assert_str_eq(err.msg, "table \"t\" has no protocol \"q\" for b");
    unload();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_selection");
    TCase *tcase = tcase_create("pick");

    tcase_add_checked_fixture(tcase, load, unload);
    tcase_add_test(tcase, sizes_are_from_and_below);
    tcase_add_test(tcase, ranks_are_inclusive);
    tcase_add_test(tcase, the_first_rule_of_the_memory_picks);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("protocols");
    tcase_add_test(tcase, a_rule_may_be_for_some_topologies);
    tcase_add_test(tcase, the_least_estimate_picks);
    tcase_add_test(tcase, costs_go_with_the_machine);
    suite_add_tcase(suite, tcase);
    return sled_check_main(suite);
}
