# All of relab's set-up needs python3, make and the package index; uv is fetched by itself.
UV_VERSION := 0.13.8
UV := $(shell command -v uv 2>/dev/null || echo .cache/uv/bin/uv)
RUN := $(UV) run --no-sync
# Tests wait for what they started for half of their time: two at once on each processor.
PYTEST_WORKERS ?= $(shell python3 -c 'import os; print(2 * (os.cpu_count() or 1))')
export UV_PROJECT_ENVIRONMENT := .venv
# Classrooms often stand behind a proxy whose certificate only the system knows.
export UV_SYSTEM_CERTS ?= true
export UV_NATIVE_TLS ?= true
# Compiled once at set-up, else every start compiles anew where PYTHONDONTWRITEBYTECODE is set.
export UV_COMPILE_BYTECODE ?= 1
COMPILE = $(RUN) python -m compileall -q relab tui snapshot restore profiles

.DEFAULT_GOAL := help
.PHONY: help setup run test test-real check fmt types lint content reference bench proof clean

help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready ## make .venv with everything; leaves .venv/bin/relab

.cache/uv/bin/uv:
	@scripts/get-uv $(UV_VERSION) .cache/uv

.venv/.ready: pyproject.toml uv.lock | $(filter .cache/%,$(UV))
	@$(UV) sync --quiet --locked --all-extras --all-groups \
		--python "$${UV_PYTHON:-$$(scripts/fast-python $(UV) '>=3.11')}"
	@$(COMPILE)
	@touch $@

run: setup ## open the lab on the sandbox (without a terminal: tenant 01's report)
	@.venv/bin/relab

# A registry and a PostgreSQL that are no stand-ins.
REAL_DATA := tests/snapshot/test_images_elsewhere.py tests/snapshot/test_dumps.py tests/restore/test_data_cluster.py

test: setup ## run the tests
	@$(RUN) pytest -n $(PYTEST_WORKERS) --ignore tests/real $(addprefix --ignore ,$(REAL_DATA))

test-real: setup ## run the tests on real parts: aws-nuke, a control plane (built once, with Go), a registry, PostgreSQL
	@scripts/kube-server >/dev/null || echo "no control plane: its tests are skipped" >&2
	@$(RUN) pytest -n $(PYTEST_WORKERS) --dist loadfile tests/real tests/kube $(REAL_DATA) --server real

check: setup lint types content ## lint, types, import contracts, content

lint:
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) lint-imports

types:
	@$(RUN) mypy

content:
	@$(RUN) python -m scripts.lint_content
	@$(RUN) python -m scripts.reference --check

reference: setup ## write the generated reference pages anew
	@$(RUN) python -m scripts.reference

fmt: setup ## format the code
	@$(RUN) ruff check --fix
	@$(RUN) ruff format

bench: setup ## measure beside peers and bare loops (prints tables; fails when a promise is missed)
	@$(COMPILE)
	@$(RUN) python -m bench

proof: bench ## the heavy proofs, in full
	@RELAB_PROOF=1 $(RUN) pytest -n $(PYTEST_WORKERS) tests/vault/test_kill.py tests/snapshot/test_save_kill.py \
	  tests/restore/test_kill.py tests/restore/test_worlds.py tests/real/test_cycle.py \
	  tests/real/test_cycle_whole.py

clean: ## remove everything that was made
	@rm -rf .venv .cache dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
