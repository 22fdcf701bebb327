# Everything runs from here with Python 3.11 or newer and make: no database server, no Docker, no Node.
# `make` alone lists what there is.

SHELL := /bin/sh
.DEFAULT_GOAL := help
export PYTHONPATH := $(CURDIR):$(CURDIR)/site
export PYTHONDONTWRITEBYTECODE :=  # a process that finds what Python compiled starts in half the time
BIN := .venv/bin

find_python = for python in $(PYTHON) .venv/bin/python python3.14 python3.13 python3.12 python3.11 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$python"; exit; }; done

.PHONY: help setup demo reset services shell psql manage test test-full test-faults lint format types contracts lock

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup:  ## Make .venv and install the locked requirements (the other commands do so when needed)
	@python=$$($(find_python)); \
	if [ -z "$$python" ]; then \
		echo "Referred needs Python 3.11 or newer, and there is none here. Install it, or say where: make PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	exec "$$python" -I site/demo/bootstrap.py

demo: setup  ## Run the whole site on this machine, with content, until Ctrl-C
	@exec $(BIN)/python -m demo

reset: setup  ## Throw the demo's data away and stop whatever a crash left running
	@exec $(BIN)/python -m demo reset

services: setup  ## Run PostgreSQL and Valkey alone, for development, until Ctrl-C
	@exec $(BIN)/python -m demo.run

shell: setup  ## Open a Django shell on the demo's data
	@exec $(BIN)/python -m demo.run python manage.py shell

psql: setup  ## Open psql on the demo's data
	@exec $(BIN)/python -m demo.run psql

manage: setup  ## Run a management command on the demo's data: make manage ARGS="check"
	@exec $(BIN)/python -m demo.run python manage.py $(ARGS)

test: setup  ## Check everything as CI does: style, types, contracts, migrations and all tests (ARGS go to pytest)
	@exec $(BIN)/python -m demo.checks $(ARGS)

test-full: setup  ## As test, with every test in its long form: 10,000 hostile requests, 150 lives of an article, 10,000 checks for each fault (hours)
	@exec $(BIN)/python -m demo.checks --full $(ARGS)

test-faults: setup  ## Kill, freeze and stop real processes while links are checked (a minute; ARGS=--full: 10,000 checks for each fault, hours)
	@exec $(BIN)/pytest tests/faults tests/tasks -m faults $(ARGS)

lint: setup  ## Check style: Python and templates
	@exec $(BIN)/python -m demo.checks --only style

format: setup  ## Put Python in the house style
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

types: setup  ## Check types
	@exec $(BIN)/python -m demo.checks --only types

contracts: setup  ## Check who imports whom
	@exec $(BIN)/python -m demo.checks --only contracts

compile = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header $(ARGS)

lock: setup  ## Compile both locks (newer versions of everything: ARGS=--upgrade)
	$(compile) requirements.in -o requirements.txt
	$(compile) -c requirements.txt requirements-dev.in -o requirements-dev.txt
