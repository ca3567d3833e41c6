"""The decoder's weights: plain numbers in ``genes.json`` of a bundle, learned by ``fit-genes``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genoseq.errors import BundleError
from genoseq.files.atomic import atomic_file
from genoseq.files.stored import check_seal, read_json, sealed
from genoseq.genes.features import CONTEXT_FEATURES, GENE_FEATURES, START_FEATURES, Matrix

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Network:
    """A small network: standardised inputs, hidden layers of tanh, one logit.

    Attributes
    ----------
    mean, scale
        Of each input.
    layers
        Weights (inputs, outputs) and biases (outputs,) of each layer.
    """

    mean: Matrix
    scale: Matrix
    layers: tuple[tuple[Matrix, Matrix], ...]

    def logits(self, inputs: Matrix) -> Matrix:
        """Shape (n, inputs) to (n,)."""
        hidden = ((inputs - self.mean) / self.scale).clip(-8, 8)
        for number, (weights, biases) in enumerate(self.layers):
            hidden = hidden @ weights + biases
            if number < len(self.layers) - 1:
                hidden = np.tanh(hidden)
        return hidden[:, 0]


def mean_network(networks: Sequence[Network]) -> Network:
    """One network whose logits are the mean of those of some, of the same inputs and sizes."""
    first = networks[0]
    layers = []
    for number in range(len(first.layers)):
        matrices = [each.layers[number][0] for each in networks]
        biases = [each.layers[number][1] for each in networks]
        if number == len(first.layers) - 1:
            layers.append((np.concatenate(matrices) / len(networks), np.mean(biases, axis=0)))
        else:
            matrix = np.concatenate(matrices, axis=1) if number == 0 else _apart(matrices)
            layers.append((matrix, np.concatenate(biases)))
    return Network(first.mean, first.scale, tuple(layers))


def _apart(matrices: Sequence[Matrix]) -> Matrix:
    """Matrices of one shape along a diagonal, 0 elsewhere."""
    rows, columns = matrices[0].shape
    joined = np.zeros((len(matrices), rows, len(matrices), columns))
    for number, matrix in enumerate(matrices):
        joined[number, :, number] = matrix
    return joined.reshape(len(matrices) * rows, len(matrices) * columns)


@dataclass(frozen=True, slots=True)
class DecoderWeights:
    """All that is learned once, on genomes whose genes are known.

    Attributes
    ----------
    starts
        Weight of each of :data:`~genoseq.genes.features.START_FEATURES` in the choice of a start.
    alone
        Gene or not, by :data:`~genoseq.genes.features.GENE_FEATURES`.
    among
        The same, by these and :data:`~genoseq.genes.features.CONTEXT_FEATURES`.
    genes_calibration, starts_calibration
        Slope and offset of the log-odds that become ``conf``, and what is taken off for each
        halving of a gene that is shorter than 150 bp; slope of those of a start.
    bias
        Nats that are added to the score of every candidate when genes are chosen: annotations lack
        genes, and a gene that is missed costs more bases than one too many.  Of 0.7 to 2, 1.5 had
        the best mean F1 of bases of six genomes, and found the most genes of those that had.
    """

    starts: Matrix
    alone: Network
    among: Network
    genes_calibration: tuple[float, float, float] = (1.0, 0.0, 0.0)
    starts_calibration: float = 1.0
    bias: float = 1.5


def save_weights(path: Path, weights: DecoderWeights, facts: dict[str, Any] | None = None) -> None:
    """Write weights as JSON, with facts on where they come from."""
    data = {
        "format": _FORMAT,
        "start_features": list(START_FEATURES),
        "starts": _rounded(weights.starts),
        "gene_features": list(GENE_FEATURES + CONTEXT_FEATURES),
        "alone": _network_json(weights.alone),
        "among": _network_json(weights.among),
        "genes_calibration": list(weights.genes_calibration),
        "starts_calibration": weights.starts_calibration,
        "bias": weights.bias,
        "fitted": facts or {},
    }
    with atomic_file(path) as partial:
        partial.write_text(json.dumps(sealed(data), allow_nan=False) + "\n")


def fitted_facts(path: Path) -> dict[str, Any]:
    """What a file of weights, which can be loaded, says of where they come from."""
    return dict(read_json(path)["fitted"])


def load_weights(path: Path) -> DecoderWeights:
    """Weights of a file.

    Raises
    ------
    BundleError
        If it cannot be read, is damaged, or is made for other features.
    """
    try:
        data = read_json(path)
    except OSError as error:
        raise BundleError(
            f"{path}: cannot be read ({error.strerror}): genoseq fit-genes makes it"
        ) from None
    except ValueError as error:
        raise BundleError(f"{path}: not JSON: {error}") from None
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise BundleError(f"{path}: no decoder's weights of format {_FORMAT}: fit them again")
    names = list(START_FEATURES), list(GENE_FEATURES + CONTEXT_FEATURES)
    if (data.get("start_features"), data.get("gene_features")) != names:
        raise BundleError(f"{path}: made for other features than this version has: fit them again")
    try:
        weights = DecoderWeights(
            np.array(data["starts"], np.float64),
            _network(data["alone"]),
            _network(data["among"]),
            _three(data["genes_calibration"]),
            float(data["starts_calibration"]),
            float(data["bias"]),
        )
        _check(weights)
        check_seal(data)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise BundleError(f"{path}: damaged ({error!r}): fit the weights again") from None
    return weights


def _check(weights: DecoderWeights) -> None:
    inputs = len(GENE_FEATURES)
    if weights.starts.shape != (len(START_FEATURES),):
        raise ValueError(f"{weights.starts.shape} weights of starts")
    for network, wide in ((weights.alone, inputs), (weights.among, inputs + len(CONTEXT_FEATURES))):
        if network.mean.shape != (wide,) or network.scale.shape != (wide,):
            raise ValueError(f"a network of {network.mean.shape} inputs")
        if not (network.scale > 0).all():
            raise ValueError("a scale that is not above 0")
        network.logits(np.zeros((1, wide)))


def _three(values: Sequence[Any]) -> tuple[float, float, float]:
    slope, offset, short = map(float, values)
    return slope, offset, short


def _rounded(values: Matrix) -> Any:
    return np.asarray(values).round(6).tolist()


def _network_json(network: Network) -> dict[str, Any]:
    layers: Sequence[Any] = [[_rounded(w), _rounded(b)] for w, b in network.layers]
    return {"mean": _rounded(network.mean), "scale": _rounded(network.scale), "layers": layers}


def _network(data: Any) -> Network:
    layers = tuple((np.array(w, np.float64), np.array(b, np.float64)) for w, b in data["layers"])
    return Network(np.array(data["mean"], np.float64), np.array(data["scale"], np.float64), layers)
