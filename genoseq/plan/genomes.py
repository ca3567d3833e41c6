"""What is wrong with the genomes of a plan, as far as their files are there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from genoseq.config.schema import Config
from genoseq.config.sheet import GenomeRow, named_file
from genoseq.config.sheet_checks import named_splits, split_problems
from genoseq.errors import GenoseqError, InputFormatError, listed
from genoseq.extraction.splits import possible_splits
from genoseq.plan.beginnings import Budget, contig_lengths
from genoseq.plan.labelled import (
    Found,
    check_annotation,
    check_gene_parts,
    check_signals,
    check_table,
)
from genoseq.plan.model_rules import teacher_files
from genoseq.plan.rules import DEMO_FILES, DEMO_PAIRS, Plan
from genoseq.readers.genome_size import GenomeSize, genome_size


@dataclass
class FoundGenomes(Found):
    """What is wrong with genomes, and what was found.

    Attributes
    ----------
    sizes
        Of each genome; None where a rule makes its file.
    splits
        Those that may have bases.
    signals
        Name and strand of the signals of each genome that is learned from.
    """

    sizes: dict[str, GenomeSize | None] = field(default_factory=dict)
    splits: set[str] = field(default_factory=set)
    signals: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def missing_files(plan: Plan) -> list[str]:
    """Files that the plan reads and that neither exist nor are made by a rule of the demo."""
    rows = plan.genomes.values()
    one = [(r.fasta, r.pairs, r.targets, r.annotation, r.mask, *r.signal, *r.control) for r in rows]
    given = [path for paths in one for path in paths if path]
    named = [str(named_file(text)[1]) for text in given]
    named += [p for r in rows for p in (r.evidence_file, r.starts_file) if p]
    named += [plan.config.regions.blacklist] if plan.config.regions.blacklist else []
    named += plan.config.variants.files.values()
    named += [path for run in plan.config.models.values() for path in teacher_files(run)]
    wanted = dict.fromkeys(named)
    made = {*DEMO_FILES, *DEMO_PAIRS}
    return [path for path in wanted if path not in made and not Path(path).is_file()]


def check_genomes(plan: Plan) -> FoundGenomes:
    """Look at every genome of a plan and at the files of its labels.

    Large files are read in part, and files that are missing not at all.
    """
    found, budget = FoundGenomes(), Budget()
    partly = []
    for name, row in plan.genomes.items():
        own = Found()
        try:
            found.sizes[name] = size = _size(row, budget)
            if row.split != "score":
                lengths = None if size is None else size.lengths
                found.signals[name] = _check_labels(plan, row, lengths, budget, own)
            found.splits |= _splits(row, size, plan.config)
        except (GenoseqError, OSError) as error:
            own.problems.append(str(error))
        found.problems += [f"genome {name!r}: {problem}" for problem in own.problems]
        found.notes += [f"genome {name}: {note}" for note in own.notes]
        partly += [name] if own.partly else []
    if partly:
        found.notes.append(
            f"Of these annotations only the beginning was read here: {listed(partly)}"
        )
    found.problems += _unlike_signals(found.signals)
    found.problems = found.problems or split_problems(found.splits)
    return found


def _size(row: GenomeRow, budget: Budget) -> GenomeSize | None:
    """Size of a genome; its contigs are counted where labels need them and it is not too large."""
    path = Path(row.fasta)
    if not path.is_file():
        return None
    size = genome_size(path)
    if not size.bases:
        raise InputFormatError("no contig has a base: nothing can be scored; remove its row", path)
    if size.lengths is not None or row.split == "score" or size.bases > budget.scanned:
        return size
    budget.scanned -= size.bases
    lengths = contig_lengths(path)
    return GenomeSize(sum(lengths.values()), len(lengths), lengths) if lengths else size


def _splits(row: GenomeRow, size: GenomeSize | None, config: Config) -> set[str]:
    """Splits that a genome may have bases in, as far as its size tells."""
    if size is None or size.lengths is None:
        return named_splits(row.split, config.split.test)
    if row.split == "score":
        return {"score"}
    return possible_splits(size.lengths, row.split, config.split, config.regions)


def _check_labels(
    plan: Plan, row: GenomeRow, lengths: dict[str, int] | None, budget: Budget, own: Found
) -> list[tuple[str, str]]:
    """Check what labels are made from; names and strands of the signals."""
    check_table(plan.config.regions.blacklist, lengths, "blacklist", own)
    if plan.signals:
        check_table(row.mask, lengths, "mask", own)
        check_gene_parts(row, lengths, own)
        return check_signals(row, plan.config.labels.signals, lengths, own)
    check_annotation(row, plan.config.labels, lengths, budget, own)
    return []


def _unlike_signals(signals: dict[str, list[tuple[str, str]]]) -> list[str]:
    """A problem for each genome whose signals are not those of the first that has some."""
    (first, wanted), *others = signals.items() or [("", [])]
    return [
        f"genome {name!r}: its signals are {_named(found)}, those of {first} are {_named(wanted)}: "
        f"name them alike, NAME=FILE, in one order"
        for name, found in others
        if found and wanted and found != wanted
    ]


def _named(signals: list[tuple[str, str]]) -> str:
    return ", ".join(name if strand == "." else f"{name} {strand}" for name, strand in signals)
