"""Settings of labels: what is predicted of each base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from genoseq.config.base import Settings
from genoseq.config.evidence import EvidenceSettings
from genoseq.config.signals import SignalSettings

SchemeName = Literal["cds-phase", "gene-phase", "stranded", "unstranded", "signal"]
"""What is predicted of a base."""
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
        description="for stranded/unstranded, first wins where two overlap: CDS, exon, intron, "
        "five_prime_UTR, three_prime_UTR, splice_donor, splice_acceptor, start_codon, stop_codon, "
        "any GFF3 feature type, or any BED name",
    )
    overlap: Literal["longest", "unknown"] = Field(
        "longest",
        description="where two genes overlap: the longer one decides, or nothing is learned",
    )
    evidence: EvidenceSettings = EvidenceSettings()
    signals: SignalSettings = SignalSettings()

    @property
    def coding(self) -> bool:
        """Whether CDS are a class."""
        return "CDS" in self.labelled

    @property
    def labelled(self) -> tuple[str, ...]:
        """The classes of the scheme, listed or its own; none of signals."""
        return self.classes or WITH_PHASE.get(self.scheme, ())

    @model_validator(mode="after")
    def _classes_fit(self) -> LabelSettings:
        named = self.scheme in ("stranded", "unstranded")
        if twice := [name for name in self.classes if self.classes.count(name) > 1]:
            raise ValueError(f"class {twice[0]!r} is listed twice: remove one")
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
