# SPDX-License-Identifier: Apache-2.0
# The auditor against a small image that the fixture builds by hand, and mutations of it.
UNIT_SOURCES_auditor := $(wildcard src/auditor/*.c)
UNIT_CFLAGS_auditor := -D_GNU_SOURCE= -Isrc/auditor -Isrc/blueprint -Itest/unit/auditor
UNIT_LIBS_auditor := -lfdt -lcrypto
