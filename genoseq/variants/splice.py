"""The field ``SpliceAI``, which filters and plugins know, of models with its two classes.

``ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL``: gain and loss of acceptors and
donors (Jaganathan et al. 2019, Cell 176:535), with two decimals, and where they are, counted from
POS.  One entry for each allele and each gene that its record overlaps, on the gene's strand; of an
allele between genes, or where no genes are given, one whose scores are the larger of both strands'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote

import numpy as np

from genoseq.genome.edits import NOWHERE
from genoseq.genome.regions import Strand
from genoseq.genome.tracks import Channel
from genoseq.variants.effect import Change, Effect, largest
from genoseq.variants.gene_index import Gene

NAME = "SpliceAI"
_ACCEPTOR, _DONOR = "splice_acceptor", "splice_donor"
_SCORES: tuple[tuple[str, Literal[1, -1]], ...] = (
    (_ACCEPTOR, 1),
    (_ACCEPTOR, -1),
    (_DONOR, 1),
    (_DONOR, -1),
)
SYMBOL_LETTERS = "!\"#$&'()*+-./:<>?@[\\]^_`{}~"
"""Signs that a symbol may have in INFO; others are ``%XX``, as VCF has it."""


@dataclass(frozen=True, slots=True)
class SpliceChannels:
    """Where a model's channels of splice sites are, by class and strand."""

    numbers: Mapping[tuple[str, Strand], int]

    @classmethod
    def of(cls, channels: Sequence[Channel]) -> SpliceChannels | None:
        """Those among the channels; None where the model lacks one of the two classes."""
        found: dict[tuple[str, Strand], int] = {}
        for number, channel in enumerate(channels):
            if channel.name in (_ACCEPTOR, _DONOR) and channel.measure is None:
                strands: tuple[Strand, ...] = (
                    ("+", "-") if channel.strand == "." else (channel.strand,)
                )
                found |= {(channel.name, strand): number for strand in strands}
        names = {name for name, _ in found}
        return cls(found) if names == {_ACCEPTOR, _DONOR} else None

    def header(self, distance: int, masked: bool) -> str:
        """The header line of the field."""
        form = "ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL"
        kind = "masked scores" if masked else "scores"
        said = (
            f"{kind} (DS) and positions (DP) of acceptor and donor gain and loss, by genoseq, "
            f"within {distance} bases. Format: {form}"
        )
        return f'##INFO=<ID={NAME},Number=.,Type=String,Description="{said}">'

    def entries(self, effect: Effect, genes: Sequence[Gene], masked: bool) -> list[str]:
        """Entries of an allele; none where it has no score.

        Parameters
        ----------
        masked
            Leave out gains at sites that a gene has, and losses where it has none.
        """
        if effect.allele.reason is not None:
            return []
        if not genes:
            sides = [self._changes(effect, strand, None) for strand in ("+", "-")]
            best = [max(pair, key=_amount) for pair in zip(*sides, strict=True)]
            return [_entry(effect, ".", best)]
        return [
            _entry(
                effect, gene.symbol, self._changes(effect, gene.strand, gene if masked else None)
            )
            for gene in genes
        ]

    def _changes(self, effect: Effect, strand: Strand, mask: Gene | None) -> list[Change]:
        found = []
        for name, sign in _SCORES:
            channel = self.numbers.get((name, strand))
            if channel is None:  # a gene without a strand
                found.append(Change(np.nan, NOWHERE, np.nan, np.nan))
                continue
            found.append(largest(_masked(effect, mask, name, sign), channel, sign))
        return found


def _masked(effect: Effect, gene: Gene | None, name: str, sign: int) -> Effect:
    """The effect without changes that a gene's sites make no news of."""
    if gene is None:
        return effect
    bases = range(effect.start, effect.start + effect.reference.shape[1])
    at_site = np.array([base in gene.sites[name] for base in bases], bool)
    hidden = at_site if sign > 0 else ~at_site
    return replace(
        effect,
        alternative=np.where(
            hidden & ~np.isnan(effect.alternative), effect.reference, effect.alternative
        ),
    )


def _amount(change: Change) -> float:
    return -1.0 if change.amount != change.amount else change.amount


def _entry(effect: Effect, symbol: str, changes: Sequence[Change]) -> str:
    amounts = [f"{max(0.0, _amount(one)):.2f}" for one in changes]
    position = effect.allele.record.start
    offsets = [
        "0" if one.base == NOWHERE or float(text) == 0 else str(one.base - position)
        for one, text in zip(changes, amounts, strict=True)
    ]
    safe = quote(symbol, safe=SYMBOL_LETTERS)
    return "|".join([effect.allele.alt, safe, *amounts, *offsets])
