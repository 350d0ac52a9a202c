// SPDX-License-Identifier: Apache-2.0
/*
 * neighbours.c - see neighbours.h.
 */
#include "neighbours.h"

#include <string.h>

static uint32_t row_of(const struct neighbours *neighbours, uint32_t client)
{
	uint32_t row = 0;

	while (row < HTTP_PLACES && neighbours->rows[row].client != client)
		row++;
	return row;
}

/* [impl->swr~net-neighbours~1] */
void neighbours_note(struct neighbours *neighbours, uint32_t client, const uint8_t *mac, uint64_t now)
{
	uint32_t row = row_of(neighbours, client);

	if (!client)
		return;
	if (row == HTTP_PLACES)
		row = neighbours->next++ % HTTP_PLACES;
	neighbours->rows[row].client = client;
	neighbours->rows[row].noted = now;
	memcpy(neighbours->rows[row].mac, mac, NIC_MAC_BYTES);
}

const uint8_t *neighbours_find(const struct neighbours *neighbours, uint32_t client, uint64_t since)
{
	const uint32_t row = row_of(neighbours, client);

	if (!client || row == HTTP_PLACES || neighbours->rows[row].noted < since)
		return NULL;
	return neighbours->rows[row].mac;
}
