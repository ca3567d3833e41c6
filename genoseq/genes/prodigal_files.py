"""Files in and out as Prodigal has them: what ``genoseq-prodigal`` does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genoseq.errors import ConfigError
from genoseq.files.atomic import PathLike, atomic_together, check_distinct
from genoseq.files.progress import Report, unreported
from genoseq.genes.bacteria_files import decoder_path
from genoseq.genes.genome_files import read_contigs
from genoseq.genes.weights import load_weights
from genoseq.genome.called_genes import by_contig
from genoseq.pretrained.registry import model_folder
from genoseq.readers.fasta import Fasta, open_fasta
from genoseq.writers.prodigal import FORMATS, ContigGenes, base_lines, protein_lines

if TYPE_CHECKING:
    from genoseq.genes.call import GeneCalls


@dataclass(frozen=True, slots=True)
class ProdigalOutputs:
    """What to write, by Prodigal's letters.

    Attributes
    ----------
    genes
        ``-o``: genes in the format of ``-f``; None: to stdout.
    format
        ``-f``: gbk, gff or sco.
    proteins, bases, starts
        ``-a``, ``-d``, ``-s``: FASTA of proteins and of genes, table of all starts; None: not.
    """

    genes: PathLike | None = None
    format: str = "gbk"
    proteins: PathLike | None = None
    bases: PathLike | None = None
    starts: PathLike | None = None

    @property
    def files(self) -> dict[str, Path | None]:
        """Those that are files, by their letters."""
        given = (self.genes, self.proteins, self.bases, self.starts)
        paths = [None if path is None else Path(path) for path in given]
        return dict(zip(("-o", "-a", "-d", "-s"), paths, strict=True))


def call_genes_as_prodigal(
    fasta: PathLike,
    outputs: ProdigalOutputs,
    *,
    model: PathLike | None = None,
    code: int | str | None = None,
    meta: bool = False,
    closed: bool = False,
    jobs: int = 1,
    report: Report = unreported,
) -> int:
    """Call genes and write them as Prodigal would.

    Parameters
    ----------
    fasta
        FASTA, GenBank or EMBL, plain or compressed, or ``-``, which is stdin.
    outputs
        What to write.
    model
        Folder of a bundle, or the name of a model in the box, by default ``bacteria``.
    code
        NCBI's number of the genetic code, or ``auto``; None: 11, or ``auto`` of many organisms.
    meta
        Whether the contigs may be of many organisms.
    closed
        Whether contigs, and stretches between runs of N, cut no gene off.
    jobs
        Processes that share the scoring.
    report
        Called with the bases that are scored, and with all of them.

    Returns
    -------
    How many genes there are.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file or an argument.
    """
    from genoseq.genes.call import call_genes
    from genoseq.genes.organisms import AUTO, USUAL, parse_code
    from genoseq.genes.start_table import start_lines

    if outputs.format not in FORMATS:
        raise ConfigError(f"-f {outputs.format}: use {', '.join(FORMATS)}")
    check_distinct(outputs.files, {"-i": Path(fasta)})
    code = parse_code((AUTO if meta else USUAL) if code is None else code)
    folder = model_folder(model)
    weights = load_weights(decoder_path(folder, None)[0])
    with open_fasta(fasta) as genome:
        from genoseq.genes.state_values import model_scorer
        from genoseq.models.bundle import load_bundle

        scorer = model_scorer(load_bundle(folder), jobs=jobs, report=report)
        calls = call_genes(
            read_contigs(genome), scorer, weights, code=code, together=not meta, closed=closed
        )
        contigs = list(_contigs(genome, calls, folder.name, meta))
        decoded = [one.decoded for one in calls.organisms]
        called = _lines(contigs, FORMATS[outputs.format])
        if outputs.genes is None:
            sys.stdout.writelines(called)
        _write(
            [
                (outputs.genes, called),
                (outputs.proteins, _lines(contigs, protein_lines)),
                (outputs.bases, _lines(contigs, base_lines)),
                (outputs.starts, _ended(start_lines(decoded, weights, genome.lengths))),
            ]
        )
    return len(calls.genes)


def _contigs(genome: Fasta, calls: GeneCalls, model: str, meta: bool) -> Iterator[ContigGenes]:
    genes = by_contig(calls.genes)
    gc = _gc_percents(genome, meta)
    code_of = {one.name: each.code for each in calls.organisms for one in each.contigs}
    run = "Metagenomic" if meta else "Single"
    for number, (name, length) in enumerate(genome.lengths.items(), 1):
        own = genes.get(name, [])
        yield ContigGenes(number, name, length, gc[name], code_of[name], run, model, own)


def _gc_percents(genome: Fasta, meta: bool) -> Mapping[str, float]:
    """Percent of G and C among known bases: of each contig, or of all."""
    counts = {}
    for name, length in genome.lengths.items():
        letters = genome.fetch(name, 0, length).upper()
        strong = letters.count(b"G") + letters.count(b"C")
        counts[name] = strong, strong + letters.count(b"A") + letters.count(b"T")
    every = tuple(map(sum, zip(*counts.values(), strict=True))) if counts else (0, 0)
    return {
        name: 100 * strong / max(known, 1)
        for name, (strong, known) in (
            (name, own if meta else every) for name, own in counts.items()
        )
    }


def _lines(
    contigs: Iterable[ContigGenes], lines_of: Callable[[ContigGenes], Iterator[str]]
) -> Iterator[str]:
    return _ended(line for contig in contigs for line in lines_of(contig))


def _ended(lines: Iterable[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines)


def _write(outputs: Iterable[tuple[PathLike | None, Iterable[str]]]) -> None:
    """Write lines to files that appear together."""
    asked = [(path, lines) for path, lines in outputs if path is not None]
    if not asked:
        return
    with atomic_together([path for path, _ in asked]) as partials:
        for partial, (_, lines) in zip(partials, asked, strict=True):
            with partial.open("w", encoding="utf-8") as out:
                out.writelines(lines)
