/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of byte matrices in JSON. Private to the traffic*.c files. */
#ifndef SLED_CONFIG_TRAFFIC_FORM_H
#define SLED_CONFIG_TRAFFIC_FORM_H

#include <stdbool.h>

#include "config/traffic.h"

/* 2^53, of one pair: exact as a double, but what JSON says may have been 2^53 + 1. */
#define SLED_TRAFFIC_MAX_BYTES 9007199254740992.0

/* A document that is being read. */
struct sled_traffic_form {
    struct sled_doc *doc;
    struct sled_arena *arena;
    uint32_t nranks;
    uint32_t elem_bytes;
    struct sled_err *err;
};

/* Is the document nccom-test's metadata, by its keys? */
bool sled_traffic_is_metadata(struct sled_doc *doc);

/* Fill *out, a matrix of nranks ranks, as sled_config_load_traffic says. Errors are located. */
enum sled_status sled_traffic_read_metadata(const struct sled_traffic_form *in,
                                            struct sled_traffic *out);

#endif
