// SPDX-License-Identifier: Apache-2.0
/*
 * conflicts.c - what a device of the board can't be parted from, and isn't in the same hands: what lies in
 * one of its pages, what has one of its interrupts, what it needs. Called by assign.c, for what the file
 * doesn't name.
 */
#include <stdlib.h>

#include "rule.h"

#define NOBODYS	  (-1)
#define MANY	  (-2)
#define FORBIDDEN (-3)

struct conflicts {
	struct audit *audit;
	int holders[INTIDS]; /* of each interrupt: cell, or one of the above */
};

static void held(struct conflicts *conflicts, uint32_t intid, int owner)
{
	int *holder = &conflicts->holders[intid];

	if (owner == FORBIDDEN || *holder == NOBODYS)
		*holder = owner;
	else if (*holder != owner && *holder != FORBIDDEN)
		*holder = MANY;
}

struct conflicts *conflicts_open(struct audit *audit)
{
	const struct board *board = &audit->board;
	struct conflicts *conflicts = memory_zeroed(1, sizeof(*conflicts));

	conflicts->audit = audit;
	for (size_t i = 0; i < INTIDS; i++)
		conflicts->holders[i] = NOBODYS;
	for (size_t i = 0; i < board->tree.count; i++) {
		const struct node *node = &board->tree.nodes[i];
		const int device = board->device[i];
		int owner;

		if (device == DEVICE_NOWHERE || (device != (int)i && !node->enabled))
			continue;
		owner = board->classes[device] == DEVICE_FORBIDDEN ? FORBIDDEN : board->owner[device];
		for (size_t j = 0; owner != CELL_NONE_ID && j < node->irq_count; j++)
			if (node->irqs[j].intid < INTIDS)
				held(conflicts, node->irqs[j].intid, owner);
	}
	return conflicts;
}

void conflicts_close(struct conflicts *conflicts)
{
	free(conflicts);
}

static bool interrupts_anothers(const struct conflicts *conflicts, const struct node *device, int owner)
{
	const struct board *board = &conflicts->audit->board;
	const size_t first = (size_t)(device - board->tree.nodes);

	for (size_t i = first;
	     i < board->tree.count && (i == first || board->tree.nodes[i].parent >= (int)first); i++) {
		const struct node *node = &board->tree.nodes[i];

		for (size_t j = 0; board->device[i] == (int)first && node->enabled && j < node->irq_count;
		     j++) {
			const uint32_t intid = node->irqs[j].intid;
			const int holder = intid < INTIDS ? conflicts->holders[intid] : FORBIDDEN;

			if (holder != NOBODYS && holder != owner)
				return true;
		}
	}
	return false;
}

struct question {
	const struct audit *audit;
	int owner;
	bool anothers;
};

static void register_beside(struct audit *audit, const struct node *node, uint64_t base, void *context)
{
	struct question *question = context;

	(void)base;
	if (audit->board.owner[node - audit->board.tree.nodes] != question->owner)
		question->anothers = true;
}

/* What is shared serves everybody who does without driving it. */
static void provider_beside(const struct node *provider, bool served, void *context)
{
	struct question *question = context;
	const struct board *board = &question->audit->board;

	if (shared_provider(question->audit, provider)
		    ? !served
		    : board->owner[provider - board->tree.nodes] != question->owner)
		question->anothers = true;
}

bool conflicts_of(const struct conflicts *conflicts, const struct node *device)
{
	struct audit *audit = conflicts->audit;
	struct question question = {audit, audit->board.owner[device - audit->board.tree.nodes], false};

	for (size_t i = 0; i < device->reg_count; i++) {
		const uint64_t from = page_down(device->regs[i].base);

		registers_in(audit, from, page_up(end_of(device->regs[i].base, device->regs[i].size)) - from,
			     register_beside, &question);
	}
	if (!question.anothers && !interrupts_anothers(conflicts, device, question.owner))
		needs_each(audit, device, provider_beside, &question);
	else
		question.anothers = true;
	return question.anothers;
}
