/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One recursive descent over JSON text. The check runs it over the whole document;
 * the search walks the members on the way to a pointer and lets it skip the rest.
 */
#include "base/json_scan.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/pointer.h"
#include "base/suggest.h"
#include "base/vec.h"

/* cJSON reads a number from a buffer of this many bytes and would cut a longer one in two. */
enum { MAX_NUMBER = 63 };

struct scan {
    const char *name;
    const char *text;
    const char *end;
    const char *at;
    struct sled_err *err;

    /* The way to the value being read: a key's opening quote, or NULL and an index. */
    struct step {
        const char *key;
        size_t index;
    } steps[SLED_JSON_MAX_DEPTH];
    size_t depth;

    /* Opening quotes of the keys read so far of all objects that are still open. */
    const char **keys;
    size_t key_count;
    size_t key_capacity;
};

static enum sled_status scan_value(struct scan *s);

static enum sled_status fail(struct scan *s, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static enum sled_status fail(struct scan *s, const char *at, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    sled_err_vset_at(s->err, SLED_E_INPUT, "", fmt, args);
    va_end(args);
    snprintf(s->err->file, sizeof s->err->file, "%s", s->name);
    sled_err_line_column(s->text, (size_t)(at - s->text), &s->err->line, &s->err->column);
    return SLED_E_INPUT;
}

/* Something else than `what` was found at s->at. */
static enum sled_status expected(struct scan *s, const char *what)
{
    const unsigned char c = s->at < s->end ? (unsigned char)*s->at : 0;

    if (s->at == s->end)
        return fail(s, s->at, "the text ends where %s was expected; is it truncated?", what);
    if (c == '/' && s->end - s->at >= 2 && s->at[1] == '*')
        return fail(s, s->at, "comment is never closed with */");
    if (c < 0x20 || c >= 0x7f)
        return fail(s, s->at, "expected %s, found the byte 0x%02x", what, c);
    return fail(s, s->at, "expected %s, found '%c'", what, c);
}

static void skip_space(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
        s->at++;
}

static bool next_is(const struct scan *s, char c)
{
    return s->at < s->end && *s->at == c;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The four hexadecimal digits at p, or -1 when they are not there. */
static long hex4(const char *p, const char *end)
{
    char digits[5] = "";

    if (end - p < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        if (!is_hex(p[i]))
            return -1;
        digits[i] = p[i];
    }
    return strtol(digits, NULL, 16);
}

/* s->at is at the backslash; leave it behind the escape. */
static enum sled_status scan_escape(struct scan *s)
{
    const char *const start = s->at;

    if (s->end - start < 2)
        return fail(s, s->end, "the text ends inside a string; is it truncated?");
    if (start[1] != 'u') {
        if (start[1] == '\0' || strchr("\"\\/bfnrt", start[1]) == NULL)
            return fail(s, start, "unknown escape in a string; a backslash is written \\\\");
        s->at += 2;
        return SLED_OK;
    }

    const long code = hex4(start + 2, s->end);
    if (code < 0)
        return fail(s, start, "\\u needs four hexadecimal digits");
    if (code == 0)
        return fail(s, start, "\\u0000 cannot be part of a string");
    if (code >= 0xdc00 && code <= 0xdfff)
        return fail(s, start, "\\u%04lx is the second half of a pair without the first", code);
    s->at += 6;
    if (code >= 0xd800 && code <= 0xdbff) {
        const bool escaped = s->end - s->at >= 2 && s->at[0] == '\\' && s->at[1] == 'u';
        const long low = escaped ? hex4(s->at + 2, s->end) : -1;

        if (low < 0xdc00 || low > 0xdfff)
            return fail(s, start, "\\u%04lx is the first half of a pair without the second", code);
        s->at += 6;
    }
    return SLED_OK;
}

/* s->at is at the opening quote; leave it behind the closing one. */
static enum sled_status scan_string(struct scan *s)
{
    s->at++;
    while (!next_is(s, '"')) {
        if (s->at == s->end)
            return fail(s, s->at, "the text ends inside a string; is it truncated?");

        const unsigned char c = (unsigned char)*s->at;
        const size_t len = sled_utf8_sequence(s->at, (size_t)(s->end - s->at));
        if (c == '\\') {
            SLED_TRY(scan_escape(s));
            continue;
        }
        if (c == '\n' || c == '\r')
            return fail(s, s->at, "line break inside a string; close it with \" or write \\n");
        if (c < 0x20)
            return fail(s, s->at, "control character 0x%02x in a string; write \\u%04x", c, c);
        if (len == 0)
            return fail(s, s->at, "the byte 0x%02x in a string is not UTF-8", c);
        s->at += len;
    }
    s->at++;
    return SLED_OK;
}

/* A string that scan_string accepted, read byte by byte with its escapes undone. */
struct string_reader {
    const char *at;
    char bytes[4];
    size_t next, count;
};

static size_t encode_utf8(long code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }

    const size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)((0xf00 >> len & 0xff) | code);
    return len;
}

/* Next byte, or -1 at the closing quote. */
static int read_byte(struct string_reader *r)
{
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";

    if (r->next < r->count)
        return (unsigned char)r->bytes[r->next++];
    if (*r->at == '"')
        return -1;
    if (*r->at != '\\')
        return (unsigned char)*r->at++;
    if (r->at[1] != 'u') {
        const char c = r->at[1];
        const char *const letter = strchr(letters, c);

        r->at += 2;
        return letter != NULL ? meanings[letter - letters] : c;
    }

    long code = hex4(r->at + 2, r->at + 6);
    r->at += 6;
    if (code >= 0xd800 && code <= 0xdbff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (hex4(r->at + 2, r->at + 6) - 0xdc00);
        r->at += 6;
    }
    r->count = encode_utf8(code, r->bytes);
    r->next = 1;
    return (unsigned char)r->bytes[0];
}

static struct string_reader read_string(const char *opening_quote)
{
    return (struct string_reader){.at = opening_quote + 1};
}

static int compare_strings(const char *a, const char *b)
{
    struct string_reader ra = read_string(a), rb = read_string(b);
    int ca, cb;

    do {
        ca = read_byte(&ra);
        cb = read_byte(&rb);
    } while (ca == cb && ca >= 0);
    return (ca > cb) - (ca < cb);
}

/* For qsort: equal keys in the order in which they were written. */
static int compare_keys(const void *a, const void *b)
{
    const char *const ka = *(const char *const *)a;
    const char *const kb = *(const char *const *)b;
    const int order = compare_strings(ka, kb);

    return order != 0 ? order : (ka > kb) - (ka < kb);
}

static bool part_is_string(const char *part, const char *opening_quote)
{
    struct string_reader r = read_string(opening_quote);
    int a, b;

    do {
        a = sled_pointer_char(&part);
        b = read_byte(&r);
    } while (a == b && a >= 0);
    return a == b;
}

static void add_key_to_pointer(char *pointer, size_t size, const char *opening_quote)
{
    struct string_reader r = read_string(opening_quote);
    char key[sizeof((struct sled_err *)NULL)->pointer];
    size_t len = 0;
    int c;

    while ((c = read_byte(&r)) >= 0 && len + 1 < sizeof key)
        key[len++] = (char)c;
    key[len] = '\0';
    sled_pointer_add(pointer, size, key);
}

/* Complain about the first key of s->keys[first..] that repeats an earlier one. */
static enum sled_status check_duplicates(struct scan *s, size_t first)
{
    const char *again = NULL, *before = NULL;

    if (s->key_count - first < 2)
        return SLED_OK;
    qsort(s->keys + first, s->key_count - first, sizeof *s->keys, compare_keys);
    for (size_t i = first + 1; i < s->key_count; i++) {
        if ((again == NULL || s->keys[i] < again) &&
            compare_strings(s->keys[i - 1], s->keys[i]) == 0) {
            before = s->keys[i - 1];
            again = s->keys[i];
        }
    }
    if (again == NULL)
        return SLED_OK;

    uint32_t line, column;
    char *const pointer = s->err->pointer;
    const size_t size = sizeof s->err->pointer;

    sled_err_line_column(s->text, (size_t)(before - s->text), &line, &column);
    fail(s, again, "duplicate key, first given at line %u, column %u", line, column);
    for (size_t i = 0; i + 1 < s->depth; i++) {
        if (s->steps[i].key != NULL)
            add_key_to_pointer(pointer, size, s->steps[i].key);
        else
            sled_pointer_add_index(pointer, size, s->steps[i].index);
    }
    add_key_to_pointer(pointer, size, again);
    return SLED_E_INPUT;
}

static enum sled_status enter(struct scan *s)
{
    if (s->depth == SLED_JSON_MAX_DEPTH)
        return fail(s, s->at, "nested deeper than %d levels", SLED_JSON_MAX_DEPTH);
    s->steps[s->depth++] = (struct step){0};
    s->at++;
    skip_space(s);
    return SLED_OK;
}

static void leave(struct scan *s)
{
    s->depth--;
    s->at++;
}

/* Behind a member: a comma and another member, or the closing bracket, which stays. */
static enum sled_status scan_separator(struct scan *s, char close, const char *what)
{
    skip_space(s);
    if (next_is(s, close))
        return SLED_OK;
    if (!next_is(s, ','))
        return expected(s, what);

    const char *const comma = s->at++;
    skip_space(s);
    if (next_is(s, close))
        return fail(s, comma, "comma before the closing '%c'", close);
    return SLED_OK;
}

/* The key and the colon of a member; leaves s->at at the value. */
static enum sled_status scan_key(struct scan *s)
{
    if (!next_is(s, '"'))
        return expected(s, "a key in double quotes");
    s->steps[s->depth - 1].key = s->at;
    SLED_TRY(scan_string(s));
    skip_space(s);
    if (!next_is(s, ':'))
        return expected(s, "':' after the key");
    s->at++;
    skip_space(s);
    return SLED_OK;
}

static enum sled_status scan_object(struct scan *s)
{
    const size_t first = s->key_count;

    SLED_TRY(enter(s));
    while (!next_is(s, '}')) {
        SLED_TRY(scan_key(s));
        SLED_TRY(sled_vec_reserve(&s->keys, &s->key_capacity, s->key_count + 1, s->err));
        s->keys[s->key_count++] = s->steps[s->depth - 1].key;
        SLED_TRY(scan_value(s));
        SLED_TRY(scan_separator(s, '}', "',' or '}' after a value of an object"));
    }
    SLED_TRY(check_duplicates(s, first));
    s->key_count = first;
    leave(s);
    return SLED_OK;
}

static enum sled_status scan_array(struct scan *s)
{
    SLED_TRY(enter(s));
    while (!next_is(s, ']')) {
        SLED_TRY(scan_value(s));
        s->steps[s->depth - 1].index++;
        SLED_TRY(scan_separator(s, ']', "',' or ']' after a value of an array"));
    }
    leave(s);
    return SLED_OK;
}

/* What RFC 8259 has against a number, or NULL. */
static const char *number_fault(const char *n)
{
    static const char digits[] = "0123456789";

    n += *n == '-';
    if (strspn(n, digits) == 0)
        return "it needs a digit first";
    if (n[0] == '0' && n[1] >= '0' && n[1] <= '9')
        return "it has a leading zero";
    n += strspn(n, digits);
    if (*n == '.') {
        if (strspn(n + 1, digits) == 0)
            return "it needs a digit after the point";
        n += 1 + strspn(n + 1, digits);
    }
    if (*n == 'e' || *n == 'E') {
        n += n[1] == '-' || n[1] == '+' ? 2 : 1;
        if (strspn(n, digits) == 0)
            return "it needs a digit in its exponent";
        n += strspn(n, digits);
    }
    if (*n == '\0')
        return NULL;
    return strpbrk(n, "+-.") != NULL ? "it goes on behind its end"
                                     : "a quantity with a unit is written as a string";
}

static bool is_word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '.' || c == '+' || c == '-';
}

/* A number or one of the three words. */
static enum sled_status scan_word(struct scan *s)
{
    static const char *const words[] = {"true", "false", "null"};
    const char *const start = s->at;
    char word[MAX_NUMBER + 1];
    size_t len = 0;

    while (s->at + len < s->end && is_word_char(s->at[len]))
        len++;
    if (len == 0)
        return expected(s, "a value");
    if (len > MAX_NUMBER)
        return fail(s, start, "a number or word of %zu characters; at most %d are allowed", len,
                    MAX_NUMBER);
    memcpy(word, start, len);
    word[len] = '\0';
    s->at += len;

    if (strchr("+-.0123456789", word[0]) == NULL) {
        for (size_t i = 0; i < SLED_ARRAY_LEN(words); i++) {
            if (strcmp(word, words[i]) == 0)
                return SLED_OK;
        }
        const char *const near = sled_suggest(word, words, SLED_ARRAY_LEN(words));

        if (near != NULL)
            return fail(s, start, "unknown word %s; did you mean %s?", word, near);
        return fail(s, start, "unknown word %s; a string is written in double quotes", word);
    }

    const char *const fault = number_fault(word);
    if (fault != NULL)
        return fail(s, start, "%s is not a JSON number: %s", word, fault);

    const double value = strtod(word, NULL);
    if (!isfinite(value))
        return fail(s, start, "the number %s is too large for a double", word);
    if (value == 0.0 && strcspn(word, "123456789") < strcspn(word, "eE"))
        return fail(s, start, "the number %s is too small for a double", word);
    return SLED_OK;
}

static enum sled_status scan_value(struct scan *s)
{
    if (next_is(s, '{'))
        return scan_object(s);
    if (next_is(s, '['))
        return scan_array(s);
    if (next_is(s, '"'))
        return scan_string(s);
    return scan_word(s);
}

static enum sled_status scan_document(struct scan *s)
{
    skip_space(s);
    if (s->at == s->end)
        return fail(s, s->at, "the text is empty, expected a JSON document");
    SLED_TRY(scan_value(s));
    skip_space(s);
    if (s->at < s->end)
        return expected(s, "nothing more after the document");
    return SLED_OK;
}

enum sled_status sled_json_check(const char *name, const char *text, size_t len,
                                 struct sled_err *err)
{
    struct scan s = {.name = name, .text = text, .end = text + len, .at = text, .err = err};
    const enum sled_status status = scan_document(&s);

    free(s.keys);
    return status;
}

/* s->at is at an object or array: move it to the member that part names, if there is one. */
static bool find_member(struct scan *s, const char *part, struct sled_json_place *out)
{
    const bool object = next_is(s, '{');
    size_t index = 0;

    if (!object && (!next_is(s, '[') || !sled_pointer_part_index(part, &index)))
        return false;

    const char close = object ? '}' : ']';
    enum sled_status status = enter(s);
    for (size_t i = 0; status == SLED_OK && !next_is(s, close); i++) {
        const char *const key = s->at;

        if (object)
            status = scan_key(s);
        if (status == SLED_OK && (object ? part_is_string(part, key) : i == index)) {
            out->key = (size_t)(key - s->text);
            out->value = (size_t)(s->at - s->text);
            return true;
        }
        if (status == SLED_OK)
            status = scan_value(s);
        if (status == SLED_OK)
            status = scan_separator(s, close, "");
    }
    return false;
}

size_t sled_json_find(const char *text, size_t len, const char *pointer,
                      struct sled_json_place *out)
{
    struct sled_err ignored = SLED_ERR_INIT;
    struct scan s = {.name = "", .text = text, .end = text + len, .at = text, .err = &ignored};
    size_t used = 0;

    skip_space(&s);
    out->key = out->value = (size_t)(s.at - text);
    while (pointer[used] == '/' && find_member(&s, pointer + used + 1, out))
        used += 1 + strcspn(pointer + used + 1, "/");
    free(s.keys);
    return used;
}
