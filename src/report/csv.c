/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 4180 quoting. */
#include "report/csv.h"

#include <inttypes.h>
#include <string.h>

#include "report/number.h"

static void begin_cell(struct sled_csv *csv)
{
    if (csv->row_begun)
        putc(',', csv->stream);
    csv->row_begun = true;
}

void sled_csv_text(struct sled_csv *csv, const char *text)
{
    begin_cell(csv);
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, csv->stream);
        return;
    }
    putc('"', csv->stream);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', csv->stream);
        putc(*text, csv->stream);
    }
    putc('"', csv->stream);
}

void sled_csv_count(struct sled_csv *csv, uint64_t count)
{
    begin_cell(csv);
    fprintf(csv->stream, "%" PRIu64, count);
}

void sled_csv_number(struct sled_csv *csv, double number)
{
    char text[SLED_NUMBER_SIZE];

    begin_cell(csv);
    fputs(sled_number_format(number, text), csv->stream);
}

void sled_csv_end_row(struct sled_csv *csv)
{
    putc('\n', csv->stream);
    csv->row_begun = false;
}
