/* SPDX-License-Identifier: Apache-2.0 */
/* JSON pointers (RFC 6901): building, reading and following them. */
#include "base/pointer.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/doc.h"

/* Append one byte if it fits, else mark the cut; false when it was cut. */
static bool add_char(char *pointer, size_t size, size_t *len, char c)
{
    if (*len + 1 >= size) {
        if (size >= 4)
            memcpy(pointer + size - 4, "...", 4);
        return false;
    }
    pointer[(*len)++] = c;
    pointer[*len] = '\0';
    return true;
}

void sled_pointer_add(char *pointer, size_t size, const char *key)
{
    size_t len = strlen(pointer);
    bool fits = add_char(pointer, size, &len, '/');

    for (; fits && *key != '\0'; key++) {
        if (*key == '~' || *key == '/')
            fits = add_char(pointer, size, &len, '~') &&
                   add_char(pointer, size, &len, *key == '~' ? '0' : '1');
        else
            fits = add_char(pointer, size, &len, *key);
    }
}

void sled_pointer_add_index(char *pointer, size_t size, size_t index)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%zu", index);
    sled_pointer_add(pointer, size, digits);
}

void sled_pointer_prepend(char *pointer, size_t size, const char *prefix)
{
    const size_t shift = strlen(prefix);
    const size_t len = strlen(pointer);

    assert(size >= 4);
    if (shift + len < size) {
        memmove(pointer + shift, pointer, len + 1);
        memcpy(pointer, prefix, shift);
        return;
    }
    if (shift < size)
        memmove(pointer + shift, pointer, size - shift);
    memcpy(pointer, prefix, shift < size ? shift : size);
    memcpy(pointer + size - 4, "...", 4);
}

int sled_pointer_char(const char **at)
{
    const char c = **at;

    if (c == '\0' || c == '/')
        return -1;
    (*at)++;
    if (c == '~' && (**at == '0' || **at == '1'))
        return *(*at)++ == '0' ? '~' : '/';
    return (unsigned char)c;
}

bool sled_pointer_part_is(const char *part, const char *key)
{
    for (;; key++) {
        const int c = sled_pointer_char(&part);

        if (c < 0)
            return *key == '\0';
        if (*key == '\0' || c != (unsigned char)*key)
            return false;
    }
}

bool sled_pointer_part_index(const char *part, size_t *out)
{
    const size_t digits = strspn(part, "0123456789");
    size_t index = 0;

    if (digits == 0 || (part[0] == '0' && digits > 1) ||
        (part[digits] != '\0' && part[digits] != '/'))
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (index > (SIZE_MAX - 9) / 10)
            return false;
        index = 10 * index + (size_t)(part[i] - '0');
    }
    *out = index;
    return true;
}

static cJSON *child(cJSON *parent, const char *part)
{
    size_t index;
    size_t i = 0;
    cJSON *item;

    if (cJSON_IsObject(parent)) {
        cJSON_ArrayForEach(item, parent)
        {
            if (sled_pointer_part_is(part, item->string))
                return item;
        }
    } else if (cJSON_IsArray(parent) && sled_pointer_part_index(part, &index)) {
        cJSON_ArrayForEach(item, parent)
        {
            if (i++ == index)
                return item;
        }
    }
    return NULL;
}

cJSON *sled_pointer_get(cJSON *tree, const char *pointer)
{
    while (tree != NULL && *pointer != '\0') {
        if (*pointer != '/')
            return NULL;
        pointer++;
        tree = child(tree, pointer);
        pointer += strcspn(pointer, "/");
    }
    return tree;
}
