# TierRead. `make help` lists the targets; README.md explains the first two.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# The distribution's Python where it is new enough: it is compiled with its optimisations, which one that somebody built
# at home often is not, and the program takes a tenth less time on it.
PYTHON ?= $(or $(shell for each in /usr/bin/python3 python3; do $$each -c $(NEW_ENOUGH) 2>/dev/null && echo $$each && break; done),python3)
NEW_ENOUGH := 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))'
VENV := .venv
BIN := $(VENV)/bin
WEB := viewer/web
PEERS := tests/acceptance/dcmjs
# Node: the machine's own when it is 20 or newer, else the wheel from PyPI.
NODE_OK := $(shell node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p' | awk '$$1 >= 20 {print "yes"}')
WEB_PATH := $(if $(NODE_OK),$(PATH),$(CURDIR)/$(BIN):$(PATH))
PIP := $(BIN)/pip install --quiet --quiet --disable-pip-version-check --root-user-action ignore
# npm says nothing but errors: its remarks on engines and deprecated packages are for those who write the lock.
NPM_CI := npm ci --no-audit --no-fund --loglevel error
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"
WORKERS ?= 4
# What was compiled once is kept, also where the environment says otherwise: every process of the suite reads it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help serve demo test fuzz torture check lint types web web-test tools peers lock format screenshots pictures bench bench-desk bench-guard clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

serve: $(VENV)/serve.stamp viewer/static/app/.stamp ## run TierRead on ./data: DICOM 11112, HTTP 8080
	@exec $(BIN)/tierread serve

demo: $(VENV)/serve.stamp viewer/static/app/.stamp ## run TierRead on demo data in ./data-demo
	@exec $(BIN)/tierread demo

test: $(VENV)/test.stamp viewer/static/app/.stamp tools peers ## run the whole suite
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

fuzz: $(VENV)/test.stamp tools ## a hundred thousand broken messages and data sets (about an hour)
	$(BIN)/pytest -n $(WORKERS) --dist worksteal tests/fuzz --fuzz-cases 100000 --timeout 0

torture: $(VENV)/test.stamp tools ## crash and size tests in full (about an hour, 20 GB of disk)
	$(BIN)/pytest tests/acceptance --at-length --timeout 0

check: $(VENV)/test.stamp lint types web-test test ## lint, types, import directions, web tests, the suite

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/python -m tests.licences > /dev/null

types: $(VENV)/test.stamp
	$(BIN)/basedpyright

web: viewer/static/app/.stamp ## build the web app

web-test: $(WEB)/node_modules/.stamp ## type-check and test the web app
	@cd $(WEB) && PATH="$(WEB_PATH)" npm run --silent check

tools: ## install the system tools that real tests need (Debian, as root), or say what is missing
	@tests/system-tools.sh

peers: $(PEERS)/node_modules/.stamp ## install the DICOM peers from npm that the acceptance tests speak to

lock: $(VENV)/test.stamp ## pin every dependency anew
	$(BIN)/uv --version >/dev/null 2>&1 || $(PIP) uv
	$(UV_COMPILE) --upgrade pyproject.toml --group build -o locks/serve.txt
	$(UV_COMPILE) --upgrade pyproject.toml --group build --group test --group check -c locks/serve.txt -o locks/dev.txt
	$(UV_COMPILE) --upgrade --group web -o locks/web.txt

format: $(VENV)/test.stamp ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: $(VENV)/test.stamp viewer/static/app/.stamp tools ## make the README's pictures anew
	$(BIN)/python -m tests.screenshots docs/pictures

pictures: $(VENV)/test.stamp viewer/static/app/.stamp tools ## compare every picture of server, desk and reference, and count in docs/pictures.md
	$(BIN)/python -W ignore -m tests.pictures

bench: $(VENV)/test.stamp viewer/static/app/.stamp ## measure against real peers and write bench/RESULTS.md (BENCH=--quick: minutes)
	@tests/system-tools.sh bench/system-tools.txt
	$(BIN)/python -m bench $(BENCH)

bench-desk: $(VENV)/test.stamp viewer/static/app/.stamp tools ## measure pictures at the reader's desk over slow lines, and its memory (BENCH=--quick)
	$(BIN)/python -m bench.desk_report $(BENCH)

bench-guard: $(VENV)/test.stamp viewer/static/app/.stamp ## compare the CPU of receiving with that of BASE (a commit; main where none is named)
	@tests/system-tools.sh bench/system-tools.txt
	$(BIN)/python -m bench.guard $(or $(BASE),main)

clean: ## remove what was built, never data
	rm -rf $(VENV) $(WEB)/node_modules $(PEERS)/node_modules viewer/static/app

$(VENV)/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "TierRead needs Python 3.11 or newer")'
	@echo "making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/serve.stamp: $(VENV)/made.stamp locks/serve.txt pyproject.toml
	@echo "installing the Python packages of locks/serve.txt ..."
	@$(PIP) --require-hashes --no-deps -r locks/serve.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.stamp: $(VENV)/serve.stamp locks/dev.txt
	@echo "installing the Python packages of locks/dev.txt ..."
	@$(PIP) --require-hashes --no-deps -r locks/dev.txt
	@touch $@

$(VENV)/node.stamp: $(VENV)/made.stamp locks/web.txt
	@$(if $(NODE_OK),,echo "installing Node from PyPI ..." && $(PIP) --require-hashes --no-deps -r locks/web.txt)
	@touch $@

$(WEB)/node_modules/.stamp: $(WEB)/package-lock.json $(VENV)/node.stamp
	@echo "installing the web app's packages ..."
	@cd $(WEB) && PATH="$(WEB_PATH)" $(NPM_CI) > /dev/null
	@touch $@

$(PEERS)/node_modules/.stamp: $(PEERS)/package-lock.json $(VENV)/node.stamp
	@echo "installing the DICOM peers of the acceptance tests ..."
	@cd $(PEERS) && PATH="$(WEB_PATH)" $(NPM_CI) --ignore-scripts > /dev/null
	@touch $@

viewer/static/app/.stamp: $(WEB)/node_modules/.stamp $(shell find $(WEB) viewer/locale viewer/static/base.css -path $(WEB)/node_modules -prune -o -type f -print 2>/dev/null)
	@echo "building the web app ..."
	@cd $(WEB) && PATH="$(WEB_PATH)" npm run --silent build
	@touch $@
