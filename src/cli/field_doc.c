/* SPDX-License-Identifier: Apache-2.0 */
/* Describing keys. */
#include "cli/field_doc.h"

#include <string.h>

static void add_number(const struct sled_field *field, double value, struct sled_str *out)
{
    char text[64];

    if (field->type == SLED_FIELD_QUANTITY)
        sled_str_add(out, sled_units_format(value, field->dim, text, sizeof text));
    else
        sled_str_addf(out, "%.15g", value);
}

static void add_range(const struct sled_field *field, struct sled_str *out)
{
    switch (field->type) {
    case SLED_FIELD_COUNT:
    case SLED_FIELD_RATIO:
    case SLED_FIELD_QUANTITY:
    case SLED_FIELD_COUNTS:
    case SLED_FIELD_RATIOS:
        break;
    default:
        return;
    }
    sled_str_add(out, "  range    ");
    add_number(field, field->min, out);
    if (field->max == 0 || field->max >= SLED_NO_MAX) {
        sled_str_add(out, " or more");
    } else {
        sled_str_add(out, " to ");
        add_number(field, field->max, out);
    }
    if (field->unlimited != NULL)
        sled_str_addf(out, ", or \"%s\"", field->unlimited);
    sled_str_add(out, "\n");
}

/* The type in a few words, as users see it. */
static void add_type(const struct sled_field *field, struct sled_str *out)
{
    switch (field->type) {
    case SLED_FIELD_STRING:
        sled_str_add(out, "string");
        return;
    case SLED_FIELD_PATH:
        sled_str_add(out, "path, from the folder of the file that says it");
        return;
    case SLED_FIELD_BOOL:
        sled_str_add(out, "true or false");
        return;
    case SLED_FIELD_COUNT:
        sled_str_add(out, "whole number");
        return;
    case SLED_FIELD_RATIO:
        sled_str_add(out, "number");
        return;
    case SLED_FIELD_QUANTITY:
        sled_str_addf(out, "%s, as \"%s\"", sled_dim_name(field->dim),
                      sled_dim_example(field->dim));
        return;
    case SLED_FIELD_CHOICE:
        for (size_t i = 0; field->choices[i] != NULL; i++)
            sled_str_addf(out, "%s\"%s\"", i == 0 ? "" : " | ", field->choices[i]);
        return;
    case SLED_FIELD_OBJECT:
        sled_str_add(out, "object");
        return;
    case SLED_FIELD_ARRAY:
        sled_str_add(out, "array of objects");
        return;
    case SLED_FIELD_COUNTS:
        sled_str_add(out, "array of whole numbers");
        return;
    case SLED_FIELD_RATIOS:
        sled_str_add(out, "array of numbers");
        return;
    case SLED_FIELD_STRINGS:
        sled_str_add(out, "array of strings");
        return;
    case SLED_FIELD_ANY:
        sled_str_add(out, "depends on other keys");
        return;
    }
}

static void add_keys(const struct sled_table *table, struct sled_str *out)
{
    int width = 0;

    for (size_t i = 0; i < table->count; i++) {
        if ((int)strlen(table->fields[i].key) > width)
            width = (int)strlen(table->fields[i].key);
    }
    for (size_t i = 0; i < table->count; i++)
        sled_str_addf(out, "  %-*s  %s\n", width, table->fields[i].key, table->fields[i].doc);
}

void sled_field_doc(const struct sled_field *field, struct sled_str *out)
{
    sled_str_addf(out, "  %s\n  type     ", field->doc);
    add_type(field, out);
    sled_str_add(out, "\n");
    add_range(field, out);
    if (field->dflt != NULL)
        sled_str_addf(out, "  default  %s\n", field->dflt);
    else
        sled_str_addf(out, "  default  none, the key is %s\n",
                      field->optional ? "optional" : "required");
    if (field->hardware)
        sled_str_add(out, "  source   as {\"value\": ..., \"source\": \"...\"} or in its object\n");
    if (field->sub != NULL) {
        sled_str_add(out, "keys:\n");
        add_keys(field->sub, out);
    }
}

void sled_field_doc_table(const struct sled_table *table, struct sled_str *out)
{
    sled_str_addf(out, "%s: %s\nkeys:\n", table->name, table->doc);
    add_keys(table, out);
}
