# SPDX-License-Identifier: Apache-2.0
"""Parts of the evidence bundle, a module each: make(bundle) writes the folder PART and its summary.json. scripts/evidence.py
runs them in order, docs/evidence.md says what is in the bundle."""
