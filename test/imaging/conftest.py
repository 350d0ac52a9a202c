# SPDX-License-Identifier: Apache-2.0
"""A FIT to make images of: the least that there is, without a guest that has to be built."""

import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from harness import build

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
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    # OpenSSL's engine doesn't find SoftHSM by itself.
    (tmp_path / "openssl.cnf").write_text(
        "openssl_conf = init\n[init]\nengines = engines\n[engines]\npkcs11 = pkcs11\n[pkcs11]\nengine_id = pkcs11\n"
        "MODULE_PATH = /usr/lib/softhsm/libsofthsm2.so\n"
    )
    environment = {**os.environ, "SOFTHSM2_CONF": str(tmp_path / "softhsm.conf"), "OPENSSL_CONF": str(tmp_path / "openssl.cnf")}
    (tmp_path / "certificates").mkdir()
    (tmp_path / "certificates/new.crt").write_bytes((keys_folder / "new.crt").read_bytes())
    pins = ["--pin", "1234"]
    subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "test", *pins, "--so-pin", "5678"], env=environment, check=True)
    load = ["--import", keys_folder / "new.key", "--token", "test", "--label", "new", "--id", "01", *pins]
    subprocess.run(["softhsm2-util", *load], env=environment, check=True)
    return Token(environment, tmp_path / "certificates", "pkcs11:token=test;pin-value=1234")
