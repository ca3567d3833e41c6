"""What is wrong with the pairs of a plan, as far as their files are there, and their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genoseq.config.pair_checks import missing_pairs
from genoseq.config.schema import ModelEntry
from genoseq.config.sheet import PAIRS, GenomeRow
from genoseq.config.tasks import Seq2SeqSettings
from genoseq.errors import GenoseqError, InputFormatError
from genoseq.files.inputs import kept
from genoseq.genome.sequences import encode
from genoseq.plan.beginnings import TABLE
from genoseq.plan.rules import Plan
from genoseq.readers.pairs import read_pair_table, read_paired_records
from genoseq.readers.records import read_records
from genoseq.store.build_pairs import split_pairs


@dataclass
class PairCount:
    """Pairs of a row of the sheet.

    Attributes
    ----------
    pairs, bases
        How many, and how many bases their sources have, by split.
    letters
        Of all targets.
    longest
        Bases of the longest source, and letters of the longest target.
    """

    pairs: Counter[str] = field(default_factory=Counter)
    bases: Counter[str] = field(default_factory=Counter)
    letters: int = 0
    longest: tuple[int, int] = (0, 0)


@dataclass
class FoundPairs:
    """What is wrong with the files of a run of pairs, and what was found.

    Attributes
    ----------
    problems, notes
        A sentence each.
    counts
        Of each row that is learned from; None where it was not read.
    reads
        Bases of what each row has to translate; None where they were not counted.
    """

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counts: dict[str, PairCount | None] = field(default_factory=dict)
    reads: dict[str, int | None] = field(default_factory=dict)


def check_pairs(plan: Plan) -> FoundPairs:
    """Read the pairs of a plan, and what it has to translate, unless a file is large or missing."""
    found = FoundPairs()
    for name, row in plan.genomes.items():
        try:
            if row.split != "score":
                found.counts[name] = _counted(row, found.notes)
            if row.fasta:
                found.reads[name] = _bases(row.fasta, found.notes)
        except (GenoseqError, OSError) as error:
            found.problems.append(f"genome {name!r}: {error}")
    if found.problems or None in found.counts.values():
        return found
    counts = [count for count in found.counts.values() if count is not None]
    found.problems += missing_pairs({split for count in counts for split in count.pairs})
    for name, run in plan.config.models.items():
        found.problems += [f"models.{name}.{said}" for said in _too_long(run, counts)]
    return found


def _readable(paths: Sequence[str], notes: list[str]) -> bool:
    """Whether files are there, and not too large to be read here."""
    if not all(Path(path).is_file() for path in paths):
        return False
    large = [path for path in paths if Path(path).stat().st_size > TABLE]
    notes += [f"{path}: more than {TABLE >> 20} MB, not read here" for path in large]
    return not large


def _counted(row: GenomeRow, notes: list[str]) -> PairCount | None:
    assert row.pairs is not None
    if not _readable([path for path in (row.pairs, row.targets) if path], notes):
        return None
    if row.targets is None:
        read = read_pair_table(row.pairs)
    else:
        read = read_paired_records(row.pairs, row.targets)
    whole = None if row.split == PAIRS else row.split
    count = PairCount()
    with kept(row.pairs) as first:
        for source, target, split in split_pairs(read, first, whole):
            count.pairs[split] += 1
            count.bases[split] += len(source)
            count.letters += len(target)
            longest = max(count.longest[0], len(source)), max(count.longest[1], len(target))
            count.longest = longest
    if not count.pairs:
        raise InputFormatError("no pair in it", row.pairs)
    return count


def _bases(path: str, notes: list[str]) -> int | None:
    """Bases of the sequences to translate."""
    if not _readable([path], notes):
        return None
    total = 0
    for record in read_records(path):
        if not record.letters:
            raise InputFormatError(f"{record.name!r} has no base: leave it out", path, record.line)
        total += len(encode(record.letters))
    return total


def _too_long(run: ModelEntry, counts: Sequence[PairCount]) -> Iterator[str]:
    """Settings of a model that its longest pairs do not fit."""
    source = max(count.longest[0] for count in counts)
    target = max(count.longest[1] for count in counts)
    window = run.training.window
    if max(source, target) > window:
        yield (
            f"training.window {window:,}: the longest sequence of a pair has "
            f"{max(source, target):,} letters: raise it to that, or leave such pairs out"
        )
    if isinstance(run.task, Seq2SeqSettings) and target > run.task.longest:
        most = run.task.longest
        yield f"task.longest {most:,}: the longest target has {target:,} letters: raise it"
