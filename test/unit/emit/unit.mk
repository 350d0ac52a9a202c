# SPDX-License-Identifier: Apache-2.0
# The back end of the compiler: everything but the parts that read a partition file. The fixture
# stands in for those, memory_place_hypervisor() included. It runs dtc on board.dts.
UNIT_SOURCES_emit := $(addprefix src/compiler/,arena.c constants.c diag.c digest.c emit.c emit_cell.c emit_directory.c \
	emit_el2.c emit_header.c interrupts.c emit_interrupts.c emit_service.c emit_stage2.c fit.c image_header.c json.c layout.c \
	manifest.c map.c map_hypervisor.c nexus.c nodes.c output.c pagetable.c palette.c ranges.c regions.c text.c tree.c tree_gic.c tree_flash.c tree_keep.c tree_nexus.c \
	tree_overlay.c tree_ivshmem.c tree_own.c tree_pci.c tree_reserved.c tree_shared.c references.c registers.c \
	emit_dma.c emit_its.c emit_ivshmem.c emit_pci.c emit_pci_config.c emit_pci_steps.c emit_smmu.c pci_name.c pci_space.c pci_watchdog.c map_pci.c \
	map_json.c series.c map_svg.c map_svg_cells.c map_svg_channels.c map_svg_memory.c svg.c)
UNIT_CFLAGS_emit := -D_GNU_SOURCE
UNIT_LIBS_emit := -lfdt -lcrypto
UNIT_DEPENDS_emit := test/unit/emit/board.dts
