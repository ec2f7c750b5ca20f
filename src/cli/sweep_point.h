/* SPDX-License-Identifier: Apache-2.0 */
/* One point of a sweep, run by the code that runs `sledsim bench` and `sledsim run`. */
#ifndef SLED_CLI_SWEEP_POINT_H
#define SLED_CLI_SWEEP_POINT_H

#include <stdbool.h>

#include "base/doc.h"
#include "base/err.h"
#include "base/str.h"
#include "config/config.h"
#include "sweep/key.h"

/* The part of a point's base that is a file of its own: "/topology" or "/workload". */
const char *sweep_point_part(struct sled_doc *doc);

/* Load that part. *out is initialised here and finished by the caller, also on failure. Errors are
 * located. */
enum sled_status sweep_point_load(struct sled_doc *doc, struct sled_config *out,
                                  struct sled_err *err);

/* All that can be said about a point without running it. SLED_E_INPUT, located unless it is about
 * the options as a whole, and what reading its files gives; that no algorithm serves is no error
 * here. */
enum sled_status sweep_point_check(struct sled_doc *doc, struct sled_err *err);

/*
 * Run it; config is what sweep_point_load gave. Appends to out "\"config\":{…},\"rows\":[…]": the
 * effective configuration in its canonical form, and what the command says in JSON as its results.
 * Fails as the command does.
 */
enum sled_status sweep_point_run(struct sled_doc *doc, struct sled_config *config,
                                 struct sled_str *out, struct sled_err *err);

/* Add to key all that the result depends on: version, configuration, contents of files. */
enum sled_status sweep_point_key(struct sled_doc *doc, struct sled_key *key, struct sled_err *err);

/* How many ranks there will be at most, for guesses at how long it takes; 0 if that is for the part
 * to say. */
uint64_t sweep_point_ranks(struct sled_doc *doc);

#endif
