// SPDX-License-Identifier: Apache-2.0
/*
 * test_mutants.c - random changes to descriptors, judged by an oracle that knows nothing of the
 * auditor's walkers: it translates page by page. What gives a cell or a core's EL2 a right that it
 * hadn't must be caught; what changes no translation must be accepted. And hostile bytes anywhere
 * must not crash the auditor (run under the sanitizers).
 *
 * Robustness: all
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mutate.h"

#define ROOTS	  (CELLS + CORES)
#define MUTANTS	  1500
#define HOSTILE	  600
#define PAGES_MAX 0x10000 /* physical pages that the oracle follows: the board's RAM */
#define RAM_BASE  UINT64_C(0x40000000)
#define ADDRESS	  UINT64_C(0x0000fffffffff000)

static uint64_t seed = 88172645463325252u;

static uint64_t chance(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* A right to a physical page: bit 0 read, 1 write, 2 execute. Beyond the board's RAM all pages count as
 * one, but for the devices, which are folded into the first pages. */
struct rights {
	uint8_t page[PAGES_MAX + 1];
	uint64_t device_sum; /* of pa and right, for what isn't RAM */
};

static void grant(struct rights *rights, uint64_t pa, uint64_t descriptor, bool stage2)
{
	const unsigned int read = stage2 ? descriptor >> 6 & 1 : 1;
	const unsigned int write = stage2 ? descriptor >> 7 & 1 : !(descriptor >> 7 & 1);
	const unsigned int right = read | write << 1 | (unsigned int)!(descriptor >> 54 & 1) << 2;

	if (pa >= RAM_BASE && (pa - RAM_BASE) / 4096 < PAGES_MAX)
		rights->page[(pa - RAM_BASE) / 4096] |= (uint8_t)right;
	else
		rights->device_sum += (pa >> 12) * 2654435761u + right;
}

/* Every page under one table, by recursion: depth is three. */
static void collect(struct fixture *f, uint64_t table, unsigned int level, unsigned int entries, bool stage2,
		    struct rights *rights)
{
	const uint64_t blueprint = LOAD_PA + HV_SIZE;

	if (table < blueprint || table + entries * 8u > blueprint + BLUEPRINT_MAX)
		return;
	for (unsigned int i = 0; i < entries; i++) {
		const uint64_t entry = ((const uint64_t *)fixture_at(f, table))[i];
		const uint64_t size = UINT64_C(1) << (12 + 9 * (3 - level));

		if (!(entry & 1))
			continue;
		if (level < 3 && (entry & 2)) {
			collect(f, entry & ADDRESS, level + 1, 512, stage2, rights);
		} else if ((level == 3) == !!(entry & 2)) {
			for (uint64_t offset = 0; offset < size; offset += 4096)
				grant(rights, (entry & ADDRESS & ~(size - 1)) + offset, entry, stage2);
		}
	}
}

static void rights_of(struct fixture *f, int which, struct rights *rights)
{
	memset(rights, 0, sizeof(*rights));
	if (which < CELLS)
		collect(f, f->stage2_root[which], 1, 1024, true, rights);
	else
		collect(f, f->boot[which - CELLS].root_pa, 1, 512, false, rights);
}

/* A right that the root hadn't. One exception: EL2 may keep what is its own (a stack, a cell's state) in
 * any page of the hypervisor's writable memory that nobody else reaches. */
static bool gained(const struct rights before[ROOTS], const struct rights *after, int which)
{
	const uint64_t first = (WRITABLE_PA - RAM_BASE) / 4096, count = WRITABLE_SIZE / 4096;

	for (size_t i = 0; i < PAGES_MAX; i++) {
		bool others = which < CELLS || i < first || i >= first + count;

		if (!(after->page[i] & ~before[which].page[i]))
			continue;
		for (int other = 0; other < ROOTS; other++)
			others |= other != which && before[other].page[i];
		if (others)
			return true;
	}
	return false;
}

/* Bits that hardware ignores in a valid descriptor, and all bits of an invalid one. */
static bool harmless(uint64_t before, unsigned int level, unsigned int bit)
{
	if (!(before & 1))
		return bit != 0;
	if (bit >= 55 && bit <= 58)
		return true;
	return level < 3 && (before & 2) && ((bit >= 2 && bit <= 11) || (bit >= 51 && bit <= 54));
}

struct slot { /* a descriptor of a table */
	uint64_t *word;
	unsigned int level;
	bool root;
};

static size_t slots_of(struct fixture *f, uint64_t table, unsigned int level, unsigned int entries,
		       struct slot *slots, size_t count)
{
	uint64_t *words = fixture_at(f, table);

	for (unsigned int i = 0; i < entries; i++) {
		if (words[i] || i % 128 == 5)
			slots[count++] = (struct slot){&words[i], level, level == 1};
		if (level < 3 && (words[i] & 3) == 3)
			count = slots_of(f, words[i] & ADDRESS, level + 1, 512, slots, count);
	}
	return count;
}

static bool audit_clean(struct fixture *f)
{
	struct audit audit = {0};
	bool clean;

	fixture_seal(f);
	assert_true(audit_run(&audit, (struct blob){f->image, f->image_size}));
	clean = !audit.report.total;
	audit_close(&audit);
	free(f->image);
	f->image = NULL;
	return clean;
}

/* [utest->swr~audit-one-owner~1]
 * [utest->swr~audit-el2-own-only~1] */
static void random_descriptors(void **state)
{
	static struct rights before[ROOTS], after;
	static struct slot slots[65536];
	size_t counts[ROOTS], breaking = 0, accepted = 0, missed = 0, refused = 0;
	struct fixture f;

	fixture_make(&f);
	for (int i = 0; i < ROOTS; i++)
		rights_of(&f, i, &before[i]);
	for (int i = 0; i < MUTANTS; i++) {
		const int which = (int)chance(ROOTS);
		const unsigned int bit = (unsigned int)(chance(2) ? 6 + chance(24) : chance(64));
		struct slot slot;
		uint64_t original;

		counts[which] = which < CELLS ? slots_of(&f, f.stage2_root[which], 1, 1024, slots, 0)
					      : slots_of(&f, f.boot[which - CELLS].root_pa, 1, 512, slots, 0);
		slot = slots[chance(counts[which])];
		original = *slot.word;
		*slot.word ^= UINT64_C(1) << bit;
		if (which < CELLS)
			fixture_list_roots(&f);
		rights_of(&f, which, &after);
		const bool clean = audit_clean(&f);

		if (gained(before, &after, which)) {
			breaking++;
			missed += clean;
			if (clean)
				fprintf(stderr, "missed: root %d level %u bit %u of %016llx\n", which,
					slot.level, bit, (unsigned long long)original);
		} else if (harmless(original, slot.level, bit) && !(slot.root && which < CELLS)) {
			accepted++;
			refused += !clean;
			if (!clean)
				fprintf(stderr, "refused: root %d level %u bit %u of %016llx\n", which,
					slot.level, bit, (unsigned long long)original);
		}
		*slot.word = original;
		fixture_list_roots(&f);
	}
	fprintf(stderr, "%d mutants: %zu break separation, %zu missed; %zu harmless, %zu refused\n", MUTANTS,
		breaking, missed, accepted, refused);
	fixture_free(&f);
	assert_true(breaking > 100 && accepted > 100);
	assert_int_equal(missed, 0);
	assert_int_equal(refused, 0);
}

/* Bytes, words and runs of the image overwritten, digests made right again.  [utest->swr~audit-hostile~1] */
/* [utest->tor~audit-abnormal~1] */
static void hostile_blueprints(void **state)
{
	static uint8_t saved[BLUEPRINT_MAX];
	struct fixture f;

	fixture_make(&f);
	memcpy(saved, f.blueprint, sizeof(saved));
	for (int i = 0; i < HOSTILE; i++) {
		for (uint64_t n = 1 + chance(4); n; n--) {
			static const uint64_t values[] = {
				0, 1, 0xffffffff, UINT64_MAX, UINT64_MAX - 4095, 0x7fffffff};
			/* Mostly records: tables have a test of their own. */
			const uint64_t at = 16 + chance(chance(4) ? 0x10000 : BLUEPRINT_MAX - 16) / 8 * 8;
			const uint64_t value = chance(2) ? values[chance(6)] : chance(UINT64_MAX);

			memcpy(f.blueprint + at, &value, chance(2) ? 4 : 8);
		}
		if (f.header->size != BLUEPRINT_MAX)
			f.header->size = BLUEPRINT_MAX;
		f.keep_digest = true;
		memset(f.header->digest, 0, sizeof(f.header->digest));
		digest_of((struct blob){f.blueprint, BLUEPRINT_MAX}, f.header->digest);
		(void)audit_clean(&f);
		memcpy(f.blueprint, saved, sizeof(saved));
	}
	fixture_free(&f);
}

/* The FIT itself: bits flipped, and cut short.  [utest->swr~audit-hostile~1] */
/* [utest->tor~audit-abnormal~1] */
static void hostile_fits(void **state)
{
	struct fixture f;
	uint8_t *bytes;

	fixture_make(&f);
	fixture_seal(&f);
	for (int i = 0; i < HOSTILE; i++) {
		const size_t size = i % 8 ? f.image_size : chance(f.image_size);
		struct audit audit = {0};

		bytes = malloc(size ? size : 1);
		memcpy(bytes, f.image, size);
		for (uint64_t n = 1 + chance(8); n && size > 64; n--)
			bytes[chance(2) ? chance(size) : chance(0x200) % size] ^= (uint8_t)(1u << chance(8));
		(void)audit_run(&audit, (struct blob){bytes, size});
		audit_close(&audit);
		free(bytes);
	}
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_descriptors),
					   cmocka_unit_test(hostile_blueprints),
					   cmocka_unit_test(hostile_fits)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
