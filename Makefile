# What people do with this tree. `make help` lists it.
SHELL := /usr/bin/env bash
.DEFAULT_GOAL := help
.PHONY: help up demo test lint types walls format lock chaos bench test-long docs web web-check runtime dev

PYTHON_PATHS := services shared tests deploy
SHELL_FILES := .ci/run deploy/local/prepare deploy/local/web
YAML_FILES := docker-compose.yml deploy
PYTEST := .venv/bin/pytest
COMPILE := .venv/uv/bin/uv pip compile -q pyproject.toml --extra embedded --prerelease=if-necessary-or-explicit \
	--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

up: runtime ## Run Switchboard here, with a local broker and database where no URL names one
	@exec .venv/bin/switchboard up

demo: runtime ## Fill a running Switchboard with two teams, four agents and thirty conversations
	@.venv/bin/python -m deploy.demo

test: dev lint types walls ## Lint, types, import walls and every test but chaos, bench and the long ones
	$(PYTEST) -n 3 --dist loadfile -m "not chaos and not bench and not long"

lint: dev ## Ruff, shellcheck, yamllint
	.venv/bin/ruff check -q --output-format=concise $(PYTHON_PATHS)
	.venv/bin/ruff format -q --check $(PYTHON_PATHS)
	.venv/bin/shellcheck $(SHELL_FILES)
	.venv/bin/yamllint -s $(YAML_FILES)

types: dev ## mypy, strict
	.venv/bin/mypy
	.venv/bin/mypy deploy/demo

walls: dev ## Who may import whom
	.venv/bin/lint-imports

format: dev ## Let ruff lay out the code
	.venv/bin/ruff format $(PYTHON_PATHS)
	.venv/bin/ruff check --fix $(PYTHON_PATHS)

chaos: dev ## Kill everything at random moments under load; CHAOS_SEED=… repeats a run, CHAOS_FORM=short|long
	SWITCHBOARD_CHAOS_FORM=$${CHAOS_FORM:-long} $(PYTEST) -s -m chaos tests/chaos

bench: dev ## Measure latency, rate, CPU and memory; BENCH_RATES="30 50" tries only these
	$(PYTEST) -s -m bench tests/bench

test-long: dev ## The tests that take minutes
	$(PYTEST) -m long

lock: dev ## Write both lock files anew from pyproject.toml
	@[ -x .venv/uv/bin/uv ] || { .venv/bin/python -m venv .venv/uv && .venv/uv/bin/pip install -q uv; }
	$(COMPILE) -o requirements.lock
	$(COMPILE) --group dev -o requirements-dev.lock

docs: dev ## Write what the docs take from the code
	.venv/bin/python -m services.settings_reference

web: dev ## Build the page into services/gateway/static (only after changing services/gateway/web)
	deploy/local/web build

web-check: dev ## Check, lint and test the page, and that what is committed is what its sources give
	deploy/local/web check

runtime:
	@deploy/local/prepare runtime

dev:
	@deploy/local/prepare dev
