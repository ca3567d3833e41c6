"""Records of a VCF with what their alleles change, one after another, in flat memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from genoseq.config.base import AskedPrecision
from genoseq.config.context import BATCH_BASES
from genoseq.files.jobs import in_jobs
from genoseq.genome.vcf_records import VcfRecord
from genoseq.inference.predict import bundle_of
from genoseq.inference.windows import Genome
from genoseq.models.bundle import Bundle
from genoseq.variants.alleles import LONGEST, Allele, alleles_of
from genoseq.variants.effect import Effect, VariantScorer
from genoseq.variants.targets import DISTANCE

_RECORDS = 512
"""Records of a block, whose windows of the reference are shared."""
_BASES = 1 << 17
"""Bases of alleles in a block."""
_TURNS = 4
"""Blocks for each process that are given out together."""


@dataclass(frozen=True, slots=True)
class ScoredRecord:
    """A record and what its alleles change, one entry for each ALT (one where there is none)."""

    record: VcfRecord
    effects: tuple[Effect, ...]


def score_variants(
    records: Iterable[VcfRecord],
    genome: Genome,
    model: Bundle | str | Path | VariantScorer,
    *,
    distance: int = DISTANCE,
    names: Mapping[str, str] | None = None,
    longest: int = LONGEST,
    window_bases: int | None = None,
    batch_bases: int = BATCH_BASES,
    device: str | None = None,
    precision: AskedPrecision = "auto",
    jobs: int = 1,
) -> Iterator[ScoredRecord]:
    """What variants change of a model's predictions; every record comes back, in order.

    Parameters
    ----------
    records
        As :func:`genoseq.readers.vcf.open_vcf` reads them.
    genome
        The reference: an open FASTA, a store.
    model
        The model, or its folder; or a scorer, which has the settings below.
    distance
        Bases on either side of a variant of which changes are told; predictions do not depend on
        it.
    names
        The genome's names of contigs by those of the records, where they differ.
    longest
        Bases of the longest REF or ALT that is scored.
    window_bases, batch_bases, device, precision
        See :class:`genoseq.variants.effect.VariantScorer`.
    jobs
        Processes that share the records on a CPU, one thread each; the values are the same.

    Yields
    ------
    Each record with its effects: values with and without each allele, or the reason why there are
    none.

    Raises
    ------
    ConfigError
        If the model says nothing of bases.
    """
    scorer = (
        model
        if isinstance(model, VariantScorer)
        else VariantScorer(
            genome, bundle_of(model), distance, window_bases, batch_bases, device, precision
        )
    )

    def work(block: Sequence[list[Allele]]) -> Iterator[ScoredRecord]:
        effects = iter(scorer.effects([allele for some in block for allele in some]))
        for some in block:
            yield ScoredRecord(some[0].record, tuple(islice(effects, len(some))))

    blocks = _blocks(alleles_of(record, genome, names, longest) for record in records)
    yield from in_jobs(work, blocks, jobs if scorer.device == "cpu" else 1)


def _blocks(records: Iterable[list[Allele]]) -> Iterator[list[list[Allele]]]:
    """Consecutive records, as many as are scored together."""
    block: list[list[Allele]] = []
    bases = 0
    for alleles in records:
        block.append(alleles)
        bases += sum(len(one.alt) + len(one.record.ref) for one in alleles)
        if len(block) == _RECORDS or bases > _BASES:
            yield block
            block, bases = [], 0
    if block:
        yield block
