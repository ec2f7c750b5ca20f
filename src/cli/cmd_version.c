/* SPDX-License-Identifier: Apache-2.0 */
/* `sledsim version [--build]` */
#include "cli/cmd.h"

#include <stdio.h>

#include <cjson/cJSON.h>

#include "sim/sim.h"

struct version_args {
    bool build;
};

static const struct sled_opt options[] = {
    {.name = "build",
     .kind = SLED_OPT_FLAG,
     .offset = offsetof(struct version_args, build),
     .help = "also tell the compiler and the libraries in use"},
};

static enum sled_status run(const void *data, struct sled_err *err)
{
    const struct version_args *args = data;

    (void)err;
    printf("sledsim %s\n", SLEDSIM_VERSION);
    if (args->build) {
        printf("compiler: %s\n", SLEDSIM_COMPILER);
        printf("network: %s\n", sled_sim_describe());
        printf("cJSON: %s\n", cJSON_Version());
        printf("data: %s\n", SLEDSIM_DATADIR);
    }
    return SLED_OK;
}

const struct sled_cmd sled_cmd_version = {
    .name = "version",
    .summary = "print the version",
    .args = {.options = options, .noptions = 1, .size = sizeof(struct version_args)},
    .run = run,
};
