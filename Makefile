# `make demo` and `make test` set everything up by themselves: Python 3.11 or newer and make are enough.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := fixtures/apps/notes

.PHONY: demo test check bench fuzz catalog clean

# Without network the second of each pair fails; with the stamps, neither runs twice.
$(VENV)/.runtime: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "grantgraph needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || { echo "setting up $(VENV)" >&2; $(PYTHON) -m venv $(VENV); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . 2>&1 | grep -v WARNING >&2 || true
	@$(BIN)/python -c 'import grantgraph.cli' && touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "installing the tools for development" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' 2>&1 | grep -v WARNING >&2 || true
	@$(BIN)/python -c 'import hypothesis, pytest, xdist' && touch $@

demo: $(VENV)/.runtime
	@GRANTGRAPH=$(BIN)/grantgraph sh scripts/demo

test: $(VENV)/.dev
	@$(BIN)/python scripts/build_catalog.py --fetch-only
	@$(BIN)/python scripts/browser.py
	@$(BIN)/python -m pytest -n 2

check: $(VENV)/.dev
	@BIN=$(BIN) sh scripts/check

bench: $(VENV)/.dev
	@$(BIN)/python scripts/bench.py
	@$(BIN)/python scripts/bench_decisions.py
	@$(BIN)/python scripts/bench_proofs.py
	@$(BIN)/python scripts/bench_reading.py
	@$(BIN)/python scripts/bench_synthesis.py
	@$(BIN)/python scripts/compare_policy_sentry.py --bench

fuzz: $(VENV)/.dev
	@$(BIN)/python scripts/fuzz.py --examples 1000000 --jobs 2

catalog: $(VENV)/.dev
	@$(BIN)/python scripts/build_catalog.py
	@$(BIN)/python scripts/build_managed_policies.py

clean:
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
