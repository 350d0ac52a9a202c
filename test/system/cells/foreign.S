/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreign.S - a guest by hand: what the documents promise at entry is all it relies on.
 *
 * It checks its entry state, searches its device tree (x0) for a PL011's `reg` the rude way (the word
 * 0x09...... before a size of 0x1000), prints there, asks for the hypervisor's version, says that it is ready,
 * and sleeps. A failed check shows as its number instead of "entry state good".
 */
	.macro	say text
	adr	x21, 9f
8:	ldrb	w22, [x21], #1
	cbz	w22, 7f
	str	w22, [x20]
	b	8b
9:	.asciz	"\text"
	.balign	4
7:
	.endm

	.global	_start
_start:
	mov	w19, #1			// EL1
	mrs	x1, CurrentEL
	cmp	x1, #(1 << 2)
	b.ne	checked
	mov	w19, #2			// exceptions masked
	mrs	x1, daif
	cmp	x1, #0x3c0
	b.ne	checked
	mov	w19, #3			// MMU and caches off
	mrs	x1, sctlr_el1
	mov	x2, #0x1005
	tst	x1, x2
	b.ne	checked
	mov	w19, #4			// x1, x2, x3 are 0; x1 and x2 were used, so look at the rest
	cbnz	x3, checked
	mov	w19, #5			// x0 points to a device tree
	ldr	w1, [x0]
	rev	w1, w1
	mov	w2, #0xfeed
	movk	w2, #0xd00d, lsl #16
	cmp	w1, w2
	b.ne	checked
	mov	w19, #0
checked:
	ldr	w1, [x0, #4]		// totalsize
	rev	w1, w1
	add	x1, x0, x1
	mov	x3, x0
	// reg = <0 address 0 0x1000> with an address in the first 4 GiB, below RAM
find:	ldp	w4, w5, [x3]
	ldp	w6, w7, [x3, #8]
	add	x3, x3, #4
	cmp	x3, x1
	b.hs	sleep
	rev	w5, w5
	rev	w7, w7
	cbnz	w4, find
	cbnz	w6, find
	cmp	w7, #0x1000
	b.ne	find
	lsr	w8, w5, #24
	cmp	w8, #9
	b.ne	find
	// The heartbeat has 64-bit registers too: a PL011 says who it is at 0xfe0.
	mov	w20, w5
	ldr	w8, [x20, #0xfe0]
	cmp	w8, #0x11
	b.ne	find
	cbnz	w19, bad
	say	"foreign: entry state good\n"
	b	calls
bad:	say	"foreign: entry state BAD "
	add	w19, w19, #'0'
	str	w19, [x20]
	say	"\n"
calls:	mov	x0, #0xc6000000		// HYPERCALL_VERSION
	hvc	#0
	lsr	x0, x0, #16		// the major number: a minor one only adds
	cmp	x0, #1
	b.ne	1f
	say	"foreign: the hypervisor answers\n"
1:	mov	x0, #0xc6000000		// HYPERCALL_READY
	add	x0, x0, #2
	hvc	#0
	say	"foreign: ready\n"
sleep:	wfi
	b	sleep
