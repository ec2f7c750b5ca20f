/* SPDX-License-Identifier: Apache-2.0 */
/* Documents: strict syntax, layers, overrides, and the place of everything. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/doc.h"
#include "base/vec.h"
#include "check_main.h"

/* ---- one text ---- */

static enum sled_status parse(const char *text, struct sled_doc **doc, struct sled_err *err)
{
    return sled_doc_parse("t.json", text, strlen(text), doc, err);
}

static struct sled_doc *parsed(const char *text)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc = NULL;

    ck_assert_msg(parse(text, &doc, &err) == SLED_OK, "%s: %s", text, err.msg);
    return doc;
}

static void assert_error(const struct sled_err *err, const char *expected)
{
    char line[1024];

    ck_assert_str_eq(sled_err_format(err, line, sizeof line), expected);
}

static void assert_tree(struct sled_doc *doc, const char *expected)
{
    char *const printed = cJSON_PrintUnformatted(sled_doc_root(doc));

    ck_assert_str_eq(printed, expected);
    free(printed);
}

static const struct malformed {
    const char *text;
    const char *message;
} malformed[] = {
    {"", "t.json:1:1: the text is empty, expected a JSON document"},
    {" \n\t", "t.json:2:2: the text is empty, expected a JSON document"},
    {"// only\n/* comments */", "t.json:2:15: the text is empty, expected a JSON document"},
    {"{", "t.json:1:2: the text ends where a key in double quotes was expected; is it truncated?"},
    {"{\"a\"", "t.json:1:5: the text ends where ':' after the key was expected; is it truncated?"},
    {"{\"a\":", "t.json:1:6: the text ends where a value was expected; is it truncated?"},
    {"{\"a\":1", "t.json:1:7: the text ends where ',' or '}' after a value of an object was "
                 "expected; is it truncated?"},
    {"[1,", "t.json:1:4: the text ends where a value was expected; is it truncated?"},
    {"[1", "t.json:1:3: the text ends where ',' or ']' after a value of an array was expected; is "
           "it truncated?"},
    {"\"abc", "t.json:1:5: the text ends inside a string; is it truncated?"},
    {"\"abc\\", "t.json:1:6: the text ends inside a string; is it truncated?"},
    {"{\"a\":1,}", "t.json:1:7: comma before the closing '}'"},
    {"[1,\n2,\n]", "t.json:2:2: comma before the closing ']'"},
    {"{,}", "t.json:1:2: expected a key in double quotes, found ','"},
    {"[,]", "t.json:1:2: expected a value, found ','"},
    {"{a:1}", "t.json:1:2: expected a key in double quotes, found 'a'"},
    {"{'a':1}", "t.json:1:2: expected a key in double quotes, found '''"},
    {"{\"a\" 1}", "t.json:1:6: expected ':' after the key, found '1'"},
    {"{\"a\"=1}", "t.json:1:5: expected ':' after the key, found '='"},
    {"{\"a\":1 \"b\":2}", "t.json:1:8: expected ',' or '}' after a value of an object, found '\"'"},
    {"[1 2]", "t.json:1:4: expected ',' or ']' after a value of an array, found '2'"},
    {"[1}", "t.json:1:3: expected ',' or ']' after a value of an array, found '}'"},
    {"{} x", "t.json:1:4: expected nothing more after the document, found 'x'"},
    {"{}\n{}", "t.json:2:1: expected nothing more after the document, found '{'"},
    {"{\"a\":1,\n \"b\":2,\n \"a\":3}",
     "t.json:3:2: /a: duplicate key, first given at line 1, column 2"},
    {"{\"x\":[0,{\"a/b\":1,\"\\u0061\\/b\":2}]}",
     "t.json:1:18: /x/1/a~1b: duplicate key, first given at line 1, column 10"},
    {"{\"b\":1,\"a\":1,\"a\":1,\"b\":1}",
     "t.json:1:14: /a: duplicate key, first given at line 1, column 8"},
    {"[True]", "t.json:1:2: unknown word True; did you mean true?"},
    {"[nil]", "t.json:1:2: unknown word nil; did you mean null?"},
    {"[NaN]", "t.json:1:2: unknown word NaN; a string is written in double quotes"},
    {"[Infinity]", "t.json:1:2: unknown word Infinity; a string is written in double quotes"},
    {"[ring]", "t.json:1:2: unknown word ring; a string is written in double quotes"},
    {"[01]", "t.json:1:2: 01 is not a JSON number: it has a leading zero"},
    {"[-]", "t.json:1:2: - is not a JSON number: it needs a digit first"},
    {"[+1]", "t.json:1:2: +1 is not a JSON number: it needs a digit first"},
    {"[.5]", "t.json:1:2: .5 is not a JSON number: it needs a digit first"},
    {"[5.]", "t.json:1:2: 5. is not a JSON number: it needs a digit after the point"},
    {"[1e]", "t.json:1:2: 1e is not a JSON number: it needs a digit in its exponent"},
    {"[1e+]", "t.json:1:2: 1e+ is not a JSON number: it needs a digit in its exponent"},
    {"[0x10]", "t.json:1:2: 0x10 is not a JSON number: a quantity with a unit is written as a "
               "string"},
    {"[1-2]", "t.json:1:2: 1-2 is not a JSON number: it goes on behind its end"},
    {"[1.2.3]", "t.json:1:2: 1.2.3 is not a JSON number: it goes on behind its end"},
    {"[10ns]", "t.json:1:2: 10ns is not a JSON number: a quantity with a unit is written as a "
               "string"},
    {"[1e999]", "t.json:1:2: the number 1e999 is too large for a double"},
    {"[-1e999]", "t.json:1:2: the number -1e999 is too large for a double"},
    {"[1e-999]", "t.json:1:2: the number 1e-999 is too small for a double"},
    {"[1234567890123456789012345678901234567890123456789012345678901234]",
     "t.json:1:2: a number or word of 64 characters; at most 63 are allowed"},
    {"[\"a\nb\"]", "t.json:1:4: line break inside a string; close it with \" or write \\n"},
    {"[\"a\tb\"]", "t.json:1:4: control character 0x09 in a string; write \\u0009"},
    {"[\"\\x\"]", "t.json:1:3: unknown escape in a string; a backslash is written \\\\"},
    {"[\"C:\\dir\"]", "t.json:1:5: unknown escape in a string; a backslash is written \\\\"},
    {"[\"\\u12g4\"]", "t.json:1:3: \\u needs four hexadecimal digits"},
    {"[\"\\u12\"]", "t.json:1:3: \\u needs four hexadecimal digits"},
    {"[\"\\u0000\"]", "t.json:1:3: \\u0000 cannot be part of a string"},
    {"[\"\\ud800\"]", "t.json:1:3: \\ud800 is the first half of a pair without the second"},
    {"[\"\\ud800\\u0041\"]", "t.json:1:3: \\ud800 is the first half of a pair without the second"},
    {"[\"\\udc00\"]", "t.json:1:3: \\udc00 is the second half of a pair without the first"},
    {"[\"\xff\"]", "t.json:1:3: the byte 0xff in a string is not UTF-8"},
    {"[\"\xc0\xaf\"]", "t.json:1:3: the byte 0xc0 in a string is not UTF-8"},
    {"[\"\xed\xa0\x80\"]", "t.json:1:3: the byte 0xed in a string is not UTF-8"},
    {"[\"\xf4\x90\x80\x80\"]", "t.json:1:3: the byte 0xf4 in a string is not UTF-8"},
    {"[\"\xe2\x82\"]", "t.json:1:3: the byte 0xe2 in a string is not UTF-8"},
    {"\xff\xfe{", "t.json:1:1: expected a value, found the byte 0xff"},
    {"{\x01}", "t.json:1:2: expected a key in double quotes, found the byte 0x01"},
    {"{ /* open", "t.json:1:3: comment is never closed with */"},
    {"[1, /]", "t.json:1:5: expected a value, found '/'"},
    {"# hash\n{}", "t.json:1:1: expected a value, found '#'"},
    {"{\"a\": [1, {\"b\": [\n  {\"c\": tru}]}]}",
     "t.json:2:9: unknown word tru; did you mean true?"},
};

START_TEST(malformed_text_is_located)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc = NULL;

    ck_assert_int_eq(parse(malformed[_i].text, &doc, &err), SLED_E_INPUT);
    assert_error(&err, malformed[_i].message);
    ck_assert_ptr_null(doc);
}
END_TEST

START_TEST(a_zero_byte_is_no_end_of_text)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc = NULL;

    ck_assert_int_eq(sled_doc_parse("t.json", "{}\0x", 4, &doc, &err), SLED_E_INPUT);
    assert_error(&err, "t.json:1:3: expected nothing more after the document, found the byte 0x00");
}
END_TEST

/* depth opening brackets, then as many closing ones */
static void nest(char *text, size_t depth)
{
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[2 * depth] = '\0';
}

START_TEST(nesting_ends_at_64)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc = NULL;
    char text[2 * 100000 + 1];

    nest(text, 64);
    sled_doc_destroy(parsed(text));
    nest(text, 65);
    ck_assert_int_eq(parse(text, &doc, &err), SLED_E_INPUT);
    assert_error(&err, "t.json:1:65: nested deeper than 64 levels");

    err = (struct sled_err)SLED_ERR_INIT;
    nest(text, 100000);
    ck_assert_int_eq(parse(text, &doc, &err), SLED_E_INPUT);
}
END_TEST

static const struct accepted {
    const char *text;
    const char *tree;
} accepted[] = {
    {"{}", "{}"},
    {"[]", "[]"},
    {" \t\r\n{ } ", "{}"},
    {"\xef\xbb\xbf{}", "{}"},
    {"7", "7"},
    {"\"text\"", "\"text\""},
    {"[true,false,null]", "[true,false,null]"},
    {"[0,-0.5,10,1e3,1E+3,25e-2]", "[0,-0.5,10,1000,1000,0.25]"},
    {"[0.0,0e9]", "[0,0]"},
    {"{\"a\":{\"a\":1},\"A\":2,\"\":3}", "{\"a\":{\"a\":1},\"A\":2,\"\":3}"},
    {"// one\n{ // two\n\"a\" /* three */ : 1 /* four\n// five */ } // six", "{\"a\":1}"},
    {"{\"a\":\"/* no */ // comment \\\" // here\"}",
     "{\"a\":\"/* no */ // comment \\\" // here\"}"},
    {"[1/**/,/***/2]", "[1,2]"},
    {"[\"\\u00e9\\ud83d\\ude00\\n\\/\"]", "[\"\xc3\xa9\xf0\x9f\x98\x80\\n/\"]"},
    {"[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]", "[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]"},
};

START_TEST(valid_text_becomes_its_tree)
{
    struct sled_doc *const doc = parsed(accepted[_i].text);

    assert_tree(doc, accepted[_i].tree);
    ck_assert_str_eq(sled_doc_path(doc), "t.json");
    sled_doc_destroy(doc);
}
END_TEST

/* ---- places ---- */

static const char text_with_places[] = "{\n"
                                       "  \"a\": {\"b\": [10, {\"c\": \"x\"}]}, // comment\n"
                                       "  /* two\n"
                                       "     lines */ \"d/e~\": true,\n"
                                       "  \"\\u0066\": 1\n"
                                       "}\n";

static const struct located {
    const char *pointer;
    const char *value;
    const char *key;
} located[] = {
    {"", "t.json:1:1: no", "t.json:1:1: no"},
    {"/a", "t.json:2:8: /a: no", "t.json:2:3: /a: no"},
    {"/a/b", "t.json:2:14: /a/b: no", "t.json:2:9: /a/b: no"},
    {"/a/b/0", "t.json:2:15: /a/b/0: no", "t.json:2:15: /a/b/0: no"},
    {"/a/b/1/c", "t.json:2:25: /a/b/1/c: no", "t.json:2:20: /a/b/1/c: no"},
    {"/d~1e~0", "t.json:4:23: /d~1e~0: no", "t.json:4:15: /d~1e~0: no"},
    {"/f", "t.json:5:13: /f: no", "t.json:5:3: /f: no"},
    /* nothing is there: the nearest value around it */
    {"/zz", "t.json:1:1: /zz: no", "t.json:1:1: /zz: no"},
    {"/a/b/7", "t.json:2:14: /a/b/7: no", "t.json:2:9: /a/b/7: no"},
    {"/a/b/01", "t.json:2:14: /a/b/01: no", "t.json:2:9: /a/b/01: no"},
    {"/a/b/1/c/x/y", "t.json:2:25: /a/b/1/c/x/y: no", "t.json:2:20: /a/b/1/c/x/y: no"},
};

START_TEST(values_and_keys_have_places)
{
    const struct located *const l = &located[_i];
    struct sled_doc *const doc = parsed(text_with_places);
    struct sled_err value = SLED_ERR_INIT, key = SLED_ERR_INIT;

    ck_assert_int_eq(sled_doc_fail(doc, l->pointer, &value, SLED_E_UNSUPPORTED, "n%s", "o"),
                     SLED_E_UNSUPPORTED);
    assert_error(&value, l->value);
    sled_doc_fail_key(doc, l->pointer, &key, SLED_E_INPUT, "no");
    assert_error(&key, l->key);
    ck_assert_str_eq(sled_doc_origin(doc, l->pointer), "t.json");
    sled_doc_destroy(doc);
}
END_TEST

START_TEST(locate_completes_a_relative_failure)
{
    struct sled_doc *const doc = parsed(text_with_places);
    struct sled_err err = SLED_ERR_INIT;

    sled_err_set_at(&err, SLED_E_INPUT, "/1/c", "bad");
    sled_doc_locate(doc, "/a/b", &err);
    assert_error(&err, "t.json:2:25: /a/b/1/c: bad");
    sled_doc_locate(doc, "/f", &err); /* placed already */
    assert_error(&err, "t.json:2:25: /a/b/1/c: bad");
    sled_doc_destroy(doc);
}
END_TEST

START_TEST(pointers_are_built_and_followed)
{
    struct sled_doc *const doc = parsed(text_with_places);
    char pointer[64] = "";

    sled_pointer_add(pointer, sizeof pointer, "a");
    sled_pointer_add(pointer, sizeof pointer, "b");
    sled_pointer_add_index(pointer, sizeof pointer, 0);
    ck_assert_str_eq(pointer, "/a/b/0");
    ck_assert(sled_pointer_get(sled_doc_root(doc), pointer)->valuedouble == 10.0);
    strcpy(pointer, "");
    sled_pointer_add(pointer, sizeof pointer, "d/e~");
    ck_assert_str_eq(pointer, "/d~1e~0");
    ck_assert(cJSON_IsTrue(sled_pointer_get(sled_doc_root(doc), pointer)));
    ck_assert_ptr_eq(sled_pointer_get(sled_doc_root(doc), ""), sled_doc_root(doc));
    ck_assert_ptr_null(sled_pointer_get(sled_doc_root(doc), "/A"));
    ck_assert_ptr_null(sled_pointer_get(sled_doc_root(doc), "a"));
    ck_assert_ptr_null(sled_pointer_get(sled_doc_root(doc), "/a/b/2"));
    ck_assert_ptr_null(sled_pointer_get(sled_doc_root(doc), "/a/b/0/c"));
    sled_doc_destroy(doc);
}
END_TEST

START_TEST(long_pointers_are_marked_as_cut)
{
    char pointer[16] = "/abc";

    sled_pointer_add(pointer, sizeof pointer, "0123456789012345");
    ck_assert_str_eq(pointer, "/abc/0123456...");
    sled_pointer_add(pointer, sizeof pointer, "more");
    ck_assert_str_eq(pointer, "/abc/0123456...");
}
END_TEST

/* ---- files ---- */

static char folder[32];

static void make_folder(void)
{
    strcpy(folder, "/tmp/sled-doc-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(mkdir("sub", 0700), 0);
}

static void remove_folder(void)
{
    static const char *const names[] = {"a.json", "b.json",     "c.json",    "d.json",
                                        "e.json", "sub/a.json", "sub/x.json"};

    for (size_t i = 0; i < SLED_ARRAY_LEN(names); i++)
        unlink(names[i]);
    rmdir("sub");
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void put(const char *name, const char *text)
{
    FILE *const file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static struct sled_doc *loaded(const char *path, const char *const *references,
                               const char *const *sets, size_t nsets)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc = NULL;
    char line[1024];

    ck_assert_msg(sled_doc_load(path, references, sets, nsets, &doc, &err) == SLED_OK, "%s",
                  sled_err_format(&err, line, sizeof line));
    return doc;
}

static void assert_load_fails(const char *path, const char *const *references,
                              const char *const *sets, size_t nsets, enum sled_status code,
                              const char *message)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc = NULL;

    ck_assert_int_eq(sled_doc_load(path, references, sets, nsets, &doc, &err), code);
    assert_error(&err, message);
    ck_assert_ptr_null(doc);
}

static void assert_place(const struct sled_doc *doc, const char *pointer, const char *expected,
                         const char *origin)
{
    struct sled_err err = SLED_ERR_INIT;

    sled_doc_fail(doc, pointer, &err, SLED_E_INPUT, "here");
    assert_error(&err, expected);
    ck_assert_str_eq(sled_doc_origin(doc, pointer), origin);
}

START_TEST(unreadable_files_say_why)
{
    put("a.json", "");
    assert_load_fails("none.json", NULL, NULL, 0, SLED_E_IO,
                      "none.json: cannot open: No such file or directory");
    assert_load_fails("sub", NULL, NULL, 0, SLED_E_IO, "sub: cannot read: Is a directory");
    assert_load_fails("a.json", NULL, NULL, 0, SLED_E_INPUT,
                      "a.json:1:1: the text is empty, expected a JSON document");
}
END_TEST

START_TEST(extends_is_a_merge_patch)
{
    put("b.json", "{\"keep\": 1, \"gone\": 2, \"deep\": {\"x\": 1, \"y\": [1, 2]}, \"scalar\": 5}");
    put("a.json", "{\"extends\": \"b.json\",\n"
                  " \"gone\": null,\n"
                  " \"deep\": {\"x\": 9, \"y\": [3], \"z\": {\"n\": null, \"m\": 4}},\n"
                  " \"scalar\": {\"o\": 1}, \"new\": true}");
    struct sled_doc *const doc = loaded("a.json", NULL, NULL, 0);

    assert_tree(doc, "{\"keep\":1,\"deep\":{\"x\":9,\"y\":[3],\"z\":{\"m\":4}},"
                     "\"scalar\":{\"o\":1},\"new\":true}");
    assert_place(doc, "/keep", "b.json:1:10: /keep: here", "b.json");
    assert_place(doc, "/deep/x", "a.json:3:16: /deep/x: here", "a.json");
    assert_place(doc, "/deep/y/0", "a.json:3:25: /deep/y/0: here", "a.json");
    /* the array of a.json replaced that of b.json, which has an element 1 */
    assert_place(doc, "/deep/y/1", "a.json:3:24: /deep/y/1: here", "a.json");
    assert_place(doc, "/deep/q", "a.json:3:10: /deep/q: here", "a.json");
    sled_doc_destroy(doc);
}
END_TEST

START_TEST(without_extends_null_is_a_value)
{
    put("a.json", "{\"a\": null}");
    struct sled_doc *const doc = loaded("a.json", NULL, NULL, 0);

    assert_tree(doc, "{\"a\":null}");
    sled_doc_destroy(doc);
}
END_TEST

/* e extends [c, d], c extends b: later files win, paths start at the file that has them. */
START_TEST(extends_chains_and_lists)
{
    put("b.json", "{\"b\": 1, \"v\": \"b\", \"w\": \"b\"}");
    put("sub/x.json", "{\"extends\": \"../b.json\", \"c\": 1, \"v\": \"c\"}");
    put("d.json", "{\"d\": 1, \"v\": \"d\"}");
    put("e.json", "{\"extends\": [\"sub/x.json\", \"d.json\"], \"e\": 1}");
    struct sled_doc *const doc = loaded("e.json", NULL, NULL, 0);

    assert_tree(doc, "{\"b\":1,\"v\":\"d\",\"w\":\"b\",\"c\":1,\"d\":1,\"e\":1}");
    assert_place(doc, "/v", "d.json:1:15: /v: here", "d.json");
    assert_place(doc, "/w", "sub/../b.json:1:25: /w: here", "sub/../b.json");
    assert_place(doc, "/c", "sub/x.json:1:31: /c: here", "sub/x.json");
    sled_doc_destroy(doc);
}
END_TEST

START_TEST(one_base_twice_is_no_cycle)
{
    put("b.json", "{\"b\": 1}");
    put("c.json", "{\"extends\": \"b.json\", \"c\": 1}");
    put("a.json", "{\"extends\": [\"b.json\", \"c.json\", \"b.json\"]}");
    struct sled_doc *const doc = loaded("a.json", NULL, NULL, 0);

    assert_tree(doc, "{\"b\":1,\"c\":1}");
    sled_doc_destroy(doc);
}
END_TEST

START_TEST(bad_extends_are_errors)
{
    put("a.json", "{\"extends\": \"b.json\"}");
    put("b.json", "{\n \"extends\": [\"c.json\"]}");
    put("c.json", "{\"extends\": \"./a.json\"}");
    assert_load_fails("a.json", NULL, NULL, 0, SLED_E_INPUT,
                      "c.json:1:13: /extends: files extend one another in a cycle: "
                      "a.json -> b.json -> c.json -> ./a.json");
    put("a.json", "{\"extends\": \"a.json\"}");
    assert_load_fails(
        "a.json", NULL, NULL, 0, SLED_E_INPUT,
        "a.json:1:13: /extends: files extend one another in a cycle: a.json -> a.json");
    put("a.json", "{\"extends\": [\"none.json\"]}");
    assert_load_fails("a.json", NULL, NULL, 0, SLED_E_IO,
                      "a.json:1:14: /extends/0: \"none.json\": cannot open: No such file or "
                      "directory");
    put("a.json", "{\"extends\": 5}");
    assert_load_fails("a.json", NULL, NULL, 0, SLED_E_INPUT,
                      "a.json:1:13: /extends: expected a file name or an array of file names");
    put("a.json", "{\"extends\": [\"d.json\", \"\"]}");
    put("d.json", "{}");
    assert_load_fails("a.json", NULL, NULL, 0, SLED_E_INPUT,
                      "a.json:1:24: /extends/1: expected a file name or an array of file names");
    put("a.json", "{\"extends\": \"d.json\"}");
    put("d.json", "[]");
    assert_load_fails("a.json", NULL, NULL, 0, SLED_E_INPUT,
                      "a.json:1:13: /extends: \"d.json\" holds no object to extend");
    put("d.json", "{\n\"x\": }");
    assert_load_fails("a.json", NULL, NULL, 0, SLED_E_INPUT,
                      "d.json:2:6: expected a value, found '}'");
}
END_TEST

START_TEST(an_endless_family_of_files_is_refused)
{
    /* each file is reached by ever longer names; only their identity shows the cycle */
    put("sub/a.json", "{\"extends\": \"../sub/a.json\"}");
    assert_load_fails("sub/a.json", NULL, NULL, 0, SLED_E_INPUT,
                      "sub/a.json:1:13: /extends: files extend one another in a cycle: "
                      "sub/a.json -> sub/../sub/a.json");
    /* three levels of eleven names are 1,464 readings */
    put("a.json", "{}");
    put("b.json", "{\"extends\": [\"a.json\",\"a.json\",\"a.json\",\"a.json\",\"a.json\","
                  "\"a.json\",\"a.json\",\"a.json\",\"a.json\",\"a.json\",\"a.json\"]}");
    put("c.json", "{\"extends\": [\"b.json\",\"b.json\",\"b.json\",\"b.json\",\"b.json\","
                  "\"b.json\",\"b.json\",\"b.json\",\"b.json\",\"b.json\",\"b.json\"]}");
    put("d.json", "{\"extends\": [\"c.json\",\"c.json\",\"c.json\",\"c.json\",\"c.json\","
                  "\"c.json\",\"c.json\",\"c.json\",\"c.json\",\"c.json\",\"c.json\"]}");
    assert_load_fails("d.json", NULL, NULL, 0, SLED_E_INPUT,
                      "b.json:1:95: /extends/9: more than 1000 files make up this document");
}
END_TEST

/* ---- references ---- */

static const char *const references[] = {"/topology", "/topology/chip", NULL};

START_TEST(references_bring_in_documents)
{
    put("a.json", "{\"topology\": \"sub/x.json\", \"other\": \"sub/x.json\"}");
    put("sub/x.json", "{\"name\": \"x\",\n \"chip\": \"a.json\"}");
    put("sub/a.json", "{\"extends\": \"../b.json\",\n \"speed\": 2}");
    put("b.json", "{\n\n\"speed\": 1, \"size\": 3}");
    struct sled_doc *const doc = loaded("a.json", references, NULL, 0);

    assert_tree(doc, "{\"topology\":{\"name\":\"x\",\"chip\":{\"speed\":2,\"size\":3}},"
                     "\"other\":\"sub/x.json\"}");
    assert_place(doc, "/other", "a.json:1:37: /other: here", "a.json");
    assert_place(doc, "/topology", "sub/x.json:1:1: /topology: here", "sub/x.json");
    assert_place(doc, "/topology/name", "sub/x.json:1:10: /topology/name: here", "sub/x.json");
    assert_place(doc, "/topology/chip/speed", "sub/a.json:2:11: /topology/chip/speed: here",
                 "sub/a.json");
    assert_place(doc, "/topology/chip/size", "sub/../b.json:3:21: /topology/chip/size: here",
                 "sub/../b.json");
    sled_doc_destroy(doc);
}
END_TEST

START_TEST(objects_in_place_of_references_stay)
{
    put("a.json", "{\"topology\": {\"chip\": {\"speed\": 1}}}");
    struct sled_doc *const doc = loaded("a.json", references, NULL, 0);

    assert_tree(doc, "{\"topology\":{\"chip\":{\"speed\":1}}}");
    sled_doc_destroy(doc);
}
END_TEST

/* An override of a reference is a path from the working directory, and is read. */
START_TEST(references_can_be_overridden)
{
    static const char *const sets[] = {"/topology/chip/speed=7", "/topology/chip=b.json"};

    put("a.json", "{\"topology\": \"sub/x.json\"}");
    put("sub/x.json", "{\"chip\": \"none.json\"}");
    put("b.json", "{\"speed\": 1, \"size\": 3}");
    struct sled_doc *const doc = loaded("a.json", references, sets, 2);

    assert_tree(doc, "{\"topology\":{\"chip\":{\"speed\":7,\"size\":3}}}");
    assert_place(doc, "/topology/chip/speed", "--set: /topology/chip/speed: here", "");
    assert_place(doc, "/topology/chip/size", "b.json:1:22: /topology/chip/size: here", "b.json");
    sled_doc_destroy(doc);
}
END_TEST

/* So is a path inside an object that a set lays over. */
START_TEST(sets_can_bring_references)
{
    static const char *const sets[] = {"/topology={\"name\": \"y\", \"chip\": \"b.json\"}"};

    put("a.json", "{\"topology\": {\"chip\": {\"speed\": 1}}}");
    put("b.json", "{\"speed\": 2}");
    struct sled_doc *const doc = loaded("a.json", references, sets, 1);

    assert_tree(doc, "{\"topology\":{\"name\":\"y\",\"chip\":{\"speed\":2}}}");
    sled_doc_destroy(doc);
}
END_TEST

/* And one whose parent is no reference itself. */
START_TEST(sets_around_references_bring_them)
{
    static const char *const inner[] = {"/routing/record", NULL};
    static const char *const sets[] = {"/routing={\"record\": \"b.json\"}"};

    put("a.json", "{\"routing\": 1}");
    put("b.json", "{\"speed\": 2}");
    struct sled_doc *const doc = loaded("a.json", inner, sets, 1);

    assert_tree(doc, "{\"routing\":{\"record\":{\"speed\":2}}}");
    sled_doc_destroy(doc);
}
END_TEST

START_TEST(bad_references_are_errors)
{
    static const char *const set[] = {"/topology=none.json"};

    put("a.json", "{\"topology\":\n  \"sub/x.json\"}");
    assert_load_fails("a.json", references, NULL, 0, SLED_E_IO,
                      "a.json:2:3: /topology: \"sub/x.json\": cannot open: No such file or "
                      "directory");
    assert_load_fails("a.json", references, set, 1, SLED_E_IO,
                      "--set: /topology: \"none.json\": cannot open: No such file or directory");
    put("sub/x.json", "[]");
    assert_load_fails("a.json", references, NULL, 0, SLED_E_INPUT,
                      "sub/x.json:1:1: /topology: \"sub/x.json\" holds no object");
    put("sub/x.json", "{\"a\":{\"b\":1,\"b\":2}}");
    assert_load_fails("a.json", references, NULL, 0, SLED_E_INPUT,
                      "sub/x.json:1:13: /topology/a/b: duplicate key, first given at line 1, "
                      "column 7");
    put("sub/x.json", "{\"extends\": \"x.json\"}");
    assert_load_fails("a.json", references, NULL, 0, SLED_E_INPUT,
                      "sub/x.json:1:13: /topology/extends: files extend one another in a cycle: "
                      "sub/x.json -> sub/x.json");
    put("a.json", "{\"topology\": \"\"}");
    assert_load_fails("a.json", references, NULL, 0, SLED_E_INPUT,
                      "a.json:1:14: /topology: expected an object or the name of a file that "
                      "holds it");
}
END_TEST

/* ---- overrides ---- */

static const char set_base[] =
    "{\"name\": \"x\", \"links\": [{\"bw\": \"1GB/s\"}, {\"bw\": \"2GB/s\"}], \"a/b\": {\"n\": 1}}";

static const struct override {
    const char *set;
    const char *pointer; /* where a complaint is then located */
    const char *value;   /* what is there then */
} overrides[] = {
    {"/name=ring", "/name", "\"ring\""},
    {"/name=", "/name", "\"\""},
    {"/name=a=b", "/name", "\"a=b\""},
    {"/name=5", "/name", "5"},
    {"/name=\"5\"", "/name", "\"5\""},
    {"/name=true", "/name", "true"},
    {"/name=1e999", "/name", "\"1e999\""},
    {"/name=64MiB", "/name", "\"64MiB\""},
    {"/name=dir//file", "/name", "\"dir//file\""},
    {"/name={\"k\":[1]}", "/name", "{\"k\":[1]}"},
    {"/name={\"k\":[1,2]}", "/name/k/1", "2"},
    {"/new=1", "/new", "1"},
    {"/links/0/bw=9GB/s", "/links/0/bw", "\"9GB/s\""},
    {"/links/1=7", "/links/1", "7"},
    {"/links/2=7", "/links/2", "7"},
    {"/links/-=7", "/links/2", "7"},
    {"/links/-={\"bw\":1}", "/links/2/bw", "1"},
    {"/a~1b/n=2", "/a~1b/n", "2"},
    {"/a~1b/x~0=2", "/a~1b/x~0", "2"},
};

START_TEST(overrides_replace_values)
{
    const struct override *const o = &overrides[_i];
    const char *const sets[] = {o->set};
    char place[128];

    put("a.json", set_base);
    struct sled_doc *const doc = loaded("a.json", NULL, sets, 1);
    char *const value = cJSON_PrintUnformatted(sled_pointer_get(sled_doc_root(doc), o->pointer));

    ck_assert_str_eq(value, o->value);
    snprintf(place, sizeof place, "--set: %s: here", o->pointer);
    assert_place(doc, o->pointer, place, "");
    assert_place(doc, "/links", "a.json:1:24: /links: here", "a.json");
    free(value);
    sled_doc_destroy(doc);
}
END_TEST

static const struct bad_override {
    const char *set;
    const char *message;
} bad_overrides[] = {
    {"name=x", "--set: \"name=x\" is not of the form /pointer=value"},
    {"/name", "--set: \"/name\" is not of the form /pointer=value"},
    {"=x", "--set: \"=x\" is not of the form /pointer=value"},
    {"/lnks/0/bw=1", "--set: /lnks/0/bw: there is no \"lnks\"; did you mean \"links\"?"},
    {"/zzz/x=1", "--set: /zzz/x: there is no \"zzz\""},
    {"/links/2/bw=1", "--set: /links/2/bw: there is no element 2 in an array of 2"},
    {"/links/3=1", "--set: /links/3: there is no element 3 in an array of 2"},
    {"/links/x=1", "--set: /links/x: \"x\" is not an index of an array"},
    {"/links/01=1", "--set: /links/01: \"01\" is not an index of an array"},
    {"/links/-/bw=1", "--set: /links/-/bw: \"-\" is not an index of an array"},
    {"/name/x=1", "--set: /name/x: \"/name\" is neither an object nor an array"},
    {"/name/x/y=1", "--set: /name/x/y: \"/name\" is neither an object nor an array"},
    {"/nam=null", "--set: /nam: there is no \"nam\"; did you mean \"name\"?"},
    {"/a~2=1", "--set: /a~2: '~' in a pointer is written ~0, and '/' in a key ~1"},
    {"/name={\"k\":}", "--set: /name: expected a value, found '}' (column 6 of the value)"},
    {"/name=[1,2", "--set: /name: the text ends where ',' or ']' after a value of an array was "
                   "expected; is it truncated? (column 5 of the value)"},
    {"/name=\"x", "--set: /name: the text ends inside a string; is it truncated? (column 3 of the "
                  "value)"},
    {"/name=\xff", "--set: /name: the byte 0xff in the value is not UTF-8"},
};

START_TEST(bad_overrides_are_explained)
{
    put("a.json", set_base);
    assert_load_fails("a.json", NULL, &bad_overrides[_i].set, 1, SLED_E_INPUT,
                      bad_overrides[_i].message);
}
END_TEST

START_TEST(overrides_apply_in_order)
{
    static const char *const sets[] = {"/name=1", "/name=2", "/links/-=3", "/links/-=4",
                                       "/a~1b=null"};

    put("a.json", set_base);
    struct sled_doc *const doc = loaded("a.json", NULL, sets, 5);

    assert_tree(doc, "{\"name\":2,\"links\":[{\"bw\":\"1GB/s\"},{\"bw\":\"2GB/s\"},3,4]}");
    assert_place(doc, "/links/3", "--set: /links/3: here", "");
    sled_doc_destroy(doc);
}
END_TEST

/* ---- mangled text ---- */

static const char *const originals[] = {
    "{\"a\": [1, -2.5e3, true, null, \"x\\u00e9\\n\"], // c\n \"b\": {\"c\": {}, \"d\": []}}",
    "/* c */ [\"\\ud83d\\ude00\", \"\xc3\xa9\xe2\x82\xac\", 0.5, {\"k\": \"v\", \"l\": false}]",
};

/* What we accept, cJSON read without loss: printed and read again it stays the same. */
static void check_mangled(const char *text, size_t len)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc = NULL;

    if (sled_doc_parse("t.json", text, len, &doc, &err) != SLED_OK) {
        ck_assert_int_eq(err.code, SLED_E_INPUT);
        ck_assert_uint_ge(err.line, 1);
        ck_assert_uint_ge(err.column, 1);
        ck_assert(err.msg[0] != '\0');
        return;
    }

    char *const printed = cJSON_PrintUnformatted(sled_doc_root(doc));
    struct sled_doc *again = NULL;

    ck_assert_ptr_nonnull(printed);
    ck_assert_msg(sled_doc_parse("p.json", printed, strlen(printed), &again, &err) == SLED_OK,
                  "%s: %s", printed, err.msg);
    ck_assert(cJSON_Compare(sled_doc_root(doc), sled_doc_root(again), 1));
    free(printed);
    sled_doc_destroy(again);
    sled_doc_destroy(doc);
}

START_TEST(truncated_text_never_crashes)
{
    const char *const text = originals[_i];

    for (size_t len = 0; len < strlen(text); len++) {
        char *const copy = malloc(len == 0 ? 1 : len); /* no terminator: overruns are seen */
        struct sled_err err = SLED_ERR_INIT;
        struct sled_doc *doc = NULL;

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, text, len);
        ck_assert_int_eq(sled_doc_parse("t.json", copy, len, &doc, &err), SLED_E_INPUT);
        free(copy);
    }
}
END_TEST

START_TEST(changed_bytes_never_crash)
{
    const char *const text = originals[_i];
    const size_t len = strlen(text);
    char copy[256];

    ck_assert_uint_lt(len, sizeof copy);
    for (size_t at = 0; at < len; at++) {
        memcpy(copy, text, len);
        for (int byte = 0; byte < 256; byte++) {
            copy[at] = (char)byte;
            check_mangled(copy, len);
        }
    }
}
END_TEST

START_TEST(removed_and_doubled_bytes_never_crash)
{
    const char *const text = originals[_i];
    const size_t len = strlen(text);
    char copy[256];

    for (size_t at = 0; at < len; at++) {
        memcpy(copy, text, at);
        memcpy(copy + at, text + at + 1, len - at - 1);
        check_mangled(copy, len - 1);
        memcpy(copy, text, at + 1);
        memcpy(copy + at + 1, text + at, len - at);
        check_mangled(copy, len + 1);
    }
}
END_TEST

/* ---- documents made of others ---- */

START_TEST(a_part_keeps_its_places)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc = parsed("{\n  \"a\": {\"b\": 1,\n    \"c\": {\"d\": 2}}}");
    struct sled_doc *part = NULL, *inner = NULL;

    ck_assert_int_eq(sled_doc_part(doc, "/a", &part, &err), SLED_OK);
    assert_tree(part, "{\"b\":1,\"c\":{\"d\":2}}");
    ck_assert_int_eq(sled_doc_part(part, "/c", &inner, &err), SLED_OK);
    assert_tree(inner, "{\"d\":2}");
    sled_doc_destroy(doc);
    sled_doc_fail(part, "/b", &err, SLED_E_INPUT, "no");
    assert_error(&err, "t.json:2:14: /a/b: no");
    err = (struct sled_err)SLED_ERR_INIT;
    sled_doc_destroy(part);
    sled_doc_fail_key(inner, "/d", &err, SLED_E_INPUT, "no");
    assert_error(&err, "t.json:3:11: /a/c/d: no");
    sled_doc_destroy(inner);
}
END_TEST

START_TEST(a_part_is_an_object)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc = parsed("{\"a\": [1]}"), *part = NULL;

    ck_assert_int_eq(sled_doc_part(doc, "/a", &part, &err), SLED_E_INPUT);
    assert_error(&err, "t.json:1:7: /a: expected an object");
    sled_doc_destroy(doc);
}
END_TEST

START_TEST(what_is_put_in_keeps_its_place)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc = parsed("{\"a\": {\"b\": 1}}");
    struct sled_doc *other = NULL;
    const char text[] = "{\n \"v\": [7,\n   {\"w\": 8}]}";

    ck_assert_int_eq(sled_doc_parse("o.json", text, strlen(text), &other, &err), SLED_OK);
    const struct sled_doc_source source = {.doc = other, .pointer = "/v/1"};
    ck_assert_int_eq(
        sled_doc_put(doc, "/a/b", sled_pointer_get(sled_doc_root(other), "/v/1"), &source, &err),
        SLED_OK);
    assert_tree(doc, "{\"a\":{\"b\":{\"w\":8}}}");
    ck_assert_int_eq(
        sled_doc_put(doc, "/x/b", sled_pointer_get(sled_doc_root(other), "/v/0"), &source, &err),
        SLED_E_INPUT);
    assert_error(&err, "o.json:3:4: /x/b: there is no \"x\"");
    err = (struct sled_err)SLED_ERR_INIT;
    sled_doc_destroy(other);
    sled_doc_fail(doc, "/a/b/w", &err, SLED_E_INPUT, "no");
    assert_error(&err, "o.json:3:10: /a/b/w: no");
    ck_assert_str_eq(sled_doc_origin(doc, "/a/b/w"), "o.json");
    ck_assert_str_eq(sled_doc_origin(doc, "/a"), "t.json");
    sled_doc_destroy(doc);
}
END_TEST

/* Blocks that cJSON has and has not given back. */
static long blocks;

static void *counted_malloc(size_t size)
{
    blocks++;
    return malloc(size);
}

static void counted_free(void *block)
{
    blocks -= block != NULL;
    free(block);
}

START_TEST(what_is_put_in_replaces_all_of_what_was_there)
{
    cJSON_Hooks hooks = {.malloc_fn = counted_malloc, .free_fn = counted_free};
    struct sled_err err = SLED_ERR_INIT;

    cJSON_InitHooks(&hooks);
    struct sled_doc *doc = parsed("{\"a\": {\"b\": 1}, \"list\": [1], \"v\": {\"w\": \"8\"}}");
    const struct sled_doc_source source = {.doc = doc, .pointer = "/v"};
    static const char *const places[] = {"/a/b", "/a/b", "/list/0", "/list/-", "/new", "/a"};

    for (size_t i = 0; i < SLED_ARRAY_LEN(places); i++)
        ck_assert_int_eq(
            sled_doc_put(doc, places[i], sled_pointer_get(sled_doc_root(doc), "/v"), &source, &err),
            SLED_OK);
    sled_doc_destroy(doc);
    ck_assert_int_eq(blocks, 0);
    cJSON_InitHooks(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doc");
    TCase *text = tcase_create("text");
    TCase *files = tcase_create("files");
    TCase *mangled = tcase_create("mangled");

    tcase_add_loop_test(text, malformed_text_is_located, 0, SLED_ARRAY_LEN(malformed));
    tcase_add_test(text, a_zero_byte_is_no_end_of_text);
    tcase_add_test(text, nesting_ends_at_64);
    tcase_add_loop_test(text, valid_text_becomes_its_tree, 0, SLED_ARRAY_LEN(accepted));
    tcase_add_loop_test(text, values_and_keys_have_places, 0, SLED_ARRAY_LEN(located));
    tcase_add_test(text, locate_completes_a_relative_failure);
    tcase_add_test(text, pointers_are_built_and_followed);
    tcase_add_test(text, long_pointers_are_marked_as_cut);
    tcase_add_test(text, a_part_keeps_its_places);
    tcase_add_test(text, a_part_is_an_object);
    tcase_add_test(text, what_is_put_in_keeps_its_place);
    tcase_add_test(text, what_is_put_in_replaces_all_of_what_was_there);
    suite_add_tcase(suite, text);

    tcase_add_checked_fixture(files, make_folder, remove_folder);
    tcase_add_test(files, unreadable_files_say_why);
    tcase_add_test(files, extends_is_a_merge_patch);
    tcase_add_test(files, without_extends_null_is_a_value);
    tcase_add_test(files, extends_chains_and_lists);
    tcase_add_test(files, one_base_twice_is_no_cycle);
    tcase_add_test(files, bad_extends_are_errors);
    tcase_add_test(files, an_endless_family_of_files_is_refused);
    tcase_add_test(files, references_bring_in_documents);
    tcase_add_test(files, objects_in_place_of_references_stay);
    tcase_add_test(files, references_can_be_overridden);
    tcase_add_test(files, sets_can_bring_references);
    tcase_add_test(files, sets_around_references_bring_them);
    tcase_add_test(files, bad_references_are_errors);
    tcase_add_loop_test(files, overrides_replace_values, 0, SLED_ARRAY_LEN(overrides));
    tcase_add_loop_test(files, bad_overrides_are_explained, 0, SLED_ARRAY_LEN(bad_overrides));
    tcase_add_test(files, overrides_apply_in_order);
    suite_add_tcase(suite, files);

    tcase_add_loop_test(mangled, truncated_text_never_crashes, 0, SLED_ARRAY_LEN(originals));
    tcase_add_loop_test(mangled, changed_bytes_never_crash, 0, SLED_ARRAY_LEN(originals));
    tcase_add_loop_test(mangled, removed_and_doubled_bytes_never_crash, 0,
                        SLED_ARRAY_LEN(originals));
    suite_add_tcase(suite, mangled);
    return sled_check_main(suite);
}
