/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_pci.c - a copy of a running Linux's /sys/bus/pci/devices becomes pci.dts (docs/import.md).
 *
 * Copies are odd: `cp -rL` makes folders of links, `cp -a` leaves links that lead nowhere, files of root's
 * are missing or cut. What isn't there is left out; a function without vendor and device is an error.
 * Called by import.c. [impl->swr~import-pci~1]
 */
#include "import.h"
#include "text.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTRIBUTE_MOST 4096u /* one page: sysfs's files, and configuration space */
#define CONFIG_LEAST   64u   /* the header; behind it zeros at the end are left out */
#define RESOURCES_MOST 17u   /* 6 BARs, ROM, 6 of the virtual functions, 4 windows of a bridge */

/* Up to 4096 bytes with a NUL behind; sysfs lies about sizes. Returns how many, 0: none can be read. */
static size_t attribute(const char *folder, const char *name, char *text)
{
	const int file = open(text_format("%s/%s", folder, name), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	size_t size = 0;
	struct stat status;
	ssize_t got = 1;

	if (file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode))
		while (size < ATTRIBUTE_MOST && (got = read(file, text + size, ATTRIBUTE_MOST - size)) > 0)
			size += (size_t)got;
	if (file >= 0)
		close(file);
	text[size] = 0;
	return size;
}

static bool number(const char *folder, const char *name, uint64_t *value)
{
	char text[ATTRIBUTE_MOST + 1], *end;

	if (!attribute(folder, name, text))
		return false;
	*value = strtoull(text, &end, 0);
	return end != text && (*end == 0 || *end == '\n') && *value <= UINT32_MAX;
}

/* SSSS:BB:DD.F, the domain of four digits or more. */
static bool is_address(const char *name, unsigned int parts[4])
{
	int used = 0;

	return sscanf(name, "%8x:%2x:%2x.%1x%n", &parts[0], &parts[1], &parts[2], &parts[3], &used) == 4 &&
	       name[used] == 0 && parts[2] < 32 && parts[3] < 8;
}

static void add_number(const char **text, const char *folder, const char *file, const char *property)
{
	uint64_t value;

	if (number(folder, file, &value))
		import_add(text, "\t\t%s = <0x%" PRIx64 ">;\n", property, value);
}

/* Lines of `resource`: start, end and flags of one each. */
static void add_resources(const char **text, const char *folder)
{
	char lines[ATTRIBUTE_MOST + 1];
	const char *list = "", *at = lines;
	unsigned int count = 0;
	uint64_t start, end, flags;
	int used;

	attribute(folder, "resource", lines);
	while (count < RESOURCES_MOST &&
	       sscanf(at, "%" SCNx64 " %" SCNx64 " %" SCNx64 "%n", &start, &end, &flags, &used) == 3) {
		import_add(&list, " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64, start,
			   flags && end >= start ? end - start + 1 : 0, flags);
		at += used;
		count++;
	}
	if (count)
		import_add(text, "\t\tresources = /bits/ 64 <%s>;\n", list + 1);
}

static void add_config(const char **text, const char *folder)
{
	char bytes[ATTRIBUTE_MOST + 1];
	size_t size = attribute(folder, "config", bytes);
	char *const hex = memory_new(2 * size + 1, 1);

	while (size > CONFIG_LEAST && !bytes[size - 1])
		size--;
	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned int)(unsigned char)bytes[i]);
	if (size)
		import_add(text, "\t\tconfig = [%s];\n", hex);
}

/* Letters that a device-tree string can hold; the rest of a name that isn't ours is dropped. */
static const char *plain(const char *text, size_t length)
{
	char *const copy = text_copy(text, length);
	size_t kept = 0;

	for (const char *at = copy; *at; at++)
		if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
		    strchr("-_.:", *at))
			copy[kept++] = *at;
	copy[kept] = 0;
	return copy;
}

/* KEY's value in a `uevent` file, NULL: none. Links may be folders in the copy, this file stays. */
static const char *event_value(const char *folder, const char *key)
{
	char text[ATTRIBUTE_MOST + 1];
	const size_t length = strlen(key);

	attribute(folder, "uevent", text);
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, key, length) == 0 && line[length] == '=')
			return plain(line + length + 1, strcspn(line + length + 1, "\n"));
	return NULL;
}

/* Where a link leads, its last part; NULL: it is no link. */
static const char *link_name(const char *folder, const char *name)
{
	char target[ATTRIBUTE_MOST];
	const ssize_t length = readlink(text_format("%s/%s", folder, name), target, sizeof(target));
	const char *text, *slash;

	if (length <= 0)
		return NULL;
	text = text_copy(target, (size_t)length);
	slash = strrchr(text, '/');
	return plain(slash ? slash + 1 : text, strlen(slash ? slash + 1 : text));
}

/* The first function of the group, where the copy has made the link to it a folder. */
static const char *first_member(const char *folder)
{
	const char *lowest = NULL;
	DIR *const members = opendir(text_format("%s/iommu_group/devices", folder));

	for (struct dirent *entry = members ? readdir(members) : NULL; entry; entry = readdir(members)) {
		unsigned int parts[4];

		if (is_address(entry->d_name, parts) && (!lowest || strcmp(entry->d_name, lowest) < 0))
			lowest = text_copy(entry->d_name, strlen(entry->d_name));
	}
	if (members)
		closedir(members);
	return lowest;
}

static void add_text(const char **text, const char *property, const char *value)
{
	if (value && value[0])
		import_add(text, "\t\t%s = \"%s\";\n", property, value);
}

static const char *add_function(const char **text, const char *folder, const char *name,
				const unsigned int parts[4])
{
	static const struct {
		const char *file, *property;
	} numbers[] = {{"class", "class"},
		       {"revision", "revision"},
		       {"subsystem_vendor", "subsystem-vendor"},
		       {"subsystem_device", "subsystem-device"},
		       {"sriov_totalvfs", "sriov-total-vfs"},
		       {"sriov_offset", "sriov-offset"},
		       {"sriov_stride", "sriov-stride"},
		       {"sriov_vf_device", "sriov-vf-device"}};
	const char *const group = link_name(folder, "iommu_group");
	const char *const parent = link_name(folder, "physfn");
	uint64_t vendor, device;

	if (!number(folder, "vendor", &vendor) || !number(folder, "device", &device))
		return text_format("%s/%s has no readable vendor and device", "--pci", name);
	import_add(text,
		   "\tfunction@%04x-%02x-%02x.%x {\n\t\taddress = \"%04x:%02x:%02x.%x\";\n"
		   "\t\tvendor = <0x%04" PRIx64 ">;\n\t\tdevice = <0x%04" PRIx64 ">;\n",
		   parts[0], parts[1], parts[2], parts[3], parts[0], parts[1], parts[2], parts[3], vendor,
		   device);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		add_number(text, folder, numbers[i].file, numbers[i].property);
	add_text(text, "iommu-group", group ? group : first_member(folder));
	add_text(text, "physical-function",
		 parent ? parent : event_value(text_format("%s/physfn", folder), "PCI_SLOT_NAME"));
	add_text(text, "driver", event_value(folder, "DRIVER"));
	add_resources(text, folder);
	add_config(text, folder);
	import_add(text, "\t};\n");
	return NULL;
}

const char *import_pci(struct import *import, const char *folder)
{
	struct dirent **entries;
	const int count = scandir(folder, &entries, NULL, alphasort);
	const char *wrong = NULL;

	if (count < 0)
		return text_format("--pci: %s is no folder that can be read", folder);
	import->pci = "";
	import_add(&import->pci, "/* PCI functions as a running Linux has seen them. */\n/dts-v1/;\n/ {\n"
				 "\tcompatible = \"bulkhead,pci-v1\";\n");
	for (int i = 0; i < count && !wrong; i++) {
		unsigned int parts[4];

		if (!is_address(entries[i]->d_name, parts))
			continue;
		wrong = add_function(&import->pci, text_format("%s/%s", folder, entries[i]->d_name),
				     entries[i]->d_name, parts);
		import->pci_count++;
	}
	import_add(&import->pci, "};\n");
	if (!wrong && !import->pci_count)
		wrong = text_format("--pci: %s holds no PCI function, such as 0000:00:01.0", folder);
	return wrong;
}
