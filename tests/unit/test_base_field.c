/* SPDX-License-Identifier: Apache-2.0 */
/* Field tables: every type, defaults, ranges, sources, and what is said to bad objects. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "base/vec.h"
#include "check_main.h"

struct part {
    uint64_t id;
    const char *label;
};

struct memory {
    double capacity_bytes;
    double bandwidth_bytes_per_s;
};

struct thing {
    const char *name;
    const char *path;
    bool on;
    uint64_t lanes;
    uint64_t queues;
    double share;
    double latency_s;
    double limit_bytes_per_s;
    int colour;
    struct memory memory;
    bool has_memory;
    struct sled_array parts;
    struct sled_array counts;
    struct sled_array ratios;
    struct sled_array words;
    cJSON *any;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct sled_field part_fields[] = {
    {.key = "id",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct part, id),
     .doc = "its number"},
    {.key = "label",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct part, label),
     .dflt = "\"none\""},
};
static const struct sled_table part_table =
    SLED_TABLE("part", struct part, part_fields, "one of many");

static const struct sled_field memory_fields[] = {
    {.key = "capacity",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_BYTES,
     .offset = offsetof(struct memory, capacity_bytes),
     .hardware = true},
    {.key = "bandwidth",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_BANDWIDTH,
     .offset = offsetof(struct memory, bandwidth_bytes_per_s),
     .min = 1.0,
     .hardware = true,
     .doc = "reads and writes together"},
};
static const struct sled_table memory_table =
    SLED_TABLE("memory", struct memory, memory_fields, "what it remembers with");

static const struct sled_field thing_fields[] = {
    {.key = "name",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct thing, name),
     .doc = "what people call it"},
    {.key = "path",
     .type = SLED_FIELD_PATH,
     .offset = offsetof(struct thing, path),
     .optional = true},
    {.key = "on", .type = SLED_FIELD_BOOL, .offset = offsetof(struct thing, on), .dflt = "true"},
    {.key = "lanes",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct thing, lanes),
     .min = 1,
     .max = 1024,
     .dflt = "4",
     .hardware = true},
    {.key = "queues",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct thing, queues),
     .min = 1,
     .unlimited = "unlimited",
     .dflt = "\"unlimited\""},
    {.key = "share",
     .type = SLED_FIELD_RATIO,
     .offset = offsetof(struct thing, share),
     .min = 0.25,
     .max = 1,
     .dflt = "0.5"},
    {.key = "latency",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_TIME,
     .offset = offsetof(struct thing, latency_s),
     .min = 1e-9,
     .max = 1e-6,
     .dflt = "\"10ns\""},
    {.key = "limit",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_BANDWIDTH,
     .offset = offsetof(struct thing, limit_bytes_per_s),
     .min = 1e9,
     .max = SLED_NO_MAX,
     .unlimited = "none",
     .optional = true},
    {.key = "colour",
     .type = SLED_FIELD_CHOICE,
     .offset = offsetof(struct thing, colour),
     .choices = colours,
     .dflt = "\"green\""},
    {.key = "memory",
     .type = SLED_FIELD_OBJECT,
     .offset = offsetof(struct thing, memory),
     .sub = &memory_table,
     .optional = true,
     .present_offset = offsetof(struct thing, has_memory)},
    {.key = "parts",
     .type = SLED_FIELD_ARRAY,
     .offset = offsetof(struct thing, parts),
     .sub = &part_table,
     .dflt = "[]"},
    {.key = "counts",
     .type = SLED_FIELD_COUNTS,
     .offset = offsetof(struct thing, counts),
     .max = 10,
     .optional = true},
    {.key = "ratios",
     .type = SLED_FIELD_RATIOS,
     .offset = offsetof(struct thing, ratios),
     .max = 1,
     .optional = true,
     .hardware = true},
    {.key = "words",
     .type = SLED_FIELD_STRINGS,
     .offset = offsetof(struct thing, words),
     .optional = true},
    {.key = "any", .type = SLED_FIELD_ANY, .offset = offsetof(struct thing, any), .optional = true},
};
static const struct sled_table thing_table =
    SLED_TABLE("thing", struct thing, thing_fields, "anything at all");

static struct sled_doc *doc;
static struct sled_arena arena;
static struct thing thing;

static void start(void)
{
    doc = NULL;
    arena = (struct sled_arena)SLED_ARENA_INIT;
    memset(&thing, 0xa5, sizeof thing); /* reading must not rely on what was there */
}

static void finish(void)
{
    sled_doc_destroy(doc);
    sled_arena_finish(&arena);
}

static enum sled_status read_text(const char *text, struct sled_err *err)
{
    ck_assert_msg(sled_doc_parse("dir/t.json", text, strlen(text), &doc, err) == SLED_OK, "%s",
                  err->msg);
    return sled_field_read(&thing_table, doc, "", &arena, &thing, err);
}

static void accept(const char *text)
{
    struct sled_err err = SLED_ERR_INIT;
    char line[1024];

    ck_assert_msg(read_text(text, &err) == SLED_OK, "%s", sled_err_format(&err, line, sizeof line));
}

START_TEST(every_type_is_read)
{
    accept("{\"name\": \"n\", \"path\": \"sub/file\", \"on\": false, \"lanes\": 8, \"queues\": 3,"
           " \"share\": 0.75, \"latency\": \"115ns\", \"limit\": \"2GB/s\", \"colour\": \"blue\","
           " \"memory\": {\"capacity\": \"144GiB\", \"bandwidth\": \"4.9TB/s\"},"
           " \"parts\": [{\"id\": 7}, {\"id\": 8, \"label\": \"x\"}],"
           " \"counts\": [0, 10], \"ratios\": [0, 0.5, 1], \"words\": [\"a\", \"\"],"
           " \"any\": {\"k\": [1]}}");
    ck_assert_str_eq(thing.name, "n");
    ck_assert_str_eq(thing.path, "dir/sub/file");
    ck_assert(!thing.on);
    ck_assert_uint_eq(thing.lanes, 8);
    ck_assert_uint_eq(thing.queues, 3);
    ck_assert(thing.share == 0.75);
    ck_assert(thing.latency_s == 115e-9);
    ck_assert(thing.limit_bytes_per_s == 2e9);
    ck_assert_int_eq(thing.colour, 2);
    ck_assert(thing.has_memory);
    ck_assert(thing.memory.capacity_bytes == 144.0 * 1073741824.0);
    ck_assert(thing.memory.bandwidth_bytes_per_s == 4.9e12);

    const struct part *const parts = thing.parts.items;
    ck_assert_uint_eq(thing.parts.count, 2);
    ck_assert_uint_eq(parts[0].id, 7);
    ck_assert_str_eq(parts[0].label, "none");
    ck_assert_uint_eq(parts[1].id, 8);
    ck_assert_str_eq(parts[1].label, "x");

    const uint64_t *const counts = thing.counts.items;
    ck_assert_uint_eq(thing.counts.count, 2);
    ck_assert_uint_eq(counts[1], 10);

    const double *const ratios = thing.ratios.items;
    ck_assert_uint_eq(thing.ratios.count, 3);
    ck_assert(ratios[1] == 0.5);

    const char *const *const words = thing.words.items;
    ck_assert_uint_eq(thing.words.count, 2);
    ck_assert_str_eq(words[0], "a");
    ck_assert_str_eq(words[1], "");
    ck_assert_ptr_eq(thing.any, sled_pointer_get(sled_doc_root(doc), "/any"));
}
END_TEST

START_TEST(absent_keys_take_defaults_or_zero)
{
    accept("{\"name\": \"n\"}");
    ck_assert_ptr_null(thing.path);
    ck_assert(thing.on);
    ck_assert_uint_eq(thing.lanes, 4);
    ck_assert_uint_eq(thing.queues, 0);
    ck_assert(thing.share == 0.5);
    ck_assert(thing.latency_s == 10e-9);
    ck_assert(thing.limit_bytes_per_s == 0.0);
    ck_assert_int_eq(thing.colour, 1);
    ck_assert(!thing.has_memory);
    ck_assert(thing.memory.capacity_bytes == 0.0);
    ck_assert_uint_eq(thing.parts.count, 0);
    ck_assert_uint_eq(thing.counts.count, 0);
    ck_assert_ptr_null(thing.any);
}
END_TEST

START_TEST(defaults_complete_the_document)
{
    accept("{\"name\": \"n\", \"parts\": [{\"id\": 1}], \"on\": false}");
    char *const printed = cJSON_PrintUnformatted(sled_doc_root(doc));

    ck_assert_str_eq(printed,
                     "{\"name\":\"n\",\"parts\":[{\"id\":1,\"label\":\"none\"}],\"on\":false,"
                     "\"lanes\":4,\"queues\":\"unlimited\",\"share\":0.5,\"latency\":\"10ns\","
                     "\"colour\":\"green\"}");

    /* ... and reading what it has become gives the same again */
    struct sled_err err = SLED_ERR_INIT;
    struct thing again;
    ck_assert_int_eq(sled_field_read(&thing_table, doc, "", &arena, &again, &err), SLED_OK);
    ck_assert_uint_eq(again.lanes, thing.lanes);
    ck_assert(!again.has_memory);
    char *const reprinted = cJSON_PrintUnformatted(sled_doc_root(doc));
    ck_assert_str_eq(reprinted, printed);
    free(reprinted);
    free(printed);
}
END_TEST

START_TEST(unlimited_is_a_word)
{
    accept("{\"name\": \"n\", \"queues\": \"unlimited\", \"limit\": \"none\"}");
    ck_assert_uint_eq(thing.queues, 0);
    ck_assert(isinf(thing.limit_bytes_per_s) && thing.limit_bytes_per_s > 0.0);
}
END_TEST

START_TEST(limits_of_a_range_belong_to_it)
{
    accept("{\"name\": \"n\", \"lanes\": 1, \"share\": 0.25, \"latency\": \"1ns\"}");
    finish();
    accept("{\"name\": \"n\", \"lanes\": 1024, \"share\": 1, \"latency\": \"1us\"}");
    finish();
    accept("{\"name\": \"n\", \"queues\": 9007199254740992}");
    ck_assert_uint_eq(thing.queues, UINT64_C(9007199254740992));
}
END_TEST

START_TEST(remarks_are_allowed_everywhere)
{
    accept("{\"name\": \"n\", \"source\": \"s\", \"comment\": [\"c\"], \"x-note\": 5,"
           " \"parts\": [{\"id\": 1, \"comment\": \"c\", \"x-\": {}}],"
           " \"lanes\": {\"value\": 2, \"source\": \"s\", \"comment\": \"c\", \"x-y\": null}}");
    ck_assert_uint_eq(thing.lanes, 2);
}
END_TEST

START_TEST(hardware_numbers_may_carry_their_source)
{
    accept("{\"name\": \"n\", \"lanes\": {\"value\": 16, \"source\": \"manual, page 3\"},"
           " \"ratios\": {\"value\": [0.5], \"source\": \"s\"},"
           " \"memory\": {\"capacity\": {\"value\": \"1GiB\", \"source\": \"s\"},"
           "              \"bandwidth\": {\"value\": \"1GB/s\"}}}");
    ck_assert_uint_eq(thing.lanes, 16);
    ck_assert_uint_eq(thing.ratios.count, 1);
    ck_assert(thing.memory.capacity_bytes == 1073741824.0);
    ck_assert(thing.memory.bandwidth_bytes_per_s == 1e9);
}
END_TEST

START_TEST(objects_are_read_where_they_are)
{
    struct sled_err err = SLED_ERR_INIT;
    struct memory memory;
    const char text[] = "{\"a\": [{\"capacity\": \"1GB\", \"bandwidth\": \"1GB/s\"}, 5]}";
    char line[1024];

    ck_assert_int_eq(sled_doc_parse("t.json", text, strlen(text), &doc, &err), SLED_OK);
    ck_assert_int_eq(sled_field_read(&memory_table, doc, "/a/0", &arena, &memory, &err), SLED_OK);
    ck_assert(memory.capacity_bytes == 1e9);
    ck_assert_int_eq(sled_field_read(&memory_table, doc, "/a/1", &arena, &memory, &err),
                     SLED_E_INPUT);
    ck_assert_str_eq(sled_err_format(&err, line, sizeof line),
                     "t.json:1:51: /a/1: expected an object (\"memory\"), found the number 5");
    err = (struct sled_err)SLED_ERR_INIT;
    ck_assert_int_eq(sled_field_read(&memory_table, doc, "/a/2", &arena, &memory, &err),
                     SLED_E_INPUT);
    ck_assert_str_eq(sled_err_format(&err, line, sizeof line),
                     "t.json:1:7: /a/2: missing object \"memory\"");
}
END_TEST

/* Each text begins with the name, so that its complaint is the only one. */
#define NAMED "{\"name\": \"n\",\n"
#define KNOWN                                                                                     \
    "known: name, path, on, lanes, queues, share, latency, limit, colour, memory, parts, counts " \
    "and 3 more"

static const struct refusal {
    const char *text;
    const char *message;
} refusals[] = {
    {"[]", "dir/t.json:1:1: expected an object (\"thing\"), found an array"},
    {"{}", "dir/t.json:1:1: missing key \"name\" in \"thing\": what people call it"},
    {"{\"nmae\": \"n\"}", "dir/t.json:1:2: /nmae: unknown key; did you mean \"name\"? " KNOWN},
    {NAMED "  \"zzzzzz\": 1}", "dir/t.json:2:3: /zzzzzz: unknown key; " KNOWN},
    {NAMED "\"Name\": 1}", "dir/t.json:2:1: /Name: unknown key; did you mean \"name\"? " KNOWN},
    {NAMED "\"parts\": [{\"id\": 1, \"idd\": 2}]}",
     "dir/t.json:2:21: /parts/0/idd: unknown key; did you mean \"id\"? known: id, label"},
    {NAMED "\"parts\": [{\"id\": 1}, {}]}",
     "dir/t.json:2:22: /parts/1: missing key \"id\" in \"part\": its number"},
    {NAMED "\"parts\": [3]}",
     "dir/t.json:2:11: /parts/0: expected an object (\"part\"), found the number 3"},
    {NAMED "\"parts\": {}}",
     "dir/t.json:2:10: /parts: expected an array of objects (\"part\"), found an object"},
    {NAMED "\"memory\": {\"capacity\": \"1GB\"}}",
     "dir/t.json:2:11: /memory: missing key \"bandwidth\" in \"memory\": reads and writes "
     "together"},
    {NAMED "\"memory\": null}",
     "dir/t.json:2:11: /memory: expected an object (\"memory\"), found null"},
    {"{\"name\": 5}", "dir/t.json:1:10: /name: expected a string, found the number 5"},
    {NAMED "\"path\": \"\"}", "dir/t.json:2:9: /path: expected a file name, found the string \"\""},
    {NAMED "\"on\": 1}", "dir/t.json:2:7: /on: expected true or false, found the number 1"},
    {NAMED "\"lanes\": 0}",
     "dir/t.json:2:10: /lanes: expected a whole number from 1 to 1024, found the number 0"},
    {NAMED "\"lanes\": 1025}",
     "dir/t.json:2:10: /lanes: expected a whole number from 1 to 1024, found the number 1025"},
    {NAMED "\"lanes\": 1.5}",
     "dir/t.json:2:10: /lanes: expected a whole number from 1 to 1024, found the number 1.5"},
    {NAMED "\"lanes\": \"4\"}",
     "dir/t.json:2:10: /lanes: expected a whole number from 1 to 1024, found the string \"4\""},
    {NAMED "\"lanes\": \"unlimited\"}",
     "dir/t.json:2:10: /lanes: expected a whole number from 1 to "
     "1024, found the string \"unlimited\""},
    {NAMED "\"queues\": 9007199254740994}", "dir/t.json:2:11: /queues: expected a whole number "
                                            "from 1 to 2^53, or \"unlimited\", found the "
                                            "number 9.00719925474099e+15"},
    {NAMED "\"queues\": -1}",
     "dir/t.json:2:11: /queues: expected a whole number from 1 to 2^53, or "
     "\"unlimited\", found the number -1"},
    {NAMED "\"share\": 0.2}",
     "dir/t.json:2:10: /share: expected a number from 0.25 to 1, found the number 0.2"},
    {NAMED "\"share\": \"0.5\"}",
     "dir/t.json:2:10: /share: expected a number from 0.25 to 1, found the string \"0.5\""},
    {NAMED "\"latency\": 5}",
     "dir/t.json:2:12: /latency: expected a time like \"10ns\" from 1 ns to "
     "1 us, found the number 5"},
    {NAMED "\"latency\": \"5\"}",
     "dir/t.json:2:12: /latency: \"5\" has no unit; a time is written like \"10ns\""},
    {NAMED "\"latency\": \"5GB\"}",
     "dir/t.json:2:12: /latency: \"5GB\" is a size, not a time, which "
     "is written like \"10ns\""},
    {NAMED "\"latency\": \"2us\"}",
     "dir/t.json:2:12: /latency: expected a time like \"10ns\" from 1 "
     "ns to 1 us, found the string \"2us\""},
    {NAMED "\"limit\": \"1MB/s\"}",
     "dir/t.json:2:10: /limit: expected a bandwidth like \"50GB/s\" of at least 1 GB/s, or "
     "\"none\", found the string \"1MB/s\""},
    {NAMED "\"limit\": \"400Gb\"}",
     "dir/t.json:2:10: /limit: \"400Gb\" is a size, not a bandwidth; "
     "write \"400Gbps\" or \"50GB/s\""},
    {NAMED "\"colour\": \"gren\"}",
     "dir/t.json:2:11: /colour: unknown value \"gren\"; did you mean "
     "\"green\"? known: red, green, blue"},
    {NAMED "\"colour\": \"violet\"}",
     "dir/t.json:2:11: /colour: unknown value \"violet\"; known: red, green, blue"},
    {NAMED "\"colour\": 1}", "dir/t.json:2:11: /colour: expected \"red\", \"green\" or \"blue\", "
                             "found the number 1"},
    {NAMED "\"counts\": [1, 11]}",
     "dir/t.json:2:15: /counts/1: expected a whole number from 0 to 10, found the number 11"},
    {NAMED "\"counts\": 1}",
     "dir/t.json:2:11: /counts: expected an array of whole numbers, found the number 1"},
    {NAMED "\"ratios\": [0, -0.5]}",
     "dir/t.json:2:15: /ratios/1: expected a number from 0 to 1, found the number -0.5"},
    {NAMED "\"ratios\": true}",
     "dir/t.json:2:11: /ratios: expected an array of numbers, found true"},
    {NAMED "\"words\": [\"a\", 1]}",
     "dir/t.json:2:16: /words/1: expected a string, found the number 1"},
    {NAMED "\"words\": \"a\"}",
     "dir/t.json:2:10: /words: expected an array of strings, found the string \"a\""},
    {NAMED "\"lanes\": {\"value\": 0}}",
     "dir/t.json:2:20: /lanes/value: expected a whole number from 1 to 1024, found the number 0"},
    {NAMED "\"lanes\": {\"source\": \"s\"}}",
     "dir/t.json:2:10: /lanes: missing key \"value\" in \"lanes\""},
    {NAMED "\"lanes\": {\"value\": 1, \"unit\": 2}}",
     "dir/t.json:2:23: /lanes/unit: unknown key beside \"lanes\"; known: value, source, comment"},
    {NAMED "\"queues\": {\"value\": 1}}",
     "dir/t.json:2:11: /queues: expected a whole number from 1 to 2^53, or \"unlimited\", found an "
     "object"},
    {NAMED "\"source\": 5}", "dir/t.json:2:11: /source: expected a string that says where numbers "
                             "come from, found the number 5"},
    {NAMED "\"lanes\": {\"value\": 1, \"source\": \"\"}}",
     "dir/t.json:2:33: /lanes/source: expected a string that says where numbers come from, found "
     "the string \"\""},
};

START_TEST(bad_objects_are_explained)
{
    struct sled_err err = SLED_ERR_INIT;
    char line[1024];

    ck_assert_int_eq(read_text(refusals[_i].text, &err), SLED_E_INPUT);
    ck_assert_str_eq(sled_err_format(&err, line, sizeof line), refusals[_i].message);
}
END_TEST

/* Keys are judged before values, and values in the order of the table. */
START_TEST(complaints_have_an_order)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(read_text("{\"lanes\": 0, \"on\": 1, \"z\": 1}", &err), SLED_E_INPUT);
    ck_assert_str_eq(err.pointer, "/z");
    finish();
    err = (struct sled_err)SLED_ERR_INIT;
    read_text("{\"lanes\": 0, \"on\": 1}", &err);
    ck_assert_str_eq(err.pointer, "");
    finish();
    err = (struct sled_err)SLED_ERR_INIT;
    read_text("{\"lanes\": 0, \"on\": 1, \"name\": \"n\"}", &err);
    ck_assert_str_eq(err.pointer, "/on");
}
END_TEST

static const struct sourced {
    const char *text;
    const char *message; /* NULL: every number has a source */
} sourced[] = {
    {NAMED "\"source\": \"s\", \"lanes\": 1, \"ratios\": [1]}", NULL},
    {NAMED "\"lanes\": {\"value\": 1, \"source\": \"s\"}}", NULL},
    {NAMED "\"source\": \"s\", \"memory\": {\"capacity\": \"1B\", \"bandwidth\": \"1B/s\"}}", NULL},
    {NAMED "\"lanes\": {\"value\": 1, \"source\": \"s\"},"
           "\"memory\": {\"source\": \"s\", \"capacity\": \"1B\", \"bandwidth\": \"1B/s\"}}",
     NULL},
    {NAMED "\"lanes\": 1}",
     "dir/t.json:2:10: /lanes: no source; write {\"value\": ..., \"source\": "
     "\"...\"}, or give the object a \"source\""},
    {NAMED "\"share\": 1}", "dir/t.json:1:1: /lanes: no source; write {\"value\": ..., \"source\": "
                            "\"...\"}, or give the object a \"source\""},
    {NAMED "\"lanes\": {\"value\": 1, \"source\": \"s\"},\n"
           "\"memory\": {\"capacity\": {\"value\": \"1B\", \"source\": \"s\"},\n"
           "\"bandwidth\": {\"value\": \"1B/s\", \"comment\": \"c\"}}}",
     "dir/t.json:4:14: /memory/bandwidth: no source; write {\"value\": ..., \"source\": \"...\"}, "
     "or "
     "give the object a \"source\""},
};

START_TEST(hardware_numbers_need_a_source)
{
    struct sled_err err = SLED_ERR_INIT;
    char line[1024];

    accept(sourced[_i].text);
    const enum sled_status status = sled_field_check_sources(&thing_table, doc, "", &err);
    if (sourced[_i].message == NULL) {
        ck_assert_msg(status == SLED_OK, "%s", err.msg);
        return;
    }
    ck_assert_int_eq(status, SLED_E_INPUT);
    ck_assert_str_eq(sled_err_format(&err, line, sizeof line), sourced[_i].message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("field");
    TCase *tc = tcase_create("field");

    tcase_add_checked_fixture(tc, start, finish);
    tcase_add_test(tc, every_type_is_read);
    tcase_add_test(tc, absent_keys_take_defaults_or_zero);
    tcase_add_test(tc, defaults_complete_the_document);
    tcase_add_test(tc, unlimited_is_a_word);
    tcase_add_test(tc, limits_of_a_range_belong_to_it);
    tcase_add_test(tc, remarks_are_allowed_everywhere);
    tcase_add_test(tc, hardware_numbers_may_carry_their_source);
    tcase_add_test(tc, objects_are_read_where_they_are);
    tcase_add_loop_test(tc, bad_objects_are_explained, 0, SLED_ARRAY_LEN(refusals));
    tcase_add_test(tc, complaints_have_an_order);
    tcase_add_loop_test(tc, hardware_numbers_need_a_source, 0, SLED_ARRAY_LEN(sourced));
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
