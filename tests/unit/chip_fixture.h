/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped chips, for tests of src/chip. */
#ifndef SLED_TESTS_UNIT_CHIP_FIXTURE_H
#define SLED_TESTS_UNIT_CHIP_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/doc.h"
#include "base/field.h"
#include "check_main.h"
#include "chip/chip.h"
#include "chip/spec.h"

/* Open topologies/chips/<name>.json with overrides; the caller destroys *doc. */
static inline enum sled_status chip_open(const char *name, const char *const *sets, size_t nsets,
                                         struct sled_doc **doc, struct sled_err *err)
{
    char path[1024];

    snprintf(path, sizeof path, "%s/topologies/chips/%s.json", getenv("SLEDSIM_DATADIR"), name);
    return sled_doc_load(path, NULL, sets, nsets, doc, err);
}

/* The chip of an open file, by the model that the file names. */
static inline enum sled_status chip_read(struct sled_doc *doc, struct sled_arena *arena,
                                         const struct sled_chip **out, struct sled_err *err)
{
    const char *name = cJSON_GetStringValue(sled_pointer_get(sled_doc_root(doc), "/model"));
    const struct sled_chip_model *model = sled_chip_model_find(name, err);
    char pointer[64];

    if (model == NULL)
        return err->code;
    snprintf(pointer, sizeof pointer, "/%s", name);
    return sled_chip_read(model, doc, pointer, arena, out, err);
}

/* The shipped chip as it is. A chip has no strings or arrays, so nothing of it stays behind. */
static inline struct sled_chip chip_load(const char *name)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_arena arena = SLED_ARENA_INIT;
    struct sled_doc *doc = NULL;
    const struct sled_chip *read = NULL;
    char line[1024];

    ck_assert_msg(chip_open(name, NULL, 0, &doc, &err) == SLED_OK &&
                      chip_read(doc, &arena, &read, &err) == SLED_OK,
                  "%s", sled_err_format(&err, line, sizeof line));
    const struct sled_chip chip = *read;
    sled_doc_destroy(doc);
    sled_arena_finish(&arena);
    return chip;
}

/* Cost of a kernel that the chip can run. */
static inline struct sled_kernel_cost chip_cost(const struct sled_chip *chip,
                                                const struct sled_kernel *kernel)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_kernel_cost cost;

    ck_assert_msg(sled_chip_kernel(chip, kernel, &cost, &err) == SLED_OK, "%s", err.msg);
    return cost;
}

#endif
