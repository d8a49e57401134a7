# Everything is built from nothing but python3, git and make. `make` alone lists what there is.

# The interpreter the environment is made with.
PYTHON ?= python3
# How much is computed: quick, or paper for the published figures and verdicts.
SCALE ?= quick
# Test processes. Compiling is what takes the time, so one a core; 0 runs the tests in one process.
WORKERS ?= 2

# Written last, so only a finished environment has it. It holds the folder it was made in: an
# environment refers to the checkout by absolute path, and a copied one would run the other's code.
STAMP := .venv/.installed
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

.PHONY: help environment test figures validate bench notebooks lint clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "Settings: SCALE=$(SCALE) (or paper)  WORKERS=$(WORKERS)  PYTHON=$(PYTHON)"

environment: $(STAMP) ## build .venv from the pinned versions, if it is not there or out of date

test: lint ## check the style, then run all tests, doctests and notebooks
	.venv/bin/python -m pytest -n $(WORKERS) --dist worksteal

figures: $(STAMP) ## draw every figure at SCALE, and write their index
	.venv/bin/attractory figures --scale $(SCALE)
	cp paper_figures/output/README.md paper_figures/README.md

validate: $(STAMP) ## run every claim and its control at SCALE, and print the ledger
	.venv/bin/attractory validate --scale $(SCALE)

bench: $(STAMP) ## measure the speed
	.venv/bin/python -m tests.benchmarks

notebooks: $(STAMP) ## make executed .ipynb files of the sources in notebooks/, to read and change
	.venv/bin/jupytext --quiet --to ipynb --set-kernel python3 notebooks/*.py
	.venv/bin/python -m pytest --nbmake --overwrite notebooks/*.ipynb

lint: $(STAMP) ## check the style alone
	.venv/bin/ruff check

clean: ## remove the environment and all caches; results stay
	rm -rf .venv .pytest_cache .ruff_cache build *.egg-info
	find . -name .git -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

# Without its stamp an environment is half built (pip was interrupted, say) and is made afresh;
# with a stamp older than the two files it is brought up to date.
$(STAMP): pyproject.toml constraints.txt
	@if [ "$$(cat $@ 2>/dev/null)" != "$(CURDIR)" ]; then \
	    command -v "$(PYTHON)" >/dev/null || \
	        { echo "No $(PYTHON) here. Name a Python 3.11: make PYTHON=/path/to/python3.11" >&2; exit 1; }; \
	    "$(PYTHON)" -c 'import sys; sys.version_info[:2] == (3, 11) or sys.exit( \
	        "attractory runs on Python 3.11, but $(PYTHON) is Python %d.%d.%d (%s).\n" \
	        "Name a 3.11, for instance: make PYTHON=python3.11 environment" \
	        % (sys.version_info[:3] + (sys.executable,)))' && \
	    rm -rf .venv && "$(PYTHON)" -m venv .venv; \
	fi
	@rm -f $@
	@echo "Installing into .venv (minutes the first time) ..."
	@.venv/bin/python -m pip install -q --no-compile --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@.venv/bin/python -m pip install -q --no-compile --disable-pip-version-check -c constraints.txt \
	    --no-deps neural-tangents # of the TensorFlow it asks for nothing is used, see theory/neural_tangents
	@printf '%s\n' "$(CURDIR)" >$@
