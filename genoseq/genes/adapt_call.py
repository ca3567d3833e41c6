"""Genes by a network that trains itself on their genome, where that is worth it."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from genoseq.config.base import AskedPrecision, TrainedPrecision
from genoseq.config.genes import SHORTEST, Adapt
from genoseq.files.progress import Report
from genoseq.genes.adapt import AdaptSettings, adapt, between
from genoseq.genes.adapt_labels import SelfLabels, self_labels
from genoseq.genes.base_values import KeptValues
from genoseq.genes.call import GeneCalls, call_genes
from genoseq.genes.layout import Contig
from genoseq.genes.organisms import AUTO
from genoseq.genes.shifts import USUAL_SHIFTS
from genoseq.genes.state_values import model_scorer, number_format
from genoseq.genes.weights import DecoderWeights
from genoseq.genome.regions import Region
from genoseq.inference.predict import choose_computing
from genoseq.models.allocator import give_back_freed_memory
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.models.device import computing

FEWEST = 150
"""Certain genes that are enough to learn from."""
MAIN = 0.9
"""Share of the bases that one organism must have: a network is adapted to one."""
HALF_WAY = 0.5
"""How far the weights go to those of the training at first: genomes near to those that the network
learned from lose by more."""
AGREED = 0.005
"""Share of the genes that change half of the way where a genome is far: there the weights go all of
it.  Where fewer change, ``auto`` leaves the network as it was."""


@dataclass(frozen=True, slots=True)
class Calling:
    """How genes are called, by any network; see :func:`genoseq.genes.call.call_genes`.

    Attributes
    ----------
    contigs
        Of one organism or of many.
    decoder
        The decoder's weights.
    code, together, mask, shortest
        Whose contigs they are, and what a gene may be.
    device, precision
        On which a network computes, here and where it is trained.
    frameshifts
        Whether genes are read across indels.
    tracks
        Whether what the model says of each base is kept.
    jobs
        Processes that share the scoring.
    """

    contigs: Sequence[Contig]
    decoder: DecoderWeights
    code: int | str = AUTO
    together: bool = False
    mask: Collection[Region] = ()
    shortest: int = SHORTEST
    device: str | None = None
    precision: AskedPrecision = "auto"
    frameshifts: bool = False
    tracks: bool = False
    jobs: int = 1

    def __call__(self, bundle: Bundle, report: Report) -> GeneCalls:
        """Genes by a network; told how many of the bases are scored."""
        scorer = model_scorer(
            bundle,
            device=self.device,
            precision=self.precision,
            jobs=self.jobs,
            report=report,
        )
        kept = KeptValues({one.name: one.length for one in self.contigs}) if self.tracks else None
        calls = call_genes(
            self.contigs, scorer if kept is None else kept.keeping(scorer), self.decoder,
            code=self.code, together=self.together, mask=self.mask, shortest=self.shortest,
            shifts=USUAL_SHIFTS if self.frameshifts else None,
        )  # fmt: skip
        give_back_freed_memory()
        return replace(calls, kept=kept)

    @property
    def trained_precision(self) -> TrainedPrecision:
        """The number format of an adaptation: models are not trained in int8."""
        return "auto" if self.precision == "int8" else self.precision

    def computing(self, bundle: Bundle) -> dict[str, str]:
        """What ``provenance.json`` notes of the device and the number format."""
        precision = number_format(bundle, self.device, self.precision)
        return computing(*choose_computing(bundle.settings, self.device, precision))


@dataclass(frozen=True, slots=True)
class Adaptation:
    """Whether a network was adapted to a genome, and why.

    Attributes
    ----------
    asked
        What was asked for.
    used
        Whether the genes are those of the adapted network.
    reason
        In words.
    certain
        How many genes of the untouched network are certain, out of ``genes``; None if not counted.
    changed
        Share of the genes that only one of two networks has: the untouched one, and one half of the
        way to the trained one; None without a training.
    """

    asked: Adapt
    used: bool
    reason: str
    certain: int | None = None
    genes: int | None = None
    changed: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As ``summary.json`` has it; plain data."""
        found: dict[str, Any] = {"asked": self.asked, "used": self.used, "reason": self.reason}
        if self.certain is not None:
            found |= {"certain_genes": self.certain, "of_genes": self.genes}
        if self.changed is not None:
            found["changed_genes"] = round(self.changed, 4)
        return found


@dataclass(frozen=True, slots=True)
class AdaptedCalls:
    """Genes of a genome, the network that they are of, and how it came to be."""

    calls: GeneCalls
    bundle: Bundle
    adaptation: Adaptation


def call_adapted(
    calling: Calling,
    bundle: Bundle,
    asked: Adapt,
    folder: Path,
    *,
    settings: AdaptSettings = AdaptSettings(),  # noqa: B008
    report: Report,
) -> AdaptedCalls:
    """Genes by the network as it is, or by one that learned from what is certain of them.

    Parameters
    ----------
    calling
        Gives the genes of the genome by any model.
    asked
        ``off``; ``on``: adapt wherever there is a gene to learn from; ``auto``: where there are
        enough, and take the adapted network where it calls other genes.
    folder
        Of the state, see :func:`genoseq.genes.adapt.adapt`; it stays.
    report
        Called with the bases that are done and with all: those that are scored, twice if a network
        is adapted (and again if it is far from the untouched one), and those of the training.
    """
    if asked == "off":
        calls = calling(bundle, report)
        return AdaptedCalls(calls, bundle, Adaptation(asked, False, "not asked for"))
    shown = _Parts(report, settings.bases)
    calls = calling(bundle, shown.scored)
    labels = self_labels([one.decoded for one in calls.organisms], calling.decoder)
    known = {"certain": labels.genes, "genes": labels.chosen}
    if reason := _unfit(calls, labels, asked):
        shown.finish()
        return AdaptedCalls(calls, bundle, Adaptation(asked, False, reason, **known))
    give_back_freed_memory()
    contigs = [contig for one in calls.organisms for contig in one.contigs]
    trained = adapt(
        bundle, contigs, labels, folder, settings,
        device=calling.device, precision=calling.trained_precision, report=shown.trained,
    )  # fmt: skip
    give_back_freed_memory()
    adapted = between(bundle, trained, HALF_WAY)
    again = calling(adapted, shown.scored_again)
    changed = disagreement(calls, again)
    reason = f"half of the way to it the network changes {changed:.2%} of the genes"
    if changed >= AGREED:
        adapted, again = trained, calling(trained, shown.scored_at_last)
    shown.finish()
    if asked == "auto" and changed < AGREED:
        reason = f"{reason}: fewer than {AGREED:.2%}"
        return AdaptedCalls(
            calls, bundle, Adaptation(asked, False, reason, **known, changed=changed)
        )
    return AdaptedCalls(again, adapted, Adaptation(asked, True, reason, **known, changed=changed))


def finish(adapted: AdaptedCalls, state: Path, save: Path | None, decoder: Path) -> None:
    """Save the network that genes are of, if asked to, and remove the state of its training.

    Parameters
    ----------
    state
        The folder that :func:`call_adapted` was given.
    save
        Folder for a bundle, with the decoder's weights; None: the network is not saved.
    decoder
        File of these weights.
    """
    if save is not None:
        save_bundle(save, adapted.bundle, decoder=decoder.read_bytes())
    if adapted.adaptation.asked != "off":
        shutil.rmtree(state, ignore_errors=True)


def _unfit(calls: GeneCalls, labels: SelfLabels, asked: Adapt) -> str | None:
    """Why there is nothing to learn from, or too much; None if there is no reason."""
    bases = sum(one.bases for one in calls.organisms)
    if asked == "auto" and calls.main.bases < MAIN * bases:
        return f"{len(calls.organisms)} organisms, none of {MAIN:.0%} of the bases"
    fewest = FEWEST if asked == "auto" else 1
    if labels.genes >= fewest:
        return None
    return f"{labels.genes} certain genes are fewer than {fewest}"


def disagreement(first: GeneCalls, second: GeneCalls) -> float:
    """Share of the genes, by contig, strand and last base, that only one of two has; 0 to 1."""
    one, other = (
        {(g.gene.chrom, g.gene.strand, g.gene.end if g.gene.strand == "+" else g.gene.start)
         for g in calls.genes}
        for calls in (first, second)
    )  # fmt: skip
    return len(one ^ other) / max(len(one) + len(other), 1)


class _Parts:
    """One count of bases for scoring, training, and scoring again, at most twice."""

    def __init__(self, report: Report, trained: int) -> None:
        self._report, self._trained = report, trained
        self._bases = 0

    def scored(self, done: int, total: int) -> None:
        self._bases = total
        self._tell(done)

    def trained(self, done: int, total: int) -> None:
        del total
        self._tell(self._bases + done)

    def scored_again(self, done: int, total: int) -> None:
        del total
        self._tell(self._bases + self._trained + done)

    def scored_at_last(self, done: int, total: int) -> None:
        del total
        self._tell(2 * self._bases + self._trained + done)

    def finish(self) -> None:
        """All is done, the rest is not needed."""
        self._tell(self._total)

    @property
    def _total(self) -> int:
        return 3 * self._bases + self._trained

    def _tell(self, done: int) -> None:
        self._report(done, self._total)
