#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sweep runs as many points at a time as it may use processors, and not as the machine has.
#
#   cpus.sh SLEDSIM ROOT
set -u
sledsim=$(realpath "$1") || exit 99
sweep=$(realpath "$2")/tests/sweep/many.json || exit 99

if ! command -v taskset >/dev/null || [ "$(nproc)" -lt 2 ]; then
    echo "skipped: no taskset (Debian: util-linux), or one processor"
    exit 77
fi
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
cd "$scratch" || exit 99

# at_a_time DIR COMMAND...: the most points that a sweep was seen to run at a time, in $most.
at_a_time() {
    dir=$1
    shift
    "$@" sweep "$sweep" --out "$dir" --format none &
    sweeping=$!
    most=0
    while children=$(cat "/proc/$sweeping/task/$sweeping/children" 2>/dev/null); do
        # shellcheck disable=SC2086 # one word a child
        set -- $children
        [ $# -le $most ] || most=$#
    done
    wait $sweeping || exit 1
    echo "$dir: up to $most at a time"
}

at_a_time all "$sledsim"
[ "$most" -gt 1 ] || exit 1
first=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
at_a_time one taskset -c "$first" "$sledsim"
[ "$most" -eq 1 ] || exit 1
