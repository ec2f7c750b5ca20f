/* SPDX-License-Identifier: Apache-2.0 */
/* What the fabric sees of a chip: its memories, its DMA engines and their costs. */
#ifndef SLED_MODEL_CHIP_PORTS_H
#define SLED_MODEL_CHIP_PORTS_H

#include <stdbool.h>
#include <stdint.h>

/* Where the buffers of a collective live. */
enum sled_memory {
    SLED_MEMORY_SBUF,   /* SRAM to SRAM */
    SLED_MEMORY_HBM,    /* HBM to HBM, as nccom-test measures by default */
    SLED_MEMORY_STAGED, /* data in SBUF, but: store to HBM, collective HBM to HBM, load back */
    SLED_MEMORIES       /* count, keep last */
};
/* NULL-terminated, indexed by memory: "sbuf", "hbm", "staged". */
extern const char *const sled_memory_names[SLED_MEMORIES + 1];

/* All of one chip; every chip of a fabric is equal. */
struct sled_chip_ports {
    double hbm_bytes_per_s;  /* reads and writes share it */
    double sbuf_bytes_per_s; /* DMA side of SBUF, reads and writes share it */

    uint32_t dma_engines;
    double dma_engine_bytes_per_s; /* of one engine, on large descriptors */
    double dma_descriptor_floor_s; /* least time of one descriptor on one engine */
    uint64_t dma_descriptor_bytes; /* largest descriptor; bulk data is cut into these */
    uint32_t dma_queues;           /* collective transfers a chip can have under way as a
                                      source; the rest wait in order; 0: unlimited */
    double dma_start_s;            /* semaphore to first byte, per transfer */
    double descriptor_write_s;     /* GPSIMD time to write one descriptor: HBM path only */
    double descriptor_start_s;     /* GPSIMD time before the first of a transfer */
    double clock_hz;               /* of what runs the code of collectives; 0: not known */
    bool direct_kernels;           /* kernels read and write HBM themselves, activations
                                      included; else DMA brings all through SBUF */
    double reduce_dma_weight;      /* DMA bytes per byte that is read-added-written:
                                      1 where accumulation runs at full copy rate */
};

/*
 * Bytes of DMA capacity that one byte costs when moved in rows of row_bytes (0: bulk, as
 * long as the largest descriptor): max(floor, row / rate) * rate / row, at least 1. A row
 * longer than the largest descriptor is several descriptors, the last one shorter.
 */
double sled_dma_weight(const struct sled_chip_ports *ports, uint64_t row_bytes);

/* DMA capacity of a chip, bytes/s: engines times rate. */
double sled_dma_bytes_per_s(const struct sled_chip_ports *ports);

#endif
