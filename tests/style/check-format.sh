#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The sources are as .clang-format lays them out. Versions of clang-format disagree, so
# without version 14 the check is skipped.
#
#   check-format.sh ROOT
set -u
cd "$1" || exit 99

for tool in clang-format-14 clang-format; do
    if command -v "$tool" >/dev/null && "$tool" --version | grep -q 'version 14\.'; then
        found=$("$tool" --dry-run --Werror src/*/*.[ch] tests/*/*.[ch] 2>&1 |
            sed -nE 's/^([^:]*:[0-9]*):[0-9]*: error: .*/\1/p' | uniq)
        [ -z "$found" ] && exit 0
        echo "not as \"$tool -i\" lays it out:"
        echo "$found"
        exit 1
    fi
done
echo "clang-format 14 not found"
exit 77
