# Everything a contributor runs. Each target sets up what it needs, on a machine with only Python, make and git.
#
#   PYTHON   the interpreter that the virtual environment is made from (3.11 or later)
#   SCHEME   which demo to run
#   TESTS    what pytest runs: make test TESTS=tests/core
#   JOBS     on how many cores: make test JOBS=1

PYTHON ?= python3
VENV   ?= .venv
SCHEME ?= p302
TESTS  ?= tests
JOBS   ?= auto

BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed
DECLARED := pyproject.toml constraints.txt tools/install.py $(wildcard core/pyproject.toml plugins/*/pyproject.toml cli/pyproject.toml)

.DEFAULT_GOAL := help
.PHONY: help setup test lint demo bench docs torture wheels words constraints clean

help: ## say what can be made
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | sort | awk -F '\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'

setup: $(STAMP) ## make the virtual environment and install everything in it

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Billhook needs Python 3.11 or later; name one: make setup PYTHON=python3.12" >&2; exit 1; }
	@echo "Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(STAMP): $(DECLARED) | $(BIN)/python
	@echo "Installing the distributions and the development tools into $(VENV)"
	@$(BIN)/python -m tools.install
	@touch $@

lint: $(STAMP) ## check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: lint ## lint, then run the tests
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(TESTS)

torture: $(STAMP) ## run the tests that take minutes
	$(BIN)/python -m pytest -m torture $(TESTS)

demo: $(STAMP) ## run the demo of one scheme: make demo SCHEME=p302
	PYTHONPATH=. $(BIN)/python examples/demo.py $(SCHEME)

bench: $(STAMP) ## measure speed and memory
	$(BIN)/python -m bench

docs: $(STAMP) ## build the documentation into docs/_build/html
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

wheels: $(STAMP) ## build all wheels into dist/
	$(BIN)/python -m tools.wheels dist

words: $(STAMP) ## bring the catalogs of other languages up to date, and list what they lack
	$(BIN)/python -m tools.words

constraints: $(BIN)/python ## pin the newest versions that the bounds allow
	$(BIN)/python -m tools.pin

clean: ## remove what was made
	rm -rf $(VENV) dist docs/_build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
