/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - what control publishes in its heartbeat beyond the HEARTBEAT_* that all cells share.
 */
#ifndef CELLS_CONTROL_H
#define CELLS_CONTROL_H

#define CONTROL_PORT_FAULTS 5u /* samples refused: torn, corrupt, or of a foreign generation */
#define CONTROL_COMMANDS    6u /* commands obeyed */
#define CONTROL_SETPOINT_WRITER                                                                              \
	7u /* generation of the cell whose setpoint is in force; 0: the safe value                           \
	    */

#define CONTROL_SAFE_VALUE	0
#define CONTROL_PERIOD_NS	UINT64_C(1000000)
#define CONTROL_SETPOINT_AGE_NS UINT64_C(2000000000) /* older setpoints give way to the safe value */

#endif
