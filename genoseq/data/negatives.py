"""Hard negatives: of the bases of no class those count that look like a site, and few others.

A network that sees a thousand bases for each that may be a site learns that nothing is one.  What
looks like a site keeps its label: probabilities are right where sites can be, and elsewhere they
come out higher than they are, by one over the share that is learned.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.config.sampling import NegativesSettings
from genoseq.errors import ConfigError
from genoseq.genome.schemes import UNKNOWN_LABEL, Scheme

_BASES = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT",
    "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip
"""Bases that a letter of IUPAC stands for."""


def check_negatives(scheme: Scheme) -> None:
    """ConfigError if labels are of no classes."""
    if scheme.kind == "signal":
        raise ConfigError("training.negatives: are bases of no class, these labels are signals")


def in_motif(codes: NDArray[np.uint8], motif: str) -> NDArray[np.bool_]:
    """Which bases (B, L), A 0 to T 3 and N 4, lie in a motif on either strand."""
    found = np.zeros(codes.shape, bool)
    allowed = [["ACGT".index(base) for base in _BASES[letter]] for letter in motif]
    back = [[3 - code for code in codes_] for codes_ in reversed(allowed)]
    length = codes.shape[1] - len(motif) + 1
    for letters in (allowed, back):
        begins = np.ones((len(codes), max(length, 0)), bool)
        for at, own in enumerate(letters):
            begins &= np.isin(codes[:, at : at + length], own)
        for at in range(len(motif)):
            found[:, at : at + length] |= begins
    return found


def with_negatives(
    labels: Tensor,
    codes: Tensor,
    settings: NegativesSettings,
    scheme: Scheme,
    drawn: NDArray[np.float64],
) -> Tensor:
    """Labels (B, L) or (B, L, S), unknown of most bases (B, L) of no class and no motif.

    ``drawn``: numbers from 0 to 1 by which bases are chosen, (B, L).
    """
    bases = codes.numpy()
    looks = np.logical_or.reduce([in_motif(bases, motif) for motif in settings.motifs])
    left_out = torch.from_numpy(~looks & (drawn >= settings.others))
    if scheme.kind == "independent":
        left_out = (left_out & (labels == 0).all(2))[..., None]
    else:
        left_out = left_out & (labels == 0)
    return labels.masked_fill(left_out, UNKNOWN_LABEL)
