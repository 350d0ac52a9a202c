# SPDX-License-Identifier: Apache-2.0
"""Structural coverage: of the hypervisor at EL2 (el2.py) and of host code (host.py), both by clang-19 (llvm.py). docs/coverage.md"""
