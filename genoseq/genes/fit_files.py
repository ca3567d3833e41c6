"""Genomes and annotations by a table of paths to the decoder's weights: ``genoseq fit-genes``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from genoseq.config.evidence import STARTS
from genoseq.config.tables import read_table
from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.atomic import PathLike, check_distinct
from genoseq.files.inputs import kept
from genoseq.files.progress import Report, unreported
from genoseq.genes.genetic_codes import genetic_code
from genoseq.genes.spliced_files import tells_introns
from genoseq.genes.spliced_fit import SitesWritten, fit_sites_files
from genoseq.labels.evidence import attributes_of
from genoseq.pretrained.registry import model_folder
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta
from genoseq.readers.whole_numbers import is_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genoseq.genes.fit import Example
    from genoseq.genes.known import KnownGenes
    from genoseq.genes.layout import Contig
    from genoseq.genes.state_values import Scorer

COLUMNS = ("fasta", "annotation", "mask", "evidence", "code", "starts")
"""Columns of the table; the first two are needed, and ``-`` is none."""


@dataclass(frozen=True, slots=True)
class KnownGenome:
    """A row of the table.

    Attributes
    ----------
    fasta, annotation
        Files of a genome and its genes.
    mask
        BED of where nothing is known, or None.
    evidence
        Table of what each CDS rests on, see :func:`genoseq.readers.evidence.read_evidence`, or
        None: of the CDS that it names only those of the tier ``homology`` count as known.
    code
        NCBI's number of the genetic code.
    starts
        Whether the annotation's starts can be trusted.
    """

    fasta: Path
    annotation: Path
    mask: Path | None = None
    evidence: Path | None = None
    code: int = 11
    starts: bool = True


@dataclass(frozen=True, slots=True)
class FitWritten:
    """What was written: weights, learned from genes of genomes, and from how many starts."""

    out: Path
    genomes: int
    genes: int
    starts: int

    def __str__(self) -> str:
        learned = f"{self.genes:,} genes and {self.starts:,} starts of {self.genomes} genomes"
        return f"{self.out}: from {learned}"


def fit_genes_files(
    table: PathLike,
    model: PathLike,
    out: PathLike,
    *,
    seed: int = 1,
    refine: PathLike | None = None,
    device: str | None = None,
    precision: Literal["auto", "bf16", "fp32", "int8"] = "auto",
    report: Report = unreported,
) -> FitWritten | SitesWritten:
    """Learn the decoder's weights for a model, best on genomes that it did not learn from.

    Of a model that tells introns see :func:`genoseq.genes.spliced_fit.fit_sites_files`.

    Each genome is learned from as it is, and cut into pieces, as reads and drafts are.

    Parameters
    ----------
    table
        TSV of genomes with the columns of :data:`COLUMNS`; paths are relative to it.
    model
        Folder of a bundle.
    out
        File of the weights.
    refine
        A file of weights to begin with, where the starts of the table are known by experiment:
        those of starts are drawn to them, all others stay.
    seed, device, precision
        Of the fit, and as :class:`genoseq.inference.predict.Predictor`.
    report
        Called with the genomes that are read and scored, and with all.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file.
    """
    given = {"the table": Path(table)} | ({} if refine is None else {"--refine": Path(refine)})
    check_distinct({"--out": Path(out)}, given)
    folder = model_folder(model)
    if tells_introns(folder):
        if refine is not None:
            raise ConfigError("--refine is for models of codon phases, and this one tells introns")
        return fit_sites_files(table, out)
    rows = read_known_genomes(Path(table))

    from genoseq.genes.fit import fit_weights, refine_starts
    from genoseq.genes.state_values import model_scorer
    from genoseq.genes.weights import fitted_facts, load_weights, save_weights
    from genoseq.models.bundle import bundle_identity, load_bundle

    before = None if refine is None else load_weights(Path(refine))
    scorer = model_scorer(load_bundle(folder), device=device, precision=precision)
    whole: list[Example] = []
    pieces: list[Example] = []
    for row in rows:
        report(len(whole), len(rows))
        if before is not None:
            whole.append(example_of(row, scorer))
            continue
        for examples, one in zip((whole, pieces), examples_of(row, scorer, seed), strict=True):
            examples.append(one)
    report(len(rows), len(rows))
    genes, starts = _known_of(whole, table)
    facts: dict[str, Any] = {
        "model": bundle_identity(folder),
        "genomes": [row.fasta.name for row in rows],
        "genes": genes,
        "starts": starts,
    }
    if refine is None or before is None:
        weights = fit_weights(whole + pieces, seed, genomes=len(whole))
        facts["seed"] = seed
    else:
        weights = refine_starts(whole, before)
        facts = {**fitted_facts(Path(refine)), "refined": facts}
    save_weights(Path(out), weights, facts)
    return FitWritten(Path(out), len(rows), genes, starts)


def _known_of(examples: Sequence[Example], table: PathLike) -> tuple[int, int]:
    """How many genes and starts are known of genomes; InputFormatError if no start is."""
    genes = sum(int((each.labels.gene & (each.labels.weight > 0)).sum()) for each in examples)
    starts = sum(int((each.labels.start >= 0).sum()) for each in examples)
    if not starts:
        raise InputFormatError(
            f"of {genes:,} genes no start is known: add a genome with starts that can be trusted",
            table,
        )
    return genes, starts


def read_known_genomes(path: Path) -> list[KnownGenome]:
    """Rows of the table.

    Raises
    ------
    InputFormatError
        As :func:`genoseq.config.tables.read_table`; if a row has a value that cannot be.
    """
    table = read_table(path, COLUMNS, COLUMNS[:2])
    return [_row(path, number, fields) for number, fields in table.items()]


def _row(path: Path, number: int, fields: dict[str, str]) -> KnownGenome:
    said = {name: text for name, text in fields.items() if text not in ("", "-")}
    code, starts = said.get("code", "11"), said.get("starts", "known")
    if not is_whole(code):
        raise InputFormatError(f"code {code!r}: use a number such as 11", path, number)
    try:
        genetic_code(int(code))
    except ConfigError as error:
        raise InputFormatError(str(error), path, number) from None
    if starts not in STARTS:
        raise InputFormatError(f"starts {starts!r}: use {' or '.join(STARTS)}", path, number)
    if not {"fasta", "annotation"} <= said.keys():
        raise InputFormatError("fasta and annotation are needed", path, number)
    files = {name: path.parent / said[name] for name in COLUMNS[:4] if name in said}
    for name, file in files.items():
        if not file.exists():
            raise InputFormatError(f"{name} {file}: no such file", path, number)
    return KnownGenome(**files, code=int(code), starts=starts == "known")


def examples_of(row: KnownGenome, scorer: Scorer, seed: int) -> tuple[Example, Example]:
    """A genome that is read, scored and labelled, as it is and cut into pieces.

    Raises
    ------
    InputFormatError, ConfigError
        If a file is of another genome, or none of its genes is by this genetic code.
    """
    import numpy as np

    from genoseq.genes.pieces import cut_up

    contigs, known = _read(row)
    whole = _whole(row, contigs, known, scorer)
    pieces = _example(row, *cut_up(contigs, known, seed), scorer)
    # The rest of a piece is what the whole genome teaches, from sites that are better known there.
    edges = np.where(pieces.genome.candidates.open_5prime, pieces.labels.start, -1)
    return whole, replace(pieces, labels=replace(pieces.labels, start=edges))


def example_of(row: KnownGenome, scorer: Scorer) -> Example:
    """The same of a genome as it is alone."""
    contigs, known = _read(row)
    return _whole(row, contigs, known, scorer)


def _whole(
    row: KnownGenome, contigs: Sequence[Contig], known: KnownGenes, scorer: Scorer
) -> Example:
    whole = _example(row, contigs, known, scorer)
    if not whole.labels.gene.any():
        raise InputFormatError(
            f"no CDS ends with a stop codon of genetic code {row.code} in {row.fasta}: is it of "
            f"this genome, and of this code?",
            row.annotation,
        )
    return whole


def _read(row: KnownGenome) -> tuple[list[Contig], KnownGenes]:
    from genoseq.genes.genome_files import mask_regions
    from genoseq.genes.known import doubtful_of, known_genes
    from genoseq.genes.layout import contig

    with open_fasta(row.fasta) as fasta:
        contigs = [contig(name, fasta.codes(name, 0, n)) for name, n in fasta.lengths.items()]
        mask = []
        if row.mask is not None:
            with kept(row.mask) as given:
                mask = mask_regions(given, fasta.lengths)
    annotation = read_annotation(row.annotation, attributes=attributes_of(row.evidence))
    coding = {feature.chrom for feature in annotation.features if feature.type == "CDS"}
    strange = coding - {one.name for one in contigs}
    if strange:
        raise ConfigError(f"{row.annotation}: {sorted(strange)[0]!r} is no contig of {row.fasta}")
    doubtful = doubtful_of(annotation, row.evidence) if row.evidence is not None else ()
    return contigs, known_genes(annotation, mask, doubtful)


def _example(
    row: KnownGenome, contigs: Sequence[Contig], known: KnownGenes, scorer: Scorer
) -> Example:
    from genoseq.genes.fit import Example
    from genoseq.genes.known import labels_of
    from genoseq.genes.layout import lay_out
    from genoseq.genes.prepare import prepare

    code = genetic_code(row.code)
    layout = lay_out(contigs, code)
    genome = prepare(layout, code, scorer(layout.contigs))
    return Example(genome, labels_of(layout, genome.candidates, known, row.starts))
