/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vgic.h - this core's virtual CPU interface: delivery through list registers in injected mode.
 */
#ifndef BULKHEAD_VGIC_H
#define BULKHEAD_VGIC_H

#include "../../core/types.h"

/* Nothing pending, nothing active. */
void vgic_clear(void);
/* As a guest finds it at entry. */
void vgic_guest_prepare(void);

/* A physical interrupt arrived for the guest of this core (injected mode). */
void vgic_interrupt(void);

/* The list registers' part of pending and active state of INTIDs 32 * word + 31 .. 32 * word. */
u32 vgic_pending(u32 word);
u32 vgic_active(u32 word);
void vgic_pending_clear(u32 word, u32 mask);
void vgic_active_clear(u32 word, u32 mask);

/* ICC_SGI1R_EL1 as the guest wrote it: to this cell's cores only. */
void vgic_send_sgi(u64 value);

#endif
