/* SPDX-License-Identifier: Apache-2.0 */
/* The option parser: every way to write an option, every way to get it wrong. */
#include <stdio.h>
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "cli/opt.h"

struct args {
    const char *operation;
    struct sled_opt_list files;
    bool verbose;
    bool quiet;
    const char *topology;
    uint64_t ranks;
    bool ranks_given;
    uint64_t begin_bytes;
    double alpha;
    int format;
    struct sled_opt_list sets;
};

static const char *const format_names[] = {"table", "json", "csv", NULL};

static const struct sled_operand operands[] = {
    {.name = "OP", .offset = offsetof(struct args, operation), .help = "operation"},
    {.name = "FILE",
     .offset = offsetof(struct args, files),
     .optional = true,
     .many = true,
     .help = "files"},
};

static const struct sled_opt options[] = {
    {.name = "verbose",
     .letter = 'v',
     .kind = SLED_OPT_FLAG,
     .offset = offsetof(struct args, verbose),
     .help = "say more"},
    {.name = "quiet",
     .letter = 'q',
     .kind = SLED_OPT_FLAG,
     .offset = offsetof(struct args, quiet),
     .help = "say less"},
    {.name = "topology",
     .kind = SLED_OPT_TEXT,
     .offset = offsetof(struct args, topology),
     .arg = "FILE",
     .required = true,
     .help = "fabric"},
    {.name = "ranks",
     .kind = SLED_OPT_COUNT,
     .offset = offsetof(struct args, ranks),
     .given_offset = offsetof(struct args, ranks_given),
     .arg = "N",
     .min = 1,
     .max = 4096,
     .help = "number of ranks"},
    {.name = "begin",
     .letter = 'b',
     .kind = SLED_OPT_SIZE,
     .offset = offsetof(struct args, begin_bytes),
     .arg = "SIZE",
     .dflt = "8",
     .help = "smallest size"},
    {.name = "alpha",
     .kind = SLED_OPT_RATIO,
     .offset = offsetof(struct args, alpha),
     .arg = "X",
     .max = 4,
     .dflt = "1.01",
     .help = "exponent"},
    {.name = "format",
     .kind = SLED_OPT_CHOICE,
     .offset = offsetof(struct args, format),
     .arg = "FORMAT",
     .choices = format_names,
     .dflt = "table",
     .help = "of the output"},
    {.name = "set",
     .kind = SLED_OPT_LIST,
     .offset = offsetof(struct args, sets),
     .arg = "/POINTER=VALUE",
     .help = "override"},
};

static const struct sled_opt_table table = SLED_OPT_TABLE(struct args, operands, options);

/* Parse the words, which end with NULL. */
static enum sled_status parse(const char *const *words, struct args *args, bool *help,
                              struct sled_err *err)
{
    static char copy[32][64];
    char *argv[32];
    int argc = 0;

    for (; words[argc] != NULL; argc++) {
        snprintf(copy[argc], sizeof copy[argc], "%s", words[argc]);
        argv[argc] = copy[argc];
    }
    return sled_opt_parse(&table, argc, argv, args, help, err);
}

#define WORDS(...)        \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

START_TEST(all_spellings)
{
    struct sled_err err = SLED_ERR_INIT;
    struct args args;
    bool help;

    ck_assert_int_eq(parse(WORDS("-v", "all_reduce", "--topology", "t.json", "--ranks=144", "-b64K",
                                 "--set", "/a=1", "x", "--set=/b==2", "--alpha", "0.5",
                                 "--format=csv", "-", "--", "--ranks"),
                           &args, &help, &err),
                     SLED_OK);
    ck_assert(!help);
    ck_assert_str_eq(args.operation, "all_reduce");
    ck_assert(args.verbose);
    ck_assert(!args.quiet);
    ck_assert_str_eq(args.topology, "t.json");
    ck_assert_uint_eq(args.ranks, 144);
    ck_assert(args.ranks_given);
    ck_assert_uint_eq(args.begin_bytes, 65536);
    ck_assert(args.alpha == 0.5);
    ck_assert_int_eq(args.format, 2);
    ck_assert_uint_eq(args.sets.count, 2);
    ck_assert_str_eq(args.sets.items[0], "/a=1");
    ck_assert_str_eq(args.sets.items[1], "/b==2");
    ck_assert_uint_eq(args.files.count, 3);
    ck_assert_str_eq(args.files.items[0], "x");
    ck_assert_str_eq(args.files.items[1], "-");
    ck_assert_str_eq(args.files.items[2], "--ranks");
    sled_opt_finish(&table, &args);
    ck_assert_ptr_null(args.files.items);
}
END_TEST

START_TEST(defaults_fill_what_is_absent)
{
    struct sled_err err = SLED_ERR_INIT;
    struct args args;
    bool help;

    ck_assert_int_eq(parse(WORDS("op", "--topology=t"), &args, &help, &err), SLED_OK);
    ck_assert_uint_eq(args.begin_bytes, 8);
    ck_assert(args.alpha == 1.01);
    ck_assert_int_eq(args.format, 0);
    ck_assert_uint_eq(args.ranks, 0);
    ck_assert(!args.ranks_given);
    ck_assert_uint_eq(args.files.count, 0);
    sled_opt_finish(&table, &args);
}
END_TEST

START_TEST(short_options)
{
    struct sled_err err = SLED_ERR_INIT;
    struct args args;
    bool help;

    ck_assert_int_eq(parse(WORDS("-vqb", "1M", "op", "--topology=t"), &args, &help, &err), SLED_OK);
    ck_assert(args.verbose);
    ck_assert(args.quiet);
    ck_assert_uint_eq(args.begin_bytes, 1048576);
    sled_opt_finish(&table, &args);
}
END_TEST

START_TEST(a_value_may_look_like_an_option)
{
    struct sled_err err = SLED_ERR_INIT;
    struct args args;
    bool help;

    ck_assert_int_eq(parse(WORDS("op", "--topology", "-v"), &args, &help, &err), SLED_OK);
    ck_assert_str_eq(args.topology, "-v");
    ck_assert(!args.verbose);
    sled_opt_finish(&table, &args);
}
END_TEST

START_TEST(help_needs_nothing_else)
{
    struct sled_err err = SLED_ERR_INIT;
    struct args args;
    bool help;

    ck_assert_int_eq(parse(WORDS("--help"), &args, &help, &err), SLED_OK);
    ck_assert(help);
    sled_opt_finish(&table, &args);
    ck_assert_int_eq(parse(WORDS("-vh", "--nonsense"), &args, &help, &err), SLED_OK);
    ck_assert(help);
    sled_opt_finish(&table, &args);
    ck_assert_int_eq(parse(WORDS("op", "--topology=t", "--", "--help"), &args, &help, &err),
                     SLED_OK);
    ck_assert(!help);
    sled_opt_finish(&table, &args);
}
END_TEST

static const struct {
    const char *words[6];
    const char *msg;
} bad[] = {
    {{"op", "--topologi", "t"}, "unknown option \"--topologi\"; did you mean \"--topology\"?"},
    {{"op", "--zzzzzzzz"}, "unknown option \"--zzzzzzzz\""},
    {{"op", "--hel"}, "unknown option \"--hel\"; did you mean \"--help\"?"},
    {{"op", "-x"}, "unknown option \"-x\""},
    {{"op", "-vx"}, "unknown option \"-x\""},
    {{"--topology=t"}, "missing OP"},
    {{"op"}, "missing --topology FILE"},
    {{"op", "--topology"}, "--topology needs a value: --topology FILE"},
    {{"op", "-b"}, "--begin needs a value: --begin SIZE"},
    {{"op", "--verbose=1"}, "--verbose takes no value, got \"1\""},
    {{"op", "-v", "-v"}, "--verbose is given twice"},
    {{"op", "--ranks=1", "--ranks", "2"}, "--ranks is given twice"},
    {{"op", "--ranks", "four"}, "--ranks: \"four\" is not a whole number"},
    {{"op", "--ranks="}, "--ranks: \"\" is not a whole number"},
    {{"op", "--ranks", "-1"}, "--ranks: \"-1\" is not a whole number"},
    {{"op", "--ranks", "0"}, "--ranks: 0 is too small, the least is 1"},
    {{"op", "--ranks", "4097"}, "--ranks: 4097 is too large, the most is 4096"},
    {{"op", "--ranks", "99999999999999999999"},
     "--ranks: 99999999999999999999 is too large, the most is 9007199254740992"},
    {{"op", "--alpha", "nan"}, "--alpha: \"nan\" is not a number"},
    {{"op", "--alpha", "0x10"}, "--alpha: \"0x10\" is not a number"},
    {{"op", "--alpha", "1.5.2"}, "--alpha: \"1.5.2\" is not a number"},
    {{"op", "--alpha", "1e999"}, "--alpha: \"1e999\" is not a number"},
    {{"op", "--alpha="}, "--alpha: \"\" is not a number"},
    {{"op", "--alpha", "-1"}, "--alpha: -1 is too small, the least is 0"},
    {{"op", "--format", "tabel"},
     "--format: no choice \"tabel\"; did you mean \"table\"? known: table, json, csv"},
    {{"op", "--format", "zzzzzzzz"}, "--format: no choice \"zzzzzzzz\"; known: table, json, csv"},
};

START_TEST(bad_usage_is_told_exactly)
{
    struct sled_err err = SLED_ERR_INIT;
    struct args args;
    bool help;

    ck_assert_int_eq(parse(bad[_i].words, &args, &help, &err), SLED_E_USAGE);
    ck_assert_str_eq(err.msg, bad[_i].msg);
    sled_opt_finish(&table, &args);
}
END_TEST

START_TEST(a_bad_size_is_bad_usage_and_names_the_option)
{
    struct sled_err err = SLED_ERR_INIT;
    struct args args;
    bool help;

    ck_assert_int_eq(parse(WORDS("op", "-b", "8kg"), &args, &help, &err), SLED_E_USAGE);
    ck_assert_int_eq(err.code, SLED_E_USAGE);
    ck_assert_int_eq(strncmp(err.msg, "--begin: ", 9), 0);
    ck_assert_ptr_nonnull(strstr(err.msg, "\"8kg\""));
    sled_opt_finish(&table, &args);
}
END_TEST

START_TEST(too_many_operands)
{
    static const struct sled_operand one[] = {
        {.name = "FILE", .offset = offsetof(struct args, operation), .help = "file"}};
    const struct sled_opt_table small = {
        .operands = one, .noperands = 1, .size = sizeof(struct args)};
    const struct sled_opt_table none = {.size = sizeof(struct args)};
    char a[] = "a", b[] = "b";
    char *argv[] = {a, b};
    struct sled_err err = SLED_ERR_INIT;
    struct args args;
    bool help;

    ck_assert_int_eq(sled_opt_parse(&small, 2, argv, &args, &help, &err), SLED_E_USAGE);
    ck_assert_str_eq(err.msg, "unexpected argument \"b\"");
    err = (struct sled_err)SLED_ERR_INIT;
    ck_assert_int_eq(sled_opt_parse(&none, 1, argv, &args, &help, &err), SLED_E_USAGE);
    ck_assert_str_eq(err.msg, "unexpected argument \"a\"");
}
END_TEST

START_TEST(help_is_printed_from_the_rows)
{
    struct sled_str text = SLED_STR_INIT;

    sled_opt_usage(&table, &text);
    ck_assert_str_eq(sled_str_text(&text), " OP [FILE]... --topology FILE [OPTION]...");
    sled_str_finish(&text);

    sled_opt_help(&table, &text);
    ck_assert_str_eq(sled_str_text(&text),
                     "  OP                      operation\n"
                     "  FILE                    files\n"
                     "\n"
                     "options:\n"
                     "  -v, --verbose           say more\n"
                     "  -q, --quiet             say less\n"
                     "      --topology FILE     fabric (required)\n"
                     "      --ranks N           number of ranks\n"
                     "  -b, --begin SIZE        smallest size (default 8)\n"
                     "      --alpha X           exponent (default 1.01)\n"
                     "      --format FORMAT     of the output: table, json, csv (default table)\n"
                     "      --set /POINTER=VALUE\n"
                     "                          override (repeatable)\n"
                     "  -h, --help              print this and exit\n");
    sled_str_finish(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("opt");
    TCase *tc = tcase_create("opt");

    tcase_add_test(tc, all_spellings);
    tcase_add_test(tc, defaults_fill_what_is_absent);
    tcase_add_test(tc, short_options);
    tcase_add_test(tc, a_value_may_look_like_an_option);
    tcase_add_test(tc, help_needs_nothing_else);
    tcase_add_loop_test(tc, bad_usage_is_told_exactly, 0, (int)SLED_ARRAY_LEN(bad));
    tcase_add_test(tc, a_bad_size_is_bad_usage_and_names_the_option);
    tcase_add_test(tc, too_many_operands);
    tcase_add_test(tc, help_is_printed_from_the_rows);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
