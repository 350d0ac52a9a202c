# SPDX-License-Identifier: Apache-2.0
# Mutants of images that the compiler built, judged by the auditor and by an oracle of its own.
UNIT_SOURCES_mutation := $(wildcard src/auditor/*.c)
UNIT_CFLAGS_mutation := -D_GNU_SOURCE -Isrc/auditor -Isrc/blueprint -Itest/unit/mutation
UNIT_LIBS_mutation := -lfdt -lcrypto
UNIT_DEPENDS_mutation := $(foreach n,one two five,build/unit/mutation/images/$(n)/bulkhead.itb)

build/unit/mutation/images/%/bulkhead.itb: test/unit/mutation/%.dts $(wildcard test/unit/mutation/small/*) \
		build/bulkhead build/bulkhead.bin build/test-configs/health.elf
	@mkdir -p $(@D)
	@BULKHEAD_DATA=. build/bulkhead build $< -I build/test-configs -o $(@D) >/dev/null
