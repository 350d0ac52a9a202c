/* SPDX-License-Identifier: Apache-2.0 */
/* hang.S - a cell that never comes up. */
	.global	_start
_start:	b	_start
