# SPDX-License-Identifier: Apache-2.0
"""A small bundle of each kind of file, sealed by the tree's own seal.py, and whoever wants to alter it."""

import sys

import pytest

from harness import build

sys.path.insert(0, str(build.ROOT / "scripts"))

from forger import Forger, make_keys  # noqa: E402  (needs the path above)


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory):
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def sealed(tmp_path_factory, keys_folder):
    """The one that all others are copied from."""
    return Forger(tmp_path_factory.mktemp("sealed") / "bundle", keys_folder).fill().seal("owner")


@pytest.fixture
def forger(tmp_path, sealed):
    return sealed.copy(tmp_path / "bundle")
