#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every header compiles alone, so that the order of includes never matters.
#
#   check-headers.sh ROOT CC [FLAG]...
set -u
cd "$1/src" || exit 99
shift
failed=0

for header in */*.h; do
    if ! "$@" -std=c17 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L -I. -fsyntax-only \
        -x c "$header"; then
        echo "src/$header: does not compile alone"
        failed=1
    fi
done
exit $failed
