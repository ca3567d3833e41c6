"""Part of ``transcription_starts.py``: -10 and -35 boxes as weight matrices, aligned by EM.

A start has a -10 box some bp before it, and a -35 box a spacer before that; which is where in
training starts is not known, and summed over (Lawrence and Reilly 1990).  Both matrices, where the
-10 box begins, the spacer, and the bases around the start are learned together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from site_table import Floats, log_odds, matrix_scores

from genoseq.genome.sequences import Codes

BEFORE, AFTER = 50, 6
"""bp of a training word before its start and from it on."""
BOX = 6
TENS = range(-16, -7)
"""Where the -10 box may begin, from the start on."""
SPACERS = range(14, 21)
"""bp between the boxes."""
INITIATOR = (3, 3)
"""bp before the start and from it on."""
CONSENSUS = {"ten": "TATAAT", "thirty_five": "TTGACA"}
ROUNDS = 30


@dataclass(frozen=True)
class Promoter:
    """Weight matrices in nats, and log-probabilities of places (tens, spacers)."""

    ten: Floats
    thirty_five: Floats
    start: Floats
    places: Floats

    def scores(self, codes: Codes) -> NDArray[np.float64]:
        """Log-odds in nats of a start at each base, (L,): N where words leave the sequence."""
        padded, length = np.pad(codes, (BEFORE, AFTER), constant_values=4), len(codes)
        tens = np.exp(matrix_scores(padded, self.ten)).astype(np.float32)
        boxes = np.exp(matrix_scores(padded, self.thirty_five)).astype(np.float32)
        shares, total = np.exp(self.places), np.zeros(length)
        for row, ten in zip(shares, TENS, strict=True):
            upstream = np.zeros(length, np.float32)
            for share, spacer in zip(row, SPACERS, strict=True):
                upstream += np.float32(share) * boxes[BEFORE + ten - spacer - BOX :][:length]
            total += tens[BEFORE + ten :][:length] * upstream
        before, _ = INITIATOR
        around = matrix_scores(padded, self.start)[BEFORE - before :][:length]
        found: NDArray[np.float64] = np.log(total) + around
        return found


def learn(words: Codes, background: Floats) -> Promoter:
    """Of words (N, BEFORE + AFTER) whose start is base BEFORE, by EM from the consensus."""
    before, after = INITIATOR
    start = log_odds(words[:, BEFORE - before : BEFORE + after], background)
    ten, thirty_five = (_begin(text, background) for text in CONSENSUS.values())
    tens = BEFORE + np.array(TENS)
    boxes = tens[:, None] - np.array(SPACERS) - BOX
    places = np.full(boxes.shape, -np.log(boxes.size))
    for _ in range(ROUNDS):
        at_ten, at_box = _scores(words, ten), _scores(words, thirty_five)
        terms = places + at_ten[:, tens, None] + at_box[:, boxes]
        shares = np.exp(terms - np.logaddexp.reduce(terms, (1, 2), keepdims=True))
        ten = _odds(_counted(words, tens, shares.sum(2)), background)
        flat = shares.reshape(len(words), -1)
        thirty_five = _odds(_counted(words, boxes.reshape(-1), flat), background)
        together = shares.sum(0) + 1
        places = np.log(together / together.sum())
    return Promoter(ten, thirty_five, start, places)


def _scores(words: Codes, matrix: Floats) -> Floats:
    """Of a box that begins at each base of words (N, W): (N, W - BOX + 1)."""
    padded = np.concatenate([matrix, np.zeros((BOX, 1))], 1)
    length = words.shape[1] - BOX + 1
    found = np.zeros((len(words), length))
    for at, row in enumerate(padded):
        found += row[words[:, at : at + length]]
    return found


def _begin(consensus: str, background: Floats) -> Floats:
    """Half of the words have each letter of the consensus."""
    letters = np.eye(4)[["ACGT".index(letter) for letter in consensus]]
    return np.log((0.5 * letters + 0.5 * background) / background)


def _counted(words: Codes, begins: NDArray[np.int64], weights: Floats) -> Floats:
    """Bases (BOX, 4) of words (N, W) from places (P,) on, weighed (N, P)."""
    rows = [
        np.bincount(words[:, begins + n].reshape(-1), weights.reshape(-1), minlength=5)[:4]
        for n in range(BOX)
    ]
    return np.stack(rows)


def _odds(counts: Floats, background: Floats) -> Floats:
    shares: Floats = counts + background
    return np.log(shares / shares.sum(1, keepdims=True) / background)


def consensus_of(matrix: Floats) -> str:
    """The likeliest letters against the background."""
    return "".join("ACGT"[base] for base in matrix.argmax(1))
