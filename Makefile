# Needs Python 3.11 or newer and make, nothing else. Every target sets up .venv by itself, and again when the lock changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := 0.13.9
UNRACK_EXAMPLES ?= 500

# Compiled modules are kept: the strict sandbox imports the workflows anew for each run.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-long check bench chaos schemas lock clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

demo: $(READY) ## cancel a simulated service from plan to proof, in under two minutes
	@$(BIN)/unrack demo

test: $(READY) ## run every test but the long ones
	@$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "not long"

test-long: $(READY) ## run the long ones: kills, planted bugs, thousands of runs and inputs, the walks of the README
	@$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "long and not alone"
	@$(BIN)/pytest -q -m "long and alone"

check: $(READY) ## everything that can be said without running it: style, types, import rules, dependencies, runbooks, and which test holds which rule
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/unrack runbook check runbooks
	$(BIN)/python -m tests.meta.rules

bench: $(READY) ## what one run costs, next to a bare Temporal workflow; ARGS="--against REF --json FILE" measures a commit beside
	@$(BIN)/python -m bench $(ARGS)

chaos: $(READY) ## decisions and faults in many random orders, then kills at every place of every course (hours on two cores)
	@UNRACK_EXAMPLES=$(UNRACK_EXAMPLES) $(BIN)/pytest -q tests/unit/workflows tests/workflows/properties
	@$(BIN)/python -m chaos

schemas: $(READY) ## write the types of OVHcloud's answers anew from its API descriptions, in the folder UNRACK_OVH_API
	@$(BIN)/python -m tests.conformance.make_schemas

lock: ## write both locks anew from pyproject.toml (asks the package registry)
	@$(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install -q uv==$(UV)
	@$(VENV)/lock/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --upgrade -q -o requirements.lock
	@$(VENV)/lock/bin/uv pip compile pyproject.toml --constraint requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate -q -o deploy/requirements.lock

clean: ## remove what was built or downloaded; data folders stay
	@rm -rf $(VENV) .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + \
		": make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	@echo "setting up $(VENV) (once, a minute or two)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $(READY)
