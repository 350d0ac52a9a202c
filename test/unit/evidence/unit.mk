# SPDX-License-Identifier: Apache-2.0
UNIT_SOURCES_evidence := $(filter-out src/evidence/command.c src/evidence/print.c,$(wildcard src/evidence/*.c)) \
	$(addprefix src/log/,read.c records.c verify.c) $(addprefix src/compiler/,digest.c text.c)
UNIT_CFLAGS_evidence := -D_GNU_SOURCE= -Isrc/blueprint -Isrc/evidence
UNIT_LIBS_evidence := -lcrypto -ljansson
