# SPDX-License-Identifier: Apache-2.0
# The portable parts of the cells: ports, CRC, guest tree, loop arithmetic, the health cell's decisions.
UNIT_SOURCES_cells := cells/lib/port.c cells/lib/crc32.c cells/lib/guest.c cells/control/loop.c \
	$(addprefix cells/health/,hex.c names.c watch.c integrity.c lines.c events.c machine.c nic_errors.c i6300esb.c boot_state.c cfi_flash.c rockchip_spi.c spi_nor.c emmc.c sdhci.c confirm.c identity.c updates.c slots.c command.c lastboot.c losses.c journal.c journal_sign.c journal_text.c event_text.c virtqueue.c igbvf.c igbvf_mailbox.c igbvf_ring.c \
	body.c console.c counters.c families.c host_address.c http.c http_codes.c http_places.c http_request.c json.c metrics.c neighbours.c publisher.c secret.c sntp.c syslog_text.c tcp_numbers.c) \
	$(addprefix cells/linux/,exporter_http.c exporter_server.c exposition.c metrics_reader.c monotonic.c prom_file.c)
UNIT_CFLAGS_cells := -D_GNU_SOURCE= -Itest/unit/cells/fake -Icells/lib/include -Icells/control -Icells/health -Isrc/blueprint
UNIT_LIBS_cells := -lfdt -lpthread -lsodium -lcrypto
UNIT_DEPENDS_cells := build/unit/cells/guest.dtb

build/unit/cells/guest.dtb: test/unit/cells/guest.dts
	@mkdir -p $(@D)
	@dtc -q -I dts -O dtb -o $@ $<
