#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A registry and the files beside it agree: every row has a file that defines it, and every
# file that defines one has a row.
#
#   check-registry.sh ROOT
set -u
cd "$1/src" || exit 99
failed=0

# check FOLDER DEF MACRO STRUCT SYMBOL FILE: SYMBOL and FILE are prefixes of a row's stem.
check() {
    rows=$(sed -nE "s/^$3\(([a-z0-9_]+)\)$/\1/p" "$1/$2" | sort)
    files=$(grep -lE "^const struct $4 $5[a-z0-9_]+ =" "$1"/*.c |
        sed -E "s|^$1/$6(.*)\.c$|\1|" | sort)
    if [ -z "$rows" ]; then
        echo "src/$1/$2: no rows $3(...) found"
        failed=1
    fi
    if [ "$rows" != "$files" ]; then
        echo "src/$1/$2: rows and files differ"
        echo "rows:" $rows
        echo "files:" $files
        failed=1
    fi
    for stem in $files; do
        if ! grep -qE "^const struct $4 $5$stem =" "$1/$6$stem.c"; then
            echo "src/$1/$6$stem.c: does not define $5$stem"
            failed=1
        fi
    done
}

check coll algos.def SLED_COLL_ALGO sled_coll_algo sled_coll_ ''
check topo families.def SLED_TOPO_FAMILY sled_topo_family sled_topo_ ''
check cli cmds.def SLED_CMD sled_cmd sled_cmd_ cmd_
exit $failed
