// SPDX-License-Identifier: Apache-2.0
/*
 * fit.c - writes bulkhead.itb: bulkhead.bin with its blueprint, the image store's files as loadables,
 * and the inputs that the auditor compares the blueprint with. See fit.h; called by emit.c.
 *
 * Data stand inside the tree, 8-byte aligned (a flattened tree among them is used in place by some
 * boot loaders), each with its SHA-256, which U-Boot checks while it loads. There is no time stamp but
 * 0: same inputs, same bytes.
 */
#include "fit.h"

#include <libfdt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "emit.h"

#define NODE_SPACE 1024u /* of one image's node, without its data: generous */

struct fit {
	uint8_t *data;
	int error;
};

static void note(struct fit *fit, int error)
{
	if (!fit->error)
		fit->error = error;
}

static void put(struct fit *fit, const char *name, const char *value)
{
	note(fit, fdt_property_string(fit->data, name, value));
}

/* Type, target and address: what U-Boot (boot/image-fit.c, fit_image_load) asks of a node. */
struct kind {
	const char *type, *os, *arch;
};
static const struct kind kind_kernel = {"kernel", "linux", "arm64"};
static const struct kind kind_tree = {"flat_dt", NULL, "arm64"};
static const struct kind kind_loadable = {"firmware", "linux", "arm64"};
static const struct kind kind_text = {"firmware", NULL, NULL};

/* Puts `data` so that its first byte is 8-byte aligned in the FIT. */
static void put_data(struct fit *fit, const struct bytes *bytes)
{
	void *value = NULL;
	const char compression[] = "none";

	if (fit->error)
		return;
	note(fit, fdt_property_placeholder(fit->data, "compression", sizeof(compression), &value));
	if (fit->error)
		return;
	memcpy(value, compression, sizeof(compression));
	/* The next property's value stands after this one's 8 bytes and a header of 12. */
	if (((size_t)((uint8_t *)value - fit->data) + sizeof(compression) + 3 + 12) / 4 % 2)
		note(fit, fdt_property(fit->data, "bulkhead,align", NULL, 0));
	note(fit, fdt_property(fit->data, "data", bytes->data, (int)bytes->size));
}

static void put_hash(struct fit *fit, const struct bytes *bytes)
{
	uint8_t digest[DIGEST_SIZE];

	digest_of(bytes->data, bytes->size, digest);
	note(fit, fdt_begin_node(fit->data, "hash-1"));
	put(fit, "algo", "sha256");
	note(fit, fdt_property(fit->data, "value", digest, sizeof(digest)));
	note(fit, fdt_end_node(fit->data));
}

/* `load` 0: the boot loader leaves it where it is. */
static void put_image(struct fit *fit, const char *name, const char *description, const struct kind *kind,
		      uint64_t load, const struct bytes *bytes)
{
	note(fit, fdt_begin_node(fit->data, name));
	put(fit, "description", description);
	put(fit, "type", kind->type);
	if (kind->os)
		put(fit, "os", kind->os);
	if (kind->arch)
		put(fit, "arch", kind->arch);
	if (load)
		note(fit, fdt_property_u64(fit->data, "load", load));
	if (kind == &kind_kernel)
		note(fit, fdt_property_u64(fit->data, "entry", load));
	put_data(fit, bytes);
	put_hash(fit, bytes);
	note(fit, fdt_end_node(fit->data));
}

static const char *base_name(const char *path)
{
	const char *const slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The files of the image store; their names into `names`, NUL after each. Returns the names' length. */
static size_t put_files(struct fit *fit, const struct plan *plan, char *names)
{
	size_t number = 0, length = 0;

	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const cell = &plan->cells[i];

		for (size_t j = 0; j < cell->file_count; j++) {
			const struct file_image *const file = &cell->files[j];
			char *const name = text_format("file-%zu", number++);
			char *const description = text_format("%s:%s:%s", cell->name, file->property,
							      base_name(file->file.path));

			put_image(fit, name, description, &kind_loadable, file->store_pa, &file->file);
			memcpy(names + length, name, strlen(name) + 1);
			length += strlen(name) + 1;
			free(description);
			free(name);
		}
	}
	return length;
}

/* Beside what the boot loader goes by: for which board it is, and the images that nothing loads, so that a
 * signature of the configuration can cover them (mkimage's `sign-images` names such properties). */
static void put_inputs(struct fit *fit, const struct plan *plan, bool pci)
{
	static const char with_pci[] = "machine\0partitions\0known-slaves\0pci",
			  without[] = "machine\0partitions\0known-slaves";

	put(fit, "bulkhead,board", plan->board.name);
	note(fit, pci ? fdt_property(fit->data, "bulkhead,inputs", with_pci, sizeof(with_pci))
		      : fdt_property(fit->data, "bulkhead,inputs", without, sizeof(without)));
}

static void put_configuration(struct fit *fit, const struct plan *plan, bool pci, const char *files,
			      size_t files_length)
{
	note(fit, fdt_begin_node(fit->data, "configurations"));
	put(fit, "default", "conf-1");
	note(fit, fdt_begin_node(fit->data, "conf-1"));
	put(fit, "description", "Bulkhead");
	put(fit, "kernel", "kernel");
	put(fit, "fdt", "fdt");
	if (files_length)
		note(fit, fdt_property(fit->data, "loadables", files, (int)files_length));
	put_inputs(fit, plan, pci);
	note(fit, fdt_end_node(fit->data));
	note(fit, fdt_end_node(fit->data));
}

static void put_all(struct fit *fit, const struct layout *layout, const struct bytes *kernel, char *names)
{
	const struct plan *const plan = layout->plan;
	size_t length;

	note(fit, fdt_finish_reservemap(fit->data));
	note(fit, fdt_begin_node(fit->data, ""));
	put(fit, "description", "Bulkhead image");
	note(fit, fdt_property_u32(fit->data, "timestamp", 0));
	note(fit, fdt_property_u32(fit->data, "#address-cells", 2));
	note(fit, fdt_begin_node(fit->data, "images"));
	put_image(fit, "kernel", "bulkhead.bin and blueprint", &kind_kernel, layout->load_pa, kernel);
	put_image(fit, "fdt", "board tree", &kind_tree, 0, &plan->board.tree);
	put_image(fit, "machine", "machine facts", &kind_tree, 0, &plan->board.machine);
	put_image(fit, "partitions", "partition file", &kind_tree, 0, &plan->partitions);
	put_image(fit, "known-slaves", "devices that never master the bus", &kind_text, 0,
		  &plan->board.known_slaves);
	if (layout->pci)
		put_image(fit, "pci", "PCI inventory", &kind_tree, 0, &plan->board.pci_tree);
	length = put_files(fit, plan, names);
	note(fit, fdt_end_node(fit->data));
	put_configuration(fit, plan, layout->pci, names, length);
	note(fit, fdt_end_node(fit->data));
	note(fit, fdt_finish(fit->data));
}

/* [impl->swr~compile-fit~1] */
bool fit_write(const struct layout *layout, const struct bytes *kernel, struct bytes *out)
{
	const struct plan *const plan = layout->plan;
	struct fit fit = {0};
	uint64_t size = kernel->size + plan->board.tree.size + plan->board.machine.size +
			plan->partitions.size + plan->board.known_slaves.size + plan->board.pci_tree.size +
			UINT64_C(9) * NODE_SPACE;
	size_t files = 0;
	char *names;

	for (size_t i = 0; i < plan->cell_count; i++) {
		files += plan->cells[i].file_count;
		for (size_t j = 0; j < plan->cells[i].file_count; j++)
			size += plan->cells[i].files[j].file.size + NODE_SPACE +
				strlen(plan->cells[i].files[j].file.path);
	}
	/* The format's own limit: 32-bit sizes, signed in libfdt. */
	if (size > INT_MAX) {
		diag_error(file_place(plan->file), "the image would be larger than a FIT can be (2 GiB)");
		return false;
	}
	names = memory_new(files + 1, 32);
	fit.data = memory_new(size, 1);
	note(&fit, fdt_create(fit.data, (int)size));
	put_all(&fit, layout, kernel, names);
	free(names);
	if (fit.error) {
		diag_error(file_place(plan->file), "internal error: the FIT can't be written: %s",
			   fdt_strerror(fit.error));
		return false;
	}
	*out = (struct bytes){"bulkhead.itb", fit.data, fdt_totalsize(fit.data)};
	return true;
}
