# What people and CI both call. Needs Python 3.11+, make and git; brings its own uv when there is none.
# What a user runs is in .venv once .venv/ready is there; the developers' tools come with .venv/tools.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
# More than there are processors: many tests wait for a server or a process.
CI_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) \* 3 / 2)
DIST ?= dist
DAYS ?= +200
CONSTRAINTS ?= --upgrade

export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
# Whatever a machine is set to: modules are compiled once, and output is buffered, as for users; benchmarks compare both.
unexport PYTHONDONTWRITEBYTECODE PYTHONUNBUFFERED
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format types definitions dashboards dbt packages schema pictures proof-report proof-login proof-pages year proofs adoption mutations worlds newest-sdk test-on-day bench bench-tap bench-v1 bench-report bench-status bench-state shards orchestrators chaos chaos-tap constraints clean

help: ## show what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "make %-14s %s\n", $$1, $$2}' Makefile

# What is in .venv names the folder and the Python that it was made with: where either is another one, it is made anew.
ifneq ($(shell $(BIN)/python -c 'import uv' 2>/dev/null && cat .venv/ready 2>/dev/null),$(CURDIR))
.PHONY: .venv/ready
endif

setup: .venv/ready ## create .venv with both plugins, Meltano and the simulator

.venv/ready: pyproject.toml constraints.txt $(wildcard */pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is %d.%d. Name one: make PYTHON=python3.12" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@echo "Installing both plugins, Meltano and the simulator into .venv: 210 MB, 10 to 60 seconds"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is needed (Debian: apt install python3-venv)"; exit 1; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt uv
	@$(UV) pip install --quiet --constraint constraints.txt --python $(BIN)/python --editable simulator --editable tap-solaredge --editable 'target-seh-sql[postgresql,mariadb,excel,notify]' --group run
	@pwd -P > $@

.venv/tools: .venv/ready
	@echo "Adding the developers' tools to .venv: 550 MB more, 10 to 90 seconds"
	@$(UV) pip install --quiet --constraint constraints.txt --python $(BIN)/python --editable 'tap-solaredge[faker]' --editable 'target-seh-sql[faker,parquet]' --group dev
	@touch $@

demo: setup ## load the bundled simulator's five sites into demo.db through Meltano, show the result, write demo.html
	@sh deploy/demo/demo.sh

# Meltano's SDK says so half a year before a Python ends, and ever after: also in the processes that tests start.
test test-on-day: export PYTHONWARNINGS = ignore:Python 3

test: .venv/tools ## set up and run all tests
	@UV_COMPILE_BYTECODE=0 $(BIN)/pytest -n $(CI_WORKERS) --dist loadfile --no-loadscope-reorder

test-on-day: .venv/tools ## run all tests with the clock DAYS='+200' days away (Debian: apt install faketime); databases keep theirs
	@FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_FORCE_MONOTONIC_FIX=0 UV_COMPILE_BYTECODE=0 PYTHONPATH=$(CURDIR)/tools/another_day faketime -f '$(DAYS)d' \
		$(BIN)/pytest -n $(CI_WORKERS) --dist loadfile --no-loadscope-reorder

newest-sdk: setup ## test what the tap relies on in Meltano's SDK with its newest release, in .newest
	@$(UV) venv --quiet --clear --python '$(PYTHON)' .newest
	@echo 'singer-sdk[testing]' > .newest/override.txt
	@$(UV) pip install --quiet --python .newest/bin/python --upgrade --override .newest/override.txt \
		--editable tap-solaredge --editable simulator 'singer-sdk[testing]' pytest
	@.newest/bin/python -c 'from importlib.metadata import version; print("singer-sdk", version("singer-sdk"))'
	@.newest/bin/pytest tap-solaredge/tests/test_singer_contract.py tap-solaredge/tests/test_sdk.py tap-solaredge/tests/test_catalog.py \
		tap-solaredge/tests/test_stream_maps.py

lint: .venv/tools ## check style and formatting, workflows, and the files of deploy/
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/zizmor --offline --quiet --no-progress --persona=pedantic .github
	@$(BIN)/zizmor --offline --quiet --no-progress docs/ci/github-harvest.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/docker/compose.yaml
	@$(BIN)/hadolint deploy/docker/Dockerfile
	@$(BIN)/kubernetes-validate --strict --quiet deploy/kubernetes/*.yaml

format: .venv/tools ## rewrite files to the project's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

definitions: .venv/tools ## write plugin.yml of both plugins, for Meltano and its Hub, and their settings in meltano.yml
	@$(BIN)/python -m tools.hub.definitions

dashboards: .venv/tools ## write Grafana's dashboards in deploy/grafana
	@$(BIN)/python -m tools.grafana.dashboard

dbt: .venv/tools ## write the tables, views and columns as dbt's sources, in deploy/dbt
	@$(BIN)/python -m tools.dbt.sources

packages: .venv/tools ## build wheels and sdists of both plugins into dist/ and check them
	@$(UV) build --quiet --clear --build-constraints constraints.txt --out-dir $(DIST) tap-solaredge
	@$(UV) build --quiet --build-constraints constraints.txt --out-dir $(DIST) target-seh-sql
	@$(BIN)/twine --no-color check --strict $(DIST)/*

pictures: .venv/tools ## make the pictures of docs/home-owner.md and docs/report.md again, with Chromium
	@PICTURES=1 $(BIN)/pytest tests/test_login_in_a_browser.py tests/test_report.py

proof-report: .venv/tools ## read the whole report of two years from each database in Chromium and compare with SQL
	@PROOF=whole $(BIN)/pytest tests/test_report.py tests/test_report_kinds.py tests/test_report_databases.py

proof-login: .venv/tools ## 100 hourly runs and 50 kills of a renewal: none may need a new login
	@LOGIN_PROOF=whole $(BIN)/pytest tap-solaredge/tests/test_token_file.py -rP

mutations: .venv/tools ## run the tap with 5,000 answers of which one node each is odd, and show what that cost
	@MUTATIONS=2500 $(BIN)/pytest -n 2 -rP --show-capture=stdout tap-solaredge/tests/test_mutations.py

worlds: .venv/tools ## play WORLDS=40 random worlds (pauses, outages, faults, clocks), others each day, and compare them with the truth
	@SEED=$${SEED:-$$(date +%y%m%d00)} WORLDS=$${WORLDS:-40} $(BIN)/pytest -n $(CI_WORKERS) -rP --show-capture=stdout tap-solaredge/tests/test_worlds.py

year: .venv/tools ## run each hour for a year with trouble of every kind at random, into three databases, and compare with the truth
	@PROOF=whole $(BIN)/pytest tests/test_year.py -rP --show-capture=stdout

proof-pages: .venv/tools ## run all commands and queries of all pages, all panels of Grafana, dbt, all faults at all endpoints, kills on each database
	@PROOF=whole $(BIN)/pytest tests/test_docs.py tests/test_chaos.py tests/test_grafana.py tests/test_dbt.py tests/test_nothing_on_disk.py \
		tests/test_export_memory.py target-seh-sql/tests/test_server_settings.py tap-solaredge/tests/test_wrong_inputs.py \
		tap-solaredge/tests/test_fault_matrix.py tap-solaredge/tests/v1/test_v1_faults.py -n $(CI_WORKERS) --dist loadfile

proofs: .venv/tools ## months of hourly runs on the free plan, five years of history, 300 sites, 400 days against the truth, pauses, outages, clocks; some minutes
	@PROOF=whole $(BIN)/pytest tap-solaredge/tests/test_month.py tap-solaredge/tests/test_backfill.py \
		tap-solaredge/tests/test_fleet.py tap-solaredge/tests/test_two_taps.py \
		tap-solaredge/tests/test_owed_proof.py tap-solaredge/tests/test_clock_proof.py tap-solaredge/tests/test_pace.py tap-solaredge/tests/v1/test_v1_harvest.py \
		tap-solaredge/tests/v1/test_v1_records.py tests/test_truth.py tests/test_reconciliation.py tests/test_extension_truth.py \
		tests/test_from_v1_to_v2.py -n $(CI_WORKERS) --dist loadfile -rP --show-capture=stdout

adoption: .venv/tools ## adopt six databases of SolarEdge Harvest, harvest on over both clock changes, kill 30 adoptions on each database
	@PROOF=whole $(BIN)/pytest target-seh-sql/tests/test_adoption.py target-seh-sql/tests/test_adoption_newest.py \
		target-seh-sql/tests/test_adoption_rules.py target-seh-sql/tests/test_predecessor.py \
		tests/test_adoption_then_harvest.py tests/test_adoption_kills.py tests/test_adoption_page.py \
		-n $(CI_WORKERS) -rP --show-capture=stdout

types: .venv/tools ## check types (mypy, strict)
	@$(BIN)/mypy

bench: .venv/tools ## measure the target against the engine's limit and peers, write docs/benchmarks-target.md; BENCH='--help' tells more
	@$(BIN)/python -m tools.benchmarks.target --out docs/benchmarks-target.md $(BENCH)

bench-tap: .venv/tools ## measure five years of one site through the tap, write docs/benchmarks-tap.md; BENCH='--runs 5'
	@$(BIN)/python -m tools.benchmarks.tap --out docs/benchmarks-tap.md $(BENCH)

bench-v1: .venv/tools ## measure what three calls at once save under V1
	@$(BIN)/python -m tools.benchmarks.tap.v1_at_once

bench-report: .venv/tools ## measure the report: time and memory for five years of three sites, sizes, seconds until drawn
	@$(BIN)/python -m tools.benchmarks.target.report_time $(BENCH)

bench-status: .venv/tools ## measure status over 100 million rows of 285 sites, in PostgreSQL; BENCH='--sites 20 --database sqlite' for others
	@$(BIN)/python -m tools.benchmarks.target.status_time $(BENCH)

bench-state: .venv/tools ## measure what STATE costs the target: a day of 1,250 sites in one shard
	@$(BIN)/python -m tools.benchmarks.target.state_share $(BENCH)

shards: .venv/tools ## 8 shards at once over 200 sites into one PostgreSQL, equal to the truth; SHARDS='--sites 40' for fewer
	@$(BIN)/python -m tools.shards $(SHARDS)

orchestrators: .venv/tools ## install Airflow and Dagster, each in an environment of its own, and let them run deploy/orchestrators
	@$(BIN)/pytest tools/orchestrators.py

schema: .venv/tools ## let the tables and docs/schema.md say what the tap's streams say of their columns
	@$(BIN)/python -m tools.meanings
	@$(BIN)/python -m tools.schema_page > docs/schema.md

chaos: .venv/tools ## kill the pipe 100 times on each database and compare; CHAOS='--seed 2 --kills 50' for others
	@$(BIN)/python -m tools.chaos $(CHAOS)

chaos-tap: .venv/tools ## kill the tap alone 200 times at random instants: records, state and ledger must hold
	@$(BIN)/python -m tools.chaos --tap --kills 200 --databases sqlite $(CHAOS)

constraints: setup ## pin the newest version of every dependency in constraints.txt; CONSTRAINTS= keeps what is pinned
	@$(UV) pip compile --quiet --universal $(CONSTRAINTS) --python-version 3.11 --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --group dev --group build --all-extras --output-file constraints.txt \
		tap-solaredge/pyproject.toml simulator/pyproject.toml target-seh-sql/pyproject.toml

clean: ## remove everything that make has made; Meltano's state in .meltano stays: it holds the bookmarks of your harvest
	@rm -rf .venv .newest .meltano/demo-* dist demo.db* demo.html .pytest_cache .mypy_cache .ruff_cache
