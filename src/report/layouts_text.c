/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts as tables, CSV and JSON. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/vec.h"
#include "report/csv.h"
#include "report/json.h"
#include "report/layouts.h"
#include "report/table.h"

static const char *const outcome_names[] = {[SLED_LAYOUT_RAN] = "ran",
                                            [SLED_LAYOUT_NO_ROOM] = "no_room",
                                            [SLED_LAYOUT_REFUSED] = "refused"};

static const struct sled_column ran_columns[] = {
    {.title = "chips", .right = true},
    {.title = "tp", .right = true},
    {.title = "cp", .right = true},
    {.title = "dp", .right = true},
    {.title = "pp", .right = true},
    {.title = "ep", .right = true},
    {.title = "etp", .right = true},
    {.title = "exchange"},
    {.title = "sums"},
    {.title = "batch", .right = true},
    {.title = "token", .unit = "(ms)", .right = true},
    {.title = "/s/user", .right = true},
    {.title = "/s/chip", .right = true},
    {.title = "/s/MW", .right = true},
    {.title = "exposed", .unit = "(%)", .right = true},
    {.title = "most time in"},
    {.title = "busiest resource"},
};

static const struct sled_column left_columns[] = {
    {.title = "chips", .right = true},
    {.title = "tp", .right = true},
    {.title = "cp", .right = true},
    {.title = "dp", .right = true},
    {.title = "pp", .right = true},
    {.title = "ep", .right = true},
    {.title = "etp", .right = true},
    {.title = "exchange"},
    {.title = "sums"},
    {.title = "batch", .right = true},
    {.title = "why not"},
};

static void add_layout(struct sled_text_table *table, const struct sled_layout_row *row)
{
    const uint64_t numbers[] = {row->chips, row->tp, row->cp,       row->dp,
                                row->pp,    row->ep, row->expert_tp};

    for (size_t i = 0; i < SLED_ARRAY_LEN(numbers); i++)
        sled_text_table_cellf(table, "%" PRIu64, numbers[i]);
    sled_text_table_cell(table, row->exchange);
    sled_text_table_cell(table, row->collectives);
    sled_text_table_cellf(table, "%" PRIu64, row->batch);
}

static void add_ran(struct sled_text_table *table, const struct sled_layout_row *row)
{
    add_layout(table, row);
    sled_text_table_cellf(table, "%.3f", row->latency_s * 1e3);
    sled_text_table_cellf(table, "%.1f", row->tokens_per_s_user);
    sled_text_table_cellf(table, "%.1f", row->tokens_per_s_chip);
    sled_text_table_cellf(table, "%.0f", row->tokens_per_s_mw);
    sled_text_table_cellf(table, "%.1f", 100 * row->exposed);
    sled_text_table_cellf(table, "%s %.0f %%", row->most, 100 * row->most_share);
    if (row->busiest[0] == '\0')
        sled_text_table_cell(table, "-");
    else
        sled_text_table_cellf(table, "%s %.0f %%", row->busiest, 100 * row->utilisation);
}

static void add_left(struct sled_text_table *table, const struct sled_layout_row *row)
{
    add_layout(table, row);
    if (row->outcome == SLED_LAYOUT_NO_ROOM)
        sled_text_table_cellf(table, "%.3f GB a chip are missing", row->missing_bytes * 1e-9);
    else
        sled_text_table_cell(table, row->reason);
}

/* Which rows a table has. */
enum selection { SELECT_RAN, SELECT_FRONT_CHIP, SELECT_FRONT_MW, SELECT_NO_ROOM, SELECT_REFUSED };

static bool selected(const struct sled_layout_row *row, enum selection selection)
{
    switch (selection) {
    case SELECT_RAN:
        return row->outcome == SLED_LAYOUT_RAN;
    case SELECT_FRONT_CHIP:
        return row->front_chip;
    case SELECT_FRONT_MW:
        return row->front_mw;
    case SELECT_NO_ROOM:
        return row->outcome == SLED_LAYOUT_NO_ROOM;
    case SELECT_REFUSED:
        return row->outcome == SLED_LAYOUT_REFUSED;
    }
    return false;
}

static size_t count_selected(const struct sled_layout_row *rows, size_t n, enum selection selection)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += selected(&rows[i], selection);
    return count;
}

/* At most `top` of them; nothing, not even the title, where there are none. */
static enum sled_status write_table(const struct sled_layout_row *rows, size_t n,
                                    const size_t *order, enum selection selection,
                                    const char *title, size_t top, FILE *stream,
                                    struct sled_err *err)
{
    const bool ran = selection <= SELECT_FRONT_MW;
    const size_t count = count_selected(rows, n, selection);
    struct sled_text_table table;
    size_t left = top;

    if (count == 0)
        return SLED_OK;
    fprintf(stream, "\n# %s", title);
    if (count > top)
        fprintf(stream, ", %zu of %zu", top, count);
    fputc('\n', stream);
    sled_text_table_init(&table, ran ? ran_columns : left_columns,
                         ran ? SLED_ARRAY_LEN(ran_columns) : SLED_ARRAY_LEN(left_columns));
    for (size_t i = 0; i < n && left > 0; i++) {
        if (!selected(&rows[order[i]], selection))
            continue;
        if (ran)
            add_ran(&table, &rows[order[i]]);
        else
            add_left(&table, &rows[order[i]]);
        left--;
    }
    const enum sled_status st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    return st;
}

/* Rows of a front by tokens/s/user, most first. */
static enum sled_status write_front(const struct sled_layout_row *rows, size_t n,
                                    enum selection selection, const char *title, FILE *stream,
                                    struct sled_err *err)
{
    size_t *order;

    SLED_TRY(sled_vec_alloc(&order, n, err));
    enum sled_status st = sled_layouts_rank(rows, n, SLED_RANK_USER, order, err);
    if (st == SLED_OK)
        st = write_table(rows, n, order, selection, title, n, stream, err);
    free(order);
    return st;
}

enum sled_status sled_layouts_write_text(const struct sled_layouts_title *title,
                                         const struct sled_layout_row *rows, size_t n,
                                         const size_t *order, size_t top, FILE *stream,
                                         struct sled_err *err)
{
    fprintf(stream, "%s%s%s\n%s of %s on %s (chip %s), context %" PRIu64, title->workload,
            title->description[0] == '\0' ? "" : ": ", title->description, title->phase,
            title->model, title->topology, title->chip, title->context);
    if (title->chunk != 0)
        fprintf(stream, ", chunk %" PRIu64, title->chunk);
    fprintf(stream, "\n%zu layouts: %zu ran, %zu do not fit, %zu cannot be\nnetwork %s: %s\n", n,
            count_selected(rows, n, SELECT_RAN), count_selected(rows, n, SELECT_NO_ROOM),
            count_selected(rows, n, SELECT_REFUSED), title->network, title->simulator);
    if (title->accuracy != 0)
        fprintf(stream, "accuracy %g\n", title->accuracy);
    SLED_TRY(write_table(rows, n, order, SELECT_RAN, "best", top, stream, err));
    SLED_TRY(write_front(rows, n, SELECT_FRONT_CHIP, "front: tokens/s/user and tokens/s/chip",
                         stream, err));
    SLED_TRY(
        write_front(rows, n, SELECT_FRONT_MW, "front: tokens/s/user and tokens/s/MW", stream, err));
    SLED_TRY(write_table(rows, n, order, SELECT_NO_ROOM, "do not fit", top, stream, err));
    return write_table(rows, n, order, SELECT_REFUSED, "cannot be", top, stream, err);
}

static const char *const titles[] = {
    "workload",
    "model",
    "topology",
    "phase",
    "outcome",
    "chips",
    "tp",
    "cp",
    "dp",
    "pp",
    "replicas",
    "ep",
    "expert_tp",
    "redundant_experts",
    "exchange",
    "collectives",
    "batch",
    "latency_ns",
    "tokens_per_s_user",
    "tokens_per_s_chip",
    "tokens_per_s_MW",
    "exposed_communication",
    "most_time_in",
    "most_share",
    "busiest",
    "utilisation",
    "front_chip",
    "front_MW",
    "missing_bytes",
    "reason",
};
enum { MEASURED = 11 }; /* titles between batch and missing_bytes */

static void write_csv_row(const struct sled_layouts_title *title, const struct sled_layout_row *row,
                          struct sled_csv *csv)
{
    const uint64_t numbers[] = {row->chips, row->tp,        row->cp,
                                row->dp,    row->pp,        row->replicas,
                                row->ep,    row->expert_tp, row->redundant_experts};

    sled_csv_text(csv, title->workload);
    sled_csv_text(csv, title->model);
    sled_csv_text(csv, title->topology);
    sled_csv_text(csv, title->phase);
    sled_csv_text(csv, outcome_names[row->outcome]);
    for (size_t i = 0; i < SLED_ARRAY_LEN(numbers); i++)
        sled_csv_count(csv, numbers[i]);
    sled_csv_text(csv, row->exchange);
    sled_csv_text(csv, row->collectives);
    sled_csv_count(csv, row->batch);
    if (row->outcome == SLED_LAYOUT_RAN) {
        sled_csv_number(csv, row->latency_s * 1e9);
        sled_csv_number(csv, row->tokens_per_s_user);
        sled_csv_number(csv, row->tokens_per_s_chip);
        sled_csv_number(csv, row->tokens_per_s_mw);
        sled_csv_number(csv, row->exposed);
        sled_csv_text(csv, row->most);
        sled_csv_number(csv, row->most_share);
        sled_csv_text(csv, row->busiest);
        sled_csv_number(csv, row->utilisation);
        sled_csv_text(csv, row->front_chip ? "yes" : "no");
        sled_csv_text(csv, row->front_mw ? "yes" : "no");
    } else {
        for (int i = 0; i < MEASURED; i++)
            sled_csv_text(csv, "");
    }
    sled_csv_number(csv, row->missing_bytes);
    sled_csv_text(csv, row->reason);
    sled_csv_end_row(csv);
}

enum sled_status sled_layouts_write_csv(const struct sled_layouts_title *title,
                                        const struct sled_layout_row *rows, size_t n,
                                        const size_t *order, FILE *stream, struct sled_err *err)
{
    struct sled_csv csv = SLED_CSV_INIT(stream);

    (void)err;
    for (size_t i = 0; i < SLED_ARRAY_LEN(titles); i++)
        sled_csv_text(&csv, titles[i]);
    sled_csv_end_row(&csv);
    for (size_t i = 0; i < n; i++)
        write_csv_row(title, &rows[order[i]], &csv);
    return SLED_OK;
}

static cJSON *row_json(const struct sled_layout_row *row)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "outcome", outcome_names[row->outcome]);
    cJSON_AddNumberToObject(item, "chips", (double)row->chips);
    cJSON_AddNumberToObject(item, "tp", (double)row->tp);
    cJSON_AddNumberToObject(item, "cp", (double)row->cp);
    cJSON_AddNumberToObject(item, "dp", (double)row->dp);
    cJSON_AddNumberToObject(item, "pp", (double)row->pp);
    cJSON_AddNumberToObject(item, "replicas", (double)row->replicas);
    cJSON_AddNumberToObject(item, "ep", (double)row->ep);
    cJSON_AddNumberToObject(item, "expert_tp", (double)row->expert_tp);
    cJSON_AddNumberToObject(item, "redundant_experts", (double)row->redundant_experts);
    cJSON_AddStringToObject(item, "exchange", row->exchange);
    cJSON_AddStringToObject(item, "collectives", row->collectives);
    cJSON_AddNumberToObject(item, "batch", (double)row->batch);
    if (row->outcome == SLED_LAYOUT_NO_ROOM)
        cJSON_AddNumberToObject(item, "missing_bytes", row->missing_bytes);
    if (row->outcome == SLED_LAYOUT_REFUSED)
        cJSON_AddStringToObject(item, "reason", row->reason);
    if (row->outcome != SLED_LAYOUT_RAN)
        return item;
    cJSON_AddNumberToObject(item, "latency_ns", row->latency_s * 1e9);
    cJSON_AddNumberToObject(item, "tokens_per_s_user", row->tokens_per_s_user);
    cJSON_AddNumberToObject(item, "tokens_per_s_chip", row->tokens_per_s_chip);
    cJSON_AddNumberToObject(item, "tokens_per_s_MW", row->tokens_per_s_mw);
    cJSON_AddNumberToObject(item, "exposed_communication", row->exposed);
    cJSON_AddStringToObject(item, "most_time_in", row->most);
    cJSON_AddNumberToObject(item, "most_share", row->most_share);
    cJSON_AddStringToObject(item, "busiest", row->busiest);
    cJSON_AddNumberToObject(item, "utilisation", row->utilisation);
    cJSON_AddBoolToObject(item, "front_chip", row->front_chip);
    cJSON_AddBoolToObject(item, "front_MW", row->front_mw);
    return item;
}

enum sled_status sled_layouts_write_json(const struct sled_layouts_title *title,
                                         const struct sled_layout_row *rows, size_t n,
                                         const size_t *order, const cJSON *config, FILE *stream,
                                         struct sled_err *err)
{
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddStringToObject(tree, "schema", "sledsim/layouts/1");
    cJSON_AddStringToObject(tree, "simulator", title->simulator);
    cJSON_AddStringToObject(tree, "network", title->network);
    cJSON_AddNumberToObject(tree, "accuracy", title->accuracy);
    cJSON_AddItemToObject(tree, "config", cJSON_Duplicate(config, true));
    cJSON *results = cJSON_AddArrayToObject(tree, "results");
    for (size_t i = 0; i < n; i++)
        cJSON_AddItemToArray(results, row_json(&rows[order[i]]));

    const enum sled_status st = sled_json_write(tree, stream, err);
    cJSON_Delete(tree);
    return st;
}
