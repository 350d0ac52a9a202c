// SPDX-License-Identifier: Apache-2.0
/*
 * executed.c - a QEMU TCG plugin: which instructions of the hypervisor's image were executed, which ways its
 * conditional branches went, and how long the exits were. The judgement is scripts/covering/object_code.py's
 * and exit_paths.py's.
 *
 * Arguments: link=ADDRESS: where the image's text is at EL2; image=FILE: bulkhead.bin; marks=FILE: a byte for
 * each instruction of it (below); out=FILE: a byte for each instruction, EXECUTED and beside it TAKEN and
 * FALLEN for the instruction that came after it on the same core, zeros up to a multiple of 8, then PATHS
 * times struct path. The file is mapped, so it has all of it however QEMU ends.
 *
 * An exit is what a core executes from an instruction marked ENTRY to the next ERET, both counted. Marks from
 * 1 on are bits of the set of places that it has come by; one that comes by a CUT isn't counted, nor are
 * instructions marked WAIT, nor what is called from there.
 *
 * Before the MMU is on the image runs at its load address: that is where its first instruction is seen first.
 * An instruction counts only if its bytes are the image's.
 *
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <qemu-plugin.h>

#define EXECUTED 1u
#define TAKEN	 2u
#define FALLEN	 4u
#define NOWHERE	 UINT64_MAX
#define CORES	 512u /* QEMU's most */
#define PATHS	 128u
#define ENTRY	 64u
#define CUT	 65u
#define WAIT	 66u
#define ERET	 0xd69f03e0u /* Arm ARM C6.2.98 */

/* Of all exits that came by the same places; of none, zeros. */
struct path {
	uint64_t places;  /* bit m: by an instruction with mark m */
	uint64_t longest; /* in instructions */
	uint64_t count;
};

struct core {
	uint64_t last; /* number of the instruction that it executed last */
	uint64_t places, length;
	uint64_t awaited; /* number of the instruction that a call from a WAIT returns to; NOWHERE: none is
			     under way */
	bool within;	  /* an exit */
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static uint64_t link_at, load_at = NOWHERE, size;
static const uint8_t *image, *marks;
static uint8_t *out;
static struct path *paths;
static pthread_mutex_t paths_lock = PTHREAD_MUTEX_INITIALIZER;
static struct core cores[CORES];

static uint32_t word_at(uint64_t number)
{
	uint32_t word;

	memcpy(&word, image + 4 * number, sizeof(word));
	return word;
}

static int64_t sign_extended(uint32_t value, unsigned int bits)
{
	return (int64_t)((uint64_t)value << (64 - bits)) >> (64 - bits);
}

/* By number, where the conditional branch goes that is there; NOWHERE: it is none. Arm ARM C4.1.89 */
static uint64_t target_of(uint64_t number)
{
	uint32_t word;

	if (number == NOWHERE)
		return NOWHERE;
	word = word_at(number);
	if ((word & 0xff000010) == 0x54000000 || (word & 0x7e000000) == 0x34000000) /* B.cond, CBZ, CBNZ */
		return number + (uint64_t)sign_extended(word >> 5 & 0x7ffff, 19);
	if ((word & 0x7e000000) == 0x36000000) /* TBZ, TBNZ */
		return number + (uint64_t)sign_extended(word >> 5 & 0x3fff, 14);
	return NOWHERE;
}

static void mark(uint64_t number, uint8_t what)
{
	if ((out[number] & what) != what)
		__atomic_fetch_or(&out[number], what, __ATOMIC_RELAXED);
}

static void path_ends(const struct core *core)
{
	struct path *path = paths;

	pthread_mutex_lock(&paths_lock);
	while (path < &paths[PATHS - 1] && path->count && path->places != core->places)
		path++;
	path->places = core->places;
	if (core->length > path->longest)
		path->longest = core->length;
	path->count++;
	pthread_mutex_unlock(&paths_lock);
}

/* BL or BLR. Arm ARM C6.2.35, C6.2.36 */
static bool is_call(uint64_t number)
{
	return word_at(number) >> 26 == 0x25 || (word_at(number) & 0xfffffc1f) == 0xd63f0000;
}

static void path_goes_on(struct core *core, uint64_t number)
{
	const uint8_t here = marks[number];

	if (here == ENTRY) {
		core->within = true;
		core->places = core->length = 0;
		core->awaited = NOWHERE;
	} else if (here == CUT) {
		core->within = false;
	}
	if (!core->within)
		return;
	if (core->awaited == number)
		core->awaited = NOWHERE;
	if (core->awaited != NOWHERE)
		return;
	if (here == WAIT) {
		if (is_call(number))
			core->awaited = number + 1;
		return;
	}
	core->length++;
	if (here > 0 && here < ENTRY)
		core->places |= UINT64_C(1) << here;
	if (word_at(number) == ERET) {
		path_ends(core);
		core->within = false;
	}
}

static void executes(unsigned int vcpu, void *data)
{
	const uint64_t number = (uintptr_t)data;
	struct core *core = &cores[vcpu % CORES];

	mark(number, EXECUTED);
	if (target_of(core->last) != NOWHERE) {
		if (number == target_of(core->last))
			mark(core->last, TAKEN);
		else if (number == core->last + 1)
			mark(core->last, FALLEN);
	}
	core->last = number;
	path_goes_on(core, number);
}

/* Offset in the image; its size: the instruction is none of the image's. */
static uint64_t image_offset(uint64_t address, uint32_t code)
{
	uint64_t offset = size;

	if (load_at == NOWHERE && (address & 0xfff) == 0 && address != link_at && code == word_at(0))
		load_at = address;
	if (address - link_at < size)
		offset = address - link_at;
	else if (load_at != NOWHERE && address - load_at < size)
		offset = address - load_at;
	return offset + 4 <= size && code == word_at(offset / 4) ? offset : size;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t code = 0;
		uint64_t offset;

		qemu_plugin_insn_data(insn, &code, sizeof(code));
		offset = image_offset(qemu_plugin_insn_vaddr(insn), code);
		if (offset < size)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, executes, QEMU_PLUGIN_CB_NO_REGS,
							       (void *)(uintptr_t)(offset / 4));
	}
}

/* Of a file that is read, all of it; `length` 0. */
static void *mapped(const char *path, int flags, uint64_t length)
{
	const int file = open(path, flags, 0644);
	struct stat found;
	void *at;

	if (file < 0 || fstat(file, &found) || (length && ftruncate(file, (off_t)length)))
		return NULL;
	if (!length)
		length = (uint64_t)found.st_size;
	at = mmap(NULL, length, flags == O_RDONLY ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	return at == MAP_FAILED ? NULL : at;
}

static const uint8_t *mapped_image(const char *path)
{
	struct stat found;

	if (stat(path, &found))
		return NULL;
	size = (uint64_t)found.st_size & ~UINT64_C(3);
	return mapped(path, O_RDONLY, 0);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv);
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv)
{
	const char *path = NULL;
	uint64_t places_at;

	(void)info;
	for (unsigned int i = 0; i < CORES; i++)
		cores[i].last = NOWHERE;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "link=", 5) == 0)
			link_at = strtoull(argv[i] + 5, NULL, 0);
		else if (strncmp(argv[i], "image=", 6) == 0)
			image = mapped_image(argv[i] + 6);
		else if (strncmp(argv[i], "marks=", 6) == 0)
			marks = mapped(argv[i] + 6, O_RDONLY, 0);
		else if (strncmp(argv[i], "out=", 4) == 0)
			path = argv[i] + 4;
	}
	places_at = (size / 4 + 7) & ~UINT64_C(7);
	if (image && marks && path)
		out = mapped(path, O_RDWR | O_CREAT, places_at + PATHS * sizeof(*paths));
	if (!link_at || !out) {
		fprintf(stderr,
			"executed: link=, image=, marks= and out= are needed, as files that can be read "
			"and written\n");
		return -1;
	}
	paths = (struct path *)(out + places_at);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
