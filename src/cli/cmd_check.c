/* SPDX-License-Identifier: Apache-2.0 */
/* `sledsim check FILE...`: are these files right? Nothing is simulated. */
#include "cli/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cli/sweep_command.h"
#include "config/config.h"
#include "config/plan_file.h"

struct check_args {
    struct sled_opt_list files;
    bool sources;
};

static const struct sled_operand operands[] = {
    {.name = "FILE",
     .offset = offsetof(struct check_args, files),
     .many = true,
     .help = "file of any kind"},
};

static const struct sled_opt options[] = {
    {.name = "sources",
     .kind = SLED_OPT_FLAG,
     .offset = offsetof(struct check_args, sources),
     .help = "also require a source for every hardware number"},
};

/* A sweep is checked with what its points ask for, any other file by what it is. */
static enum sled_status check_file(const char *path, bool sources, struct sled_err *err)
{
    struct sled_doc *doc;

    if (sled_plan_file_is_msccl(path) || strcmp(path, "-") == 0)
        return sled_config_check(path, sources, err);
    SLED_TRY(sled_doc_load(path, NULL, NULL, 0, &doc, err));
    const cJSON *kind = sled_pointer_get(sled_doc_root(doc), "/kind");
    const bool sweep = cJSON_IsString(kind) && strcmp(kind->valuestring, "sweep") == 0;
    sled_doc_destroy(doc);
    return sweep ? sweep_check_file(path, err) : sled_config_check(path, sources, err);
}

/* All files are checked and every bad one is told; the first decides the exit code. */
static enum sled_status run(const void *data, struct sled_err *err)
{
    const struct check_args *args = data;
    enum sled_status first = SLED_OK;

    for (size_t i = 0; i < args->files.count; i++) {
        struct sled_err one = SLED_ERR_INIT;
        const enum sled_status st = check_file(args->files.items[i], args->sources, &one);

        if (st == SLED_OK) {
            printf("%s: ok\n", args->files.items[i]);
            continue;
        }
        /* main reports the last failure, as it does for every command. */
        if (err->code != SLED_OK)
            sled_cmd_report(err);
        if (first == SLED_OK)
            first = st;
        *err = one;
    }
    return first;
}

const struct sled_cmd sled_cmd_check = {
    .name = "check",
    .summary = "check files without running anything",
    .description = "Prints \"FILE: ok\" for each good file, and one message for each bad one.\n",
    .examples = "sledsim check topologies/*.json workloads/*.json\n"
                "sledsim check --sources topologies/trn3-ultraserver.json\n",
    .args = SLED_OPT_TABLE(struct check_args, operands, options),
    .run = run,
};
