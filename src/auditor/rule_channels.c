// SPDX-License-Identifier: Apache-2.0
/*
 * rule_channels.c - channels are the partition file's: parties, direction, size, doorbells.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

#define ISPENDR_FIRST 0x200u /* GICD_ISPENDR<n>, a bit an interrupt */
#define ISPENDR_LAST  0x27cu

static const struct bp_bell *ring_of(const struct cell *cell, const struct bp_channel *channel)
{
	return (const struct bp_bell *)((const uint8_t *)cell->record + channel->ring.offset);
}

uint32_t bell_intid(struct bp_bell bell)
{
	if (bell.offset < ISPENDR_FIRST || bell.offset > ISPENDR_LAST || bell.offset % 4 || bell.bit == 0 ||
	    (bell.bit & (bell.bit - 1)))
		return 0;
	return (bell.offset - ISPENDR_FIRST) * 8 + (uint32_t)__builtin_ctz(bell.bit);
}

/* A cell's entry for a declared channel; NULL: it has none. */
static const struct bp_channel *entry_of(const struct audit *audit, const struct cell *cell,
					 const struct partition_channel *channel)
{
	for (uint32_t i = 0; cell && cell->known && i < cell->record->channels.count; i++) {
		if (channel_named(audit, cell, i) == channel)
			return &cell->channels[i];
	}
	return NULL;
}

/* True when `intid` is the doorbell of another party that receives on this channel. */
static bool rings_party(const struct audit *audit, const struct partition_channel *channel, size_t self,
			uint32_t intid)
{
	for (size_t i = 0; i < audit->partition.cell_count; i++) {
		const struct bp_channel *entry = i != self && (channel->roles[i] & BP_CHANNEL_READS)
							 ? entry_of(audit, cell_asked(audit, i), channel)
							 : NULL;

		if (entry && entry->receive_intid == intid)
			return true;
	}
	return false;
}

/* [impl->swr~audit-doorbells~1] */
static void doorbell_check(struct audit *audit, const struct cell *cell,
			   const struct partition_channel *channel, size_t self,
			   const struct bp_channel *entry)
{
	const struct bp_bell *ring = ring_of(cell, entry);
	const bool receives = channel->doorbell && (channel->roles[self] & BP_CHANNEL_READS);
	uint32_t others = 0;

	for (size_t i = 0; i < audit->partition.cell_count; i++)
		others += i != self && (channel->roles[i] & BP_CHANNEL_READS);
	if (!channel->doorbell || !(channel->roles[self] & BP_CHANNEL_WRITES))
		others = 0;
	if (!!entry->receive_intid != receives)
		violation(&audit->report, RULE_CHANNELS, "channel '%s': %s %s", channel->name, cell->who,
			  receives ? "receives no doorbell"
				   : "receives a doorbell that the file doesn't give it");
	if (entry->ring.count != others)
		violation(&audit->report, RULE_DOORBELL, "channel '%s': %s rings %u doorbells, not %u",
			  channel->name, cell->who, entry->ring.count, others);
	for (uint32_t i = 0; i < entry->ring.count; i++) {
		const uint32_t intid = bell_intid(ring[i]);

		if (!intid)
			violation(&audit->report, RULE_DOORBELL,
				  "channel '%s': %s writes 0x%x to 0x%x of the distributor, which is no "
				  "doorbell",
				  channel->name, cell->who, ring[i].bit, ring[i].offset);
		else if (!rings_party(audit, channel, self, intid))
			violation(&audit->report, RULE_DOORBELL,
				  "channel '%s': %s rings INTID %u, which is no other party's", channel->name,
				  cell->who, intid);
		for (uint32_t j = 0; j < i; j++) {
			if (intid && intid == bell_intid(ring[j]))
				violation(&audit->report, RULE_DOORBELL,
					  "channel '%s': %s rings INTID %u twice", channel->name, cell->who,
					  intid);
		}
	}
}

static const struct place *channel_place(const struct audit *audit, const struct partition_channel *channel)
{
	for (size_t i = 0; i < audit->place_count; i++) {
		if (audit->places[i].kind == PLACE_CHANNEL &&
		    audit->places[i].owner == (int)(channel - audit->partition.channels))
			return &audit->places[i];
	}
	return NULL;
}

static void party_check(struct audit *audit, const struct partition_channel *channel, size_t self)
{
	const struct cell *cell = cell_asked(audit, self);
	const struct bp_channel *entry = entry_of(audit, cell, channel);
	const struct place *place = channel_place(audit, channel);

	if (!channel->roles[self]) {
		if (entry)
			violation(&audit->report, RULE_CHANNELS, "channel '%s': %s has it, but is no party",
				  channel->name, cell->who);
		return;
	}
	if (!cell || !entry) {
		violation(&audit->report, RULE_CHANNELS, "channel '%s': cell '%s' lacks it", channel->name,
			  audit->partition.cells[self].name);
		return;
	}
	if (entry->flags != channel->roles[self])
		violation(&audit->report, RULE_CHANNELS, "channel '%s': %s may %s%s, the file says otherwise",
			  channel->name, cell->who, entry->flags & BP_CHANNEL_READS ? "read " : "",
			  entry->flags & BP_CHANNEL_WRITES ? "write" : "");
	if (entry->size != page_up(channel->size) || entry->pa % BP_PAGE_SIZE)
		violation(&audit->report, RULE_CHANNELS,
			  "channel '%s': %s has 0x%" PRIx64 " bytes at 0x%" PRIx64
			  ", the file says 0x%" PRIx64,
			  channel->name, cell->who, entry->size, entry->pa, channel->size);
	if (place && (place->pa != entry->pa || place->size != entry->size))
		violation(&audit->report, RULE_CHANNELS,
			  "channel '%s': %s has it at 0x%" PRIx64 ", another party at 0x%" PRIx64,
			  channel->name, cell->who, entry->pa, place->pa);
	doorbell_check(audit, cell, channel, self, entry);
}

/* Only a channel that one cell alone writes is zeroed by that cell's EL2. */
static void window_check(struct audit *audit, const struct cell *cell)
{
	for (uint32_t i = 0; i < cell->record->channels.count; i++) {
		const struct partition_channel *channel = channel_named(audit, cell, i);
		const int self = partition_number(audit, cell->asked);
		bool alone = true;

		if (!channel) {
			violation(&audit->report, RULE_CHANNELS, "%s: channel %u isn't one of the file's",
				  cell->who, i);
			continue;
		}
		for (size_t j = 0; j < audit->partition.cell_count; j++)
			alone &= ((int)j == self) == !!(channel->roles[j] & BP_CHANNEL_WRITES);
		if (!alone && cell->channels[i].va)
			violation(&audit->report, RULE_CHANNELS,
				  "channel '%s': %s has an EL2 window to it, but isn't its only writer",
				  channel->name, cell->who);
	}
}

/* Nobody else may write where a reset of the machine is asked for. [impl->swr~audit-update-reset~1] */
static void update_reset_check(struct audit *audit, size_t self)
{
	const struct partition *partition = &audit->partition;
	const uint8_t both = BP_CHANNEL_READS | BP_CHANNEL_WRITES;

	if (!partition->cells[self].update_reset)
		return;
	for (size_t c = 0; c < partition->channel_count; c++) {
		const struct partition_channel *channel = &partition->channels[c];
		bool alone = !partition->cells[self].health && audit->boot_state.asked;

		for (size_t i = 0; i < partition->cell_count; i++)
			alone &= channel->roles[i] == (i == self || partition->cells[i].health ? both : 0);
		if (alone && !strcmp(channel->name, "update"))
			return;
	}
	violation(
		&audit->report, RULE_CHANNELS,
		"cell '%s': the file lets it reset the machine, but no channel 'update' is between it and a "
		"health cell with a boot state alone",
		partition->cells[self].name);
}

/* [impl->swr~audit-channels~1] */
void rule_channels(struct audit *audit)
{
	for (size_t c = 0; c < audit->partition.channel_count; c++) {
		for (size_t i = 0; i < audit->partition.cell_count; i++)
			party_check(audit, &audit->partition.channels[c], i);
	}
	for (size_t i = 0; i < audit->cell_count; i++) {
		if (audit->cells[i].known)
			window_check(audit, &audit->cells[i]);
	}
	for (size_t i = 0; i < audit->partition.cell_count; i++)
		update_reset_check(audit, i);
}
