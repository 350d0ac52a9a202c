#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cover.py [el2|host] [--full] [TEST...] - statement, branch and MC/DC coverage of the hypervisor at EL2, or of host code.

el2 (default): the system tests on a hypervisor that counts what it executes. host: unit and configuration tests on a tool that does.
Prints a table; build/cover has NAME.json with every gap, and HTML. TEST: those tests alone, as pytest names them.
docs/coverage.md says what counts.
"""

import argparse
import json
import sys

from covering import el2, host, llvm


def say(text):
    print(f"cover: {text}", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--full", action="store_true", help="el2: also the tests that make check-full alone runs")
    parser.add_argument("what", nargs="?", choices=("el2", "host"), default="el2")
    parser.add_argument("tests", nargs="*", metavar="TEST", help="as pytest names them; all that count where there is none")
    arguments = parser.parse_args()
    if arguments.what == "host":
        result, parts, pages = host.measure(arguments.tests), host.PARTS, host.OUT / "html"
    else:
        result, parts, pages = el2.measure(arguments.tests, arguments.full), el2.PARTS, llvm.COVER / "html"
    (llvm.COVER / f"{arguments.what}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    llvm.show(result["files"], parts)
    say(f"{pages.relative_to(llvm.ROOT)}/index.html shows every gap")
    if result["status"]:
        say("tests failed, so these figures are not for credit")
    sys.exit(bool(result["status"]))


if __name__ == "__main__":
    main()
