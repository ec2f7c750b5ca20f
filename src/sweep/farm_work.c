/* SPDX-License-Identifier: Apache-2.0 */
/* The other processes of a farm: running what process 0 deals. */
#include "sweep/farm.h"

#include <stdlib.h>
#include <string.h>

#include "sweep/farm_state.h"

/* A point that a process of ours runs. */
struct labour {
    struct sled_farm *farm;
    const struct sled_pool_ops *ops;
    void *ctx;
    size_t point;
    bool taken;
};

static enum sled_status labour_work(void *ctx, size_t point, struct sled_str *out,
                                    struct sled_err *err)
{
    const struct labour *labour = ctx;

    return labour->ops->work(labour->ctx, point, out, err);
}

static bool labour_next(void *ctx, size_t *point)
{
    struct labour *labour = ctx;

    if (labour->taken)
        return false;
    *point = labour->point;
    labour->taken = true;
    return true;
}

static enum sled_status labour_done(void *ctx, const struct sled_pool_outcome *outcome,
                                    struct sled_err *err)
{
    const struct labour *labour = ctx;
    const struct sled_farm_header header = {.kind = DONE,
                                            .cause = outcome->cause,
                                            .tries = outcome->tries,
                                            .point = outcome->point,
                                            .wall_s = outcome->wall_s};

    return sled_farm_send(labour->farm, 0, &header, outcome->text, err);
}

/* Process 0 may have no use for the point any more. */
static enum sled_status labour_tick(void *ctx, struct sled_err *err)
{
    const struct labour *labour = ctx;
    struct sled_farm_header header;
    char *text;

    SLED_TRY(sled_farm_attend(labour->farm, &header, &text, err));
    labour->farm->dismissed = text != NULL && header.kind == STOP;
    free(text);
    return labour->farm->dismissed ? sled_err_set(err, SLED_E_SIM, "dismissed") : SLED_OK;
}

static const struct sled_pool_ops labour_ops = {
    .work = labour_work, .next = labour_next, .done = labour_done, .tick = labour_tick};

/* Run the point that was dealt, if both sides mean the same by it. */
static enum sled_status take(struct labour *labour, const struct sled_pool_limits *limits,
                             const char *own_key, const char *dealt_key, struct sled_err *err)
{
    if (own_key == NULL || strcmp(own_key, dealt_key) != 0) {
        const struct sled_pool_outcome outcome = {
            .point = labour->point,
            .cause = SLED_POOL_INPUT,
            .text = "a process of MPI sees other files, or is another sledsim",
            .tries = 1};

        return labour_done(labour, &outcome, err);
    }
    return sled_pool_run(limits, &labour_ops, labour, err);
}

enum sled_status sled_farm_work(struct sled_farm *farm, const struct sled_pool_limits *limits,
                                const struct sled_pool_ops *ops,
                                const char *(*key)(void *ctx, size_t point), size_t npoints,
                                void *ctx, struct sled_err *err)
{
    const struct sled_farm_header ready = {.kind = READY};
    struct labour labour = {.farm = farm, .ops = ops, .ctx = ctx};

    SLED_TRY(sled_farm_send(farm, 0, &ready, "", err));
    while (!farm->dismissed) {
        struct sled_farm_header header;
        char *text;

        SLED_TRY(sled_farm_attend(farm, &header, &text, err));
        if (text == NULL) {
            sled_farm_doze();
            continue;
        }
        enum sled_status st = SLED_OK;
        farm->dismissed = header.kind == STOP;
        if (header.kind == TAKE) {
            labour.point = header.point;
            labour.taken = false;
            st = take(&labour, limits, header.point < npoints ? key(ctx, header.point) : NULL, text,
                      err);
            if (st == SLED_OK)
                st = sled_farm_send(farm, 0, &ready, "", err);
        }
        free(text);
        if (farm->dismissed)
            *err = (struct sled_err)SLED_ERR_INIT; /* what that ended is of no interest */
        else if (st != SLED_OK)
            return st;
    }
    return SLED_OK;
}
