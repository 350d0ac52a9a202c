// SPDX-License-Identifier: Apache-2.0
/*
 * shared.c - `shared-read-only` of the partition file: providers that no cell may reach, and the rates
 * at which guests see their clocks as fixed ones.
 *
 * Each string is a board node's name, and behind it "CLOCK=HZ" separated by blanks, CLOCK being the
 * clock specifier's cells with colons between.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define NAME_SIZE 256

/* A number up to one of `ends`; *end is set behind it. */
static bool number_at(const char *text, const char *ends, uint64_t *value, const char **end)
{
	char *stop;

	if (*text < '0' || *text > '9')
		return false;
	*value = strtoull(text, &stop, 0);
	*end = stop;
	return strchr(ends, *stop) != NULL;
}

static bool rates_sound(const char *rates)
{
	const char *at = rates + strspn(rates, " ");
	uint64_t value;

	while (*at) {
		while (*at != '=') {
			if (!number_at(at, ":=", &value, &at) || value > UINT32_MAX)
				return false;
			at += *at == ':';
		}
		if (!number_at(at + 1, " ", &value, &at) || !value || value > UINT32_MAX)
			return false;
		at += strspn(at, " ");
	}
	return true;
}

static void shared_add(struct audit *audit, const char *text)
{
	struct partition *partition = &audit->partition;
	const size_t length = strcspn(text, " ");
	struct partition_shared shared = {.rates = text + length};
	char name[NAME_SIZE];
	const struct board *board = &audit->board;

	if (length < sizeof(name)) {
		memcpy(name, text, length);
		name[length] = '\0';
		shared.provider = device_named(board, name, NULL);
	}
	if (!shared.provider || device_named(board, name, shared.provider) || !rates_sound(shared.rates)) {
		violation(&audit->report, RULE_INPUT,
			  "partition file: shared-read-only: '%s' can't be understood", text);
		return;
	}
	partition->shared = memory_grow(partition->shared, partition->shared_count, sizeof(shared));
	partition->shared[partition->shared_count++] = shared;
}

void shared_open(struct audit *audit)
{
	const struct tree *tree = &audit->partition.tree;
	const struct node *root = &tree->nodes[0];
	int length = 0;
	const char *list = node_property(tree, root, "shared-read-only", &length);

	if (list && !string_list(list, length))
		violation(&audit->report, RULE_INPUT, "partition file: shared-read-only can't be understood");
	else
		for (const char *text = NULL; list && (text = string_next(list, length, text));)
			shared_add(audit, text);
}

const struct partition_shared *shared_provider(const struct audit *audit, const struct node *node)
{
	for (size_t i = 0; i < audit->partition.shared_count; i++) {
		if (audit->partition.shared[i].provider == node)
			return &audit->partition.shared[i];
	}
	return NULL;
}

/* Does the specifier at `text` ("3:1=") say what the board's cells say? */
static bool specifier_is(const char *text, const struct tree *tree, const struct node *user, unsigned int at,
			 uint32_t width)
{
	uint32_t cell, count = 0;
	uint64_t value;

	for (; *text != '='; text += *text == ':', count++) {
		if (count == width || !number_at(text, ":=", &value, &text) ||
		    !node_u32(tree, user, "clocks", at + count, &cell) || cell != value)
			return false;
	}
	return count == width;
}

bool shared_rate(const struct partition_shared *shared, const struct tree *tree, const struct node *user,
		 unsigned int at, uint32_t width, uint64_t *hz)
{
	const char *text = shared->rates, *end;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		const char *equals = strchr(text, '=');

		if (!equals)
			return false;
		if (specifier_is(text, tree, user, at, width))
			return number_at(equals + 1, " ", hz, &end);
		text += strcspn(text, " ");
	}
	return false;
}
