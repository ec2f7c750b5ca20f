/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes of the number formats, with the shared scales of the microscaled ones. */
#include "model/dtype.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

/* OCP Microscaling Formats (MX) Specification v1.0, section 5: blocks of 32, E8M0 scales. */
enum { MX_GROUP = 32, MX_SCALE_BITS = 8 };

const char *const sled_dtype_names[SLED_DTYPES + 1] = {
    [SLED_FP32] = "fp32", [SLED_BF16] = "bf16",   [SLED_FP16] = "fp16",
    [SLED_FP8] = "fp8",   [SLED_MXFP8] = "mxfp8", [SLED_MXFP4] = "mxfp4",
};

static const struct {
    unsigned element_bits;
    bool scaled; /* in groups */
} formats[SLED_DTYPES] = {
    [SLED_FP32] = {32, false}, [SLED_BF16] = {16, false}, [SLED_FP16] = {16, false},
    [SLED_FP8] = {8, false},   [SLED_MXFP8] = {8, true},  [SLED_MXFP4] = {4, true},
};

unsigned sled_dtype_element_bits(enum sled_dtype dtype)
{
    assert(dtype < SLED_DTYPES);
    return formats[dtype].element_bits;
}

bool sled_dtype_is_mx(enum sled_dtype dtype)
{
    assert(dtype < SLED_DTYPES);
    return formats[dtype].scaled;
}

uint64_t sled_dtype_bits(enum sled_dtype dtype, uint64_t count)
{
    const uint64_t groups = count / MX_GROUP + (count % MX_GROUP != 0);

    return count * sled_dtype_element_bits(dtype) +
           (sled_dtype_is_mx(dtype) ? groups * MX_SCALE_BITS : 0);
}

uint64_t sled_dtype_bytes(enum sled_dtype dtype, uint64_t count)
{
    const uint64_t bits = sled_dtype_bits(dtype, count);

    return bits / 8 + (bits % 8 != 0);
}

enum sled_status sled_dtype_parse(const char *name, enum sled_dtype *out, struct sled_err *err)
{
    char known[16 * SLED_DTYPES] = "";
    size_t len = 0;

    for (int i = 0; i < SLED_DTYPES; i++) {
        if (strcmp(name, sled_dtype_names[i]) == 0) {
            *out = (enum sled_dtype)i;
            return SLED_OK;
        }
        len += (size_t)snprintf(known + len, sizeof known - len, "%s%s", i == 0 ? "" : ", ",
                                sled_dtype_names[i]);
        assert(len < sizeof known);
    }

    const char *near = sled_suggest(name, sled_dtype_names, SLED_DTYPES);
    if (near != NULL)
        return sled_err_set(err, SLED_E_INPUT,
                            "no number format \"%s\"; did you mean \"%s\"? known: %s", name, near,
                            known);
    return sled_err_set(err, SLED_E_INPUT, "no number format \"%s\"; known: %s", name, known);
}
