/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of elements of a row that share a scale: to find scales and narrow the elements, as
 * block-scaled FP8 does (DeepSeek-V3: 128 elements; per row: n), and to widen them again.
 *
 *     quantize_group   vector: absmax of each group (tensor_reduce)
 *                      vector: scale = absmax / largest number of the format; 1 / scale
 *                      apply the inverse and cast
 *     dequantize       vector: scales of microscaled formats to numbers (a shift)
 *                      vector: two integer instructions on 4-bit elements: to their place in a
 *                              16-bit word, and a mask. The exponent's bias is part of the scale.
 *                      cast and apply the scale
 *
 * A group lies in one partition. A scale is applied in one of two ways, whichever is faster for
 * the kernel: group by group, where it is a number per partition and the cast comes free
 * (tensor_scalar), or to all groups of a tile at once, broadcast (tensor_tensor), which has no
 * fast mode and leaves the cast to the scalar engine.
 *
 * Whole groups are dealt to partitions; a partial group at the end of a row takes as long as a
 * whole one.
 */
#include <inttypes.h>

#include "chip/kernels.h"

enum { BY_GROUP, BY_TENSOR, WAYS };

/* What one partition does in a tile. */
struct batch {
    uint64_t groups, elements;
    uint32_t way;
};

static void add_vector(const struct sled_chip *chip, const char *name, uint64_t elements,
                       double rate, double bytes, struct sled_tile *tile)
{
    sled_tile_vector(tile, chip,
                     &(struct sled_operands){
                         .name = name, .elements = elements, .rate = rate, .sbuf_bytes = bytes});
}

/* One instruction for each group, of which none waits for another. */
static void add_by_group(const struct sled_chip *chip, const struct batch *batch,
                         enum sled_dtype in, enum sled_dtype out, struct sled_tile *tile)
{
    const double groups = (double)batch->groups;
    struct sled_op *op = sled_tile_vector(tile, chip,
                                          &(struct sled_operands){
                                              .name = "scale, cast",
                                              .elements = batch->elements / batch->groups,
                                              .rate = sled_rate_of_two(&chip->vector.copy, in, out),
                                              .sbuf_bytes = sled_pass_bytes(in, out),
                                          });

    op->latency_s += (groups - 1) * op->busy_s;
    op->busy_s *= groups;
    op->sbuf_bytes *= groups;
}

/* All groups at once; the scales are read again for every element. */
static void add_by_tensor(const struct sled_chip *chip, const struct batch *batch,
                          enum sled_dtype in, enum sled_dtype out, struct sled_tile *tile)
{
    add_vector(chip, "multiply", batch->elements,
               sled_rate_of_two(&chip->vector.tensor_tensor, in, out),
               sled_pass_bytes(in, in) / 2 + sled_pass_bytes(in, out), tile);
}

static void add_cast(const struct sled_chip *chip, const struct batch *batch, enum sled_dtype in,
                     enum sled_dtype out, struct sled_tile *tile)
{
    sled_tile_scalar(tile, chip,
                     &(struct sled_operands){
                         .name = "cast",
                         .elements = batch->elements,
                         .rate = sled_rate_of_two(&chip->scalar.copy, in, out),
                         .sbuf_bytes = sled_pass_bytes(in, out),
                     });
}

static struct sled_tile narrow(const struct sled_chip *chip, const struct sled_kernel *kernel,
                               const struct batch *batch)
{
    const struct sled_vector_spec *vector = &chip->vector;
    struct sled_tile tile = {0};

    add_vector(chip, "absmax", batch->elements, sled_rate(&vector->reduce, kernel->dtype),
               sled_pass_bytes(kernel->dtype, kernel->dtype) / 2, &tile);
    add_vector(chip, "scale", batch->groups, vector->copy.bits32, 8, &tile);
    add_vector(chip, "1/scale", batch->groups, vector->reciprocal, 8, &tile);
    if (batch->way == BY_GROUP) {
        add_by_group(chip, batch, kernel->dtype, kernel->out_dtype, &tile);
    } else {
        add_by_tensor(chip, batch, kernel->dtype, kernel->dtype, &tile);
        add_cast(chip, batch, kernel->dtype, kernel->out_dtype, &tile);
    }
    return tile;
}

static struct sled_tile widen(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              const struct batch *batch)
{
    const struct sled_vector_spec *vector = &chip->vector;
    enum sled_dtype in = kernel->dtype;
    struct sled_tile tile = {0};

    if (sled_dtype_is_mx(in))
        add_vector(chip, "scale", batch->groups, vector->copy.bits32, 5, &tile);
    if (sled_dtype_element_bits(in) < 8) {
        add_vector(chip, "unpack", batch->elements, sled_rate_of_two(&vector->copy, in, SLED_BF16),
                   sled_pass_bytes(in, SLED_BF16), &tile);
        add_vector(chip, "mask", batch->elements, vector->copy.bits16,
                   sled_pass_bytes(SLED_BF16, SLED_BF16), &tile);
        in = SLED_BF16;
    }
    if (batch->way == BY_GROUP) {
        add_by_group(chip, batch, in, kernel->out_dtype, &tile);
    } else {
        if (sled_dtype_element_bits(in) < 16)
            add_cast(chip, batch, in, SLED_BF16, &tile);
        add_by_tensor(chip, batch, SLED_BF16, kernel->out_dtype, &tile);
    }
    return tile;
}

static void program(const struct sled_chip *chip, const struct sled_kernel *share, uint32_t way,
                    double stretch, struct sled_instr_stream *stream)
{
    const uint64_t bank = (uint64_t)(chip->psum.bank_bytes / 4);
    const uint64_t most = bank > share->k ? bank / share->k : 1; /* groups of a tile */
    const uint64_t groups =
        sled_kernel_pieces(share->m * sled_kernel_pieces(share->n, share->k), /* in each ... */
                           chip->sbuf.partitions);                            /* ... partition */
    const uint64_t size[] = {most, groups % most};
    const uint64_t count[] = {groups / most, groups % most != 0};

    (void)stretch; /* everything is in SBUF */
    for (int i = 0; i < 2; i++) {
        const struct batch batch = {.groups = size[i], .elements = size[i] * share->k, .way = way};

        if (count[i] == 0)
            continue;
        struct sled_tile tile = share->kind == SLED_KERNEL_DEQUANTIZE ? widen(chip, share, &batch)
                                                                      : narrow(chip, share, &batch);
        sled_tile_spread(&tile, SLED_TILE_ROOM);
        sled_stream_add(stream, &tile, count[i]);
    }
}

static enum sled_status check_group(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                    struct sled_err *err)
{
    const uint64_t bytes =
        sled_dtype_bytes(kernel->dtype, kernel->k) + sled_dtype_bytes(kernel->out_dtype, kernel->k);

    SLED_TRY(sled_kernel_check_plain(kernel, kernel->out_dtype, err));
    if ((double)bytes > chip->sbuf.partition_bytes)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%s: a group of %" PRIu64 " elements and its result need %" PRIu64
                            " bytes, more than the %.0f of an sbuf partition",
                            sled_kernel_names[kernel->kind], kernel->k, bytes,
                            chip->sbuf.partition_bytes);
    return SLED_OK;
}

static enum sled_status check_narrow(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                     struct sled_err *err)
{
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->dtype, err));
    return check_group(chip, kernel, err);
}

const struct sled_kernel_model sled_kernel_quantize_group = {
    .splits = SLED_SPLIT_COLUMNS | SLED_SPLIT_ROWS,
    .ways = WAYS,
    .check = check_narrow,
    .program = program,
};

const struct sled_kernel_model sled_kernel_dequantize = {
    .splits = SLED_SPLIT_COLUMNS | SLED_SPLIT_ROWS,
    .ways = WAYS,
    .check = check_group,
    .program = program,
};
