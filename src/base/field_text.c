/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions of fields and values for messages. */
#include "base/field_text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

enum { MAX_KNOWN = 12, MAX_NAMES = 256 };

static void add(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void add(char *buf, size_t size, const char *fmt, ...)
{
    const size_t len = strlen(buf);
    va_list args;

    va_start(args, fmt);
    const int need = vsnprintf(buf + len, size - len, fmt, args);
    va_end(args);
    if (need >= 0 && (size_t)need >= size - len)
        memcpy(buf + size - 4, "...", 4);
}

static void add_number(char *buf, size_t size, const struct sled_field *field, double value)
{
    char text[32];

    if (field->type == SLED_FIELD_QUANTITY)
        sled_units_format(value, field->dim, text, sizeof text);
    else
        snprintf(text, sizeof text, "%.15g", value);
    add(buf, size, "%s", text);
}

static void add_range(char *buf, size_t size, const struct sled_field *field)
{
    const bool has_max = field->max != 0.0 && field->max < SLED_NO_MAX;

    if (has_max) {
        add(buf, size, " from ");
        add_number(buf, size, field, field->min);
        add(buf, size, " to ");
        add_number(buf, size, field, field->max);
    } else if (field->type == SLED_FIELD_COUNT) {
        add(buf, size, " from ");
        add_number(buf, size, field, field->min);
        add(buf, size, " to 2^53");
    } else {
        add(buf, size, " of at least ");
        add_number(buf, size, field, field->min);
    }
}

const char *sled_field_expected(const struct sled_field *field, char *buf, size_t size)
{
    buf[0] = '\0';
    switch (field->type) {
    case SLED_FIELD_STRING:
        add(buf, size, "a string");
        break;
    case SLED_FIELD_PATH:
        add(buf, size, "a file name");
        break;
    case SLED_FIELD_BOOL:
        add(buf, size, "true or false");
        break;
    case SLED_FIELD_COUNT:
        add(buf, size, "a whole number");
        add_range(buf, size, field);
        break;
    case SLED_FIELD_RATIO:
        add(buf, size, "a number");
        add_range(buf, size, field);
        break;
    case SLED_FIELD_QUANTITY:
        add(buf, size, "a %s like \"%s\"", sled_dim_name(field->dim), sled_dim_example(field->dim));
        if (field->min != 0.0 || (field->max != 0.0 && field->max < SLED_NO_MAX))
            add_range(buf, size, field);
        break;
    case SLED_FIELD_CHOICE:
        for (size_t i = 0; field->choices[i] != NULL; i++)
            add(buf, size, "%s\"%s\"",
                i == 0                          ? ""
                : field->choices[i + 1] == NULL ? " or "
                                                : ", ",
                field->choices[i]);
        break;
    case SLED_FIELD_OBJECT:
        add(buf, size, "an object (\"%s\")", field->sub->name);
        break;
    case SLED_FIELD_ARRAY:
        add(buf, size, "an array of objects (\"%s\")", field->sub->name);
        break;
    case SLED_FIELD_COUNTS:
        add(buf, size, "an array of whole numbers");
        break;
    case SLED_FIELD_RATIOS:
        add(buf, size, "an array of numbers");
        break;
    case SLED_FIELD_STRINGS:
        add(buf, size, "an array of strings");
        break;
    case SLED_FIELD_ANY:
        add(buf, size, "anything");
        break;
    }
    if (field->unlimited != NULL)
        add(buf, size, ", or \"%s\"", field->unlimited);
    return buf;
}

const char *sled_field_found(const cJSON *node, char *buf, size_t size)
{
    buf[0] = '\0';
    if (cJSON_IsString(node))
        add(buf, size, "the string \"%s\"", node->valuestring);
    else if (cJSON_IsNumber(node))
        add(buf, size, "the number %.15g", node->valuedouble);
    else if (cJSON_IsBool(node))
        add(buf, size, "%s", cJSON_IsTrue(node) ? "true" : "false");
    else
        add(buf, size, "%s",
            cJSON_IsObject(node)  ? "an object"
            : cJSON_IsArray(node) ? "an array"
                                  : "null");
    return buf;
}

static const char *list_names(const char *word, const char *const *names, size_t count, char *buf,
                              size_t size)
{
    const char *const near = sled_suggest(word, names, count);

    buf[0] = '\0';
    if (near != NULL)
        add(buf, size, "; did you mean \"%s\"?", near);
    for (size_t i = 0; i < count && i < MAX_KNOWN; i++)
        add(buf, size, "%s%s", i > 0 ? ", " : near != NULL ? " known: " : "; known: ", names[i]);
    if (count > MAX_KNOWN)
        add(buf, size, " and %zu more", count - MAX_KNOWN);
    return buf;
}

const char *sled_field_keys(const struct sled_table *table, const char *word, char *buf,
                            size_t size)
{
    const char *names[MAX_NAMES];

    assert(table->count <= MAX_NAMES);
    for (size_t i = 0; i < table->count; i++)
        names[i] = table->fields[i].key;
    return list_names(word, names, table->count, buf, size);
}

const char *sled_field_choices(const struct sled_field *field, const char *word, char *buf,
                               size_t size)
{
    size_t count = 0;

    while (field->choices[count] != NULL)
        count++;
    return list_names(word, field->choices, count, buf, size);
}
