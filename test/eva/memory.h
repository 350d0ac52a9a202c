/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - what a core's EL2 maps, as EVA has it: each window an object, so an access beside it is an
 * alarm.
 *
 * The blueprint's record is one that the auditor would admit, with the largest counts that fit here and every
 * value that isn't an address or a size left open. What others write (siblings, the service core, the health
 * cell, devices) is unconstrained, and is so anew at every exit.
 */
#ifndef EVA_MEMORY_H
#define EVA_MEMORY_H

#include "../../src/blueprint/blueprint.h"
#include "../../src/blueprint/crash.h"
#include "../../src/blueprint/pci.h"
#include "../../src/blueprint/telemetry.h"
#include "../../src/core/arch.h"
#include "../../src/core/cell.h"

#define EVA_CORES     4
#define EVA_CHANNELS  4
#define EVA_BELLS     8
#define EVA_LPIS      16
#define EVA_FUNCTIONS 3
#define EVA_REGISTERS 12
#define EVA_BARS      6
#define EVA_FIRMWARE  BP_FIRMWARE_MAX
#define EVA_ROOTS     2
#define EVA_CELLS     8
#define EVA_STREAMS   4
#define EVA_MMIO      7
#define EVA_REGIONS   2 /* settle.c has what lies in them */
#define EVA_IMAGES    3

struct eva_cell {
	struct bp_cell cell;
	struct bp_core cores[EVA_CORES];
	struct bp_region regions[EVA_REGIONS];
	struct bp_image images[EVA_IMAGES];
	struct bp_mmio mmio[EVA_MMIO];
	struct bp_channel channels[EVA_CHANNELS];
	struct bp_bell bells[EVA_BELLS];
	struct bp_bell lpis[EVA_LPIS];
	struct bp_pci_function functions[EVA_FUNCTIONS];
	struct bp_pci_register registers[EVA_REGISTERS];
	struct bp_pci_bar bars[EVA_BARS];
	struct bp_root_entry roots[EVA_ROOTS];
	u32 firmware[EVA_FIRMWARE];
};

struct eva_services {
	struct bp_service service;
	struct bp_service_cell cells[EVA_CELLS];
	struct bp_service_core cores[EVA_CORES];
	struct bp_root_entry roots[EVA_ROOTS];
	struct bp_service_smmu smmus[1];
	struct bp_stream streams[EVA_STREAMS];
	struct bp_service_dma dma[EVA_STREAMS];
};

/* Once: what the compiler wrote, and what a core finds at its start. */
void eva_memory_start(void);
/* At each exit: what others have written since. */
void eva_others_write(void);

u64 eva_any(void);
u32 eva_below(u32 count); /* 0 .. count - 1 */
bool eva_maybe(void);

#endif
