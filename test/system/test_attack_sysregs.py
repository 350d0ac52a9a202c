# SPDX-License-Identifier: Apache-2.0
"""Every kind of system register a cell might try: it gets its own, an answer from the list, or Undefined.

[stest->swr~sysregs-allowlisted~1]

Robustness: all
"""

import re

# What a cell may read. All else must be Undefined to it; registers of EL2 and EL3 above all.
READABLE = {
    *("MIDR_EL1", "MPIDR_EL1", "REVIDR_EL1"),
    *("ID_AA64PFR0_EL1", "ID_AA64PFR1_EL1", "ID_AA64DFR0_EL1", "ID_AA64ISAR1_EL1", "ID_AA64MMFR1_EL1"),
    *("ID_UNALLOCATED", "ACTLR_EL1", "CNTKCTL_EL1", "CNTPCT_EL0", "CNTP_CTL_EL0", "CNTP_CVAL_EL0"),
    *("ICC_IAR0_EL1", "ICC_AP0R0_EL1", "ICC_AP1R0_EL1", "ICC_RPR_EL1", "ICC_SRE_EL1", "ICC_IGRPEN0_EL1"),
    *("MDSCR_EL1", "OSDLR_EL1", "DBGBVR0_EL1", "DBGBCR0_EL1", "DBGWCR0_EL1"),
}
# Of these what every CPU has, and so must be read.
EVERY = READABLE - {"ID_UNALLOCATED", "DBGBVR0_EL1", "DBGBCR0_EL1", "DBGWCR0_EL1"}
ROW = re.compile(r"^\[\w+\] probe: sysreg \d+ (\w+) (\w+) read=(\S+?)(?: write=(\S+))?\n", re.M)
EC_UNDEFINED = 0
STEP = 16  # registers whose answers the log's ring holds, however late the health cell reads it


def try_all(running, cell="attacker"):
    """What a probe says of every register; one line each, none lost."""
    text, first = "", 0
    while True:
        mark = running.uart.mark()
        tried = int(running.ask(cell, f"sysregs {first} {first + STEP}", r"sysregs (\d+) tried")[1])
        part = running.uart.text[mark:]
        assert len(ROW.findall(part)) == tried
        text, first = text + part, first + STEP
        if tried < STEP:
            return text


def test_registers(attack):
    with attack.unharmed("victim"), attack.survives("attacker"):
        rows = ROW.findall(try_all(attack))
    readable = {name for name, _, value, _ in rows if not value.startswith("fault")}
    assert EVERY <= readable <= READABLE
    for name, encoding, value, written in rows:
        assert "EL2" not in name and "EL3" not in name and "EL12" not in name or written.startswith("fault"), encoding
        for outcome in (value, written):
            if outcome.startswith("fault:"):
                assert int(outcome[len("fault:") :], 16) >> 26 == EC_UNDEFINED, name
    attack.restart("attacker")  # it wrote registers of its own, ICC_AP1R0_EL1 for one
