"""A VCF as ``genoseq variants`` writes it, made up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

HEAD = [
    "##fileformat=VCFv4.2",
    '##INFO=<ID=GS_REASON,Number=A,Type=String,Description="Why an allele has no score">',
    '##INFO=<ID=GS_MAX,Number=A,Type=Float,Description="Largest gain or loss of any class">',
    '##INFO=<ID=GS_CDS_plus_GAIN,Number=A,Type=Float,Description="Largest gain of CDS.plus within'
    ' 50 bases">',
    '##INFO=<ID=GS_a_b_GAIN,Number=A,Type=Float,Description="Largest gain of a <b> within 50">',
    "##genoseq=variants 0.1.0 model=0 genome=0",
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO",
]


def scored(chrom: str, pos: int, amount: float, alt: str = "T", extra: str = "") -> str:
    """A record whose gain of CDS.plus is ``amount``, two bases behind it."""
    info = f"GS_MAX={amount};GS_CDS_plus_GAIN={amount};GS_CDS_plus_GAIN_DP=2;GS_CDS_plus_LOSS=0"
    return f"{chrom}\t{pos}\t.\tA\t{alt}\t.\t.\t{info}{extra}"


def write_scored(
    folder: Path, records: Sequence[str], genome: str = "made", model: str = "tiny"
) -> Path:
    """The folder of a file of these records."""
    path = folder / "variants" / genome / model
    path.mkdir(parents=True)
    (path / "variants.vcf.gz").write_bytes("\n".join([*HEAD, *records, ""]).encode("latin-1"))
    return path
