/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot_memory.h - the whole blueprint as the boot core reads it, for EVA (boot.c).
 */
#ifndef EVA_BOOT_MEMORY_H
#define EVA_BOOT_MEMORY_H

#include "../../src/blueprint/pci.h"

#define BOOT_CORES 4
#define BOOT_STEPS 4

struct eva_boot {
	struct bp_header header;
	struct bp_boot_core cores[BOOT_CORES];
	struct bp_gicr_region regions[2];
	struct bp_probe probes[2];
	struct bp_smmu smmus[1];
	struct bp_its itss[1];
	struct bp_lpi_core lpi_cores[2];
	struct bp_pci_step steps[BOOT_STEPS];
};

extern struct eva_boot eva_blueprint;

#endif
