# SPDX-License-Identifier: Apache-2.0
"""The attacks use what the system tests use."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
