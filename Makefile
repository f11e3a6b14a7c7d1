# SPDX-License-Identifier: Apache-2.0
# The verbs people type. CMake and Ninja do the work; the presets are in CMakePresets.json.
#
#   make SETUP=true ...         leave the machine's packages alone
#   make fuzz FUZZ_SECONDS=600  longer on each fuzz target

SETUP ?= tools/setup
FUZZ_SECONDS ?= 20

HOST := host sanitize
FIRMWARE := cortex-m4 cortex-m0 rv32imac
.PHONY: all demo test bench explore fuzz firmware format clean help setup $(HOST) $(FIRMWARE)

all: host ## the tool and the library for this machine, in build/host

demo: host cortex-m4 ## two devices updated through power cuts, tampered with, rolled back
	@tools/demo

test: setup ## everything that can fail, on two compilers; closes with "N passed, N failed"
	@tests/run

bench: host firmware ## sizes, erases and speed
	@tests/bench/run

explore: host ## every power cut there can be: the whole campaign
	@tools/explore

fuzz: build/fuzz/build.ninja ## FUZZ_SECONDS of each fuzz target
	@cmake --build --preset fuzz
	@tests/fuzz/run $(FUZZ_SECONDS)

firmware: $(FIRMWARE) ## bootloaders and sample applications, in build/firmware

format: setup ## put the C files into their usual shape
	@git ls-files -z '*.c' '*.h' | xargs -0 clang-format -i

clean: ## remove build/, all that was built, fetched or set up
	@rm -rf build

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

# tools/setup is quick when nothing is missing.
setup:
	@$(SETUP)

# A preset is configured anew when presets or toolchains change, and built each time.
$(HOST) $(FIRMWARE): %: build/%/build.ninja
	@cmake --build --preset $*

build/%/build.ninja: CMakePresets.json $(wildcard cmake/*.cmake) | setup
	@echo "configuring $(@D)"; cmake --fresh --preset $* > /dev/null
	@touch $@
