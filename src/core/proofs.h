/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proofs.h - protection mechanisms provoked once a boot, so that it is seen that they protect: what the
 * health cell says that it is about to do, and what then comes of it. Service core.
 */
#ifndef BULKHEAD_PROOFS_H
#define BULKHEAD_PROOFS_H

#include "../blueprint/telemetry.h"
#include "types.h"

/* PROVE (hypercall.h) of the health cell; HYPERCALL_*. */
s64 proof_ask(u64 proof, u64 address, u64 pc);
/* EL2's own: it is tried; it is proven. */
void proof_try(enum proof proof);
void proof_done(enum proof proof, u64 address);
/* A read at `pc` was refused by stage 2: is it the one that was announced? Once. */
bool proof_read(ipa_t ipa, u64 pc);
/* An IOMMU refused a DMA of a cell's function (dma_fault): is it one that was announced? */
bool proof_dma(u32 cell, u64 address, u64 reason);
/* A fault of this core's: what was announced, if anything, isn't any more. */
void proof_withdraw(void);
/* Another life of the health cell: what the last one has not brought to its end may be tried again. */
void proof_renew(void);

#endif
