"""How often classes are met in training, and in the genome: what sampling and weights favour.

A network learns probabilities of what it is shown.  Where rare classes are shown more often than
they are there, or weigh more, it calls them too often by as much.  The difference of the logarithms
of both frequencies, added to its logits, brings probabilities back (Saerens et al. 2002, Adjusting
the outputs of a classifier to new a priori probabilities), as far as what a base looks like is the
same however windows are drawn; validations are corrected so.  At the end of a training the
difference is moved on until mean probabilities are right in windows from anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.data.dataset import TrainingWindows
from genoseq.errors import ConfigError
from genoseq.genome.schemes import BACKGROUND, Scheme
from genoseq.genome.windows import round_up
from genoseq.tasks.heads import PerBaseHead

if TYPE_CHECKING:
    from genoseq.config.schema import RunSettings
    from genoseq.store.store import Store

Shares = NDArray[np.float64]
_CHUNK_BASES = 1 << 20  # counting takes eight bytes for each label
_FEW, _ROUNDS = 5.0, 12
"""Bases of a state that weigh nothing against what follows from shares; rounds of moving shifts."""
_WINDOWS, _LEAST_WINDOWS, _BASES = 4096, 64, 1 << 26
"""Windows of each kind whose labels are counted, at least, and bases of them at most."""


@dataclass(frozen=True, eq=False)
class Prior:
    """How often each of S states is there, and how often that is known; (S,) each.

    Where states exclude one another (``exclusive``) all are known equally often, and state 0 is the
    background.
    """

    found: Shares
    known: Shares
    exclusive: bool

    @property
    def share(self) -> Shares:
        """Of the known bases, (S,)."""
        share: Shares = self.found / np.maximum(self.known, 1)
        return share

    def absent(self, scheme: Scheme) -> list[str]:
        """Classes without a base on either strand; none of signals."""
        pairs = zip(scheme.states, self.found, strict=True)
        seen = {state.name for state, count in pairs if count}
        named = [state.name for state in scheme.states if state.name != BACKGROUND]
        return [name for name in named if name not in seen] if scheme.kind != "signal" else []

    @property
    def log_odds(self) -> Shares:
        """Of each state against the background, or against not being there, (S,)."""
        against = self.found[0] if self.exclusive else self.known - self.found
        odds: Shares = np.log(self.found / against)
        return odds

    @property
    def begin(self) -> tuple[float, ...]:
        """Log-odds as :attr:`log_odds`, of states that are nowhere as of those on one base."""
        against = self.found[0] if self.exclusive else self.known - self.found
        odds: Shares = np.log((self.found + 1) / (against + 1))
        return tuple(odds.tolist())

    def weighed(self, weights: Sequence[float] | None) -> Prior:
        """With weights (S,) of states: a base of weight 2 counts twice."""
        if weights is None:
            return self
        more = self.found * (np.asarray(weights) - 1)
        known = self.known + (more.sum() if self.exclusive else more)
        return Prior(self.found + more, known, self.exclusive)

    def mirrored(self, mirror: NDArray[np.int64]) -> Prior:
        """Of both strands: a state and its twin (``mirror``, (S,)) are the same."""
        found, known = (each + each[mirror] for each in (self.found, self.known))
        return Prior(found, known, self.exclusive)


def natural_prior(stores: Sequence[Store], scheme: Scheme) -> Prior:
    """Of the training regions of stores."""
    found, known = np.zeros(len(scheme)), np.zeros(len(scheme))
    for store in stores:
        for index in store.regions.of_split("train"):
            labels = store.region_labels(int(index))
            for at in range(0, len(labels), _CHUNK_BASES):
                here = _prior(scheme, labels[at : at + _CHUNK_BASES])
                found, known = found + here.found, known + here.known
    return Prior(found, known, scheme.kind == "classes")


def shown_prior(
    settings: RunSettings, stores: Sequence[Store], natural: Prior, scheme: Scheme
) -> Prior:
    """Of the windows that are drawn in training.

    Those around rare classes are counted in a sample, which its seed decides; of the others only
    how many bases are known, because what is rare in them is known exactly.
    """
    training, sampling = settings.training, settings.training.sampling
    if sampling is None:
        return natural
    window = round_up(training.window, settings.model.stride)
    windows = TrainingWindows(stores, settings.model.tokenizer, window, training)
    count = max(_LEAST_WINDOWS, min(_WINDOWS, _BASES // window))
    drawn = windows.sampled_labels(np.random.default_rng(training.seed), count)
    around, anywhere = (_prior(scheme, labels) for labels in drawn)
    rest, share = 1 - sampling.share, sampling.share
    return Prior(
        share * around.found + rest * natural.share * anywhere.known,
        share * around.known + rest * anywhere.known,
        natural.exclusive,
    )


def _prior(scheme: Scheme, labels: NDArray[Any]) -> Prior:
    found, known = scheme.tally(labels)
    return Prior(found.astype(np.float64), known.astype(np.float64), scheme.kind == "classes")


def class_weights(
    natural: Prior, setting: Literal["none", "balanced"] | Sequence[float]
) -> Tensor | None:
    """Weight of each state, float32 (S,), or None for equal weights.

    balanced: the mean count over the state's count, so that every state that occurs has the same
    say; of states that do not exclude one another the count where it is not there over that where
    it is.  A state that never occurs keeps weight 1.

    Raises
    ------
    ConfigError
        If the number of weights is not S, or a weight is negative or all are 0.
    """
    if setting == "none":
        return None
    if setting == "balanced":
        found = torch.from_numpy(natural.found)
        others = torch.from_numpy(natural.known) - found
        rival = found[found > 0].mean() if natural.exclusive else others
        return torch.where(found > 0, rival / found, 1.0).float()
    weights = torch.tensor([float(weight) for weight in setting])
    states = len(natural.found)
    if len(weights) != states:
        raise ConfigError(f"training.class_weights: {len(weights)} weights, {states} states")
    if not bool((weights >= 0).all()) or not bool(weights.sum().isfinite() & (weights.sum() > 0)):
        raise ConfigError("training.class_weights: weights must be 0 or more, and one above 0")
    return weights


@dataclass(frozen=True)
class Correction:
    """What is added to logits so that they are of the genome as it is.

    Attributes
    ----------
    shift
        Of each of S states.
    natural, shown
        Share of each state in the genome, and in training, weights included.
    exclusive
        Whether states exclude one another; the shift of the background is then 0.
    """

    shift: tuple[float, ...]
    natural: tuple[float, ...]
    shown: tuple[float, ...]
    exclusive: bool = True

    @classmethod
    def of(
        cls, natural: Prior, shown: Prior, weights: Sequence[float] | None, scheme: Scheme
    ) -> Correction:
        """Of labels as they are and as they are shown, where states have these weights.

        A state and its twin on the other strand are corrected alike, and states that are nowhere
        not at all.

        Raises
        ------
        ConfigError
            If a state is there that weighs nothing.
        """
        mirror = scheme.reverse_permutation
        natural, shown = natural.mirrored(mirror), shown.mirrored(mirror).weighed(weights)
        there = natural.found > 0
        if bool((shown.found[there] <= 0).any()):
            raise ConfigError(
                "training.correct: a class of weight 0 is not learned, and its probability cannot "
                "be brought back: give it a weight, or write correct: false"
            )
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = np.where(there, natural.log_odds - shown.log_odds, 0)
        original, met = tuple(natural.share.tolist()), tuple(shown.share.tolist())
        return cls(tuple(shift.tolist()), original, met, natural.exclusive)

    def measured(
        self,
        outputs: Tensor,
        known: Tensor,
        counts: NDArray[np.int64],
        values: Callable[[Tensor], Tensor],
        mirror: NDArray[np.int64],
    ) -> Correction:
        """Moved on until the mean probability of each state is its share of bases anywhere.

        Parameters
        ----------
        outputs, known
            Of a network in training, (N, S), and which of their labels are known, (N,) or (N, S).
        counts
            Bases of each state, (S,); where there are few of a state its shift hardly moves.
        values
            Outputs to probabilities.
        mirror
            The state of each on the other strand, of which it is corrected alike.
        """
        weight = (known if known.ndim == 2 else known[:, None]).float()
        there = torch.from_numpy(counts + counts[mirror]).double() + _FEW
        shift = torch.tensor(self.shift, dtype=torch.float64)
        moved = torch.from_numpy(np.asarray(self.natural)) > 0
        for _ in range(_ROUNDS):
            told = (values(outputs + shift.float()) * weight).sum(0, dtype=torch.float64)
            step = (there / (told + told[mirror] + _FEW)).log()
            if self.exclusive:
                step -= step[0].clone()
            shift += step.where(moved, 0)
        return replace(self, shift=tuple(shift.tolist()))

    def of_outputs(self, outputs: Tensor) -> Tensor:
        """The shift (S,) on the device of outputs, in their type."""
        return torch.tensor(self.shift, dtype=outputs.dtype, device=outputs.device)

    @torch.no_grad()
    def add_to(self, head: PerBaseHead, times: float) -> None:
        """Add it to the biases of a head, ``times`` over."""
        bias = head.projection.bias
        bias.add_(times * self.of_outputs(bias).repeat(head.bases))

    def told(self, scheme: Scheme) -> dict[str, Any]:
        """All of it by the names of states."""
        names = [
            f"{s.name}{s.strand.strip('.')}{'' if s.phase is None else s.phase}"
            for s in scheme.states
        ]
        columns = {"natural": self.natural, "shown": self.shown, "shift": self.shift}
        return {key: dict(zip(names, column, strict=True)) for key, column in columns.items()}
