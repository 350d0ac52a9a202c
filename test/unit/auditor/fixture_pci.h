/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture_pci.h - the fixture with PCI functions: inputs alone, inputs of which cells ask for some.
 */
#ifndef BULKHEAD_TEST_AUDITOR_FIXTURE_PCI_H
#define BULKHEAD_TEST_AUDITOR_FIXTURE_PCI_H

#include "fixture.h"

enum fixture_function { PORT_ACS, PORT_PLAIN, NIC, VF0, VF1, DISK, DISK_TWIN, PCI_FUNCTIONS };

/* A host, an inventory, names: nobody asks for any of it. */
void fixture_pci_inputs(struct fixture *fixture);
/* The same, and the partition file gives the NIC to the gateway and its first virtual function to health. */
void fixture_pci_asked(struct fixture *fixture);

/* What the image then holds, by hand; `made` says where. */
struct fixture_pci {
	struct bp_smmu *smmu;
	uint64_t *level_one, *entries; /* L1 of 4; the array of StreamIDs 0x100 to 0x1ff, 8 words each */
	uint64_t level_one_pa, entries_pa, aborts_pa, queue_pa, events_pa;
	uint64_t dma_root[CELLS];
	struct bp_service_smmu *service_smmu;
	struct bp_service_dma *dma; /* health, gateway */
	struct bp_its *its;
	struct bp_lpi_core *lpi_cores; /* of the health cell's first core, of the gateway's */
	uint64_t *commands;	       /* 4 words each */
	uint8_t *config;	       /* a byte an LPI, from 8192 on */
	struct bp_bell *lpis[CELLS];
	struct bp_pci_step *steps;
	uint32_t step_count;
	uint64_t steps_pa;
	struct bp_pci_function *functions[CELLS];
	struct bp_stream *streams; /* the NIC's, its first virtual function's */
};
extern struct fixture_pci made;
void fixture_pci_made(struct fixture *fixture);
void fixture_streams(struct fixture *fixture);	       /* fixture_streams.c */
void fixture_messages(struct fixture *fixture);	       /* fixture_messages.c */
void fixture_space(struct fixture *fixture);	       /* fixture_space.c */
void fixture_state(struct fixture *fixture, int cell); /* its page of state, alone */
/* A row of a cell's function; the `number`th step of a kind at a register. NULL: none. */
struct bp_pci_register *fixture_row(struct fixture *fixture, int cell, unsigned int function,
				    uint32_t offset);
struct bp_pci_step *fixture_step(uint32_t rid, uint32_t offset, enum bp_pci_step_kind kind,
				 unsigned int number);
void fixture_spi_own(struct bp_cell *cell, uint32_t intid);

#define ITS_PA	    UINT64_C(0x08080000)
#define PENDING_PA  (WRITABLE_PA + UINT64_C(0x60000))
#define SERVICE_PCI (EL2_VA_SERVICE + UINT64_C(0x40000))
#define STAGE2_DMA  (STAGE2_RAM | UINT64_C(1) << 54)
#define STAGE2_MSI  (UINT64_C(1) << 2 | UINT64_C(2) << 6 | UINT64_C(1) << 10 | UINT64_C(1) << 54)

#endif
