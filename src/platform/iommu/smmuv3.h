/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smmuv3.h - the Arm SMMUv3 at boot, and its command queue. The service core's part of it is what platform.h
 * declares (service.c).
 */
#ifndef BULKHEAD_SMMUV3_H
#define BULKHEAD_SMMUV3_H

#include "../../blueprint/pci.h"
#include "../../core/types.h"

#define SMMU_IDR0	     0x00
#define SMMU_IDR1	     0x04
#define SMMU_IDR5	     0x14
#define SMMU_CR0	     0x20
#define SMMU_CR0ACK	     0x24
#define CR0_SMMUEN	     BIT(0)
#define CR0_EVENTQEN	     BIT(2)
#define CR0_CMDQEN	     BIT(3)
#define CR0_ATSCHK	     BIT(4)
#define SMMU_IRQ_CTRL	     0x50
#define IRQ_CTRL_GERROR	     BIT(0)
#define IRQ_CTRL_EVENTQ	     BIT(2)
#define SMMU_GERROR	     0x60
#define SMMU_GERRORN	     0x64
#define GERROR_CMDQ_ERR	     BIT(0)
#define SMMU_GERROR_IRQ_CFG0 0x68
#define SMMU_EVENTQ_IRQ_CFG0 0xb0
/* Page 1 */
#define SMMU_EVENTQ_PROD       0xa8
#define SMMU_EVENTQ_CONS       0xac
#define QUEUE_OVERFLOW	       BIT(31)

#define STE_WORDS	       8u
#define STE_2_S2R	       BIT(58) /* of the third word: faults are recorded */

#define CMD_CFGI_STE(sid)      ((struct smmu_command){{(u64)(sid) << 32 | 0x03, 1}})
#define CMD_CFGI_ALL	       ((struct smmu_command){{0x04, 31}})
#define CMD_TLBI_S12_VMALL(id) ((struct smmu_command){{(u64)(id) << 32 | 0x28, 0}})
#define CMD_TLBI_NSNH_ALL      ((struct smmu_command){{0x30, 0}})
#define CMD_SYNC	       ((struct smmu_command){{0x46, 0}})

struct smmu_command {
	u64 words[2];
};

struct smmu_queue { /* of commands; what was given is done when smmu_sync comes back */
	va_t page0, entries;
	u32 log2;
};

/* Disables translation and makes every transaction abort; false: the SMMU did not acknowledge. */
bool smmu_abort_all(va_t smmu);
/* Boot, everything aborts, its queues zeroed: by the blueprint's stream table from now on. `queue` is the
 * command queue's address. False: it doesn't do so, and everything aborts. */
bool smmu_start(const struct bp_smmu *smmu, va_t queue);

/* SMMU_CR0 = value, and waits for the acknowledgement. */
bool smmu_control(va_t smmu, u32 value);

bool smmu_command(const struct smmu_queue *queue, struct smmu_command command);
/* False: a command was bad, or the SMMU doesn't come to an end; waits a bounded time. */
bool smmu_sync(const struct smmu_queue *queue);

#endif
