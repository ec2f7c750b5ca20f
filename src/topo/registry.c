/* SPDX-License-Identifier: Apache-2.0 */
/* All topology families, in the order of families.def. */
#include "topo/topo.h"

#include <string.h>

#include "base/str.h"
#include "base/suggest.h"
#include "base/vec.h"

static const struct sled_topo_family *const families[] = {
#define SLED_TOPO_FAMILY(stem) &sled_topo_##stem,
#include "topo/families.def"
#undef SLED_TOPO_FAMILY
};

enum { NFAMILIES = SLED_ARRAY_LEN(families) };

const struct sled_topo_family *const *sled_topo_all(size_t *count)
{
    *count = NFAMILIES;
    return families;
}

static void complain(const char *name, struct sled_err *err)
{
    const char *names[NFAMILIES];
    struct sled_str text = SLED_STR_INIT;

    for (size_t i = 0; i < NFAMILIES; i++)
        names[i] = families[i]->name;
    const char *nearest = sled_suggest(name, names, NFAMILIES);

    sled_str_addf(&text, "no topology family \"%s\"; ", name);
    if (nearest != NULL)
        sled_str_addf(&text, "did you mean \"%s\"? ", nearest);
    sled_str_add(&text, "known: ");
    for (size_t i = 0; i < NFAMILIES; i++)
        sled_str_addf(&text, "%s%s", i == 0 ? "" : ", ", names[i]);
    if (sled_str_status(&text, err) == SLED_OK)
        sled_err_set(err, SLED_E_INPUT, "%s", sled_str_text(&text));
    sled_str_finish(&text);
}

const struct sled_topo_family *sled_topo_find(const char *name, struct sled_err *err)
{
    for (size_t i = 0; i < NFAMILIES; i++)
        if (strcmp(families[i]->name, name) == 0)
            return families[i];
    complain(name, err);
    return NULL;
}
