"""Learn the decoder's weights from genomes whose genes are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from genoseq.genes.candidates import Mask
from genoseq.genes.decode import decode, learn_round
from genoseq.genes.features import (
    CONTEXT_FEATURES,
    EVIDENCE,
    GENE_FEATURES,
    START_FEATURES,
    Matrix,
    shortness,
)
from genoseq.genes.fit_starts import (
    Part,
    Said,
    drawn_starts,
    fit_starts,
    said_of_others,
    true_slope,
)
from genoseq.genes.known import Labels
from genoseq.genes.prepare import Genome
from genoseq.genes.weights import DecoderWeights, Network, mean_network

_FIRST = {"content": 0.05, "start codon": 0.8, "motif": 0.8, "positions before, near": 0.4,
          "positions before, far": 0.4, "positions behind": 0.3, "chain": 0.1,
          "gap to the gene before": 0.5, "rank": -0.2}  # fmt: skip
"""Weights of starts to begin with."""
_HIDDEN = (32, 16)
_STEPS, _BATCH = 2000, 512
_NETWORKS = 3
"""Networks that are trained, from other weights and in another order, to be averaged."""


@dataclass(frozen=True, slots=True)
class Example:
    """A genome to learn from."""

    genome: Genome
    labels: Labels


def fit_weights(
    examples: Sequence[Example],
    seed: int = 1,
    passes: int = 2,
    steps: int = _STEPS,
    genomes: int | None = None,
) -> DecoderWeights:
    """Weights under which the known genes of all genomes are chosen.

    Parameters
    ----------
    examples
        One of each genome, and then perhaps another one of each, in the same order.
    genomes
        How many there are; None: as many as examples.
    passes
        How often the genomes are decoded by the weights so far, to learn from what that gives.
    steps
        Of the training of each network.
    """
    starts = np.array([_FIRST.get(name, 0.0) for name in START_FEATURES])
    weights = DecoderWeights(starts, _content_alone(), _content_among())
    genome_of = [index % (genomes or len(examples)) for index in range(len(examples))]
    for number in range(passes):
        decoded = [decode(example.genome, weights, rounds=2) for example in examples]
        parts = [
            (one.genome.candidates, found.last.starts, one.labels)
            for one, found in zip(examples, decoded, strict=True)
        ]
        starts = fit_starts(parts)
        rounds = [learn_round(found.genome, found.chosen, starts) for found in decoded]
        labels = [example.labels for example in examples]
        genes = [found.genes for found in rounds]
        context = [np.concatenate([found.genes, found.context], axis=1) for found in rounds]
        alone = fit_network(genes, labels, seed, steps)
        among = fit_network(context, labels, seed, steps)
        weights = DecoderWeights(starts, alone, among)
        if number == passes - 1:
            weights = replace(
                weights,
                genes_calibration=_genes_calibration(context, labels, genome_of, seed, steps),
                starts_calibration=_starts_calibration(
                    [
                        (one.genome.candidates, found.starts, one.labels)
                        for one, found in zip(examples, rounds, strict=True)
                    ],
                    genome_of,
                ),
            )
    return weights


def refine_starts(
    verified: Sequence[Example], annotated: Sequence[Example], weights: DecoderWeights
) -> tuple[DecoderWeights, list[Said]]:
    """The same weights, but those of starts are drawn to verified ones; and what such weights say
    of verified ones that they were not drawn to.

    Annotated starts are a program's or a homologue's, and what they say of sites is blurred: from
    them one learns to trust evidence too little, and the length of genes too much.  Starts known by
    experiment are too few to learn all from, see :func:`genoseq.genes.fit_starts.drawn_starts`.
    ``conf`` and ``start_conf`` are to be calibrated again afterwards.
    """
    shown, held = (
        [
            (one.genome.candidates, decode(one.genome, weights).last.starts, one.labels)
            for one in examples
        ]
        for examples in (verified, annotated)
    )
    kinds = np.array([np.isin(START_FEATURES, names) for names in EVIDENCE])
    starts = drawn_starts(shown, held, weights.starts, kinds)
    return replace(weights, starts=starts), said_of_others(shown, held, weights.starts, kinds)


def recalibrate(
    examples: Sequence[Example],
    weights: DecoderWeights,
    verified: Sequence[Said] = (),
    seed: int = 1,
    steps: int = _STEPS,
) -> DecoderWeights:
    """The same weights, whose probabilities are those of annotated genomes, called by them, and of
    starts midway to those of ``verified`` ones, as :func:`refine_starts` gives them."""
    decoded = [decode(example.genome, weights) for example in examples]
    labels = [example.labels for example in examples]
    context = [
        np.concatenate([one.last.genes, one.last.context], axis=1).astype(np.float64)
        for one in decoded
    ]
    told = [
        (one.genome.candidates, one.last.log_shares, each)
        for one, each in zip(decoded, labels, strict=True)
        if (each.start >= 0).any()
    ]
    return replace(
        weights,
        genes_calibration=_genes_calibration(context, labels, range(len(labels)), seed, steps),
        starts_calibration=true_slope(told, verified),
    )


def _halves(genome_of: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Examples to learn from and to look at, of other genomes: each is looked at once.

    Of one genome alone there are no others.
    """
    rank = {genome: index for index, genome in enumerate(dict.fromkeys(genome_of))}
    halves: tuple[list[int], list[int]] = ([], [])
    for index, genome in enumerate(genome_of):
        halves[rank[genome] % 2].append(index)
    even, odd = halves
    return [(even, odd), (odd, even)] if odd else [(even, even)]


def _genes_calibration(
    matrices: Sequence[Matrix],
    labels: Sequence[Labels],
    genome_of: Sequence[int],
    seed: int,
    steps: int,
) -> tuple[float, float, float]:
    """What makes log-odds of genes true on genomes that were not learned from."""
    logits, true, short = [], [], []
    for learned, judged in _halves(genome_of):
        network = fit_network(
            [matrices[i] for i in learned], [labels[i] for i in learned], seed, steps
        )
        for index in judged:
            found = network.logits(matrices[index])
            kept = (labels[index].weight > 0) & (found > 0)
            logits.append(found[kept])
            true.append(labels[index].gene[kept])
            short.append(shortness(matrices[index][kept]))
    return platt(np.concatenate(logits), np.concatenate(true), np.concatenate(short))


def platt(
    logits: NDArray[np.float64], true: Mask, short: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Slope and offset of a logistic regression on logits (Platt, 1999), by Newton's method, and
    what is taken off for each unit of ``short``.

    Drawn weakly to 1 and 0, so that a few genes without a mistake do not make it sure.
    """
    inputs = np.stack([logits.clip(-20, 20), np.ones(len(logits)), -short], axis=1)
    first = found = np.array([1.0, 0.0, 0.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-(inputs @ found).clip(-30, 30)))
        slope = inputs.T @ (true - p) - (found - first)
        curve = (inputs * (p * (1 - p))[:, None]).T @ inputs + np.eye(3)
        # Short steps: where few are wrong, a whole one may lead far beyond the optimum.
        found = found + np.linalg.solve(curve, slope).clip(-0.3, 0.3)
    return max(float(found[0]), 0.05), float(found[1]), float(found[2])


def _starts_calibration(parts: Sequence[Part], genome_of: Sequence[int]) -> float:
    """Slope of the log-odds of starts under which they are true, learned as above."""
    told = [index for index, part in enumerate(parts) if (part[2].start >= 0).any()]
    parts, genome_of = [parts[i] for i in told], [genome_of[i] for i in told]
    judged_parts = []
    for learned, judged in _halves(genome_of):
        weights = fit_starts([parts[i] for i in learned])
        judged_parts += [(parts[i][0], parts[i][1] @ weights, parts[i][2]) for i in judged]
    return true_slope(judged_parts)


def fit_network(
    matrices: Sequence[Matrix], labels: Sequence[Labels], seed: int, steps: int = _STEPS
) -> Network:
    """Gene or not: the mean of small networks, genomes weighed alike."""
    return mean_network(
        [_small_network(matrices, labels, seed + n, steps) for n in range(_NETWORKS)]
    )


def _small_network(
    matrices: Sequence[Matrix], labels: Sequence[Labels], seed: int, steps: int
) -> Network:
    inputs = np.concatenate(matrices)
    target = np.concatenate([each.gene for each in labels]).astype(np.float64)
    weight = np.concatenate([each.weight / max(each.weight.sum(), 1) for each in labels])
    known = weight > 0
    mean, scale = inputs[known].mean(0), inputs[known].std(0) + 1e-6
    standard = torch.from_numpy(((inputs[known] - mean) / scale).clip(-8, 8)).float()
    goal = torch.from_numpy(target[known]).float()
    share = torch.from_numpy(weight[known] / weight[known].mean()).float()
    generator = torch.Generator().manual_seed(seed)
    sizes = (inputs.shape[1], *_HIDDEN, 1)
    layers = [
        (torch.randn(a, b, generator=generator) / a**0.5, torch.zeros(b))
        for a, b in pairwise(sizes)
    ]
    parameters = [each.requires_grad_() for layer in layers for each in layer]
    optimizer = torch.optim.AdamW(parameters, lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=steps)
    for _ in range(steps):
        batch = torch.randint(len(goal), (_BATCH,), generator=generator)
        hidden = standard[batch]
        for number, (matrix, bias) in enumerate(layers):
            hidden = hidden @ matrix + bias
            hidden = torch.tanh(hidden) if number < len(layers) - 1 else hidden
        loss = nn.functional.binary_cross_entropy_with_logits(
            hidden[:, 0], goal[batch], share[batch]
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    plain = tuple((m.detach().double().numpy(), b.detach().double().numpy()) for m, b in layers)
    return Network(mean, scale, plain)


def _content_alone() -> Network:
    return _content_network(len(GENE_FEATURES))


def _content_among() -> Network:
    return _content_network(len(GENE_FEATURES) + len(CONTEXT_FEATURES))


def _content_network(inputs: int) -> Network:
    """A gene where the content of the best start is more than 15 nats: to begin with."""
    matrix = np.zeros((inputs, 1))
    matrix[0, 0] = 2.0
    return Network(np.zeros(inputs), np.ones(inputs), ((matrix, np.array([-3.0])),))
