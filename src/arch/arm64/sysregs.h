/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysregs.h - system registers whose accesses trap.
 */
#ifndef BULKHEAD_SYSREGS_H
#define BULKHEAD_SYSREGS_H

#include "../../core/arch.h"
#include "../../core/outcome.h"

/* ISS of EC 0x18 (Arm ARM D17.2.37): op0, op2, op1, CRn, Rt, CRm, direction. */
#define ISS_REGISTER UINT32_C(0x3ffc1e)
#define ISS_READ     BIT(0)
#define ISS_RT(esr)  ((u32)field(esr, 5, 5))
#define ISS_SGI1R    UINT32_C(0x3a3016)
#define ISS_DIR	     UINT32_C(0x323016)

/* A write of ICC_SGI1R_EL1, which has a path of its own. */
static inline bool sysreg_is_sgi(u64 esr)
{
	return (esr & (ISS_REGISTER | ISS_READ)) == ISS_SGI1R;
}

enum outcome sysreg_trap(struct exit *exit, u64 esr);

#endif
