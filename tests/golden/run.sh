#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Run one golden case: a command line and everything it may show.
#
#   run.sh [--bless] SLEDSIM CASE
#
# CASE is a folder with
#   cmd      one line of shell that runs `sledsim`
#   exit     expected exit code; 0 when absent
#   stdout   expected text, exactly; nothing when absent
#   stderr   the same
#   files    names of files that the command leaves behind, one a line; none when absent
# and input files. The command runs in a copy of CASE without the five files above. Data files are in
# $SLEDSIM_DATADIR, its topologies/, collectives/ and workloads/ also beside that copy, as "../topologies";
# where the path appears in the output, DATADIR stands for it.
# With --bless the expectations are rewritten instead of compared.
set -u

bless=no
if [ "$1" = --bless ]; then
    bless=yes
    shift
fi
bin_dir=$(cd "${1%/*}" && pwd) || exit 99
case_dir=$(cd "$2" && pwd) || exit 99
if [ ! -x "$bin_dir/sledsim" ] || [ ! -f "$case_dir/cmd" ]; then
    echo "run.sh: need a program and a case, got \"$1\" and \"$2\"" >&2
    exit 99
fi
: "${SLEDSIM_DATADIR:?must name the folder of topologies/ and workloads/}"
export SLEDSIM_DATADIR
export LC_ALL=C

scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM

mkdir "$scratch/work" "$scratch/raw" "$scratch/expected" "$scratch/got"
for folder in topologies collectives workloads; do
    ln -s "$SLEDSIM_DATADIR/$folder" "$scratch"
done
cp -R "$case_dir/." "$scratch/work"
rm "$scratch/work/cmd"
for name in exit stdout stderr files; do
    if [ -e "$scratch/work/$name" ]; then
        mv "$scratch/work/$name" "$scratch/expected"
    fi
done

list_files() {
    find "$scratch/work" -mindepth 1 -printf '%P\n' | sort
}

before=$(list_files)
(cd "$scratch/work" && PATH="$bin_dir:$PATH" sh "$case_dir/cmd") \
    >"$scratch/raw/stdout" 2>"$scratch/raw/stderr" </dev/null
status=$?

# An expectation is a file in got/; what is empty, or exit code 0, has none.
[ $status -eq 0 ] || echo $status >"$scratch/got/exit"
pattern=$(printf '%s\n' "$SLEDSIM_DATADIR" | sed 's/[][\.*^$|]/\\&/g')
for name in stdout stderr; do
    if [ -s "$scratch/raw/$name" ]; then
        sed "s|$pattern|DATADIR|g" "$scratch/raw/$name" >"$scratch/got/$name"
    fi
done
after=$(list_files)
if [ "$after" != "$before" ]; then
    printf '%s\n' "$before" >"$scratch/raw/before"
    printf '%s\n' "$after" | grep -Fvx -f "$scratch/raw/before" >"$scratch/got/files"
fi

if [ $bless = yes ]; then
    for name in exit stdout stderr files; do
        rm -f "$case_dir/$name"
        if [ -s "$scratch/got/$name" ]; then
            cp "$scratch/got/$name" "$case_dir/$name"
        fi
    done
    exit 0
fi

cd "$scratch" && diff -ruN expected got
