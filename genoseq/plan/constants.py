"""The constants of estimates, measured and printed by ``benchmarks/constants.py``.

Seconds are CPU seconds on one of two shared cores, both at work, of an AMD EPYC with AVX2 and
without bf16 (Zen 3): a plain processor, so that most others take less.  MB are 1e6 bytes of main
memory, on a CPU; torch 2.13.  The costs of each format of tracks are in
:mod:`genoseq.writers.formats`.
"""

from __future__ import annotations

from math import nan
from typing import Literal, NamedTuple

# Rules (part rules; those of contigs: part contigs).
BASES_PER_SECOND = {"extract": 13e6, "tokenize": 4e6, "shards": 200e6, "merge": 27e6}
PAIRED_PER_SECOND = 8e6
"""Bases of the sources of pairs that are put into a store."""
EVALUATED_PER_SECOND = 0.11e6
"""Bases whose metrics are added up, on top of their prediction."""
EVALUATED_MEGABYTES, STATE_MEGABYTES = 54, 28
"""Main memory of figures of classes, and of each state, on top of a prediction's: of 3 Mb of random
probabilities 102 MB with 2 classes and 247 with 8; each has 4 more of a large genome's blocks."""
BASELINES_PER_SECOND = 0.16e6
"""Bases of which baselines of coding sequence are measured."""
BASELINE_SECONDS = 4.0
"""Of what they learn."""
CALLED_PER_SECOND = 0.55e6
"""Bases whose genes are called, on top of their prediction."""
CONTIG_SECONDS = 4e-5
"""Seconds of any command for each contig."""
START_SECONDS = {"torch": 3.7, "plain": 0.6}
"""Seconds before a command begins its work, with and without torch."""
MEGABYTES = {
    "demo": 140, "extract": 87, "tokenize": 72, "shards": 49, "merge": 65, "tracks": 75,
    "report": 92,
}  # fmt: skip
"""Main memory of rules without a model."""
CONTIG_MEGABYTES = 1e-3
"""Memory per contig: its name, lengths and positions."""
BYTES = {"demo": 3e6, "train": 2e4, "evaluate": 5e4, "report": 1e5}
"""Bytes on disk: of a training its logs, of an evaluation that of one model."""
BYTES_PER_BASE = {"extract": 1.02, "shards": 1.0, "genes": 3.9}
CALLING_BYTES = 75
"""Of main memory per base of a genome whose genes are called, on top of a prediction's."""
HUB_PER_SECOND = 5.7e6
"""Bases of one channel in a hub, by ``benchmarks/hubs.py``, with a gene per 1,000 bases."""
HUB_BYTES = 1.5
"""On disk, for each of them, genome and segments included."""
HUB_MEGABYTES = 91
"""Main memory."""
SAVED_BYTES = 20
"""Bytes on disk per weight: the bundle, the best so far, and the last with its optimizer's
state."""


class FamilyCost(NamedTuple):
    """What encoders of a family cost.

    Attributes
    ----------
    scoring, training
        Multiply-adds per second, counting those of all layers as written down.
    start
        MB of a prediction with next to no model; attention loads more of torch.
    number_bytes
        Of an output of a layer in a prediction; attention turns queries and keys and adds up in
        fp32.
    kept_bytes
        That a training holds of each output of a layer.
    like
        Which network of :data:`SPEED_SECONDS` its speeds go with on another processor.
    """

    scoring: float
    training: float
    start: float
    number_bytes: dict[Literal["fp32", "bf16"], float]
    kept_bytes: float
    like: str


# Speeds: part rules.  Memory: part memory; in bf16 on a processor that computes in it.
FAMILIES = {
    "lstm": FamilyCost(17e9, 16e9, 245, {"fp32": 3.4, "bf16": 2.0}, 12, "lstm"),
    "gru": FamilyCost(7.8e9, 6e9, 245, {"fp32": 3.4, "bf16": 2.0}, 12, "lstm"),
    "rnn": FamilyCost(10e9, 9.5e9, 245, {"fp32": 3.4, "bf16": 2.0}, 12, "lstm"),
    "transformer": FamilyCost(8.5e9, 9.5e9, 440, {"fp32": 4.0, "bf16": 3.25}, 10, "transformer"),
    # Speeds: the LSTM's here, times what benchmarks/linear_recurrence.py --layers tells by AVX2.
    # Bytes: of its tensors as they are (a number and its gradient), not fitted.
    "linear": FamilyCost(14e9, 20e9, 245, {"fp32": 4.0, "bf16": 4.0}, 8, "lstm"),
}
UNKNOWN_FAMILY = FamilyCost(nan, nan, nan, {"fp32": nan, "bf16": nan}, nan, "")
"""Of any other: estimates say ``?``."""

SPEED_SECONDS = {
    "plain": 0.043, "lstm scoring fp32": 0.024, "lstm training fp32": 0.034,
    "transformer scoring fp32": 0.12, "transformer training fp32": 0.2,
}  # fmt: skip
"""Seconds of the work of :mod:`genoseq.models.speed` on this processor, by two processes at once
(part speed): another processor's, divided by these, are what its hours are multiplied by."""

# Memory of models (part memory).
TRAINING_MEGABYTES = 475
"""Of a training with next to no batch."""
TRAINED_BYTES = 36
"""In a training, of each weight: itself, its gradient, the optimizer's two numbers, the best, and
copies of them while a checkpoint is written."""
KEPT_TWICE = 0.3
"""Part of the outputs of layers that a training holds whose layers are computed twice."""
LOADING_BYTES = 12
"""Of each weight while a bundle is loaded: its file, its tensors, its network."""
LOADED_BYTES: dict[Literal["fp32", "bf16"], float] = {"fp32": 8, "bf16": 6}
"""Of each weight from then on: the bundle's, and the predictor's own."""

# What the workflow asks a cluster for: chosen, not measured.
FLOOR = 4000
"""MB that a rule asks for at least: the libraries of a GPU, or a million contigs, which no setting
tells, take far more than a small model.  What nobody can estimate asks for it too: raise such a
rule's ``mem_mb`` in the profile."""
MARGIN = 1.5
"""Times the estimate that a rule asks for."""
