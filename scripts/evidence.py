#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""evidence.py CONFIG [--out DIR] [--short] [--part PART...] - the certification evidence bundle of a configuration.

Runs each part in turn, writes what it found into DIR (build/evidence/NAME), and ends with the verdict of each.
docs/evidence.md says what is in the bundle and what isn't.
"""

import argparse
import importlib
import pathlib
import shutil
import sys
import time

import imaging
from bundle import bundle as bundles, report, seal

def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("config", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, help="default: build/evidence/NAME")
    parser.add_argument("--short", action="store_true", help="each part in a form that takes seconds, never for credit")
    parser.add_argument("--part", action="append", choices=bundles.PARTS, help="this part alone, into a bundle that is there")
    arguments = parser.parse_args()
    out = arguments.out or bundles.BUILD / "evidence" / arguments.config.stem
    if not arguments.part:
        shutil.rmtree(out, ignore_errors=True)
    bundle = bundles.Bundle(arguments.config, out, arguments.short)
    bad = []
    for part in arguments.part or bundles.PARTS:
        start = time.monotonic()
        bundles.say(f"{part} ...")
        verdict = importlib.import_module(f"bundle.{part}").make(bundle)
        bundles.say(f"{part}: {verdict} ({time.monotonic() - start:.0f} s)")
        if verdict == "fail":
            bad.append(part)
    report.write(bundle, seal.why_not_for_credit(bundle))
    bundles.say(f"{out}/report.html")
    seal.seal(bundle)
    sys.exit(bool(bad))


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, imaging.Refused) as error:  # a tool's own words, or what to do about an image
        bundles.say(f"error: {': '.join(map(str, error.args))}")
        sys.exit(1)
    except KeyboardInterrupt:
        bundles.say("interrupted: no new seal; scripts/evidence.py CONFIG --part PART makes one part anew, and seals")
        sys.exit(130)
