# `make check` is what .ci/run runs. Needs: pip install -e '.[dev]'
.PHONY: check format lint types imports test fuzz workflow schema

check: lint types imports workflow test

lint:
	ruff format --check .
	ruff check .

types:
	mypy

imports:
	lint-imports

test:
	python -m pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# Damaged files of every format to every reader; faults are written to fuzz-found/.
MINUTES ?= 2
SEED ?= 0
fuzz:
	python tests/fuzz/fuzz.py --minutes $(MINUTES) --seed $(SEED)

workflow:
	snakefmt --check Snakefile workflows/rules
	genoseq config schema | diff - workflows/schemas/config.schema.json
	genoseq config check config/config.yaml
	snakemake --lint
	snakemake --cores 2 --dry-run --forceall --quiet all

format:
	ruff format .
	ruff check --fix .
	snakefmt Snakefile workflows/rules

schema:
	genoseq config schema > workflows/schemas/config.schema.json
