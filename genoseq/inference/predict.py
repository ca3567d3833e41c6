"""Windows of bases in, per-base predictions out, batch by batch."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.config.base import AskedPrecision, AskedStrands
from genoseq.config.schema import ModelSettings
from genoseq.errors import ConfigError
from genoseq.genome.sequences import Codes
from genoseq.inference.fold import FoldedStem, can_fold, fold_stem
from genoseq.inference.readers import reader_of
from genoseq.models.build import SequenceModel
from genoseq.models.bundle import Bundle, load_bundle
from genoseq.models.device import Computed, choose_device, choose_precision
from genoseq.models.encoders import encode_time_first, knows_lengths
from genoseq.models.integers import IntegerEncoder, calibration_codes, check_int8
from genoseq.models.recurrent import RecurrentEncoder
from genoseq.tasks.heads import PerBaseHead
from genoseq.tasks.task import NOT_OF_BASES, token_ids
from genoseq.tokenizers.kmer import KmerTokenizer

Values = NDArray[np.float32]
Told = Literal["values", "logits", "hidden"]


class Predictor:
    """A model made ready to predict.

    It predicts window by window, each on its own strand; a base's prediction is the mean of those
    on both strands, so that the reverse complement has the same values on swapped strands.  Of a
    model with tied strands it is the mean of logits, as in training, otherwise that of values.
    Where one strand is read it is what the forward strand says: half the work, and the reverse
    complement has other values, though near to them where a model was taught both strands.

    Parameters
    ----------
    bundle
        The model and what it was trained for.
    device
        ``cpu`` or ``cuda``; by default a GPU where one is visible.
    precision
        ``auto`` (bf16 where the device computes in it, and on a CPU the encoder gains from it),
        ``bf16``, ``fp32``, or ``int8``: fp32 but for the products of a recurrent encoder.
    folded
        Use look-up tables for the stem where they fit; False runs the module as it was trained,
        which gives the same values up to rounding.
    strands
        ``both`` or ``one``; None: those of the model's settings.

    Attributes
    ----------
    strands
        Which are read: ``both``, or ``one``, the forward strand.

    Raises
    ------
    BackendError
        If the device or precision cannot be had here, with the reason.
    ConfigError
        If the model says nothing of bases; if it reads both strands whatever is asked for.
    """

    def __init__(
        self,
        bundle: Bundle,
        device: str | None = None,
        precision: AskedPrecision = "auto",
        folded: bool = True,
        strands: AskedStrands | None = None,
    ) -> None:
        if not bundle.task.of_bases:
            raise bundle.task.refusal(NOT_OF_BASES)
        self.task, self.context = bundle.task, bundle.context
        self.settings = settings = bundle.settings
        self.stride = settings.stride
        self.strands = strands or settings.strands
        if self.strands == "one" and (settings.tied_strands or self.task.reads_bases):
            why = "has tied strands" if settings.tied_strands else f"is a {self.task.name}"
            raise ConfigError(f"strands one: the model {why} and reads both: leave strands out")
        self.device, chosen = choose_computing(settings, device, precision)
        self.dtype = torch.bfloat16 if chosen == "bf16" else torch.float32
        model = deepcopy(bundle.model).eval().requires_grad_(False)
        self.tied = settings.tied_strands
        offset = deepcopy(bundle.model.offset)
        self._offset = None if offset is None else offset.float().requires_grad_(False)
        self._tokenizer = KmerTokenizer(settings.tokenizer.k, settings.tokenizer.stride)
        self._stem: FoldedStem | None = None
        if folded and can_fold(settings) and not self.task.reads_bases:
            self._stem = fold_stem(model, settings).to(self.device, self.dtype)
        self._model = model.to(self.device, self.dtype)
        if chosen == "int8":
            assert isinstance(model.encoder, RecurrentEncoder)
            vectors = self.vectors(calibration_codes(self.stride))
            encoder = model.encoder = IntegerEncoder(model.encoder, vectors)
            if self._stem is not None:
                self._stem = self._stem.as_bytes(*encoder.inputs)
        head = self._head = deepcopy(model.head)
        self._head_type = torch.float32 if self.task.exact else self.dtype
        head.to(self.device, self._head_type)
        in_bytes = chosen == "int8" and isinstance(head, PerBaseHead) and not self.task.exact
        self._states_type = torch.uint8 if in_bytes else self.dtype
        self._read = reader_of(head, self._states_type)

    @torch.inference_mode()
    def __call__(
        self,
        codes: Codes,
        told: Told = "values",
        bases: NDArray[np.int64] | None = None,
        wanted: range | None = None,
    ) -> Values:
        """Predictions for every base of windows, as the model makes them on that strand alone.

        Parameters
        ----------
        codes
            Base codes, shape (R, W), W a multiple of the model's stride; N outside contigs.
        told
            ``values``: what the task's outputs stand for, but the logits of a model with tied
            strands, see :meth:`mean`; ``logits``: the S outputs themselves; ``hidden``: the D
            hidden states of the encoder, the same for all bases of a step.
        bases
            How many of each row are its window, multiples of the stride, shape (R,); the rest fills
            the batch up, and what is predicted there has no meaning.  None: all.
        wanted
            Which of the W bases are asked for; what is predicted for others may have no meaning.
            None: all.

        Returns
        -------
        Shape (S, R, W), or (D, R, W).

        Raises
        ------
        ConfigError
            If it is none of these; if logits are asked for of a task that reads bases, as those of
            a language model are of words.
        """
        if told not in get_args(Told):
            raise ConfigError(f"output {told!r}: use {', '.join(get_args(Told))}")
        windows = torch.from_numpy(codes).to(self.device)
        if self.task.reads_bases and told != "hidden":
            return self._of_bases(windows, told, bases)
        steps = None if wanted is None else self._steps(wanted)
        states = self.dtype if told == "hidden" else self._states_type
        hidden = self._hidden(self._vectors(windows), bases, codes.shape[1], steps, states)
        return self.read(hidden, told, steps)

    @torch.inference_mode()
    def read(self, hidden: Tensor, told: Told = "values", wanted: range | None = None) -> Values:
        """What is told of hidden states (T, R, D), time first: shape (S, R, T * stride); of steps
        that are not wanted it may have no meaning."""
        predicted: Values = self._told(hidden, told, wanted).cpu().numpy()
        return predicted

    @torch.inference_mode()
    def vectors(self, codes: Codes) -> Tensor:
        """What the encoder reads of windows (R, W): vectors (T, R, E), time first."""
        return self._vectors(torch.from_numpy(codes).to(self.device))

    @property
    def network(self) -> SequenceModel:
        """The network, without gradients, on the device and in the number format it computes in."""
        return self._model

    def _told(self, hidden: Tensor, told: Told, wanted: range | None) -> Tensor:
        """What is told of hidden states (T, R, D): shape (S or D, R, T * stride)."""
        if told == "hidden":
            return hidden.float().permute(2, 1, 0).repeat_interleave(self.stride, 2)
        if told == "logits" or self.tied:  # of tied strands logits are averaged first
            return self._read(hidden, wanted)
        if self.task.softmax:
            return self._read(hidden, wanted, softmax=True)
        return self.task.values(self._read(hidden, wanted), dim=0)

    def _of_bases(self, codes: Tensor, told: Told, bases: NDArray[np.int64] | None) -> Values:
        """Values (S, R, W) of a task that reads bases."""
        if told == "logits":
            raise ConfigError(f"a {self.task.name} has no logits of bases: use values or hidden")

        def network(ids: Tensor) -> Tensor:
            hidden = self._hidden(self._model.embed(ids).transpose(0, 1), bases, codes.shape[1])
            return cast(Tensor, self._head(hidden.transpose(0, 1).to(self._head_type)))

        values = self.task.predicted(network, self._tokenizer, codes)
        told_values: Values = values.permute(2, 0, 1).float().cpu().numpy()
        return told_values

    @property
    def read_strands(self) -> tuple[Literal["+", "-"], ...]:
        """The strands whose windows are predicted."""
        return ("+",) if self.strands == "one" else ("+", "-")

    def mirrored(self, predicted: Values, told: Told = "values") -> Values:
        """Predictions (S, L) of the reverse strand, in the forward strand's order and names."""
        turned = predicted[:, ::-1]
        return turned if told == "hidden" else turned[self.task.mirror]

    def mean(self, plus: Values, minus: Values, told: Told = "values") -> Values:
        """What is predicted for bases, of both strands' predictions (S, L), forward in order."""
        mean: Values = plus + minus
        mean *= np.float32(0.5)
        if told != "values" or not self.tied:
            return mean
        # In double precision neither the order of states nor a base's place in the array shows.
        logits = torch.from_numpy(mean).double()
        values: Values = self.task.values(logits, dim=0).float().numpy()
        return values

    @property
    def takes_control(self) -> bool:
        """Whether the model has learned what controls say, see :mod:`genoseq.tasks.control`."""
        return self._offset is not None

    def controlled(self, logits: Values, controls: Values) -> Values:
        """What :meth:`__call__` tells as values of logits (S, L), given controls (L, S)."""
        assert self._offset is not None
        outputs = self._offset(torch.from_numpy(logits.T), torch.from_numpy(controls)).T
        told = outputs if self.tied else self.task.values(outputs, dim=0)
        values: Values = told.float().numpy()
        return values

    @property
    def takes_any_lengths(self) -> bool:
        """Whether windows of different lengths may be rows of a batch."""
        return knows_lengths(self._model.encoder)

    def _steps(self, bases: range) -> range:
        """Those that bases lie in."""
        return range(bases.start // self.stride, -(-bases.stop // self.stride))

    def _vectors(self, codes: Tensor) -> Tensor:
        """Vectors (T, R, E) of windows (R, W), time first."""
        if self._stem is not None:
            return self._stem(codes)
        return self._model.embed(token_ids(self._tokenizer, codes)).transpose(0, 1)

    def _hidden(
        self,
        steps: Tensor,
        bases: NDArray[np.int64] | None,
        width: int,
        wanted: range | None = None,
        told: torch.dtype | None = None,
    ) -> Tensor:
        """Hidden states (T, R, D) of vectors (T, R, E), where rows may have fewer bases and steps
        may be wanted; those of an encoder in int8 may be ``told`` as bytes."""
        lengths = None
        if bases is not None and (bases != width).any():
            lengths = torch.from_numpy(bases // self.stride).to(self.device)
        if told == torch.uint8:
            encoder = cast(IntegerEncoder, self._model.encoder)
            return encoder.time_first(steps, lengths, wanted, told)
        return encode_time_first(self._model.encoder, steps, lengths, wanted)


def bundle_of(model: Bundle | str | Path) -> Bundle:
    """The model itself, or that of a bundle's folder.

    Raises
    ------
    ConfigError
        If it is neither.
    BundleError
        As :func:`genoseq.models.bundle.load_bundle`.
    """
    if isinstance(model, Bundle):
        return model
    if isinstance(model, str | Path):
        return load_bundle(model)
    raise ConfigError(f"a {type(model).__name__} is no model: give a bundle or its folder")


def choose_computing(
    settings: ModelSettings,
    device: str | None = None,
    precision: AskedPrecision = "auto",
) -> tuple[torch.device, Computed]:
    """Device and number format in which a :class:`Predictor` computes."""
    chosen = choose_device(device)
    if precision == "int8":
        check_int8(settings.encoder, chosen)
        return chosen, precision
    if (precision, chosen.type) == ("auto", "cpu") and not settings.encoder.gains_from_bf16():
        precision = "fp32"
    return chosen, choose_precision(chosen, precision).precision
