// SPDX-License-Identifier: Apache-2.0
/*
 * trace.c - a QEMU TCG plugin: what of the hypervisor's image each core executes within a window, instruction
 * by instruction, and what it touches. The judgement (which instruction is what) is bench_trace.py's.
 *
 * Arguments: link=ADDRESS,load=ADDRESS,size=BYTES of the image at its EL2 virtual and at its physical address
 * (before the MMU is on); out=FILE; boot=on: one window, from the start of the machine to core 0's first
 * instruction outside (with a thread a core). Otherwise one core of the guest opens and closes windows
 * (cells/bench/counter.h).
 *
 * Where one thread runs all cores QEMU names the core that an instruction was translated for, not the one
 * that executes it. So a core is known by its VMPIDR_EL2, which holds its own affinity: level 0 is its number
 * on `virt`.
 *
 * The file, in hexadecimal but for the first number:
 *   window N
 *   code CORE OFFSET COUNT    an instruction of the image, and how often
 *   line CORE ADDRESS         64 bytes of data read or written
 *   device CORE COUNT         accesses to device registers
 *   end
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qemu-plugin.h>

#define CORES_MAX     8u /* a power of two */
#define LINES_MAX     4096u
#define LINE_BYTES    64u
#define WINDOW_OPENS  0xd280161fu /* movz xzr, #0xb0 */
#define WINDOW_CLOSES 0xd280163fu /* movz xzr, #0xb1 */

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

struct core {
	uint64_t *code; /* by instruction of the image */
	uint64_t lines[LINES_MAX];
	uint64_t line_count; /* beyond LINES_MAX: there were more */
	uint64_t device;
};

static uint64_t link_at, load_at, size, windows;
static bool open, boot;
static FILE *out;
static struct core cores[CORES_MAX];
static struct qemu_plugin_register *vmpidr;
static unsigned int executing[CORES_MAX]; /* by QEMU's number: the core of the instruction that executes */

static void vcpu_starts(qemu_plugin_id_t id, unsigned int vcpu)
{
	GArray *registers = qemu_plugin_get_registers();

	(void)id;
	(void)vcpu;
	for (unsigned int i = 0; i < registers->len; i++) {
		const qemu_plugin_reg_descriptor *descriptor =
			&g_array_index(registers, qemu_plugin_reg_descriptor, i);

		if (strcmp(descriptor->name, "VMPIDR_EL2") == 0)
			vmpidr = descriptor->handle;
	}
	g_array_free(registers, TRUE);
}

static unsigned int affinity(void)
{
	GByteArray *value = g_byte_array_new();
	const unsigned int number = qemu_plugin_read_register(vmpidr, value) > 0 ? value->data[0] : 0;

	g_byte_array_free(value, TRUE);
	return number % CORES_MAX;
}

static void window_opens(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	open = true;
}

static void core_tell(unsigned int index, struct core *core)
{
	for (uint64_t i = 0; i < size / 4; i++) {
		if (core->code[i])
			fprintf(out, "code %u %" PRIx64 " %" PRIx64 "\n", index, 4 * i, core->code[i]);
		core->code[i] = 0;
	}
	for (uint64_t i = 0; i < core->line_count && i < LINES_MAX; i++)
		fprintf(out, "line %u %" PRIx64 "\n", index, core->lines[i]);
	if (core->device)
		fprintf(out, "device %u %" PRIx64 "\n", index, core->device);
	core->line_count = core->device = 0;
}

static void window_closes(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	if (!open)
		return;
	open = false;
	fprintf(out, "window %" PRIu64 "\n", windows++);
	for (unsigned int i = 0; i < CORES_MAX; i++)
		core_tell(i, &cores[i]);
	fprintf(out, "end\n");
	fflush(out);
}

static void image_executes(unsigned int vcpu, void *data)
{
	if (!open || vcpu >= CORES_MAX)
		return;
	/* The whole boot, with a thread a core, is too long for it, and needs it not. */
	executing[vcpu] = boot ? vcpu : affinity();
	cores[executing[vcpu]].code[(uintptr_t)data]++;
}

static void image_accesses(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
	const struct qemu_plugin_hwaddr *at;
	struct core *core;

	(void)data;
	if (!open || vcpu >= CORES_MAX)
		return;
	core = &cores[executing[vcpu]];
	at = qemu_plugin_get_hwaddr(info, address);
	if (at && qemu_plugin_hwaddr_is_io(at)) {
		core->device++;
		return;
	}
	address /= LINE_BYTES;
	for (uint64_t i = 0; i < core->line_count && i < LINES_MAX; i++)
		if (core->lines[i] == address * LINE_BYTES)
			return;
	if (core->line_count < LINES_MAX)
		core->lines[core->line_count] = address * LINE_BYTES;
	core->line_count++;
}

static void guest_executes(unsigned int vcpu, void *data)
{
	if (vcpu == 0)
		window_closes(vcpu, data);
}

/* Offset in the image; its size: the instruction is none of the image's. */
static uint64_t image_offset(uint64_t address)
{
	if (address - link_at < size)
		return address - link_at;
	if (address - load_at < size)
		return address - load_at;
	return size;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint64_t offset = image_offset(qemu_plugin_insn_vaddr(insn));
		uint32_t code = 0;

		qemu_plugin_insn_data(insn, &code, sizeof(code));
		if (offset < size) {
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, image_executes, boot ? QEMU_PLUGIN_CB_NO_REGS : QEMU_PLUGIN_CB_R_REGS,
				(void *)(uintptr_t)(offset / 4));
			if (!boot)
				qemu_plugin_register_vcpu_mem_cb(insn, image_accesses, QEMU_PLUGIN_CB_NO_REGS,
								 QEMU_PLUGIN_MEM_RW, NULL);
		} else if (boot) {
			qemu_plugin_register_vcpu_insn_exec_cb(insn, guest_executes, QEMU_PLUGIN_CB_NO_REGS,
							       NULL);
		} else if (code == WINDOW_OPENS || code == WINDOW_CLOSES) {
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, code == WINDOW_OPENS ? window_opens : window_closes,
				QEMU_PLUGIN_CB_NO_REGS, NULL);
		}
	}
}

static bool argument(const char *text)
{
	const char *value = strchr(text, '=');

	if (!value++)
		return false;
	if (strncmp(text, "link=", 5) == 0)
		link_at = strtoull(value, NULL, 0);
	else if (strncmp(text, "load=", 5) == 0)
		load_at = strtoull(value, NULL, 0);
	else if (strncmp(text, "size=", 5) == 0)
		size = strtoull(value, NULL, 0);
	else if (strncmp(text, "out=", 4) == 0)
		out = fopen(value, "w");
	else if (strcmp(text, "boot=on") == 0)
		open = boot = true;
	else
		return false;
	return true;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv);
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!argument(argv[i])) {
			fprintf(stderr, "trace: what is '%s'?\n", argv[i]);
			return -1;
		}
	}
	if (!size || !out) {
		fprintf(stderr, "trace: size= and out= are needed\n");
		return -1;
	}
	for (unsigned int i = 0; i < CORES_MAX; i++) {
		cores[i].code = calloc(size / 4, sizeof(*cores[i].code));
		if (!cores[i].code)
			return -1;
	}
	qemu_plugin_register_vcpu_init_cb(id, vcpu_starts);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
