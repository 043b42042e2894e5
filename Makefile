# The front door of Dure.  `make help` lists what there is; Meson and Ninja do the building.
#
# CC     compiler                              (gcc)
# OPT    optimisation level                    (-O3)
# BUILD  build directory                       (build)
# so that builds by different compilers stand side by side:
#        make BUILD=build/clang0 CC=clang OPT=-O0

BUILD ?= build
OPT ?= -O3
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
ifeq ($(origin CC),default)
CC := gcc
endif

# make cities: each of the 31 cities by itself, at one hundredth, unless CITY or FRACTION is given
CITIES_FRACTION := $(or $(FRACTION),0.01)
CITIES_CITY := $(if $(CITY),--city "$(CITY)")

# make replay: one city, or CITY=all: every city on one chain
CITY ?= 김포시
FRACTION ?= 1
SEED ?= 1
OUT ?= $(BUILD)/replay

# make fuzz: seconds for each fuzzer; FUZZ=name for one alone
SECONDS_EACH ?= 60
FUZZ ?=

MAKEFLAGS += --no-print-directory
export BUILD CC OPT JOBS CITY FRACTION SEED OUT SECONDS_EACH FUZZ

.PHONY: all build install run test bench province replay cities format lint fuzz crash clean help
.DEFAULT_GOAL := build

all: build

build: install ## build everything into $(BUILD)
	@tools/build.sh "$(BUILD)" "$(CC)" "$(OPT)"

install: ## install the Debian packages that are missing (does nothing when all are there)
	@tools/install.sh

run: build ## start a node, play a city's first months with a live view, end with the audit
	@tools/run.sh

test: install ## every test, in three builds, and the lint; ends with `N passed, N failed`
	@python3 tools/run_tests.py --build "$(BUILD)" --cc "$(CC)" --opt="$(OPT)" --jobs "$(JOBS)"

crash: install ## the long tests: simulated power losses, real kill -9, a million random steps
	@python3 tools/run_tests.py --build "$(BUILD)" --cc "$(CC)" --opt="$(OPT)" --jobs "$(JOBS)" --long

bench: build ## measure, PostgreSQL beside it; writes $(BUILD)/bench.json
	@tools/install.sh bench
	@tools/bench.sh

province: build ## 13 million parties of 31 cities in memory, and their restart; PARTIES=N; writes $(BUILD)/province.json
	@tools/province.sh

replay: build ## replay real months of CITY at FRACTION with SEED; writes $(OUT)/summary.json
	@tools/replay.sh

cities: build ## replay each of the 31 cities at FRACTION (0.01 unless told); CITY=all: on one chain
	@python3 tools/replay_all.py --build "$(BUILD)" --fraction "$(CITIES_FRACTION)" --seed "$(SEED)" \
	    --out "$(BUILD)/cities" $(CITIES_CITY)

fuzz: install ## fuzz every parser for SECONDS_EACH seconds (clang, libFuzzer)
	@tools/fuzz.sh

lint: build ## layering, purity, lengths, formatting: what the tests also check
	@python3 tools/lint.py --build "$(BUILD)" --cc "$(CC)"

format: install ## rewrite the C files the way .clang-format says
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs -r grep -LE '(enerated|ritten) by tools/gen_' \
	    | xargs -r clang-format -i

clean: ## remove the build directories
	rm -rf "$(BUILD)" "$(BUILD)-asan" "$(BUILD)-clang0" "$(BUILD)-fuzz"

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo 'Variables: CC, OPT, BUILD; replay: CITY, FRACTION, SEED, OUT; fuzz: SECONDS_EACH, FUZZ.'
