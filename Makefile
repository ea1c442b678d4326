# What people and CI both call. Needs Python 3.11+, make and git; brings its own uv when there is none.

PYTHON ?= python3
BIN := .venv/bin
UV := $(or $(shell command -v uv),.uv/bin/uv)
CI_WORKERS ?= auto

export UV_PYTHON_DOWNLOADS := never
export UV_CONSTRAINT := $(CURDIR)/constraints.txt
export UV_COMPILE_BYTECODE := 1
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format types constraints clean

help: ## show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' Makefile

setup: .venv/ready ## create .venv with both plugins, the simulator and the tools

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is %d.%d. Name one: make PYTHON=python3.12" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .uv || { echo "Python's venv module is needed (Debian: apt install python3-venv)"; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv

.venv/ready: $(UV) pyproject.toml constraints.txt $(wildcard */pyproject.toml */*/pyproject.toml)
	@$(UV) venv --quiet --clear --python '$(PYTHON)' .venv
	@$(UV) pip install --quiet --python $(BIN)/python --editable tap-solaredge --editable tap-solaredge/simulator --editable 'target-seh-sql[postgresql,mariadb]' --group dev
	@touch $@

demo: setup ## load the bundled simulator's five sites into demo.db through Meltano and show the result
	@$(BIN)/python -c 'from datetime import *; print(datetime.now(UTC).isoformat(timespec="seconds"))' > .venv/demo-began
	@$(BIN)/meltano --environment=demo run demo
	@$(BIN)/python -m target_seh_sql.overview sqlite:///demo.db --since "$$(cat .venv/demo-began)"

test: setup ## set up and run all tests
	@$(BIN)/pytest -n $(CI_WORKERS) --dist loadgroup

lint: setup ## check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: setup ## rewrite files to the project's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: setup ## check types (mypy, strict)
	@$(BIN)/mypy

constraints: $(UV) ## pin every dependency again, in constraints.txt
	@UV_CONSTRAINT= $(UV) pip compile --quiet --universal --upgrade --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--python-version 3.11 --group dev --output-file constraints.txt \
		tap-solaredge/pyproject.toml tap-solaredge/simulator/pyproject.toml target-seh-sql/pyproject.toml --all-extras --extra-index-url "" \
		2>/dev/null || true

clean: ## remove everything that make has made
	@rm -rf .venv .uv .meltano demo.db* .pytest_cache .mypy_cache .ruff_cache
