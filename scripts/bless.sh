#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Take what sledsim prints now as what golden cases expect, and show what changed.
#
#   scripts/bless.sh BUILD [CASE]...      e.g. scripts/bless.sh build cli/help
#
# Without CASE all cases are rewritten. Say in the commit why the expectations changed.
set -eu

if [ $# -lt 1 ]; then
    echo "usage: scripts/bless.sh BUILD [CASE]..." >&2
    exit 2
fi
build=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)
golden=$root/tests/golden
sledsim=$build/src/cli/sledsim

if [ $# -eq 0 ]; then
    set -- $(cd "$golden" && find . -name cmd | sed 's|^\./||; s|/cmd$||' | sort)
fi

old=$(mktemp -d)
trap 'rm -rf "$old"' EXIT
for name; do
    mkdir -p "$old/$name"
    cp -R "$golden/$name/." "$old/$name"
    SLEDSIM_DATADIR=$root sh "$golden/run.sh" --bless "$sledsim" "$golden/$name"
    for file in exit stdout stderr files; do
        before=$old/$name/$file
        after=$golden/$name/$file
        [ -e "$before" ] || before=/dev/null
        [ -e "$after" ] || after=/dev/null
        diff -u --label "old $name/$file" --label "new $name/$file" "$before" "$after" || true
    done
done
