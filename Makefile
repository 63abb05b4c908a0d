# Svodka: `make demo` tries it with no token, `make test` checks it, `make run` serves Telegram.
# Every target sets up what it needs: a virtual environment in .venv, filled from the hash-locked
# requirements (with uv when it is installed, else with pip). The second time that costs nothing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

ifdef UV
INSTALL := $(UV) pip install --quiet --python $(BIN)/python
else
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.PHONY: help demo run semantic test tour lint eval bench faults hostile audit format browser lock clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Svodka needs Python 3.11 or newer; try: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python requirements.lock pyproject.toml
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

## make demo     the whole bot with a chat page in the browser, no token needed
demo: $(VENV)/.run
	@exec $(BIN)/svodka demo $(ARGS)

## make run      serve Telegram with the settings of .env
run: $(VENV)/.run
	@exec $(BIN)/svodka run

## make semantic the optional extra: one event told in Russian and in English is one story
semantic: $(VENV)/.semantic

$(VENV)/.semantic: $(VENV)/.run requirements-semantic.lock
	$(INSTALL) --require-hashes -r requirements-semantic.lock
	@touch $@

## make test     every test, in random order
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 $(ARGS)

## make tour     walk through every flow in the browser and keep the pictures of docs/tour.md
tour: $(VENV)/.dev
	$(BIN)/python -m pytest -q -p no:randomly tests/bot/test_tour.py --tour docs/tour $(ARGS)

## make lint     ruff, mypy and the import contracts
lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

$(VENV)/.eval: $(VENV)/.dev requirements-eval.lock
	$(INSTALL) --require-hashes -r requirements-eval.lock
	@touch $@

## make eval     how good the digests are, beside reference methods
eval: $(VENV)/.eval $(VENV)/.semantic
	$(BIN)/python -m evaluation

$(VENV)/.bench: $(VENV)/.dev requirements-bench.lock
	$(INSTALL) --require-hashes -r requirements-bench.lock
	@touch $@

## make bench    memory, latency and throughput beside other programs, 10 minutes (ARGS=--large: searches among a million)
bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks $(ARGS)

## make faults   kills, floods, refusals and backlogs against the real process; ARGS=--short for a minute
faults: $(VENV)/.dev
	$(BIN)/python -m faults $(ARGS)

## make hostile  broken and malicious feeds, servers and addresses (ARGS=--long: all of it)
hostile: $(VENV)/.dev
	$(BIN)/python -W ignore -m hostile $(ARGS)

format: $(VENV)/.dev
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

$(VENV)/.audit: $(VENV)/.run requirements-audit.lock
	$(INSTALL) --require-hashes -r requirements-audit.lock
	@touch $@

## make audit    known vulnerabilities of what is locked; status 3 when advisories cannot be reached
audit: $(VENV)/.audit
	@told=$$($(BIN)/pip-audit --disable-pip --require-hashes -r requirements.lock --progress-spinner off --timeout 15 2>&1); \
	status=$$?; \
	missed=$$(echo "$$told" | grep -c -e "could not be audited" -e "ConnectionError" -e "Max retries"); \
	if [ "$$missed" -gt 0 ]; then echo "NOT AUDITED: of $$missed packages the advisory data could not be reached from here."; exit 3; fi; \
	echo "$$told"; exit $$status

## make browser  Debian's chromium for the browser test (as root, on Debian; else says what to do)
browser:
	@if command -v chromium >/dev/null 2>&1; then :; \
	elif command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core fonts-noto-color-emoji; \
	else echo "No chromium found: install it to run the browser test (Debian: apt-get install chromium)."; fi

## make lock     write the lock files anew (needs uv)
lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra build -o requirements.lock pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra build --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra build --extra eval -c requirements.lock -o requirements-eval.lock pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra build --extra semantic -c requirements.lock -c requirements-eval.lock -o requirements-semantic.lock pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra build --extra bench -c requirements.lock -o requirements-bench.lock pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra build --extra audit -c requirements.lock -o requirements-audit.lock pyproject.toml

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
