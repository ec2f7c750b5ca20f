/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts as tables for people. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/vec.h"
#include "report/layouts.h"
#include "report/table.h"

/* Of the layout: columns that are there always, or where rows differ in what they say. */
static const struct {
    struct sled_column column;
    enum { ALWAYS, OVERLAPS, ORDERS } when;
} layout_columns[] = {
    {{.title = "chips", .right = true}, ALWAYS},
    {{.title = "tp", .right = true}, ALWAYS},
    {{.title = "cp", .right = true}, ALWAYS},
    {{.title = "dp", .right = true}, ALWAYS},
    {{.title = "pp", .right = true}, ALWAYS},
    {{.title = "ep", .right = true}, ALWAYS},
    {{.title = "etp", .right = true}, ALWAYS},
    {{.title = "exchange"}, ALWAYS},
    {{.title = "overlap"}, OVERLAPS},
    {{.title = "order"}, ORDERS},
    {{.title = "sums"}, ALWAYS},
    {{.title = "batch", .right = true}, ALWAYS},
};

/* And of what became of it. */
static const struct sled_column ran_columns[] = {
    {.title = "token", .unit = "(ms)", .right = true},
    {.title = "/s/user", .right = true},
    {.title = "/s/chip", .right = true},
    {.title = "/s/MW", .right = true},
    {.title = "exposed", .unit = "(%)", .right = true},
    {.title = "most time in"},
    {.title = "busiest resource"},
};
static const struct sled_column left_columns[] = {{.title = "why not"}};

enum { MOST_COLUMNS = SLED_ARRAY_LEN(layout_columns) + SLED_ARRAY_LEN(ran_columns) };

/* Returns how many columns the table has. */
static size_t choose_columns(const struct sled_layouts_title *title, bool ran,
                             struct sled_column columns[MOST_COLUMNS])
{
    const bool shown[] = {[ALWAYS] = true, [OVERLAPS] = title->overlaps, [ORDERS] = title->orders};
    const struct sled_column *rest = ran ? ran_columns : left_columns;
    const size_t nrest = ran ? SLED_ARRAY_LEN(ran_columns) : SLED_ARRAY_LEN(left_columns);
    size_t n = 0;

    for (size_t i = 0; i < SLED_ARRAY_LEN(layout_columns); i++)
        if (shown[layout_columns[i].when])
            columns[n++] = layout_columns[i].column;
    for (size_t i = 0; i < nrest; i++)
        columns[n++] = rest[i];
    return n;
}

static void add_layout(struct sled_text_table *table, const struct sled_layouts_title *title,
                       const struct sled_layout_row *row)
{
    const uint64_t numbers[] = {row->chips, row->tp, row->cp,       row->dp,
                                row->pp,    row->ep, row->expert_tp};

    for (size_t i = 0; i < SLED_ARRAY_LEN(numbers); i++)
        sled_text_table_cellf(table, "%" PRIu64, numbers[i]);
    sled_text_table_cell(table, row->exchange);
    if (title->overlaps)
        sled_text_table_cell(table, row->overlap);
    if (title->orders)
        sled_text_table_cell(table, row->order);
    sled_text_table_cell(table, row->collectives);
    sled_text_table_cellf(table, "%" PRIu64, row->batch);
}

static void add_ran(struct sled_text_table *table, const struct sled_layouts_title *title,
                    const struct sled_layout_row *row)
{
    add_layout(table, title, row);
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

static void add_left(struct sled_text_table *table, const struct sled_layouts_title *title,
                     const struct sled_layout_row *row)
{
    add_layout(table, title, row);
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
static enum sled_status write_table(const struct sled_layouts_title *title,
                                    const struct sled_layout_row *rows, size_t n,
                                    const size_t *order, enum selection selection, const char *name,
                                    size_t top, FILE *stream, struct sled_err *err)
{
    const bool ran = selection <= SELECT_FRONT_MW;
    struct sled_column columns[MOST_COLUMNS];
    const size_t count = count_selected(rows, n, selection);
    struct sled_text_table table;
    size_t left = top;

    if (count == 0)
        return SLED_OK;
    fprintf(stream, "\n# %s", name);
    if (count > top)
        fprintf(stream, ", %zu of %zu", top, count);
    fputc('\n', stream);
    sled_text_table_init(&table, columns, choose_columns(title, ran, columns));
    for (size_t i = 0; i < n && left > 0; i++) {
        if (!selected(&rows[order[i]], selection))
            continue;
        if (ran)
            add_ran(&table, title, &rows[order[i]]);
        else
            add_left(&table, title, &rows[order[i]]);
        left--;
    }
    const enum sled_status st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    return st;
}

/* Rows of a front by tokens/s/user, most first. */
static enum sled_status write_front(const struct sled_layouts_title *title,
                                    const struct sled_layout_row *rows, size_t n,
                                    enum selection selection, const char *name, FILE *stream,
                                    struct sled_err *err)
{
    size_t *order;

    SLED_TRY(sled_vec_alloc(&order, n, err));
    enum sled_status st = sled_layouts_rank(rows, n, SLED_RANK_USER, order, err);
    if (st == SLED_OK)
        st = write_table(title, rows, n, order, selection, name, n, stream, err);
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
    SLED_TRY(write_table(title, rows, n, order, SELECT_RAN, "best", top, stream, err));
    SLED_TRY(write_front(title, rows, n, SELECT_FRONT_CHIP,
                         "front: tokens/s/user and tokens/s/chip", stream, err));
    SLED_TRY(write_front(title, rows, n, SELECT_FRONT_MW, "front: tokens/s/user and tokens/s/MW",
                         stream, err));
    SLED_TRY(write_table(title, rows, n, order, SELECT_NO_ROOM, "do not fit", top, stream, err));
    return write_table(title, rows, n, order, SELECT_REFUSED, "cannot be", top, stream, err);
}
