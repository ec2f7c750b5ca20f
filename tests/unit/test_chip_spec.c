/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped chips: sources, published headline figures, the fabric's view, contradictions. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "chip_fixture.h"

static const char *const shipped[] = {"a100",           "b200",      "h100",     "h200",
                                      "h800",           "mi300x",    "tpu-v5e",  "tpu-v7x",
                                      "trainium1-core", "trainium2", "trainium3"};

START_TEST(a_shipped_chip_is_sound_and_sourced)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc = NULL;
    const struct sled_chip chip = chip_load(shipped[_i]);
    char pointer[64];

    ck_assert_msg(sled_chip_check(&chip, &err) == SLED_OK, "%s", err.msg);
    ck_assert_int_eq(chip_open(shipped[_i], NULL, 0, &doc, &err), SLED_OK);
    snprintf(pointer, sizeof pointer, "/%s", chip.model->name);
    ck_assert_msg(sled_field_check_sources(chip.model->table, doc, pointer, &err) == SLED_OK,
                  "%s: %s", err.pointer, err.msg);
    sled_doc_destroy(doc);
}
END_TEST

/* The UltraServer figures that the vendor prints: 144 Trainium3 against 64 Trainium2. */
START_TEST(headlines_give_the_published_ratios)
{
    const struct sled_chip chip3 = chip_load("trainium3"), chip2 = chip_load("trainium2");
    struct sled_chip_headline three, two;

    sled_chip_headline(&chip3, &three);
    sled_chip_headline(&chip2, &two);
    ck_assert_int_eq(three.format, SLED_MXFP8);
    ck_assert_int_eq(two.format, SLED_FP8);
    ck_assert_double_eq_tol(144 * three.flops, 362.4e15, 0.05e15);
    ck_assert_double_eq(144 * three.hbm_bytes, 20736.0 * 1073741824);
    ck_assert_double_eq_tol(144 * three.hbm_bytes_per_s, 705.6e12, 1);
    ck_assert_double_eq_tol(144 * three.flops / (64 * two.flops), 4.36, 0.005);
    ck_assert_double_eq(144 * three.hbm_bytes / (64 * two.hbm_bytes), 3.375);
    ck_assert_double_eq_tol(144 * three.hbm_bytes_per_s / (64 * two.hbm_bytes_per_s), 3.80, 0.005);
    ck_assert_double_eq(three.link_bytes_per_s / two.link_bytes_per_s, 2.0);
}
END_TEST

/* Arrays x clocks give the data sheet's rates, which also count other engines. */
START_TEST(engines_account_for_the_headline)
{
    const struct sled_chip chip3 = chip_load("trainium3"), chip2 = chip_load("trainium2");

    ck_assert_double_eq_tol(sled_chip_peak_flops(&chip3, SLED_MXFP8),
                            128.0 * 128 * 4 * 2 * 2.4e9 * 8, 1);
    ck_assert_double_eq(sled_chip_peak_flops(&chip3, SLED_MXFP8),
                        4 * sled_chip_peak_flops(&chip3, SLED_BF16));
    ck_assert_double_eq(sled_chip_peak_flops(&chip2, SLED_FP8),
                        2 * sled_chip_peak_flops(&chip2, SLED_BF16));
    ck_assert_double_eq(sled_chip_peak_flops(&chip2, SLED_MXFP8), 0);

    const struct sled_chip *const chips[] = {&chip2, &chip3};
    for (size_t c = 0; c < SLED_ARRAY_LEN(chips); c++) {
        for (int t = 0; t < SLED_DTYPES; t++) {
            const double peak = sled_chip_peak_flops(chips[c], (enum sled_dtype)t);

            if (chips[c]->headline.flops[t] == 0)
                continue;
            ck_assert_double_le(peak, chips[c]->headline.flops[t]);
            ck_assert_double_gt(peak, 0.8 * chips[c]->headline.flops[t]);
        }
    }
}
END_TEST

START_TEST(ports_are_the_chip_seen_from_outside)
{
    const struct sled_chip chip = chip_load("trainium3");
    struct sled_chip_ports ports;

    sled_chip_ports(&chip, &ports);
    ck_assert_double_eq(ports.hbm_bytes_per_s, 4.9e12);
    ck_assert_uint_eq(ports.dma_engines, 128);
    ck_assert_double_eq_tol(sled_dma_bytes_per_s(&ports), 4.224e12, 1);
    ck_assert_double_eq_tol(ports.dma_start_s, 1.3e-6, 1e-15);
    ck_assert_double_eq_tol(ports.descriptor_start_s, 125e-9, 1e-15);
    ck_assert_uint_eq(ports.dma_queues, 0); /* unlimited */
    ck_assert_double_eq(ports.reduce_dma_weight, 1);
}
END_TEST

static void refuses(const struct sled_chip *chip, const char *pointer, const char *msg)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(sled_chip_check(chip, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.pointer, pointer);
    ck_assert_str_eq(err.msg, msg);
}

START_TEST(contradictions_are_found)
{
    const struct sled_chip good = chip_load("trainium3");
    struct sled_chip chip = good;

    chip.tensor.rows = 256;
    refuses(&chip, "/tensor/rows",
            "each row of the array reads one partition of SBUF, but there are 256 rows and 128 "
            "partitions");
    chip = good;
    chip.tensor.columns = 129;
    refuses(&chip, "/tensor/columns",
            "each column of the array fills one partition, but there are 129 columns and 128 "
            "partitions");
    chip = good;
    chip.tensor.moving_columns = 1024;
    refuses(&chip, "/tensor/moving_columns",
            "the fp32 results of 1024 columns need 4096 bytes, more than the 2048 of a psum bank");
    chip = good;
    chip.psum.result_bytes = 3;
    refuses(&chip, "/psum/result_bytes", "results are 16 or 32 bits wide, 2 or 4 bytes, got 3");
    chip = good;
    chip.dma.engines = 100;
    refuses(&chip, "/dma/engines", "100 engines cannot be shared evenly by 8 cores");
    chip = good;
    chip.tensor.macs[SLED_MXFP8] = 2.5;
    refuses(&chip, "/tensor/macs/mxfp8", "above 1, multiply-adds per cycle are whole, got 2.5");
    chip = good;
    memset(chip.tensor.macs, 0, sizeof chip.tensor.macs);
    refuses(&chip, "/tensor/macs", "the tensor engine takes no number format at all");
}
END_TEST

/* A mistyped override is refused with its place and the key that was meant. */
START_TEST(an_unknown_key_is_refused)
{
    static const char *const sets[] = {"/neuroncore/vector/exponental=512"};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_arena arena = SLED_ARENA_INIT;
    struct sled_doc *doc = NULL;
    const struct sled_chip *chip = NULL;

    ck_assert_int_eq(chip_open("trainium2", sets, 1, &doc, &err), SLED_OK);
    ck_assert_int_eq(chip_read(doc, &arena, &chip, &err), SLED_E_INPUT);
    ck_assert_ptr_null(chip);
    ck_assert_str_eq(err.pointer, "/neuroncore/vector/exponental");
    ck_assert_ptr_nonnull(strstr(err.msg, "did you mean \"exponential\"?"));
    sled_doc_destroy(doc);
    sled_arena_finish(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chip_spec");
    TCase *tc = tcase_create("chip_spec");

    tcase_add_loop_test(tc, a_shipped_chip_is_sound_and_sourced, 0, SLED_ARRAY_LEN(shipped));
    tcase_add_test(tc, headlines_give_the_published_ratios);
    tcase_add_test(tc, engines_account_for_the_headline);
    tcase_add_test(tc, ports_are_the_chip_seen_from_outside);
    tcase_add_test(tc, contradictions_are_found);
    tcase_add_test(tc, an_unknown_key_is_refused);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
