#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a README tells readers to type works, and prints what the README says.
#
#   check-readme.sh [--bless] ROOT SLEDSIM [README]
#
# README is relative to ROOT; README.md if absent.
#
# Every "```sh" block with a line that starts with "sledsim", or with a script whose name has a
# hyphen, runs in a folder that looks like ROOT, unless it says "# slow". A "```" block right
# below it shows the standard output. With --bless the README is rewritten with what was printed.
set -u

bless=no
if [ "$1" = --bless ]; then
    bless=yes
    shift
fi
root=$(realpath "$1") || exit 99
sledsim=$(realpath "$2") || exit 99
name=${3:-README.md}
readme=$root/$name

scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
mkdir "$scratch/bin" "$scratch/root"
ln -s "$sledsim" "$scratch/bin/sledsim"
for folder in collectives scripts tests topologies workloads; do
    ln -s "$root/$folder" "$scratch/root"
done

# Block N of commands goes to N.sh, what it prints to N.out.
awk -v dir="$scratch" '
    /^```/ { block = ($0 == "```sh") ? ++n : 0; next }
    block { print > (dir "/" block ".sh") }
' "$readme" || exit 99

ran=0
failed=0
for block in "$scratch"/*.sh; do
    grep -qE '^(sledsim|scripts/[a-z]+-[a-z-]+)' "$block" || continue
    grep -q '# slow' "$block" && continue
    ran=$((ran + 1))
    if ! (cd "$scratch/root" && PATH="$scratch/bin:$PATH" sh -eu "$block") \
        >"${block%.sh}.out" 2>"$scratch/stderr" </dev/null || [ -s "$scratch/stderr" ]; then
        echo "these commands of $name fail or complain:"
        cat "$block" "$scratch/stderr"
        failed=1
    fi
done
if [ $ran -eq 0 ]; then
    echo "$name: no sledsim commands found"
    failed=1
fi
[ $failed -eq 0 ] || exit 1

awk -v dir="$scratch" '
    /^```/ && open { open = 0; print; next }
    /^```/ {
        open = kept = 1
        print
        if ($0 == "```sh") {
            shown = dir "/" ++n ".out"
        } else if ($0 == "```" && shown != "") {
            while ((status = (getline line < shown)) > 0)
                print line
            kept = (status < 0) # this block of commands did not run
            shown = ""
        }
        next
    }
    open && !kept { next }
    !open && NF { shown = "" }
    { print }
' "$readme" >"$scratch/README.md" || exit 99

if [ $bless = yes ]; then
    cp "$scratch/README.md" "$readme"
    exit
fi

# Results name the version of SimGrid, which differs between machines.
plain() {
    sed 's/SimGrid [0-9][0-9.]*/SimGrid/' "$1" >"$2"
}
plain "$readme" "$scratch/expected"
plain "$scratch/README.md" "$scratch/got"
diff -u --label "$name" --label "what its commands print" "$scratch/expected" "$scratch/got"
