/* SPDX-License-Identifier: Apache-2.0 */
/* sledsim sweep: one request at many settings, on all cores, resumable. */
#include "cli/cmd.h"

#include "cli/sweep_args.h"
#include "cli/sweep_command.h"

static const char *const format_names[] = {"table", "csv", "jsonl", "none", NULL};

#define AT(member) .offset = offsetof(struct sweep_args, member)

static const struct sled_operand operands[] = {
    {.name = "FILE", AT(file), .help = "sweep file"},
};

static const struct sled_opt options[] = {
    {.name = "set",
     .kind = SLED_OPT_LIST,
     .arg = "/POINTER=VALUE",
     AT(sets),
     .help = "override a value of the sweep file, as /base/network"},
    {.name = "jobs",
     .letter = 'j',
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 4096,
     AT(jobs),
     .help = "points at a time; as many as it may use processors if absent"},
    {.name = "out",
     .kind = SLED_OPT_TEXT,
     .arg = "DIR",
     AT(out),
     .help = "where results are kept; NAME.sweep if absent"},
    {.name = "shard",
     .kind = SLED_OPT_TEXT,
     .arg = "I/N",
     AT(shard),
     .help = "run every Nth point from the Ith on, 0 to N-1; others run the rest"},
    {.name = "from",
     .kind = SLED_OPT_LIST,
     .arg = "DIR",
     AT(from),
     .help = "also take results that another machine has left there"},
    {.name = "merge",
     .kind = SLED_OPT_FLAG,
     AT(merge),
     .help = "run nothing, only write the tables"},
    {.name = "dry-run",
     .kind = SLED_OPT_FLAG,
     AT(dry_run),
     .help = "run nothing, print the points"},
    {.name = "time-limit",
     .kind = SLED_OPT_RATIO,
     .arg = "SECONDS",
     .max = 1e9,
     AT(time_s),
     .help = "a point that takes longer has failed"},
    {.name = "memory-limit",
     .kind = SLED_OPT_SIZE,
     .arg = "SIZE",
     AT(memory_bytes),
     .help = "a point that needs more address space has failed"},
    {.name = "format",
     .kind = SLED_OPT_CHOICE,
     .arg = "FORMAT",
     .choices = format_names,
     .dflt = "table",
     AT(format),
     .help = "of the table that is printed at the end"},
};

const struct sled_cmd sled_cmd_sweep = {
    .name = "sweep",
    .summary = "run one request at many settings, on all cores",
    .description =
        "FILE names a base, which is what bench's or run's command line would say, and axes:\n"
        "pointers into it, or into any file it names, with the values they take. Every\n"
        "point is run in a process of its own. What crashes, takes too long or needs too\n"
        "much memory is tried twice, and is then a failure of that point alone.\n"
        "\n"
        "Results are kept in DIR as they come. The same command goes on where an earlier\n"
        "one was stopped, and does nothing where all is done; several may share DIR. When\n"
        "all points are there, results.jsonl, results.csv and results.sqlite appear in DIR.\n"
        "\n"
        "Started by mpirun, process 0 deals points to the others. On Slurm see\n"
        "scripts/sweep.sbatch.\n",
    .examples = "sledsim sweep workloads/sweeps/all-to-all.json\n"
                "sledsim sweep workloads/sweeps/all-to-all.json --dry-run\n"
                "mpirun -n 64 sledsim sweep workloads/sweeps/all-to-all.json --out /shared/a2a\n"
                "sledsim sweep workloads/sweeps/all-to-all.json --out all --merge \\\n"
                "    --from machine1 --from machine2\n",
    .args = SLED_OPT_TABLE(struct sweep_args, operands, options),
    .run = sweep_command,
};
