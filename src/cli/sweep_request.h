/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a point of a sweep asks for: a command line as JSON. "command" is "bench" or "run"; the
 * other keys are the options of that command with '_' for '-', read by its own option table, so
 * that a sweep knows every option that the command has, and no other.
 */
#ifndef SLED_CLI_SWEEP_REQUEST_H
#define SLED_CLI_SWEEP_REQUEST_H

#include "base/arena.h"
#include "base/doc.h"
#include "base/err.h"
#include "cli/bench_args.h"
#include "cli/run_args.h"

/* Pointers in a base where a string names a file whose content takes its place. */
extern const char *const sweep_references[];

struct sweep_request {
    enum { SWEEP_BENCH, SWEEP_RUN } command;
    struct bench_args bench; /* of SWEEP_BENCH; without topology, which is a part of the document */
    struct run_args run;     /* of SWEEP_RUN; without file, which is the part "/workload" */
    struct sled_arena arena; /* texts */
};

/*
 * Read the base of a point. *out is initialised here and finished by the caller, also on failure.
 * SLED_E_INPUT, located (unknown keys suggest the nearest); SLED_E_NOMEM.
 */
enum sled_status sweep_request_read(struct sled_doc *doc, struct sweep_request *out,
                                    struct sled_err *err);
void sweep_request_finish(struct sweep_request *request);

/* An error of a command is about the base that asked for it. */
enum sled_status sweep_request_blame(const struct sled_doc *doc, enum sled_status st,
                                     struct sled_err *err);

#endif
