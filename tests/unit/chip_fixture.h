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

/* The shipped chip as it is. A chip has no strings or arrays, so nothing of it stays behind. */
static inline struct sled_chip chip_load(const char *name)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_arena arena = SLED_ARENA_INIT;
    struct sled_doc *doc = NULL;
    struct sled_chip chip;
    char line[1024];

    ck_assert_msg(chip_open(name, NULL, 0, &doc, &err) == SLED_OK &&
                      sled_field_read(&sled_chip_table, doc, "/neuroncore", &arena, &chip, &err) ==
                          SLED_OK,
                  "%s", sled_err_format(&err, line, sizeof line));
    sled_doc_destroy(doc);
    sled_arena_finish(&arena);
    return chip;
}

#endif
