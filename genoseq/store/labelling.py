"""From the files of a genome's labels to what labels any region of it."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from genoseq.config.labels import LabelSettings
from genoseq.config.sheet import named_file
from genoseq.errors import InputFormatError, listed
from genoseq.extraction.located import LocatedRegion
from genoseq.files.atomic import PathLike
from genoseq.files.inputs import Input
from genoseq.genome.regions import Region
from genoseq.labels.classes import ClassLabels, plan_labels
from genoseq.labels.evidence import attributes_of
from genoseq.labels.independent import IndependentLabels
from genoseq.labels.signal_names import name_signals, said_strands
from genoseq.labels.signals import SignalLabels
from genoseq.labels.trust import read_trust
from genoseq.readers.annotation import read_annotation
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import Fasta

_log = logging.getLogger(__name__)


def _mask(given: Mapping[str, Input], lengths: Mapping[str, int]) -> list[Region]:
    masked = read_bed(given["mask"], lengths, inside=False) if "mask" in given else []
    return [record.region for record in masked]


def signal_labels(
    settings: LabelSettings,
    signals: Sequence[str],
    controls: Sequence[str],
    given: Mapping[str, Input],
    genome: Fasta,
) -> SignalLabels:
    """Signals and their controls, opened from files by their role."""
    found = {
        role: [replace(each, path=given[f"{role} {n}"]) for n, each in enumerate(named, 1)]
        for role, named in (("signal", name_signals(signals)), ("control", name_signals(controls)))
    }
    lengths = genome.lengths
    mask = _mask(given, lengths)
    labels = SignalLabels(found["signal"], mask, lengths, settings.signals, found["control"])
    _log.info("tokenize: signals: %s", said_strands(found["signal"]))
    return labels


def class_labels(
    settings: LabelSettings,
    annotation: PathLike | None,
    trusted: tuple[PathLike | None, PathLike | None],
    given: Mapping[str, Input],
    genome: Fasta,
    located: Sequence[LocatedRegion],
) -> ClassLabels | IndependentLabels | None:
    """What labels any region, from files by their role; None if there is nothing to label from."""
    lengths, (evidence, starts) = genome.lengths, trusted
    mask = _mask(given, lengths)
    if annotation is None:
        return None
    kind, _ = named_file(os.fspath(annotation))
    path = given["annotation"]
    kept = (*attributes_of(evidence), *settings.asked)
    with _no_search_for_garbage():
        found = read_annotation(path, kind=kind, attributes=kept)
        trust = read_trust(found, settings.evidence, evidence, starts, genome, path)
        labels = plan_labels(found, settings, mask, lengths, path, trust)
    for note in labels.notes:
        _log.warning("%s: %s", path, note)
    chroms = {one.region.chrom for one in located}
    if not chroms & labels.chroms:
        raise InputFormatError(
            f"its features are on other contigs ({listed(labels.chroms)}) than the regions "
            f"({listed(chroms)}): choose regions on contigs that are annotated",
            path,
        )
    return labels


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    """Features are many and none is garbage, and Python looks at all of them again and again."""
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()
