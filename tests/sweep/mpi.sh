#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sweep under mpirun gives the table that it gives alone: undisturbed, killed as a whole and
# resumed, and with a process lost where mpirun lets the others go on.
#
#   mpi.sh SLEDSIM ROOT [ROUNDS]
set -u
sledsim=$(realpath "$1") || exit 99
sweep=$2/tests/sweep/many.json
rounds=${3:-2}

if ! mpirun --version 2>/dev/null | grep -q 'Open MPI'; then
    echo "skipped: no mpirun of Open MPI here (Debian: openmpi-bin)"
    exit 77
fi
if [ ! -f "${sledsim%/*}/libsledsim_mpi.so" ]; then
    echo "skipped: built without MPI (Debian: libopenmpi-dev)"
    exit 77
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1

scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
cd "$scratch" || exit 99

# Rank R leaves its process number in pid.R.
cat >rank <<'END'
#!/bin/sh
echo $$ >"pid.$OMPI_COMM_WORLD_RANK"
exec "$@"
END
chmod +x rank

same() {
    for table in results.jsonl results.csv results.sqlite; do
        cmp "calm/$table" "$1/$table" || exit 1
    done
}

# Wait until DIR has more results than N.
wait_for() {
    tries=0
    while [ "$(cat "$1"/workers/*.jsonl 2>/dev/null | wc -l)" -le "$2" ] && [ $tries -lt 600 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
}

"$sledsim" sweep "$sweep" -j 1 --out calm >calm.txt || exit 1
mpirun -n 3 "$sledsim" sweep "$sweep" --out whole >whole.txt || exit 1
same whole
cmp calm.txt whole.txt || exit 1
echo "mpirun -n 3: the same table"

round=0
while [ $round -lt "$rounds" ]; do
    round=$((round + 1))
    rm -f pid.*
    had=$(cat killed/workers/*.jsonl 2>/dev/null | wc -l)
    mpirun -n 3 ./rank "$sledsim" sweep "$sweep" --out killed --format none >log 2>&1 &
    wait_for killed $((had + 10))
    kill -9 "$(cat pid.$((round % 3)))" 2>/dev/null
    wait $! 2>/dev/null
    echo "killed rank $((round % 3)) with $(cat killed/workers/*.jsonl | wc -l) results"
done
mpirun -n 3 "$sledsim" sweep "$sweep" --out killed >killed.txt || exit 1
same killed
cmp calm.txt killed.txt || exit 1

rm -f pid.*
mpirun --enable-recovery -n 4 ./rank "$sledsim" sweep "$sweep" --out lost >lost.txt 2>log &
run=$!
wait_for lost 10
kill -9 "$(cat pid.2)" || exit 1
if ! wait $run; then
    cat log
    exit 1
fi
same lost
echo "lost rank 2: the others did its points"
