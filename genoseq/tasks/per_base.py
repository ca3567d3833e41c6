"""The task of most models: what each base is, by the labels of stores; classes or signals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genoseq.config.training import OUTPUTS
from genoseq.data.batch import Batch
from genoseq.errors import ConfigError, listed
from genoseq.genome.schemes import Scheme, scheme_from_json
from genoseq.genome.sequences import N
from genoseq.metrics.metrics import Metrics
from genoseq.metrics.per_base import build_metrics
from genoseq.store.checks import misfits
from genoseq.tasks.back_transform import back_factors
from genoseq.tasks.control import Control, ControlOffset
from genoseq.tasks.correction import Correction, class_weights, natural_prior, shown_prior
from genoseq.tasks.figures import figures_of, rows_of
from genoseq.tasks.heads import Activation, BinnedHead, PerBaseHead, activate, bin_means
from genoseq.tasks.losses import ACTIVATIONS, Loss, loss_function, loss_of, taught
from genoseq.tasks.outputs import Output, ValueKind, scheme_output
from genoseq.tasks.signal_units import AS_GIVEN, are_factors, other_units, unit_of
from genoseq.tasks.task import Prepared, Task

if TYPE_CHECKING:
    from genoseq.config.schema import RunSettings
    from genoseq.store.store import Store


@dataclass(frozen=True)
class PerBase(Task):
    """One class of a scheme for each base, or one value for each of its signals.

    Attributes
    ----------
    scheme
        What the outputs are.
    loss_name
        What is minimised; None: cross-entropy for classes, mse for signals.
    gamma
        Of the focal loss.
    weights
        Of each class in the loss, S numbers; None: all alike.
    bin
        Of signals: bp that share one output.
    signal_unit
        Of signals: ``input``, that of their files, or ``mean coverage``, what they were divided by.
    factors
        What each signal's values are multiplied by, so that they are right on average, S numbers;
        None: 1.  See :mod:`genoseq.tasks.back_transform`.
    control
        Of signals: what is learned beside the sequence, see :mod:`genoseq.tasks.control`.
    correction
        What sampling and weights favour, if it is to be undone.
    begin
        Logits that a training begins with: how often classes are shown.  None: all alike.

    Raises
    ------
    ConfigError
        If the loss does not suit the scheme.
    """

    scheme: Scheme
    loss_name: str | None = None
    gamma: float = 2.0
    weights: tuple[float, ...] | None = None
    bin: int = 1
    signal_unit: str = AS_GIVEN
    factors: tuple[float, ...] | None = None
    control: Control | None = None
    correction: Correction | None = None
    begin: tuple[float, ...] | None = None
    name: ClassVar[str] = "per-base"

    def __post_init__(self) -> None:
        object.__setattr__(self, "loss_name", loss_of(self.loss_name, self.scheme))
        if self.bin > 1 and self.scheme.kind != "signal":
            raise ConfigError(f"task.bin {self.bin}: is for signals, these labels are classes")

    @classmethod
    def of(cls, settings: RunSettings, stores: Sequence[Store]) -> PerBase:
        """Of the stores' labels; balanced class weights are those of the training regions."""
        scheme, training = stores[0].scheme, settings.training
        problems = misfits(stores, scheme, str(stores[0].path), "train")
        problems += other_units(stores, unit_of(stores[0]), str(stores[0].path))
        if problems or scheme is None:
            raise ConfigError(problems)
        natural = natural_prior(stores, scheme)
        if absent := natural.absent(scheme):
            raise ConfigError(
                f"no base to train on is {listed(absent)}: add a genome that has some, or leave "
                f"the class out when tokenizing"
            )
        if scheme.kind == "signal" and training.class_weights != "none":
            raise ConfigError("training.class_weights are for classes, these labels are signals")
        weights = class_weights(natural, training.class_weights)
        listed_weights = None if weights is None else tuple(weights.tolist())
        correction = begin = None
        if training.sampling is not None or training.corrects:
            shown = shown_prior(settings, stores, natural, scheme)
            if training.corrects:
                correction = Correction.of(natural, shown, listed_weights, scheme)
            if training.sampling is not None:
                begin = shown.mirrored(scheme.reverse_permutation).weighed(listed_weights).begin
        return cls(
            scheme, training.loss, training.focal_gamma, listed_weights,
            getattr(settings.task, "bin", 1), unit_of(stores[0]),
            control=Control.of(stores, scheme.reverse_permutation),
            correction=correction, begin=begin,
        )  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PerBase:
        """As written; losses are known by name alone, what they weigh is of training only."""
        known = isinstance(data.get("loss"), str) and data["loss"] in ACTIVATIONS
        if not known or not isinstance(data.get("scheme"), dict):
            raise ConfigError("not a per-base task: it has a scheme and a loss")
        scheme, bin, unit = scheme_from_json(data["scheme"]), data.get("bin", 1), data.get("unit")
        factors = data.get("factors")
        if not isinstance(bin, int) or bin < 1 or not isinstance(unit, str | None):
            raise ConfigError(f"not a per-base task: bin {bin!r}, unit {unit!r}")
        if factors is not None and not are_factors(factors, len(scheme)):
            raise ConfigError(f"not a per-base task: factors {factors!r}")
        return cls(
            scheme,
            cast(Loss, data["loss"]),
            bin=bin,
            signal_unit=unit or AS_GIVEN,
            factors=None if factors is None else tuple(map(float, factors)),
            control=Control.from_json(data.get("control"), len(scheme)),
        )

    def to_json(self) -> dict[str, Any]:
        """Scheme and loss, and of signals what is not as it was before there was a choice."""
        found: dict[str, Any] = {"name": self.name, "scheme": self.scheme.to_json()}
        found["loss"] = self.loss_name
        found |= {"bin": self.bin} if self.bin > 1 else {}
        found |= {} if self.control is None else {"control": self.control.to_json()}
        found |= {"unit": self.signal_unit} if self.signal_unit != AS_GIVEN else {}
        return found | ({} if self.factors is None else {"factors": list(self.factors)})

    def misfits(self, stores: Sequence[Store], owner: str, split: str) -> list[str]:
        """Stores without labels or of another scheme; no region, or no known label, of a split."""
        found = misfits(stores, self.scheme, owner, split)
        return found or other_units(stores, self.signal_unit, owner)

    @property
    def activation(self) -> Activation:
        """How logits become values."""
        return ACTIVATIONS[cast(Loss, self.loss_name)]

    @property
    def softmax(self) -> bool:  # type: ignore[override]
        """Of classes that exclude one another."""
        return self.activation == "softmax" and self.factors is None

    @property
    def exact(self) -> bool:  # type: ignore[override]
        """A signal read in bf16 would move in steps of 1%."""
        return self.scheme.kind == "signal"

    @property
    def outputs(self) -> int:
        """States of the scheme; of some losses twice as many."""
        return len(self.scheme) * OUTPUTS.get(self.loss_name, 1)

    @property
    def shown(self) -> int | None:  # type: ignore[override]
        """Those of the scheme."""
        return None if self.outputs == len(self.scheme) else len(self.scheme)

    @property
    def mirror(self) -> NDArray[np.int64]:
        """Strands swap."""
        own = self.scheme.reverse_permutation
        return np.concatenate([own + n for n in range(0, self.outputs, len(own))])

    def head(self, inputs: int, bases: int) -> nn.Module:
        """Linear, for each base or for each bin."""
        if self.bin == 1:
            head = PerBaseHead(inputs, bases, self.outputs)
            if self.begin is not None:
                head.begin_at(self.begin)
            return head
        return BinnedHead(inputs, bases, self.outputs, self.bin)

    def offset(self) -> nn.Module | None:
        """Of signals whose control is learned: that."""
        control, mirror = self.control, self.scheme.reverse_permutation
        return None if control is None else ControlOffset(control.means, mirror)

    def prepare(self, batch: Batch, rng: np.random.Generator) -> Prepared:
        """Of bins, targets are means: whatever lies in a step is told at once."""
        ids, targets = super().prepare(batch, rng)
        targets = targets if self.bin == 1 else bin_means(targets, self.bin)
        if self.control is None or batch.controls is None:
            return ids, targets
        return (cast(Tensor, ids), batch.controls), targets

    def targets(self, batch: Batch) -> Tensor:
        """The labels, unknown where a base is N."""
        assert batch.labels is not None
        gaps = batch.codes == N
        if not bool(gaps.any()):
            return batch.labels
        gaps = gaps.reshape(*gaps.shape, *[1] * (batch.labels.ndim - gaps.ndim))
        return batch.labels.masked_fill(gaps, self.scheme.unknown)

    def loss(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """See :mod:`genoseq.tasks.losses`."""
        weights = None if self.weights is None else torch.tensor(self.weights)
        return loss_function(cast(Loss, self.loss_name), self.gamma)(outputs, targets, weights)

    def unlike_teacher(self, teacher: Task) -> str | None:
        """Signals, and classes other than these."""
        if self.scheme.kind == "signal":
            return "classes are learned from another model, and these labels are signals"
        same = isinstance(teacher, PerBase) and teacher.scheme.to_json() == self.scheme.to_json()
        return None if same else "it tells other classes than the labels"

    def taught(self, outputs: Tensor, values: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy against probabilities, see :func:`genoseq.tasks.losses.taught`."""
        return taught(outputs, values, known, exclusive=self.scheme.kind == "classes")

    def corrected(self, outputs: Tensor) -> Tensor:
        """With what sampling and weights favour undone."""
        return outputs if self.correction is None else outputs + self.correction.of_outputs(outputs)

    @property
    def corrects(self) -> bool:
        """Whether something is to be undone."""
        return self.correction is not None

    def measured(self, outputs: Tensor, targets: Tensor) -> PerBase:
        """Corrected so that the mean probability of each class is its share."""
        if self.correction is None:
            return self
        counts = self.scheme.tally(targets.to(torch.uint8).numpy())[0]
        known = self.scheme.known(targets.numpy())
        rows = torch.from_numpy(known)
        mirror = self.scheme.reverse_permutation
        found = self.correction.measured(outputs, rows, counts, self.values, mirror)
        return replace(self, correction=found)

    def calibrate(self, head: nn.Module, undo: bool = False) -> None:
        """Take out what training favours: a model tells probabilities of the genome as it is."""
        if self.correction is not None:
            self.correction.add_to(cast(PerBaseHead, head), -1 if undo else 1)

    def told(self) -> dict[str, Any]:
        """How often classes are there and were met, and what that changed."""
        return {} if self.correction is None else {"correction": self.correction.told(self.scheme)}

    def values(self, outputs: Tensor, dim: int = -1) -> Tensor:
        """Probabilities of classes, or signals in their own units."""
        values = activate(outputs, self.activation, dim)
        if self.factors is None:
            return values
        beside = [1] * values.ndim
        beside[dim] = -1
        return values * values.new_tensor(self.factors).reshape(beside)

    def finished(self, outcomes: Iterable[tuple[Tensor, Tensor]]) -> PerBase:
        """Of signals that were learned on another scale, with factors for their values."""
        if self.activation != "expm1":
            return self
        plain = self.unfinished()
        pairs = ((plain.values(outputs), targets) for outputs, targets in outcomes)
        return replace(self, factors=back_factors(pairs, self.mirror))

    def unfinished(self) -> PerBase:
        """Without factors."""
        return self if self.factors is None else replace(self, factors=None)

    def metrics(self) -> Metrics:
        """See :mod:`genoseq.metrics.per_base`."""
        return build_metrics(self.scheme)

    def figures(self, report: Mapping[str, Any]) -> dict[str, float]:
        """``CDS.plus.f1``, ``macro_f1`` ...; NaN where a figure is not defined."""
        return figures_of(self.scheme.kind, report)

    def rows(self, report: Mapping[str, Any]) -> list[dict[str, Any]]:
        """By strand, codon phases together."""
        return rows_of(self.scheme.kind, report)

    def output(self, values: ValueKind = "probability", by_phase: bool = False) -> Output:
        """A channel for each class and strand, or for each codon phase as well; or each signal."""
        return scheme_output(self.scheme, values, by_phase)
