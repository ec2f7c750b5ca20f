/* SPDX-License-Identifier: Apache-2.0 */
/* Tables with a key for each variant, and what of a file is whose. */
#include "config/variants.h"

#include <stdio.h>
#include <string.h>

#include "base/pointer.h"

enum sled_status sled_variants_table(const struct sled_table *own,
                                     const struct sled_variants *variants, size_t offset,
                                     struct sled_arena *arena, struct sled_table *out,
                                     struct sled_err *err)
{
    size_t nvariants = 0;

    while (variants->name(nvariants) != NULL)
        nvariants++;

    struct sled_field *fields = sled_arena_alloc(arena, (own->count + nvariants) * sizeof *fields);
    if (fields == NULL)
        return sled_err_nomem(err);
    memcpy(fields, own->fields, own->count * sizeof *fields);
    for (size_t i = 0; i < nvariants; i++)
        fields[own->count + i] = (struct sled_field){
            .key = variants->name(i),
            .type = SLED_FIELD_ANY,
            .optional = true,
            .offset = offset,
            .doc = variants->summary(i),
        };
    *out = *own;
    out->fields = fields;
    out->count = own->count + nvariants;
    return SLED_OK;
}

void sled_variants_place(char *out, size_t size, const char *pointer, const char *key)
{
    snprintf(out, size, "%s", pointer);
    sled_pointer_add(out, size, key);
}

enum sled_status sled_variants_check(struct sled_doc *doc, const char *pointer,
                                     const struct sled_variants *variants, const char *chosen,
                                     struct sled_err *err)
{
    char place[256];

    sled_variants_place(place, sizeof place, pointer, chosen);
    if (sled_pointer_get(sled_doc_root(doc), place) == NULL)
        return sled_doc_fail(doc, pointer, err, SLED_E_INPUT,
                             "missing key \"%s\": the parameters of the %s", chosen,
                             variants->what);
    for (size_t i = 0; variants->name(i) != NULL; i++) {
        sled_variants_place(place, sizeof place, pointer, variants->name(i));
        if (strcmp(variants->name(i), chosen) != 0 &&
            sled_pointer_get(sled_doc_root(doc), place) != NULL)
            return sled_doc_fail_key(doc, place, err, SLED_E_INPUT,
                                     "parameters of another %s; \"%s\" is \"%s\"", variants->what,
                                     variants->what, chosen);
    }
    return SLED_OK;
}
