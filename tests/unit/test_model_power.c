/* SPDX-License-Identifier: Apache-2.0 */
/* Energy by hand: of a kernel, and of a run whose resources counted bytes. */
#include "base/vec.h"
#include "check_main.h"
#include "model/power.h"

static const struct sled_power power = {
    .idle_w = 100,
    .busy_w = 50,
    .flop_j = {[SLED_BF16] = 4e-12, [SLED_FP8] = 1e-12},
    .memory_byte_j = 30e-12,
    .sram_byte_j = 3e-12,
    .link_byte_j = 60e-12,
    .limit_w = 700,
    .beside_w = 40,
};

static struct sled_kernel matmul(enum sled_dtype dtype, enum sled_dtype weight_dtype)
{
    return (struct sled_kernel){.kind = SLED_KERNEL_MATMUL,
                                .m = 1,
                                .n = 1,
                                .k = 1,
                                .dtype = dtype,
                                .weight_dtype = weight_dtype,
                                .out_dtype = SLED_BF16,
                                .cores = 1};
}

START_TEST(each_part_has_its_price)
{
    struct sled_activity activity = {
        .chip_s = 2, .busy_s = 1, .memory_bytes = 1e12, .sram_bytes = 2e12, .link_bytes = 3e12};
    struct sled_energy energy;

    activity.flops[SLED_BF16] = 1e12;
    activity.flops[SLED_FP8] = 3e12;
    sled_power_energy(&power, &activity, &energy);
    ck_assert_double_eq(energy.idle_j, 200);
    ck_assert_double_eq(energy.beside_j, 80);
    ck_assert_double_eq(energy.busy_j, 50);
    ck_assert_double_eq_tol(energy.flop_j, 4 + 3, 1e-12);
    ck_assert_double_eq_tol(energy.memory_j, 30, 1e-12);
    ck_assert_double_eq_tol(energy.sram_j, 6, 1e-12);
    ck_assert_double_eq_tol(energy.link_j, 180, 1e-12);
    ck_assert_double_eq_tol(energy.total_j, 553, 1e-12);
}
END_TEST

START_TEST(what_must_be_provided)
{
    struct sled_power unknown = power;

    ck_assert_double_eq(sled_power_provided(&power), 740);
    unknown.limit_w = 0;
    ck_assert_double_eq(sled_power_provided(&unknown), 0);
}
END_TEST

START_TEST(nothing_done_costs_nothing)
{
    const struct sled_activity activity = {0};
    struct sled_energy energy;

    sled_power_energy(&power, &activity, &energy);
    ck_assert_double_eq(energy.total_j, 0);
}
END_TEST

/* A chip that runs one kernel without pause draws idle + busy + flops x J/flop + bytes x J/byte. */
START_TEST(a_kernel_has_mean_watts)
{
    const struct sled_kernel kernel = matmul(SLED_FP8, SLED_FP8);
    const struct sled_kernel_cost cost = {.time_s = 1e-3, .hbm_bytes = 1e9, .flops = 1e11};
    struct sled_activity activity = {.chip_s = cost.time_s};
    struct sled_energy energy;

    sled_activity_add_kernel(&activity, &kernel, &cost);
    sled_power_energy(&power, &activity, &energy);
    ck_assert_double_eq_tol(energy.total_j / cost.time_s, 100 + 40 + 50 + 100 + 30, 1e-9);
}
END_TEST

START_TEST(flops_are_of_the_wider_format)
{
    const struct sled_kernel_cost cost = {.time_s = 1, .flops = 8};
    const struct sled_kernel kernels[] = {
        matmul(SLED_FP8, SLED_BF16),
        matmul(SLED_BF16, SLED_FP8),
        matmul(SLED_MXFP8, SLED_MXFP4),
    };
    const struct sled_kernel softmax = {.kind = SLED_KERNEL_SOFTMAX, .dtype = SLED_FP32};
    const struct sled_kernel_cost no_flops = {.time_s = 1};
    struct sled_activity activity = {0};

    for (size_t i = 0; i < SLED_ARRAY_LEN(kernels); i++)
        sled_activity_add_kernel(&activity, &kernels[i], &cost);
    sled_activity_add_kernel(&activity, &softmax, &no_flops);
    ck_assert_double_eq(activity.flops[SLED_BF16], 16);
    ck_assert_double_eq(activity.flops[SLED_MXFP8], 8);
    ck_assert_double_eq(
        activity.flops[SLED_FP8] + activity.flops[SLED_MXFP4] + activity.flops[SLED_FP32], 0);
    ck_assert_double_eq(activity.busy_s, 4);
}
END_TEST

/* Two chips, one kernel each; bytes are those of the resources, which count the kernels', too. */
START_TEST(a_run_is_summed_over_chips_and_phases)
{
    const struct sled_result_shape shape = {
        .nchips = 2, .nsteps = 2, .nphases = 2, .nresources = 4};
    const struct sled_kernel kernel = matmul(SLED_BF16, SLED_BF16);
    struct sled_err err = SLED_ERR_INIT;
    struct sled_program program;
    struct sled_result *result;
    struct sled_activity activity;
    struct sled_step step = {.kind = SLED_STEP_KERNEL, .after = UINT32_MAX};

    ck_assert_int_eq(sled_program_init(&program, 2, &err), SLED_OK);
    ck_assert_int_eq(sled_program_add_kernel(&program, &kernel, &step.what, &err), SLED_OK);
    program.kernel[step.what].cost =
        (struct sled_kernel_cost){.time_s = 0.25, .hbm_bytes = 7, .flops = 10};
    for (uint32_t c = 0; c < 2; c++)
        ck_assert_int_eq(sled_program_add_step(&program, c, &step, NULL, &err), SLED_OK);

    ck_assert_int_eq(sled_result_create(&shape, &result, &err), SLED_OK);
    result->time_s = 3;
    for (uint32_t r = 0; r < shape.nresources; r++) {
        result->resource[r].kind = (enum sled_resource_kind)r;
        result->used_bytes[r] = 1 + r;
        result->used_bytes[shape.nresources + r] = 100;
    }
    sled_activity_of_run(&program, result, &activity);
    ck_assert_double_eq(activity.chip_s, 6);
    ck_assert_double_eq(activity.busy_s, 0.5);
    ck_assert_double_eq(activity.flops[SLED_BF16], 20);
    ck_assert_double_eq(activity.link_bytes, 101 + SLED_RESOURCE_LINK);
    ck_assert_double_eq(activity.memory_bytes, 101 + SLED_RESOURCE_HBM);
    ck_assert_double_eq(activity.sram_bytes, 101 + SLED_RESOURCE_SBUF);
    sled_result_destroy(result);
    sled_program_finish(&program);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("power");
    TCase *tc = tcase_create("power");

    tcase_add_test(tc, each_part_has_its_price);
    tcase_add_test(tc, what_must_be_provided);
    tcase_add_test(tc, nothing_done_costs_nothing);
    tcase_add_test(tc, a_kernel_has_mean_watts);
    tcase_add_test(tc, flops_are_of_the_wider_format);
    tcase_add_test(tc, a_run_is_summed_over_chips_and_phases);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
