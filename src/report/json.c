/* SPDX-License-Identifier: Apache-2.0 */
/* Printing a JSON tree, every number exactly. */
#include "report/json.h"

#include <math.h>
#include <stdbool.h>

#include "report/number.h"

void sled_json_add_string(const char *text, struct sled_str *out)
{
    sled_str_add(out, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            sled_str_addf(out, "\\%c", *c);
        else if (*c == '\n')
            sled_str_add(out, "\\n");
        else if (*c == '\t')
            sled_str_add(out, "\\t");
        else if ((unsigned char)*c < 0x20)
            sled_str_addf(out, "\\u%04x", (unsigned)(unsigned char)*c);
        else
            sled_str_addn(out, c, 1);
    }
    sled_str_add(out, "\"");
}

static bool is_container(const cJSON *node)
{
    return cJSON_IsObject(node) || cJSON_IsArray(node);
}

/* An array without containers fits on one line; an object gets a line per key. */
static bool is_flat(const cJSON *node)
{
    const cJSON *child;

    if (cJSON_IsObject(node))
        return node->child == NULL;
    cJSON_ArrayForEach(child, node)
    {
        if (is_container(child))
            return false;
    }
    return true;
}

static enum sled_status add_node(const cJSON *node, int level, struct sled_str *out,
                                 struct sled_err *err);

static enum sled_status add_container(const cJSON *node, int level, struct sled_str *out,
                                      struct sled_err *err)
{
    const bool object = cJSON_IsObject(node);
    const bool flat = is_flat(node);

    sled_str_add(out, object ? "{" : "[");
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
        if (!flat) {
            sled_str_add(out, "\n");
            sled_str_pad(out, ' ', 2 * (level + 1));
        }
        if (object) {
            sled_json_add_string(child->string, out);
            sled_str_add(out, ": ");
        }
        SLED_TRY(add_node(child, level + 1, out, err));
        if (child->next != NULL)
            sled_str_add(out, flat ? ", " : ",");
    }
    if (!flat) {
        sled_str_add(out, "\n");
        sled_str_pad(out, ' ', 2 * level);
    }
    sled_str_add(out, object ? "}" : "]");
    return SLED_OK;
}

static enum sled_status add_node(const cJSON *node, int level, struct sled_str *out,
                                 struct sled_err *err)
{
    char number[SLED_NUMBER_SIZE];

    if (is_container(node))
        return add_container(node, level, out, err);
    if (cJSON_IsNumber(node)) {
        if (!isfinite(node->valuedouble))
            return sled_err_set(err, SLED_E_BUG, "the number \"%s\" of a result is %g",
                                node->string == NULL ? "" : node->string, node->valuedouble);
        sled_str_add(out, sled_number_format(node->valuedouble, number));
    } else if (cJSON_IsString(node)) {
        sled_json_add_string(node->valuestring, out);
    } else if (cJSON_IsBool(node)) {
        sled_str_add(out, cJSON_IsTrue(node) ? "true" : "false");
    } else {
        sled_str_add(out, "null");
    }
    return SLED_OK;
}

enum sled_status sled_json_add_line(const cJSON *tree, struct sled_str *out, struct sled_err *err)
{
    const cJSON *child;

    if (tree == NULL)
        return sled_err_nomem(err);
    if (!is_container(tree))
        return add_node(tree, 0, out, err);
    sled_str_add(out, cJSON_IsObject(tree) ? "{" : "[");
    cJSON_ArrayForEach(child, tree)
    {
        sled_str_add(out, child == tree->child ? "" : ",");
        if (cJSON_IsObject(tree)) {
            sled_json_add_string(child->string, out);
            sled_str_add(out, ":");
        }
        SLED_TRY(sled_json_add_line(child, out, err));
    }
    sled_str_add(out, cJSON_IsObject(tree) ? "}" : "]");
    return SLED_OK;
}

enum sled_status sled_json_write(const cJSON *tree, FILE *stream, struct sled_err *err)
{
    struct sled_str text = SLED_STR_INIT;

    if (tree == NULL)
        return sled_err_nomem(err);

    enum sled_status st = add_node(tree, 0, &text, err);
    if (st == SLED_OK)
        st = sled_str_status(&text, err);
    if (st == SLED_OK)
        fprintf(stream, "%s\n", sled_str_text(&text));
    sled_str_finish(&text);
    return st;
}
