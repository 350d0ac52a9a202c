# SPDX-License-Identifier: Apache-2.0
# The hypervisor: build/bulkhead.bin, one for every configuration. HV_TOOLCHAIN=clang builds it with
# clang-19, into build/hv-clang, to see that nothing warns; HV_TOOLCHAIN=cover so that it counts what it executes
# (docs/coverage.md), into build/cover.

HV_TOOLCHAIN ?= gcc
HV_CROSS ?= aarch64-linux-gnu-

ifeq ($(HV_TOOLCHAIN),clang)
HV_CC := clang-19 --target=aarch64-none-elf
HV_OUT := build/hv-clang
HV_OPT :=
else ifeq ($(HV_TOOLCHAIN),cover)
HV_CC := clang-19 --target=aarch64-none-elf
HV_OUT := build/cover/hv
HV_OPT := -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc
else
HV_CC := $(HV_CROSS)gcc
HV_OUT := build/hv
# The call graph is what scripts/stack.py bounds the stack by.
HV_OPT := -fno-tree-loop-distribute-patterns -fno-align-loops -fcallgraph-info=su -Wstack-usage=1024
endif

HV_SOURCES := $(wildcard src/core/*.c src/arch/arm64/*.c src/arch/arm64/*.S src/platform/*/*.c)
HV_OBJECTS := $(HV_SOURCES:%=$(HV_OUT)/%.o)
HV_BIN := build/$(if $(filter cover,$(HV_TOOLCHAIN)),cover/)bulkhead.bin
HV_STACK := 3840 # a page less the frame of vectors.S

# vectors.S does not save these for C: whoever uses them does, and x18 nobody uses. test/unit/arch/test_saved.py
# sees to it.
HV_SAVED := $(patsubst %,-fcall-saved-x%,9 10 11 12 13 14 15) -ffixed-x18

# Neither vector registers nor a library. [impl->swr~el2-no-fp~1] [impl->swr~el2-no-heap~1]
# Absolute addresses are valid only with the MMU on, so boot_check's part of the code must not
# depend on them: no jump tables, no string tables of pointers before that.
HV_CFLAGS := -std=gnu11 -g -fdebug-prefix-map=$(CURDIR)=. -ffreestanding -nostdinc -isystem $(shell $(HV_CC) -print-file-name=include 2>/dev/null) \
	-march=armv8-a -mgeneral-regs-only -mstrict-align -mno-outline-atomics -fno-pic -mcmodel=small \
	-fno-jump-tables $(HV_SAVED) -fno-common -fno-strict-aliasing -fno-stack-protector \
	-fno-asynchronous-unwind-tables $(HV_OPT) \
	-Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wvla
HV_LDFLAGS := -nostdlib -static -T src/arch/arm64/bulkhead.lds --no-warn-rwx-segments -z max-page-size=4096

# What runs at every exit, and over every byte at a start, is compiled to be fast, the rest to be small.
HV_FAST := $(patsubst %,$(HV_OUT)/src/%.c.o,arch/arm64/traps arch/arm64/vgic arch/arm64/vgic_sgi arch/arm64/vgicd core/sha256 core/fill \
	arch/arm64/cache)
$(HV_OUT)/%.o: HV_SPEED := -Os
$(HV_FAST): HV_SPEED := -O2 -fno-align-functions

.PHONY: hypervisor
hypervisor: $(if $(filter clang,$(HV_TOOLCHAIN)),$(HV_OUT)/bulkhead.elf,$(HV_BIN))

$(HV_OUT)/%.c.o: %.c src/build.mk
	@mkdir -p $(@D)
	@echo "  HV    $<"
	@$(HV_CC) $(HV_SPEED) $(HV_CFLAGS) -MMD -MP -c $< -o $@

$(HV_OUT)/%.S.o: %.S src/build.mk
	@mkdir -p $(@D)
	@echo "  HV    $<"
	@$(HV_CC) $(HV_SPEED) $(HV_CFLAGS) -MMD -MP -c $< -o $@

$(HV_OUT)/bulkhead.elf: $(HV_OBJECTS) src/arch/arm64/bulkhead.lds scripts/stack.py
ifeq ($(filter clang cover,$(HV_TOOLCHAIN)),)
	@scripts/stack.py $(HV_STACK) $(patsubst %.o,%.ci,$(filter %.c.o,$(HV_OBJECTS)))
endif
	@echo "  LD    $@"
	@$(HV_CROSS)ld $(HV_LDFLAGS) $(HV_OBJECTS) -o $@

$(HV_BIN): $(HV_OUT)/bulkhead.elf
	@$(HV_CROSS)objcopy -O binary -R '__llvm_*' $< $@

-include $(HV_OBJECTS:.o=.d)
