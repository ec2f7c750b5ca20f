/* SPDX-License-Identifier: Apache-2.0 */
/* String builder over a growable array. */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

static bool reserve(struct sled_str *str, size_t extra)
{
    if (str->failed)
        return false;
    if (str->len + extra >= str->capacity) { /* an error to fill in costs more than a letter */
        struct sled_err err = SLED_ERR_INIT;

        str->failed =
            sled_vec_reserve(&str->text, &str->capacity, str->len + extra + 1, &err) != SLED_OK;
    }
    return !str->failed;
}

void sled_str_finish(struct sled_str *str)
{
    free(str->text);
    *str = (struct sled_str)SLED_STR_INIT;
}

void sled_str_addn(struct sled_str *str, const char *text, size_t len)
{
    if (!reserve(str, len))
        return;
    memcpy(str->text + str->len, text, len);
    str->len += len;
    str->text[str->len] = '\0';
}

void sled_str_add(struct sled_str *str, const char *text)
{
    sled_str_addn(str, text, strlen(text));
}

void sled_str_addf(struct sled_str *str, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    const int need = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (need < 0 || !reserve(str, (size_t)need))
        return;

    va_start(args, fmt);
    vsnprintf(str->text + str->len, (size_t)need + 1, fmt, args);
    va_end(args);
    str->len += (size_t)need;
}

void sled_str_pad(struct sled_str *str, char c, int count)
{
    for (int i = 0; i < count; i++)
        sled_str_addn(str, &c, 1);
}

const char *sled_str_text(const struct sled_str *str)
{
    return str->text == NULL ? "" : str->text;
}

enum sled_status sled_str_status(const struct sled_str *str, struct sled_err *err)
{
    return str->failed ? sled_err_nomem(err) : SLED_OK;
}
