/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of fields: one row per key of a JSON object says its type, unit, range,
 * default and meaning. The same row parses, validates, documents (`explain`) and
 * completes the effective configuration, so they cannot disagree.
 *
 * A table describes a C struct:
 *
 *     struct port { double bandwidth; uint32_t lanes; };
 *     static const struct sled_field port_fields[] = {
 *         {.key = "bandwidth", .type = SLED_FIELD_QUANTITY, .dim = SLED_DIM_BANDWIDTH,
 *          .offset = offsetof(struct port, bandwidth), .min = 1.0, .hardware = true,
 *          .doc = "per direction"},
 *         {.key = "lanes", .type = SLED_FIELD_COUNT, .offset = offsetof(struct port, lanes),
 *          .min = 1, .max = 1024, .dflt = "1", .doc = "parallel lanes"},
 *     };
 *     const struct sled_table port_table = SLED_TABLE("port", struct port, port_fields, "a port");
 */
#ifndef SLED_BASE_FIELD_H
#define SLED_BASE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/doc.h"
#include "base/units.h"

enum sled_field_type {
    SLED_FIELD_STRING,   /* const char *, in the arena; NULL when absent and optional */
    SLED_FIELD_PATH,     /* as STRING, but resolved against the file that wrote it */
    SLED_FIELD_BOOL,     /* bool */
    SLED_FIELD_COUNT,    /* uint64_t; whole number up to 2^53 */
    SLED_FIELD_RATIO,    /* double; bare number */
    SLED_FIELD_QUANTITY, /* double in SI; string with the unit of dim */
    SLED_FIELD_CHOICE,   /* int: index into choices[] */
    SLED_FIELD_OBJECT,   /* struct described by sub, embedded at offset */
    SLED_FIELD_ARRAY,    /* struct sled_array of structs described by sub */
    SLED_FIELD_COUNTS,   /* struct sled_array of uint64_t */
    SLED_FIELD_RATIOS,   /* struct sled_array of double */
    SLED_FIELD_STRINGS,  /* struct sled_array of const char * */
    SLED_FIELD_ANY       /* cJSON *, owned by the document: the reader checks it itself */
};

/* An array that a table filled; items live in the arena. */
struct sled_array {
    void *items;
    size_t count;
};

struct sled_table;

struct sled_field {
    const char *key;
    enum sled_field_type type;
    enum sled_dim dim; /* QUANTITY */
    size_t offset;     /* of the member in the struct */

    /* Default as JSON text ("1", "\"10ns\"", "true"). NULL: the key is required,
     * unless optional is set. */
    const char *dflt;
    /* May be absent without a default: the member keeps its zero (see present_offset). */
    bool optional;

    /* Inclusive range of COUNT, RATIO, QUANTITY and of the items of COUNTS/RATIOS. A
     * max of 0 or SLED_NO_MAX is none (COUNT: 2^53). */
    double min, max;

    /* COUNT and QUANTITY: the word that stands for "no limit" (stored as 0 for COUNT
     * and as infinity for QUANTITY), or NULL. */
    const char *unlimited;

    /* A number of the hardware: may be written {"value": …, "source": "…"}, and must
     * have a source in shipped files: its own, or the "source" key of an object around
     * it. Not for OBJECT, ARRAY and ANY. */
    bool hardware;

    const char *const *choices;   /* CHOICE: NULL-terminated names, index is the value */
    const struct sled_table *sub; /* OBJECT, ARRAY */

    /* With optional and no default: offset of a bool that says whether the key was
     * written; 0 when not wanted (so that bool cannot be the first member). */
    size_t present_offset;

    const char *doc; /* one line: meaning and, for numbers, what counts */
};

#define SLED_NO_MAX 1.7976931348623157e308

struct sled_table {
    const char *name; /* of the object, for messages and explain */
    const struct sled_field *fields;
    size_t count;
    size_t size;     /* of the struct */
    const char *doc; /* one line */
};

#define SLED_TABLE(name_, type_, fields_, doc_)                                                \
    {                                                                                          \
        .name = (name_), .fields = (fields_), .count = sizeof(fields_) / sizeof((fields_)[0]), \
        .size = sizeof(type_), .doc = (doc_)                                                   \
    }

/*
 * Read the object at pointer of doc into out (table->size bytes, zeroed first).
 * Order: type of the value, unknown keys, missing keys, values in table order.
 * Any object may carry "source", "comment" and "x-…" keys. Defaults are written
 * back into the document, which so becomes the effective configuration.
 * Strings and arrays live in arena. Fails with SLED_E_INPUT at the exact place
 * (unknown keys suggest the nearest known one), or SLED_E_NOMEM.
 */
enum sled_status sled_field_read(const struct sled_table *table, struct sled_doc *doc,
                                 const char *pointer, struct sled_arena *arena, void *out,
                                 struct sled_err *err);

/*
 * Check that every hardware number below pointer has a source, its own or that of
 * an enclosing object of the same table tree. Expects what sled_field_read accepted.
 * SLED_E_INPUT names the first without.
 */
enum sled_status sled_field_check_sources(const struct sled_table *table, struct sled_doc *doc,
                                          const char *pointer, struct sled_err *err);

#endif
