// SPDX-License-Identifier: Apache-2.0
/*
 * fit_config.c - the FIT's one configuration: what of the parts the loader starts, hands over and loads, and
 * which it leaves alone; each part has one of these uses, and nothing is told to the loader beside them.
 *
 * A signature of the configuration covers what it names. Whether one is right is the boot loader's to say,
 * which has the key: here a signed image is like an unsigned one. Called by fit.c.
 */
#include "fit.h"

#include <libfdt.h>
#include <string.h>

#include "tree.h"

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define CONFIGURATION "conf-1" /* what the boot command starts, by this name */

/* What names parts, and which: by their whole name, or how it begins. */
static const struct use {
	const char *property, *parts[4];
	bool begins;
} uses[] = {
	{"kernel", {"kernel"}, false},
	{"fdt", {"fdt"}, false},
	{"loadables", {"file-"}, true},
	{"bulkhead,inputs", {"machine", "partitions", "known-slaves", "pci"}, false},
};

static const char *const words[] = {"description", "compatible", "bulkhead,board", "bulkhead,counter"};

/* Negative: none. */
static int configuration(const void *fdt)
{
	const int all = fdt_path_offset(fdt, "/configurations");

	return all < 0 ? all : fdt_subnode_offset(fdt, all, CONFIGURATION);
}

bool fit_loads(const void *fdt, const char *name)
{
	const int node = configuration(fdt);

	return node >= 0 && fdt_stringlist_search(fdt, node, "loadables", name) >= 0;
}

static const char *text_of(const void *fdt, int node, const char *property)
{
	int length;
	const char *text = fdt_getprop(fdt, node, property, &length);

	return text && length > 0 && strnlen(text, (size_t)length) == (size_t)length - 1 ? text : NULL;
}

/* The only one, and the one that a loader takes which isn't told. */
static void only_check(const void *fdt, struct report *report)
{
	const int all = fdt_path_offset(fdt, "/configurations");
	const char *chosen = all < 0 ? NULL : text_of(fdt, all, "default");
	int node;

	if (!chosen || strcmp(chosen, CONFIGURATION) != 0 || configuration(fdt) < 0)
		violation(report, RULE_FIT, "/configurations: the default one isn't " CONFIGURATION);
	if (all < 0)
		return;
	fdt_for_each_subnode(node, fdt, all)
	{
		const char *name = fdt_get_name(fdt, node, NULL);

		/* libfdt, so the loader, too, finds NAME@UNIT by NAME. */
		if (node != configuration(fdt) || strcmp(name, CONFIGURATION) != 0)
			violation(report, RULE_FIT,
				  "/configurations/%s: there is another than " CONFIGURATION, name);
	}
}

static bool use_admits(const struct use *use, const char *name)
{
	bool admits = false;

	for (size_t i = 0; i < COUNT(use->parts) && use->parts[i]; i++)
		admits |= use->begins ? !strncmp(name, use->parts[i], strlen(use->parts[i]))
				      : !strcmp(name, use->parts[i]);
	return admits;
}

/* Every name that stands there is that of a part which may be used so. */
static void use_check(const void *fdt, int images, int node, const struct use *use, struct report *report)
{
	int length = 0;
	const char *list = fdt_getprop(fdt, node, use->property, &length);
	const bool sound = list && string_list(list, length);

	if (list && !sound)
		violation(report, RULE_FIT, "/configurations/" CONFIGURATION ": `%s` is no list of names",
			  use->property);
	for (const char *name = NULL; sound && (name = string_next(list, length, name));)
		if (!use_admits(use, name) || strchr(name, '@') || fdt_subnode_offset(fdt, images, name) < 0)
			violation(report, RULE_FIT,
				  "/configurations/" CONFIGURATION
				  ": `%s` names `%s`, which is no part for that",
				  use->property, name);
}

static unsigned int times_named(const void *fdt, int node, const char *part)
{
	unsigned int times = 0;

	for (size_t i = 0; i < COUNT(uses); i++) {
		int length = 0;
		const char *list = fdt_getprop(fdt, node, uses[i].property, &length);
		const bool sound = list && string_list(list, length);

		for (const char *name = NULL; sound && (name = string_next(list, length, name));)
			times += !strcmp(name, part);
	}
	return times;
}

/* Each part is named once, so that a signature covers it, and nothing has two uses. */
static void parts_check(const void *fdt, int images, int node, struct report *report)
{
	int part;

	/* Of two with one name the loader would take the first. */
	fdt_for_each_subnode(part, fdt, images)
	{
		const char *name = fdt_get_name(fdt, part, NULL);

		if (times_named(fdt, node, name) != 1 || fdt_subnode_offset(fdt, images, name) != part)
			violation(report, RULE_FIT,
				  "/images/%s: " CONFIGURATION
				  " doesn't name it once, to be started, handed over, "
				  "loaded or left alone",
				  name);
	}
}

/* What else it says: a ramdisk, an overlay or a program of the loader's lies where nothing was judged. */
static void words_check(const void *fdt, int node, struct report *report)
{
	int property, child;

	fdt_for_each_property_offset(property, fdt, node)
	{
		const char *name = "?";
		bool known = false;

		(void)fdt_getprop_by_offset(fdt, property, &name, NULL);
		for (size_t i = 0; i < COUNT(uses); i++)
			known |= !strcmp(name, uses[i].property);
		for (size_t i = 0; i < COUNT(words); i++)
			known |= !strcmp(name, words[i]);
		if (!known)
			violation(report, RULE_FIT, "/configurations: `%s` isn't part of an image", name);
	}
	fdt_for_each_subnode(child, fdt, node)
	{
		const char *name = fdt_get_name(fdt, child, NULL);

		if (strncmp(name, "signature", 9) != 0)
			violation(report, RULE_FIT, "/configurations: `%s` isn't part of an image", name);
	}
}

/* [impl->swr~audit-fit~1] */
const char *fit_configuration(const void *fdt, int images, struct report *report)
{
	const int node = configuration(fdt);
	const char *board;
	int length = 0;

	only_check(fdt, report);
	if (node < 0)
		return NULL;
	for (size_t i = 0; i < COUNT(uses); i++)
		use_check(fdt, images, node, &uses[i], report);
	parts_check(fdt, images, node, report);
	words_check(fdt, node, report);
	if (fdt_getprop(fdt, node, "bulkhead,counter", &length) && length != sizeof(fdt32_t))
		violation(report, RULE_FIT,
			  "/configurations/" CONFIGURATION ": bulkhead,counter is no number");
	board = text_of(fdt, node, "bulkhead,board");
	if (!board)
		violation(report, RULE_FIT, "/configurations/" CONFIGURATION ": it names no board");
	return board;
}
