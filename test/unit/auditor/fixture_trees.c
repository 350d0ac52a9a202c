// SPDX-License-Identifier: Apache-2.0
/*
 * fixture_trees.c - the fixture's board, machine facts, partition file and guest trees, as text; dtc
 * compiles them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

#define GIC_HEAD                                                                                             \
	"interrupt-parent = <1>; #address-cells = <2>; #size-cells = <2>;\n"                                 \
	"gic: intc@8000000 { phandle = <1>; compatible = \"arm,gic-v3\"; interrupt-controller;\n"            \
	" #interrupt-cells = <3>; #address-cells = <2>; #size-cells = <2>; ranges;\n"
#define TIMER                                                                                                \
	"timer { compatible = \"arm,armv8-timer\"; interrupts = <1 13 4>, <1 14 4>, <1 11 4>, <1 10 4>; "    \
	"};\n"
#define CPU(n)                                                                                               \
	"cpu@" #n                                                                                            \
	" { device_type = \"cpu\"; compatible = \"arm,cortex-a72\"; enable-method = \"psci\"; reg = <" #n    \
	"> ; };\n"
#define CPUS(list) "cpus { #address-cells = <1>; #size-cells = <0>; " list " };\n"
#define PSCI	   "psci { compatible = \"arm,psci-1.0\"; method = \"hvc\"; };\n"
#define BULKHEAD(name, index)                                                                                \
	"bulkhead { compatible = \"bulkhead,cell-v1\"; cell-name = \"" name "\"; cell-index = <" #index      \
	">;\n"                                                                                               \
	" #address-cells = <2>; #size-cells = <2>; ranges;\n"
#define SERIAL(spi)                                                                                          \
	"serial@b800000 { compatible = \"arm,pl011\", \"arm,primecell\"; reg = <0 0xb800000 0 0x1000>;\n"    \
	" interrupts = <0 " #spi " 1>; };\n"

static const char board_text[] =
	"/dts-v1/; / {\n" GIC_HEAD
	" reg = <0 0x8000000 0 0x10000>, <0 0x80a0000 0 0x80000>; interrupts = <1 9 4>;\n"
	" its@8080000 { compatible = \"arm,gic-v3-its\"; reg = <0 0x8080000 0 0x20000>; msi-controller; };\n"
	"};\n" TIMER
	"pmu { compatible = \"arm,armv8-pmuv3\"; interrupts = <1 7 4>; };\n" CPUS(CPU(0) CPU(1) CPU(2) CPU(
		3)) "aliases { serial0 = \"/uart@9000000\"; };\n"
		    "chosen { stdout-path = \"serial0:115200\"; };\n"
		    "memory@40000000 { device_type = \"memory\"; reg = <0 0x40000000 0 0x10000000>; };\n"
		    "reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;\n"
		    " firmware@4fe00000 { reg = <0 0x4fe00000 0 0x200000>; no-map; }; };\n"
		    "uart@9000000 { compatible = \"arm,pl011\", \"arm,primecell\"; reg = <0 0x9000000 0 "
		    "0x1000>; interrupts = <0 1 4>; };\n"
		    "rtc@9010000 { compatible = \"arm,pl031\", \"arm,primecell\"; reg = <0 0x9010000 0 "
		    "0x1000>; interrupts = <0 2 4>; clocks = <5 7>; resets = <5 1>; };\n"
		    "cru@90a0000 { phandle = <5>; compatible = \"acme,cru\"; #clock-cells = <1>; "
		    "#reset-cells = <1>; reg = <0 0x90a0000 0 0x1000>; };\n"
		    "fw-cfg@9020000 { compatible = \"qemu,fw-cfg-mmio\"; reg = <0 0x9020000 0 0x18>; };\n"
		    "gpio@9030000 { compatible = \"arm,pl061\"; reg = <0 0x9030000 0 0x1000>; interrupts = "
		    "<0 7 4>; };\n"
		    "smmuv3@9050000 { compatible = \"arm,smmu-v3\"; #iommu-cells = <1>; reg = <0 0x9050000 0 "
		    "0x20000>;\n"
		    " interrupts = <0 74 1>; };\n"
		    "watchdog@9080000 { compatible = \"arm,sbsa-gwdt\"; reg = <0 0x9080000 0 0x1000>; "
		    "interrupts = <0 20 4>; };\n"
		    "virtio_mmio@a000000 { compatible = \"virtio,mmio\"; reg = <0 0xa000000 0 0x200>; "
		    "interrupts = <0 16 1>; };\n"
		    "flash@0 { compatible = \"cfi-flash\"; reg = <0 0 0 0x4000000>; };\n"
		    "};\n";

static const char machine_text[] =
	"/dts-v1/; / { compatible = \"bulkhead,machine-v1\"; board = \"fixture\";\n"
	"loader { staging = /bits/ 64 <0x40000000 0x8000000>; forbidden = /bits/ 64 <0x4f000000 0xe00000>; "
	"crash-audit = /bits/ 64 <0x4eff0000 0x10000>; "
	"};\n"
	"cpu { pa-bits = <40>; };\n"
	"gic { spi-count = <256>; id-bits = <10>; list-registers = <4>; free-spis = <192 64>; "
	"redistributor-frames = <4>; };\n"
	"smmu { idr0 = <0 0>; }; };\n";

static const char partition_text[] =
	"/dts-v1/; / { compatible = \"bulkhead,partitions-v1\"; board = \"fixture\";\n"
	"shared-read-only = \"cru 3=1000000 7=32768\"; cells {\n"
	"health { role = \"health\"; cpus = <0>; memory = \"2M\"; image = \"health.elf\"; };\n"
	"control { cpus = <1>; memory = \"2M\"; ram-base = \"0x40000000\"; image = \"control.bin\"; load = "
	"\"0x40000000\";\n"
	" entry = \"0x40000010\"; interrupts = \"direct\"; heartbeat = \"10ms\"; essential;\n"
	" faults { restart-window = \"3/60s\"; memory-violation = \"stop\"; }; };\n"
	"gateway { cpus = <2 3>; memory = \"8M@0x4a800000\", \"1M@0x4a600000\"; keep = \"1M\"; kernel = "
	"\"Image\";\n"
	" initrd = \"initrd.gz\"; bootargs = \"quiet\"; devices = \"rest\", \"-gpio\"; boot-timeout = "
	"\"60s\"; };\n"
	"};\n"
	"channels { setpoints { from = \"gateway\"; to = \"control\"; size = \"8K\"; doorbell; };\n"
	" both { between = \"control\", \"gateway\"; size = \"4K\"; doorbell; }; };\n"
	"faults { default = \"restart\"; serror = \"log\"; restart-window = \"5/300s\"; restart-limit = "
	"\"stop\"; };\n"
	"};\n";

static const char *const guest_texts[CELLS] = {
	"/dts-v1/; / {\n" GIC_HEAD
	" reg = <0 0x8000000 0 0x10000>, <0 0x80a0000 0 0x20000>; };\n" TIMER PSCI CPUS(
		CPU(0)) "memory@4a000000 { device_type = \"memory\"; reg = <0 0x4a000000 0 0x200000>; };\n"
			"uart@9000000 { compatible = \"arm,pl011\", \"arm,primecell\"; reg = <0 0x9000000 0 "
			"0x1000>; interrupts = <0 1 4>; };\n" BULKHEAD(
				"health", 0) "heartbeat@b000000 { compatible = \"bulkhead,heartbeat\"; reg = "
					     "<0 0xb000000 0 0x1000>; };\n"
					     "directory@b010000 { compatible = \"bulkhead,directory\"; reg = "
					     "<0 0xb010000 0 0x1000>; };\n"
					     "}; };\n",

	"/dts-v1/; / {\n" GIC_HEAD
	" reg = <0 0x8000000 0 0x10000>, <0 0x80c0000 0 0x20000>; };\n" TIMER PSCI CPUS(
		CPU(1)) "memory@40000000 { device_type = \"memory\"; reg = <0 0x40000000 0 0x200000>; "
			"};\n" SERIAL(192) BULKHEAD(
				"control",
				1) "heartbeat@b000000 { compatible = \"bulkhead,heartbeat\"; reg = <0 "
				   "0xb000000 0 0x1000>; period-us = <10000>; };\n"
				   "channel@b010000 { compatible = \"bulkhead,channel\"; channel-name = "
				   "\"setpoints\"; channel-index = <0>; reads;\n"
				   " reg = <0 0xb010000 0 0x2000>; interrupts = <0 194 1>; };\n"
				   "channel@b020000 { compatible = \"bulkhead,channel\"; channel-name = "
				   "\"both\"; channel-index = <1>; reads; writes;\n"
				   " reg = <0 0xb020000 0 0x1000>; interrupts = <0 195 1>; doorbell; };\n"
				   "}; };\n",

	"/dts-v1/; / {\n" GIC_HEAD
	" reg = <0 0x8000000 0 0x10000>, <0 0x80e0000 0 0x40000>; };\n" TIMER PSCI CPUS(CPU(2) CPU(
		3)) "chosen { bootargs = \"quiet\"; linux,initrd-start = <0 0x4ac00000>; linux,initrd-end = "
		    "<0 0x4ac00800>; };\n"
		    "memory@4a800000 { device_type = \"memory\"; reg = <0 0x4a800000 0 0x800000>; };\n"
		    "reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;\n"
		    " keep@4a600000 { reg = <0 0x4a600000 0 0x100000>; }; };\n"
		    "rtc@9010000 { compatible = \"arm,pl031\", \"arm,primecell\"; reg = <0 0x9010000 0 "
		    "0x1000>; interrupts = <0 2 4>; clocks = <9>; };\n"
		    "clock { phandle = <9>; compatible = \"fixed-clock\"; #clock-cells = <0>; "
		    "clock-frequency = <32768>; };\n" SERIAL(193) BULKHEAD(
			    "gateway",
			    2) "heartbeat@b000000 { compatible = \"bulkhead,heartbeat\"; reg = <0 0xb000000 "
			       "0 0x1000>; };\n"
			       "channel@b010000 { compatible = \"bulkhead,channel\"; channel-name = "
			       "\"setpoints\"; channel-index = <0>; writes;\n"
			       " reg = <0 0xb010000 0 0x2000>; doorbell; };\n"
			       "channel@b020000 { compatible = \"bulkhead,channel\"; channel-name = "
			       "\"both\"; channel-index = <1>; reads; writes;\n"
			       " reg = <0 0xb020000 0 0x1000>; interrupts = <0 196 1>; doorbell; };\n"
			       "}; };\n",
};

void fixture_texts(struct fixture *fixture)
{
	fixture->board_text = strdup(board_text);
	fixture->machine_text = strdup(machine_text);
	fixture->partition_text = strdup(partition_text);
	fixture->slaves_text = "# known\narm,pl011\narm,pl031 # rtc\n\narm,pl061\n";
	for (int i = 0; i < CELLS; i++)
		fixture->guest_text[i] = strdup(guest_texts[i]);
}

void fixture_replace(char **text, const char *from, const char *to)
{
	char *at = strstr(*text, from), *made;

	if (!at) {
		fprintf(stderr, "fixture: no '%s'\n", from);
		abort();
	}
	made = calloc(strlen(*text) + strlen(to) + 1, 1);
	memcpy(made, *text, (size_t)(at - *text));
	strcat(strcat(made, to), at + strlen(from));
	free(*text);
	*text = made;
}

/* dtc takes 5 ms: what it made of a text is remembered. */
#define CACHED_MAX 256
static struct {
	char *text;
	struct blob blob;
} cached[CACHED_MAX];
static size_t cached_count;

static struct blob copy_of(struct blob blob)
{
	uint8_t *data = malloc(blob.size);

	memcpy(data, blob.data, blob.size);
	return (struct blob){data, blob.size};
}

static void cache_free(void)
{
	for (size_t i = 0; i < cached_count; i++) {
		free(cached[i].text);
		free((void *)cached[i].blob.data);
	}
}

struct blob fixture_compile(const char *text)
{
	char name[] = "/tmp/bulkhead-audit-XXXXXX", command[128];
	uint8_t *data;
	size_t size;
	FILE *out;
	int file;

	for (size_t i = 0; i < cached_count; i++) {
		if (!strcmp(cached[i].text, text))
			return copy_of(cached[i].blob);
	}
	file = mkstemp(name);
	if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(file);
	(void)snprintf(command, sizeof(command), "dtc -q -I dts -O dtb %s", name);
	out = popen(command, "r");
	data = malloc(65536);
	size = out ? fread(data, 1, 65536, out) : 0;
	if (!out || pclose(out) || !size) {
		fprintf(stderr, "fixture: dtc refuses:\n%s\n", text);
		abort();
	}
	unlink(name);
	if (cached_count == CACHED_MAX)
		return (struct blob){data, size};
	if (!cached_count)
		atexit(cache_free);
	cached[cached_count].text = strdup(text);
	cached[cached_count++].blob = (struct blob){data, size};
	return copy_of((struct blob){data, size});
}
