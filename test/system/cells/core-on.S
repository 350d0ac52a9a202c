/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core-on.S - a loader that leaves a core on: at EL2 on core 0, before the hypervisor.
 * TARGET: the other core's MPIDR; KERNEL: where the hypervisor was loaded.
 */
	.global	_start
_start:	ldr	x0, =0xc4000003		// PSCI CPU_ON
	ldr	x1, =TARGET
	adr	x2, sleep
	mov	x3, #0
	smc	#0
	adr	x1, there
1:	ldr	w0, [x1]	// QEMU calls a core off, and starts it a second time, until it runs
	cbz	w0, 1b
	ldr	x0, =KERNEL
	br	x0
sleep:	adr	x1, there
	str	w1, [x1]
2:	wfi
	b	2b
	.balign	4
there:	.word	0
