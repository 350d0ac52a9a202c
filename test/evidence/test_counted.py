# SPDX-License-Identifier: Apache-2.0
"""Which tests count for structural coverage: those that name a requirement and go by intent.

[utest->swr~coverage-intent~1]

Robustness: test_chance, test_file_with_chance, test_file_with_untagged
"""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from covering import tags  # noqa: E402  (needs the path above)

TAG = "[stest" + "->swr~some~1]"
FILE = f'''"""Some tests.

Robustness: test_noise
By chance: test_noise
"""

import random


# {TAG}
def test_right():
    pass


# {TAG}
@pytest.mark.parametrize("way", "ab")
def test_noise(way):
    random.random()
'''


@pytest.fixture(name="wrote")
def _wrote(tmp_path, monkeypatch):
    """wrote(text): the name of a file of tests in a tree of its own."""
    monkeypatch.setattr(tags, "ROOT", tmp_path)

    def write(text):
        name = f"test/system/test_{len(list(tmp_path.rglob('*.py')))}.py"
        (tmp_path / "test/system").mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write


def test_chance(wrote):
    """A test by chance doesn't count, whatever it names; by either of its node's names."""
    name = wrote(FILE)
    nodes = {f"{name}::test_right", f"{name}::test_noise[a]", f"{name.removeprefix('test/')}::test_noise[b]"}
    assert tags.tagged(nodes) == {f"{name}::test_right"}
    assert not tags.is_tagged(f"{wrote(FILE.replace('chance: test_noise', 'chance: all'))}::test_right")


def test_intent(wrote):
    """Without the mark both count, and so does the file."""
    name = wrote(FILE.replace("By chance: test_noise\n", ""))
    assert tags.is_tagged(f"{name}::test_noise[a]")
    assert tags.file_counts(f"{name}::test_right") and tags.file_counts(f"{name.removeprefix('test/')}::test_noise[b]")


def test_file_with_chance(wrote):
    """One test by chance: no machine of the file counts, whoever started it."""
    assert not tags.file_counts(f"{wrote(FILE)}::test_right")


def test_file_with_untagged(wrote):
    name = wrote(FILE.replace("By chance: test_noise\n", "") + "\n\ndef test_more():\n    pass\n")
    assert tags.is_tagged(f"{name}::test_right") and not tags.file_counts(f"{name}::test_right")


@pytest.mark.parametrize(
    "node",
    [
        "attack/test_intruder_chance.py::test_config",
        "attack/test_intruder_chance.py::test_another_life",
        "system/test_hostile_disk.py::test_rewritten[10]",
        "system/test_net_attack.py::test_tcp",
        "system/test_net_attack.py::test_polls_in_time[strange]",
        "system/test_net_attack.py::test_dhcp_lies",
        "system/test_hostile_updates.py::test_nothing_changes[noise]",
    ],
)
def test_of_this_tree(node):
    """Each of these lets a random number generator say what it does."""
    assert not tags.is_tagged(node)


def test_intruder():
    """The hostile cell with PCI functions, by intent, counts, and so do all machines of its file."""
    assert tags.is_tagged("attack/test_intruder.py::test_another_life") and tags.file_counts("attack/test_intruder.py::test_dma[edu]")
