/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantities as text.
 *
 * A decimal prefix is applied to the digits before they become a double ("0.7ns"
 * is read as 0.7e-9), so that the result is the nearest double to what was
 * written, whichever prefix it was written with. Binary prefixes and bits scale by
 * powers of two, which is exact.
 *
 * strtod and printf follow the locale's decimal point. Nothing in this program
 * calls setlocale, so it is the "C" locale's.
 */
#include "base/units.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/vec.h"

enum {
    SMALL = 1,  /* p n u m */
    LARGE = 2,  /* k M G T P E */
    BINARY = 4, /* Ki Mi Gi Ti Pi */
    ALWAYS = SMALL | LARGE | BINARY
};

/* Ascending within each group: printing relies on it. */
static const struct prefix {
    const char *text;
    unsigned group;
    int exp10;
    int exp2;
} prefixes[] = {
    {"p", SMALL, -12, 0},  {"n", SMALL, -9, 0},   {"u", SMALL, -6, 0},   {"m", SMALL, -3, 0},
    {"", ALWAYS, 0, 0},    {"k", LARGE, 3, 0},    {"M", LARGE, 6, 0},    {"G", LARGE, 9, 0},
    {"T", LARGE, 12, 0},   {"P", LARGE, 15, 0},   {"E", LARGE, 18, 0},   {"Ki", BINARY, 0, 10},
    {"Mi", BINARY, 0, 20}, {"Gi", BINARY, 0, 30}, {"Ti", BINARY, 0, 40}, {"Pi", BINARY, 0, 50},
};

/* The first unit of a dimension is the one we print. */
static const struct unit {
    const char *symbol;
    enum sled_dim dim;
    unsigned groups; /* prefixes it takes */
    int exp10;
    int exp2; /* bits are 2^-3 bytes */
} units[] = {
    {"", SLED_DIM_RATIO, 0, 0, 0},
    {"%", SLED_DIM_RATIO, 0, -2, 0},
    {"s", SLED_DIM_TIME, SMALL, 0, 0},
    {"B", SLED_DIM_BYTES, LARGE | BINARY, 0, 0},
    {"b", SLED_DIM_BYTES, LARGE | BINARY, 0, -3},
    {"B/s", SLED_DIM_BANDWIDTH, LARGE | BINARY, 0, 0},
    {"Bps", SLED_DIM_BANDWIDTH, LARGE | BINARY, 0, 0},
    {"b/s", SLED_DIM_BANDWIDTH, LARGE | BINARY, 0, -3},
    {"bps", SLED_DIM_BANDWIDTH, LARGE | BINARY, 0, -3},
    {"Hz", SLED_DIM_FREQUENCY, LARGE, 0, 0},
    {"FLOPS", SLED_DIM_FLOPS, LARGE, 0, 0},
    {"FLOP/s", SLED_DIM_FLOPS, LARGE, 0, 0},
    {"F", SLED_DIM_FLOPS, LARGE, 0, 0},
    {"W", SLED_DIM_POWER, LARGE, 0, 0},
    {"J", SLED_DIM_ENERGY, SMALL | LARGE, 0, 0},
};

static const struct dim {
    const char *name;
    const char *example;
} dims[SLED_DIMS] = {
    [SLED_DIM_RATIO] = {"plain number", "0.5"},
    [SLED_DIM_TIME] = {"time", "10ns"},
    [SLED_DIM_BYTES] = {"size", "64MiB"},
    [SLED_DIM_BANDWIDTH] = {"bandwidth", "50GB/s"},
    [SLED_DIM_FREQUENCY] = {"frequency", "2.4GHz"},
    [SLED_DIM_FLOPS] = {"compute rate", "667TFLOPS"},
    [SLED_DIM_POWER] = {"power", "500W"},
    [SLED_DIM_ENERGY] = {"energy", "10pJ"},
};

/* A quantity cut into its parts, which point into the text. */
struct quantity {
    const char *number;
    size_t mantissa_len; /* digits and point */
    size_t number_len;   /* with the exponent */
    int exponent;
    const char *unit_text;
    const struct prefix *prefix; /* NULL when the unit is unknown */
    const struct unit *unit;
};

enum { MAX_MANTISSA = 64, MAX_EXPONENT = 9999 };

const char *sled_dim_name(enum sled_dim dim)
{
    assert(dim < SLED_DIMS);
    return dims[dim].name;
}

const char *sled_dim_example(enum sled_dim dim)
{
    assert(dim < SLED_DIMS);
    return dims[dim].example;
}

static size_t count_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* Find prefix and unit that together spell text. */
static bool find_unit(const char *text, const struct prefix **prefix, const struct unit **unit)
{
    for (size_t u = 0; u < SLED_ARRAY_LEN(units); u++) {
        for (size_t p = 0; p < SLED_ARRAY_LEN(prefixes); p++) {
            const size_t len = strlen(prefixes[p].text);

            if ((prefixes[p].group == ALWAYS || (prefixes[p].group & units[u].groups) != 0) &&
                strncmp(text, prefixes[p].text, len) == 0 &&
                strcmp(text + len, units[u].symbol) == 0) {
                *prefix = &prefixes[p];
                *unit = &units[u];
                return true;
            }
        }
    }
    return false;
}

/*
 * Cut text into number and unit. False when it does not begin with a number as we
 * write them: digits, a fraction, an exponent; no sign, no "inf", no hexadecimal.
 */
static bool split(const char *text, struct quantity *out)
{
    const size_t whole = count_digits(text);
    size_t len = whole;

    if (whole == 0)
        return false;
    if (text[len] == '.') {
        const size_t fraction = count_digits(text + len + 1);

        if (fraction == 0)
            return false;
        len += 1 + fraction;
    }
    if (len > MAX_MANTISSA)
        return false;
    *out = (struct quantity){.number = text, .mantissa_len = len};

    /* An "E" without digits behind it is the prefix exa. */
    if (text[len] == 'e' || text[len] == 'E') {
        const size_t sign = text[len + 1] == '-' || text[len + 1] == '+';
        const size_t digits = count_digits(text + len + 1 + sign);

        if (digits > 0) {
            const long exponent = strtol(text + len + 1, NULL, 10); /* saturates */

            if (exponent > MAX_EXPONENT)
                out->exponent = MAX_EXPONENT;
            else
                out->exponent = exponent < -MAX_EXPONENT ? -MAX_EXPONENT : (int)exponent;
            len += 1 + sign + digits;
        }
    }
    out->number_len = len;
    if (text[len] == ' ' && text[len + 1] != '\0')
        len++;
    out->unit_text = text + len;
    if (!find_unit(out->unit_text, &out->prefix, &out->unit))
        out->prefix = NULL;
    return true;
}

/* mantissa x 10^exp10 x 2^exp2; fails when that is no finite double or vanishes. */
static enum sled_status scale(const char *text, const struct quantity *q, int exp10, int exp2,
                              double *out, struct sled_err *err)
{
    char digits[MAX_MANTISSA + 16];

    snprintf(digits, sizeof digits, "%.*se%d", (int)q->mantissa_len, q->number,
             q->exponent + exp10);
    const double value = ldexp(strtod(digits, NULL), exp2);

    if (!isfinite(value))
        return sled_err_set(err, SLED_E_INPUT, "\"%s\" is too large a number", text);
    if (value == 0.0 && strcspn(digits, "123456789") < q->mantissa_len)
        return sled_err_set(err, SLED_E_INPUT, "\"%s\" is too small a number", text);
    *out = value;
    return SLED_OK;
}

/* What text should have been, when it is a quantity of another dimension. */
static enum sled_status wrong_dim(const char *text, const struct quantity *q, enum sled_dim dim,
                                  struct sled_err *err)
{
    const enum sled_dim found = q->unit->dim;
    const char *const prefix = q->prefix->text;
    const bool bits = q->unit->exp2 != 0;
    const int len = (int)q->number_len;

    if (found == SLED_DIM_RATIO && q->unit->symbol[0] == '\0')
        return sled_err_set(err, SLED_E_INPUT, "\"%s\" has no unit; a %s is written like \"%s\"",
                            text, dims[dim].name, dims[dim].example);
    if (found == SLED_DIM_BYTES && dim == SLED_DIM_BANDWIDTH && bits)
        return sled_err_set(
            err, SLED_E_INPUT,
            "\"%s\" is a size, not a bandwidth; write \"%.*s%sbps\" or \"%.12g%sB/s\"", text, len,
            q->number, prefix, strtod(q->number, NULL) / 8.0, prefix);
    if (found == SLED_DIM_BYTES && dim == SLED_DIM_BANDWIDTH)
        return sled_err_set(err, SLED_E_INPUT,
                            "\"%s\" is a size, not a bandwidth; write \"%.*s%sB/s\"", text, len,
                            q->number, prefix);
    if (found == SLED_DIM_BANDWIDTH && dim == SLED_DIM_BYTES)
        return sled_err_set(err, SLED_E_INPUT,
                            "\"%s\" is a bandwidth, not a size; write \"%.*s%s%s\"", text, len,
                            q->number, prefix, bits ? "b" : "B");
    return sled_err_set(err, SLED_E_INPUT, "\"%s\" is a %s, not a %s, which is written like \"%s\"",
                        text, dims[found].name, dims[dim].name, dims[dim].example);
}

/* "KB" may mean either thousand, so it is neither. */
static bool is_capital_k(const struct quantity *q, const struct unit **unit)
{
    char lower[16];
    const struct prefix *prefix;

    if (q->unit_text[0] != 'K')
        return false;
    snprintf(lower, sizeof lower, "k%.14s", q->unit_text + 1);
    return find_unit(lower, &prefix, unit) && ((*unit)->groups & BINARY) != 0;
}

static enum sled_status unknown_unit(const char *text, const struct quantity *q, enum sled_dim dim,
                                     struct sled_err *err)
{
    char spelled[64][12];
    const char *names[64];
    size_t count = 0;
    const struct unit *unit;

    if (is_capital_k(q, &unit))
        return sled_err_set(err, SLED_E_INPUT,
                            "unknown unit \"%s\" in \"%s\"; write \"%.*sk%s\" (1000) or "
                            "\"%.*sKi%s\" (1024)",
                            q->unit_text, text, (int)q->number_len, q->number, unit->symbol,
                            (int)q->number_len, q->number, unit->symbol);

    for (size_t u = 0; u < SLED_ARRAY_LEN(units); u++) {
        for (size_t p = 0; p < SLED_ARRAY_LEN(prefixes); p++) {
            if (units[u].dim != dim || (prefixes[p].group & units[u].groups) == 0)
                continue;
            assert(count < SLED_ARRAY_LEN(names));
            snprintf(spelled[count], sizeof spelled[count], "%s%s", prefixes[p].text,
                     units[u].symbol);
            names[count] = spelled[count];
            count++;
        }
    }
    const char *const near = sled_suggest(q->unit_text, names, count);

    if (near != NULL)
        return sled_err_set(err, SLED_E_INPUT,
                            "unknown unit \"%s\" in \"%s\"; did you mean \"%s\"?", q->unit_text,
                            text, near);
    return sled_err_set(err, SLED_E_INPUT,
                        "unknown unit \"%s\" in \"%s\"; a %s is written like \"%s\"", q->unit_text,
                        text, dims[dim].name, dims[dim].example);
}

enum sled_status sled_units_parse(const char *text, enum sled_dim dim, double *out,
                                  struct sled_err *err)
{
    struct quantity q;

    assert(dim < SLED_DIMS);
    if (text[0] == '-' && split(text + 1, &q))
        return sled_err_set(err, SLED_E_INPUT, "\"%s\" is negative; a %s is 0 or more", text,
                            dims[dim].name);
    if (!split(text, &q))
        return sled_err_set(err, SLED_E_INPUT, "\"%s\" is not a %s, which is written like \"%s\"",
                            text, dims[dim].name, dims[dim].example);
    if (q.prefix == NULL)
        return unknown_unit(text, &q, dim, err);
    if (q.unit->dim != dim)
        return wrong_dim(text, &q, dim, err);
    return scale(text, &q, q.prefix->exp10 + q.unit->exp10, q.prefix->exp2 + q.unit->exp2, out,
                 err);
}

enum sled_status sled_units_parse_size(const char *text, uint64_t *out_bytes, struct sled_err *err)
{
    static const char letters[] = "KMGTP";
    const double limit = 9007199254740992.0; /* 2^53: every whole number below is a double */
    struct quantity q;
    double bytes;

    if (!split(text, &q))
        return sled_err_set(err, SLED_E_INPUT,
                            "\"%s\" is not a size, which is written like \"64K\" or \"1MiB\"",
                            text);

    /* A bare letter is a power of 1024 in either case, as nccl-tests reads it. */
    const char *const unit = q.unit_text;
    const char letter = unit[0] >= 'a' ? (char)(unit[0] - 'a' + 'A') : unit[0];
    const char *const found = letter != '\0' && unit[1] == '\0' ? strchr(letters, letter) : NULL;

    if (unit[0] == '\0')
        SLED_TRY(scale(text, &q, 0, 0, &bytes, err));
    else if (found != NULL)
        SLED_TRY(scale(text, &q, 0, 10 * (int)(found - letters + 1), &bytes, err));
    else
        SLED_TRY(sled_units_parse(text, SLED_DIM_BYTES, &bytes, err));

    if (bytes != floor(bytes))
        return sled_err_set(err, SLED_E_INPUT, "\"%s\" is not a whole number of bytes", text);
    if (bytes > limit)
        return sled_err_set(err, SLED_E_INPUT, "\"%s\" is more than 2^53 bytes", text);
    *out_bytes = (uint64_t)bytes;
    return SLED_OK;
}

/* The largest binary prefix that value reaches, if four digits then say it exactly. */
static bool format_binary(double value, char *buf, size_t size)
{
    for (size_t p = SLED_ARRAY_LEN(prefixes); p-- > 0;) {
        const double mantissa = ldexp(value, -prefixes[p].exp2);
        char digits[32];

        if (prefixes[p].group != BINARY || mantissa < 1.0)
            continue;
        snprintf(digits, sizeof digits, "%.4g", mantissa);
        if (mantissa >= 1000.0 || strtod(digits, NULL) != mantissa)
            return false;
        snprintf(buf, size, "%s %sB", digits, prefixes[p].text);
        return true;
    }
    return false;
}

const char *sled_units_format(double value, enum sled_dim dim, char *buf, size_t size)
{
    const struct unit *unit = units;
    char digits[32] = "";
    const char *chosen = "";

    assert(dim < SLED_DIMS);
    while (unit->dim != dim)
        unit++;
    if (isinf(value) && value > 0.0) {
        snprintf(buf, size, "unlimited");
        return buf;
    }
    if (dim == SLED_DIM_BYTES && format_binary(value, buf, size))
        return buf;

    snprintf(digits, sizeof digits, "%.4g", value);
    for (size_t p = 0; value != 0.0 && isfinite(value) && p < SLED_ARRAY_LEN(prefixes); p++) {
        const unsigned group = prefixes[p].group;

        if (group != ALWAYS && (group & unit->groups & ~(unsigned)BINARY) == 0)
            continue;
        chosen = prefixes[p].text;
        const double mantissa = prefixes[p].exp10 < 0 ? value * pow(10.0, -prefixes[p].exp10)
                                                      : value / pow(10.0, prefixes[p].exp10);
        snprintf(digits, sizeof digits, "%.4g", mantissa);
        if (fabs(strtod(digits, NULL)) < 1000.0) /* as rounded: 999.96 is "1 k" */
            break;
    }
    snprintf(buf, size, "%s%s%s%s", digits, unit->symbol[0] != '\0' ? " " : "", chosen,
             unit->symbol);
    return buf;
}
