/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commanded.S - a guest that executes what a test writes into its memory (test/system/commanded.py), one entry after
 * the other, each with registers and a state of its own, and keeps how each ended: by the SVC that ends it, or by an
 * exception before.
 *
 * A core has a list. Its first entry's first word is the number of entries that follow; 0: they are through. An entry:
 * 14 words of code, SPSR, x0 to x7 before and after, ESR, ELR, SPSR, FAR, offset of the vector, and the state that the
 * handler found itself in, as the SPSR of an SVC of its own has it.
 */
	.set	CORES, 3
	.set	ENTRY_LOG2, 8
	.set	ENTRIES, 128

	.macro	vector offset
	.balign	0x80
	mov	x29, #\offset
	b	ended
	.endm

	.text
	.global	_start, secondary, lists
_start:	mov	x0, #0			// x0 pointed to a device tree
secondary:				// x0: core in the cell, 0 to CORES - 1
	ldr	x1, =vectors
	msr	vbar_el1, x1
	ldr	x27, =lists
	mov	x25, #0
	mov	x1, #(ENTRIES << ENTRY_LOG2)
	madd	x27, x0, x1, x27
wait:	ldr	w1, [x27]
	cbnz	w1, begin
	yield
	b	wait
begin:	ic	iallu
	dsb	sy
	isb
	add	x28, x27, #(1 << ENTRY_LOG2)
	add	x26, x28, x1, lsl #ENTRY_LOG2
next:	cmp	x28, x26
	b.hs	through
	ldr	x1, [x28, #56]
	msr	spsr_el1, x1
	msr	elr_el1, x28
	ldp	x0, x1, [x28, #64]
	ldp	x2, x3, [x28, #80]
	ldp	x4, x5, [x28, #96]
	ldp	x6, x7, [x28, #112]
	eret
ended:	cbnz	x25, handled		// no flag has changed till then
	stp	x0, x1, [x28, #128]
	stp	x2, x3, [x28, #144]
	stp	x4, x5, [x28, #160]
	stp	x6, x7, [x28, #176]
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	stp	x0, x1, [x28, #192]
	mrs	x0, spsr_el1
	mrs	x1, far_el1
	stp	x0, x1, [x28, #208]
	str	x29, [x28, #224]
	mov	x25, #1
	svc	#1
handled:
	mov	x25, #0
	mrs	x0, spsr_el1
	str	x0, [x28, #232]
	add	x28, x28, #(1 << ENTRY_LOG2)
	b	next
through:
	dsb	sy
	str	wzr, [x27]
	b	wait

	.balign	0x800
vectors:
	.irp	offset, 0x000, 0x080, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x400, 0x480, 0x500, 0x580, 0x600, 0x680, 0x700, 0x780
	vector	\offset
	.endr

	.bss
	.balign	4096
lists:	.skip	CORES * (ENTRIES << ENTRY_LOG2)
