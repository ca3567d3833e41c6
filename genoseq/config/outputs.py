"""Settings of what a run writes: scores, tracks, hubs, the report."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from genoseq.config.base import AskedPrecision, Settings, ShardCount, Size, WindowLength
from genoseq.writers.formats import FORMATS, format_named

FormatName = Annotated[
    str,
    AfterValidator(lambda name: format_named(name).name),
    Field(json_schema_extra=lambda schema: schema.update(enum=[*FORMATS])),
]
"""Name of a format of :data:`genoseq.writers.formats.FORMATS`, as they are when it is read."""


class SegmentSettings(Settings):
    """Which bases of a class are segments."""

    threshold: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="probability; null: where the class is the most probable"
    )
    min: Size = Field(1, description="bp at least")
    gap: Annotated[int, Field(ge=0, le=10**9)] = Field(
        0, description="bp at most between two that are joined"
    )


class PeakSettings(Settings):
    """Which bases of a class are its sites: local maxima."""

    threshold: Annotated[float, Field(ge=-(10**9), le=10**9)] = Field(
        0.5, description="value at least: a probability, of signals in their unit"
    )
    distance: Annotated[int, Field(ge=1, le=10**9)] = Field(
        10, description="bp at least between two; the higher one is kept"
    )


class ScoreSettings(Settings):
    """Scoring and tracks; the default of `formats` is bigwig alone where signals are learned."""

    formats: tuple[FormatName, ...] = ("bigwig", "bed")
    by_phase: bool = Field(False, description="one track for each codon phase")
    confidence: tuple[Literal["margin", "entropy", "disagreement"], ...] = Field(
        (),
        description="how sure classes are, as tracks: margin (best less second), entropy, "
        "disagreement of the two strands",
    )
    segments: dict[str, SegmentSettings] = Field(
        {}, description="by class; others: where they are the most probable"
    )
    peaks: dict[str, PeakSettings] = Field(
        {}, description="by class: writes peaks.bed, one row a site"
    )
    digits: Annotated[int, Field(ge=1, le=6)] | None = Field(
        None, description="significant digits of probabilities; null: steps of 0.001"
    )
    bin: Annotated[int, Field(ge=1, le=1 << 16)] = Field(
        1, description="of bigWig and bedGraph: bp that share one value"
    )
    bin_by: Literal["mean", "max"] = Field(
        "mean", description="what a bin tells; max: rare sites stay as high"
    )
    precision: AskedPrecision = Field(
        "auto",
        description="auto: bf16 where it is faster; int8: fastest, recurrent networks on CPUs; "
        "choose one if machines differ",
    )
    shards: ShardCount = Field(1, description="jobs per genome, where the sheet does not say")


class VariantSettings(Settings):
    """Variants, scored by every model: what each changes near it."""

    files: dict[str, str] = Field(
        {}, description="VCF or BCF by the name of its genome in the sheet"
    )
    distance: Annotated[int, Field(ge=0, le=100_000)] = Field(
        50, description="bp on either side of a variant of which changes are told"
    )
    genes: bool = Field(
        True, description="name the genes of the sheet's annotation, where a genome has one"
    )
    masked: bool = Field(
        False, description="of splice sites: no gain at annotated ones, no loss elsewhere"
    )
    raw: bool = Field(False, description="also the values with REF and ALT behind each change")
    shards: ShardCount = Field(1, description="jobs that share a file")


class TranslateSettings(Settings):
    """Translations by models that map sequences to sequences."""

    beams: Size = Field(1, description="sequences that the search follows at once; 1 is greedy")
    longest: Size | None = Field(None, description="letters at most; null: the task's")


class EvaluateSettings(Settings):
    """What is measured of models."""

    baselines: bool = Field(
        True, description="measure simpler means too: majority, k-mers, open frames, Prodigal"
    )
    bins: Annotated[tuple[WindowLength, ...], Field(min_length=1)] = Field(
        (1, 10, 100, 1_000, 10_000), description="of signals: bp of bins in which they are compared"
    )


class ReportSettings(Settings):
    """The report; nothing here ever retrains or scores again."""

    title: str = "genoseq run"
    note: str = Field("", description="where the labels come from: printed above the metrics")


class HubSettings(Settings):
    """A folder per genome that UCSC, IGV and JBrowse open."""

    title: str = Field("", description="of the hub; by default the genome's name")
    email: str = Field("", description="whom UCSC's pages name for questions")
