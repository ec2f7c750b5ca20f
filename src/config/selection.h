/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selection tables: which algorithm serves which request, and with what protocol. A file of kind
 * "selection" (see collectives/README.md), read by sled_config_load. A table picks, it does not
 * try: what it names and cannot serve is an error.
 *
 * A table with protocols is the software of a library. It picks as the library does, by what the
 * library's own model says of each candidate (the estimate of a protocol), which is not what the
 * candidate costs here.
 */
#ifndef SLED_CONFIG_SELECTION_H
#define SLED_CONFIG_SELECTION_H

#include "base/arena.h"
#include "base/doc.h"
#include "base/err.h"
#include "base/field.h"
#include "coll/coll.h"
#include "model/chip_ports.h"
#include "model/machine.h"
#include "model/protocol.h"

extern const struct sled_table sled_config_selection_table;
extern const struct sled_table sled_config_selection_rule_table;
extern const struct sled_table sled_config_protocol_table;
extern const struct sled_table sled_config_estimate_table;

struct sled_selection {
    const char *name;
    const char *description;
    const struct sled_selection_rule *rule; /* [nrules] */
    size_t nrules;
    const struct sled_selection_protocol *protocol; /* [nprotocols] */
    size_t nprotocols;
};

/* One rule as the file says it; the first that fits picks, see sled_selection_pick. */
struct sled_selection_rule {
    int op;                         /* enum sled_coll_kind */
    int memory;                     /* enum sled_memory, SLED_MEMORIES for any */
    struct sled_array chips;        /* of const char *: names of chips; empty: any */
    struct sled_array topologies;   /* of const char *: names of fabrics; empty: any */
    uint64_t min_ranks, max_ranks;  /* inclusive; max 0: no limit */
    uint64_t min_sleds, max_sleds;  /* that the ranks are in, likewise */
    double from_bytes, below_bytes; /* the first inclusive, the second not; 0: no limit */
    double from_block, below_block; /* the same, of the size over the ranks */
    const char *algorithm;          /* that the registry has */
    const char *protocol;           /* NULL: none, or a name among the protocols */
    double chunk_bytes;             /* size of a piece where the algorithm cuts; 0: its own */
    const char *label;              /* for results: "neuron:/rules/0", "nccl:/rules/3 ll128" */
};

/* What the library believes: start + steps x step + bytes of the busiest port over
 * efficiency x the bandwidth of a chip's links. */
struct sled_selection_estimate {
    double start_s, step_s;
    double efficiency;
};

/* A protocol as the file says it. Of several of one name the first that is for the chip counts. */
struct sled_selection_protocol {
    const char *name;
    struct sled_array chips;   /* of const char *: names; empty: any */
    double clock_hz;           /* at which launch, issue and step hold; 0: any */
    double launch_s;           /* of the call, before its first transfer */
    double issue_s;            /* of each transfer of a chip, one after another */
    double step_s;             /* of each transfer, before its first byte */
    double network_step_s;     /* the same, of one that leaves its sled; at any clock */
    double efficiency;         /* data over bytes on the links of a sled, above 0 to 1 */
    double network_efficiency; /* the same, of all other links */
    double copy;               /* bytes that pass through the chip's links' worth of time besides,
                                  in blocks of size over ranks */
    struct sled_selection_estimate estimate;
    bool has_estimate;
};

/* Where ranks are and what they have: all that a table may ask for. Everything is borrowed. */
struct sled_selection_site {
    const char *chip;     /* name */
    const char *topology; /* name */
    const struct sled_machine *machine;
    const uint32_t *chip_of_rank; /* [nranks of the request] */
};
/* Ranks on chips of a topology. */
struct sled_topology;
struct sled_selection_site sled_selection_site_of(const struct sled_topology *topology,
                                                  const uint32_t *chip_of_rank);

/* Read the selection table that is the whole document; all of it lives in arena. Errors are
 * located; one of them is an algorithm that does not exist. */
enum sled_status sled_config_read_selection(struct sled_doc *doc, struct sled_arena *arena,
                                            struct sled_selection *out, struct sled_err *err);

/*
 * The first rule that fits the request; where its protocol has an estimate, the rule with the least
 * estimate of all that fit and have one, the first of equals. Fails with SLED_E_UNSUPPORTED where
 * none fits, or where a candidate cannot serve and so has no estimate.
 */
enum sled_status sled_selection_pick(const struct sled_selection *selection,
                                     const struct sled_coll_req *req,
                                     const struct sled_selection_site *site,
                                     enum sled_memory memory,
                                     const struct sled_selection_rule **out, struct sled_err *err);

/*
 * What a picked rule says beside its algorithm: pieces of the request, unless it asks for a number
 * itself, and the protocol; *has_protocol is false where it has none. SLED_E_UNSUPPORTED where no
 * protocol of that name is for the chip.
 */
enum sled_status sled_selection_apply(const struct sled_selection *selection,
                                      const struct sled_selection_rule *rule,
                                      const struct sled_selection_site *site,
                                      struct sled_coll_req *req, bool *has_protocol,
                                      struct sled_protocol *protocol, struct sled_err *err);

#endif
