#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Take what sledsim prints now as what golden cases and the README expect, and show what
# changed.
#
#   scripts/bless.sh BUILD [CASE | README]...      e.g. scripts/bless.sh build cli/help README.md
#
# Without names everything is rewritten. Say in the commit why the expectations changed.
set -eu

if [ $# -lt 1 ]; then
    echo "usage: scripts/bless.sh BUILD [CASE | README]..." >&2
    exit 2
fi
build=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)
golden=$root/tests/golden
sledsim=$build/src/cli/sledsim

if [ $# -eq 0 ]; then
    set -- $(cd "$golden" && find . -name cmd | sed 's|^\./||; s|/cmd$||' | sort) \
        README.md tests/accuracy/kernels/README.md tests/accuracy/models/README.md
fi

old=$(mktemp -d)
trap 'rm -rf "$old"' EXIT

# show_change BEFORE AFTER NAME: either file may be absent.
show_change() {
    before=$1
    after=$2
    [ -e "$before" ] || before=/dev/null
    [ -e "$after" ] || after=/dev/null
    diff -u --label "old $3" --label "new $3" "$before" "$after" || true
}

for name; do
    case $name in *README.md)
        cp "$root/$name" "$old/README.md"
        sh "$root/tests/style/check-readme.sh" --bless "$root" "$sledsim" "$name"
        show_change "$old/README.md" "$root/$name" "$name"
        continue
        ;;
    esac
    mkdir -p "$old/$name"
    cp -R "$golden/$name/." "$old/$name"
    SLEDSIM_DATADIR=$root sh "$golden/run.sh" --bless "$sledsim" "$golden/$name"
    for file in exit stdout stderr files; do
        show_change "$old/$name/$file" "$golden/$name/$file" "$name/$file"
    done
done
