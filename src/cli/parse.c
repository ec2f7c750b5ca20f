/* SPDX-License-Identifier: Apache-2.0 */
/* Operations, element types and matrices as people name them. */
#include "cli/parse.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
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

enum sled_status sled_cli_request(const char *op, uint32_t nranks, uint64_t size, const char *dtype,
                                  struct sled_coll_req *out, struct sled_err *err)
{
    enum sled_coll_kind kind;
    enum sled_dtype type;

    SLED_TRY(sled_cli_op(op, &kind, err));
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
    const uint32_t elem_bytes = (uint32_t)(bits / 8);
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

enum sled_status sled_cli_matrix(const char *path, uint32_t nranks, struct sled_traffic *out,
                                 struct sled_err *err)
{
    char *text = NULL;
    size_t len = 0;

    SLED_TRY(sled_file_read(path, &text, &len, err));
    const enum sled_status st = sled_traffic_parse(path, text, len, nranks, out, err);
    free(text);
    return st;
}
