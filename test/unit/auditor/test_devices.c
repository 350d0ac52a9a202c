// SPDX-License-Identifier: Apache-2.0
/*
 * test_devices.c - devices of boards: of which class each is, what it needs, and whose it becomes by the
 * partition file. Inputs alone: no image is audited.
 *
 * Both ranges: devices_are_classified, devices_need_providers, devices_are_given
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "refusal.h"

#define SLAVES "arm,pl011\narm,pl031\narm,pl061\nacme,a\nacme,b\n"

static struct fixture inputs;

/* The fixture's board with more nodes, its partition file with other words of the control cell. */
static void inputs_open(struct audit *audit, const char *nodes, const char *control)
{
	char text[2048];

	*audit = (struct audit){0};
	fixture_make(&inputs);
	(void)snprintf(text, sizeof(text), "%s\nflash@0 {", nodes);
	fixture_replace(&inputs.board_text, "flash@0 {", text);
	if (control) {
		(void)snprintf(text, sizeof(text), "%s; ram-base =", control);
		fixture_replace(&inputs.partition_text, "ram-base =", text);
	}
}

static void inputs_read(struct audit *audit)
{
	audit->fit.fdt = fixture_compile(inputs.board_text);
	audit->fit.machine = fixture_compile(inputs.machine_text);
	audit->fit.partitions = fixture_compile(inputs.partition_text);
	audit->fit.known_slaves = (struct blob){(const uint8_t *)SLAVES, strlen(SLAVES)};
	assert_true(board_open(audit));
	assert_true(partition_open(audit));
	devices_assign(audit);
}

static void inputs_close(struct audit *audit)
{
	free((void *)audit->fit.fdt.data);
	free((void *)audit->fit.machine.data);
	free((void *)audit->fit.partitions.data);
	board_close(&audit->board);
	partition_close(&audit->partition);
	report_free(&audit->report);
	fixture_free(&inputs);
}

static size_t at(const struct audit *audit, const char *path)
{
	const struct node *node = tree_path(&audit->board.tree, path);

	if (!node)
		fail_msg("no %s", path);
	return (size_t)(node - audit->board.tree.nodes);
}

/* ---- classes ---- */

#define A	"a@9100000 { compatible = \"acme,a\"; reg = <0 0x9100000 0 0x1000>; "
#define B	"b@9200000 { compatible = \"acme,b\"; reg = <0 0x9200000 0 0x1000>; "
#define AT_A	"/a@9100000"
#define AT_B	"/b@9200000"
#define CELLS_2 "#address-cells = <2>; #size-cells = <2>; "

static const struct {
	const char *nodes, *path;
	enum device_class class;
} classes[] = {
	{A "};", AT_A, DEVICE_PLAIN},
	{A "device_type = \"serial\"; };", AT_A, DEVICE_PLAIN},
	{A "device_type = \"pci\"; };", AT_A, DEVICE_FORBIDDEN},
	{"watchdog@9100000 { compatible = \"acme,a\"; reg = <0 0x9100000 0 0x1000>; };", "/watchdog@9100000",
	 DEVICE_FORBIDDEN},
	{"a@9100000 { compatible = \"acme,wdt\", \"acme,a\"; reg = <0 0x9100000 0 0x1000>; };", AT_A,
	 DEVICE_FORBIDDEN},
	{"a@9100000 { compatible = \"acme,c\"; reg = <0 0x9100000 0 0x1000>; };", AT_A, DEVICE_MASTER},
	{"a@9100000 { compatible = \"qemu,platform\"; reg = <0 0x9100000 0 0x1000>; };", AT_A,
	 DEVICE_FORBIDDEN},
	{"a@9100000 { compatible = \"fixed-clock\"; reg = <0 0x9100000 0 0x1000>; };", AT_A,
	 DEVICE_FORBIDDEN},
	{"a@9100000 { compatible = \"simple-bus\"; reg = <0 0x9100000 0 0x1000>; };", AT_A, DEVICE_FORBIDDEN},
	{"a@9100000 { compatible = [61 62]; reg = <0 0x9100000 0 0x1000>; };", AT_A, DEVICE_MASTER},
	{"a@9100000 { reg = <0 0x9100000 0 0x1000>; };", AT_A, DEVICE_FORBIDDEN},
	{A "status = \"disabled\"; };", AT_A, DEVICE_DISABLED},
	{A "#reset-cells = <0>; };", AT_A, DEVICE_FORBIDDEN},
	/* What a part of it does. */
	{A "part { interrupts = <0 5 4>; }; };", AT_A, DEVICE_PLAIN},
	{A "part { #reset-cells = <0>; }; };", AT_A, DEVICE_FORBIDDEN},
	{A "part { #reset-cells = <0>; status = \"disabled\"; }; };", AT_A, DEVICE_PLAIN},
	{A "part { interrupts = <1 5 4>; }; };", AT_A, DEVICE_FORBIDDEN},
	{A "interrupts = <0 256 4>; };", AT_A, DEVICE_FORBIDDEN},
	{A "interrupts = <0 988 4>; };", AT_A, DEVICE_FORBIDDEN},
	/* Registers in RAM, beyond what the CPUs address, or not known. */
	{"a@40000000 { compatible = \"acme,a\"; reg = <0 0x40000000 0 0x1000>; };", "/a@40000000",
	 DEVICE_FORBIDDEN},
	{"a@9100000 { compatible = \"acme,a\"; reg = <0x100 0 0 0x1000>; };", AT_A, DEVICE_FORBIDDEN},
	{"a@9100000 { compatible = \"acme,a\"; reg = <0 0x9100000 0 0x1000 0>; };", AT_A, DEVICE_FORBIDDEN},
	/* What switches the board off does it through others; at the root there is nothing above. */
	{A "off { compatible = \"syscon-poweroff\"; }; };", AT_A, DEVICE_FORBIDDEN},
	{A "phandle = <0x90>; }; off { compatible = \"syscon-poweroff\"; regmap = <0x90>; };", AT_A,
	 DEVICE_FORBIDDEN},
	{A "}; off { compatible = \"syscon-reboot\"; };", AT_A, DEVICE_PLAIN},
	{A "gpio-controller; #gpio-cells = <2>; phandle = <0x90>; }; off { compatible = \"gpio-poweroff\"; "
	   "gpios = "
	   "<0x90 1 0>; };",
	 AT_A, DEVICE_FORBIDDEN},
	{A
	 "#clock-cells = <0>; phandle = <0x90>; }; off { compatible = \"gpio-poweroff\"; clocks = <0x90>; };",
	 AT_A, DEVICE_PLAIN},
};

/* [utest->swr~audit-forbidden-devices~1] [utest->swr~audit-devices~1] */
static void devices_are_classified(void **state)
{
	struct audit audit;

	for (size_t i = 0; i < COUNT(classes); i++) {
		inputs_open(&audit, classes[i].nodes, NULL);
		inputs_read(&audit);
		if (audit.board.classes[at(&audit, classes[i].path)] != classes[i].class)
			fail_msg("row %zu: %d", i, audit.board.classes[at(&audit, classes[i].path)]);
		inputs_close(&audit);
	}
	/* Where all 64 bits are addresses. */
	inputs_open(&audit, "a@9100000 { compatible = \"acme,a\"; reg = <0x100 0 0 0x1000>; };", NULL);
	fixture_replace(&inputs.machine_text, "pa-bits = <40>", "pa-bits = <64>");
	inputs_read(&audit);
	assert_int_equal(audit.board.classes[at(&audit, AT_A)], DEVICE_PLAIN);
	inputs_close(&audit);
	/* A part's interrupts are the device's, those of a part that is switched off aren't. */
	inputs_open(&audit,
		    A "interrupts = <0 4 4>; part { interrupts = <0 5 4>; }; off { interrupts = <0 6 4>; "
		      "status = \"disabled\"; }; };",
		    NULL);
	inputs_read(&audit);
	assert_int_equal(device_irqs(&audit.board, tree_path(&audit.board.tree, AT_A)), 2);
	inputs_close(&audit);
}

/* ---- needs ---- */

static char needed[256];
static void need_note(const struct node *provider, bool served, void *context)
{
	(void)context;
	(void)strcat(strcat(needed, provider->path), served ? "+ " : " ");
}

/* +: it is shared, and that will do. */
static const struct {
	const char *nodes, *path, *needs;
} needs[] = {
	{A "};", AT_A, ""},
	{A "clocks = <5 7>; };", AT_A, "/cru@90a0000+ "},
	{A "clocks = <5 8>; };", AT_A, "/cru@90a0000 "},
	{A "clocks = <99 7>, <5 7>; };", AT_A, "/cru@90a0000+ "},
	{A "clocks = <99>, <5 7>; };", AT_A, "/cru@90a0000+ "},
	{A "gpios = <5 7>; };", AT_A, "/cru@90a0000 "},
	{A "resets = <5 7>; };", AT_A, "/cru@90a0000+ "},
	{A "clocks = <0x90>; };" B "phandle = <0x90>; #clock-cells = <0>; };", AT_A, AT_B " "},
	{A "clocks = <0x90 0>; };" B "phandle = <0x90>; #clock-cells = <17>; };", AT_A, ""},
	{A "vcc-supply = <0x90>; };" B "phandle = <0x90>; };", AT_A, AT_B " "},
	/* Its own part's; a part's that is switched off. */
	{A "clocks = <0x90>; part { phandle = <0x90>; #clock-cells = <0>; }; };", AT_A, ""},
	{A "part { vcc-supply = <0x90>; }; };" B "phandle = <0x90>; };", AT_A, AT_B " "},
	{A "part { vcc-supply = <0x90>; status = \"disabled\"; }; };" B "phandle = <0x90>; };", AT_A, ""},
	/* Its interrupts' controllers: none, another's, through the map of a bus. */
	{A "interrupt-parent = <0x99>; interrupts = <4>; };", AT_A, ""},
	{A "interrupt-parent = <0x90>; interrupts = <4>; };" B
	   "phandle = <0x90>; interrupt-controller; #interrupt-cells = <1>; };",
	 AT_A, AT_B " "},
	{A "interrupt-parent = <0x90>; };" B
	   "phandle = <0x90>; interrupt-controller; #interrupt-cells = <1>; };",
	 AT_A, ""},
	{A "interrupt-parent = <0x90>; interrupts-extended = <1 0 4 4>; };" B
	   "phandle = <0x90>; interrupt-controller; #interrupt-cells = <1>; };",
	 AT_A, ""},
#define MAP(cells)                                                                                           \
	B "phandle = <0x90>; interrupt-controller; #interrupt-cells = <1>; }; map { phandle = "              \
	  "<0x91>; " cells
	{A "interrupt-parent = <0x91>; interrupts = <4>; };" MAP(
		 "#address-cells = <0>; #interrupt-cells = <1>; interrupt-map = <4 0x90 7>; };"),
	 AT_A, AT_B " "},
	{A "interrupt-parent = <0x91>; interrupts = <5>; };" MAP(
		 "#address-cells = <0>; #interrupt-cells = <1>; interrupt-map = <4 0x90 7>; };"),
	 AT_A, ""},
	{A "interrupt-parent = <0x91>; interrupts = <4>; };" MAP(
		 "#address-cells = <0>; interrupt-map = <4 0x90 7>; };"),
	 AT_A, ""},
	{A "interrupt-parent = <0x91>; interrupts = <4>; };" MAP(
		 "#address-cells = <0>; #interrupt-cells = <0>; interrupt-map = <0x90 7>; };"),
	 AT_A, ""},
	{A "interrupt-parent = <0x91>; interrupts = <4>; };" MAP(
		 "#address-cells = <0>; #interrupt-cells = <17>; interrupt-map = <4 0x90 7>; };"),
	 AT_A, ""},
	{A "interrupt-parent = <0x91>; interrupts = <4>; interrupts-extended = <1 0 4 4>; };" MAP(
		 "#address-cells = <0>; #interrupt-cells = <1>; interrupt-map = <4 0x90 7>; };"),
	 AT_A, ""},
/* Providers without registers: what they go through is needed. */
#define THROUGH(text) A "vcc-supply = <0x91>; };" B "phandle = <0x90>; }; vcc { phandle = <0x91>; " text " };"
	{THROUGH("vin-supply = <0x90>;"), AT_A, AT_B " "},
	{THROUGH("syscon-vcc = <0x90>;"), AT_A, AT_B " "},
	{THROUGH("acme,syscon = <0x90>;"), AT_A, AT_B " "},
	{THROUGH("acme,grf = <0x90 4>;"), AT_A, AT_B " "},
	{THROUGH("acme,grf;"), AT_A, ""},
	{THROUGH("acme,grf = <0x99>;"), AT_A, ""},
	{THROUGH("syscom-vcc = <0x90>; acme,word = <0x90>;"), AT_A, ""},
	{THROUGH("compatible = \"acme,vcc\"; acme,grf = <0x90>;"), AT_A, AT_B " "},
	{THROUGH("compatible = \"acme,vcc\"; status = \"disabled\"; acme,grf = <0x90>;"), AT_A, "/vcc "},
	{THROUGH("compatible = \"arm,scmi\"; acme,grf = <0x90>;"), AT_A, "/vcc "},
	{THROUGH("compatible = \"arm,scmi\"; ranges; acme,grf = <0x90>;"), AT_A, AT_B " "},
	{THROUGH("compatible = \"acme,vcc\"; interrupts = <0 5 4>;"), AT_A, "/vcc "},
/* The buses above. */
#define BUS(text) "bus { " CELLS_2 "ranges; compatible = \"acme,bus\"; " text A "}; };"
	{BUS(""), "/bus" AT_A, ""},
	{BUS("clocks = <5 7>; "), "/bus" AT_A, "/cru@90a0000+ "},
	{BUS("reg = <0 0x9300000 0 0x1000>; "), "/bus" AT_A, "/bus "},
	{BUS("interrupts = <0 5 4>; "), "/bus" AT_A, "/bus "},
	{"bus { " CELLS_2 "ranges; compatible = \"simple-bus\"; interrupts = <0 5 4>; " A "}; };",
	 "/bus" AT_A, ""},
};

/* [utest->swr~audit-devices~1] */
static void devices_need_providers(void **state)
{
	struct audit audit;

	for (size_t i = 0; i < COUNT(needs); i++) {
		inputs_open(&audit, needs[i].nodes, NULL);
		inputs_read(&audit);
		needed[0] = '\0';
		needs_each(&audit, &audit.board.tree.nodes[at(&audit, needs[i].path)], need_note, NULL);
		if (strcmp(needed, needs[i].needs) != 0)
			fail_msg("row %zu: '%s'", i, needed);
		inputs_close(&audit);
	}
	/* Of two that give clocks a specifier alone doesn't say which. */
	inputs_open(&audit, A "clocks = <5 7>; };", NULL);
	fixture_replace(&inputs.board_text, "reg = <0 0x90a0000 0 0x1000>; };",
			"reg = <0 0x90a0000 0 0x1000>; pll { #clock-cells = <1>; }; };");
	inputs_read(&audit);
	needed[0] = '\0';
	needs_each(&audit, tree_path(&audit.board.tree, AT_A), need_note, NULL);
	assert_string_equal(needed, "/cru@90a0000 ");
	inputs_close(&audit);
}

/* ---- owners ---- */

#define NOBODY_ CELL_NONE_ID
static const struct {
	const char *nodes, *control, *path;
	int owner;
	const char *words; /* of CONF-06; NULL: nothing is said */
} gifts[] = {
	{A "};", NULL, AT_A, GATEWAY, NULL},
	{A "};", "devices = \"a\"", AT_A, CONTROL, NULL},
	{A "};", "devices = \"a@9100000\"", AT_A, CONTROL, NULL},
	{A "};", "devices = \"/a@9100000\"", AT_A, CONTROL, NULL},
	{A "};", "devices = \"a\", \"a@9100000\"", AT_A, CONTROL, NULL},
	{A "}; ab { compatible = \"acme,a\"; };", "devices = \"a\"", AT_A, CONTROL, NULL},
	{A "};", "devices = <1>", AT_A, GATEWAY, NULL},
	{A "};", "devices = \"c\"", AT_A, GATEWAY, "device 'c' is unknown in the board's tree"},
	{A "}; a@9300000 { compatible = \"acme,a\"; reg = <0 0x9300000 0 0x1000>; };", "devices = \"a\"",
	 AT_A, GATEWAY, "device 'a' is ambiguous in the board's tree"},
	/* The console is the health cell's, unless another's. */
	{"", NULL, "/uart@9000000", HEALTH, NULL},
	{"", "devices = \"uart\"", "/uart@9000000", CONTROL, NULL},
	/* The rest leaves out what isn't apart from another's: a page, an interrupt, one of a part's. */
	{A "}; a@9100800 { compatible = \"acme,a\"; reg = <0 0x9100800 0 0x100>; };",
	 "devices = \"a@9100800\"", AT_A, NOBODY_, NULL},
	{A "interrupts = <0 5 4>; };" B "interrupts = <0 5 4>; };", "devices = \"b\"", AT_A, NOBODY_, NULL},
	{A "interrupts = <0 5 4>; };" B "interrupts = <0 5 4>; };", NULL, AT_A, GATEWAY, NULL},
	{A "part { interrupts = <0 5 4>; }; };" B "interrupts = <0 5 4>; };", "devices = \"b\"", AT_A,
	 NOBODY_, NULL},
	{A "part { interrupts = <0 5 4>; status = \"disabled\"; }; };" B "interrupts = <0 5 4>; };",
	 "devices = \"b\"", AT_A, GATEWAY, NULL},
	/* Of what is forbidden, before and behind others'. */
	{A "interrupts = <0 5 4>; };" B "interrupts = <0 5 4>; #reset-cells = <0>; };", NULL, AT_A, NOBODY_,
	 NULL},
	{A "interrupts = <0 5 4>; #reset-cells = <0>; };" B "interrupts = <0 5 4>; };", NULL, AT_B, NOBODY_,
	 NULL},
	{A "interrupts = <0 988 4>; };", NULL, AT_A, NOBODY_, NULL},
	/* A bus, which is a device with an interrupt, and what lies on it. */
	{"a@9100000 { compatible = \"acme,a\"; reg = <0 0x9100000 0 0x1000>; " CELLS_2 "ranges; " B
	 "interrupts = <0 5 4>; }; };",
	 "devices = \"b\"", "/a@9100000" AT_B, CONTROL, NULL},
	{"a@9100000 { compatible = \"acme,a\"; reg = <0 0x9100000 0 0x1000>; " CELLS_2 "ranges; " B
	 "interrupts = <0 5 4>; }; };",
	 NULL, AT_A, GATEWAY, NULL},
	/* The console's interrupt is another's. */
	{A "interrupts = <0 1 4>; };", "devices = \"a\"", "/uart@9000000", NOBODY_, NULL},
	/* What it needs comes with it, unless it is shared. */
	{A "vcc-supply = <0x90>; };" B "phandle = <0x90>; };", "devices = \"a\"", AT_B, CONTROL, NULL},
	{A "vcc-supply = <5>; };", "devices = \"a\"", "/cru@90a0000", NOBODY_, NULL},
};

static bool log_console_of(const char *nodes, const char *devices)
{
	struct audit audit;
	bool is;

	inputs_open(&audit, nodes, devices);
	inputs_read(&audit);
	is = audit.partition.cells[CONTROL].log_console;
	inputs_close(&audit);
	return is;
}

/* [utest->swr~audit-devices~1] */
static void devices_are_given(void **state)
{
	struct audit audit;

	for (size_t i = 0; i < COUNT(gifts); i++) {
		inputs_open(&audit, gifts[i].nodes, gifts[i].control);
		inputs_read(&audit);
		if (audit.board.owner[at(&audit, gifts[i].path)] != gifts[i].owner)
			fail_msg("row %zu: cell %d", i, audit.board.owner[at(&audit, gifts[i].path)]);
		if (gifts[i].words ? !refusal_said(&audit, RULE_DEVICES, gifts[i].words) : audit.report.total)
			fail_msg("row %zu: %zu violations", i, audit.report.total);
		inputs_close(&audit);
	}
	/* Two that name one; an SPI that no GIC has, though the facts say so; a board without aliases. */
	inputs_open(&audit, A "};", "devices = \"a\"");
	fixture_replace(&inputs.partition_text, "image = \"health.elf\"",
			"devices = \"a\"; image = \"health.elf\"");
	inputs_read(&audit);
	assert_true(
		refusal_said(&audit, RULE_DEVICES, AT_A ": the file gives it to 'health' and to 'control'"));
	inputs_close(&audit);
	inputs_open(&audit, A "interrupts = <0 988 4>; };", NULL);
	fixture_replace(&inputs.machine_text, "spi-count = <256>", "spi-count = <0xffffffff>");
	inputs_read(&audit);
	assert_int_equal(audit.board.owner[at(&audit, AT_A)], CELL_NONE_ID);
	inputs_close(&audit);
	inputs_open(&audit, A "};", "devices = \"a\"");
	fixture_replace(&inputs.board_text, "aliases {", "names {");
	inputs_read(&audit);
	assert_int_equal(audit.board.owner[at(&audit, AT_A)], CONTROL);
	inputs_close(&audit);
	/* Without a health cell the console is one of the rest. */
	inputs_open(&audit, "", NULL);
	fixture_replace(&inputs.partition_text, "role = \"health\"; ", "");
	inputs_read(&audit);
	assert_int_equal(audit.board.owner[at(&audit, "/uart@9000000")], GATEWAY);
	inputs_close(&audit);
	/* What could reset others is nobody's, the console too. */
	inputs_open(&audit, "", NULL);
	fixture_replace(&inputs.board_text, "uart@9000000 {", "uart@9000000 { #reset-cells = <0>;");
	inputs_read(&audit);
	assert_int_equal(audit.board.owner[at(&audit, "/uart@9000000")], CELL_NONE_ID);
	inputs_close(&audit);
	/* A cell with a UART has no log as its console, but where it asks for one. */
	assert_true(log_console_of("", NULL));
	assert_false(log_console_of("", "devices = \"uart\""));
	assert_false(log_console_of("", "console = \"none\""));
	assert_true(log_console_of("", "devices = \"uart\"; console = \"log\""));
	assert_false(
		log_console_of("a@9100000 { compatible = \"acme,uart\"; reg = <0 0x9100000 0 0x1000>; };",
			       "devices = \"a\""));
	assert_false(log_console_of("a@9100000 { compatible = \"ns16550a\"; reg = <0 0x9100000 0 0x1000>; };",
				    "devices = \"a\""));
	assert_true(log_console_of("a@9100000 { compatible = [61]; reg = <0 0x9100000 0 0x1000>; };",
				   "devices = \"a\""));
	assert_true(log_console_of("a@9100000 { reg = <0 0x9100000 0 0x1000>; };", "devices = \"a\""));
	assert_false(
		log_console_of("serial@9100000 { reg = <0 0x9100000 0 0x1000>; };", "devices = \"serial\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(devices_are_classified),
					   cmocka_unit_test(devices_need_providers),
					   cmocka_unit_test(devices_are_given)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
