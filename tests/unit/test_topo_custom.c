/* SPDX-License-Identifier: Apache-2.0 */
/* The custom family and its pattern language. */
#include "topo/pattern.h"
#include "topo_fixture.h"

#define WIRE "\"bandwidth\": \"64GB/s\", \"medium\": \"copper\", \"link_latency\": \"1ns\""
#define CHIPS(pattern) "{\"name\": \"" pattern "\", \"kind\": \"chip\"}"
#define SWITCH(pattern) "{\"name\": \"" pattern "\", \"kind\": \"switch\", \"latency\": \"100ns\"}"
#define LINK(from, to) \
    "{\"from\": \"" from "\", \"to\": \"" to "\", \"level\": \"fabric\", " WIRE "}"
#define CUSTOM(nodes, links) "{\"nodes\": [" nodes "], \"links\": [" links "]}"

static struct sled_fabric fabric;
static struct sled_err err;

static void setup(void)
{
    err = (struct sled_err)SLED_ERR_INIT;
}

static void teardown(void)
{
    sled_fabric_finish(&fabric);
}

/* All that a row of up to two patterns stands for, as "a b; a b". */
static const char *expand_row(const char *first, const char *second)
{
    static char text[512];
    const char *const texts[] = {first, second};
    const size_t ntexts = second == NULL ? 1 : 2;
    struct sled_pattern_row row;
    size_t len = 0;
    bool more;

    text[0] = '\0';
    sled_pattern_begin(&row, texts, ntexts);
    while (sled_pattern_next(&row, &more, &err) == SLED_OK && more) {
        uint32_t nranges = 0;
        len += (size_t)snprintf(text + len, sizeof text - len, len == 0 ? "" : "; ");
        for (size_t i = 0; i < ntexts; i++) {
            char out[32];
            if (sled_pattern_expand(texts[i], &row.at, &nranges, out, sizeof out, &err) != SLED_OK)
                return err.msg;
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i == 0 ? "" : " ", out);
        }
    }
    return err.code == SLED_OK ? text : err.msg;
}

static const struct {
    const char *first, *second, *expect;
} patterns[] = {
    {"nsw", NULL, "nsw"},
    {"chip{0..3}", NULL, "chip0; chip1; chip2; chip3"},
    {"chip{7..7}", NULL, "chip7"},
    {"c{0..3}", "tray{i/2}", "c0 tray0; c1 tray0; c2 tray1; c3 tray1"},
    {"c{0..3}", "c{(i+1)%4}", "c0 c1; c1 c2; c2 c3; c3 c0"},
    {"c{0..2}", "c{(i-1)%3}", "c0 c2; c1 c0; c2 c1"},
    {"c{0..1}", "s{0..2}", "c0 s0; c0 s1; c0 s2; c1 s0; c1 s1; c1 s2"},
    {"c{0..3}", "c{i+1..3}", "c0 c1; c0 c2; c0 c3; c1 c2; c1 c3; c2 c3"},
    {"c{0..1}_{0..1}", "c{j}_{i}", "c0_0 c0_0; c0_1 c1_0; c1_0 c0_1; c1_1 c1_1"},
    {"c{ 2 * ( 1 + 2 ) - 1 }", NULL, "c5"},
    {"c{5..4}", NULL, ""},
    {"c{0..0}", "c{1 + 2*3%4 - 10/4}", "c0 c1"},
    /* What is wrong, and where. */
    {"c{", NULL, "pattern \"c{\": column 3: expected a number, i, j, k or \"(\", found the end"},
    {"c{i}", NULL, "pattern \"c{i}\": column 3: no range before this gives \"i\" a value"},
    {"c{j}{0..1}{0..1}", NULL,
     "pattern \"c{j}{0..1}{0..1}\": column 3: no range before this gives \"j\" a value"},
    {"c{0..3}", "t{i/}",
     "pattern \"t{i/}\": column 5: expected a number, i, j, k or \"(\", found \"}\""},
    {"c{0..3}", "t{i/0}", "pattern \"t{i/0}\": column 4: cannot divide by 0"},
    {"c{0..3", NULL, "pattern \"c{0..3\": column 7: expected an operator or \"}\", found the end"},
    {"c{0.3}", NULL,
     "pattern \"c{0.3}\": column 4: expected an operator, \"..\" or \"}\", found \".\""},
    {"c{(1}", NULL, "pattern \"c{(1}\": column 5: expected \")\", found \"}\""},
    {"c}", NULL, "pattern \"c}\": column 2: \"}\" without \"{\""},
    {"c{3..0}", NULL, "pattern \"c{3..0}\": column 3: the range runs backwards, from 3 to 0"},
    {"c{0..1}", "t{i-1}", "pattern \"t{i-1}\": column 3: the value is -1, below 0"},
    {"c{9999999999}", NULL, "pattern \"c{9999999999}\": column 3: the number is larger than 10^9"},
    {"c{99999*99999}", NULL,
     "pattern \"c{99999*99999}\": column 8: the number is larger than 10^9"},
    {"{0..1}{0..1}{0..1}{0..1}", NULL,
     "pattern \"{0..1}{0..1}{0..1}{0..1}\": column 19: a row has more than 3 ranges"},
    {"a-name-of-more-than-thirty-one-bytes", NULL,
     "pattern \"a-name-of-more-than-thirty-one-bytes\": column 32: it stands for more than 31 "
     "characters"},
    {"c{((((((((((((((((1))))))))))))))))}", NULL, "c1"},
    {"c{(((((((((((((((((1)))))))))))))))))}", NULL,
     "pattern \"c{(((((((((((((((((1)))))))))))))))))}\": column 19: more than 16 nested "
     "parentheses"},
};

START_TEST(patterns_expand)
{
    ck_assert_str_eq(expand_row(patterns[_i].first, patterns[_i].second), patterns[_i].expect);
}
END_TEST

START_TEST(a_row_stands_for_a_million_at_most)
{
    const char *const text = "{0..999999}{0..9}";
    struct sled_pattern_row row;
    bool more = true;

    sled_pattern_begin(&row, &text, 1);
    while (more && sled_pattern_next(&row, &more, &err) == SLED_OK)
        ;
    ck_assert_str_eq(err.msg, "the ranges of this row have more than 1000000 values");
}
END_TEST

/* The default UltraServer in five rows has the links and routes of its own family. */
START_TEST(the_default_fabric_in_five_rows)
{
    struct sled_fabric family;

    topo_load(&family, "trn3-ultraserver.json", &sled_topo_ultraserver, NULL);
    topo_make(
        &fabric, &sled_topo_custom,
        CUSTOM("{\"name\": \"chip{0..143}\", \"kind\": \"chip\", \"rack\": \"0\", \"pod\": \"0\", "
               "\"sled\": \"{i/4}\", \"slot\": \"{i%4}\"}, "
               "{\"name\": \"tray{0..35}\", \"kind\": \"switch\", \"members\": 8, "
               "\"latency\": \"115ns\"}, "
               "{\"name\": \"nsw\", \"kind\": \"switch\", \"members\": 10, "
               "\"latency\": \"115ns\"}",
               "{\"from\": \"chip{0..143}\", \"to\": \"tray{i/4}\", \"members\": 8, "
               "\"bandwidth\": \"64GB/s\", \"medium\": \"pcb\", \"link_latency\": \"2ns\", "
               "\"lanes\": 8, \"level\": \"sled\"}, "
               "{\"from\": \"chip{0..143}\", \"to\": \"nsw\", \"members\": 10, "
               "\"bandwidth\": \"64GB/s\", \"medium\": \"backplane\", \"link_latency\": "
               "\"10ns\", \"lanes\": 8, \"level\": \"fabric\"}"));

    ck_assert_uint_eq(fabric.nnodes, family.nnodes);
    ck_assert_uint_eq(fabric.nlinks, family.nlinks);
    ck_assert_uint_eq(fabric.nsleds, 36);
    ck_assert_uint_eq(fabric.naxes, 2);
    ck_assert_uint_eq(fabric.axes[0].size, 36);
    for (uint32_t i = 0; i < fabric.nlinks; i++) {
        const struct sled_link *a = &fabric.link[i], *b = &family.link[i];
        ck_assert_uint_eq(a->src, b->src);
        ck_assert_uint_eq(a->dst, b->dst);
        ck_assert_double_eq(a->bandwidth_bytes_per_s, b->bandwidth_bytes_per_s);
        ck_assert_double_eq(a->latency_s, b->latency_s);
        ck_assert_uint_eq(a->lanes, b->lanes);
        ck_assert_uint_eq(a->members, b->members);
        ck_assert_int_eq(a->medium, b->medium);
        ck_assert_int_eq(a->level, b->level);
    }
    for (uint32_t i = 0; i < 144; i++) {
        const struct sled_node *a = &fabric.node[i], *b = &family.node[i];
        ck_assert_uint_eq(a->sled, b->sled);
        ck_assert_uint_eq(a->slot, b->slot);
        ck_assert_uint_eq(a->coord[0], b->coord[0]);
        ck_assert_uint_eq(a->coord[1], b->coord[1]);
    }
    ck_assert_mem_eq(fabric.routes.link, family.routes.link,
                     2 * 144 * 143 * sizeof *fabric.routes.link);
    sled_fabric_finish(&family);
}
END_TEST

START_TEST(irregular_sleds_are_one_row_of_chips)
{
    topo_make(
        &fabric, &sled_topo_custom,
        CUSTOM("{\"name\": \"a{0..2}\", \"kind\": \"chip\", \"sled\": \"{i/2}\"}, " SWITCH("s"),
               LINK("a{0..2}", "s")));
    ck_assert_uint_eq(fabric.nsleds, 2);
    ck_assert_uint_eq(fabric.naxes, 1);
    ck_assert_str_eq(fabric.axes[0].name, "chip");
    ck_assert_uint_eq(fabric.node[2].coord[0], 2);
}
END_TEST

START_TEST(one_way_links_are_one_way)
{
    topo_make(&fabric, &sled_topo_custom,
              CUSTOM("{\"name\": \"c{0..4}\", \"kind\": \"chip\", \"forwards\": true, "
                     "\"latency\": \"7ns\"}",
                     "{\"from\": \"c{0..4}\", \"to\": \"c{(i+1)%5}\", \"direction\": \"forward\", "
                     "\"level\": \"sled\", " WIRE "}"));
    ck_assert_uint_eq(fabric.nlinks, 5);
    ck_assert_str_eq(topo_path_text(&fabric, 1, 0), "c1>c2>c3>c4>c0");
    uint32_t first;
    sled_fabric_paths(&fabric, 1, 0, &first);
    ck_assert_double_eq_tol(sled_path_latency(&fabric, sled_fabric_path(&fabric, first)),
                            4 * 1e-9 + 3 * 7e-9, 1e-20);
}
END_TEST

static const struct {
    const char *text, *pointer, *msg;
} bad[] = {
    {CUSTOM(SWITCH("s"), ""), "/nodes", "no node is of kind \"chip\""},
    {CUSTOM(CHIPS("c{0..1}") ", " CHIPS("c1"), ""), "/nodes/1/name", "two nodes are named \"c1\""},
    {CUSTOM(CHIPS("c{0..x}"), ""), "/nodes/0/name",
     "pattern \"c{0..x}\": column 6: expected a number, i, j, k or \"(\", found \"x\""},
    {CUSTOM("{\"name\": \"s\", \"kind\": \"switch\"}", ""), "/nodes/0",
     "a switch needs the key \"latency\""},
    {CUSTOM("{\"name\": \"c\", \"kind\": \"chip\", \"forwards\": true}", ""), "/nodes/0",
     "a chip that forwards needs the key \"latency\""},
    {CUSTOM("{\"name\": \"c\", \"kind\": \"chip\", \"members\": 2}", ""), "/nodes/0/members",
     "a chip has 1 member, not 2; members are parallel switches"},
    {CUSTOM("{\"name\": \"c{0..3}\", \"kind\": \"chip\", \"sled\": \"s{i}\"}", ""), "/nodes/0/sled",
     "pattern \"s{i}\" stands for \"s0\", expected a whole number below 10^9"},
    {CUSTOM("{\"name\": \"c{0..3}\", \"kind\": \"chip\", \"slot\": \"{0..1}\"}", ""),
     "/nodes/0/slot",
     "pattern \"{0..1}\": column 1: a range is not allowed here, an expression of i, j, k is"},
    {CUSTOM(CHIPS("c{0..3}"), LINK("c{0..3}", "c{i+1}")), "/links/0/to", "no node is named \"c4\""},
    {CUSTOM(CHIPS("c{0..3}"), LINK("d", "c0")), "/links/0/from", "no node is named \"d\""},
    {CUSTOM(CHIPS("c{0..3}"), LINK("c{0..3}", "c{i)}")), "/links/0/to",
     "pattern \"c{i)}\": column 4: expected an operator, \"..\" or \"}\", found \")\""},
    {CUSTOM(CHIPS("c{0..3}"), LINK("c{0..3}", "c{i}")), "/links/0",
     "a link joins \"c0\" to itself"},
};

START_TEST(contradictions_are_refused_where_they_are)
{
    ck_assert_int_eq(topo_build(&fabric, &sled_topo_custom, bad[_i].text, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, bad[_i].msg);
    ck_assert_str_eq(err.pointer, bad[_i].pointer);
}
END_TEST

START_TEST(a_cut_without_failed_links_says_so)
{
    const struct sled_routing_spec spec = {.policy = SLED_ROUTING_MINIMAL};

    ck_assert_int_eq(topo_build(&fabric, &sled_topo_custom,
                                CUSTOM(CHIPS("c{0..3}"), LINK("c{0..2}", "c{i+1}")), &err),
                     SLED_OK);
    ck_assert_int_eq(sled_routing_compute(&fabric, &spec, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "no route from c0 to c2: no usable link leads out of {c0, c1}; "
                              "working links leave it, but from chips that do not forward");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("custom");
    TCase *tc = tcase_create("custom");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, patterns_expand, 0, (int)(sizeof patterns / sizeof patterns[0]));
    tcase_add_test(tc, a_row_stands_for_a_million_at_most);
    tcase_add_test(tc, the_default_fabric_in_five_rows);
    tcase_add_test(tc, irregular_sleds_are_one_row_of_chips);
    tcase_add_test(tc, one_way_links_are_one_way);
    tcase_add_loop_test(tc, contradictions_are_refused_where_they_are, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tc, a_cut_without_failed_links_says_so);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
