# SPDX-License-Identifier: Apache-2.0
"""Small stand-ins for the images that partition files name, written where the tests say."""
import base64
import hashlib
import os
import struct

ET_REL, ET_EXEC, ET_DYN = 1, 2, 3
EM_X86_64, EM_AARCH64 = 62, 183


def elf(kind=ET_DYN, machine=EM_AARCH64, address=0, entry=None, memory=0x2000):
    """An ELF of one executable segment of 4 KiB in the file, `memory` bytes in memory."""
    entry = address if entry is None else entry
    header = struct.pack(
        "<4s5B7xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 0, kind, machine, 1, entry, 64, 0, 0, 64, 56, 1, 0, 0, 0
    )
    segment = struct.pack("<IIQQQQQQ", 1, 7, 0x1000, address, address, 0x1000, memory, 0x1000)
    return (header + segment).ljust(0x1000, b"\0") + b"\x00\x00\x00\x14" * 0x400


def kernel(image_size, text_offset=0):
    """An arm64 Linux Image: the header, and nothing behind it."""
    return struct.pack("<IIQQQQQQII", 0x14000010, 0, text_offset, image_size, 0xA, 0, 0, 0, 0x644D5241, 0) + bytes(4032)


def verity(blocks=2, salt=bytes(32)):
    """A root file system of so few blocks that its hash tree (dm-verity, format 1) has one."""
    data = [bytes([number]) * 4096 for number in range(blocks)]
    head = struct.pack("<8sII16s32sIIQH6x256s", b"verity", 1, 1, bytes(16), b"sha256", 4096, 4096, blocks, len(salt), salt)
    tree = b"".join(hashlib.sha256(salt + block).digest() for block in data)
    return b"".join([*data, head.ljust(4096, b"\0"), tree.ljust(4096, b"\0")])


# An Ed25519 private key (RFC 8410, 7) that nobody may use for anything else.
KEY = b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(bytes.fromhex("302e020100300506032b657004220420") + bytes(range(32))) + b"\n-----END PRIVATE KEY-----\n"

FILES = {
    "log.pem": KEY,
    "health.elf": elf(),
    "control.elf": elf(),
    "Image": kernel(0x2000000),
    "initramfs.cpio.gz": bytes(100000),
    "initramfs-pci.cpio.gz": bytes(200000),
    "initramfs-root.cpio.gz": bytes(300000),
    "rootfs.img": verity(),
    "raw.bin": b"\x00\x00\x00\x14" * 1024,
    "large.elf": elf(memory=0x4000000),
    "fixed.elf": elf(ET_EXEC, address=0x70000000),
    "far.elf": elf(ET_EXEC, address=0x10000),
    "lost.elf": elf(entry=0x100000),
    "x86.elf": elf(machine=EM_X86_64),
    "object.elf": elf(ET_REL),
    "cut.elf": elf()[:80],
    "empty.bin": b"",
    "huge-image": kernel(0x40000000),
    "vmlinuz": b"\x1f\x8b\x08" + bytes(100),
    "small-image": kernel(0x200000),
    "small.cpio": bytes(5000),
    "large.cpio": bytes(0x2000000),
}


def write(folder):
    """Each file is whole at any time: tests of other processes read them meanwhile."""
    os.makedirs(folder, exist_ok=True)
    for name, content in FILES.items():
        path = os.path.join(folder, name)
        with open(f"{path}.{os.getpid()}", "wb") as file:
            file.write(content)
        os.replace(file.name, path)
