"""What a task is: all that training, bundles, scoring and evaluation ask of what is learned.

A task that is not in the package is one file: a subclass of :class:`Task`, its settings
(:class:`genoseq.config.tasks.TaskSettings`), and ``register_task``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset

from genoseq.data.batch import Batch
from genoseq.data.dataset import Share, TrainingWindows, ValidationWindows
from genoseq.errors import ConfigError
from genoseq.genome.windows import round_up
from genoseq.metrics.metrics import Metrics
from genoseq.store.store import open_stores
from genoseq.tasks.heads import PerBaseHead
from genoseq.tasks.outputs import Output, ValueKind
from genoseq.tokenizers.kmer import KmerTokenizer

if TYPE_CHECKING:
    from genoseq.config.schema import RunSettings
    from genoseq.store.store import Store

Network = Callable[[Tensor], Tensor]
"""Token ids (B, T) to outputs of the task's head."""


Prepared = tuple[Tensor | tuple[Tensor, ...], Tensor]
"""What a network is shown, one tensor or several, and what its outputs are compared with."""


NOT_OF_BASES = "it says nothing of single bases"
"""Of models whose outputs are of whole sequences."""


class Task(ABC):
    """What is learned of each base, or of a sequence.  S is the number of outputs for a base.

    Attributes
    ----------
    name
        Its name in settings and in bundles.
    exact
        Whether outputs are computed in fp32 where the rest of a network may be bf16.
    reads_bases
        Whether values are of the bases that are there, as how likely they are: values are then made
        by :meth:`predicted` and not from outputs alone.
    softmax
        Whether values are the softmax of outputs, and nothing else.
    shown
        Of the S values of a base, the first that people read; the others are for metrics.  None:
        all.
    unit
        Of the loss, as logs say it.
    of_bases
        Whether outputs are of bases: of others there are no tracks.
    read_by
        The verb that makes use of its models.
    """

    name: ClassVar[str]
    exact: bool = False
    reads_bases: ClassVar[bool] = False
    softmax: bool = False
    shown: ClassVar[int | None] = None
    unit: ClassVar[str] = ""
    of_bases: ClassVar[bool] = True
    read_by: ClassVar[str] = "genoseq score"

    def refusal(self, why: str, folder: str | PathLike[str] | None = None) -> ConfigError:
        """What whoever has no use for its models raises, whatever the verb.

        Parameters
        ----------
        why
            Which models are used instead, or what is not in these.
        folder
            The model's, where it is known.
        """
        return ConfigError(f"a model of task {self.name} is used by {self.read_by}: {why}", folder)

    @classmethod
    def open(cls, stores: Sequence[Any]) -> list[Any]:
        """Stores of the kind that it learns from, opened where they are given by their folders."""
        return open_stores(stores)

    @classmethod
    @abstractmethod
    def of(cls, settings: RunSettings, stores: Sequence[Store]) -> Self:
        """The task that settings ask for on these stores.

        Raises
        ------
        ConfigError
            With every reason why it cannot be learned from them.
        """

    @classmethod
    @abstractmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The task that :meth:`to_json` wrote; ConfigError if it did not."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """All that decides what outputs mean: plain JSON data, its ``name`` included."""

    @abstractmethod
    def misfits(self, stores: Sequence[Store], owner: str, split: str) -> list[str]:
        """Why a split of stores cannot be learned from or tested on; none if there is no reason.

        Parameters
        ----------
        owner
            Whose task this is, for messages.
        """

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Outputs for a base, S."""

    @property
    @abstractmethod
    def mirror(self) -> NDArray[np.int64]:
        """Shape (S,): entry i is the output that output i becomes on the reverse complement."""

    def head(self, inputs: int, bases: int) -> nn.Module:
        """Hidden states (B, N, inputs) to outputs (B, N * bases, S).

        Those of a task that reads bases may have any shape (B, ...): only it looks at them.
        """
        return PerBaseHead(inputs, bases, self.outputs)

    def offset(self) -> nn.Module | None:
        """What takes outputs (B, L, S), and what :meth:`prepare` gives beside token ids, to
        outputs; None where it gives nothing.

        Whoever shows a network token ids alone has its outputs without it.
        """
        return None

    def batches(
        self, stores: Sequence[Any], settings: RunSettings, share: Share
    ) -> tuple[Dataset[Any], Dataset[Any] | None]:
        """Batches by number, of a training and of its validation; None where no store has one.

        Both have a length, and batch n depends on its arguments and on n alone.
        """
        training, tokenizer = settings.training, settings.model.tokenizer
        window = round_up(training.window, settings.model.stride)
        labelled = settings.task.needs_labels()
        train = TrainingWindows(stores, tokenizer, window, training, share, labelled)
        if not any(len(store.regions.of_split("valid")) for store in stores):
            return train, None
        batch, most = training.batch, training.validation_windows
        valid = ValidationWindows(stores, tokenizer, "valid", window, batch, most, share, labelled)
        return train, valid

    @abstractmethod
    def targets(self, batch: Batch) -> Tensor:
        """What outputs are compared with, shape (B, L) or (B, L, ...); unknown where base is N."""

    def prepare(self, batch: Batch, rng: np.random.Generator) -> Prepared:
        """Token ids (B, T) that the network is shown, and targets.  Masking belongs here.

        Where a head asks for more than hidden states it is a tuple: ids, bases of each row (B,),
        and what else the head takes; where there is an :meth:`offset`, ids and what that takes.

        Parameters
        ----------
        rng
            Random numbers that are the same for the same step, in a resumed training too.
        """
        del rng
        return batch.ids, self.targets(batch)

    @abstractmethod
    def loss(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Sum of the losses of all known targets, and the sum of their weights; scalars.

        The loss is their quotient, over the batch of all processes.
        """

    def unlike_teacher(self, teacher: Task) -> str | None:
        """Why this is not learned from a model of another task; None if it is."""
        del teacher
        return f"a {self.name} is learned from no other model: leave it out"

    def taught(self, outputs: Tensor, values: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """As :meth:`loss`, against a teacher's values (B, L, S), where bases are known (B, L)."""
        raise NotImplementedError((outputs, values, known))

    def corrected(self, outputs: Tensor) -> Tensor:
        """Outputs (B, L, S) of a network in training as those of one whose head is calibrated."""
        return outputs

    @property
    def corrects(self) -> bool:
        """Whether :meth:`measured` makes a difference."""
        return False

    def measured(self, outputs: Tensor, targets: Tensor) -> Self:
        """The task, corrected by what a trained network tells of bases anywhere, (N, S), and what
        is there, (N, ...)."""
        del outputs, targets
        return self

    def calibrate(self, head: nn.Module, undo: bool = False) -> None:
        """Change a trained head, in place, where what it learned is not what it is to tell; or
        undo that, where it is trained further."""
        del head, undo

    def told(self) -> dict[str, Any]:
        """What the record of a training says of the task besides; plain JSON data."""
        return {}

    @abstractmethod
    def values(self, outputs: Tensor, dim: int = -1) -> Tensor:
        """What people read of outputs, float32 or wider; outputs are dimension ``dim``."""

    def finished(self, outcomes: Iterable[tuple[Tensor, Tensor]]) -> Task:
        """What goes into the bundle, once weights are known; by default the task itself.

        Parameters
        ----------
        outcomes
            Outputs and targets of the validation's windows, or else of as many for training; asked
            for only if it needs them.
        """
        del outcomes
        return self

    def unfinished(self) -> Task:
        """What :meth:`finished` was asked of, which a training that goes on from it has again."""
        return self

    def judged(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """What metrics are told of outputs: values (B, L, S)."""
        del targets
        return self.values(outputs)

    def predicted(self, network: Network, tokenizer: KmerTokenizer, codes: Tensor) -> Tensor:
        """Values of windows, (B, W, S), NaN where a base has none.

        Parameters
        ----------
        network
            The trained network, head included.
        tokenizer
            Of its tokens.
        codes
            Base codes, uint8, shape (B, W), W a multiple of the model's stride; N outside contigs.
        """
        return self.values(network(token_ids(tokenizer, codes)).float())

    @abstractmethod
    def metrics(self) -> Metrics:
        """New figures, of nothing yet."""

    @abstractmethod
    def figures(self, report: Mapping[str, Any]) -> dict[str, float]:
        """Columns of the learning curve: flat names and figures of a report of metrics."""

    @abstractmethod
    def rows(self, report: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The table that people read: a row for each class or signal, figures by name."""

    @abstractmethod
    def output(self, values: ValueKind = "probability", by_phase: bool = False) -> Output:
        """What scoring writes for a model: channels, and how its outputs become their values.

        Raises
        ------
        ConfigError
            If the task has no such values.
        """


def token_ids(tokenizer: KmerTokenizer, codes: Tensor) -> Tensor:
    """Token ids of windows, int64 (B, T), on the device of their base codes (B, W)."""
    ids = tokenizer.encode_rows(codes.cpu().numpy())
    return torch.from_numpy(ids.astype(np.int64)).to(codes.device)
