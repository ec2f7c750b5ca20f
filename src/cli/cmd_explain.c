/* SPDX-License-Identifier: Apache-2.0 */
/* `sledsim explain NAME`: exit codes, units, algorithms, and the objects and keys of files. */
#include "cli/cmd.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/suggest.h"
#include "base/units.h"
#include "base/vec.h"
#include "cli/field_doc.h"
#include "cli/field_find.h"
#include "coll/coll.h"
#include "config/config.h"
#include "sweep/sweep.h"

struct explain_args {
    const char *name;
};

static const struct sled_operand operands[] = {
    {.name = "NAME",
     .offset = offsetof(struct explain_args, name),
     .help = "exit-codes, units, an algorithm, an object, a /pointer"},
};

static void explain_exit_codes(struct sled_str *out)
{
    static const struct {
        enum sled_status status; /* one of those that lead to the code */
        const char *meaning;
    } rows[] = {
        {SLED_OK, "done"},
        {SLED_E_CHECK, "the command finished, and what it was to confirm is not so"},
        {SLED_E_USAGE, "bad command line"},
        {SLED_E_INPUT, "bad content of a file or --set, or a request nothing can serve"},
        {SLED_E_IO, "a file cannot be read or written, no memory, the simulation died"},
        {SLED_E_NO_VERDICT, "nothing was compared, so there is no verdict"},
        {SLED_E_BUG, "a bug of sledsim; please report it"},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(rows); i++)
        sled_str_addf(out, "%3d  %s\n", sled_status_exit_code(rows[i].status), rows[i].meaning);
}

static void explain_units(struct sled_str *out)
{
    sled_str_add(out,
                 "Quantities in files are strings with a unit, a blank between them is allowed:\n"
                 "\n");
    for (int i = 0; i < SLED_DIMS; i++) {
        const enum sled_dim dim = (enum sled_dim)i;

        if (dim != SLED_DIM_RATIO)
            sled_str_addf(out, "  %-12s \"%s\"\n", sled_dim_name(dim), sled_dim_example(dim));
    }
    sled_str_add(
        out, "\n"
             "k, M, G, T, P and E are powers of 1000; for bytes and rates Ki, Mi, Gi, Ti and Pi\n"
             "are powers of 1024. B is bytes, b is bits. Case matters: \"MB\" is not \"mb\".\n"
             "Times take ps, ns, us, ms and s. Counts and ratios are bare numbers.\n"
             "\n"
             "Message sizes on the command line are as nccl-tests reads them: 8, 64K, 1M and\n"
             "8G, also 64KiB, are powers of 1024; 64kB and 1MB are powers of 1000.\n");
}

static const struct topic {
    const char *name;
    void (*explain)(struct sled_str *out);
} topics[] = {
    {"exit-codes", explain_exit_codes},
    {"units", explain_units},
};

/* The tables of all kinds of files; *count receives their number. */
static const struct sled_table *const *all_tables(size_t *count)
{
    static const struct sled_table *tables[65]; /* the same at every call */
    const struct sled_table *const *config = sled_config_tables(count);

    assert(*count < SLED_ARRAY_LEN(tables));
    memcpy(tables, config, *count * sizeof *tables);
    tables[(*count)++] = &sled_sweep_table;
    return tables;
}

static enum sled_status explain_pointer(const char *pointer, struct sled_str *out,
                                        struct sled_err *err)
{
    size_t ntables;
    const struct sled_table *const *tables = all_tables(&ntables);
    struct sled_found_fields found;
    enum sled_status st = sled_found_fields_init(&found, tables, ntables, pointer, err);

    for (size_t i = 0; st == SLED_OK && i < found.count; i++) {
        const char *path = found.items[i].path;
        const size_t table_len = strcspn(path, "/");

        sled_str_addf(out, "%s%s of \"%.*s\"\n", i == 0 ? "" : "\n", path + table_len,
                      (int)table_len, path);
        sled_field_doc(found.items[i].field, out);
    }
    sled_found_fields_finish(&found);
    return st;
}

/* The search for what a name means. Names that were tried are kept to suggest one. */
struct search {
    const char *asked;
    const char **names; /* texts in arena */
    size_t nnames;
    size_t capacity;
    struct sled_arena arena;
    bool failed; /* memory ran out */
};

/* Is it this name that was asked for? */
static bool is_asked(struct search *search, const char *name)
{
    struct sled_err err = SLED_ERR_INIT;
    const char *copy = sled_arena_strndup(&search->arena, name, strlen(name));

    if (copy == NULL ||
        sled_vec_reserve(&search->names, &search->capacity, search->nnames + 1, &err) != SLED_OK)
        search->failed = true;
    else
        search->names[search->nnames++] = copy;
    return strcmp(search->asked, name) == 0;
}

/* Explain the first thing of that name; false when there is none. */
static bool explain_name(struct search *search, struct sled_str *out)
{
    size_t n;

    for (size_t i = 0; i < SLED_ARRAY_LEN(topics); i++) {
        if (is_asked(search, topics[i].name)) {
            topics[i].explain(out);
            return true;
        }
    }

    const struct sled_coll_algo *const *algo = sled_coll_all(&n);
    for (size_t i = 0; i < n; i++) {
        char name[128];

        snprintf(name, sizeof name, "%s/%s", sled_coll_kind_names[algo[i]->kind], algo[i]->name);
        if (is_asked(search, name)) {
            sled_str_addf(out, "%s: %s\n  reference  %s\n", name, algo[i]->summary,
                          algo[i]->reference);
            return true;
        }
    }

    const struct sled_table *const *table = all_tables(&n);
    for (size_t i = 0; i < n; i++) {
        if (is_asked(search, table[i]->name)) {
            sled_field_doc_table(table[i], out);
            return true;
        }
    }
    return false;
}

static enum sled_status refuse(const struct search *search, struct sled_err *err)
{
    if (search->failed)
        return sled_err_nomem(err);

    const char *near = sled_suggest(search->asked, search->names, search->nnames);
    if (near == NULL)
        return sled_err_set(err, SLED_E_USAGE,
                            "explain: nothing is called \"%s\"; see \"sledsim explain --help\"",
                            search->asked);
    return sled_err_set(err, SLED_E_USAGE,
                        "explain: nothing is called \"%s\"; did you mean \"%s\"?", search->asked,
                        near);
}

static enum sled_status explain(const char *name, struct sled_str *out, struct sled_err *err)
{
    struct search search = {.asked = name, .arena = SLED_ARENA_INIT};

    if (name[0] == '/')
        return explain_pointer(name, out, err);

    const enum sled_status st = explain_name(&search, out) ? SLED_OK : refuse(&search, err);
    sled_arena_finish(&search.arena);
    free(search.names);
    return st;
}

static enum sled_status run(const void *data, struct sled_err *err)
{
    const struct explain_args *args = data;
    struct sled_str text = SLED_STR_INIT;
    enum sled_status st = explain(args->name, &text, err);

    if (st == SLED_OK)
        st = sled_str_status(&text, err);
    if (st == SLED_OK)
        fputs(sled_str_text(&text), stdout);
    sled_str_finish(&text);
    return st;
}

const struct sled_cmd sled_cmd_explain = {
    .name = "explain",
    .summary = "explain exit codes, units, algorithms, keys of files",
    .description =
        "A pointer is looked up in all kinds of files: type, unit, range, default and\n"
        "meaning of each key that it fits are printed. Its first parts may be left out.\n",
    .examples = "sledsim explain exit-codes\n"
                "sledsim explain all_reduce/ring\n"
                "sledsim explain ultraserver\n"
                "sledsim explain /tray/bandwidth\n",
    .args = {.operands = operands, .noperands = 1, .size = sizeof(struct explain_args)},
    .run = run,
};
