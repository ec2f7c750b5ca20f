/* SPDX-License-Identifier: Apache-2.0 */
/* A piece of compute on one chip: what is asked, and what it costs. */
#ifndef SLED_MODEL_KERNEL_H
#define SLED_MODEL_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "model/dtype.h"

/* The engines of a NeuronCore, and the DMA engines that feed it. */
enum sled_engine {
    SLED_ENGINE_TENSOR,
    SLED_ENGINE_VECTOR,
    SLED_ENGINE_SCALAR,
    SLED_ENGINE_GPSIMD,
    SLED_ENGINE_SYNC, /* has DMA descriptors generated */
    SLED_ENGINE_DMA,
    SLED_ENGINES /* count, keep last */
};
/* NULL-terminated, indexed by engine: "tensor", … */
extern const char *const sled_engine_names[SLED_ENGINES + 1];

enum sled_kernel_kind {
    SLED_KERNEL_MATMUL,          /* [m][k] x [k][n] -> [m][n]; the [k][n] operand are the weights */
    SLED_KERNEL_QUANTIZE,        /* [m][n] from dtype to out_dtype, microscaled along n */
    SLED_KERNEL_QUANTIZE_TENSOR, /* the same with one scale for all, from the largest magnitude */
    SLED_KERNEL_QUANTIZE_GROUP,  /* the same with a scale for every k elements along n */
    SLED_KERNEL_DEQUANTIZE,      /* [m][n] from 8 or 4 bits, a scale for every k, to out_dtype */
    SLED_KERNEL_SOFTMAX,         /* [m][n], along n */
    SLED_KERNEL_SWIGLU,          /* [m][2n] -> [m][n] */
    SLED_KERNEL_GROUPED_MLP, /* [m][n] -> [m][k] gated -> [m][n], rows dealt to experts that each
                                have weights of their own */
    SLED_KERNEL_RMSNORM,     /* [m][n], along n */
    SLED_KERNEL_ROUTER,  /* [m][k] x [k][n] scores of experts -> top_k of each row and their weights
                          */
    SLED_KERNEL_ROPE,    /* [m][n], the halves of each row rotated by position */
    SLED_KERNEL_TOPK,    /* scores [m][n] -> k largest of each row, with softmax weights */
    SLED_KERNEL_COMBINE, /* k rows of n for each of m tokens -> [m][n], their weighted sum */
    SLED_KERNEL_EMBEDDING,        /* m rows of n from a table in HBM, as m tokens say */
    SLED_KERNEL_LM_HEAD,          /* [m][k] x [k][n], n the vocabulary -> top_k of each row */
    SLED_KERNEL_ATTENTION,        /* m queries on n keys and values of k elements, per head */
    SLED_KERNEL_DECODE_ATTENTION, /* the same, m sequences of one query on n keys of their own */
    SLED_KERNEL_FUSED_ATTENTION,  /* [m][n] -> QKV projection, causal attention, projection, [m][n]
                                   */
    SLED_KERNELS                  /* count, keep last */
};
/* NULL-terminated, indexed by kind: "matmul", … */
extern const char *const sled_kernel_names[SLED_KERNELS + 1];

/* What the weights of the chosen experts are. */
enum sled_scores {
    SLED_SCORES_CHOSEN,  /* softmax over the chosen */
    SLED_SCORES_ALL,     /* softmax over all, then the choice */
    SLED_SCORES_SIGMOID, /* sigmoid, chosen with a bias, weights without it; they add up to 1 */
    SLED_SCORES          /* count, keep last */
};
/* NULL-terminated, indexed by enum sled_scores: "chosen", … */
extern const char *const sled_scores_names[SLED_SCORES + 1];

/* Has it an extent k? */
bool sled_kernel_has_k(enum sled_kernel_kind kind);
/* Has it weights whose format and place can be chosen? */
bool sled_kernel_has_weights(enum sled_kernel_kind kind);
/* Is it one of the ATTENTIONs, with heads and all that belongs to them? */
bool sled_kernel_has_heads(enum sled_kernel_kind kind);

/* A request; plain data. Shapes as above; k is unused where the kind has none. */
struct sled_kernel {
    enum sled_kernel_kind kind;
    uint64_t m, n, k;
    enum sled_dtype dtype;        /* of the activations that come in */
    enum sled_dtype weight_dtype; /* of kernels with weights */
    enum sled_dtype out_dtype;
    bool weights_from_hbm;    /* streamed in; else they sit in SBUF. Of kernels with weights and of
                                 FUSED_ATTENTION the weights; of the other ATTENTIONs queries, keys,
                                 values, result */
    uint32_t heads, kv_heads; /* the ATTENTIONs: of queries; of keys and values, which as many
                                 query heads share evenly */
    uint64_t move_columns;    /* the ATTENTIONs: of weights that one instruction moves out of
                                 PSUM; 0: a whole bank */
    bool causal;              /* ATTENTION: query i sees keys 0 .. i + n - m only */
    uint64_t window;          /* the ATTENTIONs, causal or decoding: the last keys that a query
                                 sees of those, itself included; 0: all */
    bool sinks;               /* the ATTENTIONs: each head has one more score in its softmax, with
                                 no value */
    uint64_t rope;            /* ATTENTION, DECODE_ATTENTION: elements that queries and keys have
                                 beyond the k of values; position is kept in them (MLA) */
    bool latent;              /* the same: the k first elements of keys are the values; one such
                                 head of keys serves all heads (MLA, its projections absorbed) */
    bool fixed_max;           /* ATTENTION, FUSED_ATTENTION: a bound of the scores is known (as
                                 queries and keys are normalised, or scores capped), so the maximum
                                 of each row need not be found */
    uint32_t top_k;           /* ROUTER, LM_HEAD: kept of each row */
    enum sled_scores scores;  /* ROUTER */
    uint32_t limit, limit_of; /* ROUTER: eligible are the best `limit` of `limit_of` equal groups of
                                 experts; both 0: all are */
    uint32_t groups;          /* GROUPED_MLP: its experts ... */
    const uint64_t *tokens;   /* ... and the rows of each: [groups], borrowed, adding up to m; 0 for
                                 an expert that does nothing */
    uint32_t cores;           /* 1 .. cores of the chip: the work is split over them, or over fewer
                                 where that is faster */
};

/* The keys that one query can see at most: n, or the window. */
uint64_t sled_kernel_context(const struct sled_kernel *kernel);

/* What the heads of queries and keys are long: k and rope. */
uint64_t sled_kernel_head_depth(const struct sled_kernel *kernel);

/* Bytes of a key and its value, of one head. */
double sled_kernel_key_bytes(const struct sled_kernel *kernel);

/* Pairs of a query and a key that it sees, over all heads, of ATTENTION and DECODE_ATTENTION: each
 * takes two products over k and an exponential. */
double sled_kernel_pairs(const struct sled_kernel *kernel);

/* Flops of those products: 2 for each pair and element. */
double sled_kernel_attention_flops(const struct sled_kernel *kernel);

/*
 * The answer. busy_s is time per engine, the mean over the kernel's cores, so that
 * busy_s / time_s is that engine's busy fraction; DMA engines that wait for HBM are busy. A
 * kernel is executed as a flow of hbm_bytes that takes at least time_s: when HBM is
 * contended it takes longer.
 */
struct sled_kernel_cost {
    double time_s;
    double busy_s[SLED_ENGINES];
    double hbm_bytes;
    double sbuf_bytes;      /* read and written by engines and DMA */
    double flops;           /* of the tensor engine that the result needs: 2 m n k of a MATMUL */
    enum sled_engine bound; /* the engine with most busy time: what bounds the kernel */
};

#endif
