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
# $SLEDSIM_DATADIR; where that path appears in the output, DATADIR stands for it.
# With --bless the expectations are rewritten instead of compared.
set -u

bless=no
if [ "$1" = --bless ]; then
    bless=yes
    shift
fi
sledsim=$(realpath "$1") || exit 99
case_dir=$(realpath "$2") || exit 99
if [ ! -x "$sledsim" ] || [ ! -f "$case_dir/cmd" ]; then
    echo "run.sh: need a program and a case, got \"$1\" and \"$2\"" >&2
    exit 99
fi
: "${SLEDSIM_DATADIR:?must name the folder of topologies/ and workloads/}"
export SLEDSIM_DATADIR
export LC_ALL=C

scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM

mkdir "$scratch/bin" "$scratch/work" "$scratch/got"
ln -s "$sledsim" "$scratch/bin/sledsim"
cp -R "$case_dir/." "$scratch/work"
for name in cmd exit stdout stderr files; do
    rm -f "$scratch/work/$name"
done

list_files() {
    (cd "$scratch/work" && find . ! -name . | sed 's|^\./||' | sort)
}

before=$(list_files)
(cd "$scratch/work" && PATH="$scratch/bin:$PATH" sh "$case_dir/cmd") \
    >"$scratch/got/stdout.raw" 2>"$scratch/got/stderr.raw" </dev/null
status=$?

# An expectation is a file in got/; what is empty, or exit code 0, has none.
[ $status -eq 0 ] || echo $status >"$scratch/got/exit"
pattern=$(printf '%s\n' "$SLEDSIM_DATADIR" | sed 's/[][\.*^$|]/\\&/g')
for name in stdout stderr; do
    if [ -s "$scratch/got/$name.raw" ]; then
        sed "s|$pattern|DATADIR|g" "$scratch/got/$name.raw" >"$scratch/got/$name"
    fi
done
printf '%s\n' "$before" >"$scratch/before"
list_files | grep -Fvx -f "$scratch/before" >"$scratch/got/files.raw"
if [ -s "$scratch/got/files.raw" ]; then
    mv "$scratch/got/files.raw" "$scratch/got/files"
fi

if [ $bless = yes ]; then
    for name in exit stdout stderr files; do
        rm -f "$case_dir/$name"
        if [ -e "$scratch/got/$name" ]; then
            cp "$scratch/got/$name" "$case_dir/$name"
        fi
    done
    exit 0
fi

failed=0
for name in exit stdout stderr files; do
    expected=$case_dir/$name
    got=$scratch/got/$name
    [ -e "$expected" ] || expected=/dev/null
    [ -e "$got" ] || got=/dev/null
    if ! diff -u --label "expected $name" --label "got $name" "$expected" "$got"; then
        failed=1
    fi
done
exit $failed
