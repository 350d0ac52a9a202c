/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cell_limits.h - sizes of the cells' run-time library. Plain numbers: assembly reads them too.
 */
#ifndef CELLS_CELL_LIMITS_H
#define CELLS_CELL_LIMITS_H

#define CELL_CORES_MAX	  8
#define CELL_REGIONS_MAX  8
#define CELL_CHANNELS_MAX 16
#define CELL_WINDOWS_MAX  4
#define BOOT_STACK_BYTES  65536
#define CORE_STACK_BYTES  16384
#define FRAME_BYTES	  816 /* struct frame of exception.h */

#endif
