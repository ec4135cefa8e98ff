# Everything a person needs: `make run`, `make test`. Both make their environment first.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# With what only developing needs: tests, ruff, mypy, and the translations that search does well without.
DEV    := $(VENV)/.installed-dev

.PHONY: run test bench soak lint types check format clean
.DELETE_ON_ERROR:

run: $(STAMP)
	@$(BIN)/verse start

test: check
	$(BIN)/python -m pytest

# Tables of ratios against MiniLM and rank-bm25; needs an index (`make run`) and some minutes on a quiet machine.
bench: $(DEV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[peers]'
	$(BIN)/python -m tests.bench.search --peers
	$(BIN)/python -m tests.bench.serving
	$(BIN)/python -m tests.bench.interactions
	$(BIN)/python -m tests.bench.worker --peer

soak: $(STAMP)
	$(BIN)/python -m tests.bench.soak

check: lint types

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV)
	$(BIN)/mypy

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Only a change of the requirements installs again, so that later starts are fast.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Verse needs Python 3.11 or newer; point PYTHON at one: make run PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(DEV): $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

# How fast pretraining is beside Hugging Face's BertForMaskedLM.
.PHONY: bench-training
bench-training: $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[peers]'
	$(BIN)/python -m tests.bench.training

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache *.egg-info
