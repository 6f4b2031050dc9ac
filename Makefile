# `make` prints what can be done. Every target first makes .venv; that takes a moment once and nothing afterwards.

# The first Python that is new enough; with none, the plain one, which then says what is needed.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && exit; done; echo python3)
VENV_PYTHON = .venv/bin/python

.PHONY: help run demo test check bench prove mutants pictures venv dev-venv
.DEFAULT_GOAL := help

help: ## print these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1	/' | expand -t 14

run: venv ## web, worker, clock and both simulators at http://127.0.0.1:8000 (PORT=... overrides); Ctrl-C stops all
	@DEBUG=1 exec $(VENV_PYTHON) manage.py serve_everything

demo: venv ## a scripted customer pays one booking per method, against a running `make run`
	@DEBUG=1 exec $(VENV_PYTHON) manage.py demo

test: dev-venv ## the whole test suite: two at a time, then what needs the machine for itself
	@$(VENV_PYTHON) -m pytest -n 2 -m "not alone" $(ARGS) || [ $$? = 5 ]
	@$(VENV_PYTHON) -m pytest -m alone $(ARGS) || [ $$? = 5 ] # 5: none of them was asked for

check: dev-venv ## format, lint, types, floors, Django's checks for production, advisories and pins, missing migrations
	@exec $(VENV_PYTHON) config/check.py

bench: dev-venv ## the benchmarks, as ratios; also written to docs/benchmarks.md
	@DEBUG=1 exec $(VENV_PYTHON) -m benchmarks

prove: dev-venv ## 2,000 payments while everything fails, and each guard's control; the report goes to docs/proof.md (SEED=... replays)
	@exec $(VENV_PYTHON) -m proof $(if $(SEED),--seed $(SEED)) $(ARGS)

mutants: dev-venv ## one small fault at a time in the code that moves money, and whether a test notices; see docs/mutation-testing.md
	@DEBUG=1 exec nice -n 19 $(VENV_PYTHON) -m mutation $(ARGS)

pictures: dev-venv ## the screenshots of the README and of the guide for staff, taken anew
	@DEBUG=1 PICTURES=docs/images exec $(VENV_PYTHON) -m pytest -q config/tests/test_living_it.py config/tests/test_desk_pages.py -k "stranger_books or pictured"

venv:
	@$(PYTHON) config/bootstrap.py requirements.txt

dev-venv:
	@$(PYTHON) config/bootstrap.py requirements-dev.txt
