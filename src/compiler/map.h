/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.h - who owns what, for people.
 */
#ifndef BULKHEAD_MAP_H
#define BULKHEAD_MAP_H

#include <stdio.h>

#include "layout.h"

/* map.c: all of it, of a layout that has settled. */
void map_print(const struct layout *layout, FILE *out);
/* map_json.c: for programs. */
void map_print_json(const struct layout *layout, FILE *out);
/* map.c: the words of the language. */
const char *map_error_name(size_t error);
const char *map_action_name(uint8_t action);
/* map.c: "0-3 8". */
char *map_colors(const struct palette *palette);
/* map.c: "clock 5 fixed at 24000000 Hz". */
char *map_clock(const struct clock_rate *rate);
/* map_pci.c: a cell's PCI functions, in either form; "00:01.0". */
void map_print_functions(const struct plan *plan, size_t cell, FILE *out);
void map_json_functions(const struct plan *plan, size_t cell, FILE *out);
char *map_slot(uint32_t rid);
/* series.c: of metrics, how many series the health cell tells; 0: there is no health cell. */
uint64_t map_series(const struct plan *plan);
/* map_svg.c: drawn. */
void map_print_svg(const struct layout *layout, FILE *out);
/* map.c: what stands at `index` of what "rest" left out; alike nodes are one. Returns the next one's index.
 */
size_t map_left_out(const struct plan *plan, size_t index, char **path);
/* map_hypervisor.c: its share: memory by part, and the windows of every core. */
void map_print_hypervisor(const struct layout *layout, FILE *out);

#endif
