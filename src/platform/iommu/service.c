/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.c - the SMMUs at run time, on the service core (platform.h): streams between abort and the
 * blueprint's value, faults out of the event queue (Arm IHI 0070: 5.2 STE, 7.2 event queue, 7.3 records, 7.5
 * global errors).
 */
#include "../../arch/arm64/mmio_io.h"
#include "../../arch/arm64/sysreg.h"
#include "../../core/arch.h"
#include "../../core/dma.h"
#include "../../core/platform.h"
#include "../../core/service.h"
#include "smmuv3.h"

#define EVENT_WORDS	 4u
#define EVENT_NUMBER(w0) field(w0, 0, 8)
#define EVENT_STREAM(w0) ((u32)((w0) >> 32))
#define EVENT_1_READ	 BIT(35)

static const struct bp_service_smmu *smmu_of(u32 i)
{
	return (const struct bp_service_smmu *)service_table(&service()->smmus) + i;
}

static const struct bp_stream *stream_of(u32 i)
{
	return (const struct bp_stream *)service_table(&service()->streams) + i;
}

static struct smmu_queue queue_of(u32 smmu)
{
	return (struct smmu_queue){smmu_of(smmu)->page0_va, smmu_of(smmu)->cmdq_va, smmu_of(smmu)->cmdq_log2};
}

static bool ste_write(const struct bp_stream *stream, u32 word, u64 value)
{
	const struct smmu_queue queue = queue_of(stream->smmu);

	((volatile u64 *)stream->ste_va)[word] = value;
	dmb(osh);
	return smmu_command(&queue, CMD_CFGI_STE(stream->sid));
}

/* Those of one SMMU. First the stream table's entries, so that nothing is translated anew, then what was. */
static bool streams_set(u32 smmu, u32 cell, bool live)
{
	const struct smmu_queue queue = queue_of(smmu);
	bool good = true, any = false;

	for (u32 i = 0; i < service()->streams.count; i++) {
		const struct bp_stream *const stream = stream_of(i);

		if (stream->smmu != smmu || stream->cell != cell)
			continue;
		good = ste_write(stream, 0, live ? stream->live : BP_STE_ABORT) && good;
		any = true;
	}
	return !any || (smmu_sync(&queue) && smmu_command(&queue, CMD_TLBI_S12_VMALL(cell + 1)) &&
			smmu_sync(&queue) && good);
}

/* One word of an entry decides, so it is never half of either. [impl->swr~streams-cut~1] */
bool iommu_streams_set(u32 cell, bool live)
{
	bool good = true;

	for (u32 i = 0; i < service()->smmus.count; i++)
		good = streams_set(i, cell, live) && good;
	return good;
}

void iommu_stream_tell(u32 stream, bool tell)
{
	const struct smmu_queue queue = queue_of(stream_of(stream)->smmu);
	const u64 word = ((volatile u64 *)stream_of(stream)->ste_va)[2];

	ste_write(stream_of(stream), 2, tell ? word | STE_2_S2R : word & ~STE_2_S2R);
	smmu_sync(&queue);
}

static void event_take(u32 smmu, const volatile u64 *event)
{
	const u64 head = event[0];

	dma_fault(smmu, EVENT_STREAM(head), event[2],
		  EVENT_NUMBER(head) | (event[1] & EVENT_1_READ ? DMA_FAULT_READ : 0));
}

/* Up to all that the queue holds; true: none is left. An overflow costs a count.
 * [impl->swr~dma-faults-told~1] */
static bool events_take(u32 i)
{
	const struct bp_service_smmu *const smmu = smmu_of(i);
	const u32 producer = mmio_read32(smmu->page1_va + SMMU_EVENTQ_PROD);
	const u32 wrap = (u32)MASK(smmu->eventq_log2 + 1);
	u32 consumer = mmio_read32(smmu->page1_va + SMMU_EVENTQ_CONS);

	dmb(osh); /* what it says is there, is there */
	for (u32 n = 0; n < BIT(smmu->eventq_log2) && ((producer ^ consumer) & wrap); n++) {
		event_take(i, (const volatile u64 *)smmu->eventq_va +
				      EVENT_WORDS * (consumer & MASK(smmu->eventq_log2)));
		consumer = (consumer & (u32)QUEUE_OVERFLOW) | ((consumer + 1) & wrap);
	}
	if ((producer ^ consumer) & QUEUE_OVERFLOW) {
		consumer ^= (u32)QUEUE_OVERFLOW;
		dma_lost();
	}
	dmb(osh); /* read before it is written over */
	mmio_write32(smmu->page1_va + SMMU_EVENTQ_CONS, consumer);
	return ((mmio_read32(smmu->page1_va + SMMU_EVENTQ_PROD) ^ consumer) & wrap) == 0;
}

/* Those of the command queue are its user's. */
static void errors_take(u32 i)
{
	const va_t page0 = smmu_of(i)->page0_va;
	const u32 gerrorn = mmio_read32(page0 + SMMU_GERRORN);
	const u32 active = (mmio_read32(page0 + SMMU_GERROR) ^ gerrorn) & ~(u32)GERROR_CMDQ_ERR;

	if (active == 0)
		return;
	mmio_write32(page0 + SMMU_GERRORN, gerrorn ^ active);
	dma_error(i, active);
}

void iommu_work(void)
{
	for (u32 i = 0; i < service()->smmus.count; i++) {
		bool none = false;

		if (smmu_of(i)->page0_va == 0)
			continue;
		for (u32 pass = 0; pass < 2 && !none; pass++)
			none = events_take(i);
		if (!none) /* its interrupt comes when there is one where there was none */
			arch_spi_raise(smmu_of(i)->event_intid);
		errors_take(i);
	}
}

void iommu_start(void)
{
	for (u32 i = 0; i < service()->smmus.count; i++) {
		const struct bp_service_smmu *const smmu = smmu_of(i);

		if (smmu->page0_va == 0)
			continue;
		mmio_write32(smmu->page1_va + SMMU_EVENTQ_PROD, 0);
		mmio_write32(smmu->page1_va + SMMU_EVENTQ_CONS, 0);
		mmio_write64(smmu->page0_va + SMMU_EVENTQ_IRQ_CFG0, 0); /* no message: a wire */
		mmio_write64(smmu->page0_va + SMMU_GERROR_IRQ_CFG0, 0);
		arch_own_interrupt(smmu->event_intid);
		arch_own_interrupt(smmu->error_intid);
		mmio_write32(smmu->page0_va + SMMU_IRQ_CTRL, (u32)(IRQ_CTRL_GERROR | IRQ_CTRL_EVENTQ));
		smmu_control(smmu->page0_va, mmio_read32(smmu->page0_va + SMMU_CR0) | (u32)CR0_EVENTQEN);
	}
}
