# Percuss: `make demo` and `make test` are all that a new machine needs; both install what they miss.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build demo test test-bluez test-theragun soak-bluez lint format generate bench docs fuzz clean packages

SWIFT ?= swift
SWIFT_FILES := Package.swift Sources Tests
require := Tests/Tools/require-packages.sh

help:  ## this list
	@grep -hE '^[a-z-]+: .*## |^[a-z-]+:  ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 16

packages:
	@$(require) build

demo: packages  ## build, play a routine on the virtual device and show what its motor did
	$(SWIFT) build --configuration release --product percuss
	@printf '\nThe routine, as the device will play it:\n\n'
	.build/release/percuss plan protocol-spec/examples/post-run-calves.yaml
	@printf '\nPlayed on the virtual device, in virtual time:\n\n'
	.build/release/percuss run protocol-spec/examples/post-run-calves.yaml --virtual-time --seed 1 --no-progress \
	  --report .build/demo-report.json --plot .build/demo.svg
	@printf '\nThe report is in .build/demo-report.json, the picture in .build/demo.svg.\n'

build: packages  ## percuss and percussd into .build/release
	$(SWIFT) build --configuration release --product percuss
	$(SWIFT) build --configuration release --product percussd

test:  ## everything that can be checked on this machine
	@Tests/Tools/run-all.sh

test-bluez:  ## scenarios on the real Bluetooth stack, in QEMU; SCENARIO=NAME plays one
	@Tests/BlueZ/run.sh $(if $(SCENARIO),--scenario $(SCENARIO),--compare)

test-theragun:  ## every example on virtual Theraguns over the emulated BlueZ, all at once, in real time (19 minutes)
	@$(require) build test
	$(SWIFT) build --product percuss
	Tests/Theragun/run.sh --all

soak-bluez:  ## 100 connections and 10,000 writes on the real Bluetooth stack, in two configurations
	@Tests/BlueZ/run.sh --scenario soak

lint: packages  ## the style of every Swift file
	$(SWIFT) format lint --strict --recursive --parallel $(SWIFT_FILES)

format: packages  ## format every Swift file
	$(SWIFT) format --in-place --recursive --parallel $(SWIFT_FILES)

generate: packages  ## write anew what comes from the specifications in protocol-spec
	$(SWIFT) run --configuration debug protocol-generator protocol-spec/percuss.yaml protocol-spec/theragun-gen4.yaml \
	  --swift Sources/PercussWire/Generated --others protocol-spec/generated

bench:  ## ratios against baselines measured in the same run; writes .build/bench.json; ONLY="dbus. codec." measures some
	@$(require) build bench
	$(SWIFT) build --configuration release --product benchmarks
	.build/release/benchmarks $(ONLY)

fuzz: packages  ## the long fuzzing run; `make test` does a short one
	@$(require) build fuzz
	Tests/Fuzz/run.sh --long
	Tests/Fuzz/run-captures.sh --long
	Tests/Fuzz/run-bus.sh --long

docs: packages  ## manual pages and shell completions into .build/docs
	$(SWIFT) build --configuration release --product percuss
	Tests/Tools/write-docs.sh .build/docs

clean:  ## remove what was built
	rm -rf .build
