#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sweep is killed at many moments, now its parent and now one of its children, and goes on each
# time: what it leaves in the end is what a sweep leaves that nobody disturbed, byte for byte.
#
#   killed.sh SLEDSIM ROOT [KILLS [SEED]]
set -u
# shellcheck source=tests/sweep/common.sh
. "${0%/*}/common.sh"
sledsim=$(realpath "$1") || exit 99
sweep=$(realpath "$2")/tests/sweep/many.json || exit 99
kills=${3:-20}
seed=${4:-$$}

scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
cd "$scratch" || exit 99

"$sledsim" sweep "$sweep" -j 1 --out calm >calm.txt || exit 1
points=$(wc -l <calm/results.jsonl)
echo "$points points"

began=$(date +%s.%N)
"$sledsim" sweep "$sweep" -j 3 --out whole --format none || exit 1
took=$(seconds_since "$began")
same whole

# Moments are drawn from all of a run's time. A sweep that was done before its kill is compared, and
# another begins.
killed=0
ended=0
dir=1
for delay in $(moments $((4 * kills)) "$took" "$seed"); do
    [ $killed -lt "$kills" ] || break
    "$sledsim" sweep "$sweep" -j 3 --out "$dir" --format none 2>stderr &
    parent=$!
    sleep "$delay"
    victim=$parent
    if [ $((killed % 2)) -eq 1 ]; then
        # One try of a point lost costs nothing; a second one is made.
        victim=
        while [ -z "$victim" ] && kill -0 "$parent" 2>/dev/null; do
            read -r victim rest 2>/dev/null <"/proc/$parent/task/$parent/children"
        done
    fi
    if [ -n "$victim" ] && kill -9 "$victim" 2>/dev/null; then
        killed=$((killed + 1))
    fi
    wait "$parent" 2>/dev/null
    status=$?
    if [ $status -ne 0 ] && { [ "$victim" != "$parent" ] || [ $status -ne 137 ]; }; then
        echo "kill $killed after $delay s, seed $seed: status $status"
        cat stderr
        exit 1
    fi
    if finished "$dir"; then
        same "$dir"
        ended=$((ended + 1))
        dir=$((dir + 1))
    fi
done
echo "$killed kills, seed $seed, $ended sweeps done by then"
[ "$killed" -eq "$kills" ] || exit 1

"$sledsim" sweep "$sweep" -j 3 --out "$dir" >disturbed.txt || exit 1
same "$dir"
cmp calm.txt disturbed.txt || exit 1

# Once more changes nothing.
ls -l --time-style=full-iso "$dir/workers" >before
"$sledsim" sweep "$sweep" -j 3 --out "$dir" --format none || exit 1
ls -l --time-style=full-iso "$dir/workers" >after
cmp before after && same "$dir"
