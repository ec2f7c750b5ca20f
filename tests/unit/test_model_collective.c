/* SPDX-License-Identifier: Apache-2.0 */
/* Requests: sanity, blocks, sizes and bandwidth factors. */
#include "base/err.h"
#include "base/vec.h"
#include "check_main.h"
#include "model/collective.h"

static uint64_t cell[4] = {1, 2, 3, 4};
static const struct sled_traffic TWO = {.nranks = 2, .bytes = cell};
static uint64_t huge_cell[4] = {INT64_MAX, 1, 0, 0};
static const struct sled_place OF_THREE = {.nranks = 3};
static const struct sled_traffic HUGE_SUM = {.nranks = 2, .bytes = huge_cell};

START_TEST(blocks_partition_the_elements)
{
    static const uint64_t SIZES[] = {0, 1, 2, 16, 17, 1000, 1234567, UINT64_MAX};

    for (uint32_t P = 1; P <= 20; P++) {
        for (size_t i = 0; i < SLED_ARRAY_LEN(SIZES); i++) {
            const uint64_t n = SIZES[i];
            const uint64_t shortest = sled_block(n, P, P - 1).count;
            uint64_t next = 0;
            uint64_t previous = UINT64_MAX;

            for (uint32_t b = 0; b < P; b++) {
                const struct sled_span block = sled_block(n, P, b);
                ck_assert_uint_eq(block.offset, next);
                ck_assert_uint_le(block.count, previous);
                ck_assert_uint_le(block.count - shortest, 1);
                next += block.count;
                previous = block.count;
            }
            ck_assert_uint_eq(next, n);
        }
    }
}
END_TEST

START_TEST(good_requests_pass)
{
    static const struct sled_coll_req GOOD[] = {
        {.kind = SLED_COLL_ALL_REDUCE, .nranks = 1, .elem_bytes = 1},
        {.kind = SLED_COLL_BROADCAST, .nranks = 4, .root = 3, .nelems = 9, .elem_bytes = 2},
        {.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = 2, .elem_bytes = 1, .traffic = &TWO},
        {.kind = SLED_COLL_ALL_TO_ALL,
         .nranks = 1024,
         .nelems = (uint64_t)1 << 50,
         .elem_bytes = 4},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(GOOD); i++) {
        struct sled_err err = SLED_ERR_INIT;
        ck_assert_msg(sled_coll_req_check(&GOOD[i], &err) == SLED_OK, "%s", err.msg);
    }
}
END_TEST

static const struct {
    struct sled_coll_req req;
    const char *message;
} REFUSED[] = {
    {{.kind = SLED_COLL_ALL_REDUCE, .elem_bytes = 4},
     "all_reduce over 0 ranks, expected at least 1"},
    {{.kind = SLED_COLL_BROADCAST, .nranks = 4, .root = 4, .elem_bytes = 4},
     "root 4 is not a rank, expected 0 to 3"},
    {{.kind = SLED_COLL_ALL_GATHER, .nranks = 4, .root = 2, .elem_bytes = 4},
     "all_gather has no root, but root 2 is given"},
    {{.kind = SLED_COLL_ALL_REDUCE, .nranks = 4}, "elements of 0 bytes, expected at least 1"},
    {{.kind = SLED_COLL_ALL_REDUCE, .nranks = 4, .nelems = (uint64_t)1 << 60, .elem_bytes = 2},
     "1152921504606846976 elements of 2 bytes on each of 4 ranks make 2^63 bytes or more"},
    {{.kind = SLED_COLL_ALL_REDUCE, .nranks = UINT32_MAX, .elem_bytes = 1},
     "0 elements of 1 bytes on each of 4294967295 ranks make 2^63 bytes or more"},
    {{.kind = SLED_COLL_ALL_TO_ALL, .nranks = 2, .elem_bytes = 1, .traffic = &TWO},
     "all_to_all takes no byte matrix, only all_to_all_v does"},
    {{.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = 2, .elem_bytes = 1},
     "all_to_all_v needs a byte matrix"},
    {{.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = 2, .elem_bytes = 4, .traffic = &TWO},
     "all_to_all_v counts in bytes: elements of 4 bytes, expected 1"},
    {{.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = 3, .elem_bytes = 1, .traffic = &TWO},
     "the byte matrix is 2 x 2, expected 3 x 3, one row per rank"},
    {{.kind = SLED_COLL_ALL_GATHER, .nranks = 4, .elem_bytes = 4, .place = &OF_THREE},
     "the place is of 3 ranks, expected 4"},
    {{.kind = SLED_COLL_ALL_GATHER, .nranks = 4, .elem_bytes = 4, .channels = 65},
     "65 channels, at most 64 are possible"},
    {{.kind = SLED_COLL_ALL_GATHER, .nranks = 4, .elem_bytes = 4, .chunks = 99},
     "99 chunks, at most 64 are possible"},
    {{.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = 2, .elem_bytes = 1, .traffic = &HUGE_SUM},
     "the byte matrix adds up to 2^63 or more"},
};

START_TEST(bad_requests_are_refused)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(sled_coll_req_check(&REFUSED[_i].req, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, REFUSED[_i].message);
}
END_TEST

START_TEST(size_is_the_whole_buffer_of_a_rank)
{
    const struct sled_coll_req even = {
        .kind = SLED_COLL_ALL_GATHER, .nranks = 4, .nelems = 10, .elem_bytes = 4};
    const struct sled_coll_req uneven = {
        .kind = SLED_COLL_ALL_TO_ALL_V, .nranks = 2, .elem_bytes = 1, .traffic = &TWO};

    ck_assert_uint_eq(sled_coll_size_bytes(&even), 40);
    ck_assert_uint_eq(sled_coll_size_bytes(&uneven), 7); /* the row of rank 1 */
}
END_TEST

START_TEST(bandwidth_factors_are_those_of_nccl_tests)
{
    ck_assert_double_eq(sled_coll_busbw_factor(SLED_COLL_ALL_REDUCE, 4), 1.5);
    ck_assert_double_eq(sled_coll_busbw_factor(SLED_COLL_ALL_GATHER, 4), 0.75);
    ck_assert_double_eq(sled_coll_busbw_factor(SLED_COLL_REDUCE_SCATTER, 4), 0.75);
    ck_assert_double_eq(sled_coll_busbw_factor(SLED_COLL_ALL_TO_ALL, 4), 0.75);
    ck_assert_double_eq(sled_coll_busbw_factor(SLED_COLL_ALL_TO_ALL_V, 4), 0.75);
    ck_assert_double_eq(sled_coll_busbw_factor(SLED_COLL_BROADCAST, 4), 1);
    ck_assert_double_eq(sled_coll_busbw_factor(SLED_COLL_PERMUTE, 4), 1);
    ck_assert_double_eq(sled_coll_busbw_factor(SLED_COLL_ALL_REDUCE, 1), 0);
}
END_TEST

START_TEST(names_cover_the_kinds)
{
    for (int kind = 0; kind < SLED_COLL_KINDS; kind++)
        ck_assert_ptr_nonnull(sled_coll_kind_names[kind]);
    ck_assert_ptr_null(sled_coll_kind_names[SLED_COLL_KINDS]);
    ck_assert_str_eq(sled_coll_kind_names[SLED_COLL_ALL_TO_ALL_V], "all_to_all_v");
    ck_assert_str_eq(sled_coll_kind_names[SLED_COLL_PERMUTE], "permute");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("collective");
    TCase *tc = tcase_create("collective");

    tcase_add_test(tc, blocks_partition_the_elements);
    tcase_add_test(tc, good_requests_pass);
    tcase_add_loop_test(tc, bad_requests_are_refused, 0, SLED_ARRAY_LEN(REFUSED));
    tcase_add_test(tc, size_is_the_whole_buffer_of_a_rank);
    tcase_add_test(tc, bandwidth_factors_are_those_of_nccl_tests);
    tcase_add_test(tc, names_cover_the_kinds);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
