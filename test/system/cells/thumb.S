/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thumb.S - a guest by hand whose user program is AArch32's, in Thumb: it loads GICD_TYPER in IT blocks, an exit each,
 * and what follows in a block must be executed or passed over by its own turn. Says that it is ready if so; if not it
 * loads from 0x60000000 and the number of the register that is wrong, or from 0x600000xx for another exception than
 * the program's SVC, of class 0x80 + xx.
 *
 * VA: 1 GiB blocks: devices, RAM; at 0x80000000 devices for EL0, at 0xc0000000 RAM for EL0, read-only.
 */
#define GICD		0x08000000
#define USER_DEVICES	0x80000000
#define USER_RAM	(0xc0000000 - 0x40000000)
#define BLOCK(attribute, bits)	((bits) | 1 << 10 | (attribute) << 2 | 1)	// AF (Arm ARM D8.3)
#define EL0		(1 << 6)
#define READ_ONLY	(1 << 7)

	.macro	expect register, value
	mov	w21, #\register
	ldr	w22, =\value
	cmp	w\register, w22
	b.ne	wrong
	.endm

	.global	_start
_start:
	adr	x0, vectors
	msr	vbar_el1, x0
	ldr	x0, =0x4404			// 0: Device-nGnRE, 1: Normal Non-cacheable
	msr	mair_el1, x0
	ldr	x0, =(1 << 23 | 32)		// EPD1; 32 bits, 4 KiB granule
	msr	tcr_el1, x0
	adr	x0, table
	msr	ttbr0_el1, x0
	isb
	ldr	x0, =0x30d00801			// RES1, M; IT blocks are enabled
	msr	sctlr_el1, x0
	isb
	ldr	x4, =(USER_DEVICES + GICD)
	mov	x0, #0
	mov	x1, #0
	mov	x2, #0
	mov	x3, #0
	mov	x5, #0
	mov	x6, #0
	mov	x7, #0
	adr	x8, user
	ldr	x9, =USER_RAM
	add	x8, x8, x9
	msr	elr_el1, x8
	mov	x9, #0x1f0			// User mode, Thumb, masked
	msr	spsr_el1, x9
	eret

back:	mrs	x20, esr_el1
	lsr	x20, x20, #26
	add	x21, x20, #0x80
	cmp	x20, #0x11			// SVC of AArch32
	b.ne	wrong
	ldr	w23, =GICD
	ldr	w23, [x23, #4]
	mov	w21, #1
	cmp	w1, w23
	b.ne	wrong
	mov	w21, #3
	cmp	w3, w23
	b.ne	wrong
	expect	2, 0
	expect	5, 0
	expect	6, 0
	expect	7, 1
	expect	0, 1
	ldr	x0, =0xc6000002			// HYPERCALL_READY
	hvc	#0
sleep:	wfi
	b	sleep
wrong:	ldr	w20, =0x60000000
	add	x20, x20, x21
	ldr	w20, [x20]
	b	sleep

	.ltorg
	.balign	4
user:	.short	0x4280				// cmp	r0, r0
	.short	0xbf0b				// itete eq
	.short	0x6861				// ldreq r1, [r4, #4]
	.short	0x2201				// movne r2, #1
	.short	0xf8d4, 0x3004			// ldreq.w r3, [r4, #4]
	.short	0x2501				// movne r5, #1
	.short	0xbf03				// ittte eq
	.short	0x6861				// ldreq r1, [r4, #4]
	.short	0x6861				// ldreq r1, [r4, #4]
	.short	0x6861				// ldreq r1, [r4, #4]
	.short	0x2601				// movne r6, #1
	.short	0xbf08				// it eq
	.short	0x6861				// ldreq r1, [r4, #4]
	.short	0x3701				// adds	r7, #1: behind the block it sets Z
	.short	0xbf14				// ite	ne
	.short	0x2001				// movne r0, #1
	.short	0x2002				// moveq r0, #2
	.short	0xdf00				// svc	#0

	.balign	0x800
vectors:
	.rept	16
	b	back
	.balign	0x80
	.endr

	.balign	0x1000
table:	.quad	BLOCK(0, 0)
	.quad	BLOCK(1, 0x40000000)
	.quad	BLOCK(0, EL0)
	.quad	BLOCK(1, 0x40000000 | EL0 | READ_ONLY)
