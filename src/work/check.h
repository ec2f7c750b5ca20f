/* SPDX-License-Identifier: Apache-2.0 */
/* Private to work: what a layer alone and the layers of a model are checked for alike. */
#ifndef SLED_WORK_CHECK_H
#define SLED_WORK_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "work/model.h"

/* Can experts and redundant ones share their slots evenly among holders, each a `noun` ("rank")?
 * And, dealt uniformly, without giving a token one expert twice? SLED_E_INPUT at pointer. */
enum sled_status sled_check_slots(const struct sled_moe_model *model, uint64_t redundant,
                                  uint64_t holders, bool uniform, const char *noun,
                                  const char *pointer, struct sled_err *err);

/* Are formats (enum sled_dtype) those of weights? SLED_E_INPUT at pointer, as below. */
enum sled_status sled_check_weights(int dtype, const char *pointer, struct sled_err *err);

/* Rows arrive either ready for the matmul with the weights, or in bf16 to be quantised there. */
enum sled_status sled_check_dispatch(int dtype, int weights, const char *pointer,
                                     struct sled_err *err);
enum sled_status sled_check_combine(int dtype, const char *pointer, struct sled_err *err);

#endif
