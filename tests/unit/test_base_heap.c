/* SPDX-License-Identifier: Apache-2.0 */
/* The heap against a plain list in which the least is searched. */
#include <math.h>

#include "base/heap.h"
#include "base/rng.h"
#include "base/vec.h"
#include "check_main.h"

enum { NUMBERS = 200, STEPS = 20000 };

struct list {
    bool in[NUMBERS];
    double key[NUMBERS];
};

static double least_of(const struct list *list)
{
    double least = INFINITY;

    for (uint32_t i = 0; i < NUMBERS; i++)
        if (list->in[i])
            least = fmin(least, list->key[i]);
    return least;
}

/* The first one is in the list, with its key, and that is the least. */
static void check_first(const struct sled_heap *heap, const struct list *list)
{
    const struct sled_heap_entry first = heap->entry[0];

    ck_assert(list->in[first.number]);
    ck_assert_double_eq(first.key, list->key[first.number]);
    ck_assert_double_eq(first.key, least_of(list));
}

static void compare(const struct sled_heap *heap, const struct list *list)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < NUMBERS; i++) {
        ck_assert_int_eq(sled_heap_has(heap, i), list->in[i]);
        if (list->in[i])
            ck_assert_double_eq(sled_heap_key(heap, i), list->key[i]);
        count += list->in[i];
    }
    ck_assert_uint_eq(heap->count, count);
}

/* Few different keys, so that many are equal; numbers come in, change and go. */
START_TEST(does_as_a_list_does)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_heap heap = {0};
    struct list list = {0};
    struct sled_rng rng;

    sled_rng_init(&rng, (uint64_t)_i, 0);
    for (uint32_t step = 0; step < STEPS; step++) {
        const uint32_t limit = 1 + step * (NUMBERS - 1) / (STEPS - 1); /* it grows on the way */
        const uint32_t i = sled_rng_below(&rng, limit);

        ck_assert_int_eq(sled_heap_reserve(&heap, limit, &err), SLED_OK);
        if (list.in[i] && sled_rng_below(&rng, 3) == 0) {
            sled_heap_remove(&heap, i);
            list.in[i] = false;
        } else {
            list.in[i] = true;
            list.key[i] = sled_rng_below(&rng, 1 + 40 * (uint32_t)_i) - 20.0;
            sled_heap_set(&heap, i, list.key[i]);
        }
        if (step % 50 == 0 && limit == NUMBERS)
            compare(&heap, &list);
        if (heap.count > 0)
            check_first(&heap, &list);
    }
    while (heap.count > 0) {
        const uint32_t first = heap.entry[0].number;

        check_first(&heap, &list);
        sled_heap_remove(&heap, first);
        list.in[first] = false;
    }
    sled_heap_finish(&heap);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap");
    TCase *tc = tcase_create("heap");

    tcase_add_loop_test(tc, does_as_a_list_does, 0, 4);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
