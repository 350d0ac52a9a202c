/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.h - what a hypervisor's core finds around it, on the host: its cell's record and its windows at the
 * EL2 addresses they have on the target, filled by hand.
 */
#ifndef BULKHEAD_TEST_HOST_H
#define BULKHEAD_TEST_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "../../../src/blueprint/blueprint.h"
#include "../../../src/blueprint/hypercall.h"
#include "../../../src/blueprint/telemetry.h"
#include "../../../src/core/cell.h"
#include "../../../src/core/core.h"

#define HOST_CORES_MAX 20u
#define HOST_RAM_SIZE  UINT64_C(0x100000) /* mapped from EL2_VA_CELL_RAM on */
#define HOST_TICKS_NS  UINT64_C(16)	  /* 62.5 MHz */
#define HOST_ROOT_VA   (EL2_VA_WINDOWS + 0x202000)

/* A cell as new, with this many cores, mpidr 0x80000000-free affinities 0, 1, 2...; this_core = 0. */
void host_cell_make(u32 cores, enum bp_mode mode, u32 flags);
struct bp_cell *host_cell(void); /* the record, writable */
struct bp_core *host_core(u32 core);
/* Appends rows to the record and points `table` at them; the rows' copy. */
void *host_table(struct bp_table *table, const void *rows, u32 count, size_t row_size);
/* The service core's record for `cells` cells, each with 2 cores and a root of its own. */
struct bp_service *host_service_make(u32 cells);
u64 *host_service_root(u32 cell);

struct order *host_order(u32 cell);
struct log_ring *host_log(void);
struct event_ring *host_ring(u32 core);
struct telemetry_core *host_telemetry(u32 core);
struct heartbeat *host_heartbeat(void);
/* The newest event of this core with this code; NULL: none. */
const struct event *host_event(enum event_code code);
u32 host_events(enum event_code code);

/* Memory at a fixed address, zeroed; also under AddressSanitizer, whose shadow gap EL2's addresses fall into.
 */
void host_map(va_t va, u64 size);

#endif
