#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hold the latency of every collective on every shipped topology to the baseline.
#
#   gate.sh SLEDSIM ROOT
#
# A latency that should have changed is taken over with a reason:
#   sledsim sweep tests/baselines/collectives.sweep.json --out DIR
#   sledsim baseline DIR -o tests/baselines/collectives.json --reason "why"
set -u
sledsim=$(realpath "$1") || exit 99
baselines=$2/tests/baselines

out=$(mktemp -d) || exit 99
trap 'rm -rf "$out"' EXIT
trap 'exit 99' HUP INT TERM

for topology in "$2"/topologies/*.json; do
    if ! grep -q "topologies/${topology##*/}\"" "$baselines/collectives.sweep.json"; then
        echo "tests/baselines/collectives.sweep.json: ${topology##*/} is missing"
        exit 1
    fi
done

# The same numbers come out everywhere, up to the last digits of a mathematical library.
"$sledsim" sweep "$baselines/collectives.sweep.json" --out "$out" --format none &&
    "$sledsim" compare "$baselines/collectives.json" "$out" --tolerance 0.0001%
