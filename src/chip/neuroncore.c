/* SPDX-License-Identifier: Apache-2.0 */
/* What a chip of NeuronCores says of itself: consistency, the fabric's view, headline numbers. */
#include "chip/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "chip/kernels.h"
#include "chip/spec.h"

/* Several multiply-adds per cycle are several rows of the operands at once: a whole number. */
static enum sled_status check_macs(const struct sled_tensor_spec *tensor, struct sled_err *err)
{
    bool any = false;

    for (int t = 0; t < SLED_DTYPES; t++) {
        const double macs = tensor->macs[t];

        any = any || macs > 0;
        if (macs > 1 && macs != floor(macs)) {
            char pointer[32];

            snprintf(pointer, sizeof pointer, "/tensor/macs/%s", sled_dtype_names[t]);
            return sled_err_set_at(err, SLED_E_INPUT, pointer,
                                   "above 1, multiply-adds per cycle are whole, got %g", macs);
        }
    }
    if (!any)
        return sled_err_set_at(err, SLED_E_INPUT, "/tensor/macs",
                               "the tensor engine takes no number format at all");
    return SLED_OK;
}

static enum sled_status check(const struct sled_chip *chip, struct sled_err *err)
{
    if (chip->tensor.rows != chip->sbuf.partitions)
        return sled_err_set_at(err, SLED_E_INPUT, "/tensor/rows",
                               "each row of the array reads one partition of SBUF, but there are "
                               "%" PRIu64 " rows and %" PRIu64 " partitions",
                               chip->tensor.rows, chip->sbuf.partitions);
    if (chip->tensor.columns > chip->sbuf.partitions)
        return sled_err_set_at(err, SLED_E_INPUT, "/tensor/columns",
                               "each column of the array fills one partition, but there are "
                               "%" PRIu64 " columns and %" PRIu64 " partitions",
                               chip->tensor.columns, chip->sbuf.partitions);

    const double result_bytes = (double)chip->tensor.moving_columns * 4;
    if (result_bytes > chip->psum.bank_bytes)
        return sled_err_set_at(err, SLED_E_INPUT, "/tensor/moving_columns",
                               "the fp32 results of %" PRIu64 " columns need %.0f bytes, more than "
                               "the %.0f of a psum bank",
                               chip->tensor.moving_columns, result_bytes, chip->psum.bank_bytes);
    if (chip->psum.result_bytes != 2 && chip->psum.result_bytes != 4)
        return sled_err_set_at(err, SLED_E_INPUT, "/psum/result_bytes",
                               "results are 16 or 32 bits wide, 2 or 4 bytes, got %" PRIu64,
                               chip->psum.result_bytes);
    if (chip->dma.engines % chip->cores != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/dma/engines",
                               "%" PRIu64 " engines cannot be shared evenly by %" PRIu64 " cores",
                               chip->dma.engines, chip->cores);

    return check_macs(&chip->tensor, err);
}

static void ports(const struct sled_chip *chip, struct sled_chip_ports *out)
{
    *out = (struct sled_chip_ports){
        .hbm_bytes_per_s = chip->hbm.bytes_per_s,
        .sbuf_bytes_per_s = chip->sbuf.dma_bytes_per_s,
        .dma_engines = (uint32_t)chip->dma.engines,
        .dma_engine_bytes_per_s = chip->dma.engine_bytes_per_s,
        .dma_descriptor_floor_s = chip->dma.descriptor_floor_s,
        .dma_descriptor_bytes = (uint64_t)chip->dma.descriptor_bytes,
        .dma_queues = (uint32_t)chip->dma.queues,
        .dma_start_s = chip->dma.start_s,
        .descriptor_write_s = chip->gpsimd.descriptor_cycles / chip->gpsimd.clock_hz,
        .descriptor_start_s = chip->gpsimd.start_cycles / chip->gpsimd.clock_hz,
        .reduce_dma_weight = chip->dma.accumulate_weight,
    };
}

static void headline(const struct sled_chip *chip, struct sled_chip_headline *out)
{
    *out = (struct sled_chip_headline){
        .format = sled_chip_fastest(chip->headline.flops),
        .hbm_bytes = chip->hbm.capacity_bytes,
        .hbm_bytes_per_s = chip->hbm.bytes_per_s,
        .link_bytes_per_s = chip->headline.link_bytes_per_s,
    };
    out->flops = chip->headline.flops[out->format];
}

static uint32_t cores(const struct sled_chip *chip)
{
    return (uint32_t)chip->cores;
}

static double peak_flops(const struct sled_chip *chip, enum sled_dtype dtype)
{
    const struct sled_tensor_spec *tensor = &chip->tensor;

    return 2 * (double)tensor->rows * (double)tensor->columns * tensor->macs[dtype] *
           tensor->clock_hz * (double)chip->cores;
}

const struct sled_chip_model sled_chip_neuroncore = {
    .name = "neuroncore",
    .summary = "engines of NeuronCores, their instructions, SBUF, PSUM and DMA",
    .table = &sled_neuroncore_table,
    .check = check,
    .ports = ports,
    .headline = headline,
    .cores = cores,
    .peak_flops = peak_flops,
    .launch = sled_neuroncore_launch,
    .kernel = sled_neuroncore_kernel,
};
