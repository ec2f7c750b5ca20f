#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sweep under mpirun gives the table that it gives alone, byte for byte: undisturbed, and killed at
# random moments, now a process of it and now mpirun, and resumed each time. Whatever dies, nothing
# stays behind.
#
#   mpi.sh SLEDSIM ROOT [KILLS [SEED]]
set -u
# shellcheck source=tests/sweep/mpi-common.sh
. "${0%/*}/mpi-common.sh"
kills=${3:-20}
seed=${4:-$$}

"$sledsim" sweep "$sweep" -j 1 --out calm >calm.txt || exit 1
began=$(date +%s.%N)
mpirun -n 3 "$sledsim" sweep "$sweep" --out whole >whole.txt || exit 1
took=$(seconds_since "$began")
same whole
cmp calm.txt whole.txt || exit 1
echo "mpirun -n 3: the same table, in $took s; seed $seed"

# Moments are drawn from all of a run's time, so that beginnings and ends are hit as well, but not from
# more than a busy machine has time for; who dies goes round. A sweep that was done before its kill
# is compared, and another begins.
most=$(awk "BEGIN { print ($took > 5 ? 5 : $took) }")
killed=0
ended=0
dir=1
for delay in $(moments $((3 * kills)) "$most" "$seed"); do
    [ $killed -lt "$kills" ] || break
    rm -f pid.*
    mpirun -n 3 ./rank "$sledsim" sweep "$sweep" --out $dir --format none >log 2>&1 &
    mpirun=$!
    sleep "$delay"
    victim=$mpirun
    rank=$((killed % 4))
    [ $rank -eq 3 ] || victim=$(cat pid.$rank 2>/dev/null)
    if [ -n "$victim" ] && ! gone "$victim" && kill -9 "$victim" 2>/dev/null; then
        killed=$((killed + 1))
        echo "kill $killed after $delay s: $([ $rank -eq 3 ] && echo mpirun || echo rank $rank)," \
            "$(count_results $dir) results"
    fi
    until_true 60 gone $mpirun || fail "mpirun does not end"
    wait $mpirun 2>/dev/null
    until_true 20 all_gone . || fail "a process stayed behind: $(cat log)"
    if finished $dir; then
        same $dir
        ended=$((ended + 1))
        dir=$((dir + 1))
    fi
done
echo "$killed kills, $ended sweeps done by then"
[ $killed -eq "$kills" ] || exit 1

mpirun -n 3 "$sledsim" sweep "$sweep" --out $dir >killed.txt || exit 1
same $dir
cmp calm.txt killed.txt || exit 1
