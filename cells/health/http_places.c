// SPDX-License-Identifier: Apache-2.0
/*
 * http_places.c - see http_places.h. [impl->swr~http-places~1]
 */
#include "http_places.h"

#include <stdbool.h>

static uint32_t held_by(const struct http_place *places, uint32_t client)
{
	uint32_t held = 0;

	for (uint32_t i = 0; i < HTTP_PLACES; i++)
		held += places[i].use != HTTP_PLACE_FREE && places[i].client == client;
	return held;
}

/* Does `one` go before `other`? Among equals whose address has more places, then who has been there longer.
 */
static bool goes_first(const struct http_place *places, const struct http_place *one,
		       const struct http_place *other)
{
	const uint32_t held = held_by(places, one->client), others = held_by(places, other->client);

	if (one->use != other->use)
		return one->use < other->use;
	return held != others ? held > others : one->began < other->began;
}

uint32_t http_place_for(const struct http_place places[HTTP_PLACES], uint32_t client)
{
	const bool among_own = held_by(places, client) >= HTTP_PLACES_OF_ONE;
	uint32_t found = HTTP_PLACES;

	for (uint32_t i = 0; i < HTTP_PLACES; i++)
		if ((!among_own || (places[i].use != HTTP_PLACE_FREE && places[i].client == client)) &&
		    (found == HTTP_PLACES || goes_first(places, &places[i], &places[found])))
			found = i;
	return found;
}
