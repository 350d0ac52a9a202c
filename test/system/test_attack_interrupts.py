# SPDX-License-Identifier: Apache-2.0
"""SGIs to every core, and the interrupt controller's registers written as if all of it were one's own.

Robustness: test_sgis, test_spis, test_distributor, test_redistributor, test_doorbell_still_rings
"""

ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER, ICACTIVER = 0x100, 0x180, 0x200, 0x280, 0x300, 0x380
IPRIORITYR, ICFGR, IROUTER, IGROUPR = 0x400, 0xC00, 0x6000, 0x80
GICD_CTLR, SETSPI, CLRSPI = 0x0, 0x40, 0x48
GICR_CTLR, GICR_WAKER, GICR_PROPBASER, GICR_PENDBASER, GICR_INVALL = 0x0, 0x14, 0x70, 0x78, 0xB0
SGI_FRAME = 0x10000


def foreign(system, word):
    """Bits of an interrupt register's word that are not the attacker's: it still has to hear us."""
    return 0xFFFFFFFF & ~system.blueprint.cells["attacker"].owned[word]


def priorities(system, intid, value):
    """A word of priorities with `value` in the bytes of interrupts that are not the attacker's."""
    own = system.blueprint.cells["attacker"].spis
    return sum((0x80 if intid & ~3 | n in own else value & 0xFF) << 8 * n for n in range(4))


def grab(system, intid):
    answer = system.ask("attacker", f"spi-grab {intid}", rf"spi-grab {intid} enabled=(\d) pending=(\d) active=(\d)")
    return [int(bit) for bit in answer.groups()]


def test_sgis(attack):
    """[stest->swr~sgi-own-cores-only~1]"""
    own = attack.blueprint.cells["attacker"].cores[0].mpidr
    attack.ask("attacker", f"sgi {own & ~0xFF:#x} {1 << (own & 0xF)} 5", "sgi sent, own sgis 1")
    before = attack.view.core("attacker").foreign_sgi
    with attack.unharmed("victim"), attack.survives("attacker"):
        for intid in range(16):
            attack.ask("attacker", f"sgi 0 0xffff {intid}", "sgi sent, own sgis 1")
        attack.ask("attacker", "sgi 0x100 0xffff 3", "sgi sent, own sgis 0")
        attack.ask("attacker", "sgi-all 3", "sgi-all sent")
    assert attack.view.core("attacker").foreign_sgi >= before + 16


def test_spis(attack):
    """Own interrupts can be set up, others can't. [stest->swr~gicd-filtered~1]"""
    own = attack.blueprint.cells["attacker"].spis
    assert own and grab(attack, own[-1])[0] == 1
    with attack.unharmed("victim"):
        others = attack.blueprint.cells["victim"].spis + attack.blueprint.cells["health"].spis
        assert others
        for intid in [*others, 250, 287, 1019]:
            assert grab(attack, intid) == [0, 0, 0], intid
        attack.restart("attacker")


def test_distributor(attack):
    """Every bit that is another's, set and cleared. [stest->swr~irouter-own-cores~1]"""
    with attack.unharmed("victim"):
        for base in (IGROUPR, ISENABLER, ISPENDR, ISACTIVER, ICENABLER, ICPENDR, ICACTIVER):
            for word in range(1, 9):
                attack.write_gic("gicd", base + 4 * word, foreign(attack, word))
        for intid in attack.blueprint.cells["victim"].spis:
            for value in (0xFFFFFFFF, 0):
                attack.write_gic("gicd", (IPRIORITYR + intid) & ~3, priorities(attack, intid, value))
                attack.write_gic("gicd", ICFGR + intid // 16 * 4, value)
                attack.write_gic("gicd", IROUTER + 8 * intid, value, 8)
            attack.write_gic("gicd", SETSPI, intid)
            attack.write_gic("gicd", CLRSPI, intid)
        # It answers before it is deaf. Unanswered, the command could reach the next life.
        attack.write_gic("gicd", GICD_CTLR, 0)
        attack.restart("attacker")


def test_redistributor(attack):
    """[stest->swr~gicr-filtered~1]"""
    with attack.unharmed("victim"):
        for value in (0xFFFFFFFF, 0):
            for register in (GICR_PROPBASER, GICR_PENDBASER, GICR_INVALL, GICR_WAKER, GICR_CTLR):
                attack.write_gic("gicr", register, value)
            for register in (ICFGR + 4, IPRIORITYR + 0x18):
                attack.write_gic("gicr", SGI_FRAME + register, value)
        for register in (IGROUPR, ISENABLER, ISPENDR, ISACTIVER, ICENABLER, ICPENDR, ICACTIVER):
            attack.write_gic("gicr", SGI_FRAME + register, foreign(attack, 0))
        attack.restart("attacker")


def test_doorbell_still_rings(attack):
    """After all that the victim still gets what is meant for it. [stest->swr~doorbell-declared~1]"""
    before = int(attack.snapshot("victim").strange["doorbells"])
    attack.ask("attacker", "doorbell 0", "doorbell = 0")
    assert int(attack.snapshot("victim").strange["doorbells"]) == before + 1
