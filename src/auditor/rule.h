/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule.h - the rules, a function a subject. Each reads the model and reports violations; none changes it.
 */
#ifndef BULKHEAD_AUDITOR_RULE_H
#define BULKHEAD_AUDITOR_RULE_H

#include "model.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void rule_cores(struct audit *audit);
void rule_page_owners(struct audit *audit);
void rule_hypervisor_memory(struct audit *audit);
void rule_devices(struct audit *audit);
void rule_stage2(struct audit *audit);
void rule_core_roots(struct audit *audit);
void rule_boot_root(struct audit *audit);
void rule_write_xor_execute(struct audit *audit);
void rule_table_pages(struct audit *audit);
void rule_layout(struct audit *audit);
void rule_windows(struct audit *audit);
void rule_emulated(struct audit *audit);
void rule_vmids(struct audit *audit);
void rule_interrupts(struct audit *audit);
void rule_triggers(struct audit *audit);
void rule_revocation(struct audit *audit);
void rule_service(struct audit *audit);
void rule_cells(struct audit *audit);
void rule_faults(struct audit *audit);
void rule_memory(struct audit *audit);
void rule_channels(struct audit *audit);
void rule_images(struct audit *audit);
void rule_tree_basics(struct audit *audit);
void rule_tree_promises(struct audit *audit);
void rule_tree_described(struct audit *audit);
void rule_tree_bulkhead(struct audit *audit);
void rule_tree_references(struct audit *audit);
void rule_tree_board(struct audit *audit);
void rule_tree_boot(struct audit *audit);
void rule_directory(struct audit *audit);
void rule_constants(struct audit *audit);
void rule_machine(struct audit *audit);
void rule_machine_pci(struct audit *audit);
void rule_gic_frames(struct audit *audit);
void rule_firmware(struct audit *audit);
void rule_boot_state(struct audit *audit);
void rule_colors(struct audit *audit);
void rule_pci_space(struct audit *audit);
void rule_pci_config(struct audit *audit);
void rule_tree_pci(struct audit *audit);
void rule_presentation(struct audit *audit);
void rule_messages(struct audit *audit); /* rule_its.c */
void rule_streams(struct audit *audit);
void rule_stream_lists(struct audit *audit);
void rule_pci_groups(struct audit *audit); /* pci_assign.c */

/* rule_tree_reserved.c: reserved memory of devices, in a guest's tree and in a cell's RAM (va = pa, sorted).
 */
void guest_reserved_check(struct audit *audit, const struct cell *cell);
void lent_check(struct audit *audit, const struct cell *cell, const struct spans *held);

/* el2_expect.c: what a core's root must map, exactly. */
void core_root_expected(struct audit *audit, size_t core, struct spans *expected);
void boot_root_expected(struct audit *audit, struct spans *expected);
const char *window_name(int tag);

/* rule_constants.c: the health cell's windows on what nobody writes, each like `tag`. */
void constants_expected(const struct audit *audit, int tag, struct spans *expected);

#define TRIGGER_EDGE 3u /* of an interrupt's flags: 1, 2 are edges, 4, 8 levels */
/* rule_faults.c: the words of the language; "?": none. */
const char *fault_error_name(unsigned int error);
const char *fault_action_name(unsigned int action);

#define INTIDS 1024u
/* The interrupt that a bell makes pending; 0, which is no SPI's: none, or more than one. rule_channels.c */
uint32_t bell_intid(struct bp_bell bell);
/* Sets those that messages of a cell's functions make pending. rule_its.c */
void messages_of(const struct cell *cell, bool messages[INTIDS]);
/* The pages of the memory BARs of a cell's functions, va = pa, each like `like`. rule_pci_space.c */
void cell_bars(const struct audit *audit, const struct cell *cell, struct span like, struct spans *spans);
/* rule_presentation.c: how many channels of the cell are PCI functions; where their bus is emulated, NULL:
 * nowhere; what the guest's tree says of it. */
uint32_t channels_shown(const struct audit *audit, const struct cell *cell);
const struct bp_mmio *shown_bus(const struct cell *cell);
void shown_host_check(struct audit *audit, const struct cell *cell, const struct node *node);
bool cell_owns(const struct cell *cell, uint32_t intid);
bool cell_triggers_edge(const struct cell *cell, uint32_t intid); /* below 1024 */

#endif
