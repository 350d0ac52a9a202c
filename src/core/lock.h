/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.h - a lock among the cores of one cell. Nothing is ever locked between cells. Holders run a
 * bounded stretch of EL2 code with interrupts masked, so every wait is bounded.
 * [impl->swr~el2-exclusives-in-locks~1]
 */
#ifndef BULKHEAD_LOCK_H
#define BULKHEAD_LOCK_H

#include "types.h"

struct lock {
	u32 next, owner;
};

static inline u32 lock_draw(struct lock *lock)
{
	return __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
}

static inline bool lock_is_mine(struct lock *lock, u32 ticket)
{
	return __atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) == ticket;
}

static inline void lock_take(struct lock *lock)
{
	const u32 ticket = lock_draw(lock);

	while (!lock_is_mine(lock, ticket))
		;
}

static inline void lock_release(struct lock *lock)
{
	__atomic_store_n(&lock->owner, lock->owner + 1, __ATOMIC_RELEASE);
}

#endif
