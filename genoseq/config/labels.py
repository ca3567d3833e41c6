"""Settings of labels: what is predicted of each base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from genoseq.config.base import Settings
from genoseq.config.conditions import Condition, parse_condition
from genoseq.config.evidence import EvidenceSettings
from genoseq.config.signals import SignalSettings
from genoseq.errors import ConfigError
from genoseq.genome.scheme_names import SchemeName

WITH_PHASE: Mapping[str, tuple[str, ...]] = {
    "cds-phase": ("CDS",),
    "gene-phase": ("CDS", "coding_intron"),
}
"""Classes of the schemes that tell codon phases, the one that wins first."""


class LabelSettings(Settings):
    """What is predicted of each base."""

    scheme: SchemeName = Field(
        "cds-phase",
        description="cds-phase: none and CDS by strand and codon phase, seven classes; "
        "gene-phase: and the introns between their parts by strand, nine; "
        "stranded/unstranded: the listed classes; signal: regression on the sheet's bigWigs",
    )
    classes: tuple[str, ...] = Field(
        (),
        description="for stranded/unstranded, sites win over what is longer, and then the first "
        "where two overlap: CDS, exon, intron, "
        "five_prime_UTR, three_prime_UTR, splice_donor, splice_acceptor, start_codon, stop_codon, "
        "any GFF3 feature type, or any BED name",
    )
    exclusive: bool = Field(
        True,
        description="for stranded/unstranded: a base has one class; false: it may have several, "
        "each learned by an output of its own",
    )
    overlap: Literal["longest", "unknown"] = Field(
        "longest",
        description="where two genes overlap: the longer one decides, or nothing is learned",
    )
    keep: tuple[str, ...] = Field(
        (),
        description="conditions that features keep to, NAME=VALUE of an attribute or of type, "
        "source, score: gene_biotype=protein_coding, type!=tRNA, TSS:score>=500 (of one class)",
    )
    dropped: Literal["none", "unknown"] = Field(
        "none",
        description="what the others of labels.keep are: as though not there, or not known",
    )
    evidence: EvidenceSettings = EvidenceSettings()
    signals: SignalSettings = SignalSettings()

    @model_serializer(mode="wrap")
    def _dump(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Labels of releases without these settings stay what they were, and so do their stores.
        dumped: dict[str, Any] = handler(self)
        usual = {"exclusive"} if self.exclusive else set()
        usual |= set() if self.keep else {"keep", "dropped"}
        return {name: dumped[name] for name in dumped if name not in usual}

    @property
    def kind(self) -> Literal["classes", "signal", "independent"]:
        """Of the labels, as :class:`genoseq.genome.scheme.Scheme` says it."""
        if self.scheme == "signal":
            return "signal"
        return "classes" if self.exclusive else "independent"

    @property
    def coding(self) -> bool:
        """Whether CDS are a class."""
        return "CDS" in self.labelled

    @property
    def labelled(self) -> tuple[str, ...]:
        """The classes of the scheme, listed or its own; none of signals."""
        return self.classes or WITH_PHASE.get(self.scheme, ())

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Those of ``keep``."""
        return tuple(parse_condition(text, self.labelled) for text in self.keep)

    @property
    def asked(self) -> tuple[str, ...]:
        """Attributes that conditions ask for."""
        return tuple(dict.fromkeys(each.name for each in self.conditions))

    @model_validator(mode="after")
    def _conditions_hold(self) -> LabelSettings:
        try:
            conditions = self.conditions
        except ConfigError as error:
            raise ValueError(f"keep: {error}") from None
        if conditions and self.scheme == "signal":
            raise ValueError("keep is of annotations, scheme signal learns from signals: remove it")
        if self.dropped != "none" and not conditions:
            raise ValueError("dropped is of features that keep drops: add keep, or leave it out")
        return self

    @model_validator(mode="after")
    def _classes_fit(self) -> LabelSettings:
        named = self.scheme in ("stranded", "unstranded")
        if twice := [name for name in self.classes if self.classes.count(name) > 1]:
            raise ValueError(f"class {twice[0]!r} is listed twice: remove one")
        if not self.exclusive and (not named or self.overlap != "longest"):
            raise ValueError(
                "exclusive: false is for schemes stranded and unstranded, and has no overlaps to "
                "decide: leave out exclusive, or overlap"
            )
        if "none" in self.classes:
            raise ValueError("class 'none' is what has no class: give it another name")
        if "" in self.classes:
            raise ValueError("a class without a name: remove it")
        if named and not self.classes:
            raise ValueError(f"scheme {self.scheme} needs classes: list them, such as CDS, intron")
        if self.classes and not named:
            raise ValueError(
                f"scheme {self.scheme} takes no classes: remove them, or use scheme stranded or "
                "unstranded"
            )
        if self.scheme != "signal" and self.signals != SignalSettings():
            raise ValueError(f"signals: are of scheme signal, not of {self.scheme}: leave it out")
        return self
