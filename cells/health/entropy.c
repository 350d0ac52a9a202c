// SPDX-License-Identifier: Apache-2.0
/*
 * entropy.c - the processor's random numbers where it has them (FEAT_RNG, Arm ARM D24.2.140 RNDR), and the
 * counter at moments that hang on caches, memory and other cores.
 */
#include "entropy.h"

#include <stdint.h>

#include "sysreg.h"
#include "timer.h"

#define WORDS	   4u
#define TRIES	   16u /* RNDR may have none for a moment */
#define MOMENTS	   256u
#define RNDR_FIELD 60 /* of ID_AA64ISAR0_EL1 */

static bool read_rndr(uint64_t *word)
{
	uint64_t there = 0;

	/* Z is set where there was none. */
	for (unsigned i = 0; i < TRIES && !there; i++)
		__asm__ volatile("mrs %0, S3_3_C2_C4_0\n\tcset %1, ne"
				 : "=r"(*word), "=r"(there)::"cc", "memory");
	return there;
}

static bool gather_rndr(crypto_hash_sha256_state *into)
{
	bool all = sysreg_read("id_aa64isar0_el1") >> RNDR_FIELD;
	uint64_t words[WORDS];

	for (unsigned i = 0; i < WORDS && all; i++)
		all = read_rndr(&words[i]);
	if (all)
		crypto_hash_sha256_update(into, (const uint8_t *)words, sizeof(words));
	return all;
}

bool entropy_gather(crypto_hash_sha256_state *into)
{
	for (unsigned i = 0; i < MOMENTS; i++) {
		const uint64_t now = timer_now();

		crypto_hash_sha256_update(into, (const uint8_t *)&now, sizeof(now));
	}
	return gather_rndr(into);
}
