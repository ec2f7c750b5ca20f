/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Water-filling, resource by resource, from the level at which something changed.
 *
 * A flow's rate is the least level of its resources, so the levels say everything:
 * resource r, with weights w_f and x_f the least level of f's other resources, fills where
 *
 *     sum over its flows of w_f min(x_f, level_r) = capacity_r,
 *
 * and only resources that fill below r matter to it. In the right order, one look at
 * each resource's flows finds all levels. The right order is nearly that of the last time:
 * resources are taken in it, and one that comes out below its predecessor is moved
 * to where it belongs; what stood in between is looked at again.
 *
 * Below the level of a change nothing is different from the last time: whatever filled there
 * did so without the flows that came or went. So only resources at or above it take part, and
 * of those only the ones that are connected, through flows, to a change.
 */
#include "fluid/state.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Levels that differ by less, relatively, are one. */
static const double SAME_LEVEL = 1e-12;

/* Sets up to this size are put in order by themselves, larger ones by a walk over all. */
enum { SMALL_SET = 32 };

void sled_fluid_set_level(struct sled_fluid *fluid, uint32_t r, double level)
{
    const bool open = isinf(level);

    fluid->level[r] = level;
    fluid->water[r] = (struct sled_fluid_water){.level = open ? 0 : level, .open = open};
}

/* The one other resource that matters to the flow, where just one does. */
static uint32_t only_other(const struct sled_fluid *fluid, const struct sled_fluid_member *member)
{
    return fluid->core_only ? member->other : SLED_FLUID_NONE;
}

static uint32_t count_binds(const struct sled_fluid *fluid, const struct sled_fluid_member *member)
{
    return fluid->core_only ? member->ncore : member->nbinds;
}

/* Least level of the flow's resources other than r. Seldom ones that are not armed have none. */
static double level_elsewhere(const struct sled_fluid *fluid,
                              const struct sled_fluid_member *member, uint32_t r)
{
    const struct sled_fluid_bind *bind = &fluid->bind[member->first];
    const uint32_t nbinds = count_binds(fluid, member);
    double least = INFINITY;

    for (uint32_t k = 0; k < nbinds; k++)
        if (bind[k].resource != r && fluid->level[bind[k].resource] < least)
            least = fluid->level[bind[k].resource];
    return least;
}

/* Seldom resources wait until the core ones are solved, unless all are solved together. */
static bool takes_part(const struct sled_fluid *fluid, uint32_t r)
{
    const struct sled_fluid_resource *resource = &fluid->resource[r];

    return resource->role == SLED_FLUID_CORE || (!fluid->core_only && resource->arming != 0);
}

static void join(struct sled_fluid *fluid, uint32_t r, double from)
{
    if (fluid->epoch_of[r] == fluid->epoch || fluid->level[r] < from || !takes_part(fluid, r))
        return;
    fluid->epoch_of[r] = fluid->epoch;
    fluid->set[fluid->nset++] = r;
}

/* How many resources could take part at all. */
static uint32_t count_candidates(const struct sled_fluid *fluid, double from)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < fluid->norder; i++) {
        const uint32_t r = fluid->order[i];

        count +=
            fluid->epoch_of[r] == fluid->epoch ||
            (fluid->level[r] >= from && fluid->resource[r].nmembers != 0 && takes_part(fluid, r));
    }
    return count;
}

/* Join the resources that flows of r, at the level of the change or above, lead to. */
static void join_neighbours(struct sled_fluid *fluid, uint32_t r, double from)
{
    const struct sled_fluid_resource *resource = &fluid->resource[r];

    for (uint32_t m = 0; m < resource->nmembers; m++) {
        const struct sled_fluid_member *member = &resource->member[m];

        if (only_other(fluid, member) != SLED_FLUID_NONE) {
            join(fluid, member->other, from); /* which is below if it holds the flow below */
            continue;
        }
        if (level_elsewhere(fluid, member, r) < from)
            continue;
        for (uint32_t k = 0; k < count_binds(fluid, member); k++)
            join(fluid, fluid->bind[member->first + k].resource, from);
    }
}

/* All resources that a change can reach. In a dense network that is soon all there are. */
static void collect(struct sled_fluid *fluid, double from)
{
    uint32_t limit = fluid->norder;
    uint64_t looked = 0;

    fluid->nset = 0;
    for (uint32_t i = 0; i < fluid->ndirty; i++)
        join(fluid, fluid->dirty[i], from);
    for (uint32_t i = 0; i < fluid->nset && fluid->nset < limit; i++) {
        looked += fluid->resource[fluid->set[i]].nmembers;
        if (looked > fluid->norder && limit == fluid->norder)
            limit = count_candidates(fluid, from);
        join_neighbours(fluid, fluid->set[i], from);
    }
}

/*
 * The level of r, where only what has a level already matters; INFINITY if it does not fill. A
 * level below what filled last shows that r was looked at too late. *slack is what rounding
 * may have taken from it: of many flows with one rate, the last ones are what a long sum leaves.
 */
static double look_at(struct sled_fluid *fluid, uint32_t r, double *slack)
{
    struct sled_fluid_resource *resource = &fluid->resource[r];
    const struct sled_fluid_water *water = fluid->water;
    double spare = resource->capacity;
    double thirst = 0; /* weights of the flows that nothing below holds */

    fluid->stats.looks += resource->nmembers;
    for (uint32_t m = 0; m < resource->nmembers; m++) {
        const struct sled_fluid_member *member = &resource->member[m];
        const uint32_t other = only_other(fluid, member);

        if (other != SLED_FLUID_NONE) { /* no branch on what cannot be predicted */
            spare -= member->weight * water[other].level;
            thirst += member->weight * water[other].open;
            continue;
        }
        const double elsewhere = level_elsewhere(fluid, member, r);
        if (isinf(elsewhere))
            thirst += member->weight;
        else
            spare -= member->weight * elsewhere;
    }
    const double rounding = resource->nmembers * DBL_EPSILON * resource->capacity;

    resource->spare = fmax(0, spare);
    resource->thirst = thirst;
    *slack = 0;
    if (thirst == 0)
        return spare < -SAME_LEVEL * resource->capacity - rounding ? 0 : INFINITY;
    *slack = rounding / thirst;
    return resource->spare / thirst;
}

/* How a water-filling expects the level of a resource. */
typedef double (*guess_fn)(struct sled_fluid *fluid, uint32_t r);

/* The level that r would have if only its own flows had changed since the last time; of a
 * resource with its first flows, the level at which it would fill if no other did. */
static double guess_by_last(struct sled_fluid *fluid, uint32_t r)
{
    const struct sled_fluid_resource *resource = &fluid->resource[r];

    if (resource->nmembers == 0)
        return INFINITY;
    if (resource->fresh)
        return resource->capacity / resource->weight_all;
    return isinf(fluid->level[r]) || resource->nheld == 0 ? fluid->level[r]
                                                          : resource->spare / resource->thirst;
}

/* What it would be if the core resources alone held flows. */
static double guess_above_core(struct sled_fluid *fluid, uint32_t r)
{
    double slack;

    return look_at(fluid, r, &slack);
}

static bool stands_before(const struct sled_fluid *fluid, uint32_t a, uint32_t b)
{
    return fluid->guess[a] < fluid->guess[b] ||
           (fluid->guess[a] == fluid->guess[b] && fluid->order_at[a] < fluid->order_at[b]);
}

static void sift(struct sled_fluid *fluid, uint32_t at, uint32_t count)
{
    uint32_t *set = fluid->set;
    const uint32_t r = set[at];

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= count)
            break;
        if (child + 1 < count && stands_before(fluid, set[child], set[child + 1]))
            child++;
        if (!stands_before(fluid, r, set[child]))
            break;
        set[at] = set[child];
        at = child;
    }
    set[at] = r;
}

static void heap_sort(struct sled_fluid *fluid)
{
    for (uint32_t i = fluid->nset / 2; i-- > 0;)
        sift(fluid, i, fluid->nset);
    for (uint32_t n = fluid->nset; n > 1; n--) {
        const uint32_t top = fluid->set[0];

        fluid->set[0] = fluid->set[n - 1];
        fluid->set[n - 1] = top;
        sift(fluid, 0, n - 1);
    }
}

/* Insertion sort, which is quick on what is nearly in order, for as long as it is quick. */
static void sort_set(struct sled_fluid *fluid)
{
    uint32_t *set = fluid->set;
    uint64_t budget = 8 * (uint64_t)fluid->nset + 64;

    for (uint32_t i = 1; i < fluid->nset; i++) {
        const uint32_t r = set[i];
        uint32_t at = i;

        for (; at > 0 && stands_before(fluid, r, set[at - 1]); at--)
            set[at] = set[at - 1];
        set[at] = r;
        if (at != i)
            fluid->moved[r] = fluid->epoch;
        if (i - at > budget) {
            heap_sort(fluid);
            for (uint32_t k = 0; k < fluid->nset; k++)
                fluid->moved[set[k]] = fluid->epoch;
            return;
        }
        budget -= i - at;
    }
}

/* Put the set in the order of the last time, and remember which places it took there. */
static void put_in_order(struct sled_fluid *fluid, guess_fn guess)
{
    if (fluid->nset <= SMALL_SET) {
        for (uint32_t i = 1; i < fluid->nset; i++) {
            const uint32_t r = fluid->set[i];
            uint32_t at = i;

            for (; at > 0 && fluid->order_at[r] < fluid->order_at[fluid->set[at - 1]]; at--)
                fluid->set[at] = fluid->set[at - 1];
            fluid->set[at] = r;
        }
    } else {
        uint32_t n = 0;

        for (uint32_t i = 0; i < fluid->norder; i++)
            if (fluid->epoch_of[fluid->order[i]] == fluid->epoch)
                fluid->set[n++] = fluid->order[i];
    }
    for (uint32_t i = 0; i < fluid->nset; i++) {
        const uint32_t r = fluid->set[i];

        fluid->place[i] = fluid->order_at[r];
        fluid->guess[r] = fluid->was[r];
    }
    sort_set(fluid); /* resources of other sets may have taken places on the wrong side of these */
    for (uint32_t i = 0; i < fluid->nset; i++) {
        const uint32_t r = fluid->set[i];

        fluid->order_at[r] = fluid->was_at[r] = fluid->place[i];
        fluid->guess[r] = guess(fluid, r);
    }
    sort_set(fluid);
}

/*
 * The level of r when what filled above it must make room: those flows are r's. `level` is
 * below it; it rises as more flows turn out to be held lower.
 */
static double level_among(struct sled_fluid *fluid, uint32_t r, double level)
{
    struct sled_fluid_resource *resource = &fluid->resource[r];

    for (;;) {
        double spare = resource->capacity;
        double thirst = 0;

        for (uint32_t m = 0; m < resource->nmembers; m++) {
            const struct sled_fluid_member *member = &resource->member[m];
            const uint32_t other = only_other(fluid, member);

            if (other != SLED_FLUID_NONE) { /* without a branch, as above */
                const double held = fluid->level[other] <= level;

                spare -= member->weight * fluid->water[other].level * held;
                thirst += member->weight * (1 - held);
                continue;
            }
            const double elsewhere = level_elsewhere(fluid, member, r);
            if (elsewhere <= level)
                spare -= member->weight * elsewhere;
            else
                thirst += member->weight;
        }
        if (thirst == 0 || !(spare / thirst > level))
            return level;
        level = spare / thirst;
        resource->spare = spare;
        resource->thirst = thirst;
    }
}

/* Move set[i] to where its level belongs and forget the levels of what stood in between. */
static uint32_t move_down(struct sled_fluid *fluid, uint32_t i, double level)
{
    const uint32_t r = fluid->set[i];
    uint32_t at = i;

    for (; at > 0 && fluid->level[fluid->set[at - 1]] > level; at--) {
        sled_fluid_set_level(fluid, fluid->set[at - 1], INFINITY);
        fluid->set[at] = fluid->set[at - 1];
    }
    fluid->set[at] = r;
    fluid->moved[r] = fluid->epoch;
    return at;
}

static void find_levels(struct sled_fluid *fluid)
{
    double last = 0;

    for (uint32_t i = 0; i < fluid->nset; i++)
        sled_fluid_set_level(fluid, fluid->set[i], INFINITY);
    for (uint32_t i = 0; i < fluid->nset; i++) {
        const uint32_t r = fluid->set[i];
        double slack;
        double level = look_at(fluid, r, &slack);

        slack += SAME_LEVEL * last;
        if (level < last - slack) {
            level = level_among(fluid, r, level);
            i = move_down(fluid, i, level);
            last = i == 0 ? 0 : fluid->level[fluid->set[i - 1]];
        }
        if (isinf(level))
            continue;
        if (level > last + slack) /* else they are equal, and must not drift apart */
            last = level;
        sled_fluid_set_level(fluid, r, last);
    }
}

/* Who holds a flow: of its full resources the lowest, and of equal ones the first in order. Seldom
 * ones hold a flow with core resources only while all are solved together. */
static uint32_t find_holder(const struct sled_fluid *fluid, uint32_t path)
{
    const uint32_t first = fluid->bind_first[path];
    const uint16_t ncore = fluid->bind_core[path];
    const uint32_t end = fluid->wide || ncore == 0 ? fluid->bind_first[path + 1] : first + ncore;
    uint32_t best = fluid->bind[first].resource;

    for (uint32_t u = first + 1; u < end; u++) {
        const uint32_t r = fluid->bind[u].resource;

        if (fluid->level[r] < fluid->level[best] ||
            (fluid->level[r] == fluid->level[best] && fluid->order_at[r] < fluid->order_at[best]))
            best = r;
    }
    return best;
}

static enum sled_status give(struct sled_fluid *fluid, uint32_t f, struct sled_err *err)
{
    const struct sled_fluid_slot *slot = &fluid->slot[f];
    const uint32_t holder = find_holder(fluid, slot->path);

    if (slot->holder == holder)
        return SLED_OK; /* its mark on that counter stays where it is */
    const double remaining =
        slot->holder == SLED_FLUID_NONE ? slot->mark : sled_fluid_release(fluid, f);
    return sled_fluid_hold(fluid, f, holder, remaining, err);
}

/* Do two resources, both in the set, stand the other way round than before? */
static bool swapped(const struct sled_fluid *fluid, uint32_t a, uint32_t b)
{
    return fluid->epoch_of[b] == fluid->epoch &&
           (fluid->was_at[a] < fluid->was_at[b]) != (fluid->order_at[a] < fluid->order_at[b]);
}

/* Flows change hands only between resources that have changed places, or where one that was not
 * full is so now, or the other way round. */
static enum sled_status hand_over(struct sled_fluid *fluid, struct sled_err *err)
{
    for (uint32_t i = 0; i < fluid->nset; i++) {
        const uint32_t r = fluid->set[i];
        const struct sled_fluid_resource *resource = &fluid->resource[r];
        const bool turned = isinf(fluid->was[r]) != isinf(fluid->level[r]);

        if (!turned && fluid->moved[r] != fluid->epoch)
            continue;
        for (uint32_t m = 0; m < resource->nmembers; m++) {
            const struct sled_fluid_member *member = &resource->member[m];

            const uint32_t other = only_other(fluid, member);

            if (turned || other == SLED_FLUID_NONE || swapped(fluid, r, other))
                SLED_TRY(give(fluid, member->flow, err));
        }
    }
    return SLED_OK;
}

/* Epochs are used up: nothing may look as if it belonged to the next one. */
static void restart_epochs(struct sled_fluid *fluid)
{
    memset(fluid->epoch_of, 0, fluid->nresources * sizeof *fluid->epoch_of);
    memset(fluid->moved, 0, fluid->nresources * sizeof *fluid->moved);
    fluid->epoch = 1;
}

/* Solve the resources that take part, from a level on. */
static enum sled_status solve_from(struct sled_fluid *fluid, double level, struct sled_err *err)
{
    if (++fluid->epoch == 0)
        restart_epochs(fluid);
    fluid->core_only = !fluid->wide;
    fluid->stats.solves++;
    collect(fluid, level * (1 - SAME_LEVEL));
    for (uint32_t i = 0; i < fluid->nset; i++) {
        sled_fluid_settle(fluid, fluid->set[i]);
        fluid->was[fluid->set[i]] = fluid->level[fluid->set[i]];
    }
    put_in_order(fluid, guess_by_last);
    find_levels(fluid);
    for (uint32_t i = 0; i < fluid->nset; i++) {
        fluid->order[fluid->place[i]] = fluid->set[i];
        fluid->order_at[fluid->set[i]] = fluid->place[i];
    }
    SLED_TRY(hand_over(fluid, err));
    for (uint32_t i = 0; i < fluid->nset; i++)
        sled_fluid_reschedule(fluid, fluid->set[i]);
    return SLED_OK;
}

/* Give every flow, and with it every resource, to the calendar anew: for the rare case that
 * more has changed than the order of those that took part. */
static enum sled_status give_all(struct sled_fluid *fluid, struct sled_err *err)
{
    for (size_t i = 0; i < fluid->nactive; i++)
        SLED_TRY(give(fluid, fluid->active[i], err));
    for (uint32_t i = 0; i < fluid->norder; i++)
        sled_fluid_reschedule(fluid, fluid->order[i]);
    return SLED_OK;
}

/*
 * Levels of the armed seldom resources when all core levels stand. Right if each of them fills
 * above all that hold its core flows; *right says so. Flows without a core resource are theirs.
 */
static enum sled_status solve_armed(struct sled_fluid *fluid, bool *right, struct sled_err *err)
{
    if (++fluid->epoch == 0)
        restart_epochs(fluid);
    fluid->core_only = false;
    fluid->nset = 0;
    for (uint32_t i = 0; i < fluid->narmed; i++) {
        const uint32_t r = fluid->armed[i];

        sled_fluid_settle(fluid, r);
        fluid->epoch_of[r] = fluid->epoch;
        fluid->set[fluid->nset++] = r;
        fluid->was[r] = fluid->level[r];
    }
    for (uint32_t i = 0; i < fluid->nset; i++)
        sled_fluid_set_level(fluid, fluid->set[i], INFINITY);
    put_in_order(fluid, guess_above_core);
    find_levels(fluid);
    *right = true;
    for (uint32_t i = 0; i < fluid->nset; i++) {
        const uint32_t r = fluid->set[i];

        fluid->order[fluid->place[i]] = r;
        fluid->order_at[r] = fluid->place[i];
        for (uint32_t m = 0; m < fluid->resource[r].nmembers; m++) {
            const struct sled_fluid_member *member = &fluid->resource[r].member[m];

            if (member->ncore != 0 && level_elsewhere(fluid, member, r) > fluid->level[r])
                *right = false;
        }
    }
    if (!*right)
        return SLED_OK;
    SLED_TRY(hand_over(fluid, err));
    for (uint32_t i = 0; i < fluid->nset; i++)
        sled_fluid_reschedule(fluid, fluid->set[i]);
    return SLED_OK;
}

/* A resource that is no longer armed holds nothing: its flows are as if they had just come. */
static void let_go(struct sled_fluid *fluid, uint32_t r)
{
    struct sled_fluid_resource *resource = &fluid->resource[r];

    sled_fluid_settle(fluid, r);
    fluid->from_level = fmin(fluid->from_level, fluid->level[r]);
    while (resource->nheld != 0) {
        const uint32_t f = resource->held[0];
        const uint32_t path = fluid->slot[f].path;

        fluid->slot[f].mark = sled_fluid_release(fluid, f);
        fluid->arrival[fluid->narrivals++] = f;
        for (uint32_t u = fluid->bind_first[path]; u < fluid->bind_first[path + 1]; u++)
            sled_fluid_touch(fluid, fluid->bind[u].resource);
    }
    sled_fluid_set_level(fluid, r, INFINITY);
    sled_fluid_reschedule(fluid, r);
}

static void touch_all(struct sled_fluid *fluid)
{
    for (uint32_t i = 0; i < fluid->norder; i++)
        sled_fluid_touch(fluid, fluid->order[i]);
}

static enum sled_status solve(struct sled_fluid *fluid, struct sled_err *err)
{
    bool anew = false;

    for (uint32_t i = 0; i < fluid->ndirty; i++) {
        const struct sled_fluid_resource *resource = &fluid->resource[fluid->dirty[i]];

        if (resource->role == SLED_FLUID_SELDOM && resource->arming == 0 &&
            !isinf(fluid->level[fluid->dirty[i]]))
            let_go(fluid, fluid->dirty[i]);
    }
    if (fluid->wide && fluid->narmed == 0) { /* back to core resources, from the beginning */
        fluid->wide = false;
        anew = true;
        touch_all(fluid);
    }
    SLED_TRY(solve_from(fluid, anew ? 0 : fluid->from_level, err));
    if (!fluid->wide && fluid->narmed != 0) {
        bool right = true;

        SLED_TRY(solve_armed(fluid, &right, err));
        if (!right) { /* all together, from the beginning */
            fluid->wide = true;
            anew = true;
            touch_all(fluid);
            SLED_TRY(solve_from(fluid, 0, err));
        }
    }
    return anew ? give_all(fluid, err) : SLED_OK;
}

/* Flows that nothing holds yet get their holders. */
static enum sled_status give_arrivals(struct sled_fluid *fluid, struct sled_err *err)
{
    for (size_t i = 0; i < fluid->narrivals; i++)
        SLED_TRY(give(fluid, fluid->arrival[i], err));
    for (size_t i = 0; i < fluid->narrivals; i++)
        sled_fluid_reschedule(fluid, fluid->slot[fluid->arrival[i]].holder);
    fluid->narrivals = 0;
    return SLED_OK;
}

enum sled_status sled_fluid_solve(struct sled_fluid *fluid, struct sled_err *err)
{
    if (fluid->ndirty == 0)
        return SLED_OK;
    SLED_TRY(solve(fluid, err));
    SLED_TRY(give_arrivals(fluid, err));
    for (uint32_t i = 0; i < fluid->ndirty; i++)
        fluid->resource[fluid->dirty[i]].dirty = fluid->resource[fluid->dirty[i]].fresh = false;
    fluid->ndirty = 0;
    fluid->from_level = INFINITY;
    fluid->must_solve = false;
    return SLED_OK;
}
