# SPDX-License-Identifier: Apache-2.0
# Host unit tests. Every test/unit/NAME/test_*.c becomes a binary of its own, build/unit/NAME/test_*;
# test/unit/NAME/test_*.py is run by pytest. What a directory's binaries link stands in its unit.mk:
#
#     UNIT_SOURCES_NAME  sources under test; with the directory's other .c files they make one archive,
#                        so a test that defines a symbol itself (a stub) replaces the archive's
#     UNIT_CFLAGS_NAME, UNIT_LIBS_NAME
#     UNIT_DEPENDS_NAME  files that the tests read, made first
#
#     make unit          all of it, JUnit XML in build/test-results/; fails if any test fails
#     make unit-sanitize the same under AddressSanitizer and UndefinedBehaviorSanitizer
#     make unit-list     the binaries, one a line

UNIT_CC ?= gcc
UNIT_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -Wno-unused-parameter
UNIT_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
UNIT_COVER := -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc -Wno-error
UNIT_NAMES := $(sort $(patsubst test/unit/%/,%,$(dir $(wildcard test/unit/*/test_*.c))))
UNIT_PYTHON := $(sort $(wildcard test/unit/*/test_*.py))
UNIT_RESULTS := build/test-results
UNIT_SECONDS ?= 300

-include $(UNIT_NAMES:%=test/unit/%/unit.mk)

# $(1) directory of the build, $(2) NAME, $(3) further flags
define UNIT_RULES
$(1)/$(2)/obj/%.o: %.c test/unit/build.mk $(wildcard test/unit/$(2)/unit.mk)
	@mkdir -p $$(@D)
	@$$(UNIT_CC) $$(UNIT_CFLAGS) $(3) $$(UNIT_CFLAGS_$(2)) -MMD -MP -c $$< -o $$@

$(1)/$(2)/parts.a: $$(patsubst %.c,$(1)/$(2)/obj/%.o,$$(UNIT_SOURCES_$(2)) \
		$$(filter-out test/unit/$(2)/test_%.c,$$(wildcard test/unit/$(2)/*.c)))
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcsD $$@ $$^

$(1)/$(2)/test_%: $(1)/$(2)/obj/test/unit/$(2)/test_%.o $(1)/$(2)/parts.a
	@echo "  UNIT  $$@"
	@$$(UNIT_CC) $(3) $$^ $$(UNIT_LIBS_$(2)) -lcmocka -o $$@

-include $$(shell find $(1)/$(2) -name '*.d' 2>/dev/null)
endef

unit_binaries = $(foreach t,$(sort $(wildcard test/unit/*/test_*.c)),$(1)/$(patsubst test/unit/%.c,%,$(t)))
$(foreach n,$(UNIT_NAMES),$(eval $(call UNIT_RULES,build/unit,$(n),)))
$(foreach n,$(UNIT_NAMES),$(eval $(call UNIT_RULES,build/unit-sanitize,$(n),$(UNIT_SANITIZE))))
# Those that count what they execute (docs/coverage.md): by clang, which warns of other things.
$(foreach n,$(UNIT_NAMES),$(eval $(call UNIT_RULES,build/cover/unit,$(n),$(UNIT_COVER))))
build/cover/unit/%: UNIT_CC = clang-19
.SECONDARY:

# $(1) prefix of the results, $(2) binaries. All run, some side by side; each that fails names itself.
define unit_run
	@mkdir -p $(UNIT_RESULTS)
	@printf '%s\n' $(2) | xargs -P $(JOBS) -n 1 test/unit/run.sh $(1) $(UNIT_RESULTS) $(UNIT_SECONDS)
	@echo "unit: $(words $(2)) binaries passed"
endef

.PHONY: unit unit-sanitize unit-python unit-list
unit: $(call unit_binaries,build/unit) $(foreach n,$(UNIT_NAMES),$(UNIT_DEPENDS_$(n))) unit-python
	$(call unit_run,unit,$(call unit_binaries,build/unit))

unit-sanitize: $(call unit_binaries,build/unit-sanitize) $(foreach n,$(UNIT_NAMES),$(UNIT_DEPENDS_$(n)))
	$(call unit_run,unit-sanitize,$(call unit_binaries,build/unit-sanitize))

unit-python:
	@mkdir -p $(UNIT_RESULTS)
	$(if $(UNIT_PYTHON),@/usr/bin/python3 -m pytest -q -p no:cacheprovider --junitxml=$(UNIT_RESULTS)/unit-python.xml $(UNIT_PYTHON))

unit-list:
	@printf '%s\n' $(call unit_binaries,build/unit)
