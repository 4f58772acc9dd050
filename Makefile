# Two commands are all a newcomer needs: `make setup` and `make demo`. `make` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test check bench lock clean browser services

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## install everything into .venv; needs no root

# The exact versions and their hashes come from requirements.lock; the project itself is added
# without looking for anything else.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "$(PYTHON) is $$($(PYTHON) --version 2>&1 || true), expected Python 3.11 or newer."; \
	  echo "Install it, or name one: make setup PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "No virtual environment could be made in $(VENV): see the lines above."; \
	  echo "On Debian and Ubuntu: sudo apt-get install python3-venv, then again."; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: setup  ## start with synthetic data and open the page in a browser
	$(BIN)/puhui demo

up: services  ## start a Kafka and a ClickHouse server for trying; prints how to reach them
	@$(BIN)/python -m infra.services up

down: setup  ## stop them; what they stored stays in .services
	@$(BIN)/python -m infra.services down

check: setup  ## style, types, import directions and architecture: under 30 s
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture

# Tests marked serial measure time or need the machine for themselves.
test: setup browser services  ## all tests
	$(BIN)/python -m pytest -q -n 2 -m "not serial"
	$(BIN)/python -m pytest -q -m serial || [ $$? -eq 5 ]

# End-to-end tests look at the real page: a browser, and fonts with Chinese characters.
browser:
	@command -v chromium >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q . || { \
	  sudo=; [ "$$(id -u)" -eq 0 ] || sudo=sudo; \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q && \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
	    chromium fontconfig fonts-noto-cjk; }

# A real Kafka needs Java and Maven, a real ClickHouse the server that Debian and Ubuntu package.
# Its service is left out of the installation: it would start by itself, now and with the machine.
services: setup
	@missing=; \
	if [ -z "$$PUHUI_KAFKA_BROKERS" ]; then \
	  command -v java >/dev/null || missing="default-jre-headless"; \
	  command -v mvn >/dev/null || missing="$$missing maven"; fi; \
	if [ -z "$$PUHUI_CLICKHOUSE_URL" ]; then \
	  PATH="$$PATH:/usr/sbin" command -v clickhouse-server >/dev/null || missing="$$missing clickhouse-server"; fi; \
	[ -z "$$missing" ] || { \
	  sudo=; [ "$$(id -u)" -eq 0 ] || sudo=sudo; \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q && \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
	    -o Dpkg::Options::=--path-exclude=/etc/init.d/clickhouse-server \
	    -o 'Dpkg::Options::=--path-exclude=*/systemd/system/clickhouse-server.service' \
	    $$missing; } || { \
	  echo "Not everything could be installed: see the lines above. Servers of your own will do:"; \
	  echo "PUHUI_KAFKA_BROKERS=host:port PUHUI_CLICKHOUSE_URL=clickhouse://user:password@host:port/database"; \
	  exit 1; }
	@$(BIN)/python -m infra.services fetch >/dev/null

bench: services  ## measure speed; prints its seeds
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e ".[bench]"
	$(BIN)/python -m tests.benchmarks.run

lock: setup  ## choose versions anew and write requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-emit-index-url --custom-compile-command "make lock" --extra dev \
	  --output-file requirements.lock pyproject.toml

clean:  ## remove what setup and tests made; keeps data/ and .services/
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
