# `make` tells what there is. Each target does the set-up that it needs.
SHELL := /bin/bash
PYTHON := .venv/bin/python
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run demo test check lock web mutants bench chaos load screens docs

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## all that the system and its tests need
	@scripts/setup test

run:  ## the whole system on this machine: private Asterisk, line, desk; Ctrl-C ends it
	@scripts/setup run
	@exec $(PYTHON) -m acd.supervisor.supervise --die-with-parent

demo:  ## a busy hour in two minutes: callers, agents, units, and citizens who are rung and told what came of it
	@scripts/setup test
	@$(PYTHON) -m bench.demo $(ARGS)

test:  ## every test
	@scripts/setup test
	@scripts/tests $(ARGS)

check:  ## format, lint, types and the direction of imports; the web desk's as well, and its unit tests
	@scripts/setup run
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	scripts/web check

web:  ## build the web desk (console/web) into console/static; `make run` does it too when its source has changed
	@scripts/setup run
	@scripts/web build

lock:  ## write requirements.lock anew; UPGRADE=all takes the newest of everything, UPGRADE=name of one package
	@scripts/setup run
	@scripts/lock $(UPGRADE)

mutants:  ## change acd/engine/ piece by piece: do its scripts notice? (hours; MODULE=matching: one module; SAMPLE=600: as many by chance)
	@scripts/setup test
ifdef SAMPLE
	@$(PYTHON) -m scripts.sample_mutants $(SAMPLE) $(ARGS)
else
	@PYTHONHASHSEED=0 $(PYTHON) -m mutmut run --max-children 2 $(if $(MODULE),"acd.engine.*$(MODULE).*")
	@$(PYTHON) -m mutmut results
endif

bench:  ## Çözüm beside app_queue on one Asterisk, and the caller's clock; QUICK=1 in under a minute
	@scripts/setup test
	@$(PYTHON) -m bench $(if $(QUICK),--quick) $(ARGS)

chaos:  ## break a running system at random under load, and hold its records against the phones; QUICK=1 in under five minutes
	@scripts/setup test
	@$(PYTHON) -m tests.chaos $(if $(QUICK),--quick) $(ARGS)

load:  ## callers at a steady rate for ten minutes: is each served, and what is left behind? QUICK=1 in under a minute
	@scripts/setup test
	@$(PYTHON) -m bench.load $(if $(QUICK),--quick) $(ARGS)

screens:  ## draw every page of the desk, light and dark, into docs/screens
	@scripts/setup screens
	@$(PYTHON) -m bench.screens $(ARGS)

docs:  ## draw the states, settings, rights, commands and tables of docs/ and the API's types for the web desk from the program
	@scripts/setup run
	@$(PYTHON) scripts/draw_docs.py
	@scripts/web types
