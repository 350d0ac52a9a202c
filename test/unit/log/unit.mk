# SPDX-License-Identifier: Apache-2.0
# The event log from end to end: what the health cell writes, the host's tool reads; and what becomes of it on the way.
UNIT_SOURCES_log := $(addprefix cells/health/,hex.c journal.c journal_sign.c journal_text.c machine.c) \
	$(addprefix src/log/,read.c records.c verify.c) $(addprefix src/compiler/,digest.c text.c)
UNIT_CFLAGS_log := -D_GNU_SOURCE= -Icells/health -Isrc/blueprint -Isrc/log
UNIT_LIBS_log := -lsodium -lcrypto -ljansson
