# One command for each thing there is to do. `make` alone lists them.
#
# Every target sets up what it needs in .venv (Python >= 3.11 and make are all that must be there).
# PYTHON=python3.12 make test    which Python makes the environment
# make test ARGS="-k registry"   arguments for the tool that the target runs

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ARGS ?=
# Two processes at most: each compiles its own programs and takes up to 4 GB. `make test WORKERS=`
# runs the tests in one.
WORKERS ?= --numprocesses=auto --maxprocesses=2 --dist=loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
.NOTPARALLEL:
.PHONY: help demo test lint format types docs bench wheel wheel-check clean compiler

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed-run compiler  ## Train on random levels, evaluate on others, and write a page of it all (7 to 15 minutes)
	@set -eu; \
	run="runs/demo-$$(date +%Y%m%d-%H%M%S)"; \
	$(BIN)/kinetix train experiment=demo train.directory=runs train.name="$${run#runs/}" $(ARGS); \
	$(BIN)/kinetix evaluate run="$$run" levels=handmade/s,random/s baseline=untrained; \
	$(BIN)/kinetix report "$$run"

test: $(VENV)/.installed-test compiler  ## Run the tests
	$(BIN)/python -m pytest $(WORKERS) $(ARGS)

lint: $(VENV)/.installed-lint  ## Check style, format and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	NO_COLOR=1 $(BIN)/lint-imports

format: $(VENV)/.installed-lint  ## Rewrite the files in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.installed-types  ## Check types
	$(BIN)/pyright $(ARGS)

docs: $(VENV)/.installed-docs  ## Build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir site
	@echo "$(CURDIR)/site/index.html"

bench: $(VENV)/.installed-bench compiler  ## Measure the engine beside Jax2D (ARGS="--out FOLDER" keeps the tables)
	$(BIN)/kinetix bench engine --against jax2d $(ARGS)
	$(BIN)/kinetix bench compile --against jax2d $(ARGS)

wheel: $(VENV)/.installed-test  ## Build the wheel into dist/
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

wheel-check: wheel compiler  ## Install the wheel alone in a fresh environment and train from it
	$(BIN)/python .ci/wheel_check.py dist/*.whl

clean:  ## Remove .venv and everything that was built
	rm -rf $(VENV) dist build site .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ---

# Without --clear: an environment that was made by hand is kept and used.
$(VENV)/.created:
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "make: '$(PYTHON)' was not found; name a Python 3.11 or newer: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $(PYTHON) is $$($(PYTHON) --version 2>&1); Python 3.11 or newer is needed: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: $(PYTHON) cannot make a virtual environment; on Debian and Ubuntu install python3-venv" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	@touch $@

# run: what `kinetix` itself needs. The others add the extra of the same name.
# Adapters of other frameworks, pictures and loggers are tested and checked for types too: so their
# extras.
OPTIONAL := gymnasium,gymnax,jaxued,png,render,tensorboard,wandb,joblib,submitit
EXTRA_test := [test,$(OPTIONAL)]
EXTRA_lint := [lint]
EXTRA_types := [lint,$(OPTIONAL)]
EXTRA_docs := [docs]
EXTRA_bench := [bench]

$(VENV)/.installed-%: $(VENV)/.created pyproject.toml constraints.txt
	$(PIP) install --quiet --constraint constraints.txt --editable '.$(EXTRA_$*)'
	@touch $@

# The engine is compiled on first use: by the compiler of this machine, else by one from the
# package index.
compiler: $(VENV)/.created
	@for name in "$${CXX%% *}" c++ g++ clang++; do \
	  if [ -n "$$name" ] && command -v "$$name" >/dev/null; then exit 0; fi; \
	done; \
	$(BIN)/python -c 'import ziglang' 2>/dev/null || { \
	  echo "no C++ compiler was found (c++, g++, clang++ or CXX): installing one from the package index"; \
	  $(PIP) install --quiet --constraint constraints.txt --editable '.[compiler]'; \
	}
