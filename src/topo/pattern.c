/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns are short and expanded a few thousand times, so they are read anew each time: a
 * recursive-descent parser that evaluates as it goes.
 */
#include "topo/pattern.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Every number stays within this, so that no product overflows. */
static const int64_t LIMIT = 1000000000;
static const uint64_t MOST_VALUES = 1000000;
enum { DEEPEST = 16 /* nested parentheses */ };

struct parser {
    const char *text;
    size_t pos;
    const struct sled_pattern_values *values;
    uint32_t nranges; /* met so far: so many variables are known */
    uint32_t depth;
};

static enum sled_status complain(const struct parser *p, size_t pos, struct sled_err *err,
                                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static enum sled_status complain(const struct parser *p, size_t pos, struct sled_err *err,
                                 const char *fmt, ...)
{
    char what[160];
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return sled_err_set(err, SLED_E_INPUT, "pattern \"%.100s\": column %zu: %s", p->text, pos + 1,
                        what);
}

static enum sled_status expected(const struct parser *p, const char *what, struct sled_err *err)
{
    const char c = p->text[p->pos];

    if (c == '\0')
        return complain(p, p->pos, err, "expected %s, found the end", what);
    return complain(p, p->pos, err, "expected %s, found \"%c\"", what, c);
}

static void skip_spaces(struct parser *p)
{
    while (p->text[p->pos] == ' ')
        p->pos++;
}

static bool accept(struct parser *p, char c)
{
    skip_spaces(p);
    if (p->text[p->pos] != c)
        return false;
    p->pos++;
    return true;
}

static enum sled_status check_limit(const struct parser *p, size_t pos, int64_t value,
                                    struct sled_err *err)
{
    if (value > LIMIT || value < -LIMIT)
        return complain(p, pos, err, "the number is larger than 10^9");
    return SLED_OK;
}

static enum sled_status parse_sum(struct parser *p, int64_t *out, struct sled_err *err);

static enum sled_status parse_number(struct parser *p, int64_t *out, struct sled_err *err)
{
    const size_t start = p->pos;
    int64_t value = 0;

    for (; isdigit((unsigned char)p->text[p->pos]); p->pos++) {
        value = 10 * value + (p->text[p->pos] - '0');
        SLED_TRY(check_limit(p, start, value, err));
    }
    *out = value;
    return SLED_OK;
}

static enum sled_status parse_factor(struct parser *p, int64_t *out, struct sled_err *err)
{
    skip_spaces(p);
    const char c = p->text[p->pos];

    if (isdigit((unsigned char)c))
        return parse_number(p, out, err);
    if (c >= 'i' && c < 'i' + SLED_PATTERN_RANGES) {
        const uint32_t variable = (uint32_t)(c - 'i');
        if (variable >= p->nranges)
            return complain(p, p->pos, err, "no range before this gives \"%c\" a value", c);
        *out = p->values->value[variable];
        p->pos++;
        return SLED_OK;
    }
    if (c != '(')
        return expected(p, "a number, i, j, k or \"(\"", err);
    if (p->depth == DEEPEST)
        return complain(p, p->pos, err, "more than %d nested parentheses", DEEPEST);
    p->pos++;
    p->depth++;
    SLED_TRY(parse_sum(p, out, err));
    p->depth--;
    return accept(p, ')') ? SLED_OK : expected(p, "\")\"", err);
}

static int64_t divide_down(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static enum sled_status parse_product(struct parser *p, int64_t *out, struct sled_err *err)
{
    int64_t value, factor;

    SLED_TRY(parse_factor(p, &value, err));
    for (;;) {
        skip_spaces(p);
        const size_t at = p->pos;
        const char c = p->text[at];
        if (c != '*' && c != '/' && c != '%')
            break;
        p->pos++;
        SLED_TRY(parse_factor(p, &factor, err));
        if (c == '*')
            value *= factor;
        else if (factor <= 0)
            return complain(p, at, err, "cannot divide by %lld", (long long)factor);
        else
            value =
                c == '/' ? divide_down(value, factor) : value - factor * divide_down(value, factor);
        SLED_TRY(check_limit(p, at, value, err));
    }
    *out = value;
    return SLED_OK;
}

static enum sled_status parse_sum(struct parser *p, int64_t *out, struct sled_err *err)
{
    int64_t value, term;

    SLED_TRY(parse_product(p, &value, err));
    for (;;) {
        skip_spaces(p);
        const size_t at = p->pos;
        const char c = p->text[at];
        if (c != '+' && c != '-')
            break;
        p->pos++;
        SLED_TRY(parse_product(p, &term, err));
        value += c == '+' ? term : -term;
        SLED_TRY(check_limit(p, at, value, err));
    }
    *out = value;
    return SLED_OK;
}

/* What stands between two braces. */
struct braces {
    bool is_range;
    int64_t first, last; /* of a range; an expression has first only */
};

/* Parse from after "{" to after "}". */
static enum sled_status parse_braces(struct parser *p, struct braces *out, struct sled_err *err)
{
    const size_t start = p->pos;

    *out = (struct braces){0};
    SLED_TRY(parse_sum(p, &out->first, err));
    skip_spaces(p);
    if (strncmp(p->text + p->pos, "..", 2) == 0) {
        p->pos += 2;
        out->is_range = true;
        SLED_TRY(parse_sum(p, &out->last, err));
    }
    if (!accept(p, '}'))
        return expected(p, out->is_range ? "an operator or \"}\"" : "an operator, \"..\" or \"}\"",
                        err);
    if (out->first < 0)
        return complain(p, start, err, "the value is %lld, below 0", (long long)out->first);
    if (out->is_range && out->last < out->first - 1)
        return complain(p, start, err, "the range runs backwards, from %lld to %lld",
                        (long long)out->first, (long long)out->last);
    return SLED_OK;
}

/*
 * Expand up to the first range that has no value yet. *open receives it; without one,
 * open->is_range is false and the text is complete. out may be NULL.
 */
static enum sled_status scan(struct parser *p, char *out, size_t size, struct braces *open,
                             struct sled_err *err)
{
    size_t len = 0;

    *open = (struct braces){0};
    while (p->text[p->pos] != '\0') {
        const char c = p->text[p->pos];
        char piece[16] = {c, '\0'};

        if (c == '}')
            return complain(p, p->pos, err, "\"}\" without \"{\"");
        const size_t at = p->pos++;
        if (c == '{') {
            struct braces braces;
            SLED_TRY(parse_braces(p, &braces, err));
            if (braces.is_range && p->nranges == SLED_PATTERN_RANGES)
                return complain(p, at, err, "a row has more than %d ranges", SLED_PATTERN_RANGES);
            if (braces.is_range && p->nranges == p->values->count) {
                *open = braces;
                return SLED_OK;
            }
            snprintf(piece, sizeof piece, "%lld",
                     (long long)(braces.is_range ? p->values->value[p->nranges++] : braces.first));
        }
        if (out == NULL)
            continue;
        if (len + strlen(piece) >= size)
            return complain(p, at, err, "it stands for more than %zu characters", size - 1);
        memcpy(out + len, piece, strlen(piece) + 1);
        len += strlen(piece);
    }
    if (out != NULL)
        out[len] = '\0';
    return SLED_OK;
}

void sled_pattern_begin(struct sled_pattern_row *row, const char *const *text, size_t ntexts)
{
    *row = (struct sled_pattern_row){.text = text, .ntexts = ntexts};
}

/* Find the next range of the row that has no value yet. */
static enum sled_status find_open(struct sled_pattern_row *row, struct braces *open,
                                  struct sled_err *err)
{
    uint32_t nranges = 0;

    *open = (struct braces){0};
    for (size_t i = 0; i < row->ntexts && !open->is_range; i++) {
        struct parser p = {.text = row->text[i], .values = &row->at, .nranges = nranges};
        row->bad = i;
        SLED_TRY(scan(&p, NULL, 0, open, err));
        nranges = p.nranges;
    }
    return SLED_OK;
}

enum sled_status sled_pattern_next(struct sled_pattern_row *row, bool *more, struct sled_err *err)
{
    bool advance = row->produced > 0;

    for (;;) {
        while (advance && row->at.count > 0 &&
               ++row->at.value[row->at.count - 1] > row->last[row->at.count - 1])
            row->at.count--;
        if (advance && row->at.count == 0) {
            *more = false;
            return SLED_OK;
        }

        struct braces open;
        SLED_TRY(find_open(row, &open, err));
        if (!open.is_range)
            break;
        row->at.value[row->at.count] = open.first;
        row->last[row->at.count++] = open.last;
        advance = open.last < open.first; /* empty: give it up at once */
        if (advance)
            row->at.value[row->at.count - 1] = open.last;
    }
    if (row->produced++ == MOST_VALUES) {
        row->bad = 0;
        return sled_err_set(err, SLED_E_INPUT, "the ranges of this row have more than %llu values",
                            (unsigned long long)MOST_VALUES);
    }
    *more = true;
    return SLED_OK;
}

enum sled_status sled_pattern_expand(const char *text, const struct sled_pattern_values *values,
                                     uint32_t *nranges, char *out, size_t size,
                                     struct sled_err *err)
{
    struct parser p = {.text = text, .values = values, .nranges = *nranges};
    struct braces open;

    SLED_TRY(scan(&p, out, size, &open, err));
    if (open.is_range)
        return complain(&p, 0, err, "a range is not allowed here, an expression of i, j, k is");
    *nranges = p.nranges;
    return SLED_OK;
}

enum sled_status sled_pattern_number(const char *text, const struct sled_pattern_values *values,
                                     uint32_t *out, struct sled_err *err)
{
    uint32_t nranges = values->count;
    char digits[16];

    SLED_TRY(sled_pattern_expand(text, values, &nranges, digits, sizeof digits, err));

    const size_t len = strlen(digits);
    if (len == 0 || len > 9 || strspn(digits, "0123456789") != len)
        return sled_err_set(err, SLED_E_INPUT,
                            "pattern \"%.100s\" stands for \"%s\", expected a whole number below "
                            "10^9",
                            text, digits);
    uint32_t value = 0;
    for (size_t i = 0; i < len; i++)
        value = 10 * value + (uint32_t)(digits[i] - '0');
    *out = value;
    return SLED_OK;
}
