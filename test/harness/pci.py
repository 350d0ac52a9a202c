# SPDX-License-Identifier: Apache-2.0
"""PCI functions of a board that has some: its qemu-options (dts/BOARD), with what is behind them."""

from . import build


def options(board, networks=("nic", "net"), **drives):
    """QEMU's options. `networks`: names of network backends, or (name, what it is: "user" else); drives: name=file."""
    text = (build.ROOT / "dts" / board / "qemu-options").read_text()
    words = [word for line in text.splitlines() if not line.startswith("#") for word in line.split(" ", 1)]
    for network in networks:
        name, backend = (network, "user") if isinstance(network, str) else network
        words += ["-netdev", f"{backend},id={name}"]
    for name, file in drives.items():
        words += ["-drive", f"if=none,id={name},format=raw,cache=unsafe,file={file}"]
    return words
