/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of what happened, and their price. */
#include "model/power.h"

static enum sled_dtype wider(enum sled_dtype a, enum sled_dtype b)
{
    return sled_dtype_element_bits(b) > sled_dtype_element_bits(a) ? b : a;
}

void sled_activity_add_kernel(struct sled_activity *activity, const struct sled_kernel *kernel,
                              const struct sled_kernel_cost *cost)
{
    activity->busy_s += cost->time_s;
    activity->memory_bytes += cost->hbm_bytes;
    if (cost->flops > 0)
        activity->flops[wider(kernel->dtype, kernel->weight_dtype)] += cost->flops;
}

/* Bytes are those that the resources counted: kernels, local copies and transfers are in them
 * alike, and take the place of what the kernels said of themselves. */
void sled_activity_of_run(const struct sled_program *program, const struct sled_result *result,
                          struct sled_activity *out)
{
    double bytes[SLED_RESOURCE_KINDS] = {0};

    *out = (struct sled_activity){.chip_s = program->nchips * result->time_s};
    for (uint32_t c = 0; c < program->nchips; c++)
        for (uint32_t s = 0; s < program->chip[c].nsteps; s++) {
            const struct sled_step *step = &program->chip[c].step[s];

            if (step->kind == SLED_STEP_KERNEL)
                sled_activity_add_kernel(out, &program->kernel[step->what].kernel,
                                         &program->kernel[step->what].cost);
        }
    for (uint32_t p = 0; p < result->nphases; p++)
        for (uint32_t r = 0; r < result->nresources; r++)
            bytes[result->resource[r].kind] +=
                result->used_bytes[(size_t)p * result->nresources + r];
    out->memory_bytes = bytes[SLED_RESOURCE_HBM];
    out->sram_bytes = bytes[SLED_RESOURCE_SBUF];
    out->link_bytes = bytes[SLED_RESOURCE_LINK];
}

void sled_power_energy(const struct sled_power *power, const struct sled_activity *activity,
                       struct sled_energy *out)
{
    *out = (struct sled_energy){
        .idle_j = power->idle_w * activity->chip_s,
        .beside_j = power->beside_w * activity->chip_s,
        .busy_j = power->busy_w * activity->busy_s,
        .memory_j = power->memory_byte_j * activity->memory_bytes,
        .sram_j = power->sram_byte_j * activity->sram_bytes,
        .link_j = power->link_byte_j * activity->link_bytes,
    };
    for (int t = 0; t < SLED_DTYPES; t++)
        out->flop_j += power->flop_j[t] * activity->flops[t];
    out->total_j = out->idle_j + out->beside_j + out->busy_j + out->flop_j + out->memory_j +
                   out->sram_j + out->link_j;
}

double sled_power_provided(const struct sled_power *power)
{
    return power->limit_w > 0 ? power->limit_w + power->beside_w : 0;
}
