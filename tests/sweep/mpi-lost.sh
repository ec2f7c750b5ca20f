#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Processes die where mpirun lets the others go on, or are stopped: the others do what is left to do,
# and nobody waits without end for what does not come.
#
#   mpi-lost.sh SLEDSIM ROOT
set -u
# shellcheck source=tests/sweep/mpi-common.sh
. "${0%/*}/mpi-common.sh"

# begin DIR N FILE: N processes on the sweep FILE, in the folder DIR; leaves $mpirun.
begin() {
    mkdir "$1"
    (cd "$1" && exec mpirun --enable-recovery -n "$2" ../rank \
        "$sledsim" sweep "$3" --out out --format none >log 2>&1) &
    mpirun=$!
}

# ends PID DIR: it does, and all that it started.
ends() {
    until_true 150 gone "$1" || fail "$2: mpirun does not end"
    wait "$1"
    status=$?
    until_true 20 all_gone "$2" || fail "$2: a process stayed behind"
}

# well PID DIR: mpirun ended as it should; or it took a segmentation fault itself, as that of Open MPI
# 4.1.4 may when a process ends a job that lost another. Tables are there by then either way.
well() {
    [ $status -eq 0 ] && return
    grep -q ":$1\\] \\*\\*\\* Process received signal" "$2/log" && [ $status -ge 128 ] ||
        fail "$2: mpirun ended with $status: $(cat "$2/log")"
    echo "$2: mpirun crashed by itself"
}

# find_working DIR: which rank works, by its having a child? Leaves them in $working and $child.
find_working() {
    for working in 1 2; do
        pid=$(cat "$1/pid.$working" 2>/dev/null) || continue
        child=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
        child=${child%% *}
        [ -z "$child" ] || return 0
    done
    return 1
}

"$sledsim" sweep "$sweep" -j 1 --out calm --format none || exit 1

# A worker, at its work.
begin worker 4 "$sweep"
worker=$mpirun
until_true 60 has_more 10 worker/out || fail "worker: no results"
kill -9 "$(cat worker/pid.2)" || exit 1

# Process 0: with what it has kept, the sweep goes on later.
begin dealer 3 "$sweep"
dealer=$mpirun
until_true 60 has_more 10 dealer/out || fail "dealer: no results"
kill -9 "$(cat dealer/pid.0)" || exit 1

# A worker that has nothing to do, and is dead when all is done.
cat >one.json <<END
{"schema_version": 1, "kind": "sweep", "name": "one",
 "base": {"command": "bench", "op": "all_to_all_v", "topology": "$root/topologies/trn3-ultraserver.json",
          "ranks": 64, "algorithm": "direct", "skew": 1.01, "seed": 7, "size": "64MiB",
          "network": "simgrid"}}
END
begin idle 3 "$PWD/one.json"
idle=$mpirun
until_true 60 find_working idle || fail "idle: nobody works"
kill -9 "$(cat idle/pid.$((3 - working)))" || exit 1

# Process 0 is told to stop while a worker has a point that takes for ever.
begin stopped 3 "$PWD/one.json"
until_true 60 find_working stopped || fail "stopped: nobody works"
kill -STOP "$child" || exit 1
kill -TERM "$(cat stopped/pid.0)" || exit 1
ends $mpirun stopped
grep -q "stopped by signal 15" stopped/log || fail "stopped: status $status: $(cat stopped/log)"
echo "stopped process 0: nobody waited for the point"

ends $idle idle
well $idle idle
[ -s idle/out/results.csv ] || fail "idle: no table: $(cat idle/log)"
echo "lost an idle worker: the end did not wait for it"

ends $worker worker
well $worker worker
same worker/out
echo "lost a worker: the others did its points"

ends $dealer dealer
mpirun -n 3 "$sledsim" sweep "$sweep" --out dealer/out --format none || exit 1
same dealer/out
echo "lost process 0: the others ended, and the sweep went on later"
