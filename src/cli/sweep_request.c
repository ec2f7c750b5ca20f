/* SPDX-License-Identifier: Apache-2.0 */
/* From a JSON object to the arguments of a command. */
#include "cli/sweep_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/vec.h"
#include "cli/cmd.h"
#include "report/number.h"

const char *const sweep_references[] = {
    "/topology",
    "/topology/chip",
    "/workload",
    "/workload/topology",
    "/workload/topology/chip",
    "/workload/moe_layer/model",
    "/workload/moe_layer/routing/record",
    "/workload/forward/model",
    "/workload/forward/routing/record",
    NULL,
};

/* Options that say where output goes and how it looks, which is the sweep's business. */
static const char *const left_out[] = {"format", "output",   "set",
                                       "stats",  "topology", "write-table"};

/* Options that name a file. */
static const char *const files[] = {"groups", "matrix", "plan", "table"};

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* A command that points may ask for. */
struct command {
    const struct sled_cmd *cmd;
    const char *operand; /* key of its operand */
    const char *part;    /* key of the file that is a part of the document */
    void *args;
};

static enum sled_status refuse_key(struct sled_doc *doc, const struct command *command,
                                   const char *key, struct sled_err *err)
{
    const struct sled_opt_table *table = &command->cmd->args;
    char text[64][32], pointer[256] = "";
    const char *names[66];
    size_t n = 0;

    for (size_t i = 0; i < table->noptions; i++) {
        if (is_one_of(table->options[i].name, left_out, SLED_ARRAY_LEN(left_out)))
            continue;
        snprintf(text[n], sizeof text[n], "%s", table->options[i].name);
        for (char *c = text[n]; *c != '\0'; c++)
            *c = (char)(*c == '-' ? '_' : *c);
        names[n] = text[n];
        n++;
    }
    names[n++] = command->part;
    if (command->operand != NULL)
        names[n++] = command->operand;

    const char *near = sled_suggest(key, names, n);
    sled_pointer_add(pointer, sizeof pointer, key);
    return sled_doc_fail_key(doc, pointer, err, SLED_E_INPUT,
                             "\"%s\" is no option of %s for a sweep%s%s%s", key, command->cmd->name,
                             near == NULL ? "; see its --help" : "; did you mean \"",
                             near == NULL ? "" : near, near == NULL ? "" : "\"?");
}

/* A file of the option `name`, relative to the file that says it; but "div:4" is none. */
static enum sled_status add_folder(struct sled_doc *doc, const char *pointer,
                                   struct sled_arena *arena, const char **text,
                                   struct sled_err *err)
{
    if (strncmp(*text, "div:", 4) == 0 || strncmp(*text, "mod:", 4) == 0)
        return SLED_OK;

    char *path = sled_path_beside(sled_doc_origin(doc, pointer), *text);
    if (path == NULL)
        return sled_err_nomem(err);
    *text = sled_arena_strndup(arena, path, strlen(path));
    free(path);
    return *text == NULL ? sled_err_nomem(err) : SLED_OK;
}

/* value as one would write it on a command line; NULL for a flag. */
static enum sled_status value_text(struct sled_doc *doc, const char *pointer,
                                   const struct sled_opt *opt, const cJSON *value,
                                   struct sled_arena *arena, const char **out, struct sled_err *err)
{
    char number[SLED_NUMBER_SIZE];
    const bool bare = opt->kind == SLED_OPT_COUNT || opt->kind == SLED_OPT_RATIO;

    *out = NULL;
    if (opt->kind == SLED_OPT_FLAG) {
        if (!cJSON_IsTrue(value))
            return sled_doc_fail(doc, pointer, err, SLED_E_INPUT, "expected true");
        return SLED_OK;
    }
    if (bare && !cJSON_IsNumber(value))
        return sled_doc_fail(doc, pointer, err, SLED_E_INPUT, "expected a number");
    if (!bare && !cJSON_IsString(value))
        return sled_doc_fail(doc, pointer, err, SLED_E_INPUT, "expected a %s",
                             opt->kind == SLED_OPT_SIZE ? "size like \"64KiB\"" : "text");
    const char *text = bare ? number : value->valuestring;
    if (bare && opt->kind == SLED_OPT_COUNT) /* no exponent */
        snprintf(number, sizeof number, "%.15g", value->valuedouble);
    else if (bare)
        sled_number_format(value->valuedouble, number);
    *out = sled_arena_strndup(arena, text, strlen(text));
    if (*out == NULL)
        return sled_err_nomem(err);
    return is_one_of(opt->name, files, SLED_ARRAY_LEN(files))
               ? add_folder(doc, pointer, arena, out, err)
               : SLED_OK;
}

/* "--size: …" is clear from the pointer. */
static void drop_option_name(struct sled_err *err)
{
    const char *colon = strstr(err->msg, ": ");

    if (strncmp(err->msg, "--", 2) == 0 && colon != NULL)
        memmove(err->msg, colon + 2, strlen(colon + 2) + 1);
}

static enum sled_status read_option(struct sled_doc *doc, const struct command *command,
                                    const cJSON *item, struct sled_arena *arena,
                                    struct sled_err *err)
{
    const struct sled_opt_table *table = &command->cmd->args;
    char name[64], pointer[256] = "";
    const char *text;

    snprintf(name, sizeof name, "%s", item->string);
    for (char *c = name; *c != '\0'; c++)
        *c = (char)(*c == '_' ? '-' : *c);
    const struct sled_opt *opt = sled_opt_find(table, name);
    if (opt == NULL || is_one_of(name, left_out, SLED_ARRAY_LEN(left_out)) ||
        strchr(item->string, '-') != NULL)
        return refuse_key(doc, command, item->string, err);

    sled_pointer_add(pointer, sizeof pointer, item->string);
    SLED_TRY(value_text(doc, pointer, opt, item, arena, &text, err));
    if (sled_opt_store(table, opt, text, command->args, err) == SLED_OK)
        return SLED_OK;
    if (err->code != SLED_E_USAGE)
        return err->code;
    err->code = SLED_E_INPUT;
    drop_option_name(err);
    sled_doc_locate(doc, pointer, err);
    return err->code;
}

static enum sled_status read_operand(struct sled_doc *doc, const struct command *command,
                                     const cJSON *item, struct sled_arena *arena,
                                     struct sled_err *err)
{
    const size_t offset = command->cmd->args.operands[0].offset;
    char pointer[256] = "";

    sled_pointer_add(pointer, sizeof pointer, item->string);
    if (!cJSON_IsString(item))
        return sled_doc_fail(doc, pointer, err, SLED_E_INPUT, "expected a text");
    const char *text = sled_arena_strndup(arena, item->valuestring, strlen(item->valuestring));
    *(const char **)(void *)((char *)command->args + offset) = text;
    return text == NULL ? sled_err_nomem(err) : SLED_OK;
}

static enum sled_status require(struct sled_doc *doc, const char *key, struct sled_err *err)
{
    if (key == NULL || cJSON_GetObjectItemCaseSensitive(sled_doc_root(doc), key) != NULL)
        return SLED_OK;
    return sled_doc_fail(doc, "", err, SLED_E_INPUT, "missing key \"%s\"", key);
}

static enum sled_status read_options(struct sled_doc *doc, const struct command *command,
                                     struct sled_arena *arena, struct sled_err *err)
{
    const cJSON *item;

    SLED_TRY(sled_opt_defaults(&command->cmd->args, command->args, err));
    cJSON_ArrayForEach(item, sled_doc_root(doc))
    {
        const char *key = item->string;

        if (strcmp(key, "command") == 0 || strcmp(key, command->part) == 0 ||
            strcmp(key, "comment") == 0 || strncmp(key, "x-", 2) == 0)
            continue;
        if (command->operand != NULL && strcmp(key, command->operand) == 0)
            SLED_TRY(read_operand(doc, command, item, arena, err));
        else
            SLED_TRY(read_option(doc, command, item, arena, err));
    }
    SLED_TRY(require(doc, command->operand, err));
    return require(doc, command->part, err);
}

enum sled_status sweep_request_read(struct sled_doc *doc, struct sweep_request *out,
                                    struct sled_err *err)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(sled_doc_root(doc), "command");
    struct command command;

    *out = (struct sweep_request){.arena = SLED_ARENA_INIT};
    if (name == NULL)
        return sled_doc_fail(doc, "", err, SLED_E_INPUT,
                             "missing key \"command\"; known: bench, run");
    if (cJSON_IsString(name) && strcmp(name->valuestring, "bench") == 0) {
        out->command = SWEEP_BENCH;
        command = (struct command){
            .cmd = &sled_cmd_bench, .operand = "op", .part = "topology", .args = &out->bench};
    } else if (cJSON_IsString(name) && strcmp(name->valuestring, "run") == 0) {
        out->command = SWEEP_RUN;
        command = (struct command){.cmd = &sled_cmd_run, .part = "workload", .args = &out->run};
    } else {
        return sled_doc_fail(doc, "/command", err, SLED_E_INPUT, "expected \"bench\" or \"run\"");
    }
    return read_options(doc, &command, &out->arena, err);
}

void sweep_request_finish(struct sweep_request *request)
{
    sled_arena_finish(&request->arena);
}

enum sled_status sweep_request_blame(const struct sled_doc *doc, enum sled_status st,
                                     struct sled_err *err)
{
    if (st == SLED_E_USAGE)
        err->code = SLED_E_INPUT;
    if (err->code == SLED_E_INPUT)
        sled_doc_locate(doc, "", err);
    return err->code;
}
