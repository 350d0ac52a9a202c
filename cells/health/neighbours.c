// SPDX-License-Identifier: Apache-2.0
/*
 * neighbours.c - see neighbours.h.
 */
#include "neighbours.h"

#include <string.h>

static uint32_t row_of(const struct neighbours *neighbours, uint32_t client, uint16_t port)
{
	uint32_t row = 0;

	while (row < HTTP_PLACES &&
	       (neighbours->rows[row].client != client || neighbours->rows[row].port != port))
		row++;
	return row;
}

static uint32_t oldest(const struct neighbours *neighbours)
{
	uint32_t found = 0;

	for (uint32_t row = 1; row < HTTP_PLACES; row++)
		if (neighbours->rows[row].noted < neighbours->rows[found].noted)
			found = row;
	return found;
}

/* [impl->swr~net-neighbours~1] */
void neighbours_note(struct neighbours *neighbours, uint32_t client, uint16_t port, const uint8_t *mac,
		     uint64_t now)
{
	uint32_t row = row_of(neighbours, client, port);

	if (!client)
		return;
	if (row == HTTP_PLACES)
		row = oldest(neighbours);
	neighbours->rows[row].client = client;
	neighbours->rows[row].port = port;
	neighbours->rows[row].noted = now;
	memcpy(neighbours->rows[row].mac, mac, NIC_MAC_BYTES);
}

const uint8_t *neighbours_find(const struct neighbours *neighbours, uint32_t client, uint16_t port,
			       uint64_t since)
{
	const uint32_t row = row_of(neighbours, client, port);

	if (!client || row == HTTP_PLACES || neighbours->rows[row].noted < since)
		return NULL;
	return neighbours->rows[row].mac;
}
