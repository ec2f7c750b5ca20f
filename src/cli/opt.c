/* SPDX-License-Identifier: Apache-2.0 */
/* Reading argv by a table of options, and printing that table as help. */
#include "cli/opt.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/units.h"
#include "base/vec.h"

#define MAX_OPTIONS 64 /* bits of parser.given */
#define HELP_COLUMN 26 /* where the meaning of an option begins */

#define LARGEST_COUNT 9007199254740992.0 /* 2^53: every whole number up to it is a double */

/* Where we are in argv. */
struct parser {
    const struct sled_opt_table *table;
    char *const *argv;
    int argc;
    int next;         /* index of the first unread argument */
    uint64_t given;   /* bit per option */
    size_t noperands; /* read so far */
    char *args;
};

static void *member(const struct parser *parser, size_t offset)
{
    return parser->args + offset;
}

static enum sled_status add_to_list(struct sled_opt_list *list, const char *text,
                                    struct sled_err *err)
{
    SLED_TRY(sled_vec_reserve(&list->items, &list->capacity, list->count + 1, err));
    list->items[list->count++] = text;
    return SLED_OK;
}

static enum sled_status check_range(const struct sled_opt *opt, double value, const char *text,
                                    struct sled_err *err)
{
    if ((opt->min == 0 && opt->max == 0) || (value >= opt->min && value <= opt->max))
        return SLED_OK;
    if (value < opt->min)
        return sled_err_set(err, SLED_E_USAGE, "--%s: %s is too small, the least is %.15g",
                            opt->name, text, opt->min);
    return sled_err_set(err, SLED_E_USAGE, "--%s: %s is too large, the most is %.15g", opt->name,
                        text, opt->max);
}

static enum sled_status parse_count(const struct sled_opt *opt, const char *text, uint64_t *out,
                                    struct sled_err *err)
{
    if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
        return sled_err_set(err, SLED_E_USAGE, "--%s: \"%s\" is not a whole number", opt->name,
                            text);

    const double value = strtod(text, NULL);
    if (value > LARGEST_COUNT)
        return sled_err_set(err, SLED_E_USAGE, "--%s: %s is too large, the most is %.0f", opt->name,
                            text, LARGEST_COUNT);
    SLED_TRY(check_range(opt, value, text, err));
    *out = (uint64_t)value;
    return SLED_OK;
}

static enum sled_status parse_size(const struct sled_opt *opt, const char *text, uint64_t *out,
                                   struct sled_err *err)
{
    uint64_t bytes;

    if (sled_units_parse_size(text, &bytes, err) != SLED_OK) {
        err->code = SLED_E_USAGE; /* what is bad content in a file is bad usage here */
        sled_err_prefix(err, "--%s: ", opt->name);
        return err->code;
    }
    SLED_TRY(check_range(opt, (double)bytes, text, err));
    *out = bytes;
    return SLED_OK;
}

static enum sled_status parse_ratio(const struct sled_opt *opt, const char *text, double *out,
                                    struct sled_err *err)
{
    char *end;

    /* strtod alone would take "inf", "nan", hexadecimal and leading blanks. */
    const bool plain = strspn(text, "0123456789+-.eE") == strlen(text);
    const double value = plain ? strtod(text, &end) : NAN;
    if (!plain || end == text || *end != '\0' || !isfinite(value))
        return sled_err_set(err, SLED_E_USAGE, "--%s: \"%s\" is not a number", opt->name, text);
    SLED_TRY(check_range(opt, value, text, err));
    *out = value;
    return SLED_OK;
}

static size_t count_names(const char *const *names)
{
    size_t n = 0;

    while (names[n] != NULL)
        n++;
    return n;
}

static void add_names(struct sled_str *out, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sled_str_addf(out, "%s%s", i == 0 ? "" : ", ", names[i]);
}

enum sled_status sled_opt_refuse(const char *what, const char *word, const char *const *names,
                                 size_t count, struct sled_err *err)
{
    const char *near = sled_suggest(word, names, count);
    struct sled_str text = SLED_STR_INIT;

    sled_str_addf(&text, "%s \"%s\"; ", what, word);
    if (near != NULL)
        sled_str_addf(&text, "did you mean \"%s\"? ", near);
    sled_str_add(&text, "known: ");
    add_names(&text, names, count);

    enum sled_status st = sled_str_status(&text, err);
    if (st == SLED_OK)
        st = sled_err_set(err, SLED_E_USAGE, "%s", sled_str_text(&text));
    sled_str_finish(&text);
    return st;
}

static enum sled_status parse_choice(const struct sled_opt *opt, const char *text, int *out,
                                     struct sled_err *err)
{
    for (int i = 0; opt->choices[i] != NULL; i++) {
        if (strcmp(opt->choices[i], text) == 0) {
            *out = i;
            return SLED_OK;
        }
    }

    char what[80];
    snprintf(what, sizeof what, "--%s: no choice", opt->name);
    return sled_opt_refuse(what, text, opt->choices, count_names(opt->choices), err);
}

/* Store text as the option's value; NULL for a flag. */
static enum sled_status store(const struct parser *parser, const struct sled_opt *opt,
                              const char *text, struct sled_err *err)
{
    void *out = member(parser, opt->offset);

    switch (opt->kind) {
    case SLED_OPT_FLAG:
        *(bool *)out = true;
        return SLED_OK;
    case SLED_OPT_TEXT:
        *(const char **)out = text;
        return SLED_OK;
    case SLED_OPT_COUNT:
        return parse_count(opt, text, out, err);
    case SLED_OPT_SIZE:
        return parse_size(opt, text, out, err);
    case SLED_OPT_RATIO:
        return parse_ratio(opt, text, out, err);
    case SLED_OPT_CHOICE:
        return parse_choice(opt, text, out, err);
    case SLED_OPT_LIST:
        return add_to_list(out, text, err);
    }
    assert(false && "unknown kind of option");
    return SLED_OK;
}

static enum sled_status unknown_option(const struct sled_opt_table *table, const char *name,
                                       struct sled_err *err)
{
    const char *names[MAX_OPTIONS + 1];
    size_t n = 0;

    for (; n < table->noptions; n++)
        names[n] = table->options[n].name;
    names[n++] = "help";

    const char *near = sled_suggest(name, names, n);
    if (near == NULL)
        return sled_err_set(err, SLED_E_USAGE, "unknown option \"--%s\"", name);
    return sled_err_set(err, SLED_E_USAGE, "unknown option \"--%s\"; did you mean \"--%s\"?", name,
                        near);
}

static enum sled_status take_value(struct parser *parser, const struct sled_opt *opt,
                                   const char *attached, struct sled_err *err)
{
    const size_t index = (size_t)(opt - parser->table->options);
    const uint64_t bit = (uint64_t)1 << index;
    const char *text = attached;

    if (opt->kind == SLED_OPT_FLAG) {
        if (attached != NULL)
            return sled_err_set(err, SLED_E_USAGE, "--%s takes no value, got \"%s\"", opt->name,
                                attached);
    } else if (text == NULL) {
        if (parser->next == parser->argc)
            return sled_err_set(err, SLED_E_USAGE, "--%s needs a value: --%s %s", opt->name,
                                opt->name, opt->arg);
        text = parser->argv[parser->next++];
    }

    if (opt->kind != SLED_OPT_LIST && (parser->given & bit) != 0)
        return sled_err_set(err, SLED_E_USAGE, "--%s is given twice", opt->name);
    parser->given |= bit;
    if (opt->given_offset != 0)
        *(bool *)member(parser, opt->given_offset) = true;
    return store(parser, opt, text, err);
}

/* text is what follows "--". */
static enum sled_status parse_long(struct parser *parser, const char *text, struct sled_err *err)
{
    const struct sled_opt_table *table = parser->table;
    const char *equals = strchr(text, '=');
    const size_t len = equals == NULL ? strlen(text) : (size_t)(equals - text);
    char name[64];

    for (size_t i = 0; i < table->noptions; i++) {
        const struct sled_opt *opt = &table->options[i];
        if (strlen(opt->name) == len && memcmp(opt->name, text, len) == 0)
            return take_value(parser, opt, equals == NULL ? NULL : equals + 1, err);
    }
    snprintf(name, sizeof name, "%.*s", len < sizeof name ? (int)len : (int)sizeof name - 1, text);
    return unknown_option(table, name, err);
}

/* text is what follows "-", at least one letter: "b", "b8", "bSIZE", or several flags. */
static enum sled_status parse_short(struct parser *parser, const char *text, bool *help,
                                    struct sled_err *err)
{
    const struct sled_opt_table *table = parser->table;

    for (; *text != '\0'; text++) {
        const struct sled_opt *opt = NULL;

        for (size_t i = 0; i < table->noptions; i++) {
            if (table->options[i].letter == *text)
                opt = &table->options[i];
        }
        if (opt == NULL) {
            if (*text != 'h')
                return sled_err_set(err, SLED_E_USAGE, "unknown option \"-%c\"", *text);
            *help = true;
            return SLED_OK;
        }
        if (opt->kind != SLED_OPT_FLAG)
            return take_value(parser, opt, text[1] == '\0' ? NULL : text + 1, err);
        SLED_TRY(take_value(parser, opt, NULL, err));
    }
    return SLED_OK;
}

static enum sled_status take_operand(struct parser *parser, const char *text, struct sled_err *err)
{
    const struct sled_opt_table *table = parser->table;
    const size_t last = table->noperands - 1;
    const size_t index = parser->noperands++;

    if (table->noperands > 0 && table->operands[last].many && index >= last)
        return add_to_list(member(parser, table->operands[last].offset), text, err);
    if (index >= table->noperands)
        return sled_err_set(err, SLED_E_USAGE, "unexpected argument \"%s\"", text);
    *(const char **)member(parser, table->operands[index].offset) = text;
    return SLED_OK;
}

static enum sled_status set_defaults(const struct parser *parser, struct sled_err *err)
{
    const struct sled_opt_table *table = parser->table;

    for (size_t i = 0; i < table->noptions; i++) {
        const struct sled_opt *opt = &table->options[i];
        if (opt->dflt != NULL && (parser->given & (uint64_t)1 << i) == 0)
            SLED_TRY(store(parser, opt, opt->dflt, err));
    }
    return SLED_OK;
}

static enum sled_status check_complete(const struct parser *parser, struct sled_err *err)
{
    const struct sled_opt_table *table = parser->table;

    for (size_t i = parser->noperands; i < table->noperands; i++) {
        if (!table->operands[i].optional)
            return sled_err_set(err, SLED_E_USAGE, "missing %s", table->operands[i].name);
    }
    for (size_t i = 0; i < table->noptions; i++) {
        const struct sled_opt *opt = &table->options[i];
        if (opt->required && (parser->given & (uint64_t)1 << i) == 0)
            return sled_err_set(err, SLED_E_USAGE, "missing --%s %s", opt->name, opt->arg);
    }
    return SLED_OK;
}

enum sled_status sled_opt_parse(const struct sled_opt_table *table, int argc, char *const *argv,
                                void *args, bool *help, struct sled_err *err)
{
    struct parser parser = {.table = table, .argv = argv, .argc = argc, .args = args};
    bool ended = false; /* "--" was seen */

    assert(table->noptions <= MAX_OPTIONS);
    memset(args, 0, table->size);
    *help = false;

    while (parser.next < argc) {
        const char *text = argv[parser.next++];

        if (ended || text[0] != '-' || text[1] == '\0') {
            SLED_TRY(take_operand(&parser, text, err));
        } else if (strcmp(text, "--") == 0) {
            ended = true;
        } else if (strcmp(text, "--help") == 0) {
            *help = true;
        } else if (text[1] == '-') {
            SLED_TRY(parse_long(&parser, text + 2, err));
        } else {
            SLED_TRY(parse_short(&parser, text + 1, help, err));
        }
        if (*help)
            return SLED_OK;
    }
    SLED_TRY(check_complete(&parser, err));
    return set_defaults(&parser, err);
}

enum sled_status sled_opt_defaults(const struct sled_opt_table *table, void *args,
                                   struct sled_err *err)
{
    const struct parser parser = {.table = table, .args = args};

    memset(args, 0, table->size);
    return set_defaults(&parser, err);
}

const struct sled_opt *sled_opt_find(const struct sled_opt_table *table, const char *name)
{
    for (size_t i = 0; i < table->noptions; i++)
        if (strcmp(table->options[i].name, name) == 0)
            return &table->options[i];
    return NULL;
}

enum sled_status sled_opt_store(const struct sled_opt_table *table, const struct sled_opt *opt,
                                const char *text, void *args, struct sled_err *err)
{
    const struct parser parser = {.table = table, .args = args};

    if (opt->given_offset != 0)
        *(bool *)member(&parser, opt->given_offset) = true;
    return store(&parser, opt, text, err);
}

void sled_opt_finish(const struct sled_opt_table *table, void *args)
{
    char *base = args;

    for (size_t i = 0; i < table->noperands; i++) {
        if (table->operands[i].many)
            free(((struct sled_opt_list *)(void *)(base + table->operands[i].offset))->items);
    }
    for (size_t i = 0; i < table->noptions; i++) {
        if (table->options[i].kind == SLED_OPT_LIST)
            free(((struct sled_opt_list *)(void *)(base + table->options[i].offset))->items);
    }
    memset(args, 0, table->size);
}

void sled_opt_usage(const struct sled_opt_table *table, struct sled_str *out)
{
    for (size_t i = 0; i < table->noperands; i++) {
        const struct sled_operand *operand = &table->operands[i];
        sled_str_addf(out, " %s%s%s%s", operand->optional ? "[" : "", operand->name,
                      operand->optional ? "]" : "", operand->many ? "..." : "");
    }
    for (size_t i = 0; i < table->noptions; i++) {
        if (table->options[i].required)
            sled_str_addf(out, " --%s %s", table->options[i].name, table->options[i].arg);
    }
    sled_str_add(out, " [OPTION]...");
}

/* Append left, then meaning in its column, on the next line if left is too long. */
static void add_help_line(struct sled_str *out, const char *left, const char *meaning)
{
    const int len = (int)strlen(left);

    sled_str_add(out, left);
    if (len + 2 > HELP_COLUMN)
        sled_str_add(out, "\n");
    sled_str_pad(out, ' ', len + 2 > HELP_COLUMN ? HELP_COLUMN : HELP_COLUMN - len);
    sled_str_add(out, meaning);
}

static void add_option_help(const struct sled_opt *opt, struct sled_str *out)
{
    const bool flag = opt->kind == SLED_OPT_FLAG;
    char letter[8] = "";
    char left[80];

    if (opt->letter != '\0')
        snprintf(letter, sizeof letter, "-%c,", opt->letter);
    snprintf(left, sizeof left, "  %-3s --%s%s%s", letter, opt->name, flag ? "" : " ",
             flag ? "" : opt->arg);
    add_help_line(out, left, opt->help);

    if (opt->kind == SLED_OPT_CHOICE) {
        sled_str_add(out, ": ");
        add_names(out, opt->choices, count_names(opt->choices));
    }
    if (opt->required)
        sled_str_add(out, " (required)");
    else if (opt->kind == SLED_OPT_LIST)
        sled_str_add(out, " (repeatable)");
    else if (opt->dflt != NULL)
        sled_str_addf(out, " (default %s)", opt->dflt);
    sled_str_add(out, "\n");
}

void sled_opt_help(const struct sled_opt_table *table, struct sled_str *out)
{
    static const struct sled_opt help = {
        .name = "help", .letter = 'h', .kind = SLED_OPT_FLAG, .help = "print this and exit"};
    char left[80];

    for (size_t i = 0; i < table->noperands; i++) {
        snprintf(left, sizeof left, "  %s", table->operands[i].name);
        add_help_line(out, left, table->operands[i].help);
        sled_str_add(out, "\n");
    }
    sled_str_add(out, table->noperands > 0 ? "\noptions:\n" : "options:\n");
    for (size_t i = 0; i < table->noptions; i++)
        add_option_help(&table->options[i], out);
    add_option_help(&help, out);
}
