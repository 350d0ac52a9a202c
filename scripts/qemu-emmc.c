// SPDX-License-Identifier: Apache-2.0
/*
 * qemu-emmc.c - a plugin of QEMU, build/qemu-emmc.so: an eMMC can be plugged in by `-device
 * emmc,drive=...,boot-partition-size=...`.
 *
 * QEMU 10.0 has the device and takes it for something that only boards with a soldered one may have
 * (hw/sd/sd.c: user_creatable is false), none of which is `virt`. The card itself stays as it is. The place
 * of that word in a class is not part of any interface, so it is taken only where all around it is as
 * in 10.0; else QEMU goes on without it, and refuses the option as ever. Nothing of the machine's code is
 * instrumented.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PLUGIN_VERSION 4 /* include/qemu/qemu-plugin.h */

/* include/qom/object.h, include/hw/qdev-core.h: ObjectClass and the begin of DeviceClass. */
struct device_class {
	const void *type, *interfaces, *casts[4], *class_casts[4], *unparent, *properties;
	uint64_t categories;
	const char *firmware_name, *description;
	const void *options;
	uint16_t option_count;
	bool user_creatable, hot_pluggable;
};

_Static_assert(offsetof(struct device_class, description) == 112, "layout");
_Static_assert(offsetof(struct device_class, user_creatable) == 130, "layout");

extern void *object_class_by_name(const char *name);

__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_VERSION;

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void *info, int count,
							       char **words)
{
	struct device_class *emmc = object_class_by_name("emmc"), *card = object_class_by_name("sd-card");

	(void)id;
	(void)info;
	(void)count;
	(void)words;
	if (!emmc || !card || !emmc->description || strcmp(emmc->description, "eMMC") != 0 ||
	    !card->user_creatable || emmc->user_creatable || emmc->option_count <= card->option_count) {
		fputs("qemu-emmc.so: this isn't the QEMU that it was made for: no eMMC can be plugged in\n",
		      stderr);
		return 0;
	}
	emmc->user_creatable = true;
	return 0;
}
