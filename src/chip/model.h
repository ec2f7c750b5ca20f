/* SPDX-License-Identifier: Apache-2.0 */
/* The models of chips. A new one is a file with its struct sled_chip_model, a table of the keys of
 * its parameters, their member of struct sled_chip (spec.h), and a row here and in chip.c. */
#ifndef SLED_CHIP_MODEL_H
#define SLED_CHIP_MODEL_H

#include "chip/chip.h"

extern const struct sled_chip_model sled_chip_neuroncore;
extern const struct sled_chip_model sled_chip_roofline;
extern const struct sled_table sled_neuroncore_table;
extern const struct sled_table sled_roofline_table;

/* The format with the largest flop/s. */
enum sled_dtype sled_chip_fastest(const double flops[SLED_DTYPES]);

#endif
