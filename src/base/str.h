/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text under construction. Appending never fails visibly: when memory runs out
 * the builder remembers it and sled_str_status() tells, once, at the end.
 */
#ifndef SLED_BASE_STR_H
#define SLED_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct sled_str {
    char *text; /* terminated; "" semantics when NULL: use sled_str_text() */
    size_t len; /* without the terminator */
    size_t capacity;
    bool failed; /* memory ran out; text is incomplete */
};

#define SLED_STR_INIT \
    {                 \
        .text = NULL  \
    }

/* Free the text; the builder is empty and usable again. */
void sled_str_finish(struct sled_str *str);

void sled_str_add(struct sled_str *str, const char *text);
void sled_str_addn(struct sled_str *str, const char *text, size_t len);
void sled_str_addf(struct sled_str *str, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Append c count times; count <= 0 appends nothing. */
void sled_str_pad(struct sled_str *str, char c, int count);

/* What was built so far, never NULL, valid until the next append. */
const char *sled_str_text(const struct sled_str *str);

/* SLED_E_NOMEM if any append failed. */
enum sled_status sled_str_status(const struct sled_str *str, struct sled_err *err);

#endif
