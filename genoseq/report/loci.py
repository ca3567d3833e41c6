"""Where a model is most wrong: the stretches that people look at first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ErrorKind = Literal["FP", "FN"]


@dataclass(frozen=True)
class Locus:
    """A stretch where a model calls what is not labelled, or misses what is.

    Attributes
    ----------
    genome, model
        Whose bases they are, and who read them.
    chrom, start, end
        Interval, 0-based half-open.
    name, strand
        Class, and + - or . where it has none.
    kind
        FP: called, not labelled; FN: labelled, not called.
    bases
        How many are wrong.
    mean
        Probability of the class, mean over them.
    """

    genome: str
    model: str
    chrom: str
    start: int
    end: int
    name: str
    strand: str
    kind: ErrorKind
    bases: int
    mean: float
