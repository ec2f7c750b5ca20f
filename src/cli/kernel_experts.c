/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/kernel_experts.h"

#include <stdlib.h>

#include "base/vec.h"

static void deal(uint64_t experts, uint64_t rows, uint64_t *tokens)
{
    for (uint64_t e = 0; e < experts; e++)
        tokens[e] = rows / experts + (e < rows % experts);
}

static enum sled_status parse(const char *list, uint64_t *tokens, struct sled_err *err)
{
    const char *at = list;

    for (uint32_t e = 0;; e++) {
        char *end;
        const unsigned long long one = strtoull(at, &end, 10);

        if (*at < '0' || *at > '9' || (*end != ',' && *end != '\0') || one > UINT32_MAX)
            return sled_err_set(err, SLED_E_USAGE,
                                "--tokens \"%s\": expected counts separated by commas, as 12,0,7",
                                list);
        tokens[e] = one;
        if (*end == '\0')
            return SLED_OK;
        at = end + 1;
    }
}

enum sled_status sled_cli_experts(const char *list, uint64_t experts, uint64_t rows,
                                  uint64_t **tokens, uint32_t *count, struct sled_err *err)
{
    if ((list == NULL) == (experts == 0))
        return sled_err_set(err, SLED_E_USAGE,
                            "say either --tokens, of each expert, or --experts, how many");

    if (list != NULL) {
        experts = 1;
        for (const char *at = list; *at != '\0'; at++)
            experts += *at == ',';
    }
    *count = (uint32_t)experts;
    SLED_TRY(sled_vec_alloc(tokens, experts, err));
    if (list != NULL)
        return parse(list, *tokens, err);
    deal(experts, rows, *tokens);
    return SLED_OK;
}
