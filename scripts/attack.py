#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""attack.py [PYTEST-OPTION...] - hostile cells and fuzzers with all attempts, ATTACK_COUNT a class (1,000,000), FUZZ_RUNS a fuzzer (as
many): `make attack`. -k NAME: those tests alone.

Each run leaves its records, with the tree, host and tools they are of, in build/attack/RUN/records, and its serial logs in results beside
them; scripts/bundle/attack.py takes of all runs what is of the same bytes. Exit status 0: all tests passed.
"""

import os
import pathlib
import sys
import time

import patience
from bundle import attack, stamp

ROOT = pathlib.Path(__file__).resolve().parents[1]
SUITES = {
    "attack": ["--full", "test/attack/test_classes.py", "test/attack/test_intruder.py", "test/attack/test_intruder_chance.py"],
    "fuzz": ["test/fuzz/test_fuzz.py"],
}
NO_TESTS = 5  # pytest's exit status where an option leaves none


def main():
    folder, count = attack.RUNS / time.strftime("%Y%m%d-%H%M%S"), os.environ.get("ATTACK_COUNT") or str(attack.WANTED)
    stamped = stamp.Run(True, folder / "records")
    environment = {
        "ATTACK_COUNT": count,
        "FUZZ_RUNS": os.environ.get("FUZZ_RUNS") or count,
        "BULKHEAD_RECORDS": str(folder / "records"),
        "BULKHEAD_RESULTS": str(folder / "results"),
    }
    statuses = []
    for name, tests in SUITES.items():
        stamped.suite(name)
        pytest = [sys.executable, "-m", "pytest", "-v", "-s", "-p", "no:cacheprovider", *tests, *sys.argv[1:]]
        statuses.append(patience.call(pytest, cwd=ROOT, env={**os.environ, **environment}))
    sys.exit(not set(statuses) <= {0, NO_TESTS} or 0 not in statuses)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("\nattack: interrupted: records of tests that ended stay in build/attack; make attack ATTACK=NAME runs those of a name", file=sys.stderr)
        sys.exit(130)
