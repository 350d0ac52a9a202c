/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channels.c - memory that cells share by declaration: who writes, who reads, who is rung.
 *
 * `from` and `to`: one writer, any number of readers; `between`: all write and read. Called by
 * plan_read; windows.c gives each channel its address in the cells' space.
 */
#include "front.h"

#include "metrics.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

#define CHANNEL_MAX (UINT64_C(1) << 30)

static int find_cell(const struct front *front, struct place at, const char *name)
{
	const struct plan *const plan = front->plan;
	const char **const names = memory_new(plan->cell_count, sizeof(names[0]));

	for (size_t i = 0; i < plan->cell_count; i++) {
		names[i] = plan->cells[i].name;
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	diag_error(at, "there is no cell '%s'%s", name, diag_did_you_mean(name, names, plan->cell_count));
	return -1;
}

static bool holds(const int *cells, size_t count, int cell)
{
	for (size_t i = 0; i < count; i++)
		if (cells[i] == cell)
			return true;
	return false;
}

/* The cells that a property names, each once. */
static void read_cells(const struct front *front, int node, const char *property, int **cells, size_t *count)
{
	const struct place at = front_place(front, node, property);
	struct words words;

	value_words(front, node, property, &words);
	for (size_t i = 0; i < words.count; i++) {
		const int cell = find_cell(front, at, words.at[i]);

		if (cell >= 0 && holds(*cells, *count, cell)) {
			diag_error(at, "cell '%s' stands twice in '%s'", words.at[i], property);
		} else if (cell >= 0) {
			*cells = memory_grow(*cells, *count, sizeof(**cells));
			(*cells)[(*count)++] = cell;
		}
	}
}

static void read_between(struct front *front, struct plan_channel *channel, int node)
{
	const struct place at = front_place(front, node, "between");
	const size_t errors = diag_errors();

	if (value_present(front, node, "from") || value_present(front, node, "to"))
		diag_error(at, "channel '%s' has 'between' and 'from' or 'to': it is one or the other",
			   channel->name);
	read_cells(front, node, "between", &channel->writers, &channel->writer_count);
	if (diag_errors() == errors && channel->writer_count < 2)
		diag_error(at, "channel '%s' is between fewer than two cells", channel->name);
	channel->readers = channel->writers;
	channel->reader_count = channel->writer_count;
}

static void read_one_way(struct front *front, struct plan_channel *channel, int node)
{
	static const char *const ends[] = {"from", "to"};
	const char *writer;

	for (size_t i = 0; i < 2; i++)
		if (!value_present(front, node, ends[i]))
			diag_error(front_place(front, node, NULL), "channel '%s' has no %s: '%s' is missing",
				   channel->name, i ? "reader" : "writer", ends[i]);
	if (value_text(front, node, "from", &writer))
		read_cells(front, node, "from", &channel->writers, &channel->writer_count);
	read_cells(front, node, "to", &channel->readers, &channel->reader_count);
	if (channel->writer_count && holds(channel->readers, channel->reader_count, channel->writers[0]))
		diag_error(front_place(front, node, "to"), "channel '%s' leads from cell '%s' to itself",
			   channel->name, front->plan->cells[channel->writers[0]].name);
}

static void read_size(struct front *front, struct plan_channel *channel, int node)
{
	const struct place at = front_place(front, node, "size");

	if (!value_present(front, node, "size"))
		diag_error(at, "channel '%s' has no size: 'size' is missing", channel->name);
	else if (!value_size(front, node, "size", &channel->size))
		return;
	else if (!channel->size)
		diag_error(at, "channel '%s' has no size", channel->name);
	else if (channel->size % BP_PAGE_SIZE || channel->size > CHANNEL_MAX)
		diag_error(at, "the size of channel '%s' is no multiple of 4K up to 1G", channel->name);
}

/* A BAR has a power of two of bytes, at a multiple of it. */
static void read_presentation(const struct front *front, struct plan_channel *channel, int node)
{
	const char *kind;

	if (!value_text(front, node, "presentation", &kind))
		return;
	if (strcmp(kind, "ivshmem") != 0)
		diag_error(front_place(front, node, "presentation"),
			   "channel '%s' can't be presented as '%s': \"ivshmem\" is all there is",
			   channel->name, kind);
	else if (channel->size & (channel->size - 1))
		diag_error(front_place(front, node, "size"),
			   "the size of channel '%s' is no power of two, as the memory of a PCI function "
			   "(presentation = \"ivshmem\") is",
			   channel->name);
	else
		channel->shown = true;
}

static uint64_t metrics_most(const struct plan *plan)
{
	uint64_t cores = 0, functions = 0;

	for (size_t i = 0; i < plan->cell_count; i++)
		cores += plan->cells[i].core_count;
	for (size_t i = 0; i < plan->board.pci.count; i++)
		functions += plan->board.pci.at[i].owner >= 0;
	return METRICS_BYTES(cores, plan->cell_count, functions, plan->boot_state.wanted);
}

/* What the health cell puts there may be another's than ours: no error. [impl->swr~config-metrics~1] */
static void check_metrics(const struct front *front, const struct plan_channel *channel, int node)
{
	const struct plan *const plan = front->plan;
	const uint64_t most = METRICS_CHANNEL_SIZE(metrics_most(plan));

	if (strcmp(channel->name, METRICS_CHANNEL) != 0 || channel->writer_count != 1 ||
	    !(plan->cells[channel->writers[0]].flags & BP_CELL_HEALTH))
		return;
	if (channel->size && channel->size < most)
		diag_warning(front_place(front, node, "size"),
			     "channel '%s' may be too small for the health cell's metrics: %s is enough",
			     channel->name, text_of_size(most));
}

static void read_channel(struct front *front, int node)
{
	struct plan *const plan = front->plan;
	const struct place at = front_place(front, node, NULL);
	struct plan_channel *channel;

	plan->channels = memory_grow(plan->channels, plan->channel_count, sizeof(plan->channels[0]));
	channel = &plan->channels[plan->channel_count++];
	channel->name = fdt_get_name(front->source.tree.data, node, NULL);
	channel->line = at.line;
	channel->doorbell = value_flag(front, node, "doorbell");
	if (value_present(front, node, "between"))
		read_between(front, channel, node);
	else
		read_one_way(front, channel, node);
	read_size(front, channel, node);
	check_metrics(front, channel, node);
	read_presentation(front, channel, node);
	channel->doorbell_spis = memory_new(channel->reader_count, sizeof(channel->doorbell_spis[0]));
	for (size_t i = 0; channel->doorbell && i < channel->reader_count; i++) {
		channel->doorbell_spis[i] =
			spi_take(front, front_place(front, node, "doorbell"),
				 text_format("the doorbell of channel '%s'", channel->name));
		if (!channel->doorbell_spis[i])
			break;
	}
}

static void count_shown(const struct front *front, struct plan_cell *cell, int channels)
{
	const struct plan *const plan = front->plan;
	const int own = (int)(cell - plan->cells);

	for (size_t i = 0; i < plan->channel_count; i++)
		cell->shown_count += plan->channels[i].shown &&
				     (holds(plan->channels[i].writers, plan->channels[i].writer_count, own) ||
				      holds(plan->channels[i].readers, plan->channels[i].reader_count, own));
	if (cell->shown_count > SHOWN_CHANNELS_MOST)
		diag_error(
			front_place(front, channels, NULL),
			"cell '%s' has part in %zu channels that are presented as PCI functions, and its bus "
			"has room for %u",
			cell->name, cell->shown_count, SHOWN_CHANNELS_MOST);
}

/* [impl->swr~config-channels~1] [impl->swr~config-presentation~1] */
void channels_read(struct front *front)
{
	const void *const tree = front->source.tree.data;
	const int channels = fdt_subnode_offset(tree, 0, "channels");
	int node;

	if (channels < 0)
		return;
	fdt_for_each_subnode(node, tree, channels) read_channel(front, node);
	for (size_t i = 0; i < front->plan->cell_count; i++)
		count_shown(front, &front->plan->cells[i], channels);
}
