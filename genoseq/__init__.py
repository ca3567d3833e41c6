"""genoseq: sequence models for genomes, from FASTA to per-base tracks.

The names below are loaded when first used (PEP 562), so ``import genoseq`` costs nothing and
imports no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genoseq.genome.regions import Region
    from genoseq.genome.tracks import Channel, Track
    from genoseq.inference.score import score
    from genoseq.models.bundle import load_bundle
    from genoseq.readers.fasta import open_fasta

__version__ = "0.1.0"

_HOME = {
    "BundleError": "genoseq.errors",
    "Channel": "genoseq.genome.tracks",
    "Region": "genoseq.genome.regions",
    "Track": "genoseq.genome.tracks",
    "load_bundle": "genoseq.models.bundle",
    "fit": "genoseq.training.fit",
    "open_fasta": "genoseq.readers.fasta",
    "predict": "genoseq.inference.sequence",
    "score": "genoseq.inference.score",
}

__all__ = ["Channel", "Region", "Track", "__version__", "load_bundle", "open_fasta", "score"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'genoseq' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
