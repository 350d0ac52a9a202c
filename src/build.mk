# SPDX-License-Identifier: Apache-2.0
# The hypervisor: build/bulkhead.bin, one for every configuration. HV_TOOLCHAIN=clang builds it with
# clang-19, into build/hv-clang, to see that nothing warns.

HV_TOOLCHAIN ?= gcc
HV_CROSS ?= aarch64-linux-gnu-

ifeq ($(HV_TOOLCHAIN),clang)
HV_CC := clang-19 --target=aarch64-none-elf
HV_OUT := build/hv-clang
HV_OPT :=
else
HV_CC := $(HV_CROSS)gcc
HV_OUT := build/hv
# The call graph is what scripts/stack.py bounds the stack by.
HV_OPT := -fno-tree-loop-distribute-patterns -fcallgraph-info=su -Wstack-usage=1024
endif

HV_SOURCES := $(wildcard src/core/*.c src/arch/arm64/*.c src/arch/arm64/*.S src/platform/*/*.c)
HV_OBJECTS := $(HV_SOURCES:%=$(HV_OUT)/%.o)
HV_STACK := 3840 # a page less the frame of vectors.S

# Absolute addresses are valid only with the MMU on, so boot_check's part of the code must not
# depend on them: no jump tables, no string tables of pointers before that.
HV_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -nostdinc -isystem $(shell $(HV_CC) -print-file-name=include) \
	-march=armv8-a -mgeneral-regs-only -mstrict-align -mno-outline-atomics -fno-pic -mcmodel=small \
	-fno-jump-tables -fno-common -fno-strict-aliasing -fno-stack-protector \
	-fno-asynchronous-unwind-tables $(HV_OPT) \
	-Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wvla
HV_LDFLAGS := -nostdlib -static -T src/arch/arm64/bulkhead.lds --no-warn-rwx-segments -z max-page-size=4096

.PHONY: hypervisor
hypervisor: $(if $(filter clang,$(HV_TOOLCHAIN)),$(HV_OUT)/bulkhead.elf,build/bulkhead.bin)

$(HV_OUT)/%.c.o: %.c
	@mkdir -p $(@D)
	@echo "  HV    $<"
	@$(HV_CC) $(HV_CFLAGS) -MMD -MP -c $< -o $@

$(HV_OUT)/%.S.o: %.S
	@mkdir -p $(@D)
	@echo "  HV    $<"
	@$(HV_CC) $(HV_CFLAGS) -MMD -MP -c $< -o $@

$(HV_OUT)/bulkhead.elf: $(HV_OBJECTS) src/arch/arm64/bulkhead.lds scripts/stack.py
ifneq ($(HV_TOOLCHAIN),clang)
	@scripts/stack.py $(HV_STACK) $(patsubst %.o,%.ci,$(filter %.c.o,$(HV_OBJECTS)))
endif
	@echo "  LD    $@"
	@$(HV_CROSS)ld $(HV_LDFLAGS) $(HV_OBJECTS) -o $@

build/bulkhead.bin: build/hv/bulkhead.elf
	@$(HV_CROSS)objcopy -O binary $< $@

-include $(HV_OBJECTS:.o=.d)
