# SPDX-License-Identifier: Apache-2.0
"""What a cell may do with system registers and system instructions, by encoding: all else must cost it an exception.

By hand from the Arm ARM and docs/guest-abi.md, not from the hypervisor's table, which is what is tested.
"""

import re

# Read at EL1; "w": written there with an effect, on what is the cell's own; "0": the same at EL0 ("r" there: read).
_REGISTERS = """
S3_0_C0_C0_0 MIDR_EL1 | S3_0_C0_C0_5 MPIDR_EL1 | S3_0_C0_C0_6 REVIDR_EL1
S3_0_C1_C0_0 SCTLR_EL1 w | S3_0_C1_C0_1 ACTLR_EL1 | S3_0_C1_C0_2 CPACR_EL1 w
S3_0_C2_C0_0 TTBR0_EL1 w | S3_0_C2_C0_1 TTBR1_EL1 w | S3_0_C2_C0_2 TCR_EL1 w
S3_0_C2_C1_0 APIAKEYLO_EL1 w | S3_0_C2_C1_1 APIAKEYHI_EL1 w | S3_0_C2_C1_2 APIBKEYLO_EL1 w | S3_0_C2_C1_3 APIBKEYHI_EL1 w
S3_0_C2_C2_0 APDAKEYLO_EL1 w | S3_0_C2_C2_1 APDAKEYHI_EL1 w | S3_0_C2_C2_2 APDBKEYLO_EL1 w | S3_0_C2_C2_3 APDBKEYHI_EL1 w
S3_0_C2_C3_0 APGAKEYLO_EL1 w | S3_0_C2_C3_1 APGAKEYHI_EL1 w
S3_0_C4_C0_0 SPSR_EL1 w | S3_0_C4_C0_1 ELR_EL1 w | S3_0_C4_C1_0 SP_EL0 w | S3_0_C4_C2_0 SPSel w | S3_0_C4_C2_2 CurrentEL
S3_0_C4_C2_3 PAN w | S3_0_C4_C2_4 UAO w | S3_0_C4_C3_0 ALLINT | S3_0_C4_C6_0 ICC_PMR_EL1 w
S3_0_C5_C1_0 AFSR0_EL1 w | S3_0_C5_C1_1 AFSR1_EL1 w | S3_0_C5_C2_0 ESR_EL1 w | S3_0_C6_C0_0 FAR_EL1 w | S3_0_C7_C4_0 PAR_EL1 w
S3_0_C10_C2_0 MAIR_EL1 w | S3_0_C10_C3_0 AMAIR_EL1 w | S3_0_C12_C0_0 VBAR_EL1 w | S3_0_C12_C1_0 ISR_EL1
S3_0_C12_C1_1 DISR_EL1 w
S3_0_C12_C8_0 ICC_IAR0_EL1 | S3_0_C12_C8_1 ICC_EOIR0_EL1 w | S3_0_C12_C8_2 ICC_HPPIR0_EL1 | S3_0_C12_C8_3 ICC_BPR0_EL1 w
S3_0_C12_C8_4 ICC_AP0R0_EL1 w | S3_0_C12_C8_5 ICC_AP0R1_EL1 w | S3_0_C12_C8_6 ICC_AP0R2_EL1 w | S3_0_C12_C8_7 ICC_AP0R3_EL1 w
S3_0_C12_C9_0 ICC_AP1R0_EL1 w | S3_0_C12_C9_1 ICC_AP1R1_EL1 w | S3_0_C12_C9_2 ICC_AP1R2_EL1 w | S3_0_C12_C9_3 ICC_AP1R3_EL1 w
S3_0_C12_C9_5 ICC_NMIAR1_EL1 | S3_0_C12_C11_1 ICC_DIR_EL1 w | S3_0_C12_C11_3 ICC_RPR_EL1 | S3_0_C12_C11_5 ICC_SGI1R_EL1 w
S3_0_C12_C11_6 ICC_ASGI1R_EL1 w | S3_0_C12_C11_7 ICC_SGI0R_EL1 w | S3_0_C12_C12_0 ICC_IAR1_EL1 | S3_0_C12_C12_1 ICC_EOIR1_EL1 w
S3_0_C12_C12_2 ICC_HPPIR1_EL1 | S3_0_C12_C12_3 ICC_BPR1_EL1 w | S3_0_C12_C12_4 ICC_CTLR_EL1 w | S3_0_C12_C12_5 ICC_SRE_EL1
S3_0_C12_C12_6 ICC_IGRPEN0_EL1 w | S3_0_C12_C12_7 ICC_IGRPEN1_EL1 w
S3_0_C13_C0_1 CONTEXTIDR_EL1 w | S3_0_C13_C0_4 TPIDR_EL1 w | S3_0_C13_C0_7 SCXTNUM_EL1 w | S3_0_C14_C1_0 CNTKCTL_EL1 w
S3_1_C0_C0_0 CCSIDR_EL1 | S3_1_C0_C0_1 CLIDR_EL1 | S3_1_C0_C0_2 CCSIDR2_EL1 | S3_1_C0_C0_7 AIDR_EL1
S3_2_C0_C0_0 CSSELR_EL1 w
S3_3_C0_C0_1 CTR_EL0 r | S3_3_C0_C0_7 DCZID_EL0 r | S3_3_C2_C4_0 RNDR r | S3_3_C2_C4_1 RNDRRS r
S3_3_C4_C2_0 NZCV w0 | S3_3_C4_C2_1 DAIF w0 | S3_3_C4_C2_5 DIT w0 | S3_3_C4_C2_6 SSBS w0 | S3_3_C4_C2_7 TCO w0
S3_3_C4_C4_0 FPCR w0 | S3_3_C4_C4_1 FPSR w0 | S3_3_C13_C0_2 TPIDR_EL0 w0 | S3_3_C13_C0_3 TPIDRRO_EL0 wr | S3_3_C13_C0_7 SCXTNUM_EL0 w
S3_3_C14_C0_0 CNTFRQ_EL0 r | S3_3_C14_C0_1 CNTPCT_EL0 r | S3_3_C14_C0_2 CNTVCT_EL0 r
S3_3_C14_C0_5 CNTPCTSS_EL0 r | S3_3_C14_C0_6 CNTVCTSS_EL0 r
S3_3_C14_C2_0 CNTP_TVAL_EL0 w0 | S3_3_C14_C2_1 CNTP_CTL_EL0 w0 | S3_3_C14_C2_2 CNTP_CVAL_EL0 w0
S3_3_C14_C3_0 CNTV_TVAL_EL0 w0 | S3_3_C14_C3_1 CNTV_CTL_EL0 w0 | S3_3_C14_C3_2 CNTV_CVAL_EL0 w0
S2_0_C0_C2_2 MDSCR_EL1 | S2_0_C1_C0_0 MDRAR_EL1 | S2_0_C1_C0_4 OSLAR_EL1 w | S2_0_C1_C1_4 OSLSR_EL1
S2_0_C1_C3_4 OSDLR_EL1 | S2_0_C1_C4_4 DBGPRCR_EL1 | S2_0_C7_C14_6 DBGAUTHSTATUS_EL1
"""

NAMES, RIGHTS = {}, {}
for entry in re.split(r"[|\n]", _REGISTERS.strip()):
    encoding, NAMES[encoding], *rights = entry.split()
    RIGHTS[encoding] = rights[0] if rights else ""

# Whole spaces: feature identification; break- and watchpoints, which read as zero and ignore what is written.
READ_ONLY = re.compile(r"S3_0_C0_C[1-7]_[0-7]|S2_0_C0_C\d+_[4-7]")
# Cache, address translation and TLB instructions of EL1, by set and way those without tags alone; at EL0 those with
# op1 3, as far as EL1 lets it.
INSTRUCTIONS = re.compile(
    r"SYS_0_C7_(C1_0|C5_0|C6_[1235]|C8_[0-3]|C9_[01]|C10_2|C14_2)|SYS_0_C[89]_C\d+_[0-7]|(SYS_3_C7_C\d+_[0-7])"
)


def may_read(name, el0):
    if el0:
        return bool(re.search("[r0]", RIGHTS.get(name, "")))
    return name in RIGHTS or bool(READ_ONLY.fullmatch(name))


def may_write(name, el0):
    """With an effect."""
    instruction = INSTRUCTIONS.fullmatch(name)
    if instruction:
        return not el0 or bool(instruction[2])
    return ("0" if el0 else "w") in RIGHTS.get(name, "")


def claims(visit):
    """What a visit of an encoding (hostile.Visit) shows that must not be."""
    for level, el0 in (("EL1", False), ("EL0", True)):
        read, write = visit.read[el0], visit.write[el0]
        if "not visited" in (read, write):
            yield f"{visit.name} at {level}: not visited"
        if read == "done" and not may_read(visit.name, el0):
            yield f"{visit.name} is read at {level}: {visit.value[el0]:#x}"
        if write in ("done", "stored", "same value written") and not may_write(visit.name, el0):
            yield f"{visit.name} is written at {level}: {write}"
        if write == "ignored" and not may_read(visit.name, el0):
            yield f"{visit.name} ignores a write at {level}"
