# SPDX-License-Identifier: Apache-2.0
# The hypervisor with its arm64 part for the host: test/unit/host stands for the machine.
UNIT_SOURCES_arch := $(wildcard src/core/*.c src/arch/arm64/*.c src/platform/*/*.c) test/unit/host/host.c \
	test/unit/host/machine.c
# The blueprint goes on behind the header by whose name the boot knows it: no object-size.
UNIT_CFLAGS_arch := -DBULKHEAD_HOST -fno-strict-aliasing -Itest/unit/host -fno-sanitize=object-size
UNIT_DEPENDS_arch := build/hv/bulkhead.elf # test_saved.py
