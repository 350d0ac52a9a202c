# SPDX-License-Identifier: Apache-2.0
"""Whoever signs a bundle: a private key in a PEM file or in a PKCS#11 token, and DSSE envelopes signed by it
(github.com/secure-systems-lab/dsse, v1.0.2).

[impl->swr~evidence-sealed~1]
"""

import base64
import hashlib
import pathlib
import tempfile

from imaging import keys, run

PAYLOAD_TYPE = "application/vnd.in-toto+json"


class Signer:
    def __init__(self, name):
        """name: EVIDENCE_KEY, a file or a PKCS#11 URI; without one it is the tree's development key."""
        self.development = False
        name = name or keys.development().certificate.with_suffix(".key")
        token = str(name).startswith("pkcs11:")
        if not token:
            certificate = pathlib.Path(name).with_suffix(".crt")
            self.development = certificate.is_file() and keys.Key(certificate.stem, certificate).development
        engine = ["-engine", "pkcs11"] if token else []
        self._sign = [*engine, *(["-keyform", "engine"] if token else []), "-inkey", name]
        self.public_pem = run("openssl", "pkey", *engine, *(["-inform", "engine"] if token else []), "-in", name, "-pubout")
        own = keys.FOLDER / "development.crt"  # whatever its copies are called
        self.development |= own.is_file() and self.public_pem == run("openssl", "x509", "-in", own, "-noout", "-pubkey")
        text = run("openssl", "pkey", "-pubin", "-noout", "-text", data=self.public_pem).decode()
        self._hash = [] if text.startswith("ED25519") else ["-digest", "sha256"]

    @property
    def identity(self):
        return hashlib.sha256(run("openssl", "pkey", "-pubin", "-outform", "DER", data=self.public_pem)).hexdigest()

    def signature(self, message):
        with tempfile.NamedTemporaryFile() as file:  # of an input without a size OpenSSL makes no Ed25519 signature
            file.write(message)
            file.flush()
            return run("openssl", "pkeyutl", "-sign", "-rawin", *self._hash, *self._sign, "-in", file.name)

    def envelope(self, payload):
        pae = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)} ".encode() + payload
        text = lambda data: base64.b64encode(data).decode()
        signature = {"keyid": self.identity, "sig": text(self.signature(pae))}
        return {"payloadType": PAYLOAD_TYPE, "payload": text(payload), "signatures": [signature]}
