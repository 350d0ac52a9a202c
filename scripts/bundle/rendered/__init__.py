# SPDX-License-Identifier: Apache-2.0
"""What report.html is made of: each file draws one thing, from files of a bundle; one that isn't there draws nothing."""
