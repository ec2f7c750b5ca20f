/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A platform as SimGrid reads it: text, and nothing else. SimGrid's C interface cannot
 * build one.
 *
 * Routes are listed one by one, each in one direction, so that SimGrid decides none. A
 * pair of chips may need several (kinds of memory, parts of a split transfer), but SimGrid
 * knows one route per pair of hosts: so routes lead from host c<src> to host c<dst>.v<variant>.
 * Its tables are quadratic in hosts; this way there are few.
 */
#ifndef SLED_SIM_PLATFORM_XML_H
#define SLED_SIM_PLATFORM_XML_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* A host that no route touches, for actors. */
#define SLED_CONTROL_HOST "control"

struct sled_platform_hop {
    uint32_t link;
    uint32_t times; /* >= 1: the route names the link so often, which is its weight there */
};

struct sled_platform_route {
    uint32_t src_chip, dst_chip, variant;
    size_t first_hop, nhops;
};

/* Borrowed from its builder. */
struct sled_platform {
    uint32_t nchips;
    const uint32_t *variants;       /* [nchips]: as destination; variants of c are 0 .. less 1 */
    const double *link_bytes_per_s; /* [nlinks]; 0: not there */
    size_t nlinks;
    const struct sled_platform_route *route; /* [nroutes] */
    size_t nroutes;
    const struct sled_platform_hop *hop; /* the routes' hops */
};

/* Longest name written by the functions below, with its terminator. */
enum { SLED_PLATFORM_NAME = 32 };

/* Names of things in the text, in buf[SLED_PLATFORM_NAME], which is returned. */
const char *sled_platform_src_host(uint32_t chip, char *buf);
const char *sled_platform_dst_host(uint32_t chip, uint32_t variant, char *buf);
const char *sled_platform_link(size_t link, char *buf);

/* Append the document to text. SLED_E_NOMEM. */
enum sled_status sled_platform_write(const struct sled_platform *platform, struct sled_str *text,
                                     struct sled_err *err);

#endif
