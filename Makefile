# SPDX-License-Identifier: Apache-2.0
#
# Bulkhead: `make demo` and `make check` each do their own set-up. `make help` lists the rest.
# Rules by part: src/build.mk (hypervisor), src/compiler/build.mk (host tool), cells/build.mk and
# cells/linux/build.mk (what runs in cells), test/unit/build.mk (unit tests).

CONFIG ?= configs/edge-gateway.dts
KERNEL ?= 6.12
PREFIX ?= /usr/local
DESTDIR ?=

.DEFAULT_GOAL := all
.DELETE_ON_ERROR: # what a full disk or Ctrl-C left half done
MAKEFLAGS += --no-builtin-rules

include src/build.mk
include src/compiler/build.mk
include cells/build.mk
include cells/linux/build.mk
include test/unit/build.mk
include test/fuzz/build.mk

NAME := $(basename $(notdir $(CONFIG)))
OUT := build/out/$(NAME)
IMAGES := -I build/cells -I build/linux/$(KERNEL)
IMAGE_OPTIONS = $(KEY:%=--key %) $(TRUST:%=--trust %) $(KEYS:%=--keys %) $(TOKEN:%=--token %) $(COUNTER:%=--counter %)
JOBS := $(shell nproc)

# Set-up is done by a shell line, not as a prerequisite: the rules read what it installs.
demo_setup = scripts/setup.sh demo
check_setup = scripts/setup.sh check

.PHONY: help all parts setup demo run image fit check check-full bench cover evidence evidence-short drill attack lint format install clean distclean

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | sort | awk -F '\t' '{ printf "  make %-14s %s\n", $$1, $$2 }'

setup: ## install what the host lacks and fetch kernels and busybox (asks by printing, YES=1 installs)
	@$(check_setup)

all: ## hypervisor, host tool and cells
	@$(demo_setup)
	@$(MAKE) --no-print-directory -j$(JOBS) parts

parts: hypervisor build/bulkhead cells linux-cell build/qemu-emmc.so

build/qemu-emmc.so: scripts/qemu-emmc.c
	@mkdir -p $(@D)
	@$(HOSTCC) -O2 -Wall -Wextra -Werror -shared -fPIC -o $@ $<

demo: all ## the whole story in QEMU: one text file, three cells, a crash, a restart
	@$(MAKE) --no-print-directory image CONFIG=configs/edge-gateway.dts
	@/usr/bin/python3 scripts/demo.py build/out/edge-gateway

fit: all ## build/out/NAME/bulkhead.itb from CONFIG=FILE, audited
	@mkdir -p $(OUT)
	@scripts/rootfs.py $(CONFIG) $(OUT) $(IMAGE_OPTIONS)
	@build/bulkhead build $(CONFIG) $(IMAGES) -I $(OUT) -o $(OUT)
	@build/bulkhead audit $(OUT)/bulkhead.itb

image: fit ## what an appliance is flashed with, of CONFIG=FILE, in build/out/NAME: signed by KEY=NAME of KEYS=DIR, COUNTER=N
	@scripts/image.py $(OUT)/bulkhead.itb $(IMAGE_OPTIONS)

run: image ## the image of CONFIG=FILE in QEMU, with its console on this terminal
	@scripts/run.sh $(OUT)

check: ## all tests, about 30 minutes; closes with "N passed, N failed"
	@$(check_setup)
	@$(MAKE) --no-print-directory -j$(JOBS) parts
	@/usr/bin/python3 scripts/check.py

check-full: ## the tests of `make check` and the long ones
	@scripts/setup.sh check-full
	@scripts/fetch-target.sh full
	@$(MAKE) --no-print-directory -j$(JOBS) parts
	@/usr/bin/python3 scripts/check.py --full

bench: ## what each path through the hypervisor costs, beside others: a table and build/bench/results.json
	@scripts/setup.sh bench
	@$(MAKE) --no-print-directory -j$(JOBS) parts
	@/usr/bin/python3 scripts/bench.py

cover: ## statements, branches and MC/DC of the hypervisor at EL2, by the system tests: a table and build/cover/html
	@$(check_setup)
	@$(MAKE) --no-print-directory -j$(JOBS) parts
	@/usr/bin/python3 scripts/cover.py

evidence: image ## what an assessor is handed, of CONFIG=FILE, about an hour: build/evidence/NAME, signed by EVIDENCE_KEY=PEM
	@scripts/setup.sh evidence
	@/usr/bin/python3 scripts/evidence.py $(CONFIG)

evidence-short: image ## the same in minutes, of what has run of this tree, never for credit: build/evidence/short
	@/usr/bin/python3 scripts/evidence.py $(CONFIG) --short --out build/evidence/short

drill: ## each error of the health table provoked: how soon it is acted on, what others notice, what a Prometheus tells
	@$(check_setup)
	@$(MAKE) --no-print-directory -j$(JOBS) parts
	@/usr/bin/python3 scripts/drill.py

attack: ## hostile cells and fuzzers, ATTACK_COUNT=1000000 attempts a class from ATTACK_SEED=1, with progress; evidence takes the records
	@$(check_setup)
	@$(MAKE) --no-print-directory -j$(JOBS) parts
	@/usr/bin/python3 scripts/attack.py $(if $(ATTACK),-k "$(ATTACK)")

lint: ## format, clang-tidy, cppcheck, shellcheck, licences
	@$(check_setup)
	@scripts/lint.sh

format: ## put all C sources into the project's format
	@git ls-files '*.c' '*.h' | xargs clang-format-19 -i

docs: build/host/registers ## docs/registers.md from the table of system registers that the hypervisor uses; README's drawing
	@$< >docs/registers.md
	@$(MAKE) --no-print-directory fit CONFIG=configs/minimal.dts
	@cp build/out/minimal/map.svg docs/minimal.svg

.PHONY: score
score: build/unit/mutation/test_mutation $(UNIT_DEPENDS_mutation) ## docs/audit.md's score, from 30,000 mutants (minutes)
	@mkdir -p build/test-results
	@MUTANTS=30000 $<
	@scripts/score.py

import-table: parts ## docs/import.md: how many boards of Debian's kernel can be imported, built and audited, and why others can't
	@/usr/bin/python3 test/import/survey.py --accept

.PHONY: docs docs-check import-table
docs-check: build/host/registers
	@$< | diff -u docs/registers.md - || { echo "docs/registers.md is stale: make docs" >&2; exit 1; }

build/host/registers: scripts/registers.c src/arch/arm64/sysregs_table.h
	@mkdir -p $(@D)
	@echo "  HOST  $<"
	@$(HOSTCC) $(HOST_FLAGS) -o $@ $<

install: all ## tool, hypervisor and board folders to PREFIX= (with DESTDIR=)
	install -D -m 755 build/bulkhead $(DESTDIR)$(PREFIX)/bin/bulkhead
	install -D -m 644 build/bulkhead.bin $(DESTDIR)$(PREFIX)/share/bulkhead/bulkhead.bin
	install -D -m 644 docs/bulkhead.1 $(DESTDIR)$(PREFIX)/share/man/man1/bulkhead.1
	install -D -m 644 scripts/completion/bulkhead $(DESTDIR)$(PREFIX)/share/bash-completion/completions/bulkhead
	cd dts && find . -type f -exec install -D -m 644 {} $(abspath $(DESTDIR)$(PREFIX))/share/bulkhead/dts/{} \;
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/bulkhead/configs/profiles configs/profiles/*.dtsi

clean: ## what the build made; packages that were fetched stay
	rm -rf build/hv build/hv-clang build/host build/host-sanitize build/bulkhead-sanitize build/unit build/unit-sanitize build/out build/cells build/cells-clang \
		build/fuzz build/test-results build/test-cells build/test-configs build/test-images build/bench build/bulkhead build/bulkhead.bin

distclean: clean ## that, the fetched packages, and the apt file that set-up added
	rm -rf build
	@scripts/setup.sh --remove
