/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ivshmem.c - registers of a channel that is shown as a PCI function: who the cell is, and the doorbell.
 *
 * Interrupt Mask and Status read as zero: an interrupt is an edge of an SPI that only this channel has.
 */
#include "../blueprint/pci.h"
#include "cell.h"
#include "hypercalls.h"
#include "mmio.h"

/* [impl->swr~ivshmem-registers~1] */
void ivshmem_access(struct access *access)
{
	if (!access->write)
		access->value = access->offset == BP_IVSHMEM_POSITION ? this_cell->index : 0;
	else if (access->offset == BP_IVSHMEM_DOORBELL && access->size == 4)
		hypercall_ring(access->arg); /* there is nobody to tell that it wasn't admitted */
}
