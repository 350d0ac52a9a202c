/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.c - `net`: the health cell's network, which its guest tree tells it (tree_own.c). Called by plan_read.
 */
#include "front.h"

#include <libfdt.h>
#include <string.h>

#include "text.h"

#define PREFIX_MOST	30u /* a longer one has no hosts beside the network's own addresses */
#define PORT_MOST	65535u
#define CLASS_NETWORK	0x02u
#define OF_CLASS(class) ((class) >> 16)
/* First parts of addresses that no host has: RFC 1122, 3.2.1.3. */
#define THIS_NETWORK 0u
#define LOOPBACK     127u
#define MULTICAST    224u

/* Four numbers with dots between; leading zeroes, which some read as octal, are none. */
static bool read_address(const char *text, size_t length, uint32_t *address)
{
	size_t at = 0;

	*address = 0;
	for (unsigned int part = 0; part < 4; part++) {
		const size_t first = at;
		uint32_t number = 0;

		if (part && (at == length || text[at] != '.'))
			return false;
		at += part > 0;
		for (; at < length && text[at] >= '0' && text[at] <= '9' && number < 256; at++)
			number = number * 10 + (uint32_t)(text[at] - '0');
		if (at == first + (part > 0) || number > 255 || (text[first + (part > 0)] == '0' && number) ||
		    (!number && at != first + (part > 0) + 1))
			return false;
		*address = *address << 8 | number;
	}
	return at == length;
}

static uint32_t host_part(uint32_t address, uint32_t prefix)
{
	return address & (UINT32_MAX >> prefix);
}

/* Why no host can have the address; NULL: one can. */
static const char *why_no_host(uint32_t address, uint32_t prefix)
{
	const uint32_t first = address >> 24;

	if (first == THIS_NETWORK || first == LOOPBACK || first >= MULTICAST)
		return "is of no network of hosts";
	if (!host_part(address, prefix))
		return "is the network itself";
	if (host_part(address, prefix) == UINT32_MAX >> prefix)
		return "is the network's broadcast address";
	return NULL;
}

static bool read_own(const struct front *front, int node, struct plan_net *net)
{
	const struct place at = front_place(front, node, "address");
	const char *text, *slash, *why;
	uint64_t prefix;

	if (!value_text(front, node, "address", &text))
		return false;
	slash = strchr(text, '/');
	if (!slash || !read_address(text, (size_t)(slash - text), &net->address) ||
	    !text_number(slash + 1, &prefix)) {
		diag_error(at, "'%s' is no IPv4 address with its prefix, such as \"10.0.2.15/24\"", text);
		return false;
	}
	if (prefix < 1 || prefix > PREFIX_MOST) {
		diag_error(at, "the prefix of '%s' isn't 1 to %u", text, PREFIX_MOST);
		return false;
	}
	net->prefix = (uint32_t)prefix;
	why = why_no_host(net->address, net->prefix);
	if (why)
		diag_error(at, "'%s' %s: no host can have it", text, why);
	return !why;
}

static void read_gateway(const struct front *front, int node, bool own, struct plan_net *net)
{
	const struct place at = front_place(front, node, "gateway");
	const char *text, *why;

	if (!value_text(front, node, "gateway", &text))
		return;
	if (net->dhcp)
		diag_error(at, "the gateway comes by DHCP: leave 'gateway' out, or 'dhcp'");
	else if (!read_address(text, strlen(text), &net->gateway))
		diag_error(at, "'%s' is no IPv4 address, such as \"10.0.2.2\"", text);
	else if (own && (net->gateway ^ net->address) >> (32 - net->prefix)) {
		diag_error(at, "the gateway %s isn't in the cell's network", text);
		diag_note(front_place(front, node, "address"), "which is that of %s/%u",
			  text_ipv4(net->address), net->prefix);
	} else if (own && net->gateway == net->address) {
		diag_error(at, "the gateway is the cell's own address");
	} else if (own) {
		why = why_no_host(net->gateway, net->prefix);
		if (why)
			diag_error(at, "'%s' %s: no gateway can have it", text, why);
	}
}

static uint32_t read_port(const struct front *front, int node, const char *name, const char *protocol)
{
	uint64_t port;

	if (!value_number(front, node, name, &port))
		return 0;
	if (port < 1 || port > PORT_MOST)
		diag_error(front_place(front, node, name), "'%s' is a %s port, 1 to %u", name, protocol,
			   PORT_MOST);
	return (uint32_t)port;
}

/* One of its PCI functions must be a NIC; where none of those named is known, that has been said. */
static void need_function(const struct front *front, size_t cell, int node)
{
	const struct pci_inventory *const inventory = &front->plan->board.pci;
	size_t own = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct pci_function *const function = &inventory->at[i];

		if (function->owner != (int)cell)
			continue;
		own++;
		if (OF_CLASS(function->class) == CLASS_NETWORK)
			return;
	}
	if (own || !value_present(front, front->cell_nodes[cell], "pci"))
		diag_error(front_place(front, node, NULL),
			   "cell '%s' has no network function: name one in 'pci'",
			   front->plan->cells[cell].name);
}

static void read_net(const struct front *front, size_t cell, int node)
{
	struct plan_net *const net = &front->plan->cells[cell].net;
	const bool address = value_present(front, node, "address");
	bool own = false;

	net->dhcp = value_flag(front, node, "dhcp");
	if (net->dhcp && address) {
		diag_error(front_place(front, node, "address"),
			   "the address comes by DHCP: leave 'address' out, or 'dhcp'");
		diag_note(front_place(front, node, "dhcp"), "'dhcp' is here");
	} else if (address) {
		own = read_own(front, node, net);
	} else if (!value_present(front, node, "dhcp")) {
		diag_error(front_place(front, node, NULL),
			   "'net' has no address: address = \"10.0.2.15/24\", say, or dhcp");
	}
	read_gateway(front, node, own, net);
	net->echo = read_port(front, node, "echo", "UDP");
	net->http = read_port(front, node, "http", "TCP");
	need_function(front, cell, node);
	net->wanted = true;
}

/* [impl->swr~config-net~1] */
void net_read(struct front *front)
{
	struct plan *const plan = front->plan;

	for (size_t i = 0; i < plan->cell_count; i++) {
		const int node = fdt_subnode_offset(front->source.tree.data, front->cell_nodes[i], "net");

		if (node < 0)
			continue;
		if (plan->cells[i].flags & BP_CELL_HEALTH)
			read_net(front, i, node);
		else
			diag_error(front_place(front, node, NULL),
				   "'net' is the health cell's alone, and cell '%s' isn't it",
				   plan->cells[i].name);
	}
}
