/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that can be busy, and what each kind of movement consumes of it.
 *
 * A flow that delivers one byte consumes w bytes of each resource it touches:
 *   every link of its path                       1
 *   DMA engines of the source chip               sled_dma_weight() (times reduce_dma_weight
 *                                                for a read-add-write)
 *   HBM to HBM:   HBM of the source (read)       1
 *                 HBM of the destination (write) 1, and 2 more to read-add-write
 *   SBUF to SBUF: SBUF of the source             1
 *                 SBUF of the destination        1, and 1 more to read-add-write
 * A local copy consumes both ends on its one chip. A switch that reduces on the way has neither
 * memory nor DMA: it consumes nothing beyond the link. A kernel's stream, a store and a load
 * consume 1 each of the chip's HBM, DMA and SBUF.
 *
 * A protocol (NULL: none) has its own costs of starting a transfer, and consumes more of links by
 * its overhead.
 */
#ifndef SLED_MODEL_MACHINE_H
#define SLED_MODEL_MACHINE_H

#include "model/chip_ports.h"
#include "model/fabric.h"
#include "model/plan.h"
#include "model/protocol.h"
#include "model/result.h"

/* A share of one resource; a list of uses names each resource once. */
struct sled_use {
    uint32_t resource;
    double weight;
};

/* Longest list sled_machine_* can write: a path plus both ends. */
enum { SLED_MAX_USES = 2 * SLED_MAX_AXES * 32 + 8 };

struct sled_machine {
    const struct sled_fabric *fabric; /* borrowed, with routes */
    struct sled_chip_ports ports;
    struct sled_resource *resource; /* [nresources]: links first, then HBM, DMA, SBUF by chip */
    uint32_t nresources;
};

/* Fails with SLED_E_INPUT where a path is longer than SLED_MAX_USES - 8 links, SLED_E_NOMEM. */
enum sled_status sled_machine_init(struct sled_machine *machine, const struct sled_fabric *fabric,
                                   const struct sled_chip_ports *ports, struct sled_err *err);
/* Accepts a zeroed machine. */
void sled_machine_finish(struct sled_machine *machine);

/*
 * Uses of a transfer from endpoint src to dst (chips, or switches that reduce) over `path` of the
 * fabric (ignored where src == dst), between memories of kind SBUF or HBM, in descriptors of
 * row_bytes (0: bulk). Writes out[SLED_MAX_USES], returns how many.
 */
uint32_t sled_machine_transfer(const struct sled_machine *machine,
                               const struct sled_protocol *protocol, uint32_t src, uint32_t dst,
                               uint32_t path, enum sled_memory memory, enum sled_xfer_op op,
                               uint64_t row_bytes, struct sled_use *out);

/* Uses of a stream between HBM and SBUF of one chip, and of what a kernel reads and writes: such a
 * stream, or HBM alone where kernels do it themselves. */
uint32_t sled_machine_kernel(const struct sled_machine *machine, uint32_t chip,
                             struct sled_use *out);
uint32_t sled_machine_stream(const struct sled_machine *machine, uint32_t chip,
                             struct sled_use *out);

/* Name for people, as "link chip3>nsw", "hbm chip17". Returns buf. */
const char *sled_machine_resource_name(const struct sled_machine *machine, uint32_t resource,
                                       char *buf, size_t size);

/* Seconds a chip pays before the first byte of a transfer to endpoint dst leaves: DMA start, or
 * start of the protocol. A switch pays nothing. */
double sled_machine_start_s(const struct sled_machine *machine,
                            const struct sled_protocol *protocol, uint32_t src, uint32_t dst);

/* Seconds for which a chip cannot issue another transfer than this one of `bytes`: the GPSIMD
 * writes its descriptors, or issue of the protocol. 0 for SBUF to SBUF without a protocol, whose
 * descriptors the DGE makes in hardware, for no bytes, and for a switch. */
double sled_machine_issue_s(const struct sled_machine *machine,
                            const struct sled_protocol *protocol, uint32_t src,
                            enum sled_memory memory, uint64_t bytes, uint64_t row_bytes);

/* Bytes of a transfer that path i of the n of its pair carries: equal shares, the first
 * ones a byte more where bytes do not divide. */
uint64_t sled_machine_part(uint64_t bytes, uint32_t npaths, uint32_t i);

/*
 * Lower bound on the time of a plan on this machine, whatever the schedule:
 *   chain_s:    the longest chain of transfers, each as long as it takes alone: issue, start, bytes
 *               over its busiest resource, latency of its shortest path
 *   resource_s: the most loaded resource at its capacity, after one start and before the least
 *               latency of what crosses it
 * both after the launch of the protocol, if there is one.
 * time_s is the larger. `busiest` is the resource of most time, SLED_NONE if nothing moves.
 */
struct sled_bound {
    double chain_s;
    double resource_s;
    double time_s;
    uint32_t busiest;
    double busiest_bytes; /* consumed of it */
};
enum sled_status sled_machine_bound(const struct sled_machine *machine,
                                    const struct sled_plan *plan, const uint32_t *chip_of_rank,
                                    const struct sled_protocol *protocol, enum sled_memory memory,
                                    uint64_t row_bytes, struct sled_bound *out,
                                    struct sled_err *err);

#endif
