"""A genome and its annotation or signals to a store: what ``genoseq tokenize`` does."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

from genoseq.config.base import parse_settings
from genoseq.config.evidence import attribute_of, file_of_evidence, file_of_starts
from genoseq.config.labels import LabelSettings
from genoseq.config.sheet import named_file
from genoseq.errors import ConfigError
from genoseq.extraction.located import LocatedRegion, locate, whole_contigs
from genoseq.files.atomic import PathLike
from genoseq.files.inputs import Input, all_kept
from genoseq.files.progress import Report, unreported
from genoseq.files.provenance import Record, make_record
from genoseq.genome.sequences import Codes
from genoseq.labels.signal_names import name_signals, parse_signal
from genoseq.readers.fasta import Fasta, opened
from genoseq.store.files import CONTROLS, REPLICATES
from genoseq.store.labelling import class_labels, signal_labels
from genoseq.store.pieces import labelled_regions
from genoseq.store.store import Store
from genoseq.store.write import Contig, write_store

_log = logging.getLogger(__name__)

_CHUNK_BASES = 1 << 24
"""Bases of a contig that are held in memory at once."""


def tokenize(
    genome: PathLike | Fasta,
    annotation: PathLike | None = None,
    *,
    out: PathLike,
    regions: PathLike | None = None,
    mask: PathLike | None = None,
    signals: Sequence[str] = (),
    controls: Sequence[str] = (),
    evidence: PathLike | None = None,
    starts: PathLike | None = None,
    labels: LabelSettings | Mapping[str, Any] | None = None,
    name: str | None = None,
    jobs: int = 1,
    report: Report = unreported,
) -> Store:
    """Write the store of a genome: its bases, and labels of the regions to learn from, but of N.

    Parameters
    ----------
    genome
        The genome's FASTA (or GenBank or EMBL), a file or opened; ``-`` is stdin, here and below.
    annotation
        What classes are labelled from, ``CLASS=FILE`` by a BED; else signals label, or nothing.
    out
        The store's folder; an older store there is replaced.
    regions, mask
        BED of the regions, whose names are their splits, by default every contig, split train; and
        of bases whose label is not known.
    signals, controls
        bigWig or bedGraph files by :mod:`genoseq.labels.signal_names`; what is taken off them.
    evidence, starts
        Which CDS are trusted, and which starts: see :func:`genoseq.labels.trust.read_trust`.
    labels
        What is predicted of a base: settings, or a mapping such as ``{"scheme": "stranded",
        "classes": ["exon"]}``; by default the scheme ``cds-phase``.
    name
        The store's name, by default that of the genome's file without its suffix.
    jobs, report
        Processes that share the regions, for the same store; called with the bases that are done,
        of the genome and of its regions, and with all.

    Raises
    ------
    ConfigError
        If a file would not be used, one that the scheme needs is missing, or two are one pipe.
    InputFormatError, RegionError
        If a file is damaged, or does not fit the genome.
    StoreError
        If ``out`` holds something else than a store.
    """
    if not isinstance(labels, LabelSettings):
        labels = parse_settings(LabelSettings, labels or {})
    _check_used(labels, annotation, signals, controls, mask)
    _check_trust(labels, annotation, evidence, starts)
    with ExitStack() as stack:
        tables = {"evidence": file_of_evidence(evidence), "starts": file_of_starts(starts)}
        files = _files(annotation, signals, controls, {"bed": regions, "mask": mask} | tables)
        source = genome.path if isinstance(genome, Fasta) else genome
        given = stack.enter_context(all_kept(files, source))
        genome = stack.enter_context(opened(genome))
        located = _located(genome, given.get("bed"))
        trusted = given.get("evidence", evidence), given.get("starts", starts)
        measured = signal_labels(labels, signals, controls, given, genome) if signals else None
        made = measured or class_labels(labels, annotation, trusted, given, genome, located)
        stack.enter_context(measured or nullcontext())
        record = _record(_noted(labels, evidence, starts), sources := _sources(genome, given))
        done = _Progress(report, genome, located)
        contigs = _contigs(genome, done)
        pieces = labelled_regions(genome, located, made, done.add, given.get("annotation"), jobs)
        scheme, title = None if made is None else made.scheme, name or _stem(genome.path)
        if measured is None:
            return write_store(out, title, scheme, contigs, pieces, sources, record)
        beside = {REPLICATES: len(measured.replicates), CONTROLS: measured.controls}
        beside = {file: count for file, count in beside.items() if count}
        facts = measured.facts
        store = write_store(out, title, scheme, contigs, pieces, sources, record, beside, facts)
        for note in measured.notes():
            _log.warning("tokenize: %s", note)
        return store


def _located(genome: Fasta, bed: Input | None) -> list[LocatedRegion]:
    """The regions to learn from: those of a BED, or whole contigs."""
    return whole_contigs(genome.lengths) if bed is None else locate(genome.lengths, bed)


class _Progress:
    """Bases that are done, told with all of them."""

    def __init__(self, report: Report, genome: Fasta, located: Sequence[LocatedRegion]) -> None:
        total = sum(genome.lengths.values()) + sum(len(one.region) for one in located)
        self._report, self._total, self._done = report, total, 0

    def add(self, bases: int) -> None:
        self._done += bases
        self._report(self._done, self._total)


def _check_used(
    settings: LabelSettings,
    annotation: PathLike | None,
    signals: Sequence[str],
    controls: Sequence[str],
    mask: PathLike | None,
) -> None:
    """ConfigError for a file that would not be used, and for a scheme without its files."""
    for texts in (signals, controls):
        name_signals(texts)  # before any file is opened
    signal = settings.scheme == "signal"
    if signal and not signals:
        raise ConfigError("scheme signal needs --signal")
    if signal and annotation is not None:
        raise ConfigError("scheme signal learns from --signal alone: leave out --annotation")
    if signals and not signal:
        raise ConfigError(f"scheme {settings.scheme} does not use --signal: add --scheme signal")
    if controls and not signals:
        raise ConfigError("--control is of signals: add --scheme signal and --signal")
    if settings.signals.control == "learn" and not controls:
        raise ConfigError("labels.signals.control learn (--learn-control): needs a --control")
    if mask is not None and annotation is None and not signals:
        raise ConfigError("--mask needs labels to mask: --annotation or --signal")
    if settings.classes and annotation is None:
        raise ConfigError("--classes needs --annotation")


def _check_trust(
    settings: LabelSettings,
    annotation: PathLike | None,
    evidence: PathLike | None,
    starts: PathLike | None,
) -> None:
    """ConfigError if evidence or starts would say nothing of any label."""
    if evidence is None and starts is None:
        return
    option = "--evidence" if starts is None else "--starts"
    if annotation is None:
        raise ConfigError(f"{option} tells of the CDS of an annotation: add --annotation")
    if not settings.coding:
        raise ConfigError(f"{option} tells of CDS: add CDS to --classes, or leave it out")


def _noted(
    settings: LabelSettings, evidence: PathLike | None, starts: PathLike | None
) -> dict[str, Any]:
    """Settings that decide the labels; those of trust where there is some to judge."""
    unread = {"signals"} if settings.scheme != "signal" else set()
    noted = settings.model_dump(mode="json", exclude=unread)
    if evidence is None and starts is None:
        del noted["evidence"]
        return noted
    # Names of files alone: where they lie is nobody else's.
    of_trust = {
        "from": evidence if attribute_of(evidence) else evidence and Path(evidence).name,
        "starts": starts and Path(starts).name,
    }
    return noted | {"evidence": noted["evidence"] | of_trust}


def _files(
    annotation: PathLike | None,
    signals: Sequence[str],
    controls: Sequence[str],
    others: Mapping[str, PathLike | None],
) -> dict[str, Path]:
    """Every file beside the genome that goes into the store, by its role."""
    found = {role: Path(path) for role, path in others.items() if path is not None}
    if annotation is not None:
        found["annotation"] = named_file(os.fspath(annotation))[1]
    for role, texts in (("signal", signals), ("control", controls)):
        found |= {f"{role} {n}": parse_signal(text)[1] for n, text in enumerate(texts, 1)}
    return found


def _record(settings: Mapping[str, Any], sources: Mapping[str, Mapping[str, str]]) -> Record:
    inputs = {role: {Path(s["path"]).name: s["sha256"]} for role, s in sources.items()}
    return make_record("tokenize", settings, inputs)


def _sources(genome: Fasta, given: Mapping[str, Input]) -> dict[str, dict[str, str]]:
    """Every file of the store by its role: path and checksum."""
    found = {"fasta": {"path": str(genome.path), "sha256": genome.sha256}}
    return found | {
        role: {"path": str(file.path), "sha256": file.sha256} for role, file in given.items()
    }


def _contigs(genome: Fasta, done: _Progress) -> Iterator[Contig]:
    """Every contig in pieces."""
    for chrom, length in genome.lengths.items():
        yield chrom, _contig_codes(genome, chrom, length, done)


def _contig_codes(genome: Fasta, chrom: str, length: int, done: _Progress) -> Iterator[Codes]:
    for start in range(0, length, _CHUNK_BASES):
        codes = genome.codes(chrom, start, min(start + _CHUNK_BASES, length))
        yield codes
        done.add(len(codes))


def _stem(fasta: Path) -> str:
    return fasta.name.removesuffix(".gz").rpartition(".")[0] or fasta.name
