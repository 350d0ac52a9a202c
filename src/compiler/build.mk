# SPDX-License-Identifier: Apache-2.0
#
# The host tool: build/bulkhead, from the compiler, the auditor, the log's and the evidence's readers. Included by the top Makefile,
# from the top of the tree; HOSTCC and HOSTCFLAGS may be set before.

HOSTCC       ?= cc
HOST_LD      ?= ld
HOST_OBJCOPY ?= objcopy
HOST_FLAGS    = -std=c11 -D_GNU_SOURCE= -Isrc/blueprint -Wall -Wextra -Werror -O2 $(HOSTCFLAGS)
HOST_LIBS     = -lfdt -lcrypto -ljansson

# Elsewhere, the same tool built in another way: test/import has one with sanitizers.
HOST_TOOL    ?= build/bulkhead
HOST_OUT     ?= build/host

# When this release was made: of its last commit, unless SOURCE_DATE_EPOCH says otherwise.
RELEASE_TIME := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),0)
ifneq ($(RELEASE_TIME),$(shell cat $(HOST_OUT)/release-time 2>/dev/null))
$(shell mkdir -p $(HOST_OUT); echo $(RELEASE_TIME) >$(HOST_OUT)/release-time)
endif
$(HOST_OUT)/compiler/release.o: HOST_FLAGS += -DRELEASE_TIME=$(RELEASE_TIME)
$(HOST_OUT)/compiler/release.o: $(HOST_OUT)/release-time

COMPILER_OBJECTS := $(patsubst src/%.c,$(HOST_OUT)/%.o,$(wildcard src/compiler/*.c))
AUDITOR_OBJECTS  := $(patsubst src/%.c,$(HOST_OUT)/%.o,$(wildcard src/auditor/*.c))
# `bulkhead log`: what of the health cell puts events into words is the same there and here.
LOG_OBJECTS      := $(patsubst src/%.c,$(HOST_OUT)/%.o,$(wildcard src/log/*.c)) \
	$(patsubst %,$(HOST_OUT)/cells/%.o,health/names health/event_text)
EVIDENCE_OBJECTS := $(patsubst src/%.c,$(HOST_OUT)/%.o,$(wildcard src/evidence/*.c))

$(HOST_TOOL): $(COMPILER_OBJECTS) $(LOG_OBJECTS) $(EVIDENCE_OBJECTS) $(HOST_OUT)/auditor.o
	@echo "  LD    $@"
	@$(HOSTCC) $(HOST_FLAGS) $(LDFLAGS) -o $@ $^ $(HOST_LIBS)

# The auditor shares no code with the compiler, so neither sees a name of the other's but the commands'.
$(HOST_OUT)/auditor.o: $(AUDITOR_OBJECTS)
	@$(HOST_LD) -r -o $@ $^
	@$(HOST_OBJCOPY) --keep-global-symbol=audit_main --keep-global-symbol=diff_main $@

$(HOST_OUT)/%.o: src/%.c
	@mkdir -p $(@D)
	@echo "  HOST  $<"
	@$(HOSTCC) $(HOST_FLAGS) -MMD -MP -c -o $@ $<

$(HOST_OUT)/cells/%.o: cells/%.c
	@mkdir -p $(@D)
	@echo "  HOST  $<"
	@$(HOSTCC) $(HOST_FLAGS) -MMD -MP -c -o $@ $<

.PHONY: host-clang
host-clang: # nothing warns there either; no object is kept
	clang-19 $(HOST_FLAGS) -fsyntax-only $(wildcard src/compiler/*.c src/auditor/*.c src/log/*.c src/evidence/*.c)

-include $(COMPILER_OBJECTS:.o=.d) $(LOG_OBJECTS:.o=.d) $(EVIDENCE_OBJECTS:.o=.d) $(AUDITOR_OBJECTS:.o=.d)
