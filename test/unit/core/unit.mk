# SPDX-License-Identifier: Apache-2.0
# The hypervisor for the host: test/unit/host stands for the machine.
UNIT_SOURCES_core := $(wildcard src/core/*.c) test/unit/host/host.c
UNIT_CFLAGS_core := -DBULKHEAD_HOST -fno-strict-aliasing -Itest/unit/host
UNIT_LIBS_core := -lcrypto
