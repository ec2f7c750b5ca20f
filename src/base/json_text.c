/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said about JSON text without parsing it: characters, comments. */
#include <string.h>

#include "base/json_scan.h"

size_t sled_utf8_sequence(const char *text, size_t len)
{
    const unsigned char *const p = (const unsigned char *)text;
    size_t need;

    if (len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        need = 2;
    else if (p[0] >= 0xe0 && p[0] <= 0xef)
        need = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        need = 4;
    else
        return 0;
    if (need > len)
        return 0;
    for (size_t i = 1; i < need; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || /* overlong */
        (p[0] == 0xed && p[1] > 0x9f) || /* surrogates */
        (p[0] == 0xf0 && p[1] < 0x90) || /* overlong */
        (p[0] == 0xf4 && p[1] > 0x8f))   /* beyond U+10FFFF */
        return 0;
    return need;
}

/* Length of the comment at text, 0 when there is none or it is never closed. */
static size_t comment_length(const char *text, size_t len)
{
    if (len < 2 || text[0] != '/')
        return 0;
    if (text[1] == '/') {
        const char *const line_break = memchr(text, '\n', len);

        return line_break != NULL ? (size_t)(line_break - text) : len;
    }
    for (size_t i = 2; text[1] == '*' && i + 1 < len; i++) {
        if (text[i] == '*' && text[i + 1] == '/')
            return i + 2;
    }
    return 0;
}

/* Length of the string at text with both quotes; an open one ends with its line. */
static size_t string_length(const char *text, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        if (text[i] == '\\')
            i++;
        else if (text[i] == '"' || text[i] == '\n')
            return i + 1;
    }
    return len;
}

void sled_json_blank_comments(char *text, size_t len)
{
    size_t i = 0;

    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        memset(text, ' ', 3);
    while (i < len) {
        const size_t comment = comment_length(text + i, len - i);

        for (size_t j = i; j < i + comment; j++) {
            if (text[j] != '\n')
                text[j] = ' ';
        }
        if (comment > 0)
            i += comment;
        else
            i += text[i] == '"' ? string_length(text + i, len - i) : 1;
    }
}
