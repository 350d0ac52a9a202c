/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.c - a device-tree source file: its tree, and where in the text everything stands.
 *
 * Reads dtc's annotated output, one line a node or property:
 *
 *     label: name { ... file:line:col-line:col, file:line:col-line:col ...
 *     name = "text"; ... file:line:col-line:col ...
 *
 * Called by partition.c, board.c and images.c.
 */
#include "source.h"

#include "dtc_errors.h"
#include "nodes.h"
#include "process.h"
#include "text.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE_MAX (UINT64_C(16) << 20) /* bytes: a thousand times the largest sensible tree */
#define PATH_DEPTH 32u
#define NODES_MOST 32768 /* of a flattened tree: look-ups are linear */
#define DEPTH_MOST 32

/* ---- running dtc ---- */

static bool run_dtc(const char *path, const char *const *options, const char *const *folders,
		    size_t folder_count, struct bytes *output)
{
	const char **const argv = memory_new(16 + 2 * folder_count, sizeof(argv[0]));
	struct bytes errors;
	size_t count = 0;
	int status;

	argv[count++] = "dtc";
	argv[count++] = "-q"; /* warnings are about boards, not about partitions */
	while (*options)
		argv[count++] = *options++;
	for (size_t i = 0; i < folder_count; i++) {
		argv[count++] = "-i";
		argv[count++] = folders[i];
	}
	argv[count++] = "--";
	argv[count++] = path;
	status = process_run(argv, output, &errors);
	free(argv);
	if (status < 0)
		diag_error((struct place){path, 1, 1}, "can't run 'dtc': is device-tree-compiler installed?");
	else if (status > 0)
		dtc_errors_report(path, &errors, folders, folder_count);
	free(errors.data);
	return status == 0;
}

/* ---- dtc's annotations ---- */

/* `FILE:L:C-L:C` or a list of such: the first, by which the user knows the node. */
static struct place parse_place(const char *comment)
{
	for (const char *at = strchr(comment, ':'); at; at = strchr(at + 1, ':')) {
		int line, column, last_line, last_column;

		if (sscanf(at, ":%d:%d-%d:%d", &line, &column, &last_line, &last_column) == 4)
			return (struct place){text_copy(comment, (size_t)(at - comment)), line, column};
	}
	return (struct place){NULL, 0, 0};
}

static void parse_kind(struct source_entry *entry, const char *value)
{
	const char *const start = value ? strpbrk(value, "\"<[") : NULL;

	if (!start)
		return;
	entry->kind = *start == '"' ? VALUE_TEXT : *start == '<' ? VALUE_CELLS : VALUE_BYTES;
	entry->bits = 32;
	if (strncmp(value, "/bits/ ", 7) == 0)
		entry->bits = (unsigned int)strtoul(value + 7, NULL, 10);
}

/* Labels (`name: `) stand before the name of a node or property. */
static char *skip_labels(char *line)
{
	for (;;) {
		const size_t length = strcspn(line, " \t:;={\"");

		if (line[length] != ':')
			return line;
		line += length + 1;
		line += strspn(line, " \t");
	}
}

struct reader {
	struct source *source;
	const char *paths[PATH_DEPTH];
	size_t depth;
};

/* By path, a node before its properties; of two alike the one that stands first in the text. */
static int by_path(const void *a, const void *b)
{
	const struct source_entry *const left = a, *const right = b;
	const int paths = strcmp(left->path, right->path);
	const int properties =
		strcmp(left->property ? left->property : "", right->property ? right->property : "");

	if (paths || properties)
		return paths ? paths : properties;
	return left->order < right->order ? -1 : left->order > right->order;
}

static struct source_entry *add_entry(struct source *source, const char *path, const char *property,
				      struct place at)
{
	source->entries = memory_grow(source->entries, source->entry_count, sizeof(source->entries[0]));
	source->entries[source->entry_count] = (struct source_entry){
		.path = path, .property = property, .at = at, .order = source->entry_count};
	return &source->entries[source->entry_count++];
}

static void read_line(struct reader *reader, char *line)
{
	char *comment = NULL;
	struct place at;
	size_t length;

	line += strspn(line, "\t ");
	if (!*line || *line == '/' ? strncmp(line, "/ {", 3) != 0 : false)
		return;
	if (strncmp(line, "};", 2) == 0) {
		if (reader->depth)
			reader->depth--;
		return;
	}
	for (char *next = strstr(line, " /* "); next; next = strstr(next + 1, " /* "))
		comment = next;
	if (!comment)
		return;
	*comment = 0;
	at = parse_place(comment + 4);
	if (!at.file)
		at = (struct place){reader->source->path, 1, 1};
	line = skip_labels(line);
	length = strcspn(line, " ;=");
	if (comment[-1] == '{') {
		const char *const parent = reader->depth ? reader->paths[reader->depth - 1] : "";
		const char *path = "/";

		if (reader->depth == PATH_DEPTH)
			return;
		if (reader->depth)
			path = text_format("%s/%.*s", parent[1] ? parent : "", (int)length, line);
		reader->paths[reader->depth++] = path;
		add_entry(reader->source, path, NULL, at);
	} else if (reader->depth) {
		char *const value = strstr(line, " = ");

		parse_kind(add_entry(reader->source, reader->paths[reader->depth - 1],
				     text_copy(line, length), at),
			   value ? value + 3 : NULL);
	}
}

/* The first of the entries that are not before (path, property). */
static const struct source_entry *find_entry(const struct source *source, const char *path,
					     const char *property)
{
	const struct source_entry wanted = {.path = path, .property = property};
	size_t low = 0, high = source->entry_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (by_path(&source->entries[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == source->entry_count || strcmp(source->entries[low].path, path) != 0 ||
	    strcmp(source->entries[low].property ? source->entries[low].property : "",
		   property ? property : "") != 0)
		return NULL;
	return &source->entries[low];
}

const struct source_entry *source_find(const struct source *source, int node, const char *property)
{
	static struct source_entry unknown;
	const char *const path = node_path(source->tree.data, node);
	const struct source_entry *entry = NULL;

	if (path) {
		entry = find_entry(source, path, property);
		if (!entry)
			entry = find_entry(source, path, NULL);
	}
	if (entry)
		return entry;
	unknown = (struct source_entry){.path = "/", .at = {source->path, 1, 1}};
	return &unknown;
}

struct place source_place(const struct source *source, int node, const char *property)
{
	return source_find(source, node, property)->at;
}

/* ---- reading ---- */

/* What dtc would only call a syntax error, said plainly. */
static bool check_text(const char *path)
{
	struct bytes file;
	const char *const wrong = file_read(path, SOURCE_MAX, &file);

	if (wrong) {
		diag_error((struct place){path, 1, 1}, "can't read the file: %s", wrong);
		return false;
	}
	if (!file.size)
		diag_error((struct place){path, 1, 1}, "the file is empty");
	else if (file.size >= 3 && memcmp(file.data, "\xef\xbb\xbf", 3) == 0)
		diag_error((struct place){path, 1, 1},
			   "the file begins with a byte order mark: save it as UTF-8 without one");
	else if (file.size >= sizeof(uint32_t) && fdt_magic(file.data) == FDT_MAGIC)
		diag_error((struct place){path, 1, 1},
			   "the file is a flattened device tree, and a source is needed: `dtc -I dtb -O dts` "
			   "gives "
			   "that, `bulkhead import` makes a board of a board's tree");
	else if (memchr(file.data, 0, file.size))
		diag_error((struct place){path, 1, 1}, "the file is not text: it holds NUL bytes");
	else {
		free(file.data);
		return true;
	}
	free(file.data);
	return false;
}

bool source_read(struct source *source, const char *path, const char *const *folders, size_t folder_count)
{
	static const char *const to_tree[] = {"-I", "dts", "-O", "dtb", NULL};
	static const char *const to_text[] = {"-I", "dts", "-O", "dts", "-T", "-T", NULL};
	struct reader reader = {.source = source};
	struct bytes text;
	char *state = NULL;

	*source = (struct source){.path = path};
	if (!check_text(path) || !run_dtc(path, to_tree, folders, folder_count, &source->tree) ||
	    !run_dtc(path, to_text, folders, folder_count, &text))
		return false;
	source->tree.path = path;
	for (char *line = strtok_r((char *)text.data, "\n", &state); line;
	     line = strtok_r(NULL, "\n", &state))
		read_line(&reader, line);
	if (source->entry_count)
		qsort(source->entries, source->entry_count, sizeof(source->entries[0]), by_path);
	free(text.data);
	return true;
}

/* Texts of which the end is looked for, and numbers of one cell: whoever reads them trusts their form. */
static bool sound_property(const char *name, const char *value, int length)
{
	static const char *const texts[] = {"compatible",    "status", "device_type",
					    "enable-method", "method", "stdout-path"};
	static const char *const numbers[] = {"phandle", "linux,phandle", "interrupt-parent"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(name, texts[i]) == 0)
			return length > 0 && value[length - 1] == 0;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(name, numbers[i]) == 0)
			return length == 4;
	return name[0] != '#' || length == 4;
}

/* libfdt 1.6 takes a length beyond 2^31 as one below 0, and then goes backwards or in circles. */
static bool lengths_sound(const void *tree)
{
	int at = 0, next, length;
	uint32_t tag;

	do {
		tag = fdt_next_tag(tree, at, &next);
		if (tag == FDT_PROP && (!fdt_get_property_by_offset(tree, at, &length) || length < 0))
			return false;
		at = next;
	} while (tag != FDT_END);
	return next >= 0;
}

/* Of versions before 16 a node may have no name, which fdt_check_full() doesn't expect. */
bool source_tree_whole(const struct bytes *tree)
{
	return tree->size >= FDT_V17_SIZE && fdt_check_header(tree->data) == 0 &&
	       fdt_version(tree->data) >= 17 && fdt_totalsize(tree->data) <= tree->size &&
	       lengths_sound(tree->data) && fdt_check_full(tree->data, tree->size) == 0;
}

const char *source_tree_flaw(const struct bytes *tree)
{
	static const char source[] = "/dts-v1/";
	int depth = 0, nodes = 0, property;

	if (tree->size && memmem(tree->data, tree->size, source, sizeof(source) - 1) &&
	    memchr(tree->data, 0, tree->size) == NULL)
		return "it is a tree's source: `dtc -O dtb -o FILE.dtb FILE.dts` makes what is wanted";
	if (!source_tree_whole(tree))
		return "it is no flattened device tree of version 17";
	for (int node = 0; node >= 0 && depth >= 0; node = fdt_next_node(tree->data, node, &depth)) {
		if (depth > DEPTH_MOST || ++nodes > NODES_MOST)
			return text_format("it is no board's device tree: more than %d nodes, or %d levels",
					   NODES_MOST, DEPTH_MOST);
		fdt_for_each_property_offset(property, tree->data, node)
		{
			const char *name;
			int length;
			const void *const value = fdt_getprop_by_offset(tree->data, property, &name, &length);

			if (!value || !sound_property(name, value, length))
				return text_format("its node '%s' has a property '%s' of a wrong form",
						   fdt_get_name(tree->data, node, NULL), value ? name : "?");
		}
	}
	return NULL;
}

bool source_is_flattened(const char *path)
{
	const char *const dot = strrchr(path, '.');

	return dot && (strcmp(dot, ".dtb") == 0 || strcmp(dot, ".dtbo") == 0);
}

bool source_read_tree(const char *path, struct bytes *tree)
{
	static const char *const to_tree[] = {"-I", "dts", "-O", "dtb", NULL};

	if (source_is_flattened(path)) {
		const char *const wrong = file_read(path, SOURCE_MAX, tree);

		if (wrong)
			diag_error((struct place){path, 1, 1}, "can't read the file: %s", wrong);
		else if (source_tree_flaw(tree))
			diag_error((struct place){path, 1, 1}, "%s", source_tree_flaw(tree));
		else
			return true;
		return false;
	}
	if (!check_text(path) || !run_dtc(path, to_tree, NULL, 0, tree))
		return false;
	tree->path = path;
	return true;
}

static bool known_file(const struct source *source, const struct files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->at[i].path, path) == 0)
			return true;
	return strcmp(source->path, path) == 0;
}

bool source_included(const struct source *source, struct files *files)
{
	for (size_t i = 0; i < source->entry_count; i++) {
		const struct place at = source->entries[i].at;
		const char *wrong;

		if (known_file(source, files, at.file))
			continue;
		files->at = memory_grow(files->at, files->count, sizeof(files->at[0]));
		wrong = file_read(at.file, SOURCE_MAX, &files->at[files->count++]);
		if (wrong) {
			diag_error((struct place){at.file, 1, 1}, "can't read the file: %s", wrong);
			return false;
		}
	}
	return true;
}
