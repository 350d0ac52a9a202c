/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smmuv3.c - the SMMU in its abort-all state (Arm IHI 0070, 6.3.9 SMMU_CR0, 6.3.15 SMMU_GBPA).
 */
#include "smmuv3.h"
#include "../../arch/arm64/mmio_io.h"

#define SMMU_IDR0   0x00
#define SMMU_CR0    0x20
#define SMMU_CR0ACK 0x24
#define SMMU_GBPA   0x44
#define GBPA_ABORT  BIT(20)
#define GBPA_UPDATE BIT(31)
#define POLLS_MAX   1000000u

static bool poll_clear(va_t at, u32 mask)
{
	for (u32 i = 0; i < POLLS_MAX; i++)
		if (!(mmio_read32(at) & mask))
			return true;
	return false;
}

u32 smmu_idr0(va_t smmu)
{
	return mmio_read32(smmu + SMMU_IDR0);
}

/* Abort is set first: there is no moment at which traffic bypasses. [impl->swr~smmu-abort-all~1] */
bool smmu_abort_all(va_t smmu)
{
	if (!poll_clear(smmu + SMMU_GBPA, GBPA_UPDATE))
		return false;
	mmio_write32(smmu + SMMU_GBPA, (u32)(GBPA_UPDATE | GBPA_ABORT));
	if (!poll_clear(smmu + SMMU_GBPA, GBPA_UPDATE))
		return false;
	mmio_write32(smmu + SMMU_CR0, 0);
	return poll_clear(smmu + SMMU_CR0ACK, ~UINT32_C(0));
}
