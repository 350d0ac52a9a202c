# SPDX-License-Identifier: Apache-2.0
"""A PKCS#11 token: SoftHSM's, in a folder."""

import os
import subprocess

PIN = "1234"


def token(folder, key, name):
    """Environment in which the token `test` has the private key of the PEM file `key` as the object `name`."""
    (folder / "tokens").mkdir()
    (folder / "softhsm.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\n")
    # OpenSSL's engine doesn't find SoftHSM by itself.
    (folder / "openssl.cnf").write_text(
        "openssl_conf = init\n[init]\nengines = engines\n[engines]\npkcs11 = pkcs11\n[pkcs11]\nengine_id = pkcs11\n"
        "MODULE_PATH = /usr/lib/softhsm/libsofthsm2.so\n"
    )
    environment = {**os.environ, "SOFTHSM2_CONF": str(folder / "softhsm.conf"), "OPENSSL_CONF": str(folder / "openssl.cnf")}
    pins = ["--pin", PIN]
    subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "test", *pins, "--so-pin", "5678"], env=environment, check=True)
    subprocess.run(["softhsm2-util", "--import", key, "--token", "test", "--label", name, "--id", "01", *pins], env=environment, check=True)
    return environment
