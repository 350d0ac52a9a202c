# SPDX-License-Identifier: Apache-2.0
"""How the two flash banks of a board are written: 0 the loader, 1 boot state and identity. By the board's name in release.json.

QEMU's banks are files of a fixed size. Where a vendor's tool is needed, the commands are printed; nothing here runs them.
"""

import shlex
from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Board:
    name: str  # as release.json has it; ends with *: begins so
    bank: int | None  # bytes of each bank, where a bank is a file of that size
    loader_at: int | None = None  # bytes from the flash's start; None: `commands` don't ask
    state_at: int | None = None
    note: str = ""
    prepare: tuple = ()  # commands before, behind
    write: str = ""  # one file: {sector}, {count}, {file}, {back}
    finish: tuple = ()


BOARDS = (
    Board("qemu-virt*", bank=64 * MIB),
    # Debian's rkdeveloptool 1.32; the loader that is sent decides which medium the commands mean, here the SPI flash. Sectors of
    # 512 bytes. 16 MiB of flash: U-Boot below, boot state and identity in the last MiB.
    Board(
        "pine64-rockpro64*",
        bank=None,
        loader_at=0,
        state_at=15 * MIB,
        note="UNTESTED ON HARDWARE. Put the board into maskrom mode (SPI clock to ground at power-on: pins 23 and 25), its USB-C port to this"
        " host. rfi has to tell a flash of 16 MB: with another loader the same commands write to the eMMC.",
        prepare=("umask 077", "rkdeveloptool ld", "rkdeveloptool db rk3399_loader_spinor_v1.15.114.bin", "rkdeveloptool rfi"),
        write="rkdeveloptool wl {sector} {file} && rkdeveloptool rl {sector} {count} {back} && cmp -n {size} {file} {back} && shred -u {back}",
        finish=("rkdeveloptool rd",),
    ),
)


def find(name):
    """None: nobody has said how its flash is written."""
    for board in BOARDS:
        if board.name == name or board.name.endswith("*") and name.startswith(board.name[:-1]):
            return board
    return None


def commands(name, flash, files, boot_partition=None):
    """Lines for a person: how `files` (role -> (path, bytes, whether it is secret)) get into the board's flash. `flash` is
    release.json's, whose offsets come before this table's; `boot_partition`: what of the eMMC has the state, in place of flash.
    [impl->swr~flash-vendor-tool~1] [impl->swr~flash-emmc-partition~1]"""
    board = find(name)
    if boot_partition is not None and "state" in files:
        path, _, secret = files["state"]
        yield f"Boot state and identity are in boot partition {boot_partition} of the machine's eMMC, from its first byte on: where that is a disk here,"
        yield f"    --state /dev/mmcblk0boot{boot_partition} (Linux writes it once /sys/block/mmcblk0boot{boot_partition}/force_ro is 0); else by another tool {path}"
        if secret:
            yield f"    then shred -u {shlex.quote(str(path))}"
        files = {role: file for role, file in files.items() if role != "state"}
        if not files:
            return
    if board is None:
        yield f"How the flash of a board '{name}' is written isn't known here (scripts/flashing/boards.py); by the tools of its maker write:"
        yield from (f"    {role}: {path}" for role, (path, _, _) in files.items())
        return
    if board.bank:
        yield "The machine's flash banks are files here: give " + " and ".join(f"--{role} FILE" for role in files)
        return
    if board.note:
        yield board.note
    yield from (f"    {line}" for line in board.prepare)
    offsets = {"loader": board.loader_at, "state": board.state_at} | {role: given["offset"] for role, given in flash.items()}
    for role, (path, size, secret) in files.items():
        count = -(-size // 512)
        words = {"sector": offsets[role] // 512, "count": count, "size": size, "file": shlex.quote(str(path)), "back": shlex.quote(f"{path}.back")}
        yield "    " + board.write.format(**words) + (f" && shred -u {words['file']}" if secret else "")
    yield from (f"    {line}" for line in board.finish)
