# SPDX-License-Identifier: Apache-2.0
"""Every test here finds the stand-ins for images in build/test-configs."""

import os

import pytest

import images
from tool import IMAGES, ROOT


@pytest.fixture(scope="session", autouse=True)
def stand_ins():
    images.write(os.path.join(ROOT, IMAGES))
