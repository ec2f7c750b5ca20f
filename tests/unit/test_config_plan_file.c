/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plan files: what is printed loads as the very plan it was; the shipped ones are right, and no
 * step, transfer or wait of theirs can be spared; MSCCL's steps mean what they should.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/doc.h"
#include "base/file.h"
#include "base/vec.h"
#include "check_main.h"
#include "coll_case.h"
#include "config/plan_file.h"
#include "model/verify.h"
#include "report/plan.h"

#define CK_OK(call) \
    ck_assert_msg((call) == SLED_OK, "%s: %s:%u: %s", #call, err.file, err.line, err.msg)

static const uint32_t RANKS[] = {1, 2, 3, 4, 5, 8};
#define NRANKS SLED_ARRAY_LEN(RANKS)

/* A file of this process alone, with a name of the given end. */
static const char *temporary(const char *end)
{
    static char path[64];

    snprintf(path, sizeof path, "/tmp/sledsim-plan-%ld%s", (long)getpid(), end);
    return path;
}

/* Load a plan of this text; the file is gone afterwards. */
static enum sled_status load_text(const char *end, const char *text, struct sled_plan_file *out,
                                  struct sled_err *err)
{
    const char *path = temporary(end);
    FILE *stream = fopen(path, "w");

    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    ck_assert_int_eq(fclose(stream), 0);
    const enum sled_status st = sled_plan_file_load(path, out, err);
    remove(path);
    return st;
}

static bool is_refused(const char *end, const char *text)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan_file file;
    const enum sled_status st = load_text(end, text, &file, &err);

    sled_plan_file_finish(&file);
    ck_assert(st == SLED_OK || st == SLED_E_INPUT);
    return st != SLED_OK;
}

/* What is printed of a plan; the caller frees it. */
static char *print(const struct sled_plan *plan, const struct sled_coll_req *req)
{
    const struct sled_plan_title title = {.req = req, .algorithm = "a \"name\""};
    struct sled_err err = SLED_ERR_INIT;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(stream);
    CK_OK(sled_plan_write_json(plan, &title, stream, &err));
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

static void check_equal(const struct sled_plan *a, const struct sled_plan *b, const char *name)
{
    ck_assert_msg(a->nranks == b->nranks && a->elem_bytes == b->elem_bytes, "%s", name);
    ck_assert_msg(a->count == b->count, "%s", name);
    for (sled_xfer_id id = 0; id < a->count; id++) {
        const struct sled_xfer x = sled_plan_get(a, id);
        const struct sled_xfer y = sled_plan_get(b, id);
        const bool nowhere = x.count == 0;

        ck_assert_msg(x.src == y.src && x.dst == y.dst && x.op == y.op && x.count == y.count,
                      "%s, transfer %u", name, id);
        ck_assert_msg(x.src_buffer == y.src_buffer && x.dst_buffer == y.dst_buffer,
                      "%s, transfer %u", name, id);
        ck_assert_msg(nowhere || (x.src_offset == y.src_offset && x.dst_offset == y.dst_offset),
                      "%s, transfer %u", name, id);
        ck_assert_msg(x.nafter == y.nafter, "%s, transfer %u", name, id);
        for (uint32_t k = 0; k < x.nafter; k++)
            ck_assert_msg(x.after[k] == y.after[k], "%s, transfer %u", name, id);
    }
}

START_TEST(what_is_printed_loads_as_the_same_plan)
{
    const uint32_t P = RANKS[(size_t)_i % NRANKS];
    const uint64_t sizes[] = {1, P, P + 1, 12 * P, 1000};

    for (size_t i = 0; i < SLED_ARRAY_LEN(sizes); i++) {
        struct sled_err err = SLED_ERR_INIT;
        struct sled_plan_file file;
        struct sled_plan plan;
        struct coll_case c;

        coll_case_init(&c, coll_case_algo((size_t)_i / NRANKS),
                       &(struct coll_ask){.nranks = P, .nelems = sizes[i]});
        char *text = print(&c.plan, &c.req);
        CK_OK(load_text(".json", text, &file, &err));
        ck_assert_str_eq(file.name, "a \"name\"");
        CK_OK(sled_plan_file_plan(&file, &c.req, &plan, &err));
        check_equal(&c.plan, &plan, c.name);
        char *again = print(&plan, &c.req);
        ck_assert_msg(strcmp(text, again) == 0, "%s", c.name);

        free(again);
        free(text);
        sled_plan_finish(&plan);
        sled_plan_file_finish(&file);
        coll_case_finish(&c);
    }
}
END_TEST

/* Ours first, then MSCCL's. */
static const char *const SHIPPED[] = {"all_reduce_two_sleds.json", "broadcast_chain.json",
                                      "msccl_all_pairs_4.xml", "msccl_ring_8.xml"};
enum { NJSON = 2, NSHIPPED = SLED_ARRAY_LEN(SHIPPED) };

static const char *shipped_path(const char *name)
{
    static char path[512];
    const char *datadir = getenv("SLEDSIM_DATADIR");

    ck_assert_ptr_nonnull(datadir);
    snprintf(path, sizeof path, "%s/collectives/%s", datadir, name);
    return path;
}

START_TEST(shipped_plans_serve_any_size)
{
    static const uint64_t sizes[] = {0, 1, 2, 7, 8, 64, 1000, 1001, 1 << 20};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan_file file;

    CK_OK(sled_plan_file_load(shipped_path(SHIPPED[_i]), &file, &err));
    for (size_t i = 0; i < SLED_ARRAY_LEN(sizes); i++) {
        const struct sled_coll_req req = {.kind = file.kind,
                                          .nranks = file.nranks,
                                          .nelems = sizes[i],
                                          .elem_bytes = 2,
                                          .commutative = true};
        struct sled_plan plan;

        CK_OK(sled_plan_file_plan(&file, &req, &plan, &err));
        CK_OK(sled_verify(&plan, &req, &err));
        CK_OK(sled_verify_order(&plan, &err));
        sled_plan_finish(&plan);
    }
    sled_plan_file_finish(&file);
}
END_TEST

static char *read_shipped(const char *name)
{
    struct sled_err err = SLED_ERR_INIT;
    char *text;
    size_t len;

    CK_OK(sled_file_read(shipped_path(name), &text, &len, &err));
    return text;
}

/* text with `with` in place of the len bytes at `at`; the caller frees it. */
static char *spliced(const char *text, const char *at, size_t len, const char *with)
{
    const size_t size = strlen(text) + strlen(with) + 1;
    char *out = malloc(size);

    ck_assert_ptr_nonnull(out);
    snprintf(out, size, "%.*s%s%s", (int)(at - text), text, with, at + len);
    return out;
}

static void check_refused(const char *text, const char *at, size_t len, const char *with)
{
    char *changed = spliced(text, at, len, with);

    ck_assert_msg(is_refused(".xml", changed), "\"%s\" for \"%.*s\" in %.100s", with, (int)len, at,
                  strstr(at, "s="));
    free(changed);
}

/* A step that is gone, and one that does nothing. */
START_TEST(no_step_can_be_spared)
{
    char *text = read_shipped(SHIPPED[_i]);
    int nsteps = 0;

    for (const char *at = strstr(text, "<step"); at != NULL; at = strstr(at + 1, "<step")) {
        const char *type = strstr(at, "type=\"") + strlen("type=\"");

        check_refused(text, at, (size_t)(strstr(at, "/>") + 2 - at), "");
        check_refused(text, type, strcspn(type, "\""), "nop");
        nsteps++;
    }
    ck_assert_int_ge(nsteps, 60);
    free(text);
}
END_TEST

START_TEST(no_wait_of_all_pairs_can_be_spared)
{
    char *text = read_shipped("msccl_all_pairs_4.xml");
    int nwaits = 0;

    for (const char *at = strstr(text, "depid=\""); at != NULL; at = strstr(at + 1, "depid=\"")) {
        const char *block = at + strlen("depid=\"");

        if (*block == '-')
            continue;
        check_refused(text, block, strcspn(block, "\""), "-1");
        nwaits++;
    }
    ck_assert_int_eq(nwaits, 4 * (3 + 3));
    free(text);
}
END_TEST

/* JSON: a transfer that moves nothing, a wait that is not kept. */
START_TEST(no_transfer_can_be_spared)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc;

    CK_OK(sled_doc_load(shipped_path(SHIPPED[_i]), NULL, NULL, 0, &doc, &err));
    cJSON *transfers = sled_pointer_get(sled_doc_root(doc), "/transfers");
    ck_assert_int_gt(cJSON_GetArraySize(transfers), 0);
    for (int i = 0; i < cJSON_GetArraySize(transfers); i++) {
        cJSON *copy = cJSON_Duplicate(sled_doc_root(doc), true);
        cJSON *transfer = cJSON_GetArrayItem(cJSON_GetObjectItem(copy, "transfers"), i);

        cJSON_DeleteItemFromObject(transfer, "count");
        cJSON_AddNumberToObject(transfer, "count", 0);
        char *text = cJSON_PrintUnformatted(copy);
        ck_assert_msg(is_refused(".json", text), "%s without transfer %d", SHIPPED[_i], i);
        free(text);
        cJSON_Delete(copy);
    }
    sled_doc_destroy(doc);
}
END_TEST

START_TEST(no_wait_of_two_sleds_can_be_spared)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc;
    int nwaits = 0;

    CK_OK(sled_doc_load(shipped_path("all_reduce_two_sleds.json"), NULL, NULL, 0, &doc, &err));
    cJSON *transfers = sled_pointer_get(sled_doc_root(doc), "/transfers");
    for (int i = 0; i < cJSON_GetArraySize(transfers); i++) {
        const cJSON *after = cJSON_GetObjectItem(cJSON_GetArrayItem(transfers, i), "after");

        for (int k = 0; k < cJSON_GetArraySize(after); k++, nwaits++) {
            cJSON *copy = cJSON_Duplicate(sled_doc_root(doc), true);
            cJSON *transfer = cJSON_GetArrayItem(cJSON_GetObjectItem(copy, "transfers"), i);

            cJSON_DeleteItemFromArray(cJSON_GetObjectItem(transfer, "after"), k);
            char *text = cJSON_PrintUnformatted(copy);
            ck_assert_msg(is_refused(".json", text), "transfer %d, wait %d", i, k);
            free(text);
            cJSON_Delete(copy);
        }
    }
    ck_assert_int_eq(nwaits, 4 + 8 + 8);
    sled_doc_destroy(doc);
}
END_TEST

/* A plan serves what it is for. */
START_TEST(other_requests_are_refused)
{
    const struct sled_coll_req right = {
        .kind = SLED_COLL_BROADCAST, .nranks = 4, .nelems = 8, .elem_bytes = 2};
    struct sled_coll_req wrong[] = {right, right, right};
    static const char *const messages[] = {"a plan of broadcast cannot serve all_reduce",
                                           "a plan for 4 ranks cannot serve 5",
                                           "a plan for root 0 cannot serve root 1"};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan_file file;
    struct sled_plan plan;

    wrong[0].kind = SLED_COLL_ALL_REDUCE;
    wrong[1].nranks = 5;
    wrong[2].root = 1;
    CK_OK(sled_plan_file_load(shipped_path("broadcast_chain.json"), &file, &err));
    CK_OK(sled_plan_file_plan(&file, &right, &plan, &err));
    sled_plan_finish(&plan);
    for (size_t i = 0; i < SLED_ARRAY_LEN(wrong); i++) {
        struct sled_err no = SLED_ERR_INIT;

        ck_assert_int_eq(sled_plan_file_plan(&file, &wrong[i], &plan, &no), SLED_E_UNSUPPORTED);
        ck_assert_str_eq(no.msg, messages[i]);
        ck_assert_str_eq(no.file, file.path);
    }
    sled_plan_file_finish(&file);
}
END_TEST

/* Steps in short: the attributes that differ from step to step. */
#define STEP(s, type, sb, so, db, dd, dep, has)                                              \
    "<step s=\"" #s "\" type=\"" type "\" srcbuf=\"" sb "\" srcoff=\"" #so "\" dstbuf=\"" db \
    "\" dstoff=\"" #dd "\" cnt=\"1\" " dep " hasdep=\"" #has "\"/>"
#define NO "depid=\"-1\" deps=\"-1\""
#define ALGO(coll, chunks, gpus)                                                                  \
    "<algo name=\"x\" proto=\"LL\" nchannels=\"2\" nchunksperloop=\"" #chunks "\" ngpus=\"" #gpus \
    "\" coll=\"" coll "\" inplace=\"0\">"
#define GPU(id, i, o, s) \
    "<gpu id=\"" #id "\" i_chunks=\"" #i "\" o_chunks=\"" #o "\" s_chunks=\"" #s "\">"
#define TB(id, send, recv, chan) \
    "<tb id=\"" #id "\" send=\"" #send "\" recv=\"" #recv "\" chan=\"" #chan "\">"

static const char *const RIGHT[] = {
    /* Both send before they receive, which no rendezvous would survive. */
    ALGO("allgather", 2, 2) GPU(0, 1, 2, 0) TB(0, 1, 1, 0) STEP(0, "s", "i", 0, "o", 0, NO, 0)
        STEP(1, "r", "i", 0, "o", 1, NO, 0) "</tb></gpu>" GPU(1, 1, 2, 0) TB(0, 0, 0, 0)
            STEP(0, "s", "i", 0, "o", 1, NO, 0)
                STEP(1, "r", "i", 0, "o", 0, NO, 0) "</tb></gpu></algo>",
    /* The copy from input to output stays where it is. GPUs and threadblocks in any order. */
    ALGO("allgather", 2, 2) GPU(1, 1, 2, 0) TB(3, -1, -1, 0)
        STEP(0, "cpy", "i", 0, "o", 1, NO, 0) "</tb>" TB(1, 0, 0, 1)
            STEP(0, "s", "i", 0, "o", 1, NO, 0)
                STEP(1, "r", "i", 0, "o", 0, NO, 0) "</tb></gpu>" GPU(0, 1, 2, 0) TB(0, 1, 1, 1)
                    STEP(0, "s", "i", 0, "o", 0, NO, 0)
                        STEP(1, "r", "i", 0, "o", 1, NO, 0) "</tb></gpu></algo>",
    /* What arrives is added to src, and the sum is in dst. */
    ALGO("reducescatter", 2, 2) GPU(0, 2, 1, 1) TB(0, 1, 1, 0) STEP(0, "s", "i", 1, "o", 0, NO, 0)
        STEP(1, "rrc", "i", 0, "s", 0, NO, 0)
            STEP(2, "cpy", "s", 0, "o", 0, NO, 0) "</tb></gpu>" GPU(1, 2, 1, 0) TB(0, 0, 0, 0)
                STEP(0, "s", "i", 0, "s", 0, NO, 0)
                    STEP(1, "rrc", "i", 1, "o", 0, NO, 0) "</tb></gpu></algo>",
    /* Two waits before the sum: a nop carries one. */
    ALGO("allreduce", 1, 3) GPU(0, 1, 0, 2) TB(0, -1, 1, 0)
        STEP(0, "r", "i", 0, "s", 0, NO, 1) "</tb>" TB(1, -1, 2, 0) STEP(0, "r", "i", 0, "s", 1, NO,
                                                                         1) "</tb>" TB(2, 1, -1, 0)
            STEP(0, "nop", "i", -1, "o", -1, "depid=\"0\" deps=\"0\"", 0)
                STEP(1, "re", "s", 1, "i", 0, "depid=\"1\" deps=\"0\"", 0)
                    STEP(2, "re", "s", 0, "i", 0, NO, 0) STEP(3, "s", "i", 0, "i", 0, NO,
                                                              0) "</tb></gpu>" GPU(1, 1, 0, 0)
                        TB(0, 0, -1, 0) STEP(0, "s", "i", 0, "s", 0, NO, 1) "</tb>" TB(1, 2, 0, 0)
                            STEP(0, "rcs", "i", 0, "i", 0, "depid=\"0\" deps=\"0\"",
                                 0) "</tb></gpu>" GPU(2, 1, 0, 0) TB(0, 0, 1, 0)
                                STEP(0, "s", "i", 0, "s", 1, NO, 0)
                                    STEP(1, "r", "i", 0, "i", 0, NO, 0) "</tb></gpu></algo>",
    ALGO("alltoall", 2, 2) GPU(0, 2, 2, 0) TB(0, 1, 1, 0) STEP(0, "cpy", "i", 0, "o", 0, NO, 0)
        STEP(1, "s", "i", 1, "o", 0, NO, 0)
            STEP(2, "r", "i", 0, "o", 1, NO, 0) "</tb></gpu>" GPU(1, 2, 2, 0) TB(0, 0, 0, 0)
                STEP(0, "cpy", "i", 1, "o", 1, NO, 0) STEP(1, "s", "i", 0, "o", 1, NO, 0)
                    STEP(2, "r", "i", 1, "o", 0, NO, 0) "</tb></gpu></algo>",
    ALGO("broadcast", 1, 3) GPU(0, 1, 1, 0) TB(0, 1, -1, 0)
        STEP(0, "s", "i", 0, "o", 0, NO, 0) "</tb></gpu>" GPU(1, 1, 1, 0) TB(0, 2, 0, 0)
            STEP(0, "rcs", "i", 0, "o", 0, NO, 0) "</tb></gpu>" GPU(2, 1, 1, 0) TB(0, -1, 1, 0)
                STEP(0, "r", "i", 0, "o", 0, NO, 0) "</tb></gpu></algo>",
};

START_TEST(steps_mean_what_they_should)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan_file file;

    CK_OK(load_text(".xml", RIGHT[_i], &file, &err));
    sled_plan_file_finish(&file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_plan_file");
    TCase *tc = tcase_create("plan_file");

    tcase_add_loop_test(tc, what_is_printed_loads_as_the_same_plan, 0,
                        coll_case_nalgos() * (int)NRANKS);
    tcase_add_loop_test(tc, shipped_plans_serve_any_size, 0, NSHIPPED);
    tcase_add_loop_test(tc, no_step_can_be_spared, NJSON, NSHIPPED);
    tcase_add_test(tc, no_wait_of_all_pairs_can_be_spared);
    tcase_add_loop_test(tc, no_transfer_can_be_spared, 0, NJSON);
    tcase_add_test(tc, no_wait_of_two_sleds_can_be_spared);
    tcase_add_test(tc, other_requests_are_refused);
    tcase_add_loop_test(tc, steps_mean_what_they_should, 0, (int)SLED_ARRAY_LEN(RIGHT));
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
