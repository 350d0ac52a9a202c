#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh PREFIX RESULTS SECONDS BINARY - one binary of unit tests: its results in RESULTS/PREFIX-FOLDER-BINARY*.xml.
#
# cmocka adds to a file that exists, so it starts without one. A binary that dies writes none: it counts as a failed case.
# Leaks are not looked for: tools that run once free nothing. In the foreground, so that Ctrl-C ends it, too.

set -uo pipefail
name=$1-$(basename "$(dirname "$4")")-$(basename "$4")
results=$2/$name
rm -f "$results"-*.xml
ASAN_OPTIONS=detect_leaks=0 CMOCKA_MESSAGE_OUTPUT=xml CMOCKA_XML_FILE=$results-%g.xml timeout --foreground "$3" "$4" >"$results.log" 2>&1 && exit 0
exec 9>"$2/$1.lock" && flock 9 # one failure at a time
cat "$results.log" "$results"-*.xml 2>/dev/null
grep -qs '<failure' "$results"-*.xml || echo "<testsuites><testsuite name=\"$name\"><testcase \
name=\"ended badly\"><failure/></testcase></testsuite></testsuites>" >"$results-ended.xml"
echo "unit tests failed: $4" >&2
exit 1
