/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysreg.h - the system registers that cells use, and barriers. The GIC's by encoding, so that every
 * assembler knows them (Arm IHI 0069).
 */
#ifndef CELLS_SYSREG_H
#define CELLS_SYSREG_H

#include <stdint.h>

#define ICC_IAR1_EL1	"S3_0_C12_C12_0"
#define ICC_EOIR1_EL1	"S3_0_C12_C12_1"
#define ICC_PMR_EL1	"S3_0_C4_C6_0"
#define ICC_BPR1_EL1	"S3_0_C12_C12_3"
#define ICC_CTLR_EL1	"S3_0_C12_C12_4"
#define ICC_SRE_EL1	"S3_0_C12_C12_5"
#define ICC_IGRPEN1_EL1 "S3_0_C12_C12_7"
#define ICC_SGI1R_EL1	"S3_0_C12_C11_5"
#define ICC_AP1R0_EL1	"S3_0_C12_C9_0"

#define sysreg_read(name)                                                                                    \
	({                                                                                                   \
		uint64_t value_;                                                                             \
		__asm__ volatile("mrs %0, " name : "=r"(value_)::"memory");                                  \
		value_;                                                                                      \
	})
#define sysreg_write(name, value) __asm__ volatile("msr " name ", %0" ::"r"((uint64_t)(value)) : "memory")

#define barrier_isb()		  __asm__ volatile("isb" ::: "memory")
#define barrier_dsb()		  __asm__ volatile("dsb sy" ::: "memory")
#define barrier_dsb_ish()	  __asm__ volatile("dsb ish" ::: "memory")
#define wait_interrupt()	  __asm__ volatile("dsb sy\n\twfi" ::: "memory")
#define irq_enable()		  __asm__ volatile("msr daifclr, #2" ::: "memory")
#define irq_disable()		  __asm__ volatile("msr daifset, #2" ::: "memory")

#endif
