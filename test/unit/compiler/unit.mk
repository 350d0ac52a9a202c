# SPDX-License-Identifier: Apache-2.0
# The front end of the compiler; the stand-in images are those of test/configs.
UNIT_SOURCES_compiler := $(addprefix src/compiler/,diag.c json.c text.c ranges.c process.c source.c dtc_errors.c syntax.c tokens.c includes.c nexus.c nodes.c data.c values.c regions.c reserved.c \
	registers.c interrupts.c inventory.c board.c board_check.c schema.c partition.c cpus.c cache.c colors.c colors_memory.c palette.c \
	pci_space.c pci_function.c pci_inventory.c pci_name.c pci_facts.c pci_hosts.c pci_place.c pci_watchdog.c pci_assign.c pci_bus.c pci_messages.c net.c \
	memory.c store.c depends.c references.c shared.c devices.c console.c \
	channels.c boot_state.c boot_state_spi.c boot_state_emmc.c updates.c log_key.c pem.c faults.c deny.c dma.c firmware.c windows.c images.c image_linux.c image_elf.c root.c digest.c)
UNIT_CFLAGS_compiler := -D_GNU_SOURCE= -Isrc/blueprint -Isrc/compiler
UNIT_LIBS_compiler := -lfdt -lcrypto
UNIT_DEPENDS_compiler := build/test-configs/health.elf

build/test-configs/health.elf: test/configs/images.py
	@/usr/bin/python3 -c 'import sys; sys.path.insert(0, "test/configs"); import images; images.write("build/test-configs")'
