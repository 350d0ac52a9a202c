/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_loader.c - how an imported board is started, of those boards whose U-Boot scripts/loader can build
 * and whose boot ROM's layout scripts/imaging has. Untested on hardware, all of them.
 * [impl->swr~import-loader~1]
 */
#include "import.h"
#include "text.h"

#include <inttypes.h>
#include <libfdt.h>

static const struct {
	const char *compatible; /* of the tree's root */
	const char *u_boot;	/* defconfig */
	const char *disk;	/* as U-Boot has it: bus and number */
	const char *layout;	/* of the flash that the boot ROM starts from */
	const char *flash;	/* that flash, in the board's tree */
	uint64_t state,
		size; /* bytes of it where a boot state may lie, behind the loader (scripts/imaging) */
} loaders[] = {
	{"pine64,rockpro64", "rockpro64-rk3399", "mmc 0", "rk3399-spi", "/spi@ff1d0000/flash@0", 0xf00000,
	 0x3000},
};

#define FLASH_ERASES 0x1000 /* of that flash, at once: GigaDevice's GD25Q128C, 7.18 */

const char *import_loader(const void *tree)
{
	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
		if (fdt_node_check_compatible(tree, 0, loaders[i].compatible) == 0)
			return text_format("\t\t/* untested on hardware */\n\t\tu-boot = \"%s\";\n"
					   "\t\tdisk = \"%s\";\n\t\tlayout = \"%s\";\n"
					   "\t\tfirmware-flash = \"%s\";\n\t\tstate = /bits/ 64 <%#" PRIx64
					   " %#" PRIx64 ">;\n\t\terase-block = <%#x>;\n",
					   loaders[i].u_boot, loaders[i].disk, loaders[i].layout,
					   loaders[i].flash, loaders[i].state, loaders[i].size, FLASH_ERASES);
	return "";
}
