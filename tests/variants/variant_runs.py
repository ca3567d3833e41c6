"""A VCF of every kind of record, and runs of ``genoseq variants`` on it."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from toy_variants import MODELS, ToyGenome, toy_genome

from genoseq.models.bundle import save_bundle
from genoseq.variants.variant_files import ScoredFile, score_variants_files

GENOME = toy_genome()
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\n"
OPTIONS: dict[str, Any] = {"device": "cpu", "precision": "fp32", "batch_bases": 3_000}


def make_files(folder: Path) -> Path:
    """A folder with genome.fa, model and splice."""
    (folder / "genome.fa").write_bytes(GENOME.fasta())
    save_bundle(folder / "model", MODELS["lstm"]())
    save_bundle(folder / "splice", MODELS["splice"]())
    return folder


def rows(genome: ToyGenome = GENOME) -> list[str]:
    """Lines of every kind, sorted."""

    def line(chrom: str, start: int, bases: int, alt: str, info: str = ".") -> str:
        there = genome.lengths.get(chrom, 0)
        ref = genome.letters(chrom, start, start + bases) if start + bases <= there else "A"
        alt = alt.replace("@", ref[0])
        return f"{chrom}\t{start + 1}\t.\t{ref}\t{alt}\t3.50\tPASS\t{info}\tGT:é\t0|1:x\n"

    other = "C" if genome.letters("long", 600, 601) != "C" else "G"
    return [
        line("long", 0, 1, "@TT"),
        line("long", 100, 6, "@"),
        line("long", 600, 1, other, "DP=3;GS_MAX=9;FLAG"),
        line("long", 600, 1, f"*,{other},<DEL>,@@@"),
        line("long", 600, 1, other),
        line("long", 1_230, 1, "."),
        line("long", 2_000, 900, "@ACGTAC"),
        line("long", 3_999, 1, "N"),
        line("long", 4_000, 1, "C"),
        line("gaps", 10, 1, "A"),
        line("elsewhere", 10, 1, "C"),
    ]


def write(path: Path, lines: list[str], head: str = "##fileformat=VCFv4.3\n") -> Path:
    path.write_text(head + COLUMNS + "".join(lines))
    return path


def scored(files: Path, lines: list[str], name: str = "out.vcf.gz", **options: Any) -> ScoredFile:
    variants = write(files / "in.vcf", lines)
    model = files / options.pop("model", "model")
    return score_variants_files(
        variants, files / "genome.fa", model, files / name, **OPTIONS | options
    )


def records(path: Path) -> list[list[str]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def info(record: list[str]) -> dict[str, str]:
    return dict(one.partition("=")[::2] for one in record[7].split(";"))
