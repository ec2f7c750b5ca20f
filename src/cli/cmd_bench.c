/* SPDX-License-Identifier: Apache-2.0 */
/* sledsim bench: one collective over a range of sizes, as nccl-tests and nccom-test run it. */
#include "cli/cmd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/units.h"
#include "base/vec.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "coll/coll.h"
#include "config/config.h"
#include "config/experiment.h"
#include "report/bench.h"
#include "sim/sim.h"

enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };
static const char *const format_names[] = {"table", "json", "csv", NULL};

struct bench_args {
    const char *op;
    const char *topology;
    struct sled_opt_list sets;
    uint64_t ranks;
    bool ranks_given;
    const char *chips;
    uint64_t min_bytes, max_bytes, factor, size;
    bool min_given, max_given, size_given;
    const char *algorithm;
    const char *plan;
    int memory;
    const char *dtype;
    const char *matrix;
    double skew;
    bool skew_given;
    uint64_t seed, experts, top_k, token_bytes;
    bool routing_given[4];
    int network;
    double accuracy;
    int format;
    const char *output;
};

static const struct sled_operand operands[] = {
    {.name = "OP", .offset = offsetof(struct bench_args, op), .help = "operation, as all_reduce"},
};

#define AT(member) .offset = offsetof(struct bench_args, member)
#define GIVEN(member) .given_offset = offsetof(struct bench_args, member)

static const struct sled_opt options[] = {
    {.name = "topology",
     .letter = 't',
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .required = true,
     AT(topology),
     .help = "topology file"},
    {.name = "set",
     .kind = SLED_OPT_LIST,
     .arg = "/POINTER=VALUE",
     AT(sets),
     .help = "override a value of the topology file"},
    {.name = "ranks",
     .letter = 'r',
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 65536,
     AT(ranks),
     GIVEN(ranks_given),
     .help = "ranks, on the first N chips; all chips if absent"},
    {.name = "chips",
     .kind = SLED_OPT_TEXT,
     .arg = "LIST",
     AT(chips),
     .help = "chip of each rank instead, as 0,4,8"},
    {.name = "min-bytes",
     .letter = 'b',
     .kind = SLED_OPT_SIZE,
     .arg = "SIZE",
     AT(min_bytes),
     GIVEN(min_given),
     .help = "smallest size"},
    {.name = "max-bytes",
     .letter = 'e',
     .kind = SLED_OPT_SIZE,
     .arg = "SIZE",
     AT(max_bytes),
     GIVEN(max_given),
     .help = "largest size"},
    {.name = "factor",
     .letter = 'f',
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .dflt = "2",
     .min = 2,
     .max = 1 << 20,
     AT(factor),
     .help = "from one size to the next"},
    {.name = "size",
     .kind = SLED_OPT_SIZE,
     .arg = "SIZE",
     AT(size),
     GIVEN(size_given),
     .help = "one size: the whole buffer of a rank"},
    {.name = "algorithm",
     .letter = 'a',
     .kind = SLED_OPT_TEXT,
     .arg = "NAME",
     AT(algorithm),
     .help = "as `sledsim list algorithms`; may be left out where there is only one"},
    {.name = "plan",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     AT(plan),
     .help = "algorithm of your own instead: a plan, ours or MSCCL's (.xml)"},
    {.name = "memory",
     .letter = 'm',
     .kind = SLED_OPT_CHOICE,
     .arg = "MEMORY",
     .choices = sled_memory_names,
     .dflt = "sbuf",
     AT(memory),
     .help = "SRAM to SRAM, HBM to HBM, or SRAM staged through HBM"},
    {.name = "dtype",
     .letter = 'd',
     .kind = SLED_OPT_TEXT,
     .arg = "TYPE",
     .dflt = "bf16",
     AT(dtype),
     .help = "element type, as `sledsim list dtypes`"},
    {.name = "matrix",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     AT(matrix),
     .help = "byte matrix of all_to_all_v, in nccl-tests' format"},
    {.name = "skew",
     .kind = SLED_OPT_RATIO,
     .arg = "ALPHA",
     .max = 16,
     AT(skew),
     GIVEN(skew_given),
     .help = "all_to_all_v of a MoE dispatch with power-law experts"},
    {.name = "seed",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .dflt = "1",
     AT(seed),
     GIVEN(routing_given[0]),
     .help = "with --skew: random seed"},
    {.name = "experts",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .max = 65536,
     AT(experts),
     GIVEN(routing_given[1]),
     .help = "with --skew: experts; 2 per rank if absent"},
    {.name = "top-k",
     .kind = SLED_OPT_COUNT,
     .arg = "K",
     .dflt = "8",
     .min = 1,
     .max = 1024,
     AT(top_k),
     GIVEN(routing_given[2]),
     .help = "with --skew: experts a token goes to"},
    {.name = "token-bytes",
     .kind = SLED_OPT_COUNT,
     .arg = "B",
     .dflt = "7168",
     .min = 1,
     .max = 1 << 30,
     AT(token_bytes),
     GIVEN(routing_given[3]),
     .help = "with --skew: bytes of one token row, also the descriptor size"},
    {.name = "network",
     .kind = SLED_OPT_CHOICE,
     .arg = "ENGINE",
     .choices = sled_network_names,
     .dflt = "fluid",
     AT(network),
     .help = "who shares bandwidth"},
    {.name = "accuracy",
     .kind = SLED_OPT_RATIO,
     .arg = "E",
     .dflt = "0",
     .max = 0.1,
     AT(accuracy),
     .help = "fluid: let a completion be off by this part of its duration; 0 is exact"},
    {.name = "format",
     .kind = SLED_OPT_CHOICE,
     .arg = "FORMAT",
     .choices = format_names,
     .dflt = "table",
     AT(format),
     .help = "of the output"},
    {.name = "output",
     .letter = 'o',
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     AT(output),
     .help = "write there instead of stdout"},
};

/* Is there just one size, that of a matrix? */
static bool size_is_known(const struct bench_args *args, enum sled_coll_kind kind)
{
    return args->matrix != NULL || (args->plan != NULL && kind == SLED_COLL_ALL_TO_ALL_V);
}

/* Options that contradict each other, or need another. */
static enum sled_status check_args(const struct bench_args *args, enum sled_coll_kind kind,
                                   struct sled_err *err)
{
    const bool range = args->min_given || args->max_given;
    const bool by_matrix = kind == SLED_COLL_ALL_TO_ALL_V;

    if (args->plan != NULL && args->algorithm != NULL)
        return sled_err_set(err, SLED_E_USAGE, "--plan is the algorithm; drop --algorithm");
    if (args->chips != NULL && args->ranks_given)
        return sled_err_set(err, SLED_E_USAGE,
                            "--chips says how many ranks there are; drop --ranks");
    if (!by_matrix && (args->matrix != NULL || args->skew_given))
        return sled_err_set(err, SLED_E_USAGE,
                            "--matrix and --skew are for all_to_all_v, not for %s", args->op);
    if (by_matrix && args->plan != NULL && (args->matrix != NULL || args->skew_given))
        return sled_err_set(err, SLED_E_USAGE, "--plan has a matrix; drop --matrix and --skew");
    if (by_matrix && args->plan == NULL && (args->matrix != NULL) == args->skew_given)
        return sled_err_set(err, SLED_E_USAGE,
                            "all_to_all_v needs either --matrix FILE or --skew ALPHA");
    for (size_t i = 0; i < SLED_ARRAY_LEN(args->routing_given); i++)
        if (args->routing_given[i] && !args->skew_given)
            return sled_err_set(err, SLED_E_USAGE,
                                "--seed, --experts, --top-k and --token-bytes go with --skew");
    if (size_is_known(args, kind)) {
        if (range || args->size_given)
            return sled_err_set(err, SLED_E_USAGE,
                                "the matrix says all sizes; drop --size, -b, -e");
        return SLED_OK;
    }
    if (args->size_given == range)
        return sled_err_set(err, SLED_E_USAGE, "say either --size, or -b and -e");
    if (range && !(args->min_given && args->max_given))
        return sled_err_set(err, SLED_E_USAGE, "-b and -e go together");
    if (range && (args->min_bytes == 0 || args->min_bytes > args->max_bytes))
        return sled_err_set(err, SLED_E_USAGE,
                            "-b %" PRIu64 " must be at least 1 and at most -e %" PRIu64,
                            args->min_bytes, args->max_bytes);
    return SLED_OK;
}

/* "0,4,8" into *out (heap) and *count; chips must exist and differ. */
static enum sled_status parse_chips(const char *list, uint32_t nchips, uint32_t **out,
                                    uint32_t *count, struct sled_err *err)
{
    size_t capacity = 0;
    const char *at = list;

    for (;;) {
        char *end;
        const unsigned long chip = strtoul(at, &end, 10);

        if (*at < '0' || *at > '9' || (*end != ',' && *end != '\0'))
            return sled_err_set(err, SLED_E_USAGE,
                                "--chips \"%s\": expected chip numbers separated by commas", list);
        if (chip >= nchips)
            return sled_err_set(err, SLED_E_USAGE,
                                "--chips: chip %lu of a fabric with chips 0 to %u", chip,
                                nchips - 1);
        for (uint32_t i = 0; i < *count; i++)
            if ((*out)[i] == chip)
                return sled_err_set(err, SLED_E_USAGE, "--chips: chip %lu is listed twice", chip);
        SLED_TRY(sled_vec_reserve(out, &capacity, *count + 1, err));
        (*out)[(*count)++] = (uint32_t)chip;
        if (*end == '\0')
            return SLED_OK;
        at = end + 1;
    }
}

static enum sled_status map_ranks(const struct bench_args *args, uint32_t nchips, uint32_t **out,
                                  uint32_t *nranks, struct sled_err *err)
{
    if (args->chips != NULL)
        return parse_chips(args->chips, nchips, out, nranks, err);
    if (args->ranks_given && args->ranks > nchips)
        return sled_err_set(err, SLED_E_USAGE, "--ranks %" PRIu64 ": the topology has %u chips",
                            args->ranks, nchips);
    *nranks = args->ranks_given ? (uint32_t)args->ranks : nchips;
    SLED_TRY(sled_vec_alloc(out, *nranks, err));
    for (uint32_t r = 0; r < *nranks; r++)
        (*out)[r] = r;
    return SLED_OK;
}

/* Which of several algorithms is meant? */
static enum sled_status ask_for_algorithm(const struct bench_args *args, enum sled_coll_kind kind,
                                          struct sled_err *err)
{
    size_t count;
    const struct sled_coll_algo *const *all = sled_coll_all(&count);
    struct sled_str names = SLED_STR_INIT;

    for (size_t i = 0; i < count; i++)
        if (all[i]->kind == kind)
            sled_str_addf(&names, "%s%s", names.len == 0 ? "" : ", ", all[i]->name);
    enum sled_status st = sled_str_status(&names, err);
    if (st == SLED_OK)
        st = sled_err_set(err, SLED_E_USAGE,
                          "%s has several algorithms, say which with --algorithm: %s", args->op,
                          sled_str_text(&names));
    sled_str_finish(&names);
    return st;
}

/* The algorithm asked for, or the only one that there is. */
static enum sled_status choose_algorithm(const struct bench_args *args, enum sled_coll_kind kind,
                                         const struct sled_coll_algo **out, struct sled_err *err)
{
    size_t count;
    const struct sled_coll_algo *const *all = sled_coll_all(&count);

    if (args->algorithm != NULL) {
        *out = sled_coll_find(kind, args->algorithm, err);
        return *out == NULL ? err->code : SLED_OK;
    }

    const struct sled_coll_algo *only = NULL;
    for (size_t i = 0; i < count; i++) {
        if (all[i]->kind != kind)
            continue;
        if (only != NULL)
            return ask_for_algorithm(args, kind, err);
        only = all[i];
    }
    if (only == NULL)
        return sled_err_set(err, SLED_E_UNSUPPORTED, "no algorithm serves %s", args->op);
    *out = only;
    return SLED_OK;
}

/* All that stays the same from size to size. */
struct bench {
    const struct bench_args *args;
    const struct sled_topology *topology;
    const struct sled_coll_algo *algo; /* NULL: plan */
    const struct sled_plan_file *plan; /* NULL: algo */
    enum sled_coll_kind kind;
    uint32_t *chip_of_rank; /* [nranks] */
    uint32_t nranks;
};

static enum sled_status traffic_of(const struct bench *bench, uint64_t size,
                                   struct sled_traffic *out, struct sled_err *err)
{
    const struct bench_args *args = bench->args;

    if (args->matrix != NULL)
        return sled_cli_matrix(args->matrix, bench->nranks, out, err);

    const struct sled_skew skew = {.alpha = args->skew,
                                   .seed = args->seed,
                                   .experts = args->experts,
                                   .top_k = args->top_k,
                                   .token_bytes = args->token_bytes};
    return sled_skew_traffic(&skew, bench->nranks, size, out, err);
}

static enum sled_status measure(const struct bench *bench, const struct sled_coll_req *req,
                                struct sled_bench_row *row, struct sled_err *err)
{
    const uint64_t row_bytes = bench->args->skew_given ? bench->args->token_bytes : 0;
    struct sled_experiment experiment;
    struct sled_result *result = NULL;

    enum sled_status st =
        bench->plan != NULL
            ? sled_experiment_plan_file(bench->topology, req, bench->plan,
                                        (enum sled_memory)bench->args->memory, bench->chip_of_rank,
                                        &experiment, err)
            : sled_experiment_collective(bench->topology, req, bench->algo->name,
                                         (enum sled_memory)bench->args->memory, row_bytes,
                                         bench->chip_of_rank, &experiment, err);
    if (st == SLED_OK) {
        const struct sled_sim_spec spec = {.machine = &bench->topology->machine,
                                           .program = &experiment.program,
                                           .network = (enum sled_network_kind)bench->args->network,
                                           .accuracy = bench->args->accuracy};
        st = sled_sim_run(&spec, &result, err);
    }
    if (st == SLED_OK)
        st = sled_bench_row_fill(&bench->topology->machine, &experiment.program, result, row, err);
    sled_result_destroy(result);
    sled_experiment_finish(&experiment);
    return st;
}

static enum sled_status bench_size(const struct bench *bench, uint64_t size,
                                   struct sled_bench_row *row, struct sled_err *err)
{
    struct sled_traffic traffic = {0};
    struct sled_coll_req req;

    SLED_TRY(sled_cli_request(bench->args->op, bench->nranks, size, bench->args->dtype, &req, err));
    enum sled_status st = SLED_OK;
    if (bench->plan != NULL) {
        sled_plan_file_complete(bench->plan, &req);
    } else if (bench->kind == SLED_COLL_ALL_TO_ALL_V) {
        st = traffic_of(bench, size, &traffic, err);
        req.traffic = &traffic;
    }
    if (st == SLED_OK)
        st = measure(bench, &req, row, err);
    sled_traffic_finish(&traffic);
    return st;
}

static enum sled_status bench_sizes(const struct bench *bench, struct sled_bench_table *table,
                                    struct sled_err *err)
{
    const struct bench_args *args = bench->args;
    const bool range = args->min_given;
    const uint64_t last = range ? args->max_bytes : args->size;

    for (uint64_t size = range ? args->min_bytes : args->size;;) {
        struct sled_bench_row *row;

        SLED_TRY(sled_bench_table_add(table, &row, err));
        if (bench_size(bench, size, row, err) != SLED_OK) {
            if (!size_is_known(args, bench->kind) && err->code != SLED_E_USAGE)
                sled_err_prefix(err, "size %" PRIu64 ": ", size);
            return err->code;
        }
        if (size > last / args->factor || size == 0)
            return SLED_OK;
        size *= args->factor;
    }
}

static enum sled_status write_table(const struct sled_bench_table *table, int format,
                                    cJSON *topology, FILE *stream, struct sled_err *err)
{
    switch (format) {
    case FORMAT_JSON:
        return sled_bench_write_json(table, topology, stream, err);
    case FORMAT_CSV:
        sled_bench_write_csv(table, stream);
        return SLED_OK;
    default:
        return sled_bench_write_text(table, stream, err);
    }
}

static enum sled_status run_loaded(struct bench *bench, struct sled_config *config,
                                   struct sled_err *err)
{
    const struct bench_args *args = bench->args;
    struct sled_output out;

    bench->topology = config->topology;
    if (bench->plan == NULL)
        SLED_TRY(choose_algorithm(args, bench->kind, &bench->algo, err));
    else if (bench->plan->nranks > config->topology->fabric.nchips)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "--plan %s: %u ranks need as many chips, \"%s\" has %u", args->plan,
                            bench->plan->nranks, config->topology->name,
                            config->topology->fabric.nchips);
    SLED_TRY(map_ranks(args, config->topology->fabric.nchips, &bench->chip_of_rank, &bench->nranks,
                       err));
    if (bench->plan != NULL)
        SLED_TRY(sled_plan_file_serves(bench->plan, bench->kind, bench->nranks, err));

    SLED_TRY(sled_output_open(&out, args->output, err));
    struct sled_bench_table table = {
        .op = args->op,
        .algorithm = bench->plan != NULL ? bench->plan->name : bench->algo->name,
        .memory = sled_memory_names[args->memory],
        .dtype = bench->kind == SLED_COLL_ALL_TO_ALL_V ? "bytes" : args->dtype,
        .network = sled_network_names[args->network],
        .simulator = sled_sim_describe(),
        .accuracy = args->accuracy,
        .topology = config->topology->name,
        .chip_of_rank = bench->chip_of_rank,
        .nranks = bench->nranks,
    };
    enum sled_status st = bench_sizes(bench, &table, err);
    if (st == SLED_OK)
        st = write_table(&table, args->format, sled_doc_root(config->doc), out.stream, err);
    if (st == SLED_OK)
        st = sled_output_commit(&out, err);
    sled_output_finish(&out);
    sled_bench_table_finish(&table);
    return st;
}

static enum sled_status run_on_topology(struct bench *bench, struct sled_err *err)
{
    const struct bench_args *args = bench->args;
    struct sled_config config;

    enum sled_status st = sled_config_load(args->topology, args->sets.items, args->sets.count,
                                           "topology", &config, err);
    if (st == SLED_OK)
        st = run_loaded(bench, &config, err);
    free(bench->chip_of_rank);
    sled_config_finish(&config);
    return st;
}

/* A plan knows how many ranks it is for. */
static enum sled_status run_plan(struct bench *bench, struct sled_err *err)
{
    struct bench_args args = *bench->args;
    struct sled_plan_file plan;
    enum sled_status st = sled_plan_file_load(args.plan, &plan, err);

    if (st == SLED_OK) {
        if (!args.ranks_given && args.chips == NULL) {
            args.ranks = plan.nranks;
            args.ranks_given = true;
        }
        bench->args = &args;
        bench->plan = &plan;
        st = run_on_topology(bench, err);
    }
    sled_plan_file_finish(&plan);
    return st;
}

static enum sled_status run(const void *opaque, struct sled_err *err)
{
    const struct bench_args *args = opaque;
    struct bench bench = {.args = args};

    SLED_TRY(sled_cli_op(args->op, &bench.kind, err));
    SLED_TRY(check_args(args, bench.kind, err));
    return args->plan == NULL ? run_on_topology(&bench, err) : run_plan(&bench, err);
}

const struct sled_cmd sled_cmd_bench = {
    .name = "bench",
    .summary = "time a collective over a range of sizes",
    .description =
        "Runs OP with one algorithm on a topology and prints a line per size: time, algbw and\n"
        "busbw as nccl-tests define them, the lower bound of the plan on this fabric and the\n"
        "busiest resource. Sizes are the whole buffer of a rank.\n",
    .examples =
        "sledsim bench all_to_all -t topologies/trn3-ultraserver.json -a direct -b 64K -e 64M -f "
        "4\n"
        "sledsim bench all_reduce -t topologies/trn2-16.json -a ring --size 16M --memory sbuf\n"
        "sledsim bench all_to_all_v -t topologies/trn3-ultraserver.json -a direct --skew 1.01 \\\n"
        "    --size 1M --ranks 32\n"
        "sledsim bench all_reduce -t topologies/trn3-ultraserver.json --size 16M \\\n"
        "    --plan collectives/msccl_ring_8.xml\n",
    .args = SLED_OPT_TABLE(struct bench_args, operands, options),
    .run = run,
};
