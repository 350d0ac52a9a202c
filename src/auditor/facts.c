// SPDX-License-Identifier: Apache-2.0
/*
 * facts.c - reduces an image to facts: see facts.h.
 */
#include "facts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

const char *fact_kind_name(enum fact_kind kind)
{
	static const char *const names[FACT_KINDS] = {
		[FACT_HYPERVISOR] = "hypervisor",
		[FACT_BOARD] = "board",
		[FACT_CELL] = "cell",
		[FACT_CORE] = "core",
		[FACT_MEMORY] = "memory",
		[FACT_PLACE] = "place",
		[FACT_DEVICE] = "device",
		[FACT_INTERRUPT] = "interrupt",
		[FACT_CHANNEL] = "channel",
		[FACT_FAULT] = "fault",
		[FACT_TIME] = "time",
		[FACT_IMAGE] = "image",
		[FACT_PROPERTY] = "property",
		[FACT_TREE] = "tree",
	};

	return names[kind];
}

static char *text_make(const char *format, va_list arguments)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = memory_zeroed((size_t)length + 1, 1);
	(void)vsnprintf(text, (size_t)length + 1, format, arguments);
	return text;
}

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *text(const char *format, ...)
{
	va_list arguments;
	char *made;

	va_start(arguments, format);
	made = text_make(format, arguments);
	va_end(arguments);
	return made;
}

/* Behind what is there already. */
static void append(char **whole, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char **whole, const char *format, ...)
{
	va_list arguments;
	char *part, *longer;

	va_start(arguments, format);
	part = text_make(format, arguments);
	va_end(arguments);
	longer = text("%s%s%s", *whole, (*whole)[0] ? " " : "", part);
	free(part);
	free(*whole);
	*whole = longer;
}

static struct fact *add(struct facts *facts, enum fact_kind kind, char *subject, const char *what,
			char *value)
{
	facts->list = memory_grow(facts->list, facts->count, sizeof(facts->list[0]));
	facts->list[facts->count] =
		(struct fact){.kind = kind, .subject = subject, .what = what, .value = value};
	return &facts->list[facts->count++];
}

static void add_of_cell(struct facts *facts, enum fact_kind kind, const char *cell, const char *what,
			char *value)
{
	add(facts, kind, text("cell '%s'", cell), what, value)->cell = cell;
}

static char *digest_text(struct blob bytes)
{
	uint8_t digest[32];
	char *digits = memory_zeroed(2 * sizeof(digest) + 8, 1);

	digest_of(bytes, digest);
	memcpy(digits, "sha256 ", 7);
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)snprintf(digits + 7 + 2 * i, 3, "%02x", digest[i]);
	return digits;
}

/* bulkhead.bin without what the packer patches for one image. */
static void find_hypervisor(struct facts *facts, const struct audit *audit)
{
	uint8_t *const code = memory_zeroed(audit->hv.file_size, 1);

	memcpy(code, audit->kernel, audit->hv.file_size);
	memset(code + IMAGE_TEXT_OFFSET_AT, 0, 3 * sizeof(uint64_t));
	memset(code + HV_HEADER_OFFSET + offsetof(struct hv_header, load_pa), 0, sizeof(uint64_t));
	memset(code + HV_HEADER_OFFSET + offsetof(struct hv_header, console), 0, sizeof(struct hv_console));
	add(facts, FACT_HYPERVISOR, text("hypervisor"), "bulkhead.bin",
	    digest_text((struct blob){code, audit->hv.file_size}));
	add(facts, FACT_HYPERVISOR, text("hypervisor"), "place", text("0x%" PRIx64, audit->hv.load_pa));
	add(facts, FACT_HYPERVISOR, text("hypervisor"), "service core",
	    text("%u", audit->header->service_core));
	free(code);
}

static void find_board(struct facts *facts, const struct audit *audit)
{
	const struct board *const board = &audit->board;
	const struct bp_machine *const machine = &audit->header->machine;
	char *ram = text("%s", "");
	const struct {
		const char *what;
		uint32_t value;
	} rows[] = {{"PA bits", machine->pa_bits},
		    {"SPIs", machine->spi_count},
		    {"list registers", machine->list_registers},
		    {"GIC ID bits", machine->gic_id_bits}};

	for (size_t i = 0; i < board->ram.count; i++)
		append(&ram, "0x%" PRIx64 "+0x%" PRIx64, board->ram.list[i].pa, board->ram.list[i].size);
	add(facts, FACT_BOARD, text("board"), "name",
	    text("%.*s", (int)sizeof(machine->board), machine->board));
	add(facts, FACT_BOARD, text("board"), "cores", text("%zu", board->core_count));
	add(facts, FACT_BOARD, text("board"), "RAM", ram);
	for (size_t i = 0; i < COUNT(rows); i++)
		add(facts, FACT_BOARD, text("board"), rows[i].what, text("%u", rows[i].value));
	add(facts, FACT_BOARD, text("board"), "device tree", digest_text(audit->fit.fdt));
	add(facts, FACT_BOARD, text("board"), "machine facts", digest_text(audit->fit.machine));
	add(facts, FACT_BOARD, text("board"), "known slaves", digest_text(audit->fit.known_slaves));
}

static const char *cell_name(const struct audit *audit, int cell)
{
	return cell == CELL_NONE_ID ? NOBODY : audit->cells[cell].name;
}

static void find_cores(struct facts *facts, const struct audit *audit)
{
	for (size_t i = 0; i < audit->core_count; i++)
		add(facts, FACT_CORE, text("core %zu", i), NULL,
		    text("%s", cell_name(audit, audit->cores[i].cell)));
}

static const char *device_owner(const struct audit *audit, size_t device)
{
	const int owner = audit->board.owner[device];

	if (shared_provider(audit, &audit->board.tree.nodes[device]))
		return "shared read-only";
	return owner == CELL_NONE_ID ? NOBODY : audit->partition.cells[owner].name;
}

static void find_devices(struct facts *facts, const struct audit *audit)
{
	const struct board *const board = &audit->board;

	for (size_t i = 0; i < board->tree.count; i++)
		if (board->classes[i] != DEVICE_NONE)
			add(facts, FACT_DEVICE, text("device %s", board->tree.nodes[i].path), NULL,
			    text("%s", device_owner(audit, i)));
	for (size_t i = 0; i < audit->partition.shared_count; i++) {
		const struct partition_shared *const shared = &audit->partition.shared[i];

		add(facts, FACT_PROPERTY, text("device %s", shared->provider->path), "rates",
		    text("%s", shared->rates + strspn(shared->rates, " ")));
	}
}

static void find_functions(struct facts *facts, const struct audit *audit)
{
	for (size_t i = 0; i < audit->pci.count; i++) {
		const struct pci_function *const function = &audit->pci.functions[i];

		add(facts, FACT_DEVICE, text("function %s", function->name), NULL,
		    text("%s", function->owner == CELL_NONE_ID
				       ? NOBODY
				       : audit->partition.cells[function->owner].name));
	}
}

static void find_interrupts(struct facts *facts, const struct audit *audit)
{
	for (uint32_t intid = 32; intid < 1024; intid++) {
		char *owners = text("%s", "");

		for (size_t i = 0; i < audit->cell_count; i++)
			if (audit->cells[i].known && cell_owns(&audit->cells[i], intid))
				append(&owners, "%s", audit->cells[i].name);
		if (owners[0])
			add(facts, FACT_INTERRUPT, text("SPI %u", intid), NULL, owners);
		else
			free(owners);
	}
}

static void find_channels(struct facts *facts, const struct audit *audit)
{
	const struct partition *const partition = &audit->partition;

	for (size_t i = 0; i < partition->channel_count; i++) {
		const struct partition_channel *const channel = &partition->channels[i];
		char *writers = text("%s", ""), *readers = text("%s", ""), *value;

		for (size_t cell = 0; cell < partition->cell_count; cell++) {
			if (channel->roles[cell] & CHANNEL_WRITES)
				append(&writers, "%s", partition->cells[cell].name);
			if (channel->roles[cell] & CHANNEL_READS)
				append(&readers, "%s", partition->cells[cell].name);
		}
		value = text("%" PRIu64 " bytes, written by %s, read by %s%s%s", channel->size, writers,
			     readers, channel->doorbell ? ", doorbell" : "",
			     channel->shown ? ", a PCI function" : "");
		add(facts, FACT_CHANNEL, text("channel '%s'", channel->name), NULL, value);
		free(writers);
		free(readers);
	}
}

static void find_memory(struct facts *facts, const struct cell *cell)
{
	char *places = text("%s", "");
	uint64_t total = 0;

	for (uint32_t i = 0; i < cell->record->regions.count; i++) {
		const struct bp_region *const region = &cell->regions[i];

		total += region->size;
		append(&places, "0x%" PRIx64 "+0x%" PRIx64 "@0x%" PRIx64 "%s", region->pa, region->size,
		       region->ipa, region->flags & BP_REGION_KEEP ? ",kept" : "");
	}
	add_of_cell(facts, FACT_MEMORY, cell->name, "memory", text("%" PRIu64 "K", total / 1024));
	facts->list[facts->count - 1].size = total;
	add_of_cell(facts, FACT_PLACE, cell->name, "memory lies at", places);
}

static void find_faults(struct facts *facts, const struct cell *cell)
{
	const struct bp_cell *const record = cell->record;

	for (unsigned int error = 0; error < BP_ERROR_COUNT; error++)
		add_of_cell(facts, FACT_FAULT, cell->name, fault_error_name(error),
			    text("%s", fault_action_name(record->actions[error])));
	add_of_cell(facts, FACT_FAULT, cell->name, "restart-window",
		    text("%u in %" PRIu64 " ms", record->restart_max, record->restart_window_ns / 1000000));
	add_of_cell(facts, FACT_TIME, cell->name, "heartbeat",
		    text("%" PRIu64 " us", record->heartbeat_ns / 1000));
	add_of_cell(facts, FACT_TIME, cell->name, "boot-timeout",
		    text("%" PRIu64 " us", record->boot_timeout_ns / 1000));
}

static void find_flags(struct facts *facts, const struct cell *cell)
{
	static const struct {
		uint32_t flag;
		const char *what;
	} flags[] = {{BP_CELL_HEALTH, "role health"},
		     {BP_CELL_ESSENTIAL, "essential"},
		     {BP_CELL_PMU, "pmu"},
		     {BP_CELL_SERVICE, "service core"},
		     {BP_CELL_LOG_CONSOLE, "emulated console"}};
	char *ppis = text("%s", "");

	for (size_t i = 0; i < COUNT(flags); i++)
		add_of_cell(facts, FACT_PROPERTY, cell->name, flags[i].what,
			    text("%s", cell->record->flags & flags[i].flag ? "yes" : "no"));
	for (unsigned int i = 16; i < 32; i++)
		if (cell->record->ppi_owned >> i & 1)
			append(&ppis, "%u", i);
	add_of_cell(facts, FACT_INTERRUPT, cell->name, "PPIs", ppis);
	add_of_cell(facts, FACT_PROPERTY, cell->name, "interrupts",
		    text("%s", cell->record->mode == BP_MODE_DIRECT ? "direct" : "injected"));
	add_of_cell(facts, FACT_IMAGE, cell->name, "entry", text("0x%" PRIx64, cell->record->entry_ipa));
}

static char *property_text(const void *data, int length)
{
	const uint8_t *const bytes = data;
	char *value = text("%s", length ? "" : "yes");

	if (length && string_list(data, length)) {
		for (const char *word = NULL; (word = string_next(data, length, word));)
			append(&value, "%s", word);
		return value;
	}
	for (int i = 0; i + 4 <= length; i += 4)
		append(&value, "0x%x",
		       (unsigned int)bytes[i] << 24 | bytes[i + 1] << 16 | bytes[i + 2] << 8 | bytes[i + 3]);
	return value;
}

/* The health cell's network. */
static void find_net(struct facts *facts, const struct audit *audit, const struct cell *cell)
{
	static const char *const words[][2] = {{"address", "net address"}, {"gateway", "net gateway"},
					       {"dhcp", "net dhcp"},	   {"echo", "net echo"},
					       {"http", "net http"},	   {"ntp", "net ntp"},
					       {"syslog", "net syslog"}};
	const struct tree *const tree = &audit->partition.tree;
	const struct node *const net = partition_net(audit, cell->asked);

	for (size_t i = 0; net && i < COUNT(words); i++) {
		int length = 0;
		const void *const data = node_property(tree, net, words[i][0], &length);

		if (data)
			add_of_cell(facts, FACT_PROPERTY, cell->name, words[i][1],
				    property_text(data, length));
	}
}

/* What has no fact of its own, new words of the language too. */
static void find_properties(struct facts *facts, const struct audit *audit, const struct cell *cell)
{
	static const char *const told[] = {"cpus",	   "memory",	"devices", "interrupts", "kernel",
					   "initrd",	   "image",	"role",	   "pmu",	 "heartbeat",
					   "boot-timeout", "essential", "phandle"};
	const struct tree *const tree = &audit->partition.tree;
	const char *name;

	for (unsigned int i = 0; (name = node_property_name(tree, cell->asked->node, i)); i++) {
		bool known = false;
		int length = 0;
		const void *const data = node_property(tree, cell->asked->node, name, &length);

		for (size_t word = 0; word < COUNT(told); word++)
			known |= !strcmp(told[word], name);
		if (!known)
			add_of_cell(facts, FACT_PROPERTY, cell->name, name, property_text(data, length));
	}
}

static void find_images(struct facts *facts, const struct audit *audit)
{
	for (size_t i = 0; i < audit->fit.file_count; i++) {
		const struct fit_file *const file = &audit->fit.files[i];
		char *const digest = digest_text(file->bytes);

		add_of_cell(facts, FACT_IMAGE, file->cell, file->property,
			    text("%s, %zu bytes, %s", file->name, file->bytes.size, digest));
		free(digest);
	}
}

static void find_trees(struct facts *facts, const struct audit *audit, const struct cell *cell)
{
	for (uint32_t i = 0; i < cell->record->images.count; i++) {
		const struct bp_image *const image = &cell->images[i];
		const void *const bytes = blueprint_at(audit, image->pa, image->size);

		if (image->dest_ipa == cell->record->tree_ipa && bytes)
			add_of_cell(facts, FACT_TREE, cell->name, "guest tree",
				    digest_text((struct blob){bytes, image->size}));
	}
}

int facts_order(const struct fact *left, const struct fact *right)
{
	int order = (int)left->kind - (int)right->kind;

	if (!order)
		order = strverscmp(left->subject, right->subject);
	if (!order)
		order = strcmp(left->what ? left->what : "", right->what ? right->what : "");
	return order;
}

static int by_order(const void *left, const void *right)
{
	return facts_order(left, right);
}

void facts_find(struct facts *facts, const struct audit *audit)
{
	*facts = (struct facts){0};
	find_hypervisor(facts, audit);
	find_board(facts, audit);
	find_cores(facts, audit);
	find_devices(facts, audit);
	find_functions(facts, audit);
	find_interrupts(facts, audit);
	find_channels(facts, audit);
	find_images(facts, audit);
	for (size_t i = 0; i < audit->cell_count; i++) {
		const struct cell *const cell = &audit->cells[i];

		if (!cell->known)
			continue;
		add(facts, FACT_CELL, text("cell '%s'", cell->name), NULL, text("number %zu", i));
		find_memory(facts, cell);
		find_faults(facts, cell);
		find_flags(facts, cell);
		find_trees(facts, audit, cell);
		if (cell->asked) {
			find_properties(facts, audit, cell);
			find_net(facts, audit, cell);
		}
	}
	qsort(facts->list, facts->count, sizeof(facts->list[0]), by_order);
}

void facts_free(struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		free(facts->list[i].subject);
		free(facts->list[i].value);
	}
	free(facts->list);
	*facts = (struct facts){0};
}
