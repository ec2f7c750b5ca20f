/* SPDX-License-Identifier: Apache-2.0 */
/* Operations and element types as people name them. */
#include "cli/parse.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "model/dtype.h"

enum sled_status sled_cli_op(const char *op, enum sled_coll_kind *out, struct sled_err *err)
{
    for (int k = 0; k < SLED_COLL_KINDS; k++)
        if (strcmp(sled_coll_kind_names[k], op) == 0) {
            *out = (enum sled_coll_kind)k;
            return SLED_OK;
        }

    const char *near = sled_suggest(op, sled_coll_kind_names, SLED_COLL_KINDS);
    if (near == NULL)
        return sled_err_set(err, SLED_E_USAGE,
                            "no operation \"%s\"; see \"sledsim list algorithms\"", op);
    return sled_err_set(err, SLED_E_USAGE, "no operation \"%s\"; did you mean \"%s\"?", op, near);
}

enum sled_status sled_cli_elem_bytes(const char *dtype, uint32_t *out, struct sled_err *err)
{
    enum sled_dtype type;

    if (sled_dtype_parse(dtype, &type, err) != SLED_OK) {
        sled_err_prefix(err, "--dtype: ");
        return err->code = SLED_E_USAGE;
    }

    const uint64_t bits = sled_dtype_bits(type, 1);
    if (bits % 8 != 0 || sled_dtype_bits(type, 32) != 32 * bits)
        return sled_err_set(err, SLED_E_USAGE,
                            "elements of %s share scales and cannot be counted singly; benchmark "
                            "their bytes as fp8",
                            dtype);
    *out = (uint32_t)(bits / 8);
    return SLED_OK;
}

enum sled_status sled_cli_request(const char *op, uint32_t nranks, uint64_t size, const char *dtype,
                                  struct sled_coll_req *out, struct sled_err *err)
{
    enum sled_coll_kind kind;
    uint32_t elem_bytes;

    SLED_TRY(sled_cli_op(op, &kind, err));
    SLED_TRY(sled_cli_elem_bytes(dtype, &elem_bytes, err));
    if (size % elem_bytes != 0)
        return sled_err_set(err, SLED_E_USAGE,
                            "%" PRIu64 " bytes are not a whole number of %s elements of %u bytes",
                            size, dtype, elem_bytes);
    const bool by_matrix = kind == SLED_COLL_ALL_TO_ALL_V; /* bytes, as the matrix says */
    *out = (struct sled_coll_req){
        .kind = kind,
        .nranks = nranks,
        .nelems = by_matrix ? 0 : size / elem_bytes,
        .elem_bytes = by_matrix ? 1 : elem_bytes,
        .commutative = true,
    };
    return SLED_OK;
}

/* "4x4x2" into size[SLED_MAX_AXES] and *naxes. */
enum sled_status sled_cli_sizes(const char *option, const char *text,
                                const struct sled_cli_range *range, uint64_t *size, uint32_t *count,
                                struct sled_err *err)
{
    const char *at = text;

    for (*count = 0; *count < range->most;) {
        char *end;
        const unsigned long long one = strtoull(at, &end, 10);

        if (*at < '0' || *at > '9' || (*end != 'x' && *end != '\0') || one < range->min ||
            one > range->max)
            break;
        size[(*count)++] = one;
        if (*end == '\0' && *count >= range->least)
            return SLED_OK;
        if (*end == '\0')
            break;
        at = end + 1;
    }
    return sled_err_set(err, SLED_E_USAGE,
                        "--%s \"%s\": expected %" PRIu32 " to %" PRIu32 " sizes from %" PRIu64
                        " to %" PRIu64 ", as %s",
                        option, text, range->least, range->most, range->min, range->max,
                        range->example);
}

static enum sled_status parse_torus(const char *text, uint32_t *size, uint32_t *naxes,
                                    struct sled_err *err)
{
    static const struct sled_cli_range range = {
        .least = 1, .most = SLED_MAX_AXES, .min = 2, .max = 65536, .example = "4x4x2"};
    uint64_t length[SLED_MAX_AXES];

    SLED_TRY(sled_cli_sizes("torus", text, &range, length, naxes, err));
    for (uint32_t i = 0; i < *naxes; i++)
        size[i] = (uint32_t)length[i];
    return SLED_OK;
}

enum sled_status sled_cli_place(uint32_t sled_size, const char *torus, uint32_t switches,
                                struct sled_coll_req *req, struct sled_place *out,
                                struct sled_err *err)
{
    uint32_t size[SLED_MAX_AXES];
    uint32_t naxes;

    if (sled_size > 0 && torus != NULL)
        return sled_err_set(err, SLED_E_USAGE, "say either --sled-size or --torus");
    *out = (struct sled_place){.nranks = req->nranks};
    if (sled_size > 0) {
        SLED_TRY(sled_place_in_sleds(req->nranks, sled_size, out, err));
    } else if (torus != NULL) {
        SLED_TRY(parse_torus(torus, size, &naxes, err));
        if (sled_place_on_torus(req->nranks, size, naxes, out, err) != SLED_OK) {
            sled_err_prefix(err, "--torus \"%s\": ", torus);
            return err->code == SLED_E_INPUT ? (err->code = SLED_E_USAGE) : err->code;
        }
    }
    out->nswitches = switches;
    out->nsled_switches = switches;
    req->place = out;
    return SLED_OK;
}
