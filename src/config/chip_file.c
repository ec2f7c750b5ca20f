/* SPDX-License-Identifier: Apache-2.0 */
/* What a chip file contains, and the way from there to a chip. */
#include "config/chip_file.h"

#include "base/vec.h"
#include "config/topology.h"
#include "config/variants.h"

struct chip_file {
    uint64_t schema_version;
    const char *kind;
    const char *name;
    const char *description;
    const char *model;
    struct sled_power power;
    cJSON *parameters; /* one key per model, as for the families of a topology */
};

static const struct sled_field chip_fields[] = {
    {.key = "schema_version",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 1,
     .offset = offsetof(struct chip_file, schema_version),
     .doc = "version of the file layout"},
    {.key = "kind",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct chip_file, kind),
     .doc = "\"chip\""},
    {.key = "name",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct chip_file, name),
     .doc = "what results call the chip"},
    {.key = "description",
     .type = SLED_FIELD_STRING,
     .optional = true,
     .offset = offsetof(struct chip_file, description),
     .doc = "one line for people"},
    {.key = "model",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct chip_file, model),
     .doc = "timing model; the key of its parameters"},
    {.key = "power",
     .type = SLED_FIELD_OBJECT,
     .sub = &sled_power_table,
     .offset = offsetof(struct chip_file, power),
     .doc = "what the chip draws"},
};
const struct sled_table sled_config_chip_table =
    SLED_TABLE("chip", struct chip_file, chip_fields, "a chip file");

static const char *model_name(size_t i)
{
    size_t count;
    const struct sled_chip_model *const *model = sled_chip_models(&count);

    return i < count ? model[i]->name : NULL;
}

static const char *model_summary(size_t i)
{
    size_t count;

    return sled_chip_models(&count)[i]->summary;
}

static const struct sled_variants models = {"model", model_name, model_summary};

enum sled_status sled_config_read_chip(struct sled_doc *doc, const char *pointer,
                                       struct sled_arena *arena, const struct sled_chip **out,
                                       struct sled_power *power, const char **name,
                                       struct sled_err *err)
{
    struct chip_file file;
    struct sled_table table;
    char place[256];

    SLED_TRY(sled_config_require_kind(doc, pointer, "chip", err));
    SLED_TRY(sled_variants_table(&sled_config_chip_table, &models,
                                 offsetof(struct chip_file, parameters), arena, &table, err));
    SLED_TRY(sled_field_read(&table, doc, pointer, arena, &file, err));

    const struct sled_chip_model *model = sled_chip_model_find(file.model, err);
    if (model == NULL) {
        sled_variants_place(place, sizeof place, pointer, "model");
        sled_doc_locate(doc, place, err);
        return err->code;
    }
    SLED_TRY(sled_variants_check(doc, pointer, &models, model->name, err));
    sled_variants_place(place, sizeof place, pointer, model->name);
    SLED_TRY(sled_chip_read(model, doc, place, arena, out, err));
    if (sled_chip_check_power(*out, &file.power, err) != SLED_OK) {
        sled_variants_place(place, sizeof place, pointer, "power");
        sled_doc_locate(doc, place, err);
        return err->code;
    }
    *power = file.power;
    *name = file.name;
    return SLED_OK;
}

enum sled_status sled_config_chip_sources(struct sled_doc *doc, const char *pointer,
                                          const struct sled_chip *chip, struct sled_err *err)
{
    const struct sled_chip_model *model = sled_chip_model_of(chip);
    char place[256];

    sled_variants_place(place, sizeof place, pointer, model->name);
    SLED_TRY(sled_field_check_sources(model->table, doc, place, err));
    sled_variants_place(place, sizeof place, pointer, "power");
    return sled_field_check_sources(&sled_power_table, doc, place, err);
}
