"""Annotations of real genomes rewritten as GTF and GenBank: whether their labels are the same.

    python benchmarks/annotation_dialects.py FOLDER [NAME ...]

FOLDER has NAME.fa.gz and NAME.gff3.gz, as NCBI and Ensembl write them.  The rewriting is by lines
and knows nothing of genoseq's model: a transcript is what CDS and exon lines have as their parent.
Each row counts the bases whose label differs from that of the GFF3, by class.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import (
    AfterPosition,
    BeforePosition,
    CompoundLocation,
    ExactPosition,
    SeqFeature,
    SimpleLocation,
)
from Bio.SeqRecord import SeqRecord

from genoseq.config.labels import LabelSettings
from genoseq.errors import InputFormatError
from genoseq.genome.derived import DERIVED
from genoseq.labels.classes import plan_labels
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta

CLASSES = ("CDS", "exon", *DERIVED)
RNA = ("mRNA", "tRNA", "rRNA", "ncRNA", "tmRNA", "misc_RNA", "precursor_RNA")


class Line(NamedTuple):
    """A line of GFF3: 0-based half-open."""

    chrom: str
    kind: str
    start: int
    end: int
    strand: str
    phase: str
    said: dict[str, str]


def lines_of(path: Path) -> Iterator[Line]:
    """Lines of features."""
    with gzip.open(path, "rt") as file:
        for text in file:
            if text.startswith("#") or text.count("\t") != 8:
                continue
            chrom, _, kind, start, end, _, strand, phase, said = text.rstrip("\n").split("\t")
            pairs = dict(pair.partition("=")[::2] for pair in said.split(";") if pair)
            yield Line(chrom, kind, int(start) - 1, int(end), strand, phase, pairs)


class Parts(NamedTuple):
    """Lines of one transcript, 5' to 3'."""

    name: str
    kind: str
    exons: list[Line]
    cds: list[Line]


def transcripts(lines: list[Line]) -> list[Parts]:
    """CDS by (ID, parent), each with the exons of its parent; RNA without CDS by itself."""
    kinds = {line.said["ID"]: line.kind for line in lines if "ID" in line.said}
    exons: dict[str, list[Line]] = defaultdict(list)
    coding: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        for parent in line.said.get("Parent", line.said.get("ID", "")).split(","):
            if line.kind == "exon":
                exons[parent].append(line)
            elif line.kind == "CDS":
                coding[parent, line.said.get("ID", "")].append(line)
    found = [
        Parts(parent, "mRNA", ordered(exons.get(parent, [])), ordered(cds))
        for (parent, _), cds in coding.items()
    ]
    having = {parent for parent, _ in coding}
    found += [
        Parts(name, kinds.get(name, "misc_RNA"), ordered(own), [])
        for name, own in exons.items()
        if name not in having
    ]
    return found


def ordered(lines: list[Line]) -> list[Line]:
    """5' to 3'."""
    found = sorted(lines, key=lambda line: (line.start, line.end))
    return found[::-1] if found and found[0].strand == "-" else found


def open_ends(cds: list[Line]) -> tuple[bool, bool]:
    """Whether a CDS is cut off at its 5' and 3' end, by ``partial`` and the ranges."""
    low = any(line.said.get("start_range", "").startswith(".") for line in cds)
    high = any(line.said.get("end_range", "").endswith(".") for line in cds)
    if not (low or high) and any(line.said.get("partial") == "true" for line in cds):
        low = high = True
    return (high, low) if cds[0].strand == "-" else (low, high)


def in_frame(cds: list[Line]) -> bool:
    """Whether the last part ends with a whole codon."""
    return (cds[-1].end - cds[-1].start - int(cds[-1].phase)) % 3 == 0


def write_gtf(path: Path, found: list[Parts]) -> None:
    """GTF, with the stop codon outside of the CDS."""
    rows = []
    for number, parts in enumerate(found):
        said = f'gene_id "g{number}"; transcript_id "t{number}";'
        rows += [row("exon", line, line.start, line.end, ".", said) for line in parts.exons]
        if not parts.cds:
            continue
        before, after = open_ends(parts.cds)
        after = after or not in_frame(parts.cds)
        before = before or not in_frame(parts.cds) or parts.cds[0].phase != "0"
        said += ' tag "cds_start_NF";' if before else ""
        said += ' tag "cds_end_NF";' if after else ""
        said += ' pseudo "true";' if parts.cds[0].said.get("pseudo") == "true" else ""
        left = 0 if after else 3
        for line in reversed(parts.cds):
            stop, rest = cut(line, left, first=False)
            left -= stop[1] - stop[0]
            rows += [row("stop_codon", line, *stop, ".", said)] if stop[0] < stop[1] else []
            rows += [row("CDS", line, *rest, line.phase, said)] if rest[0] < rest[1] else []
        left = 0 if before else 3
        for line in parts.cds:
            start, _ = cut(line, left, first=True)
            left -= start[1] - start[0]
            rows += [row("start_codon", line, *start, ".", said)] if start[0] < start[1] else []
    path.write_text("\n".join(rows) + "\n")


def cut(line: Line, bases: int, first: bool) -> tuple[tuple[int, int], tuple[int, int]]:
    """The first or last bases of a line on its strand, as far as it has them, and the others."""
    size = min(bases, line.end - line.start)
    if first == (line.strand != "-"):
        return (line.start, line.start + size), (line.start + size, line.end)
    return (line.end - size, line.end), (line.start, line.end - size)


def row(kind: str, line: Line, start: int, end: int, phase: str, said: str) -> str:
    return f"{line.chrom}\t.\t{kind}\t{start + 1}\t{end}\t.\t{line.strand}\t{phase}\t{said}"


def write_genbank(path: Path, found: list[Parts], lengths: dict[str, int]) -> None:
    """GenBank, a record for each contig; RNA of other kinds than GenBank's is misc_RNA."""
    records = {
        chrom: SeqRecord(Seq("A" * length), chrom, f"c{number}")
        for number, (chrom, length) in enumerate(lengths.items())
    }
    for record in records.values():
        record.annotations["molecule_type"] = "DNA"
    for number, parts in enumerate(found):
        said: dict[str, str] = {"locus_tag": f"g{number}"}
        if parts.exons:
            kind = parts.kind if parts.kind in RNA else "misc_RNA"
            records[parts.exons[0].chrom].features.append(feature(kind, parts.exons, said))
        if parts.cds:
            said |= {"codon_start": str(int(parts.cds[0].phase) + 1)}
            said |= {"pseudo": ""} if parts.cds[0].said.get("pseudo") == "true" else {}
            if "slippage" in parts.cds[0].said.get("exception", ""):
                said |= {"ribosomal_slippage": ""}
            made = feature("CDS", parts.cds, said, open_ends(parts.cds))
            records[parts.cds[0].chrom].features.append(made)
    SeqIO.write(list(records.values()), path, "genbank")


def feature(
    kind: str, parts: list[Line], said: dict[str, str], ends: tuple[bool, bool] = (False, False)
) -> SeqFeature:
    pieces = []
    for number, line in enumerate(parts):
        first, last = ends[0] and number == 0, ends[1] and number == len(parts) - 1
        low, high = (last, first) if line.strand == "-" else (first, last)
        pieces.append(
            SimpleLocation(
                (BeforePosition if low else ExactPosition)(line.start),
                (AfterPosition if high else ExactPosition)(line.end),
                -1 if line.strand == "-" else 1,
            )
        )
    location = pieces[0] if len(pieces) == 1 else CompoundLocation(pieces)
    return SeqFeature(location, kind, qualifiers=said)


def labels_of(path: Path, lengths: dict[str, int]) -> dict[str, np.ndarray | None]:
    """Labels of all contigs in a row, by scheme; None without a feature."""
    annotation = read_annotation(path)
    schemes = {"phases": LabelSettings()}
    schemes |= {name: LabelSettings(scheme="stranded", classes=(name,)) for name in CLASSES}
    found: dict[str, np.ndarray | None] = {}
    for name, scheme in schemes.items():
        try:
            plan = plan_labels(annotation, scheme, (), lengths)
        except InputFormatError:
            found[name] = None
        else:
            found[name] = np.concatenate([plan.of(c, 0, length) for c, length in lengths.items()])
    return found


def differences(expected: np.ndarray | None, found: np.ndarray | None) -> int:
    """Bases whose labels differ."""
    if expected is None or found is None:
        other = expected if found is None else found
        return 0 if other is None else int(np.count_nonzero(other))
    return int(np.count_nonzero(expected != found))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    names = asked.names or sorted(path.name[:-6] for path in asked.folder.glob("*.fa.gz"))
    names = [name for name in names if (asked.folder / f"{name}.gff3.gz").exists()]
    heads = ["phases", *CLASSES]
    print(f"{'genome':22}{'Mb':>6}{'dialect':>9}" + "".join(f"{head[:12]:>14}" for head in heads))
    for name in names:
        with open_fasta(asked.folder / f"{name}.fa.gz") as fasta:
            lengths = dict(fasta.lengths)
        found = transcripts(list(lines_of(asked.folder / f"{name}.gff3.gz")))
        expected = labels_of(asked.folder / f"{name}.gff3.gz", lengths)
        with tempfile.TemporaryDirectory() as folder:
            gtf, genbank = Path(folder, "a.gtf"), Path(folder, "a.gb")
            write_gtf(gtf, found)
            write_genbank(genbank, found, lengths)
            for dialect, path in (("GTF", gtf), ("GenBank", genbank)):
                labels = labels_of(path, lengths)
                counts = [differences(expected[head], labels[head]) for head in heads]
                size = sum(lengths.values()) / 1e6
                cells = "".join(f"{count:14,}" for count in counts)
                print(f"{name:22}{size:6.1f}{dialect:>9}{cells}", flush=True)


if __name__ == "__main__":
    main()
