#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which folder of src/ may include which, who may know which library, and who may print.
#
#   check-layers.sh ROOT
set -u
cd "$1/src" || exit 99
failed=0

complain() {
    echo "$1"
    failed=1
}

# Folders that a folder may include from, itself among them.
allowed_for() {
    case $1 in
    base) echo base ;;
    model) echo base model ;;
    topo | coll | chip | work | report) echo base model "$1" ;;
    fluid) echo base fluid ;;
    sweep) echo base sweep ;;
    sim) echo base model fluid sim ;;
    config) echo base model topo coll chip work config ;;
    cli) echo base model topo coll chip work fluid sim config report sweep cli ;;
    *) return 1 ;;
    esac
}

# Lines "file:line:text" of a folder that match a pattern, without comment lines.
code_lines() {
    grep -nE "$2" "$1"/*.[ch] | grep -vE '^[^:]*:[0-9]*:[[:space:]]*(/\*|\*|//)'
}

for folder in */; do
    folder=${folder%/}
    if ! allowed=$(allowed_for "$folder"); then
        complain "src/$folder: check-layers.sh does not know this folder"
        continue
    fi

    # "file:line:#include "x/…"" -> "file:line x"
    includes=$(grep -nE '^#[[:space:]]*include "' "$folder"/*.[ch] |
        sed -E 's/^([^:]*:[0-9]*):[^"]*"([^"/]*)[/"].*/\1 \2/')
    while read -r place from; do
        [ -n "$place" ] || continue
        case " $allowed " in
        *" $from "*) ;;
        *) complain "src/$place: $folder may not include $from/ (allowed: $allowed)" ;;
        esac
    done <<END
$includes
END

    if [ "$folder" != sim ]; then
        found=$(code_lines "$folder" '#[[:space:]]*include <(simgrid|xbt)[/.]')
        [ -z "$found" ] || complain "only src/sim may know SimGrid:
$found"
    fi

    while read -r header owner; do
        found=$(code_lines "$folder" "#[[:space:]]*include <$header" | grep -v "^$owner:")
        [ -z "$found" ] || complain "only src/$owner may know <$header>:
$found"
    done <<END
expat config/msccl_xml.c
sqlite3 report/rows_sqlite.c
xxhash sweep/key.c
mpi sweep/transport_mpi.c
END

    # Streams that are handed in may be written; nobody but cli owns the standard ones.
    if [ "$folder" != cli ]; then
        found=$(code_lines "$folder" \
            '(^|[^[:alnum:]_])((v?printf|puts|putchar|perror|exit) ?\(|stdout|stderr)' |
            grep -vE 'format\(printf,')
        [ -z "$found" ] || complain "only src/cli prints and exits:
$found"
    fi
done
exit $failed
