// SPDX-License-Identifier: Apache-2.0
/*
 * fixture_pci.c - a PCI host with an inventory behind the fixture's SMMU and ITS, and what it asks of the
 * inputs.
 *
 * Two root ports. Below the first, which has ACS, a network function with two virtual ones: the gateway has
 * the physical function, the health cell the first virtual one. Below the second, which has none, a disk of
 * two functions, nobody's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture_pci.h"

struct fixture_pci made;

#define CONFIG_SIZE 0x200u
#define MEMORY_32   "0x40200"
#define MEMORY_64   "0x140204"
#define PREFETCH_64 "0x14220c"

static uint8_t config[PCI_FUNCTIONS][CONFIG_SIZE];

static void put(enum fixture_function function, unsigned int at, uint32_t value, unsigned int width)
{
	for (unsigned int i = 0; i < width; i++)
		config[function][at + i] = (uint8_t)(value >> 8 * i);
}

static void capability(enum fixture_function function, unsigned int at, unsigned int id, unsigned int next)
{
	put(function, at, id | next << 8, 2);
}

static void header(enum fixture_function function, uint32_t ids, uint32_t class, uint32_t type)
{
	put(function, 0x00, ids, 4);
	put(function, 0x04, 0x00100000, 4);
	put(function, 0x08, class, 4);
	put(function, 0x0e, type, 1);
	put(function, 0x34, 0x40, 1);
}

static void port_make(enum fixture_function port, uint32_t bus, bool acs)
{
	header(port, 0x000c1b36, 0x06040000, 1);
	put(port, 0x18, bus << 8 | bus << 16, 4);
	put(port, 0x24, 0x00010001, 4);
	capability(port, 0x40, 0x10, 0);
	put(port, 0x42, 0x0042, 2); /* root port, version 2 */
	if (acs) {
		put(port, 0x100, 0x0001000d, 4);
		put(port, 0x104, 0x005f, 2);
	}
}

/* Express, MSI-X and power management, as all the endpoints have them. */
static void endpoint_make(enum fixture_function function, uint32_t ids, uint32_t class, uint32_t msix)
{
	header(function, ids, class, 0);
	capability(function, 0x40, 0x10, 0x80);
	put(function, 0x42, 0x0002, 2);
	put(function, 0x44, 0x10008020, 4);
	capability(function, 0x80, 0x11, 0xa0);
	put(function, 0x82, msix, 2);
	put(function, 0x84, 2, 4);
	put(function, 0x88, 0x2002, 4);
	capability(function, 0xa0, 0x01, 0);
}

static void configs_make(void)
{
	memset(config, 0, sizeof(config));
	port_make(PORT_ACS, 1, true);
	port_make(PORT_PLAIN, 2, false);
	endpoint_make(NIC, 0x10c98086, 0x02000001, 2);
	put(NIC, 0x0e, 0x80, 1);
	put(NIC, 0x100, 0x00010010, 4); /* SR-IOV */
	put(NIC, 0x10c, 2 | 2u << 16, 4);
	put(NIC, 0x114, 0x80 | 2u << 16, 4);
	put(NIC, 0x118, 0x10ca0000, 4);
	for (enum fixture_function vf = VF0; vf <= VF1; vf++)
		endpoint_make(vf, 0xffffffff, 0x02000001, 1);
	endpoint_make(DISK, 0x00101b36, 0x01080202, 3);
	endpoint_make(DISK_TWIN, 0x00111b36, 0x01080202, 3);
}

static char *function_text(char *at, enum fixture_function function, const char *address,
			   const char *resources)
{
	uint32_t ids, class;

	memcpy(&ids, config[function], 4);
	memcpy(&class, config[function] + 8, 4);
	at += sprintf(at,
		      "function@%d { address = \"%s\"; vendor = <0x%x>; device = <0x%x>; class = <0x%x>; "
		      "revision = <0x%x>;\n resources = /bits/ 64 <%s>;\n config = [",
		      function, address, ids & 0xffff, ids >> 16, class >> 8, class & 0xff, resources);
	for (size_t i = 0; i < CONFIG_SIZE; i++)
		at += sprintf(at, "%02x", config[function][i]);
	return at + sprintf(at, "]; };\n");
}

#define NO " 0 0 0"
static char *inventory_text(void)
{
	char *text = malloc(PCI_FUNCTIONS * (CONFIG_SIZE * 2 + 1024)), *at = text;

	configs_make();
	at += sprintf(at, "/dts-v1/; / { compatible = \"bulkhead,pci-v1\";\n");
	at = function_text(at, PORT_ACS, "0000:00:01.0", NO NO NO NO NO NO NO);
	at = function_text(at, PORT_PLAIN, "0000:00:02.0", NO NO NO NO NO NO NO);
	at = function_text(at, NIC, "0000:01:00.0",
			   "0 0x4000 " MEMORY_32 NO " 0 0x4000 " MEMORY_64 NO NO NO NO
			   " 0 0x2000 " PREFETCH_64 NO NO NO NO NO);
	at = function_text(at, VF0, "0000:01:10.0", NO NO NO NO NO NO NO);
	at = function_text(at, VF1, "0000:01:10.2", NO NO NO NO NO NO NO);
	at = function_text(at, DISK, "0000:02:00.0", "0 0x4000 " PREFETCH_64 NO NO NO NO NO NO);
	at = function_text(at, DISK_TWIN, "0000:02:00.1", "0 0x4000 " PREFETCH_64 NO NO NO NO NO NO);
	sprintf(at, "};\n");
	return text;
}

void fixture_pci_inputs(struct fixture *fixture)
{
	fixture->pci_text = inventory_text();
	fixture_replace(&fixture->board_text, "its@8080000 {", "its@8080000 { phandle = <7>;");
	fixture_replace(&fixture->board_text, "smmuv3@9050000 {", "smmuv3@9050000 { phandle = <6>;");
	fixture_replace(&fixture->board_text, " interrupts = <0 74 1>;",
			" interrupts = <0 74 1>, <0 77 1>; interrupt-names = \"eventq\", \"gerror\";");
	fixture_replace(
		&fixture->board_text, "flash@0 {",
		"pcie@4010000000 { compatible = \"pci-host-ecam-generic\"; device_type = \"pci\"; "
		"#address-cells = <3>; #size-cells = <2>;\n"
		" reg = <0x40 0x10000000 0 0x400000>; bus-range = <0 3>; dma-coherent;\n"
		" ranges = <0x2000000 0 0x10000000 0 0x10000000 0 0x1000000>, <0x3000000 0x80 0 0x80 0 0 "
		"0x40000000>;\n"
		" iommu-map = <0 6 0 0x10000>; msi-map = <0 7 0 0x10000>; };\n"
		"flash@0 {");
	fixture_replace(&fixture->machine_text, "smmu {",
			"pci-names { nic = \"0000:01:00.0\"; disk = \"0000:02:00.0\"; twin = "
			"\"0000:02:00.1\"; };\nsmmu {");
}

void fixture_pci_asked(struct fixture *fixture)
{
	fixture_pci_inputs(fixture);
	fixture_replace(&fixture->partition_text, "image = \"health.elf\";",
			"image = \"health.elf\"; pci = \"nic.vf0\"; msis = <1>;");
	fixture_replace(&fixture->partition_text,
			"boot-timeout = ", "pci = \"nic\"; msis = <2>; boot-timeout = ");
}

void fixture_pci_made(struct fixture *fixture)
{
	fixture_pci_asked(fixture);
	fixture_streams(fixture);
	fixture_messages(fixture);
	fixture_space(fixture);
}
