# SPDX-License-Identifier: Apache-2.0
"""Part `configuration`: what the image was made of, with what, and that it is what it was meant to be: configuration index,
environment index, SBOMs, two builds compared, the auditor's verdicts, registers read back, licences. docs/evidence-configuration.md.
"""

import shutil
import subprocess
import sys

from .bundle import ROOT, Bundle, Figure, Part, say, write_json

sys.path.insert(0, str(ROOT / "test"))  # the harness boots machines

# pylint: disable=wrong-import-position
from harness import build  # noqa: E402  (needs the path above)

from .configured import audit, environment, index, registers, reproducible, sbom  # noqa: E402

SHORT = "pmu"  # test/system/configs: three cells that are there in a second
DRAWN = ("map.svg", "map.txt")  # what the partition file makes of the machine


def lint():
    """What `reuse lint` says, and whether the tree complies. [impl->swr~evidence-licences~1]"""
    done = subprocess.run(["reuse", "lint"], cwd=ROOT, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).replace(str(ROOT), "."), done.returncode == 0


def read_back(bundle):
    """(what registers.json has, problems, gaps)"""
    if bundle.short:
        gap = f"registers were read back of the tests' configuration `{SHORT}`, not of this one (short form)"
        return *registers.make(build.image(SHORT), SHORT, interface=False), [gap]
    board = registers.board_of(bundle.image / "bulkhead.itb")
    if board in registers.BOARDS:
        return *registers.make(bundle.image / "bulkhead.itb", bundle.config.stem), []
    default = Bundle(ROOT / "configs/edge-gateway.dts", bundle.out)
    gap = f"registers were read back of {default.config.stem}: no emulator is the board {board}; on the board a debugger reads them, with the same blueprint"
    if not (default.image / "bulkhead.itb").exists():
        subprocess.run(["make", "fit", f"CONFIG={default.config}"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return *registers.make(default.image / "bulkhead.itb", default.config.stem), [gap]


def built_twice(bundle, folder):
    """(verdict or None, problems, gaps)"""
    if bundle.short:
        return None, [], ["two builds weren't made and compared (short form)"]
    found = reproducible.make(bundle.config)
    write_json(folder / "reproducible.json", found)
    problems = [f"{row['path']}: {row['verdict']} in two builds" for row in found["compared"] if not reproducible.is_good(row)]
    problems += [f"{row['path']}: the bundle's isn't that of a build from a clean clone" for row in found["of_the_bundle"] if not reproducible.is_good(row)]
    gaps = [] if found["builds"][0]["uid"] != found["builds"][1]["uid"] else ["both builds were the same user's: only root can be two"]
    if any(row["diffoscope"]["verdict"] == "not run" for row in found["compared"]):
        gaps.append("diffoscope isn't installed: the builds were compared byte by byte alone")
    return found, problems, gaps


def make(bundle):
    folder = bundle.folder("configuration")
    problems, gaps = [], []
    for path in (bundle.config, *(bundle.image / name for name in DRAWN)):
        shutil.copy(path, folder)
    say("configuration: index")
    indexed, wrong = index.make(bundle)
    write_json(folder / "index.json", indexed)
    problems += wrong
    say("configuration: environment")
    surroundings = environment.make()
    write_json(folder / "environment.json", surroundings)
    strangers = [row["name"] for row in surroundings["tools"] if not row["package"]]
    gaps += [f"tools of no Debian package, whose version is all that is known: {', '.join(strangers)}"] if strangers else []
    say("configuration: SBOM")
    documents, wrong, unknown = sbom.make(bundle, folder / "sbom")
    problems += [f"SBOM: {text}" for text in wrong]
    gaps += unknown
    say("configuration: audit")
    audited, wrong = audit.make(bundle.image / "bulkhead.itb")
    write_json(folder / "audit.json", audited)
    problems += wrong
    say("configuration: registers")
    read, wrong, missing = read_back(bundle)
    write_json(folder / "registers.json", read)
    problems += wrong
    gaps += missing + [f"registers that can't be read: {text}" for text in read["not_read"]] + [f"{name} ran no guest when registers were read" for name in read["at_rest"]]
    say("configuration: licences")
    text, complies = lint()
    (folder / "reuse.txt").write_text(text, encoding="utf-8")
    problems += [] if complies else ["reuse lint: the tree doesn't comply (reuse.txt)"]
    twice, wrong, missing = built_twice(bundle, folder)
    problems += wrong
    gaps += missing
    return bundle.end(part(indexed, surroundings, documents, audited, read, twice, problems, gaps))


def part(indexed, surroundings, documents, audited, read, twice, problems, gaps):
    """What the part says of itself."""
    held = sum(row["verdict"] == "holds" for row in audited["judged"])
    licensed = sum(bool(row["licence"]) for row in indexed["sources"])
    good = read["compared"] - read["different"]
    figures = [
        Figure("source files with a licence", licensed, "files", f"{len(indexed['sources'])}, all", licensed == len(indexed["sources"])),
        Figure("outputs indexed", len(indexed["outputs"]), "files"),
        Figure("tools indexed", len(surroundings["tools"]), "programs"),
        Figure("SPDX documents", len(documents), "documents"),
        Figure("rules that hold on the image", held, "rules", f"{len(audited['judged'])}, all", held == len(audited["judged"]) > 0, key=True),
        Figure("registers as they must be", good, "registers", f"{read['compared']}, all", read["different"] == 0 < read["compared"], key=True),
    ]
    if twice:
        same = sum(reproducible.is_good(row) for row in twice["compared"])
        figures.append(Figure("outputs of two builds that are the same", same, "files", f"{len(twice['compared'])}, all", same == len(twice["compared"]), key=True))
    statement = (
        f"Version {indexed['version']} of {indexed['configuration']}: every source file and output by its hash, the tools that took part, "
        f"an SPDX document an image and a cell, the auditor's verdict on each of {len(audited['judged'])} rules, and {read['compared']} registers of a "
        f"running machine ({read['configuration']}, {read['machine']['board']}, emulated) beside what its blueprint asks for."
    )
    notes = [f"the tree has {len(indexed['changed'])} paths that aren't the commit's"] if indexed["changed"] else []
    verdict = "fail" if problems else "open" if gaps else "pass"
    return Part("configuration", "Configuration and build", verdict, statement, figures, [*problems, *gaps], notes)
