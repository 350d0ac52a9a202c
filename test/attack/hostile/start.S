/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start.S - the hostile cell's entry, its vectors, and try_run(): one instruction sequence with registers of
 * the caller's choice, at EL1 or EL0, from which it comes back whatever happens.
 */
#define TRY_FRAME 112 /* x19..x30, the registers' address */
#define TRY_REGS  96
#define IRQ_FRAME 192

	.arch	armv8-a
	.text
	.globl	_start
_start:
	adrp	x1, stack_end
	add	x1, x1, :lo12:stack_end
	mov	sp, x1
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el1, x1
	mov	x1, #0x3330000		// SVE, FP and SIMD, SME: what traps, traps to EL2
	msr	cpacr_el1, x1
	isb
	bl	space_start
	b	hostile_main

/* void try_run(struct regs *regs, u64 code, u64 spsr): the code ends with an exception, sooner or later. */
	.globl	try_run
try_run:
	sub	sp, sp, #TRY_FRAME
	stp	x19, x20, [sp]
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	str	x0, [sp, #TRY_REGS]
	adrp	x3, try_frame
	mov	x4, sp
	str	x4, [x3, :lo12:try_frame]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldp	x18, x19, [x0, #144]
	ldp	x20, x21, [x0, #160]
	ldp	x22, x23, [x0, #176]
	ldp	x24, x25, [x0, #192]
	ldp	x26, x27, [x0, #208]
	ldp	x28, x29, [x0, #224]
	ldr	x30, [x0, #240]
	ldp	x0, x1, [x0]
	eret

/* Back to who called try_run(). Nothing of what was tried is relied upon, the stack pointer least. */
trap:
	msr	tpidr_el1, x0
	adrp	x0, try_frame
	ldr	x0, [x0, :lo12:try_frame]
	cbz	x0, lost
	mov	sp, x0
	ldr	x0, [sp, #TRY_REGS]
	stp	x2, x3, [x0, #16]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	stp	x18, x19, [x0, #144]
	stp	x20, x21, [x0, #160]
	stp	x22, x23, [x0, #176]
	stp	x24, x25, [x0, #192]
	stp	x26, x27, [x0, #208]
	stp	x28, x29, [x0, #224]
	str	x30, [x0, #240]
	mrs	x2, tpidr_el1
	stp	x2, x1, [x0]
	mrs	x1, esr_el1
	mrs	x2, elr_el1
	stp	x1, x2, [x0, #248]
	mrs	x1, far_el1
	str	x1, [x0, #264]
	adrp	x1, try_frame
	str	xzr, [x1, :lo12:try_frame]
	ldp	x19, x20, [sp]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	add	sp, sp, #TRY_FRAME
	ret

/* An exception where none was asked for: the host reads what it was. */
lost:
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	mrs	x2, far_el1
	b	hostile_lost

irq:
	sub	sp, sp, #IRQ_FRAME
	stp	x0, x1, [sp]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x29, [sp, #144]
	mrs	x0, elr_el1
	mrs	x1, spsr_el1
	stp	x30, x0, [sp, #160]
	str	x1, [sp, #176]
	bl	storm_interrupt
	ldp	x30, x0, [sp, #160]
	ldr	x1, [sp, #176]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x29, [sp, #144]
	ldp	x0, x1, [sp]
	add	sp, sp, #IRQ_FRAME
	eret

	.balign	2048
vectors:
	.rept	5
	.balign	128
	b	trap
	.endr
	.balign	128
	b	irq
	.rept	10
	.balign	128
	b	trap
	.endr

	.bss
	.balign	16
try_frame:
	.skip	16
	.skip	16384
stack_end:
