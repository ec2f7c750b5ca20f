/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a chip file's "power" object, and what a chip must say there. */
#include "chip/chip.h"
#include "chip/rows.h"
#include "model/power.h"

#define JOULES(key_, member_, doc_) \
    QUANTITY(key_, SLED_DIM_ENERGY, struct sled_power, member_, doc_)
#define FLOP(key_, dtype_)                                                                       \
    {                                                                                            \
        .key = (key_), .type = SLED_FIELD_QUANTITY, .dim = SLED_DIM_ENERGY,                      \
        .offset = (dtype_) * sizeof(double), .min = 1e-15, .max = SLED_NO_MAX, .hardware = true, \
        .optional = true, .doc = "of a flop of the matrix units in that format"                  \
    }
static const struct sled_field flop_fields[] = {BY_FORMAT(FLOP)};
static const struct sled_table flop_table =
    SLED_TABLE("flop", double[SLED_DTYPES], flop_fields,
               "energy of a flop by number format; all that the chip multiplies");

static const struct sled_field power_fields[] = {
    QUANTITY("idle", SLED_DIM_POWER, struct sled_power, idle_w, "of a chip that does nothing"),
    QUANTITY("busy", SLED_DIM_POWER, struct sled_power, busy_w, "more, while a kernel runs"),
    OBJECT("flop", struct sled_power, flop_j, &flop_table, "energy of a flop"),
    JOULES("memory_byte", memory_byte_j, "of a byte read from or written to memory"),
    JOULES("sram_byte", sram_byte_j, "of a byte that DMA reads from or writes to SRAM"),
    JOULES("link_byte", link_byte_j, "of a byte over one link, both ends together"),
    {.key = "limit",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_POWER,
     .optional = true,
     .min = 1e-15,
     .max = SLED_NO_MAX,
     .hardware = true,
     .offset = offsetof(struct sled_power, limit_w),
     .doc = "that the chip is built for; nothing is held to it, tokens/s/MW are told by it too"},
};
const struct sled_table sled_power_table =
    SLED_TABLE("power", struct sled_power, power_fields, "what a chip draws");

enum sled_status sled_chip_check_power(const struct sled_chip *chip, const struct sled_power *power,
                                       struct sled_err *err)
{
    for (int t = 0; t < SLED_DTYPES; t++)
        if (power->flop_j[t] == 0 && sled_chip_peak_flops(chip, (enum sled_dtype)t) > 0)
            return sled_err_set_at(err, SLED_E_INPUT, "/flop",
                                   "the chip multiplies %s, but no energy is given for it",
                                   sled_dtype_names[t]);
    return SLED_OK;
}
