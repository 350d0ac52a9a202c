# SPDX-License-Identifier: Apache-2.0
"""A FIT to make images of: the least that there is, without a guest that has to be built."""

import dataclasses
import pathlib
import shutil
import sys

import pytest

from harness import build, softhsm

sys.path.insert(0, str(build.ROOT / "scripts"))

CONFIG = """/* SPDX-License-Identifier: Apache-2.0 */
/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt";
	cells { health { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; boot-state = "flash@0:1"; }; };
};
"""


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    (folder / "small.dts").write_text(CONFIG)
    build.tool("build", folder / "small.dts", "-I", build.BUILD / "cells", "-o", folder / "small")
    return folder / "small"


@pytest.fixture
def folder(made, tmp_path):
    """build/out/NAME as `bulkhead build` leaves it."""
    return pathlib.Path(shutil.copytree(made, tmp_path / "small"))


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory):
    from imaging import keys  # pylint: disable=import-outside-toplevel

    folder = tmp_path_factory.mktemp("keys")
    for name in ("old", "new"):
        keys.make(folder, name)
    return folder


@dataclasses.dataclass
class Token:
    environment: dict
    certificates: pathlib.Path
    uri: str


@pytest.fixture
def token(keys_folder, tmp_path):
    """The private half of the key `new` in a PKCS#11 token (SoftHSM's), its certificate alone in a folder."""
    environment = softhsm.token(tmp_path, keys_folder / "new.key", "new")
    (tmp_path / "certificates").mkdir()
    (tmp_path / "certificates/new.crt").write_bytes((keys_folder / "new.crt").read_bytes())
    return Token(environment, tmp_path / "certificates", f"pkcs11:token=test;pin-value={softhsm.PIN}")
