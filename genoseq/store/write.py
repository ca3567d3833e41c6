"""Writing a store: contigs and regions in, a folder that is there whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from genoseq import __version__
from genoseq.errors import StoreError
from genoseq.files.atomic import atomic_folder, irreplaceable
from genoseq.files.provenance import PROVENANCE, write_record
from genoseq.files.stored import sealed
from genoseq.genome.schemes import Scheme
from genoseq.store.files import (
    CODES,
    CONTROLS,
    LABELS,
    REPLICATES,
    Contig,
    LabelledRegion,
    write_codes,
    write_regions,
)
from genoseq.store.index import FORMAT, INDEX, VERSION
from genoseq.store.regions import regions_to_json, table_digest
from genoseq.store.store import Store, open_store

__all__ = ["Contig", "LabelledRegion", "write_store"]

_FILES = (INDEX, CODES, LABELS, REPLICATES, CONTROLS, PROVENANCE, "ids.bin")
"""Files that a store may hold; ``ids.bin`` is from earlier versions."""


def write_store(
    path: str | PathLike[str],
    name: str,
    scheme: Scheme | None,
    contigs: Iterable[Contig],
    labelled: Iterable[LabelledRegion],
    sources: Mapping[str, Any],
    record: Mapping[str, Any] | None = None,
    beside: Mapping[str, int] | None = None,
    signals: Callable[[], Mapping[str, Any]] | None = None,
) -> Store:
    """Write a store, one region at a time, and open it.

    Parameters
    ----------
    path
        The folder.  An older store there is replaced as a whole once the new one is complete.
    name
        Name of the genome.
    scheme
        What the labels mean; None for a store without labels.
    contigs
        Every contig of the genome in the FASTA's order: its name, and its base codes in pieces.
    labelled
        Regions in any order, each with its split and its labels of shape (L,) or (L, S), None
        without a scheme.  They are asked for once all contigs are written.
    sources
        Files that all this comes from and their checksums (:func:`file_checksum`), for the record.
    record
        What ``provenance.json`` is to say; without it there is none.
    beside
        How many columns behind the labels go to which other file, in order: replicates of
        signals, and controls.
    signals
        What was done to the files of signals and found in them, asked for once all regions are
        written: :meth:`genoseq.labels.signals.SignalLabels.facts`.

    Raises
    ------
    StoreError
        If there is no region or no base, if labels do not fit the scheme, if a contig comes
        twice, or if ``path`` holds something else than a store.
    RegionError
        If a region is not inside a contig.
    """
    folder = Path(path)
    if (problem := irreplaceable(folder, _FILES)) is not None:
        raise StoreError(problem)
    with atomic_folder(folder, _FILES) as partial:
        lengths, checksum = write_codes(partial, contigs)
        regions, checksums = write_regions(partial, lengths, scheme, labelled, beside)
        checksums |= {CODES: checksum, "index": table_digest(lengths, regions)}
        index = {
            "format": FORMAT,
            "version": VERSION,
            "genoseq": __version__,
            "name": name,
            "lengths": lengths,
            "scheme": None if scheme is None else scheme.to_json(),
            "regions": regions_to_json(regions),
            "sources": dict(sources),
            "sha256": checksums,
        }
        index |= {} if signals is None else {"signals": dict(signals())}
        (partial / INDEX).write_text(json.dumps(sealed(index)) + "\n", encoding="utf-8")
        if record is not None:
            write_record(partial, record)
    return open_store(folder)
