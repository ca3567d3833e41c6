"""A VCF, a FASTA and a model to a VCF with scores: what ``genoseq variants`` does."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from genoseq.config.base import AskedPrecision
from genoseq.config.context import BATCH_BASES
from genoseq.errors import ConfigError
from genoseq.files.atomic import PathLike, atomic_together, check_distinct
from genoseq.files.inputs import Input, all_kept
from genoseq.files.progress import Report, unreported
from genoseq.pretrained.registry import model_folder
from genoseq.readers.fasta import Fasta, open_fasta
from genoseq.readers.vcf import open_vcf
from genoseq.variants.alleles import LONGEST
from genoseq.variants.survey import Survey, contig_lengths, shard_of, survey
from genoseq.variants.targets import DISTANCE, FARTHEST
from genoseq.writers.aliases import read_aliases
from genoseq.writers.outputs import check_out
from genoseq.writers.vcf import INDEXES, VcfFile, check_vcf_name, extended_header

if TYPE_CHECKING:
    from genoseq.variants.annotate import Annotator
    from genoseq.variants.delta_tracks import DeltaTracks
    from genoseq.variants.effect import VariantScorer
    from genoseq.variants.table import VariantTable

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScoredFile:
    """What ``genoseq variants`` wrote.

    Attributes
    ----------
    out
        The VCF.
    records, alleles, scored
        How many it has of each.
    reasons
        How many alleles have no score, by the reason.
    """

    out: Path
    records: int
    alleles: int
    scored: int
    reasons: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        left = "".join(f"; {reason} {count:,}" for reason, count in self.reasons.items())
        return (
            f"{self.out}: {self.records:,} records, {self.scored:,} of {self.alleles:,} alleles "
            f"scored{left}"
        )


def score_variants_files(
    variants: PathLike,
    fasta: PathLike,
    model: PathLike | None,
    out: PathLike,
    *,
    distance: int = DISTANCE,
    raw: bool = False,
    genes: PathLike | None = None,
    masked: bool = False,
    splice: bool = True,
    alias: str | None = None,
    longest: int = LONGEST,
    shard: str | None = None,
    table: PathLike | None = None,
    tracks: PathLike | None = None,
    window_bases: int | None = None,
    batch_bases: int | None = None,
    device: str | None = None,
    precision: AskedPrecision = "auto",
    jobs: int = 1,
    report: Report = unreported,
) -> ScoredFile:
    """Score the variants of a VCF; every record comes back, with scores or a reason in INFO.

    Parameters
    ----------
    variants, fasta, model
        VCF or BCF, or ``-``; the reference; a model's folder or name, or none for the default.
    out
        ``.vcf``, ``.vcf.gz`` (indexed if it is sorted) or ``.bcf``.
    distance, raw
        Bases on either side of a variant of which changes are told; the values behind them as well.
    genes, masked
        Annotation: symbols of genes that records overlap; of splice sites, leave out gains at its
        sites and losses elsewhere.
    splice
        Whether models with ``splice_donor`` and ``splice_acceptor`` write the field ``SpliceAI``.
    alias
        The file's names of contigs, see :func:`genoseq.writers.aliases.read_aliases`.
    longest, shard
        Bases of the longest REF or ALT that is scored; ``K/N``: the K-th of N parts alone.
    table, tracks
        A table beside it, ``.tsv`` or ``.parquet``; a folder of bigWigs of the largest change at
        each base.
    window_bases, batch_bases, device, precision, jobs
        See :func:`genoseq.variants.score_variants.score_variants`.
    report
        Called with the records that are done, and with all of them.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file or an argument.
    """
    out, table = Path(out), None if table is None else Path(table)
    _check(out, table, tracks, {"the variants": Path(variants), "the genome": Path(fasta)})
    _check_asked(distance, masked and genes is None)
    with all_kept({"variants": variants, "genes": genes}, fasta) as given, open_fasta(fasta) as dna:
        names = _names(alias, dna)
        found = survey(given["variants"], dna.lengths, names)
        numbers = shard_of(shard, found.records)
        job = _Job(given, dna, names, found, numbers, longest, jobs, report)

        from genoseq.models.bundle import load_bundle
        from genoseq.variants.annotate import Annotator
        from genoseq.variants.effect import VariantScorer

        folder, batch = model_folder(model), batch_bases or BATCH_BASES
        bundle = load_bundle(folder)
        scorer = VariantScorer(dna, bundle, distance, window_bases, batch, device, precision)
        annotator = Annotator(scorer, raw, given.get("genes"), dna.lengths, masked, splice)
        header = _header(job, folder, scorer, annotator)
        return _write(job, scorer, annotator, header, out, table, tracks)


def _check(
    out: Path, table: Path | None, tracks: PathLike | None, inputs: Mapping[str, Path | None]
) -> None:
    """Refuse outputs that could not be written, before anything is computed."""
    from genoseq.variants.table import check_table_name

    check_vcf_name(out)
    check_table_name(table)
    if tracks is not None:
        check_out(Path(tracks))
    check_distinct({"-o": out, "--table": table}, inputs)


def _check_asked(distance: int, sites_unknown: bool) -> None:
    if not 0 <= distance <= FARTHEST:
        raise ConfigError(f"--distance {distance}: 0 to {FARTHEST:,} bases can be told")
    if sites_unknown:
        raise ConfigError("--masked needs sites that are known: give an annotation by --genes")


@dataclass(frozen=True, slots=True)
class _Job:
    """What is read, and which of it."""

    given: Mapping[str, Input]
    genome: Fasta
    names: Mapping[str, str]
    found: Survey
    numbers: range
    longest: int
    jobs: int
    report: Report


def _names(alias: str | None, genome: Fasta) -> dict[str, str]:
    if alias is None:
        return {}
    return {other: own for own, other in read_aliases(alias, genome.lengths).items()}


def _header(job: _Job, folder: Path, scorer: VariantScorer, annotator: Annotator) -> bytes:
    """The header that is written; it says what made the file.

    No path and no time, so that equal runs write equal bytes.
    """
    from genoseq import __version__
    from genoseq.extraction.shard_folder import original_of
    from genoseq.models.bundle import bundle_identity

    (sha256,) = original_of(job.genome).values()
    settings = " ".join(f"{name}={value}" for name, value in annotator.settings.items())
    made = (
        f"variants {__version__} model={bundle_identity(folder)} genome={sha256} "
        f"device={scorer.device} precision={scorer.precision} {settings} longest={job.longest}"
    )
    contigs = contig_lengths(job.found, job.genome.lengths, job.names)
    lines, replaced = annotator.header(), annotator.replaced_lines
    return extended_header(job.found.header, lines, replaced, contigs, made)


def _write(
    job: _Job,
    scorer: VariantScorer,
    annotator: Annotator,
    header: bytes,
    out: Path,
    table: Path | None,
    tracks: PathLike | None,
) -> ScoredFile:
    from genoseq.variants.delta_tracks import DeltaTracks
    from genoseq.variants.table import VariantTable

    deltas = None if tracks is None else DeltaTracks(scorer.channels, job.genome.lengths)
    indexes = [out.with_name(out.name + suffix) for suffix in INDEXES]
    device = out.exists() and not out.is_file()
    paths = [out, *([] if device else indexes), *([table] if table else [])]
    with atomic_together(paths) as new, ExitStack() as stack:
        lengths = contig_lengths(job.found, job.genome.lengths, job.names)
        file = VcfFile(new[0], out.name, header, lengths)
        stack.callback(file.close)
        rows = VariantTable(new[-1], table.name, scorer.channels) if table else None
        if rows is not None:
            stack.callback(rows.close)
        done = _records(job, scorer, annotator, file, rows, deltas)
        file.finish()
        if rows is not None:
            rows.finish()
        if deltas is not None and tracks is not None:
            _write_tracks(deltas, job.genome, tracks)
    alleles, reasons = done
    scored = alleles - sum(reasons.values())
    return ScoredFile(out, len(job.numbers), alleles, scored, dict(sorted(reasons.items())))


def _records(
    job: _Job,
    scorer: VariantScorer,
    annotator: Annotator,
    file: VcfFile,
    rows: VariantTable | None,
    deltas: DeltaTracks | None,
) -> tuple[int, Counter[str]]:
    """Write all records; how many alleles there are, and how many have no score and why."""
    from itertools import islice

    from genoseq.variants.score_variants import score_variants

    reasons: Counter[str] = Counter()
    alleles = 0
    total = len(job.numbers)
    job.report(0, total)
    with open_vcf(job.given["variants"]) as vcf:
        wanted = islice(vcf.records, job.numbers.start, job.numbers.stop)
        scored = score_variants(
            wanted, job.genome, scorer, names=job.names, longest=job.longest, jobs=job.jobs
        )
        for done, one in enumerate(scored, 1):
            file.write(one.record, annotator.line(one))
            for effect in one.effects:
                alleles += 1
                if effect.allele.reason is not None:
                    reasons[effect.allele.reason] += 1
                if rows is not None:
                    rows.add(effect)
                if deltas is not None:
                    deltas.add(effect)
            job.report(done, total)
    return alleles, reasons


def _write_tracks(deltas: DeltaTracks, genome: Fasta, out: PathLike) -> None:
    from genoseq.writers.outputs import write_tracks

    if not deltas:
        _log.warning("%s: no track is written, because no allele has a score", out)
        return
    write_tracks(deltas.tracks(), genome.lengths, deltas.channels, "signal", out, ["bigwig"])
