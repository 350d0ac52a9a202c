/* SPDX-License-Identifier: Apache-2.0 */
/*
 * its.c - the ITS at boot (its.h). Its tables are zeroed memory; what is in them it learns by the command
 * list.
 */
#include "its.h"
#include "mmio_io.h"

#define GITS_CTLR	    0x0000
#define GITS_CTLR_ENABLED   BIT(0)
#define GITS_CTLR_QUIESCENT BIT(31)
#define GITS_CBASER	    0x0080
#define GITS_CWRITER	    0x0088
#define GITS_CREADR	    0x0090
#define CREADR_STALLED	    BIT(0)
/* All but what the ITS may have its own mind on: cacheability (61:59, 55:53), shareability (11:10). */
#define BASER_KEPT (~(MASK(3) << 59 | MASK(3) << 53 | MASK(2) << 10))

#define POLLS_MAX  1000000u

static bool stop(va_t va)
{
	mmio_write32(va + GITS_CTLR, mmio_read32(va + GITS_CTLR) & ~(u32)GITS_CTLR_ENABLED);
	for (u32 i = 0; i < POLLS_MAX; i++)
		if (mmio_read32(va + GITS_CTLR) & GITS_CTLR_QUIESCENT)
			return true;
	return false;
}

static bool tables_given(const struct bp_its *its)
{
	for (u32 n = 0; n < ARRAY_SIZE(its->baser); n++) {
		const va_t at = its->va + GITS_BASER + 8 * n;

		mmio_write64(at, its->baser[n]);
		if (its->baser[n] && ((mmio_read64(at) ^ its->baser[n]) & BASER_KEPT))
			return false;
	}
	return true;
}

static bool commands_done(const struct bp_its *its)
{
	u64 at = 0;

	for (u32 i = 0; i < POLLS_MAX && at != its->commands && !(at & CREADR_STALLED); i++)
		at = mmio_read64(its->va + GITS_CREADR);
	return at == its->commands;
}

/* [impl->swr~its-commands-played~1] */
bool its_start(const struct bp_its *its)
{
	if (!stop(its->va) || !tables_given(its))
		return false;
	mmio_write64(its->va + GITS_CBASER, its->cbaser); /* and GITS_CREADR is 0 */
	mmio_write64(its->va + GITS_CWRITER, 0);
	mmio_write32(its->va + GITS_CTLR, (u32)GITS_CTLR_ENABLED);
	mmio_write64(its->va + GITS_CWRITER, its->commands);
	return commands_done(its);
}
