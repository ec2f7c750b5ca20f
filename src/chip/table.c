/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a chip file's "neuroncore" object: units, ranges and meaning. */
#include "chip/model.h"

#include <stddef.h>

#include "chip/rows.h"
#include "chip/spec.h"

/* Elements per cycle and fixed costs, both over this range. */
#define RATE(key_, type_, member_, doc_) RATIO(key_, type_, member_, 1, 1048576, doc_)
#define CYCLES(key_, type_, member_, doc_) RATIO(key_, type_, member_, 0, 1048576, doc_)
/* An instruction that some chips lack. */
#define OPTIONAL_RATE(key_, type_, member_, doc_)                                              \
    {                                                                                          \
        .key = (key_), .type = SLED_FIELD_RATIO, .offset = offsetof(type_, member_), .min = 0, \
        .max = 1048576, .hardware = true, .optional = true, .doc = (doc_)                      \
    }

static const struct sled_field rates_fields[] = {
    RATE("32bit", struct sled_rates, bits32, "elements per cycle, all lanes, 32-bit formats"),
    RATE("16bit", struct sled_rates, bits16, "elements per cycle, all lanes, 16-bit formats"),
    RATE("8bit", struct sled_rates, bits8, "elements per cycle, all lanes, 8-bit formats"),
};
static const struct sled_table rates_table =
    SLED_TABLE("rates", struct sled_rates, rates_fields, "speed by width of the elements");

/* Tables over an array indexed by enum sled_dtype: the struct they describe is the array. */
#define FORMAT(key_, dtype_, doc_)                                                              \
    {                                                                                           \
        .key = (key_), .type = SLED_FIELD_RATIO, .offset = (dtype_) * sizeof(double), .min = 0, \
        .max = 1024, .hardware = true, .optional = true, .doc = (doc_)                          \
    }
static const struct sled_field macs_fields[] = {
    FORMAT("fp32", SLED_FP32, "multiply-adds per processing element and cycle"),
    FORMAT("bf16", SLED_BF16, "multiply-adds per processing element and cycle"),
    FORMAT("fp16", SLED_FP16, "multiply-adds per processing element and cycle"),
    FORMAT("fp8", SLED_FP8, "multiply-adds per processing element and cycle"),
    FORMAT("mxfp8", SLED_MXFP8, "multiply-adds per processing element and cycle"),
    FORMAT("mxfp4", SLED_MXFP4, "multiply-adds per processing element and cycle"),
};
static const struct sled_table macs_table =
    SLED_TABLE("macs", double[SLED_DTYPES], macs_fields,
               "speed of the array by number format; one that is absent or 0 is not taken");

#define PEAK(key_, dtype_)                                                                   \
    {                                                                                        \
        .key = (key_), .type = SLED_FIELD_QUANTITY, .dim = SLED_DIM_FLOPS,                   \
        .offset = (dtype_) * sizeof(double), .min = 1, .max = SLED_NO_MAX, .hardware = true, \
        .optional = true, .doc = "published dense peak of the chip"                          \
    }
static const struct sled_field peak_fields[] = {BY_FORMAT(PEAK)};
static const struct sled_table peak_table = SLED_TABLE(
    "peak", double[SLED_DTYPES], peak_fields, "published peaks; absent where none is published");

static const struct sled_field tensor_fields[] = {
    QUANTITY("clock", SLED_DIM_FREQUENCY, struct sled_tensor_spec, clock_hz, "engine clock"),
    COUNT("rows", struct sled_tensor_spec, rows, 4096, "rows of the array: what it contracts"),
    COUNT("columns", struct sled_tensor_spec, columns, 4096,
          "columns of the array: most columns of the stationary operand"),
    OBJECT("macs", struct sled_tensor_spec, macs, &macs_table, "speed by number format"),
    COUNT("moving_columns", struct sled_tensor_spec, moving_columns, 65536,
          "most columns of the moving operand in one instruction"),
    COUNT("row_tiles", struct sled_tensor_spec, row_tiles, 128,
          "microscaled multiplications of at most that part of the depth that run side by side"),
    CYCLES("min_cycles", struct sled_tensor_spec, min_cycles,
           "least cycles of an instruction whose stationary operand is at least as wide"),
    CYCLES("init_cycles", struct sled_tensor_spec, init_cycles,
           "cycles before the first result of a chain"),
    RATIO("load_speedup", struct sled_tensor_spec, load_speedup, 0.01, 1024,
          "columns of a stationary operand loaded per cycle, in the background"),
    RATIO("transpose_speedup", struct sled_tensor_spec, transpose_speedup, 1, 1024,
          "columns transposed per cycle, in chains of transposes"),
    RATIO("ramp_share", struct sled_tensor_spec, ramp_share, 0.01, 1,
          "share of full speed when the engine starts after idling"),
    {.key = "ramp_time",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_TIME,
     .offset = offsetof(struct sled_tensor_spec, ramp_s),
     .max = 1,
     .hardware = true,
     .doc = "how long it runs at that share"},
};
static const struct sled_table tensor_table =
    SLED_TABLE("tensor", struct sled_tensor_spec, tensor_fields, "the matrix engine of a core");

static const struct sled_field vector_fields[] = {
    QUANTITY("clock", SLED_DIM_FREQUENCY, struct sled_vector_spec, clock_hz, "engine clock"),
    CYCLES("min_cycles", struct sled_vector_spec, min_cycles,
           "least cycles between two independent instructions"),
    CYCLES("overhead_cycles", struct sled_vector_spec, overhead_cycles,
           "more cycles until an instruction that needs the result can start"),
    OBJECT("copy", struct sled_vector_spec, copy, &rates_table,
           "one tensor in, one out: copy, cast, arithmetic with a number per row"),
    OBJECT("tensor_tensor", struct sled_vector_spec, tensor_tensor, &rates_table,
           "arithmetic on two tensors"),
    OBJECT("reduce", struct sled_vector_spec, reduce, &rates_table, "sum or maximum of a row"),
    RATE("reciprocal", struct sled_vector_spec, reciprocal, "elements per cycle, all lanes"),
    RATE("max8", struct sled_vector_spec, max8,
         "elements per cycle, all lanes, to find or replace the 8 largest of a row"),
    COUNT("max8_elements", struct sled_vector_spec, max8_elements, 1048576,
          "most elements of a row that those instructions take"),
    OPTIONAL_RATE("exponential", struct sled_vector_spec, exponential,
                  "elements per cycle, all lanes; absent or 0: the scalar engine computes it"),
    OPTIONAL_RATE(
        "quantize_mx", struct sled_vector_spec, quantize_mx,
        "elements per cycle, all lanes; absent or 0: microscaling takes several instructions"),
};
static const struct sled_table vector_table =
    SLED_TABLE("vector", struct sled_vector_spec, vector_fields, "the vector engine of a core");

static const struct sled_field scalar_fields[] = {
    QUANTITY("clock", SLED_DIM_FREQUENCY, struct sled_scalar_spec, clock_hz, "engine clock"),
    CYCLES("min_cycles", struct sled_scalar_spec, min_cycles,
           "least cycles between two independent instructions"),
    CYCLES("overhead_cycles", struct sled_scalar_spec, overhead_cycles,
           "more cycles until an instruction that needs the result can start"),
    CYCLES("accumulate_cycles", struct sled_scalar_spec, accumulate_cycles,
           "cycles to read out the running sum of an instruction"),
    OBJECT("copy", struct sled_scalar_spec, copy, &rates_table, "copy and cast"),
    RATE("activation", struct sled_scalar_spec, activation,
         "elements per cycle, all lanes, of any function (exp, silu, square, …)"),
    OPTIONAL_RATE("reduce", struct sled_scalar_spec, reduce,
                  "elements per cycle, all lanes, to find the maximum of a row; absent or 0: the "
                  "vector engine does"),
};
static const struct sled_table scalar_table =
    SLED_TABLE("scalar", struct sled_scalar_spec, scalar_fields, "the scalar engine of a core");

static const struct sled_field gpsimd_fields[] = {
    QUANTITY("clock", SLED_DIM_FREQUENCY, struct sled_gpsimd_spec, clock_hz, "engine clock"),
    CYCLES("start_cycles", struct sled_gpsimd_spec, start_cycles, "cycles before an instruction"),
    CYCLES("descriptor_cycles", struct sled_gpsimd_spec, descriptor_cycles,
           "cycles to write one DMA descriptor"),
};
static const struct sled_table gpsimd_table = SLED_TABLE(
    "gpsimd", struct sled_gpsimd_spec, gpsimd_fields, "the general-purpose SIMD engine of a core");

static const struct sled_field sbuf_fields[] = {
    COUNT("partitions", struct sled_sbuf_spec, partitions, 4096,
          "partitions of a core's SBUF: lanes of its engines"),
    QUANTITY("partition", SLED_DIM_BYTES, struct sled_sbuf_spec, partition_bytes,
             "bytes of a partition that kernels can use"),
    QUANTITY("dma_bandwidth", SLED_DIM_BANDWIDTH, struct sled_sbuf_spec, dma_bytes_per_s,
             "DMA side of all SBUF of the chip, reads and writes together"),
};
static const struct sled_table sbuf_table =
    SLED_TABLE("sbuf", struct sled_sbuf_spec, sbuf_fields, "the SRAM that kernels work in");

static const struct sled_field psum_fields[] = {
    COUNT("banks", struct sled_psum_spec, banks, 1024, "banks of a partition"),
    COUNT("result_bytes", struct sled_psum_spec, result_bytes, 4,
          "bytes of the narrowest result that the tensor engine can leave there: 2 or 4"),
    QUANTITY("bank", SLED_DIM_BYTES, struct sled_psum_spec, bank_bytes,
             "bytes per partition of one bank: what one matmul accumulates into"),
};
static const struct sled_table psum_table =
    SLED_TABLE("psum", struct sled_psum_spec, psum_fields, "the accumulators of a core");

static const struct sled_field hbm_fields[] = {
    QUANTITY("capacity", SLED_DIM_BYTES, struct sled_hbm_spec, capacity_bytes, "of the chip"),
    QUANTITY("bandwidth", SLED_DIM_BANDWIDTH, struct sled_hbm_spec, bytes_per_s,
             "of the chip, reads and writes together"),
};
static const struct sled_table hbm_table =
    SLED_TABLE("hbm", struct sled_hbm_spec, hbm_fields, "the memory of the chip");

static const struct sled_field dma_fields[] = {
    COUNT("engines", struct sled_dma_spec, engines, 65536, "of the chip, shared by its cores"),
    QUANTITY("engine_bandwidth", SLED_DIM_BANDWIDTH, struct sled_dma_spec, engine_bytes_per_s,
             "of one engine on large descriptors"),
    QUANTITY("descriptor_floor", SLED_DIM_TIME, struct sled_dma_spec, descriptor_floor_s,
             "least time of one descriptor on one engine"),
    QUANTITY("descriptor", SLED_DIM_BYTES, struct sled_dma_spec, descriptor_bytes,
             "largest descriptor"),
    QUANTITY("start", SLED_DIM_TIME, struct sled_dma_spec, start_s, "semaphore to first byte"),
    {.key = "dge",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_TIME,
     .offset = offsetof(struct sled_dma_spec, dge_s),
     .max = 1,
     .hardware = true,
     .doc = "descriptor generation in hardware, before a kernel's first transfer"},
    {.key = "queues",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_dma_spec, queues),
     .min = 1,
     .max = UINT32_MAX,
     .unlimited = "unlimited",
     .hardware = true,
     .doc = "collective transfers that a chip can have under way as their source"},
    RATIO("accumulate_weight", struct sled_dma_spec, accumulate_weight, 1, 1024,
          "DMA bytes consumed per byte that is read, added and written"),
};
static const struct sled_table dma_table =
    SLED_TABLE("dma", struct sled_dma_spec, dma_fields, "the engines that move data");

static const struct sled_field stack_fields[] = {
    COUNT("cores", struct sled_stack_spec, cores, 1024, "that share a stack of HBM"),
    QUANTITY("bandwidth", SLED_DIM_BANDWIDTH, struct sled_stack_spec, bytes_per_s,
             "that their streams reach, reads and writes together"),
};
static const struct sled_table stack_table =
    SLED_TABLE("stack", struct sled_stack_spec, stack_fields,
               "the stack of HBM that holds the data of a few cores");

/* A kernel that is part of a program pays neither, so both may be 0. */
#define LAUNCH(key_, member_, doc_)                                                       \
    {                                                                                     \
        .key = (key_), .type = SLED_FIELD_QUANTITY, .dim = SLED_DIM_TIME,                 \
        .offset = offsetof(struct sled_launch_spec, member_), .max = 1, .hardware = true, \
        .doc = (doc_)                                                                     \
    }
static const struct sled_field launch_fields[] = {
    LAUNCH("time", time_s, "from the start of a program to its kernel, and from there to its end"),
    LAUNCH("shared", shared_s, "more, when several cores share the program"),
};
static const struct sled_table launch_table =
    SLED_TABLE("launch", struct sled_launch_spec, launch_fields,
               "what a program of one kernel takes beside it; only where a kernel runs alone");

static const struct sled_field headline_fields[] = {
    OBJECT("peak", struct sled_headline_spec, flops, &peak_table, "dense peaks"),
    QUANTITY("link", SLED_DIM_BANDWIDTH, struct sled_headline_spec, link_bytes_per_s,
             "chip-to-chip bandwidth, both directions together"),
};
static const struct sled_table headline_table =
    SLED_TABLE("headline", struct sled_headline_spec, headline_fields,
               "what the data sheet prints; compared by people, never used for a time");

static const struct sled_field chip_fields[] = {
    COUNT("cores", struct sled_chip, cores, 1024, "NeuronCores of the chip"),
    OBJECT("tensor", struct sled_chip, tensor, &tensor_table, "the matrix engine of a core"),
    OBJECT("vector", struct sled_chip, vector, &vector_table, "the vector engine of a core"),
    OBJECT("scalar", struct sled_chip, scalar, &scalar_table, "the scalar engine of a core"),
    OBJECT("gpsimd", struct sled_chip, gpsimd, &gpsimd_table, "the general-purpose engine"),
    OBJECT("sbuf", struct sled_chip, sbuf, &sbuf_table, "the SRAM that kernels work in"),
    OBJECT("psum", struct sled_chip, psum, &psum_table, "the accumulators of a core"),
    OBJECT("hbm", struct sled_chip, hbm, &hbm_table, "the memory of the chip"),
    OBJECT("dma", struct sled_chip, dma, &dma_table, "the engines that move data"),
    OBJECT("stack", struct sled_chip, stack, &stack_table, "a stack of HBM and its cores"),
    OBJECT("launch", struct sled_chip, launch, &launch_table, "of a kernel that runs alone"),
    OBJECT("headline", struct sled_chip, headline, &headline_table, "the data sheet's numbers"),
};
const struct sled_table sled_neuroncore_table =
    SLED_TABLE("neuroncore", struct sled_chip, chip_fields, "a chip of NeuronCores");
