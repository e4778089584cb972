# Everything starts from a bare machine with Python (3.11 or newer, with pip), make and git.
PYTHON ?= python3
SEED ?= $(shell date +%s)
SOAK_S ?= 1800
# Containers often forbid it, and then every process compiles everything anew: the tests start many.
export PYTHONDONTWRITEBYTECODE :=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-fast lint bench score docs controlplane test-long clean
.DEFAULT_GOAL := demo

demo: $(STAMP)  ## the main job on a simulated fleet: status, comparison, root cause
	@$(BIN)/flux-mirror demo

test: test-fast controlplane  ## every test, real API servers included where Go is present
	@$(BIN)/python -m pytest -m controlplane tests/controlplane

test-fast: $(STAMP)  ## the tests without real API servers and without the long ones; some minutes on two cores
	@$(BIN)/python -m pytest -m "not controlplane and not long" -n auto

test-long: $(STAMP)  ## what takes minutes, then half an hour of soak: SEED=N repeats a run, SOAK_S=60 shortens it
	@FLUX_MIRROR_TEST_SEED=$(SEED) $(BIN)/python -m pytest -m "long and not soak" -n auto
	@FLUX_MIRROR_TEST_SEED=$(SEED) FLUX_MIRROR_SOAK_S=$(SOAK_S) $(BIN)/python -m pytest -m soak -s

lint: $(STAMP)  ## formatting, rules, types, import contracts, generated docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m server.docs --check

bench: $(STAMP)  ## figures of this machine, as ratios in one run; ONLY="sync churn" for some of them
	@$(BIN)/python -m tests.bench $(ONLY)

score: $(STAMP)  ## how good the root causes are: every labelled scenario, graded; half a minute
	@$(BIN)/python -m tests.score

docs: $(STAMP)  ## write the generated pages anew
	@$(BIN)/python -m server.docs

controlplane: $(STAMP)  ## real etcd and kube-apiserver for the tests; built once, then kept in the user's cache
	@if command -v go >/dev/null 2>&1 || [ -n "$$KUBEBUILDER_ASSETS" ]; then $(BIN)/python -m tests.controlplane.build; \
	else echo "No Go toolchain: the tests on real API servers will be skipped."; fi

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "flux-mirror needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "First run: installing into $(VENV) (about a minute, once)."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .import_linter_cache
