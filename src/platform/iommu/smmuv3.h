/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smmuv3.h - the Arm SMMUv3, as far as the hypervisor drives it: everything aborts.
 */
#ifndef BULKHEAD_SMMUV3_H
#define BULKHEAD_SMMUV3_H

#include "../../core/types.h"

/* Disables translation and makes every transaction abort; false: the SMMU did not acknowledge. */
bool smmu_abort_all(va_t smmu);

/* SMMU_IDR0, to compare with the board's. */
u32 smmu_idr0(va_t smmu);

#endif
