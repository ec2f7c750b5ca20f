#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Functions that cannot be used safely, or whose result differs between machines.
#
#   check-banned.sh ROOT
set -u
cd "$1" || exit 99

banned='strcpy strcat strncpy strncat sprintf vsprintf strtok strtok_r gets atoi atol atoll atof
    alloca rand srand random tmpnam tempnam mktemp'
pattern=$(echo $banned | tr ' ' '|')

# A call is the name, not part of a longer one, and a parenthesis.
found=$(grep -nE "(^|[^[:alnum:]_])($pattern) ?\(" src/*/*.[ch] |
    grep -vE '^[^:]*:[0-9]*:[[:space:]]*(/\*|\*|//)')
[ -z "$found" ] && exit 0
echo "banned functions:"
echo "$found"
exit 1
