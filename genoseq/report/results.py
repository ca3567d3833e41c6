"""The results of a run, read from its folders: bundles, evaluations, stores, tracks, genes.

No torch here: a bundle's facts are in its ``config.json``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from genoseq.errors import InputFormatError
from genoseq.extraction.shard_folder import GENOME
from genoseq.files.journal import complete
from genoseq.files.names import CONFIG, GENES, SUMMARY, VARIANTS, WEIGHTS
from genoseq.files.provenance import read_record
from genoseq.files.stored import LARGEST_INDEX, check_file, read_json
from genoseq.genome.schemes import BACKGROUND
from genoseq.genome.tracks import Channel
from genoseq.metrics.ranking import class_name
from genoseq.report.curves import (
    Baseline,
    Curve,
    Point,
    PrecisionRecall,
    read_baselines,
    read_learning_curve,
    read_precision_recall,
    read_scatter,
)
from genoseq.report.pairing import (
    model_of_output,
    names_of,
    pair_evaluations,
    weights_of,
)
from genoseq.report.variant_rows import VariantFile
from genoseq.store.store import Store, verify_store
from genoseq.writers.manifest import MANIFEST, OutputFile, read_manifest

EVALUATION, STORE = "metrics.json", "index.json"
GENES_GFF3 = GENES[0]
PR_CURVES, BASELINES, SCATTER = "curves.tsv", "baselines.tsv", "scatter.tsv"
LEARNING_CURVE = "logs/metrics.csv"
"""Place of the learning curve in the state folder beside a bundle."""


@dataclass(frozen=True)
class TrackFolder:
    """Tracks of a genome by a model: the genome is named by the folder, ``.../GENOME/MODEL``."""

    path: Path
    genome: str
    model: str
    files: tuple[OutputFile, ...]


@dataclass(frozen=True)
class GeneFolder:
    """Genes of a genome by a model, in a folder ``.../GENOME/MODEL``; ``summary`` is what its
    ``summary.json`` says.
    """

    path: Path
    genome: str
    model: str
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class ModelResult:
    """A model: its bundle's facts, where it is from (:mod:`genoseq.files.provenance`, empty where
    that is not known), metrics on the test split, how many weights, its curves.
    """

    name: str
    bundle: Mapping[str, Any]
    origin: Mapping[str, Any]
    metrics: Mapping[str, Any]
    weights: int
    learning: Curve | None
    precision_recall: tuple[PrecisionRecall, ...]
    baselines: tuple[Baseline, ...] = ()
    scatter: tuple[Point, ...] = ()

    @property
    def kind(self) -> str:
        """What was measured: ``classes``, ``independent`` ones, ``signal``, ``bases`` of language
        models, ``sequences`` of pairs, or what another package's task says."""
        return str(self.metrics["kind"])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Metrics of each class or signal that people see, or of all bases, with a ``label``.

        Classes that exclude one another also have their ``base_rate``, and all have 95% intervals
        of figures as ``intervals``, empty where the evaluation has none.
        """
        found = self.metrics
        if self.kind == "bases":
            return [{**found, "support": found["bases"], "label": "all bases"}]
        if self.kind == "sequences":
            return [{**found, "support": found["tokens"], "label": "all pairs"}]
        if self.kind == "classes":
            rows = _with_base_rate(found["channels"]["classes"])
        else:
            rows = found.get({"signal": "signals", "independent": "classes"}.get(self.kind, ""), [])
        known = found.get("intervals", {}).get("classes", [])
        intervals = {row["name"]: row for row in known}
        return [
            {
                **row,
                "label": Channel(row["name"], row["strand"]).label,
                "intervals": intervals.get(class_name(row), {}),
            }
            for row in rows
            if row["name"] != BACKGROUND
        ]


def _with_base_rate(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = list(rows)
    bases = sum(row["support"] for row in rows)
    return [{**row, "base_rate": row["support"] / bases if bases else 0.0} for row in rows]


@dataclass(frozen=True)
class Results:
    """All of a run.

    ``genomes`` are the FASTA files of genomes that were scored, by name: those of shards.
    """

    models: tuple[ModelResult, ...] = ()
    stores: tuple[Store, ...] = ()
    tracks: tuple[TrackFolder, ...] = ()
    genes: tuple[GeneFolder, ...] = ()
    genomes: Mapping[str, Path] = field(default_factory=dict)
    variants: tuple[VariantFile, ...] = ()

    def __str__(self) -> str:
        counts = {"model": self.models, "labelled genome": self.stores, "folder": self.tracks}
        words = [f"{len(of):,} {what}{'' if len(of) == 1 else 's'}" for what, of in counts.items()]
        genes = f", {len(self.genes):,} of genes" if self.genes else ""
        variants = f", {len(self.variants):,} of variants" if self.variants else ""
        return ", ".join(words) + f" of tracks{genes}{variants}"


def read_results(folders: Iterable[Path]) -> Results:
    """Results in folders of any kind, told apart by the files in them.

    A bundle, its evaluation and its tracks belong together by the checksum of the weights
    (:mod:`genoseq.report.pairing`).

    Raises
    ------
    InputFormatError
        If a folder is none of those, a bundle and its evaluation are not both there, or an
        evaluation, tracks or genes were made with another model.
    """
    kinds = (MANIFEST, EVALUATION, CONFIG, STORE, GENES_GFF3, GENOME, VARIANTS)
    found: dict[str, list[Path]] = {kind: [] for kind in kinds}
    for folder in folders:
        complete(folder)
        found[_kind(folder, kinds)].append(folder)
    stores = tuple(map(verify_store, found[STORE]))
    weights = {path: weights_of(_read_json(path / CONFIG), path) for path in found[CONFIG]}
    names = names_of(weights)
    pairs = pair_evaluations(weights, found[EVALUATION], stores)
    models = [read_model(bundle, pairs[bundle], name) for bundle, name in names.items()]

    def model(folder: Path) -> str:
        bundle = model_of_output(folder, weights)
        return folder.name if bundle is None else names[bundle]

    tracks = (
        TrackFolder(each, each.parent.name, model(each), tuple(read_manifest(each / MANIFEST)))
        for each in found[MANIFEST]
    )
    genes = (
        GeneFolder(each, each.parent.name, model(each), _read_json(each / SUMMARY))
        for each in found[GENES_GFF3]
    )
    genomes = {each.name: each / GENOME for each in found[GENOME]}
    variants = [
        VariantFile(each / VARIANTS, each.parent.name, each.name) for each in found[VARIANTS]
    ]
    return Results(tuple(models), stores, tuple(tracks), tuple(genes), genomes, tuple(variants))


def _kind(folder: Path, kinds: Iterable[str]) -> str:
    for name in kinds:
        if (folder / name).is_file():
            return name
    raise InputFormatError(
        f"no folder of results: it has none of {MANIFEST} (tracks), {EVALUATION} (evaluation), "
        f"{CONFIG} (model), {STORE} (store), {GENES_GFF3} (genes), {GENOME} (shards), "
        f"{VARIANTS} (variants)",
        folder,
    )


def read_model(bundle: Path, evaluation: Path, name: str) -> ModelResult:
    """A model's bundle and evaluation, with its learning curve where one lies beside it."""
    curve = bundle.with_name(bundle.name + ".state") / LEARNING_CURVE
    return ModelResult(
        name,
        _read_json(bundle / CONFIG),
        read_record(bundle) or {},
        _read_json(evaluation / EVALUATION),
        count_weights(bundle / WEIGHTS),
        read_learning_curve(curve) if curve.is_file() else None,
        read_precision_recall(evaluation / PR_CURVES),
        read_baselines(evaluation / BASELINES),
        read_scatter(evaluation / SCATTER),
    )


def count_weights(path: Path) -> int:
    """Numbers in a safetensors file, from its header.

    Raises
    ------
    InputFormatError
        If it is no such file.
    """
    try:
        check_file(path)
        with safe_open(path, "numpy") as file:
            return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise InputFormatError(f"no weights of a model: {error}", path) from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = read_json(path, LARGEST_INDEX)
    except ValueError as error:
        raise InputFormatError(f"not JSON: {error}", path) from None
    if not isinstance(data, dict):
        raise InputFormatError(f"expected an object, found {type(data).__name__}", path)
    return data
