# SPDX-License-Identifier: Apache-2.0
# Fuzz targets: build/fuzz/NAME, with sanitizers, libFuzzer and coverage. README.md says what each one is.
#
#     make fuzz-targets   all of them; test_fuzz.py runs them

FUZZ_CC := clang-19
FUZZ_FLAGS := -std=gnu11 -D_GNU_SOURCE= -Isrc/blueprint -O2 -g -Wall -Wextra -Werror -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fprofile-instr-generate -fcoverage-mapping \
	-ffile-prefix-map=$(CURDIR)=. # the same bytes in every checkout: evidence takes records by them
FUZZ_LINK := -fsanitize=fuzzer,address,undefined -fprofile-instr-generate

FUZZ_AUDITOR := $(wildcard src/auditor/*.c)
# The compiler but for its command, and for process.c, which stand_in.c stands in for.
FUZZ_COMPILER := $(filter-out src/compiler/main.c src/compiler/options.c src/compiler/process.c,$(wildcard src/compiler/*.c))
FUZZ_KEPT := -Dcalloc=kept_calloc -Dreallocarray=kept_reallocarray -Dvasprintf=kept_vasprintf -Dfree=kept_free \
	-Dscandir=kept_scandir

FUZZ_SOURCES_tree := test/fuzz/tree.c $(FUZZ_AUDITOR)
FUZZ_SOURCES_fit := test/fuzz/fit.c $(FUZZ_AUDITOR)
FUZZ_SOURCES_audit := test/fuzz/audit.c test/fuzz/digest.c test/fuzz/large.c $(FUZZ_AUDITOR)
FUZZ_STAND_IN := test/fuzz/stand_in.c test/fuzz/pack.c test/fuzz/keep.c $(FUZZ_COMPILER)
FUZZ_SOURCES_front := test/fuzz/front.c $(FUZZ_STAND_IN)
FUZZ_SOURCES_derive := test/fuzz/derive.c $(FUZZ_STAND_IN)
FUZZ_SOURCES_import := test/fuzz/import.c $(filter-out src/compiler/output.c,$(FUZZ_STAND_IN))
FUZZ_SOURCES_log := test/fuzz/log.c test/fuzz/keep.c $(addprefix src/log/,read.c verify.c) $(addprefix src/compiler/,digest.c text.c)
FUZZ_SOURCES_records := test/fuzz/records.c src/log/records.c src/compiler/digest.c
FUZZ_SOURCES_evidence := test/fuzz/evidence.c test/fuzz/keep.c $(filter-out src/evidence/command.c src/evidence/print.c,$(wildcard src/evidence/*.c)) \
	$(addprefix src/log/,read.c records.c verify.c) $(addprefix src/compiler/,digest.c text.c)
FUZZ_SOURCES_http := test/fuzz/http.c test/unit/cells/small_machine.c \
	$(addprefix cells/health/,body.c families.c hex.c http.c http_codes.c http_request.c journal.c journal_sign.c journal_text.c json.c machine.c metrics.c names.c sntp.c)
FUZZ_NAMES := tree fit audit front derive import log records evidence http

build/fuzz/obj/src/compiler/%.o build/fuzz/obj/src/log/%.o build/fuzz/obj/src/evidence/%.o build/fuzz/obj/test/fuzz/stand_in.o: FUZZ_MORE = $(FUZZ_KEPT)

build/fuzz/obj/cells/health/%.o build/fuzz/obj/test/fuzz/http.o build/fuzz/obj/test/unit/cells/%.o: FUZZ_MORE = -Icells/health -Icells/lib/include

FUZZ_OBJECTS = $(patsubst %.c,build/fuzz/$(if $(filter audit,$(1)),obj-untraced,obj)/%.o,$(FUZZ_SOURCES_$(1)))

# Of an edit's bytes none is compared with anything: without the trace of comparisons there are half as many runs again.
build/fuzz/obj-untraced/%.o: FUZZ_MORE = -fno-sanitize-coverage=trace-cmp
# What large.c and digest.c stand in for; where they have been is no input's merit.
build/fuzz/obj-untraced/src/auditor/%.o: FUZZ_MORE += -Dcalloc=large_calloc -Dfree=large_free
build/fuzz/obj-untraced/src/auditor/fit.o build/fuzz/obj-untraced/test/fuzz/audit.o: FUZZ_MORE += -DSHA256=digest_once
build/fuzz/obj-untraced/test/fuzz/digest.o build/fuzz/obj-untraced/test/fuzz/large.o: FUZZ_MORE += -fno-sanitize=fuzzer-no-link

define FUZZ_COMPILE
@mkdir -p $(@D)
@$(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZ_MORE) -MMD -MP -c -o $@ $<
endef

build/fuzz/obj/%.o: %.c test/fuzz/build.mk
	$(FUZZ_COMPILE)
build/fuzz/obj-untraced/%.o: %.c test/fuzz/build.mk
	$(FUZZ_COMPILE)

define FUZZ_RULES
build/fuzz/$(1): $$(call FUZZ_OBJECTS,$(1))
	@echo "  FUZZ  $$@"
	@$$(FUZZ_CC) $$(FUZZ_LINK) -o $$@ $$^ -lfdt -lcrypto -ljansson -lsodium
endef

$(foreach n,$(FUZZ_NAMES),$(eval $(call FUZZ_RULES,$(n))))

.PHONY: fuzz-targets
fuzz-targets: $(FUZZ_NAMES:%=build/fuzz/%)

-include $(shell find build/fuzz/obj build/fuzz/obj-untraced -name '*.d' 2>/dev/null)
