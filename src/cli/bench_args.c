/* SPDX-License-Identifier: Apache-2.0 */
/* Which options of `sledsim bench` go together. */
#include "cli/bench_args.h"

#include <inttypes.h>
#include <string.h>

#include "base/vec.h"
#include "report/bench.h"

bool bench_args_lists_chips(const struct bench_args *args)
{
    return args->map[0] >= '0' && args->map[0] <= '9';
}

bool bench_args_auto(const struct bench_args *args)
{
    return args->algorithm != NULL && strcmp(args->algorithm, "auto") == 0;
}

bool bench_args_all(const struct bench_args *args)
{
    return args->algorithm != NULL && strcmp(args->algorithm, "all") == 0;
}

bool bench_args_one_size(const struct bench_args *args, enum sled_coll_kind kind)
{
    return args->matrix != NULL || (args->plan != NULL && kind == SLED_COLL_ALL_TO_ALL_V);
}

static enum sled_status check_algorithm(const struct bench_args *args, struct sled_err *err)
{
    if (args->plan != NULL && args->algorithm != NULL)
        return sled_err_set(err, SLED_E_USAGE, "--plan is the algorithm; drop --algorithm");
    if (args->plan != NULL && (args->channels != 0 || args->chunks != 0))
        return sled_err_set(err, SLED_E_USAGE,
                            "--plan says all transfers; drop --channels and --chunks");
    if (args->table != NULL && !bench_args_auto(args))
        return sled_err_set(err, SLED_E_USAGE, "--table goes with --algorithm auto");
    if (args->write_table != NULL && !bench_args_all(args))
        return sled_err_set(err, SLED_E_USAGE, "--write-table goes with --algorithm all");
    if (bench_args_all(args) && !sled_bench_format_compares((enum sled_bench_format)args->format))
        return sled_err_set(err, SLED_E_USAGE,
                            "--format %s has no room for several algorithms; say one, or another "
                            "format",
                            sled_bench_format_names[args->format]);
    return SLED_OK;
}

static enum sled_status check_traffic(const struct bench_args *args, enum sled_coll_kind kind,
                                      struct sled_err *err)
{
    const bool by_matrix = kind == SLED_COLL_ALL_TO_ALL_V;

    if (!by_matrix && (args->matrix != NULL || args->skew_given))
        return sled_err_set(err, SLED_E_USAGE,
                            "--matrix and --skew are for all_to_all_v, not for %s", args->op);
    if (by_matrix && args->plan != NULL && (args->matrix != NULL || args->skew_given))
        return sled_err_set(err, SLED_E_USAGE, "--plan has a matrix; drop --matrix and --skew");
    if (by_matrix && args->plan == NULL && (args->matrix != NULL) == args->skew_given)
        return sled_err_set(err, SLED_E_USAGE,
                            "all_to_all_v needs either --matrix FILE or --skew ALPHA");
    for (size_t i = 0; i < SLED_ARRAY_LEN(args->routing_given); i++)
        if (args->routing_given[i] && !args->skew_given)
            return sled_err_set(err, SLED_E_USAGE,
                                "--seed, --experts, --top-k and --token-bytes go with --skew");
    return SLED_OK;
}

static enum sled_status check_sizes(const struct bench_args *args, enum sled_coll_kind kind,
                                    struct sled_err *err)
{
    const bool range = args->min_given || args->max_given;

    if (bench_args_one_size(args, kind)) {
        if (range || args->size_given)
            return sled_err_set(err, SLED_E_USAGE,
                                "the matrix says all sizes; drop --size, -b, -e");
        return SLED_OK;
    }
    if (args->size_given == range)
        return sled_err_set(err, SLED_E_USAGE, "say either --size, or -b and -e");
    if (range && !(args->min_given && args->max_given))
        return sled_err_set(err, SLED_E_USAGE, "-b and -e go together");
    if (range && (args->min_bytes == 0 || args->min_bytes > args->max_bytes))
        return sled_err_set(err, SLED_E_USAGE,
                            "-b %" PRIu64 " must be at least 1 and at most -e %" PRIu64,
                            args->min_bytes, args->max_bytes);
    return SLED_OK;
}

enum sled_status bench_args_check(const struct bench_args *args, enum sled_coll_kind kind,
                                  struct sled_err *err)
{
    if (args->sb2sb && args->memory_given)
        return sled_err_set(err, SLED_E_USAGE, "--sb2sb is --memory sbuf; drop one of the two");
    SLED_TRY(check_algorithm(args, err));
    SLED_TRY(check_traffic(args, kind, err));
    return check_sizes(args, kind, err);
}
