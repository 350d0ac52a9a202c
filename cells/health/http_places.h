/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_places.h - who makes room on a full web server. Portable.
 *
 * A newcomer always gets a place: of those that can go, whose loss is the least. Nobody has all of them, so
 * that one address keeps no other out; who asks for little has gone before many others can have come.
 */
#ifndef HEALTH_HTTP_PLACES_H
#define HEALTH_HTTP_PLACES_H

#include <stdint.h>

#define HTTP_PLACES	   8u
#define HTTP_PLACES_OF_ONE 6u /* address */

/* In the order in which they go. */
enum http_use {
	HTTP_PLACE_FREE,
	HTTP_PLACE_OVER,    /* the client has all of its answer */
	HTTP_PLACE_ASKING,  /* it has not said all of what it wants; who means well says that at once */
	HTTP_PLACE_ANSWERED /* it has not got all */
};

struct http_place {
	enum http_use use;
	uint32_t client; /* its address, in whatever order */
	uint64_t began;
};

/* Which of `places` a newcomer of that address gets, free or not. */
uint32_t http_place_for(const struct http_place places[HTTP_PLACES], uint32_t client);

#endif
