/* SPDX-License-Identifier: Apache-2.0 */
/* A cast, one scale for all, and a scale for every 32: what each keeps of the numbers. */
#include "model/quantise.h"

#include <math.h>
#include <stdlib.h>

#include "base/vec.h"
#include "model/mx.h"

static void scaled_trip(enum sled_narrow format, const float *value, size_t count, double scale,
                        double *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = scale * sled_narrow_decode(format, sled_narrow_encode(format, value[i] / scale));
}

static enum sled_status cast_trip(enum sled_narrow format, const float *value, size_t count,
                                  double *out, struct sled_err *err)
{
    (void)err;
    scaled_trip(format, value, count, 1, out);
    return SLED_OK;
}

static enum sled_status absmax_trip(enum sled_narrow format, const float *value, size_t count,
                                    double *out, struct sled_err *err)
{
    double largest = 0;

    (void)err;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(value[i]));
    scaled_trip(format, value, count, largest > 0 ? largest / sled_narrow_max(format) : 1, out);
    return SLED_OK;
}

static enum sled_status mx_trip(enum sled_narrow format, const float *value, size_t count,
                                double *out, struct sled_err *err)
{
    uint8_t *scale = NULL, *element = NULL;
    enum sled_status st = sled_vec_alloc(&scale, sled_mx_groups(count), err);

    if (st == SLED_OK)
        st = sled_vec_alloc(&element, count, err);
    if (st == SLED_OK) {
        sled_mx_quantise(format, value, count, scale, element);
        sled_mx_dequantise(format, scale, element, count, out);
    }
    free(element);
    free(scale);
    return st;
}

const struct sled_quantiser *sled_quantisers(size_t *count)
{
    static const struct sled_quantiser all[] = {
        {"cast", "the nearest number of the format, no scale", cast_trip},
        {"absmax", "one scale for all: the largest magnitude becomes the format's", absmax_trip},
        {"mx", "a power of two for every 32 elements (OCP MX v1.0)", mx_trip},
    };

    *count = SLED_ARRAY_LEN(all);
    return all;
}

void sled_quantise_error_add(struct sled_quantise_error *error, double value, double got)
{
    error->signal += value * value;
    error->noise += (got - value) * (got - value);
    error->count += value != 0;
    error->lost += value != 0 && got == 0;
}

double sled_quantise_error_rms(const struct sled_quantise_error *error)
{
    return error->signal > 0 ? sqrt(error->noise / error->signal) : 0;
}
