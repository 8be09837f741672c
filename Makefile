# Every target works on a fresh machine with Python 3.11+, make and git.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
# Whatever the shell says: without kept bytecode every process compiles five hundred modules before it does anything.
export PYTHONDONTWRITEBYTECODE :=
.PHONY: help setup up test test-clients test-long test-external mutants check format bench schema migration import lock clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.venv/.installed: requirements.lock requirements.boot.lock cli/setup.sh
	@PYTHON="$(PYTHON)" sh cli/setup.sh venv

api/playground/static/.built: package.json package-lock.json api/playground/build.mjs $(wildcard api/playground/src/*) | .venv/.installed
	@sh cli/setup.sh playground

tests/clients/node_modules/.installed: tests/clients/package.json tests/clients/package-lock.json | .venv/.installed
	@sh cli/setup.sh clients

setup: .venv/.installed api/playground/static/.built ## Install everything into .venv and start nothing

up: setup ## Set up and run Marque: API, worker, Postgres and Valkey (Ctrl-C stops it)
	@$(BIN)/marque up $(ARGS)

test: setup tests/clients/node_modules/.installed ## Run the whole test suite
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

test-clients: setup tests/clients/node_modules/.installed ## Only the tests with real clients (npm packages, Chromium)
	@$(BIN)/python -m pytest -m clients $(ARGS)

test-long: setup ## The longer searches of the property tests
	@$(BIN)/python -m pytest --long -m long $(ARGS)

test-external: setup ## The journeys against the Postgres and Redis named by MARQUE_DATABASE_URL and MARQUE_REDIS_URL
	@MARQUE_TEST_EXTERNAL=1 $(BIN)/python -m pytest tests/journeys tests/cli/test_external.py $(ARGS)

mutants: setup ## Mutation testing of the ledger, rules and moves of points (docs/mutants.md; takes an hour)
	@sh cli/setup.sh mutants && .venv/mutants/bin/python tests/mutating.py $(ARGS)
	@.venv/mutants/bin/mutmut results

check: .venv/.installed ## Formatting, lint, types, import contracts, schema and migrations
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/marque check

format: .venv/.installed ## Rewrite the files as the formatter wants them
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: setup ## Run the benchmarks (ARGS="feed" for one)
	@$(BIN)/marque bench $(ARGS)

schema: .venv/.installed ## Write schema.graphql, the test schema and the permission table anew
	@$(BIN)/marque schema

migration: .venv/.installed ## Make a migration for an area: make migration AREA=points NAME="adds wallets"
	@$(BIN)/marque migration $(AREA) "$(NAME)"

import: setup ## Import a file: make import KIND=members FILE=members.csv
	@$(BIN)/marque import $(KIND) $(FILE)

lock: .venv/.installed ## Resolve the dependencies anew into the hashed lock files
	@sh cli/setup.sh lock

clean: ## Remove what setup made (data folders stay)
	rm -rf .venv node_modules tests/clients/node_modules api/playground/static
