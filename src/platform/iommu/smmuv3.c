/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smmuv3.c - the SMMU from its abort-all state to the blueprint's stream table, and its command queue (Arm
 * IHI 0070: 6.3 registers, 3.5 and 4 commands, 7.1 command queue errors).
 */
#include "smmuv3.h"
#include "../../arch/arm64/mmio_io.h"
#include "../../arch/arm64/sysreg.h"

#define CR0_ENABLES	     0xfu /* the rest may be none of this SMMU's */
#define SMMU_CR1	     0x28
#define CR1_WRITE_BACK	     0xd75 /* tables and queues: inner shareable, write-back */
#define SMMU_CR2	     0x2c
#define CR2_PTM		     BIT(2) /* takes no part in the CPUs' TLB invalidations */
#define SMMU_GBPA	     0x44
#define GBPA_ABORT	     BIT(20)
#define GBPA_UPDATE	     BIT(31)
#define SMMU_STRTAB_BASE     0x80
#define SMMU_STRTAB_BASE_CFG 0x88
#define SMMU_CMDQ_BASE	     0x90
#define SMMU_CMDQ_PROD	     0x98
#define SMMU_CMDQ_CONS	     0x9c
#define SMMU_EVENTQ_BASE     0xa0
#define QUEUE_BASE_LOG2(q)   ((u32)field(q, 0, 5))
#define POLLS_MAX	     1000000u

static bool poll(va_t at, u32 mask, u32 value)
{
	for (u32 i = 0; i < POLLS_MAX; i++)
		if ((mmio_read32(at) & mask) == value)
			return true;
	return false;
}

bool smmu_control(va_t smmu, u32 value)
{
	mmio_write32(smmu + SMMU_CR0, value);
	return poll(smmu + SMMU_CR0ACK, CR0_ENABLES, value & CR0_ENABLES);
}

/* Abort is set first: there is no moment at which traffic bypasses. [impl->swr~smmu-abort-all~1] */
bool smmu_abort_all(va_t smmu)
{
	if (!poll(smmu + SMMU_GBPA, GBPA_UPDATE, 0))
		return false;
	mmio_write32(smmu + SMMU_GBPA, (u32)(GBPA_UPDATE | GBPA_ABORT));
	if (!poll(smmu + SMMU_GBPA, GBPA_UPDATE, 0))
		return false;
	return smmu_control(smmu, 0);
}

static void entry_write(const struct smmu_queue *queue, u32 at, struct smmu_command command)
{
	volatile u64 *const entry = (volatile u64 *)queue->entries + 2 * (at & MASK(queue->log2));

	entry[0] = command.words[0];
	entry[1] = command.words[1];
	dmb(osh); /* there before the SMMU is told, be it by an acknowledgement */
}

/* The SMMU stops at a bad command, and goes on with what stands there then. [impl->swr~smmu-commands~1] */
static bool command_bad(const struct smmu_queue *queue, u32 consumer)
{
	const u32 gerrorn = mmio_read32(queue->page0 + SMMU_GERRORN);

	if (!((mmio_read32(queue->page0 + SMMU_GERROR) ^ gerrorn) & GERROR_CMDQ_ERR))
		return false;
	entry_write(queue, consumer, CMD_SYNC);
	mmio_write32(queue->page0 + SMMU_GERRORN, gerrorn ^ (u32)GERROR_CMDQ_ERR);
	return true;
}

static bool all_consumed(const struct smmu_queue *queue)
{
	const u32 producer = mmio_read32(queue->page0 + SMMU_CMDQ_PROD), wrap = (u32)MASK(queue->log2 + 1);
	bool good = true;

	for (u32 i = 0; i < POLLS_MAX; i++) {
		const u32 consumer = mmio_read32(queue->page0 + SMMU_CMDQ_CONS);

		if (((consumer ^ producer) & wrap) == 0)
			return good;
		if (command_bad(queue, consumer))
			good = false;
	}
	return false;
}

bool smmu_command(const struct smmu_queue *queue, struct smmu_command command)
{
	const u32 producer = mmio_read32(queue->page0 + SMMU_CMDQ_PROD);
	const u32 consumer = mmio_read32(queue->page0 + SMMU_CMDQ_CONS);
	const bool full = ((producer ^ consumer) & MASK(queue->log2 + 1)) == BIT(queue->log2);

	if (full && !all_consumed(queue))
		return false;
	entry_write(queue, producer, command);
	mmio_write32(queue->page0 + SMMU_CMDQ_PROD, (producer + 1) & (u32)MASK(queue->log2 + 1));
	return true;
}

bool smmu_sync(const struct smmu_queue *queue)
{
	return smmu_command(queue, CMD_SYNC) && all_consumed(queue);
}

/* [impl->swr~smmu-started~1] */
bool smmu_start(const struct bp_smmu *smmu, va_t entries)
{
	const struct smmu_queue queue = {smmu->va, entries, QUEUE_BASE_LOG2(smmu->cmdq_base)};
	const va_t va = smmu->va;
	u32 control = (u32)(CR0_CMDQEN | CR0_ATSCHK);

	mmio_write32(va + SMMU_CR1, CR1_WRITE_BACK);
	mmio_write32(va + SMMU_CR2, (u32)CR2_PTM);
	mmio_write64(va + SMMU_STRTAB_BASE, smmu->strtab_base);
	mmio_write32(va + SMMU_STRTAB_BASE_CFG, smmu->strtab_base_cfg);
	mmio_write64(va + SMMU_CMDQ_BASE, smmu->cmdq_base);
	mmio_write32(va + SMMU_CMDQ_PROD, 0);
	mmio_write32(va + SMMU_CMDQ_CONS, 0);
	mmio_write64(va + SMMU_EVENTQ_BASE, smmu->eventq_base);
	mmio_write32(va + SMMU_GERRORN, mmio_read32(va + SMMU_GERROR)); /* a loader's */
	if (!smmu_control(va, control) || !smmu_command(&queue, CMD_CFGI_ALL) ||
	    !smmu_command(&queue, CMD_TLBI_NSNH_ALL) || !smmu_sync(&queue))
		return false;
	control |= (u32)CR0_SMMUEN;
	return smmu_control(va, control);
}
