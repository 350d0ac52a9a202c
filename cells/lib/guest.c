// SPDX-License-Identifier: Apache-2.0
/*
 * guest.c - reads the guest tree into struct guest. Portable: the host's tests run it on trees made by
 * dtc. Nothing of a board is known here: addresses and interrupt numbers are what the tree says.
 */
#include "guest.h"

#include <string.h>

#include <libfdt.h>

#define GIC_SPI		    0u
#define GIC_PPI		    1u
#define TIMER_VIRTUAL	    2 /* bindings/timer/arm,arch_timer: secure, non-secure, virtual, hypervisor */
#define TRIGGER_EDGE_RISING 1u
#define GICR_BYTES	    UINT64_C(0x20000) /* GICv3 without virtual LPIs: two 64 KiB frames */
#define PCI_ADDRESS_CELLS   3		      /* IEEE 1275 PCI bus binding */
#define PCI_SIZE_CELLS	    2
#define MPIDR_MASK	    UINT64_C(0xff00ffffff)

static uint64_t number(const fdt32_t *cell, int cells)
{
	uint64_t value = 0;

	while (cells-- > 0)
		value = value << 32 | fdt32_to_cpu(*cell++);
	return value;
}

static uint32_t word(const void *tree, int node, const char *name, uint32_t otherwise)
{
	int size;
	const fdt32_t *cell = fdt_getprop(tree, node, name, &size);

	return cell && size >= 4 ? fdt32_to_cpu(*cell) : otherwise;
}

/* Entry `n` of a node's reg. */
static bool reg(const void *tree, int node, int n, struct range *range)
{
	const int parent = fdt_parent_offset(tree, node);
	const int address = fdt_address_cells(tree, parent), length = fdt_size_cells(tree, parent);
	int size;
	const fdt32_t *cell = fdt_getprop(tree, node, "reg", &size);

	if (!cell || address < 0 || length < 0 || size / 4 < (n + 1) * (address + length))
		return false;
	cell += n * (address + length);
	range->base = number(cell, address);
	range->size = number(cell + address, length);
	return true;
}

/* INTID of entry `n` of a node's interrupts, which are all the GIC's; 0: there is none. */
static uint32_t interrupt(const void *tree, int gic, int node, int n, bool *edge)
{
	const uint32_t cells = word(tree, gic, "#interrupt-cells", 3);
	int size;
	const fdt32_t *cell = fdt_getprop(tree, node, "interrupts", &size);

	if (!cell || cells < 3 || size / 4 < (n + 1) * (int)cells)
		return 0;
	cell += n * (int)cells;
	if (edge)
		*edge = fdt32_to_cpu(cell[2]) == TRIGGER_EDGE_RISING;
	switch (fdt32_to_cpu(cell[0])) {
	case GIC_SPI:
		return fdt32_to_cpu(cell[1]) + 32;
	case GIC_PPI:
		return fdt32_to_cpu(cell[1]) + 16;
	default:
		return 0;
	}
}

static void text(const void *tree, int node, const char *name, char *to)
{
	int size;
	const char *from = fdt_getprop(tree, node, name, &size);
	int i = 0;

	for (; from && i < size && i < GUEST_NAME_MAX - 1 && from[i]; i++)
		to[i] = from[i];
	to[i] = 0;
}

static bool type_is(const void *tree, int node, const char *type)
{
	const char *is = fdt_getprop(tree, node, "device_type", NULL);

	return is && strcmp(is, type) == 0;
}

static const char *read_memory(struct guest *guest)
{
	const void *tree = guest->tree;
	int node;

	for (node = fdt_first_subnode(tree, 0); node >= 0; node = fdt_next_subnode(tree, node)) {
		if (!type_is(tree, node, "memory"))
			continue;
		for (int n = 0; guest->ram_count < CELL_REGIONS_MAX; n++) {
			if (!reg(tree, node, n, &guest->ram[guest->ram_count]))
				break;
			guest->ram_count++;
		}
	}
	return guest->ram_count ? NULL : "the guest tree has no memory";
}

static const char *read_cpus(struct guest *guest)
{
	const void *tree = guest->tree;
	const int cpus = fdt_path_offset(tree, "/cpus");
	struct range range;
	int node;

	if (cpus < 0)
		return "the guest tree has no /cpus";
	for (node = fdt_first_subnode(tree, cpus); node >= 0; node = fdt_next_subnode(tree, node))
		if (type_is(tree, node, "cpu") && guest->core_count < CELL_CORES_MAX &&
		    reg(tree, node, 0, &range))
			guest->mpidr[guest->core_count++] = range.base & MPIDR_MASK;
	return guest->core_count ? NULL : "the guest tree has no core";
}

static const char *read_gic(struct guest *guest, int *gic)
{
	const void *tree = guest->tree;
	uint32_t regions;

	*gic = fdt_node_offset_by_compatible(tree, -1, "arm,gic-v3");
	if (*gic < 0 || !reg(tree, *gic, 0, &guest->gicd))
		return "the guest tree has no GICv3";
	regions = word(tree, *gic, "#redistributor-regions", 1);
	for (uint32_t i = 0; i < regions && i < CELL_REGIONS_MAX; i++)
		if (reg(tree, *gic, 1 + (int)i, &guest->gicr[i]))
			guest->gicr_count++;
	if (fdt_getprop(tree, *gic, "redistributor-stride", NULL)) {
		int size;
		const fdt32_t *cell = fdt_getprop(tree, *gic, "redistributor-stride", &size);

		guest->gicr_stride = number(cell, size / 4);
	}
	if (!guest->gicr_stride)
		guest->gicr_stride = GICR_BYTES;
	return guest->gicr_count ? NULL : "the guest tree has no redistributor";
}

/* stdout-path is a path or an alias, with options after a colon. */
static void read_console(struct guest *guest, int gic)
{
	const void *tree = guest->tree;
	const int chosen = fdt_path_offset(tree, "/chosen");
	const char *path, *end;
	int size, node;

	guest->bootargs = "";
	if (chosen < 0)
		return;
	path = fdt_getprop(tree, chosen, "bootargs", &size);
	if (path && size > 0 && path[size - 1] == 0)
		guest->bootargs = path;
	path = fdt_getprop(tree, chosen, "stdout-path", &size);
	if (!path || size < 1)
		return;
	for (end = path; end < path + size && *end && *end != ':'; end++)
		;
	node = fdt_path_offset_namelen(tree, path, (int)(end - path));
	if (node < 0 || fdt_node_check_compatible(tree, node, "arm,pl011") != 0)
		return;
	if (reg(tree, node, 0, &guest->uart))
		guest->uart_intid = interrupt(tree, gic, node, 0, &guest->uart_edge);
}

static void read_channel(struct guest *guest, int gic, int node)
{
	const void *tree = guest->tree;
	struct guest_channel *channel = &guest->channels[guest->channel_count];
	struct range range;

	if (guest->channel_count == CELL_CHANNELS_MAX || !reg(tree, node, 0, &range))
		return;
	text(tree, node, "channel-name", channel->name);
	channel->ipa = range.base;
	channel->size = range.size;
	channel->index = word(tree, node, "channel-index", 0);
	channel->intid = interrupt(tree, gic, node, 0, NULL);
	channel->writes = fdt_getprop(tree, node, "writes", NULL) != NULL;
	channel->reads = fdt_getprop(tree, node, "reads", NULL) != NULL;
	channel->doorbell = fdt_getprop(tree, node, "doorbell", NULL) != NULL;
	channel->resets = fdt_getprop(tree, node, "update-reset", NULL) != NULL;
	channel->resetter = word(tree, node, "update-reset", 0);
	guest->channel_count++;
}

static void read_server(const void *tree, int node, const char *name, struct guest_server *server)
{
	int size;
	const fdt32_t *place = fdt_getprop(tree, node, name, &size);

	if (!place || size != 8)
		return;
	server->address = fdt32_ld(place);
	server->port = fdt32_ld(place + 1);
}

/* Two cells: the IPv4 address and its prefix. */
static void read_net(struct guest *guest, int node)
{
	const void *tree = guest->tree;
	int size;
	const fdt32_t *address = fdt_getprop(tree, node, "address", &size);
	struct guest_net *net = &guest->net;

	net->dhcp = fdt_getprop(tree, node, "dhcp", NULL) != NULL;
	if (address && size == 8) {
		net->address = fdt32_ld(address);
		net->prefix = fdt32_ld(address + 1);
	}
	net->wanted = net->dhcp || (net->address && net->prefix <= 32);
	net->gateway = word(tree, node, "gateway", 0);
	net->echo = word(tree, node, "echo", 0);
	net->http = word(tree, node, "http", 0);
	read_server(tree, node, "ntp", &net->ntp);
	read_server(tree, node, "syslog", &net->syslog);
	net->syslog.tcp = fdt_getprop(tree, node, "syslog-tcp", NULL) != NULL;
}

/* A row of `ranges`: three cells of a bus address, the CPUs' address, two of a size. */
static void read_windows(struct guest_pci *pci, const void *tree, int node)
{
	const int address = fdt_address_cells(tree, fdt_parent_offset(tree, node));
	const int row = PCI_ADDRESS_CELLS + address + PCI_SIZE_CELLS;
	int size;
	const fdt32_t *cell = fdt_getprop(tree, node, "ranges", &size);

	for (; cell && address > 0 && size / 4 >= row && pci->window_count < CELL_WINDOWS_MAX;
	     cell += row, size -= row * 4)
		pci->windows[pci->window_count++] = (struct guest_window){
			.bus = number(cell + 1, PCI_ADDRESS_CELLS - 1),
			.base = number(cell + PCI_ADDRESS_CELLS, address),
			.size = number(cell + PCI_ADDRESS_CELLS + address, PCI_SIZE_CELLS),
		};
}

static void read_pci(struct guest *guest)
{
	const void *tree = guest->tree;
	const int host = fdt_node_offset_by_compatible(tree, -1, "pci-host-ecam-generic");
	const int frame = fdt_node_offset_by_compatible(tree, -1, "arm,gic-v2m-frame");

	if (host < 0 || !reg(tree, host, 0, &guest->pci.ecam))
		return;
	read_windows(&guest->pci, tree, host);
	if (frame < 0 || !reg(tree, frame, 0, &guest->pci.frame))
		return;
	guest->pci.intid_first = word(tree, frame, "arm,msi-base-spi", 0);
	guest->pci.intid_count = word(tree, frame, "arm,msi-num-spis", 0);
}

static uint64_t word64(const void *tree, int node, const char *name)
{
	int size;
	const fdt64_t *value = fdt_getprop(tree, node, name, &size);

	return value && size == 8 ? fdt64_ld(value) : 0;
}

/* Of several such nodes the one of which Bulkhead says something. */
static int boot_node(const void *tree, const char *compatible)
{
	int node = fdt_node_offset_by_compatible(tree, -1, compatible);

	while (node >= 0 && !fdt_getprop(tree, node, "bulkhead,boot-state", NULL))
		node = fdt_node_offset_by_compatible(tree, node, compatible);
	return node;
}

static bool read_boot_flash(const void *tree, int node, struct guest_boot *boot)
{
	boot->bank_width = word(tree, node, "bank-width", 0);
	return reg(tree, node, 0, &boot->bank);
}

static bool read_boot_spi(const void *tree, int node, struct guest_boot *boot)
{
	boot->chip = word(tree, node, "reg", UINT32_MAX);
	return reg(tree, fdt_parent_offset(tree, node), 0, &boot->bank);
}

static bool read_boot_emmc(const void *tree, int node, struct guest_boot *boot)
{
	boot->function = word(tree, node, "function", UINT32_MAX);
	boot->partition = word(tree, node, "partition", 0);
	return true;
}

/* What Bulkhead says of where it is, by the node of the medium; false: nothing. */
static bool read_boot_places(const void *tree, int node, struct guest_boot *boot)
{
	int size = 0;
	const fdt32_t *copies = fdt_getprop(tree, node, "bulkhead,boot-state", &size);

	if (!copies || size != 8)
		return false;
	boot->copies[0] = fdt32_ld(copies);
	boot->copies[1] = fdt32_ld(copies + 1);
	boot->identity = word(tree, node, "bulkhead,identity", 0);
	boot->erase_block = word(tree, node, "bulkhead,erase-block", 0);
	boot->confirm_after_ns = word64(tree, node, "bulkhead,confirm-after-ns");
	boot->confirm_within_ns = word64(tree, node, "bulkhead,confirm-within-ns");
	return true;
}

/* The board's node of the flash, with the registers that the cell has; or one of our own. */
static void read_boot(struct guest *guest)
{
	static const struct {
		const char *compatible;
		enum guest_medium medium;
		bool (*read)(const void *tree, int node, struct guest_boot *boot);
	} media[] = {{"cfi-flash", GUEST_MEDIUM_CFI, read_boot_flash},
		     {"jedec,spi-nor", GUEST_MEDIUM_SPI_NOR, read_boot_spi},
		     {"bulkhead,emmc-boot-state", GUEST_MEDIUM_EMMC, read_boot_emmc}};
	const void *tree = guest->tree;

	for (uint32_t i = 0; i < sizeof(media) / sizeof(media[0]); i++) {
		const int node = boot_node(tree, media[i].compatible);
		struct guest_boot boot = {.medium = media[i].medium};

		if (node < 0 || !media[i].read(tree, node, &boot) || !read_boot_places(tree, node, &boot))
			continue;
		guest->boot = boot;
		return;
	}
}

static void read_bulkhead(struct guest *guest, int gic)
{
	const void *tree = guest->tree;
	const int bulkhead = fdt_path_offset(tree, "/bulkhead");
	int node, size;

	if (bulkhead < 0)
		return;
	text(tree, bulkhead, "cell-name", guest->name);
	guest->index = word(tree, bulkhead, "cell-index", 0);
	guest->log_key = fdt_getprop(tree, bulkhead, "log-key", &size);
	if (size != GUEST_LOG_KEY_BYTES)
		guest->log_key = NULL;
	for (node = fdt_first_subnode(tree, bulkhead); node >= 0; node = fdt_next_subnode(tree, node)) {
		if (fdt_node_check_compatible(tree, node, "bulkhead,heartbeat") == 0) {
			if (reg(tree, node, 0, &guest->heartbeat))
				guest->heartbeat_us = word(tree, node, "period-us", 0);
		} else if (fdt_node_check_compatible(tree, node, "bulkhead,directory") == 0) {
			reg(tree, node, 0, &guest->directory);
		} else if (fdt_node_check_compatible(tree, node, "bulkhead,channel") == 0) {
			read_channel(guest, gic, node);
		} else if (fdt_node_check_compatible(tree, node, "bulkhead,net") == 0) {
			read_net(guest, node);
		}
	}
}

const char *guest_read(struct guest *guest, const void *tree)
{
	const char *wrong;
	int gic, timer;

	memset(guest, 0, sizeof(*guest));
	if (fdt_check_header(tree) != 0)
		return "x0 does not point to a flattened device tree";
	guest->tree = tree;
	guest->tree_size = fdt_totalsize(tree);
	if ((wrong = read_memory(guest)) || (wrong = read_cpus(guest)) || (wrong = read_gic(guest, &gic)))
		return wrong;
	timer = fdt_node_offset_by_compatible(tree, -1, "arm,armv8-timer");
	if (timer >= 0)
		guest->timer_intid = interrupt(tree, gic, timer, TIMER_VIRTUAL, NULL);
	if (!guest->timer_intid)
		return "the guest tree has no virtual timer";
	read_console(guest, gic);
	read_pci(guest);
	read_boot(guest);
	read_bulkhead(guest, gic);
	return NULL;
}

const struct guest_channel *guest_channel_find(const struct guest *guest, const char *name)
{
	for (uint32_t i = 0; i < guest->channel_count; i++)
		if (strcmp(guest->channels[i].name, name) == 0)
			return &guest->channels[i];
	return NULL;
}
