/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys are for telling points apart, not for security: XXH3 is fast, and its 128 bits make a
 * collision among all points ever swept as unlikely as a cryptographic hash would.
 */
#include "sweep/key.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/file.h"
#include "base/vec.h"

struct sled_key {
    XXH3_state_t *state;
};

enum sled_status sled_key_create(struct sled_key **out, struct sled_err *err)
{
    struct sled_key *key;

    SLED_TRY(sled_vec_alloc(&key, 1, err));
    key->state = XXH3_createState();
    if (key->state == NULL || XXH3_128bits_reset(key->state) != XXH_OK) {
        sled_key_destroy(key);
        return sled_err_nomem(err);
    }
    *out = key;
    return SLED_OK;
}

void sled_key_destroy(struct sled_key *key)
{
    if (key != NULL)
        XXH3_freeState(key->state);
    free(key);
}

/* The length comes first, so that no two lists of texts are the same bytes. */
static void add_bytes(struct sled_key *key, const char *text, size_t len)
{
    char prefix[32];
    const int n = snprintf(prefix, sizeof prefix, "%zu:", len);

    XXH3_128bits_update(key->state, prefix, (size_t)n);
    XXH3_128bits_update(key->state, text, len);
}

void sled_key_add(struct sled_key *key, const char *text)
{
    add_bytes(key, text, strlen(text));
}

enum sled_status sled_key_add_file(struct sled_key *key, const char *path, struct sled_err *err)
{
    char *text;
    size_t len;

    SLED_TRY(sled_file_read(path, &text, &len, err));
    add_bytes(key, text, len);
    free(text);
    return SLED_OK;
}

void sled_key_text(const struct sled_key *key, char out[SLED_KEY_SIZE])
{
    const XXH128_hash_t hash = XXH3_128bits_digest(key->state);

    snprintf(out, SLED_KEY_SIZE, "%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);
}

static void add_string(const char *text, struct sled_str *out)
{
    sled_str_add(out, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            sled_str_addf(out, "\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            sled_str_addf(out, "\\u%04x", (unsigned)(unsigned char)*c);
        else
            sled_str_addn(out, c, 1);
    }
    sled_str_add(out, "\"");
}

static void add_number(double number, struct sled_str *out)
{
    char text[32];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    sled_str_add(out, text);
}

static bool is_for_people(const char *key)
{
    return strcmp(key, "comment") == 0 || strcmp(key, "description") == 0 ||
           strcmp(key, "source") == 0 || strncmp(key, "x-", 2) == 0;
}

static int compare_keys(const void *a, const void *b)
{
    const cJSON *const *x = a, *const *y = b;

    return strcmp((*x)->string, (*y)->string);
}

static void add_object(const cJSON *object, struct sled_str *out)
{
    const size_t count = (size_t)cJSON_GetArraySize(object);
    const cJSON **member = calloc(count + 1, sizeof *member), *item;
    size_t kept = 0;

    if (member == NULL) {
        out->failed = true;
        return;
    }
    cJSON_ArrayForEach(item, object)
    {
        if (!is_for_people(item->string))
            member[kept++] = item;
    }
    qsort(member, kept, sizeof *member, compare_keys);
    sled_str_add(out, "{");
    for (size_t i = 0; i < kept; i++) {
        sled_str_add(out, i == 0 ? "" : ",");
        add_string(member[i]->string, out);
        sled_str_add(out, ":");
        sled_canonical_json(member[i], out);
    }
    sled_str_add(out, "}");
    free(member);
}

void sled_canonical_json(const cJSON *tree, struct sled_str *out)
{
    const cJSON *item;

    if (cJSON_IsObject(tree)) {
        add_object(tree, out);
    } else if (cJSON_IsArray(tree)) {
        sled_str_add(out, "[");
        cJSON_ArrayForEach(item, tree)
        {
            sled_str_add(out, item == tree->child ? "" : ",");
            sled_canonical_json(item, out);
        }
        sled_str_add(out, "]");
    } else if (cJSON_IsNumber(tree)) {
        add_number(tree->valuedouble, out);
    } else if (cJSON_IsString(tree)) {
        add_string(tree->valuestring, out);
    } else {
        sled_str_add(out, cJSON_IsTrue(tree) ? "true" : cJSON_IsFalse(tree) ? "false" : "null");
    }
}
