/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One way to fail. Every function that can fail returns an enum sled_status and
 * takes a caller-owned struct sled_err as its last argument.
 *
 * Doctrine:
 * - The function that decides what went wrong fills err; callers may only put
 *   context in front (sled_err_prefix) or add the place (sled_err_locate).
 * - Messages are lower case, without full stop, quote the offending value and
 *   say what was expected, with units.
 * - Only src/cli prints an error, and only src/cli exits.
 * - Programming errors are asserts, kept in release builds. User input and the
 *   environment never reach an assert.
 */
#ifndef SLED_BASE_ERR_H
#define SLED_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Class of a failure. Callers branch on this, people read sled_err.msg. */
enum sled_status {
    SLED_OK = 0,
    SLED_E_CHECK,       /* the run finished and disproved an expectation */
    SLED_E_USAGE,       /* bad command line */
    SLED_E_INPUT,       /* bad content in a file or --set */
    SLED_E_UNSUPPORTED, /* valid request that this algorithm or fabric cannot serve */
    SLED_E_IO,          /* a file cannot be read or written */
    SLED_E_NOMEM,
    SLED_E_SIM,        /* the simulation engine failed */
    SLED_E_NO_VERDICT, /* nothing was compared */
    SLED_E_BUG         /* broken invariant that was survivable */
};

/*
 * Description of one failure. Owned by the caller, usually on its stack, and
 * passed as the last argument of every function that can fail:
 *
 *     struct sled_err err = SLED_ERR_INIT;
 *     if (sled_doc_load(path, &doc, &err) != SLED_OK)
 *         return cli_report(&err);
 *
 * Functions leave it untouched on success, so calls can be chained. It never
 * allocates: reporting SLED_E_NOMEM cannot fail. Overlong text ends in "...".
 * There is no global or per-thread error: simulated actors share one thread.
 */
struct sled_err {
    enum sled_status code;
    char file[256];    /* "" when the failure has no source text */
    uint32_t line;     /* 1-based, 0 unknown */
    uint32_t column;   /* 1-based, in bytes, 0 unknown */
    char pointer[256]; /* RFC 6901 JSON pointer, "" for the whole document */
    char msg[512];
};

#define SLED_ERR_INIT   \
    {                   \
        .code = SLED_OK \
    }

/* Return the status of expr from the enclosing function unless it is SLED_OK. */
#define SLED_TRY(expr)                                    \
    do {                                                  \
        const enum sled_status sled_try_status_ = (expr); \
        if (sled_try_status_ != SLED_OK)                  \
            return sled_try_status_;                      \
    } while (0)

/*
 * Record a failure and return its code, so that deciding and reporting is one
 * statement: return sled_err_set(err, SLED_E_INPUT, "\"%s\" is not a time", s);
 * Only the function that decides calls this. err must not already be set.
 */
enum sled_status sled_err_set(struct sled_err *err, enum sled_status code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The same for a failure that belongs to one place of a parameter object: pointer
 * is relative to the object the function was given ("/tray/bandwidth"). Whoever
 * knows the document turns it into file, line and column (sled_doc_locate).
 */
enum sled_status sled_err_set_at(struct sled_err *err, enum sled_status code, const char *pointer,
                                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* sled_err_set_at for functions that take a format themselves. */
enum sled_status sled_err_vset_at(struct sled_err *err, enum sled_status code, const char *pointer,
                                  const char *fmt, va_list args)
    __attribute__((format(printf, 4, 0)));

/* Line and column of an offset into text, 1-based, the column in bytes. */
void sled_err_line_column(const char *text, size_t offset, uint32_t *line, uint32_t *column);

/* Put context in front of the message: "link \"nv3\": " + what was there. */
void sled_err_prefix(struct sled_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Put the object that a failure's place is relative to in front of the place: "/routing" +
 * "/alpha". Does nothing where the failure has a file already. */
void sled_err_within(struct sled_err *err, const char *pointer);

/* Record that memory ran out and return SLED_E_NOMEM. */
enum sled_status sled_err_nomem(struct sled_err *err);

/* Process exit status as in `sledsim explain exit-codes`, e.g. SLED_E_INPUT -> 3. */
int sled_status_exit_code(enum sled_status code);

/*
 * The one line a person reads, without newline and without "sledsim: ":
 * "file:line:col: /pointer: message", leaving out what is unknown.
 * Writes at most size bytes including the terminator; returns buf.
 */
const char *sled_err_format(const struct sled_err *err, char *buf, unsigned size);

#endif
