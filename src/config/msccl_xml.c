/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From XML to structs. Elements and attributes are a table each, so that what is unknown, missing
 * or no number is told in one place. The only file that knows the XML library.
 */
#include <expat.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "config/msccl.h"

const char *const sled_msccl_op_names[] = {"s",    "r",   "rrc", "rcs", "rrs",
                                           "rrcs", "cpy", "re",  "nop", NULL};
const char *const sled_msccl_buffer_names[] = {"i", "o", "s", NULL};

/* Both spellings of the same are in use. */
static const char *const collective_names[] = {
    "allreduce", "allgather", "reduce_scatter", "reducescatter", "alltoall", "broadcast", NULL};
static const enum sled_coll_kind collectives[] = {
    SLED_COLL_ALL_REDUCE,     SLED_COLL_ALL_GATHER, SLED_COLL_REDUCE_SCATTER,
    SLED_COLL_REDUCE_SCATTER, SLED_COLL_ALL_TO_ALL, SLED_COLL_BROADCAST,
};

enum type { WHOLE, TEXT, CHOICE, UNUSED };

struct attribute {
    const char *name;
    enum type type;
    bool optional;
    size_t offset;
    int min, max; /* WHOLE; max 0: INT_MAX */
    const char *const *choices;
};

/* Attributes without a meaning here: how MSCCL moves data, and when it prefers this algorithm. */
#define OTHER(name_)                                      \
    {                                                     \
        .name = (name_), .type = UNUSED, .optional = true \
    }
#define AT(member) .offset = offsetof(struct sled_msccl_algo, member)
static const struct attribute algo_attributes[] = {
    {.name = "name", .type = TEXT, AT(name)},
    {.name = "coll", .type = CHOICE, .choices = collective_names, AT(collective)},
    {.name = "ngpus", AT(ngpus), .min = 1, .max = 65536},
    {.name = "nchunksperloop", AT(nchunks), .min = 1},
    {.name = "nchannels", AT(nchannels), .min = 1},
    {.name = "inplace", AT(in_place), .max = 1},
    OTHER("proto"),
    OTHER("outofplace"),
    OTHER("redop"),
    OTHER("minBytes"),
    OTHER("maxBytes"),
    OTHER("maxcount"),
    OTHER("nthreadblocks"),
};
#undef AT
#define AT(member) .offset = offsetof(struct sled_msccl_gpu, member)
static const struct attribute gpu_attributes[] = {
    {.name = "id", AT(id)},
    {.name = "i_chunks", AT(nchunks[SLED_MSCCL_INPUT])},
    {.name = "o_chunks", AT(nchunks[SLED_MSCCL_OUTPUT])},
    {.name = "s_chunks", AT(nchunks[SLED_MSCCL_SCRATCH])},
};
#undef AT
#define AT(member) .offset = offsetof(struct sled_msccl_block, member)
static const struct attribute block_attributes[] = {
    {.name = "id", AT(id)},
    {.name = "send", AT(send), .min = -1},
    {.name = "recv", AT(recv), .min = -1},
    {.name = "chan", AT(channel)},
};
#undef AT
#define AT(member) .offset = offsetof(struct sled_msccl_step, member)
static const struct attribute step_attributes[] = {
    {.name = "s", AT(number)},
    {.name = "type", .type = CHOICE, .choices = sled_msccl_op_names, AT(op)},
    {.name = "srcbuf", .type = CHOICE, .choices = sled_msccl_buffer_names, AT(src_buffer)},
    {.name = "srcoff", AT(src_offset), .min = -1},
    {.name = "dstbuf", .type = CHOICE, .choices = sled_msccl_buffer_names, AT(dst_buffer)},
    {.name = "dstoff", AT(dst_offset), .min = -1},
    {.name = "cnt", AT(count)},
    {.name = "depid", AT(dep_block), .min = -1},
    {.name = "deps", AT(dep_step), .min = -1},
    {.name = "hasdep", AT(has_dependent), .max = 1},
};
#undef AT

/* What may stand at each depth. */
static const struct element {
    const char *name;
    const struct attribute *attributes;
    size_t nattributes;
} elements[] = {
    {"algo", algo_attributes, SLED_ARRAY_LEN(algo_attributes)},
    {"gpu", gpu_attributes, SLED_ARRAY_LEN(gpu_attributes)},
    {"tb", block_attributes, SLED_ARRAY_LEN(block_attributes)},
    {"step", step_attributes, SLED_ARRAY_LEN(step_attributes)},
};

struct reader {
    XML_Parser parser;
    struct sled_msccl_algo *algo;
    size_t depth; /* of the element being read: 0 outside of all */
    struct sled_err *err;
};

enum sled_status sled_msccl_fail(const struct sled_msccl_algo *algo, size_t at,
                                 struct sled_err *err, enum sled_status code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    sled_err_vset_at(err, code, "", fmt, args);
    va_end(args);
    snprintf(err->file, sizeof err->file, "%s", algo->path);
    sled_err_line_column(algo->text, at, &err->line, &err->column);
    return code;
}

/* Where the parser is. */
static size_t here(const struct reader *r)
{
    const XML_Index at = XML_GetCurrentByteIndex(r->parser);

    return at < 0 || (size_t)at > r->algo->len ? r->algo->len : (size_t)at;
}

/* The value of the attribute `name` of the well-formed tag that begins at `at`. */
static size_t value_of(const struct sled_msccl_algo *algo, size_t at, const char *name)
{
    const char *c = algo->text + at + 1 + strcspn(algo->text + at + 1, " \t\r\n");
    const size_t len = strlen(name);

    for (;;) {
        c += strspn(c, " \t\r\n");
        const char *quote = c + strcspn(c, "\"'");
        const char *end = *quote == '\0' ? NULL : strchr(quote + 1, *quote);

        if (end == NULL)
            return at;
        if (strncmp(c, name, len) == 0 && strchr(" \t\r\n=", c[len]) != NULL)
            return (size_t)(quote + 1 - algo->text);
        c = end + 1;
    }
}

static enum sled_status bad_value(const struct reader *r, const struct attribute *attribute,
                                  const char *value, const char *expected)
{
    return sled_msccl_fail(r->algo, value_of(r->algo, here(r), attribute->name), r->err,
                           SLED_E_INPUT, "%s is \"%.40s\", expected %s", attribute->name, value,
                           expected);
}

static enum sled_status read_whole(const struct reader *r, const struct attribute *attribute,
                                   const char *value, int *out)
{
    const int max = attribute->max == 0 ? INT_MAX : attribute->max;
    const char *digits = value + (value[0] == '-');
    const size_t len = strlen(digits);
    char expected[80];

    if (len >= 1 && len <= 10 && strspn(digits, "0123456789") == len) {
        const long long number = strtoll(value, NULL, 10);

        if (number >= attribute->min && number <= max) {
            *out = (int)number;
            return SLED_OK;
        }
    }
    snprintf(expected, sizeof expected, "a whole number from %d to %d", attribute->min, max);
    return bad_value(r, attribute, value, expected);
}

/* "x, y, z" of names[]. */
static void add_names(struct sled_str *out, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sled_str_addf(out, "%s%s", i == 0 ? "" : ", ", names[i]);
}

static enum sled_status read_choice(const struct reader *r, const struct attribute *attribute,
                                    const char *value, int *out)
{
    struct sled_str expected = SLED_STR_INIT;
    size_t count = 0;

    for (; attribute->choices[count] != NULL; count++) {
        if (strcmp(attribute->choices[count], value) == 0) {
            *out = (int)count;
            return SLED_OK;
        }
    }
    sled_str_add(&expected, "one of ");
    add_names(&expected, attribute->choices, count);
    if (sled_str_status(&expected, r->err) == SLED_OK)
        bad_value(r, attribute, value, sled_str_text(&expected));
    sled_str_finish(&expected);
    return r->err->code;
}

static enum sled_status read_attribute(const struct reader *r, const struct attribute *attribute,
                                       const char *value, void *object)
{
    void *member = (char *)object + attribute->offset;

    switch (attribute->type) {
    case WHOLE:
        return read_whole(r, attribute, value, member);
    case CHOICE:
        return read_choice(r, attribute, value, member);
    case TEXT:
        *(const char **)member = sled_arena_strndup(&r->algo->arena, value, strlen(value));
        return *(const char **)member == NULL ? sled_err_nomem(r->err) : SLED_OK;
    case UNUSED:
        break;
    }
    return SLED_OK;
}

static enum sled_status unknown_attribute(const struct reader *r, const struct element *element,
                                          const char *name)
{
    struct sled_str text = SLED_STR_INIT;
    const char *known[16];

    for (size_t i = 0; i < element->nattributes; i++)
        known[i] = element->attributes[i].name;
    const char *near = sled_suggest(name, known, element->nattributes);
    sled_str_addf(&text, "unknown attribute \"%.40s\" of <%s>;", name, element->name);
    if (near != NULL)
        sled_str_addf(&text, " did you mean \"%s\"?", near);
    sled_str_add(&text, " known: ");
    add_names(&text, known, element->nattributes);
    if (sled_str_status(&text, r->err) == SLED_OK)
        sled_msccl_fail(r->algo, here(r), r->err, SLED_E_INPUT, "%s", sled_str_text(&text));
    sled_str_finish(&text);
    return r->err->code;
}

/* attributes: name, value, name, value, …, NULL. */
static enum sled_status read_attributes(const struct reader *r, const struct element *element,
                                        const char **attributes, void *object)
{
    uint32_t seen = 0; /* bit i: attribute i of the element */

    for (; attributes[0] != NULL; attributes += 2) {
        size_t i = 0;

        while (i < element->nattributes && strcmp(element->attributes[i].name, attributes[0]) != 0)
            i++;
        if (i == element->nattributes)
            return unknown_attribute(r, element, attributes[0]);
        SLED_TRY(read_attribute(r, &element->attributes[i], attributes[1], object));
        seen |= (uint32_t)1 << i;
    }
    for (size_t i = 0; i < element->nattributes; i++) {
        if ((seen >> i & 1) == 0 && !element->attributes[i].optional)
            return sled_msccl_fail(r->algo, here(r), r->err, SLED_E_INPUT,
                                   "<%s> without the attribute \"%s\"", element->name,
                                   element->attributes[i].name);
    }
    return SLED_OK;
}

static enum sled_status read_gpu(const struct reader *r, const char **attributes)
{
    struct sled_msccl_algo *algo = r->algo;
    struct sled_msccl_gpu gpu = {.at = here(r)};

    SLED_TRY(read_attributes(r, &elements[1], attributes, &gpu));
    SLED_TRY(sled_vec_reserve(&algo->gpu, &algo->capacity, algo->count + 1, r->err));
    algo->gpu[algo->count++] = gpu;
    return SLED_OK;
}

static enum sled_status read_block(const struct reader *r, const char **attributes)
{
    struct sled_msccl_gpu *gpu = &r->algo->gpu[r->algo->count - 1];
    struct sled_msccl_block block = {.at = here(r)};

    SLED_TRY(read_attributes(r, &elements[2], attributes, &block));
    SLED_TRY(sled_vec_reserve(&gpu->block, &gpu->capacity, gpu->nblocks + 1, r->err));
    gpu->block[gpu->nblocks++] = block;
    return SLED_OK;
}

static enum sled_status read_step(const struct reader *r, const char **attributes)
{
    struct sled_msccl_gpu *gpu = &r->algo->gpu[r->algo->count - 1];
    struct sled_msccl_block *block = &gpu->block[gpu->nblocks - 1];
    struct sled_msccl_step step = {.at = here(r)};

    SLED_TRY(read_attributes(r, &elements[3], attributes, &step));
    SLED_TRY(sled_vec_reserve(&block->step, &block->capacity, block->nsteps + 1, r->err));
    block->step[block->nsteps++] = step;
    return SLED_OK;
}

static enum sled_status read_element(const struct reader *r, const char *name,
                                     const char **attributes)
{
    if (r->depth == SLED_ARRAY_LEN(elements))
        return sled_msccl_fail(r->algo, here(r), r->err, SLED_E_INPUT,
                               "found <%.40s>, expected nothing inside a <step>", name);
    if (strcmp(name, elements[r->depth].name) != 0)
        return sled_msccl_fail(r->algo, here(r), r->err, SLED_E_INPUT,
                               "found <%.40s>, expected <%s>", name, elements[r->depth].name);
    switch (r->depth) {
    case 0:
        r->algo->at = here(r);
        SLED_TRY(read_attributes(r, &elements[0], attributes, r->algo));
        r->algo->collective = (int)collectives[r->algo->collective];
        return SLED_OK;
    case 1:
        return read_gpu(r, attributes);
    case 2:
        return read_block(r, attributes);
    default:
        return read_step(r, attributes);
    }
}

static void XMLCALL on_start(void *data, const char *name, const char **attributes)
{
    struct reader *r = data;

    if (r->err->code != SLED_OK) /* the parser may still deliver what it has read */
        return;
    if (read_element(r, name, attributes) != SLED_OK)
        XML_StopParser(r->parser, XML_FALSE);
    r->depth++;
}

static void XMLCALL on_end(void *data, const char *name)
{
    (void)name;
    ((struct reader *)data)->depth--;
}

static void XMLCALL on_text(void *data, const char *text, int len)
{
    struct reader *r = data;

    for (int i = 0; i < len && r->err->code == SLED_OK; i++) {
        if (strchr(" \t\r\n", text[i]) != NULL && text[i] != '\0')
            continue;
        sled_msccl_fail(r->algo, here(r), r->err, SLED_E_INPUT,
                        "found text, expected only elements");
        XML_StopParser(r->parser, XML_FALSE);
    }
}

/* Entities could make a small file endless. */
static void XMLCALL on_doctype(void *data, const char *name, const char *system, const char *public,
                               int has_subset)
{
    struct reader *r = data;

    (void)name, (void)system, (void)public, (void)has_subset;
    sled_msccl_fail(r->algo, here(r), r->err, SLED_E_INPUT, "found a document type, expected none");
    XML_StopParser(r->parser, XML_FALSE);
}

static enum sled_status parse(struct reader *r)
{
    const struct sled_msccl_algo *algo = r->algo;

    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);

    /* A file is smaller than INT_MAX bytes: sled_file_read says so. */
    if (XML_Parse(r->parser, algo->text, (int)algo->len, XML_TRUE) == XML_STATUS_OK)
        return r->err->code;
    if (r->err->code != SLED_OK)
        return r->err->code;
    const enum XML_Error reason = XML_GetErrorCode(r->parser);
    if (reason == XML_ERROR_NO_MEMORY)
        return sled_err_nomem(r->err);
    return sled_msccl_fail(algo, here(r), r->err, SLED_E_INPUT, "not well-formed XML: %s",
                           XML_ErrorString(reason));
}

enum sled_status sled_msccl_read(const char *path, struct sled_msccl_algo *out,
                                 struct sled_err *err)
{
    *out = (struct sled_msccl_algo){.path = path, .arena = SLED_ARENA_INIT};
    SLED_TRY(sled_file_read(path, &out->text, &out->len, err));

    struct reader r = {.parser = XML_ParserCreate(NULL), .algo = out, .err = err};
    if (r.parser == NULL)
        return sled_err_nomem(err);
    const enum sled_status st = parse(&r);
    XML_ParserFree(r.parser);
    return st;
}

void sled_msccl_finish(struct sled_msccl_algo *algo)
{
    for (size_t g = 0; g < algo->count; g++) {
        for (size_t b = 0; b < algo->gpu[g].nblocks; b++)
            free(algo->gpu[g].block[b].step);
        free(algo->gpu[g].block);
    }
    free(algo->gpu);
    free(algo->text);
    sled_arena_finish(&algo->arena);
}
