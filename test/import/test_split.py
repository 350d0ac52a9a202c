# SPDX-License-Identifier: Apache-2.0
"""
Boards of Debian's kernel in four hands (split.py): what builds audits clean, what doesn't names who stands in whose way.

With --full a third of all boards, and the table of how far they come is printed.

[utest->swr~config-devices~1] [utest->swr~audit-devices~1]
"""

import hashlib

import pytest

import split
from survey import TREES, trees

DIVIDED = (split.CLEAN, split.SHARED, split.FEWER)
# Of vendors whose boards differ in how they say things.
SAMPLE = [
    "freescale/imx8mm-icore-mx8mm-ctouch2.dtb",
    "mediatek/mt8195-demo.dtb",
    "qcom/sdm845-xiaomi-polaris.dtb",
    "qcom/msm8998-sony-xperia-yoshino-lilac.dtb",
]
LEAST = 40  # boards divided, of a third of all


@pytest.mark.parametrize("board", SAMPLE)
def test_sample(board):
    outcome = split.split([board])[0]
    assert outcome.result in DIVIDED, outcome


@pytest.mark.full
def test_a_third_of_all_boards(capsys):
    boards = [str(tree.relative_to(TREES)) for tree in trees()]
    found = split.split([board for board in boards if hashlib.sha256(board.encode()).digest()[0] % 3 == 0])
    with capsys.disabled():
        print("\n" + split.table(found))
    assert [outcome for outcome in found if outcome.result == split.FAILED] == []
    assert sum(outcome.result in DIVIDED for outcome in found) >= LEAST
