#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sweep meets a disk that is full, or a limit on the size of files: it says so, what it had stays,
# and with more room it goes on.
#
#   full-disk.sh SLEDSIM ROOT
set -u
sledsim=$(realpath "$1") || exit 99
sweep=$(realpath "$2")/tests/sweep/many.json || exit 99

scratch=$(mktemp -d) || exit 99
disk=$scratch/disk
mkdir "$disk"
finish() {
    umount "$disk" 2>/dev/null
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 99' HUP INT TERM
cd "$scratch" || exit 99

"$sledsim" sweep "$sweep" --out calm --format none || exit 1

# check DIR WORDS: the sweep failed with these words, and has whole lines.
check() {
    if [ $status -ne 4 ] || ! grep -q "$2" stderr; then
        echo "status $status instead of 4, or not \"$2\":"
        cat stderr
        exit 1
    fi
    had=$(cat "$1"/workers/*.jsonl | grep -c '}}$')
    if [ "$had" -eq 0 ] || [ -f "$1/results.jsonl" ]; then
        echo "$had results before the disk was full, and a table:"
        ls "$1"
        exit 1
    fi
    echo "$had results when it said: $(cat stderr)"
}

(
    trap '' XFSZ
    ulimit -f 100 # blocks of 512 bytes
    "$sledsim" sweep "$sweep" --out limited --format none 2>stderr
)
status=$?
check limited "File too large"
"$sledsim" sweep "$sweep" --out limited --format none || exit 1
cmp calm/results.jsonl limited/results.jsonl || exit 1

if ! mount -t tmpfs -o size=128k none "$disk" 2>/dev/null; then
    echo "no full disk: a tmpfs cannot be mounted here"
    exit 0
fi
"$sledsim" sweep "$sweep" --out "$disk/s" --format none 2>stderr
status=$?
check "$disk/s" "No space left on device"
mount -o remount,size=64m "$disk" || exit 1
"$sledsim" sweep "$sweep" --out "$disk/s" --format none || exit 1
cmp calm/results.jsonl "$disk/s/results.jsonl"
