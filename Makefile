# Everything the project needs is installed into .venv from the hashed lock file.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
HOME_DIR ?= ./sevenc-demo
# One more than there are processors: many tests wait, for a process, a stop or a limit.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# The tests start hundreds of processes, which need not compile the program each time.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install demo test check format lint types imports lock bench bench-compare bench-match bench-score bench-console bench-idle bench-soak bench-kill bench-scale clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(STAMP)  ## make .venv with everything in it

$(STAMP): requirements-dev.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/venv.sh .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: install  ## the main job on sandbox vendors; ONCE=1 ends after one pass
	$(BIN)/sevenc-sync demo --home "$(HOME_DIR)" $(if $(ONCE),--once) $(DEMO_ARGS)

test: install  ## the test suite
	$(BIN)/python -m pytest -n $(WORKERS)

check: install format lint types imports test  ## all that CI runs

format:
	$(BIN)/ruff format --check .

lint:
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

lock:  ## resolve the dependencies anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
	  --custom-compile-command "make lock" --group dev pyproject.toml -o requirements-dev.lock
	uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
	  --custom-compile-command "make lock" bench/peers/requirements.in -o bench/peers/requirements.lock

bench: install  ## performance ratios (see bench/README.md)
	$(BIN)/python bench/run.py

bench-compare: install  ## far sources, deltas, memory, dlt and Singer
	$(BIN)/python bench/compare.py

bench-match: install  ## matching from nothing and after changes, precision and recall
	$(BIN)/python -m bench.match

bench-score: install  ## what scoring 1,000 clients costs
	$(BIN)/python -m bench.score

bench-console: install  ## what the console's pages cost at 1,000 clients, and 50 readers beside a sync
	$(BIN)/python -m bench.console

bench-idle: install  ## what the daemon costs at rest, and how soon short commands answer
	$(BIN)/python -m bench.idle

bench-soak: install  ## thirty simulated days with kills, outages and chaos (about 12 minutes)
	$(BIN)/python -m bench.soak

bench-kill: install  ## deliveries that are killed while they write: notes and tickets that are double
	$(BIN)/python -m bench.kill_push

bench-scale: install  ## accounts, clients and tickets on 1, 2 and 4 workers
	$(BIN)/python -m bench.scale

clean:
	rm -rf .venv sevenc-demo sevenc-sandbox
