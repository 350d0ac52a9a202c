/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch.h - the architecture as src/core sees it, for its tests: every call is noted by name, in order.
 */
#ifndef BULKHEAD_TEST_ARCH_H
#define BULKHEAD_TEST_ARCH_H

#include "host.h"

void calls_reset(void);
const char *calls(void); /* "name name(argument) ..." since calls_reset */
void call_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Is `first` noted, and `second` somewhere after it? */
bool called_before(const char *first, const char *second);
u32 call_count(const char *name);

extern u64 arch_now, arch_step;		 /* arch_time's answer, and how far it gets at each call */
extern bool arch_revoked;		 /* arch_stage2_revoked's */
extern bool (*arch_on_wait)(void);	 /* arch_wait */
extern void (*arch_on_quiesce)(void);	 /* arch_interrupts_quiesce, at its end */
extern void (*arch_on_restore)(void);	 /* arch_stage2_restore, at its end */
extern void (*arch_on_wake)(u32 core);	 /* arch_wake */
extern void (*arch_on_raise)(u32 intid); /* arch_spi_raise */
extern void (*arch_on_iommu)(void);	 /* iommu_work */
extern bool iommu_disobeys;		 /* iommu_streams_set fails */

#endif
