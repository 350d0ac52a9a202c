// SPDX-License-Identifier: Apache-2.0
/*
 * rule_tree_bulkhead.c - the guest tree's /bulkhead nodes say what the cell's record says, and of its network
 * what the file does.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"
#include "value.h"

#define LOG_KEY_BYTES 32 /* Ed25519: RFC 8032, 5.1.5 */

static void identity_check(struct audit *audit, const struct cell *cell)
{
	const struct node *node = tree_path(&cell->guest, "/bulkhead");
	const char *name = node ? node_string(&cell->guest, node, "cell-name") : NULL;
	uint32_t index;

	if (!node || !node_compatible(&cell->guest, node, "bulkhead,cell-v1") || !name ||
	    strcmp(name, cell->name) != 0 || !node_u32(&cell->guest, node, "cell-index", 0, &index) ||
	    index != cell->record->index)
		violation(&audit->report, RULE_TREE_BULKHEAD,
			  "%s: /bulkhead doesn't name the cell and its index", cell->who);
}

/* The cell that may have the machine reset through a channel, for the health cell's tree; NULL: none. */
static const struct cell *resetter_of(const struct audit *audit, const struct cell *cell,
				      const struct partition_channel *channel)
{
	if (!channel || strcmp(channel->name, "update") != 0 || !cell->asked || !cell->asked->health)
		return NULL;
	for (size_t i = 0; i < audit->partition.cell_count; i++)
		if (channel->roles[i] && audit->partition.cells[i].update_reset)
			return cell_asked(audit, i);
	return NULL;
}

/* [impl->swr~audit-update-reset~1] */
static void resetter_check(struct audit *audit, const struct cell *cell, uint32_t index,
			   const struct node *node)
{
	const struct cell *due = resetter_of(audit, cell, channel_named(audit, cell, index));
	const bool told = node_flag(&cell->guest, node, "update-reset");
	uint32_t number;

	if (told != !!due || (due && (!node_u32(&cell->guest, node, "update-reset", 0, &number) ||
				      number != due->record->index)))
		violation(&audit->report, RULE_TREE_BULKHEAD,
			  "%s: %s is wrong about who may have the machine reset", cell->who, node->path);
}

static void channel_check(struct audit *audit, const struct cell *cell, uint32_t index)
{
	const struct bp_channel *channel = &cell->channels[index];
	const struct node *node = channel_node(cell, index);

	if (!node) {
		violation(&audit->report, RULE_TREE_BULKHEAD, "%s: channel %u has no node in its tree",
			  cell->who, index);
		return;
	}
	if (node->reg_count != 1 || node->regs[0].base != channel->ipa || node->regs[0].size > channel->size)
		violation(&audit->report, RULE_TREE_BULKHEAD,
			  "%s: %s doesn't say IPA 0x%" PRIx64 ", 0x%" PRIx64 " bytes", cell->who, node->path,
			  channel->ipa, channel->size);
	if (node_flag(&cell->guest, node, "writes") != !!(channel->flags & BP_CHANNEL_WRITES) ||
	    node_flag(&cell->guest, node, "reads") != !!(channel->flags & BP_CHANNEL_READS) ||
	    node_flag(&cell->guest, node, "doorbell") != (channel->ring.count > 0))
		violation(&audit->report, RULE_TREE_BULKHEAD,
			  "%s: %s is wrong about writes, reads or doorbell", cell->who, node->path);
	resetter_check(audit, cell, index, node);
	if (node->irq_count != !!channel->receive_intid ||
	    (node->irq_count && node->irqs[0].intid != channel->receive_intid))
		violation(&audit->report, RULE_TREE_BULKHEAD, "%s: %s doesn't have doorbell INTID %u",
			  cell->who, node->path, channel->receive_intid);
}

static void nodes_count(struct audit *audit, const struct cell *cell)
{
	const uint64_t period_ns = cell->record->heartbeat_ns;
	uint32_t channels = 0, heartbeats = 0, period_us;

	for (size_t i = 0; i < cell->guest.count; i++) {
		const struct node *node = &cell->guest.nodes[i];

		channels += node_compatible(&cell->guest, node, "bulkhead,channel");
		if (!node_compatible(&cell->guest, node, "bulkhead,heartbeat"))
			continue;
		heartbeats++;
		if (!node_u32(&cell->guest, node, "period-us", 0, &period_us))
			period_us = 0;
		if (period_us != period_ns / 1000)
			violation(&audit->report, RULE_TREE_BULKHEAD,
				  "%s: %s says %u us, the record %" PRIu64 " ns", cell->who, node->path,
				  period_us, period_ns);
	}
	if (channels != cell->record->channels.count || heartbeats != 1)
		violation(&audit->report, RULE_TREE_BULKHEAD,
			  "%s: its tree has %u channels and %u heartbeats, not %u and 1", cell->who, channels,
			  heartbeats, cell->record->channels.count);
	if ((cell->directory_ipa != PA_NONE) != !!(cell->record->flags & BP_CELL_HEALTH))
		violation(&audit->report, RULE_TREE_BULKHEAD, "%s: a directory is the health cell's alone",
			  cell->who);
}

/* "10.0.2.15" up to `end`: as a number. */
static bool ipv4(const char *text, char end, uint32_t *address, const char **behind)
{
	*address = 0;
	for (unsigned int part = 0; part < 4; part++) {
		char *after;
		const unsigned long number = strtoul(text, &after, 10);

		if (*text < '0' || *text > '9' || number > 255 || *after != (part < 3 ? '.' : end))
			return false;
		*address = *address << 8 | (uint32_t)number;
		text = after + 1;
	}
	*behind = text;
	return true;
}

static bool same_address(const struct tree *guest, const struct node *told, const struct tree *file,
			 const struct node *asked)
{
	const char *text = node_string(file, asked, "address"), *prefix;
	uint32_t address, due, bits;
	char *end;
	unsigned long have;

	if (!text)
		return !node_flag(guest, told, "address") && node_flag(file, asked, "dhcp");
	if (!ipv4(text, '/', &due, &prefix) || !node_u32(guest, told, "address", 0, &address) ||
	    !node_u32(guest, told, "address", 1, &bits))
		return false;
	have = strtoul(prefix, &end, 10);
	return end != prefix && !*end && address == due && bits == have;
}

static bool same_gateway(const struct tree *guest, const struct node *told, const struct tree *file,
			 const struct node *asked)
{
	const char *text = node_string(file, asked, "gateway"), *behind;
	uint32_t have = 0, due = 0;

	if (text && !ipv4(text, '\0', &due, &behind))
		return false;
	return node_u32(guest, told, "gateway", 0, &have) == !!text && have == due;
}

static bool same_port(const struct tree *guest, const struct node *told, const struct tree *file,
		      const struct node *asked, const char *name)
{
	uint32_t have = 0;
	uint64_t due = 0;
	const bool wanted = property_size(file, asked, name, &due);

	return node_u32(guest, told, name, 0, &have) == wanted && have == due;
}

/* "ADDRESS", "ADDRESS:PORT", with "/tcp" behind where that is another port's default. */
static bool same_server(const struct tree *guest, const struct node *told, const struct tree *file,
			const struct node *asked, const char *name, uint32_t port, uint32_t tcp_port)
{
	const char *text = node_string(file, asked, name), *behind;
	uint32_t address, due = 0, have;
	const bool tcp = text && tcp_port && strstr(text, "/tcp");
	char *end;

	if (!text)
		return !node_flag(guest, told, name);
	if (!ipv4(text, ':', &due, &behind)) {
		if (!ipv4(text, tcp ? '/' : '\0', &due, &behind) || (tcp && strcmp(behind, "tcp") != 0))
			return false;
		have = tcp ? tcp_port : port;
	} else {
		have = (uint32_t)strtoul(behind, &end, 10);
		if (end == behind || strcmp(end, tcp ? "/tcp" : "") != 0)
			return false;
	}
	return node_u32(guest, told, name, 0, &address) && address == due &&
	       node_u32(guest, told, name, 1, &port) && port == have;
}

/* By TCP, or not. */
static bool same_protocol(const struct tree *guest, const struct node *told, const struct tree *file,
			  const struct node *asked)
{
	const char *text = node_string(file, asked, "syslog");

	return node_flag(guest, told, "syslog-tcp") == (text && strstr(text, "/tcp"));
}

/* What the cell is told of its network is what the file's `net` says. */
static void net_check(struct audit *audit, const struct cell *cell)
{
	const struct tree *file = &audit->partition.tree, *guest = &cell->guest;
	const struct node *told = tree_path(guest, "/bulkhead/net"),
			  *asked = cell->asked ? partition_net(audit, cell->asked) : NULL;

	if (!told && !asked)
		return;
	if (!told || !asked || !node_compatible(guest, told, "bulkhead,net") ||
	    node_flag(guest, told, "dhcp") != node_flag(file, asked, "dhcp") ||
	    !same_address(guest, told, file, asked) || !same_gateway(guest, told, file, asked) ||
	    !same_port(guest, told, file, asked, "echo") || !same_port(guest, told, file, asked, "http") ||
	    !same_server(guest, told, file, asked, "ntp", 123, 0) ||
	    !same_server(guest, told, file, asked, "syslog", 514, 601) ||
	    !same_protocol(guest, told, file, asked))
		violation(&audit->report, RULE_TREE_BULKHEAD,
			  "%s: its tree's network isn't that of the file's net", cell->who);
}

/* The file of the key isn't in the image, so which key it is can't be compared. */
static void log_key_check(struct audit *audit, const struct cell *cell)
{
	const struct node *node = tree_path(&cell->guest, "/bulkhead");
	int asked_size, size = 0;
	const bool asked = cell->asked &&
			   node_property(&audit->partition.tree, cell->asked->node, "log-key", &asked_size),
		   told = node && node_property(&cell->guest, node, "log-key", &size);

	if (told != asked || (told && size != LOG_KEY_BYTES))
		violation(&audit->report, RULE_TREE_BULKHEAD,
			  "%s: its tree has %s, and the file says %slog-key", cell->who,
			  !told			  ? "no key of a log"
			  : size == LOG_KEY_BYTES ? "the key of a log"
						  : "a key of a log that is none",
			  asked ? "" : "no ");
}

/* [impl->swr~audit-tree-bulkhead~1] */
void rule_tree_bulkhead(struct audit *audit)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		if (!cell->known || !cell->guest.fdt)
			continue;
		identity_check(audit, cell);
		nodes_count(audit, cell);
		net_check(audit, cell);
		log_key_check(audit, cell);
		for (uint32_t i = 0; i < cell->record->channels.count; i++)
			channel_check(audit, cell, i);
	}
}
