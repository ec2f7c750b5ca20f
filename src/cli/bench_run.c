/* SPDX-License-Identifier: Apache-2.0 */
/* The runs of a benchmark: sizes, and the algorithms at each. */
#include "cli/bench_run.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "cli/bench_request.h"
#include "sim/sim.h"

static enum sled_status simulate(const struct bench *bench,
                                 const struct sled_experiment *experiment,
                                 struct sled_bench_row *row, struct sled_err *err)
{
    const struct sled_sim_spec spec = {
        .machine = &bench->topology->machine,
        .program = &experiment->program,
        .network = (enum sled_network_kind)bench->args->network,
        .accuracy = bench->args->accuracy,
    };
    struct sled_result *result = NULL;

    enum sled_status st = sled_sim_run(&spec, &result, err);
    if (st == SLED_OK)
        st = sled_bench_row_fill(spec.machine, spec.program, result, row, err);
    sled_result_destroy(result);
    return st;
}

/* row->algorithm on all groups. With `compare`, one that cannot serve is left out; else it is an
 * error. */
static enum sled_status run_algorithm(const struct bench *bench,
                                      const struct bench_request *request, bool compare,
                                      struct sled_bench_row *row, struct sled_err *err)
{
    const uint64_t row_bytes = bench->args->skew_given ? bench->args->token_bytes : 0;
    struct sled_experiment experiment;
    struct sled_err why = SLED_ERR_INIT;

    row->size_bytes = sled_coll_size_bytes(&request->group[0].req);
    enum sled_status st =
        bench->plan != NULL
            ? sled_experiment_plan_file(bench->topology, request->group, request->ngroups,
                                        bench->plan, bench->memory, &experiment, &why)
            : sled_experiment_collectives(bench->topology, request->group, request->ngroups,
                                          row->algorithm, bench->memory, row_bytes, &experiment,
                                          &why);
    if (st == SLED_OK) {
        st = simulate(bench, &experiment, row, err);
    } else if (st == SLED_E_UNSUPPORTED && compare) {
        static_assert(sizeof row->left_out == sizeof why.msg, "room for any reason");
        memcpy(row->left_out, why.msg, sizeof why.msg);
        st = SLED_OK;
    } else {
        *err = why;
    }
    sled_experiment_finish(&experiment);
    return st;
}

/* Groups differ in size, and with it the rule that fits; but one algorithm serves all of them. */
static enum sled_status pick(const struct bench *bench, struct bench_request *request,
                             struct sled_bench_row *row, struct sled_err *err)
{
    for (uint32_t g = 0; g < request->ngroups; g++) {
        struct sled_experiment_group *group = &request->group[g];
        struct sled_coll_req *req = &group->req;
        const struct sled_selection_site site =
            sled_selection_site_of(bench->topology, group->chip_of_rank);
        const struct sled_selection_rule *rule;

        SLED_TRY(sled_selection_pick(bench->selection, req, &site, bench->memory, &rule, err));
        SLED_TRY(sled_selection_apply(bench->selection, rule, &site, req, &group->has_protocol,
                                      &group->protocol, err));
        if (g > 0 && strcmp(rule->algorithm, row->algorithm) != 0)
            return sled_err_set(err, SLED_E_UNSUPPORTED,
                                "groups of %u and %u ranks would get %s (%s) and %s (%s); say one "
                                "with --algorithm",
                                request->group[0].req.nranks, req->nranks, row->algorithm,
                                row->rule, rule->algorithm, rule->label);
        if (g == 0) {
            row->algorithm = rule->algorithm;
            row->rule = rule->label;
        }
    }
    return SLED_OK;
}

static enum sled_status run_one(const struct bench *bench, struct bench_request *request,
                                struct sled_bench_table *table, struct sled_err *err)
{
    struct sled_bench_row *row;

    SLED_TRY(sled_bench_table_add(table, &row, err));
    if (bench->plan != NULL)
        row->algorithm = bench->plan->name;
    else if (bench->algo != NULL)
        row->algorithm = bench->algo->name;
    else
        SLED_TRY(pick(bench, request, row, err));
    if (run_algorithm(bench, request, false, row, err) != SLED_OK && row->rule != NULL)
        sled_err_prefix(err, "%s picks %s: ", row->rule, row->algorithm);
    return err->code;
}

static enum sled_status run_all(const struct bench *bench, const struct bench_request *request,
                                struct sled_bench_table *table, struct sled_err *err)
{
    size_t nalgos;
    const struct sled_coll_algo *const *algo = sled_coll_all(&nalgos);
    const size_t first = table->nrows;
    struct sled_bench_row *row = NULL, *winner = NULL;

    for (size_t a = 0; a < nalgos; a++) {
        if (algo[a]->kind != bench->kind)
            continue;
        SLED_TRY(sled_bench_table_add(table, &row, err));
        row->algorithm = algo[a]->name;
        SLED_TRY(run_algorithm(bench, request, true, row, err));
    }
    assert(row != NULL && "every operation has an algorithm");
    for (row = &table->row[first]; row < table->row + table->nrows; row++)
        if (row->left_out[0] == '\0' && (winner == NULL || row->time_s < winner->time_s))
            winner = row;
    if (winner == NULL)
        return sled_err_set(err, SLED_E_UNSUPPORTED, "no algorithm can serve: %s: %s",
                            table->row[first].algorithm, table->row[first].left_out);
    winner->winner = true;
    return SLED_OK;
}

static enum sled_status run_size(const struct bench *bench, uint64_t size,
                                 struct sled_bench_table *table, struct sled_err *err)
{
    struct bench_request request;

    enum sled_status st = bench_request_init(&request, bench, size, err);
    if (st == SLED_OK)
        st = table->compares ? run_all(bench, &request, table, err)
                             : run_one(bench, &request, table, err);
    bench_request_finish(&request);
    return st;
}

enum sled_status bench_run(const struct bench *bench, struct sled_bench_table *table,
                           struct sled_err *err)
{
    const struct bench_args *args = bench->args;
    const bool range = args->min_given;
    const uint64_t last = range ? args->max_bytes : args->size;

    for (uint64_t size = range ? args->min_bytes : args->size;;) {
        if (run_size(bench, size, table, err) != SLED_OK) {
            if (!bench_args_one_size(args, bench->kind) && err->code != SLED_E_USAGE)
                sled_err_prefix(err, "size %" PRIu64 ": ", size);
            return err->code;
        }
        if (size > last / args->factor || size == 0)
            return SLED_OK;
        size *= args->factor;
    }
}
