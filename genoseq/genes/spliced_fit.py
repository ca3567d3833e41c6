"""What sites of spliced genes look like, learned from annotated genomes: ``genoseq fit-genes``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from genoseq.config.tables import read_table
from genoseq.errors import BundleError, InputFormatError, listed
from genoseq.files.atomic import PathLike, atomic_file
from genoseq.files.stored import check_seal, read_json, sealed
from genoseq.genes.branch_point import WIDTH
from genoseq.genes.genetic_codes import codon_numbers
from genoseq.genes.spliced_sites import (
    ACCEPTOR,
    DONOR,
    FEWEST,
    START,
    SiteCounts,
    SiteMatrices,
    count_sites,
    learn_matrices,
    total_counts,
)
from genoseq.genes.spliced_strand import ATG, acceptors_of, donors_of
from genoseq.genome.genes import Cds
from genoseq.genome.sequences import Codes, reverse_complement_codes
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta

COLUMNS = ("fasta", "annotation", "contigs")
"""Columns of the table; contigs are those that are learned from, by commas, all without them."""
_FORMAT = 1
_KIND = "sites of spliced genes"
_SHAPES = {"starts": START, "donors": DONOR, "acceptors": ACCEPTOR, "branch_point": (0, WIDTH)}


@dataclass(frozen=True, slots=True)
class SitesWritten:
    """What was written: the sites of so many genomes, and how many starts and introns they have."""

    out: Path
    genomes: int
    starts: int
    introns: int

    def __str__(self) -> str:
        learned = f"{self.starts:,} starts and {self.introns:,} introns of {self.genomes} genomes"
        return f"{self.out}: from {learned}"


def fit_sites_files(table: PathLike, out: PathLike) -> SitesWritten:
    """Learn what start codons, donors, acceptors and branch points look like.

    Parameters
    ----------
    table
        TSV of genomes with the columns of :data:`COLUMNS`; paths are relative to it.
    out
        File of the matrices, for ``--weights`` of ``genoseq genes``.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file; if there are too few introns.
    """
    rows = read_table(Path(table), COLUMNS, COLUMNS[:2])
    used: list[SiteCounts] = []
    everywhere: list[SiteCounts] = []
    for number, fields in rows.items():
        for codes, genes in _strands(Path(table), number, fields):
            used.append(_used(codes, genes))
            everywhere.append(
                count_sites(
                    codes,
                    np.flatnonzero(codon_numbers(codes) == ATG),
                    donors_of(codes),
                    acceptors_of(codes),
                )
            )
    total = total_counts(used)
    starts, introns = int(total.starts.sum(1).max(initial=0)), len(total.before)
    if min(starts, introns) < FEWEST:
        raise InputFormatError(
            f"{starts} starts and {introns} introns from GT to AG: {FEWEST} of each are needed",
            table,
        )
    matrices = learn_matrices(total, total_counts(everywhere))
    facts = {"genomes": len(rows), "starts": starts, "introns": introns}
    save_matrices(Path(out), matrices, facts)
    return SitesWritten(Path(out), len(rows), starts, introns)


def _strands(
    table: Path, number: int, fields: Mapping[str, str]
) -> Iterator[tuple[Codes, list[list[tuple[int, int]]]]]:
    """Each strand of each contig of a row, and the parts of its whole genes, 5' to 3'."""
    fasta, annotation = (table.parent / fields[name] for name in COLUMNS[:2])
    for name, file in (("fasta", fasta), ("annotation", annotation)):
        if not file.exists():
            raise InputFormatError(f"{name} {file}: no such file", table, number)
    wanted = fields.get("contigs", "-")
    genes: dict[tuple[str, str], list[Cds]] = {}
    for cds in read_annotation(annotation).coding():
        if not (cds.partial_start or cds.slippage):
            genes.setdefault((cds.parts[0].chrom, cds.parts[0].strand), []).append(cds)
    with open_fasta(fasta) as genome:
        names = list(genome.lengths) if wanted in ("", "-") else wanted.split(",")
        if unknown := [name for name in names if name not in genome.lengths]:
            raise InputFormatError(
                f"contigs {listed(unknown)}: {fasta} has no such contig but "
                f"{listed(genome.lengths)}",
                table,
                number,
            )
        for name in names:
            length = genome.lengths[name]
            codes = genome.codes(name, 0, length)
            yield codes, [[(p.start, p.end) for p in c.parts] for c in genes.get((name, "+"), [])]
            yield (
                reverse_complement_codes(codes),
                [
                    [(length - p.end, length - p.start) for p in cds.parts]
                    for cds in genes.get((name, "-"), [])
                ],
            )


def _used(codes: Codes, genes: Sequence[Sequence[tuple[int, int]]]) -> SiteCounts:
    """Bases around the sites of genes that are what sites here can be."""
    starts = {parts[0][0] for parts in genes if parts[0][1] - parts[0][0] >= 3}
    introns = {(left[1], right[0]) for parts in genes for left, right in pairwise(parts)}
    donors, acceptors = set(donors_of(codes).tolist()), set(acceptors_of(codes).tolist())
    kept = sorted((a, b) for a, b in introns if a in donors and b in acceptors)
    at = np.array(sorted(starts), np.int64)
    return count_sites(
        codes,
        at[codon_numbers(codes)[at] == ATG],
        np.array([a for a, _ in kept], np.int64),
        np.array([b for _, b in kept], np.int64),
    )


def save_matrices(path: Path, matrices: SiteMatrices, facts: Mapping[str, Any]) -> None:
    """Write matrices as JSON, whole or not at all, with facts about how they were learned."""
    said = {name: np.round(matrix, 4).tolist() for name, matrix in asdict(matrices).items()}
    data = {"format": _FORMAT, "kind": _KIND, "facts": dict(facts)} | said
    with atomic_file(path) as partial:
        partial.write_text(json.dumps(sealed(data), indent=1, allow_nan=False) + "\n")


def load_matrices(path: PathLike) -> SiteMatrices:
    """Matrices of a file.

    Raises
    ------
    BundleError
        If it cannot be read, is damaged, or holds something else.
    """
    try:
        data = read_json(Path(path))
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise BundleError(f"{path}: not JSON: {error}") from None
    said = data if isinstance(data, dict) else {}
    if (said.get("format"), said.get("kind")) != (_FORMAT, _KIND):
        raise BundleError(
            f"{path}: no {_KIND} of format {_FORMAT}: make them by genoseq fit-genes with this "
            f"model, which tells introns"
        )
    try:
        found = {name: np.array(said[name], np.float64) for name in _SHAPES}
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise BundleError(f"{path}: damaged: {error}") from None
    for name, (low, high) in _SHAPES.items():
        if found[name].shape != (high - low, 5) or not np.isfinite(found[name]).all():
            raise BundleError(f"{path}: damaged: {name} is no matrix of {high - low} rows")
    try:
        check_seal(said)
    except ValueError as error:
        raise BundleError(f"{path}: damaged: {error}") from None
    return SiteMatrices(**found)
