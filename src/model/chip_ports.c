/* SPDX-License-Identifier: Apache-2.0 */
/* What the DMA engines of a chip can move, given the size of its descriptors. */
#include "model/chip_ports.h"

#include <assert.h>
#include <math.h>

const char *const sled_memory_names[SLED_MEMORIES + 1] = {
    [SLED_MEMORY_SBUF] = "sbuf",
    [SLED_MEMORY_HBM] = "hbm",
    [SLED_MEMORY_STAGED] = "staged",
};

/* One engine on one descriptor. */
static double descriptor_s(const struct sled_chip_ports *ports, uint64_t bytes)
{
    return fmax(ports->dma_descriptor_floor_s, (double)bytes / ports->dma_engine_bytes_per_s);
}

double sled_dma_weight(const struct sled_chip_ports *ports, uint64_t row_bytes)
{
    const uint64_t largest = ports->dma_descriptor_bytes;

    assert(largest > 0);
    const uint64_t row = row_bytes == 0 ? largest : row_bytes;
    const uint64_t whole = row / largest;
    const uint64_t rest = row % largest;
    double row_s = (double)whole * descriptor_s(ports, largest);
    if (rest > 0)
        row_s += descriptor_s(ports, rest);
    return fmax(1.0, row_s * ports->dma_engine_bytes_per_s / (double)row);
}

double sled_dma_bytes_per_s(const struct sled_chip_ports *ports)
{
    return ports->dma_engines * ports->dma_engine_bytes_per_s;
}
