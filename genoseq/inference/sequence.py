"""What a model says of a sequence that is in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genoseq.config.base import AskedPrecision
from genoseq.errors import RegionError
from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes, N, encode
from genoseq.inference.predict import Predictor, Told, Values, bundle_of
from genoseq.inference.strands import predict_regions
from genoseq.models.bundle import Bundle

_NAME = "sequence"


class OneSequence:
    """A genome of one contig, in memory."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self.lengths: Mapping[str, int] = {_NAME: len(codes)}

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """Bases ``start <= i < end``, shape (end - start,)."""
        del chrom
        return self._codes[start:end]


def predict(
    model: Bundle | Predictor | str | Path,
    sequence: str | bytes | NDArray[np.integer],
    output: Told = "values",
    *,
    device: str | None = None,
    precision: AskedPrecision = "auto",
) -> NDArray[np.float32]:
    """What a model says of each base of a sequence, both strands averaged.

    Parameters
    ----------
    model
        A bundle, its folder, or a :class:`~genoseq.inference.predict.Predictor`, which is made
        once for many sequences.
    sequence
        Letters in any case, or codes (A 0, C 1, G 2, T 3, N 4) of shape (L,), L of any length.
    output
        ``values``: those of the tracks, in the order of ``bundle.task.output().channels``:
        probabilities of classes by strand, or signals.  ``logits``: of each of the S outputs.
        ``hidden``: the encoder's hidden states, which embed the sequence.
    device, precision
        See :class:`~genoseq.inference.predict.Predictor`.

    Returns
    -------
    float32, shape (L, C), (L, S) or (L, D); NaN where a base is N.  Values are those that scoring
    gives to a contig of this sequence, before they are rounded.

    Raises
    ------
    InputFormatError
        If a letter is no nucleotide.
    RegionError
        If an array is not one of codes, or there is no base.
    """
    predictor = (
        model if isinstance(model, Predictor) else Predictor(bundle_of(model), device, precision)
    )
    genome = OneSequence(_codes(sequence))
    whole = [Region(_NAME, 0, genome.lengths[_NAME])]
    channels = predictor.task.output().values if output == "values" else _as_they_are
    pieces = [
        np.where(piece.codes == N, np.float32(np.nan), channels(piece.values))
        for piece in predict_regions(predictor, genome, whole, output)
    ]
    if not pieces:
        raise RegionError("the sequence is empty: give one base at least")
    return np.ascontiguousarray(np.concatenate(pieces, axis=1).T, np.float32)


def _as_they_are(values: Values) -> Values:
    return values


def _codes(sequence: str | bytes | NDArray[np.integer]) -> Codes:
    if isinstance(sequence, str):
        sequence = sequence.encode("ascii", "replace")
    if isinstance(sequence, bytes):
        return encode(sequence)
    codes = np.asarray(sequence)
    if codes.ndim != 1 or codes.dtype.kind not in "iu" or (codes.size and not _in_range(codes)):
        raise RegionError(
            f"an array of {codes.dtype}, shape {codes.shape}: give letters, or codes 0 to 4 "
            "(A, C, G, T, N) of shape (L,)"
        )
    return codes.astype(np.uint8)


def _in_range(codes: NDArray[np.integer]) -> bool:
    return bool(codes.min() >= 0 and codes.max() <= N)
