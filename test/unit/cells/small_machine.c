// SPDX-License-Identifier: Apache-2.0
/*
 * small_machine.c - see small_machine.h.
 */
#include "small_machine.h"

#include <stdlib.h>
#include <string.h>

static struct small_directory {
	struct directory head;
	struct directory_core cores[4];
	struct directory_cell cells[2];
	struct directory_stream streams[3];
} directory;
static struct small_machine small;
static char drawing[SMALL_DRAWING];

static struct journal_record records[3];
static struct journal journal;
static const struct journal_origin origin = {.boot = 2, .life = 1, .start = 7};

static void log_text(struct journal_text *text, const uint8_t *nonce, uint64_t from)
{
	journal_text_start(text, &small.machine, &journal, &origin, NULL, nonce, from);
}

/* Two events, in room for three. */
static void log_start(void)
{
	uint8_t head[JOURNAL_DIGEST_BYTES];

	journal_first_head(&small.machine, &origin, head);
	journal_open(&journal, records, sizeof(records), head);
	for (uint64_t n = 1; n <= 2; n++)
		journal_add(&journal, &(struct event){.sequence = n, .code = EVENT_CELL_START});
}

struct small_machine *small_machine(void)
{
	memset(&directory, 0, sizeof(directory));
	memset(&small, 0, sizeof(small));
	directory.head = (struct directory){
		.magic = DIRECTORY_MAGIC,
		.abi = TELEMETRY_ABI,
		.size = sizeof(directory),
		.cores = {sizeof(struct directory), 4},
		.cells = {sizeof(struct directory) + sizeof(directory.cores), 2},
		.streams = {offsetof(struct small_directory, streams), 3},
		.config_digest = {0xab, 0xcd},
		.version = "1.2-34-g56",
		.build_time = 1700000000,
		.json = {(uintptr_t)SMALL_MAP, sizeof(SMALL_MAP) - 1},
		.svg = {(uintptr_t)drawing, sizeof(drawing)},
	};
	for (unsigned i = 0; i < sizeof(drawing); i++)
		drawing[i] = i % 64 ? 's' : '\n';
	for (unsigned i = 0; i < 4; i++) {
		directory.cores[i].mpidr = i;
		directory.cores[i].cell = i == 0 ? SMALL_HEALTH : i == 3 ? CELL_UNASSIGNED : SMALL_GATEWAY;
		directory.cores[i].telemetry_ipa = (uintptr_t)&small.telemetry[i];
		small.telemetry[i].cell_state = i ? CELL_RUNNING : CELL_READY;
		small.telemetry[i].generation = 1;
	}
	for (unsigned i = 0; i < 2; i++) {
		directory.cells[i].heartbeat_ipa = (uintptr_t)&small.heartbeats[i];
		directory.cells[i].first_core = i;
		directory.cells[i].core_count = 1 + i;
	}
	directory.streams[0] = (struct directory_stream){SMALL_GATEWAY, 0, 0x8, 0};
	directory.streams[1] = (struct directory_stream){SMALL_HEALTH, 0, 0x108, 0};
	directory.streams[2] = (struct directory_stream){SMALL_GATEWAY, 1, 0x8, 0};
	strcpy(directory.cells[SMALL_HEALTH].name, "health");
	strcpy(directory.cells[SMALL_GATEWAY].name, "gateway");
	directory.cells[SMALL_HEALTH].flags = BP_CELL_HEALTH;
	directory.cells[SMALL_GATEWAY].flags = BP_CELL_ESSENTIAL;
	directory.cells[SMALL_GATEWAY].heartbeat_ns = 10000000;
	directory.cells[SMALL_GATEWAY].log_ipa = (uintptr_t)&small.log;
	if (machine_open(&small.machine, &directory, sizeof(directory), 1000000000))
		abort();
	small.source = (struct body_source){
		.machine = &small.machine,
		.counters = &small.counters,
		.page = "<!DOCTYPE html>",
		.page_size = 15,
		.log_text = log_text,
	};
	log_start();
	return &small;
}
