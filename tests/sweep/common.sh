# SPDX-License-Identifier: Apache-2.0
# What tests of disturbed sweeps share, read into each.

# same DIR: are its tables those of calm/?
same() {
    for table in results.jsonl results.csv results.sqlite; do
        cmp "calm/$table" "$1/$table" || exit 1
    done
}

# finished DIR: has it all its tables?
finished() {
    [ -f "$1/results.jsonl" ] && [ -f "$1/results.sqlite" ]
}

# seconds_since BEGAN: as `date +%s.%N` tells it.
seconds_since() {
    awk "BEGIN { print $(date +%s.%N) - $1 }"
}

# moments N MOST SEED: so many, drawn from MOST seconds, in which a sweep is to be killed.
moments() {
    awk -v n="$1" -v most="$2" -v s="$3" \
        'BEGIN { srand(s); while (n-- > 0) printf "%.3f\n", most * rand() }'
}
