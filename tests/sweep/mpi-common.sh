# SPDX-License-Identifier: Apache-2.0
# What the tests of sweeps under mpirun share, read into each: their arguments are SLEDSIM and ROOT,
# and they go on in a folder of their own, $scratch.
# shellcheck source=tests/sweep/common.sh
. "${0%/*}/common.sh"
sledsim=$(realpath "$1") || exit 99
root=$(realpath "$2") || exit 99
sweep=$root/tests/sweep/many.json

if ! mpirun --version 2>/dev/null | grep -q 'Open MPI'; then
    echo "skipped: no mpirun of Open MPI here (Debian: openmpi-bin)"
    exit 77
fi
if [ ! -f "${sledsim%/*}/libsledsim_mpi.so" ]; then
    echo "skipped: built without MPI (Debian: libopenmpi-dev)"
    exit 77
fi
scratch=$(realpath "$(mktemp -d)") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
cd "$scratch" || exit 99

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1
# What killed processes leave in shared memory and in sockets goes with the rest.
export TMPDIR="$scratch" OMPI_MCA_btl_vader_backing_directory="$scratch"

# Rank R leaves its process number in pid.R of the folder it runs in.
cat >rank <<'END'
#!/bin/sh
echo $$ >"pid.$OMPI_COMM_WORLD_RANK"
exec "$@"
END
chmod +x rank

fail() {
    echo "$@"
    exit 1
}

# until_true SECONDS COMMAND...: wait for it.
until_true() {
    tries=$(($1 * 20))
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}

# gone PID: has it ended? A process of that number in another folder is none of ours.
gone() {
    case $(readlink "/proc/$1/cwd" 2>/dev/null) in
    "$scratch"*) return 1 ;;
    esac
}

# all_gone DIR: has every process ended that left its number in DIR?
all_gone() {
    for file in "$1"/pid.*; do
        if [ -s "$file" ] && ! gone "$(cat "$file")"; then
            return 1
        fi
    done
}

# count_results DIR: how many points of the sweep in DIR have one.
count_results() {
    cat "$1"/workers/*.jsonl 2>/dev/null | wc -l
}

# has_more N DIR: are there more results than N?
has_more() {
    [ "$(count_results "$2")" -gt "$1" ]
}
