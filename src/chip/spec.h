/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of a chip, as its file in topologies/chips/ gives them to the chip's model.
 * Private to src/chip: others ask chip.h.
 *
 * Of a NeuronCore, rates are in elements per engine cycle over all lanes of one core's engine,
 * because that is how they are published; an element takes its lane (an SBUF partition), so an
 * instruction on N elements per partition takes N x partitions / rate cycles.
 */
#ifndef SLED_CHIP_SPEC_H
#define SLED_CHIP_SPEC_H

#include <stdint.h>

#include "model/dtype.h"

/* Elements per cycle by the width of the elements. */
struct sled_rates {
    double bits32, bits16, bits8;
};

struct sled_tensor_spec {
    double clock_hz;
    uint64_t rows, columns;   /* of processing elements; a row contracts, a column yields */
    double macs[SLED_DTYPES]; /* multiply-adds per element and cycle; 0: takes no such format */
    uint64_t moving_columns;  /* most columns of the moving operand in one instruction */
    double min_cycles;
    double init_cycles;  /* before the first result of a chain of instructions */
    uint64_t row_tiles;  /* instructions of that part of the depth side by side, microscaled only */
    double load_speedup; /* of loading a stationary operand over multiplying it */
    double transpose_speedup; /* of transposing a tile over multiplying it */
    double ramp_share;        /* of full speed, after idling */
    double ramp_s;            /* for how long */
};

struct sled_vector_spec {
    double clock_hz;
    double min_cycles;      /* between two independent instructions */
    double overhead_cycles; /* more, until a dependent one can start */
    struct sled_rates copy; /* one tensor in, one out: tensor_copy, tensor_scalar */
    struct sled_rates tensor_tensor;
    struct sled_rates reduce;
    double reciprocal;
    double max8;            /* max8 and match_replace8 */
    uint64_t max8_elements; /* most per partition */
    double exponential;     /* 0: the scalar engine must do it */
    double quantize_mx;     /* 0: no such instruction */
};

struct sled_scalar_spec {
    double clock_hz;
    double min_cycles;
    double overhead_cycles;
    double accumulate_cycles; /* to read out a running sum */
    struct sled_rates copy;
    double activation; /* any function of the table */
    double reduce;     /* maximum of a row; 0: no such instruction */
};

struct sled_gpsimd_spec {
    double clock_hz;
    double start_cycles;
    double descriptor_cycles; /* to write one DMA descriptor */
};

struct sled_sbuf_spec {
    uint64_t partitions;
    double partition_bytes; /* that a kernel may use */
    double dma_bytes_per_s; /* of the whole chip, reads and writes together */
};

struct sled_psum_spec {
    uint64_t banks;
    uint64_t result_bytes; /* of the narrowest result that the tensor engine can leave there */
    double bank_bytes;     /* per partition: what one matmul chain accumulates into */
};

struct sled_hbm_spec {
    double capacity_bytes;
    double bytes_per_s;
};

/* A part of HBM, and the cores whose data lie in it. */
struct sled_stack_spec {
    uint64_t cores;
    double bytes_per_s; /* that streams reach */
};

struct sled_dma_spec {
    uint64_t engines; /* of the chip, spread evenly over the cores */
    double engine_bytes_per_s;
    double descriptor_floor_s;
    double descriptor_bytes;
    double start_s;  /* semaphore to first byte */
    double dge_s;    /* descriptor generation in hardware, where nothing hides it */
    uint64_t queues; /* 0: unlimited */
    double accumulate_weight;
};

/* What a program of one kernel takes beside the kernel. */
struct sled_launch_spec {
    double time_s;
    double shared_s; /* more, when several cores share it: they start together and end together */
};

/* What the vendor's data sheet prints; never used to compute a time. */
struct sled_headline_spec {
    double flops[SLED_DTYPES]; /* dense; 0: not published */
    double link_bytes_per_s;   /* both directions */
};

/* A number format that the matrix units of a roofline chip take. */
struct sled_roofline_format {
    double peak;  /* flop/s, dense, of the data sheet; 0: takes no such format */
    double share; /* of it that large matmuls reach */
};

struct sled_roofline_memory {
    double capacity_bytes;
    double bytes_per_s;        /* of the data sheet, reads and writes together */
    double share;              /* of it that streams reach */
    double kernel_bytes_per_s; /* that kernels reach at most; 0: no less than streams */
};

/* What moves data between chips. */
struct sled_roofline_copy {
    uint64_t engines;
    double engine_bytes_per_s;
    double start_s;
    double accumulate_weight; /* bytes moved per byte that is read, added and written */
};

/* What exponentials take comes on top of what the products take. */
struct sled_roofline_attention {
    double share;              /* of the peak that the products reach */
    double exponentials_per_s; /* of the chip */
};

struct sled_roofline_spec {
    struct sled_roofline_format matmul[SLED_DTYPES];
    struct sled_roofline_attention attention;
    struct sled_roofline_memory memory;
    double launch_s;       /* of any kernel */
    double matmul_start_s; /* more, of a matmul */
    double clock_hz;       /* 0: not said */
    double cache_bytes_per_s;
    struct sled_roofline_copy copy;
    double link_bytes_per_s; /* both directions; never used for a time */
};

struct sled_chip {
    const struct sled_chip_model *model; /* says which of the two is filled */
    union {
        struct sled_roofline_spec roofline;
        struct { /* neuroncore; without a name, as all of its files speak of chip->tensor */
            uint64_t cores;
            struct sled_tensor_spec tensor;
            struct sled_vector_spec vector;
            struct sled_scalar_spec scalar;
            struct sled_gpsimd_spec gpsimd;
            struct sled_sbuf_spec sbuf; /* of one core, but for dma_bytes_per_s */
            struct sled_psum_spec psum;
            struct sled_hbm_spec hbm;
            struct sled_dma_spec dma;
            struct sled_stack_spec stack;
            struct sled_launch_spec launch;
            struct sled_headline_spec headline;
        };
    };
};

#endif
