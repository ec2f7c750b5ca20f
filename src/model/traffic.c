/* SPDX-License-Identifier: Apache-2.0 */
/* Byte matrices: parsing nccl-tests' format, sums, the way back. */
#include "model/traffic.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

#define MAX_BYTES ((uint64_t)1 << 53)         /* of one pair: exact as a double */
#define MAX_TOTAL_BYTES ((uint64_t)INT64_MAX) /* of a matrix */

enum sled_status sled_traffic_init(struct sled_traffic *traffic, uint32_t nranks,
                                   struct sled_err *err)
{
    uint64_t *bytes;

    SLED_TRY(sled_vec_alloc(&bytes, (size_t)nranks * nranks, err));
    *traffic = (struct sled_traffic){.nranks = nranks, .bytes = bytes};
    return SLED_OK;
}

void sled_traffic_finish(struct sled_traffic *traffic)
{
    free(traffic->bytes);
    *traffic = (struct sled_traffic){0};
}

/* Reading position. Lines are cut at '\n'; a word is a run of anything but white space. */
struct reader {
    const char *name;
    const char *next, *end; /* text not read yet */
    const char *line_begin;
    uint32_t line; /* 1-based number of the line that begins there */
    const char *word;
    size_t word_len;
};

/* Add the place of text `at` to a failure just recorded. */
static enum sled_status place(struct sled_err *err, const struct reader *in, const char *at)
{
    snprintf(err->file, sizeof err->file, "%s", in->name);
    err->line = in->line;
    err->column = (uint32_t)(at - in->line_begin) + 1;
    return err->code;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Next word of the current line, or false at its end. */
static bool next_word(struct reader *in)
{
    while (in->next < in->end && is_blank(*in->next))
        in->next++;
    in->word = in->next;
    while (in->next < in->end && !is_blank(*in->next) && *in->next != '\n')
        in->next++;
    in->word_len = (size_t)(in->next - in->word);
    return in->word_len > 0;
}

/* Step over the end of the current line. */
static void end_line(struct reader *in)
{
    const size_t left = (size_t)(in->end - in->next);
    const char *newline = left == 0 ? NULL : memchr(in->next, '\n', left);

    if (newline == NULL) {
        in->next = in->end;
        return;
    }
    in->next = newline + 1;
    in->line_begin = in->next;
    in->line++;
}

/* Go to the first word of the next line that holds numbers; false when there is none. */
static bool next_row(struct reader *in)
{
    while (in->next < in->end) {
        if (next_word(in) && in->word[0] != '#')
            return true;
        end_line(in);
    }
    return false;
}

static enum sled_status parse_bytes(const struct reader *in, uint64_t *out, struct sled_err *err)
{
    const int shown = in->word_len < 40 ? (int)in->word_len : 40;
    uint64_t value = 0;

    for (size_t i = 0; i < in->word_len; i++) {
        const char c = in->word[i];

        if (c < '0' || c > '9') {
            sled_err_set(err, SLED_E_INPUT, "\"%.*s\" is not a whole number of bytes", shown,
                         in->word);
            return place(err, in, in->word);
        }
        value = value * 10 + (uint64_t)(c - '0');
        if (value > MAX_BYTES) {
            sled_err_set(err, SLED_E_INPUT, "\"%.*s\" is too large, expected at most %llu bytes",
                         shown, in->word, (unsigned long long)MAX_BYTES);
            return place(err, in, in->word);
        }
    }
    *out = value;
    return SLED_OK;
}

static enum sled_status wrong_length(struct reader *in, uint32_t row, uint32_t nranks,
                                     struct sled_err *err)
{
    sled_err_set(err, SLED_E_INPUT, "the row of rank %u has %s than %u numbers, one per rank", row,
                 in->word_len == 0 ? "fewer" : "more", nranks);
    return place(err, in, in->word);
}

/* The current line is the row of rank `row`, its first word is read. */
static enum sled_status parse_row(struct reader *in, uint32_t row, struct sled_traffic *out,
                                  uint64_t *total, struct sled_err *err)
{
    for (uint32_t dst = 0; dst < out->nranks; dst++) {
        uint64_t bytes = 0;

        if (in->word_len == 0)
            return wrong_length(in, row, out->nranks, err);
        SLED_TRY(parse_bytes(in, &bytes, err));
        if (bytes > MAX_TOTAL_BYTES - *total) {
            sled_err_set(err, SLED_E_INPUT, "the matrix adds up to 2^63 bytes or more");
            return place(err, in, in->word);
        }
        *total += bytes;
        out->bytes[(size_t)row * out->nranks + dst] = bytes;
        next_word(in);
    }
    if (in->word_len != 0)
        return wrong_length(in, row, out->nranks, err);
    return SLED_OK;
}

static enum sled_status parse_rows(struct reader *in, struct sled_traffic *out,
                                   struct sled_err *err)
{
    uint64_t total = 0;
    uint32_t row = 0;

    while (next_row(in)) {
        if (row == out->nranks) {
            sled_err_set(err, SLED_E_INPUT, "more than %u rows, one per rank", out->nranks);
            return place(err, in, in->word);
        }
        SLED_TRY(parse_row(in, row, out, &total, err));
        row++;
        end_line(in);
    }
    if (row < out->nranks) {
        sled_err_set(err, SLED_E_INPUT, "the text ends after %u of %u rows, one per rank", row,
                     out->nranks);
        return place(err, in, in->end);
    }
    return SLED_OK;
}

enum sled_status sled_traffic_parse(const char *name, const char *text, size_t len, uint32_t nranks,
                                    struct sled_traffic *out, struct sled_err *err)
{
    struct reader in = {
        .name = name, .next = text, .end = text + len, .line_begin = text, .line = 1};
    struct sled_traffic traffic;

    SLED_TRY(sled_traffic_init(&traffic, nranks, err));
    const enum sled_status status = parse_rows(&in, &traffic, err);
    if (status == SLED_OK)
        *out = traffic;
    else
        sled_traffic_finish(&traffic);
    return status;
}

void sled_traffic_sum(const struct sled_traffic *traffic, struct sled_traffic_sums *out)
{
    const uint32_t P = traffic->nranks;
    struct sled_traffic_sums sums = {0};

    for (uint32_t r = 0; r < P; r++) {
        uint64_t sent = 0;
        uint64_t received = 0;

        for (uint32_t peer = 0; peer < P; peer++) {
            if (peer == r)
                continue;
            sent += traffic->bytes[(size_t)r * P + peer];
            received += traffic->bytes[(size_t)peer * P + r];
        }
        sums.total += sent;
        if (sent > sums.max_send)
            sums.max_send = sent;
        if (received > sums.max_recv)
            sums.max_recv = received;
    }
    *out = sums;
}

enum sled_status sled_traffic_transpose(const struct sled_traffic *from, struct sled_traffic *to,
                                        struct sled_err *err)
{
    const uint32_t P = from->nranks;
    struct sled_traffic back;

    SLED_TRY(sled_traffic_init(&back, P, err));
    for (uint32_t src = 0; src < P; src++) {
        for (uint32_t dst = 0; dst < P; dst++)
            back.bytes[(size_t)dst * P + src] = from->bytes[(size_t)src * P + dst];
    }
    *to = back;
    return SLED_OK;
}
