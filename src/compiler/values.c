/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values.c - a property's value, with a diagnostic at the property where it has another form.
 *
 * All return false where the property is absent (silently) or wrong (after a diagnostic). Called by
 * every step of the front end.
 */
#include "front.h"

#include "text.h"

#include <libfdt.h>
#include <string.h>

struct place front_place(const struct front *front, int node, const char *property)
{
	return source_place(&front->source, node, property);
}

bool value_present(const struct front *front, int node, const char *property)
{
	return fdt_getprop(front->source.tree.data, node, property, NULL) != NULL;
}

/* The value where it is of the wanted kind. */
static const char *value_of(const struct front *front, int node, const char *property, enum value_kind kind,
			    int *length)
{
	const char *const value = fdt_getprop(front->source.tree.data, node, property, length);

	if (!value || source_find(&front->source, node, property)->kind != kind)
		return NULL;
	return value;
}

bool value_words(const struct front *front, int node, const char *property, struct words *words)
{
	int length;
	const char *value = value_of(front, node, property, VALUE_TEXT, &length);

	*words = (struct words){NULL, 0};
	if (!value_present(front, node, property))
		return false;
	if (!value || length < 1 || value[length - 1]) {
		diag_error(front_place(front, node, property), "'%s' takes text in quotes", property);
		return false;
	}
	for (const char *end = value + length; value < end; value += strlen(value) + 1) {
		words->at = memory_grow(words->at, words->count, sizeof(words->at[0]));
		words->at[words->count++] = value;
	}
	return true;
}

bool value_text(const struct front *front, int node, const char *property, const char **text)
{
	struct words words;

	if (!value_words(front, node, property, &words))
		return false;
	if (words.count != 1) {
		diag_error(front_place(front, node, property), "'%s' takes one value, not %zu", property,
			   words.count);
		return false;
	}
	*text = words.at[0];
	return true;
}

/* One number of cells: <0x1000>, <0x1 0x0> or /bits/ 64 <0x1000>. */
static bool cells_number(const struct front *front, int node, const char *property, uint64_t *number)
{
	int length;
	const char *const value = value_of(front, node, property, VALUE_CELLS, &length);

	if (!value || (length != 4 && length != 8))
		return false;
	*number = length == 4 ? fdt32_ld((const fdt32_t *)value) : fdt64_ld((const fdt64_t *)value);
	return true;
}

typedef bool parse_fn(const char *text, uint64_t *value);

static bool number_as(const struct front *front, int node, const char *property, parse_fn *parse,
		      const char *expected, uint64_t *number)
{
	const char *text;

	if (!value_present(front, node, property) || cells_number(front, node, property, number))
		return value_present(front, node, property);
	if (source_find(&front->source, node, property)->kind != VALUE_TEXT) {
		diag_error(front_place(front, node, property), "'%s' takes %s", property, expected);
		return false;
	}
	if (!value_text(front, node, property, &text))
		return false;
	if (!parse(text, number)) {
		diag_error(front_place(front, node, property), "'%s' is not %s", text, expected);
		return false;
	}
	return true;
}

bool value_number(const struct front *front, int node, const char *property, uint64_t *number)
{
	return number_as(front, node, property, text_number,
			 "a number, such as \"0x40000000\" or <0x40000000>", number);
}

bool value_size(const struct front *front, int node, const char *property, uint64_t *bytes)
{
	return number_as(front, node, property, text_size, "a size, such as \"64K\", \"512M\" or \"1G\"",
			 bytes);
}

bool value_duration(const struct front *front, int node, const char *property, uint64_t *ns)
{
	const char *text;

	/* A bare number has no unit, so cells are no duration. */
	if (!value_text(front, node, property, &text))
		return false;
	if (!text_duration(text, ns)) {
		diag_error(front_place(front, node, property),
			   "'%s' is not a duration, such as \"500us\", \"10ms\" or \"60s\"", text);
		return false;
	}
	if (!*ns) {
		diag_error(front_place(front, node, property), "'%s' of no length", property);
		return false;
	}
	return true;
}

bool value_flag(const struct front *front, int node, const char *property)
{
	int length;

	if (!fdt_getprop(front->source.tree.data, node, property, &length))
		return false;
	if (length)
		diag_error(front_place(front, node, property), "'%s' takes no value", property);
	return true;
}

/* Numbers of 32 bits: <0x82000010 3>. At least one. */
bool value_cells(const struct front *front, int node, const char *property, uint32_t **numbers, size_t *count)
{
	int length;
	const char *const value = value_of(front, node, property, VALUE_CELLS, &length);

	if (!value_present(front, node, property))
		return false;
	if (!value || length < 4 || source_find(&front->source, node, property)->bits != 32) {
		diag_error(front_place(front, node, property), "'%s' takes numbers, such as <0 1>", property);
		return false;
	}
	*count = (size_t)length / 4;
	*numbers = memory_new(*count, sizeof(**numbers));
	for (size_t i = 0; i < *count; i++)
		(*numbers)[i] = fdt32_ld((const fdt32_t *)value + i);
	return true;
}
