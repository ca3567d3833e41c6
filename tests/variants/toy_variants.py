"""What tests of variants share: a genome in memory, records, models of every kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.genome.schemes import ClassScheme, State, cds_phase_scheme
from genoseq.genome.sequences import Codes, decode
from genoseq.genome.vcf_records import VcfRecord, bytes_of_text
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle
from genoseq.tasks.per_base import PerBase

LENGTHS = {"long": 4_000, "short": 300, "gaps": 200, "one": 1}


class ToyGenome:
    """Contigs in memory."""

    def __init__(self, contigs: Mapping[str, Codes]) -> None:
        self.contigs = contigs
        self.lengths = {chrom: len(codes) for chrom, codes in contigs.items()}

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        assert 0 <= start <= end <= self.lengths[chrom]
        return self.contigs[chrom][start:end]

    def letters(self, chrom: str, start: int, end: int) -> str:
        return decode(self.contigs[chrom][start:end]).decode()

    def fasta(self) -> bytes:
        parts = (b">%s\n%s\n" % (c.encode(), decode(codes)) for c, codes in self.contigs.items())
        return b"".join(parts)


def toy_genome(seed: int = 7) -> ToyGenome:
    """Random bases; one contig is all N, one has some."""
    rng = np.random.default_rng(seed)
    contigs = {c: rng.integers(0, 4, length).astype(np.uint8) for c, length in LENGTHS.items()}
    contigs["gaps"][:] = 4
    contigs["long"][1_200:1_260] = 4
    return ToyGenome(contigs)


def record(
    chrom: str, start: int, ref: str, alt: str, number: int = 0, info: str = "."
) -> VcfRecord:
    """A record at a 0-based position."""
    columns = (chrom, start + 1, f"v{number}", ref, alt, ".", "PASS", info)
    line = bytes_of_text("\t".join(map(str, columns)))
    alts = () if alt == "." else tuple(alt.split(","))
    return VcfRecord(number, line, chrom, start, ref, alts)


def bundle_of(
    settings: Mapping[str, Any], context: int | None = None, scheme: ClassScheme | None = None
) -> Bundle:
    """Random weights, larger than usual, so that predictions vary from base to base.

    The context is the reach where none is given.
    """
    task = PerBase(scheme or cds_phase_scheme())
    parsed = parse_settings(ModelSettings, dict(settings))
    torch.manual_seed(3)
    model = build_model(parsed, task).eval()
    with torch.no_grad():
        model.embedding.weight *= 2
        model.head.projection.weight *= 8
    return Bundle(model, parsed, task, context or parsed.reach or 96)


SPLICE = ClassScheme(
    tuple(
        State(name, strand)
        for name, strand in (
            ("none", "."),
            ("splice_donor", "+"),
            ("splice_donor", "-"),
            ("splice_acceptor", "+"),
            ("splice_acceptor", "-"),
        )
    )
)


Made = Callable[[], Bundle]
LSTM = {"embedding": 8, "stem": {"width": 16}, "encoder": {"width": 8}}
ATTENTION = {
    "embedding": 8,
    "stem": {"width": 16},
    "encoder": {"family": "transformer", "layers": 2, "width": 16, "heads": 2, "window": 16},
}
MODELS: dict[str, Made] = {
    "lstm": lambda: bundle_of(LSTM),
    "two layers": lambda: bundle_of(LSTM | {"encoder": {"width": 8, "layers": 2}}),
    "one strand": lambda: bundle_of(LSTM | {"strands": "one"}),
    "bounded": lambda: bundle_of(ATTENTION),
    "splice": lambda: bundle_of(LSTM, scheme=SPLICE),
}
