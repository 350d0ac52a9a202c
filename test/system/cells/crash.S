/* SPDX-License-Identifier: Apache-2.0 */
/* crash.S - a cell whose first instruction is a fault: a load from where it has nothing. */
	.global	_start
_start:	mov	x0, #0x1000
	ldr	x0, [x0]
	b	_start
