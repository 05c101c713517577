# Zhudian. `make help` lists what there is. Each target sets up what it needs and is quick the second time.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
MEMBERS := 1000,10000
# Of Chromium the shell without windows: a story takes a third less time than in the whole browser.
APT_PACKAGES := chromium-headless-shell fonts-noto-cjk nginx-light strace systemd
# Half of what a process needs to start is compiling what it imports; this starts many.
unexport PYTHONDONTWRITEBYTECODE
# A thousand databases are made and dropped: in memory, where there is room, in a third less time.
IN_MEMORY := $(shell [ "$$(df -k --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 4000000 ] 2>/dev/null && echo TMPDIR=/dev/shm)
RUN_STAMP := $(VENV)/.run-stamp
TEST_STAMP := $(VENV)/.test-stamp
# npm's folders: what the mini-program is made of and checked with, what runs it in a browser; an old browser for the
# console; what the console's pages load.
NPM_FOLDERS := miniprogram tests/miniprogram tests/console
ASSETS := server/console/static/vendor/.stamp
NPM_STAMPS := $(NPM_FOLDERS:%=%/node_modules/.stamp) $(ASSETS)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

run: $(RUN_STAMP) $(ASSETS) ## set up and start everything: web, worker, WeChat sandbox, demo county; Ctrl-C stops all
	@exec $(BIN)/python -m server run

test: $(TEST_STAMP) $(NPM_STAMPS) check-system ## all tests, on SQLite and on a real PostgreSQL
	@$(IN_MEMORY) $(BIN)/python -m pytest -n 3

lint: lint-server lint-miniprogram ## style, types, import directions; the mini-program's too, packed and weighed

lint-server: $(TEST_STAMP)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo 2>&1

lint-miniprogram: $(TEST_STAMP) $(NPM_STAMPS)
	@$(BIN)/python -m tests.miniprogram.api_types --check
	@cd miniprogram && node_modules/.bin/tsc -p . && node_modules/.bin/eslint .
	@node tests/miniprogram/checks/rules.mjs miniprogram
	@$(MAKE) --no-print-directory miniprogram

miniprogram: $(NPM_STAMPS) ## pack what the mini-program uses of its packages, compile it as an upload would, weigh it
	@node tests/miniprogram/checks/pack.mjs miniprogram
	@node tests/miniprogram/checks/packages.mjs miniprogram

api-types: $(TEST_STAMP) $(NPM_STAMPS) ## write miniprogram/api/types.d.ts from the server's own /openapi.json
	@$(BIN)/python -m tests.miniprogram.api_types

screenshots: $(TEST_STAMP) $(NPM_STAMPS) ## every page of the mini-program in each of its states and of the console in the demo county, into var/screenshots/
	@$(BIN)/python -m pytest tests/miniprogram/screenshots.py tests/console/screenshots.py -q -n 2

assets: $(ASSETS) ## what the console's pages load, from npm into server/console/static/vendor

setup: $(TEST_STAMP) $(NPM_STAMPS)

bench: $(TEST_STAMP) $(NPM_STAMPS) ## check-ins, a night's flags, seeding, the outbox, the first page and the console's, a search of companies, each beside a floor of the same run (tests/bench/README.md)
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.nightly --sizes $(MEMBERS)
	@$(BIN)/python -m tests.bench.seeding
	@$(BIN)/python -m tests.bench.notices $(if $(NOTICES),--notices $(NOTICES))
	@$(BIN)/python -m tests.bench.miniprogram
	@$(BIN)/python -m tests.bench.review
	@$(BIN)/python -m tests.bench.console $(if $(CHECKINS),--checkins $(CHECKINS))
	@$(BIN)/python -m tests.bench.leads $(if $(COMPANIES),--companies $(COMPANIES))

bench-evidence: $(TEST_STAMP) ## honest people accepted and cheats caught, 20 000 cases a side; CASES=2000 SEED=1 for a short one
	@$(BIN)/python -m tests.bench.evidence --cases $(or $(CASES),20000) $(if $(SEED),--seed $(SEED))

soak: $(TEST_STAMP) ## random kills of web and worker, a simulated year of them, 5000 notices under faults; ROUNDS=20 SEED=1 NOTICES=300
	@$(BIN)/python -m tests.soak --rounds $(or $(ROUNDS),200) $(if $(SEED),--seed $(SEED))
	@$(BIN)/python -m tests.soak.year --kills $(or $(ROUNDS),200) --months $(or $(MONTHS),12) $(if $(SEED),--seed $(SEED))
	@$(BIN)/python -m tests.soak.notices --notices $(or $(NOTICES),5000) $(if $(SEED),--seed $(SEED)) $(if $(ON),--on $(ON))

migrate: $(RUN_STAMP) ## bring the database (DATABASE_URL) to the newest schema
	@$(BIN)/python -m server migrate

worker: $(RUN_STAMP) ## the scheduler alone; any number may run
	@exec $(BIN)/python -m server worker

system-deps: ## what only apt has: Chromium, a CJK font, nginx, strace, systemd-analyze (needs root)
	@missing=""; for p in $(APT_PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; fi
# PostgreSQL does not run as root, and of two tests that make its user at once one fails.
	@id -u pgserver >/dev/null 2>&1 || useradd -s /bin/bash pgserver

check-system:
	@if [ "$$(id -u)" = 0 ]; then $(MAKE) --no-print-directory system-deps; else \
	for p in $(APT_PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || { echo "Missing Debian package $$p; run: sudo make system-deps"; exit 1; }; done; fi

lock: $(TEST_STAMP) ## compile requirements.txt and tests/requirements.txt from their .in files
	@$(BIN)/uv pip compile -q requirements.in --generate-hashes -o requirements.txt
	@$(BIN)/uv pip compile -q tests/requirements.in --generate-hashes -o tests/requirements.txt

clean: ## remove the virtual environment, var/ (demo database and photos included) and caches
	rm -rf $(VENV) $(NPM_FOLDERS:%=%/node_modules) server/console/node_modules server/console/static/vendor var .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (PYTHON=python3.12 make …)"; exit 1; }
	@echo "Setting up the virtual environment (once) …"
	@$(PYTHON) -m venv $(VENV) || { echo "No venv module; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/pip install -q --disable-pip-version-check uv==$(UV_VERSION)

# Either lock installs with its hashes checked. The tests' lock contains the server's, so installing it serves both.
$(RUN_STAMP): requirements.txt | $(VENV)/bin/uv
	@[ -f $(TEST_STAMP) ] || $(BIN)/uv pip install -q --compile-bytecode --require-hashes -r requirements.txt
	@[ ! -f $(TEST_STAMP) ] || $(BIN)/uv pip install -q --compile-bytecode --require-hashes -r tests/requirements.txt
	@touch $@

# Not compiled ahead: tests import a fifth of it, and keep what they compile.
$(TEST_STAMP): requirements.txt tests/requirements.txt | $(VENV)/bin/uv
	@$(BIN)/uv pip install -q --require-hashes -r tests/requirements.txt
	@touch $@ $(RUN_STAMP)

# The lock names every package with its hash; no install script runs.
%/node_modules/.stamp: %/package-lock.json
	@command -v npm >/dev/null || { echo "Node.js 20 or newer and npm are needed; on Debian: apt-get install nodejs npm"; exit 1; }
	@npm ci --prefix $* --ignore-scripts --no-audit --no-fund --silent
	@touch $@

server/console/static/vendor/.stamp: server/console/node_modules/.stamp server/console/package.json
	@npm run --prefix server/console --silent vendor
	@touch $@

.PHONY: help run test lint lint-server lint-miniprogram miniprogram api-types screenshots assets setup bench bench-evidence soak migrate worker system-deps check-system lock clean
