# SPDX-License-Identifier: Apache-2.0
"""What the bundle's part `configuration` is made of: a module a file of it."""
