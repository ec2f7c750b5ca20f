/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results of points on disk. Each process that runs points appends to a file of its own,
 *
 *     DIR/workers/HOST-PID-N.jsonl      {"tries":1,"wall_s":0.05,"result":{"key":"…",…}}
 *
 * a line per result. A process that is killed loses none of its lines, a machine that crashes those
 * that are not written out yet (sled_store_sync). Nothing is ever changed there, so that processes
 * on many machines may share DIR, or keep their own and be merged; a line that was cut short by a
 * crash is no result. Results are found by their key.
 */
#ifndef SLED_SWEEP_STORE_H
#define SLED_SWEEP_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "sweep/key.h"

struct sled_store;

enum sled_point_status {
    SLED_POINT_OK,       /* it has rows */
    SLED_POINT_LEFT_OUT, /* a valid request that cannot be served */
    SLED_POINT_FAILED,   /* it crashed, took too long, or its input is bad */
    SLED_POINT_STATUSES  /* count, keep last */
};
/* "ok", "left_out", "failed" */
extern const char *const sled_point_status_names[SLED_POINT_STATUSES];

/*
 * Read all results in dir, which need not exist yet; it is made by the first result.
 * *out is the caller's (sled_store_close). SLED_E_IO, SLED_E_NOMEM.
 */
enum sled_status sled_store_open(const char *dir, struct sled_store **out, struct sled_err *err);

/* Accepts NULL. */
void sled_store_close(struct sled_store *store);

/* Add what another directory has; it must exist. */
enum sled_status sled_store_add(struct sled_store *store, const char *dir, struct sled_err *err);

/* Make the directory if it is not there. SLED_E_IO. */
enum sled_status sled_store_make(const struct sled_store *store, struct sled_err *err);

/* Also make the file for results of this process: before there is anything to lose. SLED_E_IO. */
enum sled_status sled_store_prepare(struct sled_store *store, struct sled_err *err);

/* Lines that were no results: cut short by a crash. */
size_t sled_store_torn(const struct sled_store *store);

/* What is known of a point; false: nothing. Of several results the best one counts. */
bool sled_store_find(struct sled_store *store, const char *key, enum sled_point_status *status);

/* The text of that result, a JSON object that begins with its key, appended to out. */
enum sled_status sled_store_text(struct sled_store *store, const char *key, struct sled_str *out,
                                 struct sled_err *err);

/*
 * Keep a result: `text` is a JSON object on one line, {"key":"…","status":"…",…} (sled_point_…).
 * When this returns no death of this process loses it. SLED_E_IO when it is not kept; what was
 * before stays.
 */
enum sled_status sled_store_append(struct sled_store *store, const char *text, unsigned tries,
                                   double wall_s, struct sled_err *err);

/* Have what was appended on the disk, for a machine that crashes. SLED_E_IO. */
enum sled_status sled_store_sync(struct sled_store *store, struct sled_err *err);

/* Two results of one key agree. SLED_E_SIM names the files that do not. */
enum sled_status sled_store_check(struct sled_store *store, struct sled_err *err);

#endif
