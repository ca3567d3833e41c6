"""Whether the labels of a genome can be made: annotation, mask and signals against its FASTA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from genoseq.config.labels import LabelSettings
from genoseq.config.sheet import GenomeRow, named_file
from genoseq.config.signals import SignalSettings
from genoseq.errors import GenoseqError, InputFormatError, listed
from genoseq.genome.annotation import Annotation
from genoseq.genome.contig_names import contigs_there
from genoseq.genome.derived import meant_type
from genoseq.genome.regions import Region, known_holes
from genoseq.labels.classes import plan_labels
from genoseq.labels.evidence import EVERYTHING, Trust, attributes_of
from genoseq.labels.gene_parts import read_gene_parts
from genoseq.labels.intervals import LabelInterval, label_intervals
from genoseq.labels.signal_names import SignalFile, name_signals, said_strands
from genoseq.labels.signals import SignalLabels
from genoseq.labels.trust import read_trust
from genoseq.plan.beginnings import (
    ANNOTATION,
    TABLE,
    Beginning,
    Budget,
    annotation_beginning,
    fasta_beginning,
)
from genoseq.plan.frames import PLAIN, REFUSED, Frames, open_frames
from genoseq.readers.bed import read_bed
from genoseq.readers.kinds import BIGWIG, kind_of

_LEAST_JUDGED = 5
"""CDS that say something about a genome."""

Lengths = Mapping[str, int]


@dataclass
class Found:
    """What is wrong, and what people should know besides; a sentence each.

    Attributes
    ----------
    partly
        Whether only the beginning of an annotation was read.
    """

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    partly: bool = False


def check_table(path: str | None, lengths: Lengths | None, role: str, found: Found) -> list[Region]:
    """The regions of a mask or blacklist, if it is there; what is wrong goes into ``found``."""
    if path is None or not Path(path).is_file():
        return []
    if Path(path).stat().st_size > TABLE:
        found.notes.append(f"{path}: {role} of more than {TABLE >> 20} MB, not read here")
        return []
    try:
        regions = [record.region for record in read_bed(path)]
        known_holes(regions, lengths, f"{path}: {role}")
    except GenoseqError as error:
        found.problems.append(str(error))
        return []
    return regions


def check_signals(
    row: GenomeRow, settings: SignalSettings, lengths: Lengths | None, found: Found
) -> list[tuple[str, str]]:
    """Names and strands of the signals of a row, each of whose files is opened."""
    try:
        signals, controls = name_signals(row.signal), name_signals(row.control)
    except GenoseqError as error:
        found.problems.append(str(error))
        return []
    found.notes.append(f"signals: {said_strands(signals)}")
    if settings.control == "learn" and not controls:
        found.problems.append("labels.signals.control learn: column control names no file")
    readable = [each for each in (*signals, *controls) if _readable(each, found)]
    for each in readable:
        try:
            with SignalLabels([replace(each, strand=".")], (), lengths):
                pass
        except GenoseqError as error:
            found.problems.append(str(error))
    if not found.problems and len(readable) == len(signals) + len(controls):
        try:
            read = settings.model_copy(update={"normalise": "none"})  # which reads files whole
            with SignalLabels(signals, (), lengths, read, controls) as labels:
                found.notes += labels.notes()
        except GenoseqError as error:
            found.problems.append(str(error))
    return list(dict.fromkeys((signal.name, signal.strand) for signal in signals))


def check_gene_parts(row: GenomeRow, lengths: Lengths | None, found: Found) -> None:
    """Whether the annotation beside signals has genes of this genome, if it is small enough."""
    _, path = named_file(row.annotation or "")
    if lengths is None or not path.is_file() or path.stat().st_size > ANNOTATION:
        return
    try:
        read_gene_parts(path, lengths)
    except GenoseqError as error:
        found.problems.append(str(error))


def _readable(signal: SignalFile, found: Found) -> bool:
    """Whether a file is there, and small enough to be looked at."""
    path = Path(signal.path)
    if not path.is_file():
        return False
    if path.stat().st_size > TABLE and kind_of(path) is not BIGWIG:
        found.notes.append(f"{path}: more than {TABLE >> 20} MB, not read here")
        return False
    return True


def check_annotation(
    row: GenomeRow, settings: LabelSettings, lengths: Lengths | None, budget: Budget, found: Found
) -> None:
    """Check the annotation of a row and its mask.

    Parameters
    ----------
    lengths
        bp of the genome's contigs, None if they are not known.
    budget
        Says how much of it is read, and gets less by that.
    found
        Gets what is wrong, and what was not looked at.
    """
    mask = check_table(row.mask, lengths, "mask", found)
    kind, path = named_file(row.annotation or "")
    if not path.is_file():
        return
    try:
        kept = (*attributes_of(row.evidence), *settings.asked)
        seen = annotation_beginning(path, kind, budget.annotation(), kept)
    except GenoseqError as error:
        found.problems.append(str(error))
        return
    budget.annotations -= seen.letters
    found.partly |= not seen.whole
    said = [f"{path}: {misfit}" for misfit in _misfits(seen, settings, lengths, row.fasta)]
    if not said and seen.whole:
        said = list(_not_labelled(seen.annotation, settings, row, mask, lengths, path, found))
    found.problems += said
    if not said:
        _check_frames(seen.annotation, row, path, budget.fasta(), found)


def _not_labelled(
    annotation: Annotation,
    settings: LabelSettings,
    row: GenomeRow,
    mask: Sequence[Region],
    lengths: Lengths | None,
    path: Path,
    found: Found,
) -> Iterator[str]:
    """What labelling says of an annotation whose classes and contigs are there."""
    try:
        trust = _trust(annotation, settings, row)
        labels = plan_labels(annotation, settings, mask, lengths, path, trust)
        found.notes += [f"{path}: {note}" for note in labels.notes]
    except InputFormatError as error:
        yield str(error)
    except GenoseqError:  # of the mask, which is told already
        return


def _trust(annotation: Annotation, settings: LabelSettings, row: GenomeRow) -> Trust:
    """What each CDS teaches, as far as the files that say so are there; starts as known."""
    missing = [path for path in (row.evidence_file, row.starts_file) if path]
    if not all(Path(path).is_file() for path in missing):
        return EVERYTHING
    _, path = named_file(row.annotation or "")
    return read_trust(annotation, settings.evidence, row.evidence, row.starts, path=path)


def _misfits(
    seen: Beginning, settings: LabelSettings, lengths: Lengths | None, fasta: str
) -> Iterator[str]:
    """Classes without a feature, and features that lie on no contig."""
    intervals: list[LabelInterval] = []
    for name in settings.labelled:
        try:
            intervals += label_intervals(seen.annotation, [name])
        except InputFormatError:
            yield from _missing_class(seen, name)
    if lengths is not None:
        yield from _off_contigs(intervals, lengths, fasta)


def _missing_class(seen: Beginning, name: str) -> Iterator[str]:
    types = {feature.type for feature in seen.annotation.features}
    close = meant_type(name, types)
    if not seen.whole and close is None:
        return  # it may come later
    meant = f", did you mean {close}?" if close else ";"
    yield f"no feature to label as {name!r}{meant} types there: {listed(types)}"


def _off_contigs(intervals: Sequence[LabelInterval], lengths: Lengths, fasta: str) -> Iterator[str]:
    chroms = {interval.feature.chrom for interval in intervals}
    if strange := chroms - lengths.keys():
        yield (
            f"{len(strange):,} of {len(chroms):,} contigs of its features are not in {fasta}: "
            f"{listed(strange)}; there are {contigs_there(lengths, strange)}: names must be equal "
            f"to the first word of the FASTA's headers (chr is never added or removed)"
        )
    outside = [
        item
        for item in (interval.feature for interval in intervals)
        if item.end > lengths.get(item.chrom, item.end)
    ]
    if outside:
        first = outside[0]
        yield (
            f"{len(outside):,} features end past the last base of their contig in {fasta}, the "
            f"first is {first.type} {first.chrom}:{first.start + 1}-{first.end} of "
            f"{lengths[first.chrom]:,} bp: it is of another assembly"
        )


def _check_frames(
    annotation: Annotation, row: GenomeRow, path: Path, letters: int, found: Found
) -> None:
    """Whether its CDS are open frames in this genome."""
    try:
        frames = open_frames(annotation, fasta_beginning(Path(row.fasta), letters))
    except GenoseqError:  # of the FASTA, which is told already
        return
    if frames.judged < _LEAST_JUDGED or frames.share >= PLAIN:
        return
    said = f"{path}: {_share(frames)} in {row.fasta}"
    if frames.share < REFUSED:
        found.problems.append(
            f"{said}: it is of another species or assembly; give the annotation of this FASTA"
        )
    else:
        found.notes.append(f"{said}, of nearly all is usual: is it of this assembly?")


def _share(frames: Frames) -> str:
    return (
        f"{frames.open:,} of {frames.judged:,} CDS ({frames.share:.0%}) translate without a stop "
        f"before their end"
    )
