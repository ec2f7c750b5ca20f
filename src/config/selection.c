/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of a selection table, and picking by it. */
#include "config/selection.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct selection_file {
    uint64_t schema_version;
    const char *kind;
    const char *name;
    const char *description;
    struct sled_array rules; /* of struct sled_selection_rule */
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
    {.key = "algorithm",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct sled_selection_rule, algorithm),
     .doc = "name as in `sledsim list algorithms`"},
};
const struct sled_table sled_config_selection_rule_table =
    SLED_TABLE("selection_rule", struct sled_selection_rule, rule_fields,
               "a rule of a selection table; the first that fits picks");

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

    snprintf(label, sizeof label, "%s:/rules/%zu", table, index);
    rule->label = sled_arena_strndup(arena, label, strlen(label));
    return rule->label == NULL ? sled_err_nomem(err) : SLED_OK;
}

/* What the field table cannot know: limits in order, an algorithm that exists. */
static enum sled_status check_rule(struct sled_doc *doc, size_t index,
                                   const struct sled_selection_rule *rule, struct sled_err *err)
{
    char place[64];

    snprintf(place, sizeof place, "/rules/%zu", index);
    if (rule->max_ranks != 0 && rule->min_ranks > rule->max_ranks)
        return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                             "a rule for no number of ranks: min_ranks %" PRIu64
                             " is more than max_ranks %" PRIu64,
                             rule->min_ranks, rule->max_ranks);
    if (rule->below_bytes != 0 && rule->from_bytes >= rule->below_bytes)
        return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                             "a rule for no size: from %.0f bytes is not below %.0f",
                             rule->from_bytes, rule->below_bytes);
    if (sled_coll_find((enum sled_coll_kind)rule->op, rule->algorithm, err) == NULL) {
        sled_pointer_add(place, sizeof place, "algorithm");
        sled_doc_locate(doc, place, err);
        return err->code;
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
        SLED_TRY(check_rule(doc, i, &rule[i], err));
        SLED_TRY(add_label(file.name, i, arena, &rule[i], err));
    }
    *out = (struct sled_selection){
        .name = file.name,
        .description = file.description == NULL ? "" : file.description,
        .rule = rule,
        .nrules = file.rules.count,
    };
    return SLED_OK;
}

static bool fits(const struct sled_selection_rule *rule, const struct sled_coll_req *req,
                 enum sled_memory memory)
{
    const double size = (double)sled_coll_size_bytes(req);

    return rule->op == (int)req->kind &&
           (rule->memory == SLED_MEMORIES || rule->memory == (int)memory) &&
           req->nranks >= rule->min_ranks &&
           (rule->max_ranks == 0 || req->nranks <= rule->max_ranks) && size >= rule->from_bytes &&
           (rule->below_bytes == 0 || size < rule->below_bytes);
}

const struct sled_selection_rule *sled_selection_pick(const struct sled_selection *selection,
                                                      const struct sled_coll_req *req,
                                                      enum sled_memory memory, struct sled_err *err)
{
    for (size_t i = 0; i < selection->nrules; i++)
        if (fits(&selection->rule[i], req, memory))
            return &selection->rule[i];
    sled_err_set(err, SLED_E_UNSUPPORTED,
                 "table \"%s\" has no rule for %s of %" PRIu64 " bytes on %u rank%s, memory %s",
                 selection->name, sled_coll_kind_names[req->kind], sled_coll_size_bytes(req),
                 req->nranks, req->nranks == 1 ? "" : "s", sled_memory_names[memory]);
    return NULL;
}
