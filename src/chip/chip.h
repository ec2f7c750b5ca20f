/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chip: its engines, memories and DMA, read from topologies/chips/, and the time its
 * kernels take. Callers see requests (model/kernel.h) and costs only, so that a model
 * that simulates every instruction can take this one's place.
 */
#ifndef SLED_CHIP_CHIP_H
#define SLED_CHIP_CHIP_H

#include "base/err.h"
#include "base/field.h"
#include "model/chip_ports.h"
#include "model/kernel.h"

/* Parameters of a NeuronCore chip: sled_chip_table.size bytes, filled by sled_field_read. */
struct sled_chip;

/* Table of a chip file's "neuroncore" object. */
extern const struct sled_table sled_chip_table;

/* Contradictions between parameters that single ranges cannot catch: SLED_E_INPUT with
 * sled_err_set_at, pointer relative to the chip object. */
enum sled_status sled_chip_check(const struct sled_chip *chip, struct sled_err *err);

/* What the fabric sees of the chip. */
void sled_chip_ports(const struct sled_chip *chip, struct sled_chip_ports *out);

/* The numbers of the data sheet, for people to compare. */
struct sled_chip_headline {
    enum sled_dtype format; /* the fastest one published */
    double flops;           /* dense, in that format */
    double hbm_bytes;
    double hbm_bytes_per_s;
    double link_bytes_per_s; /* chip to chip, both directions together */
};
void sled_chip_headline(const struct sled_chip *chip, struct sled_chip_headline *out);

/* Cores a kernel may ask for. */
uint32_t sled_chip_cores(const struct sled_chip *chip);

/* What the tensor engines of all cores can do at most, flop/s; 0 for a format they do
 * not take. At or below the data sheet's figure, which counts other engines too. */
double sled_chip_peak_flops(const struct sled_chip *chip, enum sled_dtype dtype);

/*
 * Time and engine use of one kernel that starts on an idle chip and has its cores, its
 * HBM and its DMA engines to itself. Activations and results are in SBUF; weights are there
 * too or stream in from HBM. Deterministic; never slower with more cores or smaller shapes.
 *
 * SLED_E_INPUT for a shape the kernel has no meaning for, SLED_E_UNSUPPORTED when the chip
 * cannot run it (a format an engine does not take, more cores than there are, operands
 * beyond SBUF), naming the value and what the chip has.
 */
enum sled_status sled_chip_kernel(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                  struct sled_kernel_cost *out, struct sled_err *err);

#endif
