# SPDX-License-Identifier: Apache-2.0
"""Where the board has a TPM, what is started has been told to it before: PCR 8, read by another way than the machine's.

Both ranges: test_pcr
"""

import array
import hashlib
import socket
import struct
import subprocess

import pytest

import slots
from harness import qemu
from imaging import state

PCR = 8
SHA256 = 0x000B  # TPM_ALG_ID: TPM 2.0, part 2, 6.3
SET_DATAFD = 0x10  # swtpm's control channel: swtpm_ioctls(3)
NODE = "/platform-bus@c000000/tpm_tis@0"  # where QEMU puts it
TPM = ("s", NODE, "compatible", "tcg,tpm-tis-mmio"), ("x", NODE, "reg", "0", "5000"), ("s", "/config", "bulkhead,tpm", "yes")
UP = r"^health: up, 2 cells"


@pytest.fixture
def tpm(results):
    """The socket of a TPM that outlives the machine."""
    path = results / "tpm.socket"
    command = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={results}", "--ctrl", f"type=unixio,path={path}"]
    with subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command]) as running:
        try:
            qemu.wait_until(path.exists, "the TPM's socket")
            yield path
        finally:
            running.kill()


def pcr(path):
    ours, its = socket.socketpair()
    with socket.socket(socket.AF_UNIX) as control, ours:
        control.connect(str(path))
        control.sendmsg([struct.pack(">I", SET_DATAFD)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [its.fileno()]))])
        assert control.recv(4) == bytes(4)
        its.close()
        select = struct.pack(">IHB", 1, SHA256, 3) + bytes([0, 1 << PCR % 8, 0])
        ours.sendall(struct.pack(">HII", 0x8001, 10 + len(select), 0x17E) + select)  # TPM2_PCR_Read
        answer = ours.recv(4096)
    assert struct.unpack_from(">I", answer, 6) == (0,), answer.hex()
    return answer[-32:]


def extended(*digests):
    value = bytes(32)
    for digest in digests:
        value = hashlib.sha256(value + digest).digest()
    return value


# [stest->swr~boot-measured~1]
@pytest.mark.parametrize("start", ["first", "second"])
def test_pcr(results, tpm, start):
    """One image, or, where the first is refused, both in their order."""
    appliance = slots.Appliance("slots", results)
    appliance.change_control(*TPM)
    if start == "second":
        appliance.put("a", slots.resigned("slots", results / "other.itb", "stranger"))
        appliance.set_state(appliance.record(digests=(state.ANY, state.ANY)))
    device = ["-chardev", f"socket,id=tpm,path={tpm}", "-tpmdev", "emulator,id=tpm0,chardev=tpm"]
    with qemu.QemuTarget(results, extra=[*device, "-device", "tpm-tis-device,tpmdev=tpm0"]) as target:
        target.load(appliance.folder / "disk.img")
        target.power("on")
        target.console().expect(UP)
    told = "ab" if start == "second" else "a"
    assert pcr(tpm) == extended(*(appliance.digest(slot) for slot in told))
