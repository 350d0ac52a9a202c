/* SPDX-License-Identifier: Apache-2.0 */
/* interrupts.h - which interrupts of the GIC a node of the board's tree has. */
#ifndef BULKHEAD_INTERRUPTS_H
#define BULKHEAD_INTERRUPTS_H

#include "plan.h"

#define GIC_SPIS_MOST 988u /* INTIDs 32 to 1019 */

/* The controller that a node's `interrupts` go to: named by the node, or by what it lies in; negative: none.
 */
int interrupt_parent(const void *tree, int node);
/* Does the node itself use its `interrupt-parent`? Else it only passes it on to what lies in it. */
bool interrupt_parent_used(const void *tree, int node);

/* In the order of the node's list; those of other controllers, and what is no SPI or PPI, are left out. */
struct interrupts interrupts_of(const struct board *board, int node);

/* PPIs of the timers that a guest may use, as a bit an INTID. */
uint32_t timer_ppis(const struct board *board);
/* Of EL2's own timer, as a bit; 0: the tree doesn't say it. */
uint32_t hypervisor_timer_ppi(const struct board *board);
/* PPIs of the PMU nodes. */
uint32_t pmu_ppis(const struct board *board);
/* Is this the node of the cores' own PMU? */
bool node_is_pmu(const void *tree, int node);
/* The GIC's maintenance interrupt; 0: its node names none. */
uint32_t maintenance_ppi(const struct board *board);

#endif
