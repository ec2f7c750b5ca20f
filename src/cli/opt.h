/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of one command as a table: the same rows parse argv, refuse what is
 * unknown and print --help, so they cannot disagree.
 *
 *     struct topo_args { const char *file; int format; };
 *     static const struct sled_operand topo_operands[] = {
 *         {.name = "FILE", .offset = offsetof(struct topo_args, file), .help = "topology"},
 *     };
 *     static const struct sled_opt topo_options[] = {
 *         {.name = "format", .kind = SLED_OPT_CHOICE, .offset = offsetof(struct topo_args, format),
 *          .arg = "FORMAT", .choices = format_names, .dflt = "table", .help = "of the output"},
 *     };
 *     .args = SLED_OPT_TABLE(struct topo_args, topo_operands, topo_options)
 *
 * Accepted: --name VALUE, --name=VALUE, -b VALUE, -bVALUE, operands anywhere between
 * options, "--" ends options, "-" is an operand. Every command has -h and --help.
 * An option may be given once, except a LIST.
 */
#ifndef SLED_CLI_OPT_H
#define SLED_CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum sled_opt_kind {
    SLED_OPT_FLAG,   /* bool; takes no value */
    SLED_OPT_TEXT,   /* const char *; NULL when absent without default */
    SLED_OPT_COUNT,  /* uint64_t; whole number up to 2^53 */
    SLED_OPT_SIZE,   /* uint64_t bytes, as sled_units_parse_size reads them */
    SLED_OPT_RATIO,  /* double; finite decimal number */
    SLED_OPT_CHOICE, /* int: index into choices[] */
    SLED_OPT_LIST    /* struct sled_opt_list; each occurrence adds one */
};

/* Texts in the order given. items is freed by sled_opt_finish, the texts are argv's. */
struct sled_opt_list {
    const char **items;
    size_t count;
    size_t capacity;
};

struct sled_opt {
    const char *name; /* long form without the dashes */
    char letter;      /* short form, '\0' for none */
    enum sled_opt_kind kind;
    size_t offset; /* of the member in the struct */

    const char *arg;            /* what --help calls the value: "FILE"; unused for FLAG */
    const char *dflt;           /* as one would write it, NULL for none (member stays zero) */
    bool required;              /* must be given */
    const char *const *choices; /* CHOICE: NULL-terminated names */
    double min, max;            /* inclusive range of COUNT, SIZE, RATIO; both 0: no limit */
    size_t given_offset;        /* of a bool "was given" in the struct; 0: not wanted */
    const char *help;           /* one line; range, choices and default are added to it */
};

/* An argument without a name. Optional ones come last, a `many` one at the very end. */
struct sled_operand {
    const char *name; /* in capitals: "FILE" */
    size_t offset;    /* of a const char *, or of a struct sled_opt_list when many */
    bool optional;    /* may be absent (with many: may be empty) */
    bool many;        /* takes all that is left, at least one unless optional */
    const char *help;
};

struct sled_opt_table {
    const struct sled_operand *operands;
    size_t noperands;
    const struct sled_opt *options;
    size_t noptions; /* at most 64 */
    size_t size;     /* of the struct */
};

#define SLED_OPT_TABLE(type_, operands_, options_)                                        \
    {                                                                                     \
        .operands = (operands_), .noperands = sizeof(operands_) / sizeof((operands_)[0]), \
        .options = (options_), .noptions = sizeof(options_) / sizeof((options_)[0]),      \
        .size = sizeof(type_)                                                             \
    }

/*
 * Fill args (table->size bytes, zeroed first) from argv[argc], which holds only what
 * follows the command's name. Stops with *help true at the first -h or --help; args then
 * is incomplete. Texts are borrowed from argv or from the table. Fails with SLED_E_USAGE
 * or SLED_E_NOMEM. In all cases the caller ends with sled_opt_finish.
 */
enum sled_status sled_opt_parse(const struct sled_opt_table *table, int argc, char *const *argv,
                                void *args, bool *help, struct sled_err *err);

/*
 * The same for values that come from elsewhere than argv: zero args and store all defaults; find an
 * option by name (NULL: there is none); store text (NULL for a flag) as its value, and that it was
 * given. SLED_E_USAGE, SLED_E_NOMEM.
 */
enum sled_status sled_opt_defaults(const struct sled_opt_table *table, void *args,
                                   struct sled_err *err);
const struct sled_opt *sled_opt_find(const struct sled_opt_table *table, const char *name);
enum sled_status sled_opt_store(const struct sled_opt_table *table, const struct sled_opt *opt,
                                const char *text, void *args, struct sled_err *err);

/* Free the lists in args. Accepts zeroed args. */
void sled_opt_finish(const struct sled_opt_table *table, void *args);

/* Refuse word where one of names[count] was expected, SLED_E_USAGE: what ("--format: no
 * choice"), then the word, the nearest name and all of them. */
enum sled_status sled_opt_refuse(const char *what, const char *word, const char *const *names,
                                 size_t count, struct sled_err *err);

/* Append the arguments in short, each after a space: " OP --topology FILE [OPTION]...". */
void sled_opt_usage(const struct sled_opt_table *table, struct sled_str *out);

/* Append one line per operand and option, as in --help. */
void sled_opt_help(const struct sled_opt_table *table, struct sled_str *out);

#endif
