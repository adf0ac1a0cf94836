# Each target does what it needs first. Everything it makes lives in .venv and var.
PYTHON ?= python3
PY := .venv/bin/python
PYTEST := $(PY) -m pytest
CORES := $(shell nproc 2>/dev/null || echo 2)
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
COMPILE := $(PY) -m piptools compile --quiet --no-config --generate-hashes --strip-extras --allow-unsafe \
	--no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options

.DEFAULT_GOAL := help
.PHONY: help setup run look test check fuzz bench chaos lock icons screenshots browser

help:
	@echo "make run          the demo on http://localhost:8000 (PORT=… for another port)"
	@echo "make look         a first look at an engine's database: DATABASE_URL=sqlite:////path or postgresql://…"
	@echo "make setup        install everything into .venv"
	@echo "make test         all tests, on SQLite and on PostgreSQL"
	@echo "make check        lint, types, layers, migrations, deployment checks, known vulnerabilities"
	@echo "make fuzz         20,000 unusable requests at each database; takes a while"
	@echo "make bench        measurements; takes a while"
	@echo "make chaos        large jobs while everything is killed; takes a while"
	@echo "make lock         resolve pyproject.toml into requirements*.txt again"
	@echo "make icons        the sprite of the icons that templates name"
	@echo "make screenshots  the pictures in docs/screenshots, from the demo's pages"

setup: .venv/.dev

run: .venv/.console
	@$(PY) manage.py demo

look: .venv/.console
	@$(PY) manage.py look "$(DATABASE_URL)" $(LOOK)

test: .venv/.dev browser
	$(PYTEST) -n $(CORES)
	$(PYTEST) -n $(CORES) --database=postgresql

check: .venv/.dev
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy .
	.venv/bin/lint-imports
	@$(PY) -m pip check
	@$(PY) -m tests.advisories
	$(PYTEST) -q tests/meta/test_house.py tests/meta/test_locks.py
	$(DEPLOYED) $(PY) manage.py makemigrations --check --dry-run
	$(DEPLOYED) $(PY) manage.py check --deploy --fail-level WARNING
	$(DEPLOYED) $(PY) manage.py roles --check

# What a deployment says at least; nothing of it is opened or kept.
DEPLOYED := CONSOLE_DATABASE_URL=sqlite:///var/check.sqlite3 CONSOLE_HTTPS=on CONSOLE_ALLOWED_HOSTS=console.example.com \
	CONSOLE_SECRET_KEY=only-for-make-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ

fuzz: .venv/.dev
	$(PY) -m tests.fuzz $(FUZZ)

bench: .venv/.dev
	$(PY) -m tests.bench

chaos: .venv/.dev
	$(PY) -m tests.chaos

lock: .venv/.dev
	$(COMPILE) --output-file requirements.txt pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

icons: .venv/.dev
	$(PY) -m tests.icons

screenshots: .venv/.dev browser
	$(PY) -m tests.screenshots

browser:
	@sh .ci/browser

.venv/.dev: requirements-dev.txt | .venv/bin/pip
	@echo "Installing what the console and its tests need into .venv …"
	@$(PIP) -r requirements-dev.txt
	@touch .venv/.dev .venv/.console

.venv/.console: requirements.txt | .venv/bin/pip
	@echo "Installing what the console needs into .venv …"
	@$(PIP) -r requirements.txt
	@touch .venv/.console

.venv/bin/pip:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON). On Debian or Ubuntu: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python can't make virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv
