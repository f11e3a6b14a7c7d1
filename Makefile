# SPDX-License-Identifier: Apache-2.0
# The verbs people type. CMake and Ninja do the work; the presets are in CMakePresets.json.
#
#   make SETUP=true ...         leave the machine's packages alone
#   make fuzz FUZZ_SECONDS=600  longer on each fuzz target
#   make glitch GLITCH_BOUND=2000 GLITCH_SEED=7   more faults, or others
#   make mutate MUTATE='--seed 7 --files src/journal/*'   other mistakes, or in some files

SETUP ?= tools/setup
FUZZ_SECONDS ?= 20
GLITCH_BOUND ?= 250
GLITCH_SEED ?= 1
MUTATE ?=

# What each verb needs of the machine: parts of deps/packages.txt, and build/venv.
firmware := tool arm riscv
NEEDS_all := tool
NEEDS_tool := tool
NEEDS_demo := tool arm emulator
NEEDS_host := tool emulator unit python
NEEDS_sanitize := $(NEEDS_host) clang
NEEDS_test := $(NEEDS_sanitize) $(firmware) judges packages
NEEDS_firmware := $(firmware)
NEEDS_cortex-m4 := tool arm
NEEDS_cortex-m0 := tool arm
NEEDS_cortex-m0plus := tool arm
NEEDS_cortex-m7 := tool arm
NEEDS_cortex-m33 := tool arm
NEEDS_rv32imac := tool riscv
NEEDS_bench := $(NEEDS_host) $(firmware)
NEEDS_explore := tool
NEEDS_glitch := $(NEEDS_host) arm
NEEDS_mutate := $(NEEDS_host)
NEEDS_fuzz := tool clang unit emulator
NEEDS_format := python
NEEDS_deb := tool packages
NEEDS_wheel := tool python packages
NEEDS_setup := $(NEEDS_test)

PRESETS := tool host sanitize cortex-m4 cortex-m0 cortex-m0plus cortex-m7 cortex-m33 rv32imac
.PHONY: all demo test bench explore glitch mutate fuzz firmware format deb wheel clean help setup $(PRESETS)

all: tool ## the tool and the library for this machine, in build/host
	@echo "the tool is build/host/cli/bulkhead; 'make help' lists the other verbs"

demo: tool cortex-m4 ## two devices updated through power cuts, tampered with, rolled back
	@tools/demo

test: setup ## everything that can fail, on two compilers; closes with "N passed, N failed"
	@tests/run

bench: host firmware ## sizes, erases and speed
	@tests/bench/run

explore: tool ## every power cut there can be: the whole campaign
	@tools/explore

glitch: host cortex-m4 ## faults in the bootloader while a tampered image is installed: what starts it
	@build/host/tests/board/board_campaign --seed $(GLITCH_SEED) --bound $(GLITCH_BOUND)

mutate: host ## small mistakes planted in the core: which do the unit tests not notice
	@tools/mutate/run $(MUTATE)

fuzz: setup ## FUZZ_SECONDS of each fuzz target
	@tools/build fuzz
	@tests/fuzz/run $(FUZZ_SECONDS)

firmware: $(filter cortex-% rv32%,$(PRESETS)) ## bootloaders and sample applications, in build/firmware

deb: setup ## Debian packages of the tool and of the library, in build/packages
	@tools/build package
	@cd build/package && cpack -B ../packages | sed -n 's/^CPack: - package: \(.*\) generated\.$$/\1/p'

wheel: setup ## a Python wheel with the programs inside, in build/packages
	@tools/wheel

tool: ## what "make" builds
host: ## the tool, the library and their tests, in build/host
sanitize: ## the same by clang with ASan and UBSan, in build/sanitize
cortex-m4: ## firmware of the boards with such a CPU
cortex-m0: ## the same
cortex-m0plus: ## the same
cortex-m7: ## the same
cortex-m33: ## the same
rv32imac: ## the same

$(PRESETS): setup
	@tools/build $@

format: setup ## put the C files into their usual shape
	@tools/format

setup: ## install what all verbs need, or what the other verbs of this command line need
	@$(SETUP) $(sort $(foreach verb,$(or $(MAKECMDGOALS),all),$(NEEDS_$(verb))))

clean: ## remove build/, all that was built, fetched or set up
	@rm -rf build

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | sed 's/make all/make/' | expand -t 16
