/* SPDX-License-Identifier: Apache-2.0 */
/* The program of a layer: it ends, moves the right bytes, and computes the right flops. */
#include <string.h>

#include "check_main.h"
#include "work/work.h"

static const struct sled_moe_model model = {.hidden = 512,
                                            .experts = 28,
                                            .top_k = 4,
                                            .shared_experts = 2,
                                            .expert_intermediate = 192,
                                            .scores = SLED_SCORES_SIGMOID,
                                            .expert_groups = 7,
                                            .eligible_groups = 2};

static const struct sled_moe_layer mxfp8 = {
    .ranks = 16,
    .redundant_experts = 4,
    .tokens_per_rank = 24,
    .weight_dtype = SLED_MXFP8,
    .cores = 8,
    .dispatch = {.dtype = SLED_MXFP8, .algorithm = "direct"},
    .combine = {.dtype = SLED_BF16, .algorithm = "pairwise"},
    .routing = {.distribution = SLED_TOKENS_POWER_LAW, .alpha = 1.01, .has_alpha = true, .seed = 1},
};

enum { NCHIPS = 20 };

/* Ranks on every chip but 0 .. 3, in reverse. */
static const uint32_t chip_of_rank[16] = {19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4};

struct fixture {
    struct sled_expert_load load;
    struct sled_program program;
};

static struct fixture build(const struct sled_moe_layer *layer, enum sled_memory memory)
{
    struct sled_err err = SLED_ERR_INIT;
    struct fixture f;

    ck_assert_int_eq(sled_moe_layer_load(&model, layer, 4, &f.load, &err), SLED_OK);
    ck_assert_msg(sled_moe_layer_program(&model, layer, &f.load, chip_of_rank, NCHIPS, memory,
                                         &f.program, &err) == SLED_OK,
                  "%s", err.msg);
    return f;
}

static void finish(struct fixture *f)
{
    sled_program_finish(&f->program);
    sled_expert_load_finish(&f->load);
}

/* Index of the phase, or nphases. */
static uint32_t find_phase(const struct sled_program *program, const char *name)
{
    uint32_t phase = 0;

    while (phase < program->nphases && strcmp(program->phase[phase], name) != 0)
        phase++;
    return phase;
}

/* Sums over the steps of one chip in one phase. */
struct tally {
    uint32_t steps, stores, loads;
    uint64_t matmul_flops;
    uint64_t quantised; /* elements */
    uint64_t stored_bytes, loaded_bytes;
};

static struct tally tally(const struct sled_program *program, const char *phase, uint32_t chip)
{
    const uint32_t id = find_phase(program, phase);
    struct tally sum = {0};

    for (uint32_t i = 0; i < program->chip[chip].nsteps; i++) {
        const struct sled_step *step = &program->chip[chip].step[i];

        if (step->phase != id)
            continue;
        sum.steps++;
        if (step->kind == SLED_STEP_STORE) {
            sum.stores++;
            sum.stored_bytes += step->bytes;
        } else if (step->kind == SLED_STEP_LOAD) {
            sum.loads++;
            sum.loaded_bytes += step->bytes;
        } else if (step->kind == SLED_STEP_KERNEL) {
            const struct sled_kernel *k = &program->kernel[step->what].kernel;

            ck_assert_uint_eq(k->cores, 8);
            if (k->kind == SLED_KERNEL_ROUTER)
                sum.matmul_flops += 2 * k->m * k->n * k->k;
            if (k->kind == SLED_KERNEL_GROUPED_MLP)
                sum.matmul_flops += 6 * k->m * k->n * k->k;
            if (k->kind == SLED_KERNEL_QUANTIZE)
                sum.quantised += k->m * k->n;
        }
    }
    return sum;
}

static uint64_t rows_on_rank(const struct sled_expert_load *load, uint32_t rank)
{
    return sled_expert_load_slot_rows(load, 2 * rank) +
           sled_expert_load_slot_rows(load, 2 * rank + 1);
}

START_TEST(program_ends_and_has_the_phases)
{
    static const char *const names[] = {"router",   "quantise",   "shared expert",
                                        "dispatch", "expert mlp", "combine"};
    static const enum sled_memory memory[] = {SLED_MEMORY_SBUF, SLED_MEMORY_STAGED};
    struct sled_err err = SLED_ERR_INIT;

    for (size_t i = 0; i < 2; i++) {
        struct fixture f = build(&mxfp8, memory[i]);

        ck_assert_msg(sled_program_check(&f.program, &err) == SLED_OK, "%s", err.msg);
        ck_assert_uint_eq(f.program.nphases, 6);
        for (uint32_t p = 0; p < 6; p++)
            ck_assert_str_eq(f.program.phase[p], names[p]);
        for (uint32_t chip = 0; chip < NCHIPS; chip++)
            ck_assert_int_eq(f.program.chip[chip].nsteps > 0, chip >= 4);
        finish(&f);
    }
}
END_TEST

START_TEST(rows_travel_out_and_the_same_rows_back)
{
    struct fixture f = build(&mxfp8, SLED_MEMORY_SBUF);
    const struct sled_program_collective *dispatch = &f.program.collective[0];
    const struct sled_program_collective *combine = &f.program.collective[1];
    const uint64_t out_bytes = 512 + 512 / 32;
    const uint64_t back_bytes = 2 * 512;
    uint64_t rows = 0;

    ck_assert_uint_eq(f.program.ncollectives, 2);
    ck_assert_str_eq(dispatch->name, "dispatch");
    ck_assert_str_eq(dispatch->algorithm, "direct");
    ck_assert_str_eq(combine->name, "combine");
    ck_assert_str_eq(combine->algorithm, "pairwise");
    ck_assert_uint_eq(dispatch->row_bytes, out_bytes);
    ck_assert_uint_eq(combine->row_bytes, back_bytes);
    for (uint32_t s = 0; s < 16; s++) {
        for (uint32_t d = 0; d < 16; d++) {
            const uint64_t out = dispatch->req.traffic->bytes[s * 16 + d];
            const uint64_t back = combine->req.traffic->bytes[d * 16 + s];

            ck_assert_uint_eq(out % out_bytes, 0);
            ck_assert_uint_eq(out / out_bytes * back_bytes, back);
            rows += out / out_bytes;
        }
        ck_assert_uint_eq(dispatch->chip_of_rank[s], chip_of_rank[s]);
    }
    ck_assert_uint_eq(rows, 16 * 24 * 4);
    finish(&f);
}
END_TEST

START_TEST(experts_compute_three_matmuls_a_row)
{
    struct fixture f = build(&mxfp8, SLED_MEMORY_SBUF);

    for (uint32_t rank = 0; rank < 16; rank++) {
        const uint32_t chip = chip_of_rank[rank];
        const uint64_t rows = rows_on_rank(&f.load, rank);
        const struct tally mlp = tally(&f.program, "expert mlp", chip);
        const struct tally shared = tally(&f.program, "shared expert", chip);
        const struct tally router = tally(&f.program, "router", chip);
        const struct tally quantise = tally(&f.program, "quantise", chip);

        ck_assert_uint_eq(mlp.matmul_flops, 3 * 2 * rows * 512 * 192);
        ck_assert_uint_eq(mlp.quantised, 0); /* its kernel does what lies between */
        ck_assert_uint_eq(shared.matmul_flops, 3 * 2 * 24 * 512 * (2 * 192));
        ck_assert_uint_eq(router.matmul_flops, 2 * 24 * 512 * 28);
        ck_assert_uint_eq(quantise.quantised, 24 * 512);
    }
    finish(&f);
}
END_TEST

/* Kernels of one kind among the steps of a chip in a phase; *found is the last one. */
static uint32_t find_kernels(const struct sled_program *program, const char *phase, uint32_t chip,
                             enum sled_kernel_kind kind, struct sled_kernel *found)
{
    const uint32_t id = find_phase(program, phase);
    uint32_t count = 0;

    for (uint32_t i = 0; i < program->chip[chip].nsteps; i++) {
        const struct sled_step *step = &program->chip[chip].step[i];

        if (step->phase != id || step->kind != SLED_STEP_KERNEL ||
            program->kernel[step->what].kernel.kind != kind)
            continue;
        *found = program->kernel[step->what].kernel;
        count++;
    }
    return count;
}

START_TEST(tokens_are_routed_and_summed)
{
    struct fixture f = build(&mxfp8, SLED_MEMORY_SBUF);
    struct sled_kernel kernel;

    for (uint32_t chip = 4; chip < NCHIPS; chip++) {
        ck_assert_uint_eq(find_kernels(&f.program, "router", chip, SLED_KERNEL_RMSNORM, &kernel),
                          1);
        ck_assert_uint_eq(kernel.m * kernel.n, 24 * 512);
        ck_assert_uint_eq(find_kernels(&f.program, "router", chip, SLED_KERNEL_ROUTER, &kernel), 1);
        ck_assert_uint_eq(kernel.m, 24);
        ck_assert_uint_eq(kernel.n, 28);
        ck_assert_uint_eq(kernel.k, 512);
        ck_assert_uint_eq(kernel.top_k, 4);
        ck_assert_int_eq(kernel.scores, SLED_SCORES_SIGMOID);
        ck_assert_uint_eq(kernel.limit, 2);
        ck_assert_uint_eq(kernel.limit_of, 7);
        ck_assert_uint_eq(find_kernels(&f.program, "combine", chip, SLED_KERNEL_COMBINE, &kernel),
                          1);
        ck_assert_uint_eq(kernel.m, 24);
        ck_assert_uint_eq(kernel.n, 512);
        ck_assert_uint_eq(kernel.k, 4);
    }
    finish(&f);
}
END_TEST

START_TEST(weights_stream_in_their_own_format)
{
    struct sled_moe_layer layer = mxfp8;
    uint32_t found = 0;

    layer.weight_dtype = SLED_MXFP4;
    struct fixture f = build(&layer, SLED_MEMORY_SBUF);

    for (uint32_t i = 0; i < f.program.nkernels; i++) {
        const struct sled_kernel *k = &f.program.kernel[i].kernel;

        if (k->kind != SLED_KERNEL_ROUTER && k->kind != SLED_KERNEL_GROUPED_MLP)
            continue;
        ck_assert(k->weights_from_hbm);
        if (k->kind == SLED_KERNEL_ROUTER) {
            ck_assert_int_eq(k->dtype, SLED_BF16);
            ck_assert_int_eq(k->weight_dtype, SLED_BF16);
        } else {
            ck_assert_int_eq(k->dtype, SLED_MXFP8);
            ck_assert_int_eq(k->weight_dtype, SLED_MXFP4);
            found++;
        }
    }
    ck_assert_uint_gt(found, 0);
    finish(&f);
}
END_TEST

START_TEST(staged_exchanges_pass_through_hbm)
{
    struct fixture staged = build(&mxfp8, SLED_MEMORY_STAGED);
    struct fixture direct = build(&mxfp8, SLED_MEMORY_SBUF);

    for (uint32_t i = 0; i < 2; i++) {
        ck_assert_int_eq(staged.program.collective[i].memory, SLED_MEMORY_HBM);
        ck_assert_int_eq(direct.program.collective[i].memory, SLED_MEMORY_SBUF);
    }
    for (uint32_t chip = 4; chip < NCHIPS; chip++) {
        const struct tally out = tally(&staged.program, "dispatch", chip);

        ck_assert_uint_eq(out.steps, 3);
        ck_assert_uint_eq(out.stores, 1);
        ck_assert_uint_eq(out.loads, 1);
        ck_assert_uint_eq(tally(&direct.program, "dispatch", chip).steps, 1);
    }
    finish(&staged);
    finish(&direct);
}
END_TEST

START_TEST(bf16_rows_are_quantised_where_they_arrive)
{
    struct sled_moe_layer layer = mxfp8;

    layer.dispatch.dtype = SLED_BF16;
    struct fixture f = build(&layer, SLED_MEMORY_SBUF);

    ck_assert_uint_eq(find_phase(&f.program, "quantise"), f.program.nphases);
    for (uint32_t rank = 0; rank < 16; rank++) {
        const uint64_t rows = rows_on_rank(&f.load, rank);

        ck_assert_uint_eq(tally(&f.program, "expert mlp", chip_of_rank[rank]).quantised,
                          rows * 512);
    }
    finish(&f);
}
END_TEST

START_TEST(narrow_results_are_quantised_before_combine)
{
    struct sled_moe_layer layer = mxfp8;

    layer.combine.dtype = SLED_FP8;
    struct fixture f = build(&layer, SLED_MEMORY_SBUF);

    ck_assert_uint_eq(f.program.collective[1].row_bytes, 512);
    for (uint32_t rank = 0; rank < 16; rank++)
        ck_assert_uint_eq(tally(&f.program, "expert mlp", chip_of_rank[rank]).quantised,
                          rows_on_rank(&f.load, rank) * 512);
    finish(&f);
}
END_TEST

START_TEST(shared_experts_can_be_left_out)
{
    struct sled_moe_layer layer = mxfp8;

    layer.shared_expert = SLED_SHARED_NONE;
    struct fixture f = build(&layer, SLED_MEMORY_SBUF);

    ck_assert_uint_eq(f.program.nphases, 5);
    ck_assert_uint_eq(find_phase(&f.program, "shared expert"), f.program.nphases);
    finish(&f);
}
END_TEST

/* A chip whose experts nobody chose still takes part in both exchanges. */
START_TEST(idle_experts_read_no_weights)
{
    struct sled_err err = SLED_ERR_INIT;
    struct fixture f = build(&mxfp8, SLED_MEMORY_SBUF);

    sled_program_finish(&f.program);
    for (uint32_t source = 0; source < 16; source++) {
        f.load.rows[source * 32 + 10] = 0;
        f.load.rows[source * 32 + 11] = 0;
    }
    ck_assert_int_eq(sled_moe_layer_program(&model, &mxfp8, &f.load, chip_of_rank, NCHIPS,
                                            SLED_MEMORY_SBUF, &f.program, &err),
                     SLED_OK);
    ck_assert_msg(sled_program_check(&f.program, &err) == SLED_OK, "%s", err.msg);
    ck_assert_uint_eq(tally(&f.program, "expert mlp", chip_of_rank[5]).steps, 0);
    ck_assert_uint_eq(tally(&f.program, "dispatch", chip_of_rank[5]).steps, 1);
    ck_assert_uint_eq(tally(&f.program, "combine", chip_of_rank[5]).steps, 2);
    finish(&f);
}
END_TEST

static void assert_refused(const struct sled_moe_layer *layer, const char *pointer,
                           const char *message)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(sled_moe_layer_check(&model, layer, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.pointer, pointer);
    ck_assert_str_eq(err.msg, message);
}

START_TEST(formats_that_do_not_fit_are_refused)
{
    struct sled_moe_layer layer = mxfp8;

    layer.weight_dtype = SLED_FP32;
    assert_refused(&layer, "/weight_dtype",
                   "\"fp32\" is no format of weights here; expected bf16, fp8, mxfp8 or "
                   "mxfp4");
    layer.weight_dtype = SLED_BF16;
    assert_refused(&layer, "/dispatch/dtype",
                   "\"mxfp8\" rows cannot be multiplied with \"bf16\" weights; expected bf16");
    layer.weight_dtype = SLED_FP8;
    assert_refused(
        &layer, "/dispatch/dtype",
        "\"mxfp8\" rows cannot be multiplied with \"fp8\" weights; expected bf16 or fp8");
    layer = mxfp8;
    layer.dispatch.dtype = SLED_FP8;
    assert_refused(&layer, "/dispatch/dtype",
                   "\"fp8\" rows cannot be multiplied with \"mxfp8\" weights; expected bf16 or "
                   "mxfp8");
    layer = mxfp8;
    layer.combine.dtype = SLED_MXFP8;
    assert_refused(&layer, "/combine/dtype",
                   "rows of \"mxfp8\" are not added up on arrival; expected bf16 or fp8");
}
END_TEST

START_TEST(exchanges_run_in_two_memories)
{
    const char *names[] = {"staged", "sbuf", "hbm"};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_moe_layer layer = mxfp8;
    enum sled_memory memory;

    layer.memory = (struct sled_array){.items = names, .count = 2};
    ck_assert_int_eq(sled_moe_layer_check(&model, &layer, &err), SLED_OK);
    ck_assert_int_eq(sled_moe_layer_memory(&layer, 0, &memory, &err), SLED_OK);
    ck_assert_int_eq(memory, SLED_MEMORY_STAGED);
    ck_assert_int_eq(sled_moe_layer_memory(&layer, 1, &memory, &err), SLED_OK);
    ck_assert_int_eq(memory, SLED_MEMORY_SBUF);
    layer.memory.count = 3;
    assert_refused(&layer, "/memory/2",
                   "\"hbm\" is no memory for exchanges; expected \"sbuf\" or \"staged\"");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("moe layer");
    TCase *tc = tcase_create("moe layer");

    tcase_add_test(tc, program_ends_and_has_the_phases);
    tcase_add_test(tc, rows_travel_out_and_the_same_rows_back);
    tcase_add_test(tc, experts_compute_three_matmuls_a_row);
    tcase_add_test(tc, tokens_are_routed_and_summed);
    tcase_add_test(tc, weights_stream_in_their_own_format);
    tcase_add_test(tc, staged_exchanges_pass_through_hbm);
    tcase_add_test(tc, bf16_rows_are_quantised_where_they_arrive);
    tcase_add_test(tc, narrow_results_are_quantised_before_combine);
    tcase_add_test(tc, shared_experts_can_be_left_out);
    tcase_add_test(tc, idle_experts_read_no_weights);
    tcase_add_test(tc, formats_that_do_not_fit_are_refused);
    tcase_add_test(tc, exchanges_run_in_two_memories);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
