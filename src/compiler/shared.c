/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared.c - `shared-read-only`: providers (clock, reset, power and pin controllers) that no cell owns.
 *
 * What such a provider gives stays as the firmware set it. No cell's stage 2 maps its registers; in
 * the guests' trees its clocks are fixed ones, at the rates that the file states, and its resets,
 * power domains, pins and supplies are left out. Called by devices.c. [impl->swr~config-shared~1]
 */
#include "front.h"

#include "text.h"

#include <libfdt.h>
#include <string.h>

/* "3:1=24000000": the cells of a clock's specifier, and its rate. */
static bool parse_rate(const char *text, struct clock_rate *rate)
{
	const char *const equals = strchr(text, '=');
	uint64_t value;

	*rate = (struct clock_rate){.count = 0};
	if (!equals || !text_number(equals + 1, &value) || !value || value > UINT32_MAX)
		return false;
	rate->hz = (uint32_t)value;
	while (text < equals) {
		const size_t length = strcspn(text, ":=");

		if (rate->count == CLOCK_CELLS_MAX || !text_number(text_copy(text, length), &value) ||
		    value > UINT32_MAX)
			return false;
		rate->specifier[rate->count++] = (uint32_t)value;
		text += length;
		if (*text == ':' && ++text == equals)
			return false;
	}
	return true;
}

static void add_rate(struct device *device, struct place at, const char *text)
{
	struct clock_rate rate;

	if (!parse_rate(text, &rate)) {
		diag_error(at, "'%s' is not a clock and its rate in Hz, such as \"3=24000000\"", text);
		return;
	}
	for (size_t i = 0; i < device->rate_count; i++)
		if (rate.count == device->rates[i].count &&
		    !memcmp(rate.specifier, device->rates[i].specifier, sizeof(rate.specifier))) {
			diag_error(at, "the rate of clock '%s' of '%s' stands twice", text, device->path);
			return;
		}
	device->rates = memory_grow(device->rates, device->rate_count, sizeof(rate));
	device->rates[device->rate_count++] = rate;
}

struct served {
	const struct board *board;
	int provider; /* index into its devices */
};

static bool leads_to(void *context, const struct reference *reference, const struct reference_entry *entry)
{
	const struct served *const served = context;

	return reference->shareable && (provider_of(served->board, entry->target) == served->provider ||
					board_device_of(served->board, entry->target) == served->provider);
}

/* Is there a node whose clocks, resets... lead to the device? */
static bool is_provider(const struct board *board, size_t index)
{
	const void *const tree = board->tree.data;
	struct served served = {board, (int)index};

	for (int node = fdt_next_node(tree, -1, NULL); node >= 0; node = fdt_next_node(tree, node, NULL))
		if (references_any(tree, node, leads_to, &served))
			return true;
	return false;
}

static void share(struct front *front, struct place at, const char *text)
{
	struct board *const board = &front->plan->board;
	const char *const name = text_copy(text, strcspn(text, " "));
	const struct indices found = devices_named(board, name);
	struct device *device;

	if (!found.count) {
		devices_unknown(board, at, name);
		return;
	}
	device = &board->devices[found.at[0]];
	if (found.count > 1) {
		diag_error(at, "'%s' names %zu devices of the board: say which, such as '%s'", name,
			   found.count, device->path);
		return;
	}
	if (device->owner == OWNER_HYPERVISOR) {
		diag_error(at, "'%s' can't be shared: %s", device->path, device->why);
		return;
	}
	if (!is_provider(board, found.at[0])) {
		diag_error(at,
			   "'%s' can't be shared: it gives no clocks, resets, power domains, pins or "
			   "supplies to any device",
			   device->path);
		return;
	}
	if (device->shared)
		diag_error(at, "'%s' stands twice in 'shared-read-only'", device->path);
	device->shared = true;
	for (text += strlen(name); *text;) {
		text += strspn(text, " ");
		if (*text)
			add_rate(device, at, text_copy(text, strcspn(text, " ")));
		text += strcspn(text, " ");
	}
}

void shared_read(struct front *front)
{
	struct words words;

	if (!value_present(front, 0, "shared-read-only"))
		return;
	value_words(front, 0, "shared-read-only", &words);
	for (size_t i = 0; i < words.count; i++)
		share(front, front_place(front, 0, "shared-read-only"), words.at[i]);
}

static const char *text_of_specifier(const struct reference_entry *entry)
{
	const char *text = "";

	for (uint32_t i = 0; i < entry->argument_count; i++)
		text = text_format("%s%s%u", text, i ? ":" : "", fdt32_ld(&entry->arguments[i]));
	return text;
}

/* Nodes of the device that give clocks: a specifier means one clock only where there is one. */
static size_t clock_nodes(const struct board *board, size_t index)
{
	const void *const tree = board->tree.data;
	const int top = board->devices[index].node;
	size_t count = 0;
	int depth = 0;

	for (int node = top; node >= 0 && depth >= 0; node = fdt_next_node(tree, node, &depth)) {
		if (node != top && depth == 0)
			break;
		count += fdt_getprop(tree, node, "#clock-cells", NULL) != NULL;
	}
	return count;
}

const char *shared_why_not(const struct board *board, const struct need *need)
{
	const struct device *const provider = &board->devices[need->device];
	const char *const specifier = text_of_specifier(&need->entry);

	if (!need->reference->shareable)
		return text_format("which is shared read-only, and by '%s' it has to be driven",
				   need->reference->name);
	if (strcmp(need->reference->name, "clocks") != 0)
		return NULL;
	if (clock_nodes(board, need->device) > 1)
		return "which is shared read-only, and more than one node of it gives clocks";
	if (clock_rate_find(provider, &need->entry))
		return NULL;
	return text_format("which is shared read-only, and the rate of its clock %s is not known: add "
			   "\"%s=HZ\" to its name in 'shared-read-only'",
			   specifier, specifier);
}
