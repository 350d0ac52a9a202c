// SPDX-License-Identifier: Apache-2.0
/*
 * value.c - reads the numbers that people write in partition files (config language, "Rules").
 */
#include "value.h"

#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static bool value_number(const char **text, uint64_t *number)
{
	const char *at = *text;
	uint64_t base = 10;
	bool any = false;

	if (at[0] == '0' && (at[1] | 0x20) == 'x') {
		base = 16;
		at += 2;
	}
	*number = 0;
	for (; (uint64_t)digit_value(*at) < base; at++, any = true) {
		if (*number > (UINT64_MAX - 15) / base)
			return false;
		*number = *number * base + (uint64_t)digit_value(*at);
	}
	*text = at;
	return any;
}

static bool value_with_unit(const char *text, const struct unit *units, size_t count, uint64_t *value)
{
	if (!value_number(&text, value))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, units[i].name) != 0)
			continue;
		if (*value > UINT64_MAX / units[i].factor)
			return false;
		*value *= units[i].factor;
		return true;
	}
	return false;
}

bool value_size(const char *text, uint64_t *size)
{
	static const struct unit units[] = {
		{"", 1}, {"K", UINT64_C(1) << 10}, {"M", UINT64_C(1) << 20}, {"G", UINT64_C(1) << 30}};

	return value_with_unit(text, units, sizeof(units) / sizeof(units[0]), size);
}

bool value_duration(const char *text, uint64_t *duration_ns)
{
	static const struct unit units[] = {{"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};

	return value_with_unit(text, units, sizeof(units) / sizeof(units[0]), duration_ns);
}

static const char *property_text(const struct tree *tree, const struct node *node, const char *name)
{
	int length;
	const void *data = node_property(tree, node, name, &length);

	return data && string_list(data, length) && strlen(data) + 1 == (size_t)length ? data : NULL;
}

bool property_size(const struct tree *tree, const struct node *node, const char *name, uint64_t *size)
{
	const char *text = property_text(tree, node, name);

	return text ? value_size(text, size) : node_number(tree, node, name, size);
}

bool property_duration(const struct tree *tree, const struct node *node, const char *name, uint64_t *ns)
{
	const char *text = property_text(tree, node, name);

	return text && value_duration(text, ns);
}
