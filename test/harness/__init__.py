# SPDX-License-Identifier: Apache-2.0
"""What the system tests, the demo and `make run` share: targets, consoles, readers of images and telemetry."""
