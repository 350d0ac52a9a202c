#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# boot-command.sh - boot.hush with its parts as one line, without comments: U-Boot's boot command.

set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)

sed -e "/^[[:space:]]*@load\$/{r $HERE/load.hush" -e 'd}' -e "/^[[:space:]]*@burn\$/{r $HERE/burn.hush" -e 'd}' "$HERE/boot.hush" |
	sed -e '/^[[:space:]]*#/d' -e 's/^[[:space:]]*//' | tr '\n' ' ' |
	sed -e 's/ \{2,\}/ /g' -e 's/^ //' -e 's/ $//'
