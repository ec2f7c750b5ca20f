/* SPDX-License-Identifier: Apache-2.0 */
/* What the software of a library makes of the machine when it moves data for a collective. */
#ifndef SLED_MODEL_PROTOCOL_H
#define SLED_MODEL_PROTOCOL_H

/*
 * Costs of one way of moving data, in place of those of a chip's DMA engines:
 *
 *     call ──launch──► transfers one by one ──issue──► start ──► bytes on the links ──► visible
 *
 * Where flags travel with the data or links carry headers, more bytes are on a link than arrive:
 * the two overheads, 1 where that is not so.
 */
struct sled_protocol {
    double launch_s;         /* of each rank, from its call until its first transfer */
    double issue_s;          /* of each transfer; its source issues one at a time */
    double start_s;          /* from then to its first byte, where it stays in its sled */
    double network_start_s;  /* the same, where it leaves its sled */
    double overhead;         /* bytes on a link of level sled per byte of data, >= 1 */
    double network_overhead; /* the same, of all other links */
};

#endif
