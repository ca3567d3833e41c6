"""Genomes and annotations by a table of paths to the decoder's weights: ``genoseq fit-genes``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genoseq.config.base import AskedPrecision
from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.atomic import PathLike, check_distinct
from genoseq.files.inputs import kept
from genoseq.files.progress import Report, unreported
from genoseq.genes.genetic_codes import genetic_code
from genoseq.genes.known_genomes import KnownGenome, read_known_genomes
from genoseq.genes.spliced_files import tells_introns
from genoseq.genes.spliced_fit import SitesWritten, fit_sites_files
from genoseq.labels.evidence import attributes_of
from genoseq.pretrained.registry import model_folder
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from genoseq.genes.fit import Example
    from genoseq.genes.known import KnownGenes
    from genoseq.genes.layout import Contig
    from genoseq.genes.state_values import Scorer


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
    calibrate: PathLike | None = None,
    device: str | None = None,
    precision: AskedPrecision = "auto",
    report: Report = unreported,
) -> FitWritten | SitesWritten:
    """Learn the decoder's weights for a model, best on genomes that it did not learn from.

    Of a model that tells introns see :func:`genoseq.genes.spliced_fit.fit_sites_files`.

    Each genome is learned from as it is, and cut into pieces, as reads and drafts are.

    Parameters
    ----------
    table
        TSV of genomes, see :mod:`genoseq.genes.known_genomes`; paths are relative to it.
    model
        Folder of a bundle.
    out
        File of the weights.
    refine
        A file of weights to begin with, where the starts of the table are known by experiment:
        those of starts are drawn to them, all others stay.
    calibrate
        With ``refine`` a table of annotated genomes, those of the weights to begin with at best:
        they hold refined weights back, and make ``conf`` and ``start_conf`` true again.
    seed, device, precision
        Of the fit, and as :class:`genoseq.inference.predict.Predictor`.
    report
        Called with the genomes that are read and scored, and with all.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file.
    """
    others = {"--refine": refine, "--calibrate": calibrate}
    given = {name: Path(path) for name, path in others.items() if path is not None}
    check_distinct({"--out": Path(out)}, {"the table": Path(table)} | given)
    folder = model_folder(model)
    _check_refinement(given, tells_introns(folder))
    if tells_introns(folder):
        return fit_sites_files(table, out)
    rows = read_known_genomes(Path(table))
    annotated = [] if calibrate is None else read_known_genomes(Path(calibrate))

    from genoseq.genes.fit import fit_weights, recalibrate, refine_starts
    from genoseq.genes.state_values import model_scorer
    from genoseq.genes.weights import fitted_facts, load_weights, save_weights
    from genoseq.models.bundle import bundle_identity, load_bundle

    before = None if refine is None else load_weights(Path(refine))
    scorer = model_scorer(load_bundle(folder), device=device, precision=precision)
    whole, second = _scored(rows, annotated, scorer, seed, report, cut=before is None)
    genes, starts = _known_of(whole, table)
    facts: dict[str, Any] = {
        "model": bundle_identity(folder),
        "genomes": [row.fasta.name for row in rows],
        "genes": genes,
        "starts": starts,
    }
    if refine is None or before is None or calibrate is None:
        weights = fit_weights(whole + second, seed, genomes=len(whole))
        facts["seed"] = seed
    else:
        _known_of(second, calibrate)
        refined, verified = refine_starts(whole, second, before)
        weights = recalibrate(second, refined, verified, seed)
        facts["calibrated"] = [row.fasta.name for row in annotated]
        facts = {**fitted_facts(Path(refine)), "refined": facts}
    save_weights(Path(out), weights, facts)
    return FitWritten(Path(out), len(rows), genes, starts)


def _check_refinement(given: Collection[str], introns: bool) -> None:
    if given and introns:
        raise ConfigError(f"{min(given)} is for models of codon phases: this one tells introns")
    if len(given) == 1:
        raise ConfigError(
            "--refine and --calibrate go together: a file of weights, and a table of annotated "
            "genomes that hold the refined weights back, and make their conf and start_conf true"
        )


def _scored(
    rows: Sequence[KnownGenome], annotated: Sequence[KnownGenome], scorer: Scorer, seed: int,
    report: Report, cut: bool,
) -> tuple[list[Example], list[Example]]:  # fmt: skip
    """Genomes as they are, and then, if ``cut``, in pieces, else those to calibrate by."""
    whole: list[Example] = []
    second: list[Example] = []
    count = len(rows) + len(annotated)
    for index, row in enumerate([*rows, *annotated]):
        report(index, count)
        if cut:
            one, pieces = examples_of(row, scorer, seed)
            whole.append(one)
            second.append(pieces)
        else:
            (whole if index < len(rows) else second).append(example_of(row, scorer))
    report(count, count)
    return whole, second


def _known_of(examples: Sequence[Example], table: PathLike) -> tuple[int, int]:
    """How many genes and starts are known; InputFormatError if no start is."""
    genes = sum(int((each.labels.gene & (each.labels.weight > 0)).sum()) for each in examples)
    starts = sum(int((each.labels.start >= 0).sum()) for each in examples)
    if not starts:
        raise InputFormatError(
            f"of {genes:,} genes no start is known: add a genome with starts to trust", table
        )
    return genes, starts


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
