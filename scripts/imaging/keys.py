# SPDX-License-Identifier: Apache-2.0
"""Keys that sign images: RSA-4096, as NAME.key and NAME.crt in a folder, or in a PKCS#11 token with NAME.crt beside.

A key's ID is the SHA-256 of its public half (SubjectPublicKeyInfo, DER), in hexadecimal. A development key says so in its
certificate: images signed with one are marked, and `scripts/flash` wants to be told.
"""

import contextlib
import dataclasses
import hashlib
import os
import pathlib
import re

from . import Refused, run

BITS = 4096
DEVELOPMENT = "Bulkhead development key - not for shipping"
YEARS = 30
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "build/keys"  # of the development key


@dataclasses.dataclass
class Key:
    name: str
    certificate: pathlib.Path

    def _public(self, *options):
        return run("openssl", "x509", "-in", self.certificate, "-noout", *options)

    @property
    def public_pem(self):
        return self._public("-pubkey")

    @property
    def identity(self):
        return hashlib.sha256(run("openssl", "pkey", "-pubin", "-outform", "DER", data=self.public_pem)).hexdigest()

    @property
    def development(self):
        return DEVELOPMENT in self._public("-subject").decode()

    @property
    def modulus(self):
        return int(self._public("-modulus").decode().strip().removeprefix("Modulus="), 16)

    @property
    def exponent(self):
        text = run("openssl", "pkey", "-pubin", "-noout", "-text", data=self.public_pem).decode()
        return int(re.search(r"Exponent: (\d+)", text)[1])


def checked_name(name):
    # It names a node of U-Boot's control tree, and files.
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,30}", name):
        raise Refused(f"'{name}' can't be a key's name", "letters, digits, '-' and '_', 31 at most")
    return name


def find(folder, name):
    certificate = pathlib.Path(folder) / f"{checked_name(name)}.crt"
    if not certificate.is_file():
        raise Refused(f"{certificate}: no such key", f"scripts/keys --keys {folder} new {name} makes one")
    key = Key(name, certificate)
    if key.modulus.bit_length() != BITS:
        raise Refused(f"{certificate}: a key of {key.modulus.bit_length()} bits: images are signed with RSA-{BITS}")
    return key


def make(folder, name, development=False):
    """A new key pair; never over an old one."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    private, certificate = folder / f"{checked_name(name)}.key", folder / f"{name}.crt"
    for path in (private, certificate):
        if path.exists():
            raise Refused(f"{path} is there already", "a key is never written over: choose another name")
    subject = DEVELOPMENT if development else f"Bulkhead image key {name}"
    old = os.umask(0o077)
    try:
        run("openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{BITS}", "-out", private)
        run("openssl", "req", "-batch", "-new", "-x509", "-key", private, "-subj", f"/CN={subject}", "-days", YEARS * 365, "-out", certificate)
    except BaseException:
        for path in (private, certificate):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
        raise
    finally:
        os.umask(old)
    return find(folder, name)


def development():
    """This tree's development key, made at its first use."""
    if not (FOLDER / "development.crt").exists():
        make(FOLDER, "development", development=True)
    return find(FOLDER, "development")


def add_arguments(parser):
    """Which keys sign, which are believed, and where they are."""
    parser.add_argument("--keys", default=str(FOLDER), help="folder of the keys (NAME.key, NAME.crt)")
    parser.add_argument("--token", help="PKCS#11 URI of the token that has the private keys, as pkcs11:token=NAME;pin-value=PIN")
    parser.add_argument("--key", action="append", help="key to sign with; several: an image for machines with either")
    parser.add_argument("--trust", action="append", help="further key whose signatures U-Boot and RAUC shall believe")


def chosen(options):
    """(keys that sign, further keys that are believed); where nobody named one, this tree's development key, made at its first use."""
    names = options.key or ["development"]
    if "development" in names and options.keys == str(FOLDER):
        development()
    signers = [find(options.keys, name) for name in names]
    return signers, [find(options.keys, name) for name in options.trust or [] if name not in names]
