# SPDX-License-Identifier: Apache-2.0
# The hypervisor: build/bulkhead.bin, one for every configuration.

HV_CROSS ?= aarch64-linux-gnu-
HV_CC ?= $(HV_CROSS)gcc
HV_OBJCOPY ?= $(HV_CROSS)objcopy
HV_LD ?= $(HV_CROSS)ld

HV_SOURCES := $(wildcard src/core/*.c src/arch/arm64/*.c src/arch/arm64/*.S src/platform/*/*.c)
HV_OBJECTS := $(HV_SOURCES:%=build/hv/%.o)

# Absolute addresses are valid only with the MMU on, so boot_check's part of the code must not
# depend on them: no jump tables, no string tables of pointers before that.
HV_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -nostdinc -isystem $(shell $(HV_CC) -print-file-name=include) \
	-march=armv8-a -mgeneral-regs-only -mstrict-align -fno-pic -mcmodel=small -fno-jump-tables \
	-fno-common -fno-strict-aliasing -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-tree-loop-distribute-patterns \
	-Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wstack-usage=1024
HV_CFLAGS += $(if $(findstring clang,$(HV_CC)),--target=aarch64-none-elf -mno-outline-atomics -Wno-unknown-warning-option,-mno-outline-atomics)
HV_LDFLAGS := -nostdlib -static -T src/arch/arm64/bulkhead.lds --no-warn-rwx-segments -z max-page-size=4096

build/hv/%.c.o: %.c
	@mkdir -p $(@D)
	@echo "  HV    $<"
	@$(HV_CC) $(HV_CFLAGS) -MMD -MP -c $< -o $@

build/hv/%.S.o: %.S
	@mkdir -p $(@D)
	@echo "  HV    $<"
	@$(HV_CC) $(HV_CFLAGS) -MMD -MP -c $< -o $@

build/bulkhead.elf: $(HV_OBJECTS) src/arch/arm64/bulkhead.lds
	@echo "  LD    $@"
	@$(HV_LD) $(HV_LDFLAGS) $(HV_OBJECTS) -o $@

build/bulkhead.bin: build/bulkhead.elf
	@$(HV_OBJCOPY) -O binary $< $@

-include $(HV_OBJECTS:.o=.d)
