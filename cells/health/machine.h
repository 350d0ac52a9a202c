/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - the machine as the health cell sees it: the directory and what it points to. Portable: the
 * host's tests build a directory in memory.
 */
#ifndef HEALTH_MACHINE_H
#define HEALTH_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "../../src/blueprint/crash.h"
#include "../../src/blueprint/telemetry.h"

/* As many as a blueprint can have.  [impl->swr~health-scale~1] */
#define MACHINE_CORES_MAX BP_CORES_MAX
#define MACHINE_CELLS_MAX BP_CELLS_MAX
#define CELL_UNASSIGNED	  0xffffffffu
#define MACHINE_DIGEST	  32u /* bytes of a SHA-256 */

struct machine {
	const struct directory *directory;
	const struct directory_core *cores;
	const struct directory_cell *cells;
	const struct directory_stream *streams;
	uint32_t core_count, cell_count, stream_count;
	uint64_t hz;
	bool lost[MACHINE_CELLS_MAX]; /* found not to obey: shown as lost whatever its telemetry says */
};

struct cell_view { /* one look at a cell */
	uint64_t state, generation, restarts, cause;
	uint64_t start_time, ready_time;
	uint64_t order_seen;
	uint64_t beat, ticks, missed, worst_ns, setpoint;
};

/* NULL, or what is wrong with the directory. `size`: of its window. */
const char *machine_open(struct machine *machine, const void *directory, uint64_t size, uint64_t hz);
void machine_view(const struct machine *machine, uint32_t cell, struct cell_view *view);
/* Of all its cores: since `ready` where the cell has said so, else all of them. Looks at every core. */
uint64_t machine_exits(const struct machine *machine, uint32_t cell);
/* Page of the service core: the health cell's first. It tells of the IOMMUs, too. */
const volatile struct telemetry_core *machine_service(const struct machine *machine);
/* Since the machine's boot, of a time of its counter, which may have begun earlier. */
uint64_t machine_since_boot(const struct machine *machine, uint64_t time);

/* What EL2 has hashed in this boot, MACHINE_DIGEST bytes; false: not yet. */
bool machine_blueprint_digest(const struct machine *machine, uint8_t *digest);
bool machine_images_digest(const struct machine *machine, uint32_t cell, uint8_t *digest);

const volatile struct telemetry_core *machine_telemetry(const struct machine *machine, uint32_t core);
const volatile struct event_ring *machine_ring(const struct machine *machine, uint32_t core);
const volatile struct heartbeat *machine_heartbeat(const struct machine *machine, uint32_t cell);
const volatile struct log_ring *machine_log(const struct machine *machine, uint32_t cell);
/* The cell of that name (not NUL-terminated); cell_count: none. */
uint32_t machine_find(const struct machine *machine, const char *name, uint64_t length);

#endif
