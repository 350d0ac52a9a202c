# SPDX-License-Identifier: Apache-2.0
"""A unit's identity: its Ed25519 key, and the area of bank 1 that has it (docs/flash.md: The identity area).

The private key is in memory and in what is written to the unit's bank 1, nowhere else.
"""

import base64
import os
import struct
import subprocess
import zlib
from dataclasses import dataclass, field

from .errors import Refused

MAGIC, FORMAT = 0x44494842, 1  # "BHID"
LAYOUT = struct.Struct("<II32s32s32sI96sI256s44x")  # and the CRC behind it
SIZE = 512  # bytes
assert LAYOUT.size == SIZE - 4
# RFC 8410, DER of a PKCS #8 private and of a public key, up to the 32 bytes.
PRIVATE_DER = bytes.fromhex("302e020100300506032b657004220420")
PUBLIC_DER = bytes.fromhex("302a300506032b6570032100")


@dataclass(frozen=True)
class Key:
    seed: bytes = field(repr=False)
    public: bytes

    def pem(self):
        """Of the public key: what `bulkhead log verify --key` takes."""
        text = base64.b64encode(PUBLIC_DER + self.public).decode()
        return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"


def openssl(arguments, given=b""):
    try:
        done = subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True)
    except FileNotFoundError:
        raise Refused("openssl isn't installed, which makes the units' keys", "apt install openssl") from None
    except subprocess.CalledProcessError as error:
        raise Refused(f"openssl {arguments[0]} failed: {error.stderr.decode(errors='replace').strip()}", "see its message") from None
    return done.stdout


def check_openssl():
    """Before anything is written. Raises Refused."""
    openssl(["version"])


def key_new():
    private = openssl(["genpkey", "-algorithm", "ed25519", "-outform", "DER"])
    public = openssl(["pkey", "-inform", "DER", "-pubout", "-outform", "DER"], private)
    if not private.startswith(PRIVATE_DER) or len(private) != 48 or not public.startswith(PUBLIC_DER) or len(public) != 44:
        raise Refused("openssl made a key of a form that isn't RFC 8410's", "see: openssl version; 1.1.1 or newer is needed")
    return Key(private[len(PRIVATE_DER) :], public[len(PUBLIC_DER) :])


def area(unit, key):
    """512 bytes. [impl->swr~flash-identity~1]"""
    macs = b"".join(bytes.fromhex(mac.replace(":", "")) for mac in unit.macs)
    addresses = b"".join(address.encode().ljust(32, b"\0") for address in unit.addresses)
    body = LAYOUT.pack(MAGIC, FORMAT, unit.serial.encode(), key.seed, key.public, len(unit.macs), macs, len(unit.addresses), addresses)
    return body + struct.pack(">I", zlib.crc32(body))


def state_with(state, erase_block, unit, key):
    """The release's state.img with a unit's identity in its third erase block."""
    at = 2 * erase_block
    if state[at : at + SIZE] != b"\xff" * SIZE:
        raise Refused("state.img has something in the identity's erase block", "make the image again (make image)")
    return state[:at] + area(unit, key) + state[at + SIZE :]


def write_private(path, content):
    """A file that its owner alone can read; none that was there before."""
    if os.path.lexists(path):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def publish(folder, serial, key):
    """FOLDER/SERIAL.pub.pem, whole or not at all."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{serial}.pub.pem")
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(key.pem())
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)
    return path
