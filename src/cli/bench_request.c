/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and byte matrices of the groups. */
#include "cli/bench_request.h"

#include <stdlib.h>

#include "base/vec.h"
#include "cli/parse.h"
#include "config/traffic.h"

static enum sled_status make_traffic(const struct bench *bench, uint32_t nranks, uint64_t size,
                                     struct sled_traffic *out, struct sled_err *err)
{
    const struct bench_args *args = bench->args;

    if (args->matrix != NULL)
        return sled_config_load_traffic(args->matrix, nranks, bench->elem_bytes, out, err);

    const struct sled_skew skew = {.alpha = args->skew,
                                   .seed = args->seed,
                                   .experts = args->experts,
                                   .top_k = args->top_k,
                                   .token_bytes = args->token_bytes};
    return sled_skew_traffic(&skew, nranks, size, out, err);
}

/* The matrix of group g: that of an earlier group of as many ranks, if there is one. */
static enum sled_status add_traffic(struct bench_request *request, uint32_t g,
                                    const struct bench *bench, uint64_t size, struct sled_err *err)
{
    struct sled_coll_req *req = &request->group[g].req;

    for (uint32_t earlier = 0; earlier < g; earlier++)
        if (request->group[earlier].req.nranks == req->nranks) {
            req->traffic = request->group[earlier].req.traffic;
            return SLED_OK;
        }
    SLED_TRY(make_traffic(bench, req->nranks, size, &request->traffic[g], err));
    req->traffic = &request->traffic[g];
    return SLED_OK;
}

enum sled_status bench_request_init(struct bench_request *out, const struct bench *bench,
                                    uint64_t size, struct sled_err *err)
{
    const struct sled_groups *groups = &bench->place->groups;

    *out = (struct bench_request){0};
    SLED_TRY(sled_vec_alloc(&out->group, groups->count, err));
    SLED_TRY(sled_vec_alloc(&out->traffic, groups->count, err));
    out->ngroups = groups->count;
    for (uint32_t g = 0; g < groups->count; g++) {
        struct sled_experiment_group *group = &out->group[g];

        group->chip_of_rank = bench->place->chip_of_member + groups->begin[g];
        SLED_TRY(sled_cli_request(bench->args->op, sled_groups_size(groups, g), size,
                                  bench->args->dtype, &group->req, err));
        group->req.channels = (uint32_t)bench->args->channels;
        group->req.chunks = (uint32_t)bench->args->chunks;
        if (bench->plan != NULL)
            sled_plan_file_complete(bench->plan, &group->req);
        else if (bench->kind == SLED_COLL_ALL_TO_ALL_V)
            SLED_TRY(add_traffic(out, g, bench, size, err));
    }
    return SLED_OK;
}

void bench_request_finish(struct bench_request *request)
{
    for (uint32_t g = 0; g < request->ngroups; g++)
        sled_traffic_finish(&request->traffic[g]);
    free(request->traffic);
    free(request->group);
    *request = (struct bench_request){0};
}
