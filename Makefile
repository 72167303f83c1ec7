# What this project can do from the command line. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:

# sandboxd needs nothing but Go's standard library, so no toolchain and no module is ever downloaded.
export GOTOOLCHAIN := local
export GOFLAGS := -buildvcs=false
export CGO_ENABLED := 0
export PATH := $(CURDIR)/node_modules/.bin:$(PATH):/usr/local/go/bin

BUILD := .build
TSX := node --conditions=clawgym-source --import tsx
TASKS ?= bench-data/clawgym-bench
PORT ?= 7077

GO_SOURCES := $(shell find sandbox-image/sandboxd \( -name '*.go' -o -name go.mod \) ! -name '*_test.go' 2>/dev/null)
TS_SOURCES := $(shell find protocol/src tasks/src trajectories/src server/src client-ts/src -name '*.ts' 2>/dev/null)
TS_PROJECTS := protocol tasks trajectories server client-ts
VERIFY_LIB := tasks/verify-lib/clawgym_verify
TS_SETTINGS := tsconfig.base.json $(wildcard $(addsuffix /tsconfig.json,$(TS_PROJECTS)) $(addsuffix /package.json,$(TS_PROJECTS)))

.PHONY: help setup build demo demo-openclaw test check serve bench validate image clean system packages

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: build ## install what is missing, then build: what every other target does first

build: $(BUILD)/sandboxd $(BUILD)/typescript.stamp $(BUILD)/verify-lib.stamp ## build sandboxd and the packages

demo: build ## play every shipped task with the oracle and with a no-op, 8 episodes at once
	@$(TSX) scripts/demo.ts --tasks $(TASKS)

demo-openclaw: build ## the real OpenClaw plays the shipped tasks (TASKS=, COUNT=, DEMO_ARGS=--help); builds its image if need be
	@$(TSX) scripts/demo-openclaw.ts --tasks $(TASKS) $(if $(COUNT),--count $(COUNT)) $(DEMO_ARGS)

test: build ## run every test, and say which were left out and why
	@$(TSX) scripts/test.ts

check: build ## types, style, generated files, unused code, packages
	@$(TSX) scripts/check.ts

serve: build ## start a server on ws://127.0.0.1:7077/v1/ws (PORT=, TASKS=)
	@exec node server/bin/clawgym-server.js --tasks $(TASKS) --port $(PORT)

bench: build ## measure; results go to tests/bench/results (BENCH_ARGS="--only P3,P5 --quick")
	@$(TSX) tests/bench/main.ts $(BENCH_ARGS)

validate: build ## prove the verifiers of the tasks (TASKS=)
	@exec node client-ts/bin/clawgym.js validate $(TASKS) --serve

image: build ## build the image of sandboxes without a registry (IMAGE_ARGS="--variant lean")
	@exec node server/bin/clawgym-server.js image build $(IMAGE_ARGS)

clean: ## remove everything that was built or recorded here; node_modules stays
	rm -rf $(BUILD) runs $(addsuffix /dist,$(TS_PROJECTS)) $(addsuffix /tsconfig.tsbuildinfo,$(TS_PROJECTS))

system:
	@scripts/setup system

packages: | system
	@scripts/setup packages

$(BUILD)/sandboxd: $(GO_SOURCES) | system
	@echo "building sandboxd"
	@mkdir -p $(BUILD)
	@cd sandbox-image/sandboxd && go build -trimpath -ldflags "-s -w" -o $(CURDIR)/$@ .

$(BUILD)/typescript.stamp: $(TS_SOURCES) $(TS_SETTINGS) | packages
	@echo "building the packages"
	@mkdir -p $(BUILD)
	@tsc -b $(TS_PROJECTS)
	@touch $@

# For the Python of bubblewrap's sandboxes; verifiers do without where there is none.
$(BUILD)/verify-lib.stamp: $(wildcard $(VERIFY_LIB)/*.py) scripts/compile-verify-lib.py | system
	@mkdir -p $(BUILD)
	@[ ! -x /usr/bin/python3 ] || /usr/bin/python3 -B scripts/compile-verify-lib.py $(VERIFY_LIB) tasks/dist/verify-lib
	@touch $@
