#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Time sledsim as a whole process and print a table: bar, measured, peak memory.
#
#   bench.sh MEASURE SLEDSIM SOURCE_DIR OUT_DIR BUILDTYPE
#
# Also writes OUT_DIR/benchmark-COMMIT.json. Data is in SBUF at both ends, so that links are what
# flows share. Bars are those of a release build on two cores; a missed bar is a word in the
# table, and the exit status tells of errors only.
set -eu

measure=$1
sledsim=$2
source_dir=$3
out_dir=$4
buildtype=$5

commit=$(git -C "$source_dir" describe --always --dirty --abbrev=12 2>/dev/null) || commit=unknown
json=$out_dir/benchmark-$commit.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

pod=$source_dir/topologies/trn3-ultraserver.json # 144 chips
large=/ultraserver/sleds=256                     # 1,024 of the same kind
runs=3

# matrix RANKS: 1 to 2 MB a pair, the same on every machine.
matrix() {
    awk -v n="$1" 'BEGIN {
        x = 1
        for (s = 0; s < n; s++) {
            row = ""
            for (d = 0; d < n; d++) {
                x = x * 16807 % 2147483647
                row = row (d > 0 ? " " : "") (s == d ? 0 : 1000000 + x % 1000001)
            }
            print row
        }
    }'
}

# number FORMAT EXPRESSION: arithmetic on decimal numbers.
number() {
    awk "BEGIN { printf \"$1\", $2 }"
}

# row NAME BAR_MS BAR_MB ARG...: sledsim ARG...; a bar of 0 is none. Leaves the time in $seconds.
row() {
    name=$1
    bar_ms=$2
    bar_mb=$3
    shift 3
    result=$("$measure" "$runs" "$sledsim" "$@") || {
        echo "bench.sh: $name: sledsim $*" >&2
        exit 1
    }
    seconds=${result% *}
    kib=${result#* }
    ms=$(number %.1f "$seconds * 1000")
    mb=$(number %.0f "$kib * 1024 / 1e6")
    met=$(number %d "($bar_ms == 0 || $ms <= $bar_ms) && ($bar_mb == 0 || $mb <= $bar_mb)")
    [ "$met" = 1 ] && verdict=met || verdict=missed
    [ "$bar_ms" != 0 ] || verdict=-
    printf '%-44s %8s %10s %8s %8s  %s\n' "$name" "$bar_ms" "$ms" "$bar_mb" "$mb" "$verdict"
    printf '%s    {"name": "%s", "bar_ms": %s, "wall_ms": %s, "bar_MB": %s, "peak_MB": %s}' \
        "$comma" "$name" "$bar_ms" "$ms" "$bar_mb" "$mb" >>"$work/rows"
    comma=",
"
}

# bench_row NAME BAR_MS BAR_MB ARG...: a collective.
bench_row() {
    bench_name=$1
    bench_ms=$2
    bench_mb=$3
    shift 3
    row "$bench_name" "$bench_ms" "$bench_mb" bench --memory sbuf "$@"
}

matrix 144 >"$work/matrix-144"
comma=
: >"$work/rows"

echo "# sledsim $commit, $buildtype, best of $runs; a bar of 0 is none"
printf '%-44s %8s %10s %8s %8s\n' work 'bar (ms)' 'wall (ms)' 'bar (MB)' 'peak (MB)'
bench_row 'all_to_all 144' 50 0 all_to_all -t "$pod" -a direct --size 144MiB
bench_row 'all_to_all_v 144, skewed, exact' 100 0 \
    all_to_all_v -t "$pod" -a direct --skew 1.01 --size 64MiB --seed 7
bench_row 'all_to_all_v 144, skewed, 1e-3' 60 0 \
    all_to_all_v -t "$pod" -a direct --skew 1.01 --size 64MiB --seed 7 --accuracy 1e-3
bench_row 'all_to_all_v 144, random sizes, exact' 1000 0 \
    all_to_all_v -t "$pod" -a direct --matrix "$work/matrix-144"
bench_row 'all_to_all_v 144, random sizes, 1e-3' 100 0 \
    all_to_all_v -t "$pod" -a direct --matrix "$work/matrix-144" --accuracy 1e-3
bench_row 'all_reduce ring 144' 60 0 all_reduce -t "$pod" -a ring --channels 1 --size 144MiB
bench_row 'all_to_all 1024' 1000 400 all_to_all -t "$pod" --set "$large" -a direct --size 1GiB
bench_row 'all_to_all_v 1024, skewed, 1e-3' 3000 600 \
    all_to_all_v -t "$pod" --set "$large" -a direct --skew 1.01 --size 64MiB --seed 7 \
    --accuracy 1e-3
bench_row 'all_reduce ring 1024' 1000 400 all_reduce -t "$pod" --set "$large" -a ring --channels 1 --size 1GiB

row 'gpt-oss-120b decode step, 144 chips' 300 0 run "$source_dir/workloads/gpt-oss-120b-decode.json"

# What takes SimGrid's own solver about ten seconds.
set -- all_to_all_v -t "$pod" -r 112 -a direct --skew 1.01 --size 64MiB --seed 7
bench_row 'all_to_all_v 112, skewed, exact' 0 0 "$@" --network fluid
fluid_s=$seconds
runs=1
bench_row 'all_to_all_v 112, skewed, simgrid' 0 0 "$@" --network simgrid
ratio=$(number %.1f "$seconds / $fluid_s")
row 'search of 212 layouts, gpt-oss-120b' 60000 0 layouts \
    "$source_dir/workloads/layouts-gpt-oss-120b-trn3.json" --set '/search/batch=[16,64,256,1024]'
row 'sweep of 1,000 points' 30000 0 sweep "$source_dir/tests/benchmark/sweep.json" --format none \
    --out "$work/sweep"
echo "On that case, simgrid takes $ratio times as long as fluid."

{
    printf '{\n  "schema": "sledsim-benchmark-1",\n  "commit": "%s",\n  "buildtype": "%s",\n' \
        "$commit" "$buildtype"
    printf '  "simgrid_ratio": %s,\n  "rows": [\n' "$ratio"
    cat "$work/rows"
    printf '\n  ]\n}\n'
} >"$json"
echo "written: $json"
