#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The regression gate can fail: with the links of one topology 1 % slower it names the collectives
# that got slower, by how much, and none of another topology.
#
#   gate-fails.sh SLEDSIM ROOT
set -u
sledsim=$(realpath "$1") || exit 99
root=$(realpath "$2") || exit 99

scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
cp -R "$root/topologies" "$scratch"
cd "$scratch" || exit 99

# Of all that the gate runs: two small topologies, large, from SRAM to SRAM.
sweep() {
    "$sledsim" sweep "$root/tests/baselines/collectives.sweep.json" --out "$1" --format none \
        --set '/axes/~1topology=["topologies/trn2-16.json", "topologies/trn3-gen1-64.json"]' \
        --set '/axes/~1size=["18MiB"]' --set '/axes/~1memory=["sbuf"]' --set /include=null
}

sweep before || exit 1
"$sledsim" baseline before --reason "before" -o base.json || exit 1
"$sledsim" compare base.json before || exit 1

sed -i 's/"128GB\/s"/"126.72GB\/s"/g' topologies/trn2-16.json
sweep after || exit 1
"$sledsim" compare base.json after >verdict
status=$?
if [ $status -ne 1 ]; then
    echo "status $status instead of 1"
    exit 1
fi
head -n 5 verdict
tail -n 1 verdict
grep -q 'time_ns: .* (+0.* %) .*algorithm=ring .*op=all_reduce .*topology=trn2-16' verdict || exit 1
! grep -q 'topology=trn3-gen1-64' verdict
