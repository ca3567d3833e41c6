"""A folder of called genes: the same genes, by their IDs, in every file.

``genes.gff3`` and ``genes.bed`` are checked as such too; here the genes of both lie at the same
bases, FASTA of bases and proteins and GenBank have one record for each, and ``summary.json`` has
their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines
from genoseq.files.names import GENES, SUMMARY
from genoseq.files.stored import read_json
from genoseq.readers.bed import read_bed
from genoseq.readers.gff import read_gff
from genoseq.validation.subject import Checks, Subject

_GFF, _BED, _GENBANK, _BASES, _PROTEINS = GENES
_Spans = dict[str, set[tuple[str, int, int]]]
"""By the ID of a gene: contig, first and last base of each line."""


def is_gene_folder(folder: Path) -> bool:
    """Whether a folder has called genes and their summary."""
    return (folder / _GFF).is_file() and (folder / SUMMARY).is_file()


def _check(subject: Subject) -> int:
    folder = Path(subject.path).parent
    missing = [name for name in GENES if not (folder / name).is_file()]
    for name in missing:
        subject.findings.add("files", f"{name} is not there: call the genes again")
    genes = _of_gff(folder / _GFF)
    for name, ids in _IDS.items():
        if name not in missing:
            _compare(set(genes), set(ids(folder / name)), name, subject)
    if _BED not in missing:
        _compare_spans(genes, _of_bed(folder / _BED), subject)
    _check_summary(folder / SUMMARY, len(genes), subject)
    return len(genes)


def _compare(ids: set[str], others: set[str], name: str, subject: Subject) -> None:
    lacking, strange = sorted(ids - others), sorted(others - ids)
    if lacking:
        what = f"{name} has no gene {lacking[0]!r}, which {_GFF} has"
        subject.findings.add("ids", what, times=len(lacking))
    if strange:
        what = f"{name} has a gene {strange[0]!r}, which {_GFF} has not"
        subject.findings.add("ids", what, times=len(strange))


def _compare_spans(genes: _Spans, bed: _Spans, subject: Subject) -> None:
    for name, spans in bed.items():
        outer = {(chrom, start) for chrom, start, _ in genes.get(name, ())}
        ends = {(chrom, end) for chrom, _, end in genes.get(name, ())}
        for chrom, start, end in spans if name in genes else ():
            if (chrom, start) not in outer or (chrom, end) not in ends:
                what = f"gene {name!r} begins or ends elsewhere in {_BED} than in {_GFF}"
                subject.findings.add("positions", what)


def _of_gff(path: Path) -> _Spans:
    found: _Spans = {}
    for feature in read_gff(path, types={"CDS"}).features:
        if feature.id is not None:
            span = feature.chrom, feature.start, feature.end
            found.setdefault(feature.id, set()).add(span)
    return found


def _of_bed(path: Path) -> _Spans:
    found: _Spans = {}
    for record in read_bed(path):
        found.setdefault(record.name, set()).add((record.chrom, record.start, record.end))
    return found


def _of_fasta(path: Path) -> Iterator[str]:
    for _, line in numbered_lines(path):
        if line.startswith(">"):
            yield line[1:].split(" # ")[0]


def _of_genbank(path: Path) -> Iterator[str]:
    """The locus tags of CDS."""
    coding = False
    for _, line in numbered_lines(path):
        if line[:5] == "     " and line[5:6].strip():
            coding = line.startswith("     CDS ")
        elif coding and line.strip().startswith("/locus_tag="):
            yield line.strip().removeprefix("/locus_tag=").strip('"').replace('""', '"')


_IDS: dict[str, Callable[[Path], Iterable[str]]] = {
    _BED: _of_bed,
    _BASES: _of_fasta,
    _PROTEINS: _of_fasta,
    _GENBANK: _of_genbank,
}
"""How the IDs of genes are read from each file."""


def _check_summary(path: Path, genes: int, subject: Subject) -> None:
    try:
        said = read_json(path)["genes"]
    except (ValueError, LookupError, TypeError) as error:
        raise InputFormatError(f"no summary of genes ({error}): call them again") from None
    if said != genes:
        subject.findings.add("counts", f"{said} genes by {SUMMARY}, {genes} in {_GFF}")


GENE_FOLDER = Checks("genes", ("files", "ids", "positions", "counts"), _check)
