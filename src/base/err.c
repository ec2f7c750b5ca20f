/* SPDX-License-Identifier: Apache-2.0 */
/* Filling, prefixing and printing the one error record of the program. */
#include "base/err.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* vsnprintf that marks truncation with "..." instead of cutting silently. */
static void format_into(char *buf, size_t size, const char *fmt, va_list args)
{
    const int n = vsnprintf(buf, size, fmt, args);

    if (n < 0)
        buf[0] = '\0';
    else if ((size_t)n >= size)
        memcpy(buf + size - 4, "...", 4);
}

enum sled_status sled_err_vset_at(struct sled_err *err, enum sled_status code, const char *pointer,
                                  const char *fmt, va_list args)
{
    assert(code != SLED_OK);
    assert(err->code == SLED_OK);
    err->code = code;
    err->file[0] = '\0';
    err->line = 0;
    err->column = 0;
    snprintf(err->pointer, sizeof err->pointer, "%s", pointer);
    format_into(err->msg, sizeof err->msg, fmt, args);
    return code;
}

enum sled_status sled_err_set(struct sled_err *err, enum sled_status code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    sled_err_vset_at(err, code, "", fmt, args);
    va_end(args);
    return code;
}

enum sled_status sled_err_set_at(struct sled_err *err, enum sled_status code, const char *pointer,
                                 const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    sled_err_vset_at(err, code, pointer, fmt, args);
    va_end(args);
    return code;
}

void sled_err_line_column(const char *text, size_t offset, uint32_t *line, uint32_t *column)
{
    size_t start = 0;

    *line = 1;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            (*line)++;
            start = i + 1;
        }
    }
    *column = (uint32_t)(offset - start + 1);
}

void sled_err_prefix(struct sled_err *err, const char *fmt, ...)
{
    char old[sizeof err->msg];
    va_list args;

    assert(err->code != SLED_OK);
    memcpy(old, err->msg, sizeof old);
    va_start(args, fmt);
    format_into(err->msg, sizeof err->msg, fmt, args);
    va_end(args);

    const size_t used = strlen(err->msg);
    const size_t room = sizeof err->msg - used;
    const size_t need = strlen(old) + 1;

    if (need <= room) {
        memcpy(err->msg + used, old, need);
    } else {
        memcpy(err->msg + used, old, room);
        memcpy(err->msg + sizeof err->msg - 4, "...", 4);
    }
}

void sled_err_within(struct sled_err *err, const char *pointer)
{
    const size_t len = strlen(pointer), size = sizeof err->pointer;

    if (err->file[0] != '\0' || len >= size)
        return;
    memmove(err->pointer + len, err->pointer, size - len);
    memcpy(err->pointer, pointer, len);
    err->pointer[size - 1] = '\0';
}

enum sled_status sled_err_nomem(struct sled_err *err)
{
    return sled_err_set(err, SLED_E_NOMEM, "out of memory");
}

int sled_status_exit_code(enum sled_status code)
{
    switch (code) {
    case SLED_OK:
        return 0;
    case SLED_E_CHECK:
        return 1;
    case SLED_E_USAGE:
        return 2;
    case SLED_E_INPUT:
    case SLED_E_UNSUPPORTED:
        return 3;
    case SLED_E_IO:
    case SLED_E_NOMEM:
    case SLED_E_SIM:
        return 4;
    case SLED_E_NO_VERDICT:
        return 5;
    case SLED_E_BUG:
        break;
    }
    return 70;
}

const char *sled_err_format(const struct sled_err *err, char *buf, unsigned size)
{
    char place[64] = "";

    if (err->line != 0)
        snprintf(place, sizeof place, ":%u:%u", err->line, err->column);
    snprintf(buf, size, "%s%s%s%s%s%s", err->file, place, err->file[0] != '\0' ? ": " : "",
             err->pointer, err->pointer[0] != '\0' ? ": " : "", err->msg);
    return buf;
}
