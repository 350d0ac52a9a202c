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

struct server_form {
	const char *name, *example;
	uint32_t port, tcp_port; /* where the file names none; tcp_port 0: it is UDP's alone */
};

/* ":PORT" and "/tcp", in this order; each may be missing. */
static bool read_server_text(const char *text, const struct server_form *form, struct plan_server *server)
{
	const size_t address = strcspn(text, ":/");
	const char *at = text + address, *slash = strchr(at, '/');
	uint64_t port;

	server->tcp = slash && form->tcp_port && !strcmp(slash, "/tcp");
	server->port = server->tcp ? form->tcp_port : form->port;
	if ((slash && !server->tcp) || !read_address(text, address, &server->address))
		return false;
	if (*at != ':')
		return true;
	if (!text_number(
		    text_format("%.*s", (int)(slash ? slash - at - 1 : (ptrdiff_t)strlen(at + 1)), at + 1),
		    &port) ||
	    port < 1 || port > PORT_MOST)
		return false;
	server->port = (uint32_t)port;
	return true;
}

static struct plan_server read_server(const struct front *front, int node, const struct server_form *form,
				      bool own, const struct plan_net *net)
{
	const struct place at = front_place(front, node, form->name);
	const char *text;
	struct plan_server server = {0};

	if (!value_text(front, node, form->name, &text))
		return server;
	if (!read_server_text(text, form, &server)) {
		diag_error(at, "'%s' is no server, such as %s", text, form->example);
	} else if (own && server.address == net->address) {
		diag_error(at, "the server %s is the cell itself", text_ipv4(server.address));
	} else if (own && !net->gateway && (server.address ^ net->address) >> (32 - net->prefix)) {
		diag_error(at, "the server %s isn't in the cell's network, and 'net' has no gateway",
			   text_ipv4(server.address));
		diag_note(front_place(front, node, "address"), "its network is that of %s/%u",
			  text_ipv4(net->address), net->prefix);
	}
	return server;
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
	static const struct server_form ntp = {"ntp", "\"10.0.2.2\" or \"10.0.2.2:123\"", 123, 0};
	static const struct server_form syslog = {
		"syslog", "\"10.0.2.2\", \"10.0.2.2:514\" or \"10.0.2.2:601/tcp\"", 514, 601};
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
	net->ntp = read_server(front, node, &ntp, own, net);
	net->syslog = read_server(front, node, &syslog, own, net);
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
