/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of a selection table. */
#include "config/selection.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct selection_file {
    uint64_t schema_version;
    const char *kind;
    const char *name;
    const char *description;
    struct sled_array protocols; /* of struct sled_selection_protocol */
    struct sled_array rules;     /* of struct sled_selection_rule */
};

static const char *const memory_choices[SLED_MEMORIES + 2] = {
    [SLED_MEMORY_SBUF] = "sbuf",
    [SLED_MEMORY_HBM] = "hbm",
    [SLED_MEMORY_STAGED] = "staged",
    [SLED_MEMORIES] = "any",
};

static const struct sled_field rule_fields[] = {
    {.key = "op",
     .type = SLED_FIELD_CHOICE,
     .choices = sled_coll_kind_names,
     .offset = offsetof(struct sled_selection_rule, op),
     .doc = "operation that the rule is for"},
    {.key = "memory",
     .type = SLED_FIELD_CHOICE,
     .choices = memory_choices,
     .dflt = "\"any\"",
     .offset = offsetof(struct sled_selection_rule, memory),
     .doc = "memory that the buffers are in"},
    {.key = "min_ranks",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .dflt = "1",
     .offset = offsetof(struct sled_selection_rule, min_ranks),
     .doc = "fewest ranks that the rule is for"},
    {.key = "max_ranks",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .unlimited = "unlimited",
     .dflt = "\"unlimited\"",
     .offset = offsetof(struct sled_selection_rule, max_ranks),
     .doc = "most ranks that the rule is for"},
    {.key = "chips",
     .type = SLED_FIELD_STRINGS,
     .optional = true,
     .offset = offsetof(struct sled_selection_rule, chips),
     .doc = "names of the chips that the rule is for; any if absent"},
    {.key = "topologies",
     .type = SLED_FIELD_STRINGS,
     .optional = true,
     .offset = offsetof(struct sled_selection_rule, topologies),
     .doc = "names of the topologies that the rule is for; any if absent"},
    {.key = "min_sleds",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .dflt = "1",
     .offset = offsetof(struct sled_selection_rule, min_sleds),
     .doc = "fewest sleds (servers) with ranks that the rule is for"},
    {.key = "max_sleds",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .unlimited = "unlimited",
     .dflt = "\"unlimited\"",
     .offset = offsetof(struct sled_selection_rule, max_sleds),
     .doc = "most sleds with ranks that the rule is for"},
    {.key = "from",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_BYTES,
     .min = 1,
     .hardware = true,
     .optional = true,
     .offset = offsetof(struct sled_selection_rule, from_bytes),
     .doc = "least size that the rule is for: the whole buffer of a rank"},
    {.key = "below",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_BYTES,
     .min = 1,
     .hardware = true,
     .optional = true,
     .offset = offsetof(struct sled_selection_rule, below_bytes),
     .doc = "least size that the rule is no longer for"},
    {.key = "from_block",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_BYTES,
     .min = 1,
     .hardware = true,
     .optional = true,
     .offset = offsetof(struct sled_selection_rule, from_block),
     .doc = "as from, of the size over the ranks"},
    {.key = "below_block",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_BYTES,
     .min = 1,
     .hardware = true,
     .optional = true,
     .offset = offsetof(struct sled_selection_rule, below_block),
     .doc = "as below, of the size over the ranks"},
    {.key = "algorithm",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct sled_selection_rule, algorithm),
     .doc = "name as in `sledsim list algorithms`"},
    {.key = "protocol",
     .type = SLED_FIELD_STRING,
     .optional = true,
     .offset = offsetof(struct sled_selection_rule, protocol),
     .doc = "name of a protocol; the chip's DMA engines as they are if absent"},
    {.key = "chunk",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_BYTES,
     .min = 1,
     .hardware = true,
     .optional = true,
     .offset = offsetof(struct sled_selection_rule, chunk_bytes),
     .doc = "size of the pieces that follow one another; the algorithm's own number if absent"},
};
const struct sled_table sled_config_selection_rule_table =
    SLED_TABLE("selection_rule", struct sled_selection_rule, rule_fields,
               "a rule of a selection table; the first that fits picks");

#define ESTIMATE(member_) .offset = offsetof(struct sled_selection_estimate, member_)

static const struct sled_field estimate_fields[] = {
    {.key = "start",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_TIME,
     .hardware = true,
     ESTIMATE(start_s),
     .doc = "of the call"},
    {.key = "step",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_TIME,
     .hardware = true,
     ESTIMATE(step_s),
     .doc = "of each step of the algorithm"},
    {.key = "efficiency",
     .type = SLED_FIELD_RATIO,
     .min = 1e-6,
     .max = 1,
     .hardware = true,
     ESTIMATE(efficiency),
     .doc = "of the bandwidth of a chip's links that the busiest port gets"},
};
const struct sled_table sled_config_estimate_table =
    SLED_TABLE("estimate", struct sled_selection_estimate, estimate_fields,
               "what the library itself believes a call to take, by which it chooses");

#define PROTOCOL(member_) .offset = offsetof(struct sled_selection_protocol, member_)
#define TIME(key_, member_, dflt_, doc_)                                                    \
    {                                                                                       \
        .key = (key_), .type = SLED_FIELD_QUANTITY, .dim = SLED_DIM_TIME, .hardware = true, \
        .dflt = (dflt_), PROTOCOL(member_), .doc = (doc_)                                   \
    }

static const struct sled_field protocol_fields[] = {
    {.key = "name",
     .type = SLED_FIELD_STRING,
     PROTOCOL(name),
     .doc = "what rules call it; of several of one name, the first that is for the chip"},
    {.key = "chips",
     .type = SLED_FIELD_STRINGS,
     .optional = true,
     PROTOCOL(chips),
     .doc = "names of the chips that it is for; any if absent"},
    {.key = "clock",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_FREQUENCY,
     .min = 1,
     .hardware = true,
     .optional = true,
     PROTOCOL(clock_hz),
     .doc = "of a chip on which launch, issue and step hold; they scale to another's clock"},
    TIME("launch", launch_s, NULL, "of the call, before the first transfer of each rank"),
    TIME("issue", issue_s, "\"0us\"", "of each transfer of a chip, one after another"),
    TIME("step", step_s, "\"0us\"", "of each transfer inside a sled, before its first byte"),
    TIME("network_step", network_step_s, "\"0us\"", "the same, of one that leaves its sled"),
    {.key = "efficiency",
     .type = SLED_FIELD_RATIO,
     .min = 1e-6,
     .max = 1,
     .hardware = true,
     PROTOCOL(efficiency),
     .doc = "data over bytes on links of level sled"},
    {.key = "network_efficiency",
     .type = SLED_FIELD_RATIO,
     .min = 1e-6,
     .max = 1,
     .hardware = true,
     .dflt = "1",
     PROTOCOL(network_efficiency),
     .doc = "data over bytes on all other links"},
    {.key = "copy",
     .type = SLED_FIELD_RATIO,
     .max = 64,
     .hardware = true,
     .dflt = "0",
     PROTOCOL(copy),
     .doc = "copies of a rank's own block (size over ranks) before, at the rate of its links"},
    {.key = "estimate",
     .type = SLED_FIELD_OBJECT,
     .optional = true,
     .sub = &sled_config_estimate_table,
     PROTOCOL(estimate),
     .present_offset = offsetof(struct sled_selection_protocol, has_estimate),
     .doc = "what the library believes it to take; of rules with one the least picks"},
};
const struct sled_table sled_config_protocol_table =
    SLED_TABLE("protocol", struct sled_selection_protocol, protocol_fields,
               "one of a library's ways to move data, and what it costs");

static const struct sled_field selection_fields[] = {
    {.key = "schema_version",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 1,
     .offset = offsetof(struct selection_file, schema_version),
     .doc = "version of the file layout"},
    {.key = "kind",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct selection_file, kind),
     .doc = "\"selection\""},
    {.key = "name",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct selection_file, name),
     .doc = "what results call the table"},
    {.key = "description",
     .type = SLED_FIELD_STRING,
     .optional = true,
     .offset = offsetof(struct selection_file, description),
     .doc = "one line for people"},
    {.key = "protocols",
     .type = SLED_FIELD_ARRAY,
     .dflt = "[]",
     .sub = &sled_config_protocol_table,
     .offset = offsetof(struct selection_file, protocols),
     .doc = "of the library; rules name them"},
    {.key = "rules",
     .type = SLED_FIELD_ARRAY,
     .sub = &sled_config_selection_rule_table,
     .offset = offsetof(struct selection_file, rules),
     .doc = "in the order in which they are asked"},
};
const struct sled_table sled_config_selection_table =
    SLED_TABLE("selection", struct selection_file, selection_fields,
               "a selection table: which algorithm serves which request");

static enum sled_status add_label(const char *table, size_t index, struct sled_arena *arena,
                                  struct sled_selection_rule *rule, struct sled_err *err)
{
    char label[256];

    snprintf(label, sizeof label, "%s:/rules/%zu%s%s", table, index,
             rule->protocol == NULL ? "" : " ", rule->protocol == NULL ? "" : rule->protocol);
    rule->label = sled_arena_strndup(arena, label, strlen(label));
    return rule->label == NULL ? sled_err_nomem(err) : SLED_OK;
}

static bool knows_protocol(const struct sled_array *protocols, const char *name)
{
    const struct sled_selection_protocol *protocol = protocols->items;

    for (size_t i = 0; i < protocols->count; i++)
        if (strcmp(protocol[i].name, name) == 0)
            return true;
    return false;
}

/* What the field table cannot know: limits in order, an algorithm and a protocol that exist. */
static enum sled_status check_rule(struct sled_doc *doc, size_t index,
                                   const struct sled_array *protocols,
                                   const struct sled_selection_rule *rule, struct sled_err *err)
{
    char place[64];

    snprintf(place, sizeof place, "/rules/%zu", index);
    if (rule->max_ranks != 0 && rule->min_ranks > rule->max_ranks)
        return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                             "a rule for no number of ranks: min_ranks %" PRIu64
                             " is more than max_ranks %" PRIu64,
                             rule->min_ranks, rule->max_ranks);
    if (rule->max_sleds != 0 && rule->min_sleds > rule->max_sleds)
        return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                             "a rule for no number of sleds: min_sleds %" PRIu64
                             " is more than max_sleds %" PRIu64,
                             rule->min_sleds, rule->max_sleds);
    if (rule->below_block != 0 && rule->from_block >= rule->below_block)
        return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                             "a rule for no block: from_block %.0f bytes is not below %.0f",
                             rule->from_block, rule->below_block);
    if (rule->below_bytes != 0 && rule->from_bytes >= rule->below_bytes)
        return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                             "a rule for no size: from %.0f bytes is not below %.0f",
                             rule->from_bytes, rule->below_bytes);
    if (sled_coll_find((enum sled_coll_kind)rule->op, rule->algorithm, err) == NULL) {
        sled_pointer_add(place, sizeof place, "algorithm");
        sled_doc_locate(doc, place, err);
        return err->code;
    }
    if (rule->protocol != NULL && !knows_protocol(protocols, rule->protocol)) {
        sled_pointer_add(place, sizeof place, "protocol");
        return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                             "\"protocols\" has none of the name \"%s\"", rule->protocol);
    }
    return SLED_OK;
}

enum sled_status sled_config_read_selection(struct sled_doc *doc, struct sled_arena *arena,
                                            struct sled_selection *out, struct sled_err *err)
{
    struct selection_file file;

    SLED_TRY(sled_field_read(&sled_config_selection_table, doc, "", arena, &file, err));
    struct sled_selection_rule *rule = file.rules.items;
    for (size_t i = 0; i < file.rules.count; i++) {
        SLED_TRY(check_rule(doc, i, &file.protocols, &rule[i], err));
        SLED_TRY(add_label(file.name, i, arena, &rule[i], err));
    }
    *out = (struct sled_selection){
        .name = file.name,
        .description = file.description == NULL ? "" : file.description,
        .rule = rule,
        .nrules = file.rules.count,
        .protocol = file.protocols.items,
        .nprotocols = file.protocols.count,
    };
    return SLED_OK;
}
