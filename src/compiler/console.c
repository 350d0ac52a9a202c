/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.c - a cell's console: a UART of its own, or an emulated PL011 into the health cell's log.
 *
 * Also hands out the SPIs that the board wires to nothing, for emulated UARTs and doorbells. Called
 * by plan_read after the devices are assigned.
 */
#include "front.h"

#include <libfdt.h>
#include <string.h>

uint32_t spi_take(struct front *front, struct place at, const char *what)
{
	const struct board *const board = &front->plan->board;

	if (front->spis_taken == board->free_spis.count) {
		diag_error(at, "no interrupt is left for %s: board '%s' has %u free ones", what, board->name,
			   board->free_spis.count);
		return 0;
	}
	return 32 + board->free_spis.first + front->spis_taken++;
}

/* By its generic name, or by a compatible that says so: drivers and vendors are too many to list. */
static bool is_uart(const void *tree, int node)
{
	static const char *const words[] = {"pl011", "uart", "16550"};
	const int count = fdt_stringlist_count(tree, node, "compatible");

	if (strncmp(fdt_get_name(tree, node, NULL), "serial@", strlen("serial@")) == 0)
		return true;
	for (int i = 0; i < count; i++)
		for (size_t word = 0; word < sizeof(words) / sizeof(words[0]); word++)
			if (strstr(fdt_stringlist_get(tree, node, "compatible", i, NULL), words[word]))
				return true;
	return false;
}

static bool owns_uart(const struct board *board, size_t cell)
{
	for (size_t i = 0; i < board->device_count; i++)
		if (board->devices[i].owner == (int)cell && is_uart(board->tree.data, board->devices[i].node))
			return true;
	return false;
}

static bool wants_log(const struct front *front, size_t index)
{
	static const char *const known[] = {"device", "log"};
	const int node = front->cell_nodes[index];
	const struct place at = front_place(front, node, "console");
	const bool has_uart = owns_uart(&front->plan->board, index);
	const char *console;

	if (!value_text(front, node, "console", &console))
		return !has_uart;
	if (strcmp(console, "log") == 0)
		return true;
	if (strcmp(console, "device") != 0)
		diag_error(at, "unknown console '%s'%s", console, diag_did_you_mean(console, known, 2));
	else if (!has_uart)
		diag_error(at, "console = \"device\", and cell '%s' has no UART among its devices",
			   front->plan->cells[index].name);
	return false;
}

void consoles_assign(struct front *front)
{
	for (size_t i = 0; i < front->plan->cell_count; i++) {
		struct plan_cell *const cell = &front->plan->cells[i];

		if (!wants_log(front, i))
			continue;
		cell->flags |= BP_CELL_LOG_CONSOLE;
		cell->uart_intid =
			spi_take(front, front_place(front, front->cell_nodes[i], NULL), "an emulated UART");
	}
}
