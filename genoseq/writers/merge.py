"""Scores of shards, joined: the folder that scoring the whole genome at once would have written.

The bases that a shard scored are in its index; a base without a row may be a gap of the genome.  So
the shards of a genome can be checked before a value is read: every base once, in FASTA order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from genoseq.errors import ConfigError, InputFormatError, RegionError
from genoseq.files.atomic import PathLike
from genoseq.files.progress import Report, unreported
from genoseq.files.provenance import Record, join_records, read_record
from genoseq.genome.regions import Region
from genoseq.genome.tracks import Track
from genoseq.writers.manifest import OutputFile
from genoseq.writers.origin import MADE_BY
from genoseq.writers.outputs import Written, reported, write_tracks
from genoseq.writers.scores import Scores, read_scores

_MEND = {
    # Left alone, each machine takes its fastest device and number format, and scores would differ
    # between shards.
    "precision": "choose one for all shards, by genoseq score --precision or score.precision of "
    "the settings",
    "device": "choose one for all shards, by genoseq score --device, and score this one again",
}
_AGAIN = "score this shard again as the others were"


class _ScoredRegion(NamedTuple):
    """A scored region: its contig's number in the FASTA, its bases, and its shard's number."""

    chrom: int
    start: int
    end: int
    shard: int


@dataclass(frozen=True)
class Shards:
    """Scores folders that together hold every base of a genome once, in order.

    ``record`` is what ``provenance.json`` would say if the genome had been scored at once; None
    where the shards have none.
    """

    parts: tuple[Scores, ...]
    record: Record | None = None

    @property
    def bases(self) -> int:
        """Bases with a row."""
        return sum(i.end - i.start for part in self.parts for i in part.intervals)

    def tracks(self) -> Iterator[Track]:
        """Every value in order.  InputFormatError if the rows of a shard are damaged."""
        for part in self.parts:
            yield from part.tracks()

    def write(self, tracks: Iterator[Track], out: Path) -> list[OutputFile]:
        """Write ``tracks``, which are :meth:`tracks`, to the scores folder ``out``.

        Returns
        -------
        The files, as in the manifest.

        Raises
        ------
        RegionError
            If no base has a value.
        """
        first = self.parts[0]
        if not self.bases:
            files = (self.record or {}).get("inputs", {}).get("genome", {})
            of = "".join(f" of {name}" for name in files)
            raise RegionError(
                f"{out}: no base{of} has a value, so there is nothing to write: every base is N; a "
                f"genome without tracks ends the workflow: remove its row from the sample sheet"
            )
        return write_tracks(
            tracks,
            first.lengths,
            first.channels,
            first.kind,
            out,
            ["scores"],
            origin=replace(first.origin, regions=None),
            record=self.record,
            digits=first.digits,
            decimals=first.decimals,
        )


def merge_scores(shards: Sequence[PathLike], out: PathLike, report: Report = unreported) -> Written:
    """Join the scores of all shards of a genome: what ``genoseq merge`` does.

    Parameters
    ----------
    shards
        Folders that ``genoseq score --regions BED --formats scores`` wrote, in the shards' order.
    out
        Folder for the scores; its bytes are those of scoring the genome at once.
    report
        Called with the bases that are done, and with all of them.

    Raises
    ------
    ConfigError
        If ``out`` is one of the shards.
    InputFormatError, RegionError
        As :func:`read_shards`, or if no base has a value.
    """
    folders, out = list(map(Path, shards)), Path(out)
    if out.resolve() in {folder.resolve() for folder in folders}:
        raise ConfigError(f"{out} is one of the shards: choose another folder for the scores")
    found = read_shards(folders)
    files = found.write(reported(found.tracks(), found.bases, report), out)
    return Written(out, tuple(files), found.bases)


def read_shards(paths: Sequence[Path]) -> Shards:
    """The scores in folders that ``genoseq score --regions BED --formats scores`` wrote.

    Raises
    ------
    InputFormatError
        If a folder is damaged, or its scores are of other contigs or channels than those of the
        first, or differ in one of :data:`~genoseq.writers.origin.MADE_BY`; or some folders have a
        ``provenance.json`` and others none.
    RegionError
        If a base is in no shard or in two, or the shards are not in FASTA order.
    """
    parts: list[Scores] = []
    for path in paths:
        part = read_scores(path)
        first = parts[0] if parts else part
        _check_same(first, part)
        # The lengths of 100,000 contigs take 15 MB per shard: they are kept once.
        parts.append(replace(part, lengths=first.lengths))
    _check_complete(parts)
    return Shards(tuple(parts), join_records([(path, read_record(path)) for path in paths]))


def _check_same(first: Scores, part: Scores) -> None:
    if part.lengths != first.lengths:
        name = _other_contig(first.lengths, part.lengths)
        differs, mend = f"another genome, contig {name!r} differs", _AGAIN
    elif part.kind != first.kind:
        differs, mend = f"other values, {part.kind} and not {first.kind}", _AGAIN
    elif part.digits != first.digits:
        differs, mend = f"other --digits, {part.digits} and not {first.digits}", _AGAIN
    elif part.decimals != first.decimals:
        differs, mend = f"other decimals, {part.decimals} and not {first.decimals}", _AGAIN
    elif part.channels != first.channels:
        found, wanted = (", ".join(c.label for c in s.channels) for s in (part, first))
        differs, mend = f"other channels, {found} and not {wanted}", _AGAIN
    else:
        ours, theirs = first.origin, part.origin
        unlike = (name for name in MADE_BY if getattr(ours, name) != getattr(theirs, name))
        name = next(unlike, "")
        if not name:
            return
        differs = f"other {name}, {getattr(theirs, name)} and not {getattr(ours, name)}"
        mend = _MEND.get(name, _AGAIN)
    raise InputFormatError(f"not like {first.path}: {differs}; {mend}", part.path)


def _other_contig(left: dict[str, int], right: dict[str, int]) -> str:
    """The first contig by which two genomes differ."""
    pairs = zip(left.items(), right.items(), strict=False)
    found = next((theirs for ours, theirs in pairs if ours != theirs), None)
    longer = max(left, right, key=len)
    return list(longer)[min(len(left), len(right))] if found is None else found[0]


def _check_complete(parts: Sequence[Scores]) -> None:
    lengths = parts[0].lengths
    sizes = list(lengths.values())
    scored = list(_scored_regions(parts))
    at = _next_base((0, 0), sizes)
    for region in scored:
        if (region.chrom, region.start) != at:
            raise RegionError(_fault(parts, scored, region, at))
        at = _next_base((region.chrom, region.end), sizes)
    if at[0] < len(sizes):
        raise RegionError(_fault(parts, scored, None, at))


def _scored_regions(parts: Sequence[Scores]) -> Iterator[_ScoredRegion]:
    numbers = {chrom: number for number, chrom in enumerate(parts[0].lengths)}
    for shard, part in enumerate(parts):
        regions = part.origin.regions
        if regions is None:
            regions = tuple(Region(name, 0, n) for name, n in part.lengths.items() if n)
        for region in regions:
            yield _ScoredRegion(numbers[region.chrom], region.start, region.end, shard)


def _next_base(at: tuple[int, int], sizes: Sequence[int]) -> tuple[int, int]:
    """The base at a position, or the first of the next contig if that is the end of its own."""
    chrom, base = at
    while chrom < len(sizes) and base == sizes[chrom]:
        chrom, base = chrom + 1, 0
    return chrom, base


def _fault(
    parts: Sequence[Scores],
    scored: list[_ScoredRegion],
    found: _ScoredRegion | None,
    at: tuple[int, int],
) -> str:
    """What is wrong where base ``at`` should come next, and region ``found`` (or none) does."""
    names = list(parts[0].lengths)

    def holder(chrom: int, base: int) -> str | None:
        shards = (p.shard for p in scored if p.chrom == chrom and p.start <= base < p.end)
        return next((str(parts[shard].path) for shard in shards), None)

    if found is not None and (found.chrom, found.start) < at:
        return (
            f"{names[found.chrom]}:{found.start + 1} was scored twice: in "
            f"{holder(found.chrom, found.start)} and in {parts[found.shard].path}; give each shard "
            f"once, and shards of one call of genoseq shards"
        )
    base = f"{names[at[0]]}:{at[1] + 1}"
    later = holder(*at)
    if found is not None and later is not None:
        return (
            f"the shards are out of order: {later} holds {base} and must come before "
            f"{parts[found.shard].path}, which begins at {names[found.chrom]}:{found.start + 1}"
        )
    before = max((region.shard for region in scored if region[:2] < at), default=None)
    behind = [] if before is None else [f"{parts[before].path} ends before it"]
    behind += [] if found is None else [f"{parts[found.shard].path} begins behind it"]
    return (
        f"{base} is in no shard: {' and '.join(behind) or 'every shard is empty'}; score the shard "
        f"that is missing, or give all of them"
    )
