/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vgicr.c - the redistributors as a cell sees them (Arm IHI 0069, GICR_*): those of its own cores, without
 * LPIs, filtered like the distributor. The RD and SGI pages of a frame are 64 KiB apart for the guest.
 */
#include "../../core/core.h"
#include "gic.h"
#include "mmio_io.h"
#include "vgic.h"

/* GICR_TYPER: affinity, processor number, Last; no LPIs, no direct LPIs. */
static u64 typer(u32 index)
{
	const struct bp_core *core = cell_core(index);
	const u64 affinity = (core->mpidr & 0xffffff) | field(core->mpidr, 32, 8) << 24;

	return affinity << 32 | (u64)index << 8 | (core->gicr_last ? GICR_TYPER_LAST : 0);
}

/* [impl->swr~gic-identified~1] */
static void rd_access(struct access *access)
{
	const struct bp_core *core = cell_core(access->arg);
	const u64 type = typer(access->arg);

	if (access->write)
		return; /* no LPIs to enable; the core is awake */
	if (access->size != 4 && (access->size != 8 || access->offset != GICR_TYPER)) {
		access->value = 0;
		return;
	}
	switch (access->offset) {
	case GICR_CTLR:
		access->value = mmio_read32(core->gicr_va + GICR_CTLR) & GICR_CTLR_RWP;
		break;
	case GICR_IIDR:
		access->value = mmio_read32(core->gicr_va + GICR_IIDR);
		break;
	case GICR_TYPER:
		access->value = access->size == 8 ? type : type & MASK(32);
		break;
	case GICR_TYPER + 4:
		access->value = type >> 32;
		break;
	case GICR_PIDR2:
		access->value = mmio_read32(EL2_VA_GICD + GICD_PIDR2);
		break;
	default:
		access->value = 0;
		break;
	}
}

/* Sixteen interrupts of two bits each; fixed. */
static u32 icfgr_read(va_t sgi, u64 offset)
{
	const u32 owned = private_owned() >> (offset == GICD_ICFGR ? 0 : 16);

	return mmio_read32(sgi + offset) & icfgr_mask((u16)owned);
}

static bool is_bits(u64 offset)
{
	switch (offset) {
	case GICD_IGROUPR:
	case GICD_ISENABLER:
	case GICD_ICENABLER:
	case GICD_ISPENDR:
	case GICD_ICPENDR:
	case GICD_ISACTIVER:
	case GICD_ICACTIVER:
		return true;
	default:
		return false;
	}
}

static void sgi_access(struct access *access, u64 offset)
{
	const va_t sgi = gicr_sgi_page(cell_core(access->arg));

	if (offset >= GICD_IPRIORITYR && offset < GICD_IPRIORITYR + 32 && access->size <= 4) {
		vgic_priority_access(access, sgi + offset, private_owned() >> offset % 32);
	} else if (access->size == 4 && is_bits(offset)) {
		if (access->write)
			vgic_state_write(access->arg, offset, 0, (u32)access->value, private_owned());
		else
			access->value = vgic_state_read(access->arg, offset, 0, private_owned());
	} else if (access->size == 4 && (offset == GICD_ICFGR || offset == GICD_ICFGR + 4)) {
		access->value = icfgr_read(sgi, offset);
	} else {
		access->value = 0;
	}
}

/* [impl->swr~gicr-filtered~1] */
void gicr_access(struct access *access)
{
	if (access->offset < GICR_SGI_OFFSET)
		rd_access(access);
	else
		sgi_access(access, access->offset - GICR_SGI_OFFSET);
}
