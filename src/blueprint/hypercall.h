/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercall.h - what a cell may ask of the hypervisor (SMCCC 1.1, owner 6: vendor specific hypervisor).
 *
 * By HVC #0: function ID in w0, arguments in x1..x4; results in x0..x3, other registers preserved.
 * x0 is HYPERCALL_OK (0) or a negative HYPERCALL_* unless stated. All are bounded, none blocks.
 * The usable-from assembly part is plain numbers.
 */
#ifndef BULKHEAD_HYPERCALL_H
#define BULKHEAD_HYPERCALL_H

#define HYPERCALL_UID	    0x8600ff01 /* SMCCC 5.2.: w0..w3 = UUID 6d0fd9ab-77a4-4e0e-9e3b-b1a2c8a7f0e5 */
#define HYPERCALL_REVISION  0x8600ff03 /* w0 major, w1 minor */
#define HYPERCALL_VERSION   0xc6000000 /* -> x0 = HYPERCALL_ABI */
#define HYPERCALL_CELL_INFO 0xc6000001 /* x1 = CELL_INFO_* -> x0 status, x1 value */
#define HYPERCALL_READY                                                                                      \
	0xc6000002 /* this core's steady state begins; on the cell's first core: the cell is up */
#define HYPERCALL_EVENT 0xc6000003 /* x1 = code, x2..x4 -> an EVENT_APPLICATION in this core's ring */
#define HYPERCALL_DOORBELL                                                                                   \
	0xc6000004 /* x1 = index of the channel among the cell's own; BUSY past DOORBELLS_MAX */
#define HYPERCALL_APPLICATION_ERROR 0xc6000005 /* x1 = code; the fault table's application-error */
#define HYPERCALL_CELL_CONTROL	    0xc6000010 /* health: x1 = cell index, x2 = CELL_*, x3 = enum bp_error */
#define HYPERCALL_CONSOLE_INPUT	    0xc6000011 /* health: x1 = cell index, x2 = byte */
#define HYPERCALL_MACHINE_RESET                                                                              \
	0xc6000013 /* health: x1 = cell that erred, or MACHINE_RESET_NOBODY, x2 = a word for the next boot,  \
		      x3 = enum bp_error; comes back only where firmware can't */
#define HYPERCALL_PROVE                                                                                      \
	0xc6000014 /* health, its first core, once a boot: x1 = enum proof, x2 = an address that it can't    \
		      reach, x3 = that of the instruction that reads it (PROOF_SMMU: a function of its own   \
		      does, within a second, somewhere in that page): it is refused, told as EVENT_PROOF,    \
		      and costs nothing. x2 = 0: no longer; what hasn't come has failed */
#define HYPERCALL_BOOT_CONFIRM 0xc6000012 /* health: NOT_SUPPORTED until boot slots exist */

/* Doorbells that a core may ring in a millisecond. */
#define DOORBELLS_MAX		32

#define HYPERCALL_ABI		0x10004 /* 1.4: major << 16 | minor, which grows with what is added */

#define HYPERCALL_OK		0
#define HYPERCALL_NOT_SUPPORTED (-1)
#define HYPERCALL_INVALID	(-2)
#define HYPERCALL_DENIED	(-3) /* not this cell's to ask */
#define HYPERCALL_BUSY		(-4) /* too many in this millisecond: later */

#define CELL_INFO_INDEX		0
#define CELL_INFO_CORES		1
#define CELL_INFO_GENERATION	2
#define CELL_INFO_MODE		3 /* 0 injected, 1 direct */
#define CELL_INFO_HEARTBEAT_NS	4
#define CELL_INFO_WATCHDOG_NS	5 /* EL2's watch over this cell's heartbeat; 0: there is none */

#define MACHINE_RESET_NOBODY	0xffffffff

#define CELL_STOP		0
#define CELL_RESTART		1

#endif
