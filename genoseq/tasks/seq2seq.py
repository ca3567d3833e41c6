"""The task of translating: each source, a DNA sequence, is mapped to a target, letter by letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from genoseq.config.decoders import DECODERS, DecoderSettings
from genoseq.config.tasks import LONGEST_TARGET, Seq2SeqSettings
from genoseq.data.dataset import Share
from genoseq.data.pairs import PairBatch, TrainingPairs, ValidationPairs, check_lengths
from genoseq.errors import ConfigError
from genoseq.genome.alphabets import ALPHABETS, Alphabet
from genoseq.genome.schemes import UNKNOWN_LABEL
from genoseq.metrics.tokens import TokenMetrics
from genoseq.store.pairs import PairStore, open_all_pairs
from genoseq.tasks.decoders import Sizes, build_decoder
from genoseq.tasks.outputs import Output, ValueKind
from genoseq.tasks.task import NOT_OF_BASES, Prepared, Task

if TYPE_CHECKING:
    from genoseq.config.schema import RunSettings


@dataclass(frozen=True)
class Seq2Seq(Task):
    """A target for each source.

    Tokens are the alphabet's letters by their numbers, then the end, then, among those that the
    decoder is shown, the beginning.

    Attributes
    ----------
    decoder
        What writes it.
    alphabet
        Its letters.
    longest
        How many there may be.
    either_strand
        Whether what is translated may be of either strand.  Pairs are of the one that is to be
        read: of both at once models learn little.
    smoothing
        Label smoothing of the loss.
    """

    decoder: DecoderSettings
    alphabet: Alphabet
    longest: int
    either_strand: bool = False
    smoothing: float = 0.0
    name: ClassVar[str] = "seq2seq"
    unit: ClassVar[str] = " nats per letter"
    of_bases: ClassVar[bool] = False
    read_by: ClassVar[str] = "genoseq translate"

    @classmethod
    def of(cls, settings: RunSettings, stores: Sequence[Any]) -> Seq2Seq:
        """Of stores of pairs, whose targets are of one alphabet and no longer than is said."""
        asked = settings.task
        assert isinstance(asked, Seq2SeqSettings)
        made = cls(
            asked.decoder,
            stores[0].alphabet,
            asked.longest,
            asked.either_strand,
            asked.smoothing,
        )
        if problems := made.misfits(stores, str(stores[0].path), "train"):
            raise ConfigError(problems)
        check_lengths(stores, settings.training.window, asked.longest)
        return made

    @classmethod
    def open(cls, stores: Sequence[Any]) -> list[PairStore]:
        """Stores of pairs."""
        return open_all_pairs(stores)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Seq2Seq:
        """As written; what is of training only is not known."""
        longest, either = data.get("longest"), data.get("either_strand", False)
        named = isinstance(data.get("alphabet"), str) and data["alphabet"] in ALPHABETS
        if not named or type(longest) is not int or not 1 <= longest <= LONGEST_TARGET:
            raise ConfigError("not a seq2seq task: it has a decoder, an alphabet and a longest")
        try:
            decoder = DECODERS.parse(data["decoder"])
        except (LookupError, ValueError) as error:
            raise ConfigError(f"decoder: {error}") from None
        return cls(decoder, ALPHABETS[data["alphabet"]], longest, either is True)

    def to_json(self) -> dict[str, Any]:
        """Decoder, alphabet, the most letters, and the strands."""
        return {
            "name": self.name,
            "decoder": self.decoder.model_dump(mode="json"),
            "alphabet": self.alphabet.name,
            "longest": self.longest,
            "either_strand": self.either_strand,
        }

    def misfits(self, stores: Sequence[Any], owner: str, split: str) -> list[str]:
        """Stores with targets of another alphabet; no pair of a split."""
        problems = [
            f"{store.path}: its targets are {store.alphabet.name}, those of {owner} "
            f"{self.alphabet.name}"
            for store in stores
            if store.alphabet != self.alphabet
        ]
        if not any(len(store.of_split(split)) for store in stores):
            problems.append(f"no pair of split {split!r} in the stores")
        return problems

    @property
    def end(self) -> int:
        """The token behind the last letter."""
        return len(self.alphabet)

    @property
    def begin(self) -> int:
        """The token that a decoder is shown before the first letter."""
        return len(self.alphabet) + 1

    @property
    def outputs(self) -> int:
        """Letters and the end."""
        return len(self.alphabet) + 1

    @property
    def mirror(self) -> NDArray[np.int64]:
        """There is none."""
        self._not_of_bases()

    def head(self, inputs: int, bases: int) -> nn.Module:
        """The decoder: hidden states (B, N, inputs), steps (B,), tokens (B, M) to (B, M, V)."""
        del bases
        return build_decoder(self.decoder, Sizes(inputs, self.outputs + 1, self.outputs))

    def batches(
        self, stores: Sequence[Any], settings: RunSettings, share: Share
    ) -> tuple[Dataset[Any], Dataset[Any] | None]:
        """Pairs of about one length."""
        model, training = settings.model, settings.training
        train = TrainingPairs(stores, model, training, share)
        if not any(len(store.of_split("valid")) for store in stores):
            return train, None
        count = training.validation_windows
        return train, ValidationPairs(stores, model, training, "valid", count, share)

    def targets(self, batch: Any) -> Tensor:
        """Letters and the end, (B, M + 1); UNKNOWN_LABEL behind it."""
        letters: Tensor = batch.letters
        known = (letters != UNKNOWN_LABEL).sum(1, keepdim=True)
        padded = functional.pad(letters, (0, 1), value=UNKNOWN_LABEL)
        return padded.scatter(1, known, self.end)

    def prepare(self, batch: Any, rng: np.random.Generator) -> Prepared:
        """Ids, bases of each source, and the token before each of the targets: teacher forcing."""
        del rng
        assert isinstance(batch, PairBatch)
        shown = functional.pad(batch.letters, (1, 0), value=self.begin)
        # Behind a target's end any token does: nothing is asked there.
        shown = shown.masked_fill(shown == UNKNOWN_LABEL, self.end)
        return (batch.ids, batch.lengths, shown), self.targets(batch)

    def loss(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy of the known tokens."""
        wide = outputs if outputs.dtype == torch.float64 else outputs.float()
        total = functional.cross_entropy(
            wide.flatten(0, 1),
            targets.flatten(),
            ignore_index=UNKNOWN_LABEL,
            reduction="sum",
            label_smoothing=self.smoothing,
        )
        return total, (targets != UNKNOWN_LABEL).sum()

    def values(self, outputs: Tensor, dim: int = -1) -> Tensor:
        """Probabilities of tokens."""
        return outputs.float().softmax(dim)

    def metrics(self) -> TokenMetrics:
        """See :mod:`genoseq.metrics.tokens`."""
        return TokenMetrics()

    def figures(self, report: Mapping[str, Any]) -> dict[str, float]:
        """Shares of tokens and of whole targets."""
        return {name: float(report[name]) for name in ("token_accuracy", "exact")}

    def rows(self, report: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One row."""
        return [{name: value for name, value in report.items() if name != "kind"}]

    def output(self, values: ValueKind = "probability", by_phase: bool = False) -> Output:
        """There is none."""
        del values, by_phase
        self._not_of_bases()

    def _not_of_bases(self) -> NoReturn:
        raise self.refusal(NOT_OF_BASES)
