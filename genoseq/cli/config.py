"""``genoseq config``: check a configuration, print its schema, print it with all defaults."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from shlex import quote
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from genoseq.errors import ConfigError, GenoseqError, InputFormatError, listed

if TYPE_CHECKING:
    from genoseq.config.schema import Config
    from genoseq.config.sheet import GenomeRow
    from genoseq.plan.estimate import Estimate
    from genoseq.plan.rules import Plan
    from genoseq.readers.genome_size import GenomeSize

app = typer.Typer(
    name="config",
    help="Check or print the workflow's configuration.",
    no_args_is_help=True,
    epilog="Example: genoseq config check config/config.yaml",
)

File = Annotated[Path, typer.Argument(help="YAML or JSON configuration.")]
DEFAULT = Path("config/config.yaml")
_SHOWN = 20
"""Genomes with a line of their own."""
_MEANING = (
    "Estimates of a run from nothing, in hours of one core of the machine that genoseq was "
    "measured on (AMD EPYC with bf16): of all jobs, and of the longest, which its time limit "
    "must allow. On a GPU train, evaluate and score take a small part of them, and the RAM of "
    "train is the GPU's. RAM is that of one job, without annotations; these three rules ask a "
    "cluster for half as much again, 4 GB at least. What score takes on disk is free again "
    "after merge."
)


@app.command("check", epilog="Example: genoseq config check config/config.yaml")
def check(file: File = DEFAULT) -> None:
    """Check settings, sample sheet and files, and say what a run would do and take.

    Every problem is listed at once, each on a line of its own. Times are estimates.
    """
    from genoseq.config.base import read_mapping
    from genoseq.plan.estimate import estimate, unmeasured_formats
    from genoseq.plan.rules import make_plan, missing_files

    plan = make_plan(read_mapping(file), file)
    missing = missing_files(plan)
    if missing:
        raise ConfigError(
            [f"no such file: {path} (paths are relative to {Path.cwd()})" for path in missing],
            plan.config.genomes,
        )
    sizes = _sizes(plan)
    print(f"sheet: {Path(plan.config.genomes).resolve()}")
    for name, genome in islice(plan.genomes.items(), _SHOWN):
        print(f"genome {name}: split {genome.split}, {genome.fasta}")
    if len(plan.genomes) > _SHOWN:
        print(f"and {len(plan.genomes) - _SHOWN:,} genomes more")
    for name in plan.config.models:
        print(f"model {name}: trains on {_listed(plan.stores(name, unused='test'))}")
        print(f"model {name}: is tested on {_listed(plan.stores(name, unused='train'))}")
        print(f"model {name}: scores {listed(plan.genomes)}")
    print(f"tracks: {', '.join(plan.config.score.formats)}")
    print()
    rows = estimate(plan, sizes)
    for line in _table(rows):
        print(line)
    for note in _notes(rows, sizes):
        print(note)
    if unmeasured := unmeasured_formats(plan):
        print(f"?: nobody has measured what these formats take: {listed(unmeasured)}")
    print(f"run it: {_command()}")


def _command() -> str:
    """What runs the workflow in the working folder."""
    if Path("Snakefile").is_file():
        return "snakemake --cores 2"
    return f"snakemake --cores 2 --directory {quote(str(Path.cwd()))}, in the clone"


def _sizes(plan: Plan) -> dict[str, GenomeSize | None]:
    """Of each genome; None where a rule makes its file.

    Raises
    ------
    ConfigError
        With every genome that cannot be read, learned from as its split says, or scored; or if no
        genome has anything to train or to test on.
    """
    from genoseq.config.sheet_checks import split_problems
    from genoseq.readers.genome_size import genome_size

    sizes: dict[str, GenomeSize | None] = {}
    splits: set[str] = set()
    problems = []
    for name, row in plan.genomes.items():
        path = Path(row.fasta)
        try:
            sizes[name] = size = genome_size(path) if path.is_file() else None
            splits |= _splits(row, size, plan.config)
        except (GenoseqError, OSError) as error:
            problems.append(f"genome {name!r}: {error}")
    if problems := problems or split_problems(splits):
        raise ConfigError(problems, plan.config.genomes)
    return sizes


def _splits(row: GenomeRow, size: GenomeSize | None, config: Config) -> set[str]:
    """Splits that a genome may have bases in, as far as its size tells.

    Raises
    ------
    InputFormatError
        If it has no base to score.
    ConfigError, RegionError
        If nothing of it can be learned from as its split says.
    """
    from genoseq.config.sheet_checks import named_splits
    from genoseq.extraction.splits import possible_splits

    if size is None or size.lengths is None:
        return named_splits(row.split, config.split.test)
    if not size.bases:
        raise InputFormatError(
            "no contig has a base: nothing can be scored; remove its row", row.fasta
        )
    if row.split == "score":
        return {"score"}
    return possible_splits(size.lengths, row.split, config.split, config.regions)


def _table(rows: Sequence[Estimate]) -> Iterator[str]:
    """The estimates in aligned columns, with a line for all of them."""
    heads = ("rule", "jobs", "bases", "windows", "disk", "RAM", "hours", "longest")
    cells = [
        (
            *(row.rule, f"{row.jobs:,}", _counted(row.bases, row), _counted(row.windows, row)),
            *(
                _more(_bytes(row.disk), row),
                _bytes(1e6 * row.memory),
                _more(_hours(row.hours), row),
                _more(_hours(row.longest), row),
            ),
        )
        for row in rows
    ]
    jobs, disk, hours = (
        sum(r.jobs for r in rows),
        sum(r.disk for r in rows),
        sum(r.hours for r in rows),
    )
    memory, more = max(row.memory for row in rows), "+?" if any(row.unknown for row in rows) else ""
    longest = max(row.longest for row in rows)
    sums = f"{jobs:,}", "", "", _bytes(disk) + more, _bytes(1e6 * memory), _hours(hours) + more
    cells.append(("all", *sums, _hours(longest) + more))
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    for first, *rest in (heads, *cells):
        numbers = (cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *numbers]).rstrip()


def _notes(rows: Sequence[Estimate], sizes: Mapping[str, GenomeSize | None]) -> Iterator[str]:
    """What the table cannot say."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if large := [row.rule for row in rows if 1e6 * row.memory > memory]:
        yield f"More RAM than this machine has, {_bytes(memory)}: {', '.join(large)}"
    yield from wrap(_MEANING, 88)
    about = [name for name, size in sizes.items() if size is not None and size.lengths is None]
    if about:
        yield f"Bases by the size of the file, for want of an index (.fai): {listed(about)}"
    missing = [name for name, size in sizes.items() if size is None]
    if missing:
        yield f"?: not known before its files are made (snakemake demo): {listed(missing)}"


def _more(text: str, row: Estimate) -> str:
    """The number, to which something unknown is to be added, or of which nothing is known."""
    if not row.unknown:
        return text
    return f"{text}+?" if row.bases else "?"


def _counted(number: int | None, row: Estimate) -> str:
    return "" if number is None else _more(f"{number:,}", row)


def _hours(hours: float) -> str:
    return f"{hours:,.2f}" if hours >= 0.01 else "<0.01"


def _bytes(number: float) -> str:
    units = ("kB", "MB", "GB", "TB")
    power = next((n for n in range(3) if number < 999.5e3 * 1000**n), 3)
    return f"{number / 1000 ** (power + 1):.3g} {units[power]}"


def _listed(stores: list[str]) -> str:
    return listed(Path(store).name.rsplit(".", 1)[0] for store in stores)


@app.command("schema", epilog="Example: genoseq config schema > config.schema.json")
def schema() -> None:
    """Print the JSON schema of the configuration, for editors that check while one types."""
    from genoseq.config.schema import json_schema

    print(json_schema(), end="")


@app.command("show", epilog="Example: genoseq config show config/config.yaml")
def show(file: File = DEFAULT) -> None:
    """Print the configuration as YAML with every default filled in."""
    import yaml

    from genoseq.config.schema import load_config

    print(yaml.safe_dump(load_config(file).model_dump(mode="json"), sort_keys=False), end="")
