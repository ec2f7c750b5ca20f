/* SPDX-License-Identifier: Apache-2.0 */
/* What an MSCCL algorithm must get right element by element, before its steps can be paired. */
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "config/msccl.h"

const struct sled_msccl_traits sled_msccl_traits[] = {
    [SLED_MSCCL_SEND] = {.sends = true, .reads_src = true},
    [SLED_MSCCL_RECV] = {.receives = true, .writes_dst = true},
    [SLED_MSCCL_RECV_REDUCE] = {.receives = true, .reads_src = true, .writes_dst = true},
    [SLED_MSCCL_RECV_SEND] = {.receives = true, .sends = true, .writes_dst = true},
    [SLED_MSCCL_RECV_REDUCE_ON] = {.receives = true, .sends = true, .reads_src = true},
    [SLED_MSCCL_RECV_REDUCE_SEND] = {.receives = true,
                                     .sends = true,
                                     .reads_src = true,
                                     .writes_dst = true},
    [SLED_MSCCL_COPY] = {.reads_src = true, .writes_dst = true},
    [SLED_MSCCL_REDUCE] = {.reads_src = true, .writes_dst = true},
    [SLED_MSCCL_NOP] = {false},
};

/* Elements by their id; equal ones, which are an error, in the order of the file. */
static int by_id(int id, size_t at, int other_id, size_t other_at)
{
    if (id != other_id)
        return id < other_id ? -1 : 1;
    return at < other_at ? -1 : 1;
}

static int by_gpu_id(const void *left, const void *right)
{
    const struct sled_msccl_gpu *a = left;
    const struct sled_msccl_gpu *b = right;

    return by_id(a->id, a->at, b->id, b->at);
}

static int by_block_id(const void *left, const void *right)
{
    const struct sled_msccl_block *a = left;
    const struct sled_msccl_block *b = right;

    return by_id(a->id, a->at, b->id, b->at);
}

/* Chunks that a GPU can have in a buffer. */
static int most_chunks(const struct sled_msccl_algo *algo, int buffer)
{
    const bool own_block =
        (algo->collective == SLED_COLL_ALL_GATHER && buffer == SLED_MSCCL_INPUT) ||
        (algo->collective == SLED_COLL_REDUCE_SCATTER && buffer == SLED_MSCCL_OUTPUT);

    if (buffer == SLED_MSCCL_SCRATCH)
        return INT_MAX;
    return own_block ? algo->nchunks / algo->ngpus : algo->nchunks;
}

static enum sled_status check_chunks(const struct sled_msccl_algo *algo,
                                     const struct sled_msccl_gpu *gpu, struct sled_err *err)
{
    for (int buffer = 0; buffer < SLED_MSCCL_BUFFERS; buffer++) {
        const int most = most_chunks(algo, buffer);

        if (gpu->nchunks[buffer] > most)
            return sled_msccl_fail(
                algo, gpu->at, err, SLED_E_INPUT,
                "gpu %d has %s_chunks=\"%d\", expected at most %d: nchunksperloop is %d", gpu->id,
                sled_msccl_buffer_names[buffer], gpu->nchunks[buffer], most, algo->nchunks);
    }
    return SLED_OK;
}

static enum sled_status check_span(const struct sled_msccl_algo *algo,
                                   const struct sled_msccl_gpu *gpu,
                                   const struct sled_msccl_step *step, const char *end, int buffer,
                                   int offset, struct sled_err *err)
{
    if (offset >= 0 && offset <= gpu->nchunks[buffer] - step->count)
        return SLED_OK;
    return sled_msccl_fail(algo, step->at, err, SLED_E_INPUT,
                           "%soff=\"%d\" with cnt=\"%d\" is not within the %d chunks of "
                           "buffer %s of gpu %d",
                           end, offset, step->count, gpu->nchunks[buffer],
                           sled_msccl_buffer_names[buffer], gpu->id);
}

static enum sled_status check_dependency(const struct sled_msccl_algo *algo,
                                         const struct sled_msccl_gpu *gpu,
                                         const struct sled_msccl_step *step, struct sled_err *err)
{
    const struct sled_msccl_block *block = NULL;

    if (step->dep_block == -1)
        return SLED_OK;
    for (size_t b = 0; b < gpu->nblocks && block == NULL; b++)
        if (gpu->block[b].id == step->dep_block)
            block = &gpu->block[b];
    if (block == NULL)
        return sled_msccl_fail(algo, step->at, err, SLED_E_INPUT,
                               "depid=\"%d\", but gpu %d has no such threadblock", step->dep_block,
                               gpu->id);
    if (step->dep_step < 0 || (size_t)step->dep_step >= block->nsteps)
        return sled_msccl_fail(algo, step->at, err, SLED_E_INPUT,
                               "deps=\"%d\", but tb %d has %zu steps", step->dep_step, block->id,
                               block->nsteps);
    if (block->step[step->dep_step].has_dependent == 0)
        return sled_msccl_fail(algo, step->at, err, SLED_E_INPUT,
                               "waits for ever: step %d of tb %d says hasdep=\"0\" and does not "
                               "tell when it is done",
                               step->dep_step, block->id);
    return SLED_OK;
}

static enum sled_status check_peer(const struct sled_msccl_algo *algo,
                                   const struct sled_msccl_gpu *gpu,
                                   const struct sled_msccl_block *block,
                                   const struct sled_msccl_step *step, const char *which, int peer,
                                   struct sled_err *err)
{
    if (peer == -1)
        return sled_msccl_fail(algo, step->at, err, SLED_E_INPUT,
                               "type \"%s\" in tb %d, which has %s=\"-1\" and so no peer",
                               sled_msccl_op_names[step->op], block->id, which);
    if (peer >= algo->ngpus || peer == gpu->id)
        return sled_msccl_fail(algo, block->at, err, SLED_E_INPUT,
                               "%s=\"%d\" in gpu %d, expected another gpu, 0 to %d", which, peer,
                               gpu->id, algo->ngpus - 1);
    return SLED_OK;
}

static enum sled_status check_step(const struct sled_msccl_algo *algo,
                                   const struct sled_msccl_gpu *gpu,
                                   const struct sled_msccl_block *block, size_t number,
                                   struct sled_err *err)
{
    const struct sled_msccl_step *step = &block->step[number];
    const struct sled_msccl_traits *traits = &sled_msccl_traits[step->op];

    if (step->number != (int)number)
        return sled_msccl_fail(algo, step->at, err, SLED_E_INPUT,
                               "s=\"%d\" in tb %d, expected \"%zu\": steps are counted from 0",
                               step->number, block->id, number);
    if (traits->sends)
        SLED_TRY(check_peer(algo, gpu, block, step, "send", block->send, err));
    if (traits->receives)
        SLED_TRY(check_peer(algo, gpu, block, step, "recv", block->recv, err));
    if (traits->reads_src)
        SLED_TRY(check_span(algo, gpu, step, "src", step->src_buffer, step->src_offset, err));
    if (traits->writes_dst)
        SLED_TRY(check_span(algo, gpu, step, "dst", step->dst_buffer, step->dst_offset, err));
    return check_dependency(algo, gpu, step, err);
}

static enum sled_status check_block(const struct sled_msccl_algo *algo,
                                    const struct sled_msccl_gpu *gpu, size_t b,
                                    struct sled_err *err)
{
    const struct sled_msccl_block *block = &gpu->block[b];

    if (b > 0 && gpu->block[b - 1].id == block->id)
        return sled_msccl_fail(algo, block->at, err, SLED_E_INPUT, "gpu %d has tb %d already",
                               gpu->id, block->id);
    if (block->channel >= algo->nchannels)
        return sled_msccl_fail(algo, block->at, err, SLED_E_INPUT,
                               "chan=\"%d\", expected less than nchannels, %d", block->channel,
                               algo->nchannels);
    for (size_t s = 0; s < block->nsteps; s++)
        SLED_TRY(check_step(algo, gpu, block, s, err));
    return SLED_OK;
}

/* Of what the header says. */
static enum sled_status check_algo(const struct sled_msccl_algo *algo, struct sled_err *err)
{
    const bool blocks = algo->collective == SLED_COLL_ALL_GATHER ||
                        algo->collective == SLED_COLL_REDUCE_SCATTER ||
                        algo->collective == SLED_COLL_ALL_TO_ALL;

    if (blocks && algo->nchunks % algo->ngpus != 0)
        return sled_msccl_fail(algo, algo->at, err, SLED_E_INPUT,
                               "nchunksperloop=\"%d\", expected a multiple of the %d gpus",
                               algo->nchunks, algo->ngpus);
    if (algo->collective == SLED_COLL_ALL_TO_ALL && algo->in_place != 0)
        return sled_msccl_fail(algo, algo->at, err, SLED_E_INPUT,
                               "an alltoall with inplace=\"1\", expected \"0\": the output is "
                               "another buffer here");
    if (algo->count != (size_t)algo->ngpus)
        return sled_msccl_fail(algo, algo->at, err, SLED_E_INPUT,
                               "ngpus=\"%d\", but the file has %zu <gpu>", algo->ngpus,
                               algo->count);
    return SLED_OK;
}

enum sled_status sled_msccl_check(struct sled_msccl_algo *algo, struct sled_err *err)
{
    SLED_TRY(check_algo(algo, err));
    qsort(algo->gpu, algo->count, sizeof *algo->gpu, by_gpu_id);
    for (size_t g = 0; g < algo->count; g++) {
        struct sled_msccl_gpu *gpu = &algo->gpu[g];

        if (gpu->id != (int)g)
            return sled_msccl_fail(algo, gpu->at, err, SLED_E_INPUT,
                                   "found gpu %d, expected each of 0 to %d once", gpu->id,
                                   algo->ngpus - 1);
        SLED_TRY(check_chunks(algo, gpu, err));
        if (gpu->nblocks > 0)
            qsort(gpu->block, gpu->nblocks, sizeof *gpu->block, by_block_id);
        for (size_t b = 0; b < gpu->nblocks; b++)
            SLED_TRY(check_block(algo, gpu, b, err));
    }
    return SLED_OK;
}

struct sled_msccl_place sled_msccl_place(const struct sled_msccl_algo *algo, int gpu, int buffer,
                                         int offset)
{
    struct sled_msccl_place place = {.buffer = SLED_BUFFER_DATA, .offset = (uint64_t)offset};

    if (buffer == SLED_MSCCL_SCRATCH)
        place.buffer = SLED_BUFFER_SCRATCH;
    else if (algo->collective == SLED_COLL_ALL_TO_ALL && buffer == SLED_MSCCL_OUTPUT)
        place.buffer = SLED_BUFFER_OUT;
    else if (most_chunks(algo, buffer) < algo->nchunks) /* a rank's own block only */
        place.offset += (uint64_t)(gpu * most_chunks(algo, buffer));
    return place;
}
