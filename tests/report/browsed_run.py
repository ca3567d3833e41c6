"""A made-up run to browse: two models, labels, splits and genes on two contigs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from error_cases import SCHEME, Stretch, made_store, made_tracks, probabilities
from numpy.typing import NDArray

from genoseq.genome.schemes import ClassScheme, stranded_scheme
from genoseq.report.results import GeneFolder, Results
from genoseq.store.store import open_store

MODELS = ("tiny", "other")
FIRST, SECOND = "first|1.2", "second:1-9"
LENGTHS = {FIRST: 60_000, SECOND: 4_001}
GENES = """\
##gff-version 3
{chrom}\tgenoseq\tgene\t1001\t1600\t5.0\t+\t.\tID=g1;Name={name}
{chrom}\tgenoseq\tmRNA\t1001\t1600\t5.0\t+\t.\tID=t1;Parent=g1
{chrom}\tgenoseq\tCDS\t1001\t1200\t5.0\t+\t0\tID=c1;Parent=t1
{chrom}\tgenoseq\tCDS\t1301\t1600\t5.0\t+\t1\tID=c1;Parent=t1
{chrom}\tgenoseq\tgene\t2001\t2300\t5.0\t-\t.\tID=g2;Name=two
{chrom}\tgenoseq\tCDS\t2001\t2300\t5.0\t-\t0\tID=c2;Parent=g2
"""
SUMMARY = {
    "contigs": 2, "bases": 64_001, "genes": 2, "partial_genes": 0, "coding_density": 0.02,
    "genetic_code": 11, "start_types": {"ATG": 2}, "expected_true_genes": 1.9,
    "motif": {"consensus": "AGGAGG", "share_of_starts": 0.5}, "confidence": {"0.9-1.0": 2},
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """Results, and the values of each model by contig, shape (L, 2)."""

    results: Results
    values: dict[str, dict[str, NDArray[np.float32]]]


def stretches_of(lengths: dict[str, int]) -> list[Stretch]:
    """The first half of a contig is trained on, the rest is test but for its last tenth."""
    rng = np.random.default_rng(11)
    found = []
    for chrom, length in lengths.items():
        ends = (0, length // 2, length * 9 // 10)
        for start, end, split in zip(ends, ends[1:], ("train", "test"), strict=False):
            labels = np.repeat(rng.choice([0, 0, 1, 2, 3, 4, 255], length // 30 + 1), 60)
            labels = labels[: end - start].astype(np.uint8)
            found.append(Stretch(chrom, start, split, labels))
    return found


def browsed_run(
    folder: Path,
    lengths: dict[str, int] = LENGTHS,
    models: tuple[str, ...] = MODELS,
    genome: str = "made",
    words: tuple[str, str] = ("CDS", "one"),
) -> Run:
    """A run in a folder; ``words`` are the name of the class and that of a gene."""
    rng = np.random.default_rng(12)
    name, gene = words
    scheme = SCHEME if name == "CDS" else stranded_scheme([name])
    stretches = stretches_of(lengths)
    store = open_store(_store(folder, lengths, stretches, genome, scheme))
    values: dict[str, dict[str, NDArray[np.float32]]] = {}
    tracks = []
    for model in models:
        values[model] = {
            chrom: probabilities(rng, store.labels(chrom, 0, length), 0.2)
            for chrom, length in lengths.items()
        }
        where = (genome, model)
        tracks.append(made_tracks(folder, lengths, values[model], scheme.channels, where))
    path = folder / "genes"
    path.mkdir()
    text = GENES.replace("{chrom}", _gff(next(iter(lengths)))).replace("{name}", _gff(gene))
    (path / "genes.gff3").write_text(text, encoding="utf-8")
    (path / "summary.json").write_text(json.dumps(SUMMARY))
    genes = GeneFolder(path, genome, models[0], SUMMARY)
    return Run(Results(stores=(store,), tracks=tuple(tracks), genes=(genes,)), values)


def _store(
    folder: Path,
    lengths: dict[str, int],
    stretches: list[Stretch],
    genome: str,
    scheme: ClassScheme,
) -> Path:
    if scheme is not SCHEME:  # it has three states
        stretches = [
            Stretch(each.chrom, each.start, each.split, np.minimum(each.labels, 2))
            for each in stretches
        ]
    return made_store(folder, lengths, stretches, genome, scheme)


def _gff(text: str) -> str:
    """Text as GFF3 has it: signs that mean something, and all beyond ASCII, as %XX."""
    plain = (f"%{byte:02X}" if chr(byte) in "%;=&,\t\n\r" else chr(byte) for byte in text.encode())
    return "".join(each if each.isascii() and each.isprintable() else f"%{ord(each):02X}"
                   for each in plain)  # fmt: skip
