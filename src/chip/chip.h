/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chip: its engines, memories and DMA, read from topologies/chips/, and the time its
 * kernels take. Callers see requests (model/kernel.h) and costs only. What is behind them is the
 * model that the chip's file names: the engines of NeuronCores, or a roofline.
 */
#ifndef SLED_CHIP_CHIP_H
#define SLED_CHIP_CHIP_H

#include <stddef.h>

#include "base/arena.h"
#include "base/doc.h"
#include "base/err.h"
#include "base/field.h"
#include "model/chip_ports.h"
#include "model/kernel.h"
#include "model/power.h"

/* A chip's model and the parameters that it reads. */
struct sled_chip;
struct sled_chip_headline;
struct sled_kernel_trace;

/* A way to time chips. Instances are const and live for the whole process. */
struct sled_chip_model {
    const char *name;               /* [a-z]+; also the key of its parameters in a chip file */
    const char *summary;            /* one line, no full stop */
    const struct sled_table *table; /* of the parameters */

    /* What the functions of the same names below do. */
    enum sled_status (*check)(const struct sled_chip *chip, struct sled_err *err);
    void (*ports)(const struct sled_chip *chip, struct sled_chip_ports *out);
    void (*headline)(const struct sled_chip *chip, struct sled_chip_headline *out);
    uint32_t (*cores)(const struct sled_chip *chip);
    double (*peak_flops)(const struct sled_chip *chip, enum sled_dtype dtype);
    double (*launch)(const struct sled_chip *chip, const struct sled_kernel *kernels,
                     size_t nkernels, uint32_t cores);

    /* sled_chip_kernel_traced, shape and cores checked. trace may be NULL. */
    enum sled_status (*kernel)(const struct sled_chip *chip, const struct sled_kernel *kernel,
                               const struct sled_kernel_trace *trace, struct sled_kernel_cost *out,
                               struct sled_err *err);
};

/* All models, and one by name: NULL with err set (SLED_E_INPUT, known names). Borrowed, immortal.
 */
const struct sled_chip_model *const *sled_chip_models(size_t *count);
const struct sled_chip_model *sled_chip_model_find(const char *name, struct sled_err *err);
const struct sled_chip_model *sled_chip_model_of(const struct sled_chip *chip);

/* Read the parameters at pointer of doc and check them. *out lives in arena. Errors are located:
 * those of sled_field_read and sled_chip_check. */
enum sled_status sled_chip_read(const struct sled_chip_model *model, struct sled_doc *doc,
                                const char *pointer, struct sled_arena *arena,
                                const struct sled_chip **out, struct sled_err *err);

/* Contradictions between parameters that single ranges cannot catch: SLED_E_INPUT with
 * sled_err_set_at, pointer relative to the chip object. */
enum sled_status sled_chip_check(const struct sled_chip *chip, struct sled_err *err);

/* Table of a chip file's "power" object: struct sled_power. */
extern const struct sled_table sled_power_table;

/* Power must say what a flop costs in every format that the chip multiplies: SLED_E_INPUT with
 * sled_err_set_at, pointer relative to the power object. */
enum sled_status sled_chip_check_power(const struct sled_chip *chip, const struct sled_power *power,
                                       struct sled_err *err);

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

/* Cores a kernel may ask for; 1 where a model does not tell them apart. */
uint32_t sled_chip_cores(const struct sled_chip *chip);

/* What the matrix units of the chip can do at most, flop/s; 0 for a format they do not take. At or
 * below the data sheet's figure, which may count other engines too. */
double sled_chip_peak_flops(const struct sled_chip *chip, enum sled_dtype dtype);

/*
 * Seconds that a program of kernels[nkernels], at least one, takes beside them when it is launched
 * by itself on that many cores, as measurements of kernels are: its start and end and, on
 * NeuronCores, the load of what the first kernel takes in and the store of what the last leaves,
 * unless these stream from HBM anyway. 0 on a roofline chip, where every kernel has a launch and
 * nothing is in SBUF. The kernels are such as sled_chip_kernel can time.
 */
double sled_chip_launch(const struct sled_chip *chip, const struct sled_kernel *kernels,
                        size_t nkernels, uint32_t cores);

/*
 * What a kernel does when, for one core (the one with the largest share): slice for every
 * instruction as its engine is given it, in issue order, so in order of time per engine; repeat
 * where `times` more rounds of a loop, each as the last one, were not walked. name is static.
 */
struct sled_kernel_trace {
    void *arg;
    void (*slice)(void *arg, enum sled_engine engine, const char *name, double start_s,
                  double busy_s);
    void (*repeat)(void *arg, uint64_t times, double start_s, double span_s);
};

/*
 * Time and engine use of one kernel that starts on an idle chip and has its cores, its
 * HBM and its DMA engines to itself. On NeuronCores, activations and results are in SBUF;
 * weights are there too or stream in from HBM. On a roofline chip all of them are in its
 * memory. Deterministic; never slower with more cores.
 *
 * SLED_E_INPUT for a shape the kernel has no meaning for, SLED_E_UNSUPPORTED when the chip
 * cannot run it (a format an engine does not take, more cores than there are, operands
 * beyond SBUF, a kernel or an operand's place that the model does not know), naming the value and
 * what the chip has.
 */
enum sled_status sled_chip_kernel(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                  struct sled_kernel_cost *out, struct sled_err *err);

/* The same, and tell trace what happens (NULL: nothing). SLED_E_UNSUPPORTED where a roofline chip
 * is to be traced, which has no instructions. */
enum sled_status sled_chip_kernel_traced(const struct sled_chip *chip,
                                         const struct sled_kernel *kernel,
                                         const struct sled_kernel_trace *trace,
                                         struct sled_kernel_cost *out, struct sled_err *err);

#endif
