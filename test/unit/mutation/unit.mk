# SPDX-License-Identifier: Apache-2.0
# Mutants of images that the compiler built, judged by the auditor and by an oracle of its own.
UNIT_SOURCES_mutation := $(wildcard src/auditor/*.c)
UNIT_CFLAGS_mutation := -D_GNU_SOURCE -Isrc/auditor -Isrc/blueprint -Itest/unit/mutation
UNIT_LIBS_mutation := -lfdt -lcrypto
MUTATION_NAMES := one two five colored functions
UNIT_DEPENDS_mutation := $(MUTATION_NAMES:%=build/unit/mutation/images/%/bulkhead.itb) \
	$(MUTATION_NAMES:%=build/unit/mutation/images/%/source.dtb) build/unit/mutation/images/small/board.dtb

build/unit/mutation/images/%/bulkhead.itb: test/unit/mutation/%.dts $(wildcard test/unit/mutation/small/*) \
		build/bulkhead build/bulkhead.bin build/test-configs/health.elf
	@mkdir -p $(@D)
	@BULKHEAD_DATA=. build/bulkhead build $< -I build/test-configs -o $(@D) >/dev/null

# What was asked for, without the compiler's reading of it.
build/unit/mutation/images/%/source.dtb: test/unit/mutation/%.dts
	@mkdir -p $(@D)
	@dtc -q -I dts -O dtb -o $@ $<

build/unit/mutation/images/small/board.dtb: test/unit/mutation/small/board.dts
	@mkdir -p $(@D)
	@dtc -q -I dts -O dtb -o $@ $<
