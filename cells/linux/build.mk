# SPDX-License-Identifier: Apache-2.0
#
# cells/linux/build.mk - build/cells/initramfs.cpio.gz: Debian's busybox, an init, the cell's own programs;
# initramfs-pci.cpio.gz: that with drivers for PCI functions and ramoops; initramfs-nvme.cpio.gz: that with nvme-cli;
# initramfs-root.cpio.gz: the second, which goes on in a root file system of the disk's slots.
# Built without root, and the same bytes every time: fixed dates, owners, order, no name in the gzip header.

LINUX_CELL_CC ?= aarch64-linux-gnu-gcc
LINUX_CELL_OUT := build/cells/linux
LINUX_CELL_CFLAGS := -std=gnu11 -D_GNU_SOURCE= -O2 -static -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
LINUX_CELL_SOURCES_bulkhead-cell := cells/linux/bulkhead-cell.c cells/linux/window.c cells/lib/port.c cells/lib/crc32.c
LINUX_CELL_SOURCES_bulkhead-exporter := $(addprefix cells/linux/,bulkhead-exporter.c exporter_http.c exporter_server.c exposition.c \
	metrics_reader.c monotonic.c prom_file.c window.c) cells/health/http_codes.c cells/health/http_request.c
LINUX_CELL_SOURCES_bulkhead-slots := $(addprefix cells/linux/,bulkhead-slots.c monotonic.c window.c)
LINUX_CELL_SOURCES_bulkhead-root := cells/linux/bulkhead-root.c
LINUX_CELL_NAMES := bulkhead-cell bulkhead-exporter bulkhead-slots bulkhead-root
LINUX_CELL_PROGRAMS := $(LINUX_CELL_NAMES:%=$(LINUX_CELL_OUT)/%)
LINUX_BUSYBOX ?= build/linux/busybox
LINUX_MODULES ?= build/linux/6.12/modules
LINUX_ROOT_MODULES ?= build/linux/6.12/modules-root
LINUX_ROOT_PACKAGES ?= build/linux/root
LINUX_NVME_CLI ?= build/linux/nvme-cli

LINUX_INITRAMFS := build/cells/initramfs.cpio.gz build/cells/initramfs-pci.cpio.gz build/cells/initramfs-nvme.cpio.gz \
	build/cells/initramfs-root.cpio.gz

.PHONY: linux-cell
linux-cell: $(LINUX_INITRAMFS)

define LINUX_CELL_RULE
$(LINUX_CELL_OUT)/$(1): $$(LINUX_CELL_SOURCES_$(1)) cells/linux/build.mk
	@mkdir -p $$(@D)
	@echo "  LINUX $$@"
	@$$(LINUX_CELL_CC) $$(LINUX_CELL_CFLAGS) -Icells/lib/include -o $$@ $$(LINUX_CELL_SOURCES_$(1))
endef
$(foreach program,$(LINUX_CELL_NAMES),$(eval $(call LINUX_CELL_RULE,$(program))))

# What they include, whichever of it each one does.
$(LINUX_CELL_PROGRAMS): $(wildcard cells/linux/*.h) cells/lib/include/port.h cells/lib/include/crc32.h \
	cells/control/setpoint.h cells/health/http_codes.h cells/health/http_request.h \
	src/blueprint/telemetry.h src/blueprint/blueprint.h src/blueprint/metrics.h src/blueprint/update.h src/blueprint/boot_state.h

# A tree whose last set-up was before there were these.
$(LINUX_MODULES)/igb.ko $(LINUX_MODULES)/ramoops.ko $(LINUX_NVME_CLI)/nvme $(LINUX_ROOT_MODULES)/dm-verity.ko $(LINUX_ROOT_PACKAGES)/rauc &:
	@scripts/fetch-target.sh

build/cells/initramfs-pci.cpio.gz: LINUX_EXTRA := $(LINUX_MODULES)
build/cells/initramfs-pci.cpio.gz: $(LINUX_MODULES)/igb.ko $(LINUX_MODULES)/ramoops.ko
build/cells/initramfs-nvme.cpio.gz: LINUX_EXTRA := $(LINUX_MODULES) $(LINUX_NVME_CLI)
build/cells/initramfs-nvme.cpio.gz: $(LINUX_MODULES)/igb.ko $(LINUX_MODULES)/ramoops.ko $(LINUX_NVME_CLI)/nvme
build/cells/initramfs-root.cpio.gz: LINUX_EXTRA := $(LINUX_MODULES) "" $(LINUX_ROOT_MODULES)
build/cells/initramfs-root.cpio.gz: $(LINUX_MODULES)/igb.ko $(LINUX_ROOT_MODULES)/dm-verity.ko $(LINUX_ROOT_PACKAGES)/rauc \
	cells/linux/root/open cells/linux/partitions
$(LINUX_INITRAMFS): $(LINUX_CELL_PROGRAMS) cells/linux/init cells/linux/lib.sh cells/linux/demo cells/linux/pci \
		cells/linux/initramfs.sh $(LINUX_BUSYBOX)
	@echo "  CPIO  $@"
	@cells/linux/initramfs.sh $(LINUX_BUSYBOX) $(LINUX_CELL_OUT) $@ $(LINUX_EXTRA)
