/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start.S - from the hypervisor's entry (EL1h, MMU off, x0 = guest tree) to C, on the first core and on
 * the others. The first core relocates the image: until that is done nothing global is touched.
 */
#include "include/cell_limits.h"

#define R_AARCH64_RELATIVE 1027
#define CPACR_FPEN (3 << 20) /* no trap of FP and SIMD (Arm ARM D17.2.31) */

.macro address reg, symbol
	adrp	\reg, \symbol
	add	\reg, \reg, :lo12:\symbol
.endm

	.section .text.start, "ax"

/* Entered once, on the first core. x0: the tree's address. */
	.globl	_start
_start:
	mov	x19, x0
	address	x20, __image_start
	address	x0, __rela_start
	address	x1, __rela_end
1:	cmp	x0, x1
	b.hs	2f
	ldp	x2, x3, [x0], #16	/* r_offset, r_info */
	ldr	x4, [x0], #8		/* r_addend */
	cmp	x3, #R_AARCH64_RELATIVE
	b.ne	stop			/* no other kind is in a static PIE */
	add	x4, x4, x20
	str	x4, [x20, x2]
	b	1b

2:	address	x0, __bss_start
	address	x1, __bss_end
3:	cmp	x0, x1
	b.hs	4f
	stp	xzr, xzr, [x0], #16
	b	3b

4:	address	x0, boot_stack + BOOT_STACK_BYTES
	mov	sp, x0
	mov	x0, xzr
	bl	core_registers
	/* What was written with the MMU off must not be hidden by lines fetched meanwhile. */
	address	x0, __image_start
	address	x1, __image_end
	bl	cache_invalidate
	mov	x0, x19
	bl	cell_start
stop:	wfi
	b	stop

/* Entered on every other core by PSCI CPU_ON. x0: the core's index in the cell, from 1. */
	.globl	core_entry
core_entry:
	mov	x19, x0
	address	x1, core_stacks
	mov	x2, #CORE_STACK_BYTES
	madd	x1, x0, x2, x1		/* the stack of core n ends where that of n + 1 starts */
	mov	sp, x1
	bl	core_registers
	bl	mmu_enable
	mov	x0, x19
	bl	core_start
	b	stop

/* Sets what each core has of its own. x0: index in the cell. Spoils x1. */
core_registers:
	msr	tpidr_el1, x0
	mov	x1, #CPACR_FPEN
	msr	cpacr_el1, x1
	address	x1, vectors
	msr	vbar_el1, x1
	/* Variant 1 of the TLS layout: two words, then the variables. */
	address	x1, __tls_start
	msr	tpidr_el0, x1
	isb
	ret

/*
 * void cache_invalidate(uintptr_t start, uintptr_t end): to the point of coherency. In a cell the
 * architecture makes it clean and invalidate (HCR_EL2.VM is 1). Spoils x0, x2, x3.
 */
	.globl	cache_invalidate
cache_invalidate:
	mrs	x3, ctr_el0
	ubfx	x3, x3, #16, #4		/* DminLine: log2 of words */
	mov	x2, #4
	lsl	x2, x2, x3
	sub	x3, x2, #1
	bic	x0, x0, x3
1:	dc	ivac, x0
	add	x0, x0, x2
	cmp	x0, x1
	b.lo	1b
	dsb	sy
	ret

/* void mmu_enable(void): loads struct mmu_registers as mmu.c left it. Spoils x1..x5. */
	.globl	mmu_enable
mmu_enable:
	address	x1, mmu_registers
	ldp	x2, x3, [x1]
	ldp	x4, x5, [x1, #16]
	msr	mair_el1, x2
	msr	tcr_el1, x3
	msr	ttbr0_el1, x4
	tlbi	vmalle1
	ic	iallu
	dsb	nsh
	isb
	msr	sctlr_el1, x5
	isb
	ret

	.bss
	.balign	16
boot_stack:
	.skip	BOOT_STACK_BYTES
core_stacks:
	.skip	CORE_STACK_BYTES * CELL_CORES_MAX
