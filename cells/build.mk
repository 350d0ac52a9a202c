# SPDX-License-Identifier: Apache-2.0
#
# cells/build.mk - the bare-metal cells: build/cells/{bench,control,dma,exact,health,intruder,probe}.elf, static PIE for EL1.
# Included by the top Makefile, or alone from the top directory: make -f cells/build.mk cells
# CELLS_TOOLCHAIN=clang builds the same with clang-19, into build/cells-clang.

CELLS_TOOLCHAIN ?= gcc
CELLS_CROSS ?= aarch64-linux-gnu-
CELLS_PICOLIBC ?= /usr/lib/picolibc/aarch64-linux-gnu
CELLS_LIBFDT ?= build/linux/libfdt
CELLS_LWIP ?= build/lwip/source/src
CELLS_SODIUM ?= build/libsodium/source/src/libsodium

ifeq ($(CELLS_TOOLCHAIN),clang)
CELLS_CC := clang-19 --target=aarch64-none-elf
CELLS_OUT := build/cells-clang
CELLS_OPT := -fno-builtin-printf
else
CELLS_CC := $(CELLS_CROSS)gcc
CELLS_OUT := build/cells
CELLS_OPT := -fno-tree-loop-distribute-patterns
endif
CELLS_LD := $(CELLS_CROSS)ld
CELLS_LIBGCC = $(shell $(CELLS_CROSS)gcc -print-libgcc-file-name)

# Debug information goes into an image with the rest of an ELF, so it must not say where it was built.
# Until mmu_start() is through, memory is device memory: no unaligned accesses, no FP registers.
CELLS_CFLAGS := -std=gnu11 -O2 -g -fdebug-prefix-map=$(CURDIR)=. -ffreestanding -fpie -mgeneral-regs-only -mstrict-align \
	-ffunction-sections -fdata-sections -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-common -ftls-model=local-exec $(CELLS_OPT) \
	-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-isystem $(CELLS_PICOLIBC)/include -isystem $(CELLS_LIBFDT) -Icells/lib/include
# vfprintf without floating point. No section may be both writable and executable.
CELLS_LDFLAGS := -pie --no-dynamic-linker -z text -z norelro -z max-page-size=4096 -z noexecstack \
	--gc-sections --build-id=none --fatal-warnings --defsym=vfprintf=__i_vfprintf -T cells/lib/cell.lds

CELLS := bench control dma exact health intruder probe
CELLS_LIB := $(wildcard cells/lib/*.c cells/lib/*.S)
CELLS_ELFS := $(CELLS:%=$(CELLS_OUT)/%.elf)
cells_objects = $(patsubst cells/%,$(CELLS_OUT)/obj/%.o,$(1))

.PHONY: cells cells-clean
cells: $(CELLS_ELFS)

cells-clean:
	rm -rf build/cells build/cells-clang

$(CELLS_OUT)/obj/%.o: cells/% Makefile cells/build.mk
	@mkdir -p $(@D)
	@echo "  CELL  $<"
	@$(CELLS_CC) $(CELLS_CFLAGS) -MMD -MP -c -o $@ $<

# Libraries of the health cell: Debian's source packages, with their warnings.
CELLS_LWIP_FLAGS := -Icells/health -isystem $(CELLS_LWIP)/include
CELLS_LWIP_SOURCES := $(addprefix core/,def inet_chksum init ip mem memp netif pbuf stats tcp tcp_in tcp_out timeouts udp) \
	$(addprefix core/ipv4/,dhcp etharp icmp ip4 ip4_addr) netif/ethernet
CELLS_SODIUM_FLAGS := -isystem $(CELLS_SODIUM)/include
CELLS_SODIUM_SOURCES := crypto_hash/sha256/cp/hash_sha256_cp crypto_hash/sha512/cp/hash_sha512_cp \
	crypto_sign/ed25519/ref10/keypair crypto_sign/ed25519/ref10/sign crypto_core/ed25519/ref10/ed25519_ref10 \
	crypto_shorthash/siphash24/ref/shorthash_siphash24_ref crypto_verify/sodium/verify sodium/utils
CELLS_EXTRA_health := $(CELLS_LWIP_SOURCES:%=$(CELLS_OUT)/obj/lwip/%.o) $(CELLS_OUT)/obj/health/page.S.o \
	$(CELLS_SODIUM_SOURCES:%=$(CELLS_OUT)/obj/libsodium/%.o)
CELLS_HEALTH_OBJECTS := $(call cells_objects,$(wildcard cells/health/*.c))
$(CELLS_OUT)/obj/health/page.S.o: cells/health/page.html

build/lwip/.complete build/libsodium/.complete: build/%/.complete:
	@scripts/fetch-source.sh $*

$(CELLS_OUT)/obj/lwip/%.o: build/lwip/.complete cells/health/lwipopts.h cells/health/tcp_gate.h cells/health/arch/cc.h cells/build.mk
	@mkdir -p $(@D)
	@echo "  CELL  lwip/$*.c"
	@$(CELLS_CC) $(CELLS_CFLAGS) $(CELLS_LWIP_FLAGS) $(CELLS_SODIUM_FLAGS) -w -c -o $@ $(CELLS_LWIP)/$*.c

# What its configure script would find: 128-bit integers, little-endian. Its own core.h comes before the cells'.
$(CELLS_OUT)/obj/libsodium/%.o: build/libsodium/.complete cells/build.mk
	@mkdir -p $(@D)
	@echo "  CELL  libsodium/$*.c"
	@$(CELLS_CC) -I$(CELLS_SODIUM)/include/sodium $(CELLS_CFLAGS) $(CELLS_SODIUM_FLAGS) -DHAVE_TI_MODE -DNATIVE_LITTLE_ENDIAN \
		-w -c -o $@ $(CELLS_SODIUM)/$*.c

$(CELLS_HEALTH_OBJECTS): CELLS_CFLAGS += $(CELLS_LWIP_FLAGS) $(CELLS_SODIUM_FLAGS)
# lwIP's headers, which include these, aren't among what the compiler lists.
$(CELLS_HEALTH_OBJECTS): cells/health/lwipopts.h cells/health/arch/cc.h
$(CELLS_HEALTH_OBJECTS): | build/lwip/.complete build/libsodium/.complete

$(CELLS_OUT)/lib.a: $(call cells_objects,$(CELLS_LIB))
	@rm -f $@
	@$(CELLS_CROSS)ar rcs $@ $^

define cell_rule
$$(CELLS_OUT)/$(1).elf: $$(call cells_objects,$$(wildcard cells/$(1)/*.c)) $$(CELLS_EXTRA_$(1)) $$(CELLS_OUT)/lib.a cells/lib/cell.lds
	@echo "  LD    $$@"
	@$$(CELLS_LD) $$(CELLS_LDFLAGS) -o $$@ $$(filter %.o,$$^) --whole-archive $$(CELLS_OUT)/lib.a --no-whole-archive \
		--start-group $$(CELLS_LIBFDT)/libfdt.a -L$$(CELLS_PICOLIBC)/lib -lc $$(CELLS_LIBGCC) --end-group
endef
$(foreach cell,$(CELLS),$(eval $(call cell_rule,$(cell))))

-include $(wildcard $(CELLS_OUT)/obj/*/*.d)
