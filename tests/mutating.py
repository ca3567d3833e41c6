"""Small random models and sequences that are mutated, by genoseq and from scratch."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.genome.regions import Region
from genoseq.genome.schemes import cds_phase_scheme, signal_scheme
from genoseq.genome.sequences import Codes, N
from genoseq.inference.predict import Predictor
from genoseq.inference.sequence import OneSequence
from genoseq.inference.strands import predict_regions
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle
from genoseq.tasks.heads import PerBaseHead
from genoseq.tasks.per_base import PerBase
from genoseq.variants.mutagenesis import Mutagenesis
from genoseq.variants.mutations import Mutations, joined
from genoseq.variants.targets import Seen, Target, parse_targets

TRANSFORMER = {"family": "transformer", "layers": 2, "width": 16, "heads": 2, "window": 5}
MODELS: dict[str, dict[str, Any]] = {
    "lstm": {"encoder": {"width": 16}},
    "lstm, three layers": {"encoder": {"layers": 3, "width": 8}},
    "gru, two layers": {"encoder": {"family": "gru", "layers": 2, "width": 16}},
    "one direction, codons": {
        "stem": None,
        "tokenizer": {"k": 3, "stride": 3},
        "encoder": {"family": "rnn", "bidirectional": False, "layers": 2, "width": 16},
    },
    "even k": {"tokenizer": {"k": 4}, "encoder": {"width": 16}},
    "bases": {"stem": None, "tokenizer": {"k": 1}, "encoder": {"width": 16}},
    "one strand": {"encoder": {"width": 16}, "strands": "one"},
    "tied": {"encoder": {"width": 16}, "tied_strands": True},
    "transformer": {"encoder": TRANSFORMER},
    "registers": {"encoder": TRANSFORMER | {"registers": 2}},
}
CODES = np.random.default_rng(4).integers(0, 4, 1_900).astype(np.uint8)
CODES[1_190:1_193] = N


def bundle_of(name: str, context: int = 96, signal: bool = False) -> Bundle:
    chosen = parse_settings(ModelSettings, {"embedding": 8} | MODELS[name])
    torch.manual_seed(0)
    scheme = signal_scheme([("a", "+"), ("a", "-"), ("b", ".")]) if signal else cds_phase_scheme()
    task = PerBase(scheme)
    model = build_model(chosen, task).eval()
    with torch.no_grad():
        cast(PerBaseHead, model.head).projection.weight *= 8
    return Bundle(model, chosen, task, context)


def predictor_of(name: str, signal: bool = False) -> Predictor:
    return Predictor(bundle_of(name, signal=signal), "cpu", "fp32")


def mutated_by(
    predictor: Predictor,
    codes: Codes,
    region: tuple[int, int],
    seen: Seen,
    targets: tuple[Target, ...] | None = None,
    carry: bool = True,
) -> Mutations:
    """What every substitution of a region changes."""
    output = predictor.task.output()
    own = targets or parse_targets([], output.channels)
    mutagenesis = Mutagenesis(predictor, OneSequence(codes), output, own, seen, carry)
    return joined(list(mutagenesis([Region("sequence", *region)])))


def scored(predictor: Predictor, codes: Codes) -> Any:
    """Values (C, L) of a sequence, from scratch."""
    whole = [Region("sequence", 0, len(codes))]
    pieces = predict_regions(predictor, OneSequence(codes), whole)
    values = np.concatenate([piece.values for piece in pieces], axis=1)
    return np.where(codes == N, np.nan, predictor.task.output().values(values))
